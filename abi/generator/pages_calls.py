# SPDX-License-Identifier: MIT
"""docs/reference/calls/: a page for each call, and their index.

Responsible for what a call is to the reader of its page: number, prototype, registers, arguments. What holds for every call is in
the hand-written chapters.
"""
from . import examples
from . import markdown as md
from . import services
from .calls import prototype
from .model import ALL_REGISTERS
from .rules import words_of


def head(call):
    return md.table(["call", call.name],
                    [("number", f"{call.nr} ({md.code(call.number)})"), ("family", call.family), ("since", f"version {call.since}"),
                     ("who may call", call.caller), ("discovery", f"[`info_call`](info_call.md)`({call.nr})`")])


def on_entry(call, abi):
    values = dict.fromkeys(abi.argument_registers, "zero")
    values |= {r: md.code(a.name) for r, a in zip(abi.argument_registers, call.args)}
    return values | {abi.number_register: f"{call.nr}"}


def on_return(call, abi):
    values = dict.fromkeys(abi.kept, "kept") | dict.fromkeys(abi.zeroed, "zero") | dict.fromkeys(abi.clobbered, "undefined")
    return values | {abi.status_register: "status", abi.result_register: "result" if call.result else "zero"}


def registers(call, abi):
    """One row for registers that fare alike."""
    entry, leave = on_entry(call, abi), on_return(call, abi)
    order = [abi.number_register, *abi.argument_registers]
    order += [r for r in ALL_REGISTERS if r not in order]
    rows = {}
    for register in order:
        rows.setdefault((entry.get(register, "any"), leave[register]), []).append(register)
    return md.table(["register", "on entry", "on return"], [(md.codes(names), *fate) for fate, names in rows.items()])


def type_words(arg, interface):
    return f"[`{arg.type}`](../numbers.md#{arg.type})" if interface.enum(arg.type) else md.code(arg.type)


def arguments(call, interface):
    rows = [(md.code(a.name), md.code(r), type_words(a, interface), words_of(a, interface) or "any", a.doc)
            for a, r in zip(call.args, interface.abi.argument_registers)]
    return md.table(["argument", "register", "type", "limits", "meaning"], rows) if rows else "None."


def see_also(call, interface):
    links = [f"[`{c.name}`]({c.name}.md)" for c in interface.calls if c.family == call.family and c != call]
    return f"Family {call.family}: {', '.join(links)}."


def page(call, interface):
    return [*md.opening(interface.source, call.name), services.text(call.doc, call, interface, ""), "", *head(call),
            *md.section("Prototype", md.block(['#include "ringbolt-calls.h"', "", f"long {prototype(call, interface)};"])),
            *md.section("Registers", registers(call, interface.abi)),
            *md.section("Arguments", arguments(call, interface)),
            *md.section("Result", md.sentence(call.result) if call.result else "None."),
            *services.sections(call, interface, ""),
            *md.section("See also", see_also(call, interface))]


def index(interface):
    rows = [(c.nr, f"[`{c.name}`]({c.name}.md)", c.family, c.since, c.doc) for c in interface.calls]
    return [*md.opening(interface.source, "Calls", {"man": "ringbolt-calls", "about": "calls of the Ringbolt hypervisor"}),
            "The calls of this version, in the order of their numbers.", "",
            *md.table(["number", "call", "family", "since", "what it does"], rows),
            "The types of arguments: `u64`, any number within the limits; `gfn`, a guest frame number; `gpa`, a guest-physical address; `kva`, "
            "an address of the guest kernel; or the name of an [enumeration](../numbers.md#enumerations).", "",
            *md.section("Examples", "The examples use the guest library, `guest-lib/guest.h`. They start with events disabled, and leave them so. "
                        "Some use these:", md.block(examples.SHARED)),
            *md.contents([c.name for c in interface.calls])]


def write_all(interface):
    """Path -> lines."""
    pages = {f"docs/reference/calls/{c.name}.md": page(c, interface) for c in interface.calls}
    return {"docs/reference/calls/index.md": index(interface), **pages}

# SPDX-License-Identifier: MIT
"""docs/reference.md: the interface for people who write guests.

Responsible for saying all that the source says, and the few rules that hold for every call. The
promise behind the version numbers is in abi/README.md; here is what a guest must do about it.
"""
from .model import ALL_REGISTERS, SCALARS
from .rules import number, words_of
from .statements import errors


def cell(value):
    return str(value).replace("|", "\\|")


def table(heads, rows):
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return [*lines, *[f"| {' | '.join(cell(c) for c in row)} |" for row in rows], ""]


def sentence(words):
    """A fragment of the source as a sentence."""
    return words if words.endswith((".", "?", "!")) else words + "."


def codes(names):
    return ", ".join(f"`{n}`" for n in names)


def capital(words):
    return words[:1].upper() + words[1:]


# ---------------------------------------------------------------- what holds for all calls

def registers(abi):
    on_entry = {abi.number_register: "number of the call"}
    on_entry |= {r: f"argument {n}, or zero" for n, r in enumerate(abi.argument_registers)}
    on_return = {r: "kept" for r in abi.kept} | {r: "zero" for r in abi.zeroed} | {r: "undefined" for r in abi.clobbered}
    on_return |= {abi.status_register: "status: zero or a negative number",
                  abi.result_register: "result; zero if the call has none or gives none"}
    return table(["register", "on entry", "on return"], [(f"`{r}`", on_entry.get(r, "any"), on_return[r]) for r in ALL_REGISTERS])


def conventions(i):
    abi = i.abi
    return ["## Making a call", "",
            "A call is the instruction `syscall`, executed by the guest kernel at an address in the upper half. (From user space the "
            "same instruction is a system call of the guest.) Each call has one number and at most "
            f"{len(abi.argument_registers)} arguments, each a 64-bit register.", "",
            *registers(abi),
            "Segment registers and extended state are kept; the arithmetic flags are undefined. No call uses the guest's stack, but an event may be "
            "delivered on it as the call returns: a guest kernel must not keep anything below its stack pointer (no red zone).", "",
            f"Arguments are in {codes(abi.argument_registers)}, in the order in which they are listed. "
            "**Registers that carry no argument must be zero**, and so must reserved bits: they may get a meaning in a later version. "
            "`ringbolt-calls.h` has a C function for each call that keeps these rules.", "",
            "A status other than `OK` means that nothing happened, unless the call says otherwise.", ""]


def generic_errors(i):
    restricted = [c.name for c in i.calls if "PERM" in c.errors]
    who = f"Only: {codes(restricted)}." if restricted else "Every call of this version may be made by any domain, so none returns it."
    return ["## Errors of every call", "",
            "- `NOSYS`: there is no such call in this version. Asking is harmless.",
            "- `INVAL`: an argument breaks a limit listed with it, or a register that carries no argument is not zero. This is checked before "
            "anything else, and is listed with each call only where it can happen.",
            f"- `PERM`: the caller is not one that may make the call. {who}", "",
            "Every other error is listed with its causes where it can happen. A guest must expect errors that it does not know: any negative "
            "status is a refusal.", ""]


def versions(i):
    return ["## Versions", "",
            f"This is version {i.abi.major}.{i.abi.minor}. The major number changes when a correct guest could break; the minor number grows when "
            "calls, operations, features, counters or enumeration values are added, or a reserved field or bit gets a meaning.", "",
            "- A kernel states the version it was built for in its ELF note `ABI`. It is started if the major numbers are equal and the hypervisor's "
            "minor number is not less.",
            "- The versions of the hypervisor are in `start_info` and from `info_version`.",
            "- `info_call` tells whether a call exists and since when; `info_features` and `start_info.features` tell what a build can do.",
            "- An unknown call, operation, counter or feature word gives `NOSYS`, never something else.",
            "- Reserved fields and the gaps of structures are zero. A guest writes zero to them and does not rely on reading zero.", ""]


# ---------------------------------------------------------------- calls

def call_list(calls):
    return ["## Calls", "", *table(["number", "call", "family", "since"],
                                   [(c.nr, f"[`{c.name}`](#{c.name})", c.family, c.since) for c in calls])]


def signature(call):
    return f"`{call.name}({', '.join(a.name for a in call.args)})`"


def call_entry(call, i):
    lines = [f"### {call.name}", "", f"{signature(call)} - number {call.nr}, family {call.family}, since version {call.since}. "
             f"Caller: {call.caller}.", "", call.doc, ""]
    if call.args:
        rows = [(f"`{a.name}`", f"`{r}`", a.doc, words_of(a, i) or "any") for a, r in zip(call.args, i.abi.argument_registers)]
        lines += table(["argument", "register", "meaning", "limits"], rows)
    lines += [f"Result (`{i.abi.result_register}`): {sentence(call.result) if call.result else 'none.'}", "", "Errors:", ""]
    return lines + [f"- `{name}`: {sentence(cause)}" for name, cause in errors(call, i)] + [""]


# ---------------------------------------------------------------- page-table operations

def op_word(i):
    word = next(f for f in i.struct("pt_op").fields if f.name == "word")
    rows = [(b.range, f"`{b.name}`", b.doc) for b in sorted(word.bits, key=lambda b: -b.low)]
    return ["## Page-table operations", "",
            "`pt_update` takes up to three from registers, `pt_batch` takes up to "
            f"{i.const('QUEUE_OPS')} from the queue page. An operation is a word and a value; tables are named by guest frame number, entries "
            "hold machine addresses. Operations take effect in order, and the first refusal ends the list.", "",
            "The word:", "", *table(["bits", "part", "meaning"], rows),
            "`rb_op_word()` in `ringbolt.h` puts a word together. An operation without meaning gives `NOSYS`.", ""]


def op_entry(op, i):
    lines = [f"### {op.name} ({op.value})", "", op.doc, ""]
    lines += [f"Value: {sentence(op.value_doc)}", ""] if op.value_doc else []
    lines += [f"- `{name}`: {sentence(cause)}" for name, cause in errors(op, i)]
    return [*lines, ""] if op.errors else lines


# ---------------------------------------------------------------- structures

def type_words(field):
    name = field.type if field.type in SCALARS else f"[{field.type}](#{field.type})"
    return f"{name}[{field.count}]" if field.count > 1 else name


def field_rows(struct, i):
    end = 0
    for f in struct.fields:
        if f.offset > end:
            yield (f"{end}", f"{f.offset - end} bytes", "", "reserved, zero")
        end = f.offset + f.count * i.size_of(f.type)
        yield (f.offset, type_words(f), f"`{f.name}`", f.doc)
        for b in f.bits:
            yield ("", f"bits {b.range}", f"`{b.name}`", b.doc)
    if struct.size > end:
        yield (end, f"{struct.size - end} bytes", "", "reserved, zero")


def structures(i):
    lines = ["## Structures", "", "Little-endian. Offsets and sizes are in bytes; in C `struct rb_<name>`, in assembler `RB_<NAME>_<FIELD>`.", ""]
    for s in i.structs:
        lines += [f"### {s.name}", "", s.doc, "", f"Size: {s.size}.", "", *table(["offset", "type", "field", "meaning"], field_rows(s, i))]
    return lines


# ---------------------------------------------------------------- numbers

def numbers(i):
    lines = ["## Statuses", "", *table(["name", "value", "meaning"], [(f"`RB_{s.name}`", s.value, s.doc) for s in i.statuses])]
    lines += ["## Constants", "", *table(["name", "value", "meaning"], [(f"`RB_{c.name}`", c.spelled, c.doc) for c in i.consts])]
    lines += ["## Features", "", "Bits of word 0 of `info_features`, and of `start_info.features`.", "",
              *table(["name", "bit", "meaning"], [(f"`RB_FEATURE_{f.name}`", f.bit, f.doc) for f in i.features])]
    lines += ["## Counters", "", "For `info_counter`. They count from the domain's start.", "",
              *table(["name", "number", "meaning"], [(f"`RB_COUNTER_{c.name}`", c.value, c.doc) for c in i.counters])]
    lines += ["## Enumerations", ""]
    for e in i.enums:
        lines += [f"### {e.name}", "", e.doc, "", *table(["name", "value", "meaning"],
                                                        [(f"`{e.prefix}{v.name}`", v.value, capital(v.doc)) for v in e.values])]
    lines += ["## ELF notes", "", f"Notes of the guest kernel's ELF file with the name `{i.abi.note_owner}`.", "",
              *table(["name", "type", "content"], [(f"`RB_NOTE_{n.name}`", n.type, n.doc) for n in i.notes])]
    return lines + ["The first word of `start_info` is `RB_ABI_MAGIC`, " + number(i.abi.magic) + "."]


def write(i):
    lines = ["<!-- SPDX-License-Identifier: MIT -->", f"<!-- generated from {i.source} - do not edit -->", "# Guest interface reference", "",
             f"The Ringbolt guest interface, version {i.abi.major}.{i.abi.minor}, call by call. Everything here is from `abi/{i.source}`.", "",
             *conventions(i), *generic_errors(i), *versions(i), *call_list(i.calls)]
    for call in i.calls:
        lines += call_entry(call, i)
    lines += op_word(i)
    for op in i.ops:
        lines += op_entry(op, i)
    return lines + structures(i) + numbers(i)

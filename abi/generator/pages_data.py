# SPDX-License-Identifier: MIT
"""docs/reference/structures.md and numbers.md: layouts, and everything that is a name and a number."""
from . import markdown as md
from .model import SCALARS
from .rules import number


# ---------------------------------------------------------------- structures

def type_words(field):
    name = field.type if field.type in SCALARS else f"[{field.type}](#{field.type})"
    return f"{name}[{field.count}]" if field.count > 1 else name


def field_rows(struct, interface):
    end = 0
    for f in struct.fields:
        if f.offset > end:
            yield (end, f"{f.offset - end} bytes", "", "reserved, zero")
        end = f.offset + f.count * interface.size_of(f.type)
        yield (f.offset, type_words(f), md.code(f.name), f.doc)
        for b in f.bits:
            yield ("", f"bits {b.range}", md.code(b.name), b.doc)
    if struct.size > end:
        yield (end, f"{struct.size - end} bytes", "", "reserved, zero")


def structures(interface):
    lines = [*md.opening(interface.source, "Structures", {"man": "ringbolt-structures", "about": "structures of the Ringbolt guest interface"}),
             "The structures that guest and hypervisor share, with the offset of every field.", "",
             "All are little-endian. Offsets and sizes are in bytes. In C a structure is `struct rb_<name>`, in assembler the offset of a "
             "field is `RB_<NAME>_<FIELD>`; both are in `ringbolt.h`. A guest writes zero to what is reserved, and does not rely on reading zero.", ""]
    for s in interface.structs:
        lines += md.section(s.name, s.doc, f"Size: {s.size}.", md.table(["offset", "type", "field", "meaning"], field_rows(s, interface)))
    return lines


# ---------------------------------------------------------------- numbers

def numbers(interface):
    """Each kind of number in a section."""
    lines = [*md.opening(interface.source, "Numbers", {"man": "ringbolt-numbers", "about": "numbers of the Ringbolt guest interface"}),
             "The names of the interface that stand for a number, as `ringbolt.h` has them.", ""]
    lines += md.section("Statuses", "What a call returns: zero, or a negative number if it was refused.",
                        md.table(["name", "value", "meaning"], [(md.code(f"RB_{s.name}"), s.value, s.doc) for s in interface.statuses]))
    lines += md.section("Constants", md.table(["name", "value", "meaning"],
                                              [(md.code(f"RB_{c.name}"), c.spelled, c.doc) for c in interface.consts]),
                        f"The first word of `start_info` is `RB_ABI_MAGIC`, {number(interface.abi.magic)}.")
    lines += md.section("Features", "Bits of word 0 of [`info_features`](calls/info_features.md), and of `start_info.features`.",
                        md.table(["name", "bit", "meaning"], [(md.code(f"RB_FEATURE_{f.name}"), f.bit, f.doc) for f in interface.features]))
    lines += md.section("Counters", "For [`info_counter`](calls/info_counter.md). They count from the domain's start.",
                        md.table(["name", "number", "meaning"], [(md.code(f"RB_COUNTER_{c.name}"), c.value, c.doc) for c in interface.counters]))
    lines += md.section("Enumerations", *[paragraph for e in interface.enums for paragraph in enumeration(e)])
    return lines + md.section("ELF notes", f"Notes of the guest kernel's ELF file with the name `{interface.abi.note_owner}`.",
                              md.table(["name", "type", "content"], [(md.code(f"RB_NOTE_{n.name}"), n.type, n.doc) for n in interface.notes]))


def enumeration(e):
    return (f"### {e.name}", e.doc, md.table(["name", "value", "meaning"],
                                            [(md.code(e.prefix + v.name), v.value, md.capital(v.doc)) for v in e.values]))


def write_all(interface):
    """Path -> lines."""
    return {"docs/reference/structures.md": structures(interface), "docs/reference/numbers.md": numbers(interface)}

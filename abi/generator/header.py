# SPDX-License-Identifier: MIT
"""ringbolt.h: names, numbers and layouts, for C and for assembler.

Responsible for what both sides of the interface share. In assembler everything is a definition; in
C what is a choice of one in many is an enumeration, so that a debugger shows names.
"""
from . import text
from .model import SCALARS

GUARD = "RINGBOLT_H"
PURPOSE = ["The Ringbolt guest interface: names, numbers and layouts.",
           "For the hypervisor, guest kernels and tools, in C and in assembler. Holds no code but helpers on operation words; "
           "the calls themselves are in ringbolt-calls.h. All layouts are little-endian and have no implicit padding."]

PREAMBLE = """\
#if defined(__ASSEMBLER__) || defined(__ASSEMBLY__)
#define _RB_ASM 1
#define _RB_U64(x) x
#else
#define _RB_U64(x) x##UL
#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif
#ifdef __cplusplus
#define _RB_ASSERT(holds) static_assert(holds, #holds)
#else
#define _RB_ASSERT(holds) _Static_assert(holds, #holds)
#endif
#endif""".splitlines()


def section(title):
    return ["", *text.comment(f"---------------- {title}")]


def both(tag, rows):
    """An enumeration in C, definitions in assembler."""
    plain = [(name, value, "") for name, value, _ in rows]
    return ["#ifdef _RB_ASM", *text.defines(plain), "#else", *text.enumeration(tag, rows), "#endif"]


def wide(value):
    return f"_RB_U64({value:#x})"


# ---------------------------------------------------------------- numbers

def version(abi):
    rows = [("RB_ABI_MAJOR", abi.major, "guest and hypervisor must agree"),
            ("RB_ABI_MINOR", abi.minor, "the hypervisor's is at least what the guest needs"),
            ("RB_ABI_VERSION", f"{abi.major << 16 | abi.minor:#x}", "both in one word, as info_version returns them"),
            ("RB_ABI_MAGIC", wide(abi.magic), '"RINGBOLT": the first word of start_info')]
    return section("version") + text.defines(rows)


def consts(records):
    rows = [(f"RB_{c.name}", f"_RB_U64({c.spelled})" if c.value >> 32 else c.spelled, c.doc) for c in records]
    return section("constants") + text.defines(rows)


def features(records):
    rows = []
    for f in records:
        rows += [(f"RB_FEATURE_{f.name}_BIT", f.bit, ""), (f"RB_FEATURE_{f.name}", wide(1 << f.bit), f.doc)]
    return section("features: bits of info_features' word 0 and of start_info.features") + text.defines(rows)


def enums(records):
    lines = section("enumerations")
    for e in records:
        lines += ["", *text.comment(e.doc), *both(f"rb_{e.name}", [(e.prefix + v.name, v.value, v.doc) for v in e.values])]
    return lines


def numbered(title, tag, prefix, records, key="value"):
    rows = [(prefix + r.name.upper(), getattr(r, key), r.doc) for r in records]
    return section(title) + both(tag, rows)


def notes(abi, records):
    rows = [("RB_NOTE_OWNER", f'"{abi.note_owner}"', "name of the notes")]
    rows += [(f"RB_NOTE_{n.name}", n.type, n.doc) for n in records]
    return section("ELF notes of a guest kernel") + text.defines(rows)


# ---------------------------------------------------------------- layouts

def c_type(type_name):
    if type_name not in SCALARS:
        return f"struct rb_{type_name}"
    return f"{'int' if type_name[0] == 's' else 'uint'}{type_name[1:]}_t"


def offsets(struct):
    """Offset of each field, size of the whole, and place of each field's parts."""
    rows = [(f"{struct.prefix}{f.name.upper()}", f.offset, "") for f in struct.fields]
    for f in struct.fields:
        for b in f.bits:
            name = f"{struct.prefix}{f.name.upper()}_{b.name.upper()}"
            rows += [(f"{name}_SHIFT", b.low, ""), (f"{name}_BITS", b.width, "")]
    return text.defines([*rows, (f"{struct.prefix}SIZE", struct.size, "")])


def padding(start, end):
    return [f"\tuint8_t _zero{start}[{end - start}];\t/* reserved, zero */"] if end > start else []


def members(struct, interface):
    lines, end = [], 0
    for f in struct.fields:
        lines += padding(end, f.offset)
        end = f.offset + f.count * interface.size_of(f.type)
        array = f"[{f.count}]" if f.count > 1 else ""
        parts = "".join(f"; bits {b.range} {b.doc}" for b in f.bits)
        lines += text.beside(f"\t{c_type(f.type)} {f.name}{array};", f.doc + parts)
    return lines + padding(end, struct.size)


def assertions(struct):
    name = f"struct rb_{struct.name}"
    lines = [f"_RB_ASSERT(sizeof({name}) == {struct.prefix}SIZE);"]
    return lines + [f"_RB_ASSERT(__builtin_offsetof({name}, {f.name}) == {struct.prefix}{f.name.upper()});" for f in struct.fields]


def structs(interface):
    lines = section("structures: offsets for both languages, layouts for C")
    for s in interface.structs:
        lines += ["", *text.comment(s.doc), *offsets(s), "#ifndef _RB_ASM", f"struct rb_{s.name} {{",
                  *members(s, interface), "};", *assertions(s), "#endif"]
    return lines


# ---------------------------------------------------------------- operation words

def op_helpers(interface):
    """Put an operation word together and take it apart."""
    word = next(f for f in interface.struct("pt_op").fields if f.name == "word")
    params = [f"uint64_t {b.name}" for b in word.bits]
    lines = section("operation words") + ["#ifndef _RB_ASM"]
    lines += text.comment("The word of an operation. Every part must fit its bits; count is the true count, from 1 on.")
    lines += [f"static inline uint64_t rb_op_word({', '.join(p.replace(' code', ' op') for p in op_order(params))})", "{"]
    terms = []
    for b in word.bits:
        value = {"code": "op"}.get(b.name, b.name) + (" - 1" if b.minus_one else "")
        value = f"({value})" if b.minus_one else value
        terms.append(f"{value} << RB_PT_OP_WORD_{b.name.upper()}_SHIFT" if b.low else value)
    lines += [f"\treturn {' | '.join(terms)};", "}"]
    for b in word.bits:
        name = f"RB_PT_OP_WORD_{b.name.upper()}"
        value = f"(word >> {name}_SHIFT & (({wide(1)} << {name}_BITS) - 1))" + (" + 1" if b.minus_one else "")
        lines += [f"static inline uint64_t rb_op_{b.name}(uint64_t word)", "{", f"\treturn {value};", "}"]
    return lines + ["#endif"]


def op_order(params):
    """The order people say it in: what, in which table, from where, how many."""
    order = ["code", "frame", "index", "count"]
    return sorted(params, key=lambda p: order.index(p.split()[1]))


# ---------------------------------------------------------------- the file

def write(i):
    lines = text.opening(i.source, PURPOSE, GUARD) + PREAMBLE
    lines += version(i.abi) + consts(i.consts)
    lines += numbered("statuses: what a call returns", "rb_status", "RB_", i.statuses)
    lines += features(i.features) + enums(i.enums)
    lines += numbered("counters (info_counter)", "rb_counter", "RB_COUNTER_", i.counters)
    lines += text.defines([("RB_NR_COUNTERS", len(i.counters), "")])
    lines += numbered("page-table operations", "rb_op", "RB_OP_", i.ops)
    lines += text.defines([("RB_NR_OPS", len(i.ops), "")])
    lines += numbered("calls", "rb_call", "RB_HC_", i.calls, "nr")
    lines += text.defines([("RB_NR_CALLS", len(i.calls), "")])
    lines += notes(i.abi, i.notes) + structs(i) + op_helpers(i)
    return lines + text.closing(GUARD)

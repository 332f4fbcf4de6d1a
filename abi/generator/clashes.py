# SPDX-License-Identifier: MIT
"""Two entries of different kinds must not give the same C name.

Responsible for the names in ringbolt.h and ringbolt-calls.h as a whole: each table's own names are
unique already, but a constant NR_CALLS or a call op_word would meet a name that is generated.
"""
from .judge import Judge


def macro_names(i):
    """(name, the entry it is from)."""
    yield from ((f"RB_{n}", "generated") for n in ("ABI_MAJOR", "ABI_MINOR", "ABI_VERSION", "ABI_MAGIC", "NR_COUNTERS", "NR_OPS",
                                                   "NR_CALLS", "NR_VECTORS", "NOTE_OWNER", "INLINE", "HYPERCALL_INSTRUCTION"))
    yield from ((f"RB_{c.name}", f"const {c.name}") for c in i.consts)
    yield from ((f"RB_{s.name}", f"status {s.name}") for s in i.statuses)
    for f in i.features:
        yield from ((f"RB_FEATURE_{f.name}{suffix}", f"feature {f.name}") for suffix in ("", "_BIT"))
    for e in i.enums:
        yield from ((e.prefix + v.name, f"enum {e.name}") for v in e.values)
    yield from ((f"RB_COUNTER_{c.name}", f"counter {c.name}") for c in i.counters)
    yield from ((f"RB_OP_{o.name}", f"op {o.name}") for o in i.ops)
    yield from ((c.number, f"call {c.name}") for c in i.calls)
    yield from ((f"RB_NOTE_{n.name}", f"note {n.name}") for n in i.notes)
    for s in i.structs:
        yield from ((s.prefix + name, f"struct {s.name}") for name in layout_names(s))


def layout_names(struct):
    yield "SIZE"
    for f in struct.fields:
        yield f.name.upper()
        for b in f.bits:
            yield f"{f.name.upper()}_{b.name.upper()}_SHIFT"
            yield f"{f.name.upper()}_{b.name.upper()}_BITS"


def function_names(i):
    yield from ((f"rb_op_{n}", "generated") for n in ("word", "code", "frame", "index", "count", "name"))
    yield from ((f"rb_{n}_name", "generated") for n in ("call", "status", "counter"))
    yield from ((f"rb_hypercall{n}", "generated") for n in range(len(i.abi.argument_registers) + 1))
    yield from ((f"rb_{c.name}", f"call {c.name}") for c in i.calls)


def tag_names(i):
    yield from ((f"enum rb_{n}", "generated") for n in ("status", "counter", "op", "call"))
    yield from ((f"enum rb_{e.name}", f"enum {e.name}") for e in i.enums)


def check(i):
    owners = {}
    for name, owner in [*macro_names(i), *function_names(i), *tag_names(i)]:
        Judge(i.source, owner).require(name not in owners, f"gives the C name {name}, as does {owners.get(name)}")
        owners[name] = owner

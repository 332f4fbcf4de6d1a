# SPDX-License-Identifier: MIT
"""Refuse what is wrong with a structure: its fields, their bits, and the word of an operation."""
import dataclasses

from . import model
from .judge import LOWER, Judge, named


def make_bits(source, owner, size, tables):
    judge = Judge(source, owner)
    bits = named(source, f"{owner}: bits", model.Bits, tables, LOWER)
    free = 0
    for b in sorted(bits, key=lambda b: b.low):
        judge.inside(f"bits {b.name}").require(b.width >= 1 and b.low >= 0, "are no bits")
        judge.inside(f"bits {b.name}").require(b.low >= free, "overlap the ones below")
        free = b.low + b.width
        judge.inside(f"bits {b.name}").require(free <= 8 * size, "are beyond the end of the field")
    return bits


def make_fields(judge, table):
    owner = judge.entry
    fields = named(judge.source, f"{owner}: field", model.Field, table.get("fields", []), LOWER,
                   bits=lambda _, t: t.get("bits", []))
    made = []
    for f in fields:
        size = model.SCALARS.get(f.type, 0)
        made.append(dataclasses.replace(f, bits=make_bits(judge.source, f"{owner}: field {f.name}", size, f.bits)))
    return made


def alignment(type_name, structs):
    if type_name in model.SCALARS:
        return model.SCALARS[type_name]
    return max(alignment(f.type, structs) for f in structs[type_name].fields)


def check_struct(judge, struct, earlier):
    """Fields ascend, do not overlap, are aligned for C and lie inside; a nested structure is declared before."""
    judge.require(struct.fields, "has no fields")
    free = 0
    for f in struct.fields:
        at = judge.inside(f"field {f.name}")
        at.require(f.type in model.SCALARS or f.type in earlier,
                   f"unknown type '{f.type}' (a structure must be declared before its use)")
        at.require(f.count >= 1, "count is not positive")
        size = model.SCALARS[f.type] if f.type in model.SCALARS else earlier[f.type].size
        at.require(f.offset >= free, f"offset {f.offset} overlaps the field before, which ends at {free}")
        at.require(f.offset % alignment(f.type, earlier) == 0, f"offset {f.offset} is not aligned for {f.type}")
        free = f.offset + size * f.count
        at.require(free <= struct.size, f"ends at {free}, beyond the structure's size {struct.size}")
    widest = max(alignment(f.type, earlier) for f in struct.fields)
    judge.require(struct.size % widest == 0, f"size {struct.size} is not a multiple of its alignment {widest}")


def check_op_word(source, structs, ops):
    """The helpers for operation words need these four parts, by name."""
    judge = Judge(source, "struct pt_op: field word")
    word = next((f for f in structs["pt_op"].fields if f.name == "word"), None) if "pt_op" in structs else None
    judge.require(word, "is missing")
    bits = {b.name: b for b in word.bits}
    judge.require(set(bits) == {"code", "count", "index", "frame"}, "bits must be code, count, index and frame")
    judge.require(sum(b.width for b in word.bits) == 64, "bits do not fill the word")
    judge.require(len(ops) <= 1 << bits["code"].width, "there are more operations than codes")

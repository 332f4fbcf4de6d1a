# SPDX-License-Identifier: MIT
"""Read the source of the interface and refuse what is wrong with it.

Responsible, with judge.py, judge_layout.py and judge_service.py, for every rule that a source must keep; the writers of the
views trust what they are given. A refusal is a SourceError; the first one ends the run. Rules between two versions of the
source (a number is never reused) cannot be seen here: the checked-in output shows them in review.
"""
import tomllib

from . import clashes, model
from .judge import LOWER, Judge, SourceError, check_ascending, check_dense, check_range, check_unique, make, named
from .judge_layout import check_op_word, check_struct, make_fields
from .judge_service import check_call, check_op, check_since_order, make_args


# ---------------------------------------------------------------- [abi]

def check_about(judge, abi):
    check_range(judge, "major", abi.major, 1, 0xffff)
    check_range(judge, "minor", abi.minor, 0, 0xffff)
    check_range(judge, "magic", abi.magic, 1, 2**64 - 1)
    judge.require(abi.note_owner.isalnum() and abi.note_owner.isascii(), "note_owner is not a plain word")
    arguments = set(abi.argument_registers)
    for register in [*abi.argument_registers, abi.number_register]:
        judge.require(register in model.ALL_REGISTERS, f"there is no register '{register}'")
    check_unique(judge, "register", [*abi.argument_registers, abi.number_register])
    judge.require(abi.number_register == abi.status_register, "the status must come back where the number was")
    judge.require(abi.result_register in arguments, "the result must come back in an argument register")
    leaving = [*abi.kept, *abi.zeroed, *abi.clobbered, abi.status_register, abi.result_register]
    check_unique(judge, "on return, register", leaving)
    judge.require(sorted(leaving) == sorted(model.ALL_REGISTERS), "the state of some register on return is not said")
    judge.require(set(abi.zeroed) == arguments - {abi.result_register}, "argument registers must be zeroed on return")


# ---------------------------------------------------------------- the whole

TABLES = ["abi", "const", "status", "feature", "enum", "counter", "op", "struct", "note", "call"]


def interpret(data, source):
    """The interface that a parsed source describes, or SourceError."""
    top = Judge(source, "top level")
    for key in data:
        top.require(key in TABLES, f"unknown table '{key}'")
    for key in TABLES:
        top.require(key in data, f"table '{key}' is missing")

    abi_judge = Judge(source, "abi")
    abi = make(abi_judge, model.About, data["abi"])
    check_about(abi_judge, abi)
    consts = named(source, "const", model.Const, data["const"])
    for c in consts:
        check_range(Judge(source, f"const {c.name}"), "value", c.value, 0, 2**64 - 1)

    statuses = named(source, "status", model.Value, data["status"])
    check_dense(source, "status", "value", statuses, -1)
    for name in ("OK", "NOSYS", "INVAL", "PERM"):
        Judge(source, "status").require(name in [s.name for s in statuses], f"{name} is missing")

    features = named(source, "feature", model.Feature, data["feature"])
    check_ascending(Judge(source, "feature"), "bit", features, 0, 63)

    enums = named(source, "enum", model.Enum, data["enum"], LOWER,
                  values=lambda j, t: named(source, f"{j.entry}: value", model.Value, t.get("values", [])))
    for e in enums:
        Judge(source, f"enum {e.name}").require(e.values, "has no values")
        check_ascending(Judge(source, f"enum {e.name}"), "value", e.values, 0, 2**31 - 1)

    counters = named(source, "counter", model.Value, data["counter"])
    check_dense(source, "counter", "value", counters)

    ops = named(source, "op", model.Op, data["op"])
    check_dense(source, "op", "value", ops)
    for op in ops:
        check_op(Judge(source, f"op {op.name}"), op, statuses)

    structs = named(source, "struct", model.Struct, data["struct"], LOWER, fields=make_fields)
    earlier = {}
    for s in structs:
        check_struct(Judge(source, f"struct {s.name}"), s, earlier)
        earlier[s.name] = s
    check_op_word(source, earlier, ops)

    notes = named(source, "note", model.Note, data["note"])
    check_ascending(Judge(source, "note"), "type", notes, 1, 2**32 - 1)

    calls = sorted(named(source, "call", model.Call, data["call"], LOWER, args=make_args), key=lambda c: c.nr)
    check_dense(source, "call", "nr", calls)
    for call in calls:
        check_call(Judge(source, f"call {call.name}"), call, abi, statuses, [e.name for e in enums])
    check_since_order(source, calls)
    interface = model.Interface(source, abi, consts, statuses, features, enums, counters, ops, structs, notes, calls)
    clashes.check(interface)
    return interface


# ---------------------------------------------------------------- files

def read(path):
    """One file's tables."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SourceError(f"{path.name}: cannot be read: {problem}") from None


def merge(directory):
    """The tables of all files in one: lists one after the other; what is no list may be in one file only."""
    whole, origin = {}, {}
    for path in sorted(directory.glob("*.toml")):
        for key, table in read(path).items():
            if key not in whole:
                whole[key], origin[key] = table, path.name
            elif isinstance(whole[key], list) and isinstance(table, list):
                whole[key] = whole[key] + table
            else:
                raise SourceError(f"{path.name}: table '{key}' is in {origin[key]} already")
    if not whole:
        raise SourceError(f"{directory}: has no .toml file")
    return whole


def load(directory):
    """The interface described by the files of the directory, or SourceError."""
    directory = directory.resolve()
    return interpret(merge(directory), f"{directory.parent.name}/{directory.name}")

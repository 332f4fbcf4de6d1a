# SPDX-License-Identifier: MIT
"""Read the source of the interface and refuse what is wrong with it.

Responsible for every rule that a source must keep; the writers of the views trust what they are
given. A refusal is a SourceError; the first one ends the run. Rules between two versions of the
source (a number is never reused) cannot be seen here: the checked-in output shows them in review.
"""
import dataclasses
import re
import tomllib

from . import clashes, model
from .judge import (LOWER, Judge, SourceError, check_ascending, check_dense, check_name, check_range, check_text,
                    check_unique, make, named)
from .statements import EXAMPLE, LIMITS

VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
RESERVED_ARGS = {"nr", "result", "none", "arg", "v", "a"}      # names that stubs, handlers and the dispatch use themselves
EXAMPLE_WIDTH = 120
ADDRESS_TYPES = {"gfn", "gpa", "kva"}


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


# ---------------------------------------------------------------- structures

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


# ---------------------------------------------------------------- calls

def check_sentences(judge, key, sentences):
    """name = "sentence" pairs: at least one, each with a proper name and text."""
    judge.require(isinstance(sentences, dict) and sentences, f"'{key}' has no named sentences")
    for name, text in sentences.items():
        check_name(judge.inside(key), name, LOWER)
        judge.require(isinstance(text, str), f"'{key}.{name}' is not text")
        check_text(judge, f"{key}.{name}", text)
        judge.require(not set(text) & set('"\\\t'), f"'{key}.{name}' has a character that a test could not quote")


def check_errors(judge, service, statuses):
    for name, causes in service.errors.items():
        judge.require(name in [s.name for s in statuses], f"unknown error name '{name}'")
        judge.require(name != "OK", "OK is not an error")
        check_sentences(judge, f"errors.{name}", causes)
        judge.require(LIMITS not in causes, f"'errors.{name}.{LIMITS}' is a name for what the dispatch checks")
    for name, text in service.keeps.items():
        judge.require(name in service.errors, f"'keeps.{name}' is about an error that there is not")
        judge.require(isinstance(text, str), f"'keeps.{name}' is not text")
        check_text(judge, f"keeps.{name}", text)


def check_example(judge, example):
    """A function's body, indented by tabs. That it compiles and is right is for abi/check and the tests."""
    judge.require(example.strip() != "", "'example' is empty")
    judge.require(example.isascii() and "```" not in example, "'example' is not plain code")
    for line in example.splitlines():
        judge.require(line == "" or line.startswith("\t"), f"'example' has a line that is not indented by a tab: {line}")
        judge.require(len(line.expandtabs(8)) <= EXAMPLE_WIDTH, f"'example' has a line of over {EXAMPLE_WIDTH} columns: {line}")


def check_service(judge, service, statuses):
    check_sentences(judge, "says", service.says)
    judge.require(EXAMPLE not in service.says, f"'says.{EXAMPLE}' is a name for the example")
    check_errors(judge, service, statuses)
    check_example(judge, service.example)


def check_op(judge, op, statuses):
    check_service(judge, op, statuses)
    judge.require(set(op.word) == {"frame", "index", "count"}, "'word' must say what frame, index and count are")
    check_sentences(judge, "word", op.word)


def make_args(judge, table):
    return named(judge.source, f"{judge.entry}: arg", model.Arg, table.get("args", []), LOWER)


def check_arg(judge, arg, enums):
    judge.require(arg.name not in RESERVED_ARGS, "the name is taken by a parameter of every call")
    judge.require(arg.type in {"u64", *ADDRESS_TYPES, *enums}, f"unknown type '{arg.type}'")
    limited = arg.min != 0 or arg.max != 2**64 - 1
    judge.require(arg.type == "u64" or not limited, f"min and max do not go with type {arg.type}")
    judge.require(arg.type == "u64" or not arg.canonical, f"canonical does not go with type {arg.type}")
    judge.require(arg.type == "kva" or not arg.zero, f"zero does not go with type {arg.type}")
    judge.require(arg.type not in enums or arg.align == 1, f"align does not go with type {arg.type}")
    judge.require(0 <= arg.min <= arg.max < 2**64, f"min {arg.min} and max {arg.max} leave nothing")
    judge.require(arg.align >= 1 and arg.align & (arg.align - 1) == 0, f"align {arg.align} is not a power of two")
    judge.require(arg.max >= (arg.min + arg.align - 1) // arg.align * arg.align, "no value is aligned and in range")


def check_call(judge, call, abi, statuses, enums):
    check_name(judge.inside("family"), call.family, LOWER)
    registers = len(abi.argument_registers)
    judge.require(len(call.args) <= registers, f"has {len(call.args)} args; there are {registers} argument registers")
    judge.require(VERSION.fullmatch(call.since), f"since '{call.since}' is not major.minor")
    major, minor = (int(n) for n in call.since.split("."))
    judge.require(major == abi.major and minor <= abi.minor,
                  f"since {call.since} is not a version up to {abi.major}.{abi.minor} of this major")
    check_service(judge, call, statuses)
    default = next(f.default for f in dataclasses.fields(model.Call) if f.name == "caller")
    judge.require((call.caller != default) == ("PERM" in call.errors), "'caller' and errors.PERM go together")
    for arg in call.args:
        check_arg(judge.inside(f"arg {arg.name}"), arg, enums)


def check_since_order(source, calls):
    """Calls are appended: a later number cannot be of an earlier version."""
    for before, call in zip(calls, calls[1:]):
        Judge(source, f"call {call.name}").require(call.since_word >= before.since_word,
                                                   f"is of {call.since}, before call {before.name}")


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


def check_op_word(source, structs, ops):
    """The helpers for operation words need these four parts, by name."""
    judge = Judge(source, "struct pt_op: field word")
    word = next((f for f in structs["pt_op"].fields if f.name == "word"), None) if "pt_op" in structs else None
    judge.require(word, "is missing")
    bits = {b.name: b for b in word.bits}
    judge.require(set(bits) == {"code", "count", "index", "frame"}, "bits must be code, count, index and frame")
    judge.require(sum(b.width for b in word.bits) == 64, "bits do not fill the word")
    judge.require(len(ops) <= 1 << bits["code"].width, "there are more operations than codes")


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

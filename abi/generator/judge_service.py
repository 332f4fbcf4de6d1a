# SPDX-License-Identifier: MIT
"""Refuse what is wrong with a call or an operation: arguments, and sentences that are missing or cannot be tested by their id."""
import dataclasses
import re

from . import model
from .judge import LOWER, Judge, check_name, check_text, named
from .statements import EXAMPLE, LIMITS

VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
RESERVED_ARGS = {"nr", "result", "none", "arg", "v", "a"}      # names that stubs, handlers and the dispatch use themselves
ADDRESS_TYPES = {"gfn", "gpa", "kva"}
EXAMPLE_WIDTH = 120


# ---------------------------------------------------------------- sentences

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


def check_example(judge, example, subject):
    """A function's body, indented by tabs, about its subject. That it compiles and is right is for abi/check and the tests."""
    judge.require(example.strip() != "", "'example' is empty")
    judge.require(example.isascii() and "```" not in example, "'example' is not plain code")
    for line in example.splitlines():
        judge.require(line == "" or line.startswith("\t"), f"'example' has a line that is not indented by a tab: {line}")
        judge.require(len(line.expandtabs(8)) <= EXAMPLE_WIDTH, f"'example' has a line of over {EXAMPLE_WIDTH} columns: {line}")
    judge.require(subject in example, f"'example' does not use {subject}")


def check_service(judge, service, subject, statuses):
    check_sentences(judge, "says", service.says)
    judge.require(EXAMPLE not in service.says, f"'says.{EXAMPLE}' is a name for the example")
    check_errors(judge, service, statuses)
    check_example(judge, service.example, subject)


def check_op(judge, op, statuses):
    check_service(judge, op, f"RB_OP_{op.name}", statuses)
    judge.require(set(op.word) == {"frame", "index", "count"}, "'word' must say what frame, index and count are")
    check_sentences(judge, "word", op.word)


# ---------------------------------------------------------------- calls

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
    check_service(judge, call, f"rb_{call.name}(", statuses)
    default = next(f.default for f in dataclasses.fields(model.Call) if f.name == "caller")
    judge.require((call.caller != default) == ("PERM" in call.errors), "'caller' and errors.PERM go together")
    for arg in call.args:
        check_arg(judge.inside(f"arg {arg.name}"), arg, enums)


def check_since_order(source, calls):
    """Calls are appended: a later number cannot be of an earlier version."""
    for before, call in zip(calls, calls[1:]):
        Judge(source, f"call {call.name}").require(call.since_word >= before.since_word,
                                                   f"is of {call.since}, before call {before.name}")

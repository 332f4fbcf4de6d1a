# SPDX-License-Identifier: MIT
"""Refusals, and the rules that every table of the source must keep.

Responsible for shape (keys, types, names, texts) and for numbering. What a particular entry means is
judged in source.py. A refusal names the file, the entry and the problem.
"""
import dataclasses
import re

UPPER = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
LOWER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TEXTS = ["doc", "value_doc", "result", "caller", "before", "atomicity", "time", "repeat", "tlb"]
C_KEYWORDS = set("""auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile
    while asm typeof bool true false nullptr""".split())


class SourceError(Exception):
    """The source breaks a rule. The text is complete: file, entry, problem."""


class Judge:
    """Speaks about one entry of one file."""

    def __init__(self, source, entry):
        self.source, self.entry = source, entry

    def refuse(self, problem):
        raise SourceError(f"{self.source}: {self.entry}: {problem}")

    def require(self, holds, problem):
        if not holds:
            self.refuse(problem)

    def inside(self, what):
        return Judge(self.source, f"{self.entry}: {what}")


# ---------------------------------------------------------------- shape

def make(judge, cls, table, **replaced):
    """A record of class cls from a table of the source: all keys known, none missing, each of its type."""
    judge.require(isinstance(table, dict), "is not a table")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    for key in table:
        judge.require(key in fields, f"unknown key '{key}'")
    for name, f in fields.items():
        optional = f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING
        judge.require(optional or name in table, f"'{name}' is missing")
        if name in table:
            judge.require(type(table[name]) is f.type, f"'{name}' is not of type {f.type.__name__}")
    for key in TEXTS:
        if key in table:
            check_text(judge, key, table[key])
    return cls(**{**table, **replaced})


def check_text(judge, key, text):
    judge.require(text.strip() != "", f"'{key}' is empty")
    judge.require(text == text.strip() and "\n" not in text, f"'{key}' must be one line without space at its ends")
    judge.require("*/" not in text and "/*" not in text, f"'{key}' contains a comment mark")
    judge.require(text.isascii() and text.isprintable(), f"'{key}' is not plain ASCII")


def check_name(judge, name, pattern):
    judge.require(pattern.fullmatch(name), f"'{name}' is not a proper name here")
    judge.require(name not in C_KEYWORDS, f"'{name}' is a word of the C language")


def check_unique(judge, what, items):
    seen = set()
    for item in items:
        judge.require(item not in seen, f"{what} {item} is used twice")
        seen.add(item)


def check_range(judge, what, value, low, high):
    judge.require(low <= value <= high, f"{what} {value} is not from {low} to {high}")


# ---------------------------------------------------------------- tables of named numbers

def named(source, kind, cls, tables, pattern=UPPER, **replaced):
    """The records of a list of tables, each with a name; names are unique."""
    Judge(source, kind).require(isinstance(tables, list), "is not a list of tables")
    records = []
    for number, table in enumerate(tables):
        Judge(source, f"{kind} number {number}").require(isinstance(table, dict), "is not a table")
        name = table.get("name")
        judge = Judge(source, f"{kind} {name}" if isinstance(name, str) else f"{kind} number {number}")
        record = make(judge, cls, table, **{k: f(judge, table) for k, f in replaced.items()})
        check_name(judge, record.name, pattern)
        records.append(record)
    check_unique(Judge(source, kind), "name", [r.name for r in records])
    return records


def check_dense(source, kind, key, records, step=1):
    """Numbers are 0, step, 2 * step ... in the order of the file."""
    for index, record in enumerate(records):
        value = getattr(record, key)
        judge = Judge(source, f"{kind} {record.name}")
        judge.require(value not in [getattr(r, key) for r in records[:index]], f"{key} {value} is used twice")
        judge.require(value == index * step, f"{key} is {value} but the next one is {index * step}")


def check_ascending(judge, key, records, low, high):
    """Numbers grow in the order of the file; gaps are allowed."""
    last = None
    for record in records:
        value = getattr(record, key)
        check_range(judge.inside(record.name), key, value, low, high)
        judge.inside(record.name).require(value != last, f"{key} {value} is used twice")
        judge.inside(record.name).require(last is None or value > last, f"{key} {value} is out of order")
        last = value

# SPDX-License-Identifier: GPL-2.0-only
"""What the reference states and what the tests quote, and whether the two agree.

A statement has an id and a sentence. Those of calls and operations are generated from the interface's source (abi/generated/statements.tsv),
those of the chapters are printed by docs/statements. A test is TEST("ID", "SENTENCE") in a C file, the sentence word for word.
"""
import os
import re
import subprocess
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
GENERATED = os.path.join(TOP, "abi", "generated", "statements.tsv")
CHAPTERS = os.path.join(TOP, "docs", "statements")

STRING = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
TEST = re.compile(rf"^TEST\(\s*({STRING}),\s*({STRING})([^{{]*)\)\s*\{{?", re.M)


class StatementError(Exception):
    """A list of statements or a file of tests cannot be read."""


@dataclass
class Test:
    """A test as its source has it."""
    id: str
    says: str
    file: str       # relative to the top of the tree
    line: int
    image: str      # which guest it is in
    bochs: bool     # only there
    hypervisor: str     # its options
    again: str      # a word for a second boot
    cpus: int       # processors of its machine


def c_string(literals):
    """What adjacent C string literals mean. The only escapes are \\" and \\\\."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', literals)
    return "".join(re.sub(r"\\(.)", r"\1", part) for part in parts)


def expanded(marks, text):
    """With the file's own macros of marks: #define NAME .mark = ..., on one line."""
    for name, value in re.findall(r"^#define (\w+)\s+(\..*)$", text, re.M):
        marks = re.sub(rf"\b{name}\b", lambda _, value=value: value, marks)
    return marks


def mark(name, marks):
    """A mark's string, or an empty one."""
    found = re.search(rf"\.{name} = ({STRING})", marks)
    return c_string(found[1]) if found else ""


def tests_of(path, image):
    """The tests of one C file, in order."""
    with open(path, encoding="utf-8") as source:
        text = source.read()
    for match in TEST.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        marks = expanded(match[3], text)
        yield Test(c_string(match[1]), c_string(match[2]), os.path.relpath(path, TOP), line, image, ".bochs" in marks,
                   mark("hypervisor", marks), mark("again", marks), int((re.search(r"\.cpus = (\d+)", marks) or [0, 1])[1]))


def all_tests(paths):
    """{id: Test} of the C files, in order. An id is tested once."""
    tests = {}
    for path in paths:
        for test in tests_of(path, os.path.basename(path)[:-2]):
            if test.id in tests:
                raise StatementError(f"{test.file}:{test.line}: {test.id} has a test in {tests[test.id].file}:{tests[test.id].line} already")
            tests[test.id] = test
    return tests


def parse(text, where):
    """{id: sentence} of lines id, tab, sentence."""
    statements = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, tab, sentence = line.partition("\t")
        if not tab or not name or not sentence:
            raise StatementError(f"{where}:{number}: not an id, a tab and a sentence: {line!r}")
        if name in statements:
            raise StatementError(f"{where}:{number}: {name} is stated twice")
        statements[name] = sentence
    return statements


def from_file(path):
    try:
        with open(path, encoding="utf-8") as text:
            return parse(text.read(), os.path.relpath(path, TOP))
    except OSError as problem:
        raise StatementError(f"{path}: {problem.strerror}") from problem


def from_chapters():
    try:
        said = subprocess.run([CHAPTERS], stdout=subprocess.PIPE, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as problem:
        raise StatementError(f"{CHAPTERS}: {problem}") from problem
    return parse(said, "docs/statements")


def all_statements(path=None):
    """All of the reference; or of one file instead."""
    if path:
        return from_file(path)
    statements, chapters = from_file(GENERATED), from_chapters()
    for name in statements.keys() & chapters.keys():
        raise StatementError(f"{name} is stated in abi/ringbolt.toml and in a chapter")
    return statements | chapters


def disagreements(statements, tests):
    """(id, what is wrong) of each statement without a test, test of no statement, and test that quotes another sentence."""
    for name, sentence in statements.items():
        if name not in tests:
            yield name, f'is stated and has no test: "{sentence}"'
        elif tests[name].says != sentence:
            yield name, f'{tests[name].file}:{tests[name].line} quotes "{tests[name].says}", the reference says "{sentence}"'
    for name, test in tests.items():
        if name not in statements:
            yield name, f"is tested by {test.file}:{test.line} and no longer stated"

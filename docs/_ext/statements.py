# SPDX-License-Identifier: GPL-2.0-only
"""Statements: sentences of the reference that a guest can check, each with an id and with a test of that id.

Responsible for reading them out of the hand-written chapters and reading the tests out of the conformance suite. Knows nothing of
Sphinx: the command docs/statements and the extension beside this file (ringbolt.py) both use it, so they cannot disagree.
"""
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"
GENERATED = ROOT / "abi" / "generated" / "statements.tsv"
TESTS = ROOT / "tests" / "conformance"

# First parts of the ids of the chapters; all others are names of calls and operations, from abi/ringbolt.toml.
CHAPTERS = {"conventions", "discovery", "start", "boot", "gate", "vcpu_page", "event", "frame", "pagetable", "chunk", "time", "domain",
            "order", "error", "version"}

OPENING = re.compile(r"^:::\{statement\}(.*)$")
CHAPTER_ID = re.compile(r"([a-z_]+)\.[a-z0-9_]+")
TEST = re.compile(r'\bTEST\(\s*"([^"]*)"\s*,\s*((?:"(?:[^"\\]|\\.)*"\s*)+)[,)]')


class StatementError(Exception):
    """What is wrong, and where."""


@dataclass(frozen=True)
class Statement:
    """A sentence, and where it stands."""
    id: str
    text: str
    place: str


def fold(text):
    """On one line, words apart by one space."""
    return " ".join(text.split())


def relative(path):
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def is_generated(text):
    """Pages that abi/generate writes say so in their first lines; their statements are in abi/generated/statements.tsv."""
    return "do not edit" in text[:300]


def check_text(text, place):
    if not text:
        raise StatementError(f"{place}: the statement has no text")
    # Tests quote the sentence in a C string.
    for mark, name in (('"', "a double quote"), ("\\", "a backslash"), ("](", "a link")):
        if mark in text:
            raise StatementError(f"{place}: {name} in a statement, which a test could not quote")


def check_id(word, place):
    match = CHAPTER_ID.fullmatch(word)
    if not match:
        raise StatementError(f"{place}: '{word}' is no id: CHAPTER.slug, in lower case")
    if match[1] not in CHAPTERS:
        raise StatementError(f"{place}: there is no chapter '{match[1]}': one of {' '.join(sorted(CHAPTERS))}")


def page_statements(path):
    """The statements of one hand-written page, in order."""
    text = path.read_text(encoding="utf-8")
    lines = enumerate(text.splitlines(), 1)
    if is_generated(text):
        return
    for number, line in lines:
        opening = OPENING.match(line)
        if not opening:
            continue
        place = f"{relative(path)}:{number}"
        word = opening[1].strip()
        check_id(word, place)
        body = []
        for _, line in lines:
            if line.strip() == ":::":
                break
            body.append(line)
        else:
            raise StatementError(f"{place}: the statement does not end: no line ':::'")
        sentence = fold(" ".join(body))
        check_text(sentence, place)
        yield Statement(word, sentence, place)


def chapter_statements(folder=REFERENCE):
    """The statements of all hand-written chapters: {id: Statement}, in the order of files and lines."""
    found = {}
    for path in sorted(folder.glob("*.md")):
        for statement in page_statements(path):
            if statement.id in found:
                raise StatementError(f"{statement.place}: {statement.id} stands at {found[statement.id].place} already")
            found[statement.id] = statement
    return found


def generated_statements(path=GENERATED):
    """The statements that abi/ringbolt.toml makes: {id: text}; empty before abi/generate writes any."""
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        word, tab, text = line.partition("\t")
        if not tab or not text or word in found:
            raise StatementError(f"{relative(path)}:{number}: not a new id, a tab and a text")
        found[word] = text
    return found


def tests(folder=TESTS):
    """The tests of the conformance suite: {id: path of the source}."""
    found = {}
    for path in sorted(folder.glob("*.c")):
        for match in TEST.finditer(path.read_text(encoding="utf-8")):
            found[match[1]] = relative(path)
    return found

# SPDX-License-Identifier: GPL-2.0-only
"""What a selftest said, as verdicts that can be compared.

Responsible for finding the subtests in a program's lines: the selftests of the kernel report in several ways. Not for which verdict
is the right one.
"""
import re
from collections import Counter

WORDS = {"ok": "pass", "OK": "pass", "PASS": "pass", "PASSED": "pass", "done": "pass", "SKIP": "skip", "skipped": "skip", "Skip": "skip",
         "UNSUPPORTED": "skip", "not ok": "fail", "FAIL": "fail", "FAILED": "fail", "Fail": "fail", "failed": "fail", "ERROR": "fail",
         "XFAIL": "xfail", "WARN": "warn"}

FORMS = [
    # TAP, also indented.
    re.compile(r"^(?:# )?\s*(?P<word>not ok|ok) \d+ (?:- )?(?P<name>.*)$"),
    # x86: a word in brackets, and what it is about.
    re.compile(r"^\s*\[\s*(?P<word>OK|PASS|SKIP|FAIL|FAILED|WARN|UNSUPPORTED|ERROR)\s*\]\s*(?P<name>.*)$"),
    # timers: what it is about, and a word in brackets.
    re.compile(r"^(?P<name>\S.*?):?\s*\[\s*(?P<word>OK|SKIP|FAIL|FAILED|UNSUPPORTED|ERROR)\s*\]"),
    # protection_keys.
    re.compile(r"^(?P<name>test +\d+) (?P<word>PASSED)\b"),
    # khugepaged, userfaultfd: what it is about, three points, a word.
    re.compile(r"^(?:Run test: |Testing )?(?P<name>\S.*?)\.\.\.+ (?P<word>OK|Fail|Skip|done|failed|skipped)\b"),
]
DIRECTIVE = re.compile(r"^(.*?)\s*# (?:(SKIP|XFAIL)\b)?\s*(.*)$")
COLOUR = re.compile(r"\x1b?\[[0-9;]*m")
# What differs from run to run: addresses, numbers that were measured, process numbers.
VARIES = re.compile(r"(?:0x)+[0-9a-f]+|\b[0-9a-f]{8,16}\b|\d+\.\d+|\d+(?= usec| ppm|MB of)"
                    r"|(?<=max latency: )\d+|(?<=NR = )\d+|(?<=Extra pages )\d+|(?<=faults )\d+")


def subtest(line):
    """(name, verdict) if the line is the report of a subtest."""
    line = COLOUR.sub("", line).replace("\\x0d", "")
    for form in FORMS:
        match = form.match(line)
        if not match:
            continue
        name, verdict = match["name"].strip(), WORDS[match["word"]]
        directive = DIRECTIVE.match(name)
        if directive:
            name = directive[1] or directive[3]
            if verdict == "pass" and directive[2]:
                verdict = WORDS[directive[2]]
        return VARIES.sub("#", re.sub(r"\s+", " ", name)), verdict
    return None


class Result:
    """How one program went: its verdict, and how many subtests of each name ended how."""

    def __init__(self, verdict, subtests=()):
        self.verdict = verdict
        self.subtests = Counter(subtests)

    @staticmethod
    def of_run(status, lines):
        """Of an exit status, which means what the selftests agreed on, and of the lines."""
        verdict = {"0": "pass", "4": "skip", "timeout": "timeout"}.get(status, "exit " + status)
        return Result(verdict, filter(None, map(subtest, lines)))

    def names(self):
        return {name for name, _ in self.subtests}

    def odd(self):
        """The names of which not all passed."""
        return {name for name, verdict in self.subtests if verdict != "pass"}

    def cell(self, name):
        """How the subtests of this name went, in words: "pass 2, skip"; "-" if there was none."""
        counts = sorted((verdict, count) for (other, verdict), count in self.subtests.items() if other == name)
        return ", ".join(verdict if count == 1 else f"{verdict} {count}" for verdict, count in counts) or "-"

    def whole(self, apart):
        """The verdict, and how many subtests passed apart from those of these names."""
        passed = sum(count for (name, verdict), count in self.subtests.items() if verdict == "pass" and name not in apart)
        return f"{self.verdict} {passed}" if passed else self.verdict

    def to_json(self):
        return [self.verdict, sorted([name, verdict, count] for (name, verdict), count in self.subtests.items())]

    @staticmethod
    def of_json(data):
        return Result(data[0], {(name, verdict): count for name, verdict, count in data[1]})

# SPDX-License-Identifier: GPL-2.0-only
"""What a selftest said, as verdicts that can be compared.

Responsible for finding the subtests in a program's lines. The selftests of the kernel report in several ways; what is common is that
a line says how one thing went. Not for which verdict is right.
"""
import re
from collections import Counter

WORDS = {"ok": "pass", "OK": "pass", "PASS": "pass", "done": "pass", "SKIP": "skip", "skipped": "skip", "Skip": "skip",
         "UNSUPPORTED": "skip", "FAIL": "fail", "FAILED": "fail", "Fail": "fail", "failed": "fail", "not ok": "fail", "XFAIL": "xfail", "ERROR": "fail",
         "WARN": "warn"}

FORMS = [
    # TAP, also when it is indented by "# " or by white space.
    re.compile(r"^(?:# )?\s*(?P<word>not ok|ok) \d+ (?:- )?(?P<name>.*)$"),
    # x86: a word in brackets and what it is about.
    re.compile(r"^\s*\[\s*(?P<word>OK|PASS|SKIP|FAIL|FAILED|XFAIL|WARN|UNSUPPORTED|ERROR)\s*\]\s*(?P<name>.*)$"),
    # timers: what it is about and a word in brackets.
    re.compile(r"^(?P<name>\S.*?):?\s*\[\s*(?P<word>OK|PASS|SKIP|FAIL|FAILED|XFAIL|UNSUPPORTED|ERROR)\s*\]"),
    # khugepaged, userfaultfd: what it is about, three points, a word.
    re.compile(r"^(?:Run test: |Testing )?(?P<name>\S.*)\.\.\. (?P<word>OK|Fail|Skip|done|failed|skipped)\b"),
]
DIRECTIVE = re.compile(r"^(.*?)\s*# (SKIP|XFAIL)\b\s*(.*)$")
COLOUR = re.compile(r"(?:\\x1b|\x1b)\[[0-9;]*m")
# What differs from run to run: addresses, and numbers that were measured.
VARIES = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,16}\b|\d+\.\d+|\b\d{4,}\b")


def subtest(line):
    """(name, verdict) if the line is the report of a subtest."""
    line = COLOUR.sub("", line).replace("\\x0d", "").replace("\\x09", "\t").rstrip()
    for form in FORMS:
        match = form.match(line)
        if not match:
            continue
        name, verdict = match["name"].strip(), WORDS[match["word"]]
        directive = DIRECTIVE.match(name)
        if directive and verdict == "pass":
            verdict = WORDS[directive[2]]
            name = directive[1] or directive[3]
        return re.sub(r"\s+", " ", VARIES.sub("#", name)), verdict
    return None


def verdict(status):
    """Of an exit status, as the selftests define it."""
    return {"0": "pass", "4": "skip", "timeout": "timeout", "down": "down"}.get(status, "exit " + status)


class Result:
    """How one program went: its verdict, and how often each subtest ended how."""

    def __init__(self, status, lines=()):
        self.verdict = verdict(status)
        self.subtests = Counter(found for found in map(subtest, lines) if found)

    def passed(self):
        return sum(count for (_, word), count in self.subtests.items() if word == "pass")

    def others(self):
        """Those that did not pass: {(name, verdict): count}."""
        return {key: count for key, count in self.subtests.items() if key[1] != "pass"}

# SPDX-License-Identifier: GPL-2.0-only
"""What came of the tests, for people and for programs: lines of TAP, JUnit's XML, JSON, and the matrix of calls and statuses."""
import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

from session import VERDICTS

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, os.path.join(TOP, "abi"))

from generator import source  # noqa: E402

GOOD = ("pass", "skip")


def summary(results):
    """One test's results over all builds: (verdict, reason). The worst counts; a skip only when it ran nowhere."""
    worst = max(results, key=lambda result: VERDICTS.index(result.verdict))
    if worst.verdict == "skip":
        passed = [result for result in results if result.verdict == "pass"]
        worst = passed[0] if passed else worst
    if worst.verdict == "pass":
        return "pass", ""
    return worst.verdict, f"{worst.build}: {worst.reason}"


class Tap:
    """Lines for people, counted."""

    def __init__(self, show=True, verbose=False):
        self.show, self.verbose = show, verbose
        self.passed = self.failed = 0

    def line(self, good, text, note="", lines=()):
        self.passed, self.failed = self.passed + good, self.failed + (not good)
        if not self.show:
            return
        print(f"{'ok' if good else 'not ok'} {self.passed + self.failed} - {text}" + (f" # {note}" if note else ""))
        for line in lines:
            print(f"#   {line}")

    def test(self, results):
        verdict, reason = summary(results)
        note = f"SKIP {reason}" if verdict == "skip" else f"{verdict}: {reason}" if reason else ", ".join(
            f"{result.build} {result.seconds:.2f} s" if result.verdict == "pass" else f"{result.build} {result.verdict}" for result in results)
        shown = [result for result in results if self.verbose or result.verdict not in GOOD]
        self.line(verdict in GOOD, results[0].id, note, [f"[{result.build}] {line}" for result in shown for line in result.output])

    def end(self):
        if self.show:
            print(f"{self.passed} passed, {self.failed} failed", flush=True)


def write_junit(path, results, wrong):
    """results: of all tests and builds. wrong: (id, what) of what no test can say. One suite for each build, and one for those."""
    root = ElementTree.Element("testsuites")
    for build in dict.fromkeys(result.build for result in results):
        suite = ElementTree.SubElement(root, "testsuite", name=f"conformance ({build})")
        for result in (result for result in results if result.build == build):
            case = ElementTree.SubElement(suite, "testcase", classname=f"conformance.{build}", name=result.id, time=f"{result.seconds:.3f}")
            tag = {"pass": None, "skip": "skipped", "fail": "failure"}.get(result.verdict, "error")
            if tag:
                ElementTree.SubElement(case, tag, type=result.verdict, message=result.reason)
                ElementTree.SubElement(case, "system-out").text = "\n".join(result.output)
    suite = ElementTree.SubElement(root, "testsuite", name="conformance (completeness)")
    for name, what in wrong:
        case = ElementTree.SubElement(suite, "testcase", classname="conformance.completeness", name=name)
        ElementTree.SubElement(case, "failure", type="fail", message=what)
    for suite in root:
        suite.set("tests", str(len(suite)))
        for tag in ("failure", "error", "skipped"):
            suite.set({"failure": "failures", "error": "errors"}.get(tag, tag), str(len(suite.findall(f"testcase/{tag}"))))
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def write_json(out, results, wrong, tests, statements):
    """One object: tests with their results, what else is wrong, sums."""
    by_id = {}
    for result in results:
        by_id.setdefault(result.id, []).append(result)
    listed = []
    for name, some in by_id.items():
        test, (verdict, reason) = tests.get(name), summary(some)
        listed.append({"id": name, "says": statements.get(name), "file": test and test.file, "line": test and test.line, "verdict": verdict, "reason": reason,
                       "builds": [{"build": one.build, "verdict": one.verdict, "reason": one.reason, "seconds": round(one.seconds, 3)} for one in some]})
    json.dump({"tests": listed, "wrong": [{"id": name, "what": what} for name, what in wrong],
               "verdicts": {verdict: sum(one["verdict"] == verdict for one in listed) for verdict in VERDICTS}}, out, indent=1)
    out.write("\n")


class Matrix:
    """Calls and operations by statuses; chapters. A cell counts statements that passed, of those there are; - where none is documented."""

    def __init__(self, statements, passed):
        interface = source.load(TOP / "abi" / "source")
        self.statuses = [status.name for status in interface.statuses]
        self.calls = [call.name for call in interface.calls]
        self.ops = [f"op.{op.name}" for op in interface.ops]
        self.cells = {}     # (row, status): [passed, all]; of a chapter, (chapter, "")
        self.passed = passed
        for name in statements:
            self.count(name)

    def count(self, name):
        rows = [row for row in self.calls + self.ops if name.startswith(row + ".")]
        row = rows[0] if rows else name.split(".", 1)[0]
        status = ""
        if rows:
            first = name[len(row) + 1:].split(".", 1)[0]
            status = first if first in self.statuses else "OK"
        cell = self.cells.setdefault((row, status), [0, 0])
        cell[0] += name in self.passed
        cell[1] += 1

    def chapters(self):
        return [row for row, status in self.cells if not status]

    def cell(self, row, status):
        counts = self.cells.get((row, status))
        return f"{counts[0]}/{counts[1]}" if counts else "-"

    def rows(self):
        """Lists of words, the head first."""
        yield ["call or operation", *self.statuses]
        for row in self.calls + self.ops:
            if any(key[0] == row for key in self.cells):
                yield [row, *(self.cell(row, status) for status in self.statuses)]

    def text(self):
        """A table in columns; then the chapters."""
        rows = list(self.rows())
        width = max(len(row[0]) for row in rows)
        lines = ["".join([row[0].ljust(width), *(word.rjust(8) for word in row[1:])]) for row in rows]
        return "\n".join(lines + ["", "chapter".ljust(width) + "statements".rjust(12)] +
                         [row.ljust(width) + self.cell(row, "").rjust(12) for row in self.chapters()])

    def page(self):
        """The same in Markdown."""
        rows = list(self.rows())
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines.insert(1, "|---" * len(rows[0]) + "|")
        lines += ["", "| chapter | statements |", "|---|---|"] + [f"| {row} | {self.cell(row, '')} |" for row in self.chapters()]
        return "\n".join(lines) + "\n"

# SPDX-License-Identifier: GPL-2.0-only
"""The list of verdicts, expected.tsv: how each selftest goes natively and in the guest, and why where it is not simply passed.

A line has the columns test, subtest, native, guest, reason. The line with the subtest "-" is about the whole program: its verdict and
how many subtests passed. A subtest has a line if it does not pass in both places; a program's count does not include those. The reason
is a word that the file "reasons" explains.
"""
import os

HERE = os.path.dirname(os.path.abspath(__file__))
LIST = os.path.join(HERE, "expected.tsv")
REASONS = os.path.join(HERE, "reasons")
WHOLE = "-"
NATIVE, GUEST = 0, 1
VARIES = "varies"       # a reason that begins so: the verdict differs from run to run, natively too


def passes(cell):
    return cell.split()[0] == "pass" and "," not in cell


class Verdicts:
    def __init__(self):
        self.rows = {}          # test: {subtest: [native, guest, reason]}
        if os.path.exists(LIST):
            with open(LIST) as lines:
                for line in lines:
                    if line.strip() and not line.startswith("#"):
                        test, subtest, *cells = line.rstrip("\n").split("\t")
                        self.rows.setdefault(test, {})[subtest] = cells

    def compare(self, test, result, place):
        """What is different from the list."""
        rows = self.rows.get(test)
        if not rows:
            return [f"{result.whole(())}, but it is not in the list"]
        wrong = []
        odd = set(rows) - {WHOLE}
        for subtest, cells in rows.items():
            found = result.whole(odd) if subtest == WHOLE else result.cell(subtest)
            if found != cells[place] and not cells[2].startswith(VARIES):
                wrong.append(f"{'' if subtest == WHOLE else subtest + ': '}{found} instead of {cells[place]}")
        return wrong + [f"{name}: {result.cell(name)}" for name in sorted(result.odd() - odd)]

    def passed(self, test, place):
        """(does the program as a whole pass, how many of its subtests do)."""
        rows = self.rows.get(test, {})
        parts = [part.split() for subtest, cells in rows.items() if subtest != WHOLE for part in cells[place].split(", ")]
        *whole, last = rows[WHOLE][place].split() if rows else ["-"]
        count = int(last) if whole and last.isdigit() and whole != ["exit"] else 0
        count += sum(int((part + ["1"])[1]) for part in parts if part[0] == "pass")
        return bool(rows) and rows[WHOLE][place].startswith("pass"), count

    def record(self, test, native, guest):
        """Make the lines of this test anew from what was seen in both places; reasons stay."""
        before = self.rows.get(test, {})
        odd = native.odd() | guest.odd() | {name for name in native.names() ^ guest.names()}
        odd |= {name for name in native.names() if native.cell(name) != guest.cell(name)}
        odd |= {name for name, cells in before.items() if cells[2].startswith(VARIES) and name != WHOLE}
        rows = {WHOLE: [native.whole(odd), guest.whole(odd)]}
        rows.update({name: [native.cell(name), guest.cell(name)] for name in sorted(odd)})
        self.rows[test] = {name: cells + [before.get(name, ["", "", ""])[2]] for name, cells in rows.items()}

    def save(self, order):
        with open(LIST, "w") as out:
            out.write("# SPDX-License-Identifier: GPL-2.0-only\n# test\tsubtest\tnative\tguest\treason; see verdicts.py\n")
            for test in order:
                for subtest, cells in self.rows.get(test, {}).items():
                    out.write("\t".join([test, subtest] + cells) + "\n")

    def check(self, tests):
        """What is wrong with the list itself: what does not pass, or differs, and has no reason."""
        with open(REASONS) as lines:
            reasons = {line.split(":")[0] for line in lines if line.strip() and line[0] not in "# \t"}
        wrong = [f"{test} is not among the tests" for test in self.rows if test not in tests]
        wrong += [f"{test} has no verdict" for test in tests if test not in self.rows]
        used = set()
        for test, rows in self.rows.items():
            for subtest, (native, guest, reason) in rows.items():
                used.add(reason)
                if not reason and not (passes(native) and native == guest):
                    wrong.append(f"{test} {subtest}: no reason for {native} natively and {guest} in the guest")
                elif reason and reason not in reasons:
                    wrong.append(f"{test} {subtest}: unknown reason {reason}")
        return wrong + [f"reason {reason} is not used" for reason in sorted(reasons - used)]

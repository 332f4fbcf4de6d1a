# SPDX-License-Identifier: GPL-2.0-only
"""Tests that run inside a booted Linux: what they are, a machine full of them, and the report.

Responsible for the dialogue with guest/driver.c and for each verdict. Not for which tests run.
"""
import os
import re
import sys

import kernel_log
import machine

BOOT_SECONDS = 120
GRACE_SECONDS = int(os.environ.get("RB_GRACE_SECONDS", "40"))   # for what a test's time does not bound
MOST_BOOTS = 6
FRAMES_SLACK = 96           # page-table frames by which the kernel's own share may change over a run
PATIENCE = int(os.environ.get("RB_PATIENCE", "1"))      # by what to multiply the tests' times
SLOWNESS = 2                # the test kernel's: it checks itself all the time
LESS = {"RB_FORKS": 150, "RB_EXECS": 30, "RB_PROCESSES": 80, "RB_CALLS": 200000, "RB_SIGNALS": 5000, "RB_MMAP_STEPS": 3000,
        "RB_VMAS": 2000, "RB_TABLES": 800, "RB_MEMORY_PERCENT": 70}     # so it gets less to do, and less memory to fill
LESS_MEMORY = ["--mem", "320M"]
MARK = re.compile(r"rb-test: (start|end|violations|frames|all done|\|) ?(.*)")


class Test:
    """What the driver can run: has a name, and the seconds it may take."""

    def judge(self, status, milliseconds, said):
        """What is wrong with how it ended (an exit status, or "timeout") and what it said."""
        if status == "timeout":
            return [f"time is over after {milliseconds} ms"]
        return [] if status == "0" else [f"exit status {status}"]


class Program(Test):
    """One of ours, and what its opening comment says of it."""

    def __init__(self, path):
        self.name, _ = os.path.splitext(os.path.basename(path))
        with open(path) as source:
            text = source.read()
        self.needs = set((self._find(text, "needs") or "").split())
        self.seconds = int(self._find(text, "timeout") or 60)
        self.about = re.search(r"^[ *#]+" + self.name + r" - (.*)$", text, re.M).group(1)

    @staticmethod
    def _find(text, key):
        match = re.search(r"^(?: \*|#) " + key + r": (.*)$", text, re.M)
        return match.group(1) if match else None


class Report:
    """Numbered lines and the count at the end."""

    def __init__(self, verbose):
        self.passed = self.failed = 0
        self.verbose = verbose

    def add(self, name, wrong, note="", lines=()):
        if wrong:
            self.failed += 1
        else:
            self.passed += 1
        print(f"{'not ok' if wrong else 'ok'} {self.passed + self.failed} - linux/{name} # {'; '.join(wrong) or note}")
        for line in lines if wrong or self.verbose else ():
            print("#   " + line)
        sys.stdout.flush()

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


class Boot:
    """One machine on which tests run, until all have or it goes down."""

    def __init__(self, options, kernel, tests, report, log, first=True, initrd=machine.INITRD):
        self.tests = {test.name: test for test in tests}
        self.left = list(tests)
        self.report = report
        self.log = log
        self.first = first
        self.current, self.done, self.off = None, False, False
        self.lines, self.said, self.bad, self.violations, self.frames = [], [], [], None, []
        self.native = options.native
        self.wall = getattr(options, "wall", 1)     # real seconds to a second in the machine, at most
        self.checks_itself = not options.native and not options.release
        self.slowness = PATIENCE * (SLOWNESS if options.config == "test" else 1)
        words = ["RB_TESTS=" + ",".join(f"{test.name}:{test.seconds * self.slowness}" for test in tests), machine.settings()]
        words += ["RB_MODE=" + ("native" if options.native else "ringbolt")]
        self.machine = machine.Machine(kernel, options.native, options.release, cmdline=" ".join(filter(None, words)),
                                       initrd=initrd, options=options.qemu)

    def run(self):
        self.machine.allow(BOOT_SECONDS * self.wall)
        for line in self.machine.lines(self.log):
            mark = MARK.search(line)
            if mark:
                self.mark(mark.group(1), mark.group(2))
            else:
                self.off |= "ringbolt-run: exit 0" in line
                self.lines.append(line)
                if kernel_log.is_bad(line, self.current and self.current.name):
                    self.bad.append(line)
        self.finish()

    def mark(self, kind, text):
        if kind == "start":
            self.boot_report()
            self.current = self.tests[text]
            self.lines, self.said, self.bad, self.violations = [], [], [], None
            self.machine.allow((self.current.seconds * self.slowness + GRACE_SECONDS) * self.wall)
        elif kind == "|":
            self.lines.append(text)
            self.said.append(text)
        elif kind == "violations":
            self.violations = int(text)
        elif kind == "frames":
            self.frames.append(int(text))
        elif kind == "end":
            self.test_end(*text.split())
        elif kind == "all done":
            self.done = True

    def boot_report(self):
        """Before the first test: what was printed until then. Of later machines, only what is wrong."""
        if len(self.left) == len(self.tests) and (self.first or self.bad):
            self.report.add("boot", self.wrong_lines(), "to the first test", self.lines[-40:])

    def wrong_lines(self):
        return ["printed: " + self.bad[0].strip()] if self.bad else []

    def test_end(self, name, status, milliseconds):
        wrong = self.current.judge(status, milliseconds, self.said)
        wrong += [f"the hypervisor found {self.violations} violations"] if self.violations else []
        wrong += ["no check of the hypervisor by itself"] if self.checks_itself and self.violations is None else []
        wrong += self.wrong_lines()
        self.report.add(name, wrong, f"{int(milliseconds) / 1000:.1f} s", self.lines[-60:])
        self.left.remove(self.tests[name])
        self.lines, self.bad, self.current = [], [], None
        self.machine.allow(GRACE_SECONDS * self.wall)

    def finish(self):
        status = self.machine.status
        how = "hangs" if status == "hangs" else f"went down with status {status}"
        if self.current:
            self.report.add(self.current.name, ["the machine " + how] + self.wrong_lines(), "", self.lines[-60:])
            self.left.remove(self.current)
        elif len(self.left) == len(self.tests) and not self.done:
            self.report.add("boot", ["the machine " + how] + self.wrong_lines(), "", self.lines[-60:])
            self.left = []
        if not self.done:
            return
        if not self.native and len(self.frames) != 2:
            self.report.add("frames", ["no count of page-table frames"])
        elif not self.native:
            grown = self.frames[1] - self.frames[0]
            self.report.add("frames", [f"page-table frames and page tables differ by {grown}"] if abs(grown) > FRAMES_SLACK else [],
                            f"{grown} more in use than before, apart from processes'")
        wrong = [] if status == 0 and self.off else ["the machine " + how]
        self.report.add("poweroff", wrong + self.wrong_lines(), "clean", self.lines[-40:])


def tests_lighten(options):
    """On the slow kernel the tests that take numbers do less."""
    if options.config == "test":
        for setting, value in LESS.items():
            os.environ.setdefault(setting, str(value))
        options.qemu = LESS_MEMORY + options.qemu       # later ones win


def tests_run(options, tests, report, name, initrd=machine.INITRD):
    """Boot as often as it takes."""
    kernel = options.kernel or machine.kernel_directory(options.config)
    where = "native" if options.native else "release" if options.release else "debug"
    path = os.path.join(machine.OUT, f"{name}-{where}-{options.config}.log")
    with open(path, "wb") as log:
        for number in range(MOST_BOOTS):
            boot = Boot(options, kernel, tests, report, log, number == 0, initrd)
            boot.run()
            tests = boot.left
            if not tests:
                break
        for test in tests:
            report.add(test.name, ["not run: the machine went down too often"])
    print("# the console: " + os.path.relpath(path))

# SPDX-License-Identifier: GPL-2.0-only
"""Runs an image of tests on one build of the hypervisor and says what came of each test.

The guest tells in lines that begin with @ (see conformance.c). Responsible for what it cannot tell: that the machine died or hung in a test, or
ended as a test said it would. After such an end the image is booted again for the tests that follow, so that no test spoils another.
"""
import os
import re
import sys
import time
from dataclasses import dataclass, field

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import boot  # noqa: E402

VERDICTS = ("pass", "skip", "error", "fail", "crash")       # from good to bad
WORD = re.compile(r"^@(\w+)(?: (\S+))?(?: (.*))?$")
NUMBER = re.compile(r"^\[00\] ")       # of the domain, once there was another one


@dataclass
class Result:
    """One test on one build."""
    id: str
    build: str
    verdict: str
    reason: str = ""
    seconds: float = 0
    output: list = field(default_factory=list)      # the console's lines while it ran


@dataclass
class Place:
    """Where tests run. start: (guest's file, words for its command line, options of the hypervisor, a second module or None, processors) -> a boot.Machine."""
    build: str
    start: object
    seconds: int        # that one test may take


class Boot:
    """One boot of an image: its lines, as results."""

    def __init__(self, place, kernel, words, options="", module=None, cpus=1):
        self.place, self.arguments = place, (kernel, words, options, module, cpus)
        self.results, self.alone, self.output = [], [], []
        self.test = None            # that runs, or ran last
        self.has_verdict = True
        self.broken = ""            # why no test began
        self.is_done = False
        self.ends = None            # (status, texts) that the test has told
        self.shows = None           # bytes that it has told
        self.began = 0

    def add(self, verdict, reason=""):
        self.has_verdict = True
        self.results.append(Result(self.test, self.place.build, verdict, reason, time.monotonic() - self.began, self.output))

    def hear(self, machine, line):
        if not line:
            return
        line = NUMBER.sub("", line)
        self.output.append(line if len(line) < 300 else f"{line[:200]}... ({len(line)} bytes)")
        match = WORD.match(line)
        if not match:
            return
        word, name, rest = match[1], match[2], match[3] or ""
        if word == "done":
            self.is_done = True
        elif word == "alone":
            self.alone.append(name)
        elif word == "test":
            self.test, self.output, self.has_verdict, self.began = name, [], False, time.monotonic()
            self.ends = self.shows = None
        elif name != self.test:
            pass                    # @bochs; or not ours
        elif word == "ends":
            status, _, text = rest.partition(" ")
            self.ends = int(status), [*(self.ends[1] if self.ends else []), text]
        elif word == "shows":
            self.shows = bytes.fromhex(rest)
        elif word == "type":
            machine.type(rest + "\n")
        elif word in VERDICTS[:-1]:
            self.verdict(machine, word, rest)
        machine.allow(self.place.seconds)

    def verdict(self, machine, word, reason):
        """A second one, of a test that passed, is that the hypervisor's invariants broke."""
        if self.has_verdict:
            self.results.pop()
        if word == "pass" and self.ends:
            word, reason = "fail", f"was to end the machine with status {self.ends[0]}, and went on"
        if word == "pass" and self.shows is not None and machine.raw.count(self.shows) != 1:
            word, reason = "fail", f"the console has {machine.raw.count(self.shows)} times, not once: {bytes(self.shows[:40])!r}"
        self.add(word, reason)

    def run(self):
        machine = self.place.start(*self.arguments)
        for line in machine.lines():
            self.hear(machine, line)
        self.end(machine.status)
        return self

    def printed(self, part):
        """The line of the console that has it, since the test began."""
        return next((line for line in self.output if part in line and not line.startswith("@")), "")

    def end(self, status):
        """What the machine's end says."""
        if self.ends and not self.has_verdict:
            wanted, texts = self.ends
            missing = [text for text in texts if not self.printed(text)]
            if status == wanted and not missing:
                self.add("pass")
            elif status == "timeout":
                self.add("crash", "the machine hangs where it was to end")
            else:
                self.add("fail", f"was to end the machine with status {wanted}, but: {self.how(status)}" + "".join(f"; not '{text}'" for text in missing))
        elif self.is_done and status == boot.OFF:
            if not self.has_verdict:
                self.add("error", "the guest told no verdict")
        elif self.test is None:
            self.broken = f"the image did not begin: {self.how(status)}"
        elif self.has_verdict:
            self.results[-1].reason += f" (then, before the next test: {self.how(status)})"
            self.results[-1].verdict = "crash"
        elif status == boot.PANICKED and self.printed("guest panic: "):
            self.add("error", self.printed("guest panic: "))
        else:
            self.add("crash", self.how(status))

    def how(self, status):
        if status == "timeout":
            return f"nothing for {self.place.seconds} s: it hangs"
        said = self.printed("domain 0 is ended: ") or self.printed("panic") or self.printed("domain 0 ")
        return f"status {status}" + (f", {said}" if said else "")


def image_results(place, kernel, tests, module, alone=False):
    """Results of an image's tests ({id: quotes.Test}); a generator, as they come. alone: each on a machine of its own. module: a file, for who wants one."""
    left, words = list(tests) if alone else [], ""
    while not alone:
        one = Boot(place, kernel, words).run()
        yield from one.results
        left += one.alone
        if one.broken:
            yield from (Result(name, place.build, "error", one.broken, 0, one.output) for name in tests)
        if one.is_done or one.broken:
            break
        words = f"after={one.test}"
    for name in left:
        for again in ("", tests[name].again) if tests[name].again else ("",):
            one = Boot(place, kernel, f"only={name} {again}", tests[name].hypervisor, module if again == "module" else None, tests[name].cpus).run()
            yield from one.results
            if not one.results:
                yield Result(name, place.build, "error", one.broken or "the image has no such test", 0, one.output)

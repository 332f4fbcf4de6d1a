# SPDX-License-Identifier: GPL-2.0-only
"""One run of the hostile guest under the watcher's eyes: from boot to its end, however it ends, and the verdict.

A finding is a sentence that says what the hypervisor did not keep. A guest that ends itself, that the hypervisor ends, or that loops with its events off
while the hypervisor is alive, is none.
"""
import os
import random
import re
import struct
import time
from dataclasses import dataclass, field

import boot
from gdb import Gone
from image import Image
from watch import Watcher
from world import Lost

HOSTILE = os.path.join(boot.BUILD, "tests", "fuzz", "guest", "hostile")
IMAGE_OFFSET = 0xffffffff80000000   # guest-lib/guest.lds
FIGURES_MAGIC = 0x53455255474946    # hostile/hostile.h
FIGURES_MOST = 1 << 40              # more is no count
ENDS = ("machine_poweroff", "machine_reboot")
COUNTER_INTERRUPTS = 2              # RB_COUNTER_INTERRUPTS
FLAG_VM = 0x20000
STUCK_CPU, STUCK_WALL = 12, 1200    # seconds without a new round, of the emulator's time and of ours
ALIVE_CPU, ALIVE_WALL = 20, 1200    # to take one interrupt
LOOKS = 4                           # at random times of a run
STOPS = 20                          # tries to find a moment for one


@dataclass
class Job:
    build: str                      # of the hypervisor: a name
    image: str                      # and its file
    seed: int
    rounds: int
    first: int = 0
    deeds: int = 0
    cpus: int = 1                   # processors
    vcpus: int = 1                  # of the domain
    options: list = field(default_factory=list)     # more of QEMU's
    looks: int = LOOKS
    guest: str = HOSTILE

    def command_line(self):
        return f"seed={self.seed} rounds={self.rounds}" + (f" first={self.first}" if self.first else "") + (f" deeds={self.deeds}" if self.deeds else "")

    def where(self, kind):
        return f"{kind}, {self.build}" + (f", {self.cpus} processors, {self.vcpus} vCPUs" if self.vcpus > 1 else "")

    def repeat(self, kind):
        """The command that does it again."""
        build = f"--hypervisor {self.image}" if self.build == "given" else f"--build {self.build}"
        words = ["tests/fuzz/guest/run", "one", build, f"--seed {self.seed}", f"--rounds {self.rounds}"]
        words += [f"--first {self.first}"] if self.first else []
        words += [f"--deeds {self.deeds}"] if self.deeds else []
        words += [f"--cpus {self.cpus} --vcpus {self.vcpus}"] if self.vcpus > 1 else []
        return " ".join(words + (["--bochs"] if kind == "bochs" else []))


@dataclass
class Outcome:
    ending: str = ""                # a word or two: done, ended, gave up, shut down, stuck
    findings: list = field(default_factory=list)
    console: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)
    looks: int = 0
    seconds: float = 0
    cpu_seconds: float = 0


def guest_image():
    return Image(HOSTILE, os.path.join(os.path.dirname(HOSTILE), "main.o"))


class Trial:
    """machine: one of qemu.Machine, bochs.Machine. hypervisor, guest: their Images."""

    def __init__(self, machine, hypervisor, guest, job):
        self.machine, self.hypervisor, self.guest, self.job = machine, hypervisor, guest, job
        self.outcome = Outcome()
        self.watcher = None
        self.random = random.Random(job.seed)

    # ---------------------------------------------------------------- what the guest says
    def figures(self):
        world = self.watcher.world
        return self.guest.variable("figures", lambda address, count: world.guest_read(address - IMAGE_OFFSET, count))

    def _figures_look(self):
        """The figures as they are now; if the guest wrote over them, as they were."""
        figures = self.figures().copy()
        words = struct.unpack(f"<{figures.size // 8}Q", figures.bytes())
        if words[0] == FIGURES_MAGIC and max(words[1:]) < FIGURES_MOST:
            self._last_figures = figures
        return self._last_figures

    def _figures_keep(self):
        if self.watcher is None:
            return
        space = self.watcher.world.domain.space
        self.outcome.figures = self._figures_look().plain() | {"ops_done": int(space.pt_ops), "ops_refused": int(space.pt_refused)}

    # ---------------------------------------------------------------- running
    def run(self):
        started = time.monotonic()
        try:
            self.machine.begin(self.guest.address("hostile_ready"), [self.hypervisor.address(name) for name in ENDS])
            self.watcher = Watcher(self.machine, self.hypervisor, self.job.seed)
            self._last_figures = self.figures().copy()
            self.machine.go()
            self._follow()
        except Gone as gone:
            self._ended(str(gone))
        except Lost as lost:
            self.outcome.findings.append(str(lost))
        finally:
            self.outcome.cpu_seconds = self._cpu
            self._figures_keep()
            self.machine.close()
        self._read_console()
        self.outcome.seconds = time.monotonic() - started
        return self.outcome

    _cpu = 0.0

    def _follow(self):
        """Until the machine ends (Gone), something is wrong, or nothing happens any more."""
        last, cpu, wall = -1, 0.0, time.monotonic()
        step = max(1, (self.job.rounds - self.job.first) // (self.job.looks + 1))
        next_look = self.job.first + self.random.randrange(1, 2 * step + 1)
        while True:
            self.machine.wait(1 / self.machine.lookups_per_second)
            self._cpu = self.machine.cpu_seconds()
            now = int(self._figures_look().round)
            if now != last:
                last, cpu, wall = now, self._cpu, time.monotonic()
            elif self._cpu - cpu > STUCK_CPU or time.monotonic() - wall > STUCK_WALL:
                self._stuck()
                return
            if now >= next_look:
                next_look = now + self.random.randrange(1, 2 * step + 1)
                self._stop()
                if self._look():
                    return
                self.machine.type(self.random.choice("x\n"))
                self.machine.go()

    def _stop(self):
        """At a moment when no CPU is at work in the hypervisor, if one comes."""
        self.machine.stop()
        for _ in range(STOPS):
            if not self.watcher.is_busy(self.machine.registers()):
                break
            self.machine.go()
            self.machine.wait(0.0005)
            self.machine.stop()

    def _look(self, running=True):
        try:
            wrong = self.watcher.look(running)
        except Lost as lost:
            wrong = [str(lost)]
        self.outcome.looks += 1
        self.outcome.findings += [f"watcher: {text}" for text in wrong]
        return wrong

    def _stuck(self):
        """The guest makes no rounds. The hypervisor must take interrupts all the same: a key is typed."""
        self.outcome.ending = "stuck"
        counter = self.watcher.world.domain.counters[COUNTER_INTERRUPTS]
        before, cpu, wall = int(counter), self.machine.cpu_seconds(), time.monotonic()
        self.machine.stop()
        self._say_where()
        if self.machine.kind == "qemu" and any(registers["RFL"] & FLAG_VM for registers in self.machine.registers()):
            self.outcome.ending = "stuck in TCG's virtual-8086 mode"     # perhaps with interrupts off: docs/threat-model.md
            return
        self.machine.go()
        self.machine.type("x")
        while int(counter) == before:
            self.machine.wait(0.2)
            if self.machine.cpu_seconds() - cpu > ALIVE_CPU or time.monotonic() - wall > ALIVE_WALL:
                self.outcome.findings.append("the hypervisor takes no interrupts any more")
                break
        self._stop()
        self._look()

    def _say_where(self):
        """Into the console's lines, for who looks at a kept run."""
        say = self.machine.console.append
        for number, registers in enumerate(self.machine.registers()):
            say(f"watcher: CPU {number} in ring {registers['CPL']} at {registers['RIP']:#x}, flags {registers['RFL']:#x}, CR3 {registers['CR3']:#x}")
        for vcpu in self.watcher.world.vcpus:
            say(f"watcher: vCPU {int(vcpu.id)} on CPU {int(vcpu.run.cpu)}: run state {int(vcpu.run.times.state)}, {vcpu.regs.plain()}, timer {int(vcpu.timer_deadline_ns)}")

    # ---------------------------------------------------------------- the end
    def _ended(self, why):
        status = self.machine.ended()
        if self.watcher is None:
            self.outcome.findings.append(f"{why} (status {status})")
            return
        self._look(running=False)
        text = "\n".join(self.machine.console)
        self.outcome.ending = self._ending(text)
        if not self.outcome.ending and "PANIC" not in text:
            self.outcome.findings.append(f"the machine ended with status {status} and the hypervisor did not say why")

    def _ending(self, text):
        if "ringbolt: no domain is left" not in text:
            return ""
        if re.search(r"ringbolt: domain 0 is ended: ", text):
            return "ended"
        if "guest panic" in text:
            return "gave up"
        return "done" if int(self.figures().done) == 1 else "shut down"

    def _read_console(self):
        self.outcome.console = self.machine.console
        for line in self.machine.console:
            said = re.search(r"(FAILED in round.*|PANIC: .*|check: .*)", line)
            if said:
                self.outcome.findings.append(said[1])


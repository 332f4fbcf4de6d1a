# SPDX-License-Identifier: GPL-2.0-only
"""Runs, one after the other: which seeds, what becomes of findings, and the search for the few rounds of a run that matter."""
import json
import os
import random
import re
import time

from image import Image
from totals import Totals
from trial import Job, Trial, guest_image

SHOWN = 6           # findings of a run that are printed


class Campaign:
    """machine: the class of the machine. images: hypervisor's file by the build's name."""

    def __init__(self, machine, images, keep):
        self.machine, self.files, self.keep = machine, images, keep
        self.images = {name: Image(file) for name, file in images.items()}
        self.guest = guest_image()
        self.totals = Totals()
        self.started = time.monotonic()

    def trial(self, job):
        trial = Trial(self.machine(job), self.images[job.build], self.guest, job)
        outcome = trial.run()
        self.totals.count(job.where(self.machine.kind), job, outcome)
        return outcome

    def job(self, build, seed, rounds, **more):
        return Job(build, self.files[build], seed, rounds, **more)

    # ---------------------------------------------------------------- findings
    def report(self, job, outcome, console=False):
        """Lines about a run."""
        for text in outcome.findings[:SHOWN]:
            print(f"#   {text}")
        if len(outcome.findings) > SHOWN:
            print(f"#   and {len(outcome.findings) - SHOWN} more")
        if outcome.findings:
            print(f"#   again: {job.repeat(self.machine.kind)}")
        if console:
            print("".join(f"#   {printable(line)}\n" for line in outcome.console), end="")

    def keep_finding(self, job, outcome):
        folder = os.path.join(self.keep, f"{self.machine.kind}-{job.build}-{job.seed}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "console"), "w") as file:
            file.write("\n".join(outcome.console) + "\n")
        with open(os.path.join(folder, "finding.json"), "w") as file:
            json.dump({"again": job.repeat(self.machine.kind), "findings": outcome.findings, "ending": outcome.ending, "figures": outcome.figures}, file, indent=1)
        return folder

    def summary(self, file):
        if file:
            with open(file + ".new", "w") as out:
                json.dump(self.totals.as_json(), out, indent=1)
            os.replace(file + ".new", file)

    # ---------------------------------------------------------------- many
    def fixed(self, jobs):
        """Prints a line for each; (passed, failed)."""
        passed = failed = 0
        for job in jobs:
            outcome = self.trial(job)
            good = not outcome.findings
            passed, failed = passed + good, failed + (not good)
            done = min(outcome.figures["round"], job.rounds) if outcome.figures else 0
            print(f"{'ok' if good else 'not ok'} {passed + failed} - hostile guest, seed {job.seed} ({job.where(self.machine.kind)}): {done} rounds, "
                  f"{outcome.ending or 'finding'} # {outcome.seconds:.1f} s", flush=True)
            self.report(job, outcome)
            if not good:
                self.keep_finding(job, outcome)
        return passed, failed

    def long(self, hours, rounds, machines, summary):
        """Random seeds until the time is over, added to what the summary says already. Progress every few minutes; (runs, runs with findings)."""
        if summary and os.path.exists(summary):
            with open(summary) as file:
                self.totals.load(json.load(file))
        end = time.monotonic() + hours * 3600
        shown = time.monotonic()
        builds = list(self.files)
        while time.monotonic() < end:
            cpus, vcpus = random.choice(machines)
            job = self.job(random.choice(builds), random.getrandbits(48), rounds, cpus=cpus, vcpus=vcpus)
            outcome = self.trial(job)
            if outcome.findings:
                print(f"FINDING in {self.keep_finding(job, outcome)}")
                self.report(job, outcome)
            elif outcome.ending.startswith("stuck"):
                print(f"stuck: {self.keep_finding(job, outcome)}", flush=True)
            self.summary(summary)
            if time.monotonic() - shown > 300 or outcome.findings:
                shown = time.monotonic()
                print(f"{time.strftime('%H:%M')} {next(self.totals.lines())}", flush=True)
        return sum(self.totals.runs.values()), self.totals.findings

    # ---------------------------------------------------------------- one, made small
    def narrow(self, job):
        """The last and the first round that a finding needs, as far as halving finds them; the smaller job."""
        outcome = self.trial(job)
        if not outcome.findings:
            return None
        at = self._round_of(outcome, job)
        print(f"fails in round {at}: {outcome.findings[0]}", flush=True)
        best = Job(**{**vars(job), "rounds": min(job.rounds, at + 1), "looks": 0})
        # The finding may be from a look some time after the deed, so the end is confirmed like the beginning.
        if not self._fails(best):
            best = Job(**{**vars(best), "rounds": job.rounds})
        low, high = best.first, at      # fails from low; high not tried
        while low < high:
            middle = (low + high + 1) // 2
            if self._fails(Job(**{**vars(best), "first": middle})):
                low = middle
            else:
                high = middle - 1
        return Job(**{**vars(best), "first": low})

    @staticmethod
    def _round_of(outcome, job):
        """The guest's word for its own findings, else how far it came."""
        said = re.search(r"FAILED in round (\d+)", outcome.findings[0])
        if said:
            return int(said[1])
        return min(outcome.figures["round"], job.rounds - 1) if outcome.figures else job.rounds - 1

    def _fails(self, job):
        fails = bool(self.trial(job).findings)
        print(f"  rounds {job.first} to {job.rounds}: {'fails' if fails else 'passes'}", flush=True)
        return fails


def printable(line):
    return "".join(c if c.isprintable() else "." for c in line)

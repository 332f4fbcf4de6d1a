# SPDX-License-Identifier: GPL-2.0-only
"""How much of the hypervisor runs of the hostile guest reach: the instructions that QEMU translated, which it does when they are to be executed.

Responsible for adding up and for what it is called in the source (binutils know). Boot's code is reached by booting, so it does not count.
"""
import os
import re
import subprocess
import tempfile

TRANSLATED = re.compile(r"^0x([0-9a-f]+): ", re.M)
FUNCTION = re.compile(r"^[0-9a-f]+ <(\S+)>:$|^\s*([0-9a-f]+):\s", re.M)
SOURCE = re.compile(r"^.*/hypervisor/(\./)?|^.*/(?=abi/)")
NOT_SOUGHT = ("boot", "lib/print", "lib/panic", "dev/rtc", "dev/pit")     # what only a boot or a bug needs


def all_instructions(image):
    """{address: (file, function)} of the hypervisor's text and the gate's."""
    text = subprocess.run(["objdump", "-d", "-j", ".text", "-j", ".gate", image], capture_output=True, text=True, check=True).stdout
    functions, function = {}, ""
    for name, address in FUNCTION.findall(text):
        function = name or function
        if address:
            functions[int(address, 16)] = function
    places = subprocess.run(["addr2line", "-e", image], input="\n".join(f"{a:#x}" for a in functions), capture_output=True, text=True, check=True).stdout.split("\n")
    return {address: (SOURCE.sub("", place.split(":")[0]), name) for (address, name), place in zip(functions.items(), places)}


class Coverage:
    def __init__(self, image):
        self.image = image
        self.all = all_instructions(image.path)
        self.reached = set()
        self.folder = tempfile.TemporaryDirectory(prefix="ringbolt-coverage-")
        self.log = os.path.join(self.folder.name, "translated")

    def qemu_options(self):
        at = self.image.address
        ranges = f"{at('__gate_start'):#x}..{at('__gate_end') - 1:#x},{at('__text_start'):#x}..{at('__text_end') - 1:#x}"
        return ["-d", "in_asm", "-D", self.log, "-dfilter", ranges]

    def take(self):
        """What a run that has ended has translated."""
        with open(self.log, errors="replace") as log:
            self.reached |= {int(address, 16) for address in TRANSLATED.findall(log.read())}
        os.remove(self.log)

    def by(self, key):
        """{name: (instructions reached, of how many)}"""
        counts = {}
        for address, place in self.all.items():
            reached, of = counts.get(key(*place), (0, 0))
            counts[key(*place)] = (reached + (address in self.reached), of + 1)
        return counts

    def lines(self):
        sought = {place: count for place, count in self.by(lambda file, _: file).items() if not place.startswith(NOT_SOUGHT)}
        total = [sum(column) for column in zip(*sought.values())]
        yield f"instructions          {total[0]} of {total[1]} ({100 * total[0] / total[1]:.1f} %), without {', '.join(NOT_SOUGHT)}"
        for file, (reached, of) in sorted(sought.items(), key=lambda item: item[1][0] / item[1][1]):
            yield f"{file:28} {reached:5} of {of:5} ({100 * reached / of:.0f} %)"
        begins = {}
        for file, function in self.all.values():
            begins.setdefault(function, file)       # by its first instruction: others may be of what was made part of it
        never = [f"{function} ({begins[function]})" for function, (reached, _) in self.by(lambda _, function: function).items()
                 if not reached and begins[function] in sought]
        yield f"functions never       {', '.join(sorted(never))}"


def run(campaign, plan, rounds):
    """plan: (seed, processors, vCPUs). The coverage of all runs together, printed; (passed, failed)."""
    build = next(iter(campaign.files))
    coverage = Coverage(campaign.images[build])
    failed = 0
    for seed, cpus, vcpus in plan:
        outcome = campaign.trial(campaign.job(build, seed, rounds, cpus=cpus, vcpus=vcpus, options=coverage.qemu_options()))
        coverage.take()
        failed += bool(outcome.findings)
        print(f"seed {seed}, {cpus} processors, {vcpus} vCPUs: {outcome.ending or 'finding'}, {len(coverage.reached & coverage.all.keys())} instructions", flush=True)
    print("\n".join(coverage.lines()))
    return len(plan) - failed, failed

# SPDX-License-Identifier: GPL-2.0-only
"""Says which lines of the console are not right.

A healthy kernel prints no warning. Every exception is in ALLOWED with its reason; one that no test run has needed for long
should go.
"""
import re

# The kernel's and the hypervisor's words for what must not happen.
SUSPECT = re.compile(
    r"\bWARN(ING)?\b|\bBUG\b|\bOops\b|Call Trace|\bpanic|\bcrash|general protection fault|invalid opcode|unable to|Unable to"
    r"|\berrors?\b|\bfail(s|ed|ure)?\b|\bcannot\b|\bcorrupt|\bstall|soft lockup|hung|blocked for more than|deadlock"
    r"|scheduling while atomic|sleeping function|inconsistent|unsafe|bad (page|pte|pmd)|Bad (page|rss|swap)|unreliable"
    r"|page allocation|segfault|oom-killer|out of memory|\brefused\b|are in use|unexpected|spurious|undefined|domain \d+ is ended|^check:|^PANIC|^ringbolt: (?!domain \d+ powers off|no domain is left)",
    re.IGNORECASE)

ALLOWED = [
    # Natively without ACPI, on QEMU's timers and a busy machine, the kernel cannot measure the TSC; it uses other clocks.
    r"tsc: (Unable to calibrate against PIT|Fast TSC calibration failed)",
    r"APIC timer disabled due to verification failure",
    r"MP-BIOS bug: 8254 timer not connected to IO-APIC",
    r"tsc: Marking TSC unstable due to could not calculate TSC khz",
    # What the kernel thinks of QEMU's processor.
    r"Spectre V\d|Speculative|mitigation|Mitigation|Vulnerable|microcode",
    # QEMU's, where instructions are counted and all wait: the next thing to come is from outside.
    r"qemu-system-x86_64: warning: icount sleep disabled and no active timers",
    # An announcement of how panics would be handled, or of a setting with such a word in its name.
    r"Kernel command line:|Command line:|Unknown kernel command line parameters|^module \d+ [0-9a-f]+-[0-9a-f]+ '",
    r"lockdep|LOCKDEP|MAX_LOCK|Lock dependency validator",
    r"RCU CPU stall|rcu_cpu_stall|rcupdate\.|hung_task|khungtaskd",
    r"tick_do_timer|printk: ",
]

# Programs of the tests that are killed by design: the kernel notes it (the name is the test's).
USER_FAULT = re.compile(r"(traps: )?\S+\[\d+\](:| ).*(segfault at|general protection|trap (invalid opcode|int3|divide error|stack segment)|ip:)"
                        r"|Code: |likely on CPU")

# What a test provokes: the report of a killing for lack of memory, with the path that led to it.
ALLOWED_IN = {
    "oom": re.compile(r"invoked oom-killer|oom: page allocation failure|Call Trace:|oom-kill:|Out of memory: Killed process"),
    # It maps a page in each GB of all its addresses: more page tables than the domain may have.
    "mm/virtual_address_range": re.compile(r"frames for page tables are in use|invoked oom-killer|page allocation failure|Call Trace:|oom-kill:|Out of memory: Killed process"),
}

# The lines of the tests themselves.
OWN = re.compile(r"rb-test: |ringbolt-run: ")


ALLOWED_ANYWHERE = re.compile("|".join(ALLOWED))


def is_bad(line, test=None):
    """Is this line of the console, printed while the test ran, a reason to worry?"""
    if OWN.search(line) or not SUSPECT.search(line) or ALLOWED_ANYWHERE.search(line) or USER_FAULT.search(line):
        return False
    return not (test in ALLOWED_IN and ALLOWED_IN[test].search(line))

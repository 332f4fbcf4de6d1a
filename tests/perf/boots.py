# SPDX-License-Identifier: GPL-2.0-only
"""One boot of the benchmark: on which system, and what each operation cost there.

Responsible for the systems that are compared and for reading the benchmark's lines. Not for what the numbers mean together (results.py).

Four systems. `native` and `ringbolt` are the same kernel image, without and with the release build of the hypervisor. `xen` is Debian's own
kernel of the same source version as dom0 of Debian's Xen; that kernel is larger and slower, so it has a native run of its own, `debian`.
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "linux"))
import machine  # noqa: E402

INITRD = os.path.join(machine.OUT, "bench.cpio.gz")
ROW = re.compile(r"XB (\S+) .*min_ns=([\d.]+) .*min_tsc=([\d.]+)")
SECONDS = 3600
SYSTEMS = ("native", "ringbolt", "debian", "xen")
XEN_PACKAGE = "xen-hypervisor-4.17-amd64"
XEN_OPTIONS = "console=com1 com1=115200,8n1 dom0_mem=768M loglvl=warning"
# As our small configuration is: a huge zero page, or clearing each page that is taken, would hide the rest.
DEBIAN_OPTIONS = "transparent_hugepage=never init_on_alloc=0 apparmor=0 audit=0"
INSTRUCTIONS, EMULATOR = "instructions", "emulator"


class Failed(Exception):
    """A machine or a package that did not do what it should; the text says which."""


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.environ.get("RINGBOLT_CACHE") or os.path.join(home, "ringbolt")


def command_output(command, **options):
    try:
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"{' '.join(command)}: {error}") from None


def debian_kernel_package():
    """The kernel that Debian makes of the source that ours is made of: linux-source-6.12 6.12.117-1~deb12u1 -> 6.12.117+deb12."""
    with open(os.path.join(TOP, "guest-patches", "linux-6.12", "base")) as file:
        number, release = re.match(r"([\d.]+)-\d+~(deb\d+)", file.read()).groups()
    return f"linux-image-{number}+{release}-amd64-unsigned"


def xen_directory():
    """Xen (xen.elf) and Debian's kernel (vmlinuz), out of packages that are not installed: both change how the machine boots."""
    kernel = debian_kernel_package()
    directory = os.path.join(cache(), "xen", kernel)
    if os.path.exists(os.path.join(directory, "vmlinuz")):
        return directory
    print(f"bench: getting {XEN_PACKAGE} and {kernel} (110 MB)", file=sys.stderr, flush=True)
    os.makedirs(directory, exist_ok=True)
    for package in (XEN_PACKAGE, kernel):
        command_output(["apt-get", "-q", "download", package], cwd=directory, stderr=subprocess.DEVNULL)
    for name in sorted(os.listdir(directory)):
        if name.endswith(".deb"):
            command_output(["sh", "-c", 'dpkg-deb --fsys-tarfile "$0" | tar -x ./boot', name], cwd=directory)
            os.remove(os.path.join(directory, name))
    boot = os.path.join(directory, "boot")
    names = sorted(os.listdir(boot))
    try:
        xen = next(name for name in names if name.startswith("xen-") and name.endswith(".gz"))
        linux = next(name for name in names if name.startswith("vmlinuz-"))
    except StopIteration:
        raise Failed(f"{boot}: no xen-*.gz or no vmlinuz-* in the packages") from None
    command_output(["sh", "-c", 'gunzip -c "$0" > xen.elf', os.path.join(boot, xen)], cwd=directory)
    os.rename(os.path.join(boot, linux), os.path.join(directory, "vmlinuz"))
    return directory


def system_machine(system, kernel, words, options):
    """The machine that runs the benchmark on a system."""
    if system in ("native", "ringbolt"):
        return machine.Machine(kernel, system == "native", release=True, cmdline=words, initrd=INITRD, options=options)
    files = xen_directory()
    words += " " + DEBIAN_OPTIONS
    options = options + ["--mem", "1G", "--kernel", os.path.join(files, "vmlinuz")]
    if system == "xen":
        options += ["--image", os.path.join(files, "xen.elf"), "--hypervisor", XEN_OPTIONS]
    return machine.Machine(files, system == "debian", cmdline=words, initrd=INITRD, options=options)


def measure(system, unit, kernel, rounds, operations):
    """Operation -> instructions, or ticks of the emulator's host, the least of the rounds of one boot."""
    words = f"RB_ROUNDS={rounds} RB_ROWS={','.join(operations)}"
    booted = system_machine(system, kernel, words, ["--icount"] if unit == INSTRUCTIONS else [])
    booted.allow(SECONDS)
    found, ended = {}, False
    path = os.path.join(machine.OUT, f"bench-{system}-{unit}.log")
    with open(path, "wb") as log:
        for line in booted.lines(log):
            row = ROW.search(line)
            if row:
                # Natively on the emulator the clock may be one of 10 ms; the time-stamp counter is the host's.
                found[row.group(1)] = float(row.group(2 if unit == INSTRUCTIONS else 3))
                print(f"bench: {system} {unit}: {len(found)} of {len(operations)}  ", end="\r", file=sys.stderr, flush=True)
            ended |= "ringbolt-run: exit 0" in line
    print(file=sys.stderr)
    if not ended or booted.status != 0:
        raise Failed(f"the machine of {system} did not end well ({booted.status}), see {os.path.relpath(path, TOP)}")
    missing = [name for name in operations if name not in found]
    if missing:
        raise Failed(f"{system} has no line for {', '.join(missing)}, see {os.path.relpath(path, TOP)}")
    return found

# SPDX-License-Identifier: GPL-2.0-only
"""Boots Linux, on Ringbolt or natively, and hands out its console line by line.

Responsible for finding the kernel, for starting QEMU by tools/run-qemu and for ending it: whatever
happens, no machine outlives its deadline. Not for what the lines mean.
"""
import contextlib
import fcntl
import os
import selectors
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(TOP, "build", "tests", "linux")
INITRD = os.path.join(OUT, "initramfs.cpio.gz")
RELEASE_IMAGE = os.path.join(TOP, "build", "release", "ringbolt.elf32")

# Whoever ends this program by the usual signal (timeout does) ends its machine, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def kernel_directory(config):
    """The kernel of this configuration, built if need be."""
    made = subprocess.run([os.path.join(TOP, "guest-patches", "build"), "--config", config], stdout=subprocess.PIPE, text=True)
    if made.returncode:
        raise SystemExit("the kernel does not build")
    return made.stdout.strip()


@contextlib.contextmanager
def alone():
    """Only one at a time writes to OUT: others may run tests in this tree."""
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def image_build(target="image"):
    with alone():
        image_make(target)


def image_make(target):
    """For who is alone()."""
    if subprocess.run(["make", "-s", "--no-print-directory", "-C", HERE, target], stdout=subprocess.DEVNULL).returncode:
        raise SystemExit("the test image does not build")


def settings():
    """What the caller's environment says to the tests: words for the kernel's command line."""
    return " ".join(f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith("RB_") and value)


class Machine:
    """One boot. lines() ends when the machine does; status then says how: QEMU's exit status, or "hangs"."""

    def __init__(self, kernel, native=False, release=False, run="/tests/all", cmdline="", initrd=INITRD, options=()):
        command = [os.path.join(TOP, "tools", "run-qemu"), "--serial", "stdio", "--initrd", initrd, "--run", run]
        command += ["--kernel", os.path.join(kernel, "bzImage" if native else "vmlinux")]
        command += ["--native"] if native else []
        command += ["--image", RELEASE_IMAGE] if release and not native else []
        command += ["--cmdline", cmdline] if cmdline else []
        self.command = command + list(options)
        self.status = None
        self.deadline = 0

    def allow(self, seconds):
        """The machine may take so long from now on."""
        self.deadline = time.monotonic() + seconds

    def _parts(self, process):
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0, self.deadline - time.monotonic())):
                    if time.monotonic() < self.deadline:
                        continue
                    self.status = "hangs"
                    return
                part = os.read(process.stdout.fileno(), 65536)
                if not part:
                    return
                yield part

    def lines(self, log):
        """The console's lines without their ends, as they come; all is written to the log as well."""
        process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        rest = b""
        try:
            for part in self._parts(process):
                log.write(part.replace(b"\r", b""))
                log.flush()
                *whole, rest = (rest + part).split(b"\n")
                for line in whole:
                    yield line.decode(errors="replace").rstrip("\r")
            if rest:
                yield rest.decode(errors="replace").rstrip("\r")
        finally:
            if self.status == "hangs" or process.poll() is None:
                self._end(process)
            process.wait()
            process.stdout.close()
        if self.status is None:
            self.status = process.returncode

    def _end(self, process):
        try:
            process.wait(timeout=0 if self.status == "hangs" else 5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)      # ours: it has a session of its own

# SPDX-License-Identifier: GPL-2.0-only
"""QEMU as a machine that can be watched: stopped, looked into, and let go on.

The machine's memory is a file that exists in memory only and that the watcher maps too, so looking at it costs nothing and disturbs nothing. With one
processor its clock counts instructions, so that the same seed makes nearly the same run, however often it is stopped: which calls are made and what code runs is the
same, the instruction that a timer interrupts may be another one. With several, QEMU's processors run as they like.
"""
import mmap
import os
import re
import tempfile
import threading

import boot
from gdb import Gone, Stub

MEBIBYTES = 128
DOMAIN = "mem=48M"      # the rest is free: memory that is nobody's, to be found or left alone
LIMIT = 20 * 86400     # seconds; who watches ends it (campaign.py)


class Machine(boot.Qemu):
    """As boot.Qemu, with a debugger. begin() first, end() last; in between it runs or is stopped."""

    kind = "qemu"
    lookups_per_second = 20
    fill_free = True        # free memory is filled with canaries (watch.py)

    def __init__(self, job):
        super().__init__(job.image, job.guest, job.command_line(), LIMIT, counted=job.cpus == 1, options=f"{DOMAIN} vcpus={job.vcpus}", cpus=job.cpus)
        self._folder = tempfile.TemporaryDirectory(prefix="ringbolt-watch-")
        self._file = os.memfd_create("machine")
        os.ftruncate(self._file, MEBIBYTES << 20)
        self._memory = mmap.mmap(self._file, MEBIBYTES << 20)
        self.bytes = MEBIBYTES << 20
        self._debugger = os.path.join(self._folder.name, "gdb")
        self.command[self.command.index("-m") + 1] = str(MEBIBYTES)
        self.command += job.options + ["-object", f"memory-backend-file,id=ram,size={MEBIBYTES}M,mem-path=/proc/{os.getpid()}/fd/{self._file},share=on",
                         "-machine", "pc,memory-backend=ram", "-rtc", "base=2024-01-01,clock=vm", "-S",
                         "-chardev", f"socket,id=gdb,path={self._debugger},server=on,wait=on", "-gdb", "chardev:gdb"]
        self.console = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._stub = None

    def _read(self):
        for line in self.lines():
            self.console.append(line)

    # ---------------------------------------------------------------- running
    def begin(self, address, ends):
        """Runs up to an address, which code of the guest has; stopped there. ends: where the hypervisor is when it ends the machine."""
        self._reader.start()
        self._stub = Stub(self._debugger, 120)
        self._stub.breakpoint(address)
        self._stub.go()
        if not self._stub.wait(600):
            raise Gone("the guest does not get ready")
        self._stub.breakpoint(address, on=False)

    def go(self):
        self._stub.go()

    def wait(self, seconds):
        """Time passes. Raises Gone when the machine ends."""
        self._stub.wait(seconds)

    def stop(self):
        self._stub.stop()

    def ended(self):
        """Waits for what the machine still prints, and for its status."""
        self._reader.join(60)
        return self.status

    def close(self):
        """Ends it, whatever it does."""
        self.end()
        if self._reader.ident:
            self._reader.join(60)
        if self._stub:
            self._stub.close()
        self._memory.close()
        os.close(self._file)
        self._folder.cleanup()

    def cpu_seconds(self):
        return boot.cpu_seconds(self.process)

    # ---------------------------------------------------------------- looking
    def refresh(self):
        """What read() gives is what is there now."""

    def read(self, address, count):
        return self._memory[address:address + count]

    def write(self, address, data):
        self._memory[address:address + len(data)] = data

    def registers(self):
        """Of the stopped machine, for each CPU: by QEMU's names for them; tables as (base, limit)."""
        return [self._registers(text) for text in re.split(r"^CPU#\d+\s", self._stub.monitor("info registers -a"), flags=re.M)[1:]]

    @staticmethod
    def _registers(text):
        found = {name: int(value, 16) for name, value in re.findall(r"\b([A-Z][A-Z0-9]{1,3}) ?=([0-9a-f]+)\b", text)}
        found.setdefault("RIP", found.get("EIP"))       # 32-bit programs
        found.setdefault("RFL", found.get("EFL"))
        for table in ("GDT", "IDT"):
            base, limit = re.search(table + r"= +([0-9a-f]+) ([0-9a-f]+)", text).groups()
            found[table] = (int(base, 16), int(limit, 16))
        selector, base, limit = (int(word, 16) for word in re.search(r"TR =(\w+) (\w+) (\w+)", text).groups())
        found["TR"] = (selector, base & 0xffffffff, limit)      # of 32-bit programs no more is shown
        found["LDT"] = int(re.search(r"LDT=(\w+)", text)[1], 16)
        return {name: found[name] for name in ("CPL", "RIP", "RFL", "CR0", "CR3", "CR4", "EFER", "GDT", "IDT", "TR", "LDT")}

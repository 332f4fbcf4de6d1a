# SPDX-License-Identifier: GPL-2.0-only
"""Bochs as a machine that can be watched, by its own debugger. It models what QEMU does not: docs/decisions/0001-ring1-gate.md and tests/guest/README.md say what.

Bochs has its memory in blocks that it takes in the order of their first use. Which block is where is found once, by a mark that the debugger writes into
each; from then on the memory is read and written in Bochs' own address space, while it is stopped.
"""
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import threading
import time
import tty

import boot
from gdb import Gone

MEBIBYTES = 64
DOMAIN = "mem=16M"
BLOCK = 1 << 17
NOT_MEMORY = range(0xa0000 // BLOCK, 0x100000 // BLOCK)     # a PC's hole: there is nothing to watch, it reads as zeros here
MARK_AT = 0x800             # of a block: in the first one it is memory that nobody uses after boot
MARK = bytes.fromhex("9b1f52c7")
PROMPT = re.compile(rb"<bochs:\d+> ")


class Machine:
    """As qemu.Machine."""

    kind = "bochs"
    lookups_per_second = 4
    fill_free = True

    def __init__(self, job):
        self.bytes = MEBIBYTES << 20
        self.console, self.process, self._memory, self._blocks = [], None, None, {}
        self._folder = tempfile.TemporaryDirectory(prefix="ringbolt-watch-")
        self._master, self._slave = pty.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._over = False
        self._last, self._ends = None, []
        self._buffer = b""
        wrong = boot.make_iso(job.image, job.guest, job.command_line(), f"{DOMAIN} vcpus={job.vcpus}", os.path.join(self._folder.name, "iso"))
        if wrong is not None:
            raise SystemExit(f"no CD to boot from: {wrong!r}")

    def _configuration(self):
        folder = self._folder.name
        text = boot.BOCHSRC.format(cpus=1, iso=os.path.join(folder, "iso", "boot.iso"), serial=os.ttyname(self._slave), folder=folder)
        for old, new in (("library: term", 'library: rfb, options="timeout=0"'), ("mode=file", "mode=term"), ("megs: 256", f"megs: {MEBIBYTES}")):
            if old not in text:
                raise SystemExit(f"tests/boot.py: no {old} in Bochs' configuration")
            text = text.replace(old, new)
        with open(os.path.join(folder, "bochsrc"), "w") as file:
            file.write(text)
        return file.name

    def _read(self):
        rest = ""
        while not self._over:
            if not select.select([self._master], [], [], 0.2)[0]:
                continue
            try:
                part = os.read(self._master, 65536)
            except OSError:
                return
            *whole, rest = (rest + part.decode("latin-1").replace("\r", "")).split("\n")
            self.console += whole

    # ---------------------------------------------------------------- the debugger
    def _wait_prompt(self, seconds):
        """What the debugger says up to its next prompt; None: there was none in time."""
        deadline = time.monotonic() + seconds
        while not (found := PROMPT.search(self._buffer)):
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                return None
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise Gone("Bochs ended")
            self._buffer += part
        text, self._buffer = self._buffer[:found.start()], self._buffer[found.end():]
        return text.decode("latin-1")

    def _say(self, command):
        try:
            self.process.stdin.write(command.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            raise Gone("Bochs ended") from None

    def _ask(self, command):
        self._say(command)
        answer = self._wait_prompt(60)
        if answer is None:
            raise Gone(f"Bochs' debugger does not answer {command}")
        return answer

    # ---------------------------------------------------------------- running
    def begin(self, address, ends):
        self.process = subprocess.Popen(["bochs", "-q", "-f", self._configuration()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, start_new_session=True)
        self._reader.start()
        if self._wait_prompt(120) is None:
            raise Gone("Bochs does not begin")
        self._ask(f"lb {address:#x}")
        self._say("c")
        if self._wait_prompt(600) is None:
            raise Gone("the guest does not get ready")
        self._ask("del 1")
        # Bochs ends with the machine, and its memory with it: stop before.
        self._ends = ends
        for end in ends:
            self._ask(f"lb {end:#x}")
        self._find_memory()

    def go(self):
        self._say("c")

    def wait(self, seconds):
        if self._wait_prompt(seconds) is None:
            return
        if self.registers()[0]["RIP"] in self._ends:
            raise Gone("the machine ends")
        self.go()       # a signal of stop() that came too late

    def stop(self):
        """Should it be ending just now, it has stopped already, and stops there again. Bochs forgets a signal that comes before it has gone on."""
        for _ in range(24):
            os.kill(self.process.pid, signal.SIGINT)
            if self._wait_prompt(5) is not None:
                return
        raise Gone("the machine does not stop")

    def type(self, text):
        os.write(self._master, text.encode())

    def ended(self):
        """Stopped before its end: its memory is kept, and it goes on to print what it has not yet."""
        self._last = self.read(0, self.bytes)
        self._say("c")
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            return "no end"
        finally:
            time.sleep(0.3)     # the reader

    def close(self):
        self._over = True
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
            self._reader.join(10)
            self.process.stdin.close()
            self.process.stdout.close()
        if self._memory is not None:
            os.close(self._memory)
        os.close(self._master)
        os.close(self._slave)
        self._folder.cleanup()

    def cpu_seconds(self):
        return boot.cpu_seconds(self.process)

    # ---------------------------------------------------------------- looking
    def _find_memory(self):
        with open(os.path.join(self._folder.name, "bochs.log")) as log:
            if f"mem block size = {BLOCK:#010x}" not in log.read():
                raise SystemExit(f"Bochs' memory is not in blocks of {BLOCK:#x}")
        self._memory = os.open(f"/proc/{self.process.pid}/mem", os.O_RDWR)
        before = {}
        for block in (number for number in range(self.bytes // BLOCK) if number not in NOT_MEMORY):
            address = block * BLOCK + MARK_AT
            said = re.search(r"<bogus\+ +0>:\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)", self._ask(f"xp /2wx {address:#x}"))
            before[block] = b"".join(int(word, 16).to_bytes(4, "little") for word in said.groups())
            self._ask(f"setpmem {address:#x} 4 {int.from_bytes(MARK, 'little'):#x}")
            self._ask(f"setpmem {address + 4:#x} 4 {block:#x}")
        for start, end in self._mappings():
            content = os.pread(self._memory, end - start, start)
            at = content.find(MARK)
            while at >= 0:
                block = int.from_bytes(content[at + 4:at + 8], "little")
                if block in before:
                    self._blocks[block] = start + at - MARK_AT
                at = content.find(MARK, at + 1)
        if len(self._blocks) != len(before):
            raise SystemExit(f"{len(self._blocks)} of {len(before)} blocks of Bochs' memory were found")
        for block, content in before.items():
            self.write(block * BLOCK + MARK_AT, content)

    def _mappings(self):
        """Of Bochs, those that are large enough."""
        with open(f"/proc/{self.process.pid}/maps") as maps:
            for line in maps:
                start, end = (int(word, 16) for word in line.split()[0].split("-"))
                if " rw" in line and end - start >= self.bytes:
                    yield start, end

    def _pieces(self, address, count):
        """(address in Bochs or None, count) of what lies in one block each."""
        while count:
            part = min(count, BLOCK - address % BLOCK)
            block = self._blocks.get(address // BLOCK)
            yield block if block is None else block + address % BLOCK, part
            address, count = address + part, count - part

    def refresh(self):
        """What read() gives is what is there now."""

    def read(self, address, count):
        if self._last is not None:
            return self._last[address:address + count]
        return b"".join(bytes(part) if at is None else os.pread(self._memory, part, at) for at, part in self._pieces(address, count))

    def write(self, address, data):
        for at, part in self._pieces(address, len(data)):
            if at is not None:
                os.pwrite(self._memory, data[:part], at)
            data = data[part:]

    def registers(self):
        general, control, segments = self._ask("r"), self._ask("creg"), self._ask("sreg")

        def number(text, pattern):
            return int(re.search(pattern, text, re.M)[1].replace("_", ""), 16)
        found = {"RIP": number(general, r"^rip: (\S+)"), "RFL": number(general, r"eflags 0x(\w+)"), "CPL": number(segments, r"^.*cs:0x(\w+)") & 3}
        found |= {name: number(control, name + r"=0x(\w+)") for name in ("CR0", "CR3", "CR4", "EFER")}
        found |= {name: re.search(pattern, segments)[0] for name, pattern in (("GDT", r"gdtr:.*"), ("IDT", r"idtr:.*"), ("TR", r"(?m)^tr:.*"), ("LDT", r"ldtr:.*"))}
        return [found]

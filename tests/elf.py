# SPDX-License-Identifier: GPL-2.0-only
"""The hypervisor's image as its file has it: symbols, content by address, where it is in the machine's memory, places that a trace changes."""
import struct
import subprocess


class Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        start, = struct.unpack_from("<Q", self.bytes, 32)
        size, count = struct.unpack_from("<HH", self.bytes, 54)
        heads = [struct.unpack_from("<IIQQQQQQ", self.bytes, start + i * size) for i in range(count)]
        self.segments = [(virtual, physical, offset, file_bytes, memory_bytes)
                         for kind, _, offset, virtual, physical, file_bytes, memory_bytes, _ in heads if kind == 1]
        self.symbols = {}
        for line in subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines():
            address, _, name = line.split(maxsplit=2)
            self.symbols[name] = int(address, 16)

    def symbol(self, name):
        return self.symbols[name]

    def _segment(self, address):
        return next(segment for segment in self.segments if segment[0] <= address < segment[0] + segment[4])

    def physical(self, address):
        virtual, physical, *_ = self._segment(address)
        return physical + address - virtual

    def content(self, address, count):
        """Bytes from an address on; zero behind what the file has."""
        virtual, _, offset, file_bytes, _ = self._segment(address)
        at = address - virtual
        return self.bytes[offset + at:offset + min(at + count, file_bytes)].ljust(count, b"\0")

    def patches(self):
        """Addresses of the places of hypervisor/x86/patch.h."""
        start, end = self.symbol("__patches"), self.symbol("__patches_end")
        table = self.content(start, end - start)
        return [start + at + struct.unpack_from("<i", table, at)[0] for at in range(0, len(table), 12)]

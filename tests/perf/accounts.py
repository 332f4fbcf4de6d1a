# SPDX-License-Identifier: GPL-2.0-only
"""Whose a machine's memory is: reads the hypervisor's own tables out of the machine's memory, while it runs or afterwards.

The memory is a file that QEMU has as the machine's (memory-backend-file), the tables are found by the symbols of the hypervisor's image. Layouts: struct chunk of
mm/chunk.h, struct frame of mm/frame.h, struct page_chunk of mm/page.c, where early memory begins and ends in boot/memory.c. Nobody is asked, so nothing changes.
"""
import collections
import mmap
import os
import struct
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))
import elf  # noqa: E402

PAGE, CHUNK = 4096, 1 << 21
DIRECT_BASE = 0xffff840000000000        # x86/direct.h
NOBODY, HYPERVISOR, ABSENT, DOMAIN = 0, 1, 2, 16        # mm/chunk.h
DATA, PAGETABLE = 0, 1
STATES = ("free", "typed", "linked", "kernel root")     # mm/frame.h

# All in bytes but frames, a Counter of STATES.
Account = collections.namedtuple("Account", "image early early_held pages held data reserve free absent frames")


class Machine:
    """Of one boot. image: the hypervisor's 64-bit file; memory: the machine's."""

    def __init__(self, image, memory):
        self.elf = elf.Elf(image)
        with open(memory, "rb") as file:
            self.memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def unpack(self, layout, address):
        return struct.unpack_from("<" + layout, self.memory, address)

    def variable(self, name, layout="Q"):
        return self.unpack(layout, self.elf.physical(self.elf.symbol(name)))[0]

    def pages(self):
        """Bytes of pages that the hypervisor handed out to itself, with the pages that say so."""
        at, count = self.variable("page_chunks"), 0
        while at:
            *_, used, at = self.unpack("8QI4xQ", at - DIRECT_BASE)
            count += used + 1
        return count * PAGE

    def account(self):
        table, count = self.variable("chunks") - DIRECT_BASE, self.variable("chunk_count", "I")
        sums, frames = collections.Counter(), collections.Counter()
        for chunk in range(count):
            owner, use, _, _, records = self.unpack("HBBIQ", table + 16 * chunk)
            sums[min(owner, DOMAIN), use] += CHUNK
            if owner >= DOMAIN and use == PAGETABLE:
                for frame in range(512):
                    frames[STATES[self.memory[records - DIRECT_BASE + 8 * frame]]] += 1
        early_start, early_next, early_end = map(self.variable, ("early_start", "early_next", "early_end"))
        address = self.elf.symbol
        return Account(address("__image_load_end") - address("__image_load_start"), early_next - early_start, early_end - early_start, self.pages(),
                       sums[HYPERVISOR, DATA], sums[DOMAIN, DATA], sums[DOMAIN, PAGETABLE], sums[NOBODY, DATA], sums[ABSENT, DATA], frames)

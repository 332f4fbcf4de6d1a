# SPDX-License-Identifier: GPL-2.0-only
"""The domain's page tables, looked at from outside: what they map is the domain's, and what they may map so (I-2, I-3, I-6, I-7, I-9).

Written from docs/invariants.md, apart from the hypervisor's own checks; it works for release builds as well. Sizes and bits are the processor's (SDM vol. 3, 4.5).
"""
import struct

from world import (ADDRESS, CHUNK, LARGE, OWNER_DOMAIN, PAGE, PRESENT, USE_DATA, USE_PAGETABLE, USER, WRITABLE)

FORBIDDEN = 0x8 | 0x10 | 0x100          # PWT, PCD, G
STATE_FREE, STATE_LINKED, STATE_KERNEL = 0, 2, 3
HYPERVISOR_SLOTS = range(256, 272)
ZERO = bytes(PAGE)
MOST = 8                                # complaints of one walk


def words(page):
    return struct.unpack("<512Q", page)


class Walk:
    def __init__(self, world):
        self.world = world
        self.chunks = world.chunks()
        self.absent_mask = int(world.variable("judge").absent_mask)
        self.memory_end = world.chunk_count * CHUNK
        self.wrong = []
        self.levels = {}        # of the tables met on the way down from the live root

    def complain(self, text):
        if len(self.wrong) < MOST:
            self.wrong.append(text)

    def owner_of(self, address):
        chunk = address // CHUNK
        return self.chunks[chunk] if chunk < len(self.chunks) else (None, None)

    # ---------------------------------------------------------------- entries
    def leaf(self, where, entry, level):
        address = entry & ADDRESS & ~(CHUNK - 1 if level == 2 else 0)
        owner, use = self.owner_of(address)
        if owner != OWNER_DOMAIN:
            self.complain(f"{where}: {entry:#x} maps machine memory {address:#x} of owner {owner}")
        elif entry & WRITABLE and use != USE_DATA:
            self.complain(f"{where}: {entry:#x} maps page tables writably")
        if entry & FORBIDDEN or (level == 1 and entry & LARGE) or (level == 2 and entry & (CHUNK - 1) & ADDRESS):
            self.complain(f"{where}: {entry:#x} has bits that a leaf may not have")

    def absent(self, where, entry):
        if entry and entry & self.absent_mask & ADDRESS < self.memory_end:
            self.complain(f"{where}: {entry:#x} is not present and names memory")

    def entry(self, where, entry, level):
        """Of a table of levels 1 to 3. The table that it links, or None."""
        if not entry & PRESENT:
            self.absent(where, entry)
        elif level == 1 or entry & LARGE:
            if level == 3:
                self.complain(f"{where}: {entry:#x} is a leaf of level 3")
            self.leaf(where, entry, level)
        else:
            return self.link(where, entry)
        return None

    def link(self, where, entry):
        address = entry & ADDRESS
        if self.owner_of(address) != (OWNER_DOMAIN, USE_PAGETABLE):
            self.complain(f"{where}: {entry:#x} links a table outside the domain's reserve")
            return None
        if entry & FORBIDDEN or not entry & WRITABLE:
            self.complain(f"{where}: {entry:#x} is no proper link")
        return address

    # ---------------------------------------------------------------- tables
    def table(self, address, level):
        """Down from a table that something links."""
        if address in self.levels:
            self.complain(f"table {address:#x} of level {self.levels[address]} is linked twice, now as level {level}")
            return
        self.levels[address] = level
        page = self.world.machine.read(address, PAGE)
        if page == ZERO:
            return
        for index, entry in enumerate(words(page)):
            if entry:
                lower = self.entry(f"table {address:#x} of level {level}, entry {index}", entry, level)
                if lower is not None:
                    self.table(lower, level - 1)

    def page_words(self, frame):
        """The entries of a root that a frame number names; none: there is no root."""
        return words(self.world.machine.read(frame * PAGE, PAGE)) if frame != 2**64 - 1 else (0,) * 512

    def live_root(self):
        live = self.world.variable("cpu_live_roots")[0]
        user = self.page_words(int(live.user_root.raw))
        kernel = self.page_words(int(self.world.domain.space.kernel_root.raw))
        for index, entry in enumerate(self.page_words(self.world.live_page // PAGE)):
            if index in HYPERVISOR_SLOTS:
                continue
            if entry != (user if index < 256 else kernel)[index]:
                self.complain(f"live root, slot {index}: {entry:#x} is not what the loaded root has")
            if not entry:
                continue
            where = f"live root, slot {index}"
            lower = self.link(where, entry)
            if index >= 256 and entry & USER:
                self.complain(f"{where}: {entry:#x} lets user mode into the upper half")
            if entry & LARGE:
                self.complain(f"{where}: {entry:#x} is a leaf")
            elif lower is not None:
                self.table(lower, 3)

    def reserve(self):
        """All tables, also those that nothing leads to now: a guest may link them at any time."""
        for address, state, level in self.world.frames():
            page = self.world.machine.read(address, PAGE)
            if state == STATE_FREE:
                if page != ZERO:
                    self.complain(f"free frame {address:#x} is not empty")
            elif level == 4:
                self.root(address, state, page)
            elif address not in self.levels:
                self.loose_table(address, level, page)
            elif self.levels[address] != level or state != STATE_LINKED:
                self.complain(f"table {address:#x} is used as level {self.levels[address]}, its record says state {state}, level {level}")

    def loose_table(self, address, level, page):
        if page == ZERO:
            return
        for index, entry in enumerate(words(page)):
            if entry:
                self.entry(f"table {address:#x} of level {level}, entry {index}", entry, level)

    def root(self, address, state, page):
        half = range(272, 512) if state == STATE_KERNEL else range(0, 256)
        entries = words(page)
        for index in half:
            if entries[index]:
                self.link(f"root {address:#x}, entry {index}", entries[index])
                if state == STATE_KERNEL and entries[index] & USER:
                    self.complain(f"kernel root {address:#x}, entry {index} lets user mode in")

    def run(self):
        self.live_root()
        self.reserve()
        return self.wrong

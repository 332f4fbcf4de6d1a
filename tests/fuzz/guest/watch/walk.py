# SPDX-License-Identifier: GPL-2.0-only
"""The domain's page tables, looked at from outside: what they map is the domain's, and what they may map so (I-2, I-3, I-6, I-7, I-9).

Written from docs/invariants.md, apart from the hypervisor's own checks; it works for release builds as well. All tables are looked at, also those that nothing leads
to now: a guest may link them at any time. Sizes and bits are the processor's (SDM vol. 3, 4.5).
"""
from constant import HYPERVISOR_SLOTS
from world import ACCESSED, ADDRESS, CHUNK, LARGE, NO_FRAME, OWNER_DOMAIN, PAGE, PRESENT, USE_DATA, USE_PAGETABLE, USER, WRITABLE

FORBIDDEN = 0x8 | 0x10 | 0x100          # PWT, PCD, G
STATE_FREE, STATE_TYPED, STATE_LINKED, STATE_KERNEL = range(4)      # mm/frame.h
ROOT = 4
ZERO = bytes(PAGE)
MOST = 8                                # complaints of one walk


class Walk:
    def __init__(self, world):
        self.world = world
        self.chunks = world.chunks()
        self.absent_mask = int(world.variable("judge").absent_mask)
        self.memory_end = world.chunk_count * CHUNK
        self.wrong = []
        self.frames = {address: (state, level) for address, state, level in world.frames()}
        self.parents = {}       # table: where the entry is that links it

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

    def link(self, where, entry, level):
        address = entry & ADDRESS
        if self.owner_of(address) != (OWNER_DOMAIN, USE_PAGETABLE):
            self.complain(f"{where}: {entry:#x} links a table outside the domain's reserve")
            return
        if entry & (FORBIDDEN | LARGE) or not entry & WRITABLE:
            self.complain(f"{where}: {entry:#x} is no proper link")
        if self.frames.get(address) != (STATE_LINKED, level - 1):
            self.complain(f"{where}: {entry:#x} links a table whose state and level are {self.frames.get(address)}")
        if address in self.parents:
            self.complain(f"{where}: table {address:#x} is linked by {self.parents[address]} too")
        self.parents[address] = where

    def entry(self, where, entry, level):
        if not entry & PRESENT:
            if entry & self.absent_mask & ADDRESS < self.memory_end:
                self.complain(f"{where}: {entry:#x} is not present and names memory")
        elif level == 1 or (level == 2 and entry & LARGE):
            self.leaf(where, entry, level)
        else:
            self.link(where, entry, level)

    # ---------------------------------------------------------------- tables
    def table(self, address, state, level):
        page = self.world.machine.read(address, PAGE)
        if page == ZERO:
            return
        if state == STATE_FREE:
            self.complain(f"free frame {address:#x} is not empty")
            return
        half = range(512) if level < ROOT else range(HYPERVISOR_SLOTS.stop, 512) if state == STATE_KERNEL else range(256)
        entries = self.world.words(address)
        for index in half:
            if entries[index]:
                where = f"table {address:#x} of level {level}, entry {index}"
                self.entry(where, entries[index], level)
                if state == STATE_KERNEL and entries[index] & USER:
                    self.complain(f"{where}: {entries[index]:#x} lets user mode into the upper half")

    def root_words(self, frame):
        return self.world.words(frame * PAGE) if frame != NO_FRAME else (0,) * 512

    def live_root(self, cpu):
        """It has what the loaded roots have, whose entries are looked at with all tables'."""
        space, user = int(cpu.live.space), int(cpu.live.user_root.raw)
        kernel = int(self.world.domain.space.kernel_root.raw) if space else NO_FRAME
        if space not in (0, self.world.domain.space.address):
            self.complain(f"live root of CPU {cpu.number}: its space is {space:#x}")
        for root, state in ((user, STATE_TYPED), (kernel, STATE_KERNEL)):
            if root != NO_FRAME and self.frames.get(root * PAGE) != (state, ROOT):
                self.complain(f"live root of CPU {cpu.number}: frame {root:#x} is no root of its kind")
        halves = self.root_words(user)[:256] + self.root_words(kernel)[256:]
        slots = [int(cpu.live.slots[i]) for i in range(8)]
        for index, entry in enumerate(self.world.words(cpu.live_page)):
            if index in HYPERVISOR_SLOTS:
                continue
            if (entry ^ halves[index]) & ~ACCESSED or bool(entry) != slots[index // 64] >> index % 64 & 1:
                self.complain(f"live root of CPU {cpu.number}, slot {index}: {entry:#x}, the loaded root has {halves[index]:#x}")

    def run(self):
        for address, (state, level) in self.frames.items():
            self.table(address, state, level)
        for address, (state, _) in self.frames.items():
            if (state == STATE_LINKED) != (address in self.parents):
                self.complain(f"table {address:#x} of state {state} is linked by {self.parents.get(address)}")
        for cpu in self.world.cpus:
            self.live_root(cpu)
        return self.wrong

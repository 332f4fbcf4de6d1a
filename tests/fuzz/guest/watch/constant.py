# SPDX-License-Identifier: GPL-2.0-only
"""What must not change in a machine while its only domain does what it likes: all memory but the domain's own and a list of what the hypervisor writes to.

The list is of what may change, not of what may not: a variable or page that is new to the hypervisor and changes is reported until it is named here.
"""
import struct

from world import ACCESSED, ADDRESS, CHUNK, DIRTY, LARGE, OWNER_DOMAIN, OWNER_HYPERVISOR, OWNER_NONE, PAGE, PRESENT

# Variables of the hypervisor's image that it writes to while guests run; of some only these fields.
VARIABLES = ["free_list", "lock", "ring", "ring_in", "ring_out", "fifo_room", "ports_lock", "page_chunks", "page_lock", "space_list", "queues"]
ENDING = ["final_code", "final_reason", "ended"]    # and to these when the domain ends
FIELDS = {"cpus": ("reschedule", "slow_exit", "in_guest", "slice_end_ns", "current", "loaded"), "cpu_live_roots": ("user_root", "flush_owed", "slots")}

HYPERVISOR_STACK = 4 * PAGE     # HV_STACK_PAGES of x86/cpu.c
GUEST_SLOTS = range(12, 16)     # of the descriptor table: SEL_TLS and SEL_CPU_NUMBER of x86/gate.h


def without(start, end, holes):
    """The parts of [start, end) that no hole covers."""
    for hole_start, hole_end in sorted(holes):
        if hole_end <= start or hole_start >= end:
            continue
        if hole_start > start:
            yield start, hole_start
        start = max(start, hole_end)
    if start < end:
        yield start, end


class Constant:
    """Parts of machine memory with their content. made at a time when nothing hostile has happened."""

    def __init__(self, world):
        self.world = world
        self.chunks = world.chunks()
        self.tables = set(self._hypervisor_tables())
        self.parts = []         # (what, start, content)
        self.ending = list(self._named(ENDING))
        self.while_running = [("the hypervisor's word on the end", start, world.machine.read(start, end - start)) for start, end in self.ending]
        self.free = {}          # free chunk: content
        holes = list(self._holes())
        for what, start, end in self._areas():
            for part_start, part_end in without(start, end, holes):
                self.parts.append((what, part_start, world.machine.read(part_start, part_end - part_start)))

    # ---------------------------------------------------------------- what is looked at
    def _areas(self):
        """Chunks of the hypervisor, and those that are nobody's to use; the image in its parts."""
        world, address = self.world, self.world.image.address
        image_end = world.machine_address(address("__image_end") - 1) + 1
        rodata_end = world.machine_address(address("__rodata_end"))
        image_start = address("__image_load_start")
        yield "low memory", 0, image_start
        yield "the hypervisor's text and constants", image_start, rodata_end
        yield "the hypervisor's variables", rodata_end, image_end
        for chunk, (owner, _) in enumerate(self.chunks):
            start, end = chunk * CHUNK, min((chunk + 1) * CHUNK, world.machine.bytes)
            if start < image_end:
                start = min(image_end, end)
            if owner == OWNER_HYPERVISOR:
                yield "the hypervisor's pages", start, end
            elif owner < OWNER_DOMAIN and owner != OWNER_NONE:
                yield "memory that is not used", start, end
        yield "memory that is not used", world.chunk_count * CHUNK, world.machine.bytes

    # ---------------------------------------------------------------- what may change
    def _holes(self):
        yield from self._variables()
        for page, count in self._pages():
            yield page, page + count * PAGE
        start, length = self.world.chunk_table()
        yield start, start + length     # looked at by owners_changed()
        yield from self._page_headers()

    def _variables(self):
        world = self.world
        yield from self._named(VARIABLES)
        yield from self.ending
        for name, fields in FIELDS.items():
            for field in fields:
                address, size = world.variable(name)[0].field_span(field)
                start = world.machine_address(address)
                yield start, start + size

    def _named(self, names):
        for name in names:
            address, size = self.world.image.symbol(name)
            start = self.world.machine_address(address)
            yield start, start + size

    def _pages(self):
        """Pages that the hypervisor writes to while the domain runs: (start, count)."""
        world = self.world
        domain, vcpu, cpu, space = world.domain, world.vcpu, world.cpu, world.domain.space
        for value in (domain, vcpu):
            yield world.machine_address(value.address), 1
        state = int(world.variable("cpu_features").xsave_bytes)
        yield world.page_of(vcpu.fpu), (state + PAGE - 1) // PAGE
        yield world.machine_address(int(cpu.trusted.hv_stack) - HYPERVISOR_STACK), HYPERVISOR_STACK // PAGE
        for pointer in (cpu.gdt, cpu.trusted, cpu.scratch, cpu.vcpu_page_entry):
            yield world.page_of(pointer), 1
        yield world.live_page, 1
        yield from ((page, 1) for page in self._gate_pages())
        for pointer, entries, size in ((space.chunk_map, int(space.chunk_count), 4), (space.machine_map, world.chunk_count, 4),
                                       (space.reserve, int(space.pt_quota), 16)):
            yield world.page_of(pointer), (entries * size + PAGE - 1) // PAGE
        for chunk, (owner, use) in enumerate(self.chunks):
            frames = world.variable("chunks")[chunk].frames
            if owner >= OWNER_DOMAIN and use and int(frames):
                yield world.page_of(frames), 1
        if int(domain.ports):
            yield world.page_of(domain.ports), (1024 * domain.ports[0].size + PAGE - 1) // PAGE

    def _gate_pages(self):
        """The gate's pages that guests may write to."""
        for entry in self._words(self.world.page_of(self.world.cpu.vcpu_page_entry)):
            if entry & PRESENT and entry & 2:
                yield entry & ADDRESS

    def _page_headers(self):
        """Of each chunk that pages are cut from: its header, and the pages that are not in use yet."""
        world = self.world
        at = world.variable("page_chunks")
        while int(at):
            header = world.machine_address(int(at))
            used = b"".join(at.used[i].bytes() for i in range(len(at.used)))
            yield header, header + PAGE
            for page in range(1, CHUNK // PAGE):
                if not used[page // 8] >> page % 8 & 1:
                    yield header + page * PAGE, header + (page + 1) * PAGE
            at = at.next

    # ---------------------------------------------------------------- tables: the processor marks entries as used
    def _words(self, page):
        return struct.unpack("<512Q", self.world.machine.read(page, PAGE))

    def _hypervisor_tables(self):
        """Pages that hold tables the hypervisor walks on, and its part of guests' address spaces."""
        world = self.world
        todo = [(int(world.cpu.trusted.hv_cr3) & ADDRESS, 4), (self._words(world.live_page)[256] & ADDRESS, 3)]
        seen = set()
        while todo:
            page, level = todo.pop()
            if page in seen or page >= world.machine.bytes:
                continue
            seen.add(page)
            if level > 1:
                todo += [(entry & ADDRESS, level - 1) for entry in self._words(page) if entry & PRESENT and not (level < 4 and entry & LARGE)]
        return seen

    def _same_but_marks(self, before, now, start):
        """Do tables differ in marks of the processor only? All of both lies in tables."""
        for at in range(0, len(before), PAGE):
            old, new = before[at:at + PAGE], now[at:at + PAGE]
            if old == new:
                continue
            if start % PAGE or start + at not in self.tables:
                return False
            if any((a ^ b) & ~(ACCESSED | DIRTY) for a, b in zip(struct.unpack("<512Q", old), struct.unpack("<512Q", new))):
                return False
        return True

    # ---------------------------------------------------------------- looking
    def take_free(self, fill):
        """Free chunks as they are, or filled with what nobody else writes."""
        for chunk, (owner, _) in enumerate(self.chunks):
            if owner == OWNER_NONE:
                self.free[chunk] = fill(chunk)

    def differences(self, running=True):
        machine = self.world.machine
        running = running and not int(self.world.domain.ending)
        for what, start, content in self.parts + (self.while_running if running else []):
            now = machine.read(start, len(content))
            if now != content and not self._same_but_marks(content, now, start):
                yield f"{what}: {first_difference(start, content, now)}"
        chunks = self.world.chunks()
        for chunk, content in self.free.items():
            if chunks[chunk][0] == OWNER_NONE:
                now = machine.read(chunk * CHUNK, len(content))
                if now != content:
                    yield f"free memory: {first_difference(chunk * CHUNK, content, now)}"

    def owners_changed(self):
        """A free chunk may have become the domain's for page tables, or the hypervisor's; nothing else."""
        for chunk, (before, now) in enumerate(zip(self.chunks, self.world.chunks())):
            if now != before and not (before[0] == OWNER_NONE and now in ((OWNER_DOMAIN, 1), (OWNER_HYPERVISOR, 0))):
                yield f"chunk {chunk:#x}: owner and use were {before}, are {now}"


def first_difference(start, before, now):
    at = next(i for i in range(len(before)) if before[i] != now[i])
    count = sum(a != b for a, b in zip(before[at:at + PAGE], now[at:at + PAGE]))
    return f"{start + at:#x} was {before[at:at + 8].hex()}, is {now[at:at + 8].hex()} ({count} bytes differ in {PAGE})"

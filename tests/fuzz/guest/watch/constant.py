# SPDX-License-Identifier: GPL-2.0-only
"""What must not change in a machine while its only domain does what it likes: all memory but the domain's own and a list of what the hypervisor writes to.

The list is of what may change, not of what may not: a variable or page that is new to the hypervisor and changes is reported until it is named here.
"""
from world import ACCESSED, ADDRESS, CHUNK, DIRTY, LARGE, OWNER_DOMAIN, OWNER_HYPERVISOR, OWNER_NONE, PAGE, PRESENT, WRITABLE, interface

# What the hypervisor writes to while guests run: variables of its image, and fields of what it has of each CPU, domain and vCPU.
VARIABLES = ["free_list", "lock", "last_sent", "fifo_room", "control_lock", "ports_lock", "page_chunks", "page_lock", "space_list", "run_queues", "idle_cpus"]
ENDING = ["final_code", "final_reason", "ended"]    # and to these when the domain ends
CPU_FIELDS = ("reschedule", "slow_exit", "in_guest", "current", "loaded")
LIVE_FIELDS = ("space", "user_root", "flush_owed", "slots")
DOMAIN_FIELDS = ("lock", "ending", "reason", "code", "console", "counters", "group")
SPACE_FIELDS = ("lock", "place_count", "present", "pt_present", "pt_ops", "pt_refused", "root_loads", "frames_typed", "frames_linked")
VCPU_CONSTANTS = ("domain", "id", "fpu")

HYPERVISOR_STACK = 4 * PAGE     # HV_STACK_PAGES of x86/cpu.c
GUEST_SLOTS = range(12, 16)     # of the descriptor table: SEL_TLS and SEL_CPU_NUMBER of x86/gate.h
HYPERVISOR_SLOTS = range(256, 272)      # of roots


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
        yield from self._parts_of_pages()
        start, length = self.world.chunk_table()
        yield start, start + length     # looked at by owners_changed()
        yield from self._page_headers()

    def _variables(self):
        yield from self._named(VARIABLES)
        yield from self.ending
        for cpu in self.world.cpus:
            yield from self._fields(cpu.struct, CPU_FIELDS)
            yield from self._fields(cpu.live, LIVE_FIELDS)

    def _named(self, names):
        for name in names:
            address, size = self.world.image.symbol(name)
            start = self.world.machine_address(address)
            yield start, start + size

    def _fields(self, value, names):
        for name in names:
            address, size = value.field_span(name)
            start = self.world.machine_address(address)
            yield start, start + size

    def _all_but(self, value, names):
        start = self.world.machine_address(value.address)
        yield from without(start, start + value.size, list(self._fields(value, names)))

    def _pages(self):
        """Pages that the hypervisor writes to while the domain runs: (start, count)."""
        world = self.world
        domain, space = world.domain, world.domain.space
        state = int(world.variable("cpu_features").xsave_bytes)
        for vcpu in world.vcpus:
            yield world.page_of(vcpu.fpu), (state + PAGE - 1) // PAGE
        for cpu in world.cpus:
            yield world.machine_address(int(cpu.trusted.hv_stack) - HYPERVISOR_STACK), HYPERVISOR_STACK // PAGE
            yield cpu.trusted_page, 1       # watch.py
            yield from ((page, 1) for page in self._gate_pages(cpu))
        for pointer, entries, size in ((space.chunk_map, int(space.chunk_count), 4), (space.machine_map, world.chunk_count, 4),
                                       (space.reserve, int(space.pt_quota), 16)):
            yield world.page_of(pointer), (entries * size + PAGE - 1) // PAGE
        for chunk, (owner, use) in enumerate(self.chunks):
            frames = world.variable("chunks")[chunk].frames
            if owner >= OWNER_DOMAIN and use and int(frames):
                yield world.page_of(frames), 1
        if int(domain.ports):
            yield world.page_of(domain.ports), (interface().const("NR_PORTS") * domain.ports[0].size + PAGE - 1) // PAGE

    def _parts_of_pages(self):
        """Bytes of pages that are otherwise constant."""
        world = self.world
        yield from self._fields(world.domain, DOMAIN_FIELDS)
        yield from self._fields(world.domain.space, SPACE_FIELDS)
        for vcpu in world.vcpus:
            yield from self._all_but(vcpu, VCPU_CONSTANTS)
        for cpu in world.cpus:
            yield cpu.gdt_page + 8 * GUEST_SLOTS.start, cpu.gdt_page + 8 * GUEST_SLOTS.stop
            yield cpu.live_page, cpu.live_page + 8 * HYPERVISOR_SLOTS.start             # walk.py
            yield cpu.live_page + 8 * HYPERVISOR_SLOTS.stop, cpu.live_page + PAGE
            yield cpu.vcpu_page_entry, cpu.vcpu_page_entry + 8                          # watch.py
            yield cpu.window_entry, cpu.window_entry + 8

    def _gate_pages(self, cpu):
        """The gate's pages that guests may write to; the vCPU page until there is a vCPU is nobody's."""
        table = cpu.vcpu_page_entry & ~(PAGE - 1)
        for number, entry in enumerate(self.world.words(table)):
            if entry & PRESENT and entry & WRITABLE and table + 8 * number != cpu.vcpu_page_entry:
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
    def _hypervisor_tables(self):
        """Pages that hold tables the hypervisor walks on, and its part of guests' address spaces."""
        world = self.world
        todo = [(cpu.hv_root, 4) for cpu in world.cpus] + [(world.words(cpu.live_page)[256] & ADDRESS, 3) for cpu in world.cpus]
        seen = set()
        while todo:
            page, level = todo.pop()
            if page in seen or page >= world.machine.bytes:
                continue
            seen.add(page)
            if level > 1:
                todo += [(entry & ADDRESS, level - 1) for entry in world.words(page) if entry & PRESENT and not (level < 4 and entry & LARGE)]
        return seen | {cpu.live_page for cpu in world.cpus}

    def _same_but_marks(self, before, now, start):
        """Do tables differ in marks of the processor only? All that differs lies in tables."""
        pages = [at for at in range(0, len(before), PAGE) if before[at:at + PAGE] != now[at:at + PAGE]]
        for at in (word for page in pages for word in range(page, min(page + PAGE, len(before)), 8)):
            old, new = before[at:at + 8], now[at:at + 8]
            if old == new:
                continue
            if (start + at) % 8 or (start + at) & ~(PAGE - 1) not in self.tables:
                return False
            if (int.from_bytes(old, "little") ^ int.from_bytes(new, "little")) & ~(ACCESSED | DIRTY):
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

# SPDX-License-Identifier: GPL-2.0-only
"""The machine as the hypervisor has divided it: whose each chunk is, where its tables lie, what the domain is.

Responsible for finding all of that from outside, through the hypervisor's symbols and debugging information. What it says is the
hypervisor's word; watch.py and walk.py do not rely on it for more than where to look.
"""
import functools
import struct
import sys
from pathlib import Path

PAGE = 4096
CHUNK = 1 << 21
ADDRESS = 0x000ffffffffff000
PRESENT, WRITABLE, USER, ACCESSED, DIRTY, LARGE = 1, 2, 4, 0x20, 0x40, 0x80

OWNER_NONE, OWNER_HYPERVISOR, OWNER_ABSENT, OWNER_DOMAIN = 0, 1, 2, 16     # mm/chunk.h
USE_DATA, USE_PAGETABLE = 0, 1
NO_FRAME = 2**64 - 1


@functools.lru_cache
def interface():
    """The guest interface, from its source."""
    abi = Path(__file__).resolve().parents[4] / "abi"
    if str(abi) not in sys.path:
        sys.path.insert(0, str(abi))
    from generator import source
    return source.load(next(path for path in (abi / "source", abi / "ringbolt.toml") if path.exists()))


class Lost(Exception):
    """The hypervisor's memory does not make sense: its address map cannot be followed."""


class Cpu:
    """A processor: its struct cpu, and the pages of its own."""

    def __init__(self, world, number):
        self.number = number
        self.struct = world.variable("cpus")[number]
        self.live = world.variable("cpu_live_roots")[number]
        self.trusted = self.struct.trusted.follow()
        self.trusted_page, self.gdt_page = world.page_of(self.struct.trusted), world.page_of(self.struct.gdt)
        self.live_page = int(self.live.mfn.raw) * PAGE
        self.hv_root = int(self.trusted.hv_cr3) & ADDRESS
        self.vcpu_page_entry = world.machine_address(int(self.struct.vcpu_page_entry))
        self.window_entry = world.machine_address(int(self.struct.window_entry))


class World:
    """machine: anything with read(machine address, count). image: the hypervisor's Image."""

    def __init__(self, machine, image):
        self.machine, self.image = machine, image
        live = image.variable("cpu_live_roots", self.read)[0]
        # The live root's page is known by its frame number and by its address in the direct map.
        self.direct = None
        self.direct = int(live.page) - int(live.mfn.raw) * PAGE
        self.cpus = [Cpu(self, number) for number in range(int(image.variable("cpu_count", self.read)))]
        self.domain = image.variable("domains", self.read)[0].follow()
        self.vcpus = [self.domain.vcpus[i].follow() for i in range(int(self.domain.vcpu_count))]
        self.chunk_count = int(image.variable("chunk_count", self.read))

    def machine_address(self, virtual):
        """Of something in the hypervisor's image or the direct map."""
        for start, physical, data in self.image.segments:
            if start <= virtual < start + max(len(data), PAGE):
                return physical + virtual - start
        start, physical, _ = self.image.segments[-1]    # the data, with what follows it
        if start <= virtual < self.image.address("__image_end"):
            return physical + virtual - start
        if self.direct is not None and 0 <= virtual - self.direct < self.machine.bytes:
            return virtual - self.direct
        raise Lost(f"the hypervisor has an address {virtual:#x}")

    def read(self, virtual, count):
        return self.machine.read(self.machine_address(virtual), count)

    def words(self, page):
        """The entries of a table."""
        return struct.unpack("<512Q", self.machine.read(page, PAGE))

    def page_of(self, pointer):
        """Machine address of the page a pointer points to."""
        return self.machine_address(int(pointer)) & ~(PAGE - 1)

    def variable(self, name):
        return self.image.variable(name, self.read)

    # ---------------------------------------------------------------- chunks
    def chunk_table(self):
        """(start, length) of the table, in machine memory."""
        return self.machine_address(int(self.variable("chunks"))), (int(self.variable("chunk_mask")) + 1) * 16

    def chunks(self):
        """(owner, use) of each chunk."""
        start, _ = self.chunk_table()
        table = self.machine.read(start, self.chunk_count * 16)
        return [(owner, use) for owner, use, _, _, _ in struct.iter_unpack("<HBBIQ", table)]

    # ---------------------------------------------------------------- the domain's memory
    def chunk_map(self):
        """Machine chunk of each guest-physical chunk; those that are not there are all ones."""
        space = self.domain.space
        count = int(space.chunk_count)
        return struct.unpack(f"<{count}I", self.read(int(space.chunk_map), 4 * count))

    def machine_map(self):
        """Guest-physical chunk of each machine chunk, or all ones."""
        return struct.unpack(f"<{self.chunk_count}I", self.read(int(self.domain.space.machine_map), 4 * self.chunk_count))

    def guest_read(self, physical, count):
        """Guest-physical bytes in one chunk."""
        chunk = self.chunk_map()[physical // CHUNK]
        return self.machine.read(chunk * CHUNK + physical % CHUNK, count)

    def frames(self):
        """(machine address, state, level) of each frame of the page-table reserve."""
        space = self.domain.space
        first, present = int(space.pt_first), int(space.pt_present)
        chunk_map, table = self.chunk_map(), self.variable("chunks")
        for i in range(first, first + present):
            records = self.read(int(table[chunk_map[i]].frames), PAGE)
            for number in range(CHUNK // PAGE):
                state, level = records[8 * number], records[8 * number + 1]
                yield chunk_map[i] * CHUNK + number * PAGE, state, level

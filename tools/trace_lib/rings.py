# SPDX-License-Identifier: GPL-2.0-only
"""The rings of a trace in an image of a machine's memory.

Knows the layouts of hypervisor/mm/trace.h, and nothing of what the numbers mean. An image is a file whose byte N is the machine's byte N: what QEMU
has as its memory, or what its command pmemsave wrote; memory from 4 GiB on only if the image has it at its address.
"""
import collections
import mmap
import struct

MAGIC = b"Ringbolt trace\n\0"
VERSION = 1
PAGE = 4096
CHUNK = 1 << 21
HEAD = struct.Struct("<16sQIIIIQQIBB2x17I4x64Q")
RECORD = struct.Struct("<QIHBbBBB5x5Q")
COUNT = struct.Struct("<QQQQ")
NOBODY = 0xff

Record = collections.namedtuple("Record", "tsc cycles what kind status domain vcpu cpu words")
Count = collections.namedtuple("Count", "kind what times refused cycles longest")


class TraceError(Exception):
    pass


class Ring:
    """One CPU's. records(): those that are left, the oldest first; written: how many there were."""

    def __init__(self, memory, at):
        self.memory = memory
        self.at = at
        (_, self.address, self.version, self.record_bytes, self.cpu, self.chunk_count, self.written, self.tsc_start, self.tsc_khz, _, _,
         *rest) = HEAD.unpack_from(memory, at)
        self.first, self.chunks = rest[:17], rest[17:17 + self.chunk_count]

    def is_sound(self):
        return (self.address == self.at and self.version == VERSION and self.record_bytes == RECORD.size and
                all(chunk % CHUNK == 0 and chunk + CHUNK <= len(self.memory) for chunk in self.chunks))

    @property
    def room(self):
        return self.chunk_count * (CHUNK // RECORD.size)

    def records(self):
        per_chunk = CHUNK // RECORD.size
        for number in range(max(0, self.written - self.room), self.written):
            place = number % self.room
            fields = RECORD.unpack_from(self.memory, self.chunks[place // per_chunk] + place % per_chunk * RECORD.size)
            yield Record(*fields[:8], fields[8:])

    def counts(self):
        for kind in range(len(self.first) - 1):
            for number in range(self.first[kind], self.first[kind + 1]):
                times, *rest = COUNT.unpack_from(self.memory, self.at + PAGE + number * COUNT.size)
                if times:
                    yield Count(kind, number - self.first[kind], times, *rest)


def open_memory(path):
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def find(memory):
    """The rings of a traced machine, by CPU. The hypervisor's image has the magic too, but no ring behind it."""
    rings, at = {}, 0
    while (at := memory.find(MAGIC, at)) >= 0:
        if at % PAGE == 0 and at + 33 * PAGE <= len(memory):
            ring = Ring(memory, at)
            if ring.is_sound():
                rings[ring.cpu] = ring
        at += 1
    if not rings:
        raise TraceError(f"no trace in it: was the machine booted with the hypervisor's option trace, and is its version {VERSION}?")
    return [rings[cpu] for cpu in sorted(rings)]


def merge(counts):
    """Counts of several CPUs as those of one."""
    sums = {}
    for count in counts:
        before = sums.get(count[:2], Count(*count[:2], 0, 0, 0, 0))
        sums[count[:2]] = Count(*count[:2], before.times + count.times, before.refused + count.refused, before.cycles + count.cycles,
                                max(before.longest, count.longest))
    return [sums[key] for key in sorted(sums)]

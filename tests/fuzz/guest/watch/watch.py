# SPDX-License-Identifier: GPL-2.0-only
"""The watcher: looks at the whole machine from outside, once while nothing hostile has happened and then again and again, and says what is not as it must be.

Responsible for: memory that is not the domain's is untouched (constant.py), what the domain's page tables give it is its own (walk.py), the words and registers that
privilege rests on are as they were. The machine must be stopped.
"""
import random

from constant import GUEST_SLOTS, Constant
from walk import Walk
from world import CHUNK, PAGE, World, interface

# Fields of the gate's trusted words that follow the guest's calls.
TRUSTED_FREE = ("user_entry", "kernel_entry", "kernel_gs", "floor")
FIXED_REGISTERS = ("CR0", "CR4", "EFER", "GDT", "IDT", "TR", "LDT")
RFLAGS_NEVER = 0x3000 | 0x20000 | 0x80000 | 0x100000     # IOPL, VM, VIF, VIP
RFLAGS_OF_TCG = 0x180000                                 # left over from virtual-8086 mode: hostile/judge.c
CANARY_WORDS = 64       # of a free chunk, where filling it all takes too long


class Watcher:
    def __init__(self, machine, image, seed=0):
        self.machine, self.image = machine, image
        self.canaries = random.Random(seed)
        self.pattern = self.canaries.randbytes(CHUNK)
        machine.refresh()
        self.world = World(machine, image)
        self.gate_end = interface().const("GATE_END")
        self.constant = Constant(self.world)
        self.constant.take_free(self._fill)
        self.registers = machine.registers()
        self.trusted = self._trusted()
        self.descriptors = self._descriptors()
        self.looks = 0

    def _fill(self, chunk):
        """What a free chunk holds from now on. Whoever is given the chunk gets it cleared."""
        start = chunk * CHUNK
        if self.machine.fill_free:
            content = self.pattern[8 * chunk:] + self.pattern[:8 * chunk]
            self.machine.write(start, content)
            return content
        content = bytearray(self.machine.read(start, min(CHUNK, self.machine.bytes - start)))
        for _ in range(CANARY_WORDS):
            at = self.canaries.randrange(len(content) // 4) * 4
            content[at:at + 4] = self.canaries.randbytes(4)
            self.machine.write(start + at, bytes(content[at:at + 4]))
        return bytes(content)

    def _trusted(self):
        """The page of words that the gate trusts, with the task state, less what follows the guest's calls."""
        page = bytearray(self.machine.read(self.world.page_of(self.world.cpu.trusted), PAGE))
        trusted = self.world.cpu.trusted.follow()
        for name in TRUSTED_FREE:
            address, size = trusted.field_span(name)
            page[address % PAGE:address % PAGE + size] = bytes(size)
        return bytes(page)

    def _descriptors(self):
        page = self.machine.read(self.world.page_of(self.world.cpu.gdt), PAGE)
        return [int.from_bytes(page[at:at + 8], "little") for at in range(0, PAGE, 8)]

    # ---------------------------------------------------------------- checks
    def _check_trusted(self):
        trusted = self.world.cpu.trusted
        if self._trusted() != self.trusted:
            yield "the words that the gate trusts, or the task state, changed"
        for name in ("user_entry", "kernel_entry"):
            if int(getattr(trusted, name)) < self.gate_end:
                yield f"the gate trusts {name} {int(getattr(trusted, name)):#x}"
        if int(trusted.floor) != self.gate_end + 64:
            yield f"the gate's floor for stacks is {int(trusted.floor):#x}"

    def _check_descriptors(self):
        for slot, (before, now) in enumerate(zip(self.descriptors, self._descriptors())):
            if slot in GUEST_SLOTS:
                # Present, level 3, data; 32-bit, no code for 64 bits.
                if now and now >> 40 & 0xf8 != 0xf0 or now >> 53 & 1:
                    yield f"descriptor {slot} is {now:#x}"
            elif now != before:
                yield f"descriptor {slot} was {before:#x}, is {now:#x}"

    def _check_vcpu_page(self):
        entry = int(self.world.cpu.vcpu_page_entry[0])
        owner = Walk(self.world).owner_of(entry & 0x000ffffffffff000)
        if owner != (16, 0) or entry & ~0x000ffffffffff060 != 1 << 63 | 3:
            yield f"the vCPU page is mapped by {entry:#x}, of owner and use {owner}"

    def _check_registers(self, registers):
        for name in FIXED_REGISTERS:
            if registers[name] != self.registers[name]:
                yield f"register {name} was {self.registers[name]}, is {registers[name]}"
        if self.machine.kind == "qemu" and registers["RFL"] & 0x20000:
            return      # TCG's virtual-8086 mode, where all this means something else
        if registers["RFL"] & (RFLAGS_NEVER if self.machine.kind != "qemu" else RFLAGS_NEVER & ~RFLAGS_OF_TCG):
            yield f"flags {registers['RFL']:#x}"
        if registers["CPL"] == 0 and not self._is_hypervisor_text(registers["RIP"]):
            yield f"ring 0 executes at {registers['RIP']:#x}"
        if registers["CPL"] and not registers["RFL"] & 0x200:
            yield f"ring {registers['CPL']} runs with interrupts off"
        root = registers["CR3"] & 0x000ffffffffff000
        if root != self.world.live_page and (registers["CPL"] or root != int(self.world.cpu.trusted.hv_cr3) & 0x000ffffffffff000):
            yield f"CR3 is {registers['CR3']:#x} in ring {registers['CPL']}"

    def _is_hypervisor_text(self, address):
        at = self.image.address
        return at("__gate_start") <= address < at("__gate_end") or at("__text_start") <= address < at("__text_end")

    def _is_between(self, registers):
        """Is the hypervisor at work, so that what it is changing may be half changed?"""
        return registers is not None and registers["CPL"] == 0

    def look(self, running=True):
        """What is wrong: a list of sentences. running: the machine is stopped and goes on; else it has ended and only its memory is left."""
        self.looks += 1
        self.machine.refresh()
        registers = self.machine.registers() if running else None
        wrong = list(self.constant.differences(running))
        wrong += self.constant.owners_changed()
        wrong += self._check_trusted()
        wrong += self._check_descriptors()
        if registers is not None:
            wrong += self._check_registers(registers)
        if not self._is_between(registers):
            wrong += self._check_vcpu_page()
            wrong += Walk(self.world).run()
        return wrong

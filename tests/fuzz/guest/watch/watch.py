# SPDX-License-Identifier: GPL-2.0-only
"""The watcher: looks at the whole machine from outside, once while nothing hostile has happened and then again and again, and says what is not as it must be.

Responsible for: memory that is not the domain's is untouched (constant.py), what the domain's page tables give it is its own (walk.py), the words and registers that
privilege rests on are as they were. The machine must be stopped.
"""
import random

from constant import GUEST_SLOTS, Constant
from walk import Walk
from world import CHUNK, OWNER_DOMAIN, PAGE, USE_DATA, USE_PAGETABLE, World, interface

# Fields of the gate's trusted words that follow the guest's calls, or which vCPU is loaded.
TRUSTED_FREE = ("user_entry", "kernel_entry", "kernel_gs", "floor", "regs")
FIXED_REGISTERS = ("CR0", "CR4", "EFER", "GDT", "IDT", "TR", "LDT")
RFLAGS_NEVER = 0x3000 | 0x20000 | 0x80000 | 0x100000     # IOPL, VM, VIF, VIP
RFLAGS_OF_TCG = 0x180000                                 # left over from virtual-8086 mode: hostile/judge.c
NONE = 2**64 - 1
NO_CHUNK = 2**32 - 1
CANARY_WORDS = 64       # of a free chunk, where filling it all takes too long


class Watcher:
    def __init__(self, machine, image, seed=0):
        self.machine, self.image = machine, image
        self.canaries = random.Random(seed)
        self.pattern = self.canaries.randbytes(CHUNK)
        machine.refresh()
        self.world = World(machine, image)
        self.gate_end = interface().const("GATE_END")
        self.windows = int(self.world.domain.windows)
        self.constant = Constant(self.world)
        self.constant.take_free(self._fill)
        self.registers = machine.registers()
        self.trusted = [self._trusted(cpu) for cpu in self.world.cpus]

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

    def _trusted(self, cpu):
        """The page of words that the gate trusts, with the task state, less what may change."""
        page = bytearray(self.machine.read(cpu.trusted_page, PAGE))
        for name in TRUSTED_FREE:
            address, size = cpu.trusted.field_span(name)
            page[address % PAGE:address % PAGE + size] = bytes(size)
        return bytes(page)

    # ---------------------------------------------------------------- checks
    def _check_trusted(self, cpu):
        trusted = cpu.trusted.copy()
        if self._trusted(cpu) != self.trusted[cpu.number]:
            yield "the words that the gate trusts, or the task state, changed"
        if int(trusted.floor) == NONE:
            return      # no vCPU has been loaded that has entry points: nothing is delivered
        for name in ("user_entry", "kernel_entry"):
            if int(getattr(trusted, name)) < self.gate_end:
                yield f"the gate trusts {name} {int(getattr(trusted, name)):#x}"
        if int(trusted.floor) != self.gate_end + 64:
            yield f"the gate's floor for stacks is {int(trusted.floor):#x}"

    def _check_descriptors(self, cpu):
        for slot in GUEST_SLOTS:
            now = int.from_bytes(self.machine.read(cpu.gdt_page + 8 * slot, 8), "little")
            # Present, level 3, data; 32-bit, no code for 64 bits.
            if now and now >> 40 & 0xf8 != 0xf0 or now >> 53 & 1:
                yield f"descriptor {slot} is {now:#x}"

    def _check_loaded(self, cpu):
        """Which vCPU the CPU has, and that the gate has that one's page and registers."""
        loaded, regs = int(cpu.struct.loaded), int(cpu.trusted.regs)
        mine = [vcpu for vcpu in self.world.vcpus if int(vcpu.run.cpu) == cpu.number]
        if loaded and loaded not in [vcpu.address for vcpu in mine]:
            yield f"what is loaded is no vCPU of this CPU: {loaded:#x}"
            return
        if int(cpu.struct.current) not in (0, loaded):
            yield f"another vCPU runs than the one that is loaded: {int(cpu.struct.current):#x}, {loaded:#x}"
        entry = int.from_bytes(self.machine.read(cpu.vcpu_page_entry, 8), "little")
        window = int.from_bytes(self.machine.read(cpu.window_entry, 8), "little")
        if not loaded:
            return
        vcpu = next(vcpu for vcpu in mine if vcpu.address == loaded)
        if regs != vcpu.regs.address:
            yield f"the gate saves registers at {regs:#x}"
        if entry & ~0x60 != self.world.machine_address(int(vcpu.page)) | 1 << 63 | 3:
            yield f"the vCPU page is mapped by {entry:#x}"
        if window & ~0x20 != self.world.machine_address(self.windows) | 3:
            yield f"the windows are mapped by {window:#x}"

    def _check_vcpu(self, vcpu):
        """Pages of the guest's that the hypervisor writes to are the guest's."""
        for name in ("page", "queue"):
            pointer = int(getattr(vcpu, name))
            if pointer and self.world.chunks()[self.world.machine_address(pointer) // CHUNK] != (OWNER_DOMAIN, USE_DATA):
                yield f"{name} of vCPU {int(vcpu.id)} is not the domain's memory: {pointer:#x}"
        if int(vcpu.domain) != self.world.domain.address:
            yield f"vCPU {int(vcpu.id)} is of another domain"

    def _check_maps(self):
        """What the guest's memory is: the maps are each other's contrary, and name the domain's chunks."""
        world, space = self.world, self.world.domain.space
        forward, chunks = world.chunk_map(), world.chunks()
        first, present = int(space.pt_first), int(space.pt_present)
        backward = [NO_CHUNK] * world.chunk_count
        for number, chunk in enumerate(forward):
            use = USE_PAGETABLE if first <= number < first + present else USE_DATA
            if chunk != NO_CHUNK and (chunk >= world.chunk_count or chunks[chunk] != (OWNER_DOMAIN, use)):
                yield f"guest-physical chunk {number:#x} is machine chunk {chunk:#x}"
            elif chunk != NO_CHUNK:
                backward[chunk] = number
        if list(world.machine_map()) != backward:
            yield "the two maps of chunks contradict each other"
        for number in range(present):
            base = world.direct + forward[first + number] * CHUNK - number * CHUNK
            if int(space.reserve[number].entries) != base % 2**64:
                yield f"the reserve's chunk {number} is looked for at {int(space.reserve[number].entries):#x}"

    def _check_registers(self, cpu, registers):
        before = self.registers[cpu.number]
        for name in FIXED_REGISTERS:
            if registers[name] != before[name]:
                yield f"register {name} was {before[name]}, is {registers[name]}"
        if self.machine.kind == "qemu" and registers["RFL"] & 0x20000:
            return      # TCG's virtual-8086 mode, where all this means something else
        if registers["RFL"] & (RFLAGS_NEVER if self.machine.kind != "qemu" else RFLAGS_NEVER & ~RFLAGS_OF_TCG):
            yield f"flags {registers['RFL']:#x}"
        if registers["CPL"] == 0 and not self._is_hypervisor_text(registers["RIP"]):
            yield f"ring 0 executes at {registers['RIP']:#x}"
        if registers["CPL"] and not registers["RFL"] & 0x200:
            yield f"ring {registers['CPL']} runs with interrupts off"
        root = registers["CR3"] & 0x000ffffffffff000
        if root != cpu.live_page and (registers["CPL"] or root != cpu.hv_root):
            yield f"CR3 is {registers['CR3']:#x} in ring {registers['CPL']}"

    def _is_hypervisor_text(self, address):
        at = self.image.address
        return at("__gate_start") <= address < at("__gate_end") or at("__text_start") <= address < at("__text_end")

    def is_busy(self, registers):
        """Is the hypervisor at work on a CPU, so that what it is changing may be half changed?"""
        at = self.image.address
        return any(one["CPL"] == 0 and not at("cpu_idle_wait") <= one["RIP"] <= at("cpu_idle_end") for one in registers)

    def look(self, running=True):
        """What is wrong: a list of sentences. running: the machine is stopped and goes on; else it has ended and only its memory is left."""
        self.machine.refresh()
        registers = self.machine.registers() if running else []
        wrong = list(self.constant.differences(running))
        wrong += self.constant.owners_changed()
        for cpu in self.world.cpus:
            found = list(self._check_trusted(cpu)) + list(self._check_descriptors(cpu))
            if registers:
                found += self._check_registers(cpu, registers[cpu.number])
            if not self.is_busy(registers):
                found += self._check_loaded(cpu)
            wrong += [f"CPU {cpu.number}: {text}" for text in found]
        if not self.is_busy(registers):
            for vcpu in self.world.vcpus:
                wrong += self._check_vcpu(vcpu)
            wrong += self._check_maps()
            wrong += Walk(self.world).run()
        return wrong

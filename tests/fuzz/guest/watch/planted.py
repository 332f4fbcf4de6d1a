# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the watcher: what is planted in the machine behind the hypervisor's back it must see, and say where."""
from gdb import Gone
from watch import Watcher
from world import CHUNK, OWNER_DOMAIN, OWNER_NONE, PAGE



class Journal:
    """Writes to the machine's memory that can be taken back."""

    def __init__(self, machine):
        self.machine, self.before = machine, []

    def write(self, address, data):
        self.before.append((address, self.machine.read(address, len(data))))
        self.machine.write(address, data)

    def flip(self, address, bit=0):
        address += bit // 8
        self.write(address, bytes([self.machine.read(address, 1)[0] ^ 1 << bit % 8]))

    def undo(self):
        for address, data in reversed(self.before):
            self.machine.write(address, data)


def image_place(name, offset=0):
    return lambda world, journal: journal.flip(world.machine_address(world.image.address(name) + offset))


def free_chunk(world, journal):
    chunk = next(number for number, (owner, _) in reversed(list(enumerate(world.chunks()))) if owner == OWNER_NONE)
    journal.flip(chunk * CHUNK + 0x12345)


def chunk_owner(world, journal):
    """A free chunk given to the domain in the table, as data."""
    start, _ = world.chunk_table()
    chunk = next(number for number, (owner, _) in reversed(list(enumerate(world.chunks()))) if owner == OWNER_NONE)
    journal.write(start + 16 * chunk, OWNER_DOMAIN.to_bytes(2, "little"))


def descriptor(world, journal):
    """Ring 1's code segment becomes ring 0's; of a word that the guest does not load again."""
    journal.flip(world.cpus[0].gdt_page + 8 * 17 + 5, 5)


def interrupt_gate(world, journal):
    """INT 0x21 for everybody."""
    journal.flip(world.page_of(world.cpus[0].struct.idt) + 16 * 0x21 + 5, 5)


def trusted_word(world, journal):
    address, _ = world.cpus[0].trusted.field_span("poison")
    journal.flip(world.machine_address(address) + 2, 4)


def foreign_page(world, journal):
    """An entry of a user root's tables: the hypervisor's first page, behind its back."""
    address = next(address for address, state, level in world.frames() if level == 1 and state == 2)
    journal.write(address + 8 * 511, (0x200000 | 7).to_bytes(8, "little"))


def reserve_writable(world, journal):
    address = next(address for address, state, level in world.frames() if level == 1 and state == 2)
    journal.write(address + 8 * 510, (address | 3).to_bytes(8, "little"))


def saved_registers(world, journal):
    address, _ = world.cpus[0].trusted.field_span("regs")
    journal.flip(world.machine_address(address) + 1, 5)


def chunk_map(world, journal):
    """The first chunk of the guest's becomes one of the hypervisor's."""
    journal.write(world.machine_address(int(world.domain.space.chunk_map)), (1).to_bytes(4, "little"))


def linked_twice(world, journal):
    tables = [(address, world.words(address)) for address, state, level in world.frames() if level in (2, 3) and state == 2]
    address, entries = next((address, entries) for address, entries in tables if any(entry & 1 and not entry & 0x80 for entry in entries))
    link = next(entry for entry in entries if entry & 1 and not entry & 0x80)
    journal.write(address + 8 * entries.index(0), link.to_bytes(8, "little"))


def hypervisor_table(world, journal):
    """The direct map's last table entry changes its page."""
    root = world.cpus[0].hv_root
    journal.flip(root + 8 * 300, 3)


# What is planted, and a word that what the watcher says of it must have.
PLANTED = [
    ("a bit of the hypervisor's text", image_place("hypercall_handle", 3), "text and constants"),
    ("a bit of the gate's text", image_place("__gate_start", 0x1700), "text and constants"),
    ("a bit of a constant", image_place("__rodata_start", 8), "text and constants"),
    ("a variable written once at boot", image_place("judge"), "variables"),
    ("a word of the domain's that never changes", lambda world, journal: journal.flip(world.machine_address(world.domain.space.field_span("chunk_count")[0])), "pages"),
    ("the gate's table", lambda world, journal: journal.flip(world.cpus[0].vcpu_page_entry + 8 * 9, 12), "hypervisor's pages"),
    ("the gate in the live root", lambda world, journal: journal.flip(world.cpus[0].live_page + 8 * 256, 12), "hypervisor's pages"),
    ("an entry of the live root", lambda world, journal: journal.flip(world.cpus[0].live_page + 8 * 20, 3), "live root"),
    ("the vCPU page's entry", lambda world, journal: journal.flip(world.cpus[0].vcpu_page_entry + 2, 3), "the vCPU page is mapped"),
    ("where the gate saves registers", saved_registers, "the gate saves registers"),
    ("another vCPU page", lambda world, journal: journal.flip(world.machine_address(world.vcpus[0].field_span("page")[0]) + 3, 1), "the vCPU page is mapped"),
    ("the map of the guest's memory", chunk_map, "guest-physical chunk"),
    ("a table that is linked twice", linked_twice, "is linked by"),
    ("low memory", lambda world, journal: journal.flip(0x5000), "low memory"),
    ("a free chunk", free_chunk, "free memory"),
    ("the owner of a chunk", chunk_owner, "owner and use"),
    ("a descriptor", descriptor, "hypervisor's pages"),
    ("an interrupt gate", interrupt_gate, "hypervisor's pages"),
    ("a word that the gate trusts", trusted_word, "the gate trusts"),
    ("the hypervisor's root", hypervisor_table, "hypervisor's pages"),
    ("an entry that maps the hypervisor", foreign_page, "of owner 1"),
    ("an entry that maps a page table writably", reserve_writable, "page tables writably"),
]


def plant_all(watcher):
    """(what, what the watcher says of it that it should not, or should) of each."""
    for what, plant, word in PLANTED:
        journal = Journal(watcher.machine)
        plant(watcher.world, journal)
        said = watcher.look()
        journal.undo()
        left = watcher.look()
        wrong = None if any(word in text for text in said) else f"it says: {said[:2]}"
        yield what, f"it still says: {left[:2]}" if left else wrong


def run(campaign):
    """Prints a line for each; (passed, failed)."""
    passed = failed = 0
    build = next(iter(campaign.files))
    machine = campaign.machine(campaign.job(build, 1, 1))
    try:
        machine.begin(campaign.guest.address("hostile_ready"), [])
        for what, wrong in plant_all(Watcher(machine, campaign.images[build])):
            passed, failed = passed + (not wrong), failed + bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} - the watcher sees {what}" + (f" # {wrong}" if wrong else ""), flush=True)
    except Gone as gone:
        failed += 1
        print(f"not ok - a machine to plant things in # {gone}")
    finally:
        machine.close()
    return passed, failed

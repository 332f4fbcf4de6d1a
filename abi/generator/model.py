# SPDX-License-Identifier: MIT
"""What the source says, as plain records.

Responsible for the shape of the entries and for the C names that follow from them. Not for judging
them (source.py) nor for writing them out. A key of the source is a field here; a field with a
default is a key that may be left out. Invariant: records are never changed after source.py made them.
"""
from dataclasses import dataclass, field

SCALARS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s8": 1, "s16": 2, "s32": 4, "s64": 8}
ALL_REGISTERS = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"] + [f"r{n}" for n in range(8, 16)]


@dataclass(frozen=True)
class About:
    """The table [abi]: version, and which register carries what in a call."""
    name: str
    major: int
    minor: int
    magic: int
    note_owner: str
    argument_registers: list
    number_register: str
    status_register: str
    result_register: str
    kept: list
    zeroed: list
    clobbered: list


@dataclass(frozen=True)
class Const:
    name: str
    value: int
    doc: str
    hex: bool = False

    @property
    def spelled(self):
        return f"{self.value:#x}" if self.hex or self.value >> 32 else str(self.value)


@dataclass(frozen=True)
class Value:
    """A named number: a status, a counter, or a member of an enumeration."""
    name: str
    value: int
    doc: str


@dataclass(frozen=True)
class Feature:
    name: str
    bit: int
    doc: str


@dataclass(frozen=True)
class Enum:
    name: str
    doc: str
    values: list

    @property
    def prefix(self):
        return f"RB_{self.name.upper()}_"


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a call and a page-table operation have in common.

    errors: status -> name of a cause -> the cause. says: name -> a sentence about what happens on success. keeps: status -> what
    stays changed although it was returned.
    """
    name: str
    doc: str
    says: dict
    errors: dict = field(default_factory=dict)
    keeps: dict = field(default_factory=dict)
    before: str
    atomicity: str
    time: str
    repeat: str
    tlb: str = ""
    example: str


@dataclass(frozen=True, kw_only=True)
class Op(Service):
    """word: what frame, index and count mean here."""
    value: int
    value_doc: str
    word: dict


@dataclass(frozen=True)
class Bits:
    """Bits low to low + width - 1 of a field; minus_one: they hold the number less one."""
    name: str
    low: int
    width: int
    doc: str
    minus_one: bool = False

    @property
    def range(self):
        high = self.low + self.width - 1
        return f"{high}:{self.low}" if self.width > 1 else str(self.low)


@dataclass(frozen=True)
class Field:
    name: str
    offset: int
    type: str
    doc: str
    count: int = 1
    bits: list = field(default_factory=list)


@dataclass(frozen=True)
class Struct:
    name: str
    size: int
    doc: str
    fields: list

    @property
    def prefix(self):
        return f"RB_{self.name.upper()}_"


@dataclass(frozen=True)
class Note:
    name: str
    type: int
    doc: str


@dataclass(frozen=True)
class Arg:
    name: str
    type: str
    doc: str
    min: int = 0
    max: int = 2**64 - 1
    align: int = 1
    canonical: bool = False
    zero: bool = False


@dataclass(frozen=True, kw_only=True)
class Call(Service):
    """hot: the dispatch looks for it first; no part of the interface."""
    nr: int
    family: str
    since: str
    args: list
    result: str = ""
    caller: str = "any domain's kernel"
    hot: bool = False

    @property
    def number(self):
        return f"RB_HC_{self.name.upper()}"

    @property
    def since_word(self):
        major, minor = self.since.split(".")
        return int(major) << 16 | int(minor)


@dataclass(frozen=True)
class Interface:
    """The whole source."""
    source: str
    abi: About
    consts: list
    statuses: list
    features: list
    enums: list
    counters: list
    ops: list
    structs: list
    notes: list
    calls: list
    costs: dict = field(default_factory=dict)

    def enum(self, name):
        return next((e for e in self.enums if e.name == name), None)

    def struct(self, name):
        return next((s for s in self.structs if s.name == name), None)

    def size_of(self, type_name):
        return SCALARS[type_name] if type_name in SCALARS else self.struct(type_name).size

    def const(self, name):
        return next(c.value for c in self.consts if c.name == name)

# SPDX-License-Identifier: GPL-2.0-only
"""Words for the numbers of a trace.

Everything of the interface (calls, arguments, statuses, operations, types of events, virtual vectors) is read from its source, abi/source; kinds of
records, reasons of entries and physical vectors from the hypervisor's headers. No name is written here.
"""
import os
import pathlib
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

sys.path.insert(0, os.path.join(TOP, "abi"))
sys.dont_write_bytecode = True

from generator import source  # noqa: E402


def header(path, pattern):
    """{number: name} of what a header of the hypervisor defines."""
    with open(os.path.join(TOP, "hypervisor", path), encoding="utf-8") as file:
        return {int(number, 0): name.lower() for name, number in re.findall(pattern, file.read(), re.M)}


def number(value):
    return str(value) if value < 10000 else f"{value:#x}"


class Names:
    def __init__(self):
        self.interface = source.load(pathlib.Path(TOP, "abi", "source"))
        self.calls = {call.nr: call for call in self.interface.calls}
        self.statuses = {status.value: status.name for status in self.interface.statuses}
        self.operations = {op.value: op.name for op in self.interface.ops}
        self.event_types = {value.value: value.name for value in self.interface.enum("event_type").values}
        self.vectors = {const.value: const.name.removeprefix("VECTOR_").lower() for const in self.interface.consts
                        if const.name.startswith("VECTOR_") and const.name != "VECTOR_FIRST"}
        self.kinds = header("mm/trace.h", r"^\tTRACE_(\w+) = (\d+),")
        self.reasons = header("x86/gate.h", r"^#define REASON_(\w+)\s+(0x\w+)")
        self.machine_vectors = header("dev/lapic.h", r"^#define VECTOR_(\w+)\s+(0x\w+)") | \
            {first + irq: f"irq{irq}" for first in header("dev/pic.h", r"^#define (PIC_VECTOR_FIRST)\s+(\w+)") for irq in range(16)}

    def status(self, value):
        return self.statuses.get(value, str(value))

    def call(self, value):
        return self.calls[value].name if value in self.calls else f"call_{value}"

    def what(self, kind, value):
        """Word for what a record of this kind is about; "" where it says nothing."""
        name = self.kinds.get(kind, "")
        if name == "hypercall":
            return self.call(value)
        if name in ("interrupt", "idle_interrupt"):
            return self.machine_vectors.get(value, f"vector {value:#x}")
        if name == "exception":
            return self.reasons.get(value, f"vector {value}")
        if name == "event":
            return self.event(value >> 8, value & 0xff)
        if name == "raise":
            return self.vectors.get(value, f"vector {value:#x}")
        if name == "operation":
            return self.operations.get(value, f"operation {value}")
        return ""

    def event(self, event_type, vector):
        name = self.vectors.get(vector, f"{vector:#x}") if self.event_types.get(event_type) == "INTERRUPT" else str(vector)
        return f"{self.event_types.get(event_type, event_type)} {name}"

    def argument(self, argument, value):
        enum = self.interface.enum(argument.type)
        words = {item.value: item.name for item in enum.values} if enum else {}
        return words.get(value, number(value))

    def arguments(self, value, words):
        """A call's arguments, as far as a record has them."""
        arguments = self.calls[value].args if value in self.calls else []
        shown = [f"{argument.name} {self.argument(argument, word)}" for argument, word in zip(arguments, words)]
        return ", ".join(shown + ["..."] * (len(arguments) > len(words)))

    def operation(self, word):
        """The fields of an operation's word but its code."""
        fields = next(field for field in self.interface.struct("pt_op").fields if field.name == "word").bits
        return " ".join(f"{bits.name} {number((word >> bits.low & (1 << bits.width) - 1) + bits.minus_one)}" for bits in reversed(fields) if bits.name != "code")

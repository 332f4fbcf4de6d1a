# SPDX-License-Identifier: GPL-2.0-only
"""Programs as their ELF files describe them: where their symbols are, and how their variables lie in memory.

Responsible for turning a name like `cpus[0].trusted.hv_cr3` into bytes of memory, by the debugging information that the compiler wrote; so nobody
who looks into a program from outside writes down an offset or an address. Not for whose memory that is: a reader of bytes is given.
"""
import re

from elftools.elf.elffile import ELFFile

STRUCTURES = ("DW_TAG_structure_type", "DW_TAG_union_type")


class Type:
    """What a program's type is, as far as reading memory needs it."""

    def __init__(self, kind, size=0, signed=False, to=None, fields=None):
        self.kind, self.size, self.signed, self.to, self.fields = kind, size, signed, to, fields


class Value:
    """A variable of a type at an address: fields by name, elements by index, pointers followed; int() for what holds a number."""

    def __init__(self, read, kind, address):
        self._read, self._type, self.address = read, kind, address

    def __int__(self):
        return int.from_bytes(self.bytes(), "little", signed=self._type.signed)

    @property
    def size(self):
        return self._type.size

    def bytes(self):
        return self._read(self.address, self._type.size)

    def follow(self):
        """What a pointer points to."""
        return Value(self._read, self._type.to, int(self))

    def __getattr__(self, name):
        if self._type.kind == "pointer":
            return getattr(self.follow(), name)
        try:
            offset, kind = self._type.fields[name]
        except (KeyError, TypeError):
            raise AttributeError(f"there is no field {name}") from None
        return Value(self._read, kind, self.address + offset)

    def __getitem__(self, index):
        base = int(self) if self._type.kind == "pointer" else self.address
        if self._type.kind == "array" and not 0 <= index < len(self):
            raise IndexError(index)
        return Value(self._read, self._type.to, base + index * self._type.to.size)

    def __len__(self):
        return self._type.size // self._type.to.size

    def copy(self):
        """The variable as it is now, read at once."""
        data = self.bytes()
        return Value(lambda address, count: data[address - self.address:address - self.address + count], self._type, self.address)

    def plain(self):
        """As Python's numbers, lists and dictionaries; pointers as numbers."""
        if self._type.kind == "array":
            return [self[i].plain() for i in range(len(self))]
        if self._type.kind == "struct":
            return {name: getattr(self, name).plain() for name in self._type.fields}
        return int(self)

    def field_span(self, name):
        """First byte and length of a field."""
        offset, kind = self._type.fields[name]
        return self.address + offset, kind.size


class Image:
    """An ELF file. types_of: a file with the debugging information, if it is another."""

    def __init__(self, path, types_of=None):
        self.path = path
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self.segments = [(s["p_vaddr"], s["p_paddr"], s.data()) for s in elf.iter_segments("PT_LOAD")]
            self.symbols = {s.name: (s["st_value"], s["st_size"]) for s in elf.get_section_by_name(".symtab").iter_symbols() if s.name}
        self._variables, self._types, self._structures = {}, {}, {}
        with open(types_of or path, "rb") as file:
            self._dwarf_read(ELFFile(file))

    def address(self, name):
        return self.symbols[name][0]

    def symbol(self, name):
        """(address, size) of a variable whose name nothing else has; the compiler numbers those that belong to a function."""
        found = [symbol for symbol in self.symbols if symbol == name or re.fullmatch(re.escape(name) + r"\.\d+", symbol)]
        if len(found) != 1:
            raise SystemExit(f"{self.path}: {len(found)} variables are called {name}")
        return self.symbols[found[0]]

    def variable(self, name, read):
        return Value(read, self._variables[name], self.address(name))

    # ---------------------------------------------------------------- debugging information
    def _dwarf_read(self, elf):
        if not elf.has_dwarf_info():
            raise SystemExit(f"{self.path}: no debugging information in it")
        units = list(elf.get_dwarf_info().iter_CUs())
        for unit in units:
            for die in unit.get_top_DIE().iter_children():
                if die.tag in STRUCTURES and "DW_AT_name" in die.attributes and "DW_AT_declaration" not in die.attributes:
                    self._structures.setdefault(die.attributes["DW_AT_name"].value, die)
        for unit in units:
            for die in unit.get_top_DIE().iter_children():
                if die.tag == "DW_TAG_variable" and "DW_AT_name" in die.attributes and "DW_AT_type" in die.attributes:
                    name = die.attributes["DW_AT_name"].value.decode()
                    if name in self.symbols and self._is_defined(die, name):
                        self._variables[name] = self._type(die.get_DIE_from_attribute("DW_AT_type"))

    def _is_defined(self, die, name):
        """Not a declaration whose array has no length while the definition has."""
        return "DW_AT_declaration" not in die.attributes or name not in self._variables

    def _type(self, die):
        if die.tag in STRUCTURES and "DW_AT_declaration" in die.attributes:     # what it is another file says
            die = self._structures.get(die.attributes["DW_AT_name"].value, die)
        if die.offset not in self._types:
            self._types[die.offset] = Type("unknown")       # before it is known: it may contain itself
            self._fill(self._types[die.offset], die)
        return self._types[die.offset]

    @staticmethod
    def _count(dimension):
        if "DW_AT_count" in dimension.attributes:
            return dimension.attributes["DW_AT_count"].value
        return dimension.attributes["DW_AT_upper_bound"].value + 1 if "DW_AT_upper_bound" in dimension.attributes else 0

    def _to(self, die):
        if "DW_AT_type" not in die.attributes:
            return Type("void", 1)
        return self._type(die.get_DIE_from_attribute("DW_AT_type"))

    def _fill(self, made, die):
        size = die.attributes["DW_AT_byte_size"].value if "DW_AT_byte_size" in die.attributes else 0
        if die.tag == "DW_TAG_pointer_type":
            made.kind, made.size = "pointer", 8     # before what it points to, which may lead back here
            made.to = self._to(die)
        elif die.tag in STRUCTURES:
            made.kind, made.size, made.fields = "struct", size, {}
            self._fields(made.fields, die, 0)
        elif die.tag == "DW_TAG_array_type":
            element = self._to(die)
            *outer, count = [self._count(child) for child in die.iter_children()]
            made.kind, made.to, made.size = "array", element, element.size * count
            for count in reversed(outer):
                inner = Type("array", made.size, to=made.to)
                made.to, made.size = inner, inner.size * count
        elif die.tag in ("DW_TAG_base_type", "DW_TAG_enumeration_type"):
            encoding = die.attributes.get("DW_AT_encoding")
            made.kind, made.size, made.signed = "number", size, bool(encoding) and encoding.value in (5, 6)
        else:       # const, volatile, typedef, function
            to = self._to(die)
            made.kind, made.size, made.signed, made.to, made.fields = to.kind, to.size, to.signed, to.to, to.fields

    def _fields(self, fields, die, base):
        for child in die.iter_children():
            if child.tag != "DW_TAG_member":
                continue
            location = child.attributes.get("DW_AT_data_member_location")
            offset = base + (location.value if location else 0)
            if "DW_AT_name" in child.attributes:
                fields[child.attributes["DW_AT_name"].value.decode()] = (offset, self._to(child))
            else:       # an anonymous one: its fields are ours
                inner = child.get_DIE_from_attribute("DW_AT_type")
                self._fields(fields, inner, offset)

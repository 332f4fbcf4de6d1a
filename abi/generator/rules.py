# SPDX-License-Identifier: MIT
"""What the dispatch can say about one argument without looking at any state.

Responsible for the meaning of argument types and limits, once for all views: the condition in C
(dispatch), the words (reference), and edge values with a verdict (conformance vectors). The verdict
is computed by a predicate written apart from the condition in C, so that the vectors test the latter.
"""
from dataclasses import dataclass, field
from typing import Callable

ALL_ONES = 2**64 - 1
GFN_BITS = 40
GPA_BITS = 52


@dataclass(frozen=True)
class Rule:
    words: str                          # "at most 4096"
    refuse: str                         # C condition for refusal, of {x}
    accepts: Callable
    edges: list = field(default_factory=list)


def number(value):
    """As a reader wants it: masks in hexadecimal."""
    return f"{value:#x}" if value >= 0xffff else str(value)


def is_canonical(value):
    return value < 1 << 47 or value >= 2**64 - (1 << 47)


def below_bits(bits):
    return Rule(f"below 2^{bits}", f"{{x}} >> {bits}", lambda x: x < 1 << bits, [(1 << bits) - 1, 1 << bits])


def kernel_address(start, zero):
    edges = [1, (1 << 47) - 1, 1 << 47, 2**64 - (1 << 47), start - 1, start]
    if zero:
        return Rule("zero, or a kernel address (at or above `GATE_END`)", "{x} && {x} < RB_GATE_END",
                    lambda x: x == 0 or x >= start, edges)
    return Rule("a kernel address (at or above `GATE_END`)", "{x} < RB_GATE_END", lambda x: x >= start, edges)


def is_contiguous(enum):
    return [v.value for v in enum.values] == list(range(len(enum.values)))


def member(enum):
    values = [v.value for v in enum.values]
    if is_contiguous(enum):
        condition = f"{{x}} > {enum.prefix}{enum.values[-1].name}"
    else:
        condition = " && ".join(f"{{x}} != {enum.prefix}{v.name}" for v in enum.values)
    return Rule(f"a value of `{enum.name}`", condition, lambda x: x in values,
                [*values, *[v + 1 for v in values], 1 << 32 | values[0]])


def limits(arg):
    """The rules of min, max, align and canonical."""
    if arg.min > 0:
        yield Rule(f"at least {number(arg.min)}", f"{{x}} < {number(arg.min)}", lambda x: x >= arg.min,
                   [arg.min - 1, arg.min])
    if arg.max < ALL_ONES:
        yield Rule(f"at most {number(arg.max)}", f"{{x}} > {number(arg.max)}", lambda x: x <= arg.max,
                   [arg.max, arg.max + 1, 1 << 32 | arg.min])
    if arg.align > 1:
        yield Rule(f"a multiple of {arg.align}", f"{{x}} & {arg.align - 1:#x}", lambda x: x % arg.align == 0,
                   [1, arg.align // 2, arg.align, ALL_ONES - arg.align + 1])
    if arg.canonical:
        yield Rule("a canonical address", "!is_canonical({x})", is_canonical,
                   [(1 << 47) - 1, 1 << 47, 2**64 - (1 << 47) - 1, 2**64 - (1 << 47)])


def rules_of(arg, interface):
    """All rules of an argument."""
    if arg.type == "gfn":
        return [below_bits(GFN_BITS), *limits(arg)]
    if arg.type == "gpa":
        return [below_bits(GPA_BITS), *limits(arg)]
    if arg.type == "kva":
        return [kernel_address(interface.const("GATE_END"), arg.zero), *limits(arg)]
    if arg.type == "u64":
        return list(limits(arg))
    return [member(interface.enum(arg.type))]


def edge_values(arg, interface):
    """Pairs (value, accepted): the edges of every rule, themselves and rounded down to the alignment."""
    rules = rules_of(arg, interface)
    edges = {0, ALL_ONES}.union(*[r.edges for r in rules])
    edges |= {e // arg.align * arg.align for e in edges}
    return [(e, all(r.accepts(e) for r in rules)) for e in sorted(edges)]


def good_value(arg, interface):
    return next(value for value, accepted in edge_values(arg, interface) if accepted)


def words_of(arg, interface):
    return ", ".join(r.words for r in rules_of(arg, interface))


def limits_cause(call, interface):
    """The cause of INVAL that the dispatch adds, or None: every value of every register may reach the handler."""
    limited = any(rules_of(arg, interface) for arg in call.args)
    if not limited and len(call.args) == len(interface.abi.argument_registers):
        return None
    unused = "a register that carries no argument is not zero"
    return f"an argument breaks its limits, or {unused}" if limited else unused

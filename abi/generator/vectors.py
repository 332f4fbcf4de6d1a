# SPDX-License-Identifier: MIT
"""vectors.h: argument arrays with the verdict of the stateless checks, for tests of the dispatch.

Responsible for both sides of every written limit and for every unused register. A wrong limit in the
source is wrong here too: review of the source and tests in guests are what finds those.
"""
from . import text
from .rules import edge_values, good_value

GUARD = "RINGBOLT_VECTORS_H"
PURPOSE = ["Conformance vectors: does the dispatch accept these arguments without looking at any state?",
           "One argument differs from a well-formed call in each. For host tests with handlers that return RB_OK: RB_OK for "
           "those that pass, RB_INVAL or RB_NOSYS as said for the others, and then no handler is called."]

SHAPE = """\
#include "ringbolt.h"

struct rb_vector {
	uint64_t nr;
	uint64_t arg[6];
	enum rb_status status;	/* RB_OK: reaches the handler */
	const char *what;
};

static const struct rb_vector rb_vectors[] = {""".splitlines()


def row(number, args, status, what):
    values = ", ".join(f"{a:#x}" for a in args)
    return f'\t{{ {number}, {{ {values} }}, RB_{status}, "{what}" }},'


def of_call(call, i):
    count = len(i.abi.argument_registers)
    good = [good_value(a, i) for a in call.args] + [0] * (count - len(call.args))

    def changed(place, value):
        return good[:place] + [value] + good[place + 1:]

    lines = [row(call.number, good, "OK", f"{call.name}: well-formed")]
    for place, arg in enumerate(call.args):
        for value, accepted in edge_values(arg, i):
            if value != good[place]:
                status = "OK" if accepted else "INVAL"
                lines.append(row(call.number, changed(place, value), status, f"{call.name}: {arg.name} {value:#x}"))
    for place in range(len(call.args), count):
        register = i.abi.argument_registers[place]
        for value in (1, 1 << 63):
            lines.append(row(call.number, changed(place, value), "INVAL", f"{call.name}: unused {register} {value:#x}"))
    return lines


def of_no_call(i):
    zeros = [0] * len(i.abi.argument_registers)
    return [row(f"{nr:#x}", zeros, "NOSYS", f"no call {nr:#x}") for nr in (len(i.calls), 1 << 32, 1 << 63, 2**64 - 1)]


def write(i):
    lines = text.opening(i.source, PURPOSE, GUARD) + SHAPE
    for call in i.calls:
        lines += of_call(call, i)
    lines += [*of_no_call(i), "};", "", "#define RB_NR_VECTORS (sizeof(rb_vectors) / sizeof(rb_vectors[0]))"]
    return lines + text.closing(GUARD)

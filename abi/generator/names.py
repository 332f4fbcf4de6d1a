# SPDX-License-Identifier: MIT
"""names.h and names.c: numbers to words, for traces, logs and tools.

Responsible for diagnostics only; nothing decides by a name.
"""
from . import text

GUARD = "RINGBOLT_NAMES_H"
PURPOSE_H = "Names of calls, statuses, counters and page-table operations, for diagnostics. Never NULL: \"?\" if there is no such number."
PURPOSE_C = "Names of calls, statuses, counters and page-table operations. See names.h."


def functions(i):
    """(prototype, rows of (case, name)) of each function."""
    return [
        ("const char *rb_call_name(uint64_t nr)", "nr", [(c.number, c.name) for c in i.calls]),
        ("const char *rb_status_name(int64_t status)", "status", [(f"RB_{s.name}", s.name) for s in i.statuses]),
        ("const char *rb_counter_name(uint64_t counter)", "counter", [(f"RB_COUNTER_{c.name}", c.name.lower()) for c in i.counters]),
        ("const char *rb_op_name(uint64_t op)", "op", [(f"RB_OP_{o.name}", o.name) for o in i.ops]),
    ]


def write_header(i):
    lines = text.opening(i.source, PURPOSE_H, GUARD) + ['#include "ringbolt.h"', ""]
    lines += [f"{prototype};" for prototype, _, _ in functions(i)]
    return lines + text.closing(GUARD)


def body(prototype, variable, rows):
    lines = ["", prototype, "{", f"\tswitch ({variable}) {{"]
    for case, name in rows:
        lines += [f"\tcase {case}:", f'\t\treturn "{name}";']
    return [*lines, "\tdefault:", '\t\treturn "?";', "\t}", "}"]


def write_code(i):
    lines = text.opening(i.source, PURPOSE_C) + ['#include "names.h"']
    for function in functions(i):
        lines += body(*function)
    return lines

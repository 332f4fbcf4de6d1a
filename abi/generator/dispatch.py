# SPDX-License-Identifier: MIT
"""dispatch.h and dispatch.c: from registers to a handler, on the hypervisor's side.

Responsible for every check that needs no state. A handler is called only with arguments that keep
their written limits. There is no table of functions: the hypervisor makes no indirect calls, and a
switch compiled without jump tables is a tree of comparisons.
"""
from . import text
from .calls import c_type
from .rules import rules_of, words_of

GUARD = "RINGBOLT_DISPATCH_H"
PURPOSE_H = ["The hypervisor's side of the calls: arguments and prototypes of the handlers.",
             "A handler sees only arguments that keep the limits written beside them; all else is its own to check. *result is "
             "zero when it is called. hypercall_dispatch() is the only caller."]
PURPOSE_C = ["From registers to a handler: choose by number, check what needs no state, call.",
             "Responsible for nothing that looks at the domain. Compile with -fno-jump-tables: then no branch is indirect."]


# ---------------------------------------------------------------- dispatch.h

def arguments(call, interface):
    lines = [f"struct hc_{call.name}_args {{"]
    for arg in call.args:
        words = words_of(arg, interface)
        lines += text.beside(f"\t{c_type(arg, interface)} {arg.name};", f"{arg.doc}{f'; checked: {words}' if words else ''}")
    return [*lines, "};"]


def prototype(call):
    params = ["struct vcpu *v"]
    params += [f"const struct hc_{call.name}_args *a"] if call.args else []
    params += ["uint64_t *result"] if call.result else []
    return f"enum rb_status hc_{call.name}({', '.join(params)});"


def write_header(i):
    lines = text.opening(i.source, PURPOSE_H, GUARD)
    lines += ['#include "ringbolt.h"', "", "struct vcpu;", ""]
    lines += text.comment(["Make call nr for a vCPU. The status is the call's; *result is its result, or zero.",
                           "NOSYS if there is no such call; INVAL if an argument breaks its limits or an unused register is not zero."])
    lines += ["enum rb_status hypercall_dispatch(struct vcpu *v, uint64_t nr, const uint64_t arg[6], uint64_t *result);", ""]
    lines += text.comment("The version that brought a call, major in bits 31:16 and minor in bits 15:0, or zero: there is no such call.")
    lines += ["uint32_t hypercall_since(uint64_t nr);"]
    for call in i.calls:
        results = [f"result: {call.result}"] if call.result else []
        errors = [f"RB_{name}: {'; '.join(causes.values())}" for name, causes in call.errors.items()]
        lines += ["", *text.comment([call.doc, *results, *errors])]
        lines += (arguments(call, i) if call.args else []) + [prototype(call)]
    return lines + text.closing(GUARD)


# ---------------------------------------------------------------- dispatch.c

def unused(call, abi):
    registers = [f"arg[{n}]" for n in range(len(call.args), len(abi.argument_registers))]
    return [f"\tif ({' | '.join(registers)})", "\t\treturn RB_INVAL;"] if registers else []


def decode(call, interface):
    """The function that checks and calls. Arguments are read from the array once."""
    lines = ["", f"static inline enum rb_status call_{call.name}(struct vcpu *v, const uint64_t arg[6], uint64_t *result)", "{"]
    for n, arg in enumerate(call.args):
        lines.append(f"\tconst uint64_t {arg.name} = arg[{n}];")
    if call.args:
        kind = f"struct hc_{call.name}_args"
        values = ", ".join(f".{a.name} = {'(' + c_type(a, interface) + ')' if interface.enum(a.type) else ''}{a.name}" for a in call.args)
        lines += [f"\tconst {kind} a = {{ {values} }};", ""]
    lines += [] if call.result else ["\t(void)result;"]
    lines += unused(call, interface.abi)
    for arg in call.args:
        for rule in rules_of(arg, interface):
            lines += [f"\tif ({rule.refuse.format(x=arg.name)})", "\t\treturn RB_INVAL;"]
    passed = ["v"] + (["&a"] if call.args else []) + (["result"] if call.result else [])
    return lines + [f"\treturn hc_{call.name}({', '.join(passed)});", "}"]


def uses_canonical(i):
    return any(arg.canonical for call in i.calls for arg in call.args)


CANONICAL = """\
/* Bits 63:47 are the same. */
static inline int is_canonical(uint64_t address)
{
	return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}""".splitlines()


def choose(i):
    """The hot calls by one comparison each, in the order of the file; the others by a tree."""
    lines = ["enum rb_status hypercall_dispatch(struct vcpu *v, uint64_t nr, const uint64_t arg[6], uint64_t *result)", "{",
             "\t*result = 0;"]
    for call in (c for c in i.calls if c.hot):
        lines += [f"\tif (nr == {call.number})", f"\t\treturn call_{call.name}(v, arg, result);"]
    lines += ["\tswitch (nr) {"]
    for call in (c for c in i.calls if not c.hot):
        lines += [f"\tcase {call.number}:", f"\t\treturn call_{call.name}(v, arg, result);"]
    return [*lines, "\tdefault:", "\t\treturn RB_NOSYS;", "\t}", "}"]


def since(i):
    """Calls are numbered in the order of their versions: one comparison per version."""
    lines = ["uint32_t hypercall_since(uint64_t nr)", "{"]
    for word in sorted({c.since_word for c in i.calls}):
        last = max(c.nr for c in i.calls if c.since_word == word)
        lines += [f"\tif (nr <= {i.calls[last].number})", f"\t\treturn {word:#x};"]
    return [*lines, "\treturn 0;", "}"]


def write_code(i):
    lines = text.opening(i.source, PURPOSE_C) + ['#include "dispatch.h"', ""]
    lines += CANONICAL if uses_canonical(i) else []
    for call in i.calls:
        lines += decode(call, i)
    return [*lines, "", *choose(i), "", *since(i)]

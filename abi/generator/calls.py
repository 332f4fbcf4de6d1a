# SPDX-License-Identifier: MIT
"""ringbolt-calls.h: how a guest makes the calls.

Responsible for one inline function per call, and for the one piece of assembly beneath them. The
registers come from the source: what the assembly declares as changed is what the reference promises.
"""
from . import text
from .rules import words_of
from .statements import errors

GUARD = "RINGBOLT_CALLS_H"
PURPOSE = ["How a guest kernel calls Ringbolt: one function per call.",
           "Each returns the call's status (RB_OK or a negative enum rb_status) and stores its result, if it has one, whatever the "
           "status. Registers that carry no argument are zero, as the hypervisor demands. Callers must run in the guest "
           "kernel: from user space the same instruction is a system call."]

PREAMBLE = """\
#include "ringbolt.h"

/* A program may choose how these functions are inlined, and what stands for the instruction (annotations, a test's fake). */
#ifndef RB_INLINE
#ifdef __always_inline
#define RB_INLINE __always_inline
#else
#define RB_INLINE inline __attribute__((always_inline))
#endif
#endif
#ifndef RB_HYPERCALL_INSTRUCTION
#define RB_HYPERCALL_INSTRUCTION "syscall"
#endif""".splitlines()


def pick(abi, names):
    return ", ".join(names) if names else "none"


def gate(abi):
    """The one function that executes the instruction."""
    registers = [abi.number_register, *abi.argument_registers]
    values = ["nr", *[f"arg{n}" for n in range(len(abi.argument_registers))]]
    params = ", ".join(f"uint64_t {v}" for v in values)
    doc = [f"Call number nr with all argument registers: {', '.join(registers)}.",
           f"Status in {abi.status_register}, result in {abi.result_register}; {pick(abi, abi.zeroed)} come back zero; "
           f"{pick(abi, abi.clobbered)} are lost; the others are kept."]
    lines = text.comment(doc) + [f"static RB_INLINE long rb_hypercall6({params}, uint64_t *result)", "{"]
    lines += [f"\tregister uint64_t {r} __asm__(\"{r}\") = {v};" for r, v in zip(registers, values)]
    outputs = ", ".join(f'"+r"({r})' for r in registers)
    clobbers = ", ".join(f'"{c}"' for c in [*abi.clobbered, "memory"])
    lines += ["", "\t__asm__ volatile(RB_HYPERCALL_INSTRUCTION", f"\t\t: {outputs}", "\t\t:", f"\t\t: {clobbers});"]
    return lines + [f"\t*result = {abi.result_register};", f"\treturn (long){abi.status_register};", "}"]


def shorter(abi, count):
    """The same with fewer arguments; the other registers are zero."""
    args = [f"arg{n}" for n in range(count)]
    params = ", ".join(f"uint64_t {a}" for a in ["nr", *args])
    zeros = ["0"] * (len(abi.argument_registers) - count)
    return [f"static RB_INLINE long rb_hypercall{count}({params}, uint64_t *result)", "{",
            f"\treturn rb_hypercall6({', '.join(['nr', *args, *zeros])}, result);", "}"]


def c_type(arg, interface):
    return f"enum rb_{arg.type}" if interface.enum(arg.type) else "uint64_t"


def doc(call, interface):
    lines = [f"{call.nr} {call.name}, since {call.since}. {call.doc}"]
    for arg in call.args:
        words = words_of(arg, interface)
        lines.append(f"{arg.name}: {arg.doc}{f' ({words})' if words else ''}")
    if call.result:
        lines.append(f"result: {call.result}")
    return lines + [f"RB_{name}: {cause}" for name, cause in errors(call, interface)]


def prototype(call, interface):
    params = [f"{c_type(a, interface)} {a.name}" for a in call.args] + (["uint64_t *result"] if call.result else [])
    return f"rb_{call.name}({', '.join(params) or 'void'})"


def stub(call, interface):
    values = ", ".join([call.number, *[a.name for a in call.args], "result" if call.result else "&none"])
    lines = ["", *text.comment(doc(call, interface)),
             f"static RB_INLINE long {prototype(call, interface)}", "{"]
    lines += [] if call.result else ["\tuint64_t none;", ""]
    return lines + [f"\treturn rb_hypercall{len(call.args)}({values});", "}"]


def write(i):
    lines = text.opening(i.source, PURPOSE, GUARD) + PREAMBLE + ["", *gate(i.abi)]
    for count in reversed(range(len(i.abi.argument_registers))):
        lines += ["", *shorter(i.abi, count)]
    for call in i.calls:
        lines += stub(call, i)
    return lines + text.closing(GUARD)

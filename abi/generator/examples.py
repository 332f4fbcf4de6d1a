# SPDX-License-Identifier: MIT
"""examples.h: the examples of the reference as C functions, to be compiled and run.

Responsible for what stands around the bodies that the source has. They use the guest library (guest-lib/guest.h).
"""
from . import text
from .statements import example

GUARD = "RINGBOLT_EXAMPLES_H"
PURPOSE = ["The examples of the reference: one function for each call and operation, true if all went as the example says.",
           "For one test guest, whose kernel is the guest library's. Each starts with events disabled, and leaves them so. That of "
           "shutdown ends the domain."]

# What several examples use; the reference shows it once.
SHARED = """\
/* Counts the virtual vectors that come. */
static volatile unsigned example_events;

static void example_handler(struct guest_regs *regs, unsigned vector)
{
	example_events++;
}

/* Writes there: for guest_catch. */
static void example_touch(void *where)
{
	++*(volatile uint64_t *)where;
}""".splitlines()

LIST = """\
struct rb_example {
	const char *id;		/* as in statements.tsv */
	bool (*run)(void);
};

static const struct rb_example rb_examples[] = {""".splitlines()


def services(i):
    return [*i.calls, *i.ops]


def function_name(service):
    return f"example_{example(service).id.rsplit('.', 1)[0].replace('.', '_')}"


def function(service):
    """The example of a call or operation, as the reference shows it and tests run it."""
    return [f"static bool {function_name(service)}(void)", "{", *service.example.splitlines(), "}"]


def write(i):
    lines = text.opening(i.source, PURPOSE, GUARD) + ['#include "guest.h"', "", *SHARED, ""]
    for service in services(i):
        lines += [*function(service), ""]
    rows = [f'\t{{ "{example(s).id}", {function_name(s)} }},' for s in services(i)]
    lines += [*LIST, *rows, "};", "", "#define RB_NR_EXAMPLES (sizeof(rb_examples) / sizeof(rb_examples[0]))"]
    return lines + text.closing(GUARD)

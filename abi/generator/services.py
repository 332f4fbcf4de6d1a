# SPDX-License-Identifier: MIT
"""The sections that the pages of calls and of operations have in common, in their order.

Responsible for what the tests, the costs and the texts of a call or operation look like; calls and operations open their pages in
pages_calls.py and pages_ops.py.
"""
from . import markdown as md
from . import statements

NOTHING_CHANGED = "When it is refused, nothing has changed."


def keeps(service, status):
    kept = service.keeps.get(status)
    return [f"Stays changed: {kept}.", ""] if kept else []


def errors(service, interface):
    lines = []
    values = {s.name: s.value for s in interface.statuses}
    for status, causes in statements.causes(service, interface).items():
        lines += [f"### {status}", "", f"`RB_{status}`, {values[status]}:", ""]
        for cause in causes:
            lines += md.statement(cause)
        lines += keeps(service, status)
    rule = NOTHING_CHANGED if not service.keeps else "When it is refused, nothing has changed but what is said below."
    return [rule, "", *lines] if lines else ["None.", ""]


def cost(service, interface):
    """Instructions, as docs/reference/costs.tsv has them."""
    measured = interface.costs.get(statements.prefix(service), [])
    return md.table(["variant", "instructions"], measured or [("-", "-")])


def text(words, service, interface, folder):
    """Words about a call or operation, in which the names of other calls are links."""
    return md.linked(words, [c.name for c in interface.calls if c.name != service.name], folder)


def sections(service, interface, folder):
    """All from the preconditions on. folder: where the pages of calls are, from here."""
    before, atomicity, time, repeat, tlb = (text(words, service, interface, folder) for words in (
        service.before, service.atomicity, service.time, service.repeat, service.tlb))
    said = [line for s in statements.says(service) for line in md.statement(s)]
    shown = md.block(["bool example(void)", "{", *service.example.splitlines(), "}"])
    return [*md.section("Preconditions", before),
            *md.section("Postconditions", said),
            *md.section("Errors", errors(service, interface)),
            *md.section("Atomicity", atomicity),
            *md.section("Time", time),
            *md.section("Repetition", repeat),
            *md.section("Translations", tlb),
            *md.section("Cost", "Instructions from the guest's call to its return, as an emulator counts them; no time.", cost(service, interface)),
            *md.section("Example", md.statement(statements.example(service)), shown)]

# SPDX-License-Identifier: MIT
"""Every testable sentence of the interface, with its id.

Responsible for the ids, which tests and pages use. An id names the call, or `op.` and the operation; then the sentence's own name,
with the status before it if the sentence is the cause of one. Ids do not change when a sentence does.
"""
from dataclasses import dataclass

from .model import Call
from .rules import limits_cause

LIMITS = "limits"       # name of the cause that the dispatch adds to INVAL
EXAMPLE = "example"
EXAMPLE_TEXT = "The example does what it shows: it returns true."


@dataclass(frozen=True)
class Statement:
    id: str
    text: str


def prefix(service):
    return service.name if isinstance(service, Call) else f"op.{service.name}"


def says(service):
    return [Statement(f"{prefix(service)}.{name}", text) for name, text in service.says.items()]


def causes(service, interface):
    """Status -> its statements, in the order of the statuses."""
    found = {}
    for status in (s.name for s in interface.statuses):
        named = dict(service.errors.get(status, {}))
        added = limits_cause(service, interface) if status == "INVAL" and isinstance(service, Call) else None
        if added:
            named = {LIMITS: added, **named}
        if named:
            found[status] = [Statement(f"{prefix(service)}.{status}.{name}", text) for name, text in named.items()]
    return found


def errors(service, interface):
    """Pairs (status, its causes in one text)."""
    return [(status, "; ".join(s.text for s in listed)) for status, listed in causes(service, interface).items()]


def example(service):
    return Statement(f"{prefix(service)}.{EXAMPLE}", EXAMPLE_TEXT)


def of_service(service, interface):
    of_errors = [s for listed in causes(service, interface).values() for s in listed]
    return [*says(service), *of_errors, example(service)]


def write(i):
    """statements.tsv: id, tab, text."""
    return [f"{s.id}\t{s.text}" for service in [*i.calls, *i.ops] for s in of_service(service, i)]

# SPDX-License-Identifier: GPL-2.0-only
"""Records and counts as lines for people and as plain data for programs."""
from .names import number
from .rings import NOBODY

CS_USER = 2     # bit of a code selector that user code's have


def who(domain, vcpu):
    return "-" if domain == NOBODY else f"d{domain}v{vcpu}"


def name_of(word):
    return who(word >> 8 & 0xff, word & 0xff)


def place(ip, cs):
    return f"at {ip:#x}, {'user' if cs & CS_USER else 'kernel'}"


class Clock:
    def __init__(self, ring):
        self.start, self.khz = ring.tsc_start, ring.tsc_khz or 1

    def seconds(self, tsc):
        return (tsc - self.start) / (self.khz * 1000)

    def ns(self, cycles):
        return cycles * 1000000 / self.khz


class Show:
    def __init__(self, names, clock):
        self.names, self.clock = names, clock
        self.details = {"hypercall": self.hypercall, "interrupt": self.entry, "exception": self.exception, "event": self.event, "restart": self.restart,
                        "run": self.run, "operation": self.operation, "flush": self.flush, "raise": self.raised}

    # ---------------------------------------------------------------- what the words of each kind are
    def hypercall(self, record):
        names = self.names
        result = f" {number(record.words[4])}" if record.what in names.calls and names.calls[record.what].result else ""
        return f"({names.arguments(record.what, record.words[:4])}) = {names.status(record.status)}{result}"

    def entry(self, record):
        return " " + place(*record.words[:2])

    def exception(self, record):
        frame = f", frame of {self.names.event(record.words[2] >> 16 & 0xf, record.words[2] & 0xff)}, error {record.words[3]:#x}" if record.words[2] else ""
        return " " + place(*record.words[:2]) + frame

    def event(self, record):
        ip, cs, error, data, _ = record.words
        return " " + place(ip, cs) + (f", error {error:#x}, data {data:#x}" if error or data else "")

    def restart(self, record):
        return f" at {record.words[0]:#x}, to {record.words[1]:#x}"

    def run(self, record):
        return f" after {name_of(record.words[0])}"

    def operation(self, record):
        word, value, old, *_ = record.words
        return f" {self.names.operation(word)} value {value:#x} = {self.names.status(record.status)}" + (f" {old:#x}" if old else "")

    def flush(self, record):
        return f" of CPUs {record.words[0]:#x}, of which in their guests {record.words[1]:#x}"

    def raised(self, record):
        return f" for {name_of(record.words[0])}"

    # ---------------------------------------------------------------- lines
    def record(self, record):
        names = self.names
        kind = names.kinds.get(record.kind, f"kind {record.kind}")
        details = self.details.get(kind, lambda _: "")(record)
        took = f"  {self.clock.ns(record.cycles):.0f} ns" if record.cycles else ""
        return f"{self.clock.seconds(record.tsc):12.6f} cpu{record.cpu} {who(record.domain, record.vcpu):6} {kind:14} {names.what(record.kind, record.what)}{details}{took}"

    def count(self, count):
        ns = self.clock.ns
        return (f"{self.names.kinds.get(count.kind, str(count.kind)):14} {self.names.what(count.kind, count.what):24} {count.times:9} {count.refused:8}"
                f" {ns(count.cycles) / 1000:12.0f} {ns(count.cycles) / count.times:9.0f} {ns(count.longest):10.0f}")

    def summary(self, rings, counts):
        yield f"{'kind':14} {'what':24} {'times':>9} {'refused':>8} {'us in all':>12} {'ns each':>9} {'longest':>10}"
        yield from map(self.count, counts)
        yield ""
        for name, value in totals(self.names, counts).items():
            yield f"{name:14} {value}"
        for ring in rings:
            lost = max(0, ring.written - ring.room)
            yield f"cpu{ring.cpu}: {ring.written} records" + (f", the first {lost} overwritten" if lost and ring.room else "")

    # ---------------------------------------------------------------- data
    def record_data(self, record):
        names = self.names
        return {"ns": round(self.clock.ns(record.tsc - self.clock.start)), "took_ns": round(self.clock.ns(record.cycles)), "cpu": record.cpu,
                "domain": None if record.domain == NOBODY else record.domain, "vcpu": None if record.domain == NOBODY else record.vcpu,
                "kind": names.kinds.get(record.kind, record.kind), "what": names.what(record.kind, record.what), "number": record.what,
                "status": names.status(record.status), "words": list(record.words)}

    def count_data(self, count):
        ns = self.clock.ns
        return {"kind": self.names.kinds.get(count.kind, count.kind), "what": self.names.what(count.kind, count.what), "number": count.what, "times": count.times,
                "refused": count.refused, "ns": round(ns(count.cycles)), "longest_ns": round(ns(count.longest))}


def totals(names, counts):
    """The interface's counters that follow from the counts, of all domains together."""
    def times(kind, wanted=lambda what: True, of=lambda count: count.times):
        return sum(of(count) for count in counts if names.kinds.get(count.kind) == kind and wanted(count.what))

    calls, interrupts, exceptions = times("hypercall"), times("interrupt"), times("exception")
    roots = {nr for nr, call in names.calls.items() if call.name == "root_load"}
    return {
        "ENTRIES": calls + interrupts + exceptions, "HYPERCALLS": calls, "INTERRUPTS": interrupts, "EXCEPTIONS": exceptions,
        "EVENTS": times("event", lambda what: what >> 8 == 0), "RESTARTS": times("restart"),
        "PT_OPS": times("operation", of=lambda count: count.times - count.refused), "PT_REFUSED": times("operation", of=lambda count: count.refused),
        "ROOT_LOADS": times("hypercall", roots.__contains__, lambda count: count.times - count.refused),
    }

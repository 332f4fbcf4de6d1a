# SPDX-License-Identifier: GPL-2.0-only
"""What runs of the hostile guest add up to: figures by their names, for people and for programs."""
from world import interface

EXCEPTIONS = {0: "#DE", 1: "#DB", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 7: "#NM", 8: "double fault", 10: "#TS", 11: "#NP", 12: "#SS", 13: "#GP", 14: "#PF",
              16: "#MF", 17: "#AC", 19: "#XM", 32: "vector", 33: "system call"}
DEEDS = ["calls", "runs", "touches", "pokes", "storms", "hostile entries", "races"]
PLAIN = ["nested", "emergencies", "scribbles", "strays", "touched", "refused", "accomplice_deeds", "accomplice_events"]


def add(into, name, count):
    if count:
        into[name] = into.get(name, 0) + count


class Totals:
    def __init__(self):
        self.interface = interface()
        self.runs = {}              # by build and machine
        self.endings = {}
        self.rounds = 0
        self.looks = 0
        self.findings = 0
        self.seconds = self.cpu_seconds = 0.0
        self.calls, self.statuses, self.ops, self.events, self.ended_by, self.deeds, self.other, self.table_ops = {}, {}, {}, {}, {}, {}, {}, {}
        self.rings = {"1": 0, "3": 0}

    def count(self, where, job, outcome):
        add(self.runs, where, 1)
        add(self.endings, outcome.ending or "finding", 1)
        self.looks += outcome.looks
        self.findings += bool(outcome.findings)
        self.seconds += outcome.seconds
        self.cpu_seconds += outcome.cpu_seconds
        figures = outcome.figures
        if figures:
            self.rounds += max(0, min(figures["round"], job.rounds) - job.first)
            self._figures(figures)

    def _figures(self, figures):
        statuses = [s.name for s in self.interface.statuses]
        for number, by_status in enumerate(figures["calls"]):
            name = self.interface.calls[number].name if number < len(self.interface.calls) else "no such call"
            for status, count in enumerate(by_status):
                word = statuses[status] if status < len(statuses) else "another"
                add(self.statuses, word, count)
                add(self.calls.setdefault(name, {}), word, count)
        for code, count in enumerate(figures["ops"]):
            add(self.ops, self.interface.ops[code].name if code < len(self.interface.ops) else "no such operation", count)
        for into, name in ((self.events, "events"), (self.ended_by, "ended_by")):
            for vector, count in enumerate(figures[name]):
                add(into, EXCEPTIONS.get(vector, f"exception {vector}"), count)
        for name, count in zip(DEEDS, figures["deeds"]):
            add(self.deeds, name, count)
        for name in PLAIN:
            add(self.other, name, figures[name])
        add(self.table_ops, "took effect", figures["ops_done"])
        add(self.table_ops, "refused", figures["ops_refused"])
        self.rings["1"] += figures["runs"][0]
        self.rings["3"] += figures["runs"][1]

    def load(self, saved):
        """Goes on from what as_json() gave."""
        vars(self).update(saved)

    def as_json(self):
        return {name: value for name, value in vars(self).items() if name != "interface"}

    def lines(self):
        def row(name, counts):
            return f"{name:20} " + ", ".join(f"{key} {value}" for key, value in sorted(counts.items(), key=lambda item: -item[1]))
        yield (f"{sum(self.runs.values())} runs, {self.rounds} rounds, {self.looks} looks of the watcher, {self.findings} runs with findings, "
               f"{self.cpu_seconds / 3600:.2f} hours of processor time")
        yield row("runs", self.runs)
        yield row("ended", self.endings)
        yield row("deeds", self.deeds)
        yield row("calls", {name: sum(counts.values()) for name, counts in self.calls.items()})
        yield row("statuses", self.statuses)
        yield row("operations asked for", self.ops)
        yield row("operations", self.table_ops)
        yield row("code in ring", self.rings)
        yield row("which ended by", self.ended_by)
        yield row("events", self.events)
        yield row("other", self.other)

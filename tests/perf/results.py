# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmark's numbers amount to: the table, its file, the history, the comparison of two files.

A result is a dictionary as in its JSON file: `format`, `date`, `commit`, `kernel`, `rounds`, and `tables`: unit -> list of rows. A row names an operation
and has `native`, `ringbolt`, `ratio`, `target`, `met`, `debian`, `xen`, `xen_ratio`; what was not measured is null.
"""
import collections
import json
import math
import os

FORMAT = 1
TARGETS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "targets.tsv")
MEAN = "geometric_mean"
Target = collections.namedtuple("Target", "native xen target xen_emulator")
EMULATOR_TARGETS = {"null_syscall": 2.0}


class Bad(Exception):
    """A file that is not a result; the text says what and where."""


def targets_read():
    """Operation -> its row. Of the mean there is no native number."""
    rows = {}
    with open(TARGETS) as file:
        for line in file:
            if line.startswith(("#", "operation")):
                continue
            name, native, *ratios = line.rstrip("\n").split("\t")
            rows[name] = Target(float(native) if native else None, *(float(ratio) if ratio else None for ratio in ratios))
    return rows


def least(boots):
    """The least of several boots, operation by operation."""
    return {name: min(boot[name] for boot in boots) for name in boots[0]} if boots else {}


def mean(ratios):
    ratios = [ratio for ratio in ratios if ratio]
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def quotient(above, below):
    return above / below if above and below else None


def row_make(name, measured, target):
    row = {"operation": name} | {system: measured[system].get(name) for system in ("native", "ringbolt", "debian", "xen")}
    row["ratio"] = quotient(row["ringbolt"], row["native"])
    row["xen_ratio"] = quotient(row["xen"], row["debian"])
    row["target"] = target
    row["met"] = None if row["ratio"] is None or target is None else row["ratio"] <= target
    return row


def table_make(targets, measured, is_emulator):
    """measured: system -> operation -> number."""
    def target(name):
        return EMULATOR_TARGETS.get(name) if is_emulator else targets[name].target

    rows = [row_make(name, measured, target(name)) for name in targets if name in measured["native"]]
    if len(rows) == len(targets) - 1:       # the target of the mean is one for all rows
        total = row_make(MEAN, {system: {} for system in measured}, target(MEAN))
        total["ratio"] = mean(row["ratio"] for row in rows)
        total["xen_ratio"] = mean(row["xen_ratio"] for row in rows)
        total["met"] = None if None in (total["ratio"], total["target"]) else total["ratio"] <= total["target"]
        rows.append(total)
    return rows


def number(value, form):
    return "-" if value is None else format(value, form)


def table_text(rows, unit):
    """For people. Where Xen was not measured, its column is empty."""
    yield f"{'operation':24}{'native':>12}{'Ringbolt':>12}{'ratio':>8}{'target':>8}{'':8}{'Xen':>12}{'ratio':>8}   ({unit})"
    for row in rows:
        met = {None: "", True: "met", False: "MISSED"}[row["met"]]
        yield (f"{row['operation']:24}{number(row['native'], ',.0f'):>12}{number(row['ringbolt'], ',.0f'):>12}{number(row['ratio'], '.2f'):>8}"
               f"{number(row['target'], '.2f'):>8}  {met:6}{number(row['xen'], ',.0f'):>12}{number(row['xen_ratio'], '.2f'):>8}")


def load(path):
    try:
        with open(path) as file:
            result = json.load(file)
    except OSError as error:
        raise Bad(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Bad(f"{path}: not JSON: {error}") from None
    if not isinstance(result, dict) or result.get("format") != FORMAT:
        raise Bad(f"{path}: not a result of the benchmark (format {FORMAT})")
    for unit, rows in result.get("tables", {}).items():
        for place, row in enumerate(rows):
            if not isinstance(row, dict) or "operation" not in row or "ringbolt" not in row or "ratio" not in row:
                raise Bad(f"{path}: tables.{unit}[{place}] is not a row")
    return result


def save(result, path):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path + ".new", "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")
    os.replace(path + ".new", path)


def history_add(result, directory):
    """One file for each run; its name sorts by date."""
    save(result, os.path.join(directory, f"{result['date'].replace(':', '')}-{result['commit']}.json"))


def history_read(directory):
    if not directory or not os.path.isdir(directory):
        return []
    return [load(os.path.join(directory, name)) for name in sorted(os.listdir(directory)) if name.endswith(".json")]


def compare(old, new, unit, threshold):
    """Rows of (operation, old, new, change, is_worse): instructions on Ringbolt, or the ratio where the unit is no count."""
    key = "ringbolt" if unit == "instructions" else "ratio"
    before = {row["operation"]: row[key] for row in old["tables"].get(unit, []) if row[key]}
    after = {row["operation"]: row[key] for row in new["tables"].get(unit, []) if row[key]}
    for name, value in before.items():
        now = after.get(name)
        change = now / value - 1 if now else None
        yield name, value, now, change, now is None or change > threshold

# SPDX-License-Identifier: MIT
"""Measured costs: docs/reference/costs.tsv, lines `call<TAB>variant<TAB>instructions`, which tools/hypercall-bench writes.

Responsible for reading them and refusing what fits no call or operation. Operations are named as in ids: op.SET; what is named path.* is neither, and not
for these pages. A `#` opens a comment.
"""
import re

from .judge import Judge
from .statements import prefix


def read(path, interface):
    """Name of a call or operation -> list of (variant, instructions). Empty if there is no file."""
    known = {prefix(s) for s in [*interface.calls, *interface.ops]}
    costs = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line:
            continue
        judge = Judge(path.name, f"line {number}")
        parts = line.split("\t")
        judge.require(len(parts) == 3, "is not three columns: call, variant, instructions")
        name, variant, instructions = parts
        if name.startswith("path."):
            continue
        judge.require(name in known, f"there is no call or operation '{name}'")
        judge.require(variant != "" and re.fullmatch(r"\d+(\.\d)?", instructions), "needs a variant's name and a number of instructions")
        judge.require(variant not in [v for v, _ in costs.get(name, [])], f"'{variant}' of {name} is there already")
        costs.setdefault(name, []).append((variant, instructions))
    return costs

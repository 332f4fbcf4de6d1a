# SPDX-License-Identifier: MIT
"""How generated C looks: opening lines, comments beside code, aligned definitions.

Responsible for layout only; knows nothing of the interface.
"""
import textwrap

WIDTH = 120
TAB = 8


def opening(source, purpose, guard=None):
    """The first lines of a C file."""
    lines = ["/* SPDX-License-Identifier: MIT */", f"/* generated from {source} - do not edit */", *comment(purpose)]
    return lines + ([f"#ifndef {guard}", f"#define {guard}", ""] if guard else [""])


def closing(guard):
    return ["", f"#endif /* {guard} */"]


def comment(text, indent=""):
    """A comment on lines of its own."""
    paragraphs = [text] if isinstance(text, str) else text
    one = f"{indent}/* {paragraphs[0]} */"
    if len(paragraphs) == 1 and len(one.expandtabs(TAB)) <= WIDTH:
        return [one]
    width = WIDTH - len(indent.expandtabs(TAB)) - 3
    lines = [l for p in paragraphs for l in (textwrap.wrap(p, width, break_long_words=False, break_on_hyphens=False) or [""])]
    return [f"{indent}/*", *[f"{indent} * {l}".rstrip() for l in lines], f"{indent} */"]


def beside(code, doc):
    """Code with its comment on the same line if it fits, else above."""
    line = f"{code}\t/* {doc} */"
    if len(line.expandtabs(TAB)) <= WIDTH:
        return [line]
    indent = code[:len(code) - len(code.lstrip())]
    return [*comment(doc, indent), code]


def defines(rows):
    """Definitions, values aligned. A row is (name, value, doc); doc may be empty."""
    width = max(len(name) for name, _, _ in rows)
    lines = []
    for name, value, doc in rows:
        code = f"#define {name.ljust(width)} {value}"
        lines += beside(code, doc) if doc else [code]
    return lines


def enumeration(tag, rows):
    """A C enumeration. A row is (name, value, doc)."""
    lines = [f"enum {tag} {{"]
    for name, value, doc in rows:
        lines += beside(f"\t{name} = {value},", doc)
    return [*lines, "};"]

# SPDX-License-Identifier: MIT
"""How generated pages look: MyST Markdown, for Sphinx and to be read as it is.

Responsible for layout only; knows nothing of the interface. The directive `statement` is the site's (docs/_ext): a sentence with
its id, at which the page shows the test.
"""
import re


def opening(source, title, front=None):
    """The first lines of a page. front: its front matter, from which the site makes a man page's head."""
    lines = ["---", *[f"{key}: {value}" for key, value in front.items()], "---"] if front else []
    return lines + ["<!-- SPDX-License-Identifier: MIT -->", f"<!-- generated from {source} - do not edit -->", f"# {title}", ""]


def cell(value):
    return str(value).replace("|", "\\|")


def table(heads, rows):
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return [*lines, *[f"| {' | '.join(cell(c) for c in row)} |" for row in rows], ""]


def code(text):
    return f"`{text}`"


def codes(names):
    return ", ".join(code(n) for n in names)


def block(lines, language="c"):
    return [f"```{language}", *lines, "```", ""]


def statement(s):
    return [f":::{{statement}} {s.id}", s.text, ":::", ""]


def section(title, *paragraphs):
    """A section with its paragraphs, each a text or a list of lines; empty if all are."""
    lines = []
    for paragraph in paragraphs:
        lines += [paragraph, ""] if isinstance(paragraph, str) and paragraph else paragraph or []
    return [f"## {title}", "", *lines] if lines else []


def contents(names):
    """What Sphinx needs to have the pages beside this one in its tree; their list is shown in the page itself."""
    return ["```{toctree}", ":hidden:", "", *names, "```"]


def linked(text, names, folder):
    """The names of pages in a text, as links to the pages in the folder."""
    return re.sub(r"\b(?<!`)(" + "|".join(names) + r")\b(?!`)", lambda m: f"[`{m[1]}`]({folder}{m[1]}.md)", text)


def capital(words):
    return words[:1].upper() + words[1:]


def sentence(words):
    """A fragment of the source as a sentence."""
    words = capital(words)
    return words if words.endswith((".", "?", "!")) else words + "."

# SPDX-License-Identifier: GPL-2.0-only
"""Man pages: which pages of the site are man pages too, and how they are set.

A call's page (docs/reference/calls/NAME.md) becomes rb_NAME(9), named as the C function that makes the call. Any other page becomes the one that its front
matter names: `man: ringbolt-time` is ringbolt-time(7). The line under NAME is the front matter's `about`, or else the first sentence of the
page.

Sphinx' own writer draws boxes around every cell, leaves statements unseparated and makes mistakes that mandoc complains of: this one does not.
"""
import re
from pathlib import Path

from docutils import nodes
from sphinx.errors import ConfigError
from sphinx.ext.graphviz import graphviz
from sphinx.writers.manpage import ManualPageTranslator

FRONT = re.compile(r"\A---\n(.*?)^---\n", re.S | re.M)
CALLS, CHAPTERS = 9, 7
LINE, GAP, LEAST = 70, 3, 20    # characters: of a line, between a table's columns, that its widest column keeps


# ---------------------------------------------------------------- which pages

def front_matter(text):
    """The `key: value` lines at the start of a page."""
    front = FRONT.match(text)
    return dict(line.split(": ", 1) for line in front[1].splitlines() if ": " in line) if front else {}


def first_sentence(text, path):
    """Of the first paragraph after the title, without marks."""
    body = re.sub(r"<!--.*?-->", "", FRONT.sub("", text), flags=re.S)
    _, title, after = body.partition("\n# ")
    for paragraph in after.split("\n\n")[1:]:
        words = " ".join(paragraph.split())
        if title and words and words[0] not in "|#:`-!(":
            words = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", words)
            return re.split(r"(?<=\w)[.:;](?:\s|$)", words)[0]
    raise ConfigError(f"{path}: no sentence that could stand under NAME in its man page")


def page(source, path):
    """(document, name, description, authors, section), or None: no man page."""
    text = path.read_text(encoding="utf-8")
    front = front_matter(text)
    if path.parent.name == "calls" and path.stem != "index":
        name, section = "rb_" + path.stem, CALLS
    elif "man" in front:
        name, section = front["man"], CHAPTERS
    else:
        return None
    about = front.get("about") or first_sentence(text, path)
    return (path.relative_to(source).with_suffix("").as_posix(), name, about, [], section)


def find(app, config):
    source = Path(app.srcdir)
    pages = (page(source, path) for path in sorted(source.glob("**/*.md")))
    config.man_pages = [found for found in pages if found]


# ---------------------------------------------------------------- how they are set

def plain(text):
    """Without what sets fonts and breaks."""
    return re.sub(r"\\f.|\\%|\\\(..|\\", "", text)


def longest_word(texts):
    return max((len(word) for text in texts for word in plain(text).split()), default=0)


class Table:
    """
    A table as tbl(1) wants it: a line under the head, no boxes; the widest column takes what the line has left. What docutils' writer calls is named as
    there.
    """

    def __init__(self):
        self.rows = []

    def new_row(self):
        self.rows.append([])

    def append_cell(self, lines):
        self.rows[-1].append("".join(line for line in lines if line != ".sp\n").strip("\n"))

    def widths(self):
        """For each column: as wide as its text, or narrower so that all fit the line; None: what is left."""
        columns = list(zip(*self.rows))
        natural = [max(len(plain(text)) for text in column) for column in columns]
        least = [longest_word(column) for column in columns]
        widest = max(range(len(columns)), key=lambda i: (natural[i], i))
        widths = [width for width in natural]
        room = LINE - GAP * (len(columns) - 1) - max(LEAST, least[widest])
        others = [i for i in range(len(columns)) if i != widest]
        while sum(widths[i] for i in others) > room and any(widths[i] > least[i] for i in others):
            widths[max((i for i in others if widths[i] > least[i]), key=lambda i: widths[i])] -= 1
        widths[widest] = None
        return natural, widths

    def as_list(self):
        natural, widths = self.widths()
        wrapped = [width is None or width < full for full, width in zip(natural, widths)]
        columns = ["lx" if width is None else f"lw({width}n)" if wrap else "l" for width, wrap in zip(widths, wrapped)]
        head, *body = self.rows
        heads = [f"\\fB{cell}\\fP" if cell else "" for cell in head]
        lines = [".TS\n" + " ".join(columns) + ".\n", self.row(heads, wrapped), "_\n"]
        return [*lines, *[self.row(row, wrapped) for row in body], ".TE\n"]

    @staticmethod
    def row(cells, wrapped):
        made = []
        for text, wrap in zip(cells, wrapped):
            if text and (wrap or "\n" in text):
                made.append("T{\n" + text + "\nT}")
            else:
                made.append("\\&" + text if text[:1] in ("_", "=", ".") else text)
        return "\t".join(made) + "\n"


class ManTranslator(ManualPageTranslator):
    """Sphinx' writer, with what it lacks."""

    def __init__(self, document, builder):
        super().__init__(document, builder)
        self.defs["literal_block"] = (".EX\n", "\n.EE\n")

    def header(self):
        return "'\\\" t\n" + super().header() + ".ad l\n.SH DESCRIPTION\n"

    def visit_start_of_file(self, node):
        """A page that an index names is a man page of its own."""
        raise nodes.SkipNode

    def ensure_eol(self):
        if self.body and not self.body[-1].endswith("\n"):
            self.body.append("\n")

    def space(self, node):
        """A blank line, but not behind a heading."""
        self.ensure_eol()
        before = node.parent.index(node) - 1
        while before >= 0 and isinstance(node.parent[before], nodes.comment):
            before -= 1
        if before >= 0 and not isinstance(node.parent[before], nodes.title):
            self.body.append(".sp\n")

    def visit_paragraph(self, node):
        self.space(node)

    def depart_paragraph(self, node):
        self.ensure_eol()

    def visit_literal_block(self, node):
        self.space(node)
        node[:] = [nodes.Text(node.astext().expandtabs(8))]
        super().visit_literal_block(node)

    def visit_table(self, node):
        self.space(node)
        self._active_table = Table()

    def visit_statement(self, node):
        self.space(node)

    def depart_statement(self, node):
        self.ensure_eol()
        self.body.append(f".br\n\\fI[{self.deunicode(node['word'])}]\\fP\n")


def visit_diagram(self, node):
    self.space(node)
    self.body.append(self.deunicode(node.get("alt", "")) + "\n")
    raise nodes.SkipNode


def setup(app):
    app.connect("config-inited", find)
    app.set_translator("man", ManTranslator, override=True)
    app.setup_extension("sphinx.ext.graphviz")
    app.add_node(graphviz, override=True, man=(visit_diagram, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

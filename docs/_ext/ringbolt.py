# SPDX-License-Identifier: GPL-2.0-only
"""What the site's builder knows of Ringbolt: statements, files of the repository, pages made of files outside docs/.

Responsible for
 - the directive `statement`: a sentence with its id as its anchor and, as its label, the test of that id;
 - refusing what is wrong with them: an id without a test, a page and abi/generated/statements.tsv that differ;
 - refusing the name of a file that does not exist, and a link without a target;
 - links to Markdown files outside docs/ that are pages of the site.
Statements are read by statements.py; here is only how they look.
"""
import html
import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

import statements

logger = logging.getLogger(__name__)

# A code span that names a file or folder of the repository; `*` stands for any name.
REPOSITORY_PATH = re.compile(r"(?:abi|docs|guest-lib|guest-patches|hypervisor|tests|tools)/[\w./*-]*")
UNTESTED_NAMED = 20        # statements without a test that are named one by one
# What `statements_untested` also lets be named before it is there.
UNTESTED_PATHS = ("tests/conformance", "docs/reference/costs.tsv")


class statement(nodes.General, nodes.Element):
    """A sentence that has a test. `word` is its id, `test` the source of its test or None."""


class StatementDirective(SphinxDirective):
    """`:::{statement} ID`, and the sentence."""
    required_arguments = 1
    has_content = True

    def run(self):
        word = self.arguments[0]
        node = statement(word=word, test=None, ids=[word])
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        self.env.get_domain("rb").note(word, statements.fold(" ".join(self.content)), node)
        return [node]


class RingboltDomain(Domain):
    """All statements of all pages, so that links, search and checks find them."""
    name = "rb"
    label = "Ringbolt"
    object_types = {"statement": ObjType("statement")}
    initial_data = {"statements": {}}
    data_version = 1

    def note(self, word, text, node):
        known = self.data["statements"].get(word)
        if known:
            logger.warning("statement %s stands on page %s already", word, known[0], location=node)
        self.data["statements"][word] = (self.env.docname, text)
        # Where Markdown links PAGE.md#ID look.
        standard = self.env.get_domain("std")
        anchor = self.env.doc2path(self.env.docname, base=False) + "#" + word
        standard.labels[anchor] = self.env.docname, word, word
        standard.anonlabels[anchor] = self.env.docname, word

    def clear_doc(self, docname):
        for word in [word for word, (page, _) in self.data["statements"].items() if page == docname]:
            del self.data["statements"][word]

    def merge_domaindata(self, docnames, otherdata):
        for word, (page, text) in otherdata["statements"].items():
            if page in docnames:
                self.data["statements"][word] = (page, text)

    def resolve_any_xref(self, *_):
        return []

    def get_objects(self):
        for word, (page, _) in self.data["statements"].items():
            yield word, word, "statement", page, word, 1


# ---------------------------------------------------------------- what is refused

def check_statements(app, env):
    """Every statement has a test, and stands on the page as it stands in its source."""
    shown = {word: text for word, (_, text) in env.get_domain("rb").data["statements"].items()}
    try:
        written = {word: found.text for word, found in statements.chapter_statements().items()} | statements.generated_statements()
    except statements.StatementError as problem:
        logger.warning("%s", problem)
        return
    for word in shown.keys() | written.keys():
        if shown.get(word) != written.get(word):
            logger.warning("statement %s: the page says %r, its source says %r", word, shown.get(word), written.get(word))
    untested = sorted(written.keys() - statements.tests().keys())
    if app.config.statements_untested:
        logger.info("statements without a test: %d of %d, tolerated", len(untested), len(written))
        return
    for word in untested[:UNTESTED_NAMED]:
        logger.warning("statement %s has no test in tests/conformance", word)
    if untested[UNTESTED_NAMED:]:
        logger.warning("and %d other statements have no test", len(untested) - UNTESTED_NAMED)


def check_paths(app, doctree):
    """A file that is named exists."""
    later = UNTESTED_PATHS if app.config.statements_untested else ()
    for node in doctree.findall(nodes.literal):
        text = node.astext()
        if REPOSITORY_PATH.fullmatch(text) and not text.startswith(later) and not any(statements.ROOT.glob(text.rstrip("/"))):
            logger.warning("there is no %s in the repository", text, location=node)


def check_brackets(app, doctree):
    """Markdown takes a link without a target for text."""
    for text in doctree.findall(nodes.Text):
        if isinstance(text.parent, (nodes.literal, nodes.literal_block, nodes.raw)):
            continue
        place = text.parent.index(text)
        after = text.parent[place + 1:place + 3]
        opens = text.endswith("[") and len(after) == 2 and isinstance(after[0], nodes.literal) and after[1].astext().startswith("]")
        found = re.search(r"\[[A-Za-z_]\w*\]", text.astext())
        if opens or found:
            logger.warning("no target for the link %s", found[0] if found else f"[{after[0].astext()}]", location=text.parent)


# ---------------------------------------------------------------- links that leave docs/

def resolve_outside(app, env, node, content):
    """A link to a Markdown file outside docs/ leads to the page made of it (config value `outside_pages`)."""
    if node["reftype"] not in ("myst", "any"):
        return None
    target, _, anchor = node["reftarget"].partition("#")
    path = Path(os.path.normpath(Path(env.doc2path(node.get("refdoc", env.docname))).parent / target))
    page = app.config.outside_pages.get(statements.relative(path))
    if not page:
        return None
    labels = env.get_domain("std").anonlabels
    if anchor and f"{page}.md#{anchor}" not in labels:
        logger.warning("%s has no anchor %s", statements.relative(path), anchor, location=node)
    return make_refnode(app.builder, node.get("refdoc", env.docname), page, labels.get(f"{page}.md#{anchor}", (0, ""))[1], content)


# ---------------------------------------------------------------- how a statement looks

def name_tests(app, doctree, docname):
    tests = statements.tests()
    for node in doctree.findall(statement):
        node["test"] = tests.get(node["word"])


def visit_html(self, node):
    self.body.append(self.starttag(node, "div", CLASS="statement"))


def depart_html(self, node):
    word = html.escape(node["word"])
    test = f'<span class="statement-test">{html.escape(node["test"])}</span>' if node["test"] else ""
    self.body.append(f'<p class="statement-id"><a href="#{word}" title="Link to this statement">{word}</a>{test}</p></div>\n')


def setup(app):
    app.add_config_value("statements_untested", False, "env", [bool])
    app.add_config_value("outside_pages", {}, "env")
    app.add_node(statement, html=(visit_html, depart_html))     # man: manpages.py
    app.add_directive("statement", StatementDirective)
    app.add_domain(RingboltDomain)
    app.connect("env-check-consistency", check_statements)
    app.connect("doctree-read", check_paths)
    app.connect("doctree-read", check_brackets)
    app.connect("doctree-resolved", name_tests)
    app.connect("missing-reference", resolve_outside)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

# SPDX-License-Identifier: GPL-2.0-only
"""Diagrams of Graphviz that follow the page's colours.

sphinx.ext.graphviz shows an SVG as an object of its own, in its own colours: black on a dark page. Here the drawing becomes part of the
page, and docs/_static/ringbolt.css colours it.
"""
import html
import re
import subprocess

from docutils import nodes
from sphinx.ext.graphviz import graphviz
from sphinx.util import logging

logger = logging.getLogger(__name__)

SHRINK = 0.7        # how small a drawing may become on a narrow screen before it scrolls


def draw(command, code):
    """The <svg> element that Graphviz makes of a drawing's code. ValueError: what it says of bad code."""
    done = subprocess.run([command, "-Tsvg"], input=code, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        raise ValueError(done.stderr.strip())
    # Its ids are the same in every drawing, and nothing refers to them.
    svg = re.sub(r'<!--.*?-->|<title>.*?</title>| id="[^"]*"', "", done.stdout[done.stdout.index("<svg"):], flags=re.S)
    width = int(re.match(r'<svg width="(\d+)pt"', svg)[1])
    return svg.replace("<svg ", f'<svg style="min-width: {width * SHRINK:.0f}pt" ', 1)


def inline(app, doctree, docname):
    if app.builder.format != "html":
        return
    for node in list(doctree.findall(graphviz)):
        if not node.get("alt"):
            logger.warning("a diagram without alt: what does it say in words?", location=node)
        try:
            svg = draw(app.config.graphviz_dot, node["code"])
        except ValueError as problem:
            logger.warning("diagram: %s", problem, location=node)
            svg = ""
        label = html.escape(node.get("alt", ""), quote=True)
        text = f'<div class="diagram" role="img" tabindex="0" aria-label="{label}">{svg}</div>'
        node.replace_self(nodes.raw("", text, format="html"))


def setup(app):
    app.setup_extension("sphinx.ext.graphviz")
    app.connect("doctree-resolved", inline)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

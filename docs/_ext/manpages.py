# SPDX-License-Identifier: GPL-2.0-only
"""Which pages of the reference are man pages too, and what their heads say.

A call's page (docs/reference/calls/NAME.md) becomes rb_NAME(9), named as the C function that makes the call. A chapter becomes the page that
its front matter names: `man: ringbolt-time` is ringbolt-time(7). The line under NAME is the front matter's `about`, or else the first
sentence of the page.
"""
import re
from pathlib import Path

from sphinx.errors import ConfigError

FRONT = re.compile(r"\A---\n(.*?)^---\n", re.S | re.M)
CALLS, CHAPTERS = 9, 7


def front_matter(text):
    """The `key: value` lines at the start of a page."""
    front = FRONT.match(text)
    return dict(line.split(": ", 1) for line in front[1].splitlines() if ": " in line) if front else {}


def first_sentence(text, path):
    """Of the first paragraph after the title, without marks."""
    body = re.sub(r"<!--.*?-->", "", FRONT.sub("", text), flags=re.S)
    after = re.split(r"^# .*$", body, maxsplit=1, flags=re.M)
    for paragraph in after[-1].split("\n\n"):
        words = " ".join(paragraph.split())
        if len(after) == 2 and words and words[0] not in "|#:`-!(":
            return re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", re.split(r"(?<=\w)[.:;](?:\s|$)", words)[0])
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
    pages = (page(source, path) for path in sorted(source.glob("reference/**/*.md")))
    config.man_pages = [found for found in pages if found]


def setup(app):
    app.connect("config-inited", find)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

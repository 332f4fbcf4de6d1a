# SPDX-License-Identifier: GPL-2.0-only
"""Makes the Furo theme of Debian 12 whole.

The package is built with other tools than its authors', and three things got lost on the way:
 - the script imports a second one, which only a module may do (and a page that was opened as a file has no modules);
 - the style sheet imports another from the root of the web server;
 - the rules for readers whose system prefers dark pages, which stood inside those for who chose dark ones, are gone.
Here they are put back into the site that was built. A package that is whole is left as it is.
"""
import re
from pathlib import Path

IMPORT_SCRIPT = 'import Gumshoe from "./gumshoe-patched.js";'
IMPORT_STYLE = "@import url(/javascript/normalize.css/normalize.css);"
STYLE = Path("/usr/share/javascript/normalize.css/normalize.css")
CHOSEN_DARK = re.compile(r'@media not print \{\s*(body\[data-theme="dark"\].*?\} )\}', re.S)


def replace(path, words, other):
    text = path.read_text(encoding="utf-8")
    if words in text:
        path.write_text(text.replace(words, other.read_text(encoding="utf-8")), encoding="utf-8")


def add_preferred_dark(path):
    text = path.read_text(encoding="utf-8")
    chosen = CHOSEN_DARK.search(text)
    if chosen and "prefers-color-scheme" not in text:
        rules = chosen[1].replace('[data-theme="dark"]', '[data-theme="auto"]')
        path.write_text(text.replace(chosen[0], f"{chosen[0]}\n@media screen and (prefers-color-scheme: dark) {{\n{rules}}}\n"), encoding="utf-8")


def complete(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    replace(static / "scripts" / "furo.js", IMPORT_SCRIPT, static / "scripts" / "gumshoe-patched.js")
    replace(static / "styles" / "furo.css", IMPORT_STYLE, STYLE)
    add_preferred_dark(static / "styles" / "furo.css")


def setup(app):
    app.connect("build-finished", complete)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

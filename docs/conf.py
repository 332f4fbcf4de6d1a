# SPDX-License-Identifier: GPL-2.0-only
"""How the site is built: Sphinx's configuration. `make docs` runs it; docs/writing.md tells writers what they need to know."""
import re
import subprocess
import sys
import time
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(DOCS / "_ext"))

INTERFACE = DOCS.parent / "abi" / "generated" / "ringbolt.h"


def interface_version():
    numbers = dict(re.findall(r"^#define RB_ABI_(MAJOR|MINOR) +(\d+)", INTERFACE.read_text(encoding="utf-8"), re.M))
    return f"{numbers['MAJOR']}.{numbers['MINOR']}"


def last_change():
    """Date of the man pages. Outside a repository: the interface's own."""
    try:
        return subprocess.run(["git", "log", "-1", "--format=%cs"], cwd=DOCS, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return time.strftime("%Y-%m-%d", time.gmtime(INTERFACE.stat().st_mtime))


project = "Ringbolt"
version = release = interface_version()
today = last_change()
extensions = ["myst_parser", "ringbolt", "diagrams", "manpages", "theme"]
exclude_patterns = []
source_suffix = {".md": "markdown"}
root_doc = "index"
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

# Markdown files elsewhere in the repository that are pages here; the page includes the file.
outside_pages = {
    "abi/README.md": "project/abi",
    "guest-lib/README.md": "project/guest-lib",
    "tests/guest/README.md": "project/tests-guest",
    "tests/linux/README.md": "project/tests-linux",
    "tests/model/README.md": "project/tests-model",
    "tests/docs/README.md": "project/tests-docs",
}

html_theme = "furo"
html_title = f"Ringbolt {version}"
html_static_path = ["_static"]
html_css_files = ["ringbolt.css"]
html_js_files = ["ringbolt.js"]
html_favicon = "_static/ringbolt.svg"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_theme_options = {"navigation_with_keys": False, "light_css_variables": {"color-code-background": "#f6f7f9"}}

# Both keep a contrast that tests/docs measures.
pygments_style = "xcode"
pygments_dark_style = "github-dark"
highlight_language = "none"

# SPDX-License-Identifier: GPL-2.0-only
"""A copy of the repository's documentation, broken in every way that the build must refuse.

One build with all breaks at once: Sphinx goes on after a warning, and each must be reported.
"""
import os
import shutil
import subprocess

# What is written to a page of its own, and what the build must say of it.
PAGE = """# Broken

[a page](nowhere.md), [an anchor](../tour.md#nowhere), [a statement](events.md#frame.nowhere), [no target], [`literal`].

`hypervisor/nowhere.c`

```{graphviz}
digraph { a -> b }
```

```{graphviz}
:alt: bad code
digraph { a -> }
```

```{literalinclude} ../../nowhere.c
```

```c
int x = $;
```

:::{statement} frame.invented
A statement that no test quotes.
:::
"""
MUST_SAY = {
    "a dead link to a page": "nowhere.md",
    "a dead link to an anchor": "../tour.md#nowhere",
    "a dead link to a statement": "events.md#frame.nowhere",
    "a link without a target": "no target for the link [`literal`]".replace("`", ""),
    "a file that is not there": "there is no hypervisor/nowhere.c in the repository",
    "a diagram without words": "a diagram without alt",
    "a diagram that Graphviz refuses": "diagram: Error",
    "an included file that is not there": "nowhere.c'",
    "a page that no index names": "document isn't included in any toctree",
    "a statement without a test": "statement frame.invented has no test",
    "a page that differs from the interface's statements": "statement info_version.version: the page says",
    "a statement of the interface that is on no page": "statement nowhere.invented: the page says None",
}


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def copy(top, where):
    """docs/, abi/ and tests/ as files of their own, all else as links."""
    for name in os.listdir(top):
        if name not in ("docs", "abi", "tests", "build", ".git"):
            os.symlink(os.path.join(top, name), os.path.join(where, name))
    for name in ("docs", "abi"):
        shutil.copytree(os.path.join(top, name), os.path.join(where, name))
    os.mkdir(os.path.join(where, "tests"))
    for name in os.listdir(os.path.join(top, "tests")):
        os.symlink(os.path.join(top, "tests", name), os.path.join(where, "tests", name))


def fake_tests(where, quoted):
    """Tests of all statements but the invented ones, so that these are the ones that are missed."""
    folder = os.path.join(where, "tests", "conformance")
    if os.path.islink(folder):
        os.remove(folder)
    os.makedirs(folder)
    write(os.path.join(folder, "all.c"), "".join(f'TEST("{word}", "")\n' for word in quoted))


def build(top, where, quoted):
    """What the build of the broken copy printed, and its status."""
    copy(top, where)
    fake_tests(where, quoted)
    write(os.path.join(where, "docs", "reference", "broken.md"), PAGE)
    statements = os.path.join(where, "abi", "generated", "statements.tsv")
    with open(statements, encoding="utf-8") as source:
        text = source.read()
    write(statements, text.replace("info_version.version\t", "info_version.version\tNot ") + "nowhere.invented\tA sentence.\n")
    done = subprocess.run(["make", "--no-print-directory", "-C", os.path.join(where, "docs"), "BUILD=" + os.path.join(where, "build")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env={**os.environ, "UNTESTED": ""})
    return done.stdout, done.returncode

# SPDX-License-Identifier: MIT
"""docs/reference/ops/: a page for each page-table operation, and their index with the layout of the word.

Responsible for how an operation is written down. What pt_update and pt_batch do with a list of them is on those calls' pages.
"""
from . import markdown as md
from . import services


CALLS = "../calls/"      # from here


def file_name(op):
    return op.name.lower()


def word(op, interface):
    field = next(f for f in interface.struct("pt_op").fields if f.name == "word")
    meaning = {"code": f"{op.value} ({md.code(f'RB_OP_{op.name}')})"} | op.word
    less = {True: "; the bits hold one less", False: ""}
    return md.table(["bits", "part", "meaning"], [(b.range, md.code(b.name), meaning[b.name] + less[b.minus_one]) for b in field.bits])


def page(op, interface):
    front = {"man": f"ringbolt-op-{file_name(op)}", "about": f"page-table operation {op.name}"}
    return [*md.opening(interface.source, op.name, front), services.text(op.doc, op, interface, CALLS), "",
            "An operation of [`pt_update`](../calls/pt_update.md) and [`pt_batch`](../calls/pt_batch.md).", "",
            *md.section("Word", word(op, interface)),
            *md.section("Value", md.sentence(op.value_doc)),
            *services.sections(op, interface, CALLS)]


def index(interface):
    field = next(f for f in interface.struct("pt_op").fields if f.name == "word")
    return [*md.opening(interface.source, "Page-table operations", {"man": "ringbolt-ops", "about": "page-table operations"}),
            "An operation is a word, which says what to do and where, and a value. [`pt_update`](../calls/pt_update.md) takes up to three from "
            f"registers, [`pt_batch`](../calls/pt_batch.md) up to {interface.const('QUEUE_OPS')} from the queue page "
            "([`pt_op`](../structures.md#pt_op)). Tables are named by guest frame number, entries hold machine addresses.", "",
            *md.table(["code", "operation", "what it does"], [(o.value, f"[`{o.name}`]({file_name(o)}.md)", o.doc) for o in interface.ops]),
            *md.section("The word", md.table(["bits", "part", "meaning"], [(b.range, md.code(b.name), b.doc) for b in field.bits]),
                        "`rb_op_word()` in `ringbolt.h` puts a word together. A code without meaning gives `NOSYS`."),
            *md.contents([file_name(o) for o in interface.ops])]


def write_all(interface):
    """Path -> lines."""
    pages = {f"docs/reference/ops/{file_name(o)}.md": page(o, interface) for o in interface.ops}
    return {"docs/reference/ops/index.md": index(interface), **pages}

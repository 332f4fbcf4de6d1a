# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark's page: tables, the ratios as bars beside their targets and Xen's, and how they went from commit to commit.

One HTML file that needs nothing else: the plots are SVG inside it, there is no script, and what a bar means is also in the table below it.
"""
import html
import math

import results

WIDTH, LABEL, ROW, BAR = 960, 190, 26, 8
COLOURS = {"ratio": "#2563a8", "xen_ratio": "#b4b4b4", "target": "#b3261e"}
TITLES = {"instructions": "Guest instructions", "emulator": "Time on the emulator (no time on hardware)"}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1000px; color: #1b1b1b; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: .15em .7em; text-align: right; border-bottom: 1px solid #ddd; font-variant-numeric: tabular-nums }
td:first-child, th:first-child { text-align: left }
td.missed { color: #b3261e; font-weight: 600 }
svg text { font: 12px system-ui, sans-serif; fill: #1b1b1b }
svg.small { margin: .3em .6em .3em 0 }
"""


def text_at(x, y, text, anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'


def line_at(x1, y1, x2, y2, colour, width=1):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


class Scale:
    """Ratios to places, logarithmic: emulator ratios reach from 1 to 50."""

    def __init__(self, values, start, end):
        self.low, self.high = math.log(min(0.9, *values)), math.log(max(2.0, *values) * 1.05)
        self.start, self.end = start, end

    def __call__(self, value):
        return self.start + (self.end - self.start) * (math.log(value) - self.low) / (self.high - self.low)

    def ticks(self):
        marks = (1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100)
        return [mark for mark in marks if self.low <= math.log(mark) <= self.high]


def bars(rows):
    """Ratio to native of each operation, ours above Xen's, the target as a stroke."""
    keys = ("ratio", "xen_ratio", "target")
    values = [row[key] for row in rows for key in keys if row.get(key)]
    if not values:
        return ""
    scale, height = Scale(values, LABEL, WIDTH - 60), ROW * len(rows) + 30
    parts = [f'<svg width="{WIDTH}" height="{height}" role="img" aria-label="ratios to native">']
    for mark in scale.ticks():
        parts += [line_at(scale(mark), 0, scale(mark), height - 22, "#ddd"), text_at(scale(mark), height - 6, f"{mark:g}", "middle")]
    for place, row in enumerate(rows):
        top = place * ROW + 4
        parts.append(text_at(LABEL - 8, top + 14, row["operation"], "end"))
        for offset, key in ((0, "ratio"), (BAR + 1, "xen_ratio")):
            if row.get(key):
                start, end = sorted((scale(1), scale(row[key])))
                parts.append(f'<rect x="{start:.1f}" y="{top + offset}" width="{max(end - start, 1):.1f}" height="{BAR}" fill="{COLOURS[key]}">'
                             f"<title>{html.escape(row['operation'])}: {row[key]:.2f}</title></rect>")
        if row.get("target"):
            parts.append(line_at(scale(row["target"]), top - 2, scale(row["target"]), top + 2 * BAR + 3, COLOURS["target"], 2))
    return "".join(parts + ["</svg>"])


def curve(name, points, labels):
    """One operation's ratio over the history."""
    width, height, low, high = 310, 90, min(points), max(points)
    spread = max(high - low, 0.02)
    places = [(10 + place * (width - 20) / max(len(points) - 1, 1), 70 - 44 * (value - low) / spread) for place, value in enumerate(points)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{COLOURS["ratio"]}"><title>{html.escape(label)}: {value:.3f}</title></circle>'
                   for (x, y), value, label in zip(places, points, labels))
    return (f'<svg class="small" width="{width}" height="{height}">{text_at(10, 14, name)}{text_at(width - 10, 14, f"{points[-1]:.2f}", "end")}'
            f'<polyline points="{path}" fill="none" stroke="{COLOURS["ratio"]}" stroke-width="1.5"/>{dots}</svg>')


def history(runs, unit):
    """Curves of every operation that was measured in at least two runs."""
    curves = []
    names = [row["operation"] for row in runs[-1]["tables"].get(unit, [])] if runs else []
    for name in names:
        seen = [(row["ratio"], run["commit"] + " " + run["date"]) for run in runs for row in run["tables"].get(unit, [])
                if row["operation"] == name and row["ratio"]]
        if len(seen) > 1:
            curves.append(curve(name, *zip(*seen)))
    return "".join(curves)


def table(rows):
    head = "".join(f"<th>{title}</th>" for title in ("operation", "native", "Ringbolt", "ratio", "target", "Debian native", "Xen dom0", "Xen ratio"))
    lines = []
    for row in rows:
        cells = [f"<td>{html.escape(row['operation'])}</td>"]
        for key, form in (("native", ",.0f"), ("ringbolt", ",.0f"), ("ratio", ".2f"), ("target", ".2f"), ("debian", ",.0f"), ("xen", ",.0f"),
                          ("xen_ratio", ".2f")):
            missed = ' class="missed"' if key == "ratio" and row.get("met") is False else ""
            cells.append(f"<td{missed}>{results.number(row.get(key), form)}</td>")
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def page_make(result, runs):
    parts = ['<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Ringbolt: what operations cost</title>', f"<style>{STYLE}</style>",
             "<h1>What operations cost</h1>",
             f"<p>Commit {html.escape(result['commit'])}, {html.escape(result['date'])}. One vCPU, QEMU's TCG; the least of {result['rounds']} rounds. "
             "Ratios are to the same kernel image without a hypervisor; Xen's are to Debian's kernel, which is its dom0. "
             f'Bars: <b style="color:{COLOURS["ratio"]}">Ringbolt</b>, <b style="color:#777">Xen</b>, '
             f'<b style="color:{COLOURS["target"]}">target</b>.</p>']
    for unit, rows in result["tables"].items():
        parts += [f"<h2>{TITLES.get(unit, html.escape(unit))}</h2>", bars(rows), table(rows)]
        curves = history(runs, unit)
        if curves:
            parts += ["<h3>Ratios over the history</h3>", curves]
    return "\n".join(parts) + "\n</html>\n"

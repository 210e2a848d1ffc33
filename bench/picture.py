# SPDX-License-Identifier: MIT
"""Draws the ratios of the benchmark as an SVG: one bar a row, by family, on a logarithmic scale.

A bar starts at Linux's 1.0 and reaches to the left as far as Sysgate needs fewer instructions, to the right as far as it
needs more.  Text is the reader's own sans-serif; colours follow the reader's light or dark scheme.
"""
import math
from html import escape

ROW, HEAD, TOP, BOTTOM = 15, 26, 62, 30  # heights
LABEL, BAR, FIGURE, GAP = 286, 200, 44, 20  # widths
LEAST, MOST = 0.05, 2.0  # ends of the scale; what is beyond is drawn to the edge
GRID = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
STYLE = """
text { font: 11px sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: bold } .family { font-weight: bold } .small { fill: #59636e; font-size: 10px }
.label { text-anchor: end } .axis { text-anchor: middle; fill: #59636e; font-size: 10px }
.grid { stroke: #d1d9e0 } .one { stroke: #59636e; stroke-width: 1.5 }
.better { fill: #2da44e } .worse { fill: #cf222e }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small, .axis { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
.better { fill: #3fb950 } .worse { fill: #f85149 }
}"""
WIDTH = 2 * (LABEL + BAR + FIGURE) + 3 * GAP


def place(value):
    """Where on the scale, 0 to BAR."""
    value = min(max(value, LEAST), MOST)
    return BAR * math.log(value / LEAST) / math.log(MOST / LEAST)


def columns(families):
    """Families in two columns of about the same height, in their order; and the height."""
    names = list(families)

    def tall(column):
        return sum(HEAD + ROW * len(families[name]) for name in column)

    splits = [(names[:i], names[i:]) for i in range(1, len(names) + 1)]
    best = min(splits, key=lambda split: max(map(tall, split)))
    return best, max(map(tall, best))


def bar(row, x, y):
    one, end = x + place(1.0), x + place(row.ratio)
    left, width = min(one, end), max(abs(one - end), 1)
    kind = "better" if row.ratio <= 1 else "worse"
    return (f'<text class="label" x="{x - 6}" y="{y + 11}">{escape(row.name)}</text>'
            f'<rect class="{kind}" x="{left:.1f}" y="{y + 3}" width="{width:.1f}" height="{ROW - 5}"/>'
            f'<text x="{x + BAR + 6}" y="{y + 11}">{row.ratio:.3f}</text>')


def draw(rows, mean):
    """The picture as text; mean is (geometric mean, how many ratios)."""
    families = {}
    for row in rows:
        if row.ratio:
            families.setdefault(row.family, []).append(row)
    placed, tall = columns(families)
    height = TOP + tall + BOTTOM
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
             f'role="img" aria-label="Instructions of Sysgate relative to Linux 6.1">', f"<style>{STYLE}\n</style>",
             f'<text class="title" x="{GAP}" y="22">What Sysgate needs, relative to Linux 6.1 in the same QEMU</text>',
             f'<text class="small" x="{GAP}" y="39">Guest instructions per operation, and bytes; logarithmic. Bars to the left of '
             f"1.0: Sysgate needs less. Geometric mean of {mean[1]} operations: {mean[0]:.2f}</text>"]
    for number, column in enumerate(placed):
        x, y = GAP + number * (LABEL + BAR + FIGURE + GAP) + LABEL, TOP
        for mark in GRID:
            at = x + place(mark)
            lines.append(f'<line class="{"one" if mark == 1 else "grid"}" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" '
                         f'y2="{height - BOTTOM + 4}"/>'
                         f'<text class="axis" x="{at:.1f}" y="{height - BOTTOM + 18}">{mark:g}</text>')
        for name in column:
            lines.append(f'<text class="family" x="{x - LABEL}" y="{y + 18}">{escape(name.capitalize())}</text>')
            y += HEAD
            for row in families[name]:
                lines.append(bar(row, x, y))
                y += ROW
    return "\n".join(lines) + "\n</svg>\n"

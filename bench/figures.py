# SPDX-License-Identifier: MIT
"""The figures of the benchmark: reading, writing, comparing, and what is drawn from them.

bench/results.json is the one home of the committed figures.  results.md, results.svg and the table in README.md
are made from it by `./sysgate bench --renew`; `./sysgate check` compares them with what it would be now (stale()).
"""
import json
import math
import os
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
JSON, MARKDOWN, PICTURE = (os.path.join(HERE, "results" + kind) for kind in (".json", ".md", ".svg"))
README = os.path.join(os.path.dirname(HERE), "README.md")
WORSE_PERCENT = 2

# Rows that differ in a number only are one operation at several sizes.  They may grow by 15 % per doubling
# (several walks down a tree), except those that do something for each of the n: there the cost of one must not grow.
PER_DOUBLING = 0.15
EACH_SLACK = 1.1  # longer names, a batch more
NUMBER = re.compile(r"\d[\d,]*(?!.*\d)")  # the last one of a label
NOT_SIZES = {"nanosleep # ns", "write # byte to /dev/null", "read # byte from /dev/zero"}
EACH = {
    "poll of #": "asks each file",
    "select of #": "asks each file",
    "stat of a path with # components": "looks each component up",
    "getdents# of # entries": "copies each entry",
    "fork+exit+wait, # MiB of memory in use": "copies an entry of the page tables for each page",
    "tmpfs read # KiB": "copies each byte",
}


class Row:
    """One row: figures are None where a kernel was not measured; wall is Sysgate's time over Linux's."""

    def __init__(self, family, name, unit, sysgate=None, linux=None, wall=None):
        self.family, self.name, self.unit = family, name, unit
        self.sysgate, self.linux, self.wall = sysgate, linux, wall

    @property
    def ratio(self):
        return self.sysgate / self.linux if self.sysgate is not None and self.linux else None


def made_with():
    """What the figures depend on besides our sources: releases of the compiler, the C library, the machine."""
    def first(argv, pattern):
        text = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        return re.search(pattern, text)[1]

    return {"gcc": first(["gcc", "-dumpfullversion"], r"(\S+)"),
            "glibc": first(["getconf", "GNU_LIBC_VERSION"], r"glibc (\S+)"),
            "qemu": first(["qemu-system-x86_64", "--version"], r"version (\d+\.\d+)")}


def load(path=JSON):
    """(rows, made with)"""
    with open(path) as f:
        data = json.load(f)
    return [Row(**row) for row in data["rows"]], data["made with"]


def save(rows, path=JSON):
    lines = ",\n".join("  " + json.dumps({k: v for k, v in vars(r).items() if v is not None}) for r in rows)
    with open(path, "w") as f:
        f.write(f'{{\n "made with": {json.dumps(made_with())},\n "rows": [\n{lines}\n ]\n}}\n')


def mean(rows):
    """Geometric mean of the ratios of all operations; boot and memory are no operations.  (mean, count)"""
    ratios = [r.ratio for r in rows if r.ratio and r.unit == "instructions" and r.family != "boot"]
    return (math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None), len(ratios)


def compare(ours, committed):
    """Yields (name, what is wrong or None) for each committed row of Sysgate."""
    now = {r.name: r.sysgate for r in ours}
    for row in committed:
        if row.sysgate is None:
            continue
        new = now.get(row.name)
        if new is None:
            yield row.name, "the row is gone"
        elif new * 100 > row.sysgate * (100 + WORSE_PERCENT):
            yield row.name, f"{row.sysgate:,} -> {new:,} {row.unit}, {(new / row.sysgate - 1) * 100:.1f} % worse"
        else:
            yield row.name, None


def scaling(rows):
    """Yields (operation, sizes, figures, fault or None) for each operation that stands there at several sizes."""
    groups = {}
    for row in rows:
        match = NUMBER.search(row.name) if row.unit == "instructions" and row.sysgate is not None else None
        if match:
            template = NUMBER.sub("#", row.name)
            groups.setdefault(template, []).append((int(match[0].replace(",", "")), row.sysgate))
    for template, points in groups.items():
        key = re.sub(r"\d[\d,]*", "#", template)
        if len(points) < 2 or key in NOT_SIZES:
            continue
        points.sort()
        least, first = points[0]
        fault = None
        for size, figure in points[1:]:
            if key in EACH:
                most, kind = first * size / least * EACH_SLACK, "cost of each"
            else:
                most, kind = first * (1 + PER_DOUBLING * math.log2(size / least)), "cost"
            if figure > most:
                fault = f"the {kind} grows: {first:,} at {least:,}, {figure:,} at {size:,}"
        yield template, [s for s, _ in points], [f for _, f in points], fault


# --- tables ---

def number(value):
    return f"{value:,}" if value is not None else "-"


def ratio(value):
    return f"{value:.3f}" if value is not None else "-"


def markdown_row(row):
    unit = "" if row.unit == "instructions" else f", {row.unit}"
    return f"| {row.name}{unit} | {number(row.sysgate)} | {number(row.linux)} | {ratio(row.ratio)} | {ratio(row.wall)} |"


def markdown(rows):
    """The committed table, all rows by family, and how the operations grow."""
    lines = ["# Figures of the benchmark", "",
             "Guest instructions; measurements, made by `./sysgate bench --renew`; "
             "[docs/performance.md](../docs/performance.md) says how.  \"time\" is the ratio of wall-clock times in one run.", ""]
    family = None
    for row in rows:
        if row.family != family:
            family = row.family
            lines += ["", f"## {family.capitalize()}", "", "| operation | Sysgate | Linux 6.1 | ratio | time |",
                      "| --- | ---: | ---: | ---: | ---: |"]
        lines.append(markdown_row(row))
    value, count = mean(rows)
    lines += ["", f"Geometric mean of {count} ratios: {value:.3f}", "", "## Growth", "",
              "| operation at size # | sizes | instructions | what it does # times |", "| --- | --- | --- | --- |"]
    for template, sizes, figures, _ in scaling(rows):
        each = EACH.get(re.sub(r"\d[\d,]*", "#", template), "")
        lines.append(f"| {template} | {' / '.join(map(number, sizes))} | {' / '.join(map(number, figures))} | {each} |")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def readme(rows, text):
    """README's text with the figures of its table and its mean renewed."""
    by_name = {r.name: r for r in rows}
    value, count = mean(rows)

    def renew(match):
        row = by_name.get(match[1])
        return f"| {row.name} | {number(row.sysgate)} | {number(row.linux)} | {ratio(row.ratio)} |" if row else match[0]

    text = re.sub(r"^\| ([^|]+) \| [\d,]+ \| [\d,]+ \| [\d.]+ \|$", renew, text, flags=re.M)
    return re.sub(r"Geometric mean of \d+ rows: [\d.]+", f"Geometric mean of {count} rows: {value:.2f}", text)


def products(rows):
    """(path, text) of everything that is made from the figures."""
    import picture
    with open(README) as f:
        text = f.read()
    return [(MARKDOWN, markdown(rows)), (PICTURE, picture.draw(rows, mean(rows))), (README, readme(rows, text))]


def stale():
    """Yields what does not agree with results.json."""
    rows, _ = load()
    for path, text in products(rows):
        with open(path) as f:
            if f.read() != text:
                yield f"{os.path.relpath(path)} does not agree with bench/results.json: run ./sysgate bench --redraw"

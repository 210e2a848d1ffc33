# SPDX-License-Identifier: MIT
"""Checks that read one file at a time: licence, sizes, lines, words."""
import re
import subprocess

import files

MAX_FILE, MAX_FUNCTION, MAX_LINE = 600, 70, 110
MAX_TABLE_LINE = 150  # tests and scripts hold tables of cases, a row a line
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|/work/|/root/|/home/\w")
BANNED_EXEMPT = ("tools/check/", "tools/gen/new-call", "LICENSE")
NO_LICENCE_LINE = (".md", ".txt", ".json", ".svg", ".gitignore", ".clang-format", "LICENSE", ".tbl")


def spdx(out):
    """Every source file starts with the SPDX line (after #! in scripts)."""
    for path in files.tracked():
        if path.endswith(NO_LICENCE_LINE) or not files.is_text(path):
            continue
        head = files.lines(path)[:2]
        if not any("SPDX-License-Identifier: MIT" in line for line in head):
            yield f"{path}:1: no SPDX line"
        elif path.endswith(".c") and not head[0].startswith("// SPDX"):
            yield f"{path}:1: .c files use the // form"
        elif path.endswith((".h", ".S")) and not head[0].startswith("/* SPDX"):
            yield f"{path}:1: .h and .S files use the /* */ form"


def heads(out):
    """After the SPDX line a comment says what the file owns."""
    for path in files.code("kernel", "host", "user", "tests", "bench"):
        head = files.lines(path)[1:3]
        if not any(line.startswith(("/*", "//")) for line in head):
            yield f"{path}:2: no head comment"


def functions(path):
    """Yields (line of the name, name, length) of each function body: braces in column 0."""
    start, name, rows = None, "", files.lines(path)
    for number, line in enumerate(rows, 1):
        if line == "{" or line.startswith("{") and line.strip() == "{":
            start, name = number, rows[number - 2].strip()
        elif line.startswith("}") and start:
            yield start - 1, name, number - start - 1
            start = None


def sizes(out):
    """Files stay under 600 lines (or give a reason with "size:" in the head), functions under 70."""
    for path in files.tracked():
        if not path.endswith((".c", ".h", ".S", ".py", ".sh")):
            continue
        rows = files.lines(path)
        if len(rows) > MAX_FILE and not any("size:" in line for line in rows[:30]):
            yield f"{path}: {len(rows)} lines without a reason in the head"
        if path.endswith(".c"):
            for start, name, length in functions(path):
                if length > MAX_FUNCTION:
                    yield f"{path}:{start}: function of {length} lines: {name[:60]}"


def layout(out):
    """Line length, tabs, no trailing space, one newline at the end."""
    for path in files.tracked():
        if not path.endswith((".c", ".h", ".S", ".py", ".mk", ".sh", "Makefile", ".tbl")):
            continue
        body = files.text(path)
        for number, line in enumerate(body.splitlines(), 1):
            limit = MAX_LINE if path.startswith(("kernel/", "host/", "user/")) else MAX_TABLE_LINE
            if len(line.expandtabs(8)) > limit and not path.endswith(".tbl") and "http" not in line:
                yield f"{path}:{number}: {len(line.expandtabs(8))} columns"
            if line != line.rstrip():
                yield f"{path}:{number}: trailing space"
            if path.endswith(files.CODE) and line.startswith("        "):
                yield f"{path}:{number}: indented with spaces"
        if body and (not body.endswith("\n") or body.endswith("\n\n")):
            yield f"{path}: must end with one newline"


def words(out):
    """No marks of unfinished work, no machine paths."""
    for path in files.tracked():
        if path.startswith(BANNED_EXEMPT) or path in BANNED_EXEMPT or not files.is_text(path):
            continue
        for number, line in enumerate(files.lines(path), 1):
            found = BANNED.search(line)
            if found:
                yield f"{path}:{number}: \"{found[0]}\""


def names(out):
    """No struct typedefs, no pointer typedefs in the kernel; no goto beside scoped release."""
    for path in files.code("kernel"):
        for number, line in enumerate(files.lines(path), 1):
            if re.match(r"\s*typedef\s+(struct|union)\b|\s*typedef\b[^(]*\*\s*\w+;", line):
                yield f"{path}:{number}: struct or pointer typedef"
    for path in files.code("kernel", kinds=(".c",)):
        rows = files.lines(path)
        for start, name, length in functions(path):
            body = "\n".join(rows[start:start + length])
            if re.search(r"\bgoto \w", body) and re.search(r"__cleanup\(|\bguard\(", body):
                yield f"{path}:{start}: goto in a function with scoped release: {name[:60]}"


def format(out):
    """clang-format (kernel, host, user) would change nothing."""
    paths = files.code("kernel", "host", "user", kinds=(".c", ".h"))
    if not paths:
        return
    done = subprocess.run(["clang-format", "--dry-run", *paths], capture_output=True, text=True)
    seen = {}
    for match in re.finditer(r"^([^:\n]+):(\d+):\d+: warning", done.stderr, re.M):
        seen.setdefault(match[1], []).append(match[2])
    for path, numbers in seen.items():
        yield f"{path}:{numbers[0]}: clang-format differs in {len(numbers)} places"


CHECKS = [spdx, heads, sizes, layout, words, names, format]

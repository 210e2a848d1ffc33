# SPDX-License-Identifier: MIT
"""Checks of the whole house: includes, arrows between rooms, the table, documents, commits."""
import os
import re
import subprocess
import sys

import files

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
SUBSYSTEMS = ("task", "sched", "signal", "mm", "fs", "ipc", "net", "time", "security", "drv")
# What a room may include besides itself, and the headers that are open to all (DESIGN section 3).
LOWER = {"base": ("sync",), "sync": ("base", "sched", "task")}
LOWER.update({s: ("base", "sync", *SUBSYSTEMS) for s in SUBSYSTEMS})
OPEN = ("kernel/gate/refuse.h", "kernel/gate/trace.h", "kernel/arch/arch.h", "kernel/arch/cpu.h", "kernel/arch/regs.h", "kernel/arch/io.h",
        "kernel/debug/debug.h")
# Files whose job is to know others: the order of boot, the last words, memory behind an iterator.
EXCEPTIONS = {"kernel/base/init.c", "kernel/base/panic.c", "kernel/base/iter.c", "kernel/syscalls/arch_x86.c"}
# Where the ABI meets a subsystem for a stated reason: the frame of a signal, of a new program, a tid word.
USER_COPIES = ("kernel/base/iter.h", "kernel/gate/uaccess.h")
AREAS = re.compile(r"^[a-z0-9_./-]+(, [a-z0-9_./-]+)*: [A-Z0-9`\"][^\n]*[^.]$")


def includes(path):
    """Quoted includes, as paths from the root."""
    for match in INCLUDE.finditer(files.text(path)):
        near = os.path.normpath(os.path.join(os.path.dirname(path), match[1]))
        yield match[1] if os.path.exists(match[1]) else near


def cycles(out):
    """No header includes itself through others."""
    graph = {p: [i for i in includes(p) if i.endswith(".h")] for p in files.code(kinds=(".h",))}
    state = {}

    def visit(node, trail):
        if state.get(node) == "done" or node not in graph:
            return
        if node in trail:
            yield " -> ".join(trail[trail.index(node):] + [node])
            return
        for child in graph[node]:
            yield from visit(child, trail + [node])
        state[node] = "done"

    for node in graph:
        yield from visit(node, [])


def room(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "kernel" and len(parts) > 2 else parts[0]


def arrow_fault(path, target):
    """Why this include points the wrong way, or None."""
    a, b = room(path), room(target)
    if path.startswith("abi/") and not target.startswith("abi/"):
        return "abi/ includes nothing but itself"
    if not path.startswith("kernel/") or path in EXCEPTIONS or target.startswith("tests/unit/"):
        return None
    if target.startswith(("host/", "user/")):
        return "the kernel knows neither host/ nor user/"
    if target.startswith("kernel/arch/x86_64/") and a != "arch":
        return "arch is called through kernel/arch/arch.h"
    if a in LOWER and b != a and target not in OPEN and target not in USER_COPIES and b not in LOWER[a]:
        if target.startswith("kernel/arch/") or target.startswith("build/"):
            return None
        return f"{a} must not know {b}"
    return None


def arrows(out):
    """Includes between rooms point one way."""
    for path in files.code("kernel", "abi"):
        for target in includes(path):
            why = arrow_fault(path, target)
            if why:
                yield f"{path}: includes {target}: {why}"


def user_pointers(out):
    """Subsystems know no __user; only gate, syscalls, arch and the named meeting points do."""
    for path in files.code("kernel", kinds=(".c", ".h")):
        if room(path) not in SUBSYSTEMS:
            continue
        touches = any(t == "kernel/gate/uaccess.h" for t in includes(path))
        for number, line in enumerate(files.lines(path), 1):
            if re.search(r"\b__user\b", re.sub(r"/\*.*?\*/|//.*|^\s*\*.*", "", line)) and not touches:
                yield f"{path}:{number}: __user without kernel/gate/uaccess.h"


def table(out):
    """abi/syscalls.tbl agrees with the definitions and with the installed Linux headers."""
    done = subprocess.run([sys.executable, "tools/gen/syscalls.py", "lint"], capture_output=True, text=True)
    if done.returncode:
        yield from (done.stdout + done.stderr).strip().splitlines()


def compat(out):
    """docs/COMPAT.md is what the table compiler makes of the table."""
    done = subprocess.run([sys.executable, "tools/gen/syscalls.py", "compat"], capture_output=True, text=True)
    if done.returncode:
        yield done.stderr.strip()[-200:]
    elif done.stdout != files.text("docs/COMPAT.md"):
        yield "docs/COMPAT.md is out of date: python3 tools/gen/syscalls.py compat --write"


def figures(out):
    """What is made from bench/results.json (table, picture, README's figures) agrees with it."""
    sys.path.insert(0, "bench")
    import figures as bench_figures
    yield from bench_figures.stale()


def documents(out):
    """Files and functions that ARCHITECTURE.md and the other documents name exist."""
    everything = "\n".join(files.text(p) for p in files.code())
    known = set(re.findall(r"\b[A-Za-z_]\w+\b", everything))
    papers = [p for p in files.tracked() if p.endswith(".md") and p not in ("docs/COMPAT.md", "STYLE.md")]
    if "ARCHITECTURE.md" not in papers:
        yield "ARCHITECTURE.md is missing"
    for path in papers:
        for number, line in enumerate(files.lines(path), 1):
            for name in re.findall(r"`((?:kernel|host|user|abi|tools|tests|bench|docs|mk)/[\w./-]+)`", line):
                if not os.path.exists(name.rstrip("/")):
                    yield f"{path}:{number}: {name} does not exist"
            if path != "ARCHITECTURE.md":
                continue
            for name in re.findall(r"`(\w+)\(\)`", line):
                if name not in known:
                    yield f"{path}:{number}: {name}() is nowhere in the sources"


def links(out):
    """Relative links in documents lead to files."""
    for path in files.tracked():
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(files.lines(path), 1):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", line):
                if not os.path.exists(os.path.join(os.path.dirname(path), target)):
                    yield f"{path}:{number}: link to {target}"


def commits(out):
    """Subjects read "area: Imperative summary", 72 columns at most."""
    done = subprocess.run(["git", "log", "--no-merges", "--format=%h %s"], capture_output=True, text=True,
                          check=True)
    for line in done.stdout.splitlines():
        commit, subject = line.split(" ", 1)
        if len(subject) > 72:
            yield f"{commit}: subject of {len(subject)} columns"
        if not AREAS.match(subject):
            yield f"{commit}: not \"area: Imperative summary\": {subject}"


CHECKS = [cycles, arrows, user_pointers, table, compat, figures, documents, links, commits]

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The table compiler: abi/ and the SYSCALL_DEFINEs in, dispatch tables, decoders, stubs and documents out.

  syscalls.py generate OUT [--examples]   writes OUT/*; files that would not change are not touched
  syscalls.py sync                        where rows and definitions disagree (never fails)
  syscalls.py lint                        the same as errors, and the table against the installed Linux headers
  syscalls.py compat [--write]            prints or rewrites docs/COMPAT.md
  syscalls.py set STATE NAME... [-- NOTE] changes rows
  syscalls.py show NAME                   row, definition and decoders of one call
"""

import argparse
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import emit  # noqa: E402
import gatetest  # noqa: E402
from abi import ABIS, OWN_NUMBERS, ROOT, STATES, Abi, AbiError  # noqa: E402

COMPAT = os.path.join(ROOT, "docs/COMPAT.md")
TABLE = os.path.join(ROOT, "abi/syscalls.tbl")
UNWRITTEN = "not written yet"


def write_if_changed(path, text):
    """Leaves the time stamp alone when nothing changed, so that make rebuilds nothing."""
    try:
        with open(path) as f:
            if f.read() == text:
                return False
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    return True


def cmd_generate(args):
    abi = Abi(args.examples)
    if abi.duplicates:
        a, b = abi.duplicates[0]
        raise AbiError(f"{b.path}:{b.line}: {b.label} is already defined at {a.path}:{a.line}")
    for name, text in {**emit.files(abi), **gatetest.files(abi)}.items():
        write_if_changed(os.path.join(args.out, name), text)
    return 0


def repeated_rows(abi):
    """A name or a number has one home."""
    homes = {}
    for r in abi.rows:
        for key in [("name", r.name), *((abi_name, nr) for abi_name, nr in r.nr.items() if nr is not None)]:
            if key in homes:
                yield f"{r.where}: {r.name}: {key[0]} {key[1]} is taken at {homes[key]}"
            homes[key] = r.where


def row_problems(abi):
    """A row that promises what is not there, or hides what is."""
    for r in abi.rows:
        native = abi.serve(r, "x86_64") or (abi.native.get(r.name) if r.nr["x86_64"] is None else None)
        twin = abi.serve(r, "i386")
        if r.done():
            if r.nr["x86_64"] is not None and not native:
                yield f"{r.where}: {r.name} is {r.state} but has no SYSCALL_DEFINEn({r.name}, ...)"
            if r.nr["i386"] is not None and not twin:
                yield f"{r.where}: {r.name} is {r.state} but nothing serves i386 number {r.nr['i386']} ({r.ia32})"
            d = native or twin
            home = f"kernel/syscalls/{r.file}.c"
            if d and not d.ia32 and d.path != home and d.path.startswith("kernel/syscalls/") and d.name == r.name:
                yield f"{r.where}: {r.name} says file {r.file} but is in {d.path}"
        elif r.state == "absent" and (native and abi.native.get(r.name) or (twin and r.nr["x86_64"] is None)):
            yield f"{r.where}: {r.name} is absent but is defined at {(native or twin).path}:{(native or twin).line}"
        if r.note == UNWRITTEN:
            yield f"{r.where}: {r.name}: '{UNWRITTEN}' is no reason"
        if r.state != "full" and not r.note:
            yield f"{r.where}: {r.name} is {r.state} and the note does not say what or why"


def definition_problems(abi):
    used = {id(abi.serve(r, a)) for r in abi.rows for a in ABIS}
    for d in abi.defs:
        if id(d) not in used:
            yield f"{d.path}:{d.line}: no row of abi/syscalls.tbl leads to {d.label}"
    for a, b in abi.duplicates:
        yield f"{b.path}:{b.line}: {b.label} is already defined at {a.path}:{a.line}"


def kind_problems(abi):
    names = {d.name for d in abi.defs} | {"ia32_" + d.name for d in abi.defs} | {r.name for r in abi.rows}
    names |= {re.sub(r"\?$", "", r.ia32)[5:] for r in abi.rows if r.ia32.startswith("ia32_")} | {"silly_copy"}
    for name, words in abi.decode.items():
        if name not in names and not (name.startswith("ia32_") and name[5:] in names):
            yield f"abi/decode.tbl: {name} is no call"
        d = abi.native.get(name)
        count = sum(not w.startswith("=") for w in words)
        if d and count > len(d.args):
            yield f"abi/decode.tbl: {name} has {count} kinds for {len(d.args)} arguments"


_GENERIC = """
#define __BITS_PER_LONG 64
#define _ASM_GENERIC_BITSPERLONG_H
#define __ASM_GENERIC_BITS_PER_LONG
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_SYS_CLONE3
#define __ARCH_WANT_MEMFD_SECRET
#define __ARCH_WANT_TIME32_SYSCALLS
#include <asm-generic/unistd.h>
"""


def header_numbers():
    """ABI -> {name: number}, from the installed UAPI headers."""
    sources = {"x86_64": "#include <asm/unistd_64.h>\n", "i386": "#include <asm/unistd_32.h>\n", "generic": _GENERIC}
    out = {}
    for which, source in sources.items():
        text = subprocess.run(["gcc", "-E", "-dM", "-x", "c", "-"], input=source, text=True, check=True,
                              capture_output=True).stdout
        macros = dict(re.findall(r"^#define (__NR\w+) +(\S+)$", text, re.M))
        numbers = {}
        for name, value in macros.items():
            while value in macros:
                value = macros[value]
            if name.startswith("__NR_") and value.isdigit():
                numbers[name[5:]] = int(value)
        numbers.pop("syscalls", None)
        numbers.pop("arch_specific_syscall", None)
        out[which] = numbers
    return out


def header_problems(abi):
    for which, numbers in header_numbers().items():
        rows = {r.name: r for r in abi.rows if r.nr[which] is not None}
        for name, nr in numbers.items():
            if name not in rows:
                yield f"abi/syscalls.tbl: {name} ({which} {nr}) has no row"
            elif rows[name].nr[which] != nr:
                yield f"{rows[name].where}: {name} is {nr} on {which}, not {rows[name].nr[which]}"
        for name, r in rows.items():
            if name not in numbers and r.nr[which] < OWN_NUMBERS and r.nr[which] < 451:
                yield f"{r.where}: {name} is no call of Linux 6.1 on {which}"
        seen = {}
        for r in rows.values():
            if r.nr[which] in seen:
                yield f"{r.where}: {which} {r.nr[which]} is taken by {seen[r.nr[which]]}"
            seen[r.nr[which]] = r.name


def compat_problems(abi):
    try:
        with open(COMPAT) as f:
            same = f.read() == emit.compat(abi)
    except FileNotFoundError:
        same = False
    if not same:
        yield "docs/COMPAT.md differs from the table: run tools/gen/syscalls.py compat --write"


def report(problems):
    problems = list(problems)
    for p in problems:
        print(p)
    return len(problems)


def cmd_sync(args):
    abi = Abi()
    n = report([*repeated_rows(abi), *row_problems(abi), *definition_problems(abi), *kind_problems(abi)])
    counts = {a: sum(abi.serve(r, a) is not None for r in abi.rows) for a in ("x86_64", "i386")}
    print(f"{n} disagreements; {counts['x86_64']} x86-64 and {counts['i386']} i386 numbers are served")
    return 0


def cmd_lint(args):
    abi = Abi()
    sources = (repeated_rows, row_problems, definition_problems, kind_problems, header_problems, compat_problems,
               gatetest.problems)
    return 1 if report(p for s in sources for p in s(abi)) else 0


def write_compat():
    write_if_changed(COMPAT, emit.compat(Abi()))


def cmd_compat(args):
    if args.write:
        write_compat()
    else:
        sys.stdout.write(emit.compat(Abi()))
    return 0


def format_row(col):
    return ("%-30s %6s %5s %7s  %-27s %-10s %-8s %s" % tuple(col)).rstrip() + "\n"


def edit_rows(names, change):
    """Applies change(columns) to the rows with these names."""
    left = set(names)
    out = []
    with open(TABLE) as f:
        for line in f:
            col = line.split(None, 7)
            if col and not line.startswith("#") and col[0] in left:
                left.discard(col[0])
                col = [c.strip() for c in col] + [""] * (8 - len(col))
                change(col)
                line = format_row(col)
            out.append(line)
    if left:
        raise AbiError(f"no row for {', '.join(sorted(left))}")
    with open(TABLE, "w") as f:
        f.writelines(out)


def cmd_set(args):
    words, note = args.words, None
    if "--" in words:
        at = words.index("--")
        words, note = words[:at], " ".join(words[at + 1:])
    if args.state != "full" and not note:
        raise AbiError(f"{args.state} needs a note after --: what is missing, or why")

    def change(col):
        col[6] = args.state
        col[7] = note or ""

    edit_rows(words, change)
    return 0


def cmd_promote(args):
    """Rows still 'not written yet' whose every number is served become `full`; their file column follows."""
    abi = Abi()
    names = {}
    for r in abi.rows:
        served = [abi.serve(r, a) for a in ("x86_64", "i386") if r.nr[a] is not None]
        if r.state == "absent" and r.note == UNWRITTEN and served and all(served):
            names[r.name] = os.path.basename(served[0].path)[:-2]

    def change(col):
        col[5] = names[col[0]]
        col[6], col[7] = "full", ""

    edit_rows(names, change)
    print(f"{len(names)} rows are now full; set those that are not with: syscalls.py set partial NAME -- what")
    return 0


def cmd_show(args):
    abi = Abi(examples=True)
    row = abi.by_name.get(args.name)
    if not row:
        raise AbiError(f"no call named {args.name}")
    print(f"{row.name}: {row.state}{': ' + row.note if row.note else ''}")
    for which in ABIS:
        if row.nr[which] is None:
            continue
        d = abi.serve(row, which)
        what = f"{d.label}({', '.join(f'{t} {a}' for t, a in d.args)})  {d.path}:{d.line}" if d else "ENOSYS"
        print(f"  {which:8} {row.nr[which]:4}  {what}")
    return 0


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="command", required=True)
    g = sub.add_parser("generate")
    g.add_argument("out")
    g.add_argument("--examples", action="store_true")
    sub.add_parser("sync")
    sub.add_parser("lint")
    sub.add_parser("promote")
    c = sub.add_parser("compat")
    c.add_argument("--write", action="store_true")
    s = sub.add_parser("set")
    s.add_argument("state", choices=STATES)
    s.add_argument("words", nargs=argparse.REMAINDER)
    sub.add_parser("show").add_argument("name")
    args = p.parse_args()
    try:
        return globals()["cmd_" + args.command](args)
    except AbiError as e:
        print(f"syscalls.py: {e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

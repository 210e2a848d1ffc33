# SPDX-License-Identifier: MIT
"""tests/gate/recipes.tbl and the numbers nobody may answer, as the C tables that tests/gate/gate.c walks."""

import os
import re

from abi import ROOT, AbiError

RECIPES = "tests/gate/recipes.tbl"
HEAD = "/* SPDX-License-Identifier: MIT */\n/* Made by tools/gen/syscalls.py; do not edit. */\n#pragma once\n\n"
_OBJECT = re.compile(r"([RO])(\d+)(?:/(\d+))?([?~]*)$")
_FIXED = {"F": "ARG_FILE", "G": "ARG_FOLDER", "W": "ARG_WFILE", "Q": "ARG_PIPE", "K": "ARG_SOCKET", "D": "ARG_CWD", "ME": "ARG_PID"}


def recipes():
    """[(kind, call, words, where)] and the names that are excepted."""
    out, excepted = [], set()
    with open(os.path.join(ROOT, RECIPES)) as f:
        for nr, line in enumerate(f, 1):
            word = line.split()
            if not word or word[0].startswith("#"):
                continue
            if word[0] == "except" and len(word) > 2:
                excepted.add(word[1])
            elif word[0] in ("call", "call64", "call32", "einval"):
                out.append((word[0], word[1], word[2:], f"{RECIPES}:{nr}"))
            else:
                raise AbiError(f"{RECIPES}:{nr}: want call, einval or except with a reason")
    return out, excepted


def _arg(word, which, where, narrow):
    m = _OBJECT.match(word)
    if m:
        size = m[3] if m[3] and which == "i386" else m[2]
        kind = "ARG_IN" if m[1] == "R" else "ARG_OUT"
        return f"{{ {kind}, {size}, {int('?' in m[4])}, {int('~' in m[4])}, 0 }}"
    if word in ("S", "S?", "T", "T?"):
        return f"{{ ARG_{'PATH' if word[0] == 'S' else 'TEXT'}, 0, {int(word.endswith('?'))}, 0, 0 }}"
    if word in _FIXED:
        return f"{{ {_FIXED[word]}, 0, 0, 0, {narrow} }}"
    try:
        value = int(word, 8) if re.match(r"0[0-7]+$", word) else int(word, 0)
    except ValueError:
        raise AbiError(f"{where}: '{word}' is no argument") from None
    return f"{{ ARG_NUMBER, {value}, 0, 0, {narrow} }}"


def _narrow(d, i):
    from emit import _NARROW  # one list of 32-bit types
    return int(bool(d) and i < len(d.args) and d.args[i][0] in _NARROW)


def _calls(abi, which):
    """The rows of one ABI.  The label tells the recipes of a call apart: readv, readv.2, …"""
    lines = []
    seen = {}
    for kind, name, words, where in recipes()[0]:
        row = abi.by_name.get(name) or abi.by_name.get("_" + name)
        if not row:
            raise AbiError(f"{where}: no call named {name}")
        d = abi.serve(row, which)
        if row.nr[which] is None or kind == {"x86_64": "call32", "i386": "call64"}[which]:
            continue
        args = [_arg(w, which, where, _narrow(d, i)) for i, w in enumerate(words)]
        err = "EINVAL" if kind == "einval" else "EFAULT"
        nth = seen[err, row.name] = seen.get((err, row.name), 0) + 1
        label = row.name if nth == 1 else f"{row.name}.{nth}"
        lines.append(f'\t{{ "{row.name}", "{label}", {row.nr[which]}, {int(bool(d))}, {err}, {len(args)}, {{ {", ".join(args)} }} }},')
    return lines


def _gaps(abi, which):
    """Numbers below the end of the table that Linux answers with ENOSYS as well."""
    used = {r.nr[which] for r in abi.rows if r.nr[which] is not None and r.file != "-"}
    return [n for n in range(451) if n not in used]


def files(abi):
    out = [HEAD]
    for which, test in (("x86_64", "#if defined(__x86_64__)"), ("i386", "#else")):
        out.append(f"{test}\nstatic const struct gate_call gate_calls[] = {{")
        out += _calls(abi, which)
        out.append('\t{ NULL, NULL, 0, 0, 0, 0, { { 0, 0, 0, 0, 0 } } }\n};')
    out.append("#endif\n")
    for which, name in (("x86_64", "gaps_x64"), ("i386", "gaps_ia32")):
        out.append(f"static const short {name}[] __attribute__((unused)) = {{ "
                   + ", ".join(map(str, _gaps(abi, which))) + ", -1 };")
    return {"tests/gate_calls.h": "\n".join(out) + "\n"}


def problems(abi):
    """Calls with user pointers that no recipe covers and no exception explains."""
    lines, excepted = recipes()
    covered = {name for _, name, _, _ in lines} | excepted
    for name, d in sorted(abi.native.items()):
        if name in abi.by_name and name not in covered and any("__user" in t for t, _ in d.args):
            yield f"{RECIPES}: {name} takes user pointers: write a recipe, or an exception with its reason"

# SPDX-License-Identifier: MIT
"""What is generated from abi.Abi: each function returns the text of one file."""

import json

HEAD = "/* SPDX-License-Identifier: MIT */\n/* Made by tools/gen/syscalls.py; do not edit. */\n"


def _served(abi, which):
    """number -> (row, definition or None) for one ABI."""
    return {r.nr[which]: (r, abi.serve(r, which)) for r in abi.rows if r.nr[which] is not None}


def nr_header(abi):
    """Included by C and by the entry assembly."""
    return (HEAD + "#pragma once\n\n"
            f"#define NR_SYSCALLS {abi.size('x86_64')}\n"
            f"#define NR_IA32_SYSCALLS {abi.size('i386')}\n"
            f"#define NR_RESTART_SYSCALL {abi.by_name['restart_syscall'].nr['x86_64']}\n"
            f"#define NR_IA32_RESTART_SYSCALL {abi.by_name['restart_syscall'].nr['i386']}\n")


def dispatch_table(abi, which, table, bound, count):
    served = _served(abi, which)
    stubs = sorted({d.stub(which) for _, d in served.values() if d})
    out = [HEAD + '#include "kernel/gate/syscall.h"\n#include "syscall_nr.h"\n']
    out += [f"long {s}(const struct regs *regs);" for s in stubs]
    out.append(f"\nconst unsigned int {count} = {bound};\n")
    out.append(f"const syscall_fn {table}[{bound}] = {{")
    for nr in range(abi.size(which)):
        row, d = served.get(nr, (None, None))
        comment = "" if d else f" /* {row.name}: {row.state} */" if row else " /* unassigned */"
        out.append(f"\t[{nr}] = {d.stub(which) if d else 'sys_ni_syscall'},{comment}")
    return "\n".join(out) + "\n};\n"


_NARROW = {"int", "unsigned int", "unsigned", "u32", "s32", "u16", "pid_t", "uid_t", "gid_t", "umode_t", "clockid_t"}


# Of calls without a definition, the kinds that are 32-bit types on every ABI.
_NARROW_KINDS = {"int", "fd", "dfd", "pid", "sig", "uid", "flags", "mode"}


def _kind_c(kind, aux, narrow):
    name = "K_" + kind.replace(">", "_OUT").replace("?", "_OPT").upper()
    aux = f"FLAGS_{aux}" if kind == "flags" else aux or "AUX_NONE"
    return f"{{ {name}, {aux}, {'true' if narrow else 'false'} }}"


def _kinds_table(name, words):
    return [f"static const struct arg_kind {name}[] = {{ {', '.join(words)} }};"] if words else []


def _desc_c(abi, row, d):
    """One struct syscall_desc: name, metadata, kinds, why it is absent, number of arguments, result."""
    if d:
        kinds = f"kinds_of_{d.meta}" if d.args else "NULL"
        result = f"K_{abi.result_kind(d, row).upper()}"
        return f'{{ "{row.name}", &{d.meta}, {kinds}, NULL, {len(d.args)}, {result} }}'
    nargs = len(abi.absent_kinds(row))
    kinds = f"kinds_of_absent_{row.name}" if nargs else "NULL"
    return f'{{ "{row.name}", NULL, {kinds}, {json.dumps(row.note)}, {nargs}, K_INT }}'


def descriptions(abi):
    """Names, metadata and decoders by number, for the tracer."""
    out = [HEAD + '#include "kernel/gate/desc.h"\n#include "flag_ids.h"\n#include "syscall_nr.h"\n']
    used = {}
    for which in ("x86_64", "i386"):
        for row, d in _served(abi, which).values():
            if d:
                used.setdefault(d.meta, (d, row))
    for meta, (d, row) in sorted(used.items()):
        out.append(f"extern const struct syscall_meta {meta};")
        words = [_kind_c(k, a, t in _NARROW) for (k, a), (t, _) in zip(abi.kinds(d, row), d.args)]
        out += _kinds_table(f"kinds_of_{meta}", words)
    for row in abi.rows:
        words = [_kind_c(k, a, k in _NARROW_KINDS) for k, a in abi.absent_kinds(row)]
        if not all(abi.serve(row, which) for which in ("x86_64", "i386") if row.nr[which] is not None):
            out += _kinds_table(f"kinds_of_absent_{row.name}", words)
    for which, table, bound in (("x86_64", "syscall_desc_x64", "NR_SYSCALLS"),
                                ("i386", "syscall_desc_ia32", "NR_IA32_SYSCALLS")):
        out.append(f"\nconst struct syscall_desc {table}[{bound}] = {{")
        for nr, (row, d) in sorted(_served(abi, which).items()):
            out.append(f"\t[{nr}] = {_desc_c(abi, row, d)},")
        out.append("};")
    return "\n".join(out) + "\n"


def flag_ids(abi):
    names = ",\n".join(f"\tFLAGS_{n}" for n in sorted(abi.flags))
    return HEAD + f"#pragma once\n\nenum flag_id {{\n{names},\n\tNR_FLAG_TABLES\n}};\n"


def flag_tables(abi):
    """Values are the compiler's, from the UAPI headers: a name they lack fails the build."""
    includes = sorted({i for f in abi.flags.values() for i in f.includes})
    out = [HEAD + '#include "kernel/gate/desc.h"\n#include "flag_ids.h"']
    out += [f"#include <{i}>" for i in includes]
    out.append("")
    for f in abi.flags.values():
        for part, pairs in (("names", f.names), ("fields", f.fields)):
            if pairs:
                out.append(f"static const struct flag_name {part}_{f.name}[] = {{")
                for name, value in pairs:
                    text = f.text.get(name)
                    out.append(f'\t{{ (u32)({value}), "{name}", {json.dumps(text) if text else "NULL"} }},')
                out.append("};")
    out.append("\nconst struct flag_table flag_tables[NR_FLAG_TABLES] = {")
    for f in abi.flags.values():
        names = f"names_{f.name}, ARRAY_SIZE(names_{f.name})" if f.names else "NULL, 0"
        fields = f"fields_{f.name}, ARRAY_SIZE(fields_{f.name})" if f.fields else "NULL, 0"
        zero = f'"{f.zero[0]}"' if f.zero else "NULL"
        out.append(f'\t[FLAGS_{f.name}] = {{ "{f.name}", {"true" if f.kind == "bits" else "false"}, '
                   f"{'true' if f.octal else 'false'}, (u32)({f.mask or '0'}), {zero}, {names}, {fields} }},")
    return "\n".join(out) + "\n};\n"


def user_numbers(abi):
    out = [HEAD + "/* Call numbers for programs; adds what <asm/unistd.h> lacks. */\n#pragma once\n"]
    for which, test in (("x86_64", "#if defined(__x86_64__)"), ("i386", "#elif defined(__i386__)"),
                        ("generic", "#else")):
        out.append(test)
        for r in sorted((r for r in abi.rows if r.nr[which] is not None), key=lambda r: r.nr[which]):
            out.append(f"#ifndef __NR_{r.name}\n#define __NR_{r.name} {r.nr[which]}\n#endif")
    out.append("#endif")
    return "\n".join(out) + "\n"


_PLAIN = {"int", "unsigned int", "unsigned", "long", "unsigned long", "size_t", "pid_t", "uid_t", "gid_t", "off_t"}
_USER_TYPE = {"u32": "unsigned int", "s32": "int", "loff_t": "long long", "umode_t": "unsigned int",
              "clockid_t": "int", "u64": "unsigned long long", "s64": "long long", "timer_t": "int"}


def user_type(ctype):
    """The type a program sees: the kernel's names are not its names."""
    if "*" in ctype:
        const = "const " if ctype.startswith("const") else ""
        return const + ("char *" if "char" in ctype and const else "void *")
    return ctype if ctype in _PLAIN else _USER_TYPE.get(ctype, "unsigned long")


def user_stubs(abi):
    """One _syscallN line per call, for both x86 ABIs; the call's name with the prefix sg_."""
    out = [HEAD + '#pragma once\n\n#include <stddef.h>\n#include <sys/types.h>\n#include "syscall.h"\n']
    for which, test in (("x86_64", "#if defined(__x86_64__)"), ("i386", "#elif defined(__i386__)")):
        out.append(test)
        for nr, (row, d) in sorted(_served(abi, which).items()):
            if d:
                args = "".join(f", {user_type(t)}, {a}" for t, a in d.args)
                out.append(f"#define __NR_sg_{row.name} {nr}\n_syscall{len(d.args)}(long, sg_{row.name}{args})")
    out.append("#endif")
    return "\n".join(out) + "\n"


def abi_json(abi):
    calls = []
    for r in abi.rows:
        entry = {"name": r.name, "numbers": {a: n for a, n in r.nr.items() if n is not None}, "state": r.state}
        if r.note:
            entry["note"] = r.note
        if r.file != "-":
            entry["file"] = f"kernel/syscalls/{r.file}.c"
        for which, key in (("x86_64", "signature"), ("i386", "ia32_signature")):
            d = abi.serve(r, which)
            if d and (which == "x86_64" or d.ia32):
                kinds = abi.kinds(d, r)
                entry[key] = [{"type": t, "name": a, "kind": k, **({"of": x} if x else {})}
                              for (t, a), (k, x) in zip(d.args, kinds)]
        calls.append(entry)
    flags = {f.name: {"kind": f.kind, "about": f.about, "names": [n for n, _ in f.fields + f.names]}
             for f in abi.flags.values()}
    return json.dumps({"abi": "linux-6.1", "calls": calls, "flags": flags}, indent=1) + "\n"


def compat(abi):
    """docs/COMPAT.md: derived from the rows alone, so that it changes only when a promise does."""
    rows = [r for r in abi.rows if r.file != "examples"]
    out = ["<!-- SPDX-License-Identifier: MIT -->", "# What of Linux 6.1 is there", "",
           "Made by `tools/gen/syscalls.py compat --write` from `abi/syscalls.tbl`; `sysgate check` fails when it differs.",
           "", "- full: behaves as Linux 6.1 does, as far as our tests see",
           "- partial: the note says what is missing", "- absent: answers `ENOSYS`; the note says why",
           "- refused: will not be written; the note says why", "",
           "| ABI | numbers | full | partial | absent | refused |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for which, title in (("x86_64", "x86-64"), ("i386", "i386"), ("generic", "generic (arm64, riscv64)")):
        here = [r for r in rows if r.nr[which] is not None]
        count = [sum(r.state == s for r in here) for s in ("full", "partial", "absent", "refused")]
        out.append(f"| {title} | {len(here)} | " + " | ".join(map(str, count)) + " |")
    out += ["", "| call | x86-64 | i386 | generic | state | note |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for r in sorted(rows, key=lambda r: r.name.lstrip("_")):
        numbers = " | ".join("" if r.nr[a] is None else str(r.nr[a]) for a in ("x86_64", "i386", "generic"))
        out.append(f"| {r.name} | {numbers} | {r.state} | {r.note} |")
    return "\n".join(out) + "\n"


def files(abi):
    """Relative to the output folder's gen/."""
    return {
        "syscall_nr.h": nr_header(abi),
        "flag_ids.h": flag_ids(abi),
        "syscall_table_x86_64.c": dispatch_table(abi, "x86_64", "sys_call_table", "NR_SYSCALLS", "nr_syscalls"),
        "syscall_table_ia32.c": dispatch_table(abi, "i386", "ia32_sys_call_table", "NR_IA32_SYSCALLS",
                                               "nr_ia32_syscalls"),
        "syscall_desc.c": descriptions(abi),
        "flag_tables.c": flag_tables(abi),
        "user/syscall_nr.h": user_numbers(abi),
        "user/syscall_stubs.h": user_stubs(abi),
        "abi.json": abi_json(abi),
    }

# SPDX-License-Identifier: MIT
"""The facts in abi/ and the SYSCALL_DEFINEs in kernel/, parsed and joined.  Everything generated comes from here."""

import os
import re
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STATES = ("full", "partial", "absent", "refused")
ABIS = ("x86_64", "i386", "generic")
OWN_NUMBERS = 600  # calls of our own start here; Linux has promised nothing up there



class AbiError(Exception):
    pass


@dataclass
class Row:
    """One line of syscalls.tbl."""
    name: str
    nr: dict          # ABI name -> number or None
    ia32: str
    file: str
    state: str
    note: str
    where: str        # "abi/syscalls.tbl:17"

    def done(self):
        return self.state in ("full", "partial")


@dataclass
class Definition:
    """One SYSCALL_DEFINEn or IA32_SYSCALL_DEFINEn."""
    name: str
    ia32: bool
    args: list        # (type, name)
    path: str
    line: int

    @property
    def meta(self):
        return ("ia32_syscall_meta_" if self.ia32 else "syscall_meta_") + self.name

    def stub(self, abi):
        if self.ia32:
            return "ia32_" + self.name
        return ("x64_sys_" if abi == "x86_64" else "ia32_sys_") + self.name

    @property
    def label(self):
        return ("ia32_" if self.ia32 else "sys_") + self.name


@dataclass
class Flags:
    """One abi/flags/*.txt."""
    name: str
    kind: str = ""                                # bits | enum
    includes: list = field(default_factory=list)
    mask: str = ""                                # of the enumerated field inside a bit word
    fields: list = field(default_factory=list)    # (name, value expression)
    zero: tuple = None
    names: list = field(default_factory=list)
    text: dict = field(default_factory=dict)      # name -> words (errno)
    octal: bool = False                           # bits without a name print in octal
    about: str = ""


def _lines(path):
    with open(os.path.join(ROOT, path)) as f:
        for nr, line in enumerate(f, 1):
            yield nr, line.rstrip("\n")


def read_table(path):
    rows = []
    for nr, line in _lines(path):
        if not line.strip() or line.startswith("#"):
            continue
        where = f"{path}:{nr}"
        col = line.split(None, 7)
        if len(col) < 7:
            raise AbiError(f"{where}: want 8 columns, have {len(col)}")
        try:
            numbers = {a: None if v == "-" else int(v) for a, v in zip(ABIS, col[1:4])}
        except ValueError:
            raise AbiError(f"{where}: a number is a decimal or '-'") from None
        if col[6] not in STATES:
            raise AbiError(f"{where}: state '{col[6]}' is none of {', '.join(STATES)}")
        rows.append(Row(col[0], numbers, col[4], col[5], col[6], col[7].strip() if len(col) > 7 else "", where))
    return rows


_DEFINE = re.compile(r"^(IA32_)?SYSCALL_DEFINE([0-6])\(", re.M)


def _split_args(text):
    """Splits on the commas outside of brackets."""
    out, depth, cur = [], 0, ""
    for c in text:
        if c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        if c == "," and depth == 0:
            out.append(cur)
            cur = ""
        else:
            cur += c
    out.append(cur)
    return [" ".join(a.split()) for a in out]


def parse_source(path, text):
    defs = []
    for m in _DEFINE.finditer(text):
        depth, end = 1, m.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        parts = _split_args(re.sub(r"/\*.*?\*/", "", text[m.end():end - 1], flags=re.S))
        line = text.count("\n", 0, m.start()) + 1
        n = int(m[2])
        if len(parts) != 1 + 2 * n:
            raise AbiError(f"{path}:{line}: SYSCALL_DEFINE{n}({parts[0]}) has {len(parts) - 1} words, want {2 * n}")
        args = list(zip(parts[1::2], parts[2::2]))
        defs.append(Definition(parts[0], bool(m[1]), args, path, line))
    return defs


def read_definitions(examples, base="kernel"):
    defs = []
    for folder, _, files in sorted(os.walk(os.path.join(ROOT, base))):
        for name in sorted(files):
            if not name.endswith(".c") or name.endswith("_test.c") or (name == "examples.c" and not examples):
                continue
            full = os.path.join(folder, name)
            with open(full, "rb") as f:
                data = f.read()
            if b"SYSCALL_DEFINE" in data:
                defs += parse_source(os.path.relpath(full, ROOT), data.decode())
    return defs


def read_flags():
    out = {}
    folder = os.path.join(ROOT, "abi/flags")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".txt"):
            continue
        f = Flags(name[:-4])
        in_field = False
        for nr, line in _lines(f"abi/flags/{name}"):
            word = line.split()
            if not word:
                continue
            if word[0] == "#":
                if "SPDX" not in line:
                    f.about = (f.about + " " + line[1:].strip()).strip()
                continue
            value = word[1] if len(word) > 1 else word[0]
            if line[0].isspace():
                if not in_field:
                    raise AbiError(f"abi/flags/{name}:{nr}: an indented name belongs under 'field'")
                f.fields.append((word[0], value))
                continue
            in_field = word[0] == "field"
            if word[0] == "kind":
                f.kind = word[1]
            elif word[0] == "include":
                f.includes.append(word[1])
            elif word == ["rest", "octal"]:
                f.octal = True
            elif in_field:
                f.mask = word[1]
            elif word[0] == "zero":
                f.zero = (word[1], word[2] if len(word) > 2 else word[1])
            elif '"' in line:
                f.names.append((word[0], word[0]))
                f.text[word[0]] = line.split('"')[1]
            else:
                f.names.append((word[0], value))
        if f.kind not in ("bits", "enum"):
            raise AbiError(f"abi/flags/{name}: kind is bits or enum")
        out[f.name] = f
    return out


KINDS = """int uint long hex oct ptr fd dfd pid sig uid dev str path in out flags mode mode? none
 timespec timespec> timeval timeval> timespec2 timeval2 itimerval itimerval> itimerspec itimerspec> sigset sigset>
 sigaction sigaction> iovec iovec> argv envp int> pair> wstatus> pollfd> stat> rlimit rlimit> sockaddr sockaddr>
 epoll_event epoll_event> utsname> fdset loff loff> statx> dents> rusage> siginfo> rem> str> cpuset cpuset>
 hex? fcntl ioctl> prctl> futex_time futex_ptr futex_val3""".split()


RETURNS = ("int", "ptr", "oct", "hex", "none", "sigset")


def read_decode(flags):
    out = {}
    for nr, line in _lines("abi/decode.tbl"):
        word = line.split()
        if not word or word[0].startswith("#"):
            continue
        for k in word[1:]:
            if k.startswith("="):
                if k[1:] not in RETURNS:
                    raise AbiError(f"abi/decode.tbl:{nr}: a result prints as one of {', '.join(RETURNS)}")
                continue
            kind, _, aux = k.partition(":")
            if kind not in KINDS:
                raise AbiError(f"abi/decode.tbl:{nr}: unknown kind '{kind}'")
            if kind == "flags" and aux not in flags:
                raise AbiError(f"abi/decode.tbl:{nr}: no abi/flags/{aux}.txt")
        if word[0] in out:
            raise AbiError(f"abi/decode.tbl:{nr}: second row for {word[0]}")
        out[word[0]] = word[1:]
    return out


def kind_of_type(ctype):
    """How an argument prints that decode.tbl does not mention."""
    if "*" in ctype:
        return "ptr"
    return {"int": "int", "pid_t": "pid", "long": "long", "s64": "long", "loff_t": "long", "s32": "int",
            "size_t": "uint", "unsigned int": "uint", "unsigned": "uint", "u32": "uint", "umode_t": "mode",
            "uid_t": "uid", "gid_t": "uid", "clockid_t": "int", "u64": "hex"}.get(ctype, "hex")


class Abi:
    """Rows joined with definitions: which function serves which number of which ABI."""

    def __init__(self, examples=False):
        self.examples = examples
        self.rows = read_table("abi/syscalls.tbl")
        if examples:
            self.rows += read_table("abi/examples.tbl")
        self.defs = read_definitions(examples)
        self.flags = read_flags()
        self.decode = read_decode(self.flags)
        self.by_name = {r.name: r for r in self.rows}
        self.native = {}
        self.twins = {}
        self.duplicates = []
        for d in self.defs:
            home = self.twins if d.ia32 else self.native
            if d.name in home:
                self.duplicates.append((home[d.name], d))
            home[d.name] = d

    def serve(self, row, abi):
        """The definition behind a row's number of that ABI, or None."""
        if row.nr[abi] is None:
            return None
        if abi != "i386":
            return self.native.get(row.name)
        entry = row.ia32
        if entry == "-":
            return self.twins.get(row.name) or self.native.get(row.name)
        if entry.startswith("sys_"):
            return self.native.get(entry[4:])
        twin = self.twins.get(entry.rstrip("?")[5:])
        if twin or entry.endswith("?"):
            return twin or self.native.get(row.name)
        # A call that only i386 has cannot have a wrong-sized native twin: either macro will do.
        return self.native.get(entry[5:]) if row.nr["x86_64"] is None else None

    def size(self, abi):
        """One more than the highest number: the bound of the range check in the entry code."""
        return 1 + max(r.nr[abi] for r in self.rows if r.nr[abi] is not None)

    def _words(self, d, row):
        """The row of decode.tbl that speaks for a definition, [] when there is none."""
        keys = [f"ia32_{d.name}"] if d.ia32 else []
        keys += [d.name] + ([row.name] if row else [])
        return next((self.decode[k] for k in keys if k in self.decode), [])

    def result_kind(self, d, row=None):
        return next((w[1:] for w in self._words(d, row) if w.startswith("=")), "int")

    def absent_kinds(self, row):
        """(kind, aux) for the arguments of a call that nobody has written: decode.tbl alone knows them."""
        words = [w for w in self.decode.get(row.name, []) if not w.startswith("=")]
        return [(kind, aux) for kind, _, aux in (w.partition(":") for w in words)]

    def kinds(self, d, row=None):
        """(kind, aux) for every argument of a definition."""
        words = [w for w in self._words(d, row) if not w.startswith("=")]
        out = []
        for i, (ctype, _) in enumerate(d.args):
            word = words[i] if i < len(words) else kind_of_type(ctype)
            kind, _, aux = word.partition(":")
            out.append((kind, aux))
        return out

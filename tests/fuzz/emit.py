# SPDX-License-Identifier: MIT
"""Prints a program as the text of a conformance case, with what Linux and Sysgate made of it."""
import re

INDENT = "\t"


def c_bytes(hexes):
    data = bytes.fromhex(hexes)
    if data[-1:] == b"\0" and all(32 <= c < 127 and c not in b'"\\' for c in data[:-1]):
        return f'"{data[:-1].decode()}"'
    return '"' + "".join(f"\\{c:03o}" for c in data) + '"'


def argument(token, call, index, setup):
    """A C expression for a token; what must stand before the call goes to setup."""
    kind, rest = token[0], token[1:].split("~")[0]
    name = f"b{call}_{index}"
    if kind == "i":
        return f"0x{rest}ul" if len(rest) > 1 else rest
    if kind == "p":
        return "getpid()"
    if kind == "r":
        return f"r{rest}"
    if kind == "k":
        of, which, place = rest.split(".")
        return f"((int *)b{of}_{which})[{place}]"
    if kind == "t":
        return c_bytes(rest)
    if kind == "x":
        setup.append(f"char {name}[] = {c_bytes(rest)};")
    elif kind == "o":
        setup.append(f"char {name}[0x{rest} + 1];")
    elif kind == "w":
        setup.append(f"char {name}[0x{rest} + 1]; /* letters from 'a' on */")
    elif kind == "e":
        return f"page_edge() - 0x{rest}"
    elif kind == "v":
        parts = [f"{{ malloc(0x{n} + 1), 0x{n} }}" for n in rest[1:].split(",")]
        setup.append(f"struct iovec {name}[] = {{ {', '.join(parts)} }};")
    return name


def statements(program, record):
    """The calls as C, each held to the result that Linux gave."""
    wanted = {int(n): value for n, value in re.findall(r"^call (\d+): (\S+)$", record, re.M)}
    number = 0
    for step in program.steps:
        if isinstance(step, str):
            yield "if (!fork()) {" if step == "{" else "\t_exit(0);\n\t}\n\twait(NULL);"
            continue
        setup = []
        args = [argument(t, number, i, setup) for i, t in enumerate(step.args)]
        yield from setup
        value = wanted.get(number, "?")
        yield f"long r{number} = syscall(SYS_{', '.join([step.name, *args])}); /* {value} */"
        if re.fullmatch(r"-?\d+", value):
            yield f"CHECK_EQ(r{number}, {value});"
        elif value.startswith("E"):
            yield f"CHECK(r{number} == -1 && errno == {value});"
        number += 1


def difference(name, program, linux, sysgate):
    left, right = linux.split("\n"), sysgate.split("\n")
    lines = [f"/* program {name}, uid {program.uid}; the folder is that of make_folder() in interp.c"]
    lines += [f" * {s if isinstance(s, str) else s.name + ' ' + ' '.join(s.args)}" for s in program.steps]
    lines += [f" * linux:   {line}" for line in left if line not in right]
    lines += [f" * sysgate: {line}" for line in right if line not in left]
    lines += [" */", f"TEST(fuzz_{name})", "{"]
    lines += [INDENT + line for line in statements(program, linux)]
    return "\n".join(lines + ["}", ""])

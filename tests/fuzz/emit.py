# SPDX-License-Identifier: MIT
"""Writes a program as a conformance case (case.h) that holds each step to what Linux did."""
import re

from compare import results

FILL = "5a"
ERRNO = re.compile(r"E[A-Z0-9]+$")


def c_bytes(data):
    """A string literal of these bytes and no fewer; C adds a NUL."""
    if data and all(32 <= c < 127 and c not in b'"\\?' for c in data):
        return f'"{data.decode()}"'
    return '"' + "".join(f"\\{c:03o}" for c in data) + '"'


def c_number(value, bits):
    if value >> (bits - 1):
        value -= 1 << bits
    if value == -1 << (bits - 1):
        return f"{value + (1 << bits):#x}ul"
    if -4096 <= value <= 0x10000:
        return str(value)
    return f"{value:#x}" if value > 0 else f"-{-value:#x}"


def path_text(data):
    """The text of bytes that are one NUL-terminated string."""
    return data[:-1] if data[-1:] == b"\0" and 0 not in data[:-1] else None


class Case:
    """One program as C."""

    def __init__(self, name, key, program, linux, sysgate):
        self.name, self.key, self.program = name, key, program
        self.linux, self.sysgate = linux, sysgate
        self.steps, self.state = results(linux)
        self.members = [f"long r[{len(program.steps)}]"]
        self.bits = program.abi.bits
        self.many = bool(program.actors())
        self.unchecked = []

    # --- arguments ---

    def piece(self, n, i, size):
        name = f"b{n}_{i}"
        self.members.append(f"unsigned char {name}[{max(size, 1)}] __attribute__((aligned(8)))")
        return "s->" + name

    def argument(self, n, i, token, setup):
        """A C expression for a token; what must be done before the call goes to setup."""
        kind, rest = token[0], token[1:].split("~")[0]
        if kind == "i":
            return c_number(int(rest, 16) & (1 << self.bits) - 1, self.bits)
        if kind == "p":
            return "(unsigned long)getpid()"
        if kind == "q":
            return f"(unsigned long)s->pids[{rest}]"
        if kind in "rka":
            return self.earlier(kind, rest)
        if kind == "e":
            size = int(rest, 16)
            self.members.append(f"unsigned char *b{n}_{i}")
            setup.append(f"s->b{n}_{i} = case_edge({size});")
            return f"ADDR(s->b{n}_{i})"
        if kind == "v":
            return self.vector(n, i, rest, setup)
        if kind == "s":
            which, flags, mask = rest.split(".")
            name = self.piece(n, i, 32)
            setup.append(f"case_action({name}, {which}, 0x{flags}, 0x{mask}ull);")
            return f"ADDR({name})"
        if kind in "tx":
            data = bytes.fromhex(rest)
            if kind == "t" and path_text(data) is not None:
                return f"ADDR({c_bytes(data[:-1])})"
            name = self.piece(n, i, len(data))
            setup.append(f"memcpy({name}, {c_bytes(data)}, {len(data)});")
            return f"ADDR({name})"
        size = int(rest, 16)
        name = self.piece(n, i, size)
        setup.append(f"case_letters({name}, {size});" if kind == "w" else f"memset({name}, WORLD_FILL, {size});")
        return f"ADDR({name})"

    def earlier(self, kind, rest):
        of, *place = rest.split(".")
        if kind == "r":
            # What an earlier call gave; one that failed gave -1.
            return "-1" if ERRNO.match(self.steps.get(int(of), ("0",))[0]) else f"(unsigned long)s->r[{of}]"
        if self.program.steps[int(of)].args[int(place[0])][0] not in "xowetvs":
            return "63" if kind == "k" else "0"
        buffer = f"s->b{of}_{place[0]}"
        return f"ADDR({buffer})" if kind == "a" else f"(unsigned long)(long)((int *){buffer})[{place[1]}]"

    def vector(self, n, i, rest, setup):
        lengths = [int(x, 16) for x in rest[1:].split(",")]
        size, name = sum(lengths), self.piece(n, i, sum(lengths))
        self.members.append(f"struct iovec v{n}_{i}[8]")
        setup.append(f"memset({name}, WORLD_FILL, {size});" if rest[0] == "o" else f"case_letters({name}, {size});")
        at = 0
        for k in range(8):
            length = lengths[k] if k < len(lengths) else 0
            setup.append(f"s->v{n}_{i}[{k}] = (struct iovec){{ {name} + {at}, {length} }};")
            at += length
        return f"ADDR(s->v{n}_{i})"

    # --- checks ---

    def check_result(self, n, value, mode):
        if ERRNO.match(value):
            return f"CHECK_EQ(s->r[{n}], -{value});"
        if re.fullmatch(r"-?\d+", value) and mode != "P":
            return f"CHECK_EQ(s->r[{n}], {value});"
        if value == "0":
            return f"CHECK_EQ(s->r[{n}], 0);"
        return f"CHECK({'s->r[%d] > 0' % n if value != 'address' else '!(s->r[%d] < 0 && s->r[%d] >= -4095)' % (n, n)});"

    def check_buffers(self, n, lines):
        for line in lines:
            match = re.match(r"  arg(\d) (\d+):\S+ ([0-9a-f]*)$", line)
            if not match:
                continue
            i, used, shown = int(match[1]), int(match[2]), match[3]
            token = self.program.steps[n].args[i]
            masks = [tuple(int(x) for x in m.split("-")) for m in token.split("~")[1:]]
            name, size = f"s->b{n}_{i}", self.size(token)
            covered = [any(a <= k < a + b for a, b in masks) for k in range(max(size, used))]
            length = len(shown) // 2
            yield from self.runs(name, shown, covered, length)
            if used <= 256:
                yield from self.untouched(name, covered, used, size)

    @staticmethod
    def size(token):
        if token[0] in "tx":
            return len(token[1:].split("~")[0]) // 2
        if token[0] == "v":
            return sum(int(x, 16) for x in token[2:].split(","))
        return int(token[1:].split("~")[0], 16)

    @staticmethod
    def runs(name, shown, covered, length):
        at = 0
        while at < length:
            end = at
            while end < length and not covered[end]:
                end += 1
            if end > at:
                data = bytes.fromhex(shown[2 * at:2 * end])
                yield f"CHECK_MEM({name} + {at}, {c_bytes(data)}, {end - at});"
            at = end + 1

    @staticmethod
    def untouched(name, covered, used, size):
        while used < size:
            end = used
            while end < size and not covered[end]:
                end += 1
            if end > used:
                yield f"CHECK(case_untouched({name} + {used}, {end - used}));"
            used = end + 1

    def check_fds(self):
        other = set(self.sysgate.split("\n"))
        for line in self.state:
            match = re.match(r"fd (\d+): cloexec (\d+) flags (\d+) mode (\d+) position (-?\d+) size (\d+)$", line)
            if match and line not in other:
                fd, cloexec, flags, mode, position, size = match.groups()
                yield f"case_check_fd({fd}, {cloexec}, 0{flags}, 0{mode}, {position}, {size});"

    def check_files(self):
        """The files of which Sysgate left something else, by their paths."""
        other, lines = set(self.sysgate.split("\n")), iter(self.state)
        for line in lines:
            if line.startswith("folder of "):
                yield from self.folder(lines, int(line.split()[2]), "", other)

    def folder(self, lines, count, prefix, other):
        for _ in range(count):
            line = next(lines, "")
            match = re.match(r"file (.*) mode (\d+) links (\d+) owner (\d+)\.(\d+) size (\d+) blocks (\d+)", line)
            if not match:
                return
            name, mode, links, uid, gid, size, blocks = match.groups()
            if line not in other:
                yield f'case_check_file("{prefix}{name}", 0{mode}, {links}, {uid}u, {gid}u, {size}, {blocks});'
            if int(mode, 8) >> 12 == 4:
                head = next(lines, "")
                if head.startswith("folder of "):
                    yield from self.folder(lines, int(head.split()[2]), f"{prefix}{name}/", other)

    def check_signals(self):
        seen = []
        for line in self.state:
            match = re.match(r"(?:signals (\d): )?signal (\d+) at (\d+)", line)
            if match:
                seen.append((int(match[3]), int(match[2])))
        if not self.many:
            for k, (_, sig) in enumerate(sorted(seen)):
                yield f"case_check_signal({k}, {sig});"

    # --- the text ---

    def step(self, n):
        step, setup = self.program.steps[n], []
        ended = self.steps.get(n)
        if step.kind in "ft":
            how = "case_thread" if step.kind == "t" else "case_fork"
            return [f"s->r[{n}] = s->pids[{step.target}] = {how}({step.target}, actor_{step.target});"]
        if step.kind == "w":
            words = (ended[0] if ended else "").split()
            if len(words) == 2 and words[0].startswith("actor"):
                return [f"CHECK_EQ(case_wait(s->pids[{step.target}]), 0x{words[1]});"]
            return [f"s->r[{n}] = raw(SYS_wait4, (unsigned long)s->pids[{step.target}], 0, __WALL);"]
        args = [self.argument(n, i, t, setup) for i, t in enumerate(step.args)]
        call = f"s->r[{n}] = raw({', '.join(['SYS_' + step.name, *args])});"
        if ended is None:
            return [*setup, call + " /* does not return */"]
        return [*setup, call, self.check_result(n, ended[0], step.mode()), *self.check_buffers(n, ended[1])]

    def actor(self, k):
        lines, steps = [], self.program.steps
        for n, step in enumerate(steps):
            if step.actor != k:
                continue
            body = self.step(n)
            if self.many:
                call = next((i for i, t in enumerate(body) if f"s->r[{n}] = raw(" in t), None)
                passing = f"actor_pass(&s->turn, {n + 1});"
                if step.kind == "b" and call is not None:
                    body.insert(call, passing)
                else:
                    body.append(passing)
                body.insert(0, f"actor_await(&s->turn, {n});")
            lines += body
        if k == 0:
            if self.many:
                lines.append(f"actor_await(&s->turn, {len(steps)});")
            lines += [*self.check_signals(), *self.check_fds()]
        return ["static void actor_%d(void)" % k, "{", *("\t" + line for line in lines), "}", ""]

    def status(self):
        for line in reversed(self.state):
            match = re.search(r"(ended ([0-9a-f]+)|stuck)$", line)
            if match:
                return f"0x{match[2]}" if match[2] else "CASE_STUCK"
        return "0"

    def text(self):
        actors = sorted(self.program.actors() | {0}, reverse=True)
        functions = [line for k in actors for line in self.actor(k)]
        members = list(self.members)
        if self.many:
            members += ["unsigned int turn", "long pids[4]"]
        elif any(t[0] == "q" for s in self.program.steps for t in s.args):
            members.append("long pids[4]")
        guard = "__x86_64__" if self.bits == 64 else "__i386__"
        left, right = self.linux.split("\n"), self.sysgate.split("\n")
        about = [f" * {self.key}", " *", *(" * " + t for t in self.program.text().split("\n"))]
        about += [" * Linux:   " + line[:90] for line in left if line not in right][:6]
        about += [" * Sysgate: " + line[:90] for line in right if line not in left][:6]
        own = ["s->pids[0] = getpid();"] if any("pids[4]" in m for m in members) else []
        functions = [t.replace("static void actor_0(void)", "static void actor_0(void)") for t in functions]
        start = functions.index("static void actor_0(void)") + 2
        functions[start:start] = ["\t" + line for line in own]
        return "\n".join([
            "// SPDX-License-Identifier: MIT", "/*", *(t.replace("*/", "* /") if i else t for i, t in enumerate(about)),
            " */", '#include "../fuzz/case.h"', "", f"#ifdef {guard}", "static struct {",
            *(f"\t{m};" for m in members), "} *s;", "", *functions, f"TEST({self.name})", "{",
            "\ts = case_share(sizeof(*s));",
            f"\tCHECK_EQ(case_run({self.program.uid}, actor_0), {self.status()});",
            *("\t" + line for line in self.check_files()), "}", "#endif", ""])


def case_name(key, program):
    name = re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")
    return f"{name}_{program.abi.bits}"

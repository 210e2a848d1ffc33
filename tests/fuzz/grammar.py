# SPDX-License-Identifier: MIT
"""Makes random programs of system calls out of gen/abi.json: arguments by kind, results that flow on.

A program is a list of steps: a Call, or "{" and "}" around what a forked child does.  Arguments are tokens:
  i<hex>            a number, also an address         p                 the caller's pid
  r<call>           the result of an earlier call     k<call>.<arg>.<n> number n in an earlier call's buffer
  t<hex>            bytes the call reads              w<size>           so many letters
  o<size>[~at-len]  a buffer the call fills; masked   x<hex>[~at-len]   bytes that it reads and changes
  e<size>           a buffer before an unmapped page  v<i|o><len>,...   an iovec
"""
import json
import os
import re
import struct
import subprocess

FAMILIES = "fd file open path stat attr getdents pipe read_write mmap signal cred rlimit process xattr sendfile " \
           "eventfd poll signalfd epoll sync".split()
# Left out: what blocks or ends, what is each kernel's own (times, processors, addresses), what needs a handler.
LEFT_OUT = set("rt_sigreturn pause restart_syscall getrusage times sched_yield chroot arch_prctl getcpu brk sync "
               "rt_sigsuspend process_vm_readv process_vm_writev mlockall pkey_mprotect pkey_alloc pkey_free "
               "sigaltstack vhangup execve exit exit_group sync_file_range rt_sigqueueinfo rt_tgsigqueueinfo "
               "pidfd_send_signal madvise mincore getppid setpgid getpgid getsid getpgrp".split())
FD_MAKERS = set("open openat openat2 creat dup dup2 dup3 memfd_create eventfd eventfd2 signalfd signalfd4 "
                "epoll_create epoll_create1 fcntl pidfd_open".split())
ADDRESS, PID = {"mmap", "mremap"}, {"getpid", "gettid", "setsid"}
PATHS = ["f", "d", "l", "dl", "x", "loop", "ro", "fifo", "p", "d/g", "dl/g", "new", "new2", "d/new", "sticky/s",
         "locked/h", "f/", "d/", "l/", "x/", "f/x", "..", ".", "", "/", "/f", "./d/../f", "d/.", "d/..", "new/",
         "nowhere/a", "sticky", "locked", "n" * 255, "n" * 256, "d//g", "/../f"]
SIZES = [0, 1, 2, 5, 8, 16, 100, 4095, 4096, 4097, 8192, 65536]
BAD_SIZES = [1 << 31, (1 << 31) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 32) + 1]
OFFSETS = [0, 1, 3, 7, 19, 20, 4095, 4096, 4097, 10000, 100000, (1 << 64) - 1, 1 << 31, 1 << 40, (1 << 63) - 1,
           1 << 63, (1 << 63) - 4096]
STAT, STATX = "o90~0-16~72-48", "o100~32-8~64-64~136-24"
OUT_SIZE = {"sigset>": 8, "pair>": 8, "int>": 4, "sigaction>": 32, "siginfo>": 128, "rlimit>": 16, "timespec>": 16}
IDS = [0, 1, 1000, 1001, 65534, 65535, 65536, (1 << 32) - 1, (1 << 32) - 2, 1 << 31]
ARENA = 0x20000000
BAD_POINTERS = [0, 1, 8, 0x7ffffffff000, 0x8000000000000000, (1 << 64) - 1, 0xffff800000000000]
XATTRS = ["user.a", "trusted.a", "security.b", "system.posix_acl_access", "trusted.", "foo.bar", "", "user"]


class Call:
    """One system call: its name, number, how its result is shown, and its argument tokens."""

    def __init__(self, name, nr, args):
        self.name, self.nr, self.args = name, nr, args

    def mode(self):
        if self.name in ADDRESS:
            return "A"
        if self.name in PID:
            return "P"
        return "d" if self.name == "getdents64" else "-"

    def line(self):
        return " ".join(["c", str(self.nr), self.mode(), *self.args])

    def with_args(self, args):
        return Call(self.name, self.nr, args)


class Program:
    def __init__(self, uid, steps):
        self.uid, self.steps = uid, steps

    def encode(self, number):
        lines = [s if isinstance(s, str) else s.line() for s in self.steps]
        return "\n".join([f"P {number} {self.uid}", *lines, "."]) + "\n"

    def calls(self):
        return [s for s in self.steps if not isinstance(s, str)]


def text(string):
    return "t" + string.encode().hex() + "00"


class Abi:
    """The calls to use, and the values of the flags in their signatures."""

    def __init__(self, out):
        with open(os.path.join(out, "gen", "abi.json")) as f:
            abi = json.load(f)
        self.calls = [c for c in abi["calls"] if c["state"] in ("full", "partial") and "signature" in c
                      and "x86_64" in c["numbers"] and c["name"] not in LEFT_OUT
                      and os.path.basename(c["file"])[:-2] in FAMILIES]
        self.flags = {name: f["names"] for name, f in abi["flags"].items()}
        self.values = self.evaluate(out, sorted({n for names in self.flags.values() for n in names}))

    def evaluate(self, out, names):
        """What the C compiler takes the names for, with the headers that the generated tables use."""
        with open(os.path.join(out, "gen", "flag_tables.c")) as f:
            headers = re.findall(r"#include <.*>", f.read())
        while True:
            body = "\n".join(f'{{"{n}", (long long)({n})}},' for n in names)
            source = "\n".join(headers) + "\n#include <stdio.h>\nstruct { const char *n; long long v; } t[] = {\n" \
                + body + '\n};\nint main(void) { for (unsigned i = 0; i < sizeof(t) / sizeof(*t); i++) ' \
                'printf("%s %lld\\n", t[i].n, t[i].v); }\n'
            path = os.path.join(out, "fuzz", "values")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            done = subprocess.run(["gcc", "-fmax-errors=0", "-x", "c", "-", "-o", path], input=source,
                                  capture_output=True, text=True)
            if not done.returncode:
                break
            bad = set(re.findall(r".(\w+). undeclared", done.stderr))
            if not bad & set(names):
                raise RuntimeError(done.stderr)
            names = [n for n in names if n not in bad]
        lines = subprocess.run([path], capture_output=True, text=True, check=True).stdout.split("\n")
        return {n: int(v) for n, v in (line.split() for line in lines if line)}


class Maker:
    """Makes one program after the other from a random.Random."""

    def __init__(self, abi, rng):
        self.abi, self.rng = abi, rng
        # One family is as likely as the other, then one call of the family.
        self.by_family = {}
        for c in abi.calls:
            self.by_family.setdefault(c["file"], []).append(c)

    def program(self):
        rng = self.rng
        self.fds, self.index = [], 0
        steps, inside = [], False
        focus = rng.sample(sorted(self.by_family), 3)
        self.paths = rng.sample(PATHS, 4)
        for _ in range(rng.randint(3, 12)):
            if rng.random() < .04 and not inside:
                steps.append("{")
                inside = True
            steps.append(self.call(focus))
            if inside and rng.random() < .3:
                steps.append("}")
                inside = False
        if inside:
            steps.append("}")
        return Program(rng.choice([0, 0, 1000]), steps)

    def call(self, focus):
        rng = self.rng
        family = rng.choice(focus if rng.random() < .7 else sorted(self.by_family))
        c = rng.choice(self.by_family[family])
        if not self.fds and rng.random() < .5 or rng.random() < .1:
            maker = rng.choice(["open", "openat", "pipe2", "memfd_create"])
            c = next(x for x in self.abi.calls if x["name"] == maker)
        args, done = [], {}
        for a in c["signature"]:
            token = self.argument(c, a, args, done)
            args.append(token)
            done[a["name"]] = token
        if c["name"] in FD_MAKERS:
            self.fds.append(f"r{self.index}")
        elif c["name"] in ("pipe", "pipe2"):
            self.fds += [f"k{self.index}.0.0", f"k{self.index}.0.1"]
        self.index += 1
        return Call(c["name"], c["numbers"]["x86_64"], args)

    def number(self, values):
        return f"i{self.rng.choice(values) & (1 << 64) - 1:x}"

    def fd(self):
        if self.fds and self.rng.random() < .9:
            return self.rng.choice(self.fds[-4:])
        return self.number([0, 1, 3, 4, 5, 99, 1 << 31, (1 << 64) - 1])

    def path(self):
        rng = self.rng
        if rng.random() < .03:
            return self.number(BAD_POINTERS)
        return text(rng.choice(self.paths if rng.random() < .7 else PATHS))

    def flag_value(self, table):
        rng, names = self.rng, [n for n in self.abi.flags[table] if n in self.abi.values]
        if rng.random() < .04:
            return self.number([1 << rng.randrange(33), (1 << 64) - 1, 0])
        bits = table in ("open", "at", "at_unlink", "at_access", "mmap", "prot", "pipe", "eventfd", "epoll_create", "msync",
                         "rename", "mremap", "fallocate", "memfd", "statx", "rwf", "xattr", "access", "signalfd",
                         "close_range", "flock", "mlock2", "pidfd")
        count = rng.choice([0, 1, 1, 2, 2, 3]) if bits else 1
        value = 0
        for name in rng.sample(names, min(count, len(names))):
            value |= self.abi.values[name]
        if table == "mmap":
            value = value & 0x7f | 0x20 if rng.random() < .9 else value & ~0x40000
            if rng.random() < .8:
                value = value & ~3 | rng.choice([1, 2])
        if table == "mode" and rng.random() < .8:
            value = rng.choice([0o100644, 0o10666, 0o20600, 0o40755, 0o140777, 0o777, 0])
        if table == "memfd":
            value &= 3  # there is no pool of huge pages
        if table in ("pipe",):
            value &= ~0x40080
        return f"i{value & (1 << 64) - 1:x}"

    def out(self, token):
        """An output buffer, now and then a bad one."""
        roll = self.rng.random()
        if roll < .04:
            return self.number(BAD_POINTERS)
        if roll < .08:
            return "e" + self.rng.choice(["0", "1", "4", "8", "10"])
        return token

    def region(self):
        return f"i{ARENA + 4096 * self.rng.randrange(8) + self.rng.choice([0, 0, 0, 0, 0, 1, 4095]):x}"

    def data(self, size_token, out):
        rng = self.rng
        size = int(size_token[1:], 16) if size_token and size_token[0] == "i" else 64
        if rng.random() < .15:
            return self.region()
        if size > 8192:
            size = 4096
        return self.out(f"o{size:x}" if out else f"w{size:x}")

    def struct(self, kind, c, a):
        rng, pack = self.rng, lambda fmt, *v: struct.pack("<" + fmt, *v).hex()
        if kind == "sigset":
            # Never SIGALRM's kin: only a few harmless signals.
            return "t" + pack("Q", rng.choice([0, 1 << 9, 1 << 11, 1 << 16, (1 << 64) - 1, 1 << 8, 1 << 33]))
        if kind == "rlimit":
            top = [0, 1, 3, 64, 1024, 4096, 1 << 20, 1 << 31, (1 << 63) - 1, (1 << 64) - 1]
            return "t" + pack("QQ", rng.choice(top), rng.choice(top))
        if kind == "sigaction":
            return "t" + pack("QQQQ", rng.choice([0, 1]), rng.choice([0x4000000, 0, 0x14000000, 0x80000000]), 0,
                              rng.choice([0, 1 << 9, (1 << 64) - 1]))
        if kind in ("timespec", "timeval"):
            return "t" + pack("qq", 0, rng.choice([0, 0, 0, -1, 1000000000, 1000000]))
        if kind in ("timespec2", "timeval2"):
            parts = [0, 1, 0x3ffffffe, 0x3fffffff, 999999999, 1000000000, -1]
            return "t" + pack("qqqq", 5, rng.choice(parts), 6, rng.choice(parts))
        if kind == "loff":
            return rng.choice(["i0", "x" + pack("Q", rng.choice(OFFSETS))])
        if kind == "fdset":
            return rng.choice(["i0", "x" + pack("Q", rng.choice([0, 1, 8, 0x18, 0xff])) + "00" * 120])
        if kind == "pollfd>":
            return "x" + "".join(pack("ihh", rng.choice([0, 3, 4, 5, -1, 99]), rng.choice([1, 4, 5, 0x7fff]), 0)
                                 for _ in range(4))
        if kind == "epoll_event":
            return "t" + pack("IQ", rng.choice([1, 4, 5, 0x80000001, 0x40000004, 0x10000001, 0x2001]), 7)
        return None

    def pointer(self, c, a, args):
        """Pointers whose kind says nothing more: by the call."""
        rng, name, pack = self.rng, c["name"], lambda fmt, *v: struct.pack("<" + fmt, *v).hex()
        if name in ("statfs", "fstatfs"):
            return self.out("o78~16-48")
        if name in ("getgroups", "setgroups"):
            return self.out("x" + pack("IIII", *(rng.choice(IDS[:7]) for _ in range(4))))
        if name in ("getresuid", "getresgid"):
            return self.out("o4")
        if name == "capget" or name == "capset":
            version = rng.choice([0x19980330, 0x20071026, 0x20080522, 0])
            return "x" + (pack("II", version, 0) if a["name"] == "header" else pack("IIIIII", *(
                rng.choice([0, 1, 0xffffffff, 0x100]) for _ in range(6))))
        if name == "openat2":
            return "t" + pack("QQQ", rng.choice([0, 1, 2, 0x42, 0o200000, 0o100, 1 << 40]), rng.choice([0, 0o600, 0o10000]),
                              rng.choice([0, 1, 2, 4, 8, 16, 32, 64])) + rng.choice(["", "00" * 8, "01" + "00" * 7])
        if name == "utime":
            return rng.choice(["i0", "t" + pack("qq", 5, 6)])
        if c["file"].endswith("mmap.c"):
            return "i0" if name == "mmap" and rng.random() < .15 else self.region()
        if c["file"].endswith("rlimit.c") and a["kind"] == "rlimit>":
            # RLIMIT_NPROC and RLIMIT_SIGPENDING follow from each kernel's own count of the memory.
            own = "i6" in args or "ib" in args
            return "o10~0-16" if own else self.out("o10")
        return self.out("o40")

    def fcntl(self, args):
        command = int(args[1][1:], 16)
        pack = lambda fmt, *v: struct.pack("<" + fmt, *v).hex()  # noqa: E731
        rng = self.rng
        if command in (5, 6, 7, 36, 37, 38):
            return "x" + pack("hhiqqi", rng.choice([0, 1, 2, 3]), rng.choice([0, 1, 2, 9]), 0, rng.choice(
                [0, 5, -1, 100]), rng.choice([0, 1, 10, -1, -5]), 0) + "00" * 4 + "~4-4~24-8"
        if command in (15, 16):
            return "x" + pack("ii", rng.choice([0, 1, 2, 9]), 0)
        if command in (17, 1035, 1036, 1037, 1038):
            return "x" + pack("Q", rng.choice([0, 1, 5, 6]))
        return self.number([0, 1, 3, 8, 50, 1024, 0o2000, 0o4000, 0o6000, 4096, 65536, 65537, 1 << 20, 1 << 31,
                            (1 << 64) - 1, 0o20000, 0o40000])

    def argument(self, c, a, args, done):
        kind, rng = a["kind"].rstrip("?"), self.rng
        simple = {"fd": self.fd, "path": self.path, "stat>": lambda: STAT if rng.random() < .95 else self.number(BAD_POINTERS),
                  "statx>": lambda: self.out(STATX), "mode": lambda: self.number([0o644, 0o755, 0, 0o7777, 0o600, 0o177777]),
                  "uid": lambda: self.number(IDS), "sig": lambda: self.number([0, 10, 12, 17, 33, 64, 65, (1 << 64) - 1]),
                  "pid": lambda: rng.choice(["p", "p", "i0", "i7fffffff"]), "dev": lambda: self.number([0, 0x103]),
                  "hex": lambda: self.number([0, 0, 0, 1, 4096]),
                  "dfd": lambda: self.fd() if rng.random() < .3 else self.number([-100, -100, -100, -1, 99]),
                  "iovec": lambda: "vi" + ",".join(f"{rng.choice([0, 1, 5, 100, 1000]):x}" for _ in range(3)),
                  "iovec>": lambda: "vo" + ",".join(f"{rng.choice([0, 1, 5, 100, 1000]):x}" for _ in range(3)),
                  "in": lambda: self.data(None, False), "out": lambda: self.data(None, True),
                  "str": lambda: text(rng.choice(XATTRS if a["name"] == "name" else PATHS)),
                  "str>": lambda: self.out("o40"), "dents>": lambda: self.out("o400"),
                  "epoll_event>": lambda: self.out("o30")}
        if c["name"] == "fcntl" and a["name"] == "arg":
            return self.fcntl(args)
        if kind == "flags":
            return self.flag_value(a["of"])
        if kind in simple:
            return simple[kind]()
        if kind in OUT_SIZE:
            return self.out(f"o{OUT_SIZE[kind]:x}")
        if kind == "ptr" or kind == "rlimit>":
            return self.pointer(c, a, args)
        made = self.struct(kind, c, a)
        if made:
            return "i0" if kind[-1] != ">" and rng.random() < .15 and c["name"] not in (
                "ppoll", "pselect6", "select", "rt_sigtimedwait", "epoll_pwait2") else made
        return self.scalar(c, a, args)

    def scalar(self, c, a, args):
        rng, name = self.rng, a["name"]
        if "timeout" in name:
            return "i0"
        if name in ("size", "sizemask", "sigsetsize") and c["file"].endswith(("signal.c", "signalfd.c", "poll.c", "epoll.c")):
            return self.number([8, 8, 8, 8, 8, 8, 4, 0, 16])
        if name in ("n", "nfds", "maxevents", "vlen", "flags", "size") and c["file"].endswith(
                ("poll.c", "epoll.c", "read_write.c", "cred.c")):
            return self.number([1, 2, 3, 4, 4, 3, 0, -1, 5])
        if a["kind"] == "uint" and name == "usize":
            return self.number([24, 24, 24, 32, 0, 23, 4097])
        if c["file"].endswith("mmap.c") and a["kind"] != "int":
            return self.number([0, 1, 4096, 8192, 12288, 4097] + BAD_SIZES[:1] * (rng.random() < .05))
        if a["kind"] == "uint" and c["file"].endswith("fd.c"):
            return rng.choice([self.fd(), self.number([3, 4, 5, 6, 50, (1 << 32) - 1])])
        if a["kind"] in ("long", "hex"):
            return self.number(OFFSETS)
        # A size never exceeds the buffer it belongs to, unless that ends at an unmapped page or is bad.
        before = [t for t in args if t[0] in "owe"]
        if before and before[-1][0] in "ow":
            room = int(before[-1][1:].split("~")[0], 16)
            return self.number([n for n in SIZES if n <= room] + [room])
        return self.number(SIZES + (BAD_SIZES if rng.random() < .2 and not before else []))

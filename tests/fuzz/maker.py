# SPDX-License-Identifier: MIT
"""Makes random programs: which calls, by whom, and with which arguments; by what the ABI metadata says of them."""
from grammar import FD_MAKERS, MAX_ACTORS, MAX_STEPS, MAY_SLEEP, SLEEPERS, Program, Step

PATHS = ["f", "d", "l", "dl", "x", "loop", "ro", "fifo", "p", "d/g", "dl/g", "new", "new2", "d/new", "sticky/s",
         "locked/h", "f/", "d/", "l/", "x/", "f/x", "..", ".", "", "/", "/f", "./d/../f", "d/.", "d/..", "new/",
         "nowhere/a", "sticky", "locked", "n" * 255, "n" * 256, "d//g", "/../f"]
SIZES = [0, 1, 2, 5, 8, 16, 100, 4095, 4096, 4097, 8192, 65536]
BAD_SIZES = [1 << 31, (1 << 31) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 32) + 1]
OFFSETS = [0, 1, 3, 7, 19, 20, 4095, 4096, 4097, 10000, 100000, (1 << 64) - 1, 1 << 31, 1 << 40, (1 << 63) - 1,
           1 << 63, (1 << 63) - 4096]
IDS = [0, 1, 1000, 1001, 65534, 65535, 65536, (1 << 32) - 1, (1 << 32) - 2, 1 << 31]
ARENA = 0x20000000
NEVER = 0x7ffff000  # seconds: in 2038 on a clock that tells the date, in 68 years otherwise
# None that is a program's own only where pages have five levels.
BAD_POINTERS = [0, 1, 8, 0x8000000000000000, (1 << 64) - 1, 0xffff800000000000]
BAD_POINTERS_32 = [0, 1, 8, 0xc0000000, 0xfffff000, 0xffffffff, 0x80000000]
XATTRS = ["user.a", "trusted.a", "security.b", "system.posix_acl_access", "trusted.", "foo.bar", "", "user"]
BIT_TABLES = set("""open at at_unlink at_access mmap prot pipe eventfd epoll_create msync rename mremap fallocate memfd
    statx rwf xattr access signalfd close_range flock mlock2 pidfd splice inotify inotify_init timerfd timerfd_set
    timer_set wait mlockall""".split())
# What a call fills, by its type: size and what is each kernel's own in it (device and inode numbers, times, pids).
OUT = {
    "stat": "o90~0-16~72-48", "ia32_stat": "o40~0-8~32-24", "ia32_stat64": "o60~0-16~64-32",
    "ia32_old_stat": "o20~0-4~20-12", "statx": "o100~32-8~64-64~136-24",
    "statfs": "o78~16-48", "ia32_statfs": "o40~8-28", "ia32_statfs64": "o54~8-48",
    "rusage": "o90~0-144", "ia32_rusage": "o48~0-72",
    "siginfo": "o80~16-4~32-16", "siginfo_t": "o80~16-4~32-16", "ia32_siginfo": "o80~12-4~24-8",
    "itimerval": "o20~16-16", "__kernel_old_itimerval": "o20~16-16", "ia32_itimerval": "o10~8-8", "itimerspec": "o20~16-16",
    "__kernel_itimerspec": "o20~16-16", "ia32_itimerspec": "o10~8-8", "rlimit": "o10", "rlimit64": "o10",
    "ia32_rlimit": "o8", "epoll_event": "o30", "sched_param": "o4", "sched_attr": "o40",
    "timespec": "o10", "__kernel_timespec": "o10", "ia32_timespec": "o8", "timeval": "o10", "ia32_timeval": "o8",
    "sigaction": "o20", "ia32_sigaction": "o14", "stack_t": "o18", "ia32_stack": "oc",
}
OUT_KIND = {"sigset>": "o8", "pair>": "o8", "int>": "o4", "loff>": "o8", "wstatus>": "o4", "dents>": "o400", "str>": "o40"}
NATIVE_LAYOUT = {"timespec": "qq", "timeval": "qq", "__kernel_timespec": "qq", "ia32_timespec": "ii",
                 "ia32_timeval": "ii", "__kernel_old_timeval": "qq"}
# What a call works on, and the calls that make one: most often there is one before the call.
WANTS = {"timer": ("timer_settime timer_settime64 timer_gettime timer_gettime64 timer_getoverrun timer_delete", "timer_create"),
         "inotify": ("inotify_add_watch inotify_rm_watch", "inotify_init1"),
         "epoll": ("epoll_ctl epoll_wait epoll_pwait epoll_pwait2", "epoll_create1"),
         "timerfd": ("timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64", "timerfd_create"),
         "pipe": ("splice tee vmsplice", "pipe2"), "pidfd": ("pidfd_getfd", "pidfd_open"),
         "folder": ("getdents getdents64 fchdir openat2", "open"),
         "file": ("fallocate ftruncate ftruncate64 flock pread64 pwrite64 preadv pwritev preadv2 pwritev2 copy_file_range "
                  "sendfile sendfile64 readahead fadvise64 fadvise64_64 lseek _llseek fsetxattr fgetxattr", "openat"),
         "region": ("mremap mprotect madvise mincore munmap mlock mlock2 munlock msync", "mmap2 mmap")}
WANTED_BY = {name: kind for kind, (names, _) in WANTS.items() for name in names.split()}
MADE_BY = {"open": "file", "openat": "file", "openat2": "file", "creat": "file", "memfd_create": "file",
           "inotify_init": "inotify", "inotify_init1": "inotify", "epoll_create": "epoll", "epoll_create1": "epoll",
           "timerfd_create": "timerfd", "pidfd_open": "pidfd"}
# All descriptors of eventfd(2) and its kin share an inode, and all programs /dev/null: those stay what they are.
CHANGES_INODE = set("""fchown fchown32 fchmod fchownat fchmodat utimensat utimensat_time64 futimesat fsetxattr
    fremovexattr""".split())
SIGNALS = [0, 10, 12, 14, 17, 18, 23, 28, 33, 34, 64, 65, (1 << 64) - 1]
DEADLY = [1, 2, 9, 15, 19, 11]


def text(string):
    return "t" + string.encode().hex() + "00"


def packed(fmt, *values):
    """Integers of any sign as little-endian bytes, in hex."""
    widths = {"q": 8, "Q": 8, "i": 4, "I": 4, "h": 2, "H": 2}
    return b"".join((v & (1 << 8 * widths[f]) - 1).to_bytes(widths[f], "little")
                    for f, v in zip(fmt, values)).hex()


def struct_name(a):
    words = a["type"].replace("*", " ").split()
    return words[words.index("struct") + 1] if "struct" in words else words[-2] if len(words) > 1 else ""


class Maker:
    """Makes one program after the other from a random.Random."""

    def __init__(self, abi, rng):
        self.abi, self.rng = abi, rng
        self.all_ones = (1 << abi.bits) - 1
        # One family is as likely as the other, then one call of the family.
        self.by_family = {}
        for c in abi.calls:
            self.by_family.setdefault(c["family"], []).append(c)

    # --- steps ---

    def program(self):
        rng = self.rng
        self.fds, self.steps, self.timers, self.live = [], [], [], []
        self.started, self.threads, self.background, self.have = 1, set(), set(), set()
        self.focus = rng.sample(sorted(self.by_family), 3)
        self.paths = rng.sample(PATHS, 3) + rng.sample(PATHS[:2] + ["new", "d/g", "d/new", "new2"], 3)
        several = rng.random() < .3
        if several:
            self.start()
        for _ in range(rng.randint(3, 12)):
            actor = rng.choice([0] + self.live * 2) if self.live else 0
            if len(self.steps) > MAX_STEPS - 8:
                break
            if several and self.started < MAX_ACTORS and rng.random() < .08:
                self.start()
            self.call(actor)
        for actor in self.live:
            if actor not in self.threads:
                self.finish(actor)
        return Program(self.abi, rng.choice([0, 0, 1000]), self.steps)

    def start(self):
        thread = self.rng.random() < .4
        actor, self.started = self.started, self.started + 1
        self.steps.append(Step("t" if thread else "f", 0, actor))
        self.live.append(actor)
        if thread:
            self.threads.add(actor)

    def finish(self, actor):
        if self.rng.random() < .8:
            if actor in self.background:
                kill = self.abi.by_name["kill"]
                self.steps.append(Step("c", 0, 0, "kill", kill["nr"], [f"q{actor}", "i9"]))
            self.steps.append(Step("w", 0, actor))

    def call(self, actor):
        rng = self.rng
        family = rng.choice(self.focus if rng.random() < .7 else sorted(self.by_family))
        c = rng.choice(self.by_family[family])
        if not self.fds and rng.random() < .5 or rng.random() < .1:
            c = self.abi.by_name[rng.choice(["open", "openat", "openat", "pipe2", "memfd_create", "eventfd2",
                                             "timerfd_create", "inotify_init1"])]
        elif rng.random() < .04:
            c = self.abi.by_name["rt_sigaction"]
        if self.started > 1 and c["name"] in ("inotify_add_watch", "inotify_rm_watch"):
            return  # who closes it then sleeps on Linux for a grace period, while others go on
        background = actor and c["name"] in MAY_SLEEP and rng.random() < .5
        if c["name"] in SLEEPERS and not background or c["family"] == "wait" and not self.live and rng.random() < .7:
            return
        wanted = WANTED_BY.get(c["name"])
        if wanted and wanted not in self.have and rng.random() < .8 and len(self.steps) < MAX_STEPS - 8:
            names = [n for n in WANTS[wanted][1].split() if n in self.abi.by_name]
            self.do(actor, self.abi.by_name[names[0]], False, wanted)
            if wanted == "inotify":
                self.do(actor, self.abi.by_name["inotify_add_watch"], False, wanted)
            self.have.add(wanted)
        self.do(actor, c, background)

    def do(self, actor, c, background=False, plain=None):
        """Adds the step; a plain one is made to succeed if it can, as what WANTS calls `plain`."""
        self.call_name, self.plain, self.wanted = c["name"], plain, WANTED_BY.get(c["name"])
        self.in_background = background
        self.made = args = []  # struct_in looks at the arguments before
        for a in c["signature"]:
            args.append(self.argument(c, a, args))
        index = len(self.steps)
        self.steps.append(Step("b" if background else "c", actor, 0, c["name"], c["nr"], args))
        if background:
            self.background.add(actor)
        if c["name"] in FD_MAKERS:
            self.fds.append((f"r{index}", plain or MADE_BY.get(c["name"])))
        elif c["name"] in ("pipe", "pipe2"):
            self.fds += [(f"k{index}.0.0", "pipe"), (f"k{index}.0.1", "pipe")]
        elif c["name"] == "timer_create":
            self.timers.append(f"k{index}.2.0")

    # --- arguments ---

    def number(self, values):
        return f"i{self.rng.choice(values) & self.all_ones:x}"

    def bad_pointer(self):
        return self.number(BAD_POINTERS if self.abi.bits == 64 else BAD_POINTERS_32)

    def long(self, *values):
        """Values of the C type long."""
        return packed(("q" if self.abi.bits == 64 else "i") * len(values), *values)

    def fd(self):
        if self.call_name in CHANGES_INODE:
            own = [token for token, kind in self.fds if kind in ("file", "pipe", "folder")]
            return self.rng.choice(own[-4:]) if own and self.rng.random() < .9 else self.number([99, -1])
        rng, fit = self.rng, [token for token, kind in self.fds if kind == self.wanted]
        if fit and rng.random() < .7:
            return rng.choice(fit[-3:])
        if self.fds and rng.random() < .9:
            return rng.choice(self.fds[-4:])[0]
        return self.number([0, 1, 3, 4, 5, 99, 1 << 31, (1 << 64) - 1])

    def pid(self):
        rng = self.rng
        others = [f"q{a}" for a in range(self.started)] if self.started > 1 else []
        if others and rng.random() < .6:
            return rng.choice(others)
        return rng.choice(["p", "p", "i0", "i7fffffff"])

    def path(self):
        rng = self.rng
        if self.plain:
            return text(rng.choice(["d", "."] if self.plain == "folder" else ["f", "d/g", "new"]))
        if rng.random() < .03:
            return self.bad_pointer()
        return text(rng.choice(self.paths if rng.random() < .7 else PATHS))

    def plain_flags(self, table):
        """Flags that calls take."""
        usual = {"open": [0o2, 0o102, 0o102, 0, 0o2002], "mmap": [0x32, 0x32, 0x31], "prot": [3, 3, 1], "clock": [0, 1, 1],
                 "fallocate": [0, 1, 3, 3], "wait": [4, 5, 5, 0x1000004, 1, 1],
                 "mremap": [0, 1, 1, 3],
                 "madvise": [4, 4, 23, 22],
                 "mode": [0o644, 0o755], "pipe": [0o4000], "memfd": [0, 1, 2, 3], "rwf": [0],
                 "inotify": [0xfff], "idtype": [0, 1], "whence": [0, 1, 2]}
        return self.number(usual.get(table, [0]))

    def flag_value(self, table):
        rng, names = self.rng, [n for n in self.abi.flags[table] if n in self.abi.values]
        if self.plain == "folder":
            return "i0"
        if self.plain or rng.random() < (.4 if table in BIT_TABLES or table in ("clock", "madvise", "idtype") else .1):
            return self.plain_flags(table)
        if rng.random() < .04:
            return self.number([1 << rng.randrange(33), (1 << 64) - 1, 0])
        count = rng.choice([0, 1, 1, 2, 2, 3]) if table in BIT_TABLES else 1
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
        if table == "pipe":
            value &= ~0x40080
        if table == "splice" and rng.random() < .8:
            value |= 2  # vmsplice sleeps even for descriptors that do not
        if table == "open" and rng.random() < .5:
            value = value & ~0o40 | 0o4000  # most often not one that sleeps for the other end of a FIFO
        return f"i{value & self.all_ones:x}"

    def out(self, token):
        """An output buffer, now and then a bad one."""
        roll = 1 if self.plain else self.rng.random()
        if roll < .04:
            return self.bad_pointer()
        if roll < .08:
            masks = token[token.index("~"):] if "~" in token else ""
            return "e" + self.rng.choice(["0", "1", "4", "8", "10"]) + masks
        return token

    def region(self):
        return f"i{ARENA + 4096 * self.rng.randrange(8) + self.rng.choice([0, 0, 0, 0, 0, 1, 4095]):x}"

    def data(self, out, c):
        rng = self.rng
        if rng.random() < .1:
            return self.region()
        if not out and c["name"] == "write" and rng.random() < .2:
            return "t" + packed("Q", rng.choice([0, 1, 5, (1 << 64) - 1, (1 << 64) - 2]))
        size = rng.choice([n for n in SIZES if n <= 8192] + [8, 64, 16])
        return self.out(f"o{size:x}" if out else f"w{size:x}")

    def time_in(self, a):
        layout = NATIVE_LAYOUT.get(struct_name(a), "qq")
        if "timeval" in struct_name(a):
            return "t" + packed(layout, 0, self.rng.choice([0, 0, 500]))
        if self.call_name.startswith("clock_nanosleep"):  # a program's CPU time is more than 1 us, and less than 1 s
            return "t" + packed(layout, self.rng.choice([0, 0, 0, 0, -1]), self.rng.choice([0, 0, 1000, -1, 1000000000]))
        if self.in_background:  # while others go on: at once, or not before all of them have ended
            return "t" + packed(layout, self.rng.choice([0, -1, NEVER]), self.rng.choice([0, 0, 0, -1, 1000000000]))
        return "t" + packed(layout, self.rng.choice([0, 0, 0, 0, -1]),
                            self.rng.choice([0, 0, 1000, 900000, -1, 1000000000, 1000001]))

    def interval(self, a):
        """For timers: one that never ends while the program runs, be it a time or a date."""
        rng = self.rng
        unit = "ii" if "ia32" in struct_name(a) else "qq"
        first = rng.choice([(0, 0), (NEVER, 0), (-1, 0), (0, 1000000000), (0, -1), (NEVER - 500, 5)])
        then = rng.choice([(0, 0), (0, 0), (1000, 0), (2000, 7)])
        return "t" + packed(unit * 2, *then, *first)

    def lock(self, c, command):
        """struct flock of fcntl."""
        rng = self.rng
        kind, whence = rng.choice([0, 1, 2, 3]), rng.choice([0, 1, 2, 9])
        start, size = rng.choice([0, 5, -1, 100]), rng.choice([0, 1, 10, -1, -5])
        if self.abi.bits == 64:
            return "x" + packed("hhiqqi", kind, whence, 0, start, size, 0) + "00" * 4 + "~4-4~24-8"
        if command in (5, 6, 7):
            return "x" + packed("hhiii", kind, whence, start, size, 0) + "~12-4"
        return "x" + packed("hhqqi", kind, whence, start, size, 0) + "~20-4"

    def fcntl(self, args):
        command, rng = int(args[1][1:], 16), self.rng
        if command in (5, 6, 7, 12, 13, 14, 36, 37, 38):
            return self.lock(None, command)
        if command == 8:  # other numbers than these may be a process of one kernel only
            return rng.choice([self.pid(), self.number([1 << 31, (1 << 64) - 0x7fffffff])])
        if command in (15, 16):
            return "x" + packed("ii", rng.choice([0, 1, 2, 9]), 0)
        if command in (17, 1035, 1036, 1037, 1038):
            return "x" + packed("Q", rng.choice([0, 1, 5, 6]))
        return self.number([0, 1, 3, 8, 50, 1024, 0o2000, 0o4000, 0o6000, 4096, 65536, 65537, 1 << 20, 1 << 31,
                            (1 << 64) - 1, 0o20000, 0o40000])

    def struct_in(self, kind, c, a):
        """What a call reads, or reads and changes."""
        rng = self.rng
        if kind == "sigset":
            return "t" + packed("Q", rng.choice([0, 1 << 9, 1 << 11, 1 << 16, (1 << 64) - 1, 1 << 8, 1 << 33]))
        if kind == "rlimit":
            top = [0, 1, 3, 64, 1024, 4096, 1 << 20, 1 << 31, (1 << 63) - 1, (1 << 64) - 1]
            if {"i0", "if"} & set(self.made[:2]):
                top = top[6:]  # RLIMIT_CPU and RLIMIT_RTTIME end programs at a time that is nobody's to say
            values = rng.choice(top), rng.choice(top)
            return "t" + (packed("QQ", *values) if "64" in struct_name(a) else self.long(*values))
        if kind == "sigaction":
            flags = rng.choice([0x04000000, 0x14000000, 0x04000004, 0x14000004, 0x44000000, 0xc4000004, 0x04000001])
            return f"s{rng.choice([0, 1, 2, 2, 2])}.{flags:x}.{rng.choice([0, 1 << 9, self.all_ones]):x}"
        if kind in ("timespec", "timeval", "futex_time"):
            return self.time_in(a)
        if kind in ("timespec2", "timeval2"):
            parts = [0, 1, 0x3ffffffe, 0x3fffffff, 999999999, 1000000000, -1]
            layout = NATIVE_LAYOUT.get(struct_name(a), "qq")
            return "t" + packed(layout * 2, 5, rng.choice(parts), 6, rng.choice(parts))
        if kind in ("itimerval", "itimerspec"):
            return self.interval(a)
        if kind == "loff":
            return rng.choice(["i0", "x" + packed("Q" if "loff_t" in a["type"] or self.abi.bits == 64 else "I",
                                                  rng.choice(OFFSETS))])
        if kind == "fdset":
            return rng.choice(["i0", "x" + packed("Q", rng.choice([0, 1, 8, 0x18, 0xff])) + "00" * 120])
        if kind in ("pollfd>", "pollfd"):
            return "x" + "".join(packed("ihh", rng.choice([0, 3, 4, 5, -1, 99]), rng.choice([1, 4, 5, 0x7fff]), 0)
                                 for _ in range(4))
        if kind == "epoll_event":
            return "t" + packed("IQ", rng.choice([1, 4, 5, 0x80000001, 0x40000004, 0x10000001, 0x2001]), 7)
        return None

    def pointer(self, c, a, args):
        """Pointers whose kind says nothing more: by the call."""
        rng, name = self.rng, c["name"]
        if name in ("getgroups", "setgroups", "getgroups32", "setgroups32"):
            unit = "H" if "u16" in a["type"] else "I"
            return self.out("x" + packed(unit * 4, *(rng.choice(IDS[:7]) for _ in range(4))))
        if name.startswith(("getresuid", "getresgid")):
            return self.out("o2" if "u16" in a["type"] else "o4")
        if name in ("capget", "capset"):
            version = rng.choice([0x19980330, 0x20071026, 0x20080522, 0])
            return "x" + (packed("II", version, 0) if a["name"] == "header" else packed("IIIIII", *(
                rng.choice([0, 1, 0xffffffff, 0x100]) for _ in range(6))))
        if name == "openat2":
            return "t" + packed("QQQ", rng.choice([0, 1, 2, 0x42, 0o200000, 0o100, 1 << 40]),
                                rng.choice([0, 0o600, 0o10000]), rng.choice([0, 1, 2, 4, 8, 16, 32, 64])) \
                + rng.choice(["", "00" * 8, "01" + "00" * 7])
        if name == "utime":
            return rng.choice(["i0", "t" + self.long(5, 6)])
        if name == "timer_create" and self.plain:
            return "i0"
        if name == "timer_create":
            notify, sig = rng.choice([0, 0, 1, 4, 2, 9]), rng.choice([10, 12, 34, 0, 65])
            return rng.choice(["i0", "t" + self.long(77) + packed("iii", sig, notify, 0) + "00" * 48])
        if name == "sigaltstack":
            return rng.choice(["i0", "t" + self.long(0x20000000) + (packed("ii", rng.choice([0, 2, 1, 1 << 31]), 0) if
                                                                    self.abi.bits == 64 else packed("i", 2)) +
                               self.long(rng.choice([100, 4096, 2048, 8192]))]) if a["name"] == "unew" else \
                self.out("o18" if self.abi.bits == 64 else "oc")
        if name.startswith("futex"):
            return self.futex_word()
        if name == "mincore":
            return self.out("o10")
        if name == "pselect6":
            return rng.choice(["i0", "t" + self.long(0, 8)])
        if c["family"] == "mmap":
            if self.plain:
                return f"i{ARENA + 4096 * rng.randrange(4):x}"
            return "i0" if name.startswith("mmap") and rng.random() < .15 else self.region()
        wanted = OUT.get(struct_name(a))
        return self.out(wanted or "o40")

    def futex_word(self):
        """A word of its own, or one that an earlier futex call used; thread ids that come to be in it are masked."""
        earlier = [i for i, s in enumerate(self.steps) if s.name.startswith("futex") and s.args and s.args[0][0] == "x"]
        if earlier and self.rng.random() < .6:
            return f"a{self.rng.choice(earlier)}.0"
        return "x" + packed("I", self.rng.choice([0, 0, 1, 0x3ffffff0])) + "~0-4"  # that one is nobody's

    def argument(self, c, a, args):
        kind, rng = a["kind"].rstrip("?"), self.rng
        if a["name"] == "arg" and kind == "fcntl":
            return self.fcntl(args)
        simple = {"fd": self.fd, "path": self.path, "pid": self.pid,
                  "mode": lambda: self.number([0o644, 0o755, 0, 0o7777, 0o600, 0o177777]),
                  "uid": lambda: self.number(IDS), "dev": lambda: self.number([0, 0x103]),
                  "sig": lambda: self.number(SIGNALS if rng.random() < .93 else DEADLY),
                  "dfd": lambda: self.fd() if rng.random() < .25 else self.number([-100] * 8 + [-1, 99]),
                  "iovec": lambda: "vi" + ",".join(f"{rng.choice([0, 1, 5, 100, 1000]):x}" for _ in range(3)),
                  "iovec>": lambda: "vo" + ",".join(f"{rng.choice([0, 1, 5, 100, 1000]):x}" for _ in range(3)),
                  "in": lambda: self.data(False, c), "out": lambda: self.data(True, c),
                  "str": lambda: text(rng.choice(XATTRS if a["name"] == "name" else PATHS)),
                  "hex": lambda: self.number([0, 0, 0, 1, 4096]), "futex_ptr": self.futex_word,
                  "ioctl>": lambda: self.out("x" + packed("II", rng.choice([0, 1, 5]), 0)),
                  "prctl>": lambda: self.number([0, 1, 2, 9, 15, 40]),
                  "rem>": lambda: rng.choice(["i0", "o10~0-16"])}
        if kind == "flags":
            if a.get("of") in self.abi.flags:
                return self.flag_value(a["of"])
            return self.number([0, 1, 2, 4])
        if kind in simple:
            return simple[kind]()
        if kind in OUT_KIND:
            return self.out(OUT_KIND[kind])
        if kind == "rlimit>" and ("i6" in args or "ib" in args):
            return "o10~0-16"  # RLIMIT_NPROC and RLIMIT_SIGPENDING follow from each kernel's own count of the memory
        if kind[-1] == ">" and struct_name(a) in OUT:
            return self.out(OUT[struct_name(a)])
        made = self.struct_in(kind, c, a)
        if made:
            # An address of 0 is a good one once something is mapped there: for a limit see struct_in.
            never = kind in ("timespec", "timeval", "pollfd>", "futex_time", "rlimit")
            return "i0" if kind[-1] != ">" and rng.random() < .15 and not never else made
        if "*" in a["type"]:
            return self.path() if "const char" in a["type"] else self.pointer(c, a, args)
        return self.scalar(c, a, args)

    def scalar(self, c, a, args):
        rng, name, family = self.rng, a["name"], c["family"]
        if "timeout" in name:
            return rng.choice(["i0", "i0", "i1"])
        if name == "fd":
            return self.fd()
        if name == "timer_id":
            return rng.choice(self.timers) if self.timers and rng.random() < .85 else self.number([0, 1, -1])
        if name == "wd":
            return self.number([1, 1, 2, 0, -1])
        if name in ("upid", "who"):
            return self.pid()
        if name in ("pos_high", "pos_h", "offset_high", "len_high", "length_high", "nbytes_high"):
            return self.number([0, 0, 0, 0, 0, 0, -1, 0x7fffffff, 0x100])
        if c["name"] in ("fallocate",) and name in ("len", "len_low"):
            return self.number([0, 1, 20, 4096, 10000, 100000, -1, 1 << 63])  # no more than there is room for
        if name in ("size", "sizemask", "sigsetsize") and family in ("signal", "signalfd", "poll", "epoll"):
            return self.number([8, 8, 8, 8, 8, 8, 4, 0, 16])
        if name in ("n", "nfds", "maxevents", "vlen", "flags", "size") and family in (
                "poll", "epoll", "read_write", "cred"):
            return self.number([1, 2, 3, 4, 4, 3, 0, -1, 5])
        if c["name"] == "vmsplice" and name == "nr_segs":
            return self.number([0, 1, 2, 3, 8])
        if name == "usize":
            return self.number([24, 24, 24, 32, 0, 23, 4097])
        if c["name"] == "alarm":
            return self.number([0, 100, 1000])
        if c["name"].startswith("futex") and name in ("val", "val3"):
            return self.number([0, 0, 1, 7, 2, -1])
        if family == "mmap" and self.plain:
            return self.number([0x4000, 0x8000]) if "len" in name else "i0"
        if family == "mmap" and a["kind"] != "int":
            return self.number([0, 1, 4096, 8192, 12288, 4097] + BAD_SIZES[:1] * (rng.random() < .05))
        if a["kind"] == "uint" and family == "fd":
            return rng.choice([self.fd(), self.number([3, 4, 5, 6, 50, (1 << 32) - 1])])
        if a["kind"] in ("long", "hex") or name in ("pos_low", "offset_low", "length_low", "len_low", "nbytes_low"):
            return self.number(OFFSETS)
        # A size never exceeds the buffer it belongs to, unless that ends at an unmapped page or is bad.
        before = [t for t in args if t[0] in "owe"]
        if before and before[-1][0] in "ow":
            room = int(before[-1][1:].split("~")[0], 16)
            return self.number([n for n in SIZES if n <= room] + [room])
        return self.number(SIZES + (BAD_SIZES if rng.random() < .2 and not before else []))

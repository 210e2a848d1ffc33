# SPDX-License-Identifier: MIT
"""Programs of system calls: what they are made of, how the guest reads them, and making random ones.

A program is a list of steps.  A step is done by one actor (0: the process that runs the program) and is of a kind:
  c  a call                            b  a call in the background: the next step begins once it sleeps or ends
  f  fork actor `target`               t  start actor `target` as a thread
  w  wait for the end of `target`
Arguments of calls are tokens:
  i<hex>            a number, also an address         p                 the caller's pid
  q<actor>          the pid of an actor               r<step>           the result of an earlier call
  k<step>.<arg>.<n> number n in an earlier buffer     a<step>.<arg>     the address of that buffer
  t<hex>            bytes the call reads              w<size>           so many letters
  o<size>[~at-len]  a buffer the call fills; masked   x<hex>[~at-len]   bytes that it reads and changes
  e<size>           a buffer before an unmapped page  v<i|o><len>,...   an iovec
  s<n>.<flags>.<mask>  a sigaction (n: 0 default, 1 ignore, 2 a handler that records)
"""
import json
import os
import re
import subprocess

# Left out: what ends the machine or the program, what is each kernel's own (times, processors, addresses), and what
# reaches past the program's folder and processes.
LEFT_OUT = set("""
    rt_sigreturn sigreturn restart_syscall getrusage times getcpu brk sync chroot pivot_root mount umount umount2 reboot
    sethostname setdomainname settimeofday stime clock_settime clock_settime64 adjtimex clock_adjtime clock_adjtime64
    syslog sysinfo vhangup iopl ioperm set_thread_area get_thread_area arch_prctl personality unshare setns
    fork vfork clone clone3 execve execveat exit exit_group process_vm_readv process_vm_writev time gettimeofday
    pkey_mprotect pkey_alloc pkey_free getrandom set_robust_list get_robust_list rt_sigqueueinfo rt_tgsigqueueinfo
    pidfd_send_signal sync_file_range old_select select_args pselect6_time64 rt_sigtimedwait_time64 readdir signal
    sigaction sigsuspend uname olduname oldolduname sched_getattr sched_setattr sched_setaffinity sched_getaffinity
    sched_setscheduler sched_setparam clock_gettime clock_gettime64 futex_waitv membarrier
    copy_file_range_old foo silly_copy process_madvise""".split())
LEFT_OUT_I386 = {"mmap", "select", "sigprocmask"}
# Sleep until somebody does something: only in the background.
SLEEPERS = {"pause", "rt_sigsuspend"}
# May sleep, and for no time in particular: what an actor does in the background.
MAY_SLEEP = SLEEPERS | set("""read readv pread64 preadv preadv2 write writev pwritev2 open openat flock fcntl fcntl64 wait4
    waitpid waitid splice tee vmsplice sendfile sendfile64 futex futex_time64 kill tgkill close dup2""".split())
FD_MAKERS = set("""open openat openat2 creat dup dup2 dup3 memfd_create eventfd eventfd2 signalfd signalfd4 epoll_create
    epoll_create1 fcntl fcntl64 pidfd_open inotify_init inotify_init1 timerfd_create pidfd_getfd""".split())
ADDRESS = {"mmap", "mmap2", "mremap"}
PID = set("""getpid gettid setsid getppid getpgid getpgrp getsid wait4 waitpid set_tid_address""".split())
# Calls that are many calls in one: which argument says which, and the table of its names.
COMMANDS = {"prctl": (0, "prctl"), "ioctl": (1, "ioctl"), "fcntl": (1, "fcntl"), "fcntl64": (1, "fcntl"),
            "futex": (1, "futex"), "futex_time64": (1, "futex"), "epoll_ctl": (1, "epoll_op"),
            "madvise": (2, "madvise"), "prlimit64": (1, "rlimit"), "setrlimit": (0, "rlimit")}
MAX_ACTORS, MAX_STEPS = 4, 24  # as in fuzz.h


class Step:
    """One step; for a call its name, number and argument tokens."""

    def __init__(self, kind, actor, target=0, name="", nr=0, args=()):
        self.kind, self.actor, self.target = kind, actor, target
        self.name, self.nr, self.args = name, nr, list(args)

    def is_call(self):
        return self.kind in "cb"

    def mode(self):
        if self.name in ADDRESS:
            return "A"
        if self.name in PID:
            return "P"
        if self.name in ("alarm",):
            return "N"
        return {"getdents64": "d", "getdents": "D"}.get(self.name, "-")

    def line(self):
        if self.is_call():
            return " ".join([self.kind, str(self.nr), self.mode(), *self.args])
        return f"{self.kind} {self.target}"

    def text(self):
        """For people."""
        who = f"[{self.actor}] " if self.actor else ""
        what = {"c": "", "b": "background ", "f": "fork actor ", "t": "thread actor ", "w": "wait for actor "}[self.kind]
        return who + what + (" ".join([self.name, *self.args]) if self.is_call() else str(self.target))

    def but(self, **changes):
        new = Step(self.kind, self.actor, self.target, self.name, self.nr, self.args)
        for key, value in changes.items():
            setattr(new, key, value)
        return new


class Program:
    def __init__(self, abi, uid, steps):
        self.abi, self.uid, self.steps = abi, uid, steps

    def encode(self, number):
        lines, actor = [f"P {number} {self.uid}"], 0
        for step in self.steps:
            if step.actor != actor:
                actor = step.actor
                lines.append(f"a {actor}")
            lines.append(step.line())
        return "\n".join([*lines, "."]) + "\n"

    def text(self):
        return "\n".join([f"{self.abi.name}, uid {self.uid}"] + [f"{i}: {s.text()}" for i, s in enumerate(self.steps)])

    def actors(self):
        return {s.target for s in self.steps if s.kind in "ft"}

    def but(self, uid=None, steps=None):
        return Program(self.abi, self.uid if uid is None else uid, self.steps if steps is None else steps)

    def size(self):
        return len(self.steps) * 100 + sum(len(t) for s in self.steps for t in s.args)


class Abi:
    """The calls of one ABI that programs use, and the values of the flags in their signatures."""

    def __init__(self, root, out, name):
        self.name, self.bits = name, 64 if name == "x86_64" else 32
        with open(os.path.join(out, "gen", "abi.json")) as f:
            abi = json.load(f)
        native = {c["name"]: c["signature"] for c in abi["calls"] if "signature" in c}
        aliases = self.aliases(root) if name == "i386" else {}
        self.calls = []
        for c in abi["calls"]:
            signature = c.get("signature")
            if name == "i386":
                signature = c.get("ia32_signature") or native.get(aliases.get(c["name"])) or signature
            if c["state"] in ("full", "partial") and signature is not None and name in c["numbers"] and \
                    c["name"] not in LEFT_OUT and not (name == "i386" and c["name"] in LEFT_OUT_I386):
                self.calls.append({"name": c["name"], "nr": c["numbers"][name], "signature": signature,
                                   "family": os.path.basename(c["file"])[:-2].replace("ia32_", "")})
        self.by_name = {c["name"]: c for c in self.calls}
        self.flags = {table: f["names"] for table, f in abi["flags"].items()}
        self.values = evaluate(out, sorted({n for names in self.flags.values() for n in names}))

    def label(self, step):
        """The call of a step, with the command where one call is many: ioctl(FIONREAD)."""
        if step.name not in COMMANDS:
            return step.name or step.kind
        index, table = COMMANDS[step.name]
        if step.args[index][0] != "i":
            return step.name
        value = int(step.args[index][1:], 16) & (0x7f if table == "futex" else 0xffffffff)
        names = [n for n in self.flags[table] if self.values.get(n) == value]
        return f"{step.name}({names[0] if names else hex(value)})"

    @staticmethod
    def aliases(root):
        """i386 calls that are served by a native function: name -> native name."""
        found = {}
        with open(os.path.join(root, "abi", "syscalls.tbl")) as f:
            for line in f:
                words = line.split()
                if len(words) > 4 and words[4].startswith("sys_"):
                    found[words[0]] = words[4][4:]
        return found


def evaluate(out, names):
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

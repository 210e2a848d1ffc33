# SPDX-License-Identifier: MIT
"""Unattended abuse: stress-ng, trinity and our own storms, in guests that must outlive them.

A guest runs a list of steps and prints "@@ step" before and "@= step status" after each; "@@done" and the free
memory at the end say that the machine lived.  What a step itself returns is not a verdict on the kernel:
docs/abuse.md has the list of stressors that are left out and why.
"""
import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

STORMS = "oom map fork exec signal argv mount pty fd deep".split()

STRESSORS = """
access affinity alarm atomic bad-altstack bad-ioctl bigheap brk cache cap chattr chdir chmod chown chroot clock
clone close context copy-file cpu crypt cyclic daemon dekker dentry dev dev-shm dir dirdeep dirmany dup dynlib
enosys env epoll eventfd exec exit-group fallocate fault fcntl fiemap fifo file-ioctl filename flock fork
forkheavy fp-error fpunch fstat full funcret futex get getdent getrandom hdd hrtimers io iomix itimer kill
link list locka lockbus lockf lockofd longjmp madvise malloc mcontend membarrier memfd memthrash mincore
misaligned mknod mlock mmap mmapaddr mmapfixed mmapfork mmapmany mprotect mremap msync msyncmany munmap mutex
nanosleep nice nop null opcode open pagemove pageswap personality peterson pidfd pipe pipeherd pkey poll prctl
prefetch priv-instr procfs pthread pty qsort race-sched ramfs randlist rdrand readahead regs remap rename
resched resources revio ring-pipe rlimit rmap rseq schedpolicy seek sem sendfile session set shm sigabrt
sigchld sigfd sigfpe sigio signest sigpending sigpipe sigq sigrt sigsegv sigsuspend sigtrap sleep stack
stackmmap switch symlink sync-file sysbadaddr syscall sysfs sysinfo tlb-shootdown timer timerfd tmpfs touch
umount unshare urandom usersyscall utime vdso vfork vforkmany vm vm-addr vm-rw wait waitcpu x86cpuid x86syscall
yield zero zombie""".split()

# For trinity as root: what ends the machine, or trinity itself, by design.
TRINITY_NOT = "reboot kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal".split()

TOOLS = ["/usr/bin/timeout", "/bin/sleep", "/bin/rm"]


def missing(*programs):
    """Names of those programs of this machine that are not installed."""
    return [p for p in programs if not shutil.which(p)]


class Outcome:
    """What one guest left behind."""

    def __init__(self, status, text):
        self.status, self.text = status, text
        self.last = ([""] + re.findall(r"^@@ (\S+)", text, re.M))[-1]
        self.steps = {name: int(code) for name, code in re.findall(r"^@= (\S+) (\d+)", text, re.M)}
        free = [int(kib) for kib in re.findall(r"^@free (\d+)", text, re.M)]
        self.lost_mib = (free[0] - free[-1]) // 1024 if len(free) > 1 else 0

    def why(self):
        """None, or what went wrong with the machine."""
        if "@@done" in self.text:
            return None
        panic = re.search(r"^.*(?:panic|BUG|fault:).*$", self.text, re.M | re.I)
        what = panic[0].strip() if panic else "hung" if self.status == 124 else f"ended with {self.status}"
        return f"in {self.last or 'the start'}: {what}"


def guest(out, steps, limit, smp=2, mem="512M", add=()):
    """Runs (name, shell command) pairs one after the other; returns the Outcome."""
    script = ["free() { while read -r k v _; do [ $k != MemFree: ] || echo @free $v; done < /proc/meminfo; }; free"]
    script += [f"echo '@@ {name}'; {command}; echo '@= {name}' $?" for name, command in steps]
    script += ["kill -9 -1; sleep 1; rm -rf /tmp/*; sleep 1; free; echo @@done"]
    argv = [os.path.join(out, "host", "sysgate"), "run", "--verbose", "--smp", str(smp), "--mem", mem, "--timeout",
            str(int(limit)), "--cwd", "/tmp"]
    for path in [*TOOLS, *add]:
        argv += ["--add", path]
    done = subprocess.run([*argv, "--", "/bin/sh", "-c", "\n".join(script)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    return Outcome(done.returncode, done.stdout.decode("utf-8", "replace").replace("\r", ""))


class Comparison:
    """What a run of the differential fuzzer found, as an Outcome."""
    lost_mib = 0

    def __init__(self, done):
        self.status, self.text = done.returncode, done.stdout

    def why(self):
        unknown = re.findall(r"^ *\d+ UNKNOWN +(.*)$", self.text, re.M)
        if unknown:
            return f"{len(unknown)} unknown kinds of difference: {', '.join(unknown[:6])}"
        return None if self.status == 0 else f"ended with {self.status}: {self.text[-300:]}"


def compare(out, seed, count):
    argv = [os.path.join(ROOT, "tests", "fuzz", "diff"), "--out", out, "--seed", str(seed), "--count", str(count)]
    return Comparison(subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT))


def storm(out, names, seconds, smp=4, mem="256M"):
    program = os.path.join(out, "tests", "abuse", "storm")
    steps = [(f"storm-{n}", f"{program} {n} {seconds}") for n in names]
    return guest(out, steps, 40 + len(names) * (seconds + 15), smp, mem, [program])


def stress(out, names, seconds, smp=2):
    steps = [(n, f"timeout -s KILL {seconds + 30} stress-ng -q --{n} 2 --timeout {seconds}") for n in names]
    return guest(out, steps, 60 + len(names) * (seconds + 30), smp, add=["/usr/bin/stress-ng"])


def trinity(out, seed, seconds, user, smp=2):
    """As nobody, or as root without the calls that end the machine; the shell around it stays root and alive."""
    command = f"trinity -l off -q -C 4 -s {seed} --disable-fds=sockets"
    if user:
        command = f"setpriv --reuid 65534 --regid 65534 --clear-groups {command}"
    else:
        command += " --dangerous" + "".join(f" -x{call}" for call in TRINITY_NOT)
    steps = [("trinity", f"timeout -s KILL {seconds} {command} > /dev/null 2>&1")]
    return guest(out, steps, seconds + 60, smp, add=["/usr/bin/trinity", "/usr/bin/setpriv"])

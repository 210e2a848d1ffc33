# SPDX-License-Identifier: MIT
"""Unattended abuse: stress-ng, trinity, failing allocations and our own storms, in guests that must outlive them.

A guest runs a list of steps and prints "@@ step" before and "@= step status" after each; "@@done" and the free
memory at the end say that the machine lived.  What a step itself returns is not a verdict on the kernel:
docs/abuse.md has the list of stressors that are left out and why.
"""
import os
import re
import shutil
import subprocess
import threading

from lib import guest as conformance
from lib import vm

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

STORMS = "map fork exec signal argv mount pty fd deep".split()
HOGS = "oom oom-threads oom-files oom-tmpfs oom-adj oom-vfork oom-blocked".split()

STRESSORS = """
access affinity aio alarm atomic bad-altstack bigheap brk cache cap chattr chdir chmod chown chroot clock clone
close context copy-file cpu crypt cyclic daemon dekker dentry dev dev-shm dir dirdeep dirmany dup dynlib enosys env
epoll eventfd exit-group fallocate fault fcntl fifo file-ioctl filename flock fork forkheavy fp-error fpunch fsize
fstat full funcret futex get getdent getrandom hdd hrtimers inode-flags inotify io iomix ioprio itimer kill klog link list
locka lockbus lockf lockofd longjmp madvise malloc mcontend membarrier memfd memthrash mincore misaligned mknod
mlock mmap mmapaddr mmapfixed mmapfork mmaphuge mmapmany mprotect mremap msync msyncmany munmap mutex nanosleep
nice nop null opcode open pagemove pageswap personality peterson pidfd pipe pipeherd pkey poll prctl prefetch
priv-instr procfs pthread pty qsort race-sched ramfs randlist rdrand readahead reboot regs remap rename resched
resources revio ring-pipe rlimit rmap rseq schedpolicy seal seek sem sendfile session set shm sigabrt sigchld sigfd
sigfpe sigio signal signest sigpending sigpipe sigq sigrt sigsegv sigsuspend sigtrap sleep sockfd sockpair
softlockup splice stack stackmmap switch symlink sync-file sysbadaddr syscall sysfs sysinfo tee timer timerfd
tlb-shootdown tmpfs touch umount unshare urandom usersyscall utime vdso vfork vforkmany vm vm-addr vm-rw vm-splice
wait waitcpu x86cpuid x86syscall yield zero zombie""".split()
NOT_ROOT = "exec spawn".split()  # stress-ng does not run these as root

# For trinity as root: what ends the machine, or trinity itself, by design.
TRINITY_NOT = "reboot kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal".split()
NOBODY = "--reuid 65534 --regid 65534 --clear-groups"
TRINITY_CHILDREN = 16  # many of them sleep at any time
TRINITY_CALLS = re.compile(r"^\[main\] (?:Ran )?(\d+) (?:iterations|syscalls)", re.M)

# trinity looks after each call, in all children through one descriptor, whether the kernel is tainted: half of its
# time here.  A file that it cannot open stops that.  What it writes goes to a folder of limited size.
TRINITY_BEFORE = """touch /tmp/none; chmod 0 /tmp/none; mount --bind /tmp/none /proc/sys/kernel/tainted
mkdir /tmp/work; mount -t tmpfs -o size=64m,mode=1777 work /tmp/work; cd /tmp/work; ulimit -f 16384"""
TRINITY_AFTER = "cd /tmp; umount -l /proc/sys/kernel/tainted; umount -l /tmp/work"

TOOLS = ["/usr/bin/timeout", "/bin/busybox"]
APPLETS = "cat chmod mkdir mount rm sleep touch umount".split()


# Until what was killed has gone: on a busy host it takes its time.
SETTLE = """free() { while read -r k v _; do [ $k != MemFree: ] || echo $v; done < /proc/meminfo; }
settle() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		was=$(free); sleep 1; [ $(free) -gt $((was + 256)) ] || break
	done
}"""


def missing(*programs):
    """Names of those programs of this machine that are not installed."""
    return [p for p in programs if not shutil.which(p)]


class Outcome:
    """What one guest left behind: `fault` is None or what went wrong with the machine."""

    def __init__(self, text, fault=None):
        self.text, self.fault = text, fault
        self.steps = {name: int(code) for name, code in re.findall(r"^@= (\S+) (\d+)", text, re.M)}
        free = [int(kib) for kib in re.findall(r"^@free (\d+)", text, re.M)]
        self.lost_mib = (free[0] - free[-1]) // 1024 if len(free) > 1 else 0
        # One count for each run of trinity: the last that it printed, as it may be killed by its own children.
        runs = re.split(r"^@@ trinity", text, flags=re.M)[1:]
        self.calls = sum(max(map(int, TRINITY_CALLS.findall(run)), default=0) for run in runs)


def fault_of(status, text):
    """What is wrong with a machine that ended with this status and said that."""
    if status == 0 and "@@done" in text:
        return None
    step = ([""] + re.findall(r"^@@ (\S+)", text, re.M))[-1]
    found = re.search(r"^.*(?:Kernel panic|BUG|fault:).*$", text, re.M)
    said = re.findall(r"^sysgate: (.*)$", text, re.M)
    what = found[0].strip() if found else "hung" if status == 124 else f"ended with {status}"
    return f"in {step or 'the start'}: {what}" + (f": {said[-1].strip()}" if said else "")


def guest(out, steps, limit, smp=2, mem="512M", add=(), before="", after=""):
    """Runs (name, shell command) pairs one after the other; returns the Outcome."""
    script = [f"alias {applet}='/bin/busybox {applet}'" for applet in APPLETS]
    script += [SETTLE, "echo @free $(free)"]
    script += [before]
    script += [f"echo '@@ {name}'; {command}; echo '@= {name}' $?" for name, command in steps]
    # The debug kernel lets go of what waits for grace periods and of its caches before it counts.
    script += ["kill -9 -1; settle", after, "rm -rf /tmp/*; settle",
               "[ ! -e /proc/sys/debug/leak ] || echo 1 > /proc/sys/debug/leak; echo @free $(free); echo @@done"]
    argv = [os.path.join(out, "host", "sysgate"), "run", "--verbose", "--smp", vm.cpus(smp), "--mem", mem, "--timeout",
            str(int(limit)), "--cwd", "/tmp"]
    for path in [*TOOLS, *add]:
        argv += ["--add", path]
    done = subprocess.run([*argv, "--", "/bin/sh", "-c", "\n".join(script)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    return Outcome(text, fault_of(done.returncode, text))


def storm(out, names, seconds, smp=4, mem="256M"):
    program = os.path.join(out, "tests", "abuse", "storm")
    steps = [(f"storm-{n}", f"{program} {n} {seconds}") for n in names]
    return guest(out, steps, 40 + len(names) * (seconds + 15), smp, mem, [program])


def stress(out, names, seconds, smp=2):
    def step(name):
        as_nobody = f"setpriv {NOBODY} " if name in NOT_ROOT else ""
        return name, f"timeout -s KILL {seconds + 30} {as_nobody}stress-ng -q --{name} 2 --timeout {seconds}"

    return guest(out, [step(name) for name in names], 60 + len(names) * (seconds + 30), smp,
                 add=["/usr/bin/stress-ng", "/usr/bin/setpriv"])


def trinity(out, seeds, seconds, user, smp=2, calls=1 << 30):
    """Once for each seed, until so many calls or seconds: as nobody, or as root without the calls that end the
    machine.  The shell around it stays root and alive."""
    command = f"trinity -l off -q -C {TRINITY_CHILDREN} -N {calls} --disable-fds=sockets"
    if user:
        command = f"setpriv {NOBODY} {command}"
    else:
        command += " --dangerous" + "".join(f" -x{call}" for call in TRINITY_NOT)
    steps = [(f"trinity-{seed}", f"timeout -s KILL {seconds} {command} -s {seed} > /tmp/log 2>&1; cat /tmp/log")
             for seed in seeds]
    return guest(out, steps, 60 + len(seeds) * (seconds + 10), smp, "1G", ["/usr/bin/trinity", "/usr/bin/setpriv"],
                 TRINITY_BEFORE, TRINITY_AFTER)


def exhaust(out, family, smp=2):
    """Every allocation of the family's tests fails in turn, with both ABIs at the same time."""
    kernel, image = vm.sysgate_kernel(out), os.path.join(out, "tests", "conform.cpio")
    results = []

    def run(abi):
        log = os.path.join(out, "tests", "soak", f"exhaust-{abi}.log")
        conformance.run("exhaust", kernel, image, log, results.append, f"abi={abi} exhaust=every tests={family}.*",
                        smp=smp)

    halves = [threading.Thread(target=run, args=(abi,)) for abi in ("64", "32")]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    bad = [f"{r.name}: {r.why}" for r in results if not r.ok]
    fault = bad[0] if bad else None if results else f"no result of {family}"
    return Outcome("\n".join(f"{'ok' if r.ok else 'not ok'} {r.name} {r.why}" for r in results), fault)

# SPDX-License-Identifier: MIT
"""`sysgate run --trace`: one strace-like line per call, from the program's execve to its exit, for both ABIs.
Each test_* raises on failure; a returned text is a remark."""
import os
import re
import shutil
import subprocess
import tempfile

from lib import vm

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.environ.get("SYSGATE_O", os.path.join(ROOT, "build"))
PROBE = os.path.join(OUT, "tests", "trace", "probe")
STRUCTURES = os.path.join(OUT, "tests", "trace", "structures")
LINE = re.compile(r"\[(\d+)\] (.*)")
CALL = re.compile(r"(\w+)\(.*\) = (\?|-1 E\w+ \(.*\)|-?\d+|0x[0-9a-f]+|0)(?: \(flags .*\))?(?: \[.*\])?$")
EVENT = re.compile(r"--- SIG\w+ \{.*\} ---$|\+\+\+ (exited with \d+|killed by SIG\w+( \(core dumped\))?) \+\+\+$|"
                   r"\[ Process PID=\d+ runs in (32|64) bit mode\. \]$")


ONE_CPU = ("--smp", "1")  # the probe prints where it may run


def prepare(ctx):
    ctx.make("all", "trace-probes")


def trace(*argv, options=(), stdin=b"", status=None):
    """(lines of the trace as (pid, text), the finished launcher)."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as file:
        done = subprocess.run([os.path.join(OUT, "host", "sysgate"), "run", "--smp", vm.cpus(1),
                               f"--trace={file.name}", *options, "--", *argv], input=stdin, capture_output=True, timeout=100, cwd=ROOT)
        lines = file.read().splitlines()
    if status is not None and done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {done.stderr[-300:]!r} {lines[-3:]}")
    pairs = [LINE.fullmatch(line) for line in lines]
    if not lines or not all(pairs):
        bad = next((line for line, pair in zip(lines, pairs) if not pair), "<no line at all>")
        raise AssertionError(f"not a line of a trace: {bad!r}")
    return [(int(pair[1]), pair[2]) for pair in pairs], done


def well_formed(lines):
    for _, text in lines:
        if not CALL.match(text) and not EVENT.match(text):
            raise AssertionError(f"neither a call nor an event: {text!r}")


def pattern(mark):
    return re.compile(".*".join(re.escape(part) for part in mark.split("{}")))


def find_in_order(lines, marks):
    at = 0
    for mark in marks:
        wanted = pattern(mark)
        found = next((i for i in range(at, len(lines)) if wanted.fullmatch(lines[i][1])), None)
        if found is None:
            name = mark.split("(")[0]
            near = [text for _, text in lines[at:] if name in text][:2] or [text for _, text in lines[at:at + 2]]
            raise AssertionError(f"no line {mark!r} after line {at}; there is {near}")
        at = found + 1


def marks_of(source, abi):
    with open(os.path.join(HERE, source)) as f:
        return [m[2] for m in re.finditer(r"//(64|32|)= (.*)", f.read()) if m[1] in ("", abi)]


def test_the_probe_is_decoded():
    lines, _ = trace(PROBE, options=ONE_CPU, status=5)
    well_formed(lines)
    find_in_order(lines, marks_of("probe.c", "64"))


def test_the_probe_is_decoded_on_i386():
    lines, _ = trace(PROBE + ".32", options=ONE_CPU, status=5)
    well_formed(lines)
    find_in_order(lines, ["[ Process PID=2 runs in 32 bit mode. ]"] + marks_of("probe.c", "32"))


def test_structures_are_decoded():
    lines, _ = trace(STRUCTURES, status=5)
    find_in_order(lines, marks_of("structures.c", "64"))


def test_structures_are_decoded_on_i386():
    lines, _ = trace(STRUCTURES + ".32", status=5)
    find_in_order(lines, marks_of("structures.c", "32"))


def test_it_begins_with_the_program_and_ends_with_its_exit():
    lines, done = trace("/bin/busybox", "echo", "hello", status=0)
    if not re.match(r'execve\("/bin/busybox", \["/bin/busybox", "echo", "hello"\], 0x\w+ /\* \d+ vars \*/\) = 0$',
                    lines[0][1]):
        raise AssertionError(f"first line: {lines[0]}")
    if lines[-1][1] != "+++ exited with 0 +++" or len({pid for pid, _ in lines}) != 1:
        raise AssertionError(f"last line: {lines[-1]}")
    if done.stdout != b"hello\n":
        raise AssertionError(f"the output was {done.stdout!r}")


def test_without_a_file_lines_go_to_stderr():
    done = subprocess.run([os.path.join(OUT, "host", "sysgate"), "run", "--trace", "--", "/bin/busybox", "true"],
                          capture_output=True, timeout=100)
    if b"execve(" not in done.stderr or b"+++ exited with 0 +++" not in done.stderr or done.stdout:
        raise AssertionError(f"{done.stdout!r} {done.stderr[-200:]!r}")


def test_all_processes_of_a_pipeline():
    lines, done = trace("/bin/busybox", "sh", "-c", "echo one | /bin/busybox cat | /bin/busybox wc -l; exit 7",
                        status=7)
    well_formed(lines)
    ends = [text for _, text in lines if text.startswith("+++ exited")]
    if done.stdout.strip() != b"1" or len(ends) != 4:
        raise AssertionError(f"{done.stdout!r} {ends}")
    find_in_order(lines, ["wait4({}, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], {}) = {}", "exit_group(7) = ?",
                          "+++ exited with 7 +++"])


def test_dynamic_programs():
    lines, _ = trace("/bin/ls", "/", status=0)
    well_formed(lines)
    find_in_order(lines, ['openat(AT_FDCWD, "/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY|O_CLOEXEC) = 3',
                          "mmap({}, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x{}) = 0x{}",
                          "getdents64(3, 0x{} /* {} entries */, 32768) = {}", "exit_group(0) = ?"])


def test_calls_that_do_not_return():
    limit = str(3 * vm.sysgate_kernel(OUT).patience)
    lines, _ = trace("/bin/busybox", "sleep", "100", options=("--timeout", limit), status=124)
    find_in_order(lines, ["{}nanosleep({}{tv_sec=100, tv_nsec=0} <unfinished ...>) = ?"])
    lines, _ = trace("/bin/busybox", "sh", "-c", "sleep 50 & sleep 0.5; exit 0", status=0)
    find_in_order(lines, ["+++ exited with 0 +++"])
    if not any("<unfinished ...>" in text for _, text in lines):
        raise AssertionError("the sleeper left behind has no unfinished call")
    lines, _ = trace("/bin/busybox", "sh", "-c", "kill -9 $$", status=137)
    find_in_order(lines, ["kill({}, SIGKILL) = {}", "+++ killed by SIGKILL +++"])


def strace_calls(argv):
    """The calls strace(1) sees, without their arguments: [(name, result word)]."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as file:
        subprocess.run(["strace", "-o", file.name, *argv], capture_output=True, check=True, timeout=60)
        found = [re.match(r"(\w+)\(.*\) += (\S+)( E\w+)?", line) for line in file.read().splitlines()]
    return [(m[1], m[3] or ("=" if m[2] != "?" else "?")) for m in found if m]


def test_the_same_calls_as_under_strace():
    if not shutil.which("strace"):
        return "SKIP no strace on this machine"
    argv = ["/bin/busybox", "cat", "/etc/passwd"]
    want = [name for name, _ in strace_calls(argv)]
    with tempfile.TemporaryDirectory() as root:
        for folder in ("bin", "etc", "tmp", "dev", "proc"):
            os.makedirs(os.path.join(root, folder))
        shutil.copy("/bin/busybox", os.path.join(root, "bin", "busybox"))
        shutil.copy("/etc/passwd", os.path.join(root, "etc", "passwd"))
        lines, _ = trace(*argv, options=("--root", root), status=0)
    got = [m[1] for m in (CALL.match(text) for _, text in lines) if m]
    if want != got:
        at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
        raise AssertionError(f"call {at}: strace has {want[at:at + 3]}, the trace {got[at:at + 3]}")
    return None


def test_without_a_launcher_it_begins_with_init():
    """`trace` alone on the kernel's command line: every call of PID 1, to the console."""
    done = subprocess.run([os.path.join(OUT, "host", "sysgate"), "run", "--verbose", "--append", "trace", "--",
                           "/bin/busybox", "true"], capture_output=True, timeout=100)
    if b'[1] mount("proc", "/proc", "proc", 0, NULL) = 0' not in done.stderr.replace(b"\r", b""):
        raise AssertionError(f"init's calls are not on the console: {done.stderr[-300:]!r}")

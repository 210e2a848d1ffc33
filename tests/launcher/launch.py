# SPDX-License-Identifier: MIT
"""What the launcher's cases share: running it, reading archives, kernels of a few bytes, terminals.

$SYSGATE_O is the build folder. $SYSGATE_LAUNCH_OPTIONS may hold options for every run that boots a real
kernel, for example to test the guest's side on Linux: `--kernel … --machine pc --append rdinit=…`.
"""
import contextlib
import fcntl
import os
import pty
import select
import shlex
import signal
import struct
import subprocess
import tempfile
import termios
import time

from lib import vm

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = 60


def launcher():
    return os.path.join(ROOT, os.environ.get("SYSGATE_O") or "build", "host", "sysgate")


def sysgate(*args, stdin=b"", env=None, cwd=None, limit=LIMIT):
    """Runs the launcher as it is. Returns the completed process; outputs are bytes."""
    return subprocess.run([launcher(), *args], input=stdin, capture_output=True, timeout=limit, cwd=cwd,
                          env={**os.environ, **(env or {})})


def run_argv(*args):
    """The command for a real run under TCG."""
    return [launcher(), "run", "--accel", "tcg", "--timeout", "50", "--smp", vm.cpus(1),
            *shlex.split(os.environ.get("SYSGATE_LAUNCH_OPTIONS", "")), *args]


def run(*args, **options):
    """Runs a program in a real guest."""
    command = run_argv(*args)
    return sysgate(*command[1:], **options)


def fails(done, status, *words):
    """Asserts the status, one line on stderr, and that it holds the words."""
    text = done.stderr.decode("utf-8", "replace")
    assert done.returncode == status, f"status {done.returncode}, not {status}: {text}"
    assert text.startswith("sysgate: ") and text.count("\n") == 1, f"not one clear line: {text!r}"
    for word in words:
        assert word in text, f"{word!r} is not in {text!r}"


def equal(got, wanted):
    assert got == wanted, f"{got!r} is not {wanted!r}"


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="sysgate-test-") as path:
        yield path


def write(path, data, mode=0o644):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)
    return path


def read_archive(blob):
    """Entries of a cpio archive (newc) by name: (mode, uid, gid, data). Later ones win, as in the kernel."""
    entries, at = {}, 0
    while at < len(blob):
        if blob[at] == 0:
            at += 1
            continue
        equal(blob[at:at + 6], b"070701")
        field = [int(blob[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = blob[at + 110:at + 110 + field[11] - 1].decode()
        at = (at + 110 + field[11] + 3) & ~3
        if name != "TRAILER!!!":
            entries[name] = (field[1], field[2], field[3], blob[at:at + field[6]])
        at = (at + field[6] + 3) & ~3
    return entries


def pack(*args, **options):
    """What would be handed to the kernel for `run ARGS`."""
    done = sysgate("run", "--pack", "-", *args, **options)
    equal((done.returncode, done.stderr), (0, b""))
    return read_archive(done.stdout)


def orders(entries):
    """The records of /.sysgate/run as a list of (key, value)."""
    records = entries[".sysgate/run"][3].split(b"\0")
    equal(records.pop(), b"")
    return [tuple(r.decode().split("=", 1)) for r in records]


# Loops around hlt with interrupts off.
CODE_HANG = b"\xfa\xf4\xeb\xfd"


def code_say(text):
    """Writes the text to the serial line, then resets the machine by a fault without handlers."""
    code = bytes.fromhex("be00000000 ac 84c0 7408 66baf803 ee ebf4 0f011d00000000 cc".replace(" ", ""))
    base = 0x200000
    data = base + len(code)
    code = code.replace(b"\xbe\0\0\0\0", b"\xbe" + struct.pack("<I", data))
    code = code.replace(b"\x0f\x01\x1d\0\0\0\0", b"\x0f\x01\x1d" + struct.pack("<I", data + len(text) + 1))
    return code + text + b"\0" + bytes(8)


def kernel_file(path, code):
    """An ELF file with a PVH entry note whose text is `code` (32-bit, protected mode, loaded at 2 MiB)."""
    note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", 0x200000)
    head = 52 + 2 * 32
    elf = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, 3, 1, 0x200000, 52, 0, 0, 52, 32, 2,
                      0, 0, 0)
    load = struct.pack("<8I", 1, head + len(note), 0x200000, 0x200000, len(code), len(code), 7, 4)
    notes = struct.pack("<8I", 4, head, 0, 0, len(note), len(note), 4, 4)
    return write(path, elf + load + notes + note + code)


def processes_with(mark):
    """Ids of the processes that have the mark in their command line."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                if mark.encode() in f.read():
                    found.append(int(pid))
    return found


def wait_until(what, condition, limit=20):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {limit} s"
        time.sleep(0.02)


class Terminal:
    """The launcher on a pseudo-terminal of its own."""

    def __init__(self, argv, rows=24, columns=80):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            try:
                self.resize(rows, columns, 0)
                os.environ["TERM"] = "vt102"
                os.execv(argv[0], argv)
            finally:
                os._exit(99)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def resize(self, rows, columns, fd=None):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.fd if fd is None else fd, termios.TIOCSWINSZ, size)

    def send(self, text):
        os.write(self.fd, text.encode())

    def read_on(self, limit):
        """False at the end of the output."""
        if not select.select([self.fd], [], [], limit)[0]:
            raise AssertionError(f"nothing more within {limit} s after {self.seen[-300:]!r}")
        try:
            more = os.read(self.fd, 65536)
        except OSError:  # EIO: the other side is closed
            more = b""
        self.seen += more
        return bool(more)

    def expect(self, text, limit=LIMIT):
        """Reads until the text has come; what came before it is returned, and forgotten with it."""
        text = text.encode()
        while text not in self.seen:
            assert self.read_on(limit), f"ended without {text!r}: {self.seen[-300:]!r}"
        before, _, self.seen = self.seen.partition(text)
        return before.decode("utf-8", "replace")

    def is_raw(self):
        return not termios.tcgetattr(self.fd)[3] & termios.ICANON

    def finish(self, limit=LIMIT):
        """Reads to the end. Returns the exit status."""
        while self.read_on(limit):
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.pid = 0
        return status

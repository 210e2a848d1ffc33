# SPDX-License-Identifier: MIT
"""Programs that cannot run, damaged archives and kernels, machines that end badly. Boots no real kernel."""
import os
import re
import signal
import subprocess
import time

from launch import (CODE_HANG, code_say, equal, fails, folder, kernel_file, launcher, processes_with, sysgate,
                    wait_until, write)


def test_program_missing():
    fails(sysgate("run", "no-such-program"), 127, "no-such-program", "PATH")
    fails(sysgate("run", "./no-such-program"), 127, "No such file")
    fails(sysgate("run", ""), 127, "''")


def test_program_not_executable():
    with folder() as at:
        fails(sysgate("run", write(f"{at}/plain", b"#!/bin/sh\n")), 126, "not executable")
        fails(sysgate("run", at), 126, "folder")
        fails(sysgate("run", write(f"{at}/empty", b"", 0o755)), 126, "empty")
        fails(sysgate("run", write(f"{at}/text", b"echo hi\n", 0o755)), 126, "#!")


def test_program_bad_interpreter():
    with folder() as at:
        fails(sysgate("run", write(f"{at}/a", b"#!/no/such\n", 0o755)), 126, "/no/such", "No such file")
        fails(sysgate("run", write(f"{at}/b", b"#!\n", 0o755)), 126, "interpreter")
        fails(sysgate("run", write(f"{at}/c", b"#!/usr/bin/env no-such\n", 0o755)), 127, "no-such")
        loop = write(f"{at}/loop", f"#!{at}/loop2\n".encode(), 0o755)
        write(f"{at}/loop2", f"#!{at}/loop\n".encode(), 0o755)
        assert sysgate("run", "--pack", "/dev/null", loop).returncode in (0, 126)


def test_program_damaged():
    """Other machines, and the file cut at every place that matters."""
    with open("/bin/busybox", "rb") as f:
        good = f.read()
    with folder() as at:
        arm = write(f"{at}/arm", good[:18] + b"\xb7\0" + good[20:], 0o755)
        fails(sysgate("run", arm), 126, "arm64")
        for size in (4, 16, 63, 64, 100, 500, 4096, len(good) // 2):
            done = sysgate("run", write(f"{at}/cut", good[:size], 0o755))
            fails(done, 126, "cut")
        fails(sysgate("run", write(f"{at}/cut", good[:100000], 0o755)), 126, "truncated")


def test_initrd_damaged():
    with folder() as at:
        good = sysgate("run", "--pack", "-", "busybox").stdout
        for what, data, word in (("text", b"hello world\n" * 20, "no cpio archive"), ("empty", b"", "empty"),
                                 ("cut", good[:len(good) // 2], "truncated"),
                                 ("tail", good + b"rubbish", "byte"),
                                 ("head", good[:8] + b"zz" + good[10:], "damaged"),
                                 ("gz", b"\x1f\x8b" + bytes(100), "zcat")):
            fails(sysgate("run", "--initrd", write(f"{at}/{what}", data), "x"), 125, "--initrd", word)
        fails(sysgate("run", "--initrd", f"{at}/none", "x"), 125, "No such file")


def boot(at, code, *args, **options):
    kernel = kernel_file(f"{at}/kernel", code)
    return sysgate("run", "--accel", "tcg", "--kernel", kernel, *args, "busybox", "true", **options)


def test_kernel_stops_silently():
    with folder() as at:
        fails(boot(at, code_say(b"")), 125, "without a word")


def test_kernel_console_is_shown():
    with folder() as at:
        done = boot(at, code_say(b"out of luck\r\n"))
        equal(done.returncode, 125)
        equal(done.stderr.decode().splitlines()[1:], ["out of luck"])
        done = boot(at, code_say(b"Kernel panic - not syncing: test\n  at foo+0x1\n"))
        equal((done.returncode, done.stdout), (125, b""))
        equal(done.stderr.decode().splitlines(),
              ["sysgate: the kernel panicked; its console:", "Kernel panic - not syncing: test",
               "  at foo+0x1"])


def test_verbose_shows_console_once():
    with folder() as at:
        done = boot(at, code_say(b"hello there\n"), "--verbose")
        equal((done.returncode, done.stderr.count(b"hello there")), (125, 1))


def test_timeout():
    with folder() as at:
        begin = time.monotonic()
        fails(boot(at, CODE_HANG, "--timeout", "0.7"), 124, "0.7 seconds")
        assert 0.6 < time.monotonic() - begin < 10


def signalled(at, number):
    """The launcher's status after a signal, with a guest that hangs; nothing of it may remain."""
    mark = f"mark-{os.getpid()}-{number}"
    kernel = kernel_file(f"{at}/kernel", CODE_HANG)
    argv = [launcher(), "run", "--accel", "tcg", "--kernel", kernel, "--append", mark, "busybox"]
    # In the background of a script it would inherit that SIGINT and SIGQUIT are ignored, and keep to it.
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=lambda: number == signal.SIGKILL or signal.signal(number, signal.SIG_DFL))
    wait_until("QEMU runs", lambda: len(processes_with(mark)) == 2)
    time.sleep(0.2)
    process.send_signal(number)
    process.communicate(timeout=20)
    wait_until("QEMU is gone", lambda: not processes_with(mark))
    return process.returncode


def test_signals_end_all():
    with folder() as at:
        def left():
            tests = ("sysgate-test-", "sysgate-check-")  # other tests' own
            return {n for n in os.listdir("/tmp") if re.search("sysgate|qemu|initramfs", n) and not n.startswith(tests)}

        before = left()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            equal(signalled(at, number), 128 + number)
        equal(signalled(at, signal.SIGKILL), -signal.SIGKILL)
        equal(left() - before, set())


def test_gdb_waits_and_prints():
    with folder() as at:
        done = boot(at, code_say(b""), "--gdb", "--timeout", "1")
        text = done.stderr.decode()
        equal(done.returncode, 124)
        assert "target remote 127.0.0.1:" in text and f"{at}/kernel" in text, text

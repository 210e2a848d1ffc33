# SPDX-License-Identifier: MIT
"""Real runs without a terminal: streams, exit status, environment."""
import contextlib
import hashlib
import os
import signal
import subprocess
import time

from launch import equal, fails, folder, launcher, processes_with, run, run_argv, wait_until, write


def shell(text, *options, **more):
    return run(*options, "--", "busybox", "sh", "-c", text, **more)


@contextlib.contextmanager
def started(*args, **streams):
    """A run in the background, ended in any case."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **streams}
    process = subprocess.Popen(run_argv(*args), **streams)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_run_streams_are_separate():
    done = shell("echo out; echo err >&2; echo out2")
    equal((done.returncode, done.stdout, done.stderr), (0, b"out\nout2\n", b"err\n"))


def test_run_status():
    for text, status in (("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137),
                         ("kill -TERM $$", 143)):
        done = shell(text)
        equal((done.returncode, done.stderr), (status, b""))


def test_run_stdin_binary():
    data = bytes(range(256)) * 3000
    done = run("--", "busybox", "cat", stdin=data)
    equal((done.returncode, done.stderr), (0, b""))
    assert done.stdout == data, f"{len(done.stdout)} bytes of {len(data)}, or others"


def test_run_stdin_end():
    equal(run("--", "busybox", "wc", "-c", stdin=b"").stdout.strip(), b"0")
    equal(run("--", "busybox", "wc", "-c", stdin=b"abc").stdout.strip(), b"3")
    done = shell("read a; echo $a; read b || echo end", stdin=b"one\n")
    equal(done.stdout, b"one\nend\n")


def test_run_slow_reader():
    """The program and the machine end long before the output is read: nothing is lost."""
    with started("--", "busybox", "seq", "1", "200000", stderr=subprocess.PIPE) as process:
        time.sleep(4)
        out, err = process.communicate(timeout=50)
    wanted = b"".join(b"%d\n" % i for i in range(1, 200001))
    equal((process.returncode, err), (0, b""))
    equal((len(out), hashlib.sha1(out).hexdigest()), (len(wanted), hashlib.sha1(wanted).hexdigest()))


def test_run_reader_leaves():
    """The program gets SIGPIPE, as in a pipeline on one machine. (Linux blocks in a port nobody reads.)"""
    with started("--", "busybox", "yes", stderr=subprocess.PIPE) as process:
        equal(process.stdout.readline(), b"y\n")
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=20)
    equal((process.returncode, err), (128 + signal.SIGPIPE, b""))


def test_run_shared_output_keeps_order():
    text = "for i in 1 2 3 4 5 6 7 8; do echo o$i; echo e$i >&2; done"
    done = subprocess.run(run_argv("--", "busybox", "sh", "-c", text), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    equal(done.stdout, b"".join(b"o%d\ne%d\n" % (i, i) for i in range(1, 9)))


def test_run_closed_streams():
    text = "ls /proc/self/fd >/tmp/x; echo a; (echo b) 2>/dev/null; exit 5"
    argv = run_argv("--", "busybox", "sh", "-c", text)
    done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&-', "sh", *argv], stderr=subprocess.PIPE, timeout=60)
    equal(done.returncode, 5)


def test_run_environment():
    done = shell("pwd; id -u; id -g; echo $A; echo $HOME; touch file && echo writes", "--env", "A=x y",
                 "--cwd", "/some/where", "--user", "1234:56")
    equal(done.stdout.decode().splitlines(), ["/some/where", "1234", "56", "x y", "/", "writes"])
    equal(shell("echo $PATH $HOME").stdout.split()[1], b"/root")


def test_run_in_root():
    """--root: PROGRAM is looked up on the guest's PATH, and what is wrong is told as a shell would."""
    with folder() as at:
        os.makedirs(f"{at}/bin")
        with open("/bin/busybox", "rb") as f:
            write(f"{at}/bin/tool", f.read(), 0o755)
        os.symlink("tool", f"{at}/bin/echo")
        write(f"{at}/bin/noexec", b"x")
        equal(run("--root", at, "echo", "hi").stdout, b"hi\n")
        fails(run("--root", at, "nothing"), 127, "nothing", "No such file")
        fails(run("--root", at, "/bin/noexec"), 126, "noexec", "Permission denied")
        fails(run("--root", at, "--cwd", "/nowhere", "echo"), 125, "/nowhere")


def test_run_script():
    with folder() as at:
        script = write(f"{at}/script", b"#!/bin/busybox sh\necho \"$0: $*\"\nexit 9\n", 0o755)
        done = run(script, "a", "b c")
        equal((done.returncode, done.stdout.decode()), (9, f"{script}: a b c\n"))


def test_run_dynamic():
    done = run("--add", "/bin/ls", "--", "dash", "-c", "ls /; exit 3")
    equal(done.returncode, 3)
    assert b"proc" in done.stdout.split()


def test_run_timeout():
    begin = time.monotonic()
    fails(run("--timeout", "8", "--", "busybox", "sleep", "100"), 124, "8 seconds")
    assert time.monotonic() - begin < 20


def test_run_leaves_nothing():
    mark = f"mark-run-{os.getpid()}"
    with started("--", "busybox", "sh", "-c", "echo up; sleep 100", mark) as process:
        equal(process.stdout.readline(), b"up\n")
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as f:
            children = f.read().split()
        equal(len(children), 1)
        process.terminate()
        equal(process.wait(20), 143)
    wait_until("QEMU is gone", lambda: not os.path.exists(f"/proc/{children[0]}"))
    equal(processes_with(mark), [])


def test_run_user_signal():
    text = "trap 'echo got; exit 6' USR1; echo up; while :; do sleep 1; done"
    with started("--", "busybox", "sh", "-c", text) as process:
        equal(process.stdout.readline(), b"up\n")
        process.send_signal(signal.SIGUSR1)
        equal((process.stdout.readline(), process.wait(30)), (b"got\n", 6))


def test_run_switched_off():
    for command in ("poweroff", "reboot"):
        fails(run("--", "busybox", command, "-f"), 125, "switched off or reset before the program had ended")


def test_run_many_ports():
    """All ports at once, on every machine: none may miss that its host side is open."""
    text = "trap 'read -r a; echo $a; echo err >&2; exit 6' USR1; echo up; while :; do sleep 0.1; done"
    for machine in ("microvm", "q35", "pc"):
        with started("--machine", machine, "--trace=/dev/null", "--", "busybox", "sh", "-c", text,
                     stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            equal(process.stdout.readline(), b"up\n")
            process.send_signal(signal.SIGUSR1)
            out, err = process.communicate(b"in\n", timeout=50)
        equal((out, err, process.returncode), (b"in\n", b"err\n", 6))


def test_run_least_memory():
    """Whatever the launcher does not refuse works. What it knows of small sizes is of the kernel that counts and checks
    nothing."""
    with open(os.path.join(os.path.dirname(os.path.dirname(launcher())), "flags")) as f:
        flags = f.read()
    least = 14 if "-DCONFIG_DEBUG" in flags else 9 if "-DCONFIG_COVERAGE" in flags else 5
    for size in range(least, least + 6):
        done = run("--mem", f"{size}M", "--", "busybox", "echo", "ok")
        if (done.returncode, done.stdout) != (0, b"ok\n"):
            assert size < 8
            fails(done, 125, "too little")
    with folder() as at:
        for i in range(3000):
            write(f"{at}/{i}", b"x")
        done = run("--mem", f"{max(least, 12)}M", "--add", at, "--", "busybox", "true")
        assert done.returncode == 125 and b"do not fit in memory (--mem)" in done.stderr, done.stderr

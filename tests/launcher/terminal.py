# SPDX-License-Identifier: MIT
"""Real runs on a pseudo-terminal: an interactive shell, ^C, the window's size, and the terminal put back."""
import os
import signal
import time

from launch import Terminal, equal, run_argv, wait_until


def shell(*options, **more):
    return Terminal(run_argv(*options, "--", "busybox", "sh"), **more)


def test_terminal_shell():
    with shell(rows=33, columns=101) as term:
        term.expect("# ")
        assert term.is_raw()
        term.send("tty; echo $TERM; stty size\r")
        term.expect("/dev/hvc0\r\n")
        term.expect("vt102\r\n")
        term.expect("33 101\r\n")
        term.send("exit 5\r")
        equal(term.finish(), 5)


def test_terminal_interrupt():
    with shell() as term:
        term.expect("# ")
        term.send("sleep 100\r")
        time.sleep(1)
        term.send("\x03")
        term.expect("# ")
        term.send("echo status=$?\r")
        term.expect("status=130\r\n")
        term.expect("# ")
        term.send("\x04")
        equal(term.finish(), 0)


def test_terminal_resize():
    with shell() as term:
        term.expect("# ")
        term.send("trap 'stty size' WINCH; echo set\r")
        term.expect("set\r\n")
        term.resize(50, 132)
        time.sleep(0.5)
        term.send("stty size; exit\r")
        term.expect("50 132\r\n")
        term.finish()


def test_terminal_restored():
    """After the end and after SIGTERM."""
    with shell() as term:
        term.expect("# ")
        assert term.is_raw()
        os.kill(term.pid, signal.SIGTERM)
        wait_until("the terminal is restored", lambda: not term.is_raw())
        equal(term.finish(), 143)


def test_terminal_much_output():
    with shell() as term:
        term.expect("# ")
        term.send("stty -opost; seq 1 30000; stty opost; echo do''ne\r")
        text = term.expect("done\r\n")
        wanted = "".join(f"{i}\n" for i in range(1, 30001))
        assert wanted in text, f"lost some of it: {len(text)} bytes"
        term.send("exit\r")
        equal(term.finish(), 0)


def test_terminal_mixed():
    """Only stdout is the terminal: stdin ends like any file, and the keyboard stays with the caller."""
    argv = run_argv("--", "busybox", "sh", "-c", "cat; tty <&1; exit 4")
    with Terminal(["/bin/sh", "-c", 'echo piped | "$@"', "sh", *argv]) as term:
        term.expect("piped\r")
        assert not term.is_raw()
        term.expect("/dev/hvc0\r")
        equal(term.finish(), 4)

# SPDX-License-Identifier: MIT
"""Runs a TAP-printing initramfs in a guest, and again after a test that took the machine down."""
import os
import re

from lib import vm
from lib.report import Result

LINE = re.compile(r"^(ok|not ok) (\d+) - (\S+)(?: # ?(.*))?$")
START = re.compile(r"# start (\S+)$")
PLAN = re.compile(r"^# plan (\d+)$")
MAX_BOOTS = 60
MAX_DEAD_BOOTS = 2


class Boot:
    """What one boot told us."""

    def __init__(self):
        self.plan = None       # number of selected tests
        self.done = 0          # index of the last finished test
        self.started = None    # a test that began and did not finish
        self.finished = False  # saw 1..N
        self.tail = []         # console lines since the last result
        self.end = None        # why it ended, if before all tests were done


def parse(line, boot):
    """Returns a (name, ok, why) for a result line and keeps track of where the guest is."""
    match = LINE.match(line)
    if match:
        boot.done, boot.started, boot.tail = int(match[2]), None, []
        return match[3], match[1] == "ok", match[4] or ""
    match = START.search(line)
    if match:
        boot.started, boot.tail = match[1], []
    elif PLAN.match(line):
        boot.plan, boot.tail = int(PLAN.match(line)[1]), []
    elif re.match(r"^1\.\.\d+$", line):
        boot.finished = True
    elif line.strip():
        boot.tail.append(line.strip())
    return None


def summary_of(tail):
    """The console lines that tell best why a machine died."""
    for i, line in enumerate(tail):
        if re.search(r"panic|BUG|Oops|assert", line):
            return " | ".join(tail[i:i + 4])
    return " | ".join(tail[-3:]) or "no output"


def run(suite, kernel, initrd, log_path, emit, append="", **machine):
    """Runs all tests of one initramfs; calls emit(Result) for each as it ends."""
    begin, dead = 0, 0
    os.makedirs(os.path.dirname(log_path), exist_ok=True)
    with open(log_path, "w", buffering=1) as log:
        for _ in range(MAX_BOOTS):
            place = f"from={begin} {append}" if begin else append
            boot = run_once(suite, kernel, initrd, log, emit, place, machine)
            if boot.finished:
                return
            dead = 0 if boot.done else dead + 1
            why = f"{boot.end}: {summary_of(boot.tail)}"
            if boot.started:
                emit(Result(suite, boot.started, False, why))
            if boot.plan is None or dead > MAX_DEAD_BOOTS and not boot.started:
                emit(Result(suite, f"{suite}.boot", False, why))
                return
            begin = max(begin, boot.done) + (1 if boot.started else 0)
            if begin >= boot.plan:
                return
        emit(Result(suite, f"{suite}.boots", False, f"gave up after {MAX_BOOTS} boots at test {begin}"))


def run_once(suite, kernel, initrd, log, emit, append, machine):
    boot = Boot()
    with vm.Guest(kernel, initrd, append, log, **machine) as guest:
        for line in guest:
            found = parse(line, boot)
            if found:
                emit(Result(suite, *found))
            if boot.finished:
                break
        if not boot.finished:
            boot.end = guest.end()
        else:
            try:
                guest.process.wait(10)
            except Exception:  # the results are in; that it does not power off is another test's matter
                emit(Result(suite, f"{suite}.power_off", False, "the machine did not power off"))
    return boot

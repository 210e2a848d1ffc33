# SPDX-License-Identifier: MIT
"""Collects results of all suites, shows progress, prints the verdict."""
import fnmatch
import os
import sys
import threading
import time


class Result:
    """One finished test.  A skipped one passes, with the reason in `why`."""

    def __init__(self, suite, name, ok, why=""):
        self.suite, self.name, self.ok, self.why = suite, name, ok, why


def read_known(path):
    """xfail.txt: "name-or-pattern  reason" a line, # comments."""
    known = []
    if os.path.exists(path):
        with open(path) as f:
            for line in f:
                words = line.split(None, 1)
                if words and not words[0].startswith("#"):
                    known.append((words[0], words[1].strip() if len(words) > 1 else "no reason given"))
    return known


class Report:
    """Thread-safe; known gaps are looked up for results whose suite says so."""

    def __init__(self, known, verbose=False):
        self.lock = threading.Lock()
        self.known, self.verbose = known, verbose
        self.passed = self.skipped = 0
        self.failed, self.gaps, self.surprises = [], [], []
        self.by_suite, self.counts, self.begin = {}, {}, time.monotonic()
        self.on_terminal = sys.stdout.isatty()

    def gap_reason(self, result):
        for pattern, reason in self.known:
            if fnmatch.fnmatchcase(result.name, pattern):
                return reason
        return None

    def add(self, result, may_be_gap=True):
        with self.lock:
            self.by_suite.setdefault(result.suite, {})[result.name] = result
            good, all_of = self.counts.get(result.suite, (0, 0))
            self.counts[result.suite] = good + result.ok, all_of + 1
            reason = self.gap_reason(result) if may_be_gap else None
            if result.ok:
                self.passed += 1
                self.skipped += result.why.startswith("SKIP")
                if reason:
                    self.surprises.append(result)
            elif reason:
                self.gaps.append((result, reason))
            else:
                self.failed.append(result)
                self.say(f"FAIL {result.suite}: {result.name}: {result.why}")
            if self.verbose and result.ok:
                self.say(f"ok   {result.suite}: {result.name} {result.why}")
            self.progress(result)

    def say(self, text):
        if self.on_terminal:
            sys.stdout.write("\r\033[K")
        print(text, flush=True)

    def progress(self, result):
        if self.on_terminal:
            took = time.monotonic() - self.begin
            line = f"[{took:4.0f} s] {self.passed} passed, {len(self.failed)} failed  "
            sys.stdout.write("\r\033[K" + (line + f"{result.suite}: {result.name}")[:78])
            sys.stdout.flush()

    def suite_done(self, suite, seconds):
        good, all_of = self.counts.get(suite, (0, 0))
        self.say(f"{suite}: {good} of {all_of} passed in {seconds:.0f} s")

    def finish(self):
        """Prints failures, gaps, surprises; the last line is the verdict.  Returns the exit status."""
        if self.failed:
            self.say("\nFailed:")
            for r in self.failed:
                print(f"  {r.suite}: {r.name}: {r.why}")
        if self.surprises:
            self.say("\nPassed although listed in tests/conform/xfail.txt (take them off the list):")
            for r in self.surprises:
                print(f"  {r.name}")
        if self.gaps:
            self.say(f"\n{len(self.gaps)} known gaps")
        if self.skipped:
            self.say(f"{self.skipped} skipped (counted as passed)")
        self.say(f"{self.passed} passed, {len(self.failed)} failed")
        if not self.counts:
            print("no test has such a name", file=sys.stderr)
        return 1 if self.failed or not self.counts else 0

# SPDX-License-Identifier: MIT
"""Shows that every check can fail: runs it on a copy of the tree with faults planted, and wants those and no others.

must_fail/<check>.txt says what is planted: after each line "--- PATH", what is appended to that file (or a new one); a
line "... N" stands for N empty ones.  A line that ends in "error: TEXT" (or several) wants a fault with that text, at
this line if the fault names one.  The lines below "--- commits" are subjects of commits instead.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import files

EXAMPLES = "tools/check/must_fail"
MARK = re.compile(r"error: (.+?)\s*(?=error: |(?:\*/|-->)?\s*$)")
GIT = ("git", "-c", "user.name=check", "-c", "user.email=check@localhost", "-c", "commit.gpgsign=false")


def sections(path):
    """(path in the tree, text) of each file to plant."""
    text = re.sub(r"^\.\.\. (\d+)\n", lambda m: "\n" * int(m[1]), files.text(path), flags=re.M)
    parts = re.split(r"^--- (\S+)\n", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def commit(tree, subject):
    subprocess.run([*GIT, "commit", "-q", "--allow-empty", "-m", subject], check=True, cwd=tree)


def restore(path, tree):
    """The file as the checks see it here, with its times, so that make and the checks find nothing to do again."""
    target = os.path.join(tree, path)
    if os.path.exists(path):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
    else:
        os.remove(target)


def plant(tree, parts):
    """Plants; returns the marks as (path, line, text)."""
    marks = []
    for path, text in parts:
        target, before = os.path.join(tree, path), 0
        if path == "commits":
            for subject in text.splitlines():
                commit(tree, subject)
        else:
            if os.path.exists(target):
                with open(target) as f:
                    before = len(f.readlines())
            with open(target, "a") as f:
                f.write(text)
        for number, line in enumerate(text.splitlines(), before + 1):
            marks += [(path, number, message) for message in MARK.findall(line)]
    return marks


def agrees(fault, mark):
    path, number, text = mark
    at = re.search(rf"(?:^|[ /]){re.escape(path)}:(\d+)", fault)
    return text in fault and (not at or int(at[1]) == number)


def try_out(check, tree, out):
    """Runs one check, as one would by hand, with its faults planted; yields what it got wrong."""
    example = f"{EXAMPLES}/{check}.txt"
    if not os.path.exists(example):
        yield f"{example} is missing: nothing shows that {check} can fail"
        return
    parts = sections(example)
    marks = plant(tree, parts)
    done = subprocess.run([sys.executable, os.path.join(tree, "tools/check/run"), "--out", out, check],
                          capture_output=True, text=True)
    for path, _ in parts:
        if path != "commits":
            restore(path, tree)
    faults = [line[2:] for line in done.stdout.splitlines() if line.startswith("  ")]
    for mark in marks:
        if not any(agrees(f, mark) for f in faults):
            yield f"{example}: {check} does not see {mark[0]}:{mark[1]}: {mark[2]}"
    for fault in faults:
        if any(path in fault for path, _ in parts) and not any(agrees(fault, m) for m in marks):
            yield f"{example}: nobody planted: {fault}"
    if done.returncode != 1 or not marks:
        yield f"{example}: {check} ends with {done.returncode}: {done.stderr.strip()[-200:]}"


def check_of(checks):
    """The check that tries all others."""
    def must_fail(out):
        """Each check finds the faults that must_fail/ plants for it, and only those."""
        names = [c.__name__ for c in checks]
        with tempfile.TemporaryDirectory(prefix="sysgate-check-") as tree:
            subprocess.run([*GIT, "init", "-q", tree], check=True)
            commit(tree, "check: Plant faults")
            for path in files.tracked():
                if not path.startswith(EXAMPLES):
                    restore(path, tree)
            for name in names:
                yield from try_out(name, tree, out)
        for path in files.code(EXAMPLES, kinds=(".txt",)):
            if os.path.basename(path)[:-4] not in names:
                yield f"{path}: no such check"

    return must_fail

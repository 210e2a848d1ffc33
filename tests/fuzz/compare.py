# SPDX-License-Identifier: MIT
"""Compares two records of a program: which difference it is, and whether it is one that known.txt explains.

A record has a line `step N: RESULT` for each call that ended, followed by its buffers, then what the processes and
the folder look like.  The first difference decides, because later ones mostly follow from it; but a known difference
in a buffer or in a detail of the state is passed over, because nothing follows from it.
"""
import fnmatch
import os
import re

STEP = re.compile(r"step (\d+): (.*)")
HERE = os.path.dirname(os.path.abspath(__file__))


class Known:
    """known.txt: "pattern<tab>reason" a line; patterns are of keys, for fnmatch."""

    def __init__(self, path=os.path.join(HERE, "known.txt")):
        self.rows = []
        with open(path) as f:
            for line in f:
                pattern, _, reason = line.rstrip("\n").partition("\t")
                if reason and not line.startswith("#"):
                    self.rows.append((pattern, reason.strip()))

    def pattern(self, key):
        for pattern, _ in self.rows:
            if fnmatch.fnmatchcase(key, pattern):
                return pattern
        return None

    def reason(self, pattern):
        return dict(self.rows)[pattern]


def results(record):
    """step -> (result, [lines of its buffers]), and the lines of the state."""
    steps, state, at = {}, [], None
    for line in record.split("\n"):
        match = STEP.match(line)
        if match:
            at = steps.setdefault(int(match[1]), (match[2], []))[1]
        elif line.startswith("  ") and at is not None:
            at.append(line)
        else:
            at = None
            state.append(line)
    return steps, state


def generic(value):
    return value if not re.fullmatch(r"-?\d+", value) or value == "0" else "value"


def buffer_key(name, a, b):
    """Which argument, and from which byte on."""
    left, right = a.split(), b.split()
    if left[:1] != right[:1] or len(left) < 2 or not left[0].startswith("arg"):
        return f"{name} entries"
    one, other = (w[2] if len(w) > 2 else "" for w in (left, right))
    n = next((i for i, (x, y) in enumerate(zip(one, other)) if x != y), min(len(one), len(other)))
    return f"{name} {left[0]}+{n // 2}"


def step_keys(program, n, a, b):
    """Keys of what differs in one step."""
    name = program.abi.label(program.steps[n])
    if a is None or b is None:
        yield f"{name}: {'returns' if a else 'sleeps'} -> {'returns' if b else 'sleeps'}"
        return
    if a[0] != b[0]:
        left, right = generic(a[0]), generic(b[0])
        yield f"{name}: {left} -> {right}" if left != right else f"{name}: other {left}"
    for x, y in zip(a[1], b[1]):
        if x != y:
            yield f"partial output before EFAULT of {name}" if a[0] == b[0] == "EFAULT" else buffer_key(name, x, y)
    if len(a[1]) != len(b[1]):
        yield f"{name} entries"


def state_key(a, b):
    """The word of the state that differs, by the word before it."""
    left, right = a.split(), b.split()
    if left[:1] != right[:1]:
        return f"state {left[0] if left else ''} is {right[0] if right else ''}"
    what = left[0] if left else ""
    for i, (x, y) in enumerate(zip(left, right)):
        if x != y:
            # "mode 100644", "fd 3:", "ended 0": the word before a number is its name.
            before = left[i - 1] if i else ""
            return f"state {what} {before}".replace(f"{what} {what}", what)
    return f"state {what} length"


def keys(program, linux, sysgate):
    """Keys of all differences, in order."""
    if linux == sysgate:
        return
    if "\n" not in linux or "\n" not in sysgate:
        yield f"machine: {linux[:40] if chr(10) not in linux else 'lives'} -> " \
              f"{sysgate[:40] if chr(10) not in sysgate else 'lives'}"
        return
    a, a_state = results(linux)
    b, b_state = results(sysgate)
    # What the record has of an earlier step that slept comes late: by the order of the steps all the same.
    for n in sorted(a.keys() | b.keys()):
        if a.get(n) != b.get(n):
            yield from step_keys(program, n, a.get(n), b.get(n))
    for x, y in zip(a_state, b_state):
        if x != y:
            yield state_key(x, y)
    if len(a_state) != len(b_state):
        yield "state length"


def harmless(key):
    """Nothing in the rest of a program follows from it."""
    return " arg" in key or key.startswith(("state ", "partial "))


def verdict(program, linux, sysgate, known):
    """(key, pattern): the difference that counts and the known pattern that explains it; (None, None) when equal."""
    seen = (None, None)
    for key in keys(program, linux, sysgate):
        pattern = known.pattern(key)
        if not pattern:
            return key, None
        if not seen[0]:
            seen = key, pattern
        if not harmless(key):
            return key, pattern
    return seen

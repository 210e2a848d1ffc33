# SPDX-License-Identifier: MIT
"""Makes programs smaller while they still show the same difference: all candidates of a round share one boot."""
from compare import STEP, verdict


def cut(program, linux, sysgate):
    """The program up to the first step that differs."""
    if program.actors():
        return program
    for a, b in zip(linux.split("\n"), sysgate.split("\n")):
        match = STEP.match(a)
        if match:
            last = int(match[1])
        elif not a.startswith("  "):
            return program
        if a != b:
            return program.but(steps=program.steps[:last + 1])
    return program


def renumber(token, gone):
    """A token after step `gone` has left: references to it become a number that is no descriptor."""
    if token[0] not in "rka":
        return token
    of, *rest = token[1:].split(".")
    if int(of) == gone:
        return "i63"
    return token[0] + ".".join([str(int(of) - (int(of) > gone)), *rest])


def without(program, gone):
    """The program without one step; with an actor's start goes all that it does."""
    step = program.steps[gone]
    dropped = {gone}
    if step.kind in "ft":
        dropped |= {i for i, s in enumerate(program.steps) if s.actor == step.target or s.target == step.target}
    steps = program.steps
    for i in sorted(dropped, reverse=True):
        steps = [s.but(args=[renumber(t, i) for t in s.args]) for n, s in enumerate(steps) if n != i]
    return program.but(steps=steps)


def alone(program, start):
    """The program with what the actor of step `start` does done by actor 0."""
    target = program.steps[start].target
    steps = [s.but(actor=0, kind="c" if s.kind == "b" else s.kind) if s.actor == target else s for s in program.steps]
    gone = [i for i, s in enumerate(steps) if i == start or s.kind == "w" and s.target == target]
    for i in reversed(gone):
        steps = [s.but(args=[renumber(t, i) for t in s.args]) for n, s in enumerate(steps) if n != i]
    return program.but(steps=steps)


def simpler(program):
    """Programs with one thing made simpler."""
    if program.uid:
        yield program.but(uid=0)
    for i, step in enumerate(program.steps):
        if step.kind == "b":
            yield replaced(program, i, step.but(kind="c"))
        if step.kind == "t":
            yield replaced(program, i, step.but(kind="f"))
        for n, token in enumerate(step.args):
            for other in simpler_tokens(token):
                yield replaced(program, i, step.but(args=step.args[:n] + [other] + step.args[n + 1:]))


def replaced(program, i, step):
    return program.but(steps=program.steps[:i] + [step] + program.steps[i + 1:])


def simpler_tokens(token):
    if token[0] == "i":
        value = int(token[1:], 16)
        if value:
            yield "i0"
        bits = [b for b in range(64) if value >> b & 1]
        if 1 < len(bits) < 8:
            yield from (f"i{value & ~(1 << b):x}" for b in bits)
    elif token[0] in "oxwev":
        yield "i0"
    elif token[0] == "t" and token not in ("t6600", "t6400"):
        yield from ("t6600", "t6400")


class Shrinking:
    """One program on its way."""

    def __init__(self, key, program):
        self.key, self.program = key, program
        self.union = None  # what all steps that could go one by one leave when they go together
        self.phase = 0     # 0: steps, 1: arguments, 2: done

    def candidates(self):
        p = self.program
        if self.phase == 1:
            return list(simpler(p))[:60]
        made = [without(p, k) for k in range(len(p.steps))] if len(p.steps) > 1 else []
        made += [alone(p, k) for k, s in enumerate(p.steps) if s.kind in "ft"]
        return made + ([self.union] if self.union else [])

    def take(self, candidates, good):
        """good: for each candidate whether it shows the difference."""
        winners = [c for c, ok in zip(candidates, good) if ok]
        if not winners:
            self.phase += 1
            self.union = None
            return
        if self.phase == 0:
            removable = [k for k, ok in enumerate(good[:len(self.program.steps)]) if ok]
            self.union = None
            if len(removable) > 1:
                union = self.program
                for k in sorted(removable, reverse=True):
                    if k < len(union.steps):
                        union = without(union, k)
                self.union = union if union.steps else None
        self.program = min(winners, key=lambda c: c.size())
        if self.union and self.union.size() >= self.program.size():
            self.union = None


def shrink(lab, found, known, rounds, say):
    """found: [(key, program)]; returns the smaller programs, in that order."""
    work = [Shrinking(key, program) for key, program in found]
    for number in range(rounds):
        active = [w for w in work if w.phase < 2]
        batches = [w.candidates() for w in active]
        flat = [c for batch in batches for c in batch]
        if not active:
            break
        say(f"shrinking {len(active)} programs, round {number + 1}: {len(flat)} candidates")
        theirs, ours = lab.both(flat, True) if flat else ([], [])
        at = 0
        for w, batch in zip(active, batches):
            good = [verdict(c, a, b, known)[0] == w.key
                    for c, a, b in zip(batch, theirs[at:at + len(batch)], ours[at:at + len(batch)])]
            at += len(batch)
            w.take(batch, good)
    return [w.program for w in work]

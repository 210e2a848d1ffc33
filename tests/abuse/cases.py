# SPDX-License-Identifier: MIT
"""A short slice of ./sysgate soak.  The machine must outlive each; what programs in it return does not matter,
but for the storms, which look whether it still gives out processes."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.environ.get("SYSGATE_O", os.path.join(ROOT, "build"))
sys.path.insert(0, os.path.dirname(HERE))

from lib import abuse  # noqa: E402


def prepare(ctx):
    ctx.make("all", "abuse")


def survived(outcome):
    why = outcome.why()
    if why:
        raise AssertionError(why)
    if outcome.lost_mib > 24:
        raise AssertionError(f"{outcome.lost_mib} MiB of memory are gone")


def storms_survived(outcome):
    survived(outcome)
    failed = [name for name, status in outcome.steps.items() if status]
    if failed:
        raise AssertionError(f"no new process afterwards: {', '.join(failed)}")


def skip(*programs):
    absent = abuse.missing(*programs)
    return f"SKIP: not installed: {', '.join(absent)}" if absent else None


def test_storms():
    storms_survived(abuse.storm(OUT, abuse.STORMS[1:], 1))


def test_out_of_memory():
    storms_survived(abuse.storm(OUT, ["oom"], 2, mem="64M"))


def test_stress_ng():
    names = "fcntl personality mmapfork pty sigq vfork".split()
    return skip("stress-ng") or survived(abuse.stress(OUT, names, 1, smp=2))


def test_trinity_as_nobody():
    return skip("trinity", "setpriv") or survived(abuse.trinity(OUT, 1, 5, True))


def test_trinity_as_root():
    return skip("trinity") or survived(abuse.trinity(OUT, 2, 5, False))

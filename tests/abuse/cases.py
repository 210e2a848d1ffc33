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
    if outcome.fault:
        with open(os.path.join(OUT, "tests", "logs", "abuse.log"), "a", encoding="utf-8") as log:
            log.write(f"{outcome.fault}\n{outcome.text}\n")
        raise AssertionError(outcome.fault)
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
    storms_survived(abuse.storm(OUT, abuse.STORMS, 1))


def test_out_of_memory():
    storms_survived(abuse.storm(OUT, abuse.HOGS, 2, mem="64M"))


def test_stress_ng():
    names = "exec fcntl personality mmapfork pty sigq tee vfork".split()
    return skip("stress-ng", "setpriv") or survived(abuse.stress(OUT, names, 1, smp=2))


def trinity(seed, user):
    absent = skip("trinity", "setpriv")
    if absent:
        return absent
    outcome = abuse.trinity(OUT, [seed], 90, user, calls=5000)
    survived(outcome)
    if not outcome.calls:
        raise AssertionError(f"trinity made no call: {outcome.text[-600:]}")
    return f"{outcome.calls} calls"


def test_trinity_as_nobody():
    return trinity(1, True)


def test_trinity_as_root():
    return trinity(2, False)

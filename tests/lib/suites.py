# SPDX-License-Identifier: MIT
"""The suites: each is a function (context, emit) that runs its tests and emits Results."""
import concurrent.futures
import fnmatch
import glob
import importlib.util
import os
import re
import signal
import subprocess
import threading
import traceback

from lib import guest, vm
from lib.report import Result

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASE_LIMIT = 240  # seconds a host-side case may take
EXHAUST_FAMILIES = 5  # at a time, both ABIs of each


class Context:
    """What the command line asked for."""

    def __init__(self, out, filters=(), oracle=False, full=False):
        self.out, self.filters, self.oracle, self.full = out, filters, oracle, full

    def wants(self, name):
        return not self.filters or any(fnmatch.fnmatchcase(name, f) for f in self.filters)

    def make(self, *targets):
        """Brings targets up to date; raises with the last lines when that fails."""
        done = subprocess.run(["make", "-s", "-j2", f"O={self.out}", *targets], cwd=ROOT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"make {' '.join(targets)}: " + " | ".join(done.stdout.splitlines()[-4:]))


def images(ctx, suite):
    """(label, initramfs, what to append) of each half of a guest suite: one per ABI, run at the same time."""
    folder = os.path.join(ctx.out, "tests")
    if suite == "gate":
        return [(abi, os.path.join(folder, f"gate-{abi}.cpio"), "") for abi in ("64", "32")]
    patterns = f" tests={','.join(ctx.filters)}" if ctx.filters else ""
    return [(abi, os.path.join(folder, f"{suite}.cpio"), f"abi={abi}{patterns}") for abi in ("64", "32")]


def conform_families():
    """The families of conformance tests, in a fixed order."""
    files = glob.glob(os.path.join(ROOT, "tests", "conform", "*.c"))
    return sorted(os.path.basename(f)[:-2] for f in files if re.search(r"^[A-Z_]+\(", open(f).read(), re.M))


def run_guest_suite(ctx, emit, suite, kernel, label, more=""):
    def emit_named(result, abi):
        if abi == "32" and not result.name.endswith(":ia32"):
            result.name += ":ia32"
        if ctx.wants(result.name) or result.name.startswith(f"{label}.boot"):  # a machine that never came up
            emit(result)

    halves = []
    for abi, initrd, append in images(ctx, suite):
        log = os.path.join(ctx.out, "tests", "logs", f"{label}-{abi}.log")
        arguments = (label, kernel, initrd, log, lambda r, abi=abi: emit_named(r, abi), append + more)
        halves.append(threading.Thread(target=guest.run, args=arguments))
    for half in halves:
        half.start()
    for half in halves:
        half.join()


def guest_suite(suite):
    def run(ctx, emit):
        ctx.make(*sorted({image for _, image, _ in images(ctx, suite)}), f"{ctx.out}/x86_64/sysgate.elf")
        run_guest_suite(ctx, emit, suite, vm.sysgate_kernel(ctx.out), suite)
    return run


def exhaust(ctx, emit):
    """Every conformance program with allocations failing, on the debug kernel."""
    if not vm.is_debug(ctx.out):
        return emit(Result("exhaust", "exhaust.all", True, "SKIP not a debug kernel"))
    ctx.make(f"{ctx.out}/tests/conform.cpio", f"{ctx.out}/x86_64/sysgate.elf")

    def emit_plain(result):
        result.name = f"exhaust.{result.name}"
        emit(result)

    kernel = vm.sysgate_kernel(ctx.out)
    if not ctx.full:
        return run_guest_suite(ctx, emit_plain, "conform", kernel, "exhaust", " exhaust=1")

    def family(name):  # most of their time tests wait: many machines at a time
        filters = [f for f in ctx.filters or [f"{name}.*"] if fnmatch.fnmatchcase(name, f.split(".")[0])]
        if filters:
            one = Context(ctx.out, filters, full=True)
            run_guest_suite(one, emit_plain, "conform", kernel, f"exhaust-{name}", " exhaust=every")

    with concurrent.futures.ThreadPoolExecutor(EXHAUST_FAMILIES) as pool:
        list(pool.map(family, conform_families()))


def oracle(suite):
    """The same initramfs on Linux: what fails there is a wrong test."""
    def run(ctx, emit):
        ctx.make(*sorted({image for _, image, _ in images(ctx, suite)}))

        def wrong(result):
            if not result.ok:
                result.why = f"wrong test, fails on Linux: {result.why}"
            emit(result)

        more = " -- all" if suite == "gate" else ""
        run_guest_suite(ctx, wrong, suite, vm.oracle_kernel(ctx.out), f"{suite}@linux", more)
    return run


def tap_command(suite, argv, emit, ctx):
    """A host program that prints TAP."""
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    seen = False
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        match = guest.LINE.match(line)
        if match and ctx.wants(match[3]):
            seen = True
            emit(Result(suite, match[3], match[1] == "ok", match[4] or ""))
    if done.returncode < 0 or not seen and not ctx.filters:
        tail = " | ".join(done.stdout.decode("utf-8", "replace").splitlines()[-5:])
        emit(Result(suite, f"{suite}.run", False, f"ended with status {done.returncode}: {tail}"))


def unit(ctx, emit):
    ctx.make("unit-runner")
    tap_command("unit", [os.path.join(ctx.out, "tests", "unit", "run")], emit, ctx)


def parsers(ctx, emit):
    """A slice of ./sysgate fuzz parsers: seeds, inputs that found bugs, and the same mutations every time."""
    tap_command("parsers", ["tests/fuzz/parsers/run", "--tap", "--out", ctx.out], emit, ctx)


def bench(ctx, emit):
    """Exact costs beside the committed figures."""
    tap_command("bench", ["bench/run", "--against", "bench/results.json", "--tap", "--out", ctx.out], emit, ctx)


def check(ctx, emit):
    tap_command("check", ["tools/check/run", "--tap", "--out", ctx.out], emit, ctx)


def other_build(ctx, folder, *args, **env):
    """./sysgate test with another build of the kernel, in a folder of its own below ours."""
    return subprocess.run(["./sysgate", "test", "-v", *args], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, env={**os.environ, **env, "O": os.path.join(ctx.out, folder)})


def debug(ctx, emit):
    """What the debug kernel has to find."""
    if vm.is_debug(ctx.out):
        return case_suite("debug")(ctx, emit)
    done = other_build(ctx, "debug", "--suite", "debug", *ctx.filters, DEBUG="1")
    found = re.findall(r"^(ok|FAIL) +debug: (debug\.\w+):? ?(.*)$", done.stdout, re.M)
    for verdict, name, why in found:
        emit(Result("debug", name, verdict == "ok", why))
    if not found and not ctx.filters:
        emit(Result("debug", "debug.run", False, " | ".join(done.stdout.splitlines()[-5:])))


def coverage(ctx, emit):
    """That lines can be counted: the machinery of --coverage on one suite."""
    if not ctx.wants("coverage.of_one_suite"):
        return
    done = other_build(ctx, "coverage", "--coverage", "--suite", "gate")
    total = re.search(r"^ +total .* (\S+) %$", done.stdout, re.M)
    ok = done.returncode == 0 and total is not None and float(total[1]) > 0
    emit(Result("coverage", "coverage.of_one_suite", ok, "" if ok else " | ".join(done.stdout.splitlines()[-5:])))


FUZZ_SEED, FUZZ_COUNT = 1, 600  # the same programs every time, half of them for i386


def fuzz(ctx, emit):
    """A short slice of ./sysgate fuzz diff."""
    if not ctx.oracle:
        return emit(Result("fuzz", "fuzz.all", True, "SKIP compares with Linux: --oracle"))
    argv = ["tests/fuzz/diff", "--tap", "--out", ctx.out, "--seed", str(FUZZ_SEED), "--count", str(FUZZ_COUNT)]
    tap_command("fuzz", argv, emit, ctx)


def case_suite(suite):
    """Functions test_* of tests/SUITE/cases.py, run in this process one after the other."""
    def run(ctx, emit):
        path = os.path.join(ROOT, "tests", suite, "cases.py")
        if not os.path.exists(path):
            return
        os.environ["SYSGATE_O"] = ctx.out
        spec = importlib.util.spec_from_file_location(f"{suite}_cases", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        cases = [(n, f) for n, f in vars(module).items() if n.startswith("test_") and callable(f)]
        cases = [(f"{suite}.{n[5:]}", f) for n, f in cases if ctx.wants(f"{suite}.{n[5:]}")]
        if cases and hasattr(module, "prepare"):
            module.prepare(ctx)
        for name, function in cases:
            emit(run_case(suite, name, function))
    return run


def run_case(suite, name, function):
    def late(signum, frame):
        raise TimeoutError(f"took more than {CASE_LIMIT} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(CASE_LIMIT)
    try:
        why = function()
        return Result(suite, name, True, why if isinstance(why, str) else "")
    except Exception as e:
        where = traceback.extract_tb(e.__traceback__)[-1]
        text = re.sub(r"\s+", " ", str(e) or type(e).__name__)
        return Result(suite, name, False, f"{os.path.basename(where.filename)}:{where.lineno}: {text[:600]}")
    finally:
        signal.alarm(0)


# In the order in which they run: quick ones first.
SUITES = {
    "unit": unit,
    "parsers": parsers,
    "conform": guest_suite("conform"),
    "gate": guest_suite("gate"),
    "machine": case_suite("machine"),
    "trace": case_suite("trace"),
    "newcall": case_suite("newcall"),
    "launcher": case_suite("launcher"),
    "apps": case_suite("apps"),
    "debug": debug,
    "abuse": case_suite("abuse"),
    "fuzz": fuzz,
    "exhaust": exhaust,
    "bench": bench,
    "coverage": coverage,
    "check": check,
}
# What --coverage leaves out: no machine is started, or one with another build of the kernel.
UNCOUNTED = ("unit", "parsers", "newcall", "debug", "coverage", "check")
ORACLES = {"conform": oracle("conform"), "gate": oracle("gate")}

# SPDX-License-Identifier: MIT
"""docs/howto/add-a-system-call.md, followed to the letter: `sysgate new-call` in a copy of the tree, its test as it
was written, and the worked examples of EXAMPLES=1.  One build serves all cases."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.environ.get("SYSGATE_O", os.path.join(ROOT, "build"))
TREE = os.path.join(OUT, "newcall", "tree")
BUILD = os.path.join(OUT, "newcall", "build")
CALL = "demo_call"
STACK_SIZE = 32768 if os.environ.get("DEBUG") else 16384  # KSTACK_SIZE of kernel/arch/arch.h


def succeed(*argv, **extra):
    done = subprocess.run(argv, cwd=TREE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **extra)
    if done.returncode:
        raise AssertionError(f"{' '.join(argv)}: status {done.returncode}: " + " | ".join(done.stdout.splitlines()[-6:]))
    return done.stdout


def copy_tree():
    """A copy with one new call.  Of the conformance families only the new one is built: the others have their suite."""
    shutil.rmtree(TREE, ignore_errors=True)
    ignored = shutil.ignore_patterns(".git", "build", "__pycache__", os.path.basename(OUT))
    shutil.copytree(ROOT, TREE, ignore=ignored, symlinks=True)
    for name in os.listdir(os.path.join(TREE, "tests", "conform")):
        if name.endswith(".c") and name not in ("harness.c", "runner.c", "exhaust.c"):
            os.unlink(os.path.join(TREE, "tests", "conform", name))
    succeed("./sysgate", "new-call", CALL)


def prepare(ctx):
    """make takes times of files for the truth: what did not change since the last run keeps its objects."""
    copy_tree()
    succeed("make", "-s", "-j2", f"O={BUILD}", "EXAMPLES=1", "all")


def test_the_scaffold_passes_its_test_unedited():
    environment = {**os.environ, "EXAMPLES": "1", "O": BUILD}
    text = succeed(sys.executable, "tests/run", "--out", BUILD, "--suite", "conform", "-v", CALL, env=environment)
    if not text.rstrip().endswith("6 passed, 0 failed"):  # three tests, two ABIs
        raise AssertionError(text[-300:])


def test_the_scaffold_satisfies_the_lint():
    succeed(sys.executable, "tools/gen/syscalls.py", "lint")


def test_a_second_call_of_that_name_is_refused():
    done = subprocess.run(["./sysgate", "new-call", CALL], cwd=TREE, capture_output=True, text=True)
    if done.returncode != 1 or "has a row already" not in done.stderr:
        raise AssertionError(f"status {done.returncode}: {done.stderr!r}")


def run_example(name, *options):
    return subprocess.run([os.path.join(BUILD, "host", "sysgate"), "run", *options, "--",
                           os.path.join(BUILD, "user", "examples", name)], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)


def check_example(name, wanted):
    for program in (name, name + ".32"):
        done = run_example(program)
        if done.returncode or done.stdout != wanted:
            raise AssertionError(f"{program}: status {done.returncode}, {done.stdout!r} {done.stderr[-200:]!r}")


def test_foo():
    check_example("foo", f"The kernel stack size is {STACK_SIZE}\n")


def test_silly_copy():
    sizes = {"silly_copy": 8, "silly_copy.32": 4}
    for program, size in sizes.items():
        done = run_example(program)
        wanted = (f"silly_copy: {size}\ncopied 0x5111c0de\nbad source: -1 Bad address\n"
                  "bad destination: -1 Bad address\nmore than a word: -1 Invalid argument\n")
        if done.returncode or done.stdout != wanted:
            raise AssertionError(f"{program}: status {done.returncode}, {done.stdout!r} {done.stderr[-200:]!r}")


def test_a_kernel_without_the_examples_says_so():
    done = subprocess.run([os.path.join(OUT, "host", "sysgate"), "run", "--",
                           os.path.join(BUILD, "user", "examples", "foo")], capture_output=True, text=True, timeout=60)
    if done.returncode != 1 or done.stderr != "foo: Function not implemented\n":
        raise AssertionError(f"status {done.returncode}: {done.stderr!r}")


def test_the_trace_knows_a_new_call():
    done = run_example("silly_copy", "--trace")
    if "silly_copy(NULL, 0x" not in done.stderr or "[silly_copy: more than a word]" not in done.stderr:
        raise AssertionError(done.stderr[-400:])

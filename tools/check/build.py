# SPDX-License-Identifier: MIT
"""Checks that run a compiler: both compilers' warnings, __user, sparse, headers by themselves."""
import concurrent.futures
import os
import re
import shlex
import subprocess

import files

MUST_FAIL = "tools/check/must_fail"
TIDY = "clang-tidy-22"
LOCKS_CC = "clang-22"  # the first whose attributes of a structure may name its later fields


def make(out, *arguments):
    return subprocess.run(["make", "-s", "-k", "-j2", f"O={out}", *arguments], capture_output=True, text=True)


def diagnostics(text):
    """The compiler's complaints, one line each."""
    found = re.findall(r"^[^\s:][^:\n]*:\d+:.*(?:error|warning):.*$", text, re.M)
    return list(dict.fromkeys(found))


def gcc(out):
    """The kernel and the launcher compile with gcc without a warning (-Werror)."""
    done = make(out, "kernel", "host")
    if done.returncode:
        yield from diagnostics(done.stderr + done.stdout) or [done.stderr.strip()[-300:]]


def clang(out):
    """The kernel compiles with clang without a warning; this is also the __user check."""
    done = make(os.path.join(out, "clang"), "CC=clang", "kernel")
    if done.returncode:
        yield from diagnostics(done.stderr + done.stdout) or [done.stderr.strip()[-300:]]


def flags(out, compiler):
    """The kernel's flags for single-file runs, from the build folder."""
    with open(os.path.join(out, "flags")) as f:
        words = shlex.split(f.read())
    return [compiler] + [w for w in words[1:] if w != "-Werror"]


def syntax(argv, path):
    """Compiles one file; a header is included into nothing, so that #pragma once has a meaning."""
    file = ["-include", path, "/dev/null"] if path.endswith(".h") else [path]
    done = subprocess.run([*argv, *file], capture_output=True, text=True)
    return path, done.returncode, done.stderr


def each(argv, paths):
    """Runs the command on every path, two at a time."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield from pool.map(lambda p: syntax(argv, p), paths)


def headers(out):
    """Every header compiles alone."""
    argv = flags(out, "gcc") + ["-Werror", "-fsyntax-only", "-x", "c"]
    skipped = ("asm.h", "asm-offsets.h")
    paths = [h for h in files.code("kernel", kinds=(".h",)) if not h.endswith(skipped) and "/vdso/" not in h]
    for path, status, text in each(argv, paths):
        if status:
            yield (diagnostics(text) or [f"{path}: {text.strip()[-200:]}"])[0]


def sources(out, *options):
    """What is compiled into a kernel with these options."""
    return set(make(out, *options, "list-sources").stdout.split())


def lock_flags(out):
    """The command that analyses locks (kernel/sync/safety.h)."""
    folder = os.path.join(out, "locks")
    make(folder, f"CC={LOCKS_CC}", f"{folder}/flags", f"{folder}/uapi/.stamp", f"{folder}/gen/.stamp")
    return flags(folder, LOCKS_CC) + ["-fsyntax-only", "-DCONFIG_LOCK_ANALYSIS", "-fexperimental-late-parse-attributes",
                                      "-Wthread-safety", "-Wthread-safety-beta", "-ferror-limit=0"]


def locks(out):
    """Guarded fields are touched with their lock held; functions lock and unlock what they say they do."""
    argv = lock_flags(out)
    plain, all_of = sources(out), sources(out, "DEBUG=1")
    faults = []
    for chosen, more in ((plain, []), (all_of - plain, ["-DCONFIG_DEBUG"])):
        for _, status, text in each(argv + more, sorted(chosen)):
            faults += diagnostics(text) or ([text.strip()[-200:]] if status else [])
    yield from dict.fromkeys(faults)


def tidy_argv(out, paths):
    folder = os.path.join(out, "locks")
    make(folder, f"CC={LOCKS_CC}", f"{folder}/flags", f"{folder}/uapi/.stamp", f"{folder}/gen/.stamp")
    return [TIDY, "--quiet", *paths, "--", *flags(folder, LOCKS_CC)[1:]]


def tidy(out):
    """clang-tidy (.clang-tidy says which of its checks) finds nothing."""
    paths = sorted(sources(out))
    # A process for several files: it starts slowly.
    parcels = [tidy_argv(out, paths[i:i + 8]) for i in range(0, len(paths), 8)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda argv: subprocess.run(argv, capture_output=True, text=True), parcels))
    yield from dict.fromkeys(f for d in done for f in diagnostics(d.stdout))
    yield from (d.stderr.strip()[-200:] for d in done if d.returncode and not diagnostics(d.stdout))


def must_fail(out):
    """What the compilers must reject is rejected (each line marked "error" in must_fail/)."""
    clang_out = os.path.join(out, "clang")
    make(clang_out, "CC=clang", f"{clang_out}/flags", f"{clang_out}/uapi/.stamp")
    for path in files.code(MUST_FAIL, kinds=(".c",)):
        if path.endswith("/tidy.c"):
            argv = tidy_argv(out, [path])
            text = subprocess.run(argv, capture_output=True, text=True).stdout
        else:
            argv = lock_flags(out) if path.endswith("/lock.c") else flags(clang_out, "clang") + ["-fsyntax-only"]
            _, _, text = syntax([*argv, "-Werror"], path)
        hit = {int(n) for n in re.findall(rf"{re.escape(path)}:(\d+):\d+: (?:error|warning)", text)}
        want = {n for n, line in enumerate(files.lines(path), 1) if line.rstrip().endswith("/* error */")}
        for number in sorted(want - hit):
            yield f"{path}:{number}: {argv[0]} accepts it"
        for number in sorted(hit - want):
            yield f"{path}:{number}: {argv[0]} rejects it"


def sparse(out):
    """sparse agrees about address spaces."""
    drop = ("-m", "-f", "-W", "-g", "-O")
    argv = ["sparse", "-m64", "-ffreestanding", "-D__CHECKER__", "-Wno-decl", "-Wno-non-pointer-null", "-Waddress-space",
            "-Wno-context", "-Wno-transparent-union"]
    argv += [w for w in flags(out, "gcc")[1:] if not w.startswith(drop)]
    wanted = re.compile(r"address space|__user|noderef|unable to open")
    for path, _, text in each(argv, files.code("kernel", kinds=(".c",))):
        if path.endswith(("_test.c", "asm-offsets.c")) or "/vdso/" in path:
            continue
        yield from (line for line in diagnostics(text) if wanted.search(line))


CHECKS = [gcc, clang, headers, locks, tidy, must_fail, sparse]

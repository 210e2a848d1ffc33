# SPDX-License-Identifier: MIT
"""Checks that run a compiler: both compilers' warnings, __user, sparse, headers by themselves."""
import concurrent.futures
import os
import re
import shlex
import subprocess

import files

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
            yield from diagnostics(text) or [f"{path}: {text.strip()[-200:]}"]


def sources(out, *options):
    """What is compiled into a kernel with these options."""
    return set(make(out, *options, "list-sources").stdout.split())


def kernels(out):
    """(files, options) of the kernel, and of what only the debug kernel has."""
    plain = sources(out)
    return (sorted(plain), []), (sorted(sources(out, "DEBUG=1") - plain), ["-DCONFIG_DEBUG"])


class Clean:
    """Remembers which files a slow check found clean, until they change or what they include (as gcc's last build saw it)."""

    def __init__(self, out, name, argv, *besides):
        self.folder, self.obj = os.path.join(out, "check", name), os.path.join(out, "x86_64/obj")
        self.command, self.besides = shlex.join(argv), besides

    def stale(self, path):
        try:
            with open(os.path.join(self.folder, path)) as f:
                if f.read() != self.command:
                    return True
            depends = os.path.join(self.obj, path[:-2] + ".d")
            with open(depends) as f:
                read = [w.rstrip(":") for w in f.read().split() if w != "\\" and not w.endswith(".o:")]
            newest = max(os.path.getmtime(r) for r in [*read, *self.besides])
            built, checked = os.path.getmtime(depends), os.path.getmtime(os.path.join(self.folder, path))
        except OSError:
            return True
        return not newest <= built <= checked

    def note(self, path):
        os.makedirs(os.path.dirname(os.path.join(self.folder, path)), exist_ok=True)
        with open(os.path.join(self.folder, path), "w") as f:
            f.write(self.command)


def lock_argv(out):
    """The command that analyses locks (kernel/sync/safety.h)."""
    folder = os.path.join(out, "locks")
    make(folder, f"CC={LOCKS_CC}", f"{folder}/flags", f"{folder}/uapi/.stamp", f"{folder}/gen/.stamp")
    return flags(folder, LOCKS_CC) + ["-fsyntax-only", "-DCONFIG_LOCK_ANALYSIS", "-fexperimental-late-parse-attributes",
                                      "-Wthread-safety", "-Wthread-safety-beta", "-Wthread-safety-pointer",
                                      "-fno-caret-diagnostics", "-ferror-limit=0"]


# The lock of a field, and one that a function wants of another structure than its argument, may be any object's
# (safety.h); else a function's is the one it names.
NEAR = re.compile(r"^.*(?: variable |holding .*'[^'\n]*(?:->|\.)\w+->\w+').*\n(?:.* note: expanded from .*\n)*"
                  r".* note: found near match .*\n", re.M)


def locks(out):
    """Guarded fields are touched with their lock held; functions lock and unlock what they say they do."""
    argv, faults = lock_argv(out), []
    clean = Clean(out, "locks", argv)
    for paths, more in kernels(out):
        for path, status, text in each(argv + more, filter(clean.stale, paths)):
            found = diagnostics(NEAR.sub("", text)) or ([text.strip()[-200:]] if status else [])
            faults += found
            found or clean.note(path)
    yield from dict.fromkeys(faults)


def tidy(out):
    """clang-tidy (.clang-tidy says which of its checks) finds nothing."""
    argv = lock_argv(out)[1:]
    clean = Clean(out, "tidy", argv, ".clang-tidy")
    paths, faults = list(filter(clean.stale, kernels(out)[0][0])), []

    def run(parcel):
        return parcel, subprocess.run([TIDY, "--quiet", *parcel, "--", *argv], capture_output=True, text=True)

    # A process for several files: it starts slowly.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for parcel, done in pool.map(run, (paths[i:i + 8] for i in range(0, len(paths), 8))):
            faults += diagnostics(done.stdout)
            if done.returncode and not diagnostics(done.stdout):
                faults.append(done.stderr.strip()[-200:])
            for path in parcel if not done.returncode else ():
                clean.note(path)
    yield from dict.fromkeys(faults)


def sparse(out):
    """sparse finds nothing, address spaces above all."""
    # Little-endian types of the ABI are the machine's own; a cast to the lower half is how a register pair is written.
    argv = ["sparse", "-m64", "-ffreestanding", "-D__CHECKER__", "-Waddress-space", "-Wno-bitwise", "-Wno-cast-truncate",
            "-Wno-decl", "-Wno-non-pointer-null", "-Wno-context", "-Wno-transparent-union"]
    # sparse knows a file that is included once by the very name it was found under: -I. makes it ./kernel/base/base.h.
    argv += [f"./{w}" if w == "kernel/base/base.h" else w for w in flags(out, "gcc")[1:]
             if not w.startswith(("-m", "-f", "-W", "-g", "-O"))]
    for paths, more in kernels(out):
        for path, status, text in each(argv + more, paths):
            yield from diagnostics(text) or ([f"{path}: {text.strip()[-200:]}"] if status else [])


CHECKS = [gcc, clang, headers, sparse, locks, tidy]

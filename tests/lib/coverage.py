# SPDX-License-Identifier: MIT
"""Line coverage of kernel/, summed over every machine that the suites start (./sysgate test --coverage).

A kernel built with COVERAGE=1 writes its counters to QEMU's debug console when the machine ends
(kernel/debug/coverage.c).  A script named qemu-system-x86_64, first on the PATH, gives every machine that console,
whoever starts it.  gcov-tool adds the boots up and gcov tells the lines.

Not counted, because gcov in the kernel cannot: assembly, and the vDSO, which is user code.  kernel/debug is left out:
it is what watches the kernel.
"""
import collections
import json
import os
import shutil
import struct
import subprocess

FLOOR = 90.0  # per cent of the lines of kernel/ that the whole suite must reach

WRAPPER = """#!/bin/sh
at=$(mktemp {boots}/XXXXXX) || exit
exec {qemu} "$@" -chardev "file,id=coverage,path=$at" -device isa-debugcon,iobase=0xe9,chardev=coverage
"""


class Coverage:
    def __init__(self, out):
        self.objects = os.path.join(out, "x86_64", "obj")
        self.report = os.path.join(out, "tests", "coverage.txt")
        self.folder = os.path.join(out, "tests", "coverage")
        self.boots = os.path.join(self.folder, "boots")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.boots)

    def begin(self):
        """From here on every machine that this process or its children start writes its counters."""
        qemu, tools = shutil.which("qemu-system-x86_64"), os.path.join(self.folder, "bin")
        wrapper = os.path.join(tools, "qemu-system-x86_64")
        os.makedirs(tools)
        with open(wrapper, "w") as f:
            f.write(WRAPPER.format(boots=self.boots, qemu=qemu))
        os.chmod(wrapper, 0o755)
        os.environ["PATH"] = f"{tools}:{os.environ['PATH']}"

    def unpack(self, raw, folder):
        """Writes the .gcda files of one boot below `folder`; False when it was cut off, or is of another build."""
        at, count = 0, 0
        try:
            while name := raw[at:raw.index(b"\0", at)].decode():
                at += len(name) + 1
                data = b""
                while size := struct.unpack_from("<H", raw, at)[0]:
                    data += raw[at + 2:at + 2 + size]
                    at += 2 + size
                at += 2
                path = os.path.relpath(name, self.objects)
                if not path.startswith(".."):
                    path = os.path.join(folder, path)
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    with open(path, "wb") as f:
                        f.write(data)
                    count += 1
        except (ValueError, struct.error):
            return False
        return count > 0

    def merge(self):
        """Adds up all boots; (folder of the sum or None, boots counted, boots without counters)."""
        total, counted, silent = None, 0, 0
        for name in sorted(os.listdir(self.boots)):
            one = os.path.join(self.folder, "one")
            shutil.rmtree(one, ignore_errors=True)
            with open(os.path.join(self.boots, name), "rb") as f:
                if not self.unpack(f.read(), one):
                    silent += 1
                    continue
            counted += 1
            both = os.path.join(self.folder, f"sum{counted}")
            if total:
                subprocess.run(["gcov-tool", "merge", "-o", both, total, one], check=True)
                shutil.rmtree(total)
            else:
                os.rename(one, both)
            total = both
        return total, counted, silent

    def lines(self, folder):
        """{file: {line: count}} of kernel/; a line in several objects (headers, inlining) counts once."""
        names = []
        for at, _, files in os.walk(folder):
            for name in files:
                path = os.path.relpath(os.path.join(at, name), folder)
                names.append(path)
                notes = path.removesuffix(".gcda") + ".gcno"
                os.symlink(os.path.join(self.objects, notes), os.path.join(folder, notes))
        done = subprocess.run(["gcov", "--json-format", "--stdout", *names], cwd=folder, check=True, capture_output=True)
        found = collections.defaultdict(dict)
        for unit in done.stdout.splitlines():
            for source in json.loads(unit)["files"]:
                path = source["file"]
                if path.startswith("kernel/") and not path.startswith("kernel/debug/"):
                    for line in source["lines"]:
                        number = line["line_number"]
                        found[path][number] = max(found[path].get(number, 0), line["count"])
        return found

    def finish(self, say):
        """Prints a row for each room, writes the uncovered list; the total in per cent."""
        folder, counted, silent = self.merge()
        if not folder:
            raise RuntimeError("no machine wrote counters: is the kernel built with COVERAGE=1?")
        found = self.lines(folder)
        rooms = collections.defaultdict(lambda: [0, 0])
        with open(self.report, "w") as f:
            for path in sorted(found):
                missing = sorted(n for n, count in found[path].items() if not count)
                row = rooms["/".join(path.split("/")[:2])]
                row[0] += len(found[path]) - len(missing)
                row[1] += len(found[path])
                if missing:
                    f.write(f"{path} ({len(missing)} of {len(found[path])}): {ranges(missing, found[path])}\n")
        say(f"\nLines of kernel/ reached, in {counted} boots ({silent} more were killed, or run another kernel):")
        rooms["total"] = [sum(column) for column in zip(*rooms.values())]
        for room, (reached, lines) in rooms.items():
            say(f"  {room:18} {reached:6} of {lines:6}  {100 * reached / lines:5.1f} %")
        say(f"Not reached: {self.report}")
        reached, lines = rooms["total"]
        return 100 * reached / lines


def ranges(missing, lines):
    """1-3, 7: lines without code between two missing ones do not break a range."""
    reached = sorted(n for n, count in lines.items() if count)
    out = []
    for n in missing:
        if out and not any(out[-1][1] < r < n for r in reached):
            out[-1][1] = n
        else:
            out.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)

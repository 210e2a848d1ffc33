# SPDX-License-Identifier: MIT
"""Runs programs on the two kernels, at the same time: a boot of each for thousands of programs.

A guest prints a hash per program, or all of its record.  One that goes down or falls silent is booted again
after the program that it was at.
"""
import os
import stat
import subprocess
import threading

from lib import cpio, vm

DIED = "the machine died or hung"
SOURCES = ["interp.c", "call.c", "record.c", "state.c"]
QUIET_LIMIT = 120  # seconds without a line; a busy host is slow
PER_BOOT = 20000


class Lab:
    """Runs programs of one ABI."""

    def __init__(self, here, out, abi, name=""):
        self.folder = os.path.join(out, "fuzz")
        self.abi, self.name = abi, f"{abi}{name}"
        os.makedirs(self.folder, exist_ok=True)
        init = os.path.join(self.folder, f"interp-{self.name}")
        subprocess.run(["gcc", "-m64" if abi == "x86_64" else "-m32", "-std=gnu11", "-D_GNU_SOURCE",
                        "-D_FILE_OFFSET_BITS=64", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", init,
                        *(os.path.join(here, s) for s in SOURCES)], check=True)
        with open(init, "rb") as f:
            self.init = f.read()
        self.linux, self.sysgate = vm.oracle_kernel(out), vm.sysgate_kernel(out)
        self.boots = self.crashes = 0

    def both(self, programs, verbose=False, tick=None):
        """The records on Linux and on Sysgate: a hash per program, or its lines; tick(name, done) while it goes."""
        results = {}

        def work(kernel):
            results[kernel.name] = self.run(kernel, programs, verbose, tick)

        threads = [threading.Thread(target=work, args=(k,)) for k in (self.linux, self.sysgate)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return results["linux"], results["sysgate"]

    def run(self, kernel, programs, verbose, tick):
        records, begin = [None] * len(programs), 0
        while begin < len(programs):
            end = min(begin + PER_BOOT, len(programs))
            self.boot(kernel, programs, begin, end, verbose, records, tick)
            missing = next((i for i in range(begin, end) if records[i] is None), None)
            if missing is not None:
                records[missing] = DIED
                self.crashes += 1
                end = missing + 1
            begin = end
        return records

    def boot(self, kernel, programs, begin, end, verbose, records, tick):
        text = "v\n" if verbose else "h\n"
        text += "".join(programs[i].encode(i) for i in range(begin, end))
        self.boots += 1
        base = os.path.join(self.folder, f"{self.name}-{kernel.name}")
        with open(base + ".cpio", "wb") as f:
            f.write(cpio.archive([("/init", stat.S_IFREG | 0o755, self.init, (0, 0)),
                                  ("/programs", stat.S_IFREG | 0o644, (text + "\n\0").encode(), (0, 0))]))
        at, lines = None, []
        with open(base + ".log", "w", encoding="utf-8") as log, \
                vm.Guest(kernel, base + ".cpio", log=log, quiet_limit=QUIET_LIMIT, smp=1) as guest:
            for line in guest:
                word = line.split(" ")
                if word[0] == "V" and len(word) == 2:
                    at, lines = int(word[1]), []
                elif word[0] == "H" and len(word) == 3 and word[1].isdigit() and int(word[1]) < len(records):
                    records[int(word[1])] = "\n".join(lines) if verbose and at == int(word[1]) else word[2]
                    lines = []
                    if tick:
                        tick(kernel.name, int(word[1]) + 1)
                elif line == "END":
                    break
                elif verbose:
                    lines.append(line)

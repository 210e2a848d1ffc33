# SPDX-License-Identifier: MIT
"""Files differences: a conformance case per difference, tried on both kernels, and a note for people to read."""
import os
import stat
import subprocess
import time

import emit
from lib import cpio, guest

CFLAGS = ["-std=gnu11", "-O1", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-pthread", "-fno-strict-aliasing",
          "-fno-toplevel-reorder", "-fno-pie", "-Wall", "-Wextra", "-Wno-unused", "-Wno-nonnull",
          "-Wno-stringop-overflow", "-Wno-stringop-overread", "-Werror"]
HARNESS = ["runner.c", "harness.c", "exhaust.c"]


class Cabinet:
    """The cases of one run, in OUT/fuzz/cases, and the file of what was found."""

    def __init__(self, root, out, found):
        self.conform = os.path.join(root, "tests", "conform")
        self.folder, self.found = os.path.join(out, "fuzz", "cases"), found
        os.makedirs(self.folder, exist_ok=True)

    def told(self):
        """Keys that the file of what was found has."""
        if not self.found or not os.path.exists(self.found):
            return set()
        with open(self.found) as f:
            return {line.split(" ", 2)[2].strip() for line in f if line.startswith("## ")}

    def file(self, lab, differences):
        """differences: [(key, program, linux, sysgate)]; writes a case for each and tries them."""
        cases = {}
        for key, program, linux, sysgate in differences:
            name = emit.case_name(key, program)
            path = os.path.join(self.folder, f"{name}.c")
            with open(path, "w") as f:
                f.write(emit.Case(name, key, program, linux, sysgate).text())
            cases[name] = path
            if self.found:
                self.tell(key, program, linux, sysgate)
        return self.trial(lab, cases)

    def tell(self, key, program, linux, sysgate):
        left, right = linux.split("\n"), sysgate.split("\n")
        text = [f"## {time.strftime('%H:%M')} {key}", *program.text().split("\n")]
        text += ["linux:   " + line[:300] for line in left if line not in right][:10]
        text += ["sysgate: " + line[:300] for line in right if line not in left][:10]
        with open(self.found, "a") as f:
            f.write("\n".join(text) + "\n\n")

    def compile(self, path, output, bits, family=None):
        done = subprocess.run(["gcc", f"-m{bits}", "-msse2", *CFLAGS, f'-DFAMILY="{family}"', f"-I{self.conform}", "-c",
                               "-o", output, path], capture_output=True, text=True)
        return done.stderr.strip().split("\n")[0] if done.returncode else None

    def trial(self, lab, cases):
        """name -> what came of it: "ready" is a case that passes on Linux and fails on Sysgate."""
        bits = 64 if lab.abi == "x86_64" else 32
        objects, verdicts = {}, {}
        for name, path in cases.items():
            output = path[:-2] + ".o"
            why = self.compile(path, output, bits, "found")
            if why:
                verdicts[name] = f"does not compile: {why}"
            else:
                objects[name] = output
        if not objects:
            return verdicts
        initrd = self.image(bits, list(objects.values()))
        for kernel in (lab.linux, lab.sysgate):
            passed = {}
            log = os.path.join(self.folder, f"{lab.name}-{kernel.name}.log")
            guest.run("found", kernel, initrd, log,
                      lambda r, passed=passed: passed.__setitem__(r.name.removeprefix("found.").removesuffix(":ia32"), r),
                      f"abi={bits}")
            for name in objects:
                result = passed.get(name)
                if kernel is lab.linux and not (result and result.ok):
                    verdicts[name] = f"fails on Linux: {result.why}" if result else "not tried: the machine was too slow"
                elif kernel is lab.sysgate and name not in verdicts:
                    verdicts[name] = "passes on both" if result and result.ok else "ready"
        return verdicts

    def image(self, bits, objects):
        """An initramfs with the harness and the cases; the i386 runner is started by the 64-bit one."""
        members = []
        for width, name, own in ((64, "/init", objects if bits == 64 else []), (32, "/ia32", objects if bits == 32 else [])):
            if width == 32 and bits == 64:
                continue
            parts = []
            for source in HARNESS:
                parts.append(os.path.join(self.folder, f"{source[:-2]}-{width}.o"))
                why = self.compile(os.path.join(self.conform, source), parts[-1], width, source[:-2])
                if why:
                    raise RuntimeError(why)
            if not own:  # the runner wants one case at least
                empty = os.path.join(self.folder, "empty.c")
                with open(empty, "w") as f:
                    f.write('#include "harness.h"\nTEST(empty)\n{\n}\n')
                own = [empty[:-2] + ".o"]
                self.compile(empty, own[0], width, "none")
            program = os.path.join(self.folder, f"runner-{width}")
            subprocess.run(["gcc", f"-m{width}", "-static", "-no-pie", "-pthread", "-o", program, *own, *parts], check=True)
            with open(program, "rb") as f:
                members.append((name, stat.S_IFREG | 0o755, f.read(), (0, 0)))
        path = os.path.join(self.folder, f"cases-{bits}.cpio")
        with open(path, "wb") as f:
            f.write(cpio.archive(members))
        return path

# SPDX-License-Identifier: MIT
"""Boots a guest in QEMU and hands out its console line by line; finds the two kernels."""
import glob
import os
import selectors
import shutil
import subprocess
import time

QUIET_LIMIT = int(os.environ.get("SYSGATE_QUIET_LIMIT", "40"))  # seconds without a line before a guest is called hung


class Kernel:
    """A kernel to boot: what to call it, its file, the machine it runs on, how much longer than usual all takes."""

    def __init__(self, name, path, machine, extra="", patience=1):
        self.name, self.path, self.machine, self.patience = name, path, machine, patience
        self.extra = f"{extra} patience={patience}" if patience > 1 else extra


def is_debug(out):
    """Whether the kernel in that build folder was made with DEBUG=1."""
    with open(os.path.join(out, "flags")) as f:
        return "-DCONFIG_DEBUG" in f.read()


def sysgate_kernel(out):
    """The kernel under test, on the machine in $SYSGATE_MACHINE (default microvm).  Tests wait longer for a debug
    kernel: it looks at every access."""
    return Kernel("sysgate", os.path.join(out, "x86_64", "sysgate.elf"),
                  os.environ.get("SYSGATE_MACHINE", "microvm"), patience=4 if is_debug(out) else 1)


def oracle_kernel(out):
    """Debian's Linux 6.1 cloud kernel; fetched with apt-get once, kept in OUT/oracle."""
    folder = os.path.join(out, "oracle")
    path = os.path.join(folder, "vmlinuz")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        given = os.environ.get("SYSGATE_ORACLE_KERNEL")
        if given:
            shutil.copyfile(given, path)
        else:
            fetch_oracle(folder, path)
    return Kernel("linux", path, "pc", "mitigations=off no_timer_check")


def fetch_oracle(folder, path):
    """Downloads the package (not its dependencies) and keeps its kernel file only."""
    folder = os.path.abspath(folder)
    depends = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"], check=True,
                             capture_output=True, text=True).stdout.split()
    package = next(w for w in depends if w.startswith("linux-image-6."))
    subprocess.run(["apt-get", "download", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    deb = glob.glob(os.path.join(folder, package + "_*.deb"))[0]
    unpacked = os.path.join(folder, "unpacked")
    subprocess.run(["dpkg", "-x", deb, unpacked], check=True)
    shutil.copyfile(glob.glob(os.path.join(unpacked, "boot", "vmlinuz-*"))[0], path)
    shutil.rmtree(unpacked)
    os.unlink(deb)


def cpus(usual):
    """How many processors a guest gets whose test does not insist on a number: ./sysgate test --smp, or `usual`."""
    return os.environ.get("SYSGATE_SMP", str(usual))


# All that TCG has, but tables of five levels (Sysgate uses four: Linux's addresses would end elsewhere) and
# protection keys (Linux uses one for mappings with PROT_EXEC alone).
CPU = "max,la57=off,pku=off"


def command(kernel, initrd, append="", mem=256, smp=None, cpu=CPU, options=()):
    """The QEMU command line: plain serial console, reset or power off ends it, TCG only."""
    smp = smp or cpus(2)
    return ["qemu-system-x86_64", "-M", kernel.machine, "-accel", "tcg", "-cpu", cpu, "-m", str(mem),
            "-smp", str(smp), "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
            "-no-reboot", *options, "-kernel", kernel.path, "-initrd", initrd, "-append",
            f"console=ttyS0 rdinit=/init quiet panic=-1 {kernel.extra} {append}".strip()]


class Guest:
    """One running machine.  Iterate over its console lines; end() tells why iteration ended."""

    def __init__(self, kernel, initrd, append="", log=None, quiet_limit=None, **machine):
        self.argv = command(kernel, initrd, append, **machine)
        self.log, self.hung = log, False
        self.quiet_limit = quiet_limit or QUIET_LIMIT * kernel.patience
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def end(self):
        """Why there are no more lines; the host's out-of-memory killer is no fault of the kernel in it."""
        if self.hung:
            return "the machine hung"
        status = self.process.wait()
        return f"QEMU was ended by signal {-status}" if status < 0 else "the machine died"

    def __iter__(self):
        buffer, fd = b"", self.process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(fd, selectors.EVENT_READ)
            last = time.monotonic()
            while True:
                left = self.quiet_limit - (time.monotonic() - last)
                if left <= 0 or not selector.select(left):
                    self.hung = True
                    return
                chunk = os.read(fd, 65536)
                if not chunk:
                    break
                last = time.monotonic()
                buffer += chunk
                *lines, buffer = buffer.split(b"\n")
                for line in lines:
                    yield self.decode(line)
        if buffer:
            yield self.decode(buffer)

    def decode(self, line):
        text = line.replace(b"\r", b"").decode("utf-8", "replace")
        if self.log:
            self.log.write(text + "\n")
        return text

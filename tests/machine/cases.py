# SPDX-License-Identifier: MIT
"""The kernel on machines and processors other than those that the other suites use: older ones without XSAVE, FSGSBASE or
SMAP, no ACPI, no hypervisor that tells the clock's rate, one CPU and four, more memory than fits below 4 GiB.  Each boots
and passes what depends on the processor: signal frames, faults, threads."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from lib import guest, vm  # noqa: E402

FAMILIES = "signal.*,fault.*,thread.*"
OUT = None


def prepare(ctx):
    global OUT
    OUT = ctx.out
    ctx.make(f"{OUT}/tests/conform.cpio", f"{OUT}/x86_64/sysgate.elf")


def passes(machine, families=FAMILIES, **options):
    """Boots once; all cases of these families pass, and power off ends the machine."""
    kernel = vm.sysgate_kernel(OUT)
    kernel.machine = machine
    boot, failed = guest.Boot(), []
    image = os.path.join(OUT, "tests", "conform.cpio")
    with vm.Guest(kernel, image, f"tests={families}", **options) as machine:
        for line in machine:
            result = guest.parse(line, boot)
            if result and not result[1]:
                failed.append(result[0])
        hung = machine.hung
        status = None if hung else machine.process.wait(10)
    assert boot.finished and not hung, f"stopped in {boot.started}: {guest.summary_of(boot.tail)}"
    assert not failed, f"failed: {', '.join(failed)}"
    assert status == 0, f"QEMU ended with {status}"


def test_processor_of_2005():
    passes("microvm", cpu="qemu64")


def test_processor_of_2005_on_pc():
    passes("pc", cpu="qemu64")


def test_processor_with_fxsave_only_and_five_gib():
    passes("q35", cpu="Nehalem", mem=5120)


def test_processor_with_plain_xsave():
    passes("q35", cpu="SandyBridge")


def test_processor_without_fsgsbase():
    passes("microvm", cpu="max,-fsgsbase,-smap,-xsaveopt,-pcid")


def test_no_acpi():
    passes("microvm,acpi=off")


def test_no_acpi_on_pc():
    passes("pc,acpi=off", smp=1)


def test_no_hypervisor_tells_the_rate_of_the_clock():
    passes("pc", cpu="max,-hypervisor")


def test_one_processor():
    passes("microvm", smp=1)


def test_four_processors():
    passes("q35", smp=4)

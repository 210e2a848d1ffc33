# SPDX-License-Identifier: MIT
"""The checks of the debug kernel find what they are there for: each bug, made on purpose, ends in its report."""
import os
import re

from lib import vm

OUT = None


def prepare(ctx):
    global OUT
    OUT = ctx.out
    ctx.make(f"{ctx.out}/tests/debug.cpio", f"{ctx.out}/x86_64/sysgate.elf")


def run(bug, expected, smp=2):
    """Boots, provokes the bug and returns the console's text, in which `expected` must appear."""
    with open(os.path.join(OUT, "flags")) as f:
        if "-DCONFIG_DEBUG" not in f.read():
            return "SKIP not a debug kernel"
    image = os.path.join(OUT, "tests", "debug.cpio")
    with vm.Guest(vm.sysgate_kernel(OUT), image, f"provoke={bug} watchdog=4", quiet_limit=60, smp=smp) as guest:
        text = "\n".join(guest)
    assert re.search(expected, text), f"no /{expected}/ in: {text[-600:]}"
    if bug in ("none", "leak_object"):
        assert "panic" not in text, text[-600:]
    return None


def test_clean_run_finds_nothing():
    return run("none", r"\A(?!.*leak:)(?s:.*)survived")


def test_use_after_free():
    return run("use_after_free", r"panic.*slab kmalloc-128: was written after it was freed")


def test_double_free():
    return run("double_free", r"panic.*slab kmalloc-128: was freed twice")


def test_red_zone():
    return run("overrun", r"panic.*slab kmalloc-128: was written behind its end")


def test_page_after_free():
    return run("page_after_free", r"panic.*page [0-9a-f]+: written after it was freed")


def test_page_freed_twice():
    return run("page_twice", r"panic.*page [0-9a-f]+: freed twice")


def test_opposite_lock_orders():
    return run("opposite_orders", r"panic.*the opposite order was seen before")


def test_opposite_lock_orders_of_readers():
    return run("opposite_reader_orders", r"(?s)readers pass.*panic.*the opposite order was seen before")


def test_lock_rank():
    return run("against_rank", r"panic.*against the order of kernel/sync/rank.h")


def test_lock_recursion():
    return run("recursion", r"panic.*taken twice")


def test_unlock_of_a_free_lock():
    return run("foreign_unlock", r"panic.*(not held here|holder)")


def test_sleeping_with_a_spin_lock():
    return run("sleep_in_atomic", r"panic.*sleeping function called with preemption off")


def test_lock_of_interrupts_held_with_interrupts_on():
    return run("irq_unsafe", r"panic.*taken by interrupt handlers, and with interrupts on")


def test_shift_too_far():
    return run("bad_shift", r"panic.*undefined behaviour: shift out of bounds at kernel/debug/provoke.c:\d+")


def test_index_too_large():
    return run("bad_index", r"panic.*undefined behaviour: index out of bounds at kernel/debug/provoke.c:\d+")


def test_leaked_file():
    return run("leak_file", r"(?s)leak: a filp.*panic.*objects leaked")


def test_leaked_object():
    return run("leak_object", r"leak: 1 kmalloc-128; 1 from .*provoke_write")


def test_hung_task():
    return run("hang", r"(?s)task 1 .*state D.*panic.*watchdog: a task hangs")


def test_cpu_that_takes_no_interrupts():
    return run("spin_irqs_off", r"panic.*watchdog: a CPU takes no interrupts")

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


def run(bug, expected, smp=None):
    """Boots, provokes the bug and returns the console's text, in which `expected` must appear."""
    if not vm.is_debug(OUT):
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


def reported(bug, what, *details):
    """The address sanitizer reports it: the kind and size of the access, in which function, and what is there."""
    return run(bug, rf"(?s)BUG: address sanitizer: {what} at [0-9a-f]+ in .*by task 1 \(init\).*"
               + "".join(rf"{d}.*" for d in details) + rf"panic.*address sanitizer: {what}")


OWNERS = (r"object 0x[0-9a-f]+ of kmalloc-128, 100 bytes, freed by task 1", r"allocated by.*provoke_write",
          r"freed by.*provoke_write")


def test_write_after_free():
    return reported("use_after_free", "use-after-free write of 1", "offset 50 of", *OWNERS)


def test_read_after_free():
    return reported("read_after_free", "use-after-free read of 1", "offset 99 of", *OWNERS)


def test_object_written_after_free_by_a_device():
    return run("object_written_unseen", r"panic.*slab kmalloc-128: was written after it was freed")


def test_double_free():
    return run("double_free", r"panic.*slab kmalloc-128: was freed twice")


def test_write_one_byte_behind_an_object():
    return reported("overrun", "slab out-of-bounds write of 1", "offset 100 of", "kmalloc-128, 100 bytes, allocated")


def test_read_one_byte_behind_an_object():
    return reported("read_behind", "slab out-of-bounds read of 1", "offset 100 of")


def test_write_behind_a_block_of_pages():
    return reported("large_overrun", "page out-of-bounds write of 1", "allocated by.*large_overrun")


def test_write_behind_what_realloc_left():
    return reported("shrunk_overrun", "slab out-of-bounds write of 1", "offset 97 of")


def test_write_behind_a_vmalloc_area():
    return reported("vmalloc_overrun", "vmalloc out-of-bounds write of 1")


def test_memcpy_one_byte_too_long():
    return reported("memcpy_overrun", "slab out-of-bounds write of 701", "offset 700 of")


def test_memset_one_byte_too_long():
    return reported("memset_overrun", "slab out-of-bounds write of 701", "offset 700 of")


def test_copy_from_user_one_byte_too_long():
    return reported("user_copy_overrun", "slab out-of-bounds write of 101", "offset 100 of")


def test_copy_to_user_one_byte_too_long():
    return reported("user_copy_beyond", "slab out-of-bounds read of 101", "offset 100 of")


def test_write_behind_a_local_variable():
    return reported("stack_overrun", "stack out-of-bounds write of 1", "in the frame of", r"\n  a(:\d+)?: ")


def test_kernel_stack_exhausted():
    return run("stack_exhausted", r"panic.*kernel stack overflow")


def test_use_of_a_variable_after_its_scope():
    return reported("scope_left", "stack use-after-scope read of 4", "in the frame of", r"\n  inner(:\d+)?: ")


def test_write_behind_a_global():
    return reported("global_overrun", "global out-of-bounds write of 1", "20 bytes behind the start of global .*behind")


def test_memcpy_from_null():
    return run("null_copied", r"(?s)Perhaps a NULL or user pointer.*panic.*general protection fault")


def test_page_after_free():
    return reported("page_after_free", "use-after-free write of 1", "offset 64", r"allocated by.*provoke_write",
                    "freed by.*provoke_write")


def test_freed_page_cleared_in_assembly():
    return reported("page_cleared_after_free", "use-after-free write of 4096")


def test_page_written_after_free_by_a_program():
    return run("page_written_unseen", r"panic.*page [0-9a-f]+: written after it was freed")


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
    return run("spin_irqs_off", r"panic.*watchdog: a CPU takes no interrupts", smp=2)  # the other one notices

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads `nm -nS` of the first link and writes the kernel's symbol table as assembly.

Format of ksym_blob, read by kernel/base/ksym.c; ksym_count entries, sorted by address:
  u32 offset[count]   address - KERNEL_VMA
  u32 size[count]
  u32 name[count]     offset into the names
  names               NUL-terminated
Only functions are kept (types t, T, w, W).  Same input, same output.
"""
import sys

KERNEL_VMA = 0xFFFFFFFF80000000


def read_symbols(lines):
    """[(offset, size, name)], sorted; a symbol without a size reaches to the next one."""
    found = {}
    for line in lines:
        field = line.split()
        size = int(field.pop(1), 16) if len(field) == 4 else 0
        if len(field) != 3 or field[1] not in "tTwW":
            continue
        offset = int(field[0], 16) - KERNEL_VMA
        if offset < 0 or field[2].startswith((".L", "$")):
            continue
        if offset not in found or size > found[offset][0]:
            found[offset] = (size, field[2])
    out = []
    addresses = sorted(found)
    for i, offset in enumerate(addresses):
        size, name = found[offset]
        if not size and i + 1 < len(addresses):
            size = addresses[i + 1] - offset
        out.append((offset, size, name))
    return out


def main():
    symbols = read_symbols(sys.stdin)
    names, at = [], 0
    print('\t.section .ksyms, "a"\n\t.balign 8\n\t.globl ksym_blob, ksym_count')
    print("ksym_count:\t.quad %d\nksym_blob:" % len(symbols))
    for column in (0, 1):
        for symbol in symbols:
            print("\t.long %d" % symbol[column])
    for symbol in symbols:
        names.append(symbol[2])
        print("\t.long %d" % at)
        at += len(symbol[2]) + 1
    for name in names:
        print('\t.asciz "%s"' % name)
    print('\t.section .note.GNU-stack, "", @progbits')


if __name__ == "__main__":
    main()

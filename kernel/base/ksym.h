/* SPDX-License-Identifier: MIT */
/* The kernel's own symbol table (linked in by a second link pass) and backtraces. */
#pragma once

/* Formats "name+0xoff/0xsize" (or the bare address) into buf. */
void ksym_format(unsigned long addr, char *buf, size_t size);
/* Prints the chain of frames that starts at frame pointer `bp` on the console. */
void backtrace_print(unsigned long bp);

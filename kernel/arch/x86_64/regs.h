/* SPDX-License-Identifier: MIT */
/*
 * struct regs: user (or interrupted) registers, built by every entry at the top of the kernel stack,
 * in the order of Linux's struct pt_regs.  orig_ax is the call number, or -1 when not in a call.
 * Handlers get it const: the argument registers are never written by the kernel.
 */
#pragma once

struct regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};
static_assert(sizeof(struct regs) == 21 * 8, "entry.S knows this layout");

/* Selectors.  SYSRET wants USER32_CS, USER_DS, USER_CS in this order; the numbers are Linux's. */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER32_CS 0x23
#define USER_DS   0x2b
#define USER_CS   0x33

static inline bool regs_user_mode(const struct regs *r)
{
	return (r->cs & 3) == 3;
}
static inline bool regs_is_ia32(const struct regs *r) /* 32-bit code segment */
{
	return r->cs == USER32_CS;
}

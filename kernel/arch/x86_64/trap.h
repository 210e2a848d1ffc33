/* SPDX-License-Identifier: MIT */
/* C side of entry.S. */
#pragma once

struct regs;

void trap_user(struct regs *regs, unsigned vector); /* returns with interrupts off */
void trap_kernel(struct regs *regs, unsigned vector);
void trap_paranoid(struct regs *regs, unsigned vector);
struct regs *fixup_bad_iret(struct regs *bad);
int ia32_fast_enter(struct regs *regs); /* 0 or -EFAULT */
void page_fault_user(struct regs *regs, unsigned long error, unsigned long addr);
void page_fault_kernel(struct regs *regs, unsigned long error, unsigned long addr);
int fpu_fault_code(unsigned vector); /* si_code of SIGFPE for #MF or #XF */
/* Prints why and the registers of a fault in the kernel, then panics. */
void die(const char *what, const struct regs *regs, unsigned long error) __noreturn;

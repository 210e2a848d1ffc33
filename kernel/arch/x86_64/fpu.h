/* SPDX-License-Identifier: MIT */
/*
 * The FPU state of tasks, and its image in signal frames (kernel/arch/x86_64/sigframe*.c).
 * A task has no state until its first FPU instruction (#NM).
 */
#pragma once

#include <asm/sigcontext.h>

struct task;

/* Bytes of the 64-byte aligned image in a signal frame: XSAVE area and FP_XSTATE_MAGIC2, or 512. */
size_t fpu_sigframe_size(void);
/*
 * Writes current's state as Linux's signal frames have it (struct _fpstate_64 with the software bytes, then
 * extended state).  dst is 64-byte aligned user memory.  -EFAULT.
 */
int __must_check fpu_sigframe_write(void __user *dst);
/*
 * Restores what a signal frame holds; src NULL: initial state.  -EFAULT, -EINVAL (MXCSR or header bits),
 * -ENOMEM.
 */
int __must_check fpu_sigframe_read(const void __user *src);
/*
 * The 108-byte FSAVE part that a 32-bit frame has before the FXSAVE image, and the other way round (x87
 * only).
 */
void fpu_to_ia32(struct _fpstate_32 *to);
int __must_check fpu_from_ia32(const struct _fpstate_32 *from);
void fpu_reset(void); /* current: registers as a program starts (signal handlers) */
void fpu_drop(void); /* current: back to "never used" (exec) */
bool fpu_used(const struct task *t);

/* SPDX-License-Identifier: MIT */
/* Signal frames: what the 64-bit and the 32-bit halves share. */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/signal/signal.h"

/* RFLAGS bits that a program may set through a frame. */
#define SIGFRAME_FLAGS_MASK 0x50dd5UL /* AC OF DF TF SF ZF AF PF CF RF */
#define FLAG_TF             0x100UL
#define FLAG_DF             0x400UL
#define FLAG_RF             0x10000UL

/*
 * Where the frame of `size` bytes goes, below the FPU image: *fpstate is where that starts (0: none is
 * needed, the FPU was not used).  False: the alternate stack is too small.
 */
bool sigframe_place(const struct ksignal *ks, const struct regs *regs, size_t size, bool ia32,
		    unsigned long *frame, unsigned long *fpstate);
#define IA32_FSAVE_SIZE 112 /* in front of the FXSAVE image in 32-bit frames */

int __must_check sigframe_setup_ia32(struct ksignal *ks, struct regs *regs);
long sigframe_return_ia32(struct regs *regs, bool rt);
/* After the registers were restored from a frame. */
void sigframe_finish(struct regs *regs);

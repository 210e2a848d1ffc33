/* SPDX-License-Identifier: MIT */
/* Macros of the assembly files. */
#pragma once

/* clang-format off */

#include "asm-offsets.h"
#include "kernel/arch/x86_64/x86.h"

#define KERNEL_BASE 0xffffffff80000000

#define ENTRY(name)  .globl name; .balign 16; .type name, @function; name:
#define END(name)    .size name, . - name

/* A fault at `from` continues at `to` (trap.c: extable_fixup). */
.macro EXTABLE from, to
	.pushsection .extable, "a"
	.long \from - KERNEL_BASE, \to - KERNEL_BASE
	.popsection
.endm

/* A three-byte nop that boot.c turns into stac (1) or clac (0) on CPUs with SMAP. */
.macro SMAP_SITE is_stac
771:	.byte 0x0f, 0x1f, 0x00
	.pushsection .smap_sites, "a"
	.long 771b - KERNEL_BASE, \is_stac
	.popsection
.endm
#define STAC SMAP_SITE 1
#define CLAC SMAP_SITE 0

/* Pushes struct regs from cx down; di, si and dx are there.  `ax` is what goes into its slot. */
.macro PUSH_REGS_BELOW_DX ax=%rax, cx=%rcx
	pushq	\cx
	pushq	\ax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro PUSH_REGS ax=%rax, cx=%rcx
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	PUSH_REGS_BELOW_DX \ax, \cx
.endm

/* Leaves %rsp at orig_ax. */
.macro POP_REGS
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
.endm

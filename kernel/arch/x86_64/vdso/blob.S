/* SPDX-License-Identifier: MIT */
/*
 * The linked images, and the places in the 32-bit one that the kernel must know (mk/vdso.mk makes the
 * header).
 */
#include "vdso-offsets.h"

	.section .rodata
	.balign 8
	.globl vdso64_start, vdso64_end, vdso32_start, vdso32_end
vdso64_start:
	.incbin VDSO64_IMAGE
vdso64_end:
	.balign 8
vdso32_start:
	.incbin VDSO32_IMAGE
vdso32_end:

.macro OFFSET name, value
	.balign 4
	.globl \name
\name:	.long \value
.endm
	OFFSET vdso32_vsyscall_offset, VDSO32___kernel_vsyscall
	OFFSET vdso32_fast_offset, VDSO32_vdso32_fast
	OFFSET vdso32_landing_offset, VDSO32_vdso32_landing
	OFFSET vdso32_sigreturn_offset, VDSO32___kernel_sigreturn
	OFFSET vdso32_rt_sigreturn_offset, VDSO32___kernel_rt_sigreturn

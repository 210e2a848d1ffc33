/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit way into the kernel, and the signal trampolines (sigreturn(2)).
 *
 * __kernel_vsyscall saves what SYSENTER and SYSCALL destroy.  Before int $0x80 there is room for the fast
 * instruction, which the kernel patches in (vdso.c).  A fast call returns to the landing pad behind int
 * $0x80; a restarted call is set back by two bytes and so goes through int $0x80 with all registers right.
 */
	.text
	.balign 16
	.globl __kernel_vsyscall
	.type __kernel_vsyscall, @function
__kernel_vsyscall:
	.cfi_startproc
	pushl	%ecx
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset ecx, 0
	pushl	%edx
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset edx, 0
	pushl	%ebp
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset ebp, 0
	.globl vdso32_fast
vdso32_fast:
	.byte	0x0f, 0x1f, 0x40, 0x00	/* four bytes of nop */
	int	$0x80
	.globl vdso32_landing
vdso32_landing:
	popl	%ebp
	.cfi_restore ebp
	.cfi_adjust_cfa_offset -4
	popl	%edx
	.cfi_restore edx
	.cfi_adjust_cfa_offset -4
	popl	%ecx
	.cfi_restore ecx
	.cfi_adjust_cfa_offset -4
	ret
	.cfi_endproc
	.size __kernel_vsyscall, . - __kernel_vsyscall

/*
 * Debuggers recognise the trampolines by their bytes, and unwinders by a CFI that marks a signal frame; the
 * nop in front keeps "return address minus one" inside.
 */
	.balign 32
	nop
	.globl __kernel_sigreturn
	.type __kernel_sigreturn, @function
__kernel_sigreturn:
	popl	%eax			/* the signal's number */
	movl	$119, %eax		/* __NR_sigreturn */
	int	$0x80
	nop
	.size __kernel_sigreturn, . - __kernel_sigreturn

	.balign 32
	nop
	.globl __kernel_rt_sigreturn
	.type __kernel_rt_sigreturn, @function
__kernel_rt_sigreturn:
	movl	$173, %eax		/* __NR_rt_sigreturn */
	int	$0x80
	nop
	.size __kernel_rt_sigreturn, . - __kernel_rt_sigreturn

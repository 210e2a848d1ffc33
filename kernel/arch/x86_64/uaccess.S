/* SPDX-License-Identifier: MIT */
/*
 * Copies between kernel and user memory, page clearing and copying.
 *
 * User copies return in %rax the number of bytes that were not copied.  A fault in a fast loop continues
 * in the byte loop at the registers' state (every access precedes the register updates that account for
 * it), so that the count is exact.  STAC/CLAC open user memory to supervisor accesses for the copy only.
 *
 * Sizes: eight-byte steps for what system calls pass around; REP MOVSQ from REP_MIN on, where its start-up
 * cost is paid back (bench by wall time: icount charges REP per iteration).
 */
#include "kernel/arch/x86_64/asm.h"

#define REP_MIN 256

	.text

/* The debug kernel looks at the kernel's side of a copy (kernel/debug/asan.c), before user memory is open. */
.macro CHECK fn, at, size
#ifdef CONFIG_DEBUG
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	.ifnc \at, %rdi
	movq	\at, %rdi
	.endif
	movq	\size, %rsi
	call	\fn
	popq	%rdx
	popq	%rsi
	popq	%rdi
#endif
.endm

/* size_t arch_copy_from_user(void *dst, const void __user *src, size_t n), and its mirror. */
#ifdef CONFIG_DEBUG
ENTRY(arch_copy_to_user)
	CHECK	asan_check_read, %rsi, %rdx
	jmp	.Lcopy
END(arch_copy_to_user)
ENTRY(arch_copy_from_user)
	CHECK	asan_check_write, %rdi, %rdx
.Lcopy:
#else
ENTRY(arch_copy_from_user)
	.globl arch_copy_to_user
arch_copy_to_user:
#endif
	STAC
	cmpq	$8, %rdx
	jb	.Lbytes
	je	.Lone			/* a pointer, a timespec half: the commonest size of all */
	cmpq	$REP_MIN, %rdx
	jae	.Lrep
.Lwords:
	cmpq	$32, %rdx
	jb	2f
1:	movq	(%rsi), %rax
11:	movq	8(%rsi), %rcx
12:	movq	16(%rsi), %r8
13:	movq	24(%rsi), %r9
14:	movq	%rax, (%rdi)
15:	movq	%rcx, 8(%rdi)
16:	movq	%r8, 16(%rdi)
17:	movq	%r9, 24(%rdi)
	addq	$32, %rsi
	addq	$32, %rdi
	subq	$32, %rdx
	cmpq	$32, %rdx
	jae	1b
2:	cmpq	$8, %rdx
	jb	.Lbytes
.Lone:
21:	movq	(%rsi), %rax
22:	movq	%rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rdx
	jnz	2b
	CLAC
	xorl	%eax, %eax
	ret
.Lbytes:
	testq	%rdx, %rdx
	jz	4f
	cmpq	$4, %rdx
	jb	3f
31:	movl	(%rsi), %eax
32:	movl	%eax, (%rdi)
	addq	$4, %rsi
	addq	$4, %rdi
	subq	$4, %rdx
	jz	4f
3:	movb	(%rsi), %al
33:	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jnz	3b
4:	CLAC
	xorl	%eax, %eax
	ret
.Lrep:
	movq	%rdx, %rcx
	andl	$7, %edx
	shrq	$3, %rcx
41:	rep movsq
	jmp	.Lbytes
.Lrep_fault:				/* %rcx quadwords and %rdx bytes are left */
	leaq	(%rdx, %rcx, 8), %rdx
.Lslow:
	testq	%rdx, %rdx
	jz	6f
5:	movb	(%rsi), %al
51:	movb	%al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jnz	5b
6:	CLAC
	movq	%rdx, %rax
	ret
	EXTABLE 1b, .Lslow
	EXTABLE 11b, .Lslow
	EXTABLE 12b, .Lslow
	EXTABLE 13b, .Lslow
	EXTABLE 14b, .Lslow
	EXTABLE 15b, .Lslow
	EXTABLE 16b, .Lslow
	EXTABLE 17b, .Lslow
	EXTABLE 21b, .Lslow
	EXTABLE 22b, .Lslow
	EXTABLE 31b, .Lslow
	EXTABLE 32b, .Lslow
	EXTABLE 3b, 6b
	EXTABLE 33b, 6b
	EXTABLE 41b, .Lrep_fault
	EXTABLE 5b, 6b
	EXTABLE 51b, 6b
END(arch_copy_from_user)

/*
 * int arch_get_userN(void *dst, const void __user *src), int arch_put_userN(u64 value, void __user *dst)
 */
.macro USER_VALUE size, mov, reg, arg
ENTRY(arch_get_user\size)
	CHECK	asan_check_write, %rdi, $\size
	STAC
1:	\mov	(%rsi), %\reg
	CLAC
	\mov	%\reg, (%rdi)
	xorl	%eax, %eax
	ret
	EXTABLE 1b, user_value_fault
END(arch_get_user\size)
ENTRY(arch_put_user\size)
	STAC
1:	\mov	%\arg, (%rsi)
	CLAC
	xorl	%eax, %eax
	ret
	EXTABLE 1b, user_value_fault
END(arch_put_user\size)
.endm
	USER_VALUE 1, movb, al, dil
	USER_VALUE 2, movw, ax, di
	USER_VALUE 4, movl, eax, edi
	USER_VALUE 8, movq, rax, rdi
user_value_fault:
	CLAC
	movl	$-14, %eax		/* -EFAULT */
	ret

/*
 * int arch_put_user2_by8(const u16 *src, u16 __user *dst, size_t count): every fourth u16 of both arrays
 */
ENTRY(arch_put_user2_by8)
	leaq	(%rdi, %rdx, 8), %rdi
	leaq	(%rsi, %rdx, 8), %rsi
	STAC
	negq	%rdx
	jz	2f
1:	movzwl	(%rdi, %rdx, 8), %eax
11:	movw	%ax, (%rsi, %rdx, 8)
	incq	%rdx
	jnz	1b
2:	CLAC
	xorl	%eax, %eax
	ret
	EXTABLE 11b, user_value_fault
END(arch_put_user2_by8)

/* size_t arch_clear_user(void __user *dst, size_t n) */
ENTRY(arch_clear_user)
	STAC
	xorl	%eax, %eax
	movq	%rsi, %rcx
	andl	$7, %esi
	shrq	$3, %rcx
1:	rep stosq
	movl	%esi, %ecx
2:	rep stosb
	CLAC
	ret
3:	leaq	(%rsi, %rcx, 8), %rcx	/* quadwords faulted: finish by bytes up to the fault */
4:	rep stosb
5:	CLAC
	movq	%rcx, %rax
	ret
	EXTABLE 1b, 3b
	EXTABLE 2b, 5b
	EXTABLE 4b, 5b
END(arch_clear_user)

/*
 * ssize_t arch_strncpy_from_user(char *dst, const char __user *src, size_t max)
 * Eight bytes at a time while they hold no NUL: ((w - 0x01..01) & ~w & 0x80..80) == 0.  A word read may
 * cross into a page that is not there although the string ends before: the byte loop decides.
 */
ENTRY(arch_strncpy_from_user)
	CHECK	asan_check_write, %rdi, %rdx
	STAC
	xorl	%eax, %eax		/* bytes copied */
	movabsq	$0x0101010101010101, %r8
	movabsq	$0x8080808080808080, %r9
	subq	$8, %rdx
	jb	2f
1:	movq	(%rsi, %rax), %rcx
	movq	%rcx, %r10
	movq	%rcx, %r11
	subq	%r8, %r10
	notq	%r11
	andq	%r11, %r10
	andq	%r9, %r10
	jnz	2f
	movq	%rcx, (%rdi, %rax)
	addq	$8, %rax
	cmpq	%rdx, %rax
	jbe	1b
2:	addq	$8, %rdx
3:	cmpq	%rdx, %rax
	jae	5f
4:	movb	(%rsi, %rax), %cl
	movb	%cl, (%rdi, %rax)
	testb	%cl, %cl
	jz	5f
	incq	%rax
	jmp	3b
5:	CLAC
	ret
6:	CLAC
	movq	$-14, %rax		/* -EFAULT */
	ret
	EXTABLE 1b, 2b
	EXTABLE 4b, 6b
END(arch_strncpy_from_user)

/*
 * int arch_user_cmpxchg32(u32 __user *p, u32 expect, u32 want, u32 *old): 0 or -EFAULT
 */
ENTRY(arch_user_cmpxchg32)
	STAC
	movl	%esi, %eax
1:	lock cmpxchgl %edx, (%rdi)
	CLAC
	movl	%eax, (%rcx)
	xorl	%eax, %eax
	ret
2:	CLAC
	movl	$-14, %eax
	ret
	EXTABLE 1b, 2b
END(arch_user_cmpxchg32)

/* void arch_clear_page(void *page): unrolled stores beat REP STOSQ in wall time and in instructions. */
ENTRY(arch_clear_page)
	CHECK	asan_check_write, %rdi, $4096
	xorl	%eax, %eax
	movl	$4096 / 256, %ecx
1:
	.set off, 0
	.rept 32
	movq	%rax, off(%rdi)
	.set off, off + 8
	.endr
	addq	$256, %rdi
	decl	%ecx
	jnz	1b
	ret
END(arch_clear_page)

/* void arch_copy_page(void *dst, const void *src) */
ENTRY(arch_copy_page)
	CHECK	asan_check_read, %rsi, $4096
	CHECK	asan_check_write, %rdi, $4096
	movl	$512, %ecx
	rep movsq
	ret
END(arch_copy_page)

/*
 * FPU images in user memory, for signal frames:
 *	int fpu_{xsave,xrstor,fxsave,fxrstor}_user(void __user *p, u64 features)
 * 0 or -EFAULT; a malformed image (#GP) counts as -EFAULT, too.
 */
.macro FPU_USER name, insn
ENTRY(\name)
	STAC
	movl	%esi, %eax
	movq	%rsi, %rdx
	shrq	$32, %rdx
1:	\insn	(%rdi)
	CLAC
	xorl	%eax, %eax
	ret
2:	CLAC
	movl	$-14, %eax
	ret
	EXTABLE 1b, 2b
END(\name)
.endm
	FPU_USER fpu_xsave_user, xsave64
	FPU_USER fpu_xrstor_user, xrstor64
	FPU_USER fpu_fxsave_user, fxsave64
	FPU_USER fpu_fxrstor_user, fxrstor64

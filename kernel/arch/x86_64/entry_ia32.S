/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit system calls: int $0x80 (from 32- and 64-bit code), SYSENTER (Intel) and 32-bit SYSCALL (AMD).
 * Number in %eax, arguments in %ebx %ecx %edx %esi %edi %ebp; the stubs behind ia32_sys_call_table drop
 * the upper halves.  All registers but %eax survive, also %r8-%r15 of 64-bit callers (as in Linux since
 * 4.17). The way back is always IRET.
 */
#include "kernel/arch/x86_64/asm.h"
#include "syscall_nr.h"

	.section .entry.text, "ax"

/* Vector 0x80, an interrupt gate of DPL 3.  Stack: ip cs flags sp ss; interrupts off, GS user's. */
ENTRY(entry_int80)
	CLAC
	cld
	swapgs
	movl	%eax, %eax
	pushq	%rax			/* orig_ax, zero-extended */
	PUSH_REGS ax=$ERR_NOSYS
	sti
	movq	%gs:CPU_CURRENT, %rbx
	movb	$1, TASK_IA32_CALL(%rbx)
ia32_dispatch:
	/* %rbx current, interrupts on */
	testl	$ENTRY_WORK, TASK_WORK(%rbx)
	jnz	ia32_slow
	movl	ORIG_RAX(%rsp), %eax
	movq	%rsp, %rdi
	cmpl	$NR_IA32_SYSCALLS, %eax
	jae	ia32_bad_number
	call	*ia32_sys_call_table(, %rax, 8)
ia32_return:
	movq	%rax, RAX(%rsp)
ia32_exit:
	cli
	movq	%gs:CPU_CURRENT, %rbx
	testl	$(EXIT_WORK | IRET_WORK), TASK_WORK(%rbx)
	jnz	exit_to_user
	cmpl	$0, %gs:CPU_NEED_RESCHED
	jne	exit_to_user
	jmp	restore_user

ia32_slow:
	movq	%rsp, %rdi
	call	gate_dispatch_slow
	jmp	ia32_return
ia32_bad_number:
	call	sys_ni_syscall
	jmp	ia32_return
END(entry_int80)

/*
 * SYSENTER from the 32-bit vDSO: %ebp user stack (where the vDSO saved %ebp, the sixth argument), no return
 * address: it is the vDSO's landing pad.  Interrupts off; TF, NT and AC are still the user's.
 */
ENTRY(entry_sysenter)
	swapgs
	movq	%gs:CPU_KERNEL_SP, %rsp
	pushq	$SEL_USER_DS
	movl	%ebp, %ebp
	pushq	%rbp			/* sp */
	pushfq
	orl	$X86_EFLAGS_IF, (%rsp)
	pushq	$X86_EFLAGS_FIXED	/* NT would break IRET, TF would step through the kernel */
	popfq
	pushq	$SEL_USER32_CS
	pushq	$0			/* ip */
	movl	%eax, %eax
	pushq	%rax
	PUSH_REGS ax=$ERR_NOSYS
ia32_fast:
	sti
	movq	%gs:CPU_CURRENT, %rbx
	movb	$1, TASK_IA32_CALL(%rbx)
	movq	%rsp, %rdi
	call	ia32_fast_enter		/* ip and the sixth argument */
	testl	%eax, %eax
	jz	ia32_dispatch
	movslq	%eax, %rax
	jmp	ia32_return
END(entry_sysenter)

/*
 * 32-bit SYSCALL from the vDSO: %ecx return address (the user's %ecx is in %ebp), %r11 flags, %esp user
 * stack (where the vDSO saved %ebp).  Interrupts off, flags masked.
 */
ENTRY(entry_syscall32)
	swapgs
	movl	%esp, %esp
	movq	%rsp, %gs:CPU_USER_SP
	movq	%gs:CPU_KERNEL_SP, %rsp
	pushq	$SEL_USER_DS
	pushq	%gs:CPU_USER_SP
	pushq	%r11
	pushq	$SEL_USER32_CS
	pushq	%rcx
	movl	%eax, %eax
	movl	%ebp, %ebp
	pushq	%rax
	PUSH_REGS ax=$ERR_NOSYS, cx=%rbp
	jmp	ia32_fast
END(entry_syscall32)

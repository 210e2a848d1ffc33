/* SPDX-License-Identifier: MIT */
/*
 * Entries from user mode and from exceptions and interrupts, and the ways back.
 *
 * Every entry builds struct regs (regs.h) at the top of the task's kernel stack, or below what was
 * interrupted there.  GS: in the kernel the GS base is this CPU's struct cpu and the other one is the user's.
 * Interrupts are off while GS or the stack is in doubt.  Entries that may hit such a moment (NMI,
 * #DB, #DF, #MC) run on IST stacks and take the CPU from the top of that stack (paranoid).
 *
 * Frame pointers: %rbp is user data here; C frames above see it in their chain, backtrace_print() stops at it
 * because it is not a kernel address.
 */
#include "kernel/arch/x86_64/asm.h"
#include "syscall_nr.h"

	.section .entry.text, "ax"

/*
 * 64-bit SYSCALL.  On entry: %rax number, %rdi %rsi %rdx %r10 %r8 %r9 arguments, %rcx return address,
 * %r11 flags, %rsp user stack, interrupts off (MSR_SYSCALL_MASK), GS user's.
 *
 * The fast way out does not reload what C code preserves (rbx rbp r12-r15) nor check where it
 * returns to: whoever changes those registers (exec, sigreturn, ptrace, signals) sets WORK_IRET or comes
 * through gate_exit_work(), and the slow way out reloads everything by IRET.
 */
ENTRY(entry_syscall64)
	swapgs
	movq	%rsp, %gs:CPU_USER_SP
	movq	%gs:CPU_KERNEL_SP, %rsp
	pushq	$SEL_USER_DS
	pushq	%gs:CPU_USER_SP
	pushq	%r11
	pushq	$SEL_USER_CS
	pushq	%rcx
	pushq	%rax			/* orig_ax */
	PUSH_REGS ax=$ERR_NOSYS
	sti
	movq	%gs:CPU_CURRENT, %rcx
	testl	$ENTRY_WORK, TASK_WORK(%rcx)
	jnz	syscall_slow
	cmpq	$NR_SYSCALLS, %rax
	jae	syscall_odd_number
syscall_call:
	movq	%rsp, %rdi
	call	*sys_call_table(, %rax, 8)
syscall_return:
	/* %rax result, interrupts on */
	cli
	movq	%gs:CPU_CURRENT, %rcx
	testl	$(EXIT_WORK | IRET_WORK), TASK_WORK(%rcx)
	jnz	syscall_exit_work
	cmpl	$0, %gs:CPU_NEED_RESCHED
	jne	syscall_exit_work
	movq	EFLAGS(%rsp), %r11
	testl	$(X86_EFLAGS_TF | X86_EFLAGS_RF), %r11d
	jnz	syscall_exit_work	/* SYSRET would trap one instruction early, and cannot restore RF */
	movq	RIP(%rsp), %rcx
	movq	R10(%rsp), %r10
	movq	R9(%rsp), %r9
	movq	R8(%rsp), %r8
	movq	RDX(%rsp), %rdx
	movq	RSI(%rsp), %rsi
	movq	RDI(%rsp), %rdi
	movq	RSP(%rsp), %rsp
	swapgs
	sysretq

syscall_slow:
	movq	%rsp, %rdi
	call	gate_dispatch_slow
	jmp	syscall_store_exit	/* a tracer may have changed any register */
syscall_odd_number:
	movl	%eax, %eax		/* the number is an int: its upper half does not count */
	cmpl	$NR_SYSCALLS, %eax
	jb	syscall_call
	movq	%rsp, %rdi
	call	sys_ni_syscall
	jmp	syscall_return
syscall_store_exit:
	movq	%rax, RAX(%rsp)
	cli
	jmp	exit_to_user
syscall_exit_work:
	movq	%rax, RAX(%rsp)

/* Interrupts off, struct regs at %rsp, work may be pending. */
	.globl exit_to_user
exit_to_user:
	movq	%rsp, %rdi
	call	gate_exit_work
	movq	%gs:CPU_CURRENT, %rcx
	testl	$IRET_WORK, TASK_WORK(%rcx)
	jz	restore_user
	lock andl $~IRET_WORK, TASK_WORK(%rcx)

/*
 * Interrupts off, nothing pending: all registers from struct regs at %rsp, which is at the top of the
 * stack.
 */
	.globl restore_user
restore_user:
	movq	%gs:CPU_CURRENT, %rcx
	movb	$0, TASK_IA32_CALL(%rcx)
	POP_REGS
	addq	$8, %rsp
	swapgs
	.globl user_iret
user_iret:
	iretq				/* a fault here is the user's: see bad_iret */
END(entry_syscall64)

/*
 * First instructions of a new task: %rax is the task that ran before, %rbx 0 or the function of a
 * kernel thread, %r12 its argument.  A kernel thread that comes back has become a program (exec).
 */
ENTRY(ret_from_fork)
	movq	%rax, %rdi
	call	sched_finish_switch
	testq	%rbx, %rbx
	jz	1f
	movq	%r12, %rdi
	call	*%rbx
1:	cli
	jmp	exit_to_user
END(ret_from_fork)

/*
 * struct task *switch_stack(prev, next): the machine part of a context switch.  Everything else that
 * belongs to the task is switched by arch_switch() before.  Returns on next's stack, with prev.
 */
ENTRY(switch_stack)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, TASK_KSP(%rdi)
	movq	TASK_KSP(%rsi), %rsp
	movq	%rdi, %rax
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
END(switch_stack)

/*
 * The vectors.  Each stub pushes an error code where the CPU does not, and its number:
 *	ss sp flags cs ip error vector
 */
#define HAS_ERROR_CODE \
	(1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 17 | 1 << 21 | 1 << 29 | 1 << 30)

	.balign 16
	.globl vector_stubs
vector_stubs:
.set vec, 0
.rept 32
	.balign 16
	.if ((HAS_ERROR_CODE >> vec) & 1) == 0
	pushq	$0
	.endif
	pushq	$vec
	.if vec == X86_TRAP_DB
	jmp	debug_entry
	.elseif vec == X86_TRAP_NMI || vec == X86_TRAP_DF || vec == X86_TRAP_MC
	jmp	paranoid_entry
	.else
	jmp	trap_entry
	.endif
	.set vec, vec + 1
.endr
.rept 256 - 32
	.balign 16
	pushq	$0
	pushq	$vec
	jmp	irq_entry
	.set vec, vec + 1
.endr

/* From "vector" on the stack to a full struct regs; %ebx is the vector. */
.macro FINISH_REGS
	pushq	%rsi
	movq	8(%rsp), %rsi		/* vector; di takes its slot */
	movq	%rdi, 8(%rsp)
	pushq	%rdx
	PUSH_REGS_BELOW_DX
	movl	%esi, %ebx
.endm

ENTRY(trap_entry)
	CLAC
	cld
	testb	$3, 24(%rsp)		/* cs */
	jz	trap_from_kernel
	swapgs
trap_from_user:
	FINISH_REGS
trap_from_user_regs:
	movq	%rsp, %rdi
	movl	%ebx, %esi
	call	trap_user
	/* interrupts off */
trap_exit_user:
	movq	%gs:CPU_CURRENT, %rcx
	testl	$(TRAP_EXIT_WORK | IRET_WORK), TASK_WORK(%rcx)
	jnz	exit_to_user
	cmpl	$0, %gs:CPU_NEED_RESCHED
	jne	exit_to_user
	jmp	restore_user

trap_from_kernel:
	FINISH_REGS
	leaq	user_iret(%rip), %rax
	cmpq	%rax, RIP(%rsp)
	je	bad_iret
	movq	%rsp, %rdi
	movl	%ebx, %esi
	call	trap_kernel
restore_kernel:
	POP_REGS
	addq	$8, %rsp
	iretq

/*
 * The IRET to user mode faulted (bad selector or address in the user's registers): GS is the user's
 * already.  The frame that IRET read is still at the top of the stack; fixup_bad_iret() completes
 * it, and the fault is the program's.
 */
bad_iret:
	swapgs
	movq	%rsp, %rdi
	call	fixup_bad_iret
	movq	%rax, %rsp
	jmp	trap_from_user_regs
END(trap_entry)

ENTRY(irq_entry)
	CLAC
	cld
	testb	$3, 24(%rsp)
	jz	1f
	swapgs
	FINISH_REGS
	movq	$-1, ORIG_RAX(%rsp)
	movq	%rsp, %rdi
	movl	%ebx, %esi
	call	irq_dispatch
	jmp	trap_exit_user
1:	FINISH_REGS
	movq	$-1, ORIG_RAX(%rsp)
	movq	%rsp, %rdi
	movl	%ebx, %esi
	call	irq_dispatch
	testl	$X86_EFLAGS_IF, EFLAGS(%rsp)
	jz	restore_kernel
	cmpl	$0, %gs:CPU_PREEMPT_COUNT
	jne	restore_kernel
	cmpl	$0, %gs:CPU_NEED_RESCHED
	je	restore_kernel
	call	preempt_schedule_irq	/* kernel preemption */
	jmp	restore_kernel
END(irq_entry)

/*
 * #DB has an IST stack because it can hit any instruction of the kernel's entries (a watchpoint on the
 * user stack after MOV SS; TF through SYSENTER).  From user mode it moves to the ordinary stack.
 */
ENTRY(debug_entry)
	CLAC
	cld
	testb	$3, 24(%rsp)
	jz	paranoid_entry
	swapgs
	movq	%rdi, %gs:CPU_USER_SP	/* free: no system call entry is under way */
	movq	%rsp, %rdi
	movq	%gs:CPU_KERNEL_SP, %rsp
	pushq	48(%rdi)		/* ss */
	pushq	40(%rdi)		/* sp */
	pushq	32(%rdi)		/* flags */
	pushq	24(%rdi)		/* cs */
	pushq	16(%rdi)		/* ip */
	pushq	8(%rdi)			/* error code */
	pushq	(%rdi)			/* vector */
	movq	%gs:CPU_USER_SP, %rdi
	jmp	trap_from_user
END(debug_entry)

/* GS may be anybody's: %r12 and %r13 keep its base, the CPU is found at the top of the IST stack. */
ENTRY(paranoid_entry)
	CLAC
	cld
	FINISH_REGS
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	movl	%eax, %r12d
	movl	%edx, %r13d
	movq	REGS_SIZE + 8(%rsp), %rax
	movq	%rax, %rdx
	shrq	$32, %rdx
	wrmsr
	movq	%rsp, %rdi
	movl	%ebx, %esi
	call	trap_paranoid
	movl	$MSR_GS_BASE, %ecx
	movl	%r12d, %eax
	movl	%r13d, %edx
	wrmsr
	jmp	restore_kernel
END(paranoid_entry)

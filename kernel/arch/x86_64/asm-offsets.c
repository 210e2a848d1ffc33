// SPDX-License-Identifier: MIT
/* Numbers that assembly needs: mk/kernel.mk turns the "->NAME value" marks into gen/asm-offsets.h. */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/task/task.h"

#define DEFINE(name, value)        __asm__ volatile("\n.ascii \"->" #name " %0\"" ::"i"(value))
#define OFFSET(name, type, member) DEFINE(name, offsetof(struct type, member))

void asm_offsets(void);
void asm_offsets(void)
{
	OFFSET(CPU_SELF, cpu, self);
	OFFSET(CPU_CURRENT, cpu, curr);
	OFFSET(CPU_KERNEL_SP, cpu, kernel_sp);
	OFFSET(CPU_USER_SP, cpu, user_sp);
	OFFSET(CPU_NEED_RESCHED, cpu, need_resched);
	OFFSET(CPU_PREEMPT_COUNT, cpu, preempt_count);
	OFFSET(TASK_WORK, task, work);
	OFFSET(TASK_KSP, task, arch.ksp);
	OFFSET(TASK_IA32_CALL, task, arch.ia32_call);

	OFFSET(R15, regs, r15);
	OFFSET(R14, regs, r14);
	OFFSET(R13, regs, r13);
	OFFSET(R12, regs, r12);
	OFFSET(RBP, regs, bp);
	OFFSET(RBX, regs, bx);
	OFFSET(R11, regs, r11);
	OFFSET(R10, regs, r10);
	OFFSET(R9, regs, r9);
	OFFSET(R8, regs, r8);
	OFFSET(RAX, regs, ax);
	OFFSET(RCX, regs, cx);
	OFFSET(RDX, regs, dx);
	OFFSET(RSI, regs, si);
	OFFSET(RDI, regs, di);
	OFFSET(ORIG_RAX, regs, orig_ax);
	OFFSET(RIP, regs, ip);
	OFFSET(CS, regs, cs);
	OFFSET(EFLAGS, regs, flags);
	OFFSET(RSP, regs, sp);
	OFFSET(SS, regs, ss);
	DEFINE(REGS_SIZE, sizeof(struct regs));
	DEFINE(BOOT_STACK_SIZE, KSTACK_SIZE);

	DEFINE(SEL_KERNEL_CS, KERNEL_CS);
	DEFINE(SEL_KERNEL_DS, KERNEL_DS);
	DEFINE(SEL_USER32_CS, USER32_CS);
	DEFINE(SEL_USER_DS, USER_DS);
	DEFINE(SEL_USER_CS, USER_CS);
	DEFINE(ENTRY_WORK, WORK_ENTRY_MASK);
	DEFINE(EXIT_WORK, WORK_EXIT_MASK);
	DEFINE(IRET_WORK, WORK_IRET);
	DEFINE(TRAP_EXIT_WORK, WORK_EXIT_MASK & ~WORK_ENTRY_MASK);
	DEFINE(ERR_NOSYS, -ENOSYS);
}

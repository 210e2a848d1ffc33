// SPDX-License-Identifier: MIT
/* The hooks that kernel_main() calls in order, and the entry side of the fast 32-bit calls. */
#include "kernel/arch/x86_64/fpu.h"
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/trap.h"
#include "kernel/arch/x86_64/vdso.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/task/task.h"

void arch_init_early(void)
{
	acpi_init();
	fpu_init_early();
	apic_init_early();
	ioapic_init();
}

/*
 * SYSENTER and 32-bit SYSCALL come only from the vDSO's __kernel_vsyscall: they return to its landing pad,
 * and the sixth argument is on the user stack, where it saved %ebp.
 */
int ia32_fast_enter(struct regs *regs)
{
	u32 bp;

	regs->ip = current->mm->arch.vdso + vdso32_landing_offset;
	if (copy_from_user(&bp, (void __user *)(regs->sp & 0xffffffff), sizeof(bp)))
		return -EFAULT;
	regs->bp = bp;
	return 0;
}

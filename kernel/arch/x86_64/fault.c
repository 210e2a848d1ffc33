// SPDX-License-Identifier: MIT
/*
 * Page faults: sorted by who faulted where, resolved by mm_fault(), turned into signals or fixups as Linux
 * 6.1 does (arch/x86/mm/fault.c).
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/mmu.h"
#include "kernel/arch/x86_64/trap.h"
#include "kernel/base/printk.h"
#include "kernel/task/task.h"

#define USER_ADDRESS_END (1UL << 47)

static unsigned fault_flags(unsigned long error, bool user)
{
	unsigned f = user ? FAULT_USER : 0;

	if (error & PF_WRITE)
		f |= FAULT_WRITE;
	if (error & PF_INSTR)
		f |= FAULT_EXEC;
	return f;
}

void page_fault_user(struct regs *regs, unsigned long error, unsigned long addr)
{
	struct fault_result res = { SIGSEGV, SEGV_MAPERR };
	struct arch_task *a = &current->arch;

	if (unlikely(error & PF_RSVD))
		die("corrupted page table", regs, error);
	if (likely(addr < USER_ADDRESS_END)) {
		res = mm_fault(current->mm, addr, fault_flags(error, true));
		if (likely(!res.sig))
			return;
	} else {
		error |= PF_PROT; /* a program learns nothing about what the kernel has mapped */
	}
	if (res.sig < 0)
		return; /* out of memory: SIGKILL is on its way, or the access is tried again */
	a->fault_addr = addr;
	a->fault_error = error | PF_USER;
	a->fault_vector = X86_TRAP_PF;
	signal_force(res.sig, res.code, addr, X86_TRAP_PF);
}

/* SMAP is on and the kernel touched user memory without STAC. */
static bool smap_violation(const struct regs *regs, unsigned long error)
{
	return cpu_has.smap && error & PF_PROT && !(regs->flags & X86_EFLAGS_AC);
}

static void __noreturn kernel_fault(const struct regs *regs, unsigned long error, unsigned long addr)
{
	panic_mode_enter();
	printk("BUG: unable to %s %s address %016lx\n",
	       error & PF_INSTR   ? "execute"
	       : error & PF_WRITE ? "write"
				  : "read",
	       addr < PAGE_SIZE          ? "NULL-pointer"
	       : addr < USER_ADDRESS_END ? "user"
					 : "kernel",
	       addr);
	die("page fault", regs, error);
}

void page_fault_kernel(struct regs *regs, unsigned long error, unsigned long addr)
{
	struct task *t = current;

	if (addr >= USER_ADDRESS_END) {
		if (!(error & PF_PROT) && mmu_sync_kernel(addr))
			return;
		if (extable_fixup(regs))
			return;
		kernel_fault(regs, error, addr);
	}
	if (smap_violation(regs, error) || error & (PF_INSTR | PF_RSVD) || !t || !t->mm)
		goto bad;
	/*
	 * Faults with preemption or interrupts off (futex, atomic copies) must not sleep: they fail at
	 * once.
	 */
	if (!cpu_preempt_count() && regs->flags & X86_EFLAGS_IF) {
		arch_irq_enable();

		struct fault_result res = mm_fault(t->mm, addr, fault_flags(error, false));

		arch_irq_disable();
		if (!res.sig)
			return;
		if (res.sig < 0 && !fatal_signal_pending())
			return; /* try again */
	}
bad:
	if (extable_fixup(regs))
		return;
	kernel_fault(regs, error, addr);
}

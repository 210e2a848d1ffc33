// SPDX-License-Identifier: MIT
/*
 * The slow sides of a call.  The fast path is in kernel/arch/x86_64/entry.S: range check, table, store the
 * result, and out when task->work and need_resched are both clear.  It comes here when they are not.
 */
#include "kernel/gate/gate.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/trace.h"
#include "kernel/task/rseq.h"

/* As in the entry code: eax alone is the number, and a negative one is a very large one. */
static syscall_fn handler_of(bool ia32, u32 nr)
{
	if (ia32)
		return nr < nr_ia32_syscalls ? ia32_sys_call_table[nr] : sys_ni_syscall;
	return nr < nr_syscalls ? sys_call_table[nr] : sys_ni_syscall;
}

long gate_dispatch_slow(struct regs *regs)
{
	bool ia32 = in_ia32_syscall();
	syscall_fn handler = handler_of(ia32, (u32)regs->orig_ax);

	if (READ_ONCE(current->work) & WORK_TRACE)
		return trace_call(regs, handler, ia32);
	return handler(regs);
}

/* The bits of `work` that stay set as long as a tracer is attached: they ask for nothing at exit. */
#define WORK_STICKY (WORK_TRACE | WORK_PTRACE | WORK_SECCOMP | WORK_INJECT)

void gate_exit_work(struct regs *regs)
{
	for (;;) {
		/*
		 * Off first: an interrupt after the last look would leave its reschedule until the next
		 * entry.
		 */
		arch_irq_disable();

		u32 work = READ_ONCE(current->work) & WORK_EXIT_MASK & ~WORK_STICKY;
		bool resched = CPU_READ(need_resched);

		if (likely(!work && !resched))
			return;
		arch_irq_enable();
		if (resched || (work & WORK_RESCHED)) {
			task_clear_work(current, WORK_RESCHED);
			schedule();
		}
		if (work & WORK_NOTIFY)
			task_work_run(); /* clears the bit before it looks at the list */
		if (work & (WORK_SIGNAL | WORK_RESTORE_MASK))
			signal_deliver(regs);
		if (work & WORK_RSEQ) /* after signals: a handler's frame has left the section already */
			rseq_exit_work(regs);
	}
}

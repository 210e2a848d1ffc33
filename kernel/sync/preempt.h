/* SPDX-License-Identifier: MIT */
/*
 * Preemption count of this CPU.  While it is above zero the running task keeps the CPU.  Lives in
 * struct cpu, reached through %gs in one instruction; kernel/arch/x86_64/cpu.h has the primitives.
 */
#pragma once

#include "kernel/arch/cpu.h"

void preempt_schedule(void); /* kernel/sched: reschedules if one is pending and the count is zero */

static inline void preempt_disable(void)
{
	cpu_preempt_inc();
	barrier();
}

/* For the scheduler, which looks at need_resched itself. */
static inline void preempt_enable_no_resched(void)
{
	barrier();
	cpu_preempt_dec();
}

static inline void preempt_enable(void)
{
	barrier();
	if (unlikely(cpu_preempt_dec_and_resched()))
		preempt_schedule();
}

/* SPDX-License-Identifier: MIT */
/* Restartable sequences, rseq(2): what the scheduler, signals, fork and exec have to tell. */
#pragma once

#include "kernel/task/task.h"

/*
 * rseq(2) for current; area is a user address.  0, -EINVAL (flags, alignment, size, another area), -EPERM
 * (signature), -EBUSY (registered already), -EFAULT.
 */
long do_rseq(unsigned long area, u32 size, int flags, u32 signature);
/* current, which has an area, runs again after it did not: on the way back to user mode there is work. */
void rseq_switched(void);
/* WORK_RSEQ, before the return to user mode: aborts the critical section, tells the CPU.  May sleep. */
void rseq_exit_work(struct regs *regs);
/* A handler is about to run: the critical section is left by its abort address.  -EFAULT, -EINVAL: kill */
int __must_check rseq_signal(struct regs *regs);
void rseq_fork(struct task *child, bool shares_memory); /* child cannot run yet */
static inline void rseq_exec(struct task *me)
{
	me->rseq = 0;
}

/* SPDX-License-Identifier: MIT */
/* What the entry code calls in C: the slow sides of dispatch and of the return to user mode. */
#pragma once

struct regs;

/*
 * A call of a task with WORK_ENTRY_MASK bits set.  Interrupts on, on the task's kernel stack, regs->orig_ax
 * holds the number.  Dispatches itself and returns the result, which the entry code stores in regs->ax.
 */
long gate_dispatch_slow(struct regs *regs);

/*
 * Before a return to user mode with work pending or a reschedule due.  Called with interrupts off or on;
 * returns with interrupts off and nothing left that had to be done first.  May not return (a fatal signal).
 */
void gate_exit_work(struct regs *regs);

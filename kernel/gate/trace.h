/* SPDX-License-Identifier: MIT */
/*
 * The text tracer: one strace-like line per call of every task with WORK_TRACE.  On the kernel command line:
 *	trace		from PID 1 on, to the console
 *	trace=port	the same; lines leave through the launcher's trace port when there is one
 *	trace=port,exec	from each task's first execve(2) on: what a launcher's init does is not shown, and the
 *			first line is the one that starts its program
 * Children inherit the bit and the silence.  Off, it costs one bit of the work word.
 */
#pragma once

#include "kernel/gate/syscall.h"
#include "kernel/task/task.h"

/*
 * Where lines go: whole lines with their newline, one call per line, task context, may sleep.  The default
 * is the kernel console; a driver that has a channel for traces puts its own function here.
 */
extern void (*trace_sink)(const char *text, size_t size);

/* For PID 1, before it becomes a program: starts a trace when the command line asked for one. */
void trace_start(void);
/* The machine is about to stop: a line for every call that has not returned.  Sleeps. */
void trace_flush(void);

/* Runs a call with a line about it; the call's result.  For gate_dispatch_slow() alone. */
long trace_call(struct regs *regs, syscall_fn handler, bool ia32);

void trace_signal_slow(const siginfo_t *info);
void trace_exit_slow(int wait_status);

/* A signal is about to be delivered to current (a handler, a stop or its death): `--- SIGx {...} ---`. */
static inline void trace_signal(const siginfo_t *info)
{
	if (unlikely(READ_ONCE(current->work) & WORK_TRACE))
		trace_signal_slow(info);
}

/* current ends with this wait status: `+++ exited with N +++` or `+++ killed by SIGx +++`. */
static inline void trace_exit(int wait_status)
{
	if (unlikely(READ_ONCE(current->work) & WORK_TRACE))
		trace_exit_slow(wait_status);
}

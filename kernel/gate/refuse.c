// SPDX-License-Identifier: MIT
/* Refusals: refuse() is on error paths only and stores one pointer in the task, which the tracer prints. */
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/task/task.h"

long refuse(int err, const char *reason)
{
	current->refuse_reason = reason;
	return -err;
}

long sys_ni_syscall(const struct regs *regs)
{
	return -ENOSYS;
}

/* SPDX-License-Identifier: MIT */
/* wait4(2), waitid(2): the kernel-typed worker. */
#pragma once

#include "kernel/task/task.h"
#include <linux/wait.h>

struct wait_result {
	pid_t pid;
	uid_t uid;
	int cause; /* CLD_* */
	int status; /* as wait4(2) encodes it */
	int value; /* si_status */
	struct cpu_times times; /* of the child and the children it waited for */
};

/*
 * type is P_ALL, P_PID or P_PGID; options W* with WEXITED, WSTOPPED, WCONTINUED as waitid(2).
 * The child's number and *res; 0: WNOHANG and nothing yet; -ECHILD, -ERESTARTSYS.
 */
long do_wait(int type, struct pid *pid, int options, struct wait_result *res);
/* getrusage(2): who is RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD. */
void do_getrusage(int who, struct cpu_times *out);

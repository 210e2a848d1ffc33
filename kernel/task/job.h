/* SPDX-License-Identifier: MIT */
/* Sessions and process groups: workers of setpgid(2) and its relatives. */
#pragma once

#include "kernel/task/task.h"

int __must_check do_setpgid(pid_t pid, pid_t pgid); /* -EINVAL, -ESRCH, -EPERM, -EACCES as setpgid(2) */
long do_setsid(void); /* the session's number or -EPERM */
long do_getpgid(pid_t pid, bool session); /* group or session number of a thread; -ESRCH */

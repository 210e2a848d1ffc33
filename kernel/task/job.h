/* SPDX-License-Identifier: MIT */
/* Sessions and process groups: workers of setpgid(2) and its relatives. */
#pragma once

#include "kernel/task/task.h"

int __must_check do_setpgid(pid_t pid, pid_t pgid); /* -EINVAL, -ESRCH, -EPERM, -EACCES as setpgid(2) */
long do_setsid(void); /* the session's number or -EPERM */
/* Orphaned: no member, but for `ignored`, has a living parent in another group of the same session. */
bool pgrp_is_orphaned(struct pid *pgrp, struct process *ignored) __must_hold_shared(&tasklist_lock);
long do_getpgid(pid_t pid, bool session); /* group or session number of a thread; -ESRCH */

/* SPDX-License-Identifier: MIT */
/*
 * The temporary signal mask of ppoll(2), pselect(2), epoll_pwait(2).  It is in force from the call's start
 * until its end, or until the handler of the signal that interrupted it returns (WORK_RESTORE_MASK).
 */
#pragma once

#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"

/* umask NULL: nothing.  -EINVAL (size), -EFAULT.  i386's sigset_t has the same eight bytes. */
static inline int __must_check sigmask_swap_user(const u64 __user *umask, size_t size)
{
	u64 mask;
	int err;

	if (!umask)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if ((err = get_user(mask, umask)))
		return err;
	current->saved_sigmask = READ_ONCE(current->blocked);
	task_set_work(current, WORK_RESTORE_MASK);
	signal_set_blocked(mask);
	return 0;
}

static inline void sigmask_restore_unless(bool interrupted)
{
	if (interrupted || !(READ_ONCE(current->work) & WORK_RESTORE_MASK))
		return;
	task_clear_work(current, WORK_RESTORE_MASK);
	signal_set_blocked(current->saved_sigmask);
}

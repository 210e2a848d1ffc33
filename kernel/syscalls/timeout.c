// SPDX-License-Identifier: MIT
/* Time limits in user memory: see timeout.h.  Source: select(2), ppoll(2), Linux 6.1 poll_select_finish(). */
#include "kernel/syscalls/timeout.h"

#include "kernel/task/task.h"
#include <linux/personality.h>

#define USEC_PER_SEC 1000000

static int seconds_to_ns(s64 sec, s64 nsec, u64 *ns)
{
	if (sec < 0 || nsec < 0 || nsec >= (s64)NSEC_PER_SEC)
		return -EINVAL;
	*ns = (u64)sec >= (1ULL << 63) / NSEC_PER_SEC ? 1ULL << 63 : (u64)sec * NSEC_PER_SEC + (u64)nsec;
	return 0;
}

int timeout_get_user(unsigned long ut, enum timeout_layout layout, u64 *deadline_ns)
{
	s64 sec, sub;
	u64 ns;
	int err;

	*deadline_ns = TIMEOUT_NEVER;
	if (!ut)
		return 0;
	if (layout == TIMEOUT_TIMESPEC32 || layout == TIMEOUT_TIMEVAL32) {
		struct ia32_timespec t; /* struct ia32_timeval has the same two words */

		err = copy_from_user(&t, (void __user *)ut, sizeof(t));
		sec = t.tv_sec;
		sub = t.tv_nsec;
	} else {
		struct __kernel_timespec t; /* struct timeval likewise */

		err = copy_from_user(&t, (void __user *)ut, sizeof(t));
		sec = t.tv_sec;
		sub = t.tv_nsec;
		/*
		 * A 32-bit program's long is the lower half; the upper is padding (Linux
		 * get_timespec64()).
		 */
		if (layout == TIMEOUT_TIMESPEC && in_ia32_syscall())
			sub = (u32)sub;
	}
	if (err)
		return err;
	if (layout == TIMEOUT_TIMEVAL || layout == TIMEOUT_TIMEVAL32) {
		sec += sub / USEC_PER_SEC; /* select(2) takes whole seconds in tv_usec */
		sub = sub % USEC_PER_SEC * 1000;
	}
	if ((err = seconds_to_ns(sec, sub, &ns)))
		return err;
	*deadline_ns = timeout_deadline(ns);
	return 0;
}

static int timeout_write(unsigned long ut, enum timeout_layout layout, u64 left_ns)
{
	u64 sec = left_ns / NSEC_PER_SEC, sub = left_ns % NSEC_PER_SEC;

	if (layout == TIMEOUT_TIMEVAL || layout == TIMEOUT_TIMEVAL32)
		sub /= 1000;
	if (layout == TIMEOUT_TIMESPEC32 || layout == TIMEOUT_TIMEVAL32) {
		const struct ia32_timespec t = { (s32)sec, (s32)sub };

		return copy_to_user((void __user *)ut, &t, sizeof(t));
	}

	const struct __kernel_timespec t = { (s64)sec, (s64)sub };

	return copy_to_user((void __user *)ut, &t, sizeof(t));
}

long timeout_put_user(unsigned long ut, enum timeout_layout layout, u64 deadline_ns, long ret)
{
	u64 now, left = 1ULL << 62;

	if (!ut)
		return ret;
	if (!(current->personality & STICKY_TIMEOUTS)) {
		if (!deadline_ns) /* "do not wait" has no rest to tell */
			return ret;
		if (deadline_ns != TIMEOUT_NEVER) {
			now = clock_mono_ns();
			left = deadline_ns > now ? deadline_ns - now : 0;
		}
		if (!timeout_write(ut, layout, left))
			return ret;
	}
	return ret == -ERESTARTNOHAND ? -EINTR : ret;
}

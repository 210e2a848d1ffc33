// SPDX-License-Identifier: MIT
/* Between the wire's seconds and nanoseconds, and ours. */
#include "kernel/time/time.h"
#include <linux/time.h>

int timespec_to_ns(const struct __kernel_timespec *ts, u64 *ns)
{
	if (ts->tv_sec < 0 || (u64)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	/* Beyond 292 years it is for ever, as Linux's KTIME_MAX. */
	if ((u64)ts->tv_sec >= INT64_MAX / NSEC_PER_SEC)
		*ns = INT64_MAX;
	else
		*ns = (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
	return 0;
}

void ns_to_timespec(u64 ns, struct __kernel_timespec *ts)
{
	ts->tv_sec = (s64)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (s64)(ns % NSEC_PER_SEC);
}

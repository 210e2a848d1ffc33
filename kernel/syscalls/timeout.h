/* SPDX-License-Identifier: MIT */
/* Time limits of calls that wait, in the layouts of both ABIs, as deadlines on the monotonic clock. */
#pragma once

#include "abi/ia32/time.h"
#include "kernel/gate/uaccess.h"
#include "kernel/time/time.h"
#include <linux/time_types.h>

enum timeout_layout { TIMEOUT_TIMESPEC, TIMEOUT_TIMEVAL, TIMEOUT_TIMESPEC32, TIMEOUT_TIMEVAL32 };

#define TIMEOUT_NEVER (~0ULL)

/* Nanoseconds from now → deadline: 0 stays 0 ("do not wait"), what does not fit is never. */
static inline u64 timeout_deadline(u64 ns)
{
	u64 now;

	if (!ns)
		return 0;
	now = clock_mono_ns();
	return ns > (1ULL << 63) - now ? TIMEOUT_NEVER : now + ns;
}

/* Reads the user's limit at `ut` (0: none).  -EFAULT, -EINVAL. */
int __must_check timeout_get_user(unsigned long ut, enum timeout_layout layout, u64 *deadline_ns);
/*
 * The call is over: tells the program what is left of its limit, as select(2) says.  Returns ret, but a call
 * that would be restarted is not (-EINTR) when the time could not be written: it would wait too long.
 */
long timeout_put_user(unsigned long ut, enum timeout_layout layout, u64 deadline_ns, long ret);

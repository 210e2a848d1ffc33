/* SPDX-License-Identifier: MIT */
/* Timers as descriptors: timerfd_create(2). */
#pragma once

#include "kernel/fs/fs.h"

struct timerfd_value { /* struct itimerspec in nanoseconds */
	u64 interval_ns, value_ns;
};

/* clock is checked here: -EINVAL, -EPERM (alarm clocks need CAP_WAKE_ALARM), -ENFILE, -ENOMEM. */
int __must_check timerfd_create(clockid_t clock, int flags, struct file **out);
/* flags: TFD_TIMER_*.  -EINVAL when f is no timerfd, or unknown flags.  *old: what was left. */
int __must_check do_timerfd_settime(struct file *f, int flags, const struct timerfd_value *v,
				    struct timerfd_value *old);
int __must_check do_timerfd_gettime(struct file *f, struct timerfd_value *out);

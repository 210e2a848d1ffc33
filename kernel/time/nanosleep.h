/* SPDX-License-Identifier: MIT */
/* Sleeping until a time on a clock. */
#pragma once

#include "kernel/time/time.h"

struct sleep_rest { /* of a sleep that a signal ended */
	u64 left_ns;
	u64 until_ns; /* on the clock, if that counts CPU time, else on CLOCK_MONOTONIC */
};

/*
 * clock_nanosleep(2) for kernel times.  flags: with TIMER_ABSTIME `ns` is a time on `clock`, else a duration.
 * 0; -EINVAL; -ESRCH; -EPERM for alarm clocks; -EOPNOTSUPP for clocks that cannot be slept on; -EINTR when a
 * signal came, with *rest unless it was an absolute sleep on CLOCK_REALTIME.  Sleeps, interruptibly.
 */
int __must_check do_nanosleep(clockid_t clock, int flags, u64 ns, struct sleep_rest *rest);
/* Sleep until a monotonic deadline; true when it passed, false when a signal came first. */
bool sleep_until(u64 deadline_ns);

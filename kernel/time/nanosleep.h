/* SPDX-License-Identifier: MIT */
/* Sleeping until a time on a clock. */
#pragma once

#include "kernel/time/time.h"

/*
 * clock_nanosleep(2) for kernel times.  flags: with TIMER_ABSTIME `ns` is a time on `clock`, else a duration.
 * 0; -EINVAL; -EPERM for alarm clocks; -EOPNOTSUPP for clocks that cannot be slept on; -EINTR with *left
 * and *until (relative only: what is left, and when it is over on the clock, or on CLOCK_MONOTONIC when that
 * is not one of CPU time) when a signal came.  Sleeps, interruptibly.
 */
int __must_check do_nanosleep(clockid_t clock, int flags, u64 ns, u64 *left, u64 *until);
/* Sleep until a monotonic deadline; true when it passed, false when a signal came first. */
bool sleep_until(u64 deadline_ns);

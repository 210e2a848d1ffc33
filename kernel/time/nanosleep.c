// SPDX-License-Identifier: MIT
/* Sleeping on the clocks of clock_nanosleep(2). */
#include "kernel/time/nanosleep.h"
#include "kernel/task/task.h"
#include "kernel/time/cancel.h"
#include "kernel/time/cputime.h"
#include <linux/time.h>

bool sleep_until(u64 deadline_ns)
{
	for (;;) {
		u64 now = clock_mono_ns();

		if (now >= deadline_ns)
			return true;
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending()) {
			set_current_state(TASK_RUNNING);
			return false;
		}
		schedule_timeout(deadline_ns - now);
	}
}

struct set_waker {
	struct clock_watch watch;
	struct task *task;
};

static void wake_on_set(struct clock_watch *w)
{
	wake_up_process(container_of(w, struct set_waker, watch)->task);
}

/* An absolute sleep on CLOCK_REALTIME follows the clock when it is set (clock_nanosleep(2), NOTES). */
static bool sleep_until_real(u64 real_ns)
{
	struct set_waker waker = { .watch.fn = wake_on_set, .task = current };
	bool done = true;

	clock_watch_add(&waker.watch);
	while (clock_real_ns() < real_ns) {
		set_current_state(TASK_INTERRUPTIBLE);

		u64 now = clock_real_ns();

		if (signal_pending()) {
			done = false;
			break;
		}
		if (now < real_ns)
			schedule_timeout(real_ns - now);
	}
	set_current_state(TASK_RUNNING);
	clock_watch_remove(&waker.watch);
	return done;
}

int do_nanosleep(clockid_t clock, int flags, u64 ns, struct sleep_rest *rest)
{
	u64 now = clock_mono_ns(), deadline;
	bool absolute = flags & TIMER_ABSTIME;

	switch (clock) {
	case CLOCK_REALTIME_ALARM: /* the machine never suspends: these are as good as the plain ones */
	case CLOCK_BOOTTIME_ALARM:
		if (flags & ~TIMER_ABSTIME)
			return -EINVAL;
		if (!capable(CAP_WAKE_ALARM))
			return -EPERM;
		if (absolute && clock == CLOCK_REALTIME_ALARM)
			return sleep_until_real(ns) ? 0 : -EINTR;
		break;
	case CLOCK_REALTIME:
	case CLOCK_TAI:
		if (absolute)
			return sleep_until_real(ns) ? 0 : -EINTR;
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		break;
	case CLOCK_THREAD_CPUTIME_ID: /* a thread cannot wait for its own time */
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	default:
		return is_cputime_clock(clock) ? cputime_sleep(clock, absolute, ns, rest) : -EINVAL;
	}
	deadline = absolute ? ns : now + min(ns, (u64)INT64_MAX - now);
	if (sleep_until(deadline))
		return 0;
	now = clock_mono_ns();
	*rest = (struct sleep_rest){ deadline > now ? deadline - now : 0, deadline };
	return -EINTR;
}

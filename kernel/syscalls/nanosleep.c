// SPDX-License-Identifier: MIT
/*
 * nanosleep(2), clock_nanosleep(2).  Interrupted by a handler, a relative sleep tells what is left and
 * fails with EINTR; interrupted by a stop it goes on to the same deadline through restart_syscall(2).
 */
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/timespec.h"
#include "kernel/time/cputime.h"
#include "kernel/time/nanosleep.h"
#include <linux/time.h>

static long store_left(struct restart_block *rb, u64 left)
{
	int err = 0;

	if (rb->nanosleep.urem && rb->nanosleep.ia32_time32)
		err = put_ia32_timespec(left, (struct ia32_timespec __user *)rb->nanosleep.urem);
	else if (rb->nanosleep.urem)
		err = put_timespec(left, (struct __kernel_timespec __user *)rb->nanosleep.urem);
	return err ? err : -ERESTART_RESTARTBLOCK;
}

static long nanosleep_restart(struct restart_block *rb)
{
	struct sleep_rest rest;
	int err = do_nanosleep(rb->nanosleep.clock, TIMER_ABSTIME, rb->nanosleep.expires_ns, &rest);

	return err == -EINTR ? store_left(rb, rest.left_ns) : err;
}

static long sleep_gate(clockid_t clock, int flags, u64 ns, unsigned long urem, bool time32)
{
	struct sleep_rest rest;
	int err = do_nanosleep(clock, flags, ns, &rest);

	if (err != -EINTR)
		return err;
	if (flags & TIMER_ABSTIME)
		return -ERESTARTNOHAND;
	current->restart.fn = nanosleep_restart;
	current->restart.nanosleep.clock = is_cputime_clock(clock) ? clock : CLOCK_MONOTONIC;
	current->restart.nanosleep.expires_ns = rest.until_ns;
	current->restart.nanosleep.urem = urem;
	current->restart.nanosleep.ia32_time32 = time32;
	return store_left(&current->restart, rest.left_ns);
}

/* Linux checks the clock before it reads the timespec. */
static int check_sleep_clock(clockid_t clock)
{
	u64 now;

	if (clock < 0) /* some task's CPU time: looked up later */
		return is_cputime_clock(clock) ? 0 : -EOPNOTSUPP;
	if (clock_get(clock, &now))
		return -EINVAL;
	switch (clock) {
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_THREAD_CPUTIME_ID:
		return -EOPNOTSUPP;
	default:
		return 0;
	}
}

SYSCALL_DEFINE2(nanosleep, const struct __kernel_timespec __user *, rqtp, struct __kernel_timespec __user *,
		rmtp)
{
	u64 ns;
	int err = get_timespec(rqtp, &ns);

	return err ? err : sleep_gate(CLOCK_MONOTONIC, 0, ns, (__force unsigned long)rmtp, false);
}

IA32_SYSCALL_DEFINE2(nanosleep, const struct ia32_timespec __user *, rqtp, struct ia32_timespec __user *,
		     rmtp)
{
	u64 ns;
	int err = get_ia32_timespec(rqtp, &ns);

	return err ? err : sleep_gate(CLOCK_MONOTONIC, 0, ns, (__force unsigned long)rmtp, true);
}

SYSCALL_DEFINE4(clock_nanosleep, clockid_t, which_clock, int, flags, const struct __kernel_timespec __user *,
		rqtp, struct __kernel_timespec __user *, rmtp)
{
	u64 ns;
	int err = check_sleep_clock(which_clock);

	if (err || (err = get_timespec(rqtp, &ns)))
		return err;
	return sleep_gate(which_clock, flags, ns, (__force unsigned long)rmtp, false);
}

IA32_SYSCALL_DEFINE4(clock_nanosleep, clockid_t, which_clock, int, flags, const struct ia32_timespec __user *,
		     rqtp, struct ia32_timespec __user *, rmtp)
{
	u64 ns;
	int err = check_sleep_clock(which_clock);

	if (err || (err = get_ia32_timespec(rqtp, &ns)))
		return err;
	return sleep_gate(which_clock, flags, ns, (__force unsigned long)rmtp, true);
}

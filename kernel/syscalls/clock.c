// SPDX-License-Identifier: MIT
/*
 * clock_gettime(2), clock_settime(2), clock_getres(2), gettimeofday(2), settimeofday(2), time(2),
 * stime(2), adjtimex(2).
 */
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/timespec.h"
#include "kernel/task/cred.h"
#include <linux/time.h>
#include <linux/timex.h>

SYSCALL_DEFINE2(clock_gettime, clockid_t, which_clock, struct __kernel_timespec __user *, tp)
{
	u64 ns;
	int err = clock_get(which_clock, &ns);

	return err ? err : put_timespec(ns, tp);
}

IA32_SYSCALL_DEFINE2(clock_gettime, clockid_t, which_clock, struct ia32_timespec __user *, tp)
{
	u64 ns;
	int err = clock_get(which_clock, &ns);

	return err ? err : put_ia32_timespec(ns, tp);
}

SYSCALL_DEFINE2(clock_getres, clockid_t, which_clock, struct __kernel_timespec __user *, tp)
{
	u64 ns;
	int err = clock_res(which_clock, &ns);

	return err || !tp ? err : put_timespec(ns, tp);
}

IA32_SYSCALL_DEFINE2(clock_getres, clockid_t, which_clock, struct ia32_timespec __user *, tp)
{
	u64 ns;
	int err = clock_res(which_clock, &ns);

	return err || !tp ? err : put_ia32_timespec(ns, tp);
}

static long set_clock(clockid_t clock, u64 ns)
{
	if (!capable(CAP_SYS_TIME))
		return refuse(EPERM, "clock_settime: needs CAP_SYS_TIME");
	return clock_set_real(ns);
}

/* Only CLOCK_REALTIME can be set; Linux says EINVAL for the others before it looks at the pointer. */
SYSCALL_DEFINE2(clock_settime, clockid_t, which_clock, const struct __kernel_timespec __user *, tp)
{
	u64 ns;
	int err;

	if (which_clock != CLOCK_REALTIME)
		return refuse(EINVAL, "clock_settime: this clock cannot be set");
	err = get_timespec(tp, &ns);
	return err ? err : set_clock(which_clock, ns);
}

IA32_SYSCALL_DEFINE2(clock_settime, clockid_t, which_clock, const struct ia32_timespec __user *, tp)
{
	u64 ns;
	int err;

	if (which_clock != CLOCK_REALTIME)
		return refuse(EINVAL, "clock_settime: this clock cannot be set");
	err = get_ia32_timespec(tp, &ns);
	return err ? err : set_clock(which_clock, ns);
}

static struct timezone sys_tz; /* [atomic enough: two independent words] settimeofday(2) */

SYSCALL_DEFINE2(gettimeofday, struct __kernel_old_timeval __user *, tv, struct timezone __user *, tz)
{
	u64 ns = clock_real_ns();
	struct __kernel_old_timeval now = { (long)(ns / NSEC_PER_SEC),
					    (long)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };

	if (tv && copy_to_user(tv, &now, sizeof(now)))
		return -EFAULT;
	return tz ? copy_to_user(tz, &sys_tz, sizeof(sys_tz)) : 0;
}

IA32_SYSCALL_DEFINE2(gettimeofday, struct ia32_timeval __user *, tv, struct timezone __user *, tz)
{
	u64 ns = clock_real_ns();
	struct ia32_timeval now = { (s32)(ns / NSEC_PER_SEC), (s32)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };

	if (tv && copy_to_user(tv, &now, sizeof(now)))
		return -EFAULT;
	return tz ? copy_to_user(tz, &sys_tz, sizeof(sys_tz)) : 0;
}

static long do_settimeofday(bool has_tv, s64 sec, s64 usec, const struct timezone __user *utz)
{
	struct timezone tz = { 0 };

	if (has_tv && (usec < 0 || usec > 1000000 || sec < 0))
		return -EINVAL;
	if (utz && copy_from_user(&tz, utz, sizeof(tz)))
		return -EFAULT;
	if (!capable(CAP_SYS_TIME))
		return refuse(EPERM, "settimeofday: needs CAP_SYS_TIME");
	if (utz) {
		if (tz.tz_minuteswest > 15 * 60 || tz.tz_minuteswest < -15 * 60)
			return -EINVAL;
		sys_tz = tz;
	}
	return has_tv ? clock_set_real((u64)sec * NSEC_PER_SEC + (u64)usec * NSEC_PER_USEC) : 0;
}

SYSCALL_DEFINE2(settimeofday, const struct __kernel_old_timeval __user *, tv, const struct timezone __user *,
		tz)
{
	struct __kernel_old_timeval now = { 0 };

	if (tv && copy_from_user(&now, tv, sizeof(now)))
		return -EFAULT;
	return do_settimeofday(tv != NULL, now.tv_sec, now.tv_usec, tz);
}

IA32_SYSCALL_DEFINE2(settimeofday, const struct ia32_timeval __user *, tv, const struct timezone __user *, tz)
{
	struct ia32_timeval now = { 0 };

	if (tv && copy_from_user(&now, tv, sizeof(now)))
		return -EFAULT;
	return do_settimeofday(tv != NULL, now.tv_sec, now.tv_usec, tz);
}

SYSCALL_DEFINE1(time, __kernel_old_time_t __user *, tloc)
{
	__kernel_old_time_t now = (__kernel_old_time_t)(clock_real_ns() / NSEC_PER_SEC);

	return tloc && put_user(now, tloc) ? -EFAULT : now;
}

IA32_SYSCALL_DEFINE1(time, s32 __user *, tloc)
{
	s32 now = (s32)(clock_real_ns() / NSEC_PER_SEC);

	return tloc && put_user(now, tloc) ? -EFAULT : now;
}

IA32_SYSCALL_DEFINE1(stime, const s32 __user *, tptr)
{
	s32 sec;

	if (get_user(sec, tptr))
		return -EFAULT;
	if (sec < 0)
		return -EINVAL;
	return set_clock(CLOCK_REALTIME, (u64)sec * NSEC_PER_SEC);
}

/*
 * adjtimex(2): the clock is not steered, so reading works and every adjustment but none is refused.
 * The values are those of an unsynchronised Linux clock.  Returns the state of the clock.
 */
static long do_adjtimex(clockid_t clock, u32 modes, struct __kernel_timex *tx)
{
	u64 now = clock_real_ns(), res;

	if (clock != CLOCK_REALTIME)
		return clock_res(clock, &res) ? -EINVAL : -EOPNOTSUPP;
	if (modes && !capable(CAP_SYS_TIME))
		return refuse(EPERM, "adjtimex: needs CAP_SYS_TIME");
	if (modes)
		return refuse(EINVAL, "adjtimex: adjusting is not supported");
	*tx = (struct __kernel_timex){
		.status = STA_UNSYNC,
		.maxerror = 16000000,
		.esterror = 16000000,
		.constant = 2,
		.precision = 1,
		.tolerance = 32768000,
		.tick = 10000,
		.time = { (long long)(now / NSEC_PER_SEC), (long long)(now % NSEC_PER_SEC / NSEC_PER_USEC) },
	};
	return TIME_ERROR;
}

static long adjtimex_user(clockid_t clock, struct __kernel_timex __user *utx)
{
	struct __kernel_timex tx;
	long state;

	if (copy_from_user(&tx, utx, sizeof(tx)))
		return -EFAULT;
	state = do_adjtimex(clock, tx.modes, &tx);
	return state >= 0 && copy_to_user(utx, &tx, sizeof(tx)) ? -EFAULT : state;
}

SYSCALL_DEFINE1(adjtimex, struct __kernel_timex __user *, txc)
{
	return adjtimex_user(CLOCK_REALTIME, txc);
}

SYSCALL_DEFINE2(clock_adjtime, clockid_t, which_clock, struct __kernel_timex __user *, utx)
{
	return adjtimex_user(which_clock, utx);
}

static long ia32_adjtimex_user(clockid_t clock, struct ia32_timex __user *utx)
{
	struct ia32_timex narrow;
	struct __kernel_timex tx;
	long state;

	if (copy_from_user(&narrow, utx, sizeof(narrow)))
		return -EFAULT;
	state = do_adjtimex(clock, narrow.modes, &tx);
	if (state < 0)
		return state;
	narrow = (struct ia32_timex){
		.status = tx.status,
		.maxerror = (s32)tx.maxerror,
		.esterror = (s32)tx.esterror,
		.constant = (s32)tx.constant,
		.precision = (s32)tx.precision,
		.tolerance = (s32)tx.tolerance,
		.tick = (s32)tx.tick,
		.time = { (s32)tx.time.tv_sec, (s32)tx.time.tv_usec },
	};
	return copy_to_user(utx, &narrow, sizeof(narrow)) ? -EFAULT : state;
}

IA32_SYSCALL_DEFINE1(adjtimex, struct ia32_timex __user *, txc)
{
	return ia32_adjtimex_user(CLOCK_REALTIME, txc);
}

IA32_SYSCALL_DEFINE2(clock_adjtime, clockid_t, which_clock, struct ia32_timex __user *, utx)
{
	return ia32_adjtimex_user(which_clock, utx);
}

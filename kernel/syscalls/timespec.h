/* SPDX-License-Identifier: MIT */
/*
 * Time structures across the user boundary, both layouts.  The get functions fetch once and check;
 * 0, -EFAULT, or -EINVAL for a value that is negative or not normalised.
 */
#pragma once

#include "abi/ia32/time.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include <linux/time_types.h>

static inline int __must_check get_timespec(const struct __kernel_timespec __user *uts, u64 *ns)
{
	struct __kernel_timespec ts;
	int err = copy_from_user(&ts, uts, sizeof(ts));

	if (in_ia32_syscall())
		ts.tv_nsec &=
			0xffffffff; /* 32-bit programs leave rubbish in the padding (Linux get_timespec64) */
	return err ? err : timespec_to_ns(&ts, ns);
}

static inline int __must_check get_ia32_timespec(const struct ia32_timespec __user *uts, u64 *ns)
{
	struct ia32_timespec ts;
	int err = copy_from_user(&ts, uts, sizeof(ts));
	struct __kernel_timespec wide = { ts.tv_sec, ts.tv_nsec };

	return err ? err : timespec_to_ns(&wide, ns);
}

static inline int __must_check put_timespec(u64 ns, struct __kernel_timespec __user *uts)
{
	struct __kernel_timespec ts;

	ns_to_timespec(ns, &ts);
	return copy_to_user(uts, &ts, sizeof(ts));
}

static inline int __must_check put_ia32_timespec(u64 ns, struct ia32_timespec __user *uts)
{
	struct ia32_timespec ts = { (s32)(ns / NSEC_PER_SEC), (s32)(ns % NSEC_PER_SEC) };

	return copy_to_user(uts, &ts, sizeof(ts));
}

/* Both values are fetched before either is checked, as Linux does: -EFAULT wins over -EINVAL. */
static inline int __must_check get_itimerspec(const struct __kernel_itimerspec __user *uit, u64 *interval_ns,
					      u64 *value_ns)
{
	struct __kernel_itimerspec it;
	int err = copy_from_user(&it, uit, sizeof(it));

	if (err)
		return err;
	if (in_ia32_syscall()) { /* as in get_timespec() */
		it.it_interval.tv_nsec &= 0xffffffff;
		it.it_value.tv_nsec &= 0xffffffff;
	}
	err = timespec_to_ns(&it.it_interval, interval_ns);
	return err ? err : timespec_to_ns(&it.it_value, value_ns);
}

static inline int __must_check get_ia32_itimerspec(const struct ia32_itimerspec __user *uit, u64 *interval_ns,
						   u64 *value_ns)
{
	struct ia32_itimerspec it;
	int err = copy_from_user(&it, uit, sizeof(it));

	if (err)
		return err;

	const struct __kernel_timespec interval = { it.it_interval.tv_sec, it.it_interval.tv_nsec };
	const struct __kernel_timespec value = { it.it_value.tv_sec, it.it_value.tv_nsec };

	err = timespec_to_ns(&interval, interval_ns);
	return err ? err : timespec_to_ns(&value, value_ns);
}

static inline int __must_check put_itimerspec(u64 interval_ns, u64 value_ns,
					      struct __kernel_itimerspec __user *uit)
{
	struct __kernel_itimerspec it;

	ns_to_timespec(interval_ns, &it.it_interval);
	ns_to_timespec(value_ns, &it.it_value);
	return copy_to_user(uit, &it, sizeof(it));
}

static inline int __must_check put_ia32_itimerspec(u64 interval_ns, u64 value_ns,
						   struct ia32_itimerspec __user *uit)
{
	const struct ia32_itimerspec it = {
		{ (s32)(interval_ns / NSEC_PER_SEC), (s32)(interval_ns % NSEC_PER_SEC) },
		{ (s32)(value_ns / NSEC_PER_SEC), (s32)(value_ns % NSEC_PER_SEC) },
	};

	return copy_to_user(uit, &it, sizeof(it));
}

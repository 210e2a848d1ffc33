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
		ts.tv_nsec &= 0xffffffff; /* 32-bit programs leave rubbish in the padding (Linux get_timespec64) */
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

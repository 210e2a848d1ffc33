// SPDX-License-Identifier: MIT
/* timerfd_create(2), timerfd_settime(2), timerfd_gettime(2); i386's old layout has 32-bit times. */
#include "kernel/fs/timerfd.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/timespec.h"
#include <linux/timerfd.h>

SYSCALL_DEFINE2(timerfd_create, int, clockid, int, flags)
{
	struct file *f __cleanup(file_putp) = NULL;
	int err;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return refuse(EINVAL, "timerfd_create: unknown flags");
	if ((err = timerfd_create(clockid, flags, &f)))
		return err;
	return fd_install_new(&f, flags);
}

/* The value is read and checked before the flags and the descriptor are, as Linux. */
static long settime(int fd, int flags, const struct timerfd_value *v, struct timerfd_value *old)
{
	struct fd f __cleanup(fd_release) = { NULL, false };

	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return refuse(EINVAL, "timerfd_settime: unknown flags");
	f = fd_borrow(fd);
	return f.file ? do_timerfd_settime(f.file, flags, v, old) : -EBADF;
}

static long gettime(int fd, struct timerfd_value *v)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	return f.file ? do_timerfd_gettime(f.file, v) : -EBADF;
}

static int get_value(struct timerfd_value *v, const struct __kernel_itimerspec __user *u)
{
	struct __kernel_itimerspec it;
	int err = copy_from_user(&it, u, sizeof(it));

	if (err)
		return err;
	if (in_ia32_syscall()) { /* the upper halves are padding there */
		it.it_interval.tv_nsec &= 0xffffffff;
		it.it_value.tv_nsec &= 0xffffffff;
	}
	err = timespec_to_ns(&it.it_interval, &v->interval_ns);
	return err ? err : timespec_to_ns(&it.it_value, &v->value_ns);
}

static int put_value(struct __kernel_itimerspec __user *u, const struct timerfd_value *v)
{
	struct __kernel_itimerspec it;

	ns_to_timespec(v->interval_ns, &it.it_interval);
	ns_to_timespec(v->value_ns, &it.it_value);
	return copy_to_user(u, &it, sizeof(it));
}

static int get_ia32_value(struct timerfd_value *v, const struct ia32_itimerspec __user *u)
{
	struct ia32_itimerspec it;
	int err = copy_from_user(&it, u, sizeof(it));
	const struct __kernel_timespec interval = { it.it_interval.tv_sec, it.it_interval.tv_nsec };
	const struct __kernel_timespec value = { it.it_value.tv_sec, it.it_value.tv_nsec };

	if (!err)
		err = timespec_to_ns(&interval, &v->interval_ns);
	return err ? err : timespec_to_ns(&value, &v->value_ns);
}

static int put_ia32_value(struct ia32_itimerspec __user *u, const struct timerfd_value *v)
{
	const struct ia32_itimerspec it = {
		{ (s32)(v->interval_ns / NSEC_PER_SEC), (s32)(v->interval_ns % NSEC_PER_SEC) },
		{ (s32)(v->value_ns / NSEC_PER_SEC), (s32)(v->value_ns % NSEC_PER_SEC) },
	};

	return copy_to_user(u, &it, sizeof(it));
}

SYSCALL_DEFINE4(timerfd_settime, int, ufd, int, flags, const struct __kernel_itimerspec __user *, utmr,
		struct __kernel_itimerspec __user *, otmr)
{
	struct timerfd_value v, old;
	long err = get_value(&v, utmr);

	if (!err)
		err = settime(ufd, flags, &v, &old);
	return !err && otmr ? put_value(otmr, &old) : err;
}

IA32_SYSCALL_DEFINE4(timerfd_settime, int, ufd, int, flags, const struct ia32_itimerspec __user *, utmr,
		     struct ia32_itimerspec __user *, otmr)
{
	struct timerfd_value v, old;
	long err = get_ia32_value(&v, utmr);

	if (!err)
		err = settime(ufd, flags, &v, &old);
	return !err && otmr ? put_ia32_value(otmr, &old) : err;
}

SYSCALL_DEFINE2(timerfd_gettime, int, ufd, struct __kernel_itimerspec __user *, otmr)
{
	struct timerfd_value v;
	long err = gettime(ufd, &v);

	return err ? err : put_value(otmr, &v);
}

IA32_SYSCALL_DEFINE2(timerfd_gettime, int, ufd, struct ia32_itimerspec __user *, otmr)
{
	struct timerfd_value v;
	long err = gettime(ufd, &v);

	return err ? err : put_ia32_value(otmr, &v);
}

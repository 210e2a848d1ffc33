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

SYSCALL_DEFINE4(timerfd_settime, int, ufd, int, flags, const struct __kernel_itimerspec __user *, utmr,
		struct __kernel_itimerspec __user *, otmr)
{
	struct timerfd_value v, old;
	long err = get_itimerspec(utmr, &v.interval_ns, &v.value_ns);

	if (!err)
		err = settime(ufd, flags, &v, &old);
	return !err && otmr ? put_itimerspec(old.interval_ns, old.value_ns, otmr) : err;
}

IA32_SYSCALL_DEFINE4(timerfd_settime, int, ufd, int, flags, const struct ia32_itimerspec __user *, utmr,
		     struct ia32_itimerspec __user *, otmr)
{
	struct timerfd_value v, old;
	long err = get_ia32_itimerspec(utmr, &v.interval_ns, &v.value_ns);

	if (!err)
		err = settime(ufd, flags, &v, &old);
	return !err && otmr ? put_ia32_itimerspec(old.interval_ns, old.value_ns, otmr) : err;
}

SYSCALL_DEFINE2(timerfd_gettime, int, ufd, struct __kernel_itimerspec __user *, otmr)
{
	struct timerfd_value v;
	long err = gettime(ufd, &v);

	return err ? err : put_itimerspec(v.interval_ns, v.value_ns, otmr);
}

IA32_SYSCALL_DEFINE2(timerfd_gettime, int, ufd, struct ia32_itimerspec __user *, otmr)
{
	struct timerfd_value v;
	long err = gettime(ufd, &v);

	return err ? err : put_ia32_itimerspec(v.interval_ns, v.value_ns, otmr);
}

// SPDX-License-Identifier: MIT
/*
 * epoll_create(2), epoll_ctl(2), epoll_wait(2) and their kin.  struct epoll_event is packed on x86-64 and has
 * i386's layout, sigset_t too, and epoll_pwait2 came with 64-bit times: one body serves both ABIs.
 */
#include "kernel/fs/epoll.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/syscalls/sigmask.h"
#include "kernel/syscalls/timeout.h"

static_assert(sizeof(struct epoll_event) == 12, "packed on x86");

static long create(int flags)
{
	struct file *f __cleanup(file_putp) = NULL;
	int err;

	if (flags & ~EPOLL_CLOEXEC)
		return refuse(EINVAL, "epoll_create1: unknown flags");
	if ((err = epoll_create(flags, &f)))
		return err;
	return fd_install_new(&f, flags);
}

SYSCALL_DEFINE1(epoll_create, int, size)
{
	return size <= 0 ? refuse(EINVAL, "epoll_create: size must be positive") : create(0);
}

SYSCALL_DEFINE1(epoll_create1, int, flags)
{
	return create(flags);
}

SYSCALL_DEFINE4(epoll_ctl, int, epfd, int, op, int, fd, struct epoll_event __user *, event)
{
	struct fd ep __cleanup(fd_release) = { NULL, false };
	struct fd target __cleanup(fd_release) = { NULL, false };
	struct epoll_event ev = { 0 };

	if (op != EPOLL_CTL_DEL && copy_from_user(&ev, event, sizeof(ev)))
		return -EFAULT;
	ep = fd_borrow(epfd);
	if (!ep.file)
		return -EBADF;
	target = fd_borrow(fd);
	if (!target.file)
		return -EBADF;
	return do_epoll_ctl(ep.file, op, fd, target.file, &ev);
}

static long wait(int epfd, struct epoll_event __user *events, int maxevents, u64 deadline_ns)
{
	struct fd ep __cleanup(fd_release) = { NULL, false };
	struct iter out;
	int err;

	if (maxevents <= 0 || maxevents > EP_MAX_EVENTS)
		return refuse(EINVAL, "epoll_wait: maxevents");
	if ((err = iter_init_user(&out, (__force unsigned long)events, maxevents * sizeof(*events))))
		return err;
	ep = fd_borrow(epfd);
	return ep.file ? do_epoll_wait(ep.file, &out, maxevents, deadline_ns) : -EBADF;
}

static u64 deadline_of_ms(int timeout_ms)
{
	return timeout_ms < 0 ? TIMEOUT_NEVER : timeout_deadline((u64)timeout_ms * NSEC_PER_MSEC);
}

SYSCALL_DEFINE4(epoll_wait, int, epfd, struct epoll_event __user *, events, int, maxevents, int, timeout_ms)
{
	return wait(epfd, events, maxevents, deadline_of_ms(timeout_ms));
}

static long pwait(int epfd, struct epoll_event __user *events, int maxevents, u64 deadline_ns,
		  const u64 __user *umask, size_t size)
{
	long ret;
	int err;

	if ((err = sigmask_swap_user(umask, size)))
		return err;
	ret = wait(epfd, events, maxevents, deadline_ns);
	sigmask_restore_unless(ret == -EINTR);
	return ret;
}

SYSCALL_DEFINE6(epoll_pwait, int, epfd, struct epoll_event __user *, events, int, maxevents, int, timeout_ms,
		const u64 __user *, sigmask, size_t, sigsetsize)
{
	return pwait(epfd, events, maxevents, deadline_of_ms(timeout_ms), sigmask, sigsetsize);
}

SYSCALL_DEFINE6(epoll_pwait2, int, epfd, struct epoll_event __user *, events, int, maxevents,
		const struct __kernel_timespec __user *, timeout, const u64 __user *, sigmask, size_t,
		sigsetsize)
{
	u64 deadline_ns;
	int err = timeout_get_user((__force unsigned long)timeout, TIMEOUT_TIMESPEC, &deadline_ns);

	return err ? err : pwait(epfd, events, maxevents, deadline_ns, sigmask, sigsetsize);
}

// SPDX-License-Identifier: MIT
/* eventfd(2), eventfd2(2). */
#include "kernel/fs/eventfd.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"

static long do_eventfd(unsigned count, int flags)
{
	struct file *f __cleanup(file_putp) = NULL;
	int err;

	if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
		return refuse(EINVAL, "eventfd2: unknown flags");
	if ((err = eventfd_create(count, flags, &f)))
		return err;
	return fd_install_new(&f, flags);
}

SYSCALL_DEFINE1(eventfd, unsigned int, count)
{
	return do_eventfd(count, 0);
}

SYSCALL_DEFINE2(eventfd2, unsigned int, count, int, flags)
{
	return do_eventfd(count, flags);
}

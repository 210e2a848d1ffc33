// SPDX-License-Identifier: MIT
/* signalfd(2), signalfd4(2).  i386's sigset_t has the same eight bytes, so one body serves both ABIs. */
#include "kernel/fs/signalfd.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include <linux/signalfd.h>

static long do_signalfd(int ufd, const u64 __user *umask, size_t size, int flags)
{
	struct file *f __cleanup(file_putp) = NULL;
	u64 mask;
	int err;

	if (size != sizeof(mask))
		return refuse(EINVAL, "signalfd: size of the mask");
	if ((err = get_user(mask, umask)))
		return err;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return refuse(EINVAL, "signalfd4: unknown flags");
	if (ufd == -1) {
		if ((err = signalfd_create(mask, flags, &f)))
			return err;
		return fd_install_new(&f, flags);
	}
	f = fd_get(ufd);
	if (!f)
		return -EBADF;
	err = signalfd_set_mask(f, mask);
	return err ? err : ufd;
}

SYSCALL_DEFINE3(signalfd, int, ufd, const u64 __user *, user_mask, size_t, sizemask)
{
	return do_signalfd(ufd, user_mask, sizemask, 0);
}

SYSCALL_DEFINE4(signalfd4, int, ufd, const u64 __user *, user_mask, size_t, sizemask, int, flags)
{
	return do_signalfd(ufd, user_mask, sizemask, flags);
}

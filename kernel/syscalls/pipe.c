// SPDX-License-Identifier: MIT
/* pipe(2), pipe2(2). */
#include "kernel/fs/fd.h"
#include "kernel/fs/pipe.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include <linux/watch_queue.h>

/*
 * Reserve both slots, tell the user, publish.  Until fd_publish() no other thread can see the pair, so a
 * fault in the copy has nothing to take back.  Linux checks the flags before the pointer, and the
 * descriptor limit after it made the pipe.
 */
static long do_pipe2(int __user *ufds, int flags)
{
	struct file *rd __cleanup(file_putp) = NULL;
	struct file *wr __cleanup(file_putp) = NULL;
	struct fd_slot rslot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	struct fd_slot wslot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	int err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOTIFICATION_PIPE))
		return refuse(EINVAL, "pipe2: unknown flags");
	if (flags & O_NOTIFICATION_PIPE)
		return refuse(ENOPKG, "pipe2: no watch queues");
	if ((err = pipe_create(&rd, &wr, flags)))
		return err;
	if ((err = fd_reserve(&rslot, flags)) || (err = fd_reserve(&wslot, flags)))
		return err;

	const int fds[2] = { rslot.fd, wslot.fd };

	if ((err = copy_to_user(ufds, fds, sizeof(fds))))
		return err;
	fd_publish(&rslot, &rd);
	fd_publish(&wslot, &wr);
	return 0;
}

SYSCALL_DEFINE1(pipe, int __user *, ufds)
{
	return do_pipe2(ufds, 0);
}

SYSCALL_DEFINE2(pipe2, int __user *, ufds, int, flags)
{
	return do_pipe2(ufds, flags);
}

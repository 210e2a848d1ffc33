// SPDX-License-Identifier: MIT
/* pidfd: an anonymous file that holds a struct pid.  Readable once the process is dead (pidfd_open(2)). */
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/poll.h"
#include "kernel/task/internal.h"

static u32 pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pid *pid = f->private;
	bool dead;

	poll_wait(f, &pid->pidfd_wait, pt);
	rcu_read_lock();

	struct process *p = pid_process(pid);

	dead = !p || (READ_ONCE(p->nr_threads) == 1 && READ_ONCE(p->leader->exit_state)) ||
	       !READ_ONCE(p->nr_threads);
	rcu_read_unlock();
	return dead ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_release(struct file *f)
{
	pid_put(f->private);
}

static void pidfd_show_fdinfo(struct file *f, char *buf, size_t size)
{
	struct pid *pid = f->private;
	int nr = hlist_unhashed(&pid->hash) ? -1 : pid->nr;

	snprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", nr, nr);
}

static const struct file_ops pidfd_ops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.show_fdinfo = pidfd_show_fdinfo,
};

int pidfd_file_create(struct pid *pid, u32 flags, struct file **out)
{
	int err = file_create_anon("[pidfd]", &pidfd_ops, pid, O_RDWR | flags, out);

	if (!err)
		pid_get(pid);
	return err;
}

int pidfd_file_pid(struct file *f, struct pid **out)
{
	if (f->ops != &pidfd_ops)
		return -EBADF;
	*out = pid_get(f->private);
	return 0;
}

int pidfd_get_pid(int fd, struct pid **out, u32 *flags)
{
	struct file *f __cleanup(file_putp) = fd_get(fd);

	if (!f)
		return -EBADF;
	if (flags)
		*flags = READ_ONCE(f->flags);
	return pidfd_file_pid(f, out);
}

// SPDX-License-Identifier: MIT
/*
 * eventfd(2): a 64-bit counter that reads take and writes add to.  ctx->lock guards the counter; the copies
 * to and from the program happen outside it.
 */
#include "kernel/fs/eventfd.h"

#include "kernel/base/string.h"
#include "kernel/fs/poll.h"
#include "kernel/mm/slab.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd {
	struct spinlock lock;
	u64 count __guarded_by(&lock); /* [lock] */
	bool semaphore; /* [const] */
	struct waitq wait;
};

static bool eventfd_take(struct eventfd *e, u64 *value)
{
	spin_lock(&e->lock);
	*value = e->semaphore && e->count ? 1 : e->count;
	e->count -= *value;
	spin_unlock(&e->lock);
	return *value != 0;
}

static bool eventfd_add(struct eventfd *e, u64 value)
{
	bool fits;

	spin_lock(&e->lock);
	fits = value <= COUNT_MAX - e->count;
	if (fits)
		e->count += value;
	spin_unlock(&e->lock);
	return fits;
}

static ssize_t eventfd_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 value;
	int err;

	if (iter_count(to) < sizeof(value))
		return -EINVAL;
	if (!eventfd_take(e, &value)) {
		if ((READ_ONCE(f->flags) & O_NONBLOCK) || to->nowait)
			return -EAGAIN;
		if ((err = wait_event_interruptible(&e->wait, eventfd_take(e, &value))))
			return err;
	}
	if (waitq_active(&e->wait))
		waitq_wake_key(&e->wait, POLLOUT | POLLWRNORM, 0);
	return copy_to_iter(&value, sizeof(value), to) == sizeof(value) ? (ssize_t)sizeof(value) : -EFAULT;
}

static ssize_t eventfd_write(struct file *f, struct iter *from, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 value;
	int err;

	if (iter_count(from) < sizeof(value))
		return -EINVAL;
	if (copy_from_iter(&value, sizeof(value), from) != sizeof(value))
		return -EFAULT;
	if (value == UINT64_MAX)
		return -EINVAL;
	if (!eventfd_add(e, value)) {
		if (READ_ONCE(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		if ((err = wait_event_interruptible(&e->wait, eventfd_add(e, value))))
			return err;
	}
	if (waitq_active(&e->wait))
		waitq_wake_key(&e->wait, POLLIN | POLLRDNORM, 0);
	return sizeof(value);
}

static u32 eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private;
	u32 mask = 0;
	u64 count;

	poll_wait(f, &e->wait, pt);
	count = READ_ONCE(e->count);
	if (count)
		mask |= POLLIN;
	if (count < COUNT_MAX)
		mask |= POLLOUT;
	return mask;
}

static void eventfd_release(struct file *f)
{
	kfree(f->private);
}

static void eventfd_show_fdinfo(struct file *f, char *buf, size_t size)
{
	scnprintf(buf, size, "eventfd-count: %16lx\n", READ_ONCE(((struct eventfd *)f->private)->count));
}

static const struct file_ops eventfd_file_ops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.plain = FMODE_WRITE,
	.nowait = true,
	.llseek = noop_llseek,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.show_fdinfo = eventfd_show_fdinfo,
};

int eventfd_create(unsigned count, int flags,
		   struct file **out) __no_lock_analysis /* nobody else has it yet */
{
	struct eventfd *e = kzalloc(sizeof(*e));
	int err;

	if (!e)
		return -ENOMEM;
	spin_lock_init(&e->lock);
	waitq_init(&e->wait);
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	err = file_create_anon("[eventfd]", &eventfd_file_ops, e, O_RDWR | (flags & O_NONBLOCK), out);
	if (err) {
		kfree(e);
		return err;
	}
	return 0;
}

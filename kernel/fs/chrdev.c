// SPDX-License-Identifier: MIT
/*
 * Character devices: which operations a device number has.  Registered at boot and never removed, so a
 * look-up walks the short list without a lock; dev_lock orders registrations.
 */
#include "kernel/fs/internal.h"

struct chrdev {
	dev_t first;
	u32 count;
	const char *name;
	const struct file_ops *ops;
	struct chrdev *next;
};

static struct chrdev *chrdevs; /* [rcu-style: published with release] */
static struct spinlock dev_lock;

int chrdev_register(dev_t first, u32 count, const char *name, const struct file_ops *ops)
{
	struct chrdev *c = kmalloc(sizeof(*c), 0);

	if (!c)
		return -ENOMEM;
	*c = (struct chrdev){ first, count, name, ops, NULL };
	guard(spinlock)(&dev_lock);
	for (const struct chrdev *o = chrdevs; o; o = o->next) {
		if (first < o->first + o->count && o->first < first + count) {
			kfree(c);
			return -EBUSY;
		}
	}
	c->next = chrdevs;
	atomic_store(&chrdevs, c);
	return 0;
}

const struct file_ops *chrdev_find(dev_t dev)
{
	for (const struct chrdev *c = atomic_load(&chrdevs); c; c = c->next)
		if (dev >= c->first && dev - c->first < c->count)
			return c->ops;
	return NULL;
}

void chrdev_for_each(void (*fn)(unsigned major, const char *name, void *arg), void *arg)
{
	for (const struct chrdev *c = atomic_load(&chrdevs); c; c = c->next)
		fn(MAJOR(c->first), c->name, arg);
}

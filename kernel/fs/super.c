// SPDX-License-Identifier: MIT
/*
 * File system types and super blocks.  A super block lives as long as a mount (or an open file's mount)
 * refers to it; a type with `single` set has one for ever.
 * Lock: types_lock guards the list of types and every type's instance.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/fs/inotify.h"
#include <linux/magic.h>
#include <linux/mount.h>

static LIST_HEAD(types);
static struct mutex types_lock = MUTEX_INIT(types_lock);
static u32 next_anon_dev; /* [atomic] minor numbers of st_dev; major 0 */

void fs_type_register(struct fs_type *t)
{
	guard(mutex)(&types_lock);
	list_add_tail(&t->node, &types);
}

struct fs_type *fs_type_find(const char *name)
{
	struct fs_type *t;

	guard(mutex)(&types_lock);
	list_for_each(t, &types, node)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

void fs_type_for_each(void (*fn)(const struct fs_type *t, void *arg), void *arg)
{
	struct fs_type *t;

	guard(mutex)(&types_lock);
	list_for_each(t, &types, node)
		fn(t, arg);
}

static int super_create(struct fs_type *t, const char *source, const char *data, unsigned long flags,
			struct super **out)
{
	struct super *sb = kzalloc(sizeof(*sb));
	int err;

	if (!sb)
		return -ENOMEM;
	sb->refs = 1;
	sb->type = t;
	sb->flags = flags;
	sb->dev = MKDEV(0, atomic_add(&next_anon_dev, 1));
	sb->max_size = (u64)INT64_MAX;
	sb->stat.blksize = PAGE_SIZE;
	mutex_init(&sb->rename_lock);
	if ((err = t->mount(sb, source, data))) {
		kfree(sb);
		return err;
	}
	*out = sb;
	return 0;
}

int super_get(struct fs_type *t, const char *source, const char *data, unsigned long flags,
	      struct super **out)
{
	int err;

	if (!t->single)
		return super_create(t, source, data, flags, out);
	guard(mutex)(&types_lock);
	if (!t->instance && (err = super_create(t, source, data, flags, &t->instance)))
		return err;
	atomic_add(&t->instance->refs, 1);
	*out = t->instance;
	return 0;
}

static void super_free_rcu(struct rcu_head *head) /* path walks look at flags and complete */
{
	kfree(container_of(head, struct super, rcu));
}

void super_put(struct super *sb)
{
	if (atomic_sub(&sb->refs, 1))
		return;
	dcache_drop_super(sb);
	notify_unmount(sb);
	dentry_put(sb->root);
	if (sb->ops && sb->ops->put_super)
		sb->ops->put_super(sb);
	call_rcu(&sb->rcu, super_free_rcu);
}

int simple_statfs(struct super *sb, struct kstatfs *st)
{
	st->type = sb->magic;
	st->bsize = PAGE_SIZE;
	st->namelen = 255;
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * inotify(7), and the places where the rest of the file system says that something happened.  While nobody
 * watches anything, each of those costs the test of one global word.
 */
#pragma once

#include "kernel/fs/fs.h"
#include <linux/inotify.h>

#define INOTIFY_MAX_INSTANCES 128 /* /proc/sys/fs/inotify/max_user_instances */
#define INOTIFY_MAX_WATCHES   65536 /* max_user_watches */
#define INOTIFY_MAX_EVENTS    16384 /* max_queued_events */

extern u32 inotify_nr_watches; /* [atomic] of everybody */

static inline bool inotify_active(void)
{
	return unlikely(READ_ONCE(inotify_nr_watches));
}

/* All may sleep; locks of directories may be held.  Masks are IN_*; IN_ISDIR is added here. */
void inotify_raise_dentry(struct dentry *d, u32 mask, bool by_file);
void inotify_raise_name(struct inode *dir, u32 mask, const struct inode *child, const struct qstr *name,
			u32 cookie);
void inotify_raise_inode(struct inode *i, u32 mask);
void inotify_raise_removed(struct inode *dir, struct dentry *d);
void inotify_raise_renamed(struct inode *from, const struct qstr *old, struct inode *to,
			   const struct qstr *new, struct inode *moved, struct inode *replaced);
void inotify_raise_deleted(struct inode *i);
void inotify_raise_unmount(struct super *sb);

/* Something happened through an open file: to it and, with its name, to its directory. */
static inline void notify_file(struct file *f, u32 mask)
{
	if (inotify_active())
		inotify_raise_dentry(f->path.dentry, mask, true);
}
/* The object's attributes or size changed by name. */
static inline void notify_dentry(struct dentry *d, u32 mask)
{
	if (inotify_active())
		inotify_raise_dentry(d, mask, false);
}
/* d was added to dir under d's name (IN_CREATE). */
static inline void notify_created(struct inode *dir, struct dentry *d)
{
	if (inotify_active())
		inotify_raise_name(dir, IN_CREATE, d->inode, &d->name, 0);
}
/* The number of names of i changed (IN_ATTRIB). */
static inline void notify_links(struct inode *i)
{
	if (inotify_active())
		inotify_raise_inode(i, IN_ATTRIB);
}
/* d was removed from dir; the caller still refers to it. */
static inline void notify_removed(struct inode *dir, struct dentry *d)
{
	if (inotify_active())
		inotify_raise_removed(dir, d);
}
/* moved went from `old` to `new`, in place of `replaced` (or NULL). */
static inline void notify_renamed(struct inode *from, const struct qstr *old, struct inode *to,
				  const struct qstr *new, struct inode *moved, struct inode *replaced)
{
	if (inotify_active())
		inotify_raise_renamed(from, old, to, new, moved, replaced);
}
/* An entry of the cache goes away; when its object has no name left, that is the object's end for watchers.
 */
static inline void notify_dentry_gone(struct inode *i)
{
	if (unlikely(!list_empty(&i->watches)) && !READ_ONCE(i->nlink))
		inotify_raise_deleted(i);
}
static inline void notify_unmount(struct super *sb)
{
	if (inotify_active())
		inotify_raise_unmount(sb);
}

/* inotify_init1(2): flags IN_NONBLOCK, IN_CLOEXEC (checked).  -EMFILE, -ENFILE, -ENOMEM */
int __must_check inotify_create(int flags, struct file **out);
bool file_is_inotify(const struct file *f);
/* The watch of i by f: its number; -EEXIST (IN_MASK_CREATE), -ENOSPC, -ENOMEM.  mask is checked. */
int __must_check inotify_add(struct file *f, struct inode *i, u32 mask);
int __must_check inotify_remove(struct file *f, int wd); /* -EINVAL */

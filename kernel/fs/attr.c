// SPDX-License-Identifier: MIT
/*
 * Changing attributes: the checks of chmod(2), chown(2), utimensat(2) and truncate(2) in one place, and
 * the loss of set-user-ID bits.  inode->rwsem is held for writing while attributes change.
 */
#include "kernel/fs/internal.h"
#include "kernel/fs/xattr.h"

#include "kernel/signal/signal.h"
#include <linux/resource.h>

static bool in_group_or_capable(gid_t gid)
{
	return in_group(gid) || capable(CAP_FSETID);
}

/* The bits of mode that a write, truncate or chown by a mere mortal takes away. */
static umode_t privs_to_kill(const struct inode *i)
{
	umode_t kill = i->mode & S_ISUID;

	if ((i->mode & S_ISGID) && ((i->mode & S_IXGRP) || !in_group_or_capable(i->gid)))
		kill |= S_ISGID;
	return kill;
}

int file_remove_privs(struct file *f)
{
	struct inode *i = f->inode;
	umode_t kill;

	if (unlikely(READ_ONCE(i->xattrs)))
		inode_drop_file_caps(i);
	if (likely(!(i->mode & (S_ISUID | S_ISGID))) || !S_ISREG(i->mode) || capable(CAP_FSETID))
		return 0;
	kill = privs_to_kill(i);
	if (kill) {
		struct kattr attr = { .valid = ATTR_MODE | ATTR_FORCE, .mode = i->mode & ~kill };

		if (i->ops->setattr)
			return i->ops->setattr(i, &attr);
		setattr_copy(i, &attr);
	}
	return 0;
}

void setattr_copy(struct inode *i, const struct kattr *attr)
{
	struct timespec64 now = fs_now();

	guard(spinlock)(&i->lock);
	if (attr->valid & ATTR_UID)
		i->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		i->gid = attr->gid;
	if (attr->valid & ATTR_MODE)
		WRITE_ONCE(i->mode, (i->mode & S_IFMT) | (attr->mode & 07777));
	if (attr->valid & ATTR_ATIME)
		i->atime = attr->valid & ATTR_ATIME_SET ? attr->atime : now;
	if (attr->valid & ATTR_MTIME)
		i->mtime = attr->valid & ATTR_MTIME_SET ? attr->mtime : now;
	i->ctime = now;
}

int inode_newsize_ok(const struct inode *i, u64 size)
{
	if (size <= i->size)
		return 0;
	if (size > rlimit(RLIMIT_FSIZE)) {
		signal_send_task(current, SIGXFSZ, NULL);
		return -EFBIG;
	}
	return i->sb && i->sb->max_size && size > i->sb->max_size ? -EFBIG : 0;
}

/* Linux's setattr_prepare(): what the caller may change. */
static int setattr_check(struct inode *i, struct kattr *attr) __must_hold(&i->rwsem)
{
	const struct cred *c = current->cred;
	u32 valid = attr->valid;
	int err;

	if ((valid & ATTR_SIZE) && (err = inode_newsize_ok(i, attr->size)))
		return err;
	if (valid & ATTR_FORCE)
		return 0;
	if ((valid & ATTR_UID) && !(c->fsuid == i->uid && attr->uid == i->uid) && !capable(CAP_CHOWN))
		return -EPERM;
	if ((valid & ATTR_GID) && !(c->fsuid == i->uid && (attr->gid == i->gid || in_group(attr->gid))) &&
	    !capable(CAP_CHOWN))
		return -EPERM;
	if (valid & ATTR_MODE) {
		if (!inode_owner_or_capable(i))
			return -EPERM;
		if (!in_group_or_capable(valid & ATTR_GID ? attr->gid : i->gid))
			attr->mode &= ~S_ISGID;
	}
	if ((valid & (ATTR_ATIME_SET | ATTR_MTIME_SET | ATTR_OWNER)) && !inode_owner_or_capable(i))
		return -EPERM;
	return 0;
}

static int setattr_locked(struct inode *i, struct kattr *attr) __must_hold(&i->rwsem)
{
	int err;

	if ((attr->valid & ATTR_TOUCH) && !inode_owner_or_capable(i) &&
	    (err = inode_permission(i, MAY_WRITE)))
		return err;
	if ((err = setattr_check(i, attr)))
		return err;
	if (attr->valid & ATTR_KILL_PRIV) {
		umode_t kill = privs_to_kill(i);

		if (kill && !(attr->valid & ATTR_MODE)) {
			attr->valid |= ATTR_MODE;
			attr->mode = i->mode & ~kill;
		}
	}
	if ((attr->valid & ATTR_KILL_CAPS) && i->xattrs)
		inode_drop_file_caps(i);
	if (i->ops->setattr)
		return i->ops->setattr(i, attr);
	if (attr->valid & ATTR_SIZE)
		return -EINVAL;
	setattr_copy(i, attr);
	return 0;
}

int inode_setattr(struct inode *i, struct kattr *attr)
{
	guard(write)(&i->rwsem);
	return setattr_locked(i, attr);
}

/*
 * truncate(2) and ftruncate(2) on a regular file.  By path, the caller's right to write and running text
 * are checked; an open file has passed both, and its times change even when its size does not.
 */
int do_truncate(struct inode *i, loff_t size, bool by_file)
{
	struct kattr attr = { .valid = ATTR_SIZE | ATTR_FORCE | ATTR_KILL_CAPS, .size = (u64)size };
	int err;

	if (size < 0)
		return -EINVAL;
	if (by_file)
		attr.valid |= ATTR_MTIME;
	else if ((err = inode_permission(i, MAY_WRITE)) || (err = inode_get_write(i)))
		return err;
	if ((i->mode & (S_ISUID | S_ISGID)) && !capable(CAP_FSETID))
		attr.valid |= ATTR_KILL_PRIV;
	err = inode_setattr(i, &attr);
	if (!by_file)
		inode_put_write(i);
	return err;
}

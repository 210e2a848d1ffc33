// SPDX-License-Identifier: MIT
/* stat(2), statfs(2), access(2) and the calls that change what stat shows, on kernel types. */
#include "kernel/fs/stat.h"

#include "kernel/fs/fd.h"
#include "kernel/fs/inotify.h"
#include "kernel/fs/internal.h"
#include <linux/mount.h>

#ifndef UTIME_NOW /* <linux/fs.h> has neither */
#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe
#endif

#define LINK_INLINE 128 /* bytes of a target, with its NUL, that Linux's tmpfs keeps beside the inode */

static void inode_stat(const struct inode *i, struct kstat *st)
{
	st->ino = i->ino;
	st->dev = i->sb->dev;
	st->rdev = i->rdev;
	st->mode = i->mode;
	st->nlink = i->nlink;
	st->uid = i->uid;
	st->gid = i->gid;
	st->size = READ_ONCE(i->size);
	if (i->mapping)
		st->blocks = READ_ONCE(i->mapping->nr_pages) * (PAGE_SIZE / 512);
	else /* Linux keeps the text of a long link in a page */
		st->blocks = i->link && READ_ONCE(i->size) >= LINK_INLINE ? PAGE_SIZE / 512 : 0;
	st->sb = i->sb->stat;
	st->atime = READ_ONCE(i->atime);
	st->mtime = READ_ONCE(i->mtime);
	st->ctime = READ_ONCE(i->ctime);
	st->btime = i->btime;
}

void path_stat(const struct path *p, struct kstat *st)
{
	struct inode *i = p->dentry->inode;

	if (unlikely(i->ops->getattr))
		i->ops->getattr(i, NULL); /* lets the file system bring the inode up to date */
	inode_stat(i, st);
	st->mnt_id = p->mnt->id;
	st->mount_root = p->dentry == p->mnt->root;
}

int do_statat(int dfd, const char *path, unsigned lookup, struct kstat *st)
{
	struct path p;
	int err = path_stat_fast(dfd, path, lookup, st);

	if (likely(err != -ECHILD))
		return err;
	if ((err = path_lookup(dfd, path, lookup, &p)))
		return err;
	path_stat(&p, st);
	path_put(&p);
	return 0;
}

int do_fstat(int fd, struct kstat *st)
{
	struct fd f __cleanup(fd_release) = fd_borrow_path_ok(fd);

	if (!f.file)
		return -EBADF;
	path_stat(&f.file->path, st);
	return 0;
}

int do_statfs(const struct path *p, struct kstatfs *st)
{
	static const struct {
		u32 ms, st;
	} flags[] = { { MS_NOSUID, 2 },          { MS_NODEV, 4 },          { MS_NOEXEC, 8 },
		      { MS_NOATIME, 0x400 },     { MS_NODIRATIME, 0x800 }, { MS_RELATIME, 0x1000 },
		      { MS_NOSYMFOLLOW, 0x2000 } };
	struct super *sb = p->dentry->sb;
	int err;

	*st = (struct kstatfs){ 0 };
	err = sb->ops && sb->ops->statfs ? sb->ops->statfs(sb, st) : simple_statfs(sb, st);
	if (err)
		return err;
	if (!st->frsize)
		st->frsize = st->bsize;
	if (!st->fsid)
		st->fsid = dev_encode(sb->dev);
	st->flags = 0x20; /* ST_VALID: the flags below mean something */
	if (mount_is_readonly(p->mnt))
		st->flags |= 1;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (p->mnt->flags & flags[i].ms)
			st->flags |= flags[i].st;
	return 0;
}

/* ---- access(2) ----------------------------------------------------------------------------------- */

static int access_path(int dfd, const char *path, int mode, unsigned lookup)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	struct inode *i;
	int err;

	if ((err = path_lookup(dfd, path, lookup, &p)))
		return err;
	i = p.dentry->inode;
	if ((mode & MAY_EXEC) && S_ISREG(i->mode) && (p.mnt->flags & MS_NOEXEC))
		return -EACCES;
	if ((err = inode_permission(i, mode)))
		return err;
	/* Writing to a device or FIFO on a read-only file system is fine. */
	if ((mode & MAY_WRITE) && (S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode)))
		return mount_want_write(p.mnt);
	return 0;
}

/* The question is asked for the real ids, whose capabilities are those permitted to real root (access(2)). */
int do_accessat(int dfd, const char *path, int mode, int flags)
{
	unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	const struct cred *old = current->cred;
	struct cred *c;
	int err;

	if (mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC))
		return -EINVAL;
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	if ((flags & AT_EACCESS) || (old->uid == old->fsuid && old->gid == old->fsgid &&
				     old->cap_effective == (old->uid ? 0 : old->cap_permitted)))
		return access_path(dfd, path, mode, lookup);
	if (!(c = cred_prepare()))
		return -ENOMEM;
	c->fsuid = c->uid;
	c->fsgid = c->gid;
	c->cap_effective = c->uid ? 0 : c->cap_permitted;
	rcu_assign_pointer(current->cred, c); /* for the length of the question only */
	err = access_path(dfd, path, mode, lookup);
	rcu_assign_pointer(current->cred, old);
	cred_put(c);
	return err;
}

/* ---- chmod(2), chown(2), utimensat(2) ------------------------------------------------------------ */

/* What watchers see of a change (Linux's fsnotify_change()). */
static int set_and_notify(struct dentry *d, struct kattr *attr)
{
	int err = inode_setattr(d->inode, attr);
	u32 times = attr->valid & (ATTR_ATIME | ATTR_MTIME);

	if (err)
		return err;
	if ((attr->valid & (ATTR_UID | ATTR_GID | ATTR_MODE)) || times == (ATTR_ATIME | ATTR_MTIME))
		notify_dentry(d, IN_ATTRIB);
	else if (times)
		notify_dentry(d, times == ATTR_ATIME ? IN_ACCESS : IN_MODIFY);
	return 0;
}

int path_chmod(const struct path *p, umode_t mode)
{
	struct kattr attr = { .valid = ATTR_MODE, .mode = mode & 07777 };
	int err = mount_want_write(p->mnt);

	if (err)
		return err;
	if (S_ISLNK(p->dentry->inode->mode))
		return -EOPNOTSUPP; /* only by O_PATH: links have no mode of their own */
	return set_and_notify(p->dentry, &attr);
}

int path_chown(const struct path *p, uid_t uid, gid_t gid)
{
	struct kattr attr = { .uid = uid, .gid = gid };
	int err = mount_want_write(p->mnt);

	if (err)
		return err;
	if (uid != (uid_t)-1)
		attr.valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		attr.valid |= ATTR_GID;
	if (!S_ISDIR(p->dentry->inode->mode))
		attr.valid |= ATTR_KILL_PRIV | ATTR_KILL_CAPS;
	return set_and_notify(p->dentry, &attr);
}

int path_utimes(const struct path *p, const struct timespec64 times[2])
{
	struct kattr attr = { .valid = ATTR_ATIME | ATTR_MTIME };
	int err;

	if (times) {
		for (int i = 0; i < 2; i++)
			if (times[i].nsec != UTIME_NOW && times[i].nsec != UTIME_OMIT &&
			    (u64)times[i].nsec >= NSEC_PER_SEC)
				return -EINVAL;
		if (times[0].nsec == UTIME_OMIT && times[1].nsec == UTIME_OMIT)
			return 0;
	}
	if ((err = mount_want_write(p->mnt)))
		return err;
	if (!times || (times[0].nsec == UTIME_NOW && times[1].nsec == UTIME_NOW)) {
		attr.valid |= ATTR_TOUCH;
		return set_and_notify(p->dentry, &attr);
	}
	attr.atime = times[0];
	attr.mtime = times[1];
	/* Anything but "both now" needs ownership, UTIME_NOW beside UTIME_OMIT too. */
	attr.valid = ATTR_CTIME | ATTR_OWNER;
	if (times[0].nsec != UTIME_OMIT)
		attr.valid |= ATTR_ATIME | (times[0].nsec == UTIME_NOW ? 0 : ATTR_ATIME_SET);
	if (times[1].nsec != UTIME_OMIT)
		attr.valid |= ATTR_MTIME | (times[1].nsec == UTIME_NOW ? 0 : ATTR_MTIME_SET);
	return set_and_notify(p->dentry, &attr);
}

/* ---- truncate(2), fallocate(2) ------------------------------------------------------------------- */

int path_truncate(const struct path *p, loff_t size)
{
	struct inode *i = p->dentry->inode;
	int err;

	if (size < 0)
		return -EINVAL;
	if (S_ISDIR(i->mode))
		return -EISDIR;
	if (!S_ISREG(i->mode))
		return -EINVAL;
	if ((err = mount_want_write(p->mnt)))
		return err;
	err = do_truncate(i, size, false);
	if (!err)
		notify_dentry(p->dentry, IN_MODIFY);
	return err;
}

int file_truncate(struct file *f, loff_t size)
{
	int err;

	if (!S_ISREG(f->inode->mode) || !(f->mode & FMODE_WRITE))
		return -EINVAL;
	err = do_truncate(f->inode, size, true);
	if (!err)
		notify_dentry(f->path.dentry, IN_MODIFY);
	return err;
}

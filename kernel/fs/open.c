// SPDX-License-Identifier: MIT
/*
 * open(2) from path to open file: finding or creating the last component, the permission to open it, and
 * the file's own open operation.  The order of checks is that of Linux 6.1's do_open(), may_open() and
 * do_dentry_open(); tests/conform/open.c pins it.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/fs/inotify.h"
#include "kernel/fs/pipe.h"
#include <linux/mount.h>

#ifndef __O_TMPFILE
#define __O_TMPFILE 020000000
#endif

/* What has to be permitted for an access mode; 3 (neither read nor write) needs both, see open(2). */
static int open_access(u32 flags)
{
	static const u8 by_mode[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE };

	return by_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

static int may_open(const struct path *p, int acc, u32 flags)
{
	struct inode *i = p->dentry->inode;
	int err;

	switch (i->mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (acc & MAY_WRITE)
			return -EISDIR;
		if (acc & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if (p->mnt->flags & MS_NODEV)
			return -EACCES;
		/* fall through */
	case S_IFIFO:
	case S_IFSOCK:
		if (acc & MAY_EXEC)
			return -EACCES;
		break;
	case S_IFREG:
		if ((acc & MAY_EXEC) && (p->mnt->flags & MS_NOEXEC))
			return -EACCES;
		break;
	}
	if (acc && (err = inode_permission(i, acc)))
		return err;
	if ((flags & O_NOATIME) && !inode_owner_or_capable(i))
		return -EPERM;
	return 0;
}

/* The operations an inode's kind of file has; NULL: -ENXIO. */
static const struct file_ops *ops_for(const struct inode *i)
{
	switch (i->mode & S_IFMT) {
	case S_IFCHR:
		return chrdev_find(i->rdev);
	case S_IFIFO:
		return &fifo_file_ops;
	case S_IFBLK:
	case S_IFSOCK:
		return NULL;
	default:
		return i->fops;
	}
}

static int open_inode(struct file *f, struct inode *i)
{
	int err;

	f->ops = ops_for(i);
	if (!f->ops) {
		f->ops = &empty_file_ops;
		return -ENXIO;
	}
	if (f->ops->open && (err = f->ops->open(i, f))) {
		f->ops = &empty_file_ops; /* nothing to release */
		return err;
	}
	f->mode |= f->ops->llseek ? FMODE_LSEEK : FMODE_STREAM;
	if (READ_ONCE(f->flags) & O_DIRECT)
		return -EINVAL; /* no file system here goes around the page cache */
	return 0;
}

/* Opens p, whose permissions are checked.  Takes references of its own. */
static int open_checked(const struct path *p, u32 flags, struct file **out)
{
	struct inode *i = p->dentry->inode;
	struct file *f __cleanup(file_putp) = NULL;
	bool writer = ((flags + 1) & FMODE_WRITE) && (S_ISREG(i->mode) || S_ISDIR(i->mode));
	int err;

	if (flags & O_PATH) {
		if ((err = file_create(p, &empty_file_ops, flags, out)))
			return err;
		(*out)->mode = FMODE_PATH;
		return 0;
	}
	if (writer && (err = inode_get_write(i)))
		return err;
	if (writer)
		atomic_add(&p->mnt->writers,
			   1); /* before the look at read-only: a remount sees one or the other */
	err = writer ? mount_want_write(p->mnt) : 0;
	if (!err)
		err = file_create(p, &empty_file_ops, flags, &f);
	if (err) {
		if (writer) {
			atomic_sub(&p->mnt->writers, 1);
			inode_put_write(i);
		}
		return err;
	}
	if (writer)
		f->mode |= FMODE_WRITER;
	if ((err = open_inode(f, i)))
		return err;
	WRITE_ONCE(f->flags,
		   READ_ONCE(f->flags) & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)); /* not published yet */
	*out = f;
	f = NULL;
	return 0;
}

static int path_open_access(const struct path *p, u32 flags, int acc, bool created, struct file **out)
{
	struct inode *i = p->dentry->inode;
	bool cut = (flags & O_TRUNC) && S_ISREG(i->mode) && !created;
	int err;

	if ((flags & O_CREAT) && !created && S_ISDIR(i->mode))
		return -EISDIR;
	if ((flags & O_DIRECTORY) && !(flags & __O_TMPFILE) && !S_ISDIR(i->mode))
		return -ENOTDIR;
	if (flags & O_PATH)
		return open_checked(p, flags, out);
	if (cut && (err = mount_want_write(p->mnt)))
		return err;
	if ((err = may_open(p, created ? 0 : acc, flags)) || (err = open_checked(p, flags, out)))
		return err;
	if (!cut)
		return 0;
	if (!(err = inode_get_write(i))) {
		err = do_truncate(i, 0, true);
		inode_put_write(i);
		if (!err)
			notify_dentry(p->dentry, IN_MODIFY);
	}
	if (err) {
		file_put(*out);
		*out = NULL;
	}
	return err;
}

int path_open(const struct path *p, u32 flags, bool created, struct file **out)
{
	return path_open_access(p, flags, open_access(flags), created, out);
}

/* ---- O_CREAT ------------------------------------------------------------------------------------- */

/* The last component exists, or nothing can be created in its place: opens what is there. */
static int open_existing(struct walk *w, struct dentry *d, u32 flags, struct file **out)
{
	struct path p = { w->mnt, d };
	int err;

	mount_get(p.mnt);
	err = walk_cross_mounts(w, &p);
	if (!err)
		err = flags & O_EXCL ? -EEXIST : path_open(&p, flags, false, out);
	path_put(&p);
	return err;
}

/* One look at the last component under the directory's lock: creates it, opens it, or hands back a link. */
static int open_or_create(struct walk *w, u32 flags, umode_t mode, struct dentry **link, struct file **out)
{
	struct inode *dir = w->dentry->inode;
	struct dentry *d;
	int err;

	*link = NULL;
	down_write(&dir->rwsem);
	err = dentry_lookup_locked(w->dentry, &w->last, &d);
	if (!err && !d->inode) {
		if (!(err = mount_want_write(w->mnt)))
			err = vfs_create(dir, d, mode_for_create(dir, mode & 07777));
		up_write(&dir->rwsem);
		if (!err)
			err = path_open(&(struct path){ w->mnt, d }, flags & ~O_TRUNC, true, out);
		dentry_put(d);
		return err;
	}
	up_write(&dir->rwsem);
	if (err)
		return err;
	if (S_ISLNK(d->inode->mode) && (w->flags & LOOKUP_FOLLOW)) {
		*link = d;
		return 0;
	}
	return open_existing(w, d, flags, out);
}

static int open_create(int dfd, const char *path, u32 flags, umode_t mode, unsigned lookup, struct file **out)
{
	struct walk w __cleanup(walk_end);
	struct dentry *link;
	int err = walk_start_parent(&w, dfd, path, lookup);

	while (!err) {
		if (w.last_type != LAST_NORM) { /* a directory, or where a magic link led */
			dentry_get(w.dentry);
			return open_existing(&w, w.dentry, flags, out);
		}
		if (w.last.name[w.last.len])
			return -EISDIR;
		err = open_or_create(&w, flags, mode, &link, out);
		if (err || !link)
			return err;
		err = walk_follow_last(&w, link);
	}
	return err;
}

static int open_tmpfile(int dfd, const char *path, u32 flags, umode_t mode, unsigned lookup,
			struct file **out)
{
	struct path dir __cleanup(path_putp) = { NULL, NULL };
	struct path p;
	struct inode *inode;
	char name[24];
	int err;

	if ((err = path_lookup(dfd, path, lookup | LOOKUP_DIRECTORY, &dir)))
		return err;
	if ((err = mount_want_write(dir.mnt)) ||
	    (err = inode_permission(dir.dentry->inode, MAY_WRITE | MAY_EXEC)))
		return err;
	if (!dir.dentry->inode->ops->tmpfile)
		return -EOPNOTSUPP;
	mode = mode_for_create(dir.dentry->inode, mode & 07777);
	if ((err = dir.dentry->inode->ops->tmpfile(dir.dentry->inode, S_IFREG | mode, &inode)))
		return err;
	scnprintf(name, sizeof(name), "#%lu", inode->ino);
	if ((err = dentry_alloc_unlinked(dir.dentry, name, inode, &p.dentry))) {
		inode_put(inode);
		return err;
	}
	if (!(flags & O_EXCL))
		atomic_or(&inode->flags, INODE_LINKABLE);
	p.mnt = dir.mnt;
	err = path_open(&p, flags & ~(u32)(O_TRUNC | O_CREAT), true, out);
	dentry_put(p.dentry);
	return err;
}

/* ---- the doors ----------------------------------------------------------------------------------- */

static int open_by_path(int dfd, const char *path, const struct open_how_k *how, struct file **out)
{
	u32 flags = (u32)how->flags;
	unsigned lookup = how->lookup;
	struct path p;
	int err;

	if (!*path)
		return -ENOENT;
	if (!(flags & O_NOFOLLOW))
		lookup |= LOOKUP_FOLLOW;
	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	if (flags & __O_TMPFILE)
		return open_tmpfile(dfd, path, flags, how->mode, lookup, out);
	if (flags & O_CREAT) {
		if (flags & O_EXCL)
			lookup &= ~LOOKUP_FOLLOW;
		/* Mostly the file exists: then nothing needs to be locked. */
		if ((flags & O_EXCL) || path[strlen(path) - 1] == '/' || path_lookup(dfd, path, lookup, &p))
			return open_create(dfd, path, flags, how->mode, lookup, out);
	} else if ((err = path_lookup(dfd, path, lookup, &p))) {
		return err;
	}
	err = path_open(&p, flags, false, out);
	path_put(&p);
	return err;
}

int do_filp_open(int dfd, const char *path, const struct open_how_k *how, struct file **out)
{
	int err = open_by_path(dfd, path, how, out);

	if (!err && !((*out)->mode & FMODE_PATH))
		notify_file(*out, IN_OPEN);
	return err;
}

int file_open(int dfd, const char *path, int flags, umode_t mode, struct file **out)
{
	const struct open_how_k how = { .flags = (u32)flags | O_LARGEFILE, .mode = mode };

	return do_filp_open(dfd, path, &how, out);
}

/*
 * For execve(2): search and execute permission, a regular file, not on a noexec mount, and nobody writes
 * it.
 */
int file_open_exec(int dfd, const char *path, int at_flags, struct file **out)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	unsigned lookup = at_flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct file *f __cleanup(file_putp) = NULL;
	int err;

	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (at_flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	if ((err = path_lookup(dfd, path, lookup, &p)) || (err = may_open(&p, MAY_EXEC, 0)))
		return err;
	if (!S_ISREG(p.dentry->inode->mode))
		return -EACCES;
	if ((err = open_checked(&p, O_RDONLY | O_LARGEFILE, &f)))
		return err;
	if ((err = inode_deny_write(f->inode)))
		return err;
	f->mode |= FMODE_EXEC;
	notify_file(f, IN_OPEN);
	*out = f;
	f = NULL;
	return 0;
}

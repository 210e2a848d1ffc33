// SPDX-License-Identifier: MIT
/*
 * Calls that add or remove names: mkdir, mknod, symlink, link, unlink, rmdir (2).  Order of checks as in
 * Linux 6.1's fs/namei.c: the walk to the parent, the kind of the last component (EEXIST, EBUSY,
 * ENOTEMPTY, EISDIR …), EROFS, existence, then permission on the directory, then the file system.
 * The directory's rwsem is held for writing from the look-up of the last component to the end.
 */
#include "kernel/fs/internal.h"

#include "kernel/fs/fd.h"
#include "kernel/fs/inotify.h"
#include "kernel/fs/pipe.h"
#include <linux/mount.h>

umode_t mode_for_create(const struct inode *dir, umode_t mode)
{
	return mode & ~current_fs()->umask;
}

/* Permission to add a name; the directory may have been removed meanwhile. */
int may_create(struct inode *dir)
{
	if (!dir->nlink)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* Permission to remove victim from dir: sticky directories, kinds, mount points (unlink(2), rmdir(2)). */
int may_delete(struct inode *dir, struct dentry *victim, bool isdir)
{
	struct inode *i = victim->inode;
	int err = inode_permission(dir, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if ((dir->mode & S_ISVTX) && current->cred->fsuid != i->uid && current->cred->fsuid != dir->uid &&
	    !capable(CAP_FOWNER))
		return -EPERM;
	if (isdir) {
		if (!S_ISDIR(i->mode))
			return -ENOTDIR;
		if (victim == victim->sb->root)
			return -EBUSY;
	} else if (S_ISDIR(i->mode)) {
		return -EISDIR;
	}
	if (!dir->nlink)
		return -ENOENT;
	return 0;
}

int vfs_create(struct inode *dir, struct dentry *d, umode_t mode)
{
	int err = may_create(dir);

	if (err)
		return err;
	if (!dir->ops->create)
		return -EACCES;
	if ((err = dir->ops->create(dir, d, S_IFREG | mode)))
		return err;
	dentry_hash(d);
	notify_created(dir, d);
	return 0;
}

/* ---- a new name ---------------------------------------------------------------------------------- */

/* The place of a name that is to be made: parent locked, dentry negative. */
struct new_name {
	struct walk walk;
	struct inode *dir;
	struct dentry *dentry;
};

static void new_name_end(struct new_name *n) __no_lock_analysis /* n->dir says what is locked */
{
	if (n->dentry)
		dentry_put(n->dentry);
	if (n->dir)
		up_write(&n->dir->rwsem);
	walk_end(&n->walk);
}

static int new_name_begin(struct new_name *n, int dfd, const char *path, bool isdir) __no_lock_analysis
{
	struct walk *w = &n->walk;
	int err, ro;

	n->dir = NULL;
	n->dentry = NULL;
	if ((err = walk_start_parent(w, dfd, path, 0)))
		return err;
	if (w->last_type != LAST_NORM)
		return -EEXIST;
	ro = mount_want_write(w->mnt);
	n->dir = w->dentry->inode;
	down_write(&n->dir->rwsem);
	if ((err = dentry_lookup_locked(w->dentry, &w->last, &n->dentry)))
		return err;
	if (n->dentry->inode)
		return -EEXIST;
	/* mkdir("new/") is fine, a link or node called "new/" is not. */
	if (!isdir && w->last.name[w->last.len])
		return -ENOENT;
	return ro;
}

int do_mkdirat(int dfd, const char *path, umode_t mode)
{
	struct new_name n __cleanup(new_name_end);
	int err;

	if ((err = new_name_begin(&n, dfd, path, true)))
		return err;
	mode = mode_for_create(n.dir, mode & 01777);
	if ((err = may_create(n.dir)))
		return err;
	if (!n.dir->ops->mkdir)
		return -EPERM;
	if ((err = n.dir->ops->mkdir(n.dir, n.dentry, S_IFDIR | mode)))
		return err;
	dentry_hash(n.dentry);
	notify_created(n.dir, n.dentry);
	return 0;
}

int do_mknodat(int dfd, struct path_name path, umode_t mode, dev_t dev)
{
	struct new_name n __cleanup(new_name_end);
	umode_t type = mode & S_IFMT;
	int err;

	n.dir = NULL;
	n.dentry = NULL;
	n.walk = (struct walk){ .stack = n.walk.inline_stack };
	if (type == S_IFDIR)
		return -EPERM;
	if (type && type != S_IFREG && type != S_IFCHR && type != S_IFBLK && type != S_IFIFO &&
	    type != S_IFSOCK)
		return -EINVAL;
	if ((err = path.err) || (err = new_name_begin(&n, dfd, path.text, false)))
		return err;
	mode = mode_for_create(n.dir, mode & 07777);
	if (!type || type == S_IFREG)
		return vfs_create(n.dir, n.dentry, mode);
	if ((err = may_create(n.dir)))
		return err;
	/* 0:0 is overlayfs's whiteout, which anybody may make. */
	if ((type == S_IFCHR || type == S_IFBLK) && !(type == S_IFCHR && !dev) && !capable(CAP_MKNOD))
		return -EPERM;
	if (!n.dir->ops->mknod)
		return -EPERM;
	if ((err = n.dir->ops->mknod(n.dir, n.dentry, type | mode, dev)))
		return err;
	dentry_hash(n.dentry);
	notify_created(n.dir, n.dentry);
	return 0;
}

int do_mksock(const char *path, umode_t mode, bool only_check, struct path *out)
{
	struct new_name n __cleanup(new_name_end);
	int err;

	if ((err = new_name_begin(&n, AT_FDCWD, path, false)))
		return err;
	if ((err = may_create(n.dir)))
		return err;
	if (!n.dir->ops->mknod)
		return -EPERM;
	if (only_check)
		return 0;
	mode = S_IFSOCK | mode_for_create(n.dir, mode & 07777);
	if ((err = n.dir->ops->mknod(n.dir, n.dentry, mode, 0)))
		return err;
	dentry_hash(n.dentry);
	notify_created(n.dir, n.dentry);
	*out = (struct path){ n.walk.mnt, n.dentry };
	path_get(out);
	return 0;
}

int do_symlinkat(const char *target, int dfd, const char *path)
{
	struct new_name n __cleanup(new_name_end);
	int err;

	if ((err = new_name_begin(&n, dfd, path, false)))
		return err;
	if ((err = may_create(n.dir)))
		return err;
	if (!n.dir->ops->symlink)
		return -EPERM;
	if ((err = n.dir->ops->symlink(n.dir, n.dentry, target)))
		return err;
	dentry_hash(n.dentry);
	notify_created(n.dir, n.dentry);
	return 0;
}

/*
 * fs.protected_hardlinks, which Debian sets: a name for somebody else's file is given only when it could be
 * read and written anyway and has no special rights (Linux's may_linkat()).
 */
static int may_link(struct inode *i)
{
	umode_t special = i->mode & (S_ISGID | S_IXGRP);

	if (inode_owner_or_capable(i))
		return 0;
	if (!S_ISREG(i->mode) || (i->mode & S_ISUID) || special == (S_ISGID | S_IXGRP) ||
	    inode_permission(i, MAY_READ | MAY_WRITE))
		return -EPERM;
	return 0;
}

/* A file without a name may get one only when O_TMPFILE made it and O_EXCL did not forbid it (open(2)). */
static int link_vfs(struct path *old, struct new_name *n)
{
	struct inode *i = old->dentry->inode;
	int err = may_link(i);

	if (err || (err = may_create(n->dir)))
		return err;
	if (old->mnt->sb != n->walk.mnt->sb)
		return -EXDEV;
	if (!n->dir->ops->link || S_ISDIR(i->mode))
		return -EPERM;
	if (!i->nlink && !(READ_ONCE(i->flags) & INODE_LINKABLE))
		return -ENOENT;
	if ((err = n->dir->ops->link(old->dentry, n->dir, n->dentry)))
		return err;
	atomic_and(&i->flags, ~(u32)INODE_LINKABLE);
	dentry_hash(n->dentry);
	notify_links(i);
	notify_created(n->dir, n->dentry);
	return 0;
}

int do_linkat(int odfd, struct path_name oldp, int ndfd, struct path_name newp, int flags)
{
	struct path old __cleanup(path_putp) = { NULL, NULL };
	struct new_name n __cleanup(new_name_end);
	unsigned lookup = 0;
	int err;

	n.dir = NULL;
	n.dentry = NULL;
	n.walk = (struct walk){ .stack = n.walk.inline_stack };
	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!capable(CAP_DAC_READ_SEARCH))
			return -ENOENT;
		lookup |= LOOKUP_EMPTY;
	}
	if (flags & AT_SYMLINK_FOLLOW)
		lookup |= LOOKUP_FOLLOW;
	if ((err = oldp.err) || (err = path_lookup(odfd, oldp.text, lookup, &old)))
		return err;
	if ((err = newp.err) || (err = new_name_begin(&n, ndfd, newp.text, false)))
		return err;
	if (old.mnt != n.walk.mnt)
		return -EXDEV;
	return link_vfs(&old, &n);
}

/* ---- a name less --------------------------------------------------------------------------------- */

struct old_name {
	struct walk walk;
	struct inode *dir; /* locked */
	struct dentry *dentry; /* positive */
	struct inode *inode; /* kept until the directory is unlocked: its pages go without the lock */
};

static void old_name_end(struct old_name *n) __no_lock_analysis /* n->dir says what is locked */
{
	if (n->dir)
		up_write(&n->dir->rwsem);
	if (n->dentry)
		dentry_put(n->dentry);
	if (n->inode)
		inode_put(n->inode);
	walk_end(&n->walk);
}

static int old_name_find(struct old_name *n, bool isdir) __no_lock_analysis
{
	struct walk *w = &n->walk;
	int ro = mount_want_write(w->mnt), err;

	if (ro)
		return ro;
	n->dir = w->dentry->inode;
	down_write(&n->dir->rwsem);
	if ((err = dentry_lookup_locked(w->dentry, &w->last, &n->dentry)))
		return err;
	if (!n->dentry->inode)
		return -ENOENT;
	n->inode = n->dentry->inode;
	inode_get(n->inode);
	/* unlink("x/"): the slash says that x is a directory */
	if (!isdir && w->last.name[w->last.len])
		return S_ISDIR(n->inode->mode) ? -EISDIR : -ENOTDIR;
	return 0;
}

static void old_name_begin(struct old_name *n)
{
	n->dir = NULL;
	n->dentry = NULL;
	n->inode = NULL;
}

int do_unlinkat(int dfd, const char *path)
{
	struct old_name n __cleanup(old_name_end);
	int err;

	old_name_begin(&n);
	if ((err = walk_start_parent(&n.walk, dfd, path, 0)))
		return err;
	if (n.walk.last_type != LAST_NORM)
		return -EISDIR;
	if ((err = old_name_find(&n, false)))
		return err;
	if ((err = may_delete(n.dir, n.dentry, false)))
		return err;
	if (!n.dir->ops->unlink)
		return -EPERM;
	if (READ_ONCE(n.dentry->flags) & DENTRY_MOUNTPOINT)
		return -EBUSY;
	if ((err = n.dir->ops->unlink(n.dir, n.dentry)))
		return err;
	dentry_unlink(n.dentry);
	notify_links(n.inode);
	notify_removed(n.dir, n.dentry);
	return 0;
}

int do_rmdirat(int dfd, const char *path)
{
	struct old_name n __cleanup(old_name_end);
	int err;

	old_name_begin(&n);
	if ((err = walk_start_parent(&n.walk, dfd, path, 0)))
		return err;
	switch (n.walk.last_type) {
	case LAST_DOTDOT:
		return -ENOTEMPTY;
	case LAST_DOT:
		return -EINVAL;
	case LAST_ROOT:
		return -EBUSY;
	}
	if ((err = old_name_find(&n, true)))
		return err;
	if ((err = may_delete(n.dir, n.dentry, true)))
		return err;
	if (!n.dir->ops->rmdir)
		return -EPERM;

	guard(write)(&n.inode->rwsem); /* nobody creates in it any more */
	if (READ_ONCE(n.dentry->flags) & DENTRY_MOUNTPOINT)
		return -EBUSY;
	if ((err = n.dir->ops->rmdir(n.dir, n.dentry)))
		return err;
	dentry_unlink(n.dentry);
	notify_removed(n.dir, n.dentry);
	return 0;
}

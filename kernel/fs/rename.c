// SPDX-License-Identifier: MIT
/*
 * rename(2), renameat2(2).  Locks: two directories are locked ancestor first under the super block's
 * rename_lock (which keeps the tree's shape), the victim directory after them; unrelated directories and
 * victims by address.  The names themselves change inside a walk_seq write section.
 */
#include "kernel/fs/internal.h"

#include "kernel/fs/inotify.h"
#include <linux/fs.h>
#include <linux/mount.h>

struct renaming {
	struct walk from, to;
	struct dentry *old, *new, *whiteout;
	struct inode *victim; /* what the name pointed at, released after the locks */
	bool locked, cross;
	unsigned flags;
};

static void renaming_end(struct renaming *r) __no_lock_analysis /* r says what is locked */
{
	if (r->locked) {
		up_write(&r->from.dentry->inode->rwsem);
		if (r->cross) {
			up_write(&r->to.dentry->inode->rwsem);
			mutex_unlock(&r->from.mnt->sb->rename_lock);
		}
	}
	if (r->old)
		dentry_put(r->old);
	if (r->new)
		dentry_put(r->new);
	if (r->whiteout)
		dentry_put(r->whiteout);
	if (r->victim)
		inode_put(r->victim);
	walk_end(&r->to);
	walk_end(&r->from);
}

/* Locks both directories; *trap is the child through which one contains the other, if it does. */
static void renaming_lock(struct renaming *r, struct dentry **trap_old,
			  struct dentry **trap_new) __no_lock_analysis
{
	struct dentry *a = r->from.dentry, *b = r->to.dentry, *d;

	*trap_old = *trap_new = NULL;
	r->locked = true;
	r->cross = a != b;
	if (!r->cross) {
		down_write(&a->inode->rwsem);
		return;
	}
	mutex_lock(&r->from.mnt->sb->rename_lock);
	for (d = b; d != d->parent && d->parent != a; d = d->parent)
		;
	if (d != d->parent) { /* the new parent is below the old one, through d */
		*trap_old = d;
		down_write(&a->inode->rwsem);
		down_write(&b->inode->rwsem);
		return;
	}
	for (d = a; d != d->parent && d->parent != b; d = d->parent)
		;
	if (d != d->parent) {
		*trap_new = d;
		down_write(&b->inode->rwsem);
		down_write(&a->inode->rwsem);
		return;
	}
	if (a->inode > b->inode)
		swap(a, b);
	down_write(&a->inode->rwsem);
	down_write(&b->inode->rwsem);
}

static bool trailing_slash(const struct walk *w)
{
	return w->last.name[w->last.len];
}

static int find_both(struct renaming *r)
{
	struct dentry *trap_old, *trap_new;
	int err;

	renaming_lock(r, &trap_old, &trap_new);
	if ((err = dentry_lookup_locked(r->from.dentry, &r->from.last, &r->old)))
		return err;
	if (!r->old->inode)
		return -ENOENT;
	if ((err = dentry_lookup_locked(r->to.dentry, &r->to.last, &r->new)))
		return err;
	if ((r->flags & RENAME_NOREPLACE) && r->new->inode)
		return -EEXIST;
	if (r->flags & RENAME_EXCHANGE) {
		if (!r->new->inode)
			return -ENOENT;
		if (!S_ISDIR(r->new->inode->mode) && trailing_slash(&r->to))
			return -ENOTDIR;
	}
	if (!S_ISDIR(r->old->inode->mode)) {
		if (trailing_slash(&r->from))
			return -ENOTDIR;
		if (!(r->flags & RENAME_EXCHANGE) && trailing_slash(&r->to))
			return -ENOTDIR;
	}
	if (r->old == trap_old) /* a directory into itself */
		return -EINVAL;
	if (r->new == trap_new)
		return r->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int check_permission(struct renaming *r) __no_lock_analysis /* the victim, if it is a directory */
{
	struct inode *from = r->from.dentry->inode, *to = r->to.dentry->inode, *target = r->new->inode;
	bool dir = S_ISDIR(r->old->inode->mode);
	int err = may_delete(from, r->old, dir);

	if (err)
		return err;
	if (!target)
		err = may_create(to);
	else if (r->flags & RENAME_EXCHANGE)
		err = may_delete(to, r->new, S_ISDIR(target->mode));
	else
		err = may_delete(to, r->new, dir);
	if (err)
		return err;
	if (!from->ops->rename)
		return -EPERM;
	/* ".." of a directory that moves is written to. */
	if (from != to && dir && (err = inode_permission(r->old->inode, MAY_WRITE)))
		return err;
	if (from != to && (r->flags & RENAME_EXCHANGE) && S_ISDIR(target->mode) &&
	    (err = inode_permission(target, MAY_WRITE)))
		return err;
	if ((r->old->flags | r->new->flags) & DENTRY_MOUNTPOINT)
		return -EBUSY;
	return 0;
}

/* Everything is allowed: asks the file system, then moves the names. */
static int commit(struct renaming *r) __no_lock_analysis /* the victim, if it is a directory */
{
	struct inode *from = r->from.dentry->inode, *to = r->to.dentry->inode, *target = r->new->inode;
	bool exchange = r->flags & RENAME_EXCHANGE;
	char *names[2];
	int err;

	if ((r->flags & RENAME_WHITEOUT) && (err = dentry_alloc_twin(r->old, &r->whiteout)))
		return err;
	if ((err = dentry_move_prepare(r->old, r->new, exchange, names)))
		return err;
	if (target) {
		inode_get(target);
		r->victim = target;
		if (!exchange && S_ISDIR(target->mode))
			down_write(&target->rwsem);
	}
	err = from->ops->rename(from, r->old, to, r->new, r->whiteout, r->flags);
	if (!err) {
		if (!exchange && target)
			dentry_unlink(r->new);
		else if (!exchange)
			dentry_drop(r->new); /* a cached "no such name" */
		walk_write_begin();
		dentry_move(r->old, r->new, exchange, r->whiteout, names);
		walk_write_end();
		if (!exchange && r->cross)
			dentry_put(r->from.dentry); /* its old parent's reference: the walk still has one */
		notify_renamed(from, &r->from.last, to, &r->to.last, r->old->inode, exchange ? NULL : target);
		if (exchange)
			notify_renamed(to, &r->to.last, from, &r->from.last, target, NULL);
	}
	if (target && !exchange && S_ISDIR(target->mode))
		up_write(&target->rwsem);
	dentry_move_names_free(names);
	return err;
}

int do_renameat2(int odfd, struct path_name old, int ndfd, struct path_name new, unsigned flags)
{
	struct renaming r __cleanup(renaming_end) = { .flags = flags };
	int err;

	r.from.stack = r.from.inline_stack;
	r.to.stack = r.to.inline_stack;
	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if ((flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) && (flags & RENAME_EXCHANGE))
		return -EINVAL;
	if ((err = old.err) || (err = walk_start_parent(&r.from, odfd, old.text, 0)) || (err = new.err) ||
	    (err = walk_start_parent(&r.to, ndfd, new.text, 0)))
		return err;
	if (r.from.mnt != r.to.mnt)
		return -EXDEV;
	if (r.from.last_type != LAST_NORM)
		return -EBUSY;
	if (r.to.last_type != LAST_NORM)
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if ((err = mount_want_write(r.from.mnt)))
		return err;
	if ((err = find_both(&r)))
		return err;
	if (r.old->inode == r.new->inode) /* two names of one file: nothing happens */
		return 0;
	if ((err = check_permission(&r)))
		return err;
	return commit(&r);
}

// SPDX-License-Identifier: MIT
/*
 * Directories of tmpfs.  The dcache is the directory: an entry exists exactly when it is hashed there.
 * Beside it each directory keeps its entries in a tree by a number that only grows, newest first when
 * read, so that a position survives additions and removals, and creating and removing is O(log n).
 * Lock: dir->rwsem.
 */
#include "kernel/fs/tmpfs/tmpfs.h"

#include "kernel/base/string.h"
#include "kernel/mm/slab.h"
#include <linux/fs.h>

/* Positions: 0 is ".", 1 "..", 2 the start of the entries, whose own numbers begin behind that. */

void tmpfs_dir_add(struct inode *dir, struct dentry *d)
{
	struct tmpfs_dir *t = dir->private;
	struct rb_node *parent = NULL, **link = &t->entries.node;

	d->dir_off = ++t->last_off;
	while (*link) { /* always the highest */
		parent = *link;
		link = &parent->right;
	}
	rb_link_node(&d->dir_node, parent, link);
	rb_insert_fixup(&d->dir_node, &t->entries);
	dir->size += TMPFS_DIRENT_SIZE;
}

void tmpfs_dir_remove(struct inode *dir, struct dentry *d)
{
	struct tmpfs_dir *t = dir->private;

	rb_erase(&d->dir_node, &t->entries);
	dir->size -= TMPFS_DIRENT_SIZE;
}

/* The entry with the highest number below `off`; any when off is 2. */
static struct dentry *entry_below(const struct tmpfs_dir *t, u64 off)
{
	struct rb_node *n = t->entries.node;
	struct dentry *best = NULL;

	if (off == 2)
		off = ~0UL;
	while (n) {
		struct dentry *d = rb_entry(n, struct dentry, dir_node);

		if (d->dir_off < off) {
			best = d;
			n = n->right;
		} else {
			n = n->left;
		}
	}
	return best;
}

static int dir_iterate(struct file *f, struct dir_ctx *ctx)
{
	struct dentry *d;

	if (!dir_emit_dots(f, ctx))
		return 0;
	d = entry_below(f->inode->private, (u64)ctx->pos);
	while (d) {
		struct rb_node *prev = rb_prev(&d->dir_node);

		if (!ctx->emit(ctx, d->name.name, d->name.len, d->inode->ino,
			       fs_umode_to_dtype(d->inode->mode)))
			return 0;
		ctx->pos = (loff_t)d->dir_off;
		d = prev ? rb_entry(prev, struct dentry, dir_node) : NULL;
	}
	return 0;
}

/* ---- names --------------------------------------------------------------------------------------------- */

/* Everything that can fail is done: the new inode gets its name. */
static void add_name(struct inode *dir, struct dentry *d, struct inode *i) __must_hold(&dir->rwsem)
{
	tmpfs_dir_add(dir, d);
	inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
	dentry_instantiate(d, i);
}

static int dir_mknod(struct inode *dir, struct dentry *d, umode_t mode, dev_t dev) __must_hold(&dir->rwsem)
{
	struct inode *i;
	int err = tmpfs_inode_create(dir->sb, dir, mode, dev, &i);

	if (!err)
		add_name(dir, d, i);
	return err;
}

static int dir_create(struct inode *dir, struct dentry *d, umode_t mode) __must_hold(&dir->rwsem)
{
	return dir_mknod(dir, d, mode, 0);
}

static int dir_mkdir(struct inode *dir, struct dentry *d, umode_t mode) __must_hold(&dir->rwsem)
{
	int err = dir_mknod(dir, d, mode, 0);

	if (!err)
		dir->nlink++;
	return err;
}

static int dir_symlink(struct inode *dir, struct dentry *d, const char *target) __must_hold(&dir->rwsem)
{
	char *text = kstrdup(target);
	struct inode *i;
	int err;

	if (!text)
		return -ENOMEM;
	if ((err = tmpfs_inode_create(dir->sb, dir, S_IFLNK | 0777, 0, &i))) {
		kfree(text);
		return err;
	}
	i->link = text;
	WRITE_ONCE(i->size, strlen(text));
	add_name(dir, d, i);
	return 0;
}

static int dir_link(struct dentry *old, struct inode *dir, struct dentry *d) __must_hold(&dir->rwsem)
{
	struct inode *i = old->inode;
	struct tmpfs *t = tmpfs_of(dir->sb);

	/* A further name costs as much of nr_inodes as a file does (Linux: so that names are bounded). */
	if (i->nlink) {
		if (atomic_add(&t->used_inodes, 1) > t->max_inodes && t->max_inodes) {
			atomic_sub(&t->used_inodes, 1);
			return -ENOSPC;
		}
	}
	atomic_add(&i->nlink, 1);
	inode_touch(i, ATTR_CTIME);
	inode_get(i);
	add_name(dir, d, i);
	return 0;
}

static void drop_name(struct inode *dir, struct dentry *d) __must_hold(&dir->rwsem)
{
	struct inode *i = d->inode;

	tmpfs_dir_remove(dir, d);
	/* Each further name counts as an inode; another directory may lose one at the same time. */
	if (atomic_sub(&i->nlink, 1) && !S_ISDIR(i->mode))
		atomic_sub(&tmpfs_of(dir->sb)->used_inodes, 1);
	inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
	inode_touch(i, ATTR_CTIME);
}

static int dir_unlink(struct inode *dir, struct dentry *d) __must_hold(&dir->rwsem)
{
	drop_name(dir, d);
	return 0;
}

static bool is_empty(const struct inode *i)
{
	return !((struct tmpfs_dir *)i->private)->entries.node;
}

static int dir_rmdir(struct inode *dir, struct dentry *d) __must_hold(&dir->rwsem)
{
	if (!is_empty(d->inode))
		return -ENOTEMPTY;
	atomic_sub(&d->inode->nlink, 1); /* its own "." */
	dir->nlink--; /* and its ".." */
	drop_name(dir, d);
	return 0;
}

static void exchange_entries(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			     struct dentry *new) __must_hold(&old_dir->rwsem, &new_dir->rwsem)
{
	if (old_dir == new_dir)
		return; /* each keeps its number; only the names change places */
	tmpfs_dir_remove(old_dir, old);
	tmpfs_dir_remove(new_dir, new);
	tmpfs_dir_add(new_dir, old);
	tmpfs_dir_add(old_dir, new);
}

static int dir_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
		      struct dentry *whiteout, unsigned flags) __must_hold(&old_dir->rwsem, &new_dir->rwsem)
{
	bool dir = S_ISDIR(old->inode->mode), new_is_dir = new->inode &&S_ISDIR(new->inode->mode);
	int err;

	if (flags & RENAME_EXCHANGE) {
		exchange_entries(old_dir, old, new_dir, new);
		if (dir != new_is_dir && old_dir != new_dir) {
			old_dir->nlink += new_is_dir ? 1 : -1u;
			new_dir->nlink += dir ? 1 : -1u;
		}
	} else {
		if (new_is_dir && !is_empty(new->inode))
			return -ENOTEMPTY;
		if (whiteout && (err = dir_mknod(old_dir, whiteout, S_IFCHR, 0)))
			return err;
		if (new_is_dir) {
			atomic_sub(&new->inode->nlink, 1);
			new_dir->nlink--;
		}
		if (new->inode)
			drop_name(new_dir, new);
		if (dir) {
			old_dir->nlink--;
			new_dir->nlink++;
		}
		tmpfs_dir_remove(old_dir, old);
		tmpfs_dir_add(new_dir, old);
	}
	inode_touch(old_dir, ATTR_MTIME | ATTR_CTIME);
	inode_touch(new_dir, ATTR_MTIME | ATTR_CTIME);
	inode_touch(old->inode, ATTR_CTIME);
	if ((flags & RENAME_EXCHANGE))
		inode_touch(new->inode, ATTR_CTIME);
	return 0;
}

static int dir_tmpfile(struct inode *dir, umode_t mode, struct inode **out)
{
	int err = tmpfs_inode_create(dir->sb, dir, mode, 0, out);

	if (!err)
		(*out)->nlink = 0;
	return err;
}

const struct inode_ops tmpfs_dir_inode_ops = {
	.create = dir_create,
	.mkdir = dir_mkdir,
	.mknod = dir_mknod,
	.symlink = dir_symlink,
	.link = dir_link,
	.unlink = dir_unlink,
	.rmdir = dir_rmdir,
	.rename = dir_rename,
	.tmpfile = dir_tmpfile,
};
const struct inode_ops tmpfs_other_inode_ops;

const struct file_ops tmpfs_dir_ops = {
	.llseek = dir_llseek,
	.plain = FMODE_READ,
	.iterate = dir_iterate,
	.fsync = noop_fsync,
};

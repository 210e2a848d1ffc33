// SPDX-License-Identifier: MIT
/*
 * devtmpfs: one tmpfs that the kernel fills with the nodes of its devices.  It exists from boot on,
 * whether somebody mounts it or not; user space may change it like any tmpfs.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/fs/tmpfs/tmpfs.h"

static struct mount *dev_mount;

static int devtmpfs_mount(struct super *sb, const char *source, const char *data)
{
	const struct tmpfs t = {
		.max_blocks = page_total_count() / 2,
		.max_inodes = page_total_count() / 2,
		.mode = 0755,
	};

	return tmpfs_fill(sb, &t);
}

static struct fs_type devtmpfs_type = {
	.name = "devtmpfs", .nodev = true, .single = true, .mount = devtmpfs_mount
};

/* The entry `name` of dir; made a directory when it is not there and mkdir is set.  *out is referenced. */
static int dev_entry(struct dentry *dir, const char *name, size_t len, bool mkdir, struct dentry **out)
{
	const struct qstr q = { name, (u32)len, dentry_hash_name(dir, name, len) };
	struct inode *i = dir->inode;
	int err = dentry_lookup_locked(dir, &q, out);

	if (err || (*out)->inode || !mkdir)
		return err;
	if (!(err = i->ops->mkdir(i, *out, S_IFDIR | 0755))) {
		(*out)->inode->uid = (*out)->inode->gid = 0;
		dentry_hash(*out);
		return 0;
	}
	dentry_put(*out);
	return err;
}

/* The directory that holds the last component of name, with a reference; *last is that component. */
static int dev_parent(const char *name, bool mkdir, struct dentry **out, const char **last)
{
	struct dentry *dir = dev_mount->root, *next;
	const char *slash;

	dentry_get(dir);
	while ((slash = strchr(name, '/'))) {
		int err;

		down_write(&dir->inode->rwsem);
		err = dev_entry(dir, name, (size_t)(slash - name), mkdir, &next);
		up_write(&dir->inode->rwsem);
		dentry_put(dir);
		if (err)
			return err;
		dir = next;
		if (!dir->inode || !S_ISDIR(dir->inode->mode)) {
			dentry_put(dir);
			return -ENOENT;
		}
		name = slash + 1;
	}
	*out = dir;
	*last = name;
	return 0;
}

int devtmpfs_create(const char *name, umode_t mode, dev_t dev)
{
	struct dentry *dir, *d;
	const char *last;
	int err;

	if ((err = dev_parent(name, true, &dir, &last)))
		return err;
	down_write(&dir->inode->rwsem);
	err = dev_entry(dir, last, strlen(last), false, &d);
	if (!err) {
		if (d->inode)
			err = -EEXIST;
		else if (!(err = dir->inode->ops->mknod(dir->inode, d, mode, dev))) {
			d->inode->uid = d->inode->gid = 0;
			dentry_hash(d);
		}
		dentry_put(d);
	}
	up_write(&dir->inode->rwsem);
	dentry_put(dir);
	return err;
}

int devtmpfs_remove(const char *name)
{
	struct dentry *dir, *d;
	const char *last;
	int err;

	if ((err = dev_parent(name, false, &dir, &last)))
		return err;
	down_write(&dir->inode->rwsem);
	err = dev_entry(dir, last, strlen(last), false, &d);
	if (!err) {
		if (!d->inode)
			err = -ENOENT;
		else if (!(err = dir->inode->ops->unlink(dir->inode, d)))
			dentry_unlink(d);
		dentry_put(d);
	}
	up_write(&dir->inode->rwsem);
	dentry_put(dir);
	return err;
}

void devtmpfs_init(void)
{
	fs_type_register(&devtmpfs_type);
	if (mount_create(&devtmpfs_type, "devtmpfs", NULL, 0, &dev_mount))
		panic("devtmpfs: no memory");
}

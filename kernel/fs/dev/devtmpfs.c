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

int devtmpfs_create(const char *name, umode_t mode, dev_t dev)
{
	struct dentry *top = dev_mount->root, *d;
	struct inode *dir = top->inode;
	const u32 len = (u32)strlen(name);
	const struct qstr q = { name, len, dentry_hash_name(top, name, len) };
	int err;

	guard(write)(&dir->rwsem);
	if ((err = dentry_lookup_locked(top, &q, &d)))
		return err;
	if (d->inode)
		err = -EEXIST;
	else if (!(err = dir->ops->mknod(dir, d, mode, dev))) {
		d->inode->uid = d->inode->gid = 0;
		dentry_hash(d);
	}
	dentry_put(d);
	return err;
}

void devtmpfs_init(void)
{
	fs_type_register(&devtmpfs_type);
	if (mount_create(&devtmpfs_type, "devtmpfs", NULL, 0, &dev_mount))
		panic("devtmpfs: no memory");
}

// SPDX-License-Identifier: MIT
/*
 * sockfs: gives sockets an inode and a name, "socket:[number]", so that fstat(2) and /proc/PID/fd have
 * something to show.  Nobody mounts it and nothing is ever looked up in it.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include <linux/magic.h>

static struct super *sockfs;
static struct mount *sockfs_mount;

int sockfs_file_create(const struct file_ops *ops, u32 flags, struct file **out)
{
	const struct timespec64 never = { 0, 0 };
	struct path path = { .mnt = sockfs_mount };
	struct inode *inode;
	char name[32];
	int err;

	if ((err = inode_create(sockfs, S_IFSOCK | 0777, &inode)))
		return err;
	/* As Linux, which never sets them. */
	WRITE_ONCE(inode->atime, never);
	WRITE_ONCE(inode->mtime, never);
	WRITE_ONCE(inode->ctime, never);
	scnprintf(name, sizeof(name), "socket:[%lu]", inode->ino);
	if ((err = dentry_alloc_named(sockfs, inode, name, &path.dentry))) {
		inode_put(inode);
		return err;
	}
	err = file_create(&path, ops, flags, out);
	dentry_put(path.dentry);
	if (!err)
		(*out)->mode |= FMODE_STREAM;
	return err;
}

static int sockfs_fill(struct super *sb, const char *source, const char *data)
{
	struct inode *root;
	int err;

	sb->magic = SOCKFS_MAGIC;
	if ((err = inode_create(sb, S_IFDIR | 0777, &root)))
		return err;
	if ((err = dentry_alloc_root(sb, root, &sb->root)))
		inode_put(root);
	sockfs = sb;
	return err;
}

static struct fs_type sockfs_type = { .name = "sockfs", .nodev = true, .mount = sockfs_fill };

static int sockfs_init(void)
{
	int err;

	fs_type_register(&sockfs_type);
	err = mount_create(&sockfs_type, NULL, NULL, 0, &sockfs_mount);
	if (err)
		panic("sockfs: %d", err);
	return 0;
}
INITCALL(INIT_FS, sockfs_init);

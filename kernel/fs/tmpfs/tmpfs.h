/* SPDX-License-Identifier: MIT */
/* What the files of tmpfs share. */
#pragma once

#include "kernel/fs/fs.h"

struct tmpfs { /* sb->private */
	u64 max_blocks; /* [const] pages; 0: no limit */
	u64 max_inodes; /* [const] 0: no limit */
	u64 used_blocks; /* [atomic] */
	u64 used_inodes; /* [atomic] */
	umode_t mode; /* [const] of the root directory */
	uid_t uid;
	gid_t gid;
};

struct tmpfs_dir { /* inode->private of a directory [rwsem] */
	struct rb_root entries; /* dentries by dir_off */
	u64 last_off; /* the highest one given out */
};

static inline struct tmpfs *tmpfs_of(const struct super *sb)
{
	return sb->private;
}

/* st_size of a directory: this much per entry (Linux's BOGO_DIRENT_SIZE). */
#define TMPFS_DIRENT_SIZE 20
#define TMPFS_MAX_SIZE    ((u64)INT64_MAX)

int __must_check tmpfs_inode_create(struct super *sb, struct inode *dir, umode_t mode, dev_t dev,
				    struct inode **out);
void tmpfs_dir_add(struct inode *dir, struct dentry *d) __must_hold(&dir->rwsem);
void tmpfs_dir_remove(struct inode *dir, struct dentry *d) __must_hold(&dir->rwsem);
/* Makes used_blocks agree with the pages the inode has now.  inode->rwsem held, or the inode is going. */
void tmpfs_account(struct inode *i);
int __must_check tmpfs_fill(struct super *sb, const struct tmpfs *template); /* for fs_type->mount */
int __must_check tmpfs_reserve(struct super *sb, u64 blocks); /* -ENOSPC */
void tmpfs_unreserve(struct super *sb, u64 blocks);

extern const struct inode_ops tmpfs_dir_inode_ops, tmpfs_file_inode_ops, tmpfs_other_inode_ops;
extern const struct file_ops tmpfs_dir_ops, tmpfs_file_ops;
/*
 * A file of the kernel-internal instance: memfd_create(2), shared anonymous memory.  Size as given, no
 * name anywhere.
 */
int __must_check tmpfs_file_create(const char *name, u64 size, u32 flags, struct file **out);

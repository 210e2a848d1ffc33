/* SPDX-License-Identifier: MIT */
/* What stat(2) tells, kernel-typed; the gates convert it to the five layouts of the two ABIs. */
#pragma once

#include "kernel/fs/fs.h"

struct kstat {
	u64 ino;
	dev_t dev, rdev;
	umode_t mode;
	u32 nlink;
	uid_t uid;
	gid_t gid;
	u64 size, blocks; /* blocks of 512 bytes */
	struct super_stat sb;
	int mnt_id;
	bool mount_root;
	struct timespec64 atime, mtime, ctime, btime;
};

/* Of a path, following as `lookup` (LOOKUP_FOLLOW, LOOKUP_EMPTY …) says.  0 or -errno of path_lookup(). */
int __must_check do_statat(int dfd, const char *path, unsigned lookup, struct kstat *st);
int __must_check do_fstat(int fd, struct kstat *st); /* -EBADF */
void path_stat(const struct path *p, struct kstat *st);
int __must_check do_statfs(const struct path *p, struct kstatfs *st);

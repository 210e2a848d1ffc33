// SPDX-License-Identifier: MIT
/*
 * sync(2), fsync(2), fdatasync(2), syncfs(2), sync_file_range(2).  All file systems here live in memory:
 * what was written is where it will ever be, and only the checks remain.
 */
#include "kernel/fs/fd.h"
#include "kernel/gate/syscall.h"
#include <linux/fs.h>

SYSCALL_DEFINE0(sync)
{
	return 0;
}

static long fsync_user(unsigned fd, bool datasync)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);

	if (!f.file)
		return -EBADF;
	return f.file->ops->fsync ? f.file->ops->fsync(f.file, datasync) : -EINVAL;
}

SYSCALL_DEFINE1(fsync, unsigned int, fd)
{
	return fsync_user(fd, false);
}

SYSCALL_DEFINE1(fdatasync, unsigned int, fd)
{
	return fsync_user(fd, true);
}

SYSCALL_DEFINE1(syncfs, int, fd)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	return f.file ? 0 : -EBADF;
}

static long sync_file_range_user(int fd, loff_t off, loff_t bytes, unsigned flags)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);
	umode_t type;

	if (!f.file)
		return -EBADF;
	if (flags &
	    ~(unsigned)(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
		return -EINVAL;
	if (off < 0 || off + bytes < off)
		return -EINVAL;
	type = f.file->inode->mode & S_IFMT;
	return type == S_IFREG || type == S_IFBLK || type == S_IFDIR || type == S_IFLNK ? 0 : -ESPIPE;
}

SYSCALL_DEFINE4(sync_file_range, int, fd, loff_t, offset, loff_t, nbytes, unsigned int, flags)
{
	return sync_file_range_user(fd, offset, nbytes, flags);
}

IA32_SYSCALL_DEFINE6(sync_file_range, int, fd, u32, offset_low, u32, offset_high, u32, nbytes_low, u32,
		     nbytes_high, unsigned int, flags)
{
	return sync_file_range_user(fd, (loff_t)((u64)offset_high << 32 | offset_low),
				    (loff_t)((u64)nbytes_high << 32 | nbytes_low), flags);
}

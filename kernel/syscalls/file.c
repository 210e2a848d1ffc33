// SPDX-License-Identifier: MIT
/* truncate(2), fallocate(2), posix_fadvise(2), readahead(2), with the split 64-bit arguments of i386. */
#include "kernel/fs/fd.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/path_arg.h"
#include <linux/fadvise.h>

static inline loff_t from_halves(u32 low, u32 high)
{
	return (loff_t)((u64)high << 32 | low);
}

static long truncate_user(const char __user *upath, loff_t size)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	int err;
	DEFINE_PATH_ARG(path);

	if (size < 0)
		return -EINVAL;
	if ((err = path_arg_get(&path, upath, false)) ||
	    (err = path_lookup(AT_FDCWD, path.text, LOOKUP_FOLLOW, &p)))
		return err;
	return path_truncate(&p, size);
}

/* Without O_LARGEFILE (an old 32-bit program) a file ends at 2 GiB. */
static long ftruncate_user(unsigned fd, loff_t size)
{
	struct fd f __cleanup(fd_release) = { NULL, false };

	if (size < 0)
		return -EINVAL;
	f = fd_borrow((int)fd);
	if (!f.file)
		return -EBADF;
	if (!(READ_ONCE(f.file->flags) & O_LARGEFILE) && size > INT32_MAX)
		return -EINVAL;
	return file_truncate(f.file, size);
}

SYSCALL_DEFINE2(truncate, const char __user *, path, long, length)
{
	return truncate_user(path, length);
}

SYSCALL_DEFINE2(ftruncate, unsigned int, fd, unsigned long, length)
{
	return ftruncate_user(fd, (loff_t)length);
}

IA32_SYSCALL_DEFINE2(truncate, const char __user *, path, int, length)
{
	return truncate_user(path, length);
}

IA32_SYSCALL_DEFINE2(ftruncate, unsigned int, fd, int, length)
{
	return ftruncate_user(fd, length);
}

IA32_SYSCALL_DEFINE3(truncate64, const char __user *, path, u32, length_low, u32, length_high)
{
	return truncate_user(path, from_halves(length_low, length_high));
}

IA32_SYSCALL_DEFINE3(ftruncate64, unsigned int, fd, u32, length_low, u32, length_high)
{
	return ftruncate_user(fd, from_halves(length_low, length_high));
}

static long fallocate_user(int fd, int mode, loff_t off, loff_t len)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	return f.file ? file_fallocate(f.file, mode, off, len) : -EBADF;
}

SYSCALL_DEFINE4(fallocate, int, fd, int, mode, loff_t, offset, loff_t, len)
{
	return fallocate_user(fd, mode, offset, len);
}

IA32_SYSCALL_DEFINE6(fallocate, int, fd, int, mode, u32, offset_low, u32, offset_high, u32, len_low, u32,
		     len_high)
{
	return fallocate_user(fd, mode, from_halves(offset_low, offset_high), from_halves(len_low, len_high));
}

/* ---- advice: memory is where all files are, so nothing is to be fetched or dropped --------------- */

static long fadvise_user(int fd, loff_t off, loff_t len, int advice)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	if (!f.file)
		return -EBADF;
	if (S_ISFIFO(f.file->inode->mode))
		return -ESPIPE;
	if (len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		return -EINVAL;
	return 0;
}

SYSCALL_DEFINE4(fadvise64, int, fd, loff_t, offset, size_t, len, int, advice)
{
	return fadvise_user(fd, offset, (loff_t)len, advice);
}

IA32_SYSCALL_DEFINE5(fadvise64, int, fd, u32, offset_low, u32, offset_high, u32, len, int, advice)
{
	return fadvise_user(fd, from_halves(offset_low, offset_high), len, advice);
}

IA32_SYSCALL_DEFINE6(fadvise64_64, int, fd, u32, offset_low, u32, offset_high, u32, len_low, u32, len_high,
		     int, advice)
{
	return fadvise_user(fd, from_halves(offset_low, offset_high), from_halves(len_low, len_high), advice);
}

static long readahead_user(int fd, loff_t count)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	if (!f.file || !(f.file->mode & FMODE_READ))
		return -EBADF;
	return !S_ISREG(f.file->inode->mode) || count < 0 ? -EINVAL : 0;
}

SYSCALL_DEFINE3(readahead, int, fd, loff_t, offset, size_t, count)
{
	return readahead_user(fd, (loff_t)count);
}

IA32_SYSCALL_DEFINE4(readahead, int, fd, u32, offset_low, u32, offset_high, u32, count)
{
	return readahead_user(fd, count);
}

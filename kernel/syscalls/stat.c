// SPDX-License-Identifier: MIT
/* stat(2), statx(2), statfs(2) in the 64-bit layouts; ia32_stat.c has the 32-bit ones. */
#include "kernel/fs/stat.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/path_arg.h"
#include "kernel/syscalls/stat.h"
#include <asm/stat.h>
#include <asm/statfs.h>

#ifndef AT_STATX_SYNC_TYPE
#define AT_STATX_SYNC_TYPE 0x6000
#endif

static int put_stat(const struct kstat *k, struct stat __user *ust)
{
	struct stat st = {
		.st_dev = dev_encode(k->dev),
		.st_ino = k->ino,
		.st_nlink = k->nlink,
		.st_mode = k->mode,
		.st_uid = k->uid,
		.st_gid = k->gid,
		.st_rdev = dev_encode(k->rdev),
		.st_size = (__kernel_long_t)k->size,
		.st_blksize = k->sb.blksize,
		.st_blocks = (__kernel_long_t)k->blocks,
		.st_atime = (__kernel_ulong_t)k->atime.sec,
		.st_atime_nsec = (__kernel_ulong_t)k->atime.nsec,
		.st_mtime = (__kernel_ulong_t)k->mtime.sec,
		.st_mtime_nsec = (__kernel_ulong_t)k->mtime.nsec,
		.st_ctime = (__kernel_ulong_t)k->ctime.sec,
		.st_ctime_nsec = (__kernel_ulong_t)k->ctime.nsec,
	};

	return copy_to_user(ust, &st, sizeof(st));
}

int user_stat(int dfd, const char __user *upath, int flags, struct kstat *k)
{
	unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	int err;
	DEFINE_PATH_ARG(path);

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE))
		return (int)refuse(EINVAL, "fstatat: unknown flags");
	if (flags & AT_EMPTY_PATH) {
		char first;

		if (dfd >= 0 && !get_user(first, upath) && !first)
			return do_fstat(dfd, k); /* what fstat(3) of today's libraries is */
		lookup |= LOOKUP_EMPTY;
	}
	if ((err = path_arg_get(&path, upath, flags & AT_EMPTY_PATH)))
		return err;
	return do_statat(dfd, path.text, lookup, k);
}

SYSCALL_DEFINE2(stat, const char __user *, filename, struct stat __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, 0, &k);

	return err ? err : put_stat(&k, statbuf);
}

SYSCALL_DEFINE2(lstat, const char __user *, filename, struct stat __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, AT_SYMLINK_NOFOLLOW, &k);

	return err ? err : put_stat(&k, statbuf);
}

SYSCALL_DEFINE2(fstat, unsigned int, fd, struct stat __user *, statbuf)
{
	struct kstat k;
	int err = do_fstat((int)fd, &k);

	return err ? err : put_stat(&k, statbuf);
}

SYSCALL_DEFINE4(newfstatat, int, dfd, const char __user *, filename, struct stat __user *, statbuf, int, flag)
{
	struct kstat k;
	int err = user_stat(dfd, filename, flag, &k);

	return err ? err : put_stat(&k, statbuf);
}

/* ---- statx(2) ------------------------------------------------------------------------------------ */

static struct statx_timestamp statx_time(const struct timespec64 *t)
{
	return (struct statx_timestamp){ .tv_sec = t->sec, .tv_nsec = (u32)t->nsec };
}

/*
 * The time of birth is told to those who ask for it, everything else always (statx(2), tmpfs in Linux
 * 6.1).
 */
static void fill_statx(const struct kstat *k, u32 mask, struct statx *x)
{
	*x = (struct statx){
		.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID | (mask & k->sb.mask),
		.stx_blksize = k->sb.blksize,
		.stx_attributes = k->mount_root ? STATX_ATTR_MOUNT_ROOT : 0,
		.stx_attributes_mask = STATX_ATTR_AUTOMOUNT | STATX_ATTR_MOUNT_ROOT | STATX_ATTR_DAX |
				       k->sb.attributes,
		.stx_nlink = k->nlink,
		.stx_uid = k->uid,
		.stx_gid = k->gid,
		.stx_mode = (u16)k->mode,
		.stx_ino = k->ino,
		.stx_size = k->size,
		.stx_blocks = k->blocks,
		.stx_atime = statx_time(&k->atime),
		.stx_ctime = statx_time(&k->ctime),
		.stx_mtime = statx_time(&k->mtime),
		.stx_rdev_major = MAJOR(k->rdev),
		.stx_rdev_minor = MINOR(k->rdev),
		.stx_dev_major = MAJOR(k->dev),
		.stx_dev_minor = MINOR(k->dev),
		.stx_mnt_id = (u64)k->mnt_id,
	};
	if (mask & k->sb.mask & STATX_BTIME)
		x->stx_btime = statx_time(&k->btime);
}

SYSCALL_DEFINE5(statx, int, dfd, const char __user *, filename, unsigned int, flags, unsigned int, mask,
		struct statx __user *, buffer)
{
	struct kstat k;
	struct statx x;
	int err;

	if (mask & STATX__RESERVED)
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if ((err = user_stat(dfd, filename, (int)flags, &k)))
		return err;
	fill_statx(&k, mask, &x);
	return copy_to_user(buffer, &x, sizeof(x));
}

/* ---- statfs(2) ----------------------------------------------------------------------------------- */

int user_statfs(const char __user *upath, struct kstatfs *k)
{
	struct path p;
	int err;
	DEFINE_PATH_ARG(path);

	if ((err = path_arg_get(&path, upath, false)) ||
	    (err = path_lookup(AT_FDCWD, path.text, LOOKUP_FOLLOW, &p)))
		return err;
	err = do_statfs(&p, k);
	path_put(&p);
	return err;
}

int user_fstatfs(unsigned fd, struct kstatfs *k)
{
	struct fd f __cleanup(fd_release) = fd_borrow_path_ok((int)fd);

	return f.file ? do_statfs(&f.file->path, k) : -EBADF;
}

static int put_statfs(const struct kstatfs *k, struct statfs __user *ust)
{
	struct statfs st = {
		.f_type = (__kernel_long_t)k->type,
		.f_bsize = (__kernel_long_t)k->bsize,
		.f_blocks = (__kernel_long_t)k->blocks,
		.f_bfree = (__kernel_long_t)k->bfree,
		.f_bavail = (__kernel_long_t)k->bavail,
		.f_files = (__kernel_long_t)k->files,
		.f_ffree = (__kernel_long_t)k->ffree,
		.f_fsid = { { (int)k->fsid, (int)(k->fsid >> 32) } },
		.f_namelen = (__kernel_long_t)k->namelen,
		.f_frsize = (__kernel_long_t)k->frsize,
		.f_flags = (__kernel_long_t)k->flags,
	};

	return copy_to_user(ust, &st, sizeof(st));
}

SYSCALL_DEFINE2(statfs, const char __user *, pathname, struct statfs __user *, buf)
{
	struct kstatfs k;
	int err = user_statfs(pathname, &k);

	return err ? err : put_statfs(&k, buf);
}

SYSCALL_DEFINE2(fstatfs, unsigned int, fd, struct statfs __user *, buf)
{
	struct kstatfs k;
	int err = user_fstatfs(fd, &k);

	return err ? err : put_statfs(&k, buf);
}

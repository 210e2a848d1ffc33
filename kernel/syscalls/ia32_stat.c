// SPDX-License-Identifier: MIT
/*
 * stat(2) and statfs(2) of the 32-bit ABI: three layouts of stat, two of statfs, EOVERFLOW where a value
 * does not fit.
 */
#include "abi/ia32/fs.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/syscalls/stat.h"

#define MAX_NON_LFS 0x7fffffffULL

static u16 id16(u32 id) /* 16-bit ids show what does not fit as 65534 */
{
	return id > 0xffff ? 65534 : (u16)id;
}

static int put_stat(const struct kstat *k, struct ia32_stat __user *ust)
{
	const struct ia32_stat st = {
		.st_dev = dev_encode(k->dev),
		.st_ino = (u32)k->ino,
		.st_mode = (u16)k->mode,
		.st_nlink = (u16)k->nlink,
		.st_uid = id16(k->uid),
		.st_gid = id16(k->gid),
		.st_rdev = dev_encode(k->rdev),
		.st_size = (u32)k->size,
		.st_blksize = k->sb.blksize,
		.st_blocks = (u32)k->blocks,
		.st_atime = (u32)k->atime.sec,
		.st_atime_nsec = (u32)k->atime.nsec,
		.st_mtime = (u32)k->mtime.sec,
		.st_mtime_nsec = (u32)k->mtime.nsec,
		.st_ctime = (u32)k->ctime.sec,
		.st_ctime_nsec = (u32)k->ctime.nsec,
	};

	if (st.st_ino != k->ino || st.st_nlink != k->nlink || k->size > MAX_NON_LFS)
		return -EOVERFLOW;
	return copy_to_user(ust, &st, sizeof(st));
}

static int put_old_stat(const struct kstat *k, struct ia32_old_stat __user *ust)
{
	const struct ia32_old_stat st = {
		.st_dev = (u16)(MAJOR(k->dev) << 8 | MINOR(k->dev)),
		.st_ino = (u16)k->ino,
		.st_mode = (u16)k->mode,
		.st_nlink = (u16)k->nlink,
		.st_uid = id16(k->uid),
		.st_gid = id16(k->gid),
		.st_rdev = (u16)(MAJOR(k->rdev) << 8 | MINOR(k->rdev)),
		.st_size = (u32)k->size,
		.st_atime = (u32)k->atime.sec,
		.st_mtime = (u32)k->mtime.sec,
		.st_ctime = (u32)k->ctime.sec,
	};

	if (st.st_ino != k->ino || st.st_nlink != k->nlink)
		return -EOVERFLOW;
	return copy_to_user(ust, &st, sizeof(st));
}

/* What the program has between the members stays. */
static int put_stat64_members(struct ia32_stat64 __user *ust, const struct ia32_stat64 *st)
{
	static const u8 part[][2] = {
		{ 0, offsetof(struct ia32_stat64, pad0) },
		{ offsetof(struct ia32_stat64, st_ino_low), offsetof(struct ia32_stat64, pad3) },
		{ offsetof(struct ia32_stat64, st_size), sizeof(*st) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(part); i++)
		if (copy_to_user((char __user *)ust + part[i][0], (const char *)st + part[i][0],
				 (size_t)(part[i][1] - part[i][0])))
			return -EFAULT;
	return 0;
}

static int put_stat64(const struct kstat *k, struct ia32_stat64 __user *ust)
{
	const struct ia32_stat64 st = {
		.st_dev = dev_encode(k->dev),
		.st_ino_low = (u32)k->ino,
		.st_mode = k->mode,
		.st_nlink = k->nlink,
		.st_uid = k->uid,
		.st_gid = k->gid,
		.st_rdev = dev_encode(k->rdev),
		.st_size = (s64)k->size,
		.st_blksize = k->sb.blksize,
		.st_blocks = (s64)k->blocks,
		.st_atime = (u32)k->atime.sec,
		.st_atime_nsec = (u32)k->atime.nsec,
		.st_mtime = (u32)k->mtime.sec,
		.st_mtime_nsec = (u32)k->mtime.nsec,
		.st_ctime = (u32)k->ctime.sec,
		.st_ctime_nsec = (u32)k->ctime.nsec,
		.st_ino = k->ino,
	};

	return put_stat64_members(ust, &st);
}

IA32_SYSCALL_DEFINE2(stat, const char __user *, filename, struct ia32_stat __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, 0, &k);

	return err ? err : put_stat(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(lstat, const char __user *, filename, struct ia32_stat __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, AT_SYMLINK_NOFOLLOW, &k);

	return err ? err : put_stat(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(fstat, unsigned int, fd, struct ia32_stat __user *, statbuf)
{
	struct kstat k;
	int err = do_fstat((int)fd, &k);

	return err ? err : put_stat(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(oldstat, const char __user *, filename, struct ia32_old_stat __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, 0, &k);

	return err ? err : put_old_stat(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(oldlstat, const char __user *, filename, struct ia32_old_stat __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, AT_SYMLINK_NOFOLLOW, &k);

	return err ? err : put_old_stat(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(oldfstat, unsigned int, fd, struct ia32_old_stat __user *, statbuf)
{
	struct kstat k;
	int err = do_fstat((int)fd, &k);

	return err ? err : put_old_stat(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(stat64, const char __user *, filename, struct ia32_stat64 __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, 0, &k);

	return err ? err : put_stat64(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(lstat64, const char __user *, filename, struct ia32_stat64 __user *, statbuf)
{
	struct kstat k;
	int err = user_stat(AT_FDCWD, filename, AT_SYMLINK_NOFOLLOW, &k);

	return err ? err : put_stat64(&k, statbuf);
}

IA32_SYSCALL_DEFINE2(fstat64, unsigned int, fd, struct ia32_stat64 __user *, statbuf)
{
	struct kstat k;
	int err = do_fstat((int)fd, &k);

	return err ? err : put_stat64(&k, statbuf);
}

IA32_SYSCALL_DEFINE4(fstatat64, int, dfd, const char __user *, filename, struct ia32_stat64 __user *, statbuf,
		     int, flag)
{
	struct kstat k;
	int err = user_stat(dfd, filename, flag, &k);

	return err ? err : put_stat64(&k, statbuf);
}

/* ---- statfs -------------------------------------------------------------------------------------- */

static int put_statfs(const struct kstatfs *k, struct ia32_statfs __user *ust)
{
	const struct ia32_statfs st = {
		.f_type = (s32)k->type,
		.f_bsize = (s32)k->bsize,
		.f_blocks = (s32)k->blocks,
		.f_bfree = (s32)k->bfree,
		.f_bavail = (s32)k->bavail,
		.f_files = (s32)k->files,
		.f_ffree = (s32)k->ffree,
		.f_fsid = { (s32)k->fsid, (s32)(k->fsid >> 32) },
		.f_namelen = (s32)k->namelen,
		.f_frsize = (s32)k->frsize,
		.f_flags = (s32)k->flags,
	};

	if ((k->blocks | k->bfree | k->bavail | k->bsize | k->frsize | k->files | k->ffree) >> 32)
		return -EOVERFLOW;
	return copy_to_user(ust, &st, sizeof(st));
}

/* The size the program passes is checked by the callers: i386 accepts its own and the padded 64-bit one. */
static long put_statfs64(const struct kstatfs *k, struct ia32_statfs64 __user *ust)
{
	const struct ia32_statfs64 st = {
		.f_type = (u32)k->type,
		.f_bsize = (u32)k->bsize,
		.f_blocks = k->blocks,
		.f_bfree = k->bfree,
		.f_bavail = k->bavail,
		.f_files = k->files,
		.f_ffree = k->ffree,
		.f_fsid = { (s32)k->fsid, (s32)(k->fsid >> 32) },
		.f_namelen = (u32)k->namelen,
		.f_frsize = (u32)k->frsize,
		.f_flags = (u32)k->flags,
	};

	return copy_to_user(ust, &st, sizeof(st));
}

IA32_SYSCALL_DEFINE2(statfs, const char __user *, pathname, struct ia32_statfs __user *, buf)
{
	struct kstatfs k;
	int err = user_statfs(pathname, &k);

	return err ? err : put_statfs(&k, buf);
}

IA32_SYSCALL_DEFINE2(fstatfs, unsigned int, fd, struct ia32_statfs __user *, buf)
{
	struct kstatfs k;
	int err = user_fstatfs(fd, &k);

	return err ? err : put_statfs(&k, buf);
}

IA32_SYSCALL_DEFINE3(statfs64, const char __user *, pathname, u32, size, struct ia32_statfs64 __user *, buf)
{
	struct kstatfs k;
	int err;

	if (size != sizeof(struct ia32_statfs64) && size != 88)
		return -EINVAL;
	err = user_statfs(pathname, &k);
	return err ? err : put_statfs64(&k, buf);
}

IA32_SYSCALL_DEFINE3(fstatfs64, unsigned int, fd, u32, size, struct ia32_statfs64 __user *, buf)
{
	struct kstatfs k;
	int err;

	if (size != sizeof(struct ia32_statfs64) && size != 88)
		return -EINVAL;
	err = user_fstatfs(fd, &k);
	return err ? err : put_statfs64(&k, buf);
}

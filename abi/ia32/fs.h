/* SPDX-License-Identifier: MIT */
/*
 * Wire structures of the i386 ABI for files: stat, statfs, flock, dirent, times.  Facts from <asm/stat.h>
 * and kin of i386.
 */
#pragma once

#include <linux/types.h>

struct ia32_stat { /* stat(106): struct compat_stat */
	__u32 st_dev, st_ino;
	__u16 st_mode, st_nlink, st_uid, st_gid;
	__u32 st_rdev, st_size, st_blksize, st_blocks;
	__u32 st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec;
	__u32 unused4, unused5;
};
_Static_assert(sizeof(struct ia32_stat) == 64, "i386 struct stat");

struct ia32_old_stat { /* oldstat(18): struct __old_kernel_stat */
	__u16 st_dev, st_ino, st_mode, st_nlink, st_uid, st_gid, st_rdev, pad;
	__u32 st_size, st_atime, st_mtime, st_ctime;
};
_Static_assert(sizeof(struct ia32_old_stat) == 32, "i386 struct __old_kernel_stat");

struct ia32_stat64 { /* stat64(195) */
	__u64 st_dev;
	__u8 pad0[4];
	__u32 st_ino_low, st_mode, st_nlink, st_uid, st_gid;
	__u64 st_rdev;
	__u8 pad3[4];
	__s64 st_size;
	__u32 st_blksize;
	__s64 st_blocks;
	__u32 st_atime, st_atime_nsec, st_mtime, st_mtime_nsec, st_ctime, st_ctime_nsec;
	__u64 st_ino;
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct ia32_stat64) == 96, "i386 struct stat64");

struct ia32_statfs { /* statfs(99) */
	__s32 f_type, f_bsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	__s32 f_fsid[2];
	__s32 f_namelen, f_frsize, f_flags, f_spare[4];
};
_Static_assert(sizeof(struct ia32_statfs) == 64, "i386 struct statfs");

struct ia32_statfs64 { /* statfs64(268) */
	__u32 f_type, f_bsize;
	__u64 f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	__s32 f_fsid[2];
	__u32 f_namelen, f_frsize, f_flags, f_spare[4];
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct ia32_statfs64) == 84, "i386 struct statfs64");

struct ia32_flock {
	__s16 l_type, l_whence;
	__s32 l_start, l_len, l_pid;
};
_Static_assert(sizeof(struct ia32_flock) == 16, "i386 struct flock");

struct ia32_flock64 {
	__s16 l_type, l_whence;
	__s64 l_start, l_len;
	__s32 l_pid;
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct ia32_flock64) == 24, "i386 struct flock64");

struct ia32_dirent {
	__u32 d_ino, d_off;
	__u16 d_reclen;
	char d_name[];
};
struct ia32_old_dirent {
	__u32 d_ino, d_offset;
	__u16 d_namlen;
	char d_name[1];
};
_Static_assert(sizeof(struct ia32_old_dirent) == 12, "i386 struct old_linux_dirent");

struct ia32_utimbuf {
	__s32 actime, modtime;
};

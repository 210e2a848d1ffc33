// SPDX-License-Identifier: MIT
/* stat(2) and its kin, statx(2), access(2), chmod(2), chown(2), utimensat(2), statfs(2). */
#include "harness.h"

#include <linux/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define TMPFS_MAGIC_NUMBER 0x01021994

TEST(regular_file_fields)
{
	struct stat st;

	put_file("f", "abc");
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(st.st_size, 3);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(st.st_gid, 0);
	CHECK_EQ(st.st_blksize, PAGE);
	CHECK_EQ(st.st_blocks, 8);
	CHECK(st.st_ino != 0);
	CHECK(st.st_mtime > 0);
}

TEST(directory_link_count)
{
	struct stat st;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(stat("d", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 0755);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_OK(mkdir("d/sub", 0755));
	CHECK_OK(stat("d", &st));
	CHECK_EQ(st.st_nlink, 3);
	CHECK_OK(rmdir("d/sub"));
	CHECK_OK(stat("d", &st));
	CHECK_EQ(st.st_nlink, 2);
}

TEST(link_itself_or_its_target)
{
	struct stat a, b;

	put_file("f", "abc");
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(lstat("l", &a));
	CHECK_EQ(a.st_mode, S_IFLNK | 0777);
	CHECK_EQ(a.st_size, 1);
	CHECK_OK(stat("l", &a));
	CHECK_OK(stat("f", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_OK(fstatat(AT_FDCWD, "l", &a, AT_SYMLINK_NOFOLLOW));
	CHECK(S_ISLNK(a.st_mode));
}

TEST(path_errors)
{
	struct stat st;

	put_file("f", "");
	CHECK_ERRNO(stat("missing", &st), ENOENT);
	CHECK_ERRNO(stat("", &st), ENOENT);
	CHECK_ERRNO(stat("f/x", &st), ENOTDIR);
	CHECK_ERRNO(stat(bad_pointer(), &st), EFAULT);
	CHECK_ERRNO(fstat(-1, &st), EBADF);
	CHECK_ERRNO(fstat(99, &st), EBADF);
}

TEST(bad_result_pointer_is_efault_after_look_up)
{
	put_file("f", "");
	CHECK_ERRNO(syscall(SYS_stat, "f", bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_stat, "missing", bad_pointer()), ENOENT);
#ifdef __x86_64__
	CHECK_ERRNO(syscall(SYS_fstat, 0, kernel_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_fstat, 99, kernel_pointer()), EBADF);
#endif
}

TEST(fstatat_flags)
{
	struct stat st;
	int dir;

	CHECK_OK(mkdir("d", 0750));
	dir = CHECK_OK(open("d", O_RDONLY));
	CHECK_OK(fstatat(dir, "", &st, AT_EMPTY_PATH));
	CHECK_EQ(st.st_mode, S_IFDIR | 0750);
	CHECK_ERRNO(fstatat(dir, "", &st, 0), ENOENT);
	CHECK_ERRNO(fstatat(dir, "", &st, 0x8), EINVAL);
	CHECK_ERRNO(fstatat(-1, "x", &st, 0), EBADF);
	CHECK_ERRNO(fstatat(0, "x", &st, 0), ENOTDIR);
	CHECK_OK(fstatat(-1, "/", &st, 0));
}

TEST(device_numbers)
{
	struct stat st;

	CHECK_OK(stat("/dev/null", &st));
	CHECK_EQ(st.st_mode, S_IFCHR | 0666);
	CHECK_EQ(st.st_rdev, makedev(1, 3));
	CHECK_OK(stat("/dev/zero", &st));
	CHECK_EQ(st.st_rdev, makedev(1, 5));
	CHECK_OK(stat("/dev/tty", &st));
	CHECK_EQ(st.st_rdev, makedev(5, 0));
}

TEST(blocks_grow_by_pages)
{
	struct stat st;
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(ftruncate(fd, 100 * PAGE));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 0);
	CHECK_EQ(pwrite(fd, "x", 1, 50 * PAGE), 1);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 8);
	CHECK_EQ(st.st_size, 100 * PAGE);
}

TEST(statx_fields_and_mask)
{
	struct statx sx;

	put_file("f", "abcd");
	memset(&sx, 0xff, sizeof(sx));
	CHECK_OK(statx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &sx));
	CHECK_EQ(sx.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(sx.stx_size, 4);
	CHECK_EQ(sx.stx_mode, S_IFREG | 0644);
	CHECK_EQ(sx.stx_nlink, 1);
	CHECK_EQ(sx.stx_blksize, PAGE);
	CHECK_ERRNO(statx(AT_FDCWD, "f", 0, STATX__RESERVED, &sx), EINVAL);
	CHECK_ERRNO(statx(AT_FDCWD, "f", AT_STATX_SYNC_TYPE, 0, &sx), EINVAL);
	CHECK_ERRNO(statx(AT_FDCWD, "f", 0x8000000, 0, &sx), EINVAL);
	CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0, 0, bad_pointer()), EFAULT);
	CHECK_ERRNO(statx(AT_FDCWD, "", 0, 0, &sx), ENOENT);
	CHECK_OK(statx(0, "", AT_EMPTY_PATH, 0, &sx));
	CHECK(S_ISCHR(sx.stx_mode));
}

TEST(access_by_real_identity)
{
	put_file("f", "");
	CHECK_OK(chmod("f", 0));
	CHECK_OK(access("f", R_OK | W_OK));
	CHECK_ERRNO(access("f", X_OK), EACCES);
	CHECK_ERRNO(access("missing", F_OK), ENOENT);
	CHECK_ERRNO(access("f", 8), EINVAL);
	CHECK_ERRNO(access(bad_pointer(), 8), EINVAL);
	CHECK_OK(setresuid(1000, 0, 0));
	CHECK_ERRNO(access("f", R_OK), EACCES);
	CHECK_OK(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS));
}

TEST(access_execute_for_root_needs_one_x_bit)
{
	put_file("f", "");
	CHECK_ERRNO(access("f", X_OK), EACCES);
	CHECK_OK(chmod("f", 0001));
	CHECK_OK(access("f", X_OK));
	CHECK_OK(mkdir("d", 0));
	CHECK_OK(access("d", X_OK | R_OK | W_OK));
}

TEST(access_picks_one_class_only)
{
	put_file("f", "");
	CHECK_OK(chown("f", 1000, 2000));
	CHECK_OK(chmod("f", 0077));
	become(1000);
	/* The owner's bits decide, though everybody else may. */
	CHECK_ERRNO(access("f", R_OK), EACCES);
	CHECK_OK(access("f", F_OK));
}

TEST(chmod_sets_bits)
{
	struct stat st;
	int fd;

	put_file("f", "");
	CHECK_OK(chmod("f", 07777));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 07777);
	CHECK_OK(chmod("f", 0100000 | 0600));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	fd = CHECK_OK(open("f", O_RDONLY));
	CHECK_OK(fchmod(fd, 0640));
	CHECK_OK(fchmodat(AT_FDCWD, "f", 0641, 0));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0641);
	CHECK_ERRNO(chmod("missing", 0), ENOENT);
	CHECK_ERRNO(fchmod(-1, 0), EBADF);
}

TEST(chmod_needs_ownership)
{
	put_file("f", "");
	put_file("mine", "");
	CHECK_OK(chown("mine", 1000, 1000));
	become(1000);
	CHECK_ERRNO(chmod("f", 0777), EPERM);
	CHECK_OK(chmod("mine", 0600));
}

TEST(chmod_drops_setgid_outside_the_group)
{
	struct stat st;

	put_file("f", "");
	CHECK_OK(chown("f", 1000, 50));
	become(1000);
	CHECK_OK(chmod("f", 02755));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0755);
}

TEST(chown_changes_and_minus_one_keeps)
{
	struct stat st;

	put_file("f", "");
	CHECK_OK(chown("f", 5, 6));
	CHECK_OK(chown("f", -1, 7));
	CHECK_OK(chown("f", 8, -1));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_uid, 8);
	CHECK_EQ(st.st_gid, 7);
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(lchown("l", 9, 9));
	CHECK_OK(lstat("l", &st));
	CHECK_EQ(st.st_uid, 9);
	CHECK_OK(stat("l", &st));
	CHECK_EQ(st.st_uid, 8);
	CHECK_ERRNO(fchownat(AT_FDCWD, "f", 1, 1, 0x8), EINVAL);
	CHECK_ERRNO(fchown(-1, 1, 1), EBADF);
}

TEST(chown_clears_setuid)
{
	struct stat st;

	put_file("f", "");
	CHECK_OK(chmod("f", 06755));
	CHECK_OK(chown("f", 1, 1));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0755);
	CHECK_OK(chmod("f", 02644));
	CHECK_OK(chown("f", 2, 2));
	CHECK_OK(stat("f", &st));
	/* Set-group-ID without group execution is not a set-ID program. */
	CHECK_EQ(st.st_mode, S_IFREG | 02644);
}

TEST(chown_by_owner_only_to_own_groups)
{
	put_file("f", "");
	CHECK_OK(chown("f", 1000, 1000));
	become(1000);
	CHECK_ERRNO(chown("f", 1001, -1), EPERM);
	CHECK_ERRNO(chown("f", -1, 1001), EPERM);
	CHECK_OK(chown("f", 1000, 1000));
}

TEST(write_by_others_clears_setuid)
{
	struct stat st;
	int fd;

	put_file("f", "");
	CHECK_OK(chmod("f", 04777));
	become(1000);
	fd = CHECK_OK(open("f", O_WRONLY));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
}

TEST(fallocate_by_others_clears_setuid)
{
	struct stat st;
	int fd, sealed;

	put_file("f", "abc");
	CHECK_OK(chmod("f", 04777));
	sealed = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING));
	CHECK_OK(fchmod(sealed, 04777));
	CHECK_OK(fcntl(sealed, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE));
	become(1000);
	fd = CHECK_OK(open("f", O_WRONLY));
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0777);
	CHECK_ERRNO(fallocate(sealed, 0, 0, 1), EPERM);
	CHECK_ERRNO(fallocate(sealed, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1), EPERM);
	CHECK_OK(fstat(sealed, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 04777); /* not by a call that fails */
}

TEST(times_set_now_and_omit)
{
	struct timespec ts[2] = { { 100, 5 }, { 200, 7 } };
	struct stat st;

	put_file("f", "");
	CHECK_OK(utimensat(AT_FDCWD, "f", ts, 0));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_atime, 100);
	CHECK_EQ(st.st_mtime, 200);
	CHECK_EQ(st.st_mtim.tv_nsec, 7);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	CHECK_OK(utimensat(AT_FDCWD, "f", ts, 0));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_atime, 100);
	CHECK(st.st_mtime > 200);
	ts[0].tv_nsec = 1000000000;
	CHECK_ERRNO(utimensat(AT_FDCWD, "f", ts, 0), EINVAL);
	CHECK_ERRNO(utimensat(AT_FDCWD, "missing", NULL, 0), ENOENT);
	CHECK_ERRNO(utimensat(AT_FDCWD, "f", NULL, 0x8), EINVAL);
}

TEST(times_permissions)
{
	struct timespec ts[2] = { { 1, 0 }, { 1, 0 } };

	put_file("shared", "");
	CHECK_OK(chmod("shared", 0666));
	put_file("f", "");
	become(1000);
	CHECK_ERRNO(utimensat(AT_FDCWD, "f", ts, 0), EPERM);
	CHECK_ERRNO(utimensat(AT_FDCWD, "f", NULL, 0), EACCES);
	CHECK_ERRNO(utimensat(AT_FDCWD, "shared", ts, 0), EPERM);
	CHECK_OK(utimensat(AT_FDCWD, "shared", NULL, 0));
}

TEST(write_moves_mtime_and_chmod_moves_ctime)
{
	struct timespec ts[2] = { { 100, 0 }, { 100, 0 } };
	struct stat a, b;
	int fd;

	put_file("f", "x");
	CHECK_OK(utimensat(AT_FDCWD, "f", ts, 0));
	fd = CHECK_OK(open("f", O_RDWR));
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK_OK(fstat(fd, &a));
	CHECK(a.st_mtime > 100);
	sleep_ms(15);
	CHECK_OK(fchmod(fd, 0600));
	CHECK_OK(fstat(fd, &b));
	CHECK_EQ(b.st_mtim.tv_nsec, a.st_mtim.tv_nsec);
	CHECK(b.st_ctim.tv_sec > a.st_ctim.tv_sec || b.st_ctim.tv_nsec > a.st_ctim.tv_nsec);
}

TEST(folder_mtime_moves_with_entries)
{
	struct timespec ts[2] = { { 100, 0 }, { 100, 0 } };
	struct stat st;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(utimensat(AT_FDCWD, "d", ts, 0));
	put_file("d/f", "");
	CHECK_OK(stat("d", &st));
	CHECK(st.st_mtime > 100);
	CHECK_OK(utimensat(AT_FDCWD, "d", ts, 0));
	CHECK_OK(unlink("d/f"));
	CHECK_OK(stat("d", &st));
	CHECK(st.st_mtime > 100);
}

TEST(statfs_of_tmpfs_and_proc)
{
	struct statfs sf;

	CHECK_OK(statfs(".", &sf));
	CHECK_EQ(sf.f_type, TMPFS_MAGIC_NUMBER);
	CHECK_EQ(sf.f_bsize, PAGE);
	CHECK_EQ(sf.f_namelen, 255);
	CHECK(sf.f_bfree <= sf.f_blocks);
	CHECK_OK(statfs("/proc", &sf));
	CHECK_EQ(sf.f_type, 0x9fa0);
	CHECK_ERRNO(statfs("missing", &sf), ENOENT);
	CHECK_ERRNO(fstatfs(-1, &sf), EBADF);
#ifdef __x86_64__
	CHECK_ERRNO(statfs(".", bad_pointer()), EFAULT);
#endif
}

TEST(fstatfs_of_pipe)
{
	struct statfs sf;
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_OK(fstatfs(fds[0], &sf));
	CHECK_EQ(sf.f_type, 0x50495045);
}

TEST(statx_tells_the_birth_time_only_when_asked)
{
	struct statx x;

	put_file("f", "text");
	CHECK_OK(syscall(SYS_statx, AT_FDCWD, "f", 0, 0, &x));
	CHECK_EQ(x.stx_mask & STATX_BTIME, 0);
	CHECK_EQ(x.stx_btime.tv_sec, 0);
	CHECK_OK(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_BTIME, &x));
	CHECK_EQ(x.stx_mask & STATX_BTIME, STATX_BTIME);
}

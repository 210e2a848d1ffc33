// SPDX-License-Identifier: MIT
/*
 * Every call that takes a path, against everything that can be wrong with one.  The same checks run for each call:
 * a bad pointer, the empty path, a file used as a folder, a missing folder, names and paths that are too long, a
 * loop of links in the way, and a folder that may not be searched; and nothing may have changed afterwards.
 */
#include "harness.h"

#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <utime.h>

typedef long call_fn(const char *path);

static char long_name[NAME_MAX + 2], long_path[PATH_MAX + 1];

static int entries(void)
{
	static char buf[8192];
	int fd = CHECK_OK(open(".", O_RDONLY)), n = 0;
	long got;

	while ((got = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < got; at += *(unsigned short *)(buf + at + 16))
			n++;
	close(fd);
	return n;
}

static void make_scene(void)
{
	CHECK_OK(mkdir("dir", 0755));
	CHECK_OK(mkdir("closed", 0700));
	put_file("file", "abc");
	put_file("dir/file", "abc");
	put_file("closed/file", "abc");
	CHECK_OK(symlink("loop2", "loop1"));
	CHECK_OK(symlink("loop1", "loop2"));
	memset(long_name, 'n', NAME_MAX + 1);
	for (int i = 0; i < PATH_MAX; i += 2)
		memcpy(long_path + i, "./", 2);
}

/* `other`: what the call says about the empty path. */
static void check_path(call_fn *call, int empty)
{
	int before;

	make_scene();
	before = entries();
	CHECK_ERRNO(call(bad_pointer()), EFAULT);
	CHECK_ERRNO(call(kernel_pointer()), EFAULT);
	CHECK_ERRNO(call(NULL), EFAULT);
	CHECK_ERRNO(call(""), empty);
	CHECK_ERRNO(call("file/x"), ENOTDIR);
	CHECK_ERRNO(call("dir/file/x"), ENOTDIR);
	CHECK_ERRNO(call("none/x"), ENOENT);
	CHECK_ERRNO(call("loop1/x"), ELOOP);
	CHECK_ERRNO(call(long_name), ENAMETOOLONG);
	/* The length of a path is looked at before any of its parts, that of a name when its turn comes. */
	CHECK_ERRNO(call(long_path), ENAMETOOLONG);
	char deep[NAME_MAX + 16];
	snprintf(deep, sizeof(deep), "none/%s", long_name);
	CHECK_ERRNO(call(deep), ENOENT);
	snprintf(deep, sizeof(deep), "file/%s", long_name);
	CHECK_ERRNO(call(deep), ENOTDIR);
	snprintf(deep, sizeof(deep), "dir/%s/x", long_name);
	CHECK_ERRNO(call(deep), ENAMETOOLONG);
	CHECK_EQ(entries(), before);
	/* Effective identity only, so that it can be taken back; the capabilities go with it. */
	CHECK_OK(syscall(SYS_setresuid, 1000, 1000, 0));
	CHECK_ERRNO(call("closed/file"), EACCES);
	CHECK_ERRNO(call("closed/none"), EACCES);
	CHECK_ERRNO(call("closed/../file"), EACCES);
}

/* The path ends in an unmapped page: its terminator is never found. */
static void check_edge(call_fn *call, const char *path)
{
	char *edge = page_edge();
	size_t n = strlen(path);

	make_scene();
	memcpy(edge - n, path, n);
	CHECK_ERRNO(call(edge - n), EFAULT);
	memcpy(edge - n - 1, path, n + 1);
	errno = 0;
	call(edge - n - 1);
	CHECK(errno != EFAULT);
}

#define PATH_CALL(name, empty, expr)                 \
	static long call_##name(const char *path)    \
	{                                            \
		return expr;                         \
	}                                            \
	TEST(name##_refuses_bad_paths)               \
	{                                            \
		check_path(call_##name, empty);      \
	}                                            \
	TEST(name##_path_at_the_edge_of_memory)      \
	{                                            \
		check_edge(call_##name, "dir/file"); \
	}

static struct stat st;
static struct statx stx;
static struct statfs fs;
static char buf[PATH_MAX];
static const struct timespec no_change[2] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } };
static char *no_args[] = { "x", NULL };

PATH_CALL(open, ENOENT, open(path, O_RDONLY))
PATH_CALL(open_create, ENOENT, open(path, O_RDWR | O_CREAT, 0644))
PATH_CALL(open_path, ENOENT, open(path, O_PATH))
PATH_CALL(openat, ENOENT, openat(AT_FDCWD, path, O_RDONLY))
PATH_CALL(creat, ENOENT, creat(path, 0644))
PATH_CALL(stat, ENOENT, stat(path, &st))
PATH_CALL(lstat, ENOENT, lstat(path, &st))
PATH_CALL(statx, ENOENT, syscall(SYS_statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, &stx))
PATH_CALL(access, ENOENT, syscall(SYS_faccessat2, AT_FDCWD, path, F_OK, AT_EACCESS))
PATH_CALL(chmod, ENOENT, chmod(path, 0600))
PATH_CALL(fchmodat, ENOENT, syscall(SYS_fchmodat, AT_FDCWD, path, 0600))
PATH_CALL(chown, ENOENT, chown(path, -1, -1))
PATH_CALL(lchown, ENOENT, lchown(path, -1, -1))
PATH_CALL(fchownat, ENOENT, fchownat(AT_FDCWD, path, -1, -1, AT_SYMLINK_NOFOLLOW))
PATH_CALL(truncate, ENOENT, truncate(path, 1))
PATH_CALL(mkdir, ENOENT, mkdir(path, 0755))
PATH_CALL(mkdirat, ENOENT, mkdirat(AT_FDCWD, path, 0755))
PATH_CALL(rmdir, ENOENT, rmdir(path))
PATH_CALL(unlink, ENOENT, unlink(path))
PATH_CALL(unlinkat, ENOENT, unlinkat(AT_FDCWD, path, AT_REMOVEDIR))
PATH_CALL(rename_from, ENOENT, rename(path, "dir/new"))
PATH_CALL(rename_to, ENOENT, rename("file", path))
PATH_CALL(renameat2_from, ENOENT, syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, "dir/new", 1))
PATH_CALL(link_from, ENOENT, link(path, "dir/new"))
PATH_CALL(link_to, ENOENT, link("file", path))
PATH_CALL(symlink_name, ENOENT, symlink("anything", path))
PATH_CALL(readlink, ENOENT, readlink(path, buf, sizeof(buf)))
PATH_CALL(mknod_fifo, ENOENT, mknod(path, S_IFIFO | 0644, 0))
PATH_CALL(mknod_device, ENOENT, mknod(path, S_IFCHR | 0644, makedev(1, 3)))
PATH_CALL(chdir, ENOENT, chdir(path))
PATH_CALL(chroot, ENOENT, chroot(path))
PATH_CALL(execve, ENOENT, syscall(SYS_execve, path, no_args, no_args + 1))
PATH_CALL(utimes, ENOENT, syscall(SYS_utimes, path, NULL))
PATH_CALL(statfs, ENOENT, statfs(path, &fs))
PATH_CALL(getxattr, ENOENT, getxattr(path, "user.a", buf, 10))
PATH_CALL(lgetxattr, ENOENT, lgetxattr(path, "user.a", buf, 10))
PATH_CALL(setxattr, ENOENT, setxattr(path, "user.a", "b", 1, 0))
PATH_CALL(listxattr, ENOENT, listxattr(path, buf, 10))
PATH_CALL(removexattr, ENOENT, removexattr(path, "user.a"))

static long call_inotify(const char *path)
{
	static int fd;

	if (!fd)
		fd = CHECK_OK(inotify_init1(0));
	return inotify_add_watch(fd, path, IN_MODIFY);
}

TEST(inotify_add_watch_refuses_bad_paths)
{
	need_call(SYS_inotify_add_watch);
	check_path(call_inotify, ENOENT);
}

/* A null path is allowed here: it means the descriptor. */
TEST(utimensat_paths)
{
	int fd;

	make_scene();
	fd = CHECK_OK(open("file", O_RDONLY));
	CHECK_OK(syscall(SYS_utimensat, fd, NULL, NULL, 0));
	CHECK_ERRNO(syscall(SYS_utimensat, fd, NULL, NULL, AT_SYMLINK_NOFOLLOW), EINVAL);
	CHECK_ERRNO(utimensat(AT_FDCWD, "none", no_change, 0), ENOENT);
	CHECK_ERRNO(utimensat(AT_FDCWD, "file/x", no_change, 0), ENOTDIR);
	CHECK_ERRNO(utimensat(AT_FDCWD, "loop1", no_change, 0), ELOOP);
	CHECK_OK(utimensat(AT_FDCWD, "loop1", no_change, AT_SYMLINK_NOFOLLOW));
	CHECK_ERRNO(utimensat(AT_FDCWD, "", no_change, 0), ENOENT);
	CHECK_ERRNO(utimensat(AT_FDCWD, "file", no_change, 0x4000), EINVAL);
	CHECK_ERRNO(syscall(SYS_utimensat, AT_FDCWD, "file", bad_pointer(), 0), EFAULT);
}

TEST(copies_of_nothing_need_no_memory)
{
	CHECK_OK(syscall(SYS_rt_sigpending, kernel_pointer(), 0));
	CHECK_OK(syscall(SYS_setgroups, 0, NULL));
	CHECK_EQ(syscall(SYS_getgroups, 2, kernel_pointer()), 0);
}

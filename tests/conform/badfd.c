// SPDX-License-Identifier: MIT
/*
 * Every call that takes a descriptor, against every kind of wrong one: never opened, closed, negative, beyond the
 * limit, and opened with O_PATH.  Then every *at call against a folder descriptor that is none.
 */
#include "harness.h"

#include <dirent.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <utime.h>

typedef long call_fn(int fd);

static char buf[64];
static struct iovec iov = { buf, sizeof(buf) };
static struct stat st;
static struct statfs fs;
static struct statx stx;
static struct flock lock = { .l_type = F_WRLCK };
static struct itimerspec timer;
static struct epoll_event event;
static int number;
static int keep[2], set;

/* Descriptors opened for their place only have some calls (`path` is 0: the call works, else its errno). */
static void check_fd(call_fn *call, int path)
{
	int fd;

	put_file("f", "abc");
	CHECK_OK(pipe(keep));
	set = CHECK_OK(epoll_create1(0));
	fd = CHECK_OK(open("f", O_RDWR));
	close(fd);
	CHECK_ERRNO(call(fd), EBADF);
	CHECK_ERRNO(call(-1), EBADF);
	CHECK_ERRNO(call(INT_MIN), EBADF);
	CHECK_ERRNO(call(INT_MAX), EBADF);
	CHECK_ERRNO(call(1 << 20), EBADF);
	CHECK_ERRNO(call(64), EBADF);
	fd = CHECK_OK(open("f", O_PATH));
	if (path)
		CHECK_ERRNO(call(fd), path);
	else
		CHECK_OK(call(fd));
}

#define FD_CALL(name, path, expr) FD_CALL_IF(SYS_read, name, path, expr)
#define FD_CALL_IF(needs, name, path, expr)       \
	static long call_##name(int fd)           \
	{                                         \
		return expr;                      \
	}                                         \
	TEST(name##_on_bad_descriptors)           \
	{                                         \
		need_call(needs);                 \
		check_fd(call_##name, path);      \
	}

FD_CALL(read, EBADF, read(fd, buf, 1))
FD_CALL(write, EBADF, write(fd, buf, 1))
FD_CALL(readv, EBADF, readv(fd, &iov, 1))
FD_CALL(writev, EBADF, writev(fd, &iov, 1))
FD_CALL(pread, EBADF, pread(fd, buf, 1, 0))
FD_CALL(pwrite, EBADF, pwrite(fd, buf, 1, 0))
FD_CALL(preadv, EBADF, preadv(fd, &iov, 1, 0))
FD_CALL(pwritev2, EBADF, pwritev2(fd, &iov, 1, 0, 0))
FD_CALL(lseek, EBADF, lseek(fd, 0, SEEK_SET))
FD_CALL(ftruncate, EBADF, ftruncate(fd, 0))
FD_CALL(fallocate, EBADF, fallocate(fd, 0, 0, 1))
FD_CALL(fsync, EBADF, fsync(fd))
FD_CALL(fdatasync, EBADF, fdatasync(fd))
FD_CALL(syncfs, EBADF, syncfs(fd))
FD_CALL(sync_file_range, EBADF, sync_file_range(fd, 0, 0, 0))
FD_CALL(readahead, EBADF, readahead(fd, 0, 1))
FD_CALL(fchmod, EBADF, fchmod(fd, 0600))
FD_CALL(fchown, EBADF, fchown(fd, -1, -1))
FD_CALL(fstat, 0, fstat(fd, &st))
FD_CALL(fstatfs, 0, fstatfs(fd, &fs))
FD_CALL(statx_empty_path, 0, syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &stx))
FD_CALL(fchdir, ENOTDIR, fchdir(fd))
FD_CALL(dup, 0, dup(fd))
FD_CALL(dup3, 0, dup3(fd, 70, O_CLOEXEC))
FD_CALL(flock, EBADF, flock(fd, LOCK_EX))
FD_CALL(getdents64, EBADF, syscall(SYS_getdents64, fd, buf, sizeof(buf)))
FD_CALL(ioctl, EBADF, ioctl(fd, FIONREAD, &number))
FD_CALL(fcntl_dupfd, 0, fcntl(fd, F_DUPFD, 3))
FD_CALL(fcntl_getfd, 0, fcntl(fd, F_GETFD))
FD_CALL(fcntl_setfd, 0, fcntl(fd, F_SETFD, FD_CLOEXEC))
FD_CALL(fcntl_getfl, 0, fcntl(fd, F_GETFL))
FD_CALL(fcntl_setfl, EBADF, fcntl(fd, F_SETFL, O_NONBLOCK))
FD_CALL(fcntl_setlk, EBADF, fcntl(fd, F_SETLK, &lock))
FD_CALL(fcntl_getlk, EBADF, fcntl(fd, F_GETLK, &lock))
FD_CALL(fcntl_getown, EBADF, fcntl(fd, F_GETOWN))
FD_CALL(fcntl_get_seals, EBADF, fcntl(fd, F_GET_SEALS))
FD_CALL(fcntl_unknown, EBADF, fcntl(fd, 5555, 0))
FD_CALL(sendfile_in, EBADF, sendfile(keep[1], fd, NULL, 1))
FD_CALL(sendfile_out, EBADF, sendfile(fd, CHECK_OK(open("f", O_RDONLY)), NULL, 1))
FD_CALL_IF(SYS_splice, splice_in, EBADF, syscall(SYS_splice, fd, NULL, keep[1], NULL, 1, 0))
FD_CALL_IF(SYS_splice, splice_out, EBADF, syscall(SYS_splice, keep[0], NULL, fd, NULL, 1, 0))
FD_CALL_IF(SYS_tee, tee, EBADF, syscall(SYS_tee, fd, keep[1], 1, 0))
FD_CALL_IF(SYS_vmsplice, vmsplice, EBADF, syscall(SYS_vmsplice, fd, &iov, 1, 0))
FD_CALL(copy_file_range, EBADF, syscall(SYS_copy_file_range, fd, NULL, keep[1], NULL, 1, 0))
FD_CALL(fgetxattr, EBADF, fgetxattr(fd, "user.a", buf, 1))
FD_CALL(fsetxattr, EBADF, fsetxattr(fd, "user.a", "b", 1, 0))
FD_CALL(flistxattr, EBADF, flistxattr(fd, buf, 1))
FD_CALL(fremovexattr, EBADF, fremovexattr(fd, "user.a"))
FD_CALL(timerfd_settime, EBADF, timerfd_settime(fd, 0, &timer, NULL))
FD_CALL(timerfd_gettime, EBADF, timerfd_gettime(fd, &timer))
FD_CALL(epoll_ctl, EBADF, epoll_ctl(fd, EPOLL_CTL_ADD, keep[0], &event))
FD_CALL(epoll_ctl_target, EBADF, epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))
FD_CALL(epoll_wait, EBADF, epoll_wait(fd, &event, 1, 0))
FD_CALL_IF(SYS_inotify_add_watch, inotify_add_watch, EBADF, inotify_add_watch(fd, ".", IN_CREATE))
FD_CALL_IF(SYS_inotify_rm_watch, inotify_rm_watch, EBADF, inotify_rm_watch(fd, 1))
FD_CALL(fadvise64, EBADF, (errno = posix_fadvise(fd, 0, 0, 0)) ? -1 : 0)
FD_CALL(pidfd_send_signal, EBADF, syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0))
FD_CALL(pidfd_getfd, EBADF, syscall(SYS_pidfd_getfd, fd, 0, 0))
FD_CALL(futimens, EBADF, syscall(SYS_utimensat, fd, NULL, NULL, 0))
FD_CALL(mmap_file, EBADF, (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0))

/* Not reached through a descriptor at all when the path is absolute. */
static void check_at(call_fn *call)
{
	int fd;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(call(fd), ENOTDIR);
	CHECK_ERRNO(call(-1), EBADF);
	CHECK_ERRNO(call(77), EBADF);
	fd = CHECK_OK(open("f", O_PATH));
	CHECK_ERRNO(call(fd), ENOTDIR);
	CHECK_OK(mkdir("gone", 0755));
	fd = CHECK_OK(open("gone", O_RDONLY | O_DIRECTORY));
	CHECK_OK(rmdir("gone"));
	CHECK_ERRNO(call(fd), ENOENT);
}

#define AT_CALL(name, expr)                               \
	static long at_##name(int fd)                     \
	{                                                 \
		return expr;                              \
	}                                                 \
	TEST(name##_relative_to_bad_folders)              \
	{                                                 \
		check_at(at_##name);                      \
	}

AT_CALL(openat, openat(fd, "x", O_RDWR | O_CREAT, 0644))
AT_CALL(mkdirat, mkdirat(fd, "x", 0755))
AT_CALL(mknodat, mknodat(fd, "x", S_IFIFO | 0644, 0))
AT_CALL(unlinkat, unlinkat(fd, "x", 0))
AT_CALL(renameat_from, renameat(fd, "x", AT_FDCWD, "y"))
AT_CALL(renameat_to, renameat(AT_FDCWD, "f", fd, "y"))
AT_CALL(linkat_from, linkat(fd, "x", AT_FDCWD, "y", 0))
AT_CALL(linkat_to, linkat(AT_FDCWD, "f", fd, "y", 0))
AT_CALL(symlinkat, symlinkat("anything", fd, "x"))
AT_CALL(readlinkat, readlinkat(fd, "x", buf, sizeof(buf)))
AT_CALL(fchmodat, syscall(SYS_fchmodat, fd, "x", 0644))
AT_CALL(fchownat, fchownat(fd, "x", -1, -1, 0))
AT_CALL(faccessat, syscall(SYS_faccessat, fd, "x", F_OK))
AT_CALL(fstatat, fstatat(fd, "x", &st, 0))
AT_CALL(statx, syscall(SYS_statx, fd, "x", 0, STATX_TYPE, &stx))
AT_CALL(utimensat, syscall(SYS_utimensat, fd, "x", NULL, 0))
AT_CALL(execveat, syscall(SYS_execveat, fd, "x", &(char *){ NULL }, &(char *){ NULL }, 0))

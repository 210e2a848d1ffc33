// SPDX-License-Identifier: MIT
/* What RLIMIT_* do, what exec accepts, what statx and extended attributes tell, and how mounts refuse. */
#include "harness.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

static void limit(int which, rlim_t soft, rlim_t hard)
{
	struct rlimit l = { soft, hard };

	CHECK_OK(setrlimit(which, &l));
}

TEST(nofile_limits_every_maker_of_descriptors)
{
	int fds[2], n = lowest_fd();

	put_file("f", "");
	limit(RLIMIT_NOFILE, n, n);
	CHECK_ERRNO(open("f", O_RDONLY), EMFILE);
	CHECK_ERRNO(open("none", O_RDONLY), EMFILE);
	CHECK_ERRNO(dup(0), EMFILE);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 0), EMFILE);
	CHECK_ERRNO(fcntl(0, F_DUPFD, n), EINVAL);
	CHECK_ERRNO(dup2(0, n), EBADF);
	CHECK_ERRNO(pipe(fds), EMFILE);
	CHECK_ERRNO(syscall(SYS_epoll_create1, 0), EMFILE);
	CHECK_ERRNO(syscall(SYS_eventfd2, 0, 0), EMFILE);
	CHECK_ERRNO(syscall(SYS_memfd_create, "m", 0), EMFILE);
	CHECK_ERRNO(syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0), EMFILE);
	CHECK_ERRNO(syscall(SYS_pidfd_open, getpid(), 0), EMFILE);
	CHECK_ERRNO(open("new", O_RDWR | O_CREAT, 0644), EMFILE);
	CHECK_ERRNO(access("new", F_OK), ENOENT);
}

TEST(nofile_lowered_keeps_what_is_open)
{
	int fd = CHECK_OK(dup2(0, 50));

	limit(RLIMIT_NOFILE, 10, 10);
	CHECK_OK(fcntl(fd, F_GETFD));
	close(fd);
	CHECK_ERRNO(dup2(0, 50), EBADF);
}

TEST(fsize_limits_write_and_truncate)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	catch_signal(SIGXFSZ, 0);
	limit(RLIMIT_FSIZE, 10, RLIM_INFINITY);
	CHECK_EQ(write(fd, "0123456789abc", 13), 10);
	CHECK_EQ(signal_count[SIGXFSZ], 0);
	CHECK_ERRNO(write(fd, "x", 1), EFBIG);
	CHECK_EQ(signal_count[SIGXFSZ], 1);
	CHECK_ERRNO(ftruncate(fd, 11), EFBIG);
	CHECK_EQ(signal_count[SIGXFSZ], 2);
	CHECK_OK(ftruncate(fd, 5));
	CHECK_ERRNO(pwrite(fd, "x", 1, 10), EFBIG);
	CHECK_EQ(pwrite(fd, "xy", 2, 9), 1);
}

TEST(fsize_kills_without_a_handler)
{
	pid_t pid = CHILD(limit(RLIMIT_FSIZE, 1, 1); int fd = open("f", O_RDWR | O_CREAT, 0644);
			  (void)write(fd, "ab", 2); (void)write(fd, "c", 1));

	CHECK_EQ(wait_status(pid) & 0x7f, SIGXFSZ);
}

TEST(address_space_limit)
{
	limit(RLIMIT_AS, 64 << 20, RLIM_INFINITY);
	CHECK(mmap(NULL, 256 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	void *now = sbrk(0);
	CHECK(sbrk(256 << 20) == (void *)-1);
	CHECK(sbrk(0) == now);
}

TEST(data_limit)
{
	limit(RLIMIT_DATA, 16 << 20, RLIM_INFINITY);
	CHECK(mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK(mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	CHECK(mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	CHECK(sbrk(64 << 20) == (void *)-1);
}

TEST(memlock_limit)
{
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	limit(RLIMIT_MEMLOCK, 4 * PAGE, 4 * PAGE);
	become(1000);
	CHECK_OK(mlock(p, 4 * PAGE));
	CHECK_OK(mlock(p, 4 * PAGE));
	CHECK_ERRNO(mlock(p + 4 * PAGE, PAGE), ENOMEM);
	CHECK_ERRNO(mlockall(MCL_CURRENT), ENOMEM);
	CHECK(mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, EAGAIN);
	CHECK_OK(munlock(p, 4 * PAGE));
	CHECK_OK(mlock(p + 4 * PAGE, PAGE));
}

TEST(memlock_limit_of_zero_is_eperm)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	limit(RLIMIT_MEMLOCK, 0, 0);
	CHECK_OK(mlock(p, PAGE));
	become(1000);
	CHECK_ERRNO(mlock(p, PAGE), EPERM);
	CHECK_ERRNO(mlockall(MCL_CURRENT), EPERM);
}

TEST(sigpending_limit)
{
	union sigval v = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	limit(RLIMIT_SIGPENDING, 3, 3);
	become(1234);
	CHECK_OK(sigqueue(getpid(), SIGRTMIN, v));
	CHECK_OK(sigqueue(getpid(), SIGRTMIN, v));
	CHECK_OK(sigqueue(getpid(), SIGRTMIN, v));
	CHECK_ERRNO(sigqueue(getpid(), SIGRTMIN, v), EAGAIN);
	/* kill still works, it just carries nothing. */
	CHECK_OK(kill(getpid(), SIGUSR1));
}

TEST(nice_limit)
{
	limit(RLIMIT_NICE, 20, 20);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 10));
	become(1000);
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 5));
	CHECK_OK(setpriority(PRIO_PROCESS, 0, 0));
	CHECK_ERRNO(setpriority(PRIO_PROCESS, 0, -1), EACCES);
}

TEST(hard_limit_only_goes_down)
{
	limit(RLIMIT_CORE, 5, 10);
	become(1000);
	struct rlimit l = { 10, 10 };
	CHECK_OK(setrlimit(RLIMIT_CORE, &l));
	l.rlim_max = 11;
	CHECK_ERRNO(setrlimit(RLIMIT_CORE, &l), EPERM);
	l = (struct rlimit){ 8, 7 };
	CHECK_ERRNO(setrlimit(RLIMIT_CORE, &l), EINVAL);
	CHECK_ERRNO(setrlimit(99, &l), EINVAL);
	l = (struct rlimit){ 3, 3 };
	CHECK_OK(setrlimit(RLIMIT_CORE, &l));
	l = (struct rlimit){ 4, 4 };
	CHECK_ERRNO(setrlimit(RLIMIT_CORE, &l), EPERM);
}

TEST(one_argument_longer_than_128k_is_e2big)
{
	static char big[32 * PAGE + 1];
	char *argv[] = { "x", big, NULL }, *none[] = { NULL };

	memset(big, 'a', sizeof(big) - 1);
	CHECK_ERRNO(execve("/proc/self/exe", argv, none), E2BIG);
	CHECK_ERRNO(execve("/proc/self/exe", none, argv), E2BIG);
	CHECK_ERRNO(execve("/none", argv, none), E2BIG);
	big[sizeof(big) - 2] = 0;
	char *list[] = { "x", "--list", big, NULL };
	pid_t pid = CHILD(execve("/proc/self/exe", list, none); _exit(77));
	CHECK_EQ(wait_status(pid), 2 << 8);
}

TEST(arguments_share_a_quarter_of_the_stack_limit)
{
	static char chunk[16 * PAGE];
	char *argv[64], *none[] = { NULL };

	memset(chunk, 'a', sizeof(chunk) - 1);
	for (int i = 0; i < 63; i++)
		argv[i] = chunk;
	argv[63] = NULL;
	limit(RLIMIT_STACK, 8 << 20, RLIM_INFINITY);
	CHECK_ERRNO(execve("/proc/self/exe", argv, none), E2BIG);
	argv[20] = NULL;
	pid_t pid = CHILD(execve("/proc/self/exe", argv, none); _exit(77));
	CHECK_EQ(wait_status(pid), 2 << 8);
	/* But never less than 128 KiB. */
	limit(RLIMIT_STACK, 256 << 10, RLIM_INFINITY);
	CHECK_ERRNO(execve("/proc/self/exe", argv, none), E2BIG);
}

TEST(bad_pointers_in_argument_lists)
{
	char *bad[] = { "x", bad_pointer(), NULL }, *none[] = { NULL };

	CHECK_ERRNO(execve("/proc/self/exe", bad, none), EFAULT);
	CHECK_ERRNO(execve("/proc/self/exe", none, bad), EFAULT);
	CHECK_ERRNO(execve("/proc/self/exe", bad_pointer(), none), EFAULT);
	CHECK_ERRNO(execve("/proc/self/exe", none, kernel_pointer()), EFAULT);
}

static struct statx get_statx(const char *path, unsigned mask)
{
	struct statx s;

	CHECK_OK(syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, mask, &s));
	return s;
}

TEST(statx_gives_the_basics_whatever_is_asked)
{
	put_file("f", "abc");
	CHECK_EQ(get_statx("f", 0).stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	CHECK_EQ(get_statx("f", STATX_SIZE).stx_size, 3);
	CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000, bad_pointer()), EINVAL);
	CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0x6000, 0, bad_pointer()), EINVAL);
	CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 1, 0, bad_pointer()), EINVAL);
	CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0, 0, bad_pointer()), EFAULT);
}

TEST(statx_birth_time_stays)
{
	struct statx a, b;

	put_file("f", "abc");
	a = get_statx("f", STATX_BTIME);
	CHECK(a.stx_mask & STATX_BTIME);
	sleep_ms(20);
	put_file("f", "abcd");
	CHECK_OK(chmod("f", 0600));
	b = get_statx("f", STATX_BTIME);
	CHECK_EQ(a.stx_btime.tv_nsec, b.stx_btime.tv_nsec);
	CHECK(b.stx_ctime.tv_nsec != a.stx_ctime.tv_nsec || b.stx_ctime.tv_sec != a.stx_ctime.tv_sec);
}

TEST(statx_mount_and_attributes)
{
	struct statx root = get_statx("/", STATX_MNT_ID), here = get_statx(".", STATX_MNT_ID);

	CHECK(here.stx_mask & 0x1000);
	CHECK(here.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT);
	CHECK(!(here.stx_attributes & STATX_ATTR_MOUNT_ROOT));
	CHECK(get_statx("/proc", 0).stx_attributes & STATX_ATTR_MOUNT_ROOT);
	CHECK(root.stx_mnt_id != here.stx_mnt_id);
	CHECK_EQ(get_statx("/t", STATX_MNT_ID).stx_mnt_id, here.stx_mnt_id);
}

TEST(user_attributes_are_unsupported_on_tmpfs)
{
	char buf[64];

	put_file("f", "");
	CHECK_ERRNO(setxattr("f", "user.a", "b", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(getxattr("f", "user.a", buf, 64), EOPNOTSUPP);
	CHECK_EQ(listxattr("f", buf, 64), 0);
	CHECK_ERRNO(setxattr("f", "nospace", "b", 1, 0), EOPNOTSUPP);
}

TEST(trusted_attributes)
{
	char buf[64];

	put_file("f", "");
	CHECK_OK(setxattr("f", "trusted.one", "value", 5, 0));
	CHECK_EQ(getxattr("f", "trusted.one", buf, 64), 5);
	CHECK_MEM(buf, "value", 5);
	CHECK_EQ(getxattr("f", "trusted.one", NULL, 0), 5);
	CHECK_ERRNO(getxattr("f", "trusted.one", buf, 4), ERANGE);
	CHECK_ERRNO(getxattr("f", "trusted.two", buf, 64), ENODATA);
	CHECK_ERRNO(setxattr("f", "trusted.one", "v", 1, XATTR_CREATE), EEXIST);
	CHECK_ERRNO(setxattr("f", "trusted.two", "v", 1, XATTR_REPLACE), ENODATA);
	CHECK_ERRNO(setxattr("f", "trusted.two", "v", 1, 4), EINVAL);
	CHECK_EQ(listxattr("f", buf, 64), 12);
	CHECK_STR(buf, "trusted.one");
	CHECK_ERRNO(listxattr("f", buf, 11), ERANGE);
	CHECK_OK(removexattr("f", "trusted.one"));
	CHECK_ERRNO(removexattr("f", "trusted.one"), ENODATA);
}

TEST(trusted_attributes_are_for_root)
{
	char buf[64];

	put_file("f", "");
	CHECK_OK(chmod("f", 0666));
	CHECK_OK(setxattr("f", "trusted.one", "value", 5, 0));
	become(1000);
	CHECK_ERRNO(getxattr("f", "trusted.one", buf, 64), ENODATA);
	CHECK_ERRNO(setxattr("f", "trusted.one", "v", 1, 0), EPERM);
	CHECK_EQ(listxattr("f", buf, 64), 0);
}

TEST(attribute_name_and_size_limits)
{
	static char big[65537];
	char name[300] = "trusted.";

	put_file("f", "");
	memset(name + 8, 'n', 280);
	name[255] = 0;
	CHECK_OK(setxattr("f", name, "v", 1, 0));
	name[255] = 'n';
	name[256] = 0;
	CHECK_ERRNO(setxattr("f", name, "v", 1, 0), ERANGE);
	CHECK_ERRNO(setxattr("f", "", "v", 1, 0), ERANGE);
	CHECK_ERRNO(setxattr("f", "trusted.", "v", 1, 0), EINVAL);
	CHECK_ERRNO(setxattr("f", "trusted.b", big, 65537, 0), E2BIG);
	CHECK_OK(setxattr("f", "trusted.b", big, 65536, 0));
	CHECK_ERRNO(setxattr("f", "trusted.c", bad_pointer(), 1, 0), EFAULT);
}

static void mount_here(unsigned long flags)
{
	CHECK_OK(mkdir("m", 0777));
	CHECK_OK(mount("none", "m", "tmpfs", 0, ""));
	put_file("m/f", "abc");
	CHECK_OK(mkdir("m/d", 0755));
	CHECK_OK(mount("none", "m", NULL, MS_REMOUNT | flags, NULL));
}

TEST(read_only_mount_refuses_every_change)
{
	mount_here(MS_RDONLY);
	CHECK_ERRNO(open("m/f", O_WRONLY), EROFS);
	CHECK_ERRNO(open("m/new", O_RDWR | O_CREAT, 0644), EROFS);
	CHECK_ERRNO(open("m/f", O_RDONLY | O_TRUNC), EROFS);
	CHECK_OK(open("m/f", O_RDONLY | O_CREAT, 0644));
	CHECK_ERRNO(mkdir("m/x", 0755), EROFS);
	CHECK_ERRNO(mkdir("m/d", 0755), EEXIST);
	CHECK_ERRNO(rmdir("m/d"), EROFS);
	CHECK_ERRNO(unlink("m/f"), EROFS);
	CHECK_ERRNO(rename("m/f", "m/g"), EROFS);
	CHECK_ERRNO(link("m/f", "m/g"), EROFS);
	CHECK_ERRNO(symlink("x", "m/l"), EROFS);
	CHECK_ERRNO(mknod("m/p", S_IFIFO | 0644, 0), EROFS);
	CHECK_ERRNO(chmod("m/f", 0600), EROFS);
	CHECK_ERRNO(chown("m/f", 1, 1), EROFS);
	CHECK_ERRNO(truncate("m/f", 0), EROFS);
	CHECK_ERRNO(utimensat(AT_FDCWD, "m/f", NULL, 0), EROFS);
	CHECK_ERRNO(setxattr("m/f", "trusted.a", "b", 1, 0), EROFS);
	CHECK_ERRNO(access("m/f", W_OK), EROFS);
	CHECK_OK(access("m/f", R_OK));
	CHECK_STR(get_file("m/f"), "abc");
}

TEST(mount_flags_show_in_statvfs)
{
	struct statvfs s;

	mount_here(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME);
	CHECK_OK(statvfs("m", &s));
	CHECK_EQ(s.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME),
		 ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME);
}

TEST(read_only_bind_of_a_writable_file_system)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("m", "b", NULL, MS_BIND, NULL));
	CHECK_OK(mount("none", "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	put_file("m/f", "");
	CHECK_ERRNO(open("b/f", O_RDWR), EROFS);
	CHECK_ERRNO(unlink("b/f"), EROFS);
	CHECK_OK(unlink("m/f"));
	CHECK_OK(umount("b"));
}

TEST(access_times_follow_mount_flags)
{
	struct stat a, b;
	char c;

	mount_here(MS_NOATIME);
	CHECK_OK(stat("m/f", &a));
	sleep_ms(20);
	CHECK_EQ(read(CHECK_OK(open("m/f", O_RDONLY)), &c, 1), 1);
	CHECK_OK(stat("m/f", &b));
	CHECK_EQ(a.st_atim.tv_nsec, b.st_atim.tv_nsec);
	CHECK_OK(mount("none", "m", NULL, MS_REMOUNT | MS_STRICTATIME, NULL));
	CHECK_EQ(read(CHECK_OK(open("m/f", O_RDONLY)), &c, 1), 1);
	CHECK_OK(stat("m/f", &b));
	CHECK(a.st_atim.tv_nsec != b.st_atim.tv_nsec || a.st_atim.tv_sec != b.st_atim.tv_sec);
}

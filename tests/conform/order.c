// SPDX-License-Identifier: MIT
/* Which of two things that are wrong is told: calls with two names, signals, waiting, sleeping, protection. */
#include "harness.h"

#include <linux/fs.h>
#include <sys/wait.h>

static const char *overlong(void)
{
	static char text[5000];

	memset(text, 'a', sizeof(text) - 1);
	return text;
}

TEST(the_old_name_of_a_link_is_looked_up_first)
{
	put_file("f", "");
	CHECK_ERRNO(link("none", ""), ENOENT);
	CHECK_ERRNO(link("none", bad_pointer()), ENOENT);
	CHECK_ERRNO(link("f/x", overlong()), ENOTDIR);
	CHECK_ERRNO(link(overlong(), ""), ENAMETOOLONG);
	CHECK_ERRNO(link("f", overlong()), ENAMETOOLONG);
	CHECK_ERRNO(link("f", bad_pointer()), EFAULT);
	CHECK_ERRNO(linkat(-1, "f", AT_FDCWD, bad_pointer(), 0), EBADF);
	CHECK_ERRNO(linkat(-1, "f", AT_FDCWD, bad_pointer(), 0x8000), EINVAL);
}

TEST(the_old_name_of_a_rename_is_walked_to_first)
{
	int file;

	put_file("f", "");
	file = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(renameat(-1, "f", 0, ""), EBADF);
	CHECK_ERRNO(renameat(-1, "f", 0, bad_pointer()), EBADF);
	CHECK_ERRNO(renameat(file, "f", 0, overlong()), ENOTDIR);
	CHECK_ERRNO(rename("none/x", overlong()), ENOENT);
	/* The last component is not looked at before the new name is. */
	CHECK_ERRNO(rename("none", overlong()), ENAMETOOLONG);
	CHECK_ERRNO(rename("none", bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, bad_pointer(), AT_FDCWD, bad_pointer(), 0x80), EINVAL);
	CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, bad_pointer(), AT_FDCWD, "", 0), EFAULT);
}

TEST(both_names_of_a_symlink_are_fetched_first)
{
	CHECK_ERRNO(symlinkat("x", -1, ""), ENOENT);
	CHECK_ERRNO(symlinkat(bad_pointer(), -1, ""), EFAULT);
	CHECK_ERRNO(symlinkat("", -1, bad_pointer()), ENOENT);
}

TEST(bad_signal_number_before_permission)
{
	become(1000);
	CHECK_ERRNO(kill(1, 65), EINVAL);
	CHECK_ERRNO(kill(1, -1), EINVAL);
	CHECK_ERRNO(kill(1, 9), EPERM);
	CHECK_ERRNO(syscall(SYS_tgkill, 1, 1, 65), EINVAL);
	CHECK_ERRNO(kill(999999, 65), ESRCH);
}

TEST(waitid_writes_members_only)
{
	unsigned char raw[sizeof(siginfo_t)];
	siginfo_t *si = (siginfo_t *)raw;
	pid_t pid = CHILD(_exit(7));
	size_t pad = 3 * sizeof(int), end = (char *)(&si->si_status + 1) - (char *)si;

	memset(raw, 0x5a, sizeof(raw));
	CHECK_OK(waitid(P_PID, pid, si, WEXITED));
	CHECK_EQ(si->si_pid, pid);
	CHECK_EQ(si->si_status, 7);
	for (size_t i = pad; i < (size_t)((char *)&si->si_pid - (char *)si); i++)
		CHECK_EQ(raw[i], 0x5a);
	for (size_t i = end; i < sizeof(raw); i++)
		CHECK_EQ(raw[i], 0x5a);
	char *edge = page_edge() - 1;
	*edge = 0x5a;
	pid = CHILD(_exit(0));
	CHECK_ERRNO(waitid(P_PID, pid, (siginfo_t *)edge, WEXITED), EFAULT);
	CHECK_EQ(*edge, 0x5a);
}

TEST(clock_before_time_before_both)
{
	struct timespec bad = { 0, -1 };

	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, bad_pointer(), NULL),
		    EOPNOTSUPP);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, bad_pointer(), NULL), EOPNOTSUPP);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, 99, 0, bad_pointer(), NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, -1, 0, bad_pointer(), NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &bad, NULL), EINVAL);
}

TEST(growing_upwards_is_refused_where_something_is_mapped)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_GROWSUP), EINVAL);
	CHECK_ERRNO(mprotect(p + PAGE, PAGE, PROT_READ | PROT_GROWSUP), ENOMEM);
	CHECK_ERRNO(mprotect(p + PAGE, PAGE, 0x100 | PROT_GROWSUP), EINVAL);
	CHECK_ERRNO(mprotect(p + 1, PAGE, PROT_GROWSUP), EINVAL);
	CHECK_OK(mprotect(p, 0, PROT_GROWSUP));
	CHECK_ERRNO(madvise(p + PAGE, PAGE, 25), ENOMEM);
	CHECK_ERRNO(madvise(p, PAGE, 25), EINVAL);
}

TEST(fixed_addresses_in_the_last_page)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	CHECK_ERRNO((long)mmap((void *)-1L, PAGE, PROT_READ, flags, -1, 0), sizeof(long) == 8 ? EPERM : ENOMEM);
	CHECK_ERRNO((long)mmap((void *)-4096L, PAGE, PROT_READ, flags, -1, 0), ENOMEM);
}

TEST(hints_and_owners_are_kept)
{
	unsigned long long hint = 9;
	unsigned ids[2] = { 7, 7 };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(fcntl(fd, F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, 0);
	hint = 3;
	CHECK_OK(fcntl(fd, F_SET_RW_HINT, &hint));
	hint = 6;
	CHECK_ERRNO(fcntl(fd, F_SET_RW_HINT, &hint), EINVAL);
	CHECK_OK(fcntl(CHECK_OK(open("f", O_RDONLY)), F_GET_RW_HINT, &hint));
	CHECK_EQ(hint, 3);
	CHECK_ERRNO(fcntl(fd, F_GET_RW_HINT, bad_pointer()), EFAULT);
	CHECK_OK(fcntl(fd, 17 /* F_GETOWNER_UIDS */, ids));
	CHECK_EQ(ids[0] | ids[1], 0);
	become(1000);
	CHECK_OK(fcntl(fd, F_SETOWN, getpid()));
	CHECK_OK(fcntl(fd, 17, ids));
	CHECK_EQ(ids[0], 1000);
	CHECK_EQ(ids[1], 1000);
	CHECK_ERRNO(fcntl(fd, 17, bad_pointer()), EFAULT);
}

TEST(leases_and_notifications_that_cannot_be)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), p[2];

	CHECK_OK(pipe(p));
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, F_RDLCK), EAGAIN);
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, F_UNLCK), EAGAIN);
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, 7), EINVAL);
	CHECK_ERRNO(fcntl(CHECK_OK(open(".", O_RDONLY)), F_SETLEASE, F_RDLCK), EINVAL);
	CHECK_ERRNO(fcntl(fd, F_NOTIFY, DN_CREATE), ENOTDIR);
	CHECK_OK(fcntl(fd, F_NOTIFY, 0));
	CHECK_ERRNO(fcntl(p[0], F_ADD_SEALS, 1), EPERM);
	CHECK_ERRNO(fcntl(p[1], F_ADD_SEALS, 1), EINVAL);
	become(1000);
	CHECK_ERRNO(fcntl(fd, F_SETLEASE, F_RDLCK), EACCES);
}

// SPDX-License-Identifier: MIT
/* close(2), dup(2), dup2, dup3, close_range(2): the descriptor table itself. */
#include "harness.h"

#include <linux/close_range.h>
#include <sys/resource.h>

TEST(close_bad_numbers_is_ebadf)
{
	CHECK_ERRNO(close(-1), EBADF);
	CHECK_ERRNO(close(200), EBADF);
	CHECK_ERRNO(close(INT_MAX), EBADF);
	CHECK_OK(close(0));
	CHECK_ERRNO(close(0), EBADF);
}

TEST(upper_half_of_the_number_is_ignored)
{
#ifdef __x86_64__
	int fd = CHECK_OK(dup(0));

	CHECK_OK(syscall(SYS_close, 0xabcd00000000ul | fd));
	CHECK_ERRNO(close(fd), EBADF);
#endif
}

TEST(dup_takes_the_lowest_free_number)
{
	int a = CHECK_OK(dup(0)), b = CHECK_OK(dup(0));

	CHECK_EQ(b, a + 1);
	close(a);
	CHECK_EQ(dup(0), a);
	CHECK_ERRNO(dup(-1), EBADF);
	CHECK_ERRNO(dup(99), EBADF);
}

TEST(dup_shares_offset_and_status_but_not_cloexec)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0644)), two = CHECK_OK(dup(fd));

	CHECK_EQ(write(fd, "abcdef", 6), 6);
	CHECK_EQ(lseek(two, 0, SEEK_CUR), 6);
	CHECK_OK(fcntl(two, F_SETFL, O_APPEND));
	CHECK(fcntl(fd, F_GETFL) & O_APPEND);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(two, F_GETFD), 0);
}

TEST(dup2_replaces_the_target)
{
	int fds[2];
	char c;

	CHECK_OK(pipe(fds));
	CHECK_EQ(dup2(fds[1], 50), 50);
	CHECK_EQ(write(50, "x", 1), 1);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(dup2(0, 50), 50);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &c, 1), 0);
}

TEST(dup2_onto_itself_does_nothing)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0644));

	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(dup2(77, 77), EBADF);
}

TEST(dup2_refusals)
{
	CHECK_ERRNO(dup2(-1, 5), EBADF);
	CHECK_ERRNO(dup2(0, -1), EBADF);
	CHECK_ERRNO(dup2(0, INT_MAX), EBADF);
	CHECK_ERRNO(dup2(88, 5), EBADF);
	CHECK_ERRNO(fcntl(5, F_GETFD), EBADF);
}

TEST(dup2_bad_source_keeps_the_target_open)
{
	int fd = CHECK_OK(dup(0));

	CHECK_ERRNO(dup2(99, fd), EBADF);
	CHECK_OK(fcntl(fd, F_GETFD));
}

TEST(dup3_flags)
{
	CHECK_EQ(dup3(0, 20, O_CLOEXEC), 20);
	CHECK_EQ(fcntl(20, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(dup3(0, 20, 0), 20);
	CHECK_EQ(fcntl(20, F_GETFD), 0);
	CHECK_ERRNO(dup3(0, 20, O_NONBLOCK), EINVAL);
	CHECK_ERRNO(dup3(0, 0, 0), EINVAL);
	/* Flags are looked at before numbers, equality before existence. */
	CHECK_ERRNO(dup3(-1, 20, 1), EINVAL);
	CHECK_ERRNO(dup3(99, 99, 0), EINVAL);
	CHECK_ERRNO(dup3(99, 20, 0), EBADF);
}

TEST(limit_bounds_dup_and_dup2)
{
	struct rlimit lim = { 10, 20 };
	int last = -1, fd;

	CHECK_OK(setrlimit(RLIMIT_NOFILE, &lim));
	while ((fd = dup(0)) >= 0)
		last = fd;
	CHECK_EQ(errno, EMFILE);
	CHECK_EQ(last, 9);
	CHECK_ERRNO(dup2(0, 10), EBADF);
	CHECK_EQ(dup2(0, 9), 9);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 5), EMFILE);
	CHECK_ERRNO(fcntl(0, F_DUPFD, 10), EINVAL);
	CHECK_ERRNO(open("/", O_RDONLY), EMFILE);
}

TEST(numbers_above_64_and_256_work)
{
	for (int fd = 60; fd <= 520; fd += 20)
		CHECK_EQ(dup2(0, fd), fd);
	CHECK_EQ(fcntl(0, F_DUPFD, 500), 501);
	for (int fd = 60; fd <= 520; fd += 20)
		CHECK_OK(close(fd));
}

TEST(dupfd_starts_at_the_minimum)
{
	CHECK_EQ(fcntl(0, F_DUPFD, 30), 30);
	CHECK_EQ(fcntl(0, F_DUPFD, 30), 31);
	CHECK_EQ(fcntl(0, F_DUPFD_CLOEXEC, 30), 32);
	CHECK_EQ(fcntl(32, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(fcntl(0, F_DUPFD, -1), EINVAL);
	CHECK_ERRNO(fcntl(99, F_DUPFD, 0), EBADF);
}

TEST(close_range_closes_all_inside)
{
	for (int fd = 10; fd < 20; fd++)
		CHECK_OK(dup2(0, fd));
	CHECK_OK(syscall(SYS_close_range, 12, 15, 0));
	for (int fd = 10; fd < 20; fd++)
		CHECK_EQ(fcntl(fd, F_GETFD) >= 0, fd < 12 || fd > 15);
	CHECK_OK(syscall(SYS_close_range, 10, ~0u, 0));
	CHECK_EQ(count_fds(), 3);
}

TEST(close_range_refusals_and_flags)
{
	CHECK_ERRNO(syscall(SYS_close_range, 5, 4, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_close_range, 5, 9, 1u << 9), EINVAL);
	CHECK_OK(dup2(0, 10));
	CHECK_OK(syscall(SYS_close_range, 10, 11, CLOSE_RANGE_CLOEXEC));
	CHECK_EQ(fcntl(10, F_GETFD), FD_CLOEXEC);
	CHECK_OK(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_UNSHARE));
	CHECK_EQ(count_fds(), 3);
}

TEST(table_is_copied_by_fork)
{
	int fd = CHECK_OK(dup(0));
	pid_t child = CHILD(CHECK_OK(close(fd)));

	JOIN(child);
	CHECK_OK(fcntl(fd, F_GETFD));
}

static void *close_in_thread(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

TEST(table_is_shared_by_threads)
{
	int fd = CHECK_OK(dup(0));
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, close_in_thread, (void *)(intptr_t)fd), 0);
	pthread_join(t, NULL);
	CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);
}

static void *churn(void *unused)
{
	for (int i = 0; i < 200; i++) {
		int fd = dup(0);

		if (fd < 0 || close(fd))
			return (void *)1;
	}
	return NULL;
}

TEST(two_threads_never_get_the_same_number)
{
	pthread_t a, b;
	void *ra, *rb;

	CHECK_EQ(pthread_create(&a, NULL, churn, NULL), 0);
	CHECK_EQ(pthread_create(&b, NULL, churn, NULL), 0);
	pthread_join(a, &ra);
	pthread_join(b, &rb);
	CHECK(!ra && !rb);
	CHECK_EQ(count_fds(), 3);
}

TEST(flock_checks_the_command_before_the_descriptor)
{
	CHECK_ERRNO(syscall(SYS_flock, 200, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_flock, 200, 7), EINVAL);
	CHECK_ERRNO(syscall(SYS_flock, 200, 2), EBADF);
	/* LOCK_MAND is accepted and does nothing since Linux 5.17. */
	CHECK_EQ(syscall(SYS_flock, 200, 32), 0);
	CHECK_EQ(syscall(SYS_flock, 0, -1), 0);
}

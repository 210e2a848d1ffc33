// SPDX-License-Identifier: MIT
/* poll(2), ppoll(2), select(2), pselect6(2). */
#include "harness.h"

#include <sys/select.h>

TEST(regular_file_is_always_ready)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLPRI, 0 };

	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT);
}

TEST(pipe_events)
{
	int fds[2];
	struct pollfd p[2];

	CHECK_OK(pipe(fds));
	p[0] = (struct pollfd){ fds[0], POLLIN, 0 };
	p[1] = (struct pollfd){ fds[1], POLLOUT, 0 };
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, POLLOUT);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(poll(p, 2, 0), 2);
	CHECK_EQ(p[0].revents, POLLIN);
	close(fds[1]);
	CHECK_EQ(poll(p, 1, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN | POLLHUP);
}

TEST(pipe_writer_sees_error_without_reader)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	close(fds[0]);
	struct pollfd p = { fds[1], 0, 0 };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLERR);
}

TEST(full_pipe_is_not_writable)
{
	static char buf[65536];
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], buf, sizeof(buf)), sizeof(buf));
	struct pollfd p = { fds[1], POLLOUT, 0 };
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(read(fds[0], buf, PAGE), PAGE);
	CHECK_EQ(poll(&p, 1, 0), 1);
}

TEST(negative_and_closed_descriptors)
{
	struct pollfd p[2] = { { -5, POLLIN, 7 }, { 99, POLLIN, 0 } };

	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, POLLNVAL);
}

TEST(poll_refusals)
{
	struct pollfd p = { 0, POLLIN, 0 };
	unsigned long lim[2] = { 16, 16 };

	CHECK_ERRNO(poll(bad_pointer(), 1, 0), EFAULT);
	CHECK_EQ(poll(NULL, 0, 0), 0);
	CHECK_ERRNO(poll(read_only_page(), 1, 0), EFAULT);
	CHECK_OK(syscall(SYS_setrlimit, 7, lim));
	CHECK_ERRNO(poll(&p, 17, 0), EINVAL);
}

TEST(poll_times_out)
{
	long long begin = now_ns();

	CHECK_EQ(poll(NULL, 0, 30), 0);
	CHECK(now_ns() - begin >= 30000000);
	begin = now_ns();
	CHECK_EQ(poll(NULL, 0, 0), 0);
	CHECK(now_ns() - begin < 1000000000);
}

TEST(poll_wakes_on_event)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	struct pollfd p = { fds[0], POLLIN, 0 };
	pid_t child = CHILD(CHECK_EQ(poll(&p, 1, -1), 1); CHECK_EQ(p.revents, POLLIN));
	wait_asleep(child);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	JOIN(child);
}

TEST(poll_is_interrupted_even_with_sa_restart)
{
	int fds[2];
	pid_t poker;

	CHECK_OK(pipe(fds));
	struct pollfd p = { fds[0], POLLIN, 0 };
	catch_signal(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(poll(&p, 1, -1), EINTR);
	poke_stop(poker);
}

TEST(ppoll_swaps_the_mask_while_waiting)
{
	struct timespec ts = { 5, 0 };
	sigset_t set, empty, now;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigemptyset(&empty);
	catch_signal(SIGUSR1, 0);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGUSR1);
	CHECK_EQ(signal_count[SIGUSR1], 0);
	CHECK_ERRNO(ppoll(NULL, 0, &ts, &empty), EINTR);
	CHECK_EQ(signal_count[SIGUSR1], 1);
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1));
}

TEST(ppoll_refusals)
{
	struct timespec bad = { 0, 1000000000 }, neg = { -1, 0 };
	sigset_t set;

	sigemptyset(&set);
	CHECK_ERRNO(ppoll(NULL, 0, &bad, NULL), EINVAL);
	CHECK_ERRNO(ppoll(NULL, 0, &neg, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_ppoll, NULL, 0, NULL, &set, 4), EINVAL);
	CHECK_ERRNO(syscall(SYS_ppoll, NULL, 0, bad_pointer(), NULL, 8), EFAULT);
}

TEST(raw_ppoll_writes_back_the_time_left)
{
	long ts[2] = { 0, 20000000 };

	CHECK_EQ(syscall(SYS_ppoll, NULL, 0, ts, NULL, 8), 0);
	CHECK_EQ(ts[0], 0);
	CHECK_EQ(ts[1], 0);
}

TEST(select_sets_and_counts)
{
	int fds[2];
	fd_set r, w;
	struct timeval tv = { 0, 0 };

	CHECK_OK(pipe(fds));
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(fds[0], &r);
	FD_SET(fds[1], &w);
	CHECK_EQ(select(fds[1] + 1, &r, &w, NULL, &tv), 1);
	CHECK(!FD_ISSET(fds[0], &r));
	CHECK(FD_ISSET(fds[1], &w));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	FD_SET(fds[0], &r);
	CHECK_EQ(select(fds[1] + 1, &r, &w, NULL, &tv), 2);
}

TEST(select_refusals)
{
	struct timeval tv = { 0, 0 }, bad = { -1, 0 };
	fd_set r;

	FD_ZERO(&r);
	FD_SET(99, &r);
	CHECK_ERRNO(select(100, &r, NULL, NULL, &tv), EBADF);
	CHECK_ERRNO(select(-1, NULL, NULL, NULL, &tv), EINVAL);
	CHECK_ERRNO(select(0, NULL, NULL, NULL, &bad), EINVAL);
	CHECK_ERRNO(select(5, bad_pointer(), NULL, NULL, &tv), EFAULT);
	/* Numbers beyond the table are cut off, not refused. */
	FD_ZERO(&r);
	CHECK_EQ(select(1024, &r, NULL, NULL, &tv), 0);
}

TEST(select_times_out_and_clears)
{
	struct timeval tv = { 0, 20000 };
	long long begin = now_ns();
	int fds[2];
	fd_set r;

	CHECK_OK(pipe(fds));
	FD_ZERO(&r);
	FD_SET(fds[0], &r);
	CHECK_EQ(select(fds[0] + 1, &r, NULL, NULL, &tv), 0);
	CHECK(!FD_ISSET(fds[0], &r));
	CHECK(now_ns() - begin >= 20000000);
	CHECK_EQ(tv.tv_sec, 0);
	CHECK_EQ(tv.tv_usec, 0);
}

TEST(select_hang_up_counts_as_readable)
{
	struct timeval tv = { 0, 0 };
	int fds[2];
	fd_set r, x;

	CHECK_OK(pipe(fds));
	close(fds[1]);
	FD_ZERO(&r);
	FD_ZERO(&x);
	FD_SET(fds[0], &r);
	FD_SET(fds[0], &x);
	CHECK_EQ(select(fds[0] + 1, &r, NULL, &x, &tv), 1);
	CHECK(FD_ISSET(fds[0], &r));
}

TEST(select_high_descriptors)
{
	struct timeval tv = { 0, 0 };
	int fds[2];
	fd_set w;

	CHECK_OK(pipe(fds));
	CHECK_EQ(dup2(fds[1], 700), 700);
	FD_ZERO(&w);
	FD_SET(700, &w);
	CHECK_EQ(select(701, NULL, &w, NULL, &tv), 1);
	CHECK(FD_ISSET(700, &w));
}

TEST(pselect_mask)
{
	struct timespec ts = { 5, 0 };
	sigset_t set, empty;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigemptyset(&empty);
	catch_signal(SIGUSR2, 0);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGUSR2);
	CHECK_ERRNO(pselect(0, NULL, NULL, NULL, &ts, &empty), EINTR);
	CHECK_EQ(signal_count[SIGUSR2], 1);
}

TEST(rearmed_many_descriptors)
{
	struct pollfd p[200];
	int fds[2];

	CHECK_OK(pipe(fds));
	for (int i = 0; i < 200; i++)
		p[i] = (struct pollfd){ fds[i == 150], i == 150 ? POLLOUT : POLLIN, 0 };
	CHECK_EQ(poll(p, 200, -1), 1);
	CHECK_EQ(p[150].revents, POLLOUT);
}

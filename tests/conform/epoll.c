// SPDX-License-Identifier: MIT
/* epoll(7). */
#include "harness.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

static int pair[2];

static int epoll_on_pipe(uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u64 = 0x1122334455667788 };
	int ep = CHECK_OK(epoll_create1(0));

	CHECK_OK(pipe(pair));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	return ep;
}

TEST(create_refusals)
{
	CHECK_ERRNO(epoll_create(0), EINVAL);
	CHECK_ERRNO(epoll_create(-1), EINVAL);
	CHECK_ERRNO(epoll_create1(1), EINVAL);
	CHECK_EQ(fcntl(CHECK_OK(epoll_create1(EPOLL_CLOEXEC)), F_GETFD), FD_CLOEXEC);
}

TEST(level_triggered_repeats)
{
	struct epoll_event e[4];
	int ep = epoll_on_pipe(EPOLLIN);

	CHECK_EQ(epoll_wait(ep, e, 4, 0), 0);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
		CHECK_EQ(e[0].events, EPOLLIN);
		CHECK_EQ(e[0].data.u64, 0x1122334455667788);
	}
}

TEST(edge_triggered_fires_once_per_write)
{
	struct epoll_event e[4];
	int ep = epoll_on_pipe(EPOLLIN | EPOLLET);

	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 0);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
}

TEST(oneshot_is_disarmed_until_modified)
{
	struct epoll_event e[4], again = { .events = EPOLLIN | EPOLLONESHOT };
	int ep = epoll_on_pipe(EPOLLIN | EPOLLONESHOT);

	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 0);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &again));
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
}

TEST(ctl_refusals)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_on_pipe(EPOLLIN), file = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e), EEXIST);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, pair[1], &e), ENOENT);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_DEL, pair[1], &e), ENOENT);
	CHECK_ERRNO(epoll_ctl(ep, 9, pair[0], &e), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &e), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, file, &e), EPERM);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &e), EBADF);
	CHECK_ERRNO(epoll_ctl(99, EPOLL_CTL_ADD, pair[1], &e), EBADF);
	CHECK_ERRNO(epoll_ctl(pair[0], EPOLL_CTL_ADD, pair[1], &e), EINVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, pair[1], bad_pointer()), EFAULT);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_DEL, pair[0], NULL));
}

TEST(wait_refusals)
{
	struct epoll_event e[4];
	int ep = epoll_on_pipe(EPOLLIN);

	CHECK_ERRNO(epoll_wait(ep, e, 0, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(ep, e, -1, 0), EINVAL);
	CHECK_ERRNO(epoll_wait(99, e, 4, 0), EBADF);
	CHECK_ERRNO(epoll_wait(pair[0], e, 4, 0), EINVAL);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_ERRNO(epoll_wait(ep, bad_pointer(), 4, 0), EFAULT);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
}

TEST(hang_up_and_error_need_no_request)
{
	struct epoll_event e[4], none = { .events = 0 };
	int ep = epoll_on_pipe(0);

	close(pair[1]);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
	CHECK_EQ(e[0].events, EPOLLHUP);
	CHECK_OK(pipe(pair));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, pair[1], &none));
	close(pair[0]);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 2);
}

TEST(closing_the_last_descriptor_removes_the_entry)
{
	struct epoll_event e[4];
	int ep = epoll_on_pipe(EPOLLIN), copy = CHECK_OK(dup(pair[0]));

	CHECK_EQ(write(pair[1], "x", 1), 1);
	close(pair[0]);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 1);
	close(copy);
	CHECK_EQ(epoll_wait(ep, e, 4, 0), 0);
}

TEST(round_robin_over_many)
{
	struct epoll_event e[4], in = { .events = EPOLLIN };
	int ep = CHECK_OK(epoll_create1(0)), seen = 0;

	for (int i = 0; i < 4; i++) {
		int fd = CHECK_OK(eventfd(1, 0));

		in.data.u32 = i;
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &in));
	}
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(epoll_wait(ep, e, 2, 0), 2);
		seen |= 1 << e[0].data.u32 | 1 << e[1].data.u32;
	}
	CHECK_EQ(seen, 15);
}

TEST(wait_blocks_until_ready_and_times_out)
{
	struct epoll_event e;
	int ep = epoll_on_pipe(EPOLLIN);
	long long begin = now_ns();

	CHECK_EQ(epoll_wait(ep, &e, 1, 20), 0);
	CHECK(now_ns() - begin >= 20000000);
	pid_t child = CHILD(CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1));
	wait_asleep(child);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	JOIN(child);
}

TEST(wait_is_interrupted)
{
	struct epoll_event e;
	int ep = epoll_on_pipe(EPOLLIN);
	pid_t poker;

	catch_signal(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(epoll_wait(ep, &e, 1, -1), EINTR);
	poke_stop(poker);
}

TEST(nested_sets_and_loops)
{
	struct epoll_event e, in = { .events = EPOLLIN };
	int inner = epoll_on_pipe(EPOLLIN), outer = CHECK_OK(epoll_create1(0));

	CHECK_OK(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &in));
	CHECK_ERRNO(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &in), ELOOP);
	CHECK_EQ(epoll_wait(outer, &e, 1, 0), 0);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(epoll_wait(outer, &e, 1, 0), 1);
	struct pollfd p = { outer, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 0), 1);
}

TEST(pwait_mask_and_pwait2)
{
	struct timespec ts = { 0, 1000000 };
	struct epoll_event e;
	sigset_t set, empty;
	int ep = epoll_on_pipe(EPOLLIN);

	sigemptyset(&empty);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	catch_signal(SIGUSR1, 0);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	raise(SIGUSR1);
	CHECK_ERRNO(epoll_pwait(ep, &e, 1, 5000, &empty), EINTR);
	CHECK_EQ(signal_count[SIGUSR1], 1);
	CHECK_ERRNO(syscall(SYS_epoll_pwait, ep, &e, 1, 0, &set, 4), EINVAL);
#ifdef __x86_64__
	CHECK_EQ(syscall(SYS_epoll_pwait2, ep, &e, 1, &ts, NULL, 8), 0);
#endif
	(void)ts;
}

TEST(exclusive_rules)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int ep = CHECK_OK(epoll_create1(0));

	CHECK_OK(pipe(pair));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &e));
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e), EINVAL);
	e.events |= EPOLLONESHOT;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, pair[1], &e), EINVAL);
}

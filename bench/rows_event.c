// SPDX-License-Identifier: MIT
/* Rows: poll, select, epoll, eventfd, timers. */
#include "bench.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#define MOST 100

static int fds[MOST], ep;
static struct pollfd polls[MOST];

static void open_events(void)
{
	struct epoll_event e = { .events = EPOLLIN };

	ep = epoll_create1(0);
	for (int i = 0; i < MOST; i++) {
		fds[i] = eventfd(i == MOST - 1, 0);
		MUST(fds[i] >= 0);
		polls[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		e.data.fd = fds[i];
		epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e);
	}
}

static void close_events(void)
{
	for (int i = 0; i < MOST; i++)
		close(fds[i]);
	close(ep);
}

BENCH_WITH(poll_10, "poll of 10", 300, open_events, close_events)
{
	TIMES poll(polls, 10, 0);
}

BENCH_WITH(poll_100, "poll of 100", 100, open_events, close_events)
{
	TIMES poll(polls, 100, 0);
}

static void select_many(int count)
{
	struct timeval tv = { 0, 0 };
	fd_set set;

	FD_ZERO(&set);
	for (int i = 0; i < count; i++)
		FD_SET(fds[i], &set);
	select(fds[count - 1] + 1, &set, NULL, NULL, &tv);
}

BENCH_WITH(select_10, "select of 10", 300, open_events, close_events)
{
	TIMES select_many(10);
}

BENCH_WITH(select_100, "select of 100", 100, open_events, close_events)
{
	TIMES select_many(100);
}

BENCH_WITH(epoll_row, "epoll_wait, 1 of 100 ready", 300, open_events, close_events)
{
	struct epoll_event e[4];

	TIMES epoll_wait(ep, e, 4, 0);
}

BENCH_WITH(epoll_mod, "epoll_ctl MOD", 300, open_events, close_events)
{
	struct epoll_event e = { .events = EPOLLIN };

	TIMES epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &e);
}

BENCH_WITH(eventfd_row, "eventfd write+read", 300, open_events, close_events)
{
	uint64_t v = 1;

	TIMES
	{
		write(fds[0], &v, 8);
		read(fds[0], &v, 8);
	}
}

BENCH(itimer_row, "setitimer arm and disarm", 300)
{
	struct itimerval on = { { 0, 0 }, { 100, 0 } }, off = { { 0, 0 }, { 0, 0 } };

	TIMES
	{
		setitimer(ITIMER_REAL, &on, NULL);
		setitimer(ITIMER_REAL, &off, NULL);
	}
}

BENCH(timerfd_row, "timerfd_create+settime+close", 100)
{
	struct itimerspec its = { { 0, 0 }, { 100, 0 } };

	TIMES
	{
		int fd = timerfd_create(CLOCK_MONOTONIC, 0);

		timerfd_settime(fd, 0, &its, NULL);
		close(fd);
	}
}

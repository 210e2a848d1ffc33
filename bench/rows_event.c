// SPDX-License-Identifier: MIT
/* Rows: poll, select, epoll, eventfd, timers. */
#define FAMILY "events"
#include "bench.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#define MOST 10000

static int fds[MOST], opened, ep;
static struct pollfd polls[MOST];
static fd_set watched;

/* eventfds, of which only the last is readable, all watched by ep. */
static void open_events(int count)
{
	struct epoll_event e = { .events = EPOLLIN };

	allow(RLIMIT_NOFILE, MOST + 100);
	MUST((ep = epoll_create1(0)) >= 0);
	for (int i = 0; i < count; i++) {
		MUST((fds[i] = eventfd(i == count - 1, 0)) >= 0);
		polls[i] = (struct pollfd){ fds[i], POLLIN, 0 };
		e.data.fd = fds[i];
		MUST(!epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e));
	}
	opened = count;
	FD_ZERO(&watched);
	for (int i = 0; i < count && fds[i] < FD_SETSIZE; i++)
		FD_SET(fds[i], &watched);
}

static void close_events(void)
{
	for (int i = 0; i < opened; i++)
		close(fds[i]);
	close(ep);
}

#define OPENER(count)                         \
	static void open_events_##count(void) \
	{                                     \
		open_events(count);           \
	}
OPENER(10)
OPENER(100)
OPENER(1000)
OPENER(10000)

#define POLL_ROW(size, label, times)                                            \
	BENCH_WITH(poll_##size, label, times, open_events_##size, close_events) \
	{                                                                       \
		TIMES poll(polls, size, 0);                                     \
	}
POLL_ROW(10, "poll of 10", 300)
POLL_ROW(100, "poll of 100", 100)
POLL_ROW(1000, "poll of 1,000", 10)
POLL_ROW(10000, "poll of 10,000", 2)

static void select_many(int count)
{
	struct timeval tv = { 0, 0 };
	fd_set set = watched;

	select(fds[count - 1] + 1, &set, NULL, NULL, &tv);
}

#define SELECT_ROW(size, label, times)                                            \
	BENCH_WITH(select_##size, label, times, open_events_##size, close_events) \
	{                                                                         \
		TIMES select_many(size);                                          \
	}
SELECT_ROW(10, "select of 10", 300)
SELECT_ROW(100, "select of 100", 100)
SELECT_ROW(1000, "select of 1,000", 10)

#define EPOLL_ROW(size, label, times)                                            \
	BENCH_WITH(epoll_##size, label, times, open_events_##size, close_events) \
	{                                                                        \
		struct epoll_event e[4];                                         \
		TIMES epoll_wait(ep, e, 4, 0);                                   \
	}
EPOLL_ROW(10, "epoll_wait, 1 ready of 10", 300)
EPOLL_ROW(100, "epoll_wait, 1 ready of 100", 300)
EPOLL_ROW(1000, "epoll_wait, 1 ready of 1,000", 300)
EPOLL_ROW(10000, "epoll_wait, 1 ready of 10,000", 300)

#define EPOLL_CYCLE(size, label)                                                     \
	BENCH_WITH(epoll_cycle_##size, label, 200, open_events_##size, close_events) \
	{                                                                            \
		struct epoll_event e[4];                                             \
		uint64_t v = 1;                                                      \
		read(fds[size - 1], &v, 8);                                          \
		TIMES                                                                \
		{                                                                    \
			v = 1;                                                       \
			write(fds[size / 2], &v, 8);                                 \
			epoll_wait(ep, e, 4, 0);                                     \
			read(fds[size / 2], &v, 8);                                  \
		}                                                                    \
		v = 1;                                                               \
		write(fds[size - 1], &v, 8);                                         \
	}
EPOLL_CYCLE(10, "eventfd write, epoll_wait, read: 1 of 10")
EPOLL_CYCLE(10000, "eventfd write, epoll_wait, read: 1 of 10,000")

BENCH_WITH(epoll_mod, "epoll_ctl MOD", 100, open_events_100, close_events)
{
	struct epoll_event e = { .events = EPOLLIN };

	TIMES epoll_ctl(ep, EPOLL_CTL_MOD, fds[i], &e);
}

BENCH_WITH(eventfd_row, "eventfd write+read", 300, open_events_100, close_events)
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

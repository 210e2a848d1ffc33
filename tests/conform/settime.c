// SPDX-License-Identifier: MIT
/* clock_settime(2): what sleeps and timers on CLOCK_REALTIME make of a clock that jumps. */
#include "harness.h"

#include <sys/timerfd.h>

#ifndef TFD_TIMER_CANCEL_ON_SET
#define TFD_TIMER_CANCEL_ON_SET 2
#endif

static struct timespec real_in(long seconds)
{
	struct timespec ts;

	CHECK_OK(clock_gettime(CLOCK_REALTIME, &ts));
	ts.tv_sec += seconds;
	return ts;
}

static void jump(long seconds)
{
	struct timespec ts = real_in(seconds);

	CHECK_OK(clock_settime(CLOCK_REALTIME, &ts));
}

static timer_t timer_on(clockid_t clock, int flags, struct timespec value, long interval_s)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec its = { { interval_s, 0 }, value };
	timer_t t;

	CHECK_OK(timer_create(clock, &ev, &t));
	CHECK_OK(timer_settime(t, flags, &its, NULL));
	return t;
}

static sigset_t block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	return set;
}

static long left(timer_t t)
{
	struct itimerspec its;

	CHECK_OK(timer_gettime(t, &its));
	return its.it_value.tv_sec;
}

TEST(absolute_timer_expires_when_the_clock_passes_it)
{
	sigset_t set = block(SIGRTMIN);
	struct timespec limit = { 5, 0 }, none = { 0, 0 };

	timer_on(CLOCK_REALTIME, TIMER_ABSTIME, real_in(1000), 0);
	CHECK_ERRNO(sigtimedwait(&set, NULL, &none), EAGAIN);
	jump(2000);
	CHECK_EQ(sigtimedwait(&set, NULL, &limit), SIGRTMIN);
	jump(-2000);
}

TEST(absolute_timer_waits_longer_when_the_clock_goes_back)
{
	timer_t t = timer_on(CLOCK_REALTIME, TIMER_ABSTIME, real_in(1000), 0);

	CHECK(left(t) >= 990 && left(t) <= 1000);
	jump(-500);
	CHECK(left(t) >= 1490 && left(t) <= 1500);
	jump(1000);
	CHECK(left(t) >= 490 && left(t) <= 500);
	jump(-500);
}

TEST(relative_timer_does_not_care)
{
	struct timespec in = { 1000, 0 };
	timer_t t = timer_on(CLOCK_REALTIME, 0, in, 0);

	jump(2000);
	CHECK(left(t) >= 990 && left(t) <= 1000);
	jump(-2000);
	CHECK(left(t) >= 990 && left(t) <= 1000);
}

TEST(monotonic_timer_does_not_care)
{
	struct timespec ts;

	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &ts));
	ts.tv_sec += 1000;
	timer_t t = timer_on(CLOCK_MONOTONIC, TIMER_ABSTIME, ts, 0);
	jump(2000);
	CHECK(left(t) >= 990 && left(t) <= 1000);
	jump(-2000);
}

TEST(intervals_that_a_jump_passes_are_overruns)
{
	sigset_t set = block(SIGRTMIN);
	struct timespec limit = { 5, 0 };
	siginfo_t si;
	timer_t t = timer_on(CLOCK_REALTIME, TIMER_ABSTIME, real_in(1000), 100);

	jump(2050);
	CHECK_EQ(sigtimedwait(&set, &si, &limit), SIGRTMIN);
	CHECK_EQ(si.si_overrun, 10);
	CHECK(left(t) > 40 && left(t) <= 51);
	jump(-2050);
	CHECK(left(t) > 2090 && left(t) <= 2101);
}

TEST(deleted_timer_is_forgotten)
{
	for (int i = 0; i < 20; i++) {
		timer_t t = timer_on(CLOCK_REALTIME, TIMER_ABSTIME, real_in(1000), 0);

		CHECK_OK(timer_delete(t));
		jump(i & 1 ? -2000 : 2000);
	}
}

TEST(absolute_sleep_ends_when_the_clock_passes_it)
{
	struct timespec until = real_in(1000);

	pid_t pid = CHILD(CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL), 0));
	wait_asleep(pid);
	jump(2000);
	JOIN(pid);
	jump(-2000);
}

static int timerfd_in(long seconds, int flags)
{
	struct itimerspec its = { { 0, 0 }, real_in(seconds) };
	int fd = CHECK_OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));

	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME | flags, &its, NULL));
	return fd;
}

TEST(timerfd_expires_when_the_clock_passes_it)
{
	int fd = timerfd_in(1000, 0);
	struct pollfd p = { fd, POLLIN, 0 };
	uint64_t n;

	CHECK_EQ(poll(&p, 1, 0), 0);
	jump(2000);
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(read(fd, &n, sizeof(n)), sizeof(n));
	CHECK_EQ(n, 1);
	jump(-2000);
}

TEST(timerfd_is_cancelled_when_it_wants_to_know)
{
	int fd = timerfd_in(1000, TFD_TIMER_CANCEL_ON_SET);
	struct pollfd p = { fd, POLLIN, 0 };
	uint64_t n;

	CHECK_EQ(poll(&p, 1, 0), 0);
	jump(10);
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_ERRNO(read(fd, &n, sizeof(n)), ECANCELED);
	CHECK_ERRNO(read(fd, &n, sizeof(n)), EAGAIN);
	/* Without that flag it is not told. */
	fd = timerfd_in(1000, 0);
	jump(-10);
	CHECK_ERRNO(read(fd, &n, sizeof(n)), EAGAIN);
}

// SPDX-License-Identifier: MIT
/* Setting the wall clock and what waits for it: timerfd_create(2), clock_nanosleep(2), timers, time zones. */
#include "harness.h"

#include <sys/ioctl.h>
#include <sys/timerfd.h>

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif

static struct timespec wall_then, mono_then;

static void remember(void)
{
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &wall_then));
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &mono_then));
}

/* The wall clock, `seconds` away from where it would be. */
static void shift(long long seconds)
{
	struct timespec mono, t;

	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &mono));
	t.tv_sec = wall_then.tv_sec + mono.tv_sec - mono_then.tv_sec + seconds;
	t.tv_nsec = wall_then.tv_nsec;
	CHECK_OK(clock_settime(CLOCK_REALTIME, &t));
}

static struct itimerspec at(long long seconds)
{
	struct itimerspec its = { 0 };

	its.it_value.tv_sec = wall_then.tv_sec + seconds;
	return its;
}

TEST(set_and_refusals)
{
	struct timespec now, bad = { 5, 1000000000 };

	remember();
	shift(1000000);
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &now));
	shift(0);
	CHECK(now.tv_sec - wall_then.tv_sec >= 999999 && now.tv_sec - wall_then.tv_sec < 1000600);
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &bad), EINVAL);
	bad = (struct timespec){ -1, 0 };
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &bad), EINVAL);
	CHECK_ERRNO(clock_settime(CLOCK_MONOTONIC, &now), EINVAL);
	CHECK_ERRNO(clock_settime(CLOCK_BOOTTIME, &now), EINVAL);
	CHECK_ERRNO(clock_settime(99, &now), EINVAL);
	become(1000);
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &now), EPERM);
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &bad), EINVAL);
}

TEST(setting_cancels_a_timer_that_asked_for_it)
{
	uint64_t ticks;
	struct pollfd p;
	struct itimerspec its;

	remember();
	its = at(100000);
	int fd = CHECK_OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
	int plain = CHECK_OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));

	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &its, NULL));
	CHECK_OK(timerfd_settime(plain, TFD_TIMER_ABSTIME, &its, NULL));
	CHECK_ERRNO(read(fd, &ticks, 8), EAGAIN);
	shift(50);
	p = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_ERRNO(read(fd, &ticks, 8), ECANCELED);
	CHECK_ERRNO(read(fd, &ticks, 8), EAGAIN); /* told once */
	CHECK_ERRNO(read(plain, &ticks, 8), EAGAIN);
	shift(0);
	CHECK_ERRNO(timerfd_settime(fd, 1 << 5, &its, NULL), EINVAL);
}

TEST(absolute_timers_follow_the_clock)
{
	uint64_t ticks = 0;
	struct itimerspec its, left;
	struct pollfd p;

	remember();
	its = at(100000);
	int fd = CHECK_OK(timerfd_create(CLOCK_REALTIME, 0));
	int mono = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	int relative = CHECK_OK(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));

	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL));
	its.it_value = (struct timespec){ 1000, 0 };
	CHECK_OK(timerfd_settime(mono, 0, &its, NULL));
	CHECK_OK(timerfd_settime(relative, 0, &its, NULL));
	shift(99000);
	CHECK_OK(timerfd_gettime(fd, &left));
	CHECK(left.it_value.tv_sec <= 1000 && left.it_value.tv_sec > 300);
	shift(100001);
	p = (struct pollfd){ fd, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(read(fd, &ticks, 8), 8);
	CHECK_EQ(ticks, 1);
	CHECK_ERRNO(read(mono, &ticks, 8), EAGAIN);
	CHECK_ERRNO(read(relative, &ticks, 8), EAGAIN);
	shift(0);
}

TEST(absolute_sleep_ends_when_the_clock_jumps)
{
	struct timespec until;

	remember();
	until = at(100000).it_value;
	pid_t child = CHILD(CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL), 0));

	wait_asleep(child);
	shift(100001);
	JOIN(child);
	shift(0);
}

TEST(posix_timer_follows_the_clock)
{
	struct itimerspec its;
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	sigset_t set;
	siginfo_t info;
	timer_t timer;

	remember();
	its = at(100000);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_OK(timer_create(CLOCK_REALTIME, &ev, &timer));
	CHECK_OK(timer_settime(timer, TIMER_ABSTIME, &its, NULL));
	shift(100001);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(info.si_code, SI_TIMER);
	shift(0);
}

TEST(ticks_can_be_given)
{
	uint64_t ticks = 7;
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));

	CHECK_ERRNO(read(fd, &ticks, 8), EAGAIN);
	ticks = 7;
	if (ioctl(fd, TFD_IOC_SET_TICKS, &ticks) && errno == ENOTTY)
		skip("built without CONFIG_CHECKPOINT_RESTORE");
	CHECK_EQ(read(fd, &ticks, 8), 8);
	CHECK_EQ(ticks, 7);
	ticks = 0;
	CHECK_ERRNO(ioctl(fd, TFD_IOC_SET_TICKS, &ticks), EINVAL);
	CHECK_ERRNO(ioctl(fd, TFD_IOC_SET_TICKS, bad_pointer()), EFAULT);
	CHECK_ERRNO(ioctl(fd, 0x5555, &ticks), ENOTTY);
}

TEST(alarm_clocks_need_a_capability)
{
	CHECK_OK(timerfd_create(CLOCK_REALTIME_ALARM, 0));
	int fd = CHECK_OK(timerfd_create(CLOCK_BOOTTIME_ALARM, 0));
	struct itimerspec its = { .it_value = { 1000, 0 } };

	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	become(1000);
	CHECK_ERRNO(timerfd_create(CLOCK_REALTIME_ALARM, 0), EPERM);
	CHECK_ERRNO(timerfd_settime(fd, 0, &its, NULL), EPERM);
	CHECK_ERRNO(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	CHECK_ERRNO(timerfd_gettime(0, &its), EINVAL);
	CHECK_ERRNO(timerfd_settime(0, 0, &its, NULL), EINVAL);
	CHECK_ERRNO(timerfd_gettime(99, &its), EBADF);
}

TEST(time_zone)
{
	struct timeval tv;
	struct timezone tz = { 60, 0 }, got = { 1, 1 }, none = { 0, 0 }, bad = { 15 * 60 + 1, 0 };

	CHECK_OK(syscall(SYS_gettimeofday, &tv, &got));
	CHECK_OK(settimeofday(NULL, &none)); /* the first time, Linux shifts the clock by it */
	CHECK_OK(syscall(SYS_settimeofday, NULL, &tz));
	CHECK_OK(syscall(SYS_gettimeofday, NULL, &got));
	CHECK_EQ(got.tz_minuteswest, 60);
	CHECK_OK(settimeofday(NULL, &none));
	CHECK_ERRNO(settimeofday(NULL, &bad), EINVAL);
	CHECK_ERRNO(syscall(SYS_settimeofday, NULL, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_settimeofday, bad_pointer(), NULL), EFAULT);
	tv.tv_usec = 1000001;
	CHECK_ERRNO(syscall(SYS_settimeofday, &tv, NULL), EINVAL);
	CHECK_OK(syscall(SYS_gettimeofday, &tv, NULL));
	CHECK_OK(syscall(SYS_settimeofday, &tv, NULL));
	become(1000);
	CHECK_ERRNO(settimeofday(NULL, &none), EPERM);
}

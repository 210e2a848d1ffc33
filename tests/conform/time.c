// SPDX-License-Identifier: MIT
/* Clocks, sleeping, interval and POSIX timers, the vDSO. */
#include "harness.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/resource.h>

TEST(clocks_advance)
{
	static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
					    CLOCK_MONOTONIC_RAW };
	struct timespec a, b;

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		CHECK_OK(clock_gettime(clocks[i], &a));
		sleep_ms(2);
		CHECK_OK(clock_gettime(clocks[i], &b));
		CHECK((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec >= 2000000);
		CHECK(a.tv_nsec >= 0 && a.tv_nsec < 1000000000);
	}
}

TEST(monotonic_never_goes_back)
{
	long long last = 0;

	for (int i = 0; i < 2000; i++) {
		long long now = now_ns();

		CHECK(now >= last);
		last = now;
	}
}

TEST(coarse_clocks_and_resolution)
{
	struct timespec ts;

	CHECK_OK(clock_gettime(CLOCK_REALTIME_COARSE, &ts));
	CHECK_OK(clock_gettime(CLOCK_MONOTONIC_COARSE, &ts));
	CHECK_OK(clock_getres(CLOCK_MONOTONIC, &ts));
	CHECK(ts.tv_sec == 0 && ts.tv_nsec == 1);
	CHECK_OK(clock_getres(CLOCK_MONOTONIC_COARSE, &ts));
	CHECK(ts.tv_nsec >= 1000000 && ts.tv_nsec <= 10000000);
	CHECK_OK(clock_getres(CLOCK_MONOTONIC, NULL));
	CHECK_ERRNO(clock_getres(77, &ts), EINVAL);
}

TEST(clock_refusals)
{
	struct timespec ts;

	CHECK_ERRNO(clock_gettime(77, &ts), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad_pointer()), EFAULT);
	CHECK_ERRNO(clock_settime(CLOCK_MONOTONIC, &(struct timespec){ 0, 0 }), EINVAL);
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &(struct timespec){ 0, 1000000000 }), EINVAL);
	CHECK_ERRNO(clock_settime(CLOCK_REALTIME, &(struct timespec){ -1, 0 }), EINVAL);
}

TEST(system_call_and_vdso_agree)
{
	struct timespec a, b, c;

	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &a));
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &b));
	CHECK_OK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &c));
	CHECK(a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec <= b.tv_nsec));
	CHECK(b.tv_sec < c.tv_sec || (b.tv_sec == c.tv_sec && b.tv_nsec <= c.tv_nsec));
	struct timeval tv;
	CHECK_OK(gettimeofday(&tv, NULL));
	CHECK(tv.tv_sec >= c.tv_sec);
	CHECK(time(NULL) >= c.tv_sec);
}

/*
 * Works until the clock moves.  Linux, where it finds the counters of the CPUs out of step (as QEMU's are), keeps its
 * scheduler's clock within a tick of the last one: while a loaded host delays ticks, a CPU clock stands still.
 */
static bool moves_with_work(clockid_t clock)
{
	struct timespec a, b;

	CHECK_OK(clock_gettime(clock, &a));
	for (int round = 0; round < 3000; round++) {
		for (volatile int i = 0; i < 300000; i++)
			;
		CHECK_OK(clock_gettime(clock, &b));
		if (b.tv_sec != a.tv_sec || b.tv_nsec != a.tv_nsec)
			return b.tv_sec > a.tv_sec || (b.tv_sec == a.tv_sec && b.tv_nsec > a.tv_nsec);
	}
	return false;
}

TEST(cpu_clocks_count_work)
{
	struct timespec a, b;

	CHECK(moves_with_work(CLOCK_PROCESS_CPUTIME_ID));
	CHECK(moves_with_work(CLOCK_THREAD_CPUTIME_ID));
	clockid_t id;
	CHECK_EQ(clock_getcpuclockid(getpid(), &id), 0);
	CHECK_OK(clock_gettime(id, &b));
	/* Sleeping costs nothing. */
	CHECK_OK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a));
	sleep_ms(50);
	CHECK_OK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b));
	CHECK((b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec < 40000000);
}

TEST(nanosleep_lasts_and_refuses)
{
	struct timespec ts = { 0, 15000000 }, bad = { 0, 1000000000 }, neg = { -1, 0 };
	long long begin = now_ns();

	CHECK_OK(nanosleep(&ts, NULL));
	CHECK(now_ns() - begin >= 15000000);
	CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
	CHECK_ERRNO(nanosleep(&neg, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_nanosleep, bad_pointer(), NULL), EFAULT);
	ts = (struct timespec){ 0, 0 };
	CHECK_OK(nanosleep(&ts, NULL));
}

TEST(nanosleep_interrupted_tells_the_rest)
{
	struct timespec ts = { 5, 0 }, left = { 0, 0 };
	pid_t poker;

	catch_signal(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(nanosleep(&ts, &left), EINTR);
	poke_stop(poker);
	CHECK(left.tv_sec == 4 && left.tv_nsec > 0);
}

TEST(restart_syscall_without_a_call_to_restart)
{
	struct timespec ts = { 5, 0 };
	pid_t poker;

	CHECK_ERRNO(syscall(SYS_restart_syscall), EINTR);
	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(nanosleep(&ts, NULL), EINTR);
	poke_stop(poker);
	CHECK_ERRNO(syscall(SYS_restart_syscall), EINTR); /* the return from the handler ended it */
}

TEST(clock_nanosleep_absolute)
{
	struct timespec ts;
	long long begin = now_ns(), until = begin + 15000000;

	ts = (struct timespec){ until / 1000000000, until % 1000000000 };
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0);
	CHECK(now_ns() >= until);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0);
	CHECK_EQ(clock_nanosleep(77, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL), EINVAL);
}

TEST(interval_timer_repeats)
{
	struct itimerval it = { { 0, 5000 }, { 0, 5000 } }, old;

	catch_signal(SIGALRM, SA_RESTART);
	CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
	while (signal_count[SIGALRM] < 4)
		pause();
	it = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	CHECK_OK(setitimer(ITIMER_REAL, &it, &old));
	CHECK_EQ(old.it_interval.tv_usec, 5000);
	CHECK_ERRNO(setitimer(9, &it, NULL), EINVAL);
	it.it_value.tv_usec = 1000000;
	CHECK_ERRNO(setitimer(ITIMER_REAL, &it, NULL), EINVAL);
	CHECK_ERRNO(getitimer(9, &it), EINVAL);
	CHECK_ERRNO(syscall(SYS_setitimer, ITIMER_REAL, bad_pointer(), NULL), EFAULT);
}

TEST(virtual_and_profiling_timers)
{
	struct itimerval it = { { 0, 0 }, { 0, 10000 } };

	catch_signal(SIGVTALRM, 0);
	catch_signal(SIGPROF, 0);
	CHECK_OK(setitimer(ITIMER_VIRTUAL, &it, NULL));
	CHECK_OK(setitimer(ITIMER_PROF, &it, NULL));
	while (!signal_count[SIGVTALRM] || !signal_count[SIGPROF])
		;
}

TEST(posix_timer_signals)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } }, now;
	timer_t id;

	catch_signal(SIGUSR1, 0);
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &ev, &id));
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	while (signal_count[SIGUSR1] < 3)
		pause();
	CHECK_OK(timer_gettime(id, &now));
	CHECK_EQ(now.it_interval.tv_nsec, 5000000);
	CHECK(timer_getoverrun(id) >= 0);
	CHECK_OK(timer_delete(id));
	CHECK_ERRNO(timer_delete(id), EINVAL);
}

TEST(posix_timer_refusals_and_none)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	struct itimerspec its = { { 0, 0 }, { 100, 0 } };
	timer_t id;

	CHECK_OK(timer_create(CLOCK_REALTIME, &ev, &id));
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	CHECK_OK(timer_gettime(id, &its));
	CHECK(its.it_value.tv_sec >= 99);
	its.it_value.tv_nsec = -1;
	CHECK_ERRNO(timer_settime(id, 0, &its, NULL), EINVAL);
	ev.sigev_notify = 77;
	CHECK_ERRNO(timer_create(CLOCK_REALTIME, &ev, &id), EINVAL);
	ev = (struct sigevent){ .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 99 };
	CHECK_ERRNO(timer_create(CLOCK_REALTIME, &ev, &id), EINVAL);
	ev.sigev_signo = SIGUSR1;
	CHECK_ERRNO(timer_create(77, &ev, &id), EINVAL);
}

TEST(alarm_clocks_ask_for_the_capability_last)
{
	struct timespec bad = { 0, -1 }, none = { 0, 0 };
	struct sigevent ev = { .sigev_notify = 77 };
	int id = -1;

	become(1000);
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_BOOTTIME_ALARM, &ev, &id), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_BOOTTIME_ALARM, NULL, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_timer_create, CLOCK_BOOTTIME_ALARM, NULL, &id), EPERM);
	CHECK(id >= 0); /* it has been told, */
	CHECK_ERRNO(syscall(SYS_timer_delete, id), EINVAL); /* and is nobody's */
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME_ALARM, 0, &bad, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME_ALARM, 2, &none, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME_ALARM, TIMER_ABSTIME, &none, NULL), EPERM);
	CHECK_EQ(clock_nanosleep(CLOCK_BOOTTIME, 2, &none, NULL), 0);
}

TEST(timers_have_their_place_among_pending_signals)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };
	struct rlimit limit = { 1, 1 };
	union sigval value = { .sival_int = 7 };
	sigset_t set;
	timer_t id, other;

	become(1000);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_OK(setrlimit(RLIMIT_SIGPENDING, &limit));
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &ev, &id));
	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &ev, &other), EAGAIN);
	CHECK_ERRNO(sigqueue(getpid(), SIGRTMIN, value), EAGAIN);
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	CHECK_EQ(sigwaitinfo(&set, NULL), SIGRTMIN); /* its place is reserved */
	CHECK_OK(timer_delete(id));
	CHECK_OK(sigqueue(getpid(), SIGRTMIN, value));
	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &ev, &id), EAGAIN);
	CHECK_EQ(sigwaitinfo(&set, NULL), SIGRTMIN);
	ev.sigev_signo = 99;
	CHECK_ERRNO(timer_create(CLOCK_MONOTONIC, &ev, &id), EINVAL);
	ev.sigev_signo = SIGRTMIN;
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &ev, &id)); /* a failure gave it back */
}

TEST(posix_timer_carries_its_value)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGRTMIN,
			       .sigev_value.sival_int = 99 };
	struct itimerspec its = { { 0, 0 }, { 0, 1000000 } };
	siginfo_t info;
	sigset_t set;
	timer_t id;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &ev, &id));
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK_EQ(info.si_value.sival_int, 99);
}

TEST(vdso_image_is_elf)
{
	const unsigned char *image = (void *)getauxval(AT_SYSINFO_EHDR);

	CHECK(image);
	CHECK_MEM(image, "\177ELF", 4);
	CHECK_EQ(image[EI_CLASS], sizeof(long) == 8 ? ELFCLASS64 : ELFCLASS32);
}

TEST(timers_die_with_fork)
{
	struct itimerval it = { { 0, 0 }, { 100, 0 } };

	CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
	pid_t child = CHILD(struct itimerval now; CHECK_OK(getitimer(ITIMER_REAL, &now));
			    CHECK_EQ(now.it_value.tv_sec, 0));
	JOIN(child);
}

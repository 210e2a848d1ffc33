// SPDX-License-Identifier: MIT
/* Timers and sleeps on clocks of CPU time: timer_create(2), clock_nanosleep(2), clock_getcpuclockid(3). */
#include "harness.h"

#define MS 1000000ll

static long long clock_ns(clockid_t clock)
{
	struct timespec ts;

	CHECK_OK(clock_gettime(clock, &ts));
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

/* Works until so much CPU time of the caller's thread has gone by. */
static void burn(long long ns)
{
	long long end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static timer_t make_timer(clockid_t clock, int notify, int sig)
{
	struct sigevent ev = { .sigev_notify = notify, .sigev_signo = sig };
	timer_t id;

	CHECK_OK(timer_create(clock, &ev, &id));
	return id;
}

static struct itimerspec set_timer(timer_t id, int flags, long long value_ns, long long interval_ns)
{
	struct itimerspec old, its = { { interval_ns / (1000 * MS), interval_ns % (1000 * MS) },
				       { value_ns / (1000 * MS), value_ns % (1000 * MS) } };

	CHECK_OK(timer_settime(id, flags, &its, &old));
	return old;
}

static long long left(timer_t id)
{
	struct itimerspec its;

	CHECK_OK(timer_gettime(id, &its));
	return its.it_value.tv_sec * 1000 * MS + its.it_value.tv_nsec;
}

static bool is_pending(int sig)
{
	sigset_t set;

	CHECK_OK(sigpending(&set));
	return sigismember(&set, sig);
}

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
}

static void fires_after_work(clockid_t clock)
{
	long long begin = clock_ns(clock);
	timer_t id = make_timer(clock, SIGEV_SIGNAL, SIGUSR1);

	catch_signal(SIGUSR1, 0);
	set_timer(id, 0, 30 * MS, 0);
	CHECK(left(id) <= 30 * MS);
	sleep_ms(60);
	/* Sleeping is not working; but a guest's clock goes on while the host does other things. */
	CHECK(!signal_count[SIGUSR1] || clock_ns(clock) - begin >= 30 * MS);
	CHECK(left(id) > 0 || signal_count[SIGUSR1]);
	while (!signal_count[SIGUSR1])
		;
	CHECK(clock_ns(clock) - begin >= 30 * MS);
	CHECK_EQ(left(id), 0);
	burn(20 * MS);
	CHECK_EQ(signal_count[SIGUSR1], 1);
}

TEST(timer_on_the_time_of_the_process)
{
	fires_after_work(CLOCK_PROCESS_CPUTIME_ID);
}

TEST(timer_on_the_time_of_the_thread)
{
	fires_after_work(CLOCK_THREAD_CPUTIME_ID);
}

TEST(timer_on_user_time)
{
	clockid_t virt = ~0u << 3 | 1; /* of one's own process; 0 is user and system time */

	fires_after_work(virt);
}

static void *burn_thread(void *ms)
{
	burn((long)ms * MS);
	return NULL;
}

static void *burn_for_ever(void *arg)
{
	for (;;)
		burn(MS);
	return arg;
}

TEST(time_of_other_threads)
{
	timer_t mine = make_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);
	timer_t ours = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR2);
	long long begin = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	pthread_t t;

	block(SIGUSR1);
	block(SIGUSR2);
	set_timer(mine, 0, 50 * MS, 0);
	set_timer(ours, 0, 50 * MS, 0);
	CHECK_EQ(pthread_create(&t, NULL, burn_thread, (void *)100), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK(is_pending(SIGUSR2));
	CHECK(!is_pending(SIGUSR1) || clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin >= 50 * MS);
	CHECK(left(mine) > 0 || is_pending(SIGUSR1));
}

TEST(intervals_and_overruns)
{
	timer_t id = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN);
	struct timespec now = { 0, 0 };
	siginfo_t info;
	sigset_t set;

	block(SIGRTMIN);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	set_timer(id, 0, 5 * MS, 5 * MS);
	burn(100 * MS);
	CHECK_EQ(sigtimedwait(&set, &info, &now), SIGRTMIN);
	CHECK_EQ(info.si_code, SI_TIMER);
	CHECK(info.si_overrun >= 10);
	CHECK_EQ(timer_getoverrun(id), info.si_overrun);
	burn(20 * MS);
	CHECK_EQ(sigtimedwait(&set, &info, &now), SIGRTMIN);
	CHECK_OK(timer_delete(id));
	sigtimedwait(&set, &info, &now); /* it may have expired once more */
	burn(20 * MS);
	CHECK_ERRNO(sigtimedwait(&set, &info, &now), EAGAIN);
}

TEST(ignored_signals_keep_the_timer_going)
{
	timer_t id = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);

	signal(SIGUSR1, SIG_IGN);
	set_timer(id, 0, 2 * MS, 2 * MS);
	burn(30 * MS);
	catch_signal(SIGUSR1, 0);
	while (!signal_count[SIGUSR1]) /* a guest that the host lets wait has spent 30 ms before it sees them */
		;
}

TEST(absolute_times_and_what_was_set)
{
	timer_t id = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);
	struct itimerspec old;

	block(SIGUSR1);
	old = set_timer(id, TIMER_ABSTIME, clock_ns(CLOCK_PROCESS_CPUTIME_ID) + 5000 * MS, 7 * MS);
	CHECK_EQ(old.it_value.tv_sec + old.it_value.tv_nsec, 0);
	CHECK(left(id) > 4000 * MS && left(id) <= 5000 * MS);
	old = set_timer(id, 0, 0, 3 * MS);
	CHECK_EQ(old.it_interval.tv_nsec, 7 * MS);
	CHECK(old.it_value.tv_sec >= 4);
	CHECK_EQ(left(id), 0);
	old = set_timer(id, TIMER_ABSTIME, 1, 0); /* long past: at once */
	CHECK_EQ(old.it_interval.tv_nsec, 3 * MS); /* it was kept, although the timer was off */
	CHECK(is_pending(SIGUSR1));
	CHECK_EQ(left(id), 0);
}

TEST(silent_timer_runs_out)
{
	timer_t id = make_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_NONE, 0);

	set_timer(id, 0, 10 * MS, 10 * MS);
	CHECK(left(id) > 0);
	burn(60 * MS);
	CHECK_EQ(left(id), 0); /* not even an interval starts it again */
	set_timer(id, TIMER_ABSTIME, 1, 10 * MS);
	CHECK_EQ(left(id), 0);
}

TEST(timer_on_the_time_of_another_process)
{
	struct itimerspec its = { { 0, 0 }, { 1, 0 } };
	clockid_t clock;
	timer_t id;
	pid_t pid;

	block(SIGUSR1);
	pid = CHILD(for (;;) burn(MS));
	CHECK_EQ(clock_getcpuclockid(pid, &clock), 0);
	id = make_timer(clock, SIGEV_SIGNAL, SIGUSR1);
	set_timer(id, 0, 30 * MS, 0);
	while (!is_pending(SIGUSR1))
		sleep_ms(5);
	CHECK(clock_ns(clock) >= 30 * MS);
	set_timer(id, 0, 1000000 * MS, 0);
	CHECK_OK(kill(pid, SIGKILL));
	wait_status(pid);
	CHECK_ERRNO(timer_settime(id, 0, &its, NULL), ESRCH);
	CHECK_EQ(left(id), 0);
	CHECK_ERRNO(clock_gettime(clock, &its.it_value), EINVAL);
	CHECK_ERRNO(timer_create(clock, NULL, &id), EINVAL);
	CHECK_EQ(clock_nanosleep(clock, 0, &its.it_value, NULL), EINVAL);
}

TEST(clocks_that_take_no_timer)
{
	clockid_t descriptor = (clockid_t)(~0u << 3) | 3, unknown = (clockid_t)(~0u << 3) | 7, thread;
	struct sigevent ev = { .sigev_notify = 77 };
	pid_t pid = CHILD(pause());
	int id = -1;

	thread = ~(unsigned)pid << 3 | 6;
	CHECK_ERRNO(syscall(SYS_timer_create, descriptor, NULL, bad_pointer()), EOPNOTSUPP);
	CHECK_ERRNO(syscall(SYS_timer_create, unknown, &ev, bad_pointer()), EINVAL);
	CHECK_ERRNO(syscall(SYS_timer_create, unknown, NULL, bad_pointer()), EFAULT);
	CHECK_ERRNO(syscall(SYS_timer_create, unknown, NULL, &id), EINVAL);
	CHECK(id >= 0); /* it has been told by then */
	CHECK_ERRNO(syscall(SYS_timer_create, thread, NULL, &id), EINVAL); /* a stranger's */
	CHECK_ERRNO(syscall(SYS_timer_gettime, id, bad_pointer()), EINVAL);
	kill(pid, SIGKILL);
}

static clockid_t my_thread_clock(void)
{
	clockid_t clock;

	CHECK_EQ(pthread_getcpuclockid(pthread_self(), &clock), 0);
	return clock;
}

TEST(sleeping_refusals)
{
	struct timespec ts = { 0, 1 }, bad = { 0, -1 };

	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, bad_pointer(), NULL), EFAULT);
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &bad, NULL), EINVAL);
	CHECK_ERRNO(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, bad_pointer(), NULL),
		    EOPNOTSUPP);
	CHECK_EQ(clock_nanosleep(my_thread_clock(), 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep((clockid_t)(~0u << 3) | 6, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep((clockid_t)(~0u << 3) | 7, 0, &ts, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep((clockid_t)(~0u << 3) | 3, 0, &ts, NULL), EOPNOTSUPP);
	ts.tv_nsec = 0;
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL), 0);
	ts.tv_nsec = 1;
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &ts, NULL), 0); /* long past */
}

TEST(sleeping_while_others_work)
{
	struct timespec ts = { 0, 40 * MS };
	long long begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, burn_for_ever, NULL), 0);
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL), 0);
	CHECK(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begin >= 40 * MS);
}

TEST(sleep_interrupted_tells_the_rest)
{
	struct timespec ts = { 1000, 0 }, rest = { 0, 0 };
	pid_t poker;

	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &ts, &rest), EINTR);
	CHECK(rest.tv_sec >= 990 && rest.tv_sec <= 1000);
	rest.tv_sec = -5;
	CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &ts, &rest), EINTR);
	CHECK_EQ(rest.tv_sec, -5);
	poke_stop(poker);
}

TEST(sleep_goes_on_after_a_stop)
{
	pid_t pid = CHILD({
		struct timespec ts = { 0, 300 * MS };
		pthread_t t;

		CHECK_EQ(pthread_create(&t, NULL, burn_for_ever, NULL), 0);
		CHECK_EQ(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL), 0);
		CHECK(clock_ns(CLOCK_PROCESS_CPUTIME_ID) >= 300 * MS);
		_exit(0);
	});
	int status;

	sleep_ms(50);
	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_OK(kill(pid, SIGCONT));
	JOIN(pid);
}

TEST(timers_are_not_inherited)
{
	timer_t id = make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);
	pid_t pid;

	block(SIGUSR1);
	set_timer(id, 0, 20 * MS, 0);
	pid = CHILD({
		CHECK_ERRNO(timer_delete(id), EINVAL);
		burn(60 * MS);
		CHECK(!is_pending(SIGUSR1));
	});
	JOIN(pid);
}

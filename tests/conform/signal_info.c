// SPDX-License-Identifier: MIT
/* What a signal carries, by each of its three ways: signalfd(2), sigtimedwait(2) and the handler. */
#include "harness.h"

#include <sys/signalfd.h>

static int sfd;
static sigset_t all;

static void block_all(void)
{
	sigfillset(&all);
	CHECK_OK(sigprocmask(SIG_BLOCK, &all, NULL));
	sfd = CHECK_OK(signalfd(-1, &all, SFD_NONBLOCK));
}

static struct signalfd_siginfo take(void)
{
	struct signalfd_siginfo s;

	memset(&s, 0xee, sizeof(s));
	CHECK_EQ(read(sfd, &s, sizeof(s)), sizeof(s));
	return s;
}

/* Sends itself a signal with this code; the fields are filled by the caller. */
static void send(siginfo_t *info, int sig, int code)
{
	info->si_code = code;
	CHECK_OK(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), sig, info));
}

TEST(signalfd_tells_kill_and_queue_apart)
{
	siginfo_t info = { 0 };
	struct signalfd_siginfo s;

	block_all();
	CHECK_OK(kill(getpid(), SIGUSR1));
	s = take();
	CHECK(s.ssi_signo == SIGUSR1 && s.ssi_code == SI_USER && s.ssi_pid == (unsigned)getpid());
	info.si_pid = 1234;
	info.si_uid = 55;
	info.si_value.sival_ptr = (void *)0x12345678;
	send(&info, 40, SI_QUEUE);
	s = take();
	CHECK(s.ssi_signo == 40 && s.ssi_code == SI_QUEUE && s.ssi_pid == 1234 && s.ssi_uid == 55);
	CHECK(s.ssi_int == 0x12345678 && s.ssi_ptr == 0x12345678);
	CHECK_OK(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR2));
	s = take();
	CHECK(s.ssi_signo == SIGUSR2 && s.ssi_code == SI_TKILL);
}

TEST(signalfd_tells_timers)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 99 };
	struct itimerspec its = { .it_value = { 0, 1000000 } };
	struct pollfd p;
	struct signalfd_siginfo s;
	timer_t timer;

	block_all();
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	CHECK_OK(timer_settime(timer, 0, &its, NULL));
	p = (struct pollfd){ sfd, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	s = take();
	CHECK(s.ssi_signo == SIGUSR1 && s.ssi_code == SI_TIMER && s.ssi_int == 99 && s.ssi_overrun == 0);
}

TEST(signalfd_tells_children_and_faults)
{
	siginfo_t info = { 0 };
	struct signalfd_siginfo s;

	block_all();
	pid_t child = CHILD(_exit(7));

	CHECK_EQ(wait_status(child), 7 << 8);
	s = take();
	CHECK(s.ssi_signo == SIGCHLD && s.ssi_code == CLD_EXITED && s.ssi_pid == (unsigned)child);
	CHECK_EQ(s.ssi_status, 7);
	info.si_addr = (void *)0x4000;
	send(&info, SIGSEGV, SEGV_MAPERR);
	s = take();
	CHECK(s.ssi_signo == SIGSEGV && s.ssi_code == SEGV_MAPERR && s.ssi_addr == 0x4000);
	send(&info, SIGBUS, BUS_ADRERR);
	s = take();
	CHECK(s.ssi_signo == SIGBUS && s.ssi_addr == 0x4000);
}

TEST(signalfd_tells_input_and_calls)
{
	siginfo_t info = { 0 };
	struct signalfd_siginfo s;

	block_all();
	info.si_band = POLLIN;
	info.si_fd = 12;
	send(&info, SIGIO, POLL_IN);
	s = take();
	CHECK(s.ssi_signo == SIGIO && s.ssi_band == POLLIN && s.ssi_fd == 12);
	memset(&info, 0, sizeof(info));
	info.si_call_addr = (void *)0x5000;
	info.si_syscall = 39;
	info.si_arch = 62;
	send(&info, SIGSYS, 1 /* SYS_SECCOMP */);
	s = take();
	CHECK_EQ(s.ssi_signo, SIGSYS);
	CHECK_EQ(s.ssi_call_addr, 0x5000);
	CHECK_EQ(s.ssi_syscall, 39);
	CHECK_EQ(s.ssi_arch, 62);
}

TEST(signalfd_reads_several_and_checks_size)
{
	struct signalfd_siginfo s[4];

	block_all();
	raise(SIGUSR1);
	raise(SIGUSR2);
	CHECK_ERRNO(read(sfd, s, sizeof(s[0]) - 1), EINVAL);
	CHECK_EQ(read(sfd, s, sizeof(s)), 2 * sizeof(s[0]));
	CHECK(s[0].ssi_signo == SIGUSR1 && s[1].ssi_signo == SIGUSR2);
	CHECK_ERRNO(read(sfd, s, sizeof(s)), EAGAIN);
	raise(SIGUSR1);
	CHECK_ERRNO(read(sfd, bad_pointer(), sizeof(s[0])), EFAULT);
}

static volatile siginfo_t seen;
static void note(int sig, siginfo_t *info, void *context)
{
	seen = *info;
}

TEST(handlers_see_what_was_sent)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	siginfo_t info = { 0 };

	CHECK_OK(sigaction(SIGIO, &sa, NULL));
	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	info.si_band = POLLOUT;
	info.si_fd = 5;
	send(&info, SIGIO, POLL_OUT);
	CHECK(seen.si_signo == SIGIO && seen.si_band == POLLOUT && seen.si_fd == 5);
	memset(&info, 0, sizeof(info));
	info.si_value.sival_int = 31;
	send(&info, SIGUSR1, SI_MESGQ);
	CHECK(seen.si_code == SI_MESGQ && seen.si_value.sival_int == 31);
}

/* A signal of the process that one thread leaves blocked is given to a thread that unblocked it. */
static volatile int got_it;
static void count(int sig)
{
	got_it++;
}

static void *unblocked_thread(void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (!got_it)
		sleep_ms(1);
	return NULL;
}

TEST(blocking_passes_a_signal_on_to_another_thread)
{
	struct sigaction sa = { .sa_handler = count };
	sigset_t set;
	pthread_t thread;

	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(got_it, 0);
	CHECK_EQ(pthread_create(&thread, NULL, unblocked_thread, NULL), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(got_it, 1);
}

/* SS_AUTODISARM: the alternate stack is forgotten while its handler runs, and back afterwards. */
static stack_t within;
static void on_stack(int sig, siginfo_t *info, void *context)
{
	CHECK_OK(sigaltstack(NULL, &within));
}

TEST(alternate_stack_disarms_itself)
{
	static char area[64 * 1024];
	stack_t ss = { .ss_sp = area, .ss_size = sizeof(area), .ss_flags = (int)(1u << 31) /* SS_AUTODISARM */ };
	/* SA_SIGINFO: the frame of a plain i386 handler has no place for it. */
	struct sigaction sa = { .sa_sigaction = on_stack, .sa_flags = SA_ONSTACK | SA_SIGINFO };

	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK_EQ(within.ss_flags, SS_DISABLE);
	CHECK_OK(sigaltstack(NULL, &within));
	CHECK_EQ(within.ss_flags, ss.ss_flags);
	CHECK(within.ss_sp == area && within.ss_size == sizeof(area));
}

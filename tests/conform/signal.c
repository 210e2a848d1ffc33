// SPDX-License-Identifier: MIT
/* sigaction(2), kill(2), tgkill, sigqueue, sigaltstack, sigsuspend, sigtimedwait, masks, restart. */
#include "harness.h"

#include <sys/ucontext.h>

static volatile int last_code, last_pid, last_uid, last_value, order[8], order_count;
static void *volatile handler_sp;

static void keep_info(int sig, siginfo_t *info, void *context)
{
	last_code = info->si_code;
	last_pid = info->si_pid;
	last_uid = info->si_uid;
	last_value = info->si_value.sival_int;
	handler_sp = __builtin_frame_address(0);
	signal_count[sig]++;
	if (order_count < 8)
		order[order_count++] = sig;
}

static void catch_info(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = keep_info, .sa_flags = SA_SIGINFO | flags };

	CHECK_OK(sigaction(sig, &sa, NULL));
}

static void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_OK(sigprocmask(how, &set, NULL));
}

TEST(sigaction_returns_the_old_one)
{
	struct sigaction sa = { .sa_handler = SIG_IGN, .sa_flags = SA_RESTART }, old;

	sigaddset(&sa.sa_mask, SIGUSR2);
	CHECK_OK(sigaction(SIGUSR1, &sa, &old));
	CHECK(old.sa_handler == SIG_DFL);
	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_IGN);
	CHECK(old.sa_flags & SA_RESTART);
	CHECK(sigismember(&old.sa_mask, SIGUSR2));
}

TEST(sigaction_refusals)
{
	struct {
		unsigned long handler, flags, restorer, mask[2];
	} raw = { 0 };

	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGKILL, &raw, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGSTOP, &raw, NULL, 8), EINVAL);
	CHECK_OK(syscall(SYS_rt_sigaction, SIGKILL, NULL, &raw, 8));
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 0, &raw, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, 65, &raw, NULL, 8), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, &raw, NULL, 4), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, bad_pointer(), NULL, 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, bad_pointer(), 8), EFAULT);
}

TEST(kill_delivers_with_sender)
{
	catch_info(SIGUSR1, 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(signal_count[SIGUSR1], 1);
	CHECK_EQ(last_code, SI_USER);
	CHECK_EQ(last_pid, getpid());
	CHECK_EQ(last_uid, 0);
}

TEST(kill_refusals)
{
	CHECK_ERRNO(kill(getpid(), 65), EINVAL);
	CHECK_ERRNO(kill(getpid(), -1), EINVAL);
	CHECK_ERRNO(kill(4000000, 0), ESRCH);
	CHECK_ERRNO(kill(4000000, 65), ESRCH);
	CHECK_ERRNO(kill(INT_MIN, SIGTERM), ESRCH);
	CHECK_OK(kill(getpid(), 0));
	CHECK_OK(kill(0, 0));
	pid_t child = CHILD(pause());
	become(1000);
	CHECK_ERRNO(kill(child, SIGTERM), EPERM);
	CHECK_ERRNO(kill(1, 0), EPERM);
}

TEST(kill_by_group)
{
	pid_t child = CHILD(setpgid(0, 0); (void)!CHILD(pause()); pause());

	for (int i = 0; i < 100 && kill(-child, 0); i++)
		sleep_ms(10);
	CHECK_OK(kill(-child, SIGTERM));
	CHECK_EQ(wait_status(child), SIGTERM);
}

TEST(tgkill_and_tkill)
{
	catch_info(SIGUSR1, 0);
	CHECK_OK(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
	CHECK_EQ(last_code, SI_TKILL);
	CHECK_OK(syscall(SYS_tkill, gettid(), SIGUSR1));
	CHECK_EQ(signal_count[SIGUSR1], 2);
	CHECK_ERRNO(syscall(SYS_tgkill, getpid(), 0, SIGUSR1), EINVAL);
	CHECK_ERRNO(syscall(SYS_tgkill, -1, gettid(), SIGUSR1), EINVAL);
	CHECK_ERRNO(syscall(SYS_tgkill, 1, gettid(), SIGUSR1), ESRCH);
	CHECK_ERRNO(syscall(SYS_tkill, 0, SIGUSR1), EINVAL);
}

TEST(queued_value_arrives)
{
	union sigval v = { .sival_int = 4711 };

	catch_info(SIGRTMIN, 0);
	CHECK_OK(sigqueue(getpid(), SIGRTMIN, v));
	CHECK_EQ(last_code, SI_QUEUE);
	CHECK_EQ(last_value, 4711);
	CHECK_ERRNO(sigqueue(getpid(), 65, v), EINVAL);
}

TEST(forged_siginfo_code_is_refused_for_others)
{
	siginfo_t info = { .si_code = SI_USER };
	pid_t child = CHILD(pause());

	info.si_signo = SIGUSR1;
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info), EPERM);
	info.si_code = SI_TKILL;
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, child, SIGUSR1, &info), EPERM);
	catch_info(SIGUSR1, 0);
	info.si_code = SI_USER;
	CHECK_OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &info));
	CHECK_EQ(signal_count[SIGUSR1], 1);
}

TEST(blocked_signal_waits_and_standard_ones_merge)
{
	sigset_t pending;

	catch_info(SIGUSR1, 0);
	block(SIG_BLOCK, SIGUSR1);
	for (int i = 0; i < 3; i++)
		CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_OK(sigpending(&pending));
	CHECK(sigismember(&pending, SIGUSR1));
	CHECK_EQ(signal_count[SIGUSR1], 0);
	block(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(signal_count[SIGUSR1], 1);
}

TEST(realtime_signals_queue_in_order)
{
	union sigval v;

	catch_info(SIGRTMIN, 0);
	catch_info(SIGRTMIN + 1, 0);
	block(SIG_BLOCK, SIGRTMIN);
	block(SIG_BLOCK, SIGRTMIN + 1);
	v.sival_int = 1;
	CHECK_OK(sigqueue(getpid(), SIGRTMIN + 1, v));
	for (int i = 0; i < 3; i++) {
		v.sival_int = i;
		CHECK_OK(sigqueue(getpid(), SIGRTMIN, v));
	}
	block(SIG_UNBLOCK, SIGRTMIN);
	CHECK_EQ(signal_count[SIGRTMIN], 3);
	CHECK_EQ(signal_count[SIGRTMIN + 1], 0);
	block(SIG_UNBLOCK, SIGRTMIN + 1);
	CHECK_EQ(signal_count[SIGRTMIN + 1], 1);
}

TEST(kill_and_stop_cannot_be_blocked)
{
	sigset_t all, now;

	sigfillset(&all);
	CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL));
	CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &now));
	CHECK(!sigismember(&now, SIGKILL));
	CHECK(!sigismember(&now, SIGSTOP));
	CHECK(sigismember(&now, SIGTERM));
}

TEST(sigprocmask_refusals)
{
	sigset_t set;

	sigemptyset(&set);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 99, &set, NULL, 8), EINVAL);
	CHECK_OK(syscall(SYS_rt_sigprocmask, 99, NULL, NULL, 8));
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 16), EINVAL);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, bad_pointer(), NULL, 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, bad_pointer(), 8), EFAULT);
	CHECK_ERRNO(syscall(SYS_rt_sigpending, &set, 16), EINVAL);
}

static void mask_probe(int sig)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	last_value = sigismember(&now, SIGUSR1) | sigismember(&now, SIGUSR2) << 1;
}

TEST(handler_mask_and_nodefer)
{
	struct sigaction sa = { .sa_handler = mask_probe };

	sigaddset(&sa.sa_mask, SIGUSR2);
	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK_EQ(last_value, 3);
	sa.sa_flags = SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK_EQ(last_value, 0);
	block(SIG_BLOCK, SIGHUP);
	raise(SIGUSR1);
	sigset_t now;
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGHUP) && !sigismember(&now, SIGUSR1));
}

TEST(resethand_fires_once)
{
	struct sigaction old;

	catch_info(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(signal_count[SIGUSR1], 1);
	CHECK_OK(sigaction(SIGUSR1, NULL, &old));
	CHECK(old.sa_handler == SIG_DFL);
}

TEST(ignoring_discards_what_is_pending)
{
	sigset_t pending;

	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	CHECK_OK(sigpending(&pending));
	CHECK(!sigismember(&pending, SIGUSR1));
}

TEST(sigsuspend_waits_with_another_mask)
{
	sigset_t empty, now;

	sigemptyset(&empty);
	catch_info(SIGUSR1, 0);
	block(SIG_BLOCK, SIGUSR1);
	pid_t parent = getpid();
	pid_t child = CHILD(sleep_ms(20); kill(parent, SIGUSR1));
	CHECK_ERRNO(sigsuspend(&empty), EINTR);
	CHECK_EQ(signal_count[SIGUSR1], 1);
	CHECK_EQ(last_pid, child);
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR1));
	JOIN(child);
}

TEST(pause_returns_after_a_handler)
{
	pid_t poker;

	catch_info(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(pause(), EINTR);
	poke_stop(poker);
}

TEST(sigtimedwait_takes_and_times_out)
{
	struct timespec ts = { 0, 20000000 }, zero = { 0, 0 }, bad = { 0, -1 };
	siginfo_t info;
	sigset_t set;
	long long begin = now_ns();

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	block(SIG_BLOCK, SIGUSR1);
	CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
	CHECK_ERRNO(sigtimedwait(&set, &info, &ts), EAGAIN);
	CHECK(now_ns() - begin >= 20000000);
	CHECK_ERRNO(sigtimedwait(&set, &info, &bad), EINVAL);
	raise(SIGUSR1);
	CHECK_EQ(sigtimedwait(&set, &info, &zero), SIGUSR1);
	CHECK_EQ(info.si_signo, SIGUSR1);
	/* The C library turns SI_TKILL into SI_USER here. */
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
	pid_t parent = getpid();
	pid_t child = CHILD(sleep_ms(20); kill(parent, SIGUSR1));
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(info.si_pid, child);
	JOIN(child);
}

TEST(sigtimedwait_interrupted_by_another_signal)
{
	sigset_t set;
	siginfo_t info;
	pid_t poker;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	catch_info(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(sigwaitinfo(&set, &info), EINTR);
	poke_stop(poker);
}

TEST(alternate_stack_is_used)
{
	static char alt[65536];
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) }, old;

	CHECK_OK(sigaltstack(&ss, &old));
	CHECK_EQ(old.ss_flags, SS_DISABLE);
	catch_info(SIGUSR1, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK((char *)handler_sp > alt && (char *)handler_sp < alt + sizeof(alt));
	catch_info(SIGUSR1, 0);
	raise(SIGUSR1);
	CHECK(!((char *)handler_sp > alt && (char *)handler_sp < alt + sizeof(alt)));
	CHECK_OK(sigaltstack(NULL, &old));
	CHECK(old.ss_sp == alt);
	CHECK_EQ(old.ss_flags, 0);
}

static volatile int inside_flags, inside_errno;

static void try_altstack(int sig)
{
	stack_t ss = { .ss_flags = SS_DISABLE }, old;

	sigaltstack(NULL, &old);
	inside_flags = old.ss_flags;
	inside_errno = sigaltstack(&ss, NULL) ? errno : 0;
}

TEST(alternate_stack_refusals)
{
	static char alt[65536];
	stack_t ss = { .ss_sp = alt, .ss_size = 100 };
	struct sigaction sa = { .sa_handler = try_altstack, .sa_flags = SA_ONSTACK };

	CHECK_ERRNO(sigaltstack(&ss, NULL), ENOMEM);
	ss = (stack_t){ .ss_sp = alt, .ss_size = sizeof(alt), .ss_flags = 8 };
	CHECK_ERRNO(sigaltstack(&ss, NULL), EINVAL);
	CHECK_ERRNO(sigaltstack(bad_pointer(), NULL), EFAULT);
	ss.ss_flags = 0;
	CHECK_OK(sigaltstack(&ss, NULL));
	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
	raise(SIGUSR1);
	CHECK_EQ(inside_flags, SS_ONSTACK);
	CHECK_EQ(inside_errno, EPERM);
}

static void change_context(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

#ifdef __x86_64__
	uc->uc_mcontext.gregs[REG_RBX] = 0x1234567;
#else
	uc->uc_mcontext.gregs[REG_EBX] = 0x1234567;
#endif
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

TEST(handler_can_change_registers_and_mask)
{
	struct sigaction sa = { .sa_sigaction = change_context, .sa_flags = SA_SIGINFO };
	sigset_t now;
	unsigned long ret, reg = 0;

	CHECK_OK(sigaction(SIGUSR1, &sa, NULL));
#ifdef __x86_64__
	asm volatile("xor %%ebx, %%ebx; syscall; mov %%rbx, %1"
		     : "=a"(ret), "=r"(reg)
		     : "0"(SYS_tkill), "D"((long)gettid()), "S"((long)SIGUSR1)
		     : "rbx", "rcx", "r11", "memory");
#else
	/* The tid travels in ebx, and comes back changed. */
	asm volatile("int $0x80"
		     : "=a"(ret), "=b"(reg)
		     : "0"(SYS_tkill), "b"(gettid()), "c"(SIGUSR1)
		     : "memory");
#endif
	CHECK_EQ(ret, 0);
	CHECK_EQ(reg, 0x1234567);
	CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	CHECK(sigismember(&now, SIGUSR2));
}

TEST(nested_handlers_return_in_order)
{
	catch_info(SIGUSR1, 0);
	catch_info(SIGUSR2, 0);
	block(SIG_BLOCK, SIGUSR1);
	block(SIG_BLOCK, SIGUSR2);
	raise(SIGUSR1);
	raise(SIGUSR2);
	sigset_t none;
	sigemptyset(&none);
	CHECK_OK(sigprocmask(SIG_SETMASK, &none, NULL));
	CHECK_EQ(order_count, 2);
	/* The lowest number gets the topmost frame last: it runs after the other has been set up. */
	CHECK_EQ(signal_count[SIGUSR1] + signal_count[SIGUSR2], 2);
}

TEST(sigchld_tells_about_the_child)
{
	catch_info(SIGCHLD, 0);
	pid_t child = CHILD(_exit(5));

	CHECK_EQ(wait_status(child), 5 << 8);
	CHECK_EQ(signal_count[SIGCHLD], 1);
	CHECK_EQ(last_code, CLD_EXITED);
	CHECK_EQ(last_pid, child);
}

TEST(nocldstop_suppresses_stop_notices)
{
	int status;

	catch_info(SIGCHLD, SA_NOCLDSTOP | SA_RESTART);
	pid_t child = CHILD(for (;;) pause());
	CHECK_OK(kill(child, SIGSTOP));
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(signal_count[SIGCHLD], 0);
	kill(child, SIGKILL);
	wait_status(child);
	CHECK_EQ(signal_count[SIGCHLD], 1);
}

TEST(default_actions)
{
	static const int ignored[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };
	static const int deadly[] = { SIGHUP, SIGINT, SIGPIPE, SIGALRM, SIGUSR1, SIGIO, SIGPWR, SIGSTKFLT };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		CHECK_OK(raise(ignored[i]));
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		CHECK_EQ(wait_status(CHILD(raise(deadly[i]))) & 0x7f, deadly[i]);
}

TEST(init_ignores_deadly_signals)
{
	CHECK_OK(kill(1, SIGKILL));
	CHECK_OK(kill(1, SIGTERM));
	CHECK_OK(kill(1, 0));
}

TEST(alarm_counts_down_and_fires)
{
	catch_info(SIGALRM, 0);
	CHECK_EQ(alarm(100), 0);
	CHECK_EQ(alarm(0), 100);
	struct itimerval it = { { 0, 0 }, { 0, 10000 } }, old;
	CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
	CHECK_ERRNO(pause(), EINTR);
	CHECK_EQ(signal_count[SIGALRM], 1);
	CHECK_EQ(last_code, SI_KERNEL);
	CHECK_OK(getitimer(ITIMER_REAL, &old));
	CHECK_EQ(old.it_value.tv_usec, 0);
}

static void *block_and_wait(void *arg)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigwait(&set, &sig) || sig != SIGUSR1)
		return (void *)1;
	return NULL;
}

TEST(process_signal_goes_to_a_thread_that_wants_it)
{
	pthread_t t;
	void *r;

	block(SIG_BLOCK, SIGUSR1);
	CHECK_EQ(pthread_create(&t, NULL, block_and_wait, NULL), 0);
	CHECK_OK(kill(getpid(), SIGUSR1));
	pthread_join(t, &r);
	CHECK(!r);
}

static volatile pid_t handled_by;

static void note_thread(int sig)
{
	(void)sig;
	handled_by = (pid_t)syscall(SYS_gettid);
}

static void *tell_and_wait(void *tid)
{
	*(volatile pid_t *)tid = (pid_t)syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

TEST(process_signal_goes_to_the_thread_it_was_addressed_by)
{
	volatile pid_t tid = 0;
	pthread_t t;

	signal(SIGUSR1, note_thread);
	CHECK_EQ(pthread_create(&t, NULL, tell_and_wait, (void *)&tid), 0);
	while (!tid)
		sched_yield();
	wait_asleep(tid);
	CHECK_OK(kill(tid, SIGUSR1));
	while (!handled_by)
		sched_yield();
	CHECK_EQ(handled_by, tid);
	handled_by = 0;
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(handled_by, getpid());
}

TEST(stack_overflow_without_altstack_kills)
{
	struct sigaction sa = { .sa_handler = mask_probe };
	pid_t child = CHILD(sigaction(SIGSEGV, &sa, NULL);
#ifdef __x86_64__
			    asm volatile("mov $8, %%rsp; push %%rax" ::
						 : "memory")
#else
			    asm volatile("mov $8, %%esp; push %%eax" ::
						 : "memory")
#endif
	);

	CHECK_EQ(wait_status(child) & 0x7f, SIGSEGV);
}

TEST(bad_frame_in_sigreturn_is_sigsegv)
{
	pid_t child = CHILD(
#ifdef __x86_64__
		asm volatile("mov $15, %%eax; mov $16, %%rsp; syscall" ::
				     : "memory")
#else
		asm volatile("mov $173, %%eax; mov $16, %%esp; int $0x80" ::
				     : "memory")
#endif
	);

	CHECK_EQ(wait_status(child) & 0x7f, SIGSEGV);
}

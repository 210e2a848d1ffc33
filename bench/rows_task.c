// SPDX-License-Identifier: MIT
/* Rows: processes, threads, switches, futex. */
#define FAMILY "tasks"
#include "bench.h"

#include <linux/futex.h>
#include <sys/personality.h>

BENCH(fork_exit, "fork+exit+wait", 20)
{
	TIMES
	{
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void run_tiny(void)
{
	char *argv[] = { "/tiny", NULL }, *envp[] = { NULL };

	execve("/tiny", argv, envp);
	_exit(127);
}

/* How many page tables an exec needs is a matter of luck otherwise. */
static void fix_addresses(void)
{
	MUST(personality(ADDR_NO_RANDOMIZE) >= 0);
}

static void randomize_addresses(void)
{
	MUST(personality(0) >= 0);
}

BENCH_WITH(fork_exec, "fork+exec+wait (a tiny static program)", 20, fix_addresses, randomize_addresses)
{
	TIMES
	{
		int status = 0;
		pid_t pid = fork();

		if (!pid)
			run_tiny();
		waitpid(pid, &status, 0);
		MUST(!status);
	}
}

BENCH_WITH(vfork_exec, "vfork+exec+wait (a tiny static program)", 20, fix_addresses, randomize_addresses)
{
	TIMES
	{
		pid_t pid = vfork();

		if (!pid)
			run_tiny();
		waitpid(pid, NULL, 0);
	}
}

static void *nothing(void *arg)
{
	return arg;
}

BENCH(thread_row, "thread create+join", 50)
{
	TIMES
	{
		pthread_t t;

		MUST(!pthread_create(&t, NULL, nothing, NULL));
		pthread_join(t, NULL);
	}
}

static pid_t partner;
static int *words;

/* In the fair class sched_yield(2) may come back at once; here it may not. */
static void set_policy(int policy)
{
	struct sched_param p = { .sched_priority = policy == SCHED_FIFO };

	MUST(!sched_setscheduler(0, policy, &p));
}

static void start_yielder(void)
{
	set_policy(SCHED_FIFO);
	partner = fork();
	if (!partner)
		for (;;)
			sched_yield();
	sched_yield();
}

static void stop_partner(void)
{
	kill(partner, SIGKILL);
	waitpid(partner, NULL, 0);
}

static void stop_yielder(void)
{
	stop_partner();
	set_policy(SCHED_OTHER);
}

BENCH(yield_alone, "sched_yield, nobody else", 1000)
{
	TIMES sched_yield();
}

BENCH_WITH(yield_pair, "two context switches by sched_yield, SCHED_FIFO", 300, start_yielder, stop_yielder)
{
	TIMES sched_yield();
}

static long futex(int *addr, int op, int value)
{
	return syscall(SYS_futex, addr, op, value, NULL, NULL, 0);
}

/* words[0]: the turn: 0 ours, 1 the partner's. */
static void wait_turn(int turn)
{
	int other = !turn;

	while (__atomic_load_n(words, __ATOMIC_SEQ_CST) != turn)
		futex(words, FUTEX_WAIT, other);
}

static void pass_turn(int to)
{
	__atomic_store_n(words, to, __ATOMIC_SEQ_CST);
	futex(words, FUTEX_WAKE, 1);
}

static void start_futex_partner(void)
{
	wake_without_switching(true);
	words = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	partner = fork();
	if (partner)
		return;
	for (;;) {
		wait_turn(1);
		pass_turn(0);
	}
}

static void stop_futex_partner(void)
{
	stop_partner();
	munmap(words, PAGE);
	wake_without_switching(false);
}

BENCH_WITH(futex_round_trip, "futex round trip, two processes", 300, start_futex_partner, stop_futex_partner)
{
	TIMES
	{
		pass_turn(1);
		wait_turn(0);
	}
}

BENCH(futex_wake_nobody, "futex wake, nobody waits", 1000)
{
	static int word;

	TIMES futex(&word, FUTEX_WAKE_PRIVATE, 1);
}

BENCH(futex_wait_again, "futex wait, value differs", 1000)
{
	static int word;

	TIMES futex(&word, FUTEX_WAIT_PRIVATE, 1);
}

BENCH(wait_none, "waitpid without children", 500)
{
	TIMES waitpid(-1, NULL, WNOHANG);
}

BENCH(setpgid_row, "getpgid", 1000)
{
	TIMES call3(SYS_getpgid, 0, 0, 0);
}

// SPDX-License-Identifier: MIT
/* Rows: simple calls, signals, clocks. */
#define FAMILY "calls"
#include "bench.h"

#include <sys/prctl.h>

static int null_fd, zero_fd;
static char byte;

static void open_devices(void)
{
	null_fd = open("/dev/null", O_RDWR);
	zero_fd = open("/dev/zero", O_RDWR);
	MUST(null_fd >= 0 && zero_fd >= 0);
}

static void close_devices(void)
{
	close(null_fd);
	close(zero_fd);
}

BENCH_WITH(write_null, "write 1 byte to /dev/null", 2000, open_devices, close_devices)
{
	TIMES call3(SYS_write, null_fd, (long)&byte, 1);
}

BENCH_WITH(read_zero, "read 1 byte from /dev/zero", 2000, open_devices, close_devices)
{
	TIMES call3(SYS_read, zero_fd, (long)&byte, 1);
}

BENCH_WITH(dup_close, "dup+close", 1000, open_devices, close_devices)
{
	TIMES close(dup(null_fd));
}

BENCH_WITH(fcntl_getfl, "fcntl F_GETFL", 1000, open_devices, close_devices)
{
	TIMES fcntl(null_fd, F_GETFL);
}

BENCH(umask_call, "umask", 1000)
{
	TIMES call3(SYS_umask, 022, 0, 0);
}

BENCH(getuid_call, "getuid", 1000)
{
	TIMES call0(SYS_getuid);
}

BENCH(clock_vdso, "clock_gettime MONOTONIC (vdso)", 1000)
{
	struct timespec ts;

	TIMES clock_gettime(CLOCK_MONOTONIC, &ts);
}

BENCH(clock_call, "clock_gettime MONOTONIC (call)", 1000)
{
	struct timespec ts;

	TIMES call3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&ts, 0);
}

/* Without slack, which is 50 us by default on Linux and would be counted. */
static void no_slack(void)
{
	MUST(!prctl(PR_SET_TIMERSLACK, 1));
}

BENCH_WITH(nanosleep_row, "nanosleep 1 ns", 100, no_slack, NULL)
{
	struct timespec ts = { 0, 1 };

	TIMES nanosleep(&ts, NULL);
}

static void on_signal(int sig)
{
	(void)sig;
}

BENCH(signal_install, "sigaction install", 1000)
{
	struct sigaction sa = { .sa_handler = on_signal };

	TIMES sigaction(SIGUSR1, &sa, NULL);
}

static void install(void)
{
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
}

BENCH_WITH(signal_catch, "signal to self, caught", 500, install, NULL)
{
	pid_t pid = getpid(), tid = gettid();

	TIMES call3(SYS_tgkill, pid, tid, SIGUSR1);
}

BENCH_WITH(signal_ignored, "signal to self, ignored", 500, install, NULL)
{
	pid_t pid = getpid(), tid = gettid();

	TIMES call3(SYS_tgkill, pid, tid, SIGUSR2);
}

BENCH(sigprocmask_call, "sigprocmask", 1000)
{
	sigset_t set;

	sigemptyset(&set);
	TIMES sigprocmask(SIG_BLOCK, &set, NULL);
}

static volatile char *volatile fault_page;

static void on_fault(int sig)
{
	(void)sig;
	mprotect((void *)fault_page, PAGE, PROT_READ | PROT_WRITE);
}

static void prepare_fault(void)
{
	signal(SIGSEGV, on_fault);
	fault_page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void finish_fault(void)
{
	munmap((void *)fault_page, PAGE);
	signal(SIGSEGV, SIG_DFL);
}

BENCH_WITH(segv_catch, "protection fault caught and repaired", 200, prepare_fault, finish_fault)
{
	TIMES
	{
		fault_page[0] = 1;
		mprotect((void *)fault_page, PAGE, PROT_NONE);
	}
}

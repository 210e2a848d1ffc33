// SPDX-License-Identifier: MIT
/* Rows: the entry paths.  Those of 32-bit programs are measured by one (entry32.c). */
#define FAMILY "entry"
#include "bench.h"

#include <cpuid.h>

BENCH(null_call, "null call (getppid, syscall)", 2000)
{
	TIMES call0(SYS_getppid);
}

BENCH(null_int80, "null call (getppid, int $0x80)", 2000)
{
	TIMES
	{
		long ret;

		asm volatile("int $0x80" : "=a"(ret) : "0"(64) : "memory", "r8", "r9", "r10", "r11");
	}
}

static bool cpu_is_intel(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0, &eax, &ebx, &ecx, &edx) && ebx == signature_INTEL_ebx;
}

static long ask_entry32(const char *how)
{
	uint64_t figure = 0;
	int fds[2], status;
	pid_t pid;

	MUST(!pipe(fds));
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		execl("/entry32", "entry32", how, NULL);
		_exit(127);
	}
	close(fds[1]);
	MUST(read(fds[0], &figure, sizeof(figure)) == sizeof(figure));
	close(fds[0]);
	MUST(waitpid(pid, &status, 0) == pid && !status);
	return (long)figure;
}

BENCH_AMOUNT(null_int80_32, "null call (getppid, int $0x80, 32-bit)", "instructions")
{
	return ask_entry32("int80");
}

/* Which of the two a CPU has in 32-bit code depends on its maker; ./sysgate bench boots once with each. */
BENCH_AMOUNT(null_syscall_32, "null call (getppid, syscall, 32-bit)", "instructions")
{
	return cpu_is_intel() ? NO_FIGURE : ask_entry32("vdso");
}

BENCH_AMOUNT(null_sysenter_32, "null call (getppid, sysenter, 32-bit)", "instructions")
{
	return cpu_is_intel() ? ask_entry32("vdso") : NO_FIGURE;
}

BENCH(bad_number, "bad call number", 2000)
{
	TIMES call0(2000);
}

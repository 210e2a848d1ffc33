// SPDX-License-Identifier: MIT
/*
 * The entry paths of 32-bit programs, measured from inside one: `entry32 int80` by the instruction, `entry32 vdso`
 * through AT_SYSINFO, where the kernel has put what this CPU does best (sysenter on Intel's, syscall on AMD's).
 * Writes the instructions of one call, as 8 bytes, to standard output; rows_entry.c reads them.
 */
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define CALLS      2000
#define BATCHES    5
#define NR_GETPPID 64

static uint64_t ticks(void)
{
	uint64_t t;

	asm volatile("lfence; rdtsc; lfence" : "=A"(t)::"memory");
	return t;
}

static void by_int80(void)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "0"(NR_GETPPID) : "memory");
}

static unsigned long sysinfo;

static void by_vdso(void)
{
	long ret;

	asm volatile("call *%2" : "=a"(ret) : "0"(NR_GETPPID), "r"(sysinfo) : "memory");
}

static void by_nothing(void)
{
	asm volatile("" ::: "memory");
}

static uint64_t least(void (*call)(void))
{
	uint64_t best = UINT64_MAX;

	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t begin = ticks(), took;

		for (int i = 0; i < CALLS; i++)
			call();
		took = ticks() - begin;
		if (took < best)
			best = took;
	}
	return best;
}

int main(int argc, char **argv)
{
	uint64_t figure;

	sysinfo = getauxval(AT_SYSINFO);
	if (argc < 2 || !sysinfo)
		return 1;
	figure = least(strcmp(argv[1], "vdso") ? by_int80 : by_vdso) - least(by_nothing);
	figure /= CALLS;
	return write(STDOUT_FILENO, &figure, sizeof(figure)) != sizeof(figure);
}

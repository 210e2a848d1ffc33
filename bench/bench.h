/* SPDX-License-Identifier: MIT */
/*
 * What a benchmark row sees.  A row is `BENCH(id, "label", count) { for (int i = 0; i < n; i++) … }`; it
 * is run a few times with n = count, and the smallest rdtsc difference divided by n is its figure.  Under
 * QEMU's -icount shift=0 that is a number of instructions, the same on every machine.  The first batch
 * warms up, so a row may set itself up lazily; prepare and finish run outside the measurement.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

struct row {
	const char *label;
	int count;
	void (*run)(int n);
	void (*prepare)(void);
	void (*finish)(void);
};

#define BENCH_WITH(id, label, count, prepare, finish)                                                   \
	static void run_##id(int n);                                                                    \
	static const struct row row_##id                                                                \
		__attribute__((used, section("bench_rows"),                                             \
			       aligned(sizeof(void *)))) = { label, count, run_##id, prepare, finish }; \
	static void run_##id(int n)
#define BENCH(id, label, count) BENCH_WITH(id, label, count, NULL, NULL)

#define TIMES for (int i = 0; i < n; i++)

/* Say why and end the whole benchmark: a row that fails measures nothing. */
void must(bool ok, const char *what);
#define MUST(cond) must(cond, #cond)

static inline long call0(long nr)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr) : "rcx", "r11", "memory");
	return ret;
}

static inline long call3(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return ret;
}

/* SPDX-License-Identifier: MIT */
/*
 * What a benchmark row sees.  A row is `BENCH(id, "label", count) { for (int i = 0; i < n; i++) … }`; it
 * is run a few times with n = count, and the smallest rdtsc difference divided by n is its figure.  Under
 * QEMU's -icount shift=0 that is a number of instructions, the same on every machine.  The first batch
 * warms up, so a row may set itself up lazily; prepare and finish run outside the measurement.
 * BENCH_AMOUNT() is for figures of another kind, measured once.  Every file of rows defines FAMILY, the
 * heading its rows stand under.  Numbers in labels matter: rows whose labels differ in a number only are
 * one operation at several sizes, whose growth is checked (bench/figures.py).
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

struct row {
	const char *family, *label;
	const char *unit;
	int count;
	void (*run)(int n);
	void (*prepare)(void);
	void (*finish)(void);
	long (*amount)(void); /* instead of run: the figure, or NO_FIGURE where it cannot be had */
};

#define NO_FIGURE (-1)
#define BENCH_ROW(id) \
	static const struct row row_##id __attribute__((used, section("bench_rows"), aligned(sizeof(void *))))

#define BENCH_WITH(id, what, n_times, before, after) \
	static void run_##id(int n);                 \
	BENCH_ROW(id) = { .family = FAMILY,          \
			  .label = (what),           \
			  .unit = "instructions",    \
			  .count = (n_times),        \
			  .run = run_##id,           \
			  .prepare = (before),       \
			  .finish = (after) };       \
	static void run_##id(int n)
#define BENCH(id, label, count) BENCH_WITH(id, label, count, NULL, NULL)

#define BENCH_AMOUNT(id, what, of)                                                                  \
	static long amount_##id(void);                                                              \
	BENCH_ROW(id) = { .family = FAMILY, .label = (what), .unit = (of), .amount = amount_##id }; \
	static long amount_##id(void)

#define TIMES for (int i = 0; i < n; i++)

/* Say why and end the whole benchmark: a row that fails measures nothing. */
void must(bool ok, const char *what);
#define MUST(cond) must(cond, #cond)

/*
 * SCHED_BATCH, which children inherit: a task that is woken waits until its waker sleeps.  In SCHED_OTHER it may also
 * take over at once, by the luck of earlier rows, and a round trip then has one sleep less: two figures for one row.
 */
void wake_without_switching(bool on);

/* Set both limits of a resource. */
void allow(int resource, rlim_t most);

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

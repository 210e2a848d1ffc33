// SPDX-License-Identifier: MIT
/*
 * The benchmark's /init: runs every row, or those that match the shell pattern rows= of the command line,
 * prints "bench FAMILY<TAB>LABEL<TAB>UNIT<TAB>FIGURE" for each, then powers off.
 */
#define FAMILY "boot"
#include "bench.h"

#include <fnmatch.h>
#include <sys/mount.h>
#include <sys/reboot.h>

#define BATCHES 5

extern const struct row __start_bench_rows[], __stop_bench_rows[];

void must(bool ok, const char *what)
{
	if (ok)
		return;
	printf("bench-error %s: %s\n", what, strerror(errno));
	fflush(stdout);
}

void wake_without_switching(bool on)
{
	struct sched_param p = { 0 };

	MUST(!sched_setscheduler(0, on ? SCHED_BATCH : SCHED_OTHER, &p));
}

void allow(int resource, rlim_t most)
{
	struct rlimit rl = { most, most };

	MUST(!setrlimit(resource, &rl));
}

static inline uint64_t ticks(void)
{
	uint32_t lo, hi;

	asm volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

static uint64_t measure(const struct row *row)
{
	uint64_t best = UINT64_MAX;

	if (row->prepare)
		row->prepare();
	for (int i = 0; i < BATCHES; i++) {
		uint64_t begin = ticks(), took;

		row->run(row->count);
		took = ticks() - begin;
		if (took < best)
			best = took;
	}
	if (row->finish)
		row->finish();
	return best;
}

static void report(const struct row *row, long figure)
{
	if (figure == NO_FIGURE)
		return;
	printf("bench %s\t%s\t%s\t%ld\n", row->family, row->label, row->unit, figure);
	fflush(stdout);
}

static void set_up(uint64_t start)
{
	int fd;

	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/t", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; i < 3 && fd >= 0; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	mount("proc", "/proc", "proc", 0, "");
	MUST(!mount("tmpfs", "/t", "tmpfs", 0, "nr_inodes=0")); /* as many as there is memory for */
	MUST(!chdir("/t"));
	report(&(struct row){ .family = FAMILY, .label = "boot to init", .unit = "instructions" },
	       (long)start);
}

static void empty_loop(int n)
{
	TIMES asm volatile("" ::: "memory");
}

int main(void)
{
	static const struct row empty_row = { .count = 2000, .run = empty_loop };
	uint64_t start = ticks(), empty;
	const char *rows = getenv("rows");

	set_up(start);
	empty = measure(&empty_row) / empty_row.count;
	for (const struct row *row = __start_bench_rows; row < __stop_bench_rows; row++) {
		if (rows && fnmatch(rows, row->label, 0))
			continue;
		if (row->amount)
			report(row, row->amount());
		else
			report(row, (long)(measure(row) / row->count - empty));
	}
	printf("bench-end\n");
	fflush(stdout);
	usleep(20000);
	reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	return 0;
}

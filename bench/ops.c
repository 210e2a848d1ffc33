// SPDX-License-Identifier: MIT
/* The benchmark's /init: runs every row and prints "bench LABEL<TAB>INSTRUCTIONS", then powers off. */
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
	printf("bench boot to init\t%llu\n", (unsigned long long)start);
	fflush(stdout);
}

int main(void)
{
	uint64_t start = ticks(), empty = 0;
	const char *rows = getenv("rows");

	set_up(start);
	for (const struct row *row = __start_bench_rows; row < __stop_bench_rows; row++) {
		bool wanted = !rows || !fnmatch(rows, row->label, 0);
		uint64_t took;

		if (!wanted && row != __start_bench_rows)
			continue;
		took = measure(row);
		/* The first row is the empty loop: its cost is taken off the others. */
		if (row == __start_bench_rows) {
			empty = took / row->count;
			continue;
		}
		printf("bench %s\t%llu\n", row->label, (unsigned long long)(took / row->count - empty));
		fflush(stdout);
	}
	printf("bench-end\n");
	fflush(stdout);
	usleep(20000);
	reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	return 0;
}

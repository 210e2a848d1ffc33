// SPDX-License-Identifier: MIT
/* Rows: bytes of memory.  They come first, while nothing that was freed lies in caches. */
#define FAMILY "memory use"
#include "bench.h"

#include <sys/sysinfo.h>

#define TASKS 1000
#define FILES 10000
#define PAGES 16384

static long free_bytes(void)
{
	struct sysinfo info;

	usleep(100000); /* what is freed after a grace period is free then */
	MUST(!sysinfo(&info));
	return (long)info.freeram * info.mem_unit;
}

static long map_pages(void)
{
	long before = free_bytes(), used;
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	/* Huge pages would need no page tables. */
	madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (int i = 0; i < PAGES; i++)
		p[i * PAGE] = 1;
	used = before - free_bytes();
	munmap(p, PAGES * PAGE);
	return used / PAGES;
}

BENCH_AMOUNT(page_bytes, "memory per mapped page", "bytes")
{
	map_pages(); /* fills the lists of free pages in front of the allocator, which do not count as free on Linux */
	return map_pages();
}

BENCH_AMOUNT(file_bytes, "memory per open file", "bytes")
{
	static int fds[FILES];
	long before, used;

	allow(RLIMIT_NOFILE, FILES + 100);
	before = free_bytes();
	for (int i = 0; i < FILES; i++)
		MUST((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
	used = before - free_bytes();
	for (int i = 0; i < FILES; i++)
		close(fds[i]);
	return used / FILES;
}

BENCH_AMOUNT(task_bytes, "memory per idle task", "bytes")
{
	static pid_t tasks[TASKS];
	int ready[2], hold[2];
	long before, used;
	char byte = 0;

	allow(RLIMIT_NPROC, RLIM_INFINITY);
	MUST(!pipe(ready) && !pipe(hold));
	before = free_bytes();
	for (int i = 0; i < TASKS; i++) {
		MUST((tasks[i] = fork()) >= 0);
		if (tasks[i])
			continue;
		close(hold[1]);
		write(ready[1], &byte, 1);
		read(hold[0], &byte, 1);
		_exit(0);
	}
	for (int i = 0; i < TASKS; i++)
		MUST(read(ready[0], &byte, 1) == 1);
	used = before - free_bytes();
	close(hold[1]);
	for (int i = 0; i < TASKS; i++)
		waitpid(tasks[i], NULL, 0);
	close(hold[0]);
	close(ready[0]);
	close(ready[1]);
	return used / TASKS;
}

// SPDX-License-Identifier: MIT
/* Rows: mappings, page faults, break. */
#define FAMILY "memory"
#include "bench.h"

#define AREA 512

static char *area;
static int area_pages, fd;

BENCH(mmap_munmap, "mmap+munmap of one page", 300)
{
	TIMES munmap(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), PAGE);
}

static void touch_fresh(int n)
{
	char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* Huge pages would make this row one fault. */
	madvise(p, (size_t)n * PAGE, MADV_NOHUGEPAGE);
	TIMES p[(size_t)i * PAGE] = 1;
	munmap(p, (size_t)n * PAGE);
}

BENCH(anon_fault, "anonymous page: fault, and its share of munmap", 500)
{
	touch_fresh(n);
}

BENCH(mmap_touch_4m, "mmap 4 MiB, touch all, munmap", 2)
{
	TIMES
	{
		char *p = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (int at = 0; at < 4 << 20; at += PAGE)
			p[at] = 1;
		munmap(p, 4 << 20);
	}
}

BENCH(zero_read_fault, "anonymous page: read fault", 500)
{
	volatile char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise((void *)p, (size_t)n * PAGE, MADV_NOHUGEPAGE);
	TIMES(void) p[(size_t)i * PAGE];
	munmap((void *)p, (size_t)n * PAGE);
}

static void make_file(void)
{
	char page[PAGE] = "x";

	fd = open("mapped", O_RDWR | O_CREAT, 0644);
	for (int i = 0; i < AREA; i++)
		MUST(write(fd, page, PAGE) == PAGE);
}

static void drop_file(void)
{
	close(fd);
	unlink("mapped");
}

BENCH_WITH(file_fault, "file page fault (cached, shared read)", AREA, make_file, drop_file)
{
	volatile char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	TIMES(void) p[(size_t)i * PAGE];
	munmap((void *)p, (size_t)n * PAGE);
}

BENCH_WITH(file_cow, "file page fault (private write)", AREA, make_file, drop_file)
{
	volatile char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	TIMES p[(size_t)i * PAGE] = 1;
	munmap((void *)p, (size_t)n * PAGE);
}

BENCH_WITH(file_shared_write, "file page fault (shared write)", AREA, make_file, drop_file)
{
	volatile char *p = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	TIMES p[(size_t)i * PAGE] = 1;
	munmap((void *)p, (size_t)n * PAGE);
}

static void make_area(void)
{
	area_pages = AREA;
	area = mmap(NULL, AREA * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(area, AREA * PAGE, MADV_NOHUGEPAGE);
	memset(area, 1, AREA * PAGE);
}

static void drop_area(void)
{
	munmap(area, (size_t)area_pages * PAGE);
}

BENCH_WITH(fork_cow, "fork, write 512 shared pages in the child, exit", 1, make_area, drop_area)
{
	TIMES
	{
		pid_t pid = fork();

		if (!pid) {
			for (int p = 0; p < AREA; p++)
				area[p * PAGE] = 2;
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

#define MIB 256 /* pages */

static void map_mib(int count)
{
	area_pages = count * MIB;
	area = mmap(NULL, (size_t)area_pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	madvise(area, (size_t)area_pages * PAGE, MADV_NOHUGEPAGE);
	memset(area, 1, (size_t)area_pages * PAGE);
}

#define FORK_ROW(mib, label)                                       \
	static void map_mib_##mib(void)                            \
	{                                                          \
		map_mib(mib);                                      \
	}                                                          \
	BENCH_WITH(fork_##mib, label, 2, map_mib_##mib, drop_area) \
	{                                                          \
		TIMES                                              \
		{                                                  \
			pid_t pid = fork();                        \
			if (!pid)                                  \
				_exit(0);                          \
			waitpid(pid, NULL, 0);                     \
		}                                                  \
	}
FORK_ROW(1, "fork+exit+wait, 1 MiB of memory in use")
FORK_ROW(64, "fork+exit+wait, 64 MiB of memory in use")

BENCH_WITH(mprotect_row, "mprotect of one page and back", 200, make_area, drop_area)
{
	TIMES
	{
		mprotect(area + PAGE, PAGE, PROT_READ);
		mprotect(area + PAGE, PAGE, PROT_READ | PROT_WRITE);
	}
}

BENCH_WITH(madvise_row, "madvise DONTNEED and touch, one page", 200, make_area, drop_area)
{
	TIMES
	{
		madvise(area, PAGE, MADV_DONTNEED);
		area[0] = 1;
	}
}

BENCH(mremap_row, "mmap, mremap to double, munmap", 200)
{
	TIMES
	{
		char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		p = mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
		munmap(p, 2 * PAGE);
	}
}

BENCH(brk_row, "brk up and down by 64 KiB", 200)
{
	static long start;

	if (!start)
		start = call3(SYS_brk, 0, 0, 0);
	TIMES
	{
		call3(SYS_brk, start + 65536, 0, 0);
		call3(SYS_brk, start, 0, 0);
	}
}

// SPDX-License-Identifier: MIT
/*
 * Pages that leave a file while other threads fault them in.  Every page begins with the number of the round in
 * which it was written; once a round's pages were cut off, nobody may see that number again: a page that survived
 * in some page table would show it.
 */
#include "harness.h"

#include <linux/falloc.h>

enum { PAGES = 24, ROUNDS = 100, READERS = 3 };

static int fd;
static int writing, oldest; /* the round that may be in the file, and the first that still may */
static bool stop;
static int stale; /* a round that was seen too late */

static __thread sigjmp_buf jump;
static void on_bus(int sig)
{
	siglongjmp(jump, sig);
}

/* The page's round, after a write beside it where that is wanted; 0 where nothing is, or nothing can be mapped. */
static int round_of(volatile int *page, bool write)
{
	if (sigsetjmp(jump, 1))
		return 0;
	if (write)
		page[1] = 1;
	return page[0];
}

struct reader {
	int map_flags;
	bool write;
};

static void *read_rounds(void *arg)
{
	const struct reader *r = arg;
	char *map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, r->map_flags, fd, 0);
	unsigned at = (unsigned)(uintptr_t)arg;

	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		int first = __atomic_load_n(&oldest, __ATOMIC_SEQ_CST);
		int seen = round_of((int *)(map + at++ % PAGES * PAGE), r->write);
		int last = __atomic_load_n(&writing, __ATOMIC_SEQ_CST);

		if (seen && (seen < first || seen > last))
			__atomic_store_n(&stale, seen, __ATOMIC_SEQ_CST);
		if (at % 8 == 0)
			madvise(map, PAGES * PAGE, MADV_DONTNEED);
	}
	return NULL;
}

static bool time_left(void)
{
	struct timespec t;

	CHECK_OK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t));
	return t.tv_sec < 2;
}

/* Readers of these kinds beside rounds of writing to all pages and cutting them off: fewer on a slow machine. */
static void run(const struct reader *readers, void (*cut)(void))
{
	pthread_t thread[READERS];

	CHECK(signal(SIGBUS, on_bus) != SIG_ERR);
	fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0600));
	CHECK_OK(ftruncate(fd, PAGES * PAGE));
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(pthread_create(&thread[i], NULL, read_rounds, (void *)&readers[i]), 0);
	for (int round = 1; round <= ROUNDS && !stale && time_left(); round++) {
		__atomic_store_n(&writing, round, __ATOMIC_SEQ_CST);
		for (int i = 0; i < PAGES; i++)
			CHECK_EQ(pwrite(fd, &round, sizeof(round), i * PAGE), (ssize_t)sizeof(round));
		if (round % 16 == 0)
			sched_yield();
		cut();
		__atomic_store_n(&oldest, round + 1, __ATOMIC_SEQ_CST);
	}
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(pthread_join(thread[i], NULL), 0);
	CHECK_EQ(stale, 0);
}

static void truncate_all(void)
{
	CHECK_OK(ftruncate(fd, 0));
	CHECK_OK(ftruncate(fd, PAGES * PAGE));
}

static void truncate_half(void)
{
	CHECK_OK(ftruncate(fd, PAGES / 2 * PAGE));
	CHECK_OK(ftruncate(fd, PAGES * PAGE));
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGES / 2 * PAGE));
}

static void punch_all(void)
{
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGES * PAGE));
}

TEST(truncate_beside_readers)
{
	struct reader readers[READERS] = { { MAP_SHARED, false },
					   { MAP_SHARED, false },
					   { MAP_PRIVATE, false } };

	run(readers, truncate_all);
}

/* What a private mapping has copied goes, too, when the file ends before it. */
TEST(truncate_beside_writers)
{
	struct reader readers[READERS] = { { MAP_SHARED, true },
					   { MAP_PRIVATE, true },
					   { MAP_PRIVATE, true } };

	run(readers, truncate_all);
}

static const struct reader mixed[READERS] = { { MAP_SHARED, false },
					      { MAP_SHARED, true },
					      { MAP_PRIVATE, false } };

TEST(truncate_to_half_beside_readers_and_writers)
{
	run(mixed, truncate_half);
}

TEST(punch_beside_readers_and_writers)
{
	run(mixed, punch_all);
}

/* A file of one page grows to many and shrinks again: its first page stays the same one. */
TEST(the_first_page_beside_growth)
{
	int word = 4711, far = 1;
	char *map;

	fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0600));
	CHECK_EQ(write(fd, &word, sizeof(word)), (ssize_t)sizeof(word));
	CHECK_OK(ftruncate(fd, PAGES * PAGE));
	map = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	pid_t child = CHECK_OK(fork());

	if (!child) {
		for (;;) {
			CHECK_OK(pwrite(fd, &far, sizeof(far), (PAGES - 1) * PAGE));
			CHECK_OK(ftruncate(fd, PAGE));
			CHECK_OK(ftruncate(fd, PAGES * PAGE));
		}
	}
	for (int i = 0; i < 20000; i++) {
		int seen = 0;

		CHECK_EQ(pread(fd, &seen, sizeof(seen), 0), (ssize_t)sizeof(seen));
		CHECK_EQ(seen, word);
		CHECK_EQ(*(volatile int *)map, word);
		if (i % 4 == 0)
			madvise(map, PAGE, MADV_DONTNEED);
	}
	CHECK_OK(kill(child, SIGKILL));
	CHECK_EQ(wait_status(child), SIGKILL);
}

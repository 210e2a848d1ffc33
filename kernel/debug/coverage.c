// SPDX-License-Identifier: MIT
/*
 * Line coverage (make COVERAGE=1): gcc counts in every kernel object, and the end of the machine writes the
 * counters to QEMU's debug console, a port that every machine can have (-device isa-debugcon).
 * tests/lib/coverage.py reads it.
 *
 * What is written, for each object: the name of its .gcda file with a NUL; the file in chunks, each with its
 * length before it (16 bits, little endian); a chunk of length 0.  An empty name ends the whole, so that
 * what was cut off can be told.  The .gcda format itself is the business of libgcov.
 *
 * No locks: counters are updated atomically, and a line that another CPU executes meanwhile counts or not.
 */
#include "kernel/arch/arch.h"
#include "kernel/arch/io.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"

#define DEBUG_CONSOLE 0xe9 /* reads as its own number when it is there */

struct gcov_info;
extern const struct gcov_info *const gcov_infos_start[], *const gcov_infos_end[]; /* kernel.lds */

/* libgcov, made for programs without a file system: the counters of one object as a .gcda file. */
void __gcov_info_to_gcda(const struct gcov_info *info, void (*name)(const char *name, void *arg),
			 void (*dump)(const void *data, unsigned size, void *arg),
			 void *(*allocate)(unsigned size, void *arg), void *arg);

static struct {
	u16 used;
	u8 data[4096];
} chunk; /* owned by the CPU that dumps */

static void put(const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		outb(DEBUG_CONSOLE, ((const u8 *)data)[i]);
}

static void chunk_flush(void)
{
	put(&chunk.used, sizeof(chunk.used));
	put(chunk.data, chunk.used);
	chunk.used = 0;
}

static void put_name(const char *name, void *arg)
{
	put(name, strlen(name) + 1);
}

/* libgcov hands out a word or a function's counters at a time, never more than a chunk by the word. */
static void put_chunk(const void *data, unsigned size, void *arg)
{
	while (size) {
		size_t n = min((size_t)size, sizeof(chunk.data) - chunk.used);

		memcpy(chunk.data + chunk.used, data, n);
		chunk.used += n;
		data = (const u8 *)data + n;
		size -= n;
		if (chunk.used == sizeof(chunk.data))
			chunk_flush();
	}
}

/* libgcov allocates for lists of values only, which arc counters are not. */
static void *allocate(unsigned size, void *arg)
{
	abort();
}

void abort(void)
{
	panic("libgcov gave up");
}

void coverage_dump(void)
{
	static bool taken; /* [atomic] a panic while dumping must not dump again */

	if (inb(DEBUG_CONSOLE) != DEBUG_CONSOLE || atomic_xchg(&taken, true))
		return;

	unsigned long flags = arch_irq_save(); /* libgcov is compiled with a red zone */

	for (const struct gcov_info *const *i = gcov_infos_start; i < gcov_infos_end; i++) {
		__gcov_info_to_gcda(*i, put_name, put_chunk, allocate, NULL);
		if (chunk.used)
			chunk_flush();
		chunk_flush();
	}
	put("", 1);
	arch_irq_restore(flags);
}

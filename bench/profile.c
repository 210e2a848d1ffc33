// SPDX-License-Identifier: MIT
/*
 * A plugin for QEMU's TCG that counts how often each guest instruction ran in the last batch of a benchmark row, and
 * writes "ADDRESS COUNT" lines to the file given as out=FILE.  A batch lies between two RDTSC of the measuring program
 * (ticks() in ops.c), which is linked at 4 MiB; the program reads the counter once more, before all batches.
 *
 * The declarations are those of QEMU's plugin interface, version 1, as far as they are needed: Debian does not package
 * its header.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct block;
struct instruction;

enum { ADD_U64 = 0 }; /* enum qemu_plugin_op */
enum { NO_REGISTERS = 0 }; /* enum qemu_plugin_cb_flags */

size_t qemu_plugin_tb_n_insns(const struct block *b);
struct instruction *qemu_plugin_tb_get_insn(const struct block *b, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *i);
const void *qemu_plugin_insn_data(const struct instruction *i);
size_t qemu_plugin_insn_size(const struct instruction *i);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*fn)(plugin_id id, struct block *b));
void qemu_plugin_register_vcpu_insn_exec_inline(struct instruction *i, int op, void *counter, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct instruction *i, void (*fn)(unsigned cpu, void *arg),
					    int flags, void *arg);

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

#define BUCKETS      65536
#define PROGRAM_FROM 0x400000
#define PROGRAM_TO   0x1000000

struct count {
	uint64_t address, now, before;
	struct count *next;
};

static struct count *buckets[BUCKETS];
static const char *out;
static int marks;

/* Instructions are translated more than once; their count is one. */
static struct count *count_of(uint64_t address)
{
	struct count **c = &buckets[(address >> 1) % BUCKETS];

	while (*c && (*c)->address != address)
		c = &(*c)->next;
	if (!*c) {
		*c = calloc(1, sizeof(**c));
		if (!*c)
			abort();
		(*c)->address = address;
	}
	return *c;
}

static void write_counts(void)
{
	FILE *f = fopen(out, "w");

	if (!f)
		abort();
	for (int i = 0; i < BUCKETS; i++) {
		for (const struct count *c = buckets[i]; c; c = c->next)
			if (c->now != c->before)
				fprintf(f, "%" PRIx64 " %" PRIu64 "\n", c->address, c->now - c->before);
	}
	fclose(f);
}

/* The first mark is before all batches; then each batch has two. */
static void mark(unsigned cpu, void *arg)
{
	(void)cpu;
	(void)arg;
	if (marks++ % 2 == 0) {
		if (marks > 1)
			write_counts();
		return;
	}
	for (int i = 0; i < BUCKETS; i++) {
		for (struct count *c = buckets[i]; c; c = c->next)
			c->before = c->now;
	}
}

static bool is_mark(const struct instruction *i, uint64_t address)
{
	return address >= PROGRAM_FROM && address < PROGRAM_TO && qemu_plugin_insn_size(i) == 2 &&
	       !memcmp(qemu_plugin_insn_data(i), "\x0f\x31", 2); /* RDTSC */
}

static void translate(plugin_id id, struct block *b)
{
	(void)id;
	for (size_t n = 0; n < qemu_plugin_tb_n_insns(b); n++) {
		struct instruction *i = qemu_plugin_tb_get_insn(b, n);
		uint64_t address = qemu_plugin_insn_vaddr(i);

		qemu_plugin_register_vcpu_insn_exec_inline(i, ADD_U64, &count_of(address)->now, 1);
		if (is_mark(i, address))
			qemu_plugin_register_vcpu_insn_exec_cb(i, mark, NO_REGISTERS, NULL);
	}
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}

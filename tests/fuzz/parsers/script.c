// SPDX-License-Identifier: MIT
/*
 * The first line of scripts that run scripts: 255 bytes a round.  The interpreter's path has no blanks and is
 * never empty; the prefix never outgrows its array, and says how many arguments there are.
 * fuzz-sources: kernel/task/script.c kernel/base/string.c
 */
#include "kernel/fs/fs.h"
#include "kernel/task/exec.h"
#include "tests/fuzz/parsers/fuzz.h"

static struct file interpreter = { .refs = 1 };

int file_open_exec(int dfd, const char *path, int at_flags, struct file **out)
{
	CHECK(*path && strlen(path) < BINPRM_BUF_SIZE && !strchr(path, '\t') && !strchr(path, ' '));
	*out = file_get(&interpreter);
	return 0;
}

void file_put(struct file *f)
{
	CHECK(f->refs > 0);
	f->refs--;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static char strings[PAGE_SIZE] = "argv0\0one\0";
	struct input in = { data, size };
	struct binprm *b = kzalloc(sizeof(*b));
	int err = 1;

	b->file = file_get(&interpreter);
	b->filename = "/script";
	b->argc = 2;
	b->args.inline_page[0] = strings;
	b->args.page = b->args.inline_page;
	for (int depth = 0; depth < SCRIPT_DEPTH && err == 1; depth++) {
		u32 before = b->nr_prefix;

		memset(b->buf, 0, sizeof(b->buf));
		for (size_t i = 0; i < BINPRM_BUF_SIZE && in.left; i++)
			b->buf[i] = take_u8(&in);
		err = load_script(b);
		CHECK(b->nr_prefix <= PREFIX_MAX && b->argc == b->nr_prefix + (b->nr_prefix ? 1 : 2));
		CHECK(err == 1 ? b->nr_prefix > before : err < 0);
	}
	for (u32 i = 0; i < b->nr_prefix; i++) {
		CHECK(b->prefix[i][0]);
		kfree(b->prefix[i]);
	}
	file_put(b->file);
	CHECK(interpreter.refs == 1);
	kfree(b);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * Option strings of mount(2) for tmpfs and devpts.  What is accepted stays in range: permission bits are
 * permission bits.
 * fuzz-sources: kernel/base/string.c
 */
#define parse_option  tmpfs_parse_option
#define parse_options tmpfs_parse_options
#include "kernel/fs/tmpfs/super.c"
#undef parse_option
#undef parse_options
#define parse_option  pts_parse_option
#define parse_options pts_parse_options
#include "kernel/fs/pts/pts.c"
#include "tests/fuzz/parsers/fuzz.h"

u64 page_total_count(void)
{
	return 65536;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	char *text = take_text(&in);
	struct tmpfs t = { .mode = 01777 };
	int err = tmpfs_parse_options(&t, text);

	CHECK((!err || err == -EINVAL) && !(t.mode & ~07777u));
	err = pts_parse_options(text);
	CHECK((!err || err == -EINVAL) && !(opts.mode & ~07777u) && !(opts.ptmxmode & ~07777u));
	kfree(text);
	return 0;
}

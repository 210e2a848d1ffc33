// SPDX-License-Identifier: MIT
/*
 * Texts that grow.
 * unit-sources: kernel/base/string.c kernel/base/fmt.c
 */
#include "kernel/fs/text.h"
#include "kernel/base/string.h"
#include "tests/unit/unit.h"

static bool is(const struct text *t, const char *want)
{
	return t->len == strlen(want) && !memcmp(t->buf, want, t->len);
}

UNIT_TEST(grows_and_keeps_what_it_has)
{
	struct text t = { 0 };

	for (int i = 0; i < 2000; i++)
		text_printf(&t, "%d,", i % 10);
	EXPECT_EQ(t.err, 0);
	EXPECT_EQ(t.len, 4000);
	for (size_t i = 0; i < t.len; i++)
		EXPECT_EQ(t.buf[i], i % 2 ? ',' : (int)('0' + i / 2 % 10));
	text_free(&t);
	EXPECT(!t.buf && !t.len);
}

/* Around the size of the buffer on the stack, and of the first allocation. */
UNIT_TEST(lines_of_any_length)
{
	for (int n = 0; n < 1100; n++) {
		struct text t = { 0 };

		text_append(&t, "<", 1);
		text_printf(&t, "%*s|", n, "x");
		text_append(&t, ">", 1);
		EXPECT_EQ(t.len, (n ? n : 1) + 3);
		EXPECT(t.buf[0] == '<' && t.buf[t.len - 3] == 'x' && t.buf[t.len - 1] == '>');
		text_free(&t);
	}
}

UNIT_TEST(escapes_as_mounts_does)
{
	struct text t = { 0 };

	text_escape(&t, "a b\tc\\d\ne\xff", " \t\n\\");
	EXPECT(is(&t, "a\\040b\\011c\\134d\\012e\xff"));
	t.len = 0;
	text_escape(&t, "a b\\\n", "\n");
	EXPECT(is(&t, "a b\\\\012"));
	t.len = 0;
	text_escape(&t, "", "\n");
	EXPECT_EQ(t.len, 0);
	text_free(&t);
}

UNIT_TEST(an_error_sticks)
{
	struct text t = { .err = -ENOMEM };

	text_printf(&t, "%d", 1);
	text_append(&t, "x", 1);
	text_escape(&t, "x", "x");
	EXPECT(!t.buf && !t.len && t.err == -ENOMEM);
}

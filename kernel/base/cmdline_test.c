// SPDX-License-Identifier: MIT
/*
 * The kernel command line: the last value wins, words are whole words, and init's own arguments are not ours.
 * unit-sources: kernel/base/string.c kernel/base/fmt.c
 */
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "tests/unit/unit.h"

char boot_cmdline[256]; /* arch's */

static void set(const char *text)
{
	EXPECT(strscpy(boot_cmdline, text, sizeof(boot_cmdline)) >= 0);
}

static bool value_is(const char *key, const char *want)
{
	char buf[16];

	return cmdline_get(key, buf, sizeof(buf)) && !strcmp(buf, want);
}

UNIT_TEST(values)
{
	set("console=ttyS0 root=  console=hvc0\tpanic=-1\n");
	EXPECT(value_is("console", "hvc0"));
	EXPECT(value_is("panic", "-1"));
	EXPECT(!value_is("cons", "ole=hvc0"));
	EXPECT(!value_is("nothing", ""));
	EXPECT(value_is("root", ""));
	set("");
	EXPECT(!value_is("console", ""));
}

UNIT_TEST(a_long_value_is_cut)
{
	char buf[4] = "zzz";

	set("init=/bin/sh");
	EXPECT(cmdline_get("init", buf, sizeof(buf)));
	EXPECT(!strcmp(buf, "/bi"));
	EXPECT(cmdline_get("init", buf, 1));
	EXPECT_EQ(buf[0], 0);
}

UNIT_TEST(flags)
{
	set("quiet nosmp=1 debugger");
	EXPECT(cmdline_has("quiet"));
	EXPECT(!cmdline_has("nosmp"));
	EXPECT(!cmdline_has("debug"));
	EXPECT(!cmdline_has("quie"));
}

UNIT_TEST(what_follows_two_dashes_is_for_init)
{
	set("a=1 -- quiet a=2");
	EXPECT(value_is("a", "1"));
	EXPECT(!cmdline_has("quiet"));
	set("--x quiet --");
	EXPECT(cmdline_has("quiet"));
}

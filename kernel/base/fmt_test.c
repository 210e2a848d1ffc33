// SPDX-License-Identifier: MIT
/*
 * Formatting and numbers, against known results of printf(3).
 * unit-sources: kernel/base/string.c
 */
#include "kernel/base/string.h"
#include "tests/unit/unit.h"

#define FORMATS(want, ...)                                                                              \
	do {                                                                                            \
		char buf_[128];                                                                         \
		int n_ = snprintf(buf_, sizeof(buf_), __VA_ARGS__);                                     \
		if (strcmp(buf_, want))                                                                 \
			unit_fail(__FILE__, __LINE__, "got \"%s\", not \"%s\"", buf_, want);            \
		EXPECT_EQ(n_, sizeof(want) - 1);                                                        \
	} while (0)

UNIT_TEST(integers)
{
	FORMATS("0 -1 42", "%d %d %i", 0, -1, 42);
	FORMATS("4294967295 ff FF 17", "%u %x %X %o", ~0u, 255, 255, 15);
	FORMATS("-9223372036854775808", "%ld", (long)(1ul << 63));
	FORMATS("18446744073709551615", "%llu", ~0ull);
	FORMATS("-1 255", "%hhd %hhu", 255, 255);
	FORMATS("123", "%zu", (size_t)123);
}

UNIT_TEST(widths_flags_precision)
{
	FORMATS("   42|42   |00042", "%5d|%-5d|%05d", 42, 42, 42);
	FORMATS("+42| 42|0x2a", "%+d|% d|%#x", 42, 42, 42);
	FORMATS("  042", "%5.3d", 42);
	FORMATS("-0042", "%05d", -42);
	FORMATS("   7", "%*d", 4, 7);
	FORMATS("abc|  abc|abc  ", "%.3s|%5s|%-5s", "abcdef", "abc", "abc");
	FORMATS("x%", "%c%%", 'x');
}

UNIT_TEST(output_is_cut_and_counted)
{
	char buf[5] = "zzzz";

	EXPECT_EQ(snprintf(buf, sizeof(buf), "%s", "abcdefgh"), 8);
	EXPECT(!strcmp(buf, "abcd"));
	EXPECT_EQ(scnprintf(buf, sizeof(buf), "%s", "abcdefgh"), 4);
	EXPECT_EQ(snprintf(buf, 0, "%d", 12345), 5);
}

UNIT_TEST(numbers_from_text)
{
	unsigned long v = 7;
	long s = 7;

	EXPECT_EQ(kstrtoul("123", 10, &v), 0);
	EXPECT_EQ(v, 123);
	EXPECT_EQ(kstrtoul("ff", 16, &v), 0);
	EXPECT_EQ(v, 255);
	EXPECT_EQ(kstrtoul("18446744073709551615", 10, &v), 0);
	EXPECT_EQ(kstrtoul("18446744073709551616", 10, &v), -ERANGE);
	EXPECT_EQ(kstrtoul("", 10, &v), -EINVAL);
	EXPECT_EQ(kstrtoul("12x", 10, &v), -EINVAL);
	EXPECT_EQ(kstrtol("-9223372036854775808", 10, &s), 0);
	EXPECT_EQ(kstrtol("9223372036854775808", 10, &s), -ERANGE);
	EXPECT_EQ(kstrtol("-5", 10, &s), 0);
	EXPECT_EQ(s, -5);
}

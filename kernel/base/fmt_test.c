// SPDX-License-Identifier: MIT
/*
 * Formatting and numbers, against known results of printf(3) and against libc's own.
 * unit-sources: kernel/base/string.c
 */
#include "kernel/base/string.h"
#include "tests/unit/unit.h"

#define FORMATS(want, ...)                                                                   \
	do {                                                                                 \
		char buf_[128];                                                              \
		int n_ = snprintf(buf_, sizeof(buf_), __VA_ARGS__);                          \
		if (strcmp(buf_, want))                                                      \
			unit_fail(__FILE__, __LINE__, "got \"%s\", not \"%s\"", buf_, want); \
		EXPECT_EQ(n_, sizeof(want) - 1);                                             \
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

/* libc's, under a name that rename.h leaves alone. */
int libc_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");

#define AGREE(...)                                                                                    \
	do {                                                                                          \
		char ours_[160], libc_[160];                                                          \
		int n_ = snprintf(ours_, sizeof(ours_), __VA_ARGS__);                                 \
		int want_ = libc_snprintf(libc_, sizeof(libc_), __VA_ARGS__);                         \
		if (n_ != want_ || strcmp(ours_, libc_))                                              \
			unit_fail(__FILE__, __LINE__, "%s: \"%s\", libc: \"%s\"", fmt, ours_, libc_); \
	} while (0)

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat"

/* Every combination of flags with some widths, precisions, lengths and values. */
UNIT_TEST(integers_agree_with_libc)
{
	static const char *const sizes[] = {
		"", "1", "5", "25", ".", ".0", ".1", ".4", "7.3", "3.7", "30.25"
	};
	static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z" };
	static const unsigned long values[] = {
		0,         1,     7,     8,          10,         127,        128,
		255,       32768, 65535, 0x7fffffff, 0x80000000, 0xffffffff, 0x123456789abcdef0,
		1ul << 63, ~0ul
	};
	char fmt[32];

	for (unsigned flags = 0; flags < 32; flags++) {
		for (size_t s = 0; s < ARRAY_SIZE(sizes) * ARRAY_SIZE(lengths) * 6; s++) {
			const char *size = sizes[s % ARRAY_SIZE(sizes)];
			const char *length = lengths[s / ARRAY_SIZE(sizes) % ARRAY_SIZE(lengths)];
			char conv = "diuxXo"[s / ARRAY_SIZE(sizes) / ARRAY_SIZE(lengths)];

			libc_snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%s%s%s%c>", flags & 1 ? "-" : "",
				      flags & 2 ? "0" : "", flags & 4 ? "+" : "", flags & 8 ? " " : "",
				      flags & 16 ? "#" : "", size, length, conv);
			for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
				if (length[0] == 'l' || length[0] == 'z')
					AGREE(fmt, values[v]);
				else
					AGREE(fmt, (unsigned)values[v]);
			}
		}
	}
}

UNIT_TEST(text_agrees_with_libc)
{
	static const char *const formats[] = {
		"%s", "%10s", "%-10s|", "%.3s", "%10.3s|", "%-10.0s|", "%.20s"
	};
	static const char *const texts[] = { "", "a", "abc", "abcdefghijklmno" };

	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		const char *fmt = formats[f];

		for (size_t t = 0; t < ARRAY_SIZE(texts); t++)
			AGREE(fmt, texts[t]);
	}
	for (int width = -9; width < 9; width++) {
		const char *fmt = "%*.*s|%*.*d|%*c|%p";

		AGREE(fmt, width, width / 2, "abcdef", width, width / 2, 42, width, 'x', (void *)0x1234);
	}
}

UNIT_TEST(cut_output_agrees_with_libc)
{
	const char *fmt = "%s-%05d-%#x";

	for (size_t size = 0; size < 24; size++) {
		char ours[24], libc[24];

		memset(ours, 'z', sizeof(ours));
		memset(libc, 'z', sizeof(libc));
		int n = snprintf(ours, size, fmt, "abcdef", 42, 255);

		EXPECT_EQ(n, libc_snprintf(libc, size, fmt, "abcdef", 42, 255));
		EXPECT(!memcmp(ours, libc, sizeof(ours)));
	}
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
	EXPECT_EQ(kstrtoul("\n", 10, &v), -EINVAL);
	EXPECT_EQ(kstrtoul("0x", 0, &v), -EINVAL);
	EXPECT_EQ(kstrtoul("-1", 10, &v), -EINVAL);
	EXPECT_EQ(kstrtoul("12\n\n", 10, &v), -EINVAL);
	EXPECT_EQ(v, ~0ul); /* untouched by what failed */
	EXPECT_EQ(kstrtoul("12\n", 10, &v), 0);
	EXPECT_EQ(v, 12);
	EXPECT_EQ(kstrtoul("0X1F", 0, &v), 0);
	EXPECT_EQ(v, 31);
	EXPECT_EQ(kstrtoul("017", 0, &v), 0);
	EXPECT_EQ(v, 15);
	EXPECT_EQ(kstrtoul("0\n", 0, &v), 0);
	EXPECT_EQ(v, 0);
	EXPECT_EQ(kstrtol("-9223372036854775808", 10, &s), 0);
	EXPECT_EQ(kstrtol("9223372036854775808", 10, &s), -ERANGE);
	EXPECT_EQ(kstrtol("-5", 10, &s), 0);
	EXPECT_EQ(s, -5);
}

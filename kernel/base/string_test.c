// SPDX-License-Identifier: MIT
/*
 * Memory and string functions at every small size and overlap.
 * unit-sources: kernel/base/fmt.c
 */
#include "kernel/base/string.h"
#include "tests/unit/unit.h"

static unsigned char a[128], b[128];

static void fill(void)
{
	for (int i = 0; i < 128; i++)
		a[i] = b[i] = (unsigned char)(i * 7 + 3);
}

UNIT_TEST(move_forwards_and_backwards)
{
	for (int from = 0; from < 20; from++) {
		for (int to = 0; to < 20; to++) {
			for (int n = 0; n < 40; n++) {
				unsigned char copy[64];

				fill();
				for (int i = 0; i < n; i++)
					copy[i] = a[from + i];
				memmove(a + to, a + from, n);
				for (int i = 0; i < n; i++)
					EXPECT_EQ(a[to + i], copy[i]);
				EXPECT_EQ(a[to + n], b[to + n]);
			}
		}
	}
}

/* From 256 bytes on the string instructions do it. */
UNIT_TEST(large_blocks)
{
	static unsigned char big[1200], want[1200];

	for (int n = 240; n < 280; n++) {
		for (int off = 0; off < 17; off++) { /* both directions, overlapping by all but `off` */
			for (int i = 0; i < 1200; i++)
				big[i] = want[i] = (unsigned char)(i * 31 + i / 256);
			for (int i = n - 1; i >= 0; i--)
				want[100 + off + i] = want[100 + i];
			memmove(big + 100 + off, big + 100, n);
			EXPECT(!memcmp(big, want, sizeof(big)));
			for (int i = 0; i < n; i++)
				want[300 + i] = want[300 + off + i];
			memmove(big + 300, big + 300 + off, n);
			EXPECT(!memcmp(big, want, sizeof(big)));
			memset(big + off, n, n);
			memcpy(big + 600 + off, big + off, n);
			for (int i = 0; i < n; i++)
				want[off + i] = want[600 + off + i] = (unsigned char)n;
			EXPECT(!memcmp(big, want, sizeof(big)));
		}
	}
}

UNIT_TEST(set_and_compare)
{
	for (int n = 0; n < 60; n++) {
		fill();
		memset(a + 5, 0xee, n);
		EXPECT_EQ(a[4], b[4]);
		EXPECT_EQ(a[5 + n], b[5 + n]);
		for (int i = 0; i < n; i++)
			EXPECT_EQ(a[5 + i], 0xee);
	}
	fill();
	EXPECT_EQ(memcmp(a, b, 128), 0);
	b[100] = a[100] + 1;
	EXPECT(memcmp(a, b, 128) < 0);
	EXPECT_EQ(memcmp(a, b, 100), 0);
	EXPECT(memchr(a, a[50], 128) == a + 50);
	EXPECT(!memchr(a, a[50], 50));
}

UNIT_TEST(strings)
{
	char buf[4];

	EXPECT_EQ(strlen(""), 0);
	EXPECT_EQ(strlen("abc"), 3);
	EXPECT_EQ(strnlen("abc", 2), 2);
	EXPECT(strcmp("abc", "abd") < 0 && strcmp("b", "a") > 0 && !strcmp("", ""));
	EXPECT(strcmp("\x80", "a") > 0);
	EXPECT_EQ(strncmp("abcX", "abcY", 3), 0);
	EXPECT(strchr("hello", 'l') && !strcmp(strchr("hello", 'l'), "llo"));
	EXPECT(!strcmp(strrchr("hello", 'l'), "lo"));
	EXPECT(!strchr("hello", 'z') && *strchr("hello", 0) == 0);
	EXPECT(!strcmp(strstr("one two", "two"), "two") && !strstr("one", "two") && strstr("x", ""));
	EXPECT_EQ(strscpy(buf, "ab", sizeof(buf)), 2);
	EXPECT_EQ(strscpy(buf, "abcd", sizeof(buf)), -E2BIG);
	EXPECT(!strcmp(buf, "abc"));
}

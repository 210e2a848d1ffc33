// SPDX-License-Identifier: MIT
/*
 * Memory and string functions.  memcpy and memset use the string instructions only for larger
 * sizes: below that, words are shorter both in instructions and in time.  What is left of a size is
 * done by a word that ends where the size does and overlaps the one before.
 */
#include "kernel/base/string.h"
#include "kernel/base/asan.h"

#define REP_MIN 256 /* bytes from which `rep movsq` beats a loop under TCG by wall time */

static inline u64 load8(const u8 *p)
{
	u64 word;

	__builtin_memcpy(&word, p, 8);
	return word;
}

static inline u32 load4(const u8 *p)
{
	u32 word;

	__builtin_memcpy(&word, p, 4);
	return word;
}

static inline void store8(u8 *p, u64 word)
{
	__builtin_memcpy(p, &word, 8);
}

static inline void store4(u8 *p, u32 word)
{
	__builtin_memcpy(p, &word, 4);
}

/* Also right when dst lies below an overlapping src: memmove() relies on it. */
void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (n < 8) {
		if (n >= 4) {
			u32 first = load4(s), last = load4(s + n - 4);

			store4(d, first);
			store4(d + n - 4, last);
			return dst;
		}
		for (; n; n--)
			*d++ = *s++;
		return dst;
	}

	u8 *const end = d + n - 8;
	const u64 last = load8(s + n - 8); /* before a store can change it */

	if (n >= REP_MIN) {
		size_t words = n / 8;

		asan_check_read(src, n);
		asan_check_write(dst, n);
		__asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words)::"memory");
		store8(end, last);
		return dst;
	}
	for (; n >= 32; n -= 32, d += 32, s += 32) {
		const u64 a = load8(s), b = load8(s + 8), c = load8(s + 16), e = load8(s + 24);

		store8(d, a);
		store8(d + 8, b);
		store8(d + 16, c);
		store8(d + 24, e);
	}
	for (; d < end; d += 8, s += 8)
		store8(d, load8(s));
	store8(end, last);
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	for (d += n, s += n; n >= 8; n -= 8) {
		u64 word;

		d -= 8;
		s -= 8;
		__builtin_memcpy(&word, s, 8);
		__builtin_memcpy(d, &word, 8);
	}
	while (n--)
		*--d = *--s;
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	u64 word = 0x0101010101010101UL * (u8)c;

	if (n < 8) {
		for (; n; n--)
			*d++ = (u8)c;
		return dst;
	}

	u8 *const end = d + n - 8;

	if (n >= REP_MIN) {
		size_t words = n / 8;

		asan_check_write(dst, n);
		__asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(word) : "memory");
		store8(end, word);
		return dst;
	}
	for (; n >= 32; n -= 32, d += 32) {
		store8(d, word);
		store8(d + 8, word);
		store8(d + 16, word);
		store8(d + 24, word);
	}
	for (; d < end; d += 8)
		store8(d, word);
	store8(end, word);
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++) {
		if (*p == (u8)c)
			return (void *)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s)
			return NULL;
	}
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)found;
}

char *strstr(const char *hay, const char *needle)
{
	size_t len = strlen(needle);

	for (; *hay; hay++) {
		if (!strncmp(hay, needle, len))
			return (char *)hay;
	}
	return len ? NULL : (char *)hay;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, len + 1);
	return (ssize_t)len;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

int kstrtoul(const char *s, unsigned base, unsigned long *out)
{
	unsigned long v = 0;
	const char *first;

	if (!base) {
		base = 10;
		if (s[0] == '0' && (s[1] | 0x20) == 'x')
			base = 16;
		else if (s[0] == '0' && s[1])
			base = 8;
	}
	if (base == 16 && s[0] == '0' && (s[1] | 0x20) == 'x')
		s += 2;
	for (first = s; *s && !(*s == '\n' && !s[1]); s++) {
		unsigned d = (unsigned)digit_value(*s);

		if (d >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
			return -ERANGE;
	}
	if (s == first)
		return -EINVAL;
	*out = v;
	return 0;
}

int kstrtol(const char *s, unsigned base, long *out)
{
	bool negative = *s == '-';
	unsigned long v;
	int err = kstrtoul(s + (negative || *s == '+'), base, &v);

	if (err)
		return err;
	if (v > (unsigned long)INT64_MAX + negative)
		return -ERANGE;
	*out = (long)(negative ? 0 - v : v);
	return 0;
}

// SPDX-License-Identifier: MIT
/* Strings for init, and the two functions that the compiler may call by itself. */
#include "text.h"

void *memset(void *at, int value, size_t size)
{
	char *byte = at;

	while (size--)
		*byte++ = value;
	return at;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	const char *in = from;
	char *out = to;

	while (size--)
		*out++ = *in++;
	return to;
}

size_t text_len(const char *text)
{
	size_t len = 0;

	while (text[len])
		len++;
	return len;
}

int text_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

int text_starts(const char *text, const char *with)
{
	while (*with && *text == *with) {
		text++;
		with++;
	}
	return !*with;
}

int text_has(const char *text, char c)
{
	while (*text && *text != c)
		text++;
	return *text == c;
}

unsigned int text_number(const char **text)
{
	unsigned int number = 0;

	while (**text == ' ')
		(*text)++;
	while (**text >= '0' && **text <= '9')
		number = number * 10 + (*(*text)++ - '0');
	return number;
}

void line_add_bytes(struct line *line, const char *bytes, size_t size)
{
	while (size-- && line->len < sizeof(line->text) - 1)
		line->text[line->len++] = *bytes++;
	line->text[line->len] = 0;
}

void line_add(struct line *line, const char *text)
{
	line_add_bytes(line, text, text_len(text));
}

void line_add_number(struct line *line, unsigned long number)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	digits[--at] = ' ';
	line_add_bytes(line, digits + at, sizeof(digits) - at);
}

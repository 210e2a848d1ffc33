/* SPDX-License-Identifier: MIT */
/*
 * The string handling that init needs: comparing, numbers, and a line of bounded length. Nothing is
 * allocated.
 */
#pragma once

#include <stddef.h>

/* A line being put together. What does not fit is left out; the text is always ended by a NUL byte. */
struct line {
	size_t len;
	char text[1024];
};

size_t text_len(const char *text);
int text_equal(const char *a, const char *b);
int text_starts(const char *text, const char *with);
int text_has(const char *text, char c);

/* Skips blanks, reads digits, and leaves *text behind them. */
unsigned int text_number(const char **text);

void line_add(struct line *line, const char *text);
void line_add_bytes(struct line *line, const char *bytes, size_t size);

/* A blank and the number. */
void line_add_number(struct line *line, unsigned long number);

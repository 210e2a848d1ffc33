/* SPDX-License-Identifier: MIT */
/* A growing text: the contents of a generated file. */
#pragma once

struct text {
	char *buf;
	size_t size; /* allocated */
	size_t len;
	int err; /* -ENOMEM once it could not grow */
};

void text_printf(struct text *t, const char *fmt, ...) __printf(2, 3);
/* Numbers in decimal, a blank behind each: what would be most of the work of text_printf(). */
void text_unsigned(struct text *t, const u64 *values, size_t count);
void text_signed(struct text *t, const s64 *values, size_t count);
void text_append(struct text *t, const void *data, size_t len);
/* Appends s with the characters in `escape` written as \ooo, as mounts and maps do. */
void text_escape(struct text *t, const char *s, const char *escape);
void text_free(struct text *t);

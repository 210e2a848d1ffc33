// SPDX-License-Identifier: MIT
/* Texts that grow by doubling.  An allocation that fails is remembered: callers check once, at the end. */
#include "kernel/fs/text.h"
#include "kernel/base/string.h"
#include "kernel/mm/slab.h"

static bool text_reserve(struct text *t, size_t more)
{
	size_t size = t->size ? t->size : 512;
	char *buf;

	if (t->err)
		return false;
	if (t->size - t->len > more)
		return true;
	while (size - t->len <= more)
		size *= 2;
	buf = krealloc(t->buf, size, 0);
	if (!buf) {
		t->err = -ENOMEM;
		return false;
	}
	t->buf = buf;
	t->size = size;
	return true;
}

void text_append(struct text *t, const void *data, size_t len)
{
	if (!text_reserve(t, len))
		return;
	memcpy(t->buf + t->len, data, len);
	t->len += len;
}

void text_printf(struct text *t, const char *fmt, ...)
{
	char line[192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < (int)sizeof(line)) {
		text_append(t, line, (size_t)n);
		return;
	}
	if (!text_reserve(t, (size_t)n + 1))
		return;
	va_start(ap, fmt);
	vsnprintf(t->buf + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void text_unsigned(struct text *t, const u64 *values, size_t count)
{
	if (!text_reserve(t, count * (DECIMAL_MAX + 1)))
		return;

	char *to = t->buf + t->len;

	for (size_t i = 0; i < count; i++) {
		to += decimal_put(to, values[i]);
		*to++ = ' ';
	}
	t->len = (size_t)(to - t->buf);
}

void text_signed(struct text *t, const s64 *values, size_t count)
{
	if (!text_reserve(t, count * (DECIMAL_MAX + 1))) /* a sign, and one digit less */
		return;

	char *to = t->buf + t->len;

	for (size_t i = 0; i < count; i++) {
		if (values[i] < 0)
			*to++ = '-';
		to += decimal_put(to, values[i] < 0 ? 0 - (u64)values[i] : (u64)values[i]);
		*to++ = ' ';
	}
	t->len = (size_t)(to - t->buf);
}

void text_escape(struct text *t, const char *s, const char *escape)
{
	for (; *s; s++) {
		if (strchr(escape, *s))
			text_printf(t, "\\%03o", (unsigned char)*s);
		else
			text_append(t, s, 1);
	}
}

void text_free(struct text *t)
{
	kfree(t->buf);
	*t = (struct text){ 0 };
}

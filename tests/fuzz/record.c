// SPDX-License-Identifier: MIT
/*
 * The record of a program: text in slots of fixed size.  Written without stdio, because threads that share one
 * thread-local block and signal handlers write it too, and because it is most of what a program costs.
 */
#include "fuzz.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static char *put_number(char *at, char *end, unsigned long value, unsigned int base)
{
	char digits[24];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (n && at < end)
		*at++ = digits[--n];
	return at;
}

static size_t vformat(char *to, size_t room, const char *fmt, va_list ap)
{
	char *at = to, *end = to + room;

	for (; *fmt && at < end; fmt++) {
		if (*fmt != '%') {
			*at++ = *fmt;
			continue;
		}
		fmt++;
		if (*fmt == 's') {
			for (const char *s = va_arg(ap, const char *); *s && at < end; s++)
				*at++ = *s;
			continue;
		}
		if (*fmt == 'c') {
			*at++ = (char)va_arg(ap, int);
			continue;
		}
		fmt += *fmt == 'l';
		unsigned long value = va_arg(ap, unsigned long);
		if (*fmt == 'd' && (long)value < 0) {
			*at++ = '-';
			value = -value;
		}
		at = put_number(at, end, value, *fmt == 'x' ? 16 : *fmt == 'o' ? 8 : 10);
	}
	return (size_t)(at - to);
}

size_t format(char *to, size_t room, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	size_t n = vformat(to, room, fmt, ap);
	va_end(ap);
	return n;
}

void note(struct slot *slot, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	slot->used += (unsigned int)vformat(slot->text + slot->used, sizeof(slot->text) - slot->used, fmt,
					    ap);
	va_end(ap);
}

uint32_t hash(uint32_t h, const void *data, size_t size)
{
	for (const unsigned char *p = data, *end = p + size; p < end; p++)
		h = (h ^ *p) * 16777619u;
	return h;
}

const char *pid_name(pid_t pid)
{
	static const char *const names[MAX_ACTORS] = { "actor0", "actor1", "actor2", "actor3" };

	if (pid <= 0)
		return pid ? "negative" : "0";
	for (int i = 0; i < MAX_ACTORS; i++)
		if (shared->pids[i] == pid)
			return names[i];
	return pid == 1 ? "init" : "pid";
}

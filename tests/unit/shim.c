// SPDX-License-Identifier: MIT
/*
 * What kernel code under unit test needs from the rest of the kernel, on top of libc.  A test or a fuzz target
 * may have its own version of what is weak.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include "unit.h"

#define WEAK __attribute__((weak))

void *kmalloc(size_t size, unsigned flags);
void *krealloc(void *p, size_t size, unsigned flags);
void kfree(const void *p);
void kfreep(void *pp);
char *kstrdup(const char *s);
void printk(const char *fmt, ...) WEAK;
void pr_info(const char *fmt, ...);
void panic(const char *fmt, ...) __attribute__((noreturn));
unsigned long arch_copy_from_user(void *dst, const void *src, size_t n) WEAK;
int arch_get_user1(void *dst, const void *src) WEAK;
unsigned long arch_copy_to_user(void *dst, const void *src, size_t n) WEAK;
unsigned long arch_clear_user(void *dst, size_t n) WEAK;
ssize_t arch_strncpy_from_user(char *dst, const char *src, size_t max) WEAK;

void *kmalloc(size_t size, unsigned flags)
{
	(void)flags;
	/* Always cleared: harmless for callers that do not ask for it. */
	return calloc(1, size ? size : 1);
}

void *krealloc(void *p, size_t size, unsigned flags)
{
	(void)flags;
	return realloc(p, size);
}

void kfree(const void *p)
{
	free((void *)p);
}

void kfreep(void *pp)
{
	free(*(void **)pp);
}

char *kstrdup(const char *s)
{
	return strdup(s);
}

void printk(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

void pr_info(const char *fmt, ...)
{
	(void)fmt;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	abort();
}

/* ---- user memory: the host's, which ends where the test says ---- */

unsigned long unit_fault_from = ~0UL;

static size_t readable(const void *p, size_t n)
{
	unsigned long at = (unsigned long)p;

	return at >= unit_fault_from ? 0 : n < unit_fault_from - at ? n : unit_fault_from - at;
}

unsigned long arch_copy_from_user(void *dst, const void *src, size_t n)
{
	size_t ok = readable(src, n);

	memcpy(dst, src, ok);
	return n - ok;
}

int arch_get_user1(void *dst, const void *src)
{
	return arch_copy_from_user(dst, src, 1) ? -EFAULT : 0;
}

unsigned long arch_copy_to_user(void *dst, const void *src, size_t n)
{
	size_t ok = readable(dst, n);

	memcpy(dst, src, ok);
	return n - ok;
}

unsigned long arch_clear_user(void *dst, size_t n)
{
	size_t ok = readable(dst, n);

	memset(dst, 0, ok);
	return n - ok;
}

ssize_t arch_strncpy_from_user(char *dst, const char *src, size_t max)
{
	for (size_t i = 0; i < max; i++) {
		if (!readable(src + i, 1))
			return -14; /* -EFAULT */
		dst[i] = src[i];
		if (!dst[i])
			return (ssize_t)i;
	}
	return (ssize_t)max;
}

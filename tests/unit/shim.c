// SPDX-License-Identifier: MIT
/* What kernel code under unit test needs from the rest of the kernel, on top of libc. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void *kmalloc(size_t size, unsigned flags);
void *krealloc(void *p, size_t size, unsigned flags);
void kfree(const void *p);
void kfreep(void *pp);
void printk(const char *fmt, ...);
void pr_info(const char *fmt, ...);
void panic(const char *fmt, ...) __attribute__((noreturn));

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

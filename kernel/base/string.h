/* SPDX-License-Identifier: MIT */
/* The parts of <string.h> and <stdio.h> that a freestanding kernel needs. */
#pragma once

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *hay, const char *needle);
/* Copies at most size-1 bytes and always terminates; returns the length copied or -E2BIG when cut. */
ssize_t strscpy(char *dst, const char *src, size_t size);
/*
 * Formats like printf(3): d i u x X o c s p % with h hh l ll z, flags 0 - + # space, width, precision,
 * '*'.
 */
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
#define DECIMAL_MAX 20 /* digits of the largest u64 */
size_t decimal_put(char *to, u64 v); /* the digits of v, at most DECIMAL_MAX, without a NUL; how many */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
/* As snprintf but returns what was written (never more than size-1). */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
/* Decimal/hex/octal text to number, whole string; 0 or -EINVAL / -ERANGE. */
int __must_check kstrtoul(const char *s, unsigned base, unsigned long *out);
int __must_check kstrtol(const char *s, unsigned base, long *out);

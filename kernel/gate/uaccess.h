/* SPDX-License-Identifier: MIT */
/*
 * The only door to user memory.  Everything here may fault and therefore sleep; 0 or -EFAULT is
 * returned; each value is fetched once.  Source of the semantics: Linux 6.1 uaccess.
 */
#pragma once

#include "kernel/arch/arch.h"

#define USER_MAX USER_TOP

/* True when [p, p+n) lies below the user limit (no wrap). */
static inline bool access_ok(const void __user *p, size_t n)
{
	unsigned long a = (__force unsigned long)p;

	return n <= USER_MAX && a <= USER_MAX - n;
}

static inline int __must_check copy_from_user(void *dst, const void __user *src, size_t n)
{
	return likely(access_ok(src, n)) && likely(!arch_copy_from_user(dst, src, n)) ? 0 : -EFAULT;
}

static inline int __must_check copy_to_user(void __user *dst, const void *src, size_t n)
{
	return likely(access_ok(dst, n)) && likely(!arch_copy_to_user(dst, src, n)) ? 0 : -EFAULT;
}

static inline int __must_check clear_user(void __user *dst, size_t n)
{
	return likely(access_ok(dst, n)) && likely(!arch_clear_user(dst, n)) ? 0 : -EFAULT;
}

#define get_user(x, uptr)                                                                                   \
	({                                                                                                  \
		_Static_assert(sizeof(x) == sizeof(*(uptr)), "get_user: sizes differ");                     \
		copy_from_user(&(x), (uptr), sizeof(x));                                                    \
	})
#define put_user(x, uptr)                                                                                   \
	({                                                                                                  \
		__typeof__((x)) pu_v = (x);                                                                 \
		_Static_assert(sizeof(pu_v) == sizeof(*(uptr)), "put_user: sizes differ");                  \
		copy_to_user((uptr), &pu_v, sizeof(pu_v));                                                  \
	})

/* Copies a C string of at most size-1 bytes; its length, -EFAULT, or -ENAMETOOLONG when it does not fit. */
ssize_t __must_check strncpy_from_user(char *dst, const char __user *src, size_t size);
/* A path: a page-sized kernel buffer, getname(2)-like: -EFAULT, -ENAMETOOLONG, -ENOENT when empty and !empty_ok. */
int __must_check user_path_get(const char __user *upath, bool empty_ok, char **out);
void user_path_put(char **path); /* for __cleanup */
/* copy_struct_from_user(): extensible structs; -E2BIG when unknown tail bytes are not zero. */
int __must_check copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize);

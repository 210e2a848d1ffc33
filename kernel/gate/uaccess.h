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

/* The result of a copy of n bytes that failed: nothing can be copied anywhere. */
static inline int copy_fault(size_t n)
{
	return n ? -EFAULT : 0;
}

/* What follows may fault, and a fault sleeps and takes mm->lock. */
static inline void might_fault(void)
{
	might_sleep();
}

static inline int __must_check copy_from_user(void *dst, const void __user *src, size_t n)
{
	might_fault();
	return likely(access_ok(src, n)) && likely(!arch_copy_from_user(dst, src, n)) ? 0 : copy_fault(n);
}

/* Also with preemption off: then -EFAULT when the page is merely not there yet. */
static inline int __must_check copy_from_user_nofault(void *dst, const void __user *src, size_t n)
{
	return likely(access_ok(src, n)) && likely(!arch_copy_from_user(dst, src, n)) ? 0 : copy_fault(n);
}

static inline int __must_check copy_to_user(void __user *dst, const void *src, size_t n)
{
	might_fault();
	return likely(access_ok(dst, n)) && likely(!arch_copy_to_user(dst, src, n)) ? 0 : copy_fault(n);
}

static inline int __must_check clear_user(void __user *dst, size_t n)
{
	might_fault();
	return likely(access_ok(dst, n)) && likely(!arch_clear_user(dst, n)) ? 0 : copy_fault(n);
}

/* n is a constant. */
static __always_inline int __must_check get_user_value(void *dst, const void __user *src, size_t n)
{
	might_fault();
	if (unlikely(!access_ok(src, n)))
		return -EFAULT;
	switch (n) {
	case 1:
		return arch_get_user1(dst, src);
	case 2:
		return arch_get_user2(dst, src);
	case 4:
		return arch_get_user4(dst, src);
	case 8:
		return arch_get_user8(dst, src);
	default:
		return copy_from_user(dst, src, n);
	}
}

static __always_inline int __must_check put_user_value(void __user *dst, const void *src, size_t n)
{
	u64 value = 0;

	might_fault();
	if (n > sizeof(value) || (n & (n - 1)))
		return copy_to_user(dst, src, n);
	if (unlikely(!access_ok(dst, n)))
		return -EFAULT;
	__builtin_memcpy(&value, src, n);
	switch (n) {
	case 1:
		return arch_put_user1(value, dst);
	case 2:
		return arch_put_user2(value, dst);
	case 4:
		return arch_put_user4(value, dst);
	default:
		return arch_put_user8(value, dst);
	}
}

#define get_user(x, uptr)                                                               \
	({                                                                              \
		_Static_assert(sizeof(x) == sizeof(*(uptr)), "get_user: sizes differ"); \
		get_user_value(&(x), (uptr), sizeof(x));                                \
	})
#define put_user(x, uptr)                                                                  \
	({                                                                                 \
		__typeof__((x)) pu_v = (x);                                                \
		_Static_assert(sizeof(pu_v) == sizeof(*(uptr)), "put_user: sizes differ"); \
		put_user_value((uptr), &pu_v, sizeof(pu_v));                               \
	})

/* A column of two arrays with entries of 8 bytes: stores count > 0 u16s, leaves what is between alone. */
static inline int __must_check put_user_u16_by8(u16 __user *dst, const u16 *src, size_t count)
{
	might_fault();
	return unlikely(!access_ok(dst, count * 8 - 6)) ? -EFAULT : arch_put_user2_by8(src, dst, count);
}

/* Copies a C string of at most size-1 bytes; its length, -EFAULT, or -ENAMETOOLONG when it does not fit. */
ssize_t __must_check strncpy_from_user(char *dst, const char __user *src, size_t size);
/*
 * A path: a page-sized kernel buffer, getname(2)-like: -EFAULT, -ENAMETOOLONG, -ENOENT when empty and
 * !empty_ok.
 */
int __must_check user_path_get(const char __user *upath, bool empty_ok, char **out);
void user_path_put(char **path); /* for __cleanup */
/* copy_struct_from_user(): extensible structs; -E2BIG when unknown tail bytes are not zero. */
int __must_check copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize);

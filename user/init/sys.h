/* SPDX-License-Identifier: MIT */
/*
 * The few system calls that init makes, as inline functions that return the result or -errno.
 *
 * Init is built without a libc so that it stays a few KiB: it is read from the initramfs at every start.
 * Numbers and structures come from the Linux UAPI headers. Six arguments are enough for every call.
 */
#pragma once

#include <stddef.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/types.h>

#ifdef __x86_64__
static inline long sys_raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#else
#error "init: no system call stub for this architecture"
#endif

#define sys(nr, ...) sys_pad(__NR_##nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define sys_pad(nr, a, b, c, d, e, f, ...) \
	sys_raw(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* SPDX-License-Identifier: MIT */
/*
 * _syscall0 … _syscall6(type, name, type1, arg1, …) define a C function `type name(type1 arg1, …)` for
 * the call __NR_name.  x86-64: the syscall instruction; i386: int $0x80.  A result of -1 … -4095 goes to
 * errno and becomes -1, as syscall(2) describes.  Needs a libc for errno only.  Numbers: generated
 * syscall_nr.h.
 *
 *	_syscall3(long, silly_copy, const unsigned long *, src, unsigned long *, dst, unsigned long, len)
 */
#pragma once

#include <errno.h>
#include "syscall_nr.h"

static inline long syscall_result(long ret)
{
	if ((unsigned long)ret < -4095UL)
		return ret;
	errno = (int)-ret;
	return -1;
}

#if defined(__x86_64__)

/* The instruction itself clobbers rcx (return address) and r11 (flags). */
#define SYSCALL_ASM(nr, ...)                                      \
	({                                                        \
		long sc_ret;                                      \
		__asm__ volatile("syscall"                        \
				 : "=a"(sc_ret)                   \
				 : "0"((long)(nr)), ##__VA_ARGS__ \
				 : "rcx", "r11", "memory");       \
		syscall_result(sc_ret);                           \
	})

#define SYSCALL_BODY0(nr)          return SYSCALL_ASM(nr)
#define SYSCALL_BODY1(nr, a)       return SYSCALL_ASM(nr, "D"((long)(a)))
#define SYSCALL_BODY2(nr, a, b)    return SYSCALL_ASM(nr, "D"((long)(a)), "S"((long)(b)))
#define SYSCALL_BODY3(nr, a, b, c) return SYSCALL_ASM(nr, "D"((long)(a)), "S"((long)(b)), "d"((long)(c)))
#define SYSCALL_BODY4(nr, a, b, c, d)                  \
	register long sc_4 __asm__("r10") = (long)(d); \
	return SYSCALL_ASM(nr, "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(sc_4))
#define SYSCALL_BODY5(nr, a, b, c, d, e)               \
	register long sc_4 __asm__("r10") = (long)(d); \
	register long sc_5 __asm__("r8") = (long)(e);  \
	return SYSCALL_ASM(nr, "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(sc_4), "r"(sc_5))
#define SYSCALL_BODY6(nr, a, b, c, d, e, f)                                                          \
	register long sc_4 __asm__("r10") = (long)(d);                                               \
	register long sc_5 __asm__("r8") = (long)(e);                                                \
	register long sc_6 __asm__("r9") = (long)(f);                                                \
	return SYSCALL_ASM(nr, "D"((long)(a)), "S"((long)(b)), "d"((long)(c)), "r"(sc_4), "r"(sc_5), \
			   "r"(sc_6))

#elif defined(__i386__)

#define SYSCALL_ASM(nr, ...)                                                                              \
	({                                                                                                \
		long sc_ret;                                                                              \
		__asm__ volatile("int $0x80" : "=a"(sc_ret) : "0"((long)(nr)), ##__VA_ARGS__ : "memory"); \
		syscall_result(sc_ret);                                                                   \
	})

#define SYSCALL_BODY0(nr)          return SYSCALL_ASM(nr)
#define SYSCALL_BODY1(nr, a)       return SYSCALL_ASM(nr, "b"((long)(a)))
#define SYSCALL_BODY2(nr, a, b)    return SYSCALL_ASM(nr, "b"((long)(a)), "c"((long)(b)))
#define SYSCALL_BODY3(nr, a, b, c) return SYSCALL_ASM(nr, "b"((long)(a)), "c"((long)(b)), "d"((long)(c)))
#define SYSCALL_BODY4(nr, a, b, c, d) \
	return SYSCALL_ASM(nr, "b"((long)(a)), "c"((long)(b)), "d"((long)(c)), "S"((long)(d)))
#define SYSCALL_BODY5(nr, a, b, c, d, e) \
	return SYSCALL_ASM(nr, "b"((long)(a)), "c"((long)(b)), "d"((long)(c)), "S"((long)(d)), "D"((long)(e)))
/* ebp is the frame pointer and no constraint names it: the sixth argument goes over the stack. */
#define SYSCALL_BODY6(nr, a, b, c, d, e, f)                                                                 \
	long sc_ret;                                                                                        \
	long sc_6 = (long)(f);                                                                              \
	__asm__ volatile("pushl %[six]\n\tpushl %%ebp\n\tmovl 4(%%esp), %%ebp\n\tint $0x80\n\t"             \
			 "popl %%ebp\n\taddl $4, %%esp"                                                     \
			 : "=a"(sc_ret)                                                                     \
			 : "0"((long)(nr)), "b"((long)(a)), "c"((long)(b)), "d"((long)(c)), "S"((long)(d)), \
			   "D"((long)(e)), [six] "m"(sc_6)                                                  \
			 : "memory");                                                                       \
	return syscall_result(sc_ret)

#else
#error "the stubs know x86-64 and i386"
#endif

#define _syscall0(type, name)               \
	static inline type name(void)       \
	{                                   \
		SYSCALL_BODY0(__NR_##name); \
	}
#define _syscall1(type, name, t1, a1)           \
	static inline type name(t1 a1)          \
	{                                       \
		SYSCALL_BODY1(__NR_##name, a1); \
	}
#define _syscall2(type, name, t1, a1, t2, a2)       \
	static inline type name(t1 a1, t2 a2)       \
	{                                           \
		SYSCALL_BODY2(__NR_##name, a1, a2); \
	}
#define _syscall3(type, name, t1, a1, t2, a2, t3, a3)   \
	static inline type name(t1 a1, t2 a2, t3 a3)    \
	{                                               \
		SYSCALL_BODY3(__NR_##name, a1, a2, a3); \
	}
#define _syscall4(type, name, t1, a1, t2, a2, t3, a3, t4, a4) \
	static inline type name(t1 a1, t2 a2, t3 a3, t4 a4)   \
	{                                                     \
		SYSCALL_BODY4(__NR_##name, a1, a2, a3, a4);   \
	}
#define _syscall5(type, name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) \
	static inline type name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5)    \
	{                                                             \
		SYSCALL_BODY5(__NR_##name, a1, a2, a3, a4, a5);       \
	}
#define _syscall6(type, name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6) \
	static inline type name(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, t6 a6)     \
	{                                                                     \
		SYSCALL_BODY6(__NR_##name, a1, a2, a3, a4, a5, a6);           \
	}

/* SPDX-License-Identifier: MIT */
/*
 * Types, attributes and the handful of macros that every kernel file may use.  Force-included;
 * includes nothing but freestanding C headers and UAPI errno and type definitions.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>
#include <linux/errno.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef long ssize_t;
typedef s64 loff_t;
typedef int pid_t;
typedef u32 uid_t;
typedef u32 gid_t;
typedef u32 umode_t; /* S_IFMT and permission bits */
typedef u64 dev_t; /* kernel form: MKDEV(major, minor), 12:20 bits as Linux's new_encode_dev() */
typedef u64 ino_t;
typedef u64 ktime_t; /* nanoseconds */
typedef int clockid_t;

/* errno values that never reach user space (Linux include/linux/errno.h). */
enum {
	ERESTARTSYS = 512,
	ERESTARTNOINTR = 513,
	ERESTARTNOHAND = 514,
	ENOIOCTLCMD = 515,
	ERESTART_RESTARTBLOCK = 516,
};

#define __packed       __attribute__((packed))
#define __aligned(n)   __attribute__((aligned(n)))
#define __section(s)   __attribute__((section(s)))
#define __used         __attribute__((used))
#define __maybe_unused __attribute__((unused))
#define __noreturn     __attribute__((noreturn))
#define __must_check   __attribute__((warn_unused_result))
#undef __always_inline /* linux/stddef.h has a weaker one */
#define __always_inline inline __attribute__((always_inline))
#define __noinline      __attribute__((noinline))
#define __cold          __attribute__((cold))
#define __pure          __attribute__((pure))
#define __printf(f, a)  __attribute__((format(printf, f, a)))
#define __cleanup(fn)   __attribute__((cleanup(fn)))
#define __weak          __attribute__((weak))

/* User pointers: an address space of their own for clang and sparse, invisible to gcc. */
#if defined(__CHECKER__) || defined(__clang__)
#define __user __attribute__((noderef, address_space(1)))
#else
#define __user
#endif
#ifdef __CHECKER__
#define __force __attribute__((force))
#else
#define __force
#endif

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier()   __asm__ volatile("" ::: "memory")

/* One access, torn by nobody; also how a field is looked at without its lock (kernel/sync/safety.h). */
#ifdef CONFIG_LOCK_ANALYSIS
static inline void *address_of_number(unsigned long number)
{
	return (void *)number;
}
#define once_address(x) address_of_number((unsigned long)&(x)) /* the analysis follows pointers only */
#else
#define once_address(x) (&(x))
#endif
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)once_address(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)once_address(x) = (v))

#define ARRAY_SIZE(a)                 (sizeof(a) / sizeof((a)[0]))
#define BIT(n)                        (1UL << (n))
#define ALIGN_DOWN(x, a)              ((x) & ~((__typeof__(x))(a)-1))
#define ALIGN_UP(x, a)                ALIGN_DOWN((x) + ((__typeof__(x))(a)-1), a)
#define IS_ALIGNED(x, a)              (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(x, d)            (((x) + (d)-1) / (d))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define static_assert _Static_assert

/* Each argument is evaluated once; the counter keeps nested uses from shadowing each other. */
#define MINMAX_NAME2(a, n) a##n
#define MINMAX_NAME(a, n)  MINMAX_NAME2(a, n)
#define MINMAX(a, b, op, x, y)         \
	({                             \
		__typeof__(a) x = (a); \
		__typeof__(b) y = (b); \
		x op y ? x : y;        \
	})
#define min(a, b) MINMAX(a, b, <, MINMAX_NAME(mm_a, __COUNTER__), MINMAX_NAME(mm_b, __COUNTER__))
#define max(a, b) MINMAX(a, b, >, MINMAX_NAME(mm_a, __COUNTER__), MINMAX_NAME(mm_b, __COUNTER__))
#define swap(a, b)                            \
	do {                                  \
		__typeof__(a) swap_tmp = (a); \
		(a) = (b);                    \
		(b) = swap_tmp;               \
	} while (0)

/* Atomic operations are the compiler's; these names say which ordering is meant. */
#define atomic_load(p)          __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_store(p, v)      __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_add(p, v)        __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_sub(p, v)        __atomic_sub_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_or(p, v)         __atomic_or_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_and(p, v)        __atomic_and_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_xchg(p, v)       __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_cas(p, old, new) /* true when *p was `old` and is now `new` */              \
	({                                                                                 \
		__typeof__(*(p)) cas_old = (old);                                          \
		__atomic_compare_exchange_n((p), &cas_old, (new), false, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST);                             \
	})
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#define NSEC_PER_SEC  1000000000UL
#define NSEC_PER_MSEC 1000000UL
#define NSEC_PER_USEC 1000UL

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define MAJOR(d)      ((u32)((d) >> 20))
#define MINOR(d)      ((u32)((d)&0xfffff))
#define MKDEV(ma, mi) (((dev_t)(ma) << 20) | (mi))

/* Text on the kernel console.  `quiet` on the command line hides pr_info; never sleeps. */
void printk(const char *fmt, ...) __printf(1, 2);
void pr_info(const char *fmt, ...) __printf(1, 2);
/* Stops the machine: message, registers, symbolised backtrace, then power off (panic=-1) or halt. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;

#define BUG_ON(cond)                                                          \
	do {                                                                  \
		if (unlikely(cond))                                           \
			panic("BUG: %s at %s:%d", #cond, __FILE__, __LINE__); \
	} while (0)
#ifdef CONFIG_DEBUG
#define ASSERT(cond) BUG_ON(!(cond))
void might_sleep(void); /* panics when called with preemption off or interrupts off */
#else
#define ASSERT(cond) ((void)sizeof(cond))
static inline void might_sleep(void)
{
}
#endif

/* Boot-time initialisers: called once, in level order, by kernel/base/init.c. */
enum init_level { INIT_EARLY, INIT_CORE, INIT_FS, INIT_DEVICE, INIT_LATE };
struct initcall {
	int (*fn)(void);
	int level;
};
#define INITCALL(lvl, func)                                                         \
	static const struct initcall initcall_##func __used __section(".initcalls") \
		__aligned(8) = { func, lvl }

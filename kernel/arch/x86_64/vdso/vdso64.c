// SPDX-License-Identifier: MIT
/* The 64-bit vDSO, vdso(7).  Runs in user mode; no relocations, no globals. */
#include "vdso/types.h"
#include "vdso/time.h"

static long real_call(long nr, long a, long b)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"(nr), "D"(a), "S"(b) : "rcx", "r11", "memory");
	return ret;
}

int __vdso_clock_gettime(int id, struct __kernel_timespec *ts);
int __vdso_clock_gettime(int id, struct __kernel_timespec *ts)
{
	struct vdso_time t;

	if (!vdso_clock(id, &t))
		return (int)real_call(__NR_clock_gettime, id, (long)ts);
	ts->tv_sec = t.sec;
	ts->tv_nsec = t.nsec;
	return 0;
}

int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz);
int __vdso_gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz)
{
	struct vdso_time t;

	if (tz || !vdso_clock(CLOCK_REALTIME, &t))
		return (int)real_call(__NR_gettimeofday, (long)tv, (long)tz);
	if (tv) {
		tv->tv_sec = t.sec;
		tv->tv_usec = t.nsec / 1000;
	}
	return 0;
}

__kernel_old_time_t __vdso_time(__kernel_old_time_t *out);
__kernel_old_time_t __vdso_time(__kernel_old_time_t *out)
{
	struct vdso_time t;

	if (!vdso_clock(CLOCK_REALTIME, &t))
		return real_call(__NR_time, (long)out, 0);
	if (out)
		*out = t.sec;
	return t.sec;
}

int __vdso_clock_getres(int id, struct __kernel_timespec *ts);
int __vdso_clock_getres(int id, struct __kernel_timespec *ts)
{
	return (int)real_call(__NR_clock_getres, id, (long)ts);
}

/* The limit of GDT entry 15 is the CPU's number (Linux's CPUNODE segment). */
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);
long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	unsigned n;

	__asm__("lsl %1, %0" : "=r"(n) : "r"(15 * 8 + 3));
	if (cpu)
		*cpu = n & 0xfff;
	if (node)
		*node = n >> 12;
	return 0;
}

#define ALIAS(name) __attribute__((weak, alias("__vdso_" #name)))
int clock_gettime(int id, struct __kernel_timespec *ts) ALIAS(clock_gettime);
int gettimeofday(struct __kernel_old_timeval *tv, struct timezone *tz) ALIAS(gettimeofday);
__kernel_old_time_t time(__kernel_old_time_t *out) ALIAS(time);
int clock_getres(int id, struct __kernel_timespec *ts) ALIAS(clock_getres);
long getcpu(unsigned *cpu, unsigned *node, void *unused) ALIAS(getcpu);

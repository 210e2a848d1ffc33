// SPDX-License-Identifier: MIT
/* The clocks of the 32-bit vDSO, vdso(7); the way into the kernel is in vdso32-call.S. */
#include "vdso/types.h"
#include "vdso/time.h"

static int real_call(int nr, int a, int b)
{
	int ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "0"(nr), "b"(a), "c"(b) : "memory");
	return ret;
}

struct timespec32 {
	int tv_sec, tv_nsec;
};
struct timeval32 {
	int tv_sec, tv_usec;
};

int __vdso_clock_gettime(int id, struct timespec32 *ts);
int __vdso_clock_gettime(int id, struct timespec32 *ts)
{
	struct vdso_time t;

	if (!vdso_clock(id, &t))
		return real_call(__NR_clock_gettime, id, (int)ts);
	ts->tv_sec = (int)t.sec;
	ts->tv_nsec = (int)t.nsec;
	return 0;
}

int __vdso_clock_gettime64(int id, struct __kernel_timespec *ts);
int __vdso_clock_gettime64(int id, struct __kernel_timespec *ts)
{
	struct vdso_time t;

	if (!vdso_clock(id, &t))
		return real_call(__NR_clock_gettime64, id, (int)ts);
	ts->tv_sec = t.sec;
	ts->tv_nsec = t.nsec;
	return 0;
}

int __vdso_gettimeofday(struct timeval32 *tv, struct timezone *tz);
int __vdso_gettimeofday(struct timeval32 *tv, struct timezone *tz)
{
	struct vdso_time t;

	if (tz || !vdso_clock(CLOCK_REALTIME, &t))
		return real_call(__NR_gettimeofday, (int)tv, (int)tz);
	if (tv) {
		tv->tv_sec = (int)t.sec;
		tv->tv_usec = (int)(t.nsec / 1000);
	}
	return 0;
}

int __vdso_time(int *out);
int __vdso_time(int *out)
{
	struct vdso_time t;

	if (!vdso_clock(CLOCK_REALTIME, &t))
		return real_call(__NR_time, (int)out, 0);
	if (out)
		*out = (int)t.sec;
	return (int)t.sec;
}

int __vdso_clock_getres(int id, struct timespec32 *ts);
int __vdso_clock_getres(int id, struct timespec32 *ts)
{
	return real_call(__NR_clock_getres, id, (int)ts);
}

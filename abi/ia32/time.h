/* SPDX-License-Identifier: MIT */
/* The i386 layouts of time structures (32-bit time_t). */
#pragma once

#include <linux/types.h>

struct ia32_timespec {
	__s32 tv_sec;
	__s32 tv_nsec;
};
struct ia32_timeval {
	__s32 tv_sec;
	__s32 tv_usec;
};
struct ia32_itimerspec {
	struct ia32_timespec it_interval;
	struct ia32_timespec it_value;
};
struct ia32_itimerval {
	struct ia32_timeval it_interval;
	struct ia32_timeval it_value;
};
struct ia32_timex {
	__u32 modes;
	__s32 offset, freq, maxerror, esterror, status;
	__s32 constant, precision, tolerance;
	struct ia32_timeval time;
	__s32 tick, ppsfreq, jitter, shift, stabil, jitcnt, calcnt, errcnt, stbcnt, tai;
	__s32 pad[11];
};

_Static_assert(sizeof(struct ia32_timespec) == 8, "i386 struct timespec");
_Static_assert(sizeof(struct ia32_itimerspec) == 16, "i386 struct itimerspec");
_Static_assert(sizeof(struct ia32_timex) == 128, "i386 struct timex");

/* SPDX-License-Identifier: MIT */
/* struct sigevent of i386: 64 bytes, pointers and longs are 32 bits wide. */
#pragma once

#include <linux/types.h>

struct ia32_sigevent {
	__u32 sigev_value; /* union sigval */
	__s32 sigev_signo;
	__s32 sigev_notify;
	__s32 tid; /* of SIGEV_THREAD_ID */
	__u32 pad[12];
};
_Static_assert(sizeof(struct ia32_sigevent) == 64, "i386 struct sigevent");

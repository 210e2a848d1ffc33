/* SPDX-License-Identifier: MIT */
/* Resource and system structures of the i386 ABI. */
#pragma once

#include "abi/ia32/time.h"
#include <linux/types.h>

struct ia32_rusage {
	struct ia32_timeval ru_utime, ru_stime;
	__s32 ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock, ru_oublock;
	__s32 ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};
struct ia32_rlimit {
	__u32 rlim_cur, rlim_max;
};
struct ia32_tms {
	__s32 tms_utime, tms_stime, tms_cutime, tms_cstime;
};
struct ia32_sysinfo {
	__s32 uptime;
	__u32 loads[3];
	__u32 totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	__u16 procs, pad;
	__u32 totalhigh, freehigh, mem_unit;
	__u8 tail[8];
};

_Static_assert(sizeof(struct ia32_rusage) == 72, "i386 struct rusage");
_Static_assert(sizeof(struct ia32_sysinfo) == 64, "i386 struct sysinfo");

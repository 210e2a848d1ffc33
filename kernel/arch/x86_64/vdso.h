/* SPDX-License-Identifier: MIT */
/*
 * The vDSO: images linked at build time (vdso/), one page of data shared with every program, and the places
 * in the 32-bit image that the kernel must know (made by mk/vdso.mk).
 */
#pragma once

/* In front of the image in every program.  Readers retry while seq is odd or has changed. */
struct vdso_data {
	u32 seq;
	u32 cpu_feature_pad;
	u64 base_tsc;
	u64 base_ns; /* CLOCK_MONOTONIC at base_tsc */
	u64 mult; /* ns per tick, 32.32; 0: not ready, make the call */
	s64 real_off; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
};

#ifndef VDSO_BUILD
extern const char vdso64_start[], vdso64_end[], vdso32_start[], vdso32_end[];
/* Offsets in the 32-bit image. */
extern const u32 vdso32_vsyscall_offset, vdso32_fast_offset, vdso32_landing_offset;
extern const u32 vdso32_sigreturn_offset, vdso32_rt_sigreturn_offset;
#endif

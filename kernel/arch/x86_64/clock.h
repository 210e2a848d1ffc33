/* SPDX-License-Identifier: MIT */
/* The TSC clock: parameters shared by the kernel's reader and the vDSO's. */
#pragma once

/* Readers retry while seq is odd or has changed.  ns = base_ns + (tsc - base_tsc) * mult >> 32. */
struct clock_data {
	u32 seq;
	u32 pad;
	u64 base_tsc;
	u64 base_ns;
	u64 mult; /* nanoseconds per TSC tick, 32.32 fixed point */
};

u64 clock_tsc_hz(void); /* 0: not calibrated yet */
void clock_init_cpu(void);
void vdso_publish_clock(const struct clock_data *cd); /* vdso.c */

/* SPDX-License-Identifier: MIT */
/*
 * The clocks of both vDSO images: reads the page that kernel/arch/x86_64/vdso.c publishes.  Included by
 * vdso64.c and vdso32.c, which say how to make the real call.
 */
#pragma once

extern const struct vdso_data vvar_page __attribute__((visibility("hidden")));

struct vdso_time {
	s64 sec;
	u32 nsec;
};

static inline u64 vdso_rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (u64)hi << 32 | lo;
}

/* (v * f) >> 32 without a 128-bit product, which the 32-bit image does not have. */
static inline u64 vdso_scale(u64 v, u64 f)
{
#ifdef __x86_64__
	return (u64)((unsigned __int128)v * f >> 32);
#else
	u64 vl = (u32)v, vh = v >> 32, fl = (u32)f, fh = f >> 32;

	return ((vl * fl) >> 32) + vh * fl + vl * fh + ((vh * fh) << 32);
#endif
}

/* Nanoseconds of CLOCK_MONOTONIC, or CLOCK_REALTIME; false: the kernel must be asked. */
static inline bool vdso_now(bool real, u64 *ns)
{
	const struct vdso_data *d = &vvar_page;
	u32 seq;

	do {
		while ((seq = __atomic_load_n(&d->seq, __ATOMIC_ACQUIRE)) & 1)
			__asm__ volatile("pause");

		u64 delta = vdso_rdtsc() - d->base_tsc;

		if (!d->mult)
			return false;
		*ns = d->base_ns + ((s64)delta < 0 ? 0 : vdso_scale(delta, d->mult)) +
		      (real ? (u64)d->real_off : 0);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__builtin_expect(seq != *(const volatile u32 *)&d->seq, 0));
	return true;
}

/* Division by a constant the compiler would make a library call of on i386. */
static inline void vdso_split(u64 ns, struct vdso_time *t)
{
#ifdef __x86_64__
	t->sec = (s64)(ns / 1000000000u);
	t->nsec = (u32)(ns % 1000000000u);
#else
	u32 hi = (u32)(ns >> 32), lo = (u32)ns, q, r;

	/* hi < 2^32 * 10^9 / 2^32: holds until the year 2554 */
	u32 whole = hi / 1000000000u;

	__asm__("divl %4" : "=a"(q), "=d"(r) : "a"(lo), "d"(hi % 1000000000u), "rm"(1000000000u));
	t->sec = (s64)((u64)whole << 32 | q);
	t->nsec = r;
#endif
}

/*
 * The clocks that need no call.  The coarse ones are the fine ones: reading the TSC costs less here than
 * keeping a tick's copy current would cost the kernel.
 */
static inline bool vdso_clock(int id, struct vdso_time *t)
{
	u64 ns;

	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI: /* no leap seconds are announced */
		if (!vdso_now(true, &ns))
			return false;
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
		if (!vdso_now(false, &ns))
			return false;
		break;
	default:
		return false;
	}
	vdso_split(ns, t);
	return true;
}

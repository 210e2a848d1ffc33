// SPDX-License-Identifier: MIT
/*
 * The clocks of clock_gettime(2).  CLOCK_REALTIME is CLOCK_MONOTONIC plus an offset that only
 * clock_set_real() moves; CLOCK_BOOTTIME equals CLOCK_MONOTONIC because the machine never suspends.
 */
#include "kernel/time/time.h"
#include "kernel/arch/arch.h"
#include "kernel/time/cancel.h"
#include "kernel/time/cputime.h"
#include <linux/time.h>

u64 realtime_offset_ns;

/* When the host gives no wall clock the epoch is as good as any. */
void time_init(void)
{
	u64 now = arch_clock_ns();
	u64 wall = arch_wall_clock_sec() * NSEC_PER_SEC;

	atomic_store(&realtime_offset_ns, wall > now ? wall - now : 0);
	arch_vdso_update(now, (s64)realtime_offset_ns);
}

u64 clock_mono_ns(void)
{
	return arch_clock_ns();
}

u64 clock_real_ns(void)
{
	return arch_clock_ns() + atomic_load(&realtime_offset_ns);
}

int clock_set_real(u64 real_ns)
{
	u64 now = arch_clock_ns();

	if (real_ns < now)
		return -EINVAL; /* as Linux: the realtime clock cannot start before the machine did */
	atomic_store(&realtime_offset_ns, real_ns - now);
	arch_vdso_update(now, (s64)(real_ns - now));
	clock_was_set();
	return 0;
}

static int cputime_get(clockid_t id, u64 *ns)
{
	struct cputime_clock c;
	int err = cputime_clock_get(id, true, &c);

	if (err)
		return err;
	*ns = cputime_clock_now(&c);
	cputime_clock_put(&c);
	return 0;
}

int clock_get(clockid_t id, u64 *ns)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI: /* no leap seconds are known: the offset to UTC is 0, Linux's default */
		*ns = clock_real_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_mono_ns();
		return 0;
	default:
		return cputime_get(id, ns);
	}
}

int clock_res(clockid_t id, u64 *ns)
{
	u64 now;
	int err = clock_get(id, &now);

	if (err)
		return err;
	if (id == CLOCK_REALTIME_COARSE || id == CLOCK_MONOTONIC_COARSE || (id < 0 && (id & 3) != 2))
		*ns = 4 * NSEC_PER_MSEC; /* what a tick of Linux with HZ=250 can tell */
	else
		*ns = 1;
	return 0;
}

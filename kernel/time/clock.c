// SPDX-License-Identifier: MIT
/*
 * The clocks of clock_gettime(2).  CLOCK_REALTIME is CLOCK_MONOTONIC plus an offset that only
 * clock_set_real() moves; CLOCK_BOOTTIME equals CLOCK_MONOTONIC because the machine never suspends.
 */
#include "kernel/time/time.h"
#include "kernel/arch/arch.h"
#include "kernel/task/task.h"
#include "kernel/time/cancel.h"
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

/*
 * CPU-time clocks made by clock_getcpuclockid(3): ~pid << 3 | thread bit 2 | kind, see kernel clockid
 * encoding.
 */
static int cpu_clock_get(clockid_t id, u64 *ns)
{
	pid_t nr = ~(id >> 3);
	bool per_thread = id & 4;
	int kind = id & 3; /* 0 prof (user+system), 1 virt (user), 2 sched */
	int err = -EINVAL;

	if (kind == 3)
		return -EINVAL;
	rcu_read_lock();

	struct task *t = nr ? task_find(nr) : current;

	if (t && (per_thread ? t->proc == current->proc : t == current || t->proc->leader == t)) {
		if (per_thread) {
			*ns = kind == 1 ? t->utime_ns : task_cpu_time(t);
		} else {
			struct cpu_times times;

			process_cpu_times(t->proc, &times);
			*ns = kind == 1 ? times.utime_ns : times.utime_ns + times.stime_ns;
		}
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

int clock_get(clockid_t id, u64 *ns)
{
	struct cpu_times times;

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
	case CLOCK_PROCESS_CPUTIME_ID:
		process_cpu_times(current->proc, &times);
		*ns = times.utime_ns + times.stime_ns;
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = task_cpu_time(current);
		return 0;
	default:
		return id < 0 ? cpu_clock_get(id, ns) : -EINVAL;
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

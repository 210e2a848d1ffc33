/* SPDX-License-Identifier: MIT */
/*
 * Clocks and kernel timers.  One door for time: clock_mono_ns() and clock_real_ns().  Timers expire in
 * interrupt context on the CPU that started them.
 */
#pragma once

#include "kernel/base/list.h"
#include "kernel/base/rbtree.h"
#include "kernel/sync/spinlock.h"

struct regs;
struct __kernel_timespec;

void time_init(void);
u64 clock_mono_ns(void); /* CLOCK_MONOTONIC (= BOOTTIME: we never suspend) */
u64 clock_real_ns(void); /* CLOCK_REALTIME, nanoseconds since the epoch */
int __must_check clock_set_real(u64 real_ns); /* moves the offset; wakes cancel-on-set timers */
/* CLOCK_* of clock_gettime(2) for current, cpu clocks included; -EINVAL. */
int __must_check clock_get(clockid_t id, u64 *ns);
int __must_check clock_res(clockid_t id, u64 *ns);
extern u64 realtime_offset_ns; /* [atomic] real = mono + offset */

struct timer {
	struct rb_node node;
	u64 expires_ns; /* monotonic */
	void (*fn)(struct timer *t); /* interrupt context, no locks held; may restart the timer */
	int cpu; /* -1: idle */
	struct list_head pending;
};

void timer_init(struct timer *t, void (*fn)(struct timer *));
void timer_start(struct timer *t,
		 u64 expires_ns); /* (re)arms on this CPU; any context; the last of several callers wins */
bool timer_cancel(struct timer *t); /* true when it was pending; does not wait */
/*
 * Takes it off; false when its handler is running: who holds a lock that the handler takes lets go of it
 * and tries again.
 */
bool timer_try_cancel(struct timer *t);
/*
 * Also waits for a running handler; not from interrupts.  The caller has seen to it that the handler does
 * not restart it.
 */
void timer_cancel_sync(struct timer *t);
static inline bool timer_active(const struct timer *t)
{
	return READ_ONCE(t->cpu) >= 0;
}

/* timespec helpers: -EINVAL when not normalised or negative. */
int __must_check timespec_to_ns(const struct __kernel_timespec *ts, u64 *ns);
void ns_to_timespec(u64 ns, struct __kernel_timespec *ts);

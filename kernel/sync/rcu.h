/* SPDX-License-Identifier: MIT */
/*
 * Read-copy-update: readers only disable preemption; memory that readers may hold is freed after
 * every CPU has passed a quiescent state (a context switch, idle, or user mode).
 */
#pragma once

#include "kernel/sync/preempt.h"

struct rcu_head {
	struct rcu_head *next;
	void (*fn)(struct rcu_head *head);
};

static inline void rcu_read_lock(void)
{
	preempt_disable();
}
static inline void rcu_read_unlock(void)
{
	preempt_enable();
}
void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head)); /* any context */
void synchronize_rcu(void); /* sleeps */
void rcu_note_quiescent(void); /* sched: context switch, idle; also runs callbacks, which may not sleep */
void rcu_tick(bool user); /* timer interrupt */

/*
 * A halted CPU is quiescent for as long as it halts, so grace periods neither wait for it nor wake it.
 * sched: just before the halt, interrupts off; the interrupt that ends it calls rcu_idle_exit() first.
 */
void rcu_idle_enter(void);
static inline void rcu_idle_exit(struct cpu *c)
{
	if (unlikely(c->rcu_idle)) {
		WRITE_ONCE(c->rcu_idle, false);
		smp_mb(); /* who found us idle stored what we read from here on */
	}
}

bool rcu_needs_cpu(void); /* this CPU has callbacks waiting: it must not idle without a tick */

#define rcu_dereference(p)       __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

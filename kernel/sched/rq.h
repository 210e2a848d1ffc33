/* SPDX-License-Identifier: MIT */
/*
 * The run queue of a CPU: private to kernel/sched.
 *
 * Invariants: a runnable task that is not running is on exactly one queue; `curr` is on none; the lock
 * is held across arch_switch() and released by the next task, so whoever holds it finds no task
 * half switched.  Lock order: two run queues are never locked by spinning at once (the second by trylock).
 */
#pragma once

#include "kernel/base/bitmap.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"

#define RT_PRIOS      100
#define TICK_NS       (4 * NSEC_PER_MSEC) /* while a task runs */
#define SLICE_NS      (3 * NSEC_PER_MSEC) /* fair class: at least this long before another's turn */
#define WAKE_BONUS    (3 * NSEC_PER_MSEC) /* a sleeper may lag this much behind the queue */
#define WAKE_GRAIN    NSEC_PER_MSEC /* and preempts when it is ahead by this much */
#define RR_SLICE_NS   (100 * NSEC_PER_MSEC)
#define RT_PERIOD_NS  NSEC_PER_SEC /* real-time tasks get at most RT_RUNTIME_NS of each period */
#define RT_RUNTIME_NS (950 * NSEC_PER_MSEC) /* while others want to run: sched(7), sched_rt_runtime_us */

struct rq {
	struct spinlock lock; /* irq-safe; guards all below */
	int cpu; /* [const] */
	u32 nr_running __guarded_by(&lock); /* runnable, curr included, idle not */
	u32 nr_rt __guarded_by(&lock);
	struct task *curr __guarded_by(&lock);
	struct task *idle; /* [const] */
	struct rb_root fair __guarded_by(&lock);
	struct rb_node *fair_first __guarded_by(&lock); /* leftmost */
	u64 min_vruntime __guarded_by(&lock);
	DECLARE_BITMAP(rt_map, RT_PRIOS);
	struct list_head
		rt[RT_PRIOS] __guarded_by(&lock); /* index 99 - priority: first set bit is the best */
	u64 rt_period_end __guarded_by(&lock), rt_ns
		__guarded_by(&lock); /* what real-time tasks have used of the period */
	bool rt_throttled __guarded_by(&lock); /* they have had their share */
	u64 nr_switches __guarded_by(&lock);
	u64 idle_since __guarded_by(&lock), idle_ns __guarded_by(&lock);
	/* May be negative here: only the sum over all queues counts. */
	s64 nr_uninterruptible __guarded_by(&lock);
	struct mm *drop_mm __guarded_by(&lock); /* pin to release once the switch is done */
	/* Just left the CPU, may not run on it any more: in no tree until the switch is done. */
	struct task *push __guarded_by(&lock);
};

extern struct rq rqs[MAX_CPUS];

/* The real-time priority that decides where se is queued; 0: the fair class. */
static inline int se_rt_prio(const struct sched_entity *se)
{
	return max(rt_policy(se->policy) ? se->rt_prio : 0, se->inherited);
}

/* The queue of t, locked with interrupts off. */
struct rq *task_rq_lock(struct task *t, unsigned long *flags);
void task_rq_unlock(struct rq *rq, unsigned long flags) __releases(&rq->lock);
void rq_enqueue(struct rq *rq, struct task *t) __must_hold(&rq->lock);
void rq_dequeue(struct rq *rq, struct task *t) __must_hold(&rq->lock);
void rq_move(struct rq *from, struct rq *to, struct task *t)
	__must_hold(&from->lock, &to->lock); /* t waits on `from`; both locked */
void rq_put_back(struct rq *rq, struct task *t, bool preempted)
	__must_hold(&rq->lock); /* the running task leaves the CPU but stays runnable */
void rq_update_curr(struct rq *rq) __must_hold(&rq->lock); /* charges the running task up to now */
bool rq_throttle_rt(struct rq *rq)
	__must_hold(&rq->lock); /* at each tick; true: another task's turn may have come */
struct task *rq_pick(struct rq *rq)
	__must_hold(&rq->lock); /* takes the best one off the queue, the idle task when empty */
bool rq_should_preempt(struct rq *rq, struct task *t) __must_hold(&rq->lock); /* t just became runnable */
void resched_cpu(int cpu);
/* kernel/sched/balance.c */
int select_cpu(struct task *t);
int select_cpu_fork(struct task *child);
bool balance_pull(struct rq *rq); /* an idle CPU takes a task from the busiest one; rq not locked, irqs off */
void balance_kick(struct rq *rq);
void balance_push(struct rq *rq) __must_hold(&rq->lock); /* sends rq->push where it may run; rq locked */
void loadavg_update(u64 now);
u32 sched_weight(int policy, int nice);

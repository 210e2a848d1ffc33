/* SPDX-License-Identifier: MIT */
/*
 * Wait queues.  A waiter has a callback: the default one wakes the task; poll and epoll bring their
 * own.  waitq_wake() may be called from interrupt context.
 */
#pragma once

#include "kernel/sync/spinlock.h"
#include "kernel/base/list.h"
#include "kernel/sched/sched.h"

struct waitq {
	struct spinlock lock;
	struct list_head waiters __guarded_by(&lock); /* [lock] */
};
#define WAITQ_INIT(q)                                                \
	{                                                            \
		SPINLOCK_INIT_NAMED(#q), LIST_HEAD_INIT((q).waiters) \
	}
#define waitq_init(q) (*(q) = (struct waitq){ SPINLOCK_INIT_NAMED(#q), LIST_HEAD_INIT((q)->waiters) })

struct waiter {
	struct list_head node;
	struct task *task;
	/* Returns true when it counts as a woken exclusive waiter.  Called with the queue's lock held. */
	bool (*wake)(struct waiter *w, u32 key);
	bool exclusive;
};

void waiter_init(struct waiter *w); /* default: wakes `current` */
bool waiter_wake_task(struct waiter *w, u32 key); /* the default callback; removes w when it was asleep */
void waitq_add(struct waitq *q, struct waiter *w); /* idempotent; exclusive ones go to the tail */
void waitq_remove(struct waitq *q, struct waiter *w); /* idempotent */
/* Wakes all non-exclusive waiters and up to `nr_exclusive` exclusive ones (0: all).  key: poll mask or 0. */
void waitq_wake_key(struct waitq *q, u32 key, int nr_exclusive);

static inline bool waitq_active(struct waitq *q)
{
	smp_mb(); /* orders the caller's condition store before the look at the list */
	return !list_empty_once(&q->waiters);
}
static inline void waitq_wake(struct waitq *q)
{
	if (waitq_active(q))
		waitq_wake_key(q, 0, 1);
}
static inline void waitq_wake_all(struct waitq *q)
{
	if (waitq_active(q))
		waitq_wake_key(q, 0, 0);
}

/*
 * Sleep until cond.  `state` is TASK_INTERRUPTIBLE, TASK_KILLABLE or TASK_UNINTERRUPTIBLE; the value is
 * 0, or -ERESTARTSYS when a signal (a fatal one for TASK_KILLABLE) came first.  cond is evaluated without
 * locks.
 */
#define wait_event_state(q, cond, state)                           \
	({                                                         \
		int we_ret = 0;                                    \
		if (!(cond)) {                                     \
			struct waiter we_w;                        \
			waiter_init(&we_w);                        \
			for (;;) {                                 \
				waitq_add((q), &we_w);             \
				set_current_state(state);          \
				if (cond)                          \
					break;                     \
				if (signal_pending_state(state)) { \
					we_ret = -ERESTARTSYS;     \
					break;                     \
				}                                  \
				schedule();                        \
			}                                          \
			set_current_state(TASK_RUNNING);           \
			waitq_remove((q), &we_w);                  \
		}                                                  \
		we_ret;                                            \
	})
#define wait_event(q, cond)               ((void)wait_event_state(q, cond, TASK_UNINTERRUPTIBLE))
#define wait_event_interruptible(q, cond) wait_event_state(q, cond, TASK_INTERRUPTIBLE)
#define wait_event_killable(q, cond)      wait_event_state(q, cond, TASK_KILLABLE)

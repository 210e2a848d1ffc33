// SPDX-License-Identifier: MIT
/* Wait queues.  Invariant: a waiter's node is either self-linked (not queued) or on one queue, under its lock. */
#include "kernel/sync/waitq.h"
#include "kernel/task/task.h"

void waitq_init(struct waitq *q)
{
	spin_lock_init(&q->lock);
	list_init(&q->waiters);
}

void waiter_init(struct waiter *w)
{
	list_init(&w->node);
	w->task = current;
	w->wake = waiter_wake_task;
	w->exclusive = false;
}

bool waiter_wake_task(struct waiter *w, u32 key)
{
	struct task *t = w->task;

	list_del_init(&w->node); /* the waiter re-adds itself when it finds its condition still false */
	return wake_up_state(t, TASK_NORMAL) && w->exclusive;
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	unsigned long flags;

	if (!list_empty(&w->node))
		return;
	flags = spin_lock_irqsave(&q->lock);
	if (w->exclusive)
		list_add_tail(&w->node, &q->waiters);
	else
		list_add(&w->node, &q->waiters);
	spin_unlock_irqrestore(&q->lock, flags);
}

void waitq_remove(struct waitq *q, struct waiter *w)
{
	unsigned long flags = spin_lock_irqsave(&q->lock);

	if (!list_empty(&w->node))
		list_del_init(&w->node);
	spin_unlock_irqrestore(&q->lock, flags);
}

void waitq_wake_key(struct waitq *q, u32 key, int nr_exclusive)
{
	unsigned long flags = spin_lock_irqsave(&q->lock);
	struct waiter *w, *tmp;

	list_for_each_safe(w, tmp, &q->waiters, node) {
		if (w->wake(w, key) && nr_exclusive && !--nr_exclusive)
			break;
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

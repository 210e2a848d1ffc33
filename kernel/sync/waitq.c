// SPDX-License-Identifier: MIT
/*
 * Wait queues.  Invariants: a waiter's node is either self-linked (not queued) or on one queue, under its
 * lock; the default callback takes off the queue only whom it woke.  Who was not asleep yet stays: it may
 * find its condition false again and sleep without another look at the queue.
 */
#include "kernel/sync/waitq.h"
#include "kernel/task/task.h"

void waiter_init(struct waiter *w)
{
	list_init(&w->node);
	w->task = current;
	w->wake = waiter_wake_task;
	w->exclusive = false;
}

bool waiter_wake_task(struct waiter *w, u32 key)
{
	/*
	 * The waiter cannot leave while we hold the queue's lock; when its condition is still false it
	 * adds itself again.
	 */
	if (!wake_up_state(w->task, TASK_NORMAL))
		return false;
	list_del_init(&w->node);
	return w->exclusive;
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	unsigned long flags = spin_lock_irqsave(
		&q->lock); /* a look without it might see a node that a waker is taking off */

	if (list_empty(&w->node)) {
		if (w->exclusive)
			list_add_tail(&w->node, &q->waiters);
		else
			list_add(&w->node, &q->waiters);
	}
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

// SPDX-License-Identifier: MIT
/* The list of watchers of clock_settime(2).  Lock: watch_lock (irq-safe). */
#include "kernel/time/cancel.h"
#include "kernel/sync/spinlock.h"

static struct spinlock watch_lock = SPINLOCK_INIT;
static LIST_HEAD(watches); /* [watch_lock] */

void clock_watch_add(struct clock_watch *w)
{
	unsigned long flags = spin_lock_irqsave(&watch_lock);

	list_add_tail(&w->node, &watches);
	spin_unlock_irqrestore(&watch_lock, flags);
}

void clock_watch_remove(struct clock_watch *w)
{
	unsigned long flags = spin_lock_irqsave(&watch_lock);

	list_del(&w->node);
	spin_unlock_irqrestore(&watch_lock, flags);
}

void clock_was_set(void)
{
	unsigned long flags = spin_lock_irqsave(&watch_lock);
	struct clock_watch *w;

	list_for_each(w, &watches, node)
		w->fn(w);
	spin_unlock_irqrestore(&watch_lock, flags);
}

// SPDX-License-Identifier: MIT
/*
 * Readers-writer semaphores.  Invariants: count > 0 readers, -1 a writer, 0 free; waiters are served
 * in order, a run of readers together; whoever is granted finds count already changed for it.
 * The reader fast path is one compare-and-swap while nobody waits.
 */
#include "kernel/sync/mutex.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"

struct rwsem_waiter {
	struct list_head node;
	struct task *task;
	bool writer;
	bool granted; /* [s->lock] */
};

#define HERE ((unsigned long)__builtin_return_address(0))

/* True when the semaphore could be taken at once; called with or without s->lock. */
static bool take_read(struct rwsem *s)
{
	s32 old = READ_ONCE(s->count);

	while (old >= 0) {
		if (atomic_cas(&s->count, old, old + 1))
			return true;
		old = READ_ONCE(s->count);
	}
	return false;
}

static void wait_for_grant(struct rwsem *s, bool writer)
{
	struct rwsem_waiter w = { .task = current, .writer = writer };

	spin_lock(&s->lock);
	if (list_empty(&s->waiters) && (writer ? atomic_cas(&s->count, 0, -1) : take_read(s))) {
		spin_unlock(&s->lock);
		return;
	}
	list_add_tail(&w.node, &s->waiters);
	smp_mb(); /* pairs with release(): either it sees us, or we see the free semaphore */
	if (s->waiters.next == &w.node && (writer ? atomic_cas(&s->count, 0, -1) : take_read(s))) {
		list_del(&w.node);
		spin_unlock(&s->lock);
		return;
	}
	spin_unlock(&s->lock);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (atomic_load(&w.granted))
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
}

/* Grants as many waiters from the front as fit. */
static void release(struct rwsem *s)
{
	for (;;) {
		struct task *next = NULL;

		spin_lock(&s->lock);
		if (!list_empty(&s->waiters)) {
			struct rwsem_waiter *w = list_first(&s->waiters, struct rwsem_waiter, node);

			if (w->writer ? atomic_cas(&s->count, 0, -1) : take_read(s)) {
				list_del(&w->node);
				next = task_get(w->task);
				atomic_store(&w->granted, true);
			}
		}
		spin_unlock(&s->lock);
		if (!next)
			return;
		wake_up_state(next, TASK_NORMAL);
		task_put(next);
	}
}

void down_read(struct rwsem *s) __no_lock_analysis
{
	might_sleep();
	lock_acquire(&s->dep, LOCK_SLEEPS | LOCK_SHARED, HERE);
	if (likely(list_empty(&s->waiters)) && likely(take_read(s)))
		return;
	wait_for_grant(s, false);
}

bool down_read_trylock(struct rwsem *s) __no_lock_analysis
{
	if (!list_empty(&s->waiters) || !take_read(s))
		return false;
	lock_acquire(&s->dep, LOCK_SLEEPS | LOCK_SHARED | LOCK_TRY, HERE);
	return true;
}

void up_read(struct rwsem *s) __no_lock_analysis
{
	ASSERT(s->count > 0);
	lock_release(&s->dep);
	atomic_sub(&s->count, 1);
	if (unlikely(!list_empty(&s->waiters)))
		release(s);
}

void down_write(struct rwsem *s) __no_lock_analysis
{
	might_sleep();
	lock_acquire(&s->dep, LOCK_SLEEPS, HERE);
	if (likely(list_empty(&s->waiters)) && likely(atomic_cas(&s->count, 0, -1)))
		return;
	wait_for_grant(s, true);
}

void up_write(struct rwsem *s) __no_lock_analysis
{
	ASSERT(s->count == -1);
	lock_release(&s->dep);
	atomic_xchg(&s->count, 0);
	if (unlikely(!list_empty(&s->waiters)))
		release(s);
}

void downgrade_write(struct rwsem *s) __no_lock_analysis
{
	atomic_xchg(&s->count, 1);
	if (unlikely(!list_empty(&s->waiters)))
		release(s);
}

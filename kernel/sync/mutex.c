// SPDX-License-Identifier: MIT
/*
 * Mutexes.  Invariant: `owner` is the holder or NULL; unlocking with waiters hands the mutex to the
 * first one directly, so that it is FIFO and nobody starves.  The fast paths are one atomic each.
 */
#include "kernel/sync/mutex.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"

#define OWNER_WAITERS 1UL /* in the owner word: somebody is on the list */

struct mutex_waiter {
	struct list_head node;
	struct task *task;
	bool granted; /* [m->lock] the unlocker made us the owner */
};

static inline unsigned long *owner_word(struct mutex *m)
{
	return (unsigned long *)&m->owner;
}

#define HERE ((unsigned long)__builtin_return_address(0))

static bool take(struct mutex *m)
{
	return atomic_cas(owner_word(m), 0UL, (unsigned long)current);
}

bool mutex_trylock(struct mutex *m) __no_lock_analysis
{
	if (!take(m))
		return false;
	lock_acquire(&m->dep, LOCK_SLEEPS | LOCK_TRY, HERE);
	return true;
}

/* Queues current unless the mutex became free meanwhile; true when it is ours already. */
static bool mutex_enqueue(struct mutex *m, struct mutex_waiter *w)
{
	guard(spinlock)(&m->lock);
	for (;;) {
		unsigned long old = atomic_load(owner_word(m));

		if (!old) {
			if (atomic_cas(owner_word(m), 0UL, (unsigned long)current))
				return true;
		} else if (atomic_cas(owner_word(m), old, old | OWNER_WAITERS)) {
			break;
		}
	}
	list_add_tail(&w->node, &m->waiters);
	return false;
}

static int mutex_lock_slow(struct mutex *m, unsigned state)
{
	struct mutex_waiter w = { .task = current };

	if (mutex_enqueue(m, &w))
		return 0;
	for (;;) {
		set_current_state(state);
		if (atomic_load(&w.granted))
			break;
		if (signal_pending_state(state)) {
			guard(spinlock)(&m->lock);
			if (w.granted)
				break;
			list_del(&w.node); /* a stale waiters bit is harmless: unlock looks at the list */
			set_current_state(TASK_RUNNING);
			return -EINTR;
		}
		schedule();
	}
	set_current_state(TASK_RUNNING);
	return 0;
}

void mutex_lock(struct mutex *m) __no_lock_analysis
{
	might_sleep();
	lock_acquire(&m->dep, LOCK_SLEEPS, HERE);
	if (unlikely(!take(m)))
		(void)!mutex_lock_slow(m, TASK_UNINTERRUPTIBLE); /* cannot be interrupted */
}

int mutex_lock_interruptible(struct mutex *m) __no_lock_analysis
{
	int err = 0;

	might_sleep();
	lock_acquire(&m->dep, LOCK_SLEEPS, HERE);
	if (unlikely(!take(m)))
		err = mutex_lock_slow(m, TASK_INTERRUPTIBLE);
	if (unlikely(err))
		lock_release(&m->dep);
	return err;
}

void mutex_unlock(struct mutex *m) __no_lock_analysis
{
	struct task *next = NULL;

	ASSERT((*owner_word(m) & ~OWNER_WAITERS) == (unsigned long)current);
	lock_release(&m->dep);
	if (likely(atomic_cas(owner_word(m), (unsigned long)current, 0UL)))
		return;

	spin_lock(&m->lock);
	if (list_empty(&m->waiters)) {
		atomic_store(owner_word(m), 0UL);
	} else {
		struct mutex_waiter *w = list_first(&m->waiters, struct mutex_waiter, node);

		list_del(&w->node);
		next = task_get(w->task); /* w dies as soon as granted is seen */
		atomic_store(owner_word(m),
			     (unsigned long)next | (list_empty(&m->waiters) ? 0 : OWNER_WAITERS));
		atomic_store(&w->granted, true);
	}
	spin_unlock(&m->lock);
	if (next) {
		wake_up_state(next, TASK_NORMAL | TASK_WAKEKILL);
		task_put(next);
	}
}

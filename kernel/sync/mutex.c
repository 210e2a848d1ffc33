// SPDX-License-Identifier: MIT
/*
 * Mutexes.  The owner word is the holder (0: free) and three flags in the low bits.  Locking and unlocking
 * without contention are one compare-and-swap each of a word without flags.
 *
 * Who unlocks frees the mutex and wakes the first waiter, and whoever comes first takes it, so that no lock
 * stands idle until a sleeper gets a CPU, maybe one of idle priority.  A first waiter that was woken and
 * finds it taken asks for it (HANDOFF): the next unlock makes it the owner, so nobody starves.  Before it
 * sleeps a task spins for about as long as that would cost, provided that the owner runs on another CPU.
 *
 * Invariants: WAITERS is set while somebody is on the list; HANDOFF, which the first waiter sets, and PICKUP
 * imply WAITERS.  PICKUP: unlocked, and the holder is the first waiter, which has not noticed yet.  Flags are
 * set and cleared, and a mutex handed over, under m->lock, except that HANDOFF may be set, and PICKUP cleared
 * by the one it is for, without.  A task in the owner word stays valid while preemption is off: tasks are
 * freed by RCU.
 */
#include "kernel/sync/mutex.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"

#define WAITERS 1UL
#define HANDOFF 2UL
#define PICKUP  4UL
#define FLAGS   (WAITERS | HANDOFF | PICKUP)

#define SPIN_NS (20 * NSEC_PER_USEC) /* about what sleeping and waking cost */

struct mutex_waiter {
	struct list_head node; /* [m->lock] */
	struct task *task;
};

static inline unsigned long *owner_word(struct mutex *m)
{
	return (unsigned long *)&m->owner;
}

#define HERE ((unsigned long)__builtin_return_address(0))

/* One attempt without contention. */
static inline bool take_fast(struct mutex *m)
{
	return atomic_cas(owner_word(m), 0UL, (unsigned long)current);
}

/* Takes the mutex when it is free or was handed to us.  first: else asks for it, as the first waiter. */
static bool take(struct mutex *m, bool first)
{
	const unsigned long me = (unsigned long)current;

	for (;;) {
		unsigned long old = atomic_load(owner_word(m)), holder = old & ~FLAGS, new;

		if (!holder)
			new = me | old;
		else if (old & PICKUP && holder == me)
			new = old & ~PICKUP;
		else if (first && !(old & (HANDOFF | PICKUP)))
			new = old | HANDOFF;
		else
			return false;
		if (atomic_cas(owner_word(m), old, new))
			return (new & ~FLAGS) == me;
	}
}

bool mutex_trylock(struct mutex *m) __no_lock_analysis
{
	if (!take_fast(m) && !take(m, false))
		return false;
	lock_acquire(&m->dep, LOCK_SLEEPS | LOCK_TRY, HERE);
	return true;
}

/* Waits while the owner runs, which it cannot do here; true: taken. */
static bool spin(struct mutex *m, bool first)
{
	u64 begin = arch_clock_ns();
	bool taken;

	preempt_disable();
	while (!(taken = take(m, first))) {
		const struct task *owner = (struct task *)(atomic_load(owner_word(m)) & ~FLAGS);

		if ((owner && !READ_ONCE(owner->se.on_cpu)) || CPU_READ(need_resched) ||
		    arch_clock_ns() - begin > SPIN_NS)
			break;
		cpu_relax();
	}
	preempt_enable();
	return taken;
}

static int mutex_lock_slow(struct mutex *m, unsigned state)
{
	struct mutex_waiter w = { .task = current };
	bool taken = false, first = false;
	int err = 0;

	if (spin(m, false))
		return 0;
	spin_lock(&m->lock);
	list_add_tail(&w.node, &m->waiters);
	atomic_or(owner_word(m), WAITERS);
	for (;;) {
		set_current_state(state); /* before the look: an unlock after it wakes us */
		if (taken || take(m, first))
			break;
		if (signal_pending_state(state)) {
			err = -EINTR;
			break;
		}
		spin_unlock(&m->lock);
		schedule();
		first = READ_ONCE(m->waiters.next) == &w.node; /* and remains it */
		taken = first && spin(m, true);
		spin_lock(&m->lock);
	}
	set_current_state(TASK_RUNNING);
	list_del(&w.node);
	if (list_empty(&m->waiters))
		atomic_and(owner_word(m), ~FLAGS);
	spin_unlock(&m->lock);
	return err;
}

void mutex_lock(struct mutex *m) __no_lock_analysis
{
	might_sleep();
	lock_acquire(&m->dep, LOCK_SLEEPS, HERE);
	if (unlikely(!take_fast(m)))
		(void)!mutex_lock_slow(m, TASK_UNINTERRUPTIBLE); /* cannot be interrupted */
}

int mutex_lock_interruptible(struct mutex *m) __no_lock_analysis
{
	int err = 0;

	might_sleep();
	lock_acquire(&m->dep, LOCK_SLEEPS, HERE);
	if (unlikely(!take_fast(m)))
		err = mutex_lock_slow(m, TASK_INTERRUPTIBLE);
	if (unlikely(err))
		lock_release(&m->dep);
	return err;
}

static void unlock_slow(struct mutex *m)
{
	unsigned long old = atomic_load(owner_word(m));
	struct task *next = NULL;

	while (!(old & HANDOFF) && !atomic_cas(owner_word(m), old, old & FLAGS))
		old = atomic_load(owner_word(m));
	spin_lock(&m->lock);
	if (!list_empty(&m->waiters))
		next = task_get(list_first(&m->waiters, struct mutex_waiter, node)->task);
	if (old & HANDOFF) /* who asked may have left, for a signal */
		atomic_store(owner_word(m), next ? (unsigned long)next | PICKUP | WAITERS : 0);
	spin_unlock(&m->lock);
	if (next) {
		wake_up_state(next, TASK_NORMAL);
		task_put(next);
	}
}

void mutex_unlock(struct mutex *m) __no_lock_analysis
{
	ASSERT((*owner_word(m) & ~(WAITERS | HANDOFF)) == (unsigned long)current);
	lock_release(&m->dep);
	if (unlikely(!atomic_cas(owner_word(m), (unsigned long)current, 0UL)))
		unlock_slow(m);
}

// SPDX-License-Identifier: MIT
/*
 * Priority-inheritance futexes: FUTEX_LOCK_PI, LOCK_PI2, TRYLOCK_PI, UNLOCK_PI, WAIT_REQUEUE_PI,
 * CMP_REQUEUE_PI.
 *
 * The word holds the owner's thread id, FUTEX_WAITERS and FUTEX_OWNER_DIED.  The kernel knows a lock only
 * while somebody waits for it: a struct pi_state then names the owner and the waiters, who also sit in the
 * futex bucket of the word.  FUTEX_UNLOCK_PI hands the lock over: it writes the next owner's id into the word
 * before anybody can take it.  A dying owner cannot do that (the word may not be mapped at a known address),
 * so it leaves the state without an owner and wakes the best waiter, who takes over and marks the word
 * OWNER_DIED.
 *
 * An owner runs with the highest real-time priority among all who wait for its locks, along the whole chain
 * of owners that wait themselves; nice values are not inherited, as in Linux.
 *
 * Locks: bucket->lock, then pi_lock (one for all: chains cross buckets), then run queues.  All of a pi_state
 * is guarded by pi_lock; a waiter joins or leaves it, save for the owner's exit, with the bucket locked too.
 * Source: futex(2), Documentation/locking/pi-futex.rst, Linux 6.1 kernel/futex/pi.c for errors and their
 * order.
 */
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/uaccess.h"
#include "kernel/ipc/internal.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"

#define MAX_CHAIN 1024 /* owners waiting for owners; Linux: max_lock_depth */

struct pi_state {
	struct task *owner; /* reference; NULL: died, the lock is up for the first waiter that runs */
	struct list_head owned_node; /* in owner->futex_owned */
	struct list_head
		waiters; /* waiter_q.pi_node, first come first served within a priority; never empty */
};

static struct spinlock pi_lock = SPINLOCK_INIT;

/* ---- priorities ------------------------------------------------------------ */

static struct waiter_q *best_waiter(const struct pi_state *s)
{
	struct waiter_q *q, *best = NULL;

	list_for_each(q, &s->waiters, pi_node)
		if (!best || sched_rt_prio(q->task) > sched_rt_prio(best->task))
			best = q;
	return best;
}

/* The owner of the lock that t waits for. */
static struct task *blocker_of(const struct task *t)
{
	const struct waiter_q *q = t->futex_waiting;

	return q ? q->pi->owner : NULL;
}

/* Who waits for t's locks has changed: t, and whoever it waits for, inherit anew.  pi_lock is held. */
static void inherit(struct task *t)
{
	for (int depth = 0; t && depth < MAX_CHAIN; depth++, t = blocker_of(t)) {
		struct pi_state *s;
		int prio = 0;

		list_for_each(s, &t->futex_owned, owned_node)
			prio = max(prio, sched_rt_prio(best_waiter(s)->task));
		if (!sched_set_inherited(t, prio))
			return;
	}
}

void futex_pi_reprioritised(struct task *t)
{
	guard(spinlock)(&pi_lock);
	inherit(blocker_of(t));
}

/* ---- states ------------------------------------------------------------ */

static void set_owner(struct pi_state *s, struct task *t)
{
	s->owner = t ? task_get(t) : NULL;
	if (t)
		list_add_tail(&s->owned_node, &t->futex_owned);
}

static void drop_owner(struct pi_state *s)
{
	struct task *old = s->owner;

	if (!old)
		return;
	s->owner = NULL;
	list_del(&s->owned_node);
	inherit(old);
	task_put(old);
}

/* q leaves its state, which goes with the last waiter.  pi_lock and the bucket's are held. */
static void leave_state(struct waiter_q *q)
{
	struct pi_state *s = q->pi;

	list_del(&q->pi_node);
	q->pi = NULL;
	q->task->futex_waiting = NULL;
	if (list_empty(&s->waiters)) {
		drop_owner(s);
		kfree(s);
	} else if (s->owner) {
		inherit(s->owner);
	} else { /* it may have been woken to take over: then another has to */
		struct waiter_q *next = best_waiter(s);

		next->orphaned = true;
		wake_up_state(next->task, TASK_NORMAL);
	}
}

/* The lock is q's task's now, which waited for it; those who still wait count for it from here on. */
static void pass_on(struct waiter_q *q)
{
	struct pi_state *s = q->pi;
	struct task *t = q->task;

	drop_owner(s);
	list_del(&q->pi_node);
	q->pi = NULL;
	t->futex_waiting = NULL;
	if (list_empty(&s->waiters)) {
		kfree(s);
	} else {
		set_owner(s, t);
		inherit(t);
	}
}

/* What stands in the way of a lock: a state that others wait in already, or just its owner (a reference). */
struct obstacle {
	struct pi_state *state;
	struct task *owner;
};

static void obstacle_end(struct obstacle *o)
{
	if (o->owner)
		task_put(o->owner);
	o->owner = NULL;
}

/* Queues q behind the obstacle; *fresh is used up when there is no state yet.  The bucket is locked. */
static int join_state(struct waiter_q *q, struct obstacle *o, struct pi_state **fresh)
{
	struct pi_state *s = o->state;
	struct task *owner, *t;
	int depth = 0;

	guard(spinlock)(&pi_lock);
	owner = s ? s->owner : o->owner;
	if (!s && owner->futex_gone)
		return -ESRCH;
	for (t = owner; t; t = blocker_of(t))
		if (t == q->task || ++depth > MAX_CHAIN)
			return -EDEADLK;
	if (!s) {
		s = *fresh;
		*fresh = NULL;
		list_init(&s->waiters);
		set_owner(s, owner);
	}
	q->pi = s;
	q->orphaned = false;
	list_add_tail(&q->pi_node, &s->waiters);
	q->task->futex_waiting = q;
	if (owner)
		inherit(owner);
	return 0;
}

/* ---- the word ------------------------------------------------------------ */

/* 0, -EFAULT, or -EAGAIN when the word is not what it was. */
static int word_change(unsigned long uaddr, u32 old, u32 new)
{
	u32 now;

	if (arch_user_cmpxchg32((u32 __user *)uaddr, old, new, &now))
		return -EFAULT;
	return now == old ? 0 : -EAGAIN;
}

/* Does the word agree with what the kernel knows?  Linux's attach_to_pi_state(). */
static int state_check(const struct pi_state *s, u32 val)
{
	pid_t tid = (pid_t)(val & FUTEX_TID_MASK);
	struct task *owner;

	if (!s)
		return -EINVAL; /* somebody waits by FUTEX_WAIT here */
	guard(spinlock)(&pi_lock);
	if ((val & FUTEX_OWNER_DIED) && !tid)
		return 0; /* the owner is on its way out */
	owner = s->owner;
	return owner && owner->tid == tid ? 0 : -EINVAL;
}

/*
 * Takes the lock for t when it is free: 1.  Else 0 and the obstacle, FUTEX_WAITERS set.  -EDEADLK, -EINVAL,
 * -ESRCH, -EPERM (a kernel thread's number), -EAGAIN and -EFAULT: once more from the start.  The bucket is
 * locked.
 */
static int try_acquire(struct bucket *b, const struct futex_key *key, unsigned long uaddr, struct task *t,
		       bool set_waiters, struct obstacle *o) __must_hold(&b->lock)
{
	struct waiter_q *top = futex_first_waiter(b, key);
	u32 val, now;
	int err;

	*o = (struct obstacle){ NULL, NULL };
	if (futex_peek(uaddr, &val))
		return -EFAULT;
	if ((pid_t)(val & FUTEX_TID_MASK) == t->tid)
		return -EDEADLK;
	if (top) {
		o->state = top->pi;
		return state_check(top->pi, val);
	}
	if (!(val & FUTEX_TID_MASK)) {
		err = word_change(uaddr, val,
				  (val & FUTEX_OWNER_DIED) | (u32)t->tid | (set_waiters ? FUTEX_WAITERS : 0));
		return err ? err : 1;
	}
	if ((err = word_change(uaddr, val, val | FUTEX_WAITERS)))
		return err;
	o->owner = task_find_get((pid_t)(val & FUTEX_TID_MASK));
	if (o->owner && (o->owner->flags & PF_KTHREAD)) {
		obstacle_end(o);
		return -EPERM;
	}
	if (o->owner && !READ_ONCE(o->owner->futex_gone))
		return 0;
	obstacle_end(o);
	/* It exits: did it give the lock up meanwhile? */
	if (futex_peek(uaddr, &now))
		return -EFAULT;
	return now == (val | FUTEX_WAITERS) ? -ESRCH : -EAGAIN;
}

/* ---- waiting ------------------------------------------------------------ */

/* The bucket that q is in, locked; NULL when it was woken. */
static struct bucket *lock_bucket_of(struct waiter_q *q) __no_lock_analysis /* the one it returns */
{
	struct bucket *b;

	while ((b = atomic_load(&q->bucket))) {
		spin_lock(&b->lock);
		if (q->bucket == b)
			break;
		spin_unlock(&b->lock); /* requeued or woken meanwhile */
	}
	return b;
}

/* The owner died: writes q's task into the word.  Everything is locked. */
static int take_over(struct waiter_q *q, unsigned long uaddr)
{
	u32 val;
	int err;

	do {
		if (futex_peek(uaddr, &val))
			return -EFAULT;
		err = word_change(uaddr, val, (u32)q->task->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED);
	} while (err == -EAGAIN);
	if (!err)
		pass_on(q);
	return err;
}

/* Sleeps until something happened to q: 0, -ETIMEDOUT or -EINTR; what happened is found out under the locks.
 */
static int pi_sleep(struct waiter_q *q, u64 deadline_ns)
{
	int why = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!atomic_load(&q->bucket) || READ_ONCE(q->orphaned))
			break;
		if (signal_pending()) {
			why = -EINTR;
			break;
		}
		if (deadline_ns == FUTEX_NO_DEADLINE) {
			schedule();
			continue;
		}

		u64 now = clock_mono_ns();

		if (deadline_ns <= now) {
			why = -ETIMEDOUT;
			break;
		}
		schedule_timeout(deadline_ns - now);
	}
	set_current_state(TASK_RUNNING);
	return why;
}

/*
 * After the sleep: 0 with the lock in hand, -EAGAIN when q still waits, else `why` or -EFAULT.  *requeued: it
 * was the lock that q waited for.
 */
static int pi_settle(struct waiter_q *q, unsigned long uaddr, int why, bool *requeued)
{
	struct bucket *b;
	int err, fault = 0;

	*requeued = true;
	while ((b = lock_bucket_of(q))) {
		bool stay;

		spin_assert_held(&b->lock);
		spin_lock(&pi_lock);
		*requeued = q->pi;
		err = fault ? fault : why;
		if (q->pi && !q->pi->owner && !fault)
			err = take_over(q, uaddr);
		else if (!err)
			err = -EAGAIN; /* another took over first */
		stay = err == -EAGAIN || (err == -EFAULT && !fault);
		q->orphaned = false;
		if (!stay) {
			if (q->pi)
				leave_state(q);
			list_del(&q->node);
			atomic_sub(&b->waiters, 1);
			atomic_store(&q->bucket, NULL);
		}
		spin_unlock(&pi_lock);
		spin_unlock(&b->lock);
		if (!stay || err == -EAGAIN)
			return err;
		fault = futex_fault_in(uaddr, true);
	}
	return 0; /* it was handed to us */
}

static int pi_wait(struct waiter_q *q, unsigned long uaddr, u64 deadline_ns, bool *requeued)
{
	int ret;

	do
		ret = pi_settle(q, uaddr, pi_sleep(q, deadline_ns), requeued);
	while (ret == -EAGAIN);
	return ret;
}

/* One attempt: 0 with the lock, -EAGAIN and -EFAULT to try again, or the end of it. */
static int lock_pi_once(struct waiter_q *q, unsigned long uaddr, u64 deadline_ns, bool try,
			struct pi_state **fresh, bool *again)
{
	struct bucket *b = futex_bucket(&q->key);
	struct obstacle o __cleanup(obstacle_end) = { NULL, NULL };
	bool requeued;
	int ret;

	atomic_add(&b->waiters, 1);
	spin_lock(&b->lock);
	ret = try_acquire(b, &q->key, uaddr, q->task, false, &o);
	*again = ret == -EAGAIN || ret == -EFAULT;
	if (!ret && try)
		ret = -EWOULDBLOCK;
	if (!ret && !(ret = join_state(q, &o, fresh))) {
		q->bucket = b;
		list_add_tail(&q->node, &b->queue);
		spin_unlock(&b->lock);
		ret = pi_wait(q, uaddr, deadline_ns, &requeued);
		return ret == -EINTR ? -ERESTARTNOINTR : ret;
	}
	spin_unlock(&b->lock);
	atomic_sub(&b->waiters, 1);
	return ret == 1 ? 0 : ret;
}

long futex_lock_pi(unsigned long uaddr, bool shared, u64 deadline_ns, bool try)
{
	struct pi_state *fresh __cleanup(kfreep) = kmalloc(sizeof(*fresh), 0);
	bool again = false;
	int ret;

	if (!fresh)
		return -ENOMEM;
	do {
		struct waiter_q q = { .task = current, .bitset = FUTEX_BITSET_MATCH_ANY };

		if ((ret = futex_key_of(uaddr, shared, true, &q.key)))
			return ret;
		ret = lock_pi_once(&q, uaddr, deadline_ns, try, &fresh, &again);
		mm_futex_key_put(&q.key);
		if (again && ret == -EFAULT && futex_fault_in(uaddr, true))
			return -EFAULT;
		cond_resched();
	} while (again);
	return ret;
}

/* ---- unlocking ------------------------------------------------------------ */

/* Hands the lock to the best waiter.  -EAGAIN: the word changed in a way that allows another try. */
static int hand_over(struct bucket *b, struct pi_state *s, unsigned long uaddr, u32 val) __must_hold(&b->lock)
{
	struct waiter_q *next;
	int err;

	if (!s)
		return -EINVAL;
	guard(spinlock)(&pi_lock);
	if (s->owner != current)
		return -EINVAL;
	next = best_waiter(s);
	if ((err = word_change(uaddr, val, (u32)next->task->tid | FUTEX_WAITERS)))
		return err;
	pass_on(next);
	futex_wake_waiter(b, next);
	return 0;
}

long futex_unlock_pi(unsigned long uaddr, bool shared)
{
	struct futex_key key;
	struct bucket *b;
	int ret;

	do {
		struct waiter_q *top;
		u32 val;

		if (!access_ok((void __user *)uaddr, sizeof(val)) || futex_peek(uaddr, &val))
			return -EFAULT;
		if ((pid_t)(val & FUTEX_TID_MASK) != current->tid)
			return -EPERM;
		if ((ret = futex_key_of(uaddr, shared, true, &key)))
			return ret;
		b = futex_bucket(&key);
		spin_lock(&b->lock);
		top = futex_first_waiter(b, &key);
		ret = top ? hand_over(b, top->pi, uaddr, val) : word_change(uaddr, val, 0);
		spin_unlock(&b->lock);
		mm_futex_key_put(&key);
		if (ret == -EFAULT && futex_fault_in(uaddr, true))
			return -EFAULT;
		cond_resched();
	} while (ret == -EFAULT || ret == -EAGAIN);
	return ret;
}

void futex_exit_pi(struct task *t, bool dies)
{
	guard(spinlock)(&pi_lock);
	t->futex_gone = dies;
	while (!list_empty(&t->futex_owned)) {
		struct pi_state *s = list_first(&t->futex_owned, struct pi_state, owned_node);
		struct waiter_q *next = best_waiter(s);

		drop_owner(s);
		next->orphaned = true;
		wake_up_state(next->task, TASK_NORMAL);
	}
}

/* ---- condition variables: from a plain futex to a PI one
 * ------------------------------------------------------------ */

long futex_wait_requeue_pi(const struct futex_args *a, bool shared)
{
	struct waiter_q q = { .task = current, .bitset = FUTEX_BITSET_MATCH_ANY };
	struct futex_key key2;
	bool requeued;
	int ret;

	if (a->uaddr == a->uaddr2)
		return -EINVAL;
	if ((ret = futex_key_of(a->uaddr2, shared, true, &key2)))
		return ret;
	if ((ret = futex_key_of(a->uaddr, shared, false, &q.key))) {
		mm_futex_key_put(&key2);
		return ret;
	}
	q.pi_key = &key2;
	ret = futex_same_key(&q.key, &key2) ? -EINVAL : futex_queue(&q, a->uaddr, a->val);
	if (!ret) {
		ret = pi_wait(&q, a->uaddr2, a->deadline_ns, &requeued);
		if (ret == -EINTR) /* requeued: the word has changed, a restart would only find that out */
			ret = requeued ? -EWOULDBLOCK : -ERESTARTNOINTR;
	}
	mm_futex_key_put(&q.key);
	mm_futex_key_put(&key2);
	return ret;
}

/* One waiter of FUTEX_WAIT_REQUEUE_PI: gets the lock (1) or waits for it (0).  Both buckets are locked. */
static int requeue_one(struct waiter_q *q, struct bucket *b1, struct bucket *b2, struct futex_key *key2,
		       const struct futex_args *a, struct pi_state **fresh) __must_hold(&b1->lock, &b2->lock)
{
	struct obstacle o __cleanup(obstacle_end) = { NULL, NULL };
	int ret;

	if (!q->pi_key || q->pi || !futex_same_key(q->pi_key, key2))
		return -EINVAL;
	ret = try_acquire(b2, key2, a->uaddr2, q->task, a->val2 != 0, &o);
	if (ret == 1)
		futex_wake_waiter(b1, q);
	else if (!ret && !(ret = join_state(q, &o, fresh)))
		futex_requeue_waiter(b1, b2, q, key2);
	return ret;
}

static int requeue_pi_locked(struct bucket *b1, struct futex_key *key1, struct bucket *b2,
			     struct futex_key *key2, const struct futex_args *a, struct pi_state **fresh)
	__must_hold(&b1->lock, &b2->lock)
{
	struct waiter_q *q, *tmp;
	int count = 0;

	list_for_each_safe(q, tmp, &b1->queue, node) {
		int ret;

		if (!futex_same_key(&q->key, key1))
			continue;
		if (count > (int)a->val2) /* one to wake and val2 to requeue */
			break;
		ret = requeue_one(q, b1, b2, key2, a, fresh);
		if (ret < 0)
			return count && (ret == -EAGAIN || ret == -EFAULT) ? count : ret;
		count++;
	}
	return count;
}

long futex_cmp_requeue_pi(const struct futex_args *a, bool shared)
{
	struct pi_state *fresh __cleanup(kfreep) = NULL;
	struct futex_key key1, key2;
	bool again;
	int ret;

	if ((int)a->val < 0 || (int)a->val2 < 0 || a->uaddr == a->uaddr2 || a->val != 1)
		return -EINVAL;
	if (!(fresh = kmalloc(sizeof(*fresh), 0)))
		return -ENOMEM;
	if ((ret = futex_key_of(a->uaddr, shared, false, &key1)))
		return ret;
	if ((ret = futex_key_of(a->uaddr2, shared, true, &key2))) {
		mm_futex_key_put(&key1);
		return ret;
	}

	struct bucket *b1 = futex_bucket(&key1), *b2 = futex_bucket(&key2);

	do {
		bool fault;
		u32 now;

		again = false;
		futex_lock_two(b1, b2);
		fault = futex_peek(a->uaddr, &now);
		if (fault) {
			ret = -EFAULT;
		} else if (futex_same_key(&key1, &key2)) {
			ret = -EINVAL;
		} else if (now != a->val3) {
			ret = -EAGAIN;
		} else {
			ret = requeue_pi_locked(b1, &key1, b2, &key2, a, &fresh);
			again = ret == -EAGAIN;
		}
		futex_unlock_two(b1, b2);
		if (ret == -EFAULT)
			again = !futex_fault_in(fault ? a->uaddr : a->uaddr2, !fault);
		cond_resched();
	} while (again);
	mm_futex_key_put(&key1);
	mm_futex_key_put(&key2);
	return ret;
}

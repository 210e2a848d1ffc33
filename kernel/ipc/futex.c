// SPDX-License-Identifier: MIT
/*
 * futex(2), after Linux 6.1.  A hash of wait queues; a waiter sits in the bucket of its key.
 *
 * No wake-up is lost: the waiter counts itself in bucket->waiters, takes the bucket lock, reads the user's
 * word and queues itself before it lets go; the waker has changed the word, then looks at the counter,
 * then takes the same lock.  The word is read with preemption off, so a missing page makes the read
 * fail instead of sleeping; it is then faulted in without the lock and everything starts again.
 *
 * Locks: bucket->lock; two of them in order of address.  A waker may use q->task only with the lock
 * held: it is freed by RCU, and holding a spin lock is a reader's section.
 */
#include "kernel/ipc/futex.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/uaccess.h"
#include "kernel/ipc/internal.h"
#include "kernel/task/task.h"

#define NR_BUCKETS 256

static struct bucket buckets[NR_BUCKETS];

static int futex_init(void)
{
	for (int i = 0; i < NR_BUCKETS; i++) {
		spin_lock_init(&buckets[i].lock);
		list_init(&buckets[i].queue);
	}
	return 0;
}
INITCALL(INIT_EARLY, futex_init);

/* ---- keys ------------------------------------------------------------------------------------ */
struct bucket *futex_bucket(const struct futex_key *key)
{
	u64 h = ((u64)(unsigned long)key->obj >> 4) * 0x9e3779b97f4a7c15UL ^
		(key->offset >> 2) * 0xc2b2ae3d27d4eb4fUL;

	return &buckets[(h >> 32) % NR_BUCKETS];
}

bool futex_same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->obj == b->obj && a->offset == b->offset && a->shared == b->shared;
}

int futex_key_of(unsigned long uaddr, bool shared, bool write, struct futex_key *key)
{
	if (uaddr % sizeof(u32))
		return -EINVAL;
	if (!access_ok((void __user *)uaddr, sizeof(u32)))
		return -EFAULT;
	return mm_futex_key(current->mm, uaddr, shared, write, key);
}

int futex_fault_in(unsigned long uaddr, bool write)
{
	return mm_fault(current->mm, uaddr, write ? FAULT_WRITE : 0).sig ? -EFAULT : 0;
}

int futex_peek(unsigned long uaddr, u32 *val)
{
	return copy_from_user_nofault(val, (const u32 __user *)uaddr, sizeof(*val));
}

void futex_lock_two(struct bucket *a, struct bucket *b) __no_lock_analysis /* they may be one */
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock(&b->lock);
}

void futex_unlock_two(struct bucket *a, struct bucket *b) __no_lock_analysis
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

struct waiter_q *futex_first_waiter(struct bucket *b, const struct futex_key *key)
{
	struct waiter_q *q;

	list_for_each(q, &b->queue, node)
		if (futex_same_key(&q->key, key))
			return q;
	return NULL;
}

/* ---- waiting --------------------------------------------------------------------------------- */
int futex_queue(struct waiter_q *q, unsigned long uaddr, u32 val)
{
	struct bucket *b = futex_bucket(&q->key);
	u32 now;

	for (;;) {
		int err;

		atomic_add(&b->waiters, 1);
		spin_lock(&b->lock);
		err = futex_peek(uaddr, &now);
		if (!err && now == val)
			break;
		spin_unlock(&b->lock);
		atomic_sub(&b->waiters, 1);
		if (!err)
			return -EAGAIN;
		err = futex_fault_in(uaddr, false);
		if (err)
			return err;
	}
	q->bucket = b;
	list_add_tail(&q->node, &b->queue);
	spin_unlock(&b->lock);
	return 0;
}

bool futex_unqueue(struct waiter_q *q)
{
	struct bucket *b;

	while ((b = atomic_load(&q->bucket))) {
		spin_lock(&b->lock);
		if (q->bucket == b) {
			list_del(&q->node);
			q->bucket = NULL;
			spin_unlock(&b->lock);
			atomic_sub(&b->waiters, 1);
			return true;
		}
		spin_unlock(&b->lock); /* requeued or woken meanwhile */
	}
	return false;
}

/* Takes q off its queue and wakes it.  The bucket's lock is held. */
void futex_wake_waiter(struct bucket *b, struct waiter_q *q)
{
	struct task *t = q->task;

	list_del(&q->node);
	atomic_sub(&b->waiters, 1);
	atomic_store(&q->bucket, NULL); /* from here q may be gone, t not: we are an RCU reader */
	wake_up_state(t, TASK_NORMAL);
}

static long wait_restart(struct restart_block *rb);

static long arm_restart(unsigned long uaddr, bool shared, u32 val, u64 deadline_ns, u32 bitset)
{
	struct restart_block *rb = &current->restart;

	rb->fn = wait_restart;
	rb->futex.uaddr = uaddr;
	rb->futex.val = val;
	rb->futex.flags = shared;
	rb->futex.bitset = bitset;
	rb->futex.deadline_ns = deadline_ns;
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait(unsigned long uaddr, bool shared, u32 val, u64 deadline_ns, u32 bitset)
{
	struct waiter_q q;
	long ret;

	if (!bitset)
		return -EINVAL;
	do {
		q.task = current;
		q.bitset = bitset;
		q.pi = NULL;
		q.pi_key = NULL;
		ret = futex_key_of(uaddr, shared, false, &q.key);
		if (ret)
			return ret;
		ret = futex_queue(&q, uaddr, val);
		if (ret) {
			mm_futex_key_put(&q.key);
			return ret;
		}

		bool expired = false;

		set_current_state(TASK_INTERRUPTIBLE);
		if (atomic_load(&q.bucket) && !signal_pending()) {
			u64 now = deadline_ns == FUTEX_NO_DEADLINE ? 0 : clock_mono_ns();

			expired = deadline_ns <= now;
			if (!expired)
				schedule_timeout(deadline_ns == FUTEX_NO_DEADLINE ? ~0ULL
										  : deadline_ns - now);
		}
		set_current_state(TASK_RUNNING);

		bool woken = !futex_unqueue(&q);

		mm_futex_key_put(&q.key);
		if (woken)
			return 0;
		if (expired || (deadline_ns != FUTEX_NO_DEADLINE && clock_mono_ns() >= deadline_ns))
			return -ETIMEDOUT;
	} while (!signal_pending()); /* a spurious wake-up: look at the word again */
	return deadline_ns == FUTEX_NO_DEADLINE ? -ERESTARTSYS
						: arm_restart(uaddr, shared, val, deadline_ns, bitset);
}

static long wait_restart(struct restart_block *rb)
{
	return futex_wait(rb->futex.uaddr, rb->futex.flags, rb->futex.val, rb->futex.deadline_ns,
			  rb->futex.bitset);
}

/* ---- waking ---------------------------------------------------------------------------------- */

/* Wakes up to nr waiters of key in b (at least one, as Linux: nr is looked at after the first), or
 * -EINVAL.  Lock held. */
static int wake_matching(struct bucket *b, const struct futex_key *key, int nr, u32 bitset)
	__must_hold(&b->lock)
{
	struct waiter_q *q, *tmp;
	int woken = 0;

	list_for_each_safe(q, tmp, &b->queue, node) {
		if (!futex_same_key(&q->key, key))
			continue;
		if (q->pi || q->pi_key)
			return -EINVAL; /* a mutex has an owner who hands it on */
		if (!(q->bitset & bitset))
			continue;
		futex_wake_waiter(b, q);
		if (++woken >= nr)
			break;
	}
	return woken;
}

static int futex_wake(unsigned long uaddr, bool shared, int nr, u32 bitset)
{
	struct futex_key key;
	int ret;

	if (!bitset)
		return -EINVAL;
	ret = futex_key_of(uaddr, shared, false, &key);
	if (ret)
		return ret;

	struct bucket *b = futex_bucket(&key);

	smp_mb(); /* the program's store to the word, then the look at the counter */
	if (READ_ONCE(b->waiters)) {
		spin_lock(&b->lock);
		ret = wake_matching(b, &key, nr, bitset);
		spin_unlock(&b->lock);
	}
	mm_futex_key_put(&key);
	return ret;
}

int do_futex_wake(unsigned long uaddr, int nr)
{
	return futex_wake(uaddr, true, nr, FUTEX_BITSET_MATCH_ANY);
}

void futex_requeue_waiter(struct bucket *from, struct bucket *to, struct waiter_q *q, struct futex_key *key)
{
	mm_futex_key_put(&q->key); /* cannot be the last: the caller holds one too */
	q->key = *key;
	mm_futex_key_get(key);
	if (from == to)
		return;
	list_move_tail(&q->node, &to->queue);
	atomic_add(&to->waiters, 1);
	atomic_sub(&from->waiters, 1);
	atomic_store(&q->bucket, to);
}

/* Wakes nr_wake waiters of key1 and moves up to nr_requeue more to key2. */
static int requeue_locked(struct bucket *b1, struct futex_key *key1, struct bucket *b2,
			  struct futex_key *key2, int nr_wake, int nr_requeue)
	__must_hold(&b1->lock, &b2->lock)
{
	struct waiter_q *q, *tmp;
	int count = 0;

	list_for_each_safe(q, tmp, &b1->queue, node) {
		if (count - nr_wake >= nr_requeue)
			break;
		if (!futex_same_key(&q->key, key1))
			continue;
		if (q->pi || q->pi_key)
			return -EINVAL;
		if (++count <= nr_wake)
			futex_wake_waiter(b1, q);
		else
			futex_requeue_waiter(b1, b2, q, key2);
	}
	return count;
}

static int futex_requeue(const struct futex_args *a, bool shared, const u32 *expect)
{
	struct futex_key key1, key2;
	int nr_wake = (int)a->val, nr_requeue = (int)a->val2, ret;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
	ret = futex_key_of(a->uaddr, shared, false, &key1);
	if (ret)
		return ret;
	ret = futex_key_of(a->uaddr2, shared, false, &key2);
	if (ret) {
		mm_futex_key_put(&key1);
		return ret;
	}

	struct bucket *b1 = futex_bucket(&key1), *b2 = futex_bucket(&key2);

	do {
		u32 now = 0;
		int fault = 0;

		futex_lock_two(b1, b2);
		if (expect)
			fault = futex_peek(a->uaddr, &now);
		if (!fault)
			ret = expect && now != *expect
				      ? -EAGAIN
				      : requeue_locked(b1, &key1, b2, &key2, nr_wake, nr_requeue);
		futex_unlock_two(b1, b2);
		if (!fault)
			break;
		ret = futex_fault_in(a->uaddr, false);
	} while (!ret);
	mm_futex_key_put(&key1);
	mm_futex_key_put(&key2);
	return ret;
}

/* ---- FUTEX_WAKE_OP --------------------------------------------------------------------------- */
static int sign_extend12(u32 v)
{
	return (int)(v << 20) >> 20;
}

static int compare(int cmp, int old, int arg)
{
	switch (cmp) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	case FUTEX_OP_CMP_GT:
		return old > arg;
	default:
		return -ENOSYS;
	}
}

/* Performs the encoded operation on the user's word: the comparison's outcome, or -EFAULT, -ENOSYS. */
static int user_op(u32 encoded, unsigned long uaddr)
{
	u32 op = (encoded & 0x70000000) >> 28, old;
	int cmp = (encoded & 0x0f000000) >> 24;
	int arg = sign_extend12((encoded & 0x00fff000) >> 12), cmparg = sign_extend12(encoded & 0xfff);
	int err;

	if (encoded & (FUTEX_OP_OPARG_SHIFT << 28))
		arg = (int)(1u << (arg & 31));
	if (op > FUTEX_OP_XOR)
		return (int)refuse(ENOSYS, "futex: unknown operation in FUTEX_WAKE_OP");
	err = arch_user_atomic_op32((u32 __user *)uaddr, (int)op, (u32)arg, &old);
	return err ? err : compare(cmp, (int)old, cmparg);
}

static int futex_wake_op(const struct futex_args *a, bool shared)
{
	struct futex_key key1, key2;
	int ret = futex_key_of(a->uaddr, shared, false, &key1);

	if (ret)
		return ret;
	ret = futex_key_of(a->uaddr2, shared, true, &key2);
	if (ret) {
		mm_futex_key_put(&key1);
		return ret;
	}

	struct bucket *b1 = futex_bucket(&key1), *b2 = futex_bucket(&key2);

	do {
		futex_lock_two(b1, b2);

		int outcome = user_op(a->val3, a->uaddr2);

		if (outcome >= 0) {
			ret = wake_matching(b1, &key1, (int)a->val, FUTEX_BITSET_MATCH_ANY);
			if (outcome && ret >= 0) {
				int more = wake_matching(b2, &key2, (int)a->val2, FUTEX_BITSET_MATCH_ANY);

				ret = more < 0 ? more : ret + more;
			}
		}
		futex_unlock_two(b1, b2);
		if (outcome >= 0)
			break;
		ret = outcome == -EFAULT ? futex_fault_in(a->uaddr2, true) : outcome;
	} while (!ret);
	mm_futex_key_put(&key1);
	mm_futex_key_put(&key2);
	return ret;
}

/* ---- dispatch -------------------------------------------------------------------------------- */
bool futex_has_timeout(int op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
		return true;
	default:
		return false;
	}
}

u64 futex_deadline(int op, u64 timeout_ns)
{
	u64 now = clock_mono_ns(), offset;

	if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT)
		return timeout_ns >= FUTEX_NO_DEADLINE - 1 - now ? FUTEX_NO_DEADLINE - 1 : now + timeout_ns;
	if (!(op & FUTEX_CLOCK_REALTIME) &&
	    (op & FUTEX_CMD_MASK) != FUTEX_LOCK_PI) /* which knows no other clock */
		return timeout_ns;
	offset = atomic_load(&realtime_offset_ns);
	return timeout_ns > offset ? timeout_ns - offset : 0;
}

long do_futex(const struct futex_args *a)
{
	int cmd = a->op & FUTEX_CMD_MASK;
	bool shared = !(a->op & FUTEX_PRIVATE_FLAG);

	if ((a->op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_WAIT_REQUEUE_PI &&
	    cmd != FUTEX_LOCK_PI2)
		return refuse(ENOSYS,
			      "futex: FUTEX_CLOCK_REALTIME with an operation that has no absolute timeout");
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(a->uaddr, shared, a->val, a->deadline_ns, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_wait(a->uaddr, shared, a->val, a->deadline_ns, a->val3);
	case FUTEX_WAKE:
		return futex_wake(a->uaddr, shared, (int)a->val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(a->uaddr, shared, (int)a->val, a->val3);
	case FUTEX_REQUEUE:
		return futex_requeue(a, shared, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(a, shared, &a->val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(a, shared);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return futex_lock_pi(a->uaddr, shared, a->deadline_ns, false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(a->uaddr, shared, FUTEX_NO_DEADLINE, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(a->uaddr, shared);
	case FUTEX_WAIT_REQUEUE_PI:
		return futex_wait_requeue_pi(a, shared);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_cmp_requeue_pi(a, shared);
	default:
		return refuse(ENOSYS, "futex: unknown operation");
	}
}

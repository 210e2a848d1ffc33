// SPDX-License-Identifier: MIT
/*
 * futex_waitv(2): waiting for any of several words (Linux 5.16).  The first word that does not have its
 * value ends the call with -EAGAIN, unless one queued before it was woken meanwhile: then that one is
 * reported.
 */
#include "kernel/ipc/futex.h"
#include "kernel/ipc/internal.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

/* Unqueues the first n; the index of the last one that had been woken, or -1. */
static int unqueue_all(struct waiter_q *q, unsigned n)
{
	int woken = -1;

	for (unsigned i = 0; i < n; i++) {
		if (!futex_unqueue(&q[i]))
			woken = (int)i;
	}
	return woken;
}

static void put_keys(struct waiter_q *q, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		mm_futex_key_put(&q[i].key);
}

static int get_keys(struct waiter_q *q, const struct futex_wait_k *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int err = futex_key_of(words[i].uaddr, !words[i].private, false, &q[i].key);

		if (err) {
			put_keys(q, i);
			return err;
		}
		q[i].task = current;
		q[i].bitset = FUTEX_BITSET_MATCH_ANY;
		q[i].pi = NULL;
		q[i].pi_key = NULL;
	}
	return 0;
}

/* Queues all: 0, or what ends the call (an index or -errno) in *ret and false. */
static bool queue_all(struct waiter_q *q, const struct futex_wait_k *words, unsigned count, long *ret)
{
	for (unsigned i = 0; i < count; i++) {
		int err = futex_queue(&q[i], words[i].uaddr, words[i].val);

		if (err) {
			int woken = unqueue_all(q, i);

			*ret = woken >= 0 ? woken : err;
			return false;
		}
	}
	return true;
}

static bool any_woken(struct waiter_q *q, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!atomic_load(&q[i].bucket))
			return true;
	}
	return false;
}

static long wait_any(struct waiter_q *q, const struct futex_wait_k *words, unsigned count, u64 deadline_ns)
{
	for (;;) {
		long ret;
		int woken;

		if (!queue_all(q, words, count, &ret))
			return ret;
		set_current_state(TASK_INTERRUPTIBLE);
		if (!any_woken(q, count) && !signal_pending()) {
			u64 now = clock_mono_ns();

			if (deadline_ns > now)
				schedule_timeout(deadline_ns == FUTEX_NO_DEADLINE ? ~0ULL
										  : deadline_ns - now);
		}
		set_current_state(TASK_RUNNING);
		woken = unqueue_all(q, count);
		if (woken >= 0)
			return woken;
		if (deadline_ns <= clock_mono_ns())
			return -ETIMEDOUT;
		if (signal_pending())
			return -ERESTARTSYS;
	}
}

long do_futex_waitv(const struct futex_wait_k *words, unsigned count, u64 deadline_ns)
{
	struct waiter_q *q __cleanup(kfreep) = kmalloc(count * sizeof(*q), 0);
	long ret;

	if (!q)
		return -ENOMEM;
	ret = get_keys(q, words, count);
	if (ret)
		return ret;
	ret = wait_any(q, words, count, deadline_ns);
	put_keys(q, count);
	return ret;
}

/* SPDX-License-Identifier: MIT */
/* Shared by kernel/ipc/futex*.c. */
#pragma once

#include "kernel/ipc/futex.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/spinlock.h"

struct pi_state;

struct bucket {
	struct spinlock lock;
	u32 waiters; /* [atomic] queued or about to queue */
	struct list_head queue __guarded_by(&lock); /* [lock] struct waiter_q, first come first served */
};

struct waiter_q {
	struct list_head node; /* [bucket lock] */
	struct bucket *bucket; /* [atomic] NULL once woken; changes under both bucket locks when requeued */
	struct task *task; /* [const] */
	struct futex_key key; /* [bucket lock] holds a reference */
	u32 bitset; /* [const] */
	struct pi_state
		*pi; /* [bucket lock and pi_lock] waits for a PI mutex; such a q is woken by its owner only */
	struct list_head pi_node; /* [pi_lock] in pi->waiters */
	bool orphaned; /* [pi_lock] the owner died: look whether the lock is to be had */
	const struct futex_key
		*pi_key; /* [const] FUTEX_WAIT_REQUEUE_PI: where it expects to be requeued to */
};

int __must_check futex_key_of(unsigned long uaddr, bool shared, bool write, struct futex_key *key);
/* Queues q if the word still has the value: 0, -EAGAIN, -EFAULT.  On success the caller sleeps, then
 * unqueues. */
int __must_check futex_queue(struct waiter_q *q, unsigned long uaddr, u32 val);
/* True when q was still queued (nobody woke it). */
bool futex_unqueue(struct waiter_q *q);
int __must_check futex_fault_in(unsigned long uaddr, bool write);
struct bucket *futex_bucket(const struct futex_key *key);
bool futex_same_key(const struct futex_key *a, const struct futex_key *b);
int __must_check futex_peek(unsigned long uaddr, u32 *val); /* -EFAULT; does not sleep under a spin lock */
void futex_lock_two(struct bucket *a, struct bucket *b) __acquires(&a->lock, &b->lock);
void futex_unlock_two(struct bucket *a, struct bucket *b) __releases(&a->lock, &b->lock);
/*
 * The bucket's lock is held: the first waiter of key or NULL; takes q off its queue and wakes it; moves
 * it.
 */
struct waiter_q *futex_first_waiter(struct bucket *b, const struct futex_key *key) __must_hold(&b->lock);
void futex_wake_waiter(struct bucket *b, struct waiter_q *q) __must_hold(&b->lock);
void futex_requeue_waiter(struct bucket *from, struct bucket *to, struct waiter_q *q, struct futex_key *key)
	__must_hold(&from->lock, &to->lock);

/* futex_pi.c */
long futex_lock_pi(unsigned long uaddr, bool shared, u64 deadline_ns, bool try);
long futex_unlock_pi(unsigned long uaddr, bool shared);
long futex_wait_requeue_pi(const struct futex_args *a, bool shared);
long futex_cmp_requeue_pi(const struct futex_args *a, bool shared);

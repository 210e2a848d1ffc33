/* SPDX-License-Identifier: MIT */
/* Shared by kernel/ipc/futex*.c. */
#pragma once

#include "kernel/ipc/futex.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/spinlock.h"

struct bucket {
	struct spinlock lock;
	u32 waiters;		/* [atomic] queued or about to queue */
	struct list_head queue;	/* [lock] struct waiter_q, first come first served */
};

struct waiter_q {
	struct list_head node;	/* [bucket lock] */
	struct bucket *bucket;	/* [atomic] NULL once woken; changes under both bucket locks when requeued */
	struct task *task;	/* [const] */
	struct futex_key key;	/* [bucket lock] holds a reference */
	u32 bitset;		/* [const] */
};

int __must_check futex_key_of(unsigned long uaddr, bool shared, bool write, struct futex_key *key);
/* Queues q if the word still has the value: 0, -EAGAIN, -EFAULT.  On success the caller sleeps, then
 * unqueues. */
int __must_check futex_queue(struct waiter_q *q, unsigned long uaddr, u32 val);
/* True when q was still queued (nobody woke it). */
bool futex_unqueue(struct waiter_q *q);
int __must_check futex_fault_in(unsigned long uaddr, bool write);

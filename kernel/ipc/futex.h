/* SPDX-License-Identifier: MIT */
/* Futexes: futex(2), futex_waitv(2) and the robust lists (kernel/ipc/futex*.c). */
#pragma once

#include <linux/futex.h>

struct task;

#define FUTEX_NO_DEADLINE (~0ULL)

struct futex_args { /* futex(2), kernel-typed; user addresses stay numbers */
	unsigned long uaddr, uaddr2;
	int op; /* with FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME */
	u32 val, val2, val3; /* val2: the count in the timeout's place */
	u64 deadline_ns; /* CLOCK_MONOTONIC, FUTEX_NO_DEADLINE: for ever */
};
/* Does the operation read its fourth argument as a timeout?  Is that relative? */
bool futex_has_timeout(int op);
/* Deadline of a timeout in ns, as the operation means it: relative, or absolute on one of two clocks. */
u64 futex_deadline(int op, u64 timeout_ns);
/* Waits return 0, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS or
 * -ERESTART_RESTARTBLOCK. */
long do_futex(const struct futex_args *args);
/* Wakes up to nr waiters of the (shared-key) word: clear_child_tid at exit.  The number woken or -errno. */
int do_futex_wake(unsigned long uaddr, int nr);

/* futex_waitv(2): one word to wait for. */
struct futex_wait_k {
	unsigned long uaddr;
	u32 val;
	bool private;
};
long do_futex_waitv(const struct futex_wait_k *words, unsigned count, u64 deadline_ns);

/* Gives up the robust mutexes of a dying thread; t is current and still has its mm. */
void futex_exit_robust(struct task *t);
/*
 * After that: gives up the PI mutexes that others wait for.  dies: t will never own one again (exit, not
 * exec).
 */
void futex_exit_pi(struct task *t, bool dies);
/* The scheduling policy of t changed: the owner of the PI mutex that it may be waiting for inherits it. */
void futex_pi_reprioritised(struct task *t);

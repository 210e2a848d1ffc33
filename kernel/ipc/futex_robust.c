// SPDX-License-Identifier: MIT
/*
 * Robust lists: when a thread dies, the mutexes it holds get FUTEX_OWNER_DIED and one waiter is woken.
 * The list lives in user memory and is not trusted: every step may fault and ends the walk, and its length
 * is limited.  Source: Linux Documentation/locking/robust-futexes, 6.1 kernel/futex/core.c behaviour.
 */
#include "kernel/gate/uaccess.h"
#include "kernel/ipc/futex.h"
#include "kernel/ipc/internal.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"

struct list_reader {
	bool ia32; /* pointers and the offset have 32 bits */
	pid_t tid;
	long offset; /* from a list entry to its futex word */
};

/* One pointer of the list: bit 0 marks a priority-inheritance mutex. */
static int read_pointer(const struct list_reader *r, unsigned long uaddr, unsigned long *entry, bool *pi)
{
	unsigned long value = 0;
	int err = copy_from_user(&value, (const void __user *)uaddr, r->ia32 ? 4 : 8);

	*pi = value & 1;
	*entry = value & ~1UL;
	return err;
}

/* The word of a held (or about to be held: pending) mutex.  Nonzero ends the walk. */
static int release_word(const struct list_reader *r, unsigned long uaddr, bool pi, bool pending)
{
	u32 val, now;

	if (uaddr % sizeof(u32) || copy_from_user(&val, (const u32 __user *)uaddr, sizeof(val)))
		return -1;
	/* Died between unlocking and waking: the waiter must not sleep for ever. */
	if (pending && !pi && !val) {
		(void)do_futex_wake(uaddr, 1);
		return 0;
	}
	for (;;) {
		if ((val & FUTEX_TID_MASK) != (u32)r->tid)
			return 0;
		if (!access_ok((void __user *)uaddr, sizeof(u32)))
			return -1;
		if (arch_user_cmpxchg32((u32 __user *)uaddr, val, (val & FUTEX_WAITERS) | FUTEX_OWNER_DIED,
					&now)) {
			if (futex_fault_in(uaddr, true))
				return -1;
			continue;
		}
		if (now == val)
			break;
		val = now;
		cond_resched();
	}
	if (!pi && (val & FUTEX_WAITERS))
		(void)do_futex_wake(uaddr, 1);
	return 0;
}

static int read_head(struct list_reader *r, unsigned long head, unsigned long *entry, bool *pi,
		     unsigned long *pending, bool *pending_pi)
{
	unsigned size = r->ia32 ? 4 : 8;
	s32 offset32 = 0;
	int err = read_pointer(r, head, entry, pi);

	if (!err)
		err = r->ia32 ? copy_from_user(&offset32, (const void __user *)(head + size), 4)
			      : copy_from_user(&r->offset, (const void __user *)(head + size), 8);
	if (r->ia32)
		r->offset = offset32;
	return err ? err : read_pointer(r, head + 2 * size, pending, pending_pi);
}

static unsigned long word_of(const struct list_reader *r, unsigned long entry)
{
	return r->ia32 ? (u32)(entry + r->offset) : entry + r->offset;
}

void futex_exit_robust(struct task *t)
{
	struct list_reader r = { .ia32 = t->robust_ia32, .tid = t->tid };
	unsigned long head = t->robust_list, entry, pending, next;
	bool pi, pending_pi, next_pi;

	t->robust_list = 0;
	if (!head || read_head(&r, head, &entry, &pi, &pending, &pending_pi))
		return;
	for (unsigned limit = ROBUST_LIST_LIMIT; entry != head && limit; limit--) {
		/* The next pointer first: once released, the mutex may vanish. */
		int err = read_pointer(&r, entry, &next, &next_pi);

		if (entry != pending && release_word(&r, word_of(&r, entry), pi, false))
			return;
		if (err)
			return;
		entry = next;
		pi = next_pi;
		cond_resched();
	}
	if (pending)
		(void)release_word(&r, word_of(&r, pending), pending_pi, true);
}

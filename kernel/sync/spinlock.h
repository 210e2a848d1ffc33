/* SPDX-License-Identifier: MIT */
/*
 * Spin locks and reader-writer spin locks.  spin_lock() disables preemption; the _irqsave forms also
 * disable interrupts on this CPU and are needed for every lock that an interrupt handler takes.
 *
 * A spin lock goes to whoever sees it free first, like Linux's under a hypervisor (virt_spin_lock()): this
 * kernel's CPUs are threads of a host, and in a queue all would wait for a next in line that is not running.
 */
#pragma once

#include "kernel/sync/lockcheck.h"
#include "kernel/sync/preempt.h"

struct spinlock {
	u32 locked; /* [atomic] 1: somebody holds it */
#ifdef CONFIG_DEBUG
	u32 holder; /* [atomic] CPU number + 1, 0: free */
#endif
	LOCK_DEP_FIELD
} __lock_type("spin lock");
#define SPINLOCK_INIT_NAMED(what)   \
	{                           \
		LOCK_DEP_INIT(what) \
	}
#define SPINLOCK_INIT SPINLOCK_INIT_NAMED(LOCK_STR(__LINE__))

struct rwlock {
	u32 state; /* [atomic] readers, bit 31: writer */
	LOCK_DEP_FIELD
} __lock_type("readers-writer spin lock");
#define RWLOCK_INIT(l)            \
	{                         \
		LOCK_DEP_INIT(#l) \
	}

#define spin_lock_init(l) (*(l) = (struct spinlock)SPINLOCK_INIT_NAMED(#l))

void spin_lock_slow(struct spinlock *l); /* waits until it is ours */

/* One attempt: writes even when it fails, so look first where that is likely. */
static __always_inline bool spin_take(struct spinlock *l)
{
	return !__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE);
}

#ifdef CONFIG_DEBUG
/* kernel/sync/spinlock.c: the same with checks. */
void raw_spin_lock(struct spinlock *l) __acquires(l);
void raw_spin_unlock(struct spinlock *l) __releases(l);
bool raw_spin_trylock(struct spinlock *l) __try_acquires(true, l);
#else
/* The lock alone, for code that manages preemption itself (kernel/sched, with interrupts off). */
static inline void raw_spin_lock(struct spinlock *l) __acquires(l) __no_lock_analysis /* the lock itself */
{
	if (unlikely(!spin_take(l)))
		spin_lock_slow(l);
}

static inline void raw_spin_unlock(struct spinlock *l) __releases(l) __no_lock_analysis
{
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

static inline bool raw_spin_trylock(struct spinlock *l) __try_acquires(true, l) __no_lock_analysis
{
	return !READ_ONCE(l->locked) && spin_take(l);
}
#endif

static __always_inline void spin_lock(struct spinlock *l) __acquires(l)
{
	preempt_disable();
	raw_spin_lock(l);
}

static __always_inline bool spin_trylock(struct spinlock *l) __try_acquires(true, l)
{
	preempt_disable();
	if (raw_spin_trylock(l))
		return true;
	preempt_enable();
	return false;
}

static inline void spin_unlock(struct spinlock *l) __releases(l)
{
	raw_spin_unlock(l);
	preempt_enable();
}

static inline bool spin_is_locked(const struct spinlock *l)
{
	return READ_ONCE(l->locked);
}

/* For the reader and the analysis of locks: the caller's caller took it.  A check in the debug kernel. */
static inline void spin_assert_held(const struct spinlock *l) __asserts_held(l)
{
	ASSERT(spin_is_locked(l));
}

static __always_inline unsigned long spin_lock_irqsave(struct spinlock *l) __acquires(l)
{
	unsigned long flags = arch_irq_save();

	spin_lock(l);
	return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *l, unsigned long flags) __releases(l)
{
	raw_spin_unlock(l);
	arch_irq_restore(flags);
	preempt_enable(); /* last, so that a pending reschedule runs with interrupts as they were */
}

void read_lock(struct rwlock *l) __acquires_shared(l);
void read_unlock(struct rwlock *l) __releases_shared(l);
unsigned long write_lock_irqsave(struct rwlock *l) __acquires(l);
void write_unlock_irqrestore(struct rwlock *l, unsigned long flags) __releases(l);
unsigned long read_lock_irqsave(struct rwlock *l) __acquires_shared(l);
void read_unlock_irqrestore(struct rwlock *l, unsigned long flags) __releases_shared(l);

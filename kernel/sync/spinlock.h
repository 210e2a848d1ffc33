/* SPDX-License-Identifier: MIT */
/*
 * Ticket spin locks and reader-writer spin locks.  spin_lock() disables preemption; the _irqsave
 * forms also disable interrupts on this CPU and are needed for every lock that an interrupt handler takes.
 */
#pragma once

#include "kernel/sync/preempt.h"

struct spinlock {
	u16 next;  /* [atomic] next ticket to hand out */
	u16 owner; /* [atomic] ticket being served */
#ifdef CONFIG_DEBUG
	int holder; /* CPU number or -1 */
#endif
} __aligned(4); /* spin_trylock() takes both tickets at once */
#define SPINLOCK_INIT { 0 }

struct rwlock {
	u32 state; /* [atomic] readers, bit 31: writer */
};
#define RWLOCK_INIT { 0 }

static inline void spin_lock_init(struct spinlock *l)
{
	*l = (struct spinlock)SPINLOCK_INIT;
}
void spin_lock_slow(struct spinlock *l, u16 ticket);

/* The lock alone, for code that manages preemption itself (kernel/sched, with interrupts off). */
static inline void raw_spin_lock(struct spinlock *l)
{
	u16 ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE);

	if (unlikely(__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket))
		spin_lock_slow(l, ticket);
}

static inline void raw_spin_unlock(struct spinlock *l)
{
	__atomic_store_n(&l->owner, (u16)(l->owner + 1), __ATOMIC_RELEASE);
}

static inline void spin_lock(struct spinlock *l)
{
	preempt_disable();
	raw_spin_lock(l);
}

static inline bool spin_trylock(struct spinlock *l)
{
	preempt_disable();
	u32 old = __atomic_load_n((u32 *)l, __ATOMIC_RELAXED);

	if ((u16)old == (u16)(old >> 16) && atomic_cas((u32 *)l, old, (old & 0xffff0000u) | (u16)(old + 1)))
		return true;
	preempt_enable();
	return false;
}

static inline void spin_unlock(struct spinlock *l)
{
	raw_spin_unlock(l);
	preempt_enable();
}

static inline bool spin_is_locked(const struct spinlock *l)
{
	return READ_ONCE(l->next) != READ_ONCE(l->owner);
}

static inline unsigned long spin_lock_irqsave(struct spinlock *l)
{
	unsigned long flags = arch_irq_save();

	spin_lock(l);
	return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *l, unsigned long flags)
{
	raw_spin_unlock(l);
	arch_irq_restore(flags);
	preempt_enable(); /* last, so that a pending reschedule runs with interrupts as they were */
}

void read_lock(struct rwlock *l);
void read_unlock(struct rwlock *l);
void write_lock(struct rwlock *l);
void write_unlock(struct rwlock *l);
unsigned long write_lock_irqsave(struct rwlock *l);
void write_unlock_irqrestore(struct rwlock *l, unsigned long flags);
unsigned long read_lock_irqsave(struct rwlock *l);
void read_unlock_irqrestore(struct rwlock *l, unsigned long flags);

// SPDX-License-Identifier: MIT
/* The waiting side of spin locks.  Every wait executes PAUSE: under icount a spinner would starve the owner. */
#include "kernel/sync/spinlock.h"

#define RW_WRITER 0x80000000u

void spin_lock_slow(struct spinlock *l, u16 ticket)
{
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
}

void read_lock(struct rwlock *l)
{
	preempt_disable();
	for (;;) {
		u32 old = __atomic_load_n(&l->state, __ATOMIC_RELAXED);

		if (!(old & RW_WRITER) && atomic_cas(&l->state, old, old + 1))
			return;
		cpu_relax();
	}
}

void read_unlock(struct rwlock *l)
{
	__atomic_sub_fetch(&l->state, 1, __ATOMIC_RELEASE);
	preempt_enable();
}

void write_lock(struct rwlock *l)
{
	preempt_disable();
	while (!atomic_cas(&l->state, 0u, RW_WRITER))
		cpu_relax();
}

void write_unlock(struct rwlock *l)
{
	__atomic_store_n(&l->state, 0, __ATOMIC_RELEASE);
	preempt_enable();
}

unsigned long write_lock_irqsave(struct rwlock *l)
{
	unsigned long flags = arch_irq_save();

	write_lock(l);
	return flags;
}

void write_unlock_irqrestore(struct rwlock *l, unsigned long flags)
{
	__atomic_store_n(&l->state, 0, __ATOMIC_RELEASE);
	arch_irq_restore(flags);
	preempt_enable();
}

unsigned long read_lock_irqsave(struct rwlock *l)
{
	unsigned long flags = arch_irq_save();

	read_lock(l);
	return flags;
}

void read_unlock_irqrestore(struct rwlock *l, unsigned long flags)
{
	__atomic_sub_fetch(&l->state, 1, __ATOMIC_RELEASE);
	arch_irq_restore(flags);
	preempt_enable();
}

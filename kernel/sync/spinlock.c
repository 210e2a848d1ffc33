// SPDX-License-Identifier: MIT
/*
 * The waiting side of spin locks.  Every wait executes PAUSE: under icount a spinner would starve the
 * owner.  What makes a lock is beyond the analysis of locks: it knows the declarations.
 */
#include "kernel/sync/spinlock.h"
#include "kernel/arch/arch.h"

#define RW_WRITER 0x80000000u

#ifdef CONFIG_DEBUG
#define LOCKUP_NS (15 * NSEC_PER_SEC)

static __noinline void wait_for_ticket(struct spinlock *l, u16 ticket)
{
	u64 begin = arch_clock_ns();

	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket) {
		cpu_relax();
		if (arch_clock_ns() - begin > LOCKUP_NS)
			panic("spin lock %s: CPU %d waits for long, CPU %d holds it",
			      l->dep.name ?: "without name", this_cpu()->id, (int)READ_ONCE(l->holder) - 1);
	}
}

void raw_spin_lock(struct spinlock *l) __no_lock_analysis
{
	ASSERT(cpu_preempt_count() || !arch_irqs_enabled());
	lock_acquire(&l->dep, 0, (unsigned long)__builtin_return_address(0));
	wait_for_ticket(l, __atomic_fetch_add(&l->next, 1, __ATOMIC_ACQUIRE));
	l->holder = (u32)this_cpu()->id + 1;
}

bool raw_spin_trylock(struct spinlock *l) __no_lock_analysis
{
	u32 old = __atomic_load_n((u32 *)l, __ATOMIC_RELAXED);

	if ((u16)old != (u16)(old >> 16) || !atomic_cas((u32 *)l, old, (old & 0xffff0000u) | (u16)(old + 1)))
		return false;
	lock_acquire(&l->dep, LOCK_TRY, (unsigned long)__builtin_return_address(0));
	l->holder = (u32)this_cpu()->id + 1;
	return true;
}

void raw_spin_unlock(struct spinlock *l) __no_lock_analysis
{
	BUG_ON(l->holder != (u32)this_cpu()->id + 1);
	l->holder = 0;
	lock_release(&l->dep);
	__atomic_store_n(&l->owner, (u16)(l->owner + 1), __ATOMIC_RELEASE);
}
#else
void spin_lock_slow(struct spinlock *l, u16 ticket)
{
	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
}

#endif

static void read_lock_at(struct rwlock *l, unsigned long ip)
{
	preempt_disable();
	lock_acquire(&l->dep, LOCK_SHARED, ip);
	for (;;) {
		u32 old = __atomic_load_n(&l->state, __ATOMIC_RELAXED);

		if (!(old & RW_WRITER) && atomic_cas(&l->state, old, old + 1))
			return;
		cpu_relax();
	}
}

#define HERE ((unsigned long)__builtin_return_address(0))

void read_lock(struct rwlock *l) __no_lock_analysis
{
	read_lock_at(l, HERE);
}

void read_unlock(struct rwlock *l) __no_lock_analysis
{
	lock_release(&l->dep);
	__atomic_sub_fetch(&l->state, 1, __ATOMIC_RELEASE);
	preempt_enable();
}

unsigned long write_lock_irqsave(struct rwlock *l) __no_lock_analysis
{
	unsigned long flags = arch_irq_save();

	preempt_disable();
	lock_acquire(&l->dep, 0, HERE);
	while (!atomic_cas(&l->state, 0u, RW_WRITER))
		cpu_relax();
	return flags;
}

void write_unlock_irqrestore(struct rwlock *l, unsigned long flags) __no_lock_analysis
{
	lock_release(&l->dep);
	__atomic_store_n(&l->state, 0, __ATOMIC_RELEASE);
	arch_irq_restore(flags);
	preempt_enable();
}

unsigned long read_lock_irqsave(struct rwlock *l) __no_lock_analysis
{
	unsigned long flags = arch_irq_save();

	read_lock_at(l, HERE);
	return flags;
}

void read_unlock_irqrestore(struct rwlock *l, unsigned long flags) __no_lock_analysis
{
	lock_release(&l->dep);
	__atomic_sub_fetch(&l->state, 1, __ATOMIC_RELEASE);
	arch_irq_restore(flags);
	preempt_enable();
}

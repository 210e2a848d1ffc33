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

/* As long as the lock does not move: who loses a race for it begins anew. */
static void wait_until_free(const struct spinlock *l)
{
	u64 begin = arch_clock_ns();

	while (READ_ONCE(l->locked)) {
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
	if (!spin_take(l))
		spin_lock_slow(l);
	WRITE_ONCE(l->holder, (u32)this_cpu()->id + 1);
}

bool raw_spin_trylock(struct spinlock *l) __no_lock_analysis
{
	if (READ_ONCE(l->locked) || !spin_take(l))
		return false;
	lock_acquire(&l->dep, LOCK_TRY, (unsigned long)__builtin_return_address(0));
	WRITE_ONCE(l->holder, (u32)this_cpu()->id + 1);
	return true;
}

void raw_spin_unlock(struct spinlock *l) __no_lock_analysis
{
	BUG_ON(l->holder != (u32)this_cpu()->id + 1);
	WRITE_ONCE(l->holder, 0);
	lock_release(&l->dep);
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}
#else
static void wait_until_free(const struct spinlock *l)
{
	while (READ_ONCE(l->locked))
		cpu_relax();
}
#endif

void spin_lock_slow(struct spinlock *l)
{
	do
		wait_until_free(l);
	while (!spin_take(l));
}

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

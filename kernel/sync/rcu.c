// SPDX-License-Identifier: MIT
/*
 * Grace periods.  One is running at a time: it waits for every online CPU to pass a quiescent state
 * (context switch, tick from user mode or idle).  Callbacks collect per CPU: `next` waits for the
 * following grace period, `wait` for the running one; they run from the quiescent point of their CPU.
 *
 * Invariants: rcu.pending has a bit for each CPU that the running period still waits for; it is zero
 * when no period runs.  Lock: rcu.lock (irq-safe) guards rcu; a CPU's lists are its own, irqs off.
 */
#include "kernel/sync/rcu.h"
#include "kernel/arch/arch.h"
#include "kernel/sync/waitq.h"
#include "kernel/task/task.h"

static struct {
	struct spinlock lock;
	u64 pending; /* CPUs not yet quiescent */
	u64 completed; /* grace periods that ended */
	u64 started; /* number of the running (or last) period */
	bool wanted; /* somebody needs another one */
} rcu;

static struct rcu_cpu {
	struct rcu_head *next, *wait, **next_tail;
	u64 wait_for; /* `wait` may run when rcu.completed reaches it */
} rcu_cpus[MAX_CPUS];

static void start_period_locked(void)
{
	struct cpu *c;
	u64 mask = 0;

	for_each_cpu(c) {
		if (READ_ONCE(c->online))
			mask |= BIT(c->id);
	}
	rcu.wanted = false;
	rcu.started++;
	WRITE_ONCE(rcu.pending, mask);
	smp_mb(); /* either we see that a CPU is about to halt, or it sees its bit (rcu_idle_enter) */
	for_each_cpu(c) {
		if (READ_ONCE(c->rcu_idle))
			mask &= ~BIT(c->id);
	}
	WRITE_ONCE(rcu.pending, mask);
	if (!mask)
		rcu.completed = rcu.started; /* all halted, or about to */
}

void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	unsigned long flags = arch_irq_save();
	struct rcu_cpu *rc = &rcu_cpus[this_cpu()->id];

	head->fn = fn;
	head->next = NULL;
	if (!rc->next)
		rc->next_tail = &rc->next;
	*rc->next_tail = head;
	rc->next_tail = &head->next;
	arch_irq_restore(flags);
}

/* Moves what waits forward and returns the callbacks that may run.  Interrupts are off. */
static struct rcu_head *advance(struct rcu_cpu *rc)
{
	struct rcu_head *ready = NULL;

	raw_spin_lock(&rcu.lock);
	if (rc->wait && rcu.completed >= rc->wait_for) {
		ready = rc->wait;
		rc->wait = NULL;
	}
	if (!rc->wait && rc->next) {
		rc->wait = rc->next;
		rc->next = NULL;
		rc->wait_for = rcu.started + 1; /* a period that starts from now on */
		rcu.wanted = true;
	}
	if (rcu.wanted && !rcu.pending)
		start_period_locked();
	raw_spin_unlock(&rcu.lock);
	return ready;
}

static void mark_quiescent(void)
{
	u64 me = BIT(this_cpu()->id);

	if (likely(!(READ_ONCE(rcu.pending) & me)))
		return;
	raw_spin_lock(&rcu.lock);
	if (rcu.pending & me) {
		rcu.pending &= ~me;
		if (!rcu.pending) {
			rcu.completed = rcu.started;
			if (rcu.wanted)
				start_period_locked();
		}
	}
	raw_spin_unlock(&rcu.lock);
}

void rcu_note_quiescent(void)
{
	struct rcu_cpu *rc = &rcu_cpus[this_cpu()->id];
	struct rcu_head *ready = NULL;
	unsigned long flags;

	/* What comes right after this look, from an interrupt or another CPU, is found by the next one. */
	if (likely(!(READ_ONCE(rcu.pending) & BIT(this_cpu()->id)) && !READ_ONCE(rc->next) &&
		   !READ_ONCE(rc->wait)))
		return;
	flags = arch_irq_save();
	rc = &rcu_cpus[this_cpu()->id];
	mark_quiescent();
	if (unlikely(rc->next || rc->wait))
		ready = advance(rc);
	preempt_disable(); /* the idle task, preempted here, would keep the rest until this CPU idles again */
	arch_irq_restore(flags);
	while (ready) {
		struct rcu_head *head = ready;

		ready = head->next;
		head->fn(head);
	}
	preempt_enable_no_resched(); /* the callers look themselves */
}

void rcu_idle_enter(void)
{
	atomic_store(&this_cpu()->rcu_idle, true);
	smp_mb(); /* pairs with start_period_locked() */
	mark_quiescent();
}

void rcu_tick(bool user)
{
	if (user)
		mark_quiescent();
	/* A pass through the scheduler runs what is ready, and is a quiescent state of a long call. */
	if (rcu_needs_cpu() || READ_ONCE(rcu.pending) & BIT(this_cpu()->id))
		this_cpu()->need_resched = 1;
}

bool rcu_needs_cpu(void)
{
	struct rcu_cpu *rc = &rcu_cpus[this_cpu()->id];

	return rc->next || rc->wait;
}

struct sync_waiter {
	struct rcu_head head;
	bool done;
};
static struct waitq sync_wait = WAITQ_INIT(sync_wait);

static void sync_done(struct rcu_head *head)
{
	atomic_store(&container_of(head, struct sync_waiter, head)->done, true);
	waitq_wake_all(&sync_wait);
}

void synchronize_rcu(void)
{
	struct sync_waiter w = { .done = false };

	call_rcu(&w.head, sync_done);
	wait_event(&sync_wait, atomic_load(&w.done));
}

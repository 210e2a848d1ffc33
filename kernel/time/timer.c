// SPDX-License-Identifier: MIT
/*
 * Kernel timers: one ordered tree per CPU, driven by the CPU's one-shot timer, which is also the
 * scheduler's tick while a task runs.
 *
 * Invariants: timer->cpu names the tree that holds it, -1 when it is in none; `running` is the timer
 * whose handler runs on that CPU now.  Lock: cpu_timer.lock (irq-safe).  Handlers run without it.
 */
#include "kernel/arch/arch.h"
#include "kernel/sched/rq.h"
#include "kernel/sync/rcu.h"
#include "kernel/time/tick.h"

#define NEVER (~0UL)

static struct cpu_timer {
	struct spinlock lock;
	struct rb_root tree __guarded_by(&lock);
	struct rb_node *first __guarded_by(&lock);
	struct timer *running __guarded_by(&lock);
	/* This CPU's own, interrupts off. */
	u64 tick; /* when the scheduler's next tick is due, NEVER while idle */
	u64 programmed; /* what the hardware will do */
} timers[MAX_CPUS] = { [0 ... MAX_CPUS - 1] = { .tick = NEVER, .programmed = NEVER } };

void timer_init(struct timer *t, void (*fn)(struct timer *))
{
	*t = (struct timer){ .fn = fn, .cpu = -1 };
}

/* Makes the hardware fire no later than needed; ct is this CPU's and locked. */
static void program(struct cpu_timer *ct) __must_hold(&ct->lock)
{
	u64 due = ct->tick;

	if (ct->first)
		due = min(due, rb_entry(ct->first, struct timer, node)->expires_ns);
	if (due >= ct->programmed)
		return; /* fires earlier than that: it is looked at again then */
	ct->programmed = due;
	arch_timer_program(due);
}

static void insert(struct cpu_timer *ct, struct timer *t) __must_hold(&ct->lock)
{
	struct rb_node **link = &ct->tree.node, *parent = NULL;
	bool first = true;

	while (*link) {
		parent = *link;
		if (t->expires_ns < rb_entry(parent, struct timer, node)->expires_ns) {
			link = &parent->left;
		} else {
			link = &parent->right;
			first = false;
		}
	}
	rb_link_node(&t->node, parent, link);
	rb_insert_fixup(&t->node, &ct->tree);
	if (first)
		ct->first = &t->node;
}

static void take_out(struct cpu_timer *ct, struct timer *t) __must_hold(&ct->lock)
{
	if (ct->first == &t->node)
		ct->first = rb_next(&t->node);
	rb_erase(&t->node, &ct->tree);
	WRITE_ONCE(t->cpu, -1);
}

bool timer_cancel(struct timer *t)
{
	for (;;) {
		int cpu = READ_ONCE(t->cpu);

		if (cpu < 0)
			return false;

		unsigned long flags = spin_lock_irqsave(&timers[cpu].lock);
		bool ours = t->cpu == cpu;

		if (ours)
			take_out(&timers[cpu], t);
		spin_unlock_irqrestore(&timers[cpu].lock, flags);
		if (ours)
			return true;
	}
}

/* run_expired() says that it runs before the timer leaves the tree: not active and not running is at rest. */
static bool handler_running(const struct timer *t)
{
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		if (atomic_load(&timers[cpu].running) == t)
			return true;
	}
	return false;
}

bool timer_try_cancel(struct timer *t)
{
	if (handler_running(t)) /* first: what it has restarted stays for its caller to see */
		return false;
	timer_cancel(t);
	return !handler_running(t);
}

void timer_cancel_sync(struct timer *t)
{
	do {
		timer_cancel(t);
		while (handler_running(t))
			cpu_relax();
	} while (timer_active(t) || handler_running(t)); /* one that restarted it at the last moment */
}

void timer_start(struct timer *t, u64 expires_ns)
{
	unsigned long flags = arch_irq_save();
	int cpu = this_cpu()->id;
	struct cpu_timer *ct = &timers[cpu];

	for (;;) {
		timer_cancel(t);
		spin_lock(&ct->lock);
		if (likely(atomic_cas(
			    &t->cpu, -1,
			    cpu))) /* else somebody else was faster to arm it, on another CPU perhaps */
			break;
		spin_unlock(&ct->lock);
	}
	t->expires_ns = expires_ns;
	insert(ct, t);
	program(ct);
	spin_unlock(&ct->lock);
	arch_irq_restore(flags);
}

void tick_start(void)
{
	struct cpu_timer *ct = &timers[this_cpu()->id];

	if (ct->tick != NEVER)
		return;
	spin_lock(&ct->lock);
	ct->tick = arch_clock_ns() + TICK_NS;
	program(ct);
	spin_unlock(&ct->lock);
}

void tick_idle(bool keep_ticking)
{
	struct cpu_timer *ct = &timers[this_cpu()->id];

	if (keep_ticking) {
		tick_start();
		return;
	}
	ct->tick = NEVER; /* one that is already programmed finds nothing to do */
}

static void run_expired(struct cpu_timer *ct, u64 now)
{
	spin_lock(&ct->lock);
	while (ct->first) {
		struct timer *t = rb_entry(ct->first, struct timer, node);

		if (t->expires_ns > now)
			break;
		WRITE_ONCE(ct->running, t);
		take_out(ct, t);
		spin_unlock(&ct->lock);
		t->fn(t);
		spin_lock(&ct->lock);
		atomic_store(&ct->running, NULL); /* t may be gone: only its address was compared */
	}
	spin_unlock(&ct->lock);
}

void timer_interrupt(const struct regs *regs)
{
	struct cpu_timer *ct = &timers[this_cpu()->id];
	u64 now = arch_clock_ns();
	bool user = regs_user_mode(regs);

	ct->programmed = NEVER;
	run_expired(ct, now);
	if (ct->tick <= now) {
		ct->tick = now + TICK_NS;
		sched_tick(user);
		itimer_tick(user);
		rcu_tick(user);
	}
	spin_lock(&ct->lock);
	program(ct);
	spin_unlock(&ct->lock);
}

// SPDX-License-Identifier: MIT
/*
 * Where tasks run: placement at wake-up, pulling by idle CPUs, and the load average (Linux's fixed
 * point, 11 bits, sampled every 5 seconds; /proc/loadavg).
 */
#include "kernel/sched/rq.h"
#include "kernel/arch/arch.h"

static bool cpu_is_idle(int cpu)
{
	return READ_ONCE(cpus[cpu]->online) && READ_ONCE(rqs[cpu].curr) == rqs[cpu].idle &&
	       !READ_ONCE(rqs[cpu].nr_running);
}

static bool cpu_allowed(const struct task *t, int cpu)
{
	return t->se.affinity & BIT(cpu) && READ_ONCE(cpus[cpu]->online);
}

int select_cpu(struct task *t)
{
	int prev = t->se.cpu, self = this_cpu()->id, fallback = -1;

	if (nr_cpus == 1)
		return 0;
	/*
	 * Who wakes its parent as the last thing it does leaves this CPU free: nearer than one that
	 * sleeps.
	 */
	if (current->flags & PF_EXITING && !this_cpu()->irq_depth && READ_ONCE(rqs[self].nr_running) == 1 &&
	    cpu_allowed(t, self))
		return self;
	if (cpu_allowed(t, prev) && cpu_is_idle(prev))
		return prev;
	if (cpu_allowed(t, self) && cpu_is_idle(self))
		return self;
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		if (!cpu_allowed(t, cpu))
			continue;
		if (cpu_is_idle(cpu))
			return cpu;
		if (fallback < 0 || READ_ONCE(rqs[cpu].nr_running) < READ_ONCE(rqs[fallback].nr_running))
			fallback = cpu;
	}
	return cpu_allowed(t, prev) || fallback < 0 ? prev : fallback;
}

/*
 * A first child waits here for its parent to sleep, which is what follows most forks: an interrupt to a CPU
 * that sleeps costs more than the wait.  Does the parent run on, the tick wakes a CPU that pulls the child;
 * forks it again before that, the others spread at once.
 */
int select_cpu_fork(struct task *child)
{
	int self = this_cpu()->id;

	if (cpu_allowed(child, self) && READ_ONCE(rqs[self].nr_running) <= 1 && !se_rt_prio(&current->se))
		return self;
	return select_cpu(child);
}

/* The first task on `from` that may run on `cpu`. */
static struct task *stealable(struct rq *from, int cpu) __must_hold(&from->lock)
{
	struct rb_node *n;

	rb_for_each(n, &from->fair) {
		struct task *t = rb_entry(n, struct task, se.node);

		if (t->se.affinity & BIT(cpu))
			return t;
	}
	return NULL;
}

bool balance_pull(struct rq *rq)
{
	struct rq *busiest = NULL;
	struct task *t = NULL;

	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		struct rq *other = &rqs[cpu];

		if (other == rq || !READ_ONCE(cpus[cpu]->online) || READ_ONCE(other->nr_running) < 2)
			continue;
		if (!busiest || READ_ONCE(other->nr_running) > READ_ONCE(busiest->nr_running))
			busiest = other;
	}
	if (!busiest)
		return false;
	/*
	 * Both at once: a task that is on no queue and not running counts as asleep, and might be woken
	 * meanwhile.
	 */
	spin_lock(&rq->lock);
	if (spin_trylock(&busiest->lock)) {
		t = stealable(busiest, rq->cpu);
		if (t)
			rq_move(busiest, rq, t);
		spin_unlock(&busiest->lock);
	}
	spin_unlock(&rq->lock);
	return t;
}

void balance_push(struct rq *rq)
{
	struct task *t = rq->push;
	struct rq *to = &rqs[select_cpu(t)];

	rq->push = NULL;
	rq_enqueue(rq, t);
	if (to == rq || !spin_trylock(&to->lock)) {
		this_cpu()->need_resched = 1; /* it may run here for a moment: the tick tries again */
		return;
	}
	rq_move(rq, to, t);
	spin_unlock(&to->lock);
	resched_cpu(to->cpu);
}

void balance_kick(struct rq *rq)
{
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu != rq->cpu && cpu_is_idle(cpu)) {
			arch_send_resched(cpu);
			return;
		}
	}
}

#define LOAD_PERIOD_NS (5 * NSEC_PER_SEC)
#define FIXED_1        (1UL << 11)

static u64 load_avg[3]; /* 1, 5 and 15 minutes */
static u64 load_next = LOAD_PERIOD_NS; /* [atomic] when the next sample is due */

static void load_sample(u64 active)
{
	static const u64 decay[3] = { 1884, 2014, 2037 };

	for (int i = 0; i < 3; i++) {
		u64 load = load_avg[i] * decay[i] + active * (FIXED_1 - decay[i]);

		if (active >= load_avg[i])
			load += FIXED_1 - 1;
		load_avg[i] = load / FIXED_1;
	}
}

void loadavg_update(u64 now)
{
	u64 due = READ_ONCE(load_next);
	s64 active = 0;

	if (likely(now < due))
		return;

	u64 periods = (now - due) / LOAD_PERIOD_NS + 1;

	if (!atomic_cas(&load_next, due, due + periods * LOAD_PERIOD_NS))
		return; /* another CPU does it */
	for (int cpu = 0; cpu < nr_cpus; cpu++)
		active += (s64)READ_ONCE(rqs[cpu].nr_running) + READ_ONCE(rqs[cpu].nr_uninterruptible);
	/* Periods that nobody sampled were idle ones: no tick runs on an idle machine. */
	for (u64 i = 1; i < min(periods, (u64)1000); i++)
		load_sample(0);
	load_sample((u64)max(active, (s64)0) * FIXED_1);
}

void sched_loadavg(u64 avg[3])
{
	loadavg_update(arch_clock_ns());
	for (int i = 0; i < 3; i++)
		avg[i] = load_avg[i];
}

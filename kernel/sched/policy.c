// SPDX-License-Identifier: MIT
/* Changing how a task is scheduled, and the figures that /proc and getrusage(2) want. */
#include "kernel/arch/arch.h"
#include "kernel/sched/rq.h"

/* Applies new parameters to t wherever it is. */
static void set_params(struct task *t, int policy, int rt_prio, int nice)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	bool queued = t->se.on_rq;

	spin_assert_held(&rq->lock);
	if (t == rq->curr)
		rq_update_curr(rq);
	if (queued)
		rq_dequeue(rq, t);
	/* Virtual time stood still while it was real-time: it must not catch up on that. */
	if (rt_policy(t->se.policy) && !rt_policy(policy) && (s64)(t->se.vruntime - rq->min_vruntime) < 0)
		t->se.vruntime = rq->min_vruntime;
	t->se.policy = policy;
	t->se.rt_prio = rt_prio;
	t->se.nice = nice;
	t->se.weight = sched_weight(policy, nice);
	if (queued)
		rq_enqueue(rq, t);
	if (queued || t == rq->curr)
		resched_cpu(rq->cpu);
	task_rq_unlock(rq, flags);
}

int sched_rt_prio(const struct task *t)
{
	return se_rt_prio(&t->se);
}

bool sched_set_inherited(struct task *t, int prio)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	bool queued = t->se.on_rq, was_rt = se_rt_prio(&t->se), changed = t->se.inherited != prio;

	spin_assert_held(&rq->lock);
	if (changed) {
		if (t == rq->curr)
			rq_update_curr(rq);
		if (queued)
			rq_dequeue(rq, t);
		t->se.inherited = prio;
		if (was_rt && !se_rt_prio(&t->se) && (s64)(t->se.vruntime - rq->min_vruntime) < 0)
			t->se.vruntime = rq->min_vruntime; /* as in set_params() */
		if (queued)
			rq_enqueue(rq, t);
		if (queued || t == rq->curr)
			resched_cpu(rq->cpu);
	}
	task_rq_unlock(rq, flags);
	return changed;
}

int sched_set_scheduler(struct task *t, int policy, int rt_prio)
{
	if (policy != 0 && policy != 1 && policy != 2 && policy != 3 && policy != 5)
		return -EINVAL;
	if (rt_policy(policy) ? rt_prio < 1 || rt_prio > 99 : rt_prio != 0)
		return -EINVAL;
	set_params(t, policy, rt_prio, t->se.nice);
	return 0;
}

void sched_set_nice(struct task *t, int nice)
{
	set_params(t, t->se.policy, t->se.rt_prio, nice);
}

int sched_set_affinity(struct task *t, u64 mask)
{
	u64 online = 0;
	unsigned long flags;
	struct rq *rq, *to;
	struct cpu *c;
	bool moved = false, running;

	for_each_cpu(c)
		online |= READ_ONCE(c->online) ? BIT(c->id) : 0;
	if (!(mask & online))
		return -EINVAL;
	do {
		rq = task_rq_lock(t, &flags);
		spin_assert_held(&rq->lock);
		t->se.affinity = mask;
		running = t == rq->curr && !(mask & BIT(rq->cpu));
		if (mask & BIT(rq->cpu) ||
		    !t->se.on_rq) { /* asleep: the wake-up chooses; running: it is sent away */
			moved = true;
			if (running)
				resched_cpu(rq->cpu);
		} else {
			to = &rqs[select_cpu(t)];
			moved = spin_trylock(&to->lock);
			if (moved) {
				rq_move(rq, to, t);
				spin_unlock(&to->lock);
				resched_cpu(to->cpu);
			}
		}
		task_rq_unlock(rq, flags);
	} while (!moved);
	/* More than once when the other queue's lock was taken; somebody may send us elsewhere meanwhile. */
	while (running && t == current && !(READ_ONCE(t->se.affinity) & BIT(CPU_READ(id))))
		schedule();
	return 0;
}

u64 task_cpu_time(struct task *t)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	u64 ns;

	spin_assert_held(&rq->lock);
	if (t == rq->curr)
		rq_update_curr(rq);
	ns = t->se.sum_exec_ns;
	task_rq_unlock(rq, flags);
	return ns;
}

int sched_nr_running(void)
{
	int n = 0;

	for (int cpu = 0; cpu < nr_cpus; cpu++)
		n += (int)READ_ONCE(rqs[cpu].nr_running);
	return n;
}

u64 sched_idle_ns(int cpu)
{
	struct rq *rq = &rqs[cpu];
	u64 ns = READ_ONCE(rq->idle_ns);

	return READ_ONCE(rq->curr) == rq->idle ? ns + (arch_clock_ns() - READ_ONCE(rq->idle_since)) : ns;
}

u64 sched_nr_switches(void)
{
	u64 n = 0;

	for (int cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(rqs[cpu].nr_switches);
	return n;
}

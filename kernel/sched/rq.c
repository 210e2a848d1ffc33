// SPDX-License-Identifier: MIT
/*
 * The queue itself: a red-black tree by virtual run time for the fair class (SCHED_OTHER, BATCH,
 * IDLE) and a list per priority for SCHED_FIFO and SCHED_RR.  Source: sched(7).
 */
#include "kernel/sched/rq.h"
#include "kernel/arch/arch.h"
#include <linux/sched.h>

struct rq rqs[MAX_CPUS];

struct rq *task_rq_lock(struct task *t, unsigned long *flags) __no_lock_analysis /* the one it returns */
{
	*flags = arch_irq_save();
	for (;;) {
		int cpu = READ_ONCE(t->se.cpu);

		raw_spin_lock(&rqs[cpu].lock);
		if (likely(cpu == READ_ONCE(t->se.cpu)))
			return &rqs[cpu];
		raw_spin_unlock(&rqs[cpu].lock);
	}
}

void task_rq_unlock(struct rq *rq, unsigned long flags)
{
	raw_spin_unlock(&rq->lock);
	arch_irq_restore(flags);
}

static void fair_insert(struct rq *rq, struct task *t) __must_hold(&rq->lock)
{
	struct rb_node **link = &rq->fair.node, *parent = NULL;
	bool first = true;

	while (*link) {
		parent = *link;
		if ((s64)(t->se.vruntime - rb_entry(parent, struct task, se.node)->se.vruntime) < 0) {
			link = &parent->left;
		} else {
			link = &parent->right;
			first = false;
		}
	}
	rb_link_node(&t->se.node, parent, link);
	rb_insert_fixup(&t->se.node, &rq->fair);
	if (first)
		rq->fair_first = &t->se.node;
}

static void fair_remove(struct rq *rq, struct task *t) __must_hold(&rq->lock)
{
	if (rq->fair_first == &t->se.node)
		rq->fair_first = rb_next(&t->se.node);
	rb_erase(&t->se.node, &rq->fair);
}

static void rt_insert(struct rq *rq, struct task *t) __must_hold(&rq->lock)
{
	int slot = RT_PRIOS - 1 - se_rt_prio(&t->se);

	list_add_tail(&t->se.rt_node, &rq->rt[slot]);
	bitmap_set(rq->rt_map, (size_t)slot);
}

static void rt_remove(struct rq *rq, struct task *t) __must_hold(&rq->lock)
{
	int slot = RT_PRIOS - 1 - se_rt_prio(&t->se);

	list_del(&t->se.rt_node);
	if (list_empty(&rq->rt[slot]))
		bitmap_clear(rq->rt_map, (size_t)slot);
}

void rq_enqueue(struct rq *rq, struct task *t)
{
	if (se_rt_prio(&t->se)) {
		rt_insert(rq, t);
		rq->nr_rt++;
	} else {
		fair_insert(rq, t);
	}
	t->se.on_rq = true;
}

void rq_dequeue(struct rq *rq, struct task *t)
{
	if (se_rt_prio(&t->se)) {
		rt_remove(rq, t);
		rq->nr_rt--;
	} else {
		fair_remove(rq, t);
	}
	t->se.on_rq = false;
}

void rq_move(struct rq *from, struct rq *to, struct task *t)
{
	rq_dequeue(from, t);
	from->nr_running--;
	t->se.vruntime += to->min_vruntime - from->min_vruntime;
	WRITE_ONCE(t->se.cpu, to->cpu);
	to->nr_running++;
	rq_enqueue(to, t);
}

void rq_put_back(struct rq *rq, struct task *t, bool preempted)
{
	if (unlikely(!(t->se.affinity & BIT(rq->cpu)))) {
		rq->push = t;
		return;
	}
	rq_enqueue(rq, t);
	if (likely(!se_rt_prio(&t->se)) || !preempted)
		return;
	if (t->se.policy == SCHED_RR && t->se.slice_ns >= RR_SLICE_NS) {
		t->se.slice_ns = 0; /* its turn is over: it stays at the end */
	} else { /* sched(7): who is preempted stays at the head of the list for its priority */
		list_del(&t->se.rt_node);
		list_add(&t->se.rt_node, &rq->rt[RT_PRIOS - 1 - se_rt_prio(&t->se)]);
	}
}

void rq_update_curr(struct rq *rq)
{
	struct sched_entity *se = &rq->curr->se;
	u64 now = arch_clock_ns();
	u64 delta = now - se->exec_start;

	if ((s64)delta <= 0)
		return;
	se->exec_start = now;
	if (rq->curr == rq->idle)
		return;
	se->sum_exec_ns += delta;
	se->slice_ns += delta;
	if (se_rt_prio(se)) {
		rq->rt_ns += delta;
		return;
	}
	se->vruntime += se->weight == 1024 ? delta : delta * 1024 / se->weight;
	if ((s64)(se->vruntime - rq->min_vruntime) > 0) {
		u64 floor = se->vruntime;

		if (rq->fair_first)
			floor = min(floor, rb_entry(rq->fair_first, struct task, se.node)->se.vruntime);
		rq->min_vruntime = max(rq->min_vruntime, floor);
	}
}

bool rq_throttle_rt(struct rq *rq)
{
	bool was = rq->rt_throttled;
	u64 now = rq->curr->se.exec_start;

	if (now >= rq->rt_period_end) {
		rq->rt_period_end = now + RT_PERIOD_NS;
		rq->rt_ns = 0;
	}
	rq->rt_throttled = rq->rt_ns >= RT_RUNTIME_NS;
	return rq->rt_throttled != was;
}

struct task *rq_pick(struct rq *rq)
{
	struct task *t;

	if (rq->nr_rt && !(unlikely(rq->rt_throttled) && rq->fair_first)) {
		size_t slot = bitmap_find_set(rq->rt_map, RT_PRIOS, 0);

		t = list_first(&rq->rt[slot], struct task, se.rt_node);
	} else if (rq->fair_first) {
		t = rb_entry(rq->fair_first, struct task, se.node);
	} else {
		return rq->idle;
	}
	rq_dequeue(rq, t);
	return t;
}

bool rq_should_preempt(struct rq *rq, struct task *t)
{
	struct task *curr = rq->curr;

	if (curr == rq->idle)
		return true;
	if (se_rt_prio(&t->se))
		return se_rt_prio(&curr->se) ? se_rt_prio(&t->se) > se_rt_prio(&curr->se) : !rq->rt_throttled;
	if (se_rt_prio(&curr->se))
		return rq->rt_throttled;
	if (t->se.policy == SCHED_BATCH || t->se.policy == SCHED_IDLE)
		return false;
	if (curr->se.policy == SCHED_IDLE)
		return true;
	rq_update_curr(rq);
	return (s64)(curr->se.vruntime - t->se.vruntime) > (s64)WAKE_GRAIN;
}

void resched_cpu(int cpu)
{
	struct cpu *c = cpus[cpu];

	if (atomic_xchg(&c->need_resched, 1))
		return;
	if (c != this_cpu())
		arch_send_resched(cpu);
}

/* Linux's sched_prio_to_weight: each nice level is about 10 % of CPU time, a factor of 1.25. */
u32 sched_weight(int policy, int nice)
{
	static const u32 weight[40] = {
		88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
		3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
		172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15,
	};

	return policy == SCHED_IDLE ? 3 : weight[nice + 20];
}

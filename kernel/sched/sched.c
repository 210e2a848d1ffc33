// SPDX-License-Identifier: MIT
/*
 * Switching tasks: sleeping, waking, preemption, the idle loop.
 *
 * The rules of a switch: schedule() takes the run queue's lock with preemption off, so the
 * per-CPU preemption count is 1 across every arch_switch(); finish_switch(), run by the next task,
 * releases the lock and turns interrupts on while the count is still 1, so that an interrupt that was
 * waiting does not preempt the task again on a deeper and deeper stack.
 */
#include "kernel/sched/rq.h"
#include "kernel/arch/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/rcu.h"
#include "kernel/task/init.h"
#include "kernel/task/rseq.h"
#include "kernel/time/tick.h"
#include <linux/sched.h>

static void rq_init(int cpu) __no_lock_analysis /* nobody else knows it */
{
	struct rq *rq = &rqs[cpu];

	spin_lock_init(&rq->lock);
	rq->cpu = cpu;
	for (int i = 0; i < RT_PRIOS; i++)
		list_init(&rq->rt[i]);
	rq->idle = task_alloc_idle(cpu);
	rq->idle->se.cpu = cpu;
	rq->idle->se.on_cpu = true;
	rq->curr = rq->idle;
	rq->idle_since = arch_clock_ns();
	this_cpu()->idle = rq->idle;
	this_cpu()->curr = rq->idle;
	this_cpu()->rq = rq;
}

void sched_init(void)
{
	rq_init(0);
	atomic_store(&this_cpu()->online, true);
}

void sched_start_secondary(void)
{
	rq_init(this_cpu()->id);
	atomic_store(&this_cpu()->online, true);
	arch_irq_enable();
	sched_idle_loop();
}

void sched_use_mm(struct mm *mm)
{
	preempt_disable();

	struct cpu *c = this_cpu();
	struct mm *old = c->active_mm;

	if (mm && mm != old) {
		mm_pin(mm);
		arch_mm_switch(mm);
		c->active_mm = mm;
	} else {
		old = NULL; /* no address space of its own: keep borrowing the loaded one */
	}
	preempt_enable();
	if (old)
		mm_unpin(old);
}

static void switch_mm(struct rq *rq, struct cpu *c, struct task *next) __must_hold(&rq->lock)
{
	if (!next->mm || next->mm == c->active_mm)
		return;
	mm_pin(next->mm);
	arch_mm_switch(next->mm);
	rq->drop_mm = c->active_mm;
	c->active_mm = next->mm;
}

/* May the sleeper sleep?  Not when a signal it must react to is pending already. */
static bool deactivate(struct rq *rq, struct task *prev, unsigned state) __must_hold(&rq->lock)
{
	if (state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL) && signal_pending_state(state)) {
		prev->state = TASK_RUNNING;
		return false;
	}
	if (state & TASK_UNINTERRUPTIBLE)
		rq->nr_uninterruptible++;
	rq->nr_running--;
	prev->se.nr_voluntary++;
	return true;
}

/*
 * On the stack of the task that runs now, run queue locked, interrupts off; ends with count 1 and
 * interrupts on.
 */
static void finish_switch(struct task *prev)
{
	struct cpu *c = this_cpu();
	struct rq *rq = c->rq;

	spin_assert_held(&rq->lock);

	struct mm *mm = rq->drop_mm;
	bool dead = prev != rq->curr && READ_ONCE(prev->state) == TASK_DEAD;

	rq->drop_mm = NULL;
	if (prev != rq->curr)
		atomic_store(&prev->se.on_cpu, false);
	if (unlikely(rq->push))
		balance_push(rq);
	raw_spin_unlock(&rq->lock);
	c->preempt_count = 1; /* a task that died left with more */
	arch_irq_enable();
	rcu_note_quiescent();
	if (unlikely(mm))
		mm_unpin(mm);
	if (unlikely(dead))
		task_put(prev); /* the reference that a running task has on itself */
}

void sched_finish_switch(struct task *prev)
{
	finish_switch(prev);
	preempt_enable_no_resched();
}

/* Preemption is off (count 1); returns with count 1 and interrupts on. */
static void switch_task(bool preempted) __no_lock_analysis /* the next task unlocks the queue */
{
	struct cpu *c = this_cpu();
	struct rq *rq = c->rq;
	struct task *prev = rq->curr, *next;
	unsigned state;

	arch_irq_disable();
	raw_spin_lock(&rq->lock);
	c->need_resched = 0;
	smp_mb(); /* a waker that stored its condition before setting need_resched is seen below */
	rq_update_curr(rq);
	state = READ_ONCE(prev->state);
	if (prev != rq->idle && (preempted || state == TASK_RUNNING || !deactivate(rq, prev, state))) {
		if (preempted)
			prev->se.nr_involuntary++;
		rq_put_back(rq, prev, preempted);
	}
	next = rq_pick(rq);
	if (next != prev) {
		next->se.exec_start = prev->se.exec_start > next->se.exec_start ? prev->se.exec_start
										: arch_clock_ns();
		next->se.slice_ns = 0;
		next->se.on_cpu = true;
		rq->curr = next;
		rq->nr_switches++;
		if (prev == rq->idle) {
			rq->idle_ns += next->se.exec_start - rq->idle_since;
			tick_start();
		} else if (next == rq->idle) {
			rq->idle_since = next->se.exec_start;
		}
		switch_mm(rq, c, next);
		prev = arch_switch(prev, next);
		if (unlikely(current->rseq))
			rseq_switched();
	}
	finish_switch(prev);
}

void schedule(void)
{
	/* A task that dies has preemption off already: preempted, it would be freed under itself. */
	if (READ_ONCE(current->state) != TASK_DEAD)
		might_sleep();
	do {
		preempt_disable();
		switch_task(false);
		preempt_enable_no_resched();
	} while (unlikely(CPU_READ(need_resched)));
}

void preempt_schedule(void)
{
	if (!arch_irqs_enabled())
		return; /* whoever turned them off reschedules on the way out */
	do {
		preempt_disable();
		switch_task(true);
		preempt_enable_no_resched();
	} while (unlikely(CPU_READ(need_resched)));
}

void preempt_schedule_irq(void)
{
	do {
		preempt_disable();
		switch_task(true);
		arch_irq_disable();
		preempt_enable_no_resched();
	} while (unlikely(CPU_READ(need_resched)));
}

void cond_resched(void)
{
	if (unlikely(CPU_READ(need_resched)) && !cpu_preempt_count())
		preempt_schedule();
}

/* Puts a task that became runnable on rq, which is locked and let go of; interrupts are off. */
static void activate_unlock(struct task *t, struct rq *rq, bool fresh) __releases(&rq->lock)
{
	if (!se_rt_prio(&t->se)) {
		u64 floor = rq->min_vruntime - (fresh ? 0 : WAKE_BONUS);

		if ((s64)(t->se.vruntime - floor) < 0)
			t->se.vruntime = floor;
	}
	rq->nr_running++;
	rq_enqueue(rq, t);

	bool preempt = rq_should_preempt(rq, t);

	raw_spin_unlock(&rq->lock);
	if (preempt)
		resched_cpu(rq->cpu);
}

bool wake_up_state(struct task *t, unsigned states) __no_lock_analysis /* changes queues on the way */
{
	unsigned long flags;
	struct rq *rq;
	unsigned old;
	int cpu;

	smp_mb(); /* the caller's condition is stored before the state is read */
	if (!(READ_ONCE(t->state) & states))
		return false;
	preempt_disable();
	rq = task_rq_lock(t, &flags);
	spin_assert_held(&rq->lock);
	old = t->state;
	if (old & states)
		t->state = TASK_RUNNING;
	if (!(old & states) || t->se.on_rq || t == rq->curr) { /* awake, or had not got round to sleeping */
		task_rq_unlock(rq, flags);
		preempt_enable();
		return old & states;
	}
	if (old & TASK_UNINTERRUPTIBLE)
		rq->nr_uninterruptible--;
	cpu = select_cpu(t);
	if (unlikely(cpu != rq->cpu)) { /* carry the lag over: virtual time differs between queues */
		t->se.vruntime += rqs[cpu].min_vruntime - rq->min_vruntime;
		WRITE_ONCE(t->se.cpu, cpu);
		raw_spin_unlock(&rq->lock); /* it is RUNNING and on no queue: nobody else touches it */
		rq = &rqs[cpu];
		raw_spin_lock(&rq->lock);
	}
	activate_unlock(t, rq, false);
	arch_irq_restore(flags);
	preempt_enable();
	return true;
}

bool wake_up_process(struct task *t)
{
	return wake_up_state(t, TASK_NORMAL);
}

void sched_fork(struct task *child)
{
	struct sched_entity *se = &child->se, *parent = &current->se;

	*se = (struct sched_entity){
		.vruntime = parent->vruntime,
		.weight = parent->weight ? parent->weight : 1024,
		.policy = parent->policy,
		.nice = parent->nice,
		.rt_prio = parent->rt_prio,
		.cpu = parent->cpu,
		.affinity = parent->affinity ? parent->affinity : ~0UL,
	};
	child->state = TASK_NEW;
}

void wake_up_new(struct task *child)
{
	unsigned long flags = arch_irq_save();
	int cpu;

	preempt_disable();
	cpu = select_cpu_fork(child);
	/* Its parent's, on the parent's queue. */
	child->se.vruntime += READ_ONCE(rqs[cpu].min_vruntime) - READ_ONCE(rqs[child->se.cpu].min_vruntime);
	child->se.cpu = cpu;
	child->state = TASK_RUNNING;
	raw_spin_lock(&rqs[cpu].lock);
	activate_unlock(child, &rqs[cpu], true);
	arch_irq_restore(flags);
	preempt_enable();
}

static void timeout_wake(struct timer *timer)
{
	struct sleep_timer *st = container_of(timer, struct sleep_timer, timer);

	wake_up_process(st->task);
}

u64 schedule_timeout(u64 timeout_ns)
{
	struct sleep_timer st = { .task = current };
	u64 now = clock_mono_ns();

	if (timeout_ns > (u64)INT64_MAX - now) {
		schedule();
		return timeout_ns;
	}
	timer_init(&st.timer, timeout_wake);
	timer_start(&st.timer, now + timeout_ns);
	schedule();
	timer_cancel_sync(&st.timer);

	u64 spent = clock_mono_ns() - now;

	return spent < timeout_ns ? timeout_ns - spent : 0;
}

void sched_yield(void)
{
	unsigned long flags = arch_irq_save();
	struct rq *rq = this_cpu()->rq;

	if (READ_ONCE(rq->nr_running) == 1) { /* nobody to yield to */
		arch_irq_restore(flags);
		return;
	}

	spin_lock(&rq->lock);
	rq_update_curr(rq);
	if (!se_rt_prio(&current->se) && rq->fair.node) { /* behind everybody who waits */
		u64 last = rb_entry(rb_last(&rq->fair), struct task, se.node)->se.vruntime;

		current->se.vruntime = max(current->se.vruntime, last + 1);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	schedule();
}

void sched_tick(bool user)
{
	struct rq *rq = this_cpu()->rq;
	struct task *curr;
	u64 before, ran;

	watchdog_tick();

	spin_lock(&rq->lock);
	curr = rq->curr;
	before = curr->se.sum_exec_ns;
	rq_update_curr(rq);
	ran = curr->se.sum_exec_ns - before;
	if (curr != rq->idle) {
		*(user ? &curr->utime_ns : &curr->stime_ns) += ran;
		if (curr->se.policy != SCHED_FIFO &&
		    curr->se.slice_ns >= (curr->se.policy == SCHED_RR ? RR_SLICE_NS : SLICE_NS)) {
			if (rq->nr_running > 1)
				this_cpu()->need_resched =
					1; /* rq_put_back() starts the next slice of SCHED_RR */
			if (rq->nr_running == 1 || curr->se.policy != SCHED_RR)
				curr->se.slice_ns = 0;
		}
		if (rq_throttle_rt(rq))
			this_cpu()->need_resched = 1;
		if (unlikely(!(curr->se.affinity &
			       BIT(rq->cpu)))) /* its affinity changed while it was on its way here */
			this_cpu()->need_resched = 1;
	}
	spin_unlock(&rq->lock);
	if (READ_ONCE(rq->nr_running) > 1)
		balance_kick(rq);
	loadavg_update(curr->se.exec_start);
}

void sched_idle_loop(void)
{
	struct rq *rq = this_cpu()->rq;

	for (;;) {
		rcu_note_quiescent();
		arch_irq_disable();
		if (!CPU_READ(need_resched) && !balance_pull(rq)) {
			tick_idle(rcu_needs_cpu());
			rcu_idle_enter();
			arch_idle_wait();
		} else {
			arch_irq_enable();
		}
		if (CPU_READ(need_resched) || READ_ONCE(rq->nr_running))
			schedule();
	}
}

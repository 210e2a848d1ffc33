// SPDX-License-Identifier: MIT
/*
 * CPU-time clocks and the timers on them: see the header.
 *
 * Invariants: an active timer is in the tree of its clock's task or process, ordered by expiry; `running` is
 * set before a timer leaves the tree for its handler, so that one which is neither active nor running is at
 * rest.  A handler that starts its timer again moves it past the time that the tick has seen.  Lock:
 * cputime_lock (irq-safe), inside of siglock; handlers run without it.  It is global: only ticks that find a
 * timer take it.  Source: clock_getcpuclockid(3), timer_create(2), Linux 6.1 kernel/time/posix-cpu-timers.c
 * for what a clock id means, for errors and for what expires at once.
 */
#include "kernel/time/cputime.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include "kernel/time/nanosleep.h"
#include <linux/time.h>

#define KINDS      3
#define KIND_VIRT  1
#define KIND_SCHED 2
#define PER_THREAD 4

static struct spinlock cputime_lock = SPINLOCK_INIT_NAMED("cputime_lock");

/* ---- clocks ---------------------------------------------------------------------------------- */

bool is_cputime_clock(clockid_t id)
{
	if (id < 0)
		return (id & 7) != 3; /* that is a descriptor's: FD_TO_CLOCKID */
	return id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID;
}

static clockid_t canonical(clockid_t id)
{
	if (id == CLOCK_PROCESS_CPUTIME_ID)
		return (clockid_t)(~0u << 3) | KIND_SCHED;
	if (id == CLOCK_THREAD_CPUTIME_ID)
		return (clockid_t)(~0u << 3) | PER_THREAD | KIND_SCHED;
	return id;
}

int cputime_clock_get(clockid_t id, bool reading, struct cputime_clock *out)
{
	bool known = is_cputime_clock(id);
	int err = -EINVAL;

	id = canonical(id);
	*out = (struct cputime_clock){ .kind = id & 3 };
	if (!known || out->kind >= KINDS)
		return -EINVAL;

	pid_t nr = ~(id >> 3);

	rcu_read_lock();

	struct task *t = nr ? task_find(nr) : current;

	if (t && (id & PER_THREAD)) {
		if (t->proc == current->proc) {
			out->task = task_get(t);
			err = 0;
		}
	} else if (t && (!nr || t->proc->leader == t || (reading && t == current))) {
		out->proc = process_get(t->proc);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

void cputime_clock_put(struct cputime_clock *c)
{
	if (c->task)
		task_put(c->task);
	if (c->proc)
		process_put(c->proc);
	c->task = NULL;
	c->proc = NULL;
}

static u64 task_now(struct task *t, int kind)
{
	return kind == KIND_VIRT ? READ_ONCE(t->utime_ns) : task_cpu_time(t);
}

static u64 of_kind(const struct cpu_times *times, int kind)
{
	return kind == KIND_VIRT ? times->utime_ns : times->utime_ns + times->stime_ns;
}

u64 cputime_clock_now(const struct cputime_clock *c)
{
	struct cpu_times times;

	if (c->task)
		return task_now(c->task, c->kind);
	process_cpu_times(c->proc, &times);
	return of_kind(&times, c->kind);
}

bool cputime_clock_now_locked(const struct cputime_clock *c, struct process *held,
			      u64 *now) __no_lock_analysis /* one of two locks, and maybe already held */
{
	struct cpu_times times;

	if (c->task) {
		*now = task_now(c->task, c->kind);
		return true;
	}
	if (c->proc != held && !spin_trylock(&c->proc->siglock)) /* its owner may want ours */
		return false;
	process_cpu_times_locked(c->proc, &times);
	if (c->proc != held)
		spin_unlock(&c->proc->siglock);
	*now = of_kind(&times, c->kind);
	return true;
}

/* ---- timers ---------------------------------------------------------------------------------- */

static struct cputime_queue *queue_of(const struct cputime_clock *c)
{
	return c->task ? &c->task->cputimers : &c->proc->cputimers;
}

static void insert(struct rb_root *tree, struct cputime_timer *t) __must_hold(&cputime_lock)
{
	struct rb_node **link = &tree->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = t->expires_ns < rb_entry(parent, struct cputime_timer, node)->expires_ns
			       ? &parent->left
			       : &parent->right;
	}
	rb_link_node(&t->node, parent, link);
	rb_insert_fixup(&t->node, tree);
}

static void take_out(struct cputime_timer *t) __must_hold(&cputime_lock)
{
	if (t->active)
		rb_erase(&t->node, &queue_of(&t->clock)->tree[t->clock.kind]);
	t->active = false;
}

int cputime_timer_start(struct cputime_timer *t, u64 expires_ns)
{
	unsigned long flags = spin_lock_irqsave(&cputime_lock);
	struct cputime_queue *q = queue_of(&t->clock);
	int err = q->gone ? -ESRCH : 0;

	take_out(t);
	t->expires_ns = expires_ns;
	if (!err) {
		insert(&q->tree[t->clock.kind], t);
		t->active = true;
	}
	spin_unlock_irqrestore(&cputime_lock, flags);
	return err;
}

bool cputime_clock_gone(const struct cputime_clock *c)
{
	return READ_ONCE(queue_of(c)->gone);
}

bool cputime_timer_try_cancel(struct cputime_timer *t)
{
	unsigned long flags = spin_lock_irqsave(&cputime_lock);
	bool rests = !t->running;

	if (rests)
		take_out(t);
	spin_unlock_irqrestore(&cputime_lock, flags);
	return rests;
}

void cputime_timer_cancel_sync(struct cputime_timer *t)
{
	while (!cputime_timer_try_cancel(t))
		cpu_relax();
}

/* Takes t out for its handler. */
static void claim_locked(struct cputime_timer *t, u64 now) __must_hold(&cputime_lock)
{
	take_out(t);
	t->running = true;
	t->fired_ns = now;
}

void cputime_timer_claim(struct cputime_timer *t, u64 now)
{
	unsigned long flags = spin_lock_irqsave(&cputime_lock);

	claim_locked(t, now);
	spin_unlock_irqrestore(&cputime_lock, flags);
}

void cputime_timer_fire(struct cputime_timer *t)
{
	t->fn(t);

	unsigned long flags = spin_lock_irqsave(&cputime_lock);

	t->running = false; /* its owner may free it from here on */
	spin_unlock_irqrestore(&cputime_lock, flags);
}

/* ---- expiry ---------------------------------------------------------------------------------- */

static bool queue_empty(const struct cputime_queue *q)
{
	return !READ_ONCE(q->tree[0].node) && !READ_ONCE(q->tree[1].node) && !READ_ONCE(q->tree[2].node);
}

/* The first that has expired, claimed.  One whose handler still runs elsewhere waits for the next tick. */
static struct cputime_timer *claim_expired(struct cputime_queue *q, int kind, u64 now)
{
	unsigned long flags = spin_lock_irqsave(&cputime_lock);
	struct rb_node *n = rb_first(&q->tree[kind]);
	struct cputime_timer *t = n ? rb_entry(n, struct cputime_timer, node) : NULL;

	if (t && !t->running && t->expires_ns <= now)
		claim_locked(t, now);
	else
		t = NULL;
	spin_unlock_irqrestore(&cputime_lock, flags);
	return t;
}

static void expire_queue(struct cputime_queue *q, struct cputime_clock c)
{
	struct cputime_timer *t;

	for (; c.kind < KINDS; c.kind++) {
		if (!READ_ONCE(q->tree[c.kind].node))
			continue;

		u64 now = cputime_clock_now(&c);

		while ((t = claim_expired(q, c.kind, now)))
			cputime_timer_fire(t);
	}
}

void cputime_tick(void)
{
	struct task *me = current;

	if (unlikely(!queue_empty(&me->cputimers)))
		expire_queue(&me->cputimers, (struct cputime_clock){ .task = me });
	if (unlikely(!queue_empty(&me->proc->cputimers)))
		expire_queue(&me->proc->cputimers, (struct cputime_clock){ .proc = me->proc });
}

void cputime_queue_close(struct cputime_queue *q)
{
	unsigned long flags = spin_lock_irqsave(&cputime_lock);
	struct rb_node *n;

	WRITE_ONCE(q->gone, true);
	for (int kind = 0; kind < KINDS; kind++)
		while ((n = rb_first(&q->tree[kind])))
			take_out(rb_entry(n, struct cputime_timer, node));
	spin_unlock_irqrestore(&cputime_lock, flags);
}

/* ---- sleeping -------------------------------------------------------------------------------- */

struct sleeper {
	struct cputime_timer timer;
	struct task *task;
	bool done; /* [atomic] */
};

static void wake_sleeper(struct cputime_timer *t)
{
	struct sleeper *s = container_of(t, struct sleeper, timer);

	atomic_store(&s->done, true);
	wake_up_process(s->task);
}

/* True: the time came.  False: a signal did. */
static bool sleep_for(struct sleeper *s)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (atomic_load(&s->done) || signal_pending())
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
	cputime_timer_cancel_sync(&s->timer);
	return atomic_load(&s->done);
}

int cputime_sleep(clockid_t id, bool absolute, u64 ns, struct sleep_rest *rest)
{
	struct sleeper s = { .timer.fn = wake_sleeper, .task = current };
	struct cputime_clock *c = &s.timer.clock;
	u64 now, until;
	int err = cputime_clock_get(id, false, c);

	if (!err && c->task == current)
		err = -EINVAL;
	if (!err && cputime_clock_gone(c))
		err = -ESRCH;
	if (!err && ns) {
		now = cputime_clock_now(c);
		until = absolute ? ns : now + min(ns, (u64)INT64_MAX - now);
		if (now < until && !(err = cputime_timer_start(&s.timer, until)) && !sleep_for(&s)) {
			now = cputime_clock_now(c);
			*rest = (struct sleep_rest){ until > now ? until - now : 1, until };
			err = -EINTR;
		}
	}
	cputime_clock_put(c);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * timer_create(2) and its family.  A process has at most one signal per timer in its queues: an expiry
 * that finds it still there counts as an overrun, told when the signal is taken.
 *
 * Invariants: timers hang on process->posix_timers in order of their creation; a timer is armed only under
 * siglock and never once it is off the list.  Lock: process->siglock.  Handlers run in interrupt
 * context; setting and deletion wait for them.
 */
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include "kernel/time/itimer.h"

struct posix_timer {
	struct list_head node;
	struct timer timer;
	struct process *proc;
	struct task *target; /* reference, SIGEV_THREAD_ID */
	int id;
	clockid_t clock;
	int notify, signo;
	sigval_t value;
	u64 interval_ns;
	int overrun;	  /* since the signal was queued */
	int overrun_last; /* of the signal that was taken last */
};

struct posix_timers {
	struct list_head list;
	int next_id;
};

static struct posix_timer *find_locked(struct process *p, int id)
{
	struct posix_timers *all = p->posix_timers;
	struct posix_timer *pt;

	if (!all)
		return NULL;
	list_for_each(pt, &all->list, node) {
		if (pt->id == id)
			return pt;
	}
	return NULL;
}

static bool queued_in(const struct sigpending *pending, int id)
{
	struct sigqueue *q;

	list_for_each(q, &pending->queue, node) {
		if (q->info.si_code == SI_TIMER && q->info.si_tid == id)
			return true;
	}
	return false;
}

static void expired(struct timer *t)
{
	struct posix_timer *pt = container_of(t, struct posix_timer, timer);
	unsigned long flags = spin_lock_irqsave(&pt->proc->siglock);
	u64 interval = pt->interval_ns, missed = 0;
	bool send = pt->notify != SIGEV_NONE;

	if (interval) {
		u64 now = clock_mono_ns(), next = t->expires_ns + interval;

		if (next <= now) {
			missed = (now - next) / interval + 1;
			next += missed * interval;
		}
		timer_start(t, next);
	}
	if (send && queued_in(pt->target ? &pt->target->pending : &pt->proc->shared, pt->id)) {
		send = false;
		missed++;
	}
	pt->overrun = missed > (u64)(INT32_MAX - pt->overrun) ? INT32_MAX : pt->overrun + (int)missed;
	spin_unlock_irqrestore(&pt->proc->siglock, flags);
	if (!send)
		return;

	siginfo_t info = { .si_signo = pt->signo, .si_code = SI_TIMER };

	info.si_tid = pt->id;
	info._sifields._timer._sigval = pt->value;
	if (pt->target)
		signal_send_task(pt->target, pt->signo, &info);
	else
		signal_send_process(pt->proc, pt->signo, &info);
}

void posix_timer_signal_taken(struct process *p, siginfo_t *info)
{
	struct posix_timer *pt = find_locked(p, info->si_tid);

	if (!pt)
		return;
	info->si_overrun = pt->overrun_last = pt->overrun;
	pt->overrun = 0;
}

/* The thread that SIGEV_THREAD_ID names: of our own process only. */
static struct task *notify_target(pid_t tid)
{
	struct task *t;

	rcu_read_lock();
	t = task_find(tid);
	if (t && t->proc == current->proc)
		task_get(t);
	else
		t = NULL;
	rcu_read_unlock();
	return t;
}

static int check_clock(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return (int)refuse(EOPNOTSUPP, "timer_create: no timers on this clock");
	default:
		return -EINVAL;
	}
}

/* The process's list, made at the first timer. */
static struct posix_timers *timers_of(struct process *p)
{
	struct posix_timers *all = p->posix_timers;

	if (all)
		return all;
	all = kzalloc(sizeof(*all));
	if (!all)
		return NULL;
	list_init(&all->list);

	unsigned long flags = spin_lock_irqsave(&p->siglock);

	struct posix_timers *other = p->posix_timers;

	if (!other)
		p->posix_timers = all;
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!other)
		return all;
	kfree(all); /* another thread was faster */
	return other;
}

long do_timer_create(clockid_t clock, int notify, int signo, sigval_t value, pid_t tid, bool default_value)
{
	struct process *p = current->proc;
	struct posix_timers *all;
	struct posix_timer *pt;
	struct task *target = NULL;
	unsigned long flags;
	int err = check_clock(clock);

	if (err)
		return err;
	all = timers_of(p);
	pt = kzalloc(sizeof(*pt));
	if (!all || !pt) {
		kfree(pt);
		return -EAGAIN;
	}
	if ((notify != SIGEV_SIGNAL && notify != SIGEV_NONE && notify != SIGEV_THREAD && notify != SIGEV_THREAD_ID) ||
	    (notify != SIGEV_NONE && (signo < 1 || signo > NSIG_K)) ||
	    (notify == SIGEV_THREAD_ID && !(target = notify_target(tid)))) {
		kfree(pt);
		return -EINVAL;
	}
	timer_init(&pt->timer, expired);
	pt->proc = p;
	pt->target = target;
	pt->clock = clock;
	pt->notify = notify;
	pt->signo = signo;
	flags = spin_lock_irqsave(&p->siglock);
	do {
		pt->id = all->next_id++ & INT32_MAX;
	} while (find_locked(p, pt->id));
	pt->value = value;
	if (default_value)
		pt->value.sival_int = pt->id;
	list_add_tail(&pt->node, &all->list);
	spin_unlock_irqrestore(&p->siglock, flags);
	return pt->id;
}

static void read_locked(struct posix_timer *pt, struct itimer_value *v)
{
	u64 now = clock_mono_ns();

	v->interval_ns = pt->interval_ns;
	v->value_ns = 0;
	if (timer_active(&pt->timer))
		v->value_ns = pt->timer.expires_ns > now ? pt->timer.expires_ns - now : 1;
}

int do_timer_settime(int id, int flags, const struct itimer_value *v, struct itimer_value *old)
{
	struct process *p = current->proc;
	struct posix_timer *pt;
	unsigned long irq;

	for (;;) {
		irq = spin_lock_irqsave(&p->siglock);
		pt = find_locked(p, id);
		if (!pt) {
			spin_unlock_irqrestore(&p->siglock, irq);
			return -EINVAL;
		}
		read_locked(pt, old);
		if (timer_try_cancel(&pt->timer))
			break;
		spin_unlock_irqrestore(&p->siglock, irq); /* the expiry that is under way comes first */
		cpu_relax();
	}
	pt->interval_ns = 0;
	pt->overrun = pt->overrun_last = 0;
	if (v->value_ns) {
		u64 now = clock_mono_ns(), when = v->value_ns;

		if (!(flags & TIMER_ABSTIME))
			when = now + min(when, (u64)INT64_MAX - now);
		else if (pt->clock == CLOCK_REALTIME || pt->clock == CLOCK_TAI)
			when = when > realtime_offset_ns ? when - realtime_offset_ns : 0;
		pt->interval_ns = v->interval_ns;
		timer_start(&pt->timer, when);
	}
	spin_unlock_irqrestore(&p->siglock, irq);
	return 0;
}

int do_timer_gettime(int id, struct itimer_value *v)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct posix_timer *pt = find_locked(p, id);

	if (pt)
		read_locked(pt, v);
	spin_unlock_irqrestore(&p->siglock, flags);
	return pt ? 0 : -EINVAL;
}

long do_timer_getoverrun(int id)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct posix_timer *pt = find_locked(p, id);
	long n = pt ? pt->overrun_last : -EINVAL;

	spin_unlock_irqrestore(&p->siglock, flags);
	return n;
}

/* pt is off the list and has no interval: nobody but a running handler knows it, and that does not restart it. */
static void destroy(struct posix_timer *pt)
{
	timer_cancel_sync(&pt->timer);
	if (pt->target)
		task_put(pt->target);
	kfree(pt);
}

int do_timer_delete(int id)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct posix_timer *pt = find_locked(p, id);

	if (pt) {
		list_del(&pt->node);
		pt->interval_ns = 0;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!pt)
		return -EINVAL;
	destroy(pt);
	return 0;
}

void posix_timers_exit(struct process *p)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct posix_timers *all = p->posix_timers;
	struct posix_timer *pt, *tmp;

	p->posix_timers = NULL;
	if (all) {
		list_for_each(pt, &all->list, node)
			pt->interval_ns = 0;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!all)
		return;
	list_for_each_safe(pt, tmp, &all->list, node)
		destroy(pt);
	kfree(all);
}

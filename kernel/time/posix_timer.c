// SPDX-License-Identifier: MIT
/*
 * timer_create(2) and its family.  A process has at most one signal per timer in its queues.  A timer
 * with an interval starts again when its signal is taken, which also tells how many expiries went by
 * meanwhile: however short the interval, it cannot keep a CPU busy with interrupts.  Source:
 * timer_settime(2), timer_getoverrun(2), Linux 6.1's order of re-arming.
 *
 * Invariants: timers are in the tree of process->posix_timers by id; a timer is armed only under
 * siglock and never once it is out of the tree.  Lock: process->siglock.  Handlers run in interrupt
 * context; setting and deletion wait for them.
 */
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/rq.h"
#include "kernel/task/task.h"
#include "kernel/time/cancel.h"
#include "kernel/time/cputime.h"
#include "kernel/time/itimer.h"

struct posix_timer {
	struct rb_node node;
	union { /* by `cputime` */
		struct timer timer;
		struct cputime_timer work;
	};
	bool cputime; /* [const] on a clock of CPU time: what follows about times means that clock */
	struct process *proc;
	struct user *user; /* [const] charged for one pending signal; reference */
	struct task *target; /* reference, SIGEV_THREAD_ID */
	int id;
	bool reserved; /* [siglock] it has a number, and nobody may know it yet */
	clockid_t clock;
	int notify, signo;
	sigval_t value;
	struct clock_watch watch; /* of CLOCK_REALTIME and CLOCK_TAI */
	bool follows; /* an absolute time on such a clock: it moves when the clock is set */
	u64 offset_ns; /* realtime_offset_ns that expires_ns was computed with */
	/*
	 * monotonic; 0: off; negative: the clock was set past it.  SIGEV_NONE: a time to compute with, the
	 * kernel timer never runs
	 */
	s64 expires_ns;
	u64 interval_ns;
	bool requeue; /* it expired and starts again when its signal is taken */
	s64 overrun; /* intervals gone by since the signal was queued, less the one that queued it */
	int overrun_last; /* of the signal that was taken last */
};

struct posix_timers {
	struct rb_root tree;
	int next_id;
};

static struct posix_timer *find_any_locked(struct process *p, int id)
{
	struct posix_timers *all = p->posix_timers;
	struct rb_node *n = all ? all->tree.node : NULL;

	while (n) {
		struct posix_timer *pt = rb_entry(n, struct posix_timer, node);

		if (pt->id == id)
			return pt;
		n = id < pt->id ? n->left : n->right;
	}
	return NULL;
}

static struct posix_timer *find_locked(struct process *p, int id)
{
	struct posix_timer *pt = find_any_locked(p, id);

	return pt && !pt->reserved ? pt : NULL;
}

/* Gives pt the next id that is free and puts it into the tree. */
static void insert_locked(struct posix_timers *all, struct posix_timer *pt)
{
	struct rb_node **link, *parent = NULL;

	do {
		pt->id = all->next_id++ & INT32_MAX;
	} while (find_any_locked(pt->proc, pt->id));
	for (link = &all->tree.node; *link;) {
		parent = *link;
		link = pt->id < rb_entry(parent, struct posix_timer, node)->id ? &parent->left
									       : &parent->right;
	}
	rb_link_node(&pt->node, parent, link);
	rb_insert_fixup(&pt->node, &all->tree);
}

static const struct sigpending *pending_of(const struct posix_timer *pt)
{
	return pt->target ? &pt->target->pending : &pt->proc->shared;
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

/* Moves an expiry that has passed to the first one after now; each interval that goes by is counted. */
static void forward_locked(struct posix_timer *pt, s64 now)
{
	u64 n;

	if (pt->expires_ns > now)
		return;
	n = (u64)(now - pt->expires_ns) / pt->interval_ns + 1;
	pt->expires_ns += (s64)(n * pt->interval_ns);
	pt->overrun += (s64)min(n, (u64)INT32_MAX);
}

static void start_locked(struct posix_timer *pt)
{
	u64 at = (u64)max(pt->expires_ns, (s64)0);

	if (!pt->cputime)
		timer_start(&pt->timer, at);
	else if (cputime_timer_start(&pt->work, at))
		pt->expires_ns = 0; /* that time will never come: its process is gone */
}

/* What the timer's clock shows; false: that cannot be told with siglock held, at the moment. */
static bool now_locked(struct posix_timer *pt, s64 *now)
{
	u64 at;

	if (!pt->cputime)
		at = clock_mono_ns();
	else if (!cputime_clock_now_locked(&pt->work.clock, pt->proc, &at))
		return false;
	*now = (s64)at;
	return true;
}

static bool try_cancel(struct posix_timer *pt)
{
	return pt->cputime ? cputime_timer_try_cancel(&pt->work) : timer_try_cancel(&pt->timer);
}

static int overrun_count(s64 n)
{
	return (int)min(max(n, (s64)0), (s64)INT32_MAX);
}

/*
 * Nobody was told: with an interval it goes on, at the pace of the tick, for the signal may be wanted one
 * day.
 */
static void restart_ignored(struct posix_timer *pt)
{
	s64 now = (s64)(pt->cputime ? cputime_clock_now(&pt->work.clock) : clock_mono_ns() + TICK_NS);
	unsigned long flags = spin_lock_irqsave(&pt->proc->siglock);

	if (pt->requeue && !queued_in(pending_of(pt), pt->id)) {
		pt->requeue = false;
		forward_locked(pt, now);
		start_locked(pt);
	}
	spin_unlock_irqrestore(&pt->proc->siglock, flags);
}

static void expire(struct posix_timer *pt)
{
	unsigned long flags = spin_lock_irqsave(&pt->proc->siglock);
	bool silent = pt->notify == SIGEV_NONE, queued = queued_in(pending_of(pt), pt->id);

	if (queued)
		pt->overrun++;
	if (pt->interval_ns && !silent)
		pt->requeue = true;
	else
		pt->expires_ns = 0;
	spin_unlock_irqrestore(&pt->proc->siglock, flags);
	if (queued || silent)
		return;

	siginfo_t info = { .si_signo = pt->signo, .si_code = SI_TIMER };

	info.si_tid = pt->id;
	info._sifields._timer._sigval = pt->value;
	signal_send_timer(pt->proc, pt->target, pt->signo, &info);
	restart_ignored(pt);
}

static void expired(struct timer *t)
{
	expire(container_of(t, struct posix_timer, timer));
}

static void cputime_expired(struct cputime_timer *t)
{
	expire(container_of(t, struct posix_timer, work));
}

void posix_timer_signal_taken(struct process *p, siginfo_t *info)
{
	struct posix_timer *pt = find_locked(p, info->si_tid);
	s64 now;

	if (!pt || !pt->requeue)
		return;
	pt->requeue = false;
	if (!now_locked(pt, &now))
		now = (s64)pt->work.fired_ns; /* a guess: the next tick knows better */
	forward_locked(pt, now);
	start_locked(pt);
	info->si_overrun = pt->overrun_last = overrun_count(pt->overrun);
	pt->overrun = -1;
}

/* clock_settime(2) was here: what an absolute time means on the monotonic clock is another one now. */
static void clock_set(struct clock_watch *w)
{
	struct posix_timer *pt = container_of(w, struct posix_timer, watch);
	unsigned long flags = spin_lock_irqsave(&pt->proc->siglock);
	u64 offset = atomic_load(&realtime_offset_ns);

	if (pt->expires_ns && pt->follows) {
		pt->expires_ns += (s64)(pt->offset_ns - offset);
		pt->expires_ns += !pt->expires_ns; /* 0 is off */
		pt->offset_ns = offset;
		if (timer_active(&pt->timer)) /* else its signal is queued, or on the way */
			start_locked(pt);
	}
	spin_unlock_irqrestore(&pt->proc->siglock, flags);
}

static bool on_real_clock(const struct posix_timer *pt)
{
	return pt->clock == CLOCK_REALTIME || pt->clock == CLOCK_TAI || pt->clock == CLOCK_REALTIME_ALARM;
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
	case CLOCK_REALTIME_ALARM: /* the machine never suspends: these are as good as the plain ones */
	case CLOCK_BOOTTIME_ALARM:
		return 0;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_MONOTONIC_COARSE:
		return -EOPNOTSUPP;
	default:
		if (is_cputime_clock(clock))
			return 0; /* whose, is looked up when the timer is published */
		return clock < 0 ? -EOPNOTSUPP : -EINVAL;
	}
}

/* The process's timers; the tree is made for the first one. */
static struct posix_timers *timers_of(struct process *p)
{
	struct posix_timers *all = p->posix_timers;

	if (all)
		return all;
	all = kzalloc(sizeof(*all));
	if (!all)
		return NULL;

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

long do_timer_reserve(clockid_t clock, int notify, int signo, sigval_t value, pid_t tid, bool default_value)
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
	if (!all || !pt || !(pt->user = signal_charge(current, false))) {
		kfree(pt);
		return -EAGAIN;
	}
	if ((notify != SIGEV_SIGNAL && notify != SIGEV_NONE && notify != SIGEV_THREAD &&
	     notify != SIGEV_THREAD_ID) ||
	    (notify != SIGEV_NONE && (signo < 1 || signo > NSIG_K)) ||
	    (notify == SIGEV_THREAD_ID && !(target = notify_target(tid)))) {
		signal_uncharge(pt->user);
		kfree(pt);
		flags = spin_lock_irqsave(&p->siglock);
		all->next_id++; /* Linux has given the number out by now */
		spin_unlock_irqrestore(&p->siglock, flags);
		return -EINVAL;
	}
	pt->cputime = is_cputime_clock(clock);
	if (pt->cputime)
		pt->work.fn = cputime_expired;
	else
		timer_init(&pt->timer, expired);
	pt->proc = p;
	pt->target = target;
	pt->clock = clock;
	pt->overrun = -1;
	pt->notify = notify;
	pt->signo = signo;
	pt->watch.fn = clock_set;
	pt->reserved = true;
	if (on_real_clock(pt))
		clock_watch_add(&pt->watch);
	flags = spin_lock_irqsave(&p->siglock);
	insert_locked(all, pt);
	pt->value = value;
	if (default_value)
		pt->value.sival_int = pt->id;
	spin_unlock_irqrestore(&p->siglock, flags);
	return pt->id;
}

static void read_locked(struct posix_timer *pt, s64 now, struct itimer_value *v)
{
	bool silent = pt->notify == SIGEV_NONE;

	v->interval_ns = pt->interval_ns;
	v->value_ns = 0;
	if (!pt->expires_ns)
		return;
	if (pt->interval_ns && (silent || pt->requeue))
		forward_locked(pt, now);
	if (pt->expires_ns > now)
		v->value_ns = (u64)(pt->expires_ns - now);
	else if (!silent)
		v->value_ns = 1; /* its signal is on the way */
}

/* On a clock of CPU time: a timer that starts again when its signal is taken has run out until then. */
static void read_cputime_locked(struct posix_timer *pt, s64 now, struct itimer_value *v)
{
	v->interval_ns = pt->interval_ns;
	if (!pt->expires_ns)
		v->value_ns = 0;
	else
		v->value_ns = pt->expires_ns > now ? (u64)(pt->expires_ns - now) : 1;
}

static void forget_setting(struct posix_timer *pt)
{
	pt->expires_ns = pt->interval_ns = 0;
	pt->requeue = false;
	pt->overrun = -1;
	pt->overrun_last = 0;
}

/* timer_settime(2) on a clock of CPU time.  True: that time has passed, and the timer is claimed. */
static bool set_cputime_locked(struct posix_timer *pt, int flags, s64 now, const struct itimer_value *v,
			       struct itimer_value *old)
{
	s64 when = (s64)min(v->value_ns, (u64)INT64_MAX);

	if (pt->expires_ns && pt->interval_ns)
		forward_locked(pt, now);
	read_cputime_locked(pt, now, old);
	forget_setting(pt);
	pt->interval_ns = v->interval_ns; /* also when it is off: Linux 6.1 */
	if (!when)
		return false;
	pt->expires_ns = flags & TIMER_ABSTIME ? when : now + min(when, INT64_MAX - now);
	if (pt->expires_ns > now) {
		start_locked(pt);
		return false;
	}
	cputime_timer_claim(&pt->work, (u64)now);
	return true;
}

static void set_locked(struct posix_timer *pt, int flags, s64 now, const struct itimer_value *v,
		       struct itimer_value *old)
{
	s64 when = (s64)min(v->value_ns, (u64)INT64_MAX);

	read_locked(pt, now, old);
	forget_setting(pt);
	if (!when)
		return;
	pt->follows = (flags & TIMER_ABSTIME) && on_real_clock(pt);
	if (!(flags & TIMER_ABSTIME)) {
		when = now + min(when, INT64_MAX - now);
	} else if (pt->follows) {
		pt->offset_ns = atomic_load(&realtime_offset_ns);
		when -= (s64)pt->offset_ns;
	}
	pt->interval_ns = v->interval_ns;
	pt->expires_ns = when + !when; /* 0 is off */
	if (pt->notify != SIGEV_NONE)
		start_locked(pt);
}

/* The timer at rest, siglock held, and what its clock shows; -EINVAL, -ESRCH, without the lock then. */
static int stop_timer(struct process *p, int id, struct posix_timer **out, s64 *now,
		      unsigned long *irq) __no_lock_analysis /* the lock is held when it succeeds */
{
	for (;;) {
		int err = 0;

		*irq = spin_lock_irqsave(&p->siglock);
		*out = find_locked(p, id);
		if (!*out)
			err = -EINVAL;
		else if ((*out)->cputime && cputime_clock_gone(&(*out)->work.clock))
			err = -ESRCH;
		else if (now_locked(*out, now) && try_cancel(*out))
			return 0;
		spin_unlock_irqrestore(&p->siglock, *irq); /* the expiry that is under way comes first */
		if (err)
			return err;
		cpu_relax();
	}
}

int do_timer_settime(int id, int flags, const struct itimer_value *v,
		     struct itimer_value *old) __no_lock_analysis /* stop_timer() locks */
{
	struct process *p = current->proc;
	struct posix_timer *pt;
	unsigned long irq;
	s64 now;
	int err = stop_timer(p, id, &pt, &now, &irq);

	if (err)
		return err;
	if (unlikely(pt->cputime) && set_cputime_locked(pt, flags, now, v, old)) {
		preempt_disable(); /* others wait for a claimed timer without sleeping */
		spin_unlock_irqrestore(&p->siglock, irq);
		cputime_timer_fire(&pt->work);
		preempt_enable();
		return 0;
	}
	if (!pt->cputime)
		set_locked(pt, flags, now, v, old);
	spin_unlock_irqrestore(&p->siglock, irq);
	return 0;
}

int do_timer_gettime(int id, struct itimer_value *v)
{
	struct process *p = current->proc;

	for (;;) {
		unsigned long flags = spin_lock_irqsave(&p->siglock);
		struct posix_timer *pt = find_locked(p, id);
		bool known = true;
		s64 now;

		*v = (struct itimer_value){ 0, 0 };
		if (pt && !(pt->cputime && cputime_clock_gone(&pt->work.clock)) &&
		    (known = now_locked(pt, &now)))
			read_locked(pt, now, v);
		spin_unlock_irqrestore(&p->siglock, flags);
		if (known)
			return pt ? 0 : -EINVAL;
		cpu_relax();
	}
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

/*
 * pt is out of the tree and has no interval: nobody but a running handler knows it, and that does not
 * restart it.
 */
static void destroy(struct posix_timer *pt)
{
	if (on_real_clock(pt))
		clock_watch_remove(&pt->watch); /* first, for it starts the timer */
	if (pt->cputime) {
		if (!pt->reserved)
			cputime_timer_cancel_sync(&pt->work);
		cputime_clock_put(&pt->work.clock);
	} else {
		timer_cancel_sync(&pt->timer);
	}
	if (pt->target)
		task_put(pt->target);
	signal_uncharge(pt->user);
	kfree(pt);
}

int do_timer_publish(int id)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct posix_timer *pt = find_any_locked(p, id);
	bool alarm = pt->clock == CLOCK_REALTIME_ALARM || pt->clock == CLOCK_BOOTTIME_ALARM;
	int err = alarm && !capable(CAP_WAKE_ALARM) ? -EPERM : 0;

	if (pt->cputime)
		err = cputime_clock_get(pt->clock, false, &pt->work.clock);
	if (!err)
		pt->reserved = false;
	spin_unlock_irqrestore(&p->siglock, flags);
	return err;
}

static int delete (int id, bool reserved)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct posix_timer *pt = reserved ? find_any_locked(p, id) : find_locked(p, id);

	if (pt) {
		rb_erase(&pt->node, &((struct posix_timers *)p->posix_timers)->tree);
		pt->interval_ns = 0;
		pt->requeue = false;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!pt)
		return -EINVAL;
	destroy(pt);
	return 0;
}

int do_timer_delete(int id)
{
	return delete (id, false);
}

void do_timer_unreserve(int id)
{
	(void)delete (id, true);
}

void posix_timers_exit(struct process *p)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct posix_timers *all = p->posix_timers;
	struct rb_node *n, *next;

	p->posix_timers = NULL;
	if (all) {
		rb_for_each(n, &all->tree) {
			struct posix_timer *pt = rb_entry(n, struct posix_timer, node);

			pt->interval_ns = 0;
			pt->requeue = false;
		}
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!all)
		return;
	for (n = rb_first(&all->tree); n; n = next) {
		next = rb_next(n);
		rb_erase(n, &all->tree);
		destroy(rb_entry(n, struct posix_timer, node));
	}
	kfree(all);
}

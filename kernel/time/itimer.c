// SPDX-License-Identifier: MIT
/*
 * setitimer(2).  ITIMER_REAL is a kernel timer; ITIMER_VIRTUAL and ITIMER_PROF count the scheduler's
 * ticks of all threads, so their grain is one tick (4 ms, Linux with HZ=250).  Lock: process->siglock.
 */
#include "kernel/time/itimer.h"
#include "kernel/sched/rq.h"
#include "kernel/task/task.h"
#include "kernel/time/tick.h"

static void real_expired(struct timer *t)
{
	signal_send_process(container_of(t, struct process, itimer_real), SIGALRM, NULL);
}

/*
 * As Linux: the next expiry waits until the signal of the last one is taken, so that short intervals do no
 * harm.
 */
void itimer_signal_taken(struct process *p)
{
	u64 interval = p->itimer_real_interval_ns, now = clock_mono_ns(), next = p->itimer_real.expires_ns;

	if (!interval || timer_active(&p->itimer_real))
		return;
	if (next <= now)
		next += ((now - next) / interval + 1) * interval;
	timer_start(&p->itimer_real, next);
}

void itimer_init(struct process *p)
{
	timer_init(&p->itimer_real, real_expired);
}

void itimer_exit(struct process *p)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	p->itimer_real_interval_ns = 0;
	spin_unlock_irqrestore(&p->siglock, flags);
	timer_cancel_sync(&p->itimer_real);
}

static void get_locked(struct process *p, int which, struct itimer_value *v) __must_hold(&p->siglock)
{
	u64 now;

	switch (which) {
	case ITIMER_REAL:
		now = clock_mono_ns();
		v->interval_ns = p->itimer_real_interval_ns;
		v->value_ns = 0;
		if (timer_active(
			    /* about to expire still counts as armed: at least a microsecond */
			    &p->itimer_real))
			v->value_ns = p->itimer_real.expires_ns > now + 1000 ? p->itimer_real.expires_ns - now
									     : 1000;
		break;
	case ITIMER_VIRTUAL:
		*v = (struct itimer_value){ p->itimer_virt_ns, p->itimer_virt_interval_ns };
		break;
	default:
		*v = (struct itimer_value){ p->itimer_prof_ns, p->itimer_prof_interval_ns };
	}
}

int do_getitimer(int which, struct itimer_value *v)
{
	struct process *p = current->proc;
	unsigned long flags;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	flags = spin_lock_irqsave(&p->siglock);
	get_locked(p, which, v);
	spin_unlock_irqrestore(&p->siglock, flags);
	return 0;
}

/* siglock held, the timer at rest: nobody else arms it. */
static void set_real_locked(struct process *p, const struct itimer_value *v) __must_hold(&p->siglock)
{
	u64 now = clock_mono_ns();

	p->itimer_real_interval_ns = v->value_ns ? v->interval_ns : 0;
	if (v->value_ns)
		timer_start(&p->itimer_real, now + min(v->value_ns, (u64)INT64_MAX - now));
}

int do_setitimer(int which, const struct itimer_value *v, struct itimer_value *old)
{
	struct process *p = current->proc;
	unsigned long flags;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	for (;;) {
		flags = spin_lock_irqsave(&p->siglock);
		get_locked(p, which, old);
		if (which != ITIMER_REAL || timer_try_cancel(&p->itimer_real))
			break;
		spin_unlock_irqrestore(&p->siglock,
				       flags); /* its signal comes first: after alarm(0) there is none */
		cpu_relax();
	}
	if (which == ITIMER_REAL) {
		set_real_locked(p, v);
	} else if (which == ITIMER_VIRTUAL) {
		p->itimer_virt_ns = v->value_ns;
		p->itimer_virt_interval_ns = v->interval_ns;
	} else {
		p->itimer_prof_ns = v->value_ns;
		p->itimer_prof_interval_ns = v->interval_ns;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return 0;
}

/* One tick off a counter; true when it ran out and was reloaded. */
static bool count_down(u64 *left, u64 interval)
{
	if (!*left)
		return false;
	if (*left > TICK_NS) {
		*left -= TICK_NS;
		return false;
	}
	*left = interval;
	return true;
}

/* RLIMIT_CPU, setrlimit(2): SIGXCPU each second beyond the soft limit, SIGKILL at the hard one. */
static void check_cpu_limit(struct process *p)
{
	u64 soft = READ_ONCE(p->rlim[RLIMIT_CPU].rlim_cur), hard = READ_ONCE(p->rlim[RLIMIT_CPU].rlim_max);
	struct cpu_times times;
	u64 sec;

	if (likely(soft == RLIM64_INFINITY))
		return;
	process_cpu_times(p, &times);
	sec = (times.utime_ns + times.stime_ns) / NSEC_PER_SEC;
	if (sec >= hard) {
		signal_send_process(p, SIGKILL, NULL);
	} else if (sec >= soft) {
		WRITE_ONCE(p->rlim[RLIMIT_CPU].rlim_cur, sec + 1);
		signal_send_process(p, SIGXCPU, NULL);
	}
}

/*
 * RLIMIT_RTTIME, setrlimit(2): the same for one thread, for the ticks since it slept last, in us.  Linux
 * looks at the limits only once there are more of them than the lower limit has begun.
 */
static void check_rt_limit(struct task *me)
{
	struct rlimit64 *limit = &me->proc->rlim[RLIMIT_RTTIME];
	u64 soft = READ_ONCE(limit->rlim_cur), hard = READ_ONCE(limit->rlim_max), us;

	if (soft == RLIM64_INFINITY || !se_rt_prio(&me->se))
		return;
	if (me->rt_switches != me->se.nr_voluntary) {
		me->rt_switches = me->se.nr_voluntary;
		me->rt_ticks = 0;
	}
	us = ++me->rt_ticks * (TICK_NS / NSEC_PER_USEC);
	if (me->rt_ticks <= DIV_ROUND_UP(min(soft, hard), TICK_NS / NSEC_PER_USEC))
		return;
	if (us >= hard) {
		signal_send_process(me->proc, SIGKILL, NULL);
	} else if (us >= soft) {
		WRITE_ONCE(limit->rlim_cur, soft + NSEC_PER_SEC / NSEC_PER_USEC);
		signal_send_process(me->proc, SIGXCPU, NULL);
	}
}

void itimer_tick(bool user)
{
	struct process *p = current->proc;
	bool virt, prof;

	if (!p || !current->mm)
		return;
	cputime_tick();
	if (unlikely(READ_ONCE(p->itimer_virt_ns) || READ_ONCE(p->itimer_prof_ns))) {
		spin_lock(&p->siglock);
		virt = user && count_down(&p->itimer_virt_ns, p->itimer_virt_interval_ns);
		prof = count_down(&p->itimer_prof_ns, p->itimer_prof_interval_ns);
		spin_unlock(&p->siglock);
		if (virt)
			signal_send_process(p, SIGVTALRM, NULL);
		if (prof)
			signal_send_process(p, SIGPROF, NULL);
	}
	check_cpu_limit(p);
	check_rt_limit(current);
}

// SPDX-License-Identifier: MIT
/*
 * Waiting for children: death, stop, continue.  A scan under tasklist_lock (reading) finds what can be
 * reported; a zombie is claimed by moving its exit_state from ZOMBIE to DEAD atomically, so that of two
 * threads that wait only one gets it.  Source: wait(2), Linux 6.1's order of reports.
 */
#include "kernel/task/wait.h"
#include "kernel/base/string.h"
#include "kernel/mm/mm.h"
#include "kernel/task/internal.h"

struct wait_scan {
	int type, options;
	struct pid *pid;
	struct wait_result *res;
	bool eligible; /* there is a child worth waiting for */
	struct task *reaped; /* claimed: to be released once the lock is gone */
};

void process_wake_parent(struct process *p)
{
	waitq_wake_all(&p->parent->wait_chld);
}

static void times_add(struct cpu_times *to, const struct cpu_times *from)
{
	to->utime_ns += from->utime_ns;
	to->stime_ns += from->stime_ns;
	to->minflt += from->minflt;
	to->majflt += from->majflt;
	to->nvcsw += from->nvcsw;
	to->nivcsw += from->nivcsw;
	to->inblock += from->inblock;
	to->oublock += from->oublock;
	to->maxrss_pages = max(to->maxrss_pages, from->maxrss_pages);
}

static void report(struct wait_scan *s, struct process *p, int cause, int value)
{
	struct wait_result *r = s->res;

	r->pid = p->pid->nr;
	rcu_read_lock();
	r->uid = rcu_dereference(p->leader->cred)->uid;
	rcu_read_unlock();
	r->cause = cause;
	r->value = value;

	/* Unless it is dead, its threads may be waiting for its children. */
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	process_cpu_times_locked(p, &r->times);
	times_add(&r->times, &p->children_reaped);
	spin_unlock_irqrestore(&p->siglock, flags);
}

static bool is_eligible(const struct wait_scan *s, const struct process *p) __must_hold_shared(&tasklist_lock)
{
	if (s->type == P_PID && p->pid != s->pid)
		return false;
	if (s->type == P_PGID && p->pgrp != s->pid)
		return false;
	if ((s->options & __WNOTHREAD) && p->parent_task != current)
		return false;
	if (s->options & __WALL)
		return true;
	/* "clone" children are those that report with something else than SIGCHLD. */
	return (p->leader->exit_signal != SIGCHLD) == !!(s->options & __WCLONE);
}

static bool wait_zombie(struct wait_scan *s, struct process *p) __must_hold_shared(&tasklist_lock)
{
	struct task *leader = p->leader;
	struct process *me = current->proc;
	/* Nobody is left to change them. */
	int status = READ_ONCE(p->group_flags) & PROC_GROUP_EXIT ? READ_ONCE(p->group_exit_code)
								 : leader->exit_code;

	if (!(s->options & WEXITED))
		return false;
	if (!(s->options & WNOWAIT) && !atomic_cas(&leader->exit_state, TASK_ZOMBIE, TASK_DEAD))
		return false; /* another thread was faster */
	if (status & 0x7f)
		report(s, p, status & 0x80 ? CLD_DUMPED : CLD_KILLED, status & 0x7f);
	else
		report(s, p, CLD_EXITED, status >> 8);
	s->res->status = status;
	if (s->options & WNOWAIT)
		return true;

	unsigned long flags = spin_lock_irqsave(&me->siglock);

	times_add(&me->children_reaped, &s->res->times);
	spin_unlock_irqrestore(&me->siglock, flags);
	s->reaped = leader;
	return true;
}

static bool wait_stopped(struct wait_scan *s, struct process *p)
{
	unsigned long flags;
	bool take;
	int code;

	if (!(s->options & WSTOPPED) || !(READ_ONCE(p->group_flags) & PROC_STOPPED))
		return false;
	flags = spin_lock_irqsave(&p->siglock);
	take = (p->group_flags & (PROC_STOPPED | PROC_STOP_REPORTED)) == PROC_STOPPED;
	code = p->group_exit_code;
	if (take && !(s->options & WNOWAIT))
		p->group_flags |= PROC_STOP_REPORTED;
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!take)
		return false;
	report(s, p, CLD_STOPPED, code);
	s->res->status = code << 8 | 0x7f;
	return true;
}

static bool wait_continued(struct wait_scan *s, struct process *p)
{
	unsigned long flags;
	bool take;

	if (!(s->options & WCONTINUED) || !(READ_ONCE(p->group_flags) & PROC_CONTINUED))
		return false;
	flags = spin_lock_irqsave(&p->siglock);
	take = p->group_flags & PROC_CONTINUED;
	if (!(s->options & WNOWAIT))
		p->group_flags &= ~PROC_CONTINUED;
	spin_unlock_irqrestore(&p->siglock, flags);
	if (!take)
		return false;
	report(s, p, CLD_CONTINUED, SIGCONT);
	s->res->status = 0xffff;
	return true;
}

/* True: something about p was reported. */
static bool consider(struct wait_scan *s, struct process *p) __must_hold_shared(&tasklist_lock)
{
	u32 exit_state = atomic_load(&p->leader->exit_state);

	if (exit_state == TASK_DEAD || !is_eligible(s, p))
		return false;
	if (exit_state == TASK_ZOMBIE) {
		if (p->nr_threads == 1)
			return wait_zombie(s, p);
		/* The leader is gone, its threads are not: the process will die one day. */
		if (s->options & (WCONTINUED | WEXITED))
			s->eligible = true;
	} else {
		s->eligible = true;
	}
	return wait_stopped(s, p) || wait_continued(s, p);
}

static long scan(struct wait_scan *s)
{
	struct process *me = current->proc, *p;
	bool found = false;

	s->eligible = false;
	read_lock(&tasklist_lock);
	if (s->type == P_PID) {
		p = s->pid ? pid_process(s->pid) : NULL;
		found = p && p->parent == me && consider(s, p);
	} else {
		list_for_each(p, &me->children, sibling) {
			if ((found = consider(s, p)))
				break;
		}
	}
	read_unlock(&tasklist_lock);
	if (found && s->reaped)
		task_release(s->reaped);
	if (found)
		return s->res->pid;
	return s->eligible ? 0 : -ECHILD;
}

long do_wait(int type, struct pid *pid, int options, struct wait_result *res)
{
	struct wait_scan s = { .type = type, .options = options, .pid = pid, .res = res };
	struct process *me = current->proc;
	struct waiter w;
	long ret = scan(&s);

	if (ret || (options & WNOHANG))
		return ret;
	waiter_init(&w);
	for (;;) {
		waitq_add(&me->wait_chld, &w);
		set_current_state(TASK_INTERRUPTIBLE);
		ret = scan(&s);
		if (ret)
			break;
		if (signal_pending()) {
			ret = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	set_current_state(TASK_RUNNING);
	waitq_remove(&me->wait_chld, &w);
	return ret;
}

void do_getrusage(int who, struct cpu_times *out)
{
	struct task *me = current;
	struct process *p = me->proc;

	if (who == RUSAGE_CHILDREN) {
		unsigned long flags = spin_lock_irqsave(&p->siglock);

		*out = p->children_reaped;
		spin_unlock_irqrestore(&p->siglock, flags);
		return;
	}
	if (who == RUSAGE_THREAD) {
		memset(out, 0, sizeof(*out));
		task_add_times(me, out);
	} else {
		process_cpu_times(p, out);
	}
	if (me->mm)
		out->maxrss_pages = max(max(out->maxrss_pages, (u64)max(me->mm->rss_peak, (s64)0)),
					(u64)max(me->mm->rss_anon + me->mm->rss_file, (s64)0));
}

// SPDX-License-Identifier: MIT
/*
 * Job control: the group stop, and telling the parent about stops, continues and deaths.
 *
 *   a thread takes a stop signal ── signal_do_stop(sig) ──> every thread gets STOP_PENDING and is woken
 *   each thread ── signal_do_stop(0) ──> TASK_STOPPED; the last one sets PROC_STOPPED and tells the parent
 *   SIGCONT (send.c: cancel_stops) ──> all run again; the first on its way out tells the parent
 *
 * Locks: siglock for jobctl and the group state; tasklist_lock around the parent link.
 */
#include "kernel/base/string.h"
#include "kernel/signal/internal.h"
#include "kernel/task/internal.h"

void jobctl_clear_stop(struct task *t)
{
	t->jobctl &= ~(u32)(JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME | JOBCTL_STOP_DEQUEUED);
}

bool signal_participate_stop(struct task *t)
{
	struct process *p = t->proc;
	bool consume = t->jobctl & JOBCTL_STOP_CONSUME;

	spin_assert_held(&p->siglock);
	jobctl_clear_stop(t);
	if (!consume)
		return false;
	if (p->stop_pending)
		p->stop_pending--;
	if (p->stop_pending || (p->group_flags & PROC_STOPPED))
		return false;
	p->group_flags |= PROC_STOPPED;
	p->group_flags &= ~(PROC_CONTINUED | PROC_STOP_REPORTED | PROC_CLD_STOPPED | PROC_CLD_CONTINUED);
	return true;
}

/* Asks every live thread of current's process to stop. */
static void start_stop(struct process *p, int sig) __must_hold(&p->siglock)
{
	struct task *t;

	if (!(p->group_flags & PROC_STOPPED))
		p->group_exit_code = sig;
	p->group_stop_sig = sig;
	p->stop_pending = 0;
	for_each_thread(p, t) {
		if ((t->flags & PF_EXITING) || (t->pending.set & SIGMASK(SIGKILL)) ||
		    (t != current && (READ_ONCE(t->state) & TASK_STOPPED)))
			continue;
		t->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
		p->stop_pending++;
		signal_wake(t, false);
	}
}

bool signal_do_stop(int sig) __no_lock_analysis /* unlocks when it returns true */
{
	struct task *me = current;
	struct process *p = me->proc;

	if (!(me->jobctl & JOBCTL_STOP_PENDING)) {
		if (!sig || !(me->jobctl & JOBCTL_STOP_DEQUEUED) || (p->group_flags & PROC_GROUP_EXIT) ||
		    p->exec_task)
			return false;
		start_stop(p, sig);
	}

	bool notify = signal_participate_stop(me);

	set_current_state(TASK_STOPPED);
	spin_unlock(&p->siglock);
	arch_irq_enable();
	if (notify)
		notify_parent_stop(p, CLD_STOPPED);
	schedule();
	return true;
}

void signal_join_stop(struct task *child)
{
	struct process *p = child->proc;

	spin_assert_held(&p->siglock);
	if (current->jobctl & JOBCTL_STOP_PENDING) {
		child->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
		p->stop_pending++;
		task_set_work(child, WORK_SIGNAL);
	} else if (p->group_flags & PROC_STOPPED) {
		child->jobctl |= JOBCTL_STOP_PENDING;
		task_set_work(child, WORK_SIGNAL);
	}
}

/* ---- the parent ----------------------------------------------------------------------------- */

static void chld_info(siginfo_t *info, struct process *p)
{
	struct cpu_times times;

	memset(info, 0, sizeof(*info));
	info->si_signo = SIGCHLD;
	info->si_pid = p->pid->nr;
	rcu_read_lock();
	info->si_uid = rcu_dereference(p->leader->cred)->uid;
	rcu_read_unlock();
	process_cpu_times(p, &times);
	info->si_utime = (long)(times.utime_ns / 10000000); /* clock ticks, USER_HZ 100 */
	info->si_stime = (long)(times.stime_ns / 10000000);
}

void notify_parent_stop(struct process *p, int why)
{
	siginfo_t info;

	read_lock(&tasklist_lock);
	if (p->nr_threads && p->parent->nr_threads) {
		struct process *parent = p->parent;

		chld_info(&info, p);
		info.si_code = why;
		info.si_status = why == CLD_CONTINUED ? SIGCONT : READ_ONCE(p->group_exit_code) & 0x7f;

		unsigned long flags = spin_lock_irqsave(&parent->siglock);
		struct k_sigaction *action = sig_action(parent->leader, SIGCHLD);

		if (READ_ONCE(action->handler) != H_IGN && !(READ_ONCE(action->flags) & SA_NOCLDSTOP))
			(void)signal_send_locked(parent, parent->leader, true, SIGCHLD, &info, SEND_FORCE);
		spin_unlock_irqrestore(&parent->siglock, flags);
		process_wake_parent(p);
	}
	read_unlock(&tasklist_lock);
}

/*
 * The whole process is dead: exit_signal to the parent, and its waiters woken.  When the parent does not
 * care (SIGCHLD ignored, SA_NOCLDWAIT) or is the kernel, exit_state becomes TASK_DEAD: the caller reaps it.
 */
void notify_parent_exit(struct task *leader)
{
	struct process *p = leader->proc, *parent = p->parent;
	int sig = leader->exit_signal, status = leader->exit_code;
	siginfo_t info;

	waitq_wake_key(&p->pid->pidfd_wait, 0, 0);
	if (parent == &idle_process || !parent->nr_threads) {
		leader->exit_state = TASK_DEAD;
		return;
	}
	if (sig > 0 && sig != SIGCHLD && p->parent_exec_id != parent->exec_id)
		sig = SIGCHLD; /* the program that asked for another signal is gone */
	chld_info(&info, p);
	info.si_signo = sig;
	if (status & 0x7f) {
		info.si_code = status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		info.si_status = status & 0x7f;
	} else {
		info.si_code = CLD_EXITED;
		info.si_status = status >> 8;
	}

	unsigned long flags = spin_lock_irqsave(&parent->siglock);
	struct k_sigaction *action = sig_action(parent->leader, SIGCHLD);
	bool ignored = READ_ONCE(action->handler) == H_IGN;

	if (sig == SIGCHLD && (ignored || (READ_ONCE(action->flags) & SA_NOCLDWAIT))) {
		leader->exit_state = TASK_DEAD;
		if (ignored)
			sig = 0;
	}
	if (sig > 0 && sig <= NSIG_K)
		(void)signal_send_locked(parent, parent->leader, true, sig, &info, SEND_FORCE);
	spin_unlock_irqrestore(&parent->siglock, flags);
	process_wake_parent(p);
}

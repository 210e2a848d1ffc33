// SPDX-License-Identifier: MIT
/*
 * Sending: who is allowed to, what a signal does the moment it is generated (SIGCONT and the stop
 * signals cancel each other, SIGKILL and other fatal ones start the death of the group), which thread
 * gets it, and how that thread is woken.  Callable from any context; locks: tasklist_lock (reading)
 * for groups, then siglock.  Source: signal(7), kill(2), Linux 6.1's observed behaviour.
 */
#include "kernel/base/string.h"
#include "kernel/signal/internal.h"
#include "kernel/task/internal.h"

/* How a signal with that info is sent: by a program (kill, sigqueue), or by the kernel. */
static unsigned how_to_send(const siginfo_t *info)
{
	return info && info->si_code <= 0 ? 0 : SEND_FORCE;
}

void signal_wake(struct task *t, bool fatal)
{
	unsigned states = TASK_INTERRUPTIBLE;

	if (fatal)
		states |= TASK_WAKEKILL | TASK_STOPPED | TASK_TRACED;
	task_set_work(t, WORK_SIGNAL);
	if (t == current)
		return;
	if (!wake_up_state(t, states) && READ_ONCE(t->se.on_cpu))
		arch_send_resched(t->se.cpu); /* in user mode perhaps: make it pass the exit path */
}

/* Would the disposition throw sig away at once?  force: from the kernel, which can kill even init. */
bool sig_task_ignored(struct task *t, int sig, bool force)
{
	unsigned long handler = READ_ONCE(sig_action(t, sig)->handler);

	if ((t->proc->group_flags & PROC_UNKILLABLE) && handler == H_DFL &&
	    !(force && sig_in(sig, SIG_KERNEL_ONLY)))
		return true;
	if ((t->flags & PF_KTHREAD) && !t->mm)
		return !force;
	return handler == H_IGN || (handler == H_DFL && sig_in(sig, SIG_IGNORE_SET));
}

/* A blocked signal is kept even if it is ignored now: the disposition may change before it is unblocked. */
static bool sig_ignored(struct task *t, int sig, bool force) __must_hold(&t->proc->siglock)
{
	if (sig_in(sig, t->blocked | t->real_blocked))
		return false;
	return sig_task_ignored(t, sig, force);
}

bool signal_ignored(struct task *t, int sig)
{
	return sig_in(sig, READ_ONCE(t->blocked)) || READ_ONCE(sig_action(t, sig)->handler) == H_IGN;
}

static void cancel_stops(struct process *p) __must_hold(&p->siglock)
{
	struct task *t;
	u32 why = 0;

	sigpending_remove(&p->shared, SIG_STOP_SET);
	for_each_thread(p, t) {
		sigpending_remove(&t->pending, SIG_STOP_SET);
		jobctl_clear_stop(t);
		wake_up_state(t, TASK_STOPPED);
	}
	/* The parent hears of it from the first thread on its way to user mode: here locks forbid it. */
	if (p->group_flags & PROC_STOPPED)
		why = PROC_CLD_CONTINUED;
	else if (p->stop_pending)
		why = PROC_CLD_STOPPED;
	if (!why)
		return;
	p->group_flags &= ~(PROC_STOPPED | PROC_STOP_REPORTED | PROC_CLD_STOPPED | PROC_CLD_CONTINUED);
	p->group_flags |= why | PROC_CONTINUED;
	p->stop_pending = 0;
	p->group_exit_code = 0;
	for_each_thread(p, t)
		task_set_work(t, WORK_SIGNAL);
}

/* Effects at generation.  False: the signal is ignored and must not be queued. */
static bool signal_prepare(struct process *p, struct task *t, int sig, bool force) __must_hold(&p->siglock)
{
	struct task *other;

	if (p->group_flags & PROC_GROUP_EXIT)
		return false; /* dying: every thread has its SIGKILL already */
	if (sig_in(sig, SIG_STOP_SET)) {
		sigpending_remove(&p->shared, SIGMASK(SIGCONT));
		for_each_thread(p, other)
			sigpending_remove(&other->pending, SIGMASK(SIGCONT));
	} else if (sig == SIGCONT) {
		cancel_stops(p);
	}
	return !sig_ignored(t, sig, force);
}

static bool wants_signal(struct task *t, int sig) __must_hold(&t->proc->siglock)
{
	if (sig_in(sig, t->blocked) || (t->flags & PF_EXITING))
		return false;
	if (sig == SIGKILL)
		return true;
	if (READ_ONCE(t->state) & (TASK_STOPPED | TASK_TRACED))
		return false;
	return READ_ONCE(t->se.on_cpu) || !(READ_ONCE(t->work) & WORK_SIGNAL);
}

static bool sig_fatal(struct task *t, int sig)
{
	return !sig_in(sig, SIG_IGNORE_SET | SIG_STOP_SET) && READ_ONCE(sig_action(t, sig)->handler) == H_DFL;
}

/* Chooses the thread, and begins the death of the group here when the signal is sure to cause it. */
static void signal_complete(struct process *p, struct task *t, bool group, int sig) __must_hold(&p->siglock)
{
	struct task *other;

	if (!wants_signal(t, sig)) {
		struct task *found = NULL;

		if (!group)
			return; /* taken when it unblocks */
		for_each_thread(p, other) {
			if (wants_signal(other, sig)) {
				found = other;
				break;
			}
		}
		if (!found)
			return;
		t = found;
	}
	/*
	 * One who is watched is to see the signal: it dies when it takes it (Linux: sig == SIGKILL ||
	 * !p->ptrace).
	 */
	bool watched = READ_ONCE(t->work) & (WORK_TRACE | WORK_PTRACE);

	if (sig_fatal(t, sig) && !sig_in(sig, SIG_CORE_SET) && !(p->group_flags & PROC_GROUP_EXIT) &&
	    !sig_in(sig, t->real_blocked) &&
	    (sig == SIGKILL || !(watched || (p->group_flags & PROC_UNKILLABLE)))) {
		p->group_flags |= PROC_GROUP_EXIT;
		p->group_flags &= ~(PROC_STOPPED | PROC_CONTINUED | PROC_CLD_STOPPED | PROC_CLD_CONTINUED);
		p->group_exit_code = sig;
		p->stop_pending = 0;
		for_each_thread(p, other) {
			jobctl_clear_stop(other);
			other->pending.set |= SIGMASK(SIGKILL);
			signal_wake(other, true);
		}
		return;
	}
	signal_wake(t, sig == SIGKILL);
}

static void info_fill(siginfo_t *to, int sig, const siginfo_t *info)
{
	if (info) {
		*to = *info;
	} else {
		memset(to, 0, sizeof(*to));
		to->si_code = SI_KERNEL;
	}
	to->si_signo = sig;
}

int signal_send_locked(struct process *p, struct task *t, bool group, int sig, const siginfo_t *info,
		       unsigned how)
{
	struct sigpending *pending = group ? &p->shared : &t->pending;

	if (!signal_prepare(p, t, sig, how & SEND_FORCE))
		return 0;
	if (sig < SIGRTMIN && sig_in(sig, pending->set))
		return 0; /* legacy signals do not queue */
	if (sig != SIGKILL && !(t->flags & PF_KTHREAD)) {
		struct sigqueue *q = sigqueue_alloc(t, sig < SIGRTMIN && (!info || info->si_code >= 0),
						    how & SEND_CHARGED);

		if (q) {
			info_fill(&q->info, sig, info);
			list_add_tail(&q->node, &pending->queue);
		} else if (info && sig >= SIGRTMIN && info->si_code != SI_USER) {
			return -EAGAIN; /* sigqueue(3) must not lose its value silently */
		}
	}
	pending->set |= SIGMASK(sig);
	waitq_wake_all(&p->signalfd_wait);
	signal_complete(p, t, group, sig);
	return 0;
}

/* To thread t of p, or (group) to p: then t, or the leader when it is NULL, is the first that is asked. */
static int send(struct process *p, struct task *t, bool group, int sig, const siginfo_t *info, unsigned how)
{
	int err = -ESRCH;

	if (sig < 0 || sig > NSIG_K)
		return -EINVAL;

	unsigned long flags = spin_lock_irqsave(&p->siglock);

	if (p->nr_threads && (group || !READ_ONCE(t->exit_state))) {
		if (!t || READ_ONCE(t->exit_state))
			t = p->leader;
		err = sig ? signal_send_locked(p, t, group, sig, info, how) : 0;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return err;
}

int signal_send_task(struct task *t, int sig, const siginfo_t *info)
{
	return send(t->proc, t, false, sig, info, how_to_send(info));
}

int signal_send_process(struct process *p, int sig, const siginfo_t *info)
{
	return send(p, NULL, true, sig, info, how_to_send(info));
}

int signal_send_timer(struct process *p, struct task *t, int sig, const siginfo_t *info)
{
	return send(p, t, !t, sig, info, SEND_CHARGED);
}

int signal_send_pgrp_locked(struct pid *pgrp, int sig, const siginfo_t *info)
{
	struct list_head *n;
	int err = -ESRCH;

	for (n = pgrp->tasks[PIDTYPE_PGID].next; n != &pgrp->tasks[PIDTYPE_PGID]; n = n->next) {
		struct process *p = list_entry(n, struct process, pid_nodes[PIDTYPE_PGID]);
		int e = send(p, NULL, true, sig, info, how_to_send(info));

		if (err)
			err = e;
	}
	return err;
}

int signal_send_pgrp(struct pid *pgrp, int sig, const siginfo_t *info)
{
	read_lock(&tasklist_lock);

	int err = signal_send_pgrp_locked(pgrp, sig, info);

	read_unlock(&tasklist_lock);
	return err;
}

/* ---- faults --------------------------------------------------------------------------------- */

enum force_how { FORCE_CURRENT, FORCE_FATAL };

static void force(const siginfo_t *info, enum force_how how)
{
	struct task *me = current;
	struct process *p = me->proc;
	int sig = info->si_signo;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct k_sigaction *action = sig_action(me, sig);
	bool blocked = sig_in(sig, me->blocked);

	if (blocked || READ_ONCE(action->handler) == H_IGN || how == FORCE_FATAL) {
		spin_lock(&me->sighand->lock);
		action->handler = H_DFL;
		spin_unlock(&me->sighand->lock);
		me->blocked &= ~SIGMASK(sig);
	}
	if (READ_ONCE(action->handler) == H_DFL)
		p->group_flags &= ~PROC_UNKILLABLE; /* init does not survive its own fault */
	(void)signal_send_locked(p, me, false, sig, info, SEND_FORCE);
	signal_recalc(me);
	spin_unlock_irqrestore(&p->siglock, flags);
}

void signal_force_info(const siginfo_t *info)
{
	force(info, FORCE_CURRENT);
}

void signal_force(int sig, int code, unsigned long addr, int trapno)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	(void)trapno; /* x86 has no si_trapno */
	info.si_addr = (__force void *)addr;
	force(&info, FORCE_CURRENT);
}

void signal_force_kill(int sig)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_KERNEL };

	force(&info, FORCE_FATAL);
}

/* ---- kill(2) and its relatives ---------------------------------------------------------------- */

void signal_fill_user_info(siginfo_t *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = current->proc->pid->nr;
	info->si_uid = current->cred->uid;
}

int signal_may_send(struct task *t, int sig)
{
	const struct cred *me = current->cred;
	int err = 0;

	if (sig < 0 || sig > NSIG_K)
		return -EINVAL;
	if (t->proc == current->proc)
		return 0;
	rcu_read_lock();

	const struct cred *it = rcu_dereference(t->cred);

	if (me->euid != it->suid && me->euid != it->uid && me->uid != it->suid && me->uid != it->uid &&
	    !capable(CAP_KILL) &&
	    (sig != SIGCONT || READ_ONCE(t->proc->session) != READ_ONCE(current->proc->session)))
		err = -EPERM;
	rcu_read_unlock();
	return err;
}

/* One process, found by any of its threads' numbers; tasklist_lock or RCU held. */
static int kill_one(struct process *p, struct task *t, int sig, const siginfo_t *info)
{
	int err = signal_may_send(t, sig);

	return err ? err : send(p, t, true, sig, info, how_to_send(info));
}

static int kill_pgrp(struct pid *pgrp, int sig, const siginfo_t *info)
{
	struct list_head *n;
	int err = -ESRCH;
	bool success = false;

	for (n = pgrp->tasks[PIDTYPE_PGID].next; n != &pgrp->tasks[PIDTYPE_PGID]; n = n->next) {
		struct process *p = list_entry(n, struct process, pid_nodes[PIDTYPE_PGID]);

		err = kill_one(p, p->leader, sig, info);
		success |= !err;
	}
	return success ? 0 : err;
}

/* kill(-1): everybody but init and the caller's own process. */
static int kill_all(int sig, const siginfo_t *info)
{
	struct process *p;
	int err = -ESRCH, count = 0;

	for (pid_t nr = 2; (p = process_next_get(nr)) != NULL; process_put(p)) {
		nr = p->pid->nr + 1;
		if (p == current->proc)
			continue;
		read_lock(&tasklist_lock);
		if (p->nr_threads) {
			int e = kill_one(p, p->leader, sig, info);

			count++;
			if (e != -EPERM)
				err = e;
		}
		read_unlock(&tasklist_lock);
	}
	return count ? (err == -ESRCH ? 0 : err) : -ESRCH;
}

long do_kill(pid_t pid, int sig, const siginfo_t *info)
{
	int err = -ESRCH;

	/* A bad number is EINVAL only where there is somebody to send to: signal_may_send() says so. */
	if (pid > 0) {
		rcu_read_lock();

		struct task *t = task_find(pid);

		if (t)
			err = kill_one(t->proc, t, sig, info);
		rcu_read_unlock();
		return err;
	}
	if (pid == -1)
		return kill_all(sig, info);
	if (pid == -2147483647 - 1)
		return -ESRCH;
	read_lock(&tasklist_lock);

	struct pid *pgrp = pid ? pid_find(-pid) : current->proc->pgrp;

	if (pgrp)
		err = kill_pgrp(pgrp, sig, info);
	read_unlock(&tasklist_lock);
	return err;
}

int do_tkill(pid_t tgid, pid_t tid, int sig, const siginfo_t *info)
{
	int err = -ESRCH;

	rcu_read_lock();

	struct task *t = task_find(tid);

	if (t && (!tgid || t->proc->pid->nr == tgid)) {
		err = signal_may_send(t, sig);
		if (!err && sig) {
			err = send(t->proc, t, false, sig, info, how_to_send(info));
			if (err == -ESRCH) /* it is just exiting: success, as if it had come a moment later */
				err = 0;
		}
	}
	rcu_read_unlock();
	return err;
}

int signal_broken_pipe(void)
{
	siginfo_t info;

	signal_fill_user_info(&info, SIGPIPE, SI_USER);
	(void)signal_send_task(current, SIGPIPE, &info);
	return -EPIPE;
}

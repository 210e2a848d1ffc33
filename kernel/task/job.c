// SPDX-License-Identifier: MIT
/*
 * Sessions and process groups: the calls that change them, and the orphan rule (POSIX: a group that
 * nobody in its session could continue any more gets SIGHUP and SIGCONT when it has stopped members).
 * Lock: tasklist_lock.
 */
#include "kernel/drv/tty.h"
#include "kernel/task/internal.h"
#include "kernel/task/job.h"

#define for_each_member(p, pid, type)                                                                        \
	for (struct list_head *fm_n = (pid)->tasks[type].next;                                               \
	     fm_n != &(pid)->tasks[type] && ((p) = list_entry(fm_n, struct process, pid_nodes[type]), true); \
	     fm_n = fm_n->next)

bool pgrp_is_orphaned(struct pid *pgrp, struct process *ignored)
{
	struct process *p;

	for_each_member(p, pgrp, PIDTYPE_PGID)
	{
		if (p == ignored || (p->leader->exit_state && p->nr_threads == 1) ||
		    p->parent->leader == init_task || p->parent == &idle_process)
			continue;
		if (p->parent->pgrp != pgrp && p->parent->session == p->session)
			return false;
	}
	return true;
}

static bool pgrp_has_stopped(struct pid *pgrp) __must_hold_shared(&tasklist_lock)
{
	struct process *p;

	for_each_member(p, pgrp, PIDTYPE_PGID)
	{
		if (READ_ONCE(p->group_flags) & PROC_STOPPED)
			return true;
	}
	return false;
}

/*
 * p exits (parent NULL), or p was a child of `parent`, which exits: was that the last link that kept
 * p's group from being orphaned?
 */
void pgrp_hang_up_if_orphaned(struct process *p, struct process *parent)
{
	struct process *ignored = NULL;
	struct pid *pgrp = p->pgrp;

	if (!parent) {
		parent = p->parent;
		ignored = p;
	}
	if (parent == &idle_process || parent->pgrp == pgrp || parent->session != p->session)
		return;
	if (!pgrp_is_orphaned(pgrp, ignored) || !pgrp_has_stopped(pgrp))
		return;
	(void)signal_send_pgrp_locked(pgrp, SIGHUP, NULL);
	(void)signal_send_pgrp_locked(pgrp, SIGCONT, NULL);
}

static int setpgid_locked(pid_t pid, pid_t pgid) __must_hold(&tasklist_lock)
{
	struct process *me = current->proc, *p = process_find(pid);
	struct pid *pgrp;

	if (!p)
		return task_find(pid) ? -EINVAL : -ESRCH; /* a thread that is no leader */
	if (p != me) {
		if (p->parent != me)
			return -ESRCH;
		if (p->session != me->session)
			return -EPERM;
		if (p->leader->did_exec)
			return -EACCES;
	}
	if (p->session_leader)
		return -EPERM;
	pgrp = p->pid;
	if (pgid != pid) {
		struct process *member = NULL, *m;

		pgrp = pid_find(pgid);
		if (pgrp)
			for_each_member(m, pgrp, PIDTYPE_PGID)
			{
				member = m;
				break;
			}
		if (!member || member->session != me->session)
			return -EPERM;
	}
	if (p->pgrp != pgrp)
		process_set_pgrp(p, pgrp);
	return 0;
}

int do_setpgid(pid_t pid, pid_t pgid)
{
	if (!pid)
		pid = current->proc->pid->nr;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;

	unsigned long flags = write_lock_irqsave(&tasklist_lock);
	int err = setpgid_locked(pid, pgid);

	write_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

long do_setsid(void)
{
	struct process *p = current->proc;
	struct tty *tty = NULL;
	unsigned long flags = write_lock_irqsave(&tasklist_lock);

	/*
	 * A group with our number may outlive an earlier leader: then the new session would not be ours
	 * alone.
	 */
	if (p->session_leader || !list_empty(&p->pid->tasks[PIDTYPE_PGID])) {
		write_unlock_irqrestore(&tasklist_lock, flags);
		return -EPERM;
	}
	p->session_leader = true;
	process_set_session(p, p->pid);
	process_set_pgrp(p, p->pid);
	spin_lock(&p->siglock);
	tty = p->tty;
	p->tty = NULL;
	spin_unlock(&p->siglock);
	write_unlock_irqrestore(&tasklist_lock, flags);
	if (tty)
		tty_put(tty);
	return p->pid->nr;
}

long do_getpgid(pid_t pid, bool session)
{
	long ret = -ESRCH;

	rcu_read_lock();

	struct task *t = pid ? task_find(pid) : current;

	if (t)
		ret = session ? READ_ONCE(t->proc->session)->nr : READ_ONCE(t->proc->pgrp)->nr;
	rcu_read_unlock();
	return ret;
}

// SPDX-License-Identifier: MIT
/*
 * The end of a thread and of a process.
 *
 *   do_exit ─ gives up what it holds ─ exit_notify: under tasklist_lock becomes ZOMBIE, children go to a
 *   new parent, the parent is told once the whole group is dead ─ last switch ─ the scheduler drops the
 *   running reference.  Threads but the leader release themselves; a leader waits to be reaped (wait.c)
 *   unless its parent does not care.
 */
#include "kernel/drv/tty.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/fs.h"
#include "kernel/gate/trace.h"
#include "kernel/gate/uaccess.h"
#include "kernel/ipc/futex.h"
#include "kernel/mm/mm.h"
#include "kernel/task/internal.h"
#include "kernel/time/itimer.h"

void vfork_release(struct task *t)
{
	spin_lock(&t->alloc_lock);

	struct vfork_done *v = t->vfork;

	t->vfork = NULL;
	if (v) { /* under the lock: the parent takes it once before its stack frame goes */
		v->done = true;
		waitq_wake_all(&v->wait);
	}
	spin_unlock(&t->alloc_lock);
}

/* What the user-space side of threading is owed before the address space is left (exit and exec). */
void task_leave_mm(struct task *me)
{
	if (me->mm) {
		futex_exit_robust(me);
		futex_exit_pi(me, false);
		if (me->clear_child_tid) {
			/* Nobody else to see it: leave the word alone, as Linux does. */
			if (atomic_load(&me->mm->refs) > 1 &&
			    !put_user((pid_t)0, (pid_t __user *)me->clear_child_tid))
				(void)do_futex_wake(me->clear_child_tid, 1);
			me->clear_child_tid = 0;
		}
	}
	vfork_release(me);
}

/* ---- children of the dying -------------------------------------------------------------------- */

static struct task *live_thread(struct process *p, struct task *except)
{
	struct task *t;

	for_each_thread(p, t) {
		if (t != except && !(t->flags & PF_EXITING))
			return t;
	}
	return NULL;
}

/* Who takes the children of p: the nearest subreaper above it, else init. */
static struct task *find_reaper(struct process *p) __must_hold(&tasklist_lock)
{
	if (p->has_child_subreaper) {
		for (struct process *r = p->parent; r != &idle_process && r->leader != init_task;
		     r = r->parent) {
			struct task *t = r->is_child_subreaper ? live_thread(r, NULL) : NULL;

			if (t)
				return t;
			if (!r->has_child_subreaper && !r->is_child_subreaper)
				break;
		}
	}
	return live_thread(init_task->proc, NULL) ?: init_task;
}

static void send_pdeath(struct process *child)
{
	struct task *t;

	for_each_thread(child, t) {
		if (t->pdeath_signal)
			(void)signal_send_process(child, t->pdeath_signal, NULL);
	}
}

static void reparent(struct process *child, struct task *reaper, struct list_head *dead)
	__must_hold(&tasklist_lock)
{
	struct process *old = child->parent;

	if (child->parent_task)
		child->parent_task->nr_children--;
	child->parent_task = reaper;
	reaper->nr_children++;
	if (reaper->proc == old)
		return;
	child->parent = reaper->proc;
	WRITE_ONCE(child->ppid, reaper->proc->pid->nr);
	list_move_tail(&child->sibling, &reaper->proc->children);
	if (child->leader->exit_state == TASK_DEAD)
		return;
	child->leader->exit_signal = SIGCHLD; /* nobody asked init whether it wants something else */
	if (child->leader->exit_state == TASK_ZOMBIE && child->nr_threads == 1) {
		notify_parent_exit(child->leader);
		if (child->leader->exit_state == TASK_DEAD)
			list_add_tail(&child->leader->reap_node, dead);
	}
	pgrp_hang_up_if_orphaned(child, old);
}

/* Children of thread me go to another thread of the process or, with the last one, to a new parent. */
static void forget_children(struct task *me, struct list_head *dead) __must_hold(&tasklist_lock)
{
	struct process *p = me->proc, *child, *next;
	struct task *reaper;

	if (!me->nr_children)
		return;
	reaper = live_thread(p, me) ?: find_reaper(p);
	list_for_each_safe(child, next, &p->children, sibling) {
		if (child->parent_task != me)
			continue;
		reparent(child, reaper, dead);
		send_pdeath(child);
	}
}

/* ---- becoming a zombie ------------------------------------------------------------------------ */

/* A thread in exec waits for the others, or for the leader to be at least a zombie. */
static void wake_exec(struct process *p)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	if (p->exec_task)
		wake_up_state(p->exec_task, TASK_KILLABLE);
	spin_unlock_irqrestore(&p->siglock, flags);
}

void task_release(struct task *t)
{
	struct process *p = process_get(t->proc);
	struct task *leader = NULL;
	unsigned long flags = write_lock_irqsave(&tasklist_lock);

	(void)task_detach(t);
	if (t != p->leader && p->nr_threads == 1 && p->leader->exit_state == TASK_ZOMBIE) {
		notify_parent_exit(p->leader); /* the last sub-thread is gone: now the process is dead */
		if (p->leader->exit_state == TASK_DEAD)
			leader = p->leader;
	}
	write_unlock_irqrestore(&tasklist_lock, flags);
	wake_exec(p);
	task_put(t);
	process_put(p);
	if (leader)
		task_release(leader);
}

static void exit_notify(struct task *me, bool group_dead)
{
	struct process *p = me->proc;
	struct task *t, *next;
	LIST_HEAD(dead);
	unsigned long flags = write_lock_irqsave(&tasklist_lock);

	forget_children(me, &dead);
	if (group_dead)
		pgrp_hang_up_if_orphaned(p, NULL);
	me->exit_state = TASK_ZOMBIE;
	if (me == p->leader) {
		if (p->nr_threads == 1)
			notify_parent_exit(me); /* may decide TASK_DEAD */
	} else {
		me->exit_state = TASK_DEAD;
	}

	bool autoreap = me->exit_state == TASK_DEAD;

	write_unlock_irqrestore(&tasklist_lock, flags);
	wake_exec(p);
	list_for_each_safe(t, next, &dead, reap_node)
		task_release(t);
	if (autoreap)
		task_release(me);
}

/* ---- do_exit ---------------------------------------------------------------------------------- */

void process_note_rss(struct process *p, const struct mm *mm)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	p->self_dead.maxrss_pages = max(p->self_dead.maxrss_pages, (u64)max(mm->rss_peak, (s64)0));
	spin_unlock_irqrestore(&p->siglock, flags);
}

static void exit_mm(struct task *me)
{
	struct mm *mm;

	task_leave_mm(me);
	futex_exit_pi(me, true);
	if (!me->mm)
		return;
	process_note_rss(me->proc, me->mm);
	me->was_undumpable = !me->mm->dumpable; /* published with the loss of me->mm */
	mm = task_switch_mm(NULL);
	mm_put(mm);
}

static void exit_files(struct task *me)
{
	spin_lock(&me->alloc_lock);

	struct files *files = me->files;
	struct fs *fs = me->fs;

	me->files = NULL;
	me->fs = NULL;
	spin_unlock(&me->alloc_lock);
	if (files)
		files_put(files);
	if (fs)
		fs_put(fs);
}

#ifdef CONFIG_DEBUG
void task_forget_resources(struct task *me)
{
	exit_mm(me);
	exit_files(me);
}
#endif

void do_exit(int wait_status)
{
	struct task *me = current;
	struct process *p = me->proc;
	bool group_dead;

	if (this_cpu()->irq_depth)
		panic("Aiee, killing interrupt handler!");
	if (!me->tid)
		panic("Attempted to kill the idle task!");
	signal_exit_task(me); /* sets PF_EXITING: no signal is directed here any more */
	group_dead = atomic_sub(&p->live, 1) == 0;
	if (group_dead) {
		if (init_task && p == init_task->proc)
			panic("Attempted to kill init! exitcode=0x%08x",
			      READ_ONCE(p->group_exit_code) ?: wait_status);
		itimer_exit(p);
		posix_timers_exit(p);
	}
	WRITE_ONCE(me->exit_code, wait_status); /* waited for when exit_notify() has told */
	trace_exit(wait_status);
	exit_mm(me);
	exit_files(me);
	if (group_dead && READ_ONCE(p->session_leader))
		tty_disassociate(p);
	task_work_run(); /* final file references; closes the list */
	exit_notify(me, group_dead);
	lock_check_none_held("do_exit");
	preempt_disable(); /* preempted in state DEAD it would be freed under itself */
	WRITE_ONCE(me->state, TASK_DEAD);
	schedule();
	panic("do_exit: a dead task runs");
}

void do_exit_group(int wait_status)
{
	struct process *p = current->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	if (p->group_flags & PROC_GROUP_EXIT) {
		wait_status = p->group_exit_code;
	} else if (p->exec_task) {
		wait_status = 0; /* the process lives on in the thread that execs */
	} else {
		p->group_exit_code = wait_status;
		p->group_flags |= PROC_GROUP_EXIT;
		p->group_flags &= ~(PROC_STOPPED | PROC_CONTINUED | PROC_CLD_STOPPED | PROC_CLD_CONTINUED);
		if (p->nr_threads > 1)
			signal_zap_threads(p);
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	do_exit(wait_status);
}

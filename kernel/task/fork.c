// SPDX-License-Identifier: MIT
/*
 * clone(2), fork(2), vfork(2), kernel threads.  Two phases: everything that can fail happens on objects
 * that nobody else can see; then, under tasklist_lock, the child is attached and cannot fail any more.
 * The order of the flag checks is Linux 6.1's.
 */
#include "kernel/base/string.h"
#include "kernel/drv/tty.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/fs.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/task/internal.h"
#include "kernel/task/rseq.h"
#include <linux/sched.h>

#define CLONE_NAMESPACES                                                                              \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
	 CLONE_NEWNET | CLONE_NEWTIME)

static int clone_check(const struct clone_args_k *a)
{
	u64 flags = a->flags;

	if ((flags & CLONE_PIDFD) && (flags & CLONE_PARENT_SETTID) && a->pidfd == a->parent_tid)
		return refuse(EINVAL, "clone: CLONE_PIDFD and CLONE_PARENT_SETTID share a word");
	if ((flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS) ||
	    (flags & (CLONE_NEWUSER | CLONE_FS)) == (CLONE_NEWUSER | CLONE_FS))
		return refuse(EINVAL, "clone: a new namespace cannot share CLONE_FS");
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return refuse(EINVAL, "clone: CLONE_THREAD needs CLONE_SIGHAND");
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return refuse(EINVAL, "clone: CLONE_SIGHAND needs CLONE_VM");
	if ((flags & CLONE_PARENT) && (READ_ONCE(current->proc->group_flags) & PROC_UNKILLABLE))
		return refuse(EINVAL, "clone: init has no parent to share");
	if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
		return refuse(EINVAL, "clone: a thread cannot have its own pid or user namespace");
	if ((flags & CLONE_PIDFD) && (flags & (CLONE_DETACHED | CLONE_THREAD)))
		return refuse(EINVAL, "clone: no pidfd for threads");
	return 0;
}

static int clone_check_limits(void)
{
	const struct cred *c = current->cred;

	if (atomic_load(&c->user->processes) >= rlimit(RLIMIT_NPROC) && c->uid &&
	    !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return refuse(EAGAIN, "clone: RLIMIT_NPROC");
	if (nr_tasks() >= threads_max)
		return refuse(EAGAIN, "clone: threads-max");
	return 0;
}

static int clone_check_namespaces(u64 flags)
{
	if (!(flags & CLONE_NAMESPACES))
		return 0;
	if ((flags & CLONE_NAMESPACES & ~CLONE_NEWUSER) && !(flags & CLONE_NEWUSER) &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return refuse(EINVAL, "clone: namespaces absent");
}

/* ---- the parts ------------------------------------------------------------------------------ */

static int copy_files(struct task *child, u64 flags)
{
	struct task *me = current;
	int err;

	if (me->files) {
		if (flags & CLONE_FILES) {
			atomic_add(&me->files->refs, 1);
			child->files = me->files;
		} else if ((err = files_dup(me->files, &child->files))) {
			return err;
		}
	}
	if (!me->fs)
		return 0;
	if (flags & CLONE_FS) {
		atomic_add(&me->fs->refs, 1);
		child->fs = me->fs;
		return 0;
	}
	return fs_dup(me->fs, &child->fs);
}

static int copy_sighand(struct task *child, u64 flags)
{
	struct sighand *old = current->sighand;
	int err;

	if (flags & CLONE_SIGHAND) {
		atomic_add(&old->refs, 1);
		child->sighand = old;
		return 0;
	}
	if (!(err = sighand_copy(&child->sighand)) && (flags & CLONE_CLEAR_SIGHAND))
		sighand_clear(child->sighand);
	return err;
}

static int copy_mm(struct task *child, u64 flags)
{
	struct mm *mm = current->mm;

	if (!mm)
		return 0;
	if (flags & CLONE_VM) {
		mm_get(mm);
		child->mm = mm;
		return 0;
	}
	return mm_dup(mm, &child->mm);
}

static int copy_process(struct task *child, u64 flags)
{
	struct process *old = current->proc, *p;
	int err;

	if (flags & CLONE_THREAD) {
		child->proc = process_get(old);
		return 0;
	}
	if ((err = process_create(&p)))
		return err;
	child->proc = p;
	p->leader = child;
	spin_lock(&old->leader->alloc_lock);
	memcpy(p->rlim, old->rlim, sizeof(p->rlim));
	spin_unlock(&old->leader->alloc_lock);
	p->has_child_subreaper = old->has_child_subreaper || old->is_child_subreaper;
	return 0;
}

/* CLONE_CHILD_SETTID: written by the child itself, in its own address space, before its first instruction. */
static void child_settid(struct task_work *w)
{
	struct task *me = container_of(w, struct task, settid_work);

	(void)!put_user(me->tid, (pid_t __user *)me->set_child_tid);
}

static void copy_plain(struct task *child, const struct clone_args_k *a)
{
	struct task *me = current;

	child->personality = me->personality;
	memcpy(child->comm, me->comm, sizeof(child->comm));
	child->timer_slack_ns = me->timer_slack_ns;
	WRITE_ONCE(child->blocked, READ_ONCE(me->blocked));
	child->oom_score_adj = me->oom_score_adj;
	child->thp_disable = me->thp_disable;
	child->ioprio = me->ioprio;
	child->flags = PF_FORKNOEXEC | (me->flags & (PF_KTHREAD | PF_PRCTL));
	child->work = READ_ONCE(me->work) & WORK_ENTRY_MASK;
	child->trace_state = me->trace_state;
#ifdef CONFIG_DEBUG
	child->inject = me->inject;
#endif
	child->cred = cred_get(me->cred);
	if (!(a->flags & CLONE_VM) || (a->flags & CLONE_VFORK)) {
		child->sas_sp = me->sas_sp; /* another thread must not share the alternate stack */
		child->sas_size = me->sas_size;
		child->sas_flags = me->sas_flags;
	} else {
		child->sas_flags = SS_DISABLE;
	}
	rseq_fork(child, a->flags & CLONE_VM);
	if (a->flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = a->child_tid;
	if (a->flags & CLONE_CHILD_SETTID) {
		child->set_child_tid = a->child_tid;
		child->settid_work.fn = child_settid;
		(void)task_work_add(child, &child->settid_work);
	}
}

static int copy_registers(struct task *child, const struct clone_args_k *a)
{
	struct regs regs = *task_regs(current);
	int err = arch_task_dup(child, current);

	if (err)
		return err;
	regs.ax = 0;
	if (a->stack)
		regs.sp = a->stack + a->stack_size;
	if ((a->flags & CLONE_SETTLS) && (err = arch_set_tls(child, &regs, a->tls, in_ia32_syscall())))
		return err;
	arch_task_setup_user(child, &regs);
	return 0;
}

static int copy_pid(struct task *child, const struct clone_args_k *a)
{
	pid_t want = 0;
	int err;

	if (a->set_tid_size) {
		if (a->set_tid_size > 1)
			return refuse(EINVAL, "clone3: one pid namespace, one tid");
		want = a->set_tid[0];
		if (want < 1 || want >= pid_max)
			return -EINVAL;
		if (!capable(CAP_SYS_ADMIN) && !capable(CAP_CHECKPOINT_RESTORE))
			return -EPERM;
	}
	if ((err = pid_alloc_nr(want, &child->pid)))
		return err;
	child->tid = child->pid->nr;
	if (!(a->flags & CLONE_THREAD))
		child->proc->pid = pid_get(child->pid);
	return 0;
}

/* ---- publication ---------------------------------------------------------------------------- */

static void attach_process(struct task *child, u64 flags) __must_hold(&tasklist_lock)
{
	struct process *me = current->proc, *p = child->proc;

	p->exec_id = me->exec_id;
	if (flags & CLONE_PARENT) {
		p->parent_task = me->parent_task;
		p->parent_exec_id = me->parent_exec_id;
		process_attach(p, me->parent);
	} else {
		p->parent_task = current;
		p->parent_exec_id = me->exec_id;
		process_attach(p, me);
	}
	process_set_pgrp(p, me->pgrp);
	process_set_session(p, me->session);
	spin_assert_held(&me->siglock);
	p->tty = me->tty;
	if (p->tty)
		tty_get(p->tty);
}

/* Makes the child visible.  -EINTR: a fatal signal came first; it must not miss the child. */
static int publish(struct task *child, const struct clone_args_k *a)
{
	struct process *me = current->proc;
	unsigned long irq = write_lock_irqsave(&tasklist_lock);
	int err = 0;

	spin_lock(&me->siglock);
	if (fatal_signal_pending() || (me->group_flags & PROC_GROUP_EXIT) ||
	    (me->exec_task && me->exec_task != current)) {
		err = -EINTR;
	} else if (a->flags & CLONE_THREAD) {
		child->exit_signal = -1;
		task_attach(child);
		signal_join_stop(child);
	} else {
		child->exit_signal = a->flags & CLONE_PARENT ? me->leader->exit_signal : a->exit_signal;
		attach_process(child, a->flags);
		task_attach(child);
	}
	spin_unlock(&me->siglock);
	write_unlock_irqrestore(&tasklist_lock, irq);
	return err;
}

static int build(struct task *child, const struct clone_args_k *a)
{
	int err;

	copy_plain(child, a);
	sched_fork(child);
	if ((err = copy_process(child, a->flags)) || (err = copy_files(child, a->flags)) ||
	    (err = copy_sighand(child, a->flags)) || (err = copy_mm(child, a->flags)) ||
	    (err = clone_check_namespaces(a->flags)) || (err = copy_registers(child, a)))
		return err;
	return copy_pid(child, a);
}

static void reset_policy(struct task *child)
{
	if (!current->sched_reset_on_fork)
		return;
	if (child->se.policy == SCHED_FIFO || child->se.policy == SCHED_RR)
		(void)!sched_set_scheduler(child, SCHED_NORMAL, 0);
	if (child->se.nice < 0)
		sched_set_nice(child, 0);
}

static void wait_for_vfork(struct task *child, struct vfork_done *v)
{
	(void)wait_event_killable(&v->wait, READ_ONCE(v->done));
	spin_lock(&child->alloc_lock); /* after this nobody looks at v any more */
	child->vfork = NULL;
	spin_unlock(&child->alloc_lock);
}

long do_clone(const struct clone_args_k *a)
{
	struct vfork_done vfork = { .wait = WAITQ_INIT(vfork.wait) };
	struct fd_slot slot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	struct file *pidfd __cleanup(file_putp) = NULL;
	struct task *child;
	int err;

	if ((err = clone_check(a)))
		return err;
	if (signal_pending())
		/* delivered first, so that child and parent agree on what was pending */
		return -ERESTARTNOINTR;
	if ((err = clone_check_limits()) || (err = task_create(&child)))
		return err;
	err = build(child, a);
	if (!err && (a->flags & CLONE_PIDFD)) {
		if (!(err = pidfd_file_create(child->pid, 0, &pidfd)) &&
		    !(err = fd_reserve(&slot, O_CLOEXEC)))
			err = put_user(slot.fd, (int __user *)a->pidfd);
	}
	if (!err)
		err = publish(child, a);
	if (err) {
		task_abort(child);
		return err;
	}

	pid_t tid = child->tid;

	if (pidfd)
		fd_publish(&slot, &pidfd);
	atomic_add(&total_forks, 1);
	if (a->flags & CLONE_PARENT_SETTID)
		(void)!put_user(tid, (pid_t __user *)a->parent_tid);
	reset_policy(child);
	if (a->flags & CLONE_VFORK) {
		child->vfork = &vfork;
		task_get(child);
	}
	wake_up_new(child);
	if (a->flags & CLONE_VFORK) {
		wait_for_vfork(child, &vfork);
		task_put(child);
	}
	return tid;
}

/* ---- kernel threads --------------------------------------------------------------------------- */

int kthread_spawn(void (*fn)(void *), void *arg, const char *name, pid_t want, struct task **out)
{
	struct task *t;
	struct process *p;
	int err;

	if ((err = task_create(&t)))
		return err;
	t->flags = PF_KTHREAD;
	t->cred = cred_get(&init_cred);
	(void)strscpy(t->comm, name, sizeof(t->comm));
	sched_fork(t);
	t->se.policy = SCHED_NORMAL;
	t->se.nice = 0;
	t->se.weight = 1024;
	t->se.affinity = ~0UL;
	if (!(err = sighand_create(&t->sighand)) && !(err = process_create(&p))) {
		t->proc = p;
		p->leader = t;
		memcpy(p->rlim, idle_process.rlim, sizeof(p->rlim));
		if (!(err = pid_alloc_nr(want, &t->pid))) {
			p->pid = pid_get(t->pid);
			t->tid = t->pid->nr;
			if (current->fs)
				err = fs_dup(current->fs, &t->fs);
		}
	}
	if (err) {
		task_abort(t);
		return err;
	}
	arch_task_setup_kthread(t, fn, arg);

	unsigned long irq = write_lock_irqsave(&tasklist_lock);

	spin_lock(&p->siglock);
	process_attach(p, &idle_process);
	process_set_pgrp(p, idle_process.pgrp);
	process_set_session(p, idle_process.session);
	t->exit_signal = SIGCHLD;
	task_attach(t);
	spin_unlock(&p->siglock);
	write_unlock_irqrestore(&tasklist_lock, irq);
	if (out)
		*out = t;
	return 0;
}

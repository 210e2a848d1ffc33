// SPDX-License-Identifier: MIT
/*
 * Delivery, on the way back to user mode: takes the next pending signal, carries out the default action
 * or builds a handler's frame, and decides what becomes of an interrupted call (-ERESTART*).
 * Everything here runs in the context of the receiving thread.
 */
#include "kernel/base/string.h"
#include "kernel/gate/trace.h"
#include "kernel/signal/internal.h"
#include "kernel/task/internal.h"
#include "kernel/task/job.h"
#include "kernel/task/rseq.h"
#include <asm/unistd.h>

static void lock_me(struct process *p) __acquires(&p->siglock)
{
	arch_irq_disable();
	spin_lock(&p->siglock);
}

static void unlock_me(struct process *p) __releases(&p->siglock)
{
	spin_unlock(&p->siglock);
	arch_irq_enable();
}

/* Blocks mask; what that leaves pending for nobody here goes to another thread. */
static void retarget_shared(struct process *p, struct task *me, u64 which) __must_hold(&p->siglock)
{
	struct task *t;

	which &= p->shared.set;
	if (!which)
		return;
	for_each_thread(p, t) {
		if (t == me || (t->flags & PF_EXITING) || !(which & ~t->blocked))
			continue;
		which &= t->blocked;
		if (!(READ_ONCE(t->work) & WORK_SIGNAL))
			signal_wake(t, false);
		if (!which)
			return;
	}
}

void signal_set_blocked(u64 mask)
{
	struct task *me = current;
	struct process *p = me->proc;

	mask &= ~SIG_KERNEL_ONLY;
	if (mask == READ_ONCE(me->blocked))
		return;

	unsigned long flags = spin_lock_irqsave(&p->siglock);

	if ((READ_ONCE(me->work) & WORK_SIGNAL) && p->nr_threads > 1)
		retarget_shared(p, me, mask & ~me->blocked);
	me->blocked = mask;
	signal_recalc(me);
	spin_unlock_irqrestore(&p->siglock, flags);
}

void signal_set_temporary_mask(u64 mask)
{
	struct task *me = current;

	me->saved_sigmask = READ_ONCE(me->blocked);
	task_set_work(me, WORK_RESTORE_MASK);
	signal_set_blocked(mask);
}

void signal_exit_task(struct task *t)
{
	struct process *p = t->proc;
	bool stopped = false;
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	t->flags |= PF_EXITING;
	if (p->nr_threads > 1 && !(p->group_flags & PROC_GROUP_EXIT)) {
		if (READ_ONCE(t->work) & WORK_SIGNAL)
			retarget_shared(p, t, ~t->blocked);
		if (t->jobctl & JOBCTL_STOP_PENDING)
			stopped = signal_participate_stop(t);
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	if (stopped)
		notify_parent_stop(p, CLD_STOPPED);
}

/* siglock held: SIGKILL to every other live thread of current's process. */
void signal_zap_threads(struct process *p)
{
	struct task *t;

	p->stop_pending = 0;
	for_each_thread(p, t) {
		jobctl_clear_stop(t);
		if (t == current || READ_ONCE(t->exit_state))
			continue;
		t->pending.set |= SIGMASK(SIGKILL);
		signal_wake(t, true);
	}
}

/* ---- taking the next one ---------------------------------------------------------------------- */

/* A stop or continue that ended elsewhere is reported from here; siglock is held and released when true. */
static bool report_cld(struct process *p) __no_lock_analysis /* unlocks when it returns true */
{
	int why;

	if (likely(!(p->group_flags & (PROC_CLD_STOPPED | PROC_CLD_CONTINUED))))
		return false;
	why = p->group_flags & PROC_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
	p->group_flags &= ~(PROC_CLD_STOPPED | PROC_CLD_CONTINUED);
	unlock_me(p);
	notify_parent_stop(p, why);
	return true;
}

static bool my_pgrp_is_orphaned(struct process *p)
{
	read_lock(&tasklist_lock);

	bool orphaned = pgrp_is_orphaned(p->pgrp, NULL);

	read_unlock(&tasklist_lock);
	return orphaned;
}

enum verdict { TAKE_HANDLER, TAKE_NEXT, TAKE_RELOCK };

/*
 * What signal ks->sig means here; siglock held, and released for TAKE_RELOCK. Does not return when it
 * kills.
 */
static enum verdict signal_decide(struct process *p,
				  struct ksignal *ks) __no_lock_analysis /* TAKE_RELOCK unlocks */
{
	struct task *me = current;
	struct k_sigaction *action = sig_action(me, ks->sig);
	int sig = ks->sig;

	/* One look: a process that shares the dispositions (CLONE_SIGHAND) may change them meanwhile. */
	spin_lock(&me->sighand->lock);
	ks->action = *action;
	if (action->handler != H_IGN && (action->flags & SA_RESETHAND))
		action->handler = H_DFL;
	spin_unlock(&me->sighand->lock);
	if (ks->action.handler == H_IGN)
		return TAKE_NEXT;
	if (ks->action.handler != H_DFL)
		return TAKE_HANDLER;
	if (sig_in(sig, SIG_IGNORE_SET))
		return TAKE_NEXT;
	if ((p->group_flags & PROC_UNKILLABLE) && !sig_in(sig, SIG_KERNEL_ONLY))
		return TAKE_NEXT;
	if (sig_in(sig, SIG_STOP_SET)) {
		if (sig != SIGSTOP) { /* nobody could continue an orphaned group: only SIGSTOP stops it */
			unlock_me(p);

			bool orphaned = my_pgrp_is_orphaned(p);

			lock_me(p);
			if (orphaned)
				return TAKE_NEXT;
		}
		return signal_do_stop(sig) ? TAKE_RELOCK : TAKE_NEXT;
	}
	me->flags |= PF_SIGNALED;
	unlock_me(p);
	trace_signal(&ks->info);
	do_exit_group(sig); /* no core is ever dumped: bit 0x80 of the status stays clear */
}

/* True: ks is to be handled.  False: nothing is pending any more. */
static bool signal_take(struct ksignal *ks) __no_lock_analysis /* its helpers unlock now and then */
{
	struct task *me = current;
	struct process *p = me->proc;

relock:
	lock_me(p);
	if (report_cld(p))
		goto relock;
	for (;;) {
		if ((p->group_flags & PROC_GROUP_EXIT) || (p->exec_task && p->exec_task != me)) {
			me->flags |= PF_SIGNALED;
			unlock_me(p);
			do_exit_group(SIGKILL); /* the group's status is already decided */
		}
		if ((me->jobctl & JOBCTL_STOP_PENDING) && signal_do_stop(0))
			goto relock;
		ks->sig = signal_dequeue_sync_locked(&ks->info);
		if (!ks->sig)
			ks->sig = signal_dequeue_locked(~me->blocked, &ks->info);
		if (!ks->sig) {
			signal_recalc(me);
			unlock_me(p);
			return false;
		}
		switch (signal_decide(p, ks)) {
		case TAKE_HANDLER:
			unlock_me(p);
			trace_signal(&ks->info);
			return true;
		case TAKE_RELOCK:
			goto relock;
		case TAKE_NEXT:
			break;
		}
	}
}

/* ---- restart ---------------------------------------------------------------------------------- */

static long call_result(const struct regs *regs)
{
	if ((long)regs->orig_ax < 0)
		return 0; /* not from a call */
	return in_ia32_syscall() ? (long)(s32)regs->ax : (long)regs->ax;
}

static void restart_call(struct regs *regs, unsigned long nr)
{
	regs->ax = nr;
	regs->ip -= 2; /* syscall, sysenter's landing pad and int $0x80 are two bytes each */
}

/* A handler will run: is the call restarted after it? */
static void restart_for_handler(struct regs *regs, const struct ksignal *ks)
{
	switch (call_result(regs)) {
	case -ERESTART_RESTARTBLOCK:
	case -ERESTARTNOHAND:
		regs->ax = (unsigned long)-EINTR;
		break;
	case -ERESTARTSYS:
		if (!(ks->action.flags & SA_RESTART)) {
			regs->ax = (unsigned long)-EINTR;
			break;
		}
		restart_call(regs, regs->orig_ax);
		break;
	case -ERESTARTNOINTR:
		restart_call(regs, regs->orig_ax);
		break;
	}
}

static void restart_without_handler(struct regs *regs)
{
	switch (call_result(regs)) {
	case -ERESTARTNOHAND:
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
		restart_call(regs, regs->orig_ax);
		break;
	case -ERESTART_RESTARTBLOCK:
		restart_call(regs, in_ia32_syscall() ? 0 : __NR_restart_syscall);
		break;
	}
}

/* ---- handlers --------------------------------------------------------------------------------- */

bool signal_on_altstack(unsigned long sp)
{
	const struct task *me = current;

	/* An auto-disarmed stack is never "in use": that is what lets a handler switch away from it. */
	if (me->sas_flags & SS_AUTODISARM)
		return false;
	return sp > me->sas_sp && sp - me->sas_sp <= me->sas_size;
}

int signal_altstack_flags(unsigned long sp)
{
	if (!current->sas_size)
		return SS_DISABLE;
	return signal_on_altstack(sp) ? SS_ONSTACK : 0;
}

void signal_delivered(const struct ksignal *ks)
{
	struct task *me = current;
	u64 blocked = READ_ONCE(me->blocked) | ks->action.mask;

	if (!(ks->action.flags & SA_NODEFER))
		blocked |= SIGMASK(ks->sig);
	task_clear_work(me, WORK_RESTORE_MASK); /* the frame holds the mask to come back to */
	signal_set_blocked(blocked);
	if (me->sas_flags & SS_AUTODISARM) {
		me->sas_sp = 0;
		me->sas_size = 0;
		me->sas_flags = SS_DISABLE;
	}
}

u64 signal_mask_to_save(void)
{
	const struct task *me = current;

	return READ_ONCE(me->work) & WORK_RESTORE_MASK ? me->saved_sigmask : READ_ONCE(me->blocked);
}

void signal_deliver(struct regs *regs)
{
	struct ksignal ks;

	if (signal_take(&ks)) {
		restart_for_handler(regs, &ks);
		if (!(current->rseq && rseq_signal(regs)) && !arch_signal_setup(&ks, regs))
			signal_delivered(&ks);
		else if (ks.sig == SIGSEGV) /* no stack for the handler of a bad stack */
			signal_force_kill(SIGSEGV);
		else
			signal_force(SIGSEGV, SI_KERNEL, 0, 0);
		return;
	}
	restart_without_handler(regs);
	if (READ_ONCE(current->work) & WORK_RESTORE_MASK) {
		task_clear_work(current, WORK_RESTORE_MASK);
		signal_set_blocked(current->saved_sigmask);
	}
}

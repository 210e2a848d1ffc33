// SPDX-License-Identifier: MIT
/*
 * Dispositions, the alternate stack, and waiting for signals: the kernel-typed workers of sigaction(2),
 * sigaltstack(2), sigtimedwait(2), sigsuspend(2), sigpending(2), and what execve(2) does to all this.
 */
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/signal/internal.h"
#include "kernel/task/internal.h"

/*
 * The flags that a program may set; unknown ones are dropped so that it can find out what exists
 * (sigaction(2)).
 */
#define SA_KNOWN                                                                                          \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND | \
	 SA_EXPOSE_TAGBITS | SA_RESTORER)

int do_sigaction(int sig, const struct k_sigaction *new, struct k_sigaction *old)
{
	struct task *me = current, *t;
	struct process *p = me->proc;

	if (sig < 1 || sig > NSIG_K || (new &&sig_in(sig, SIG_KERNEL_ONLY)))
		return -EINVAL;

	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct k_sigaction *action = sig_action(me, sig);

	spin_lock(&me->sighand->lock);
	if (old) {
		*old = *action;
		old->flags &= ~(unsigned long)SA_IA32_K;
	}
	if (new) {
		*action = *new;
		action->flags &= SA_KNOWN;
		if (in_ia32_syscall())
			action->flags |= SA_IA32_K;
		action->mask &= ~SIG_KERNEL_ONLY;
	}
	spin_unlock(&me->sighand->lock);
	/* POSIX: setting a disposition that ignores the signal discards a pending one, blocked or not. */
	if (new &&sig_task_ignored(me, sig, false)) {
		sigpending_remove(&p->shared, SIGMASK(sig));
		for_each_thread(p, t)
			sigpending_remove(&t->pending, SIGMASK(sig));
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return 0;
}

int do_sigaltstack(const stack_t *new, stack_t *old, unsigned long sp, size_t min_size)
{
	struct task *me = current;

	if (old) {
		memset(old, 0, sizeof(*old));
		old->ss_sp = (__force void *)me->sas_sp;
		old->ss_size = me->sas_size;
		old->ss_flags = signal_altstack_flags(sp) | (int)(me->sas_flags & SS_FLAG_BITS);
	}
	if (!new)
		return 0;

	int mode = new->ss_flags &(int)~SS_FLAG_BITS;

	if (signal_on_altstack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return refuse(EINVAL, "sigaltstack: unknown flags");
	if (mode == SS_DISABLE) {
		me->sas_sp = 0;
		me->sas_size = 0;
	} else {
		if (new->ss_size < min_size)
			return -ENOMEM;
		me->sas_sp = (__force unsigned long)new->ss_sp;
		me->sas_size = new->ss_size;
	}
	me->sas_flags = (u32) new->ss_flags;
	return 0;
}

u64 signal_pending_set(void)
{
	struct task *me = current;
	unsigned long flags = spin_lock_irqsave(&me->proc->siglock);
	u64 set = (me->pending.set | me->proc->shared.set) & me->blocked;

	spin_unlock_irqrestore(&me->proc->siglock, flags);
	return set;
}

int do_sigtimedwait(u64 set, siginfo_t *info, u64 timeout_ns)
{
	struct task *me = current;
	struct process *p = me->proc;

	set &= ~SIG_KERNEL_ONLY;

	unsigned long flags = spin_lock_irqsave(&p->siglock);
	int sig = signal_dequeue_locked(set, info);

	if (!sig && timeout_ns) {
		u64 left;

		/*
		 * Unblocked for the wait, so that senders wake this thread; real_blocked keeps their
		 * default action away.
		 */
		me->real_blocked = me->blocked;
		me->blocked &= ~set;
		signal_recalc(me);
		set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock_irqrestore(&p->siglock, flags);
		left = signal_pending() ? 1 : schedule_timeout(timeout_ns);
		set_current_state(TASK_RUNNING);
		flags = spin_lock_irqsave(&p->siglock);
		me->blocked = me->real_blocked;
		me->real_blocked = 0;
		sig = signal_dequeue_locked(set, info);
		if (!sig && left)
			sig = -EINTR;
	}
	spin_unlock_irqrestore(&p->siglock, flags);
	return sig ? sig : -EAGAIN;
}

int do_pause(void)
{
	while (!signal_pending()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending())
			schedule();
		set_current_state(TASK_RUNNING);
	}
	return -ERESTARTNOHAND;
}

int do_sigsuspend(u64 mask)
{
	signal_set_temporary_mask(mask);
	return do_pause();
}

/* ---- execve(2) -------------------------------------------------------------------------------- */

int signal_exec_prepare(void)
{
	struct task *me = current;
	struct sighand *new, *old = me->sighand;
	int err;

	if (atomic_load(&old->refs) == 1)
		return 0;
	if ((err = sighand_copy(&new)))
		return err;

	unsigned long flags = spin_lock_irqsave(&me->proc->siglock);

	me->sighand = new;
	spin_unlock_irqrestore(&me->proc->siglock, flags);
	sighand_put(old);
	return 0;
}

void signal_exec(void)
{
	struct task *me = current;
	unsigned long flags = spin_lock_irqsave(&me->proc->siglock);

	sighand_clear(me->sighand); /* handlers are gone with the program */
	me->sas_sp = 0;
	me->sas_size = 0;
	me->sas_flags = 0;
	spin_unlock_irqrestore(&me->proc->siglock, flags);
}

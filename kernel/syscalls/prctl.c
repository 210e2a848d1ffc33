// SPDX-License-Identifier: MIT
/* prctl(2): options of the process and thread; those of credentials are in kernel/task/cap.c. */
#include "kernel/arch/arch.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/task/task.h"
#include <linux/prctl.h>

#define TIMER_SLACK_DEFAULT 50000

static long set_name(const char __user *uname)
{
	char name[TASK_COMM_LEN] = "";

	if (strncpy_from_user(name, uname, TASK_COMM_LEN - 1) == -EFAULT)
		return -EFAULT;
	name[TASK_COMM_LEN - 1] = '\0';
	task_set_comm(current, name);
	return 0;
}

static long get_name(char __user *uname)
{
	char name[TASK_COMM_LEN];

	spin_lock(&current->alloc_lock);
	memcpy(name, current->comm, sizeof(name));
	spin_unlock(&current->alloc_lock);
	return copy_to_user(uname, name, sizeof(name));
}

/* Marks every process below p, so that an orphan among them looks for a subreaper at all. */
static void mark_descendants(struct process *top) __must_hold(&tasklist_lock)
{
	struct process *p = top;

	for (;;) {
		if (!list_empty(&p->children)) {
			p = list_first(&p->children, struct process, sibling);
		} else {
			while (p != top && p->sibling.next == &p->parent->children)
				p = p->parent;
			if (p == top)
				return;
			p = list_entry(p->sibling.next, struct process, sibling);
		}
		p->has_child_subreaper = true;
	}
}

static long set_subreaper(bool on)
{
	struct process *p = current->proc;
	unsigned long flags = write_lock_irqsave(&tasklist_lock);

	p->is_child_subreaper = on;
	if (on)
		mark_descendants(p);
	write_unlock_irqrestore(&tasklist_lock, flags);
	return 0;
}

/* Values that several options return through a pointer to int. */
static long put_int(int value, unsigned long addr)
{
	return put_user(value, (int __user *)addr);
}

static long process_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
			  unsigned long arg5)
{
	struct task *me = current;

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (arg2 > NSIG_K)
			return -EINVAL;
		me->pdeath_signal = (int)arg2;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_int(me->pdeath_signal, arg2);
	case PR_GET_DUMPABLE:
		return me->mm->dumpable;
	case PR_SET_DUMPABLE:
		if (arg2 > 1)
			return -EINVAL;
		me->mm->dumpable = arg2;
		return 0;
	case PR_SET_NAME:
		return set_name((const char __user *)arg2);
	case PR_GET_NAME:
		return get_name((char __user *)arg2);
	case PR_GET_TIMERSLACK: /* a real-time task has none, and keeps what it had for later */
		return rt_policy(me->se.policy) ? 0 : (long)min(me->timer_slack_ns, (u64)INT64_MAX);
	case PR_SET_TIMERSLACK:
		if (rt_policy(me->se.policy))
			return 0;
		me->timer_slack_ns = (long)arg2 <= 0 ? TIMER_SLACK_DEFAULT : arg2;
		return 0;
	case PR_SET_CHILD_SUBREAPER:
		return set_subreaper(arg2);
	case PR_GET_CHILD_SUBREAPER:
		return put_int(me->proc->is_child_subreaper, arg2);
	case PR_GET_TID_ADDRESS:
		if (in_ia32_syscall())
			return put_user((u32)me->clear_child_tid, (u32 __user *)arg2);
		return put_user(me->clear_child_tid, (unsigned long __user *)arg2);
	case PR_SET_THP_DISABLE:
		if (arg3 || arg4 || arg5)
			return -EINVAL;
		me->thp_disable = arg2;
		return 0;
	case PR_GET_THP_DISABLE:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : me->thp_disable;
	}
	return -ENOSYS;
}

/* ---- what is kept and told, though nothing here acts on it ------------------------------------------- */

static long mce_policy(void)
{
	if (!(current->flags & PF_MCE_PROCESS))
		return PR_MCE_KILL_DEFAULT;
	return current->flags & PF_MCE_EARLY ? PR_MCE_KILL_EARLY : PR_MCE_KILL_LATE;
}

/* PR_MCE_KILL: when a memory error kills.  Machines that report one to a guest are none of ours. */
static long mce_kill(unsigned long what, unsigned long policy)
{
	u32 flags = current->flags & ~(u32)(PF_MCE_PROCESS | PF_MCE_EARLY);

	if (what == PR_MCE_KILL_CLEAR) {
		if (policy)
			return -EINVAL;
	} else if (what != PR_MCE_KILL_SET || policy > PR_MCE_KILL_DEFAULT) {
		return -EINVAL;
	} else if (policy != PR_MCE_KILL_DEFAULT) {
		flags |= PF_MCE_PROCESS | (policy == PR_MCE_KILL_EARLY ? PF_MCE_EARLY : 0);
	}
	current->flags = flags;
	return 0;
}

/* Memory is never won back by I/O here, so nobody has to be kept from waiting for that. */
static long io_flusher(bool set, unsigned long on, bool more)
{
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (more || (set ? on > 1 : on))
		return -EINVAL;
	if (!set)
		return !!(current->flags & PF_IO_FLUSHER);
	current->flags = on ? current->flags | PF_IO_FLUSHER : current->flags & ~(u32)PF_IO_FLUSHER;
	return 0;
}

/*
 * Speculation is left as the machine does it, as by Linux with mitigations=off: no control over the store
 * bypass and indirect branches, and the L1 data cache is flushed for nobody.
 */
static long speculation(bool set, unsigned long which, unsigned long control)
{
	switch (which) {
	case PR_SPEC_STORE_BYPASS:
		return set ? -ENXIO : PR_SPEC_NOT_AFFECTED;
	case PR_SPEC_INDIRECT_BRANCH:
		if (!set)
			return PR_SPEC_ENABLE;
		if (control == PR_SPEC_ENABLE)
			return 0;
		return control == PR_SPEC_DISABLE || control == PR_SPEC_FORCE_DISABLE ? -EPERM : -ERANGE;
	case PR_SPEC_L1D_FLUSH:
		return set ? -EPERM : PR_SPEC_FORCE_DISABLE;
	default:
		return -ENODEV;
	}
}

static long set_mm(unsigned long what, unsigned long addr, unsigned long arg4, unsigned long arg5)
{
	if (arg5 || (arg4 && what != PR_SET_MM_AUXV && what != PR_SET_MM_MAP && what != PR_SET_MM_MAP_SIZE))
		return -EINVAL;
	if (what == PR_SET_MM_MAP_SIZE)
		return put_user((u32)sizeof(struct prctl_mm_map), (u32 __user *)addr);
	if (what == PR_SET_MM_MAP)
		return refuse(EINVAL, "prctl: PR_SET_MM_MAP absent");
	return capable(CAP_SYS_RESOURCE) ? refuse(EINVAL, "prctl: PR_SET_MM absent") : -EPERM;
}

SYSCALL_DEFINE5(prctl, int, option, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4,
		unsigned long, arg5)
{
	long ret = process_prctl(option, arg2, arg3, arg4, arg5);

	if (ret != -ENOSYS || (ret = cred_prctl(option, arg2, arg3, arg4, arg5)) != -ENOSYS)
		return ret;
	switch (option) {
	case PR_GET_TSC:
		return put_int(arch_tsc_permission() ? PR_TSC_ENABLE : PR_TSC_SIGSEGV, arg2);
	case PR_SET_TSC:
		if ((u32)arg2 != PR_TSC_ENABLE && (u32)arg2 != PR_TSC_SIGSEGV)
			return -EINVAL;
		arch_set_tsc_permission((u32)arg2 == PR_TSC_ENABLE);
		return 0;
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING:
		return arg2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_MCE_KILL:
		return arg4 || arg5 ? -EINVAL : mce_kill(arg2, arg3);
	case PR_MCE_KILL_GET:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : mce_policy();
	case PR_SET_IO_FLUSHER:
	case PR_GET_IO_FLUSHER:
		return io_flusher(option == PR_SET_IO_FLUSHER, arg2, arg3 || arg4 || arg5);
	case PR_TASK_PERF_EVENTS_DISABLE: /* there are none */
	case PR_TASK_PERF_EVENTS_ENABLE:
		return 0;
	case PR_GET_SECCOMP:
		return 0; /* the mode: none */
	case PR_SET_SECCOMP:
		return refuse(EINVAL, "prctl: seccomp absent");
	case PR_SET_SYSCALL_USER_DISPATCH:
		if (arg2 == PR_SYS_DISPATCH_OFF && !arg3 && !arg4 && !arg5)
			return 0; /* as it is */
		return refuse(EINVAL, "prctl: system call user dispatch absent");
	case PR_GET_SPECULATION_CTRL:
	case PR_SET_SPECULATION_CTRL:
		if ((option == PR_GET_SPECULATION_CTRL && arg3) || arg4 || arg5)
			return -EINVAL;
		return speculation(option == PR_SET_SPECULATION_CTRL, arg2, arg3);
	case PR_SET_MM:
		return set_mm(arg2, arg3, arg4, arg5);
	}
	return refuse(EINVAL, "prctl: unknown or absent option");
}

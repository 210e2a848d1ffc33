// SPDX-License-Identifier: MIT
/*
 * Restartable sequences: a thread's area in user memory tells the CPU it runs on, and names the critical
 * section it is in.  Whoever leaves the CPU, or gets a signal, inside of one goes on at its abort address.
 * Source: rseq(2), Linux 6.1 kernel/rseq.c.
 *
 * Everything here runs in the thread itself; task->rseq is its own.  A thread without an area pays one
 * test per context switch.  One that is switched out inside a system call is in no critical section (they
 * may not make calls), so its area is looked at only when it comes back on another CPU.
 */
#include "kernel/task/rseq.h"

#include "kernel/gate/refuse.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/mm.h"
#include <linux/rseq.h>

static_assert(sizeof(struct rseq) == 32 && __alignof__(struct rseq) == 32, "rseq(2) of Linux 6.1");

static struct rseq __user *area_of(const struct task *t)
{
	return (struct rseq __user *)t->rseq;
}

static int put_cpu(struct task *me, u32 start, u32 id)
{
	struct rseq __user *area = area_of(me);

	return put_user(start, &area->cpu_id_start) || put_user(id, &area->cpu_id) ? -EFAULT : 0;
}

static long unregister(struct task *me, unsigned long area, u32 size, int flags, u32 signature)
{
	int err;

	if (flags != RSEQ_FLAG_UNREGISTER || me->rseq != area || !area || size != sizeof(struct rseq))
		return -EINVAL;
	if (me->rseq_signature != signature)
		return -EPERM;
	if ((err = put_cpu(me, 0, (u32)RSEQ_CPU_ID_UNINITIALIZED)))
		return err;
	me->rseq = 0;
	return 0;
}

long do_rseq(unsigned long area, u32 size, int flags, u32 signature)
{
	struct task *me = current;
	u64 section, none = 0;

	if (flags & RSEQ_FLAG_UNREGISTER)
		return unregister(me, area, size, flags, signature);
	if (flags)
		return refuse(EINVAL, "rseq: unknown flags");
	if (me->rseq) {
		if (me->rseq != area || size != sizeof(struct rseq))
			return -EINVAL;
		return me->rseq_signature != signature ? -EPERM : -EBUSY;
	}
	if (area % __alignof__(struct rseq) || size != sizeof(struct rseq))
		return -EINVAL;
	if (!access_ok((void __user *)area, size) ||
	    get_user(section, &((struct rseq __user *)area)->rseq_cs))
		return -EFAULT;
	/* An old section would be an error at the way out: it goes (Linux 6.16, and 6.1 since). */
	if (section && put_user(none, &((struct rseq __user *)area)->rseq_cs))
		return -EFAULT;
	me->rseq = area;
	me->rseq_signature = signature;
	me->rseq_cpu = -1;
	task_set_work(me, WORK_RSEQ); /* the CPU is told before this call is over */
	return 0;
}

void rseq_switched(void)
{
	struct task *me = current;

	if ((long)task_regs(me)->orig_ax < 0 || me->rseq_cpu != this_cpu()->id)
		task_set_work(me, WORK_RSEQ);
}

void rseq_fork(struct task *child, bool shares_memory)
{
	if (shares_memory || !current->rseq)
		return; /* the area belongs to one thread */
	child->rseq = current->rseq;
	child->rseq_signature = current->rseq_signature;
	child->rseq_cpu = -1;
	task_set_work(child, WORK_RSEQ);
}

/* The section that the area points at; false: none.  It is the program's: everything is checked. */
static int get_section(struct task *me, struct rseq_cs *cs, bool *any)
{
	unsigned long top = me->mm->top;
	u64 ptr;
	u32 signature;

	if (get_user(ptr, &area_of(me)->rseq_cs))
		return -EFAULT;
	*any = ptr;
	if (!ptr)
		return 0;
	if (ptr >= top)
		return -EINVAL;
	if (copy_from_user(cs, (void __user *)ptr, sizeof(*cs)))
		return -EFAULT;
	if (cs->start_ip >= top || cs->start_ip + cs->post_commit_offset >= top || cs->abort_ip >= top ||
	    cs->version || cs->start_ip + cs->post_commit_offset < cs->start_ip ||
	    cs->abort_ip - cs->start_ip < cs->post_commit_offset)
		return -EINVAL;
	if (copy_from_user(&signature, (void __user *)(cs->abort_ip - sizeof(signature)), sizeof(signature)))
		return -EFAULT;
	return signature == me->rseq_signature ? 0 : -EINVAL;
}

static int forget_section(struct task *me)
{
	u64 none = 0;

	return put_user(none, &area_of(me)->rseq_cs);
}

/* Leaves the critical section that regs->ip is in. */
static int abort_section(struct task *me, struct regs *regs)
{
	struct rseq_cs cs;
	u32 flags;
	bool any;
	int err;

	if ((err = get_section(me, &cs, &any)) || !any)
		return err;
	if (regs->ip - cs.start_ip >= cs.post_commit_offset)
		return forget_section(me);
	if (cs.flags) /* flags that would inhibit the abort are gone since Linux 6.0 */
		return -EINVAL;
	if (get_user(flags, &area_of(me)->flags))
		return -EFAULT;
	if (flags)
		return -EINVAL;
	if ((err = forget_section(me)))
		return err;
	regs->ip = cs.abort_ip;
	task_set_work(me, WORK_IRET);
	return 0;
}

/* The CPU may change until we are back in user mode: then this is done again. */
static int tell_cpu(struct task *me)
{
	u32 cpu = (u32)READ_ONCE(me->se.cpu);
	int err;

	if (likely(me->rseq_cpu == (int)cpu))
		return 0;
	if (!(err = put_cpu(me, cpu, cpu)))
		me->rseq_cpu = (int)cpu;
	return err;
}

int rseq_signal(struct regs *regs)
{
	struct task *me = current;
	int err = abort_section(me, regs);

	return err ? err : tell_cpu(me);
}

void rseq_exit_work(struct regs *regs)
{
	task_clear_work(current, WORK_RSEQ);
	if (current->rseq && rseq_signal(regs))
		signal_force(SIGSEGV, SI_KERNEL, 0, 0);
}

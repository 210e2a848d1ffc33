// SPDX-License-Identifier: MIT
/* getrlimit(2), setrlimit(2), prlimit(2), getrusage(2), times(2). */
#include "abi/ia32/process.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/syscalls/rusage.h"
#include "kernel/task/wait.h"
#include <linux/times.h>

#define NR_OPEN_MAX   1048576 /* fs.nr_open: RLIMIT_NOFILE goes no higher, not even for root */
#define CLOCK_TICK_NS 10000000 /* USER_HZ is 100 */

/* new, old: NULL when not wanted.  -EINVAL, -EPERM */
static int do_prlimit(struct process *p, unsigned resource, const struct rlimit64 *new, struct rlimit64 *old)
{
	int err = 0;

	if (resource >= RLIM_NLIMITS)
		return refuse(EINVAL, "prlimit: unknown resource");
	if (new &&new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (new &&resource == RLIMIT_NOFILE &&new->rlim_max > NR_OPEN_MAX)
		return -EPERM;

	bool raise = capable(CAP_SYS_RESOURCE);
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	if (new &&new->rlim_max > p->rlim[resource].rlim_max && !raise)
		err = -EPERM;
	if (!err && old)
		*old = p->rlim[resource];
	if (!err && new)
		p->rlim[resource] = *new;
	spin_unlock_irqrestore(&p->siglock, flags);
	return err;
}

SYSCALL_DEFINE2(getrlimit, unsigned, resource, struct rlimit64 __user *, rlim)
{
	struct rlimit64 value;
	int err = do_prlimit(current->proc, resource, NULL, &value);

	return err ? err : copy_to_user(rlim, &value, sizeof(value));
}

SYSCALL_DEFINE2(setrlimit, unsigned, resource, const struct rlimit64 __user *, rlim)
{
	struct rlimit64 value;

	if (copy_from_user(&value, rlim, sizeof(value)))
		return -EFAULT;
	return do_prlimit(current->proc, resource, &value, NULL);
}

/* prlimit(2): all three uids and gids of the target must be ours, or CAP_SYS_RESOURCE. */
static bool may_prlimit(struct task *t)
{
	const struct cred *me = current->cred;
	bool ok;

	if (t == current)
		return true;
	rcu_read_lock();

	const struct cred *it = rcu_dereference(t->cred);

	ok = me->uid == it->euid && me->uid == it->suid && me->uid == it->uid && me->gid == it->egid &&
	     me->gid == it->sgid && me->gid == it->gid;
	rcu_read_unlock();
	return ok || capable(CAP_SYS_RESOURCE);
}

SYSCALL_DEFINE4(prlimit64, pid_t, pid, unsigned, resource, const struct rlimit64 __user *, new,
		struct rlimit64 __user *, old)
{
	struct task *t __cleanup(task_putp) = NULL;
	struct rlimit64 in, out;
	int err;

	if (new &&copy_from_user(&in, new, sizeof(in)))
		return -EFAULT;
	t = pid ? task_find_get(pid) : task_get(current);
	if (!t)
		return -ESRCH;
	if (!may_prlimit(t))
		return -EPERM;
	err = do_prlimit(t->proc, resource, new ? &in : NULL, old ? &out : NULL);
	if (!err && old && copy_to_user(old, &out, sizeof(out)))
		return -EFAULT;
	return err;
}

static long getrlimit_ia32(unsigned resource, struct ia32_rlimit __user *rlim, u32 infinity)
{
	struct rlimit64 value;
	struct ia32_rlimit narrow;
	int err = do_prlimit(current->proc, resource, NULL, &value);

	if (err)
		return err;
	narrow.rlim_cur = value.rlim_cur > infinity ? infinity : (u32)value.rlim_cur;
	narrow.rlim_max = value.rlim_max > infinity ? infinity : (u32)value.rlim_max;
	return copy_to_user(rlim, &narrow, sizeof(narrow));
}

IA32_SYSCALL_DEFINE2(getrlimit, unsigned, resource, struct ia32_rlimit __user *, rlim)
{
	return getrlimit_ia32(resource, rlim, 0xffffffff);
}

/* Number 76: from the time when RLIM_INFINITY was the largest signed long. */
IA32_SYSCALL_DEFINE2(old_getrlimit, unsigned, resource, struct ia32_rlimit __user *, rlim)
{
	return getrlimit_ia32(resource, rlim, 0x7fffffff);
}

IA32_SYSCALL_DEFINE2(setrlimit, unsigned, resource, const struct ia32_rlimit __user *, rlim)
{
	struct ia32_rlimit narrow;

	if (copy_from_user(&narrow, rlim, sizeof(narrow)))
		return -EFAULT;

	const struct rlimit64 value = {
		narrow.rlim_cur == 0xffffffff ? RLIM64_INFINITY : narrow.rlim_cur,
		narrow.rlim_max == 0xffffffff ? RLIM64_INFINITY : narrow.rlim_max,
	};

	return do_prlimit(current->proc, resource, &value, NULL);
}

/* ---- usage ------------------------------------------------------------------------------------ */

int rusage_put(const struct cpu_times *t, struct rusage __user *u)
{
	const struct rusage r = {
		.ru_utime = { (long)(t->utime_ns / NSEC_PER_SEC), (long)(t->utime_ns % NSEC_PER_SEC / 1000) },
		.ru_stime = { (long)(t->stime_ns / NSEC_PER_SEC), (long)(t->stime_ns % NSEC_PER_SEC / 1000) },
		.ru_maxrss = (long)(t->maxrss_pages * (PAGE_SIZE / 1024)),
		.ru_minflt = (long)t->minflt,
		.ru_majflt = (long)t->majflt,
		.ru_inblock = (long)t->inblock,
		.ru_oublock = (long)t->oublock,
		.ru_nvcsw = (long)t->nvcsw,
		.ru_nivcsw = (long)t->nivcsw,
	};

	return copy_to_user(u, &r, sizeof(r));
}

int rusage_put_ia32(const struct cpu_times *t, struct ia32_rusage __user *u)
{
	const struct ia32_rusage r = {
		.ru_utime = { (s32)(t->utime_ns / NSEC_PER_SEC), (s32)(t->utime_ns % NSEC_PER_SEC / 1000) },
		.ru_stime = { (s32)(t->stime_ns / NSEC_PER_SEC), (s32)(t->stime_ns % NSEC_PER_SEC / 1000) },
		.ru_maxrss = (s32)(t->maxrss_pages * (PAGE_SIZE / 1024)),
		.ru_minflt = (s32)t->minflt,
		.ru_majflt = (s32)t->majflt,
		.ru_inblock = (s32)t->inblock,
		.ru_oublock = (s32)t->oublock,
		.ru_nvcsw = (s32)t->nvcsw,
		.ru_nivcsw = (s32)t->nivcsw,
	};

	return copy_to_user(u, &r, sizeof(r));
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, usage)
{
	struct cpu_times times;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return refuse(EINVAL, "getrusage: who");
	do_getrusage(who, &times);
	return rusage_put(&times, usage);
}

IA32_SYSCALL_DEFINE2(getrusage, int, who, struct ia32_rusage __user *, usage)
{
	struct cpu_times times;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return refuse(EINVAL, "getrusage: who");
	do_getrusage(who, &times);
	return rusage_put_ia32(&times, usage);
}

static void get_tms(struct tms *t)
{
	struct cpu_times self, children;

	do_getrusage(RUSAGE_SELF, &self);
	do_getrusage(RUSAGE_CHILDREN, &children);
	t->tms_utime = (long)(self.utime_ns / CLOCK_TICK_NS);
	t->tms_stime = (long)(self.stime_ns / CLOCK_TICK_NS);
	t->tms_cutime = (long)(children.utime_ns / CLOCK_TICK_NS);
	t->tms_cstime = (long)(children.stime_ns / CLOCK_TICK_NS);
}

SYSCALL_DEFINE1(times, struct tms __user *, utms)
{
	struct tms t;

	if (utms) {
		get_tms(&t);
		if (copy_to_user(utms, &t, sizeof(t)))
			return -EFAULT;
	}
	return (long)(clock_mono_ns() / CLOCK_TICK_NS);
}

IA32_SYSCALL_DEFINE1(times, struct ia32_tms __user *, utms)
{
	struct tms t;

	if (utms) {
		get_tms(&t);

		const struct ia32_tms narrow = { (s32)t.tms_utime, (s32)t.tms_stime, (s32)t.tms_cutime,
						 (s32)t.tms_cstime };

		if (copy_to_user(utms, &narrow, sizeof(narrow)))
			return -EFAULT;
	}
	return (s32)(clock_mono_ns() / CLOCK_TICK_NS);
}

// SPDX-License-Identifier: MIT
/* sched_*(2), getpriority(2), setpriority(2), nice(2) of i386.  Rules and order: sched(7), Linux 6.1. */
#include "abi/ia32/time.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/ipc/futex.h"
#include "kernel/syscalls/timespec.h"
#include "kernel/task/task.h"
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

#define RR_INTERVAL_NS   100000000ULL
#define FAIR_INTERVAL_NS 3000000ULL

SYSCALL_DEFINE0(sched_yield)
{
	sched_yield();
	return 0;
}

static struct task *target_get(pid_t pid)
{
	return pid ? task_find_get(pid) : task_get(current);
}

/* Same user as t's real or effective one. */
static bool same_owner(struct task *t)
{
	const struct cred *me = current->cred;
	bool same;

	rcu_read_lock();

	const struct cred *it = rcu_dereference(t->cred);

	same = me->euid == it->euid || me->euid == it->uid;
	rcu_read_unlock();
	return same;
}

/* RLIMIT_NICE: 1…40 stands for nice 19…-20. */
static bool can_nice(struct task *t, int nice)
{
	return (u64)(20 - nice) <= READ_ONCE(t->proc->rlim[RLIMIT_NICE].rlim_cur) || capable(CAP_SYS_NICE);
}

/* ---- affinity --------------------------------------------------------------------------------- */

static long setaffinity(pid_t pid, u64 mask)
{
	struct task *t __cleanup(task_putp) = target_get(pid);

	if (!t)
		return -ESRCH;
	if (!same_owner(t) && !capable(CAP_SYS_NICE))
		return -EPERM;
	return sched_set_affinity(t, mask);
}

SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned, len, const unsigned long __user *, umask)
{
	u64 mask = 0;

	if (copy_from_user(&mask, umask, min((size_t)len, sizeof(mask))))
		return -EFAULT;
	return setaffinity(pid, mask);
}

IA32_SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned, len, const u32 __user *, umask)
{
	u64 mask = 0;

	if (copy_from_user(&mask, umask, min((size_t)len, sizeof(mask))))
		return -EFAULT;
	return setaffinity(pid, mask);
}

static long getaffinity(pid_t pid, unsigned len, size_t word, void __user *umask)
{
	struct task *t __cleanup(task_putp) = NULL;
	struct cpu *c;
	u64 mask = 0;
	size_t n = min((size_t)len, sizeof(mask));

	if ((u64)len * 8 < (u64)nr_cpus || (len & (word - 1)))
		return -EINVAL;
	t = target_get(pid);
	if (!t)
		return -ESRCH;
	for_each_cpu(c)
		mask |= READ_ONCE(c->online) ? BIT(c->id) : 0;
	mask &= READ_ONCE(t->se.affinity);
	return copy_to_user(umask, &mask, n) ? -EFAULT : (long)n;
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned, len, unsigned long __user *, umask)
{
	return getaffinity(pid, len, sizeof(long), umask);
}

IA32_SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned, len, u32 __user *, umask)
{
	return getaffinity(pid, len, 4, umask);
}

/* ---- policy ----------------------------------------------------------------------------------- */

struct policy_change {
	int policy; /* -1: keep */
	int prio; /* real-time priority */
	int nice;
	bool set_nice, reset_on_fork;
};

/* What an unprivileged caller may not do; sched(7), "Privileges and resource limits". */
static int check_unprivileged(struct task *t, const struct policy_change *c)
{
	if (!rt_policy(c->policy) && c->set_nice && c->nice < t->se.nice && !can_nice(t, c->nice))
		return -EPERM;
	if (rt_policy(c->policy)) {
		u64 limit = READ_ONCE(t->proc->rlim[RLIMIT_RTPRIO].rlim_cur);

		if (c->policy != t->se.policy && !limit)
			return -EPERM;
		if (c->prio > t->se.rt_prio && (u64)c->prio > limit)
			return -EPERM;
	}
	if (t->se.policy == SCHED_IDLE && c->policy != SCHED_IDLE && !can_nice(t, t->se.nice))
		return -EPERM;
	if (!same_owner(t))
		return -EPERM;
	return t->sched_reset_on_fork && !c->reset_on_fork ? -EPERM : 0;
}

static int change_policy(struct task *t, struct policy_change *c)
{
	int err;

	if (c->policy < 0) {
		c->policy = t->se.policy;
		c->reset_on_fork = t->sched_reset_on_fork;
	} else if (c->policy == SCHED_DEADLINE) {
		return refuse(EINVAL, "sched_setscheduler: SCHED_DEADLINE absent");
	} else if (c->policy != SCHED_NORMAL && c->policy != SCHED_BATCH && c->policy != SCHED_IDLE &&
		   !rt_policy(c->policy)) {
		return refuse(EINVAL, "sched_setscheduler: unknown policy");
	}
	if (c->prio < 0 || c->prio > 99 || rt_policy(c->policy) != (c->prio != 0))
		return -EINVAL;
	if (!capable(CAP_SYS_NICE) && (err = check_unprivileged(t, c)))
		return err;
	if ((err = sched_set_scheduler(t, c->policy, c->prio)))
		return err;
	if (c->set_nice && !rt_policy(c->policy))
		sched_set_nice(t, c->nice);
	t->sched_reset_on_fork = c->reset_on_fork;
	futex_pi_reprioritised(t);
	return 0;
}

static long set_param(pid_t pid, int policy, const struct sched_param __user *uparam)
{
	struct task *t __cleanup(task_putp) = NULL;
	struct policy_change c = { .policy = policy };
	int prio;

	if (!uparam || pid < 0)
		return -EINVAL;
	if (copy_from_user(&prio, uparam, sizeof(prio)))
		return -EFAULT;
	t = target_get(pid);
	if (!t)
		return -ESRCH;
	if (policy >= 0) {
		c.reset_on_fork = policy & SCHED_RESET_ON_FORK;
		c.policy = policy & ~SCHED_RESET_ON_FORK;
	}
	c.prio = prio;
	return change_policy(t, &c);
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, const struct sched_param __user *, param)
{
	return policy < 0 ? -EINVAL : set_param(pid, policy, param);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, pid, const struct sched_param __user *, param)
{
	return set_param(pid, -1, param);
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, pid)
{
	struct task *t __cleanup(task_putp) = NULL;

	if (pid < 0)
		return -EINVAL;
	t = target_get(pid);
	if (!t)
		return -ESRCH;
	return t->se.policy | (t->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

SYSCALL_DEFINE2(sched_getparam, pid_t, pid, struct sched_param __user *, param)
{
	struct task *t __cleanup(task_putp) = NULL;
	int prio;

	if (!param || pid < 0)
		return -EINVAL;
	t = target_get(pid);
	if (!t)
		return -ESRCH;
	prio = rt_policy(t->se.policy) ? t->se.rt_prio : 0;
	return copy_to_user(param, &prio, sizeof(prio));
}

/*
 * sched_setattr(2): an extensible structure; too large or too small, the size we know is told in its
 * first word.
 */
static int get_attr(struct sched_attr __user *uattr, struct sched_attr *attr)
{
	u32 size;
	int err;

	memset(attr, 0, sizeof(*attr));
	if (copy_from_user(&size, &uattr->size, sizeof(size)))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	err = size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE
		      ? -E2BIG
		      : copy_struct_from_user(attr, sizeof(*attr), uattr, size);
	if (err == -E2BIG)
		(void)!put_user((u32)sizeof(*attr), &uattr->size);
	if (err)
		return err;
	if ((attr->sched_flags & (SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX)) &&
	    size < SCHED_ATTR_SIZE_VER1)
		return -EINVAL;
	attr->sched_nice = max(min(attr->sched_nice, 19), -20);
	return 0;
}

SYSCALL_DEFINE3(sched_setattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned, flags)
{
	struct task *t __cleanup(task_putp) = NULL;
	struct policy_change c;
	struct sched_attr attr;
	int err;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	if ((err = get_attr(uattr, &attr)))
		return err;
	if ((int)attr.sched_policy < 0)
		return -EINVAL;
	t = target_get(pid);
	if (!t)
		return -ESRCH;
	if (attr.sched_flags & ~(u64)(SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_KEEP_ALL))
		return refuse(EINVAL, "sched_setattr: unknown or absent flags");
	c = (struct policy_change){
		.policy = attr.sched_flags & SCHED_FLAG_KEEP_POLICY ? -1 : (int)attr.sched_policy,
		.prio = (int)attr.sched_priority,
		.nice = attr.sched_nice,
		.set_nice = !(attr.sched_flags & SCHED_FLAG_KEEP_PARAMS),
		.reset_on_fork = attr.sched_flags & SCHED_FLAG_RESET_ON_FORK,
	};
	if (attr.sched_flags & SCHED_FLAG_KEEP_PARAMS)
		c.prio = rt_policy(t->se.policy) ? t->se.rt_prio : 0;
	return change_policy(t, &c);
}

SYSCALL_DEFINE4(sched_getattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned, size, unsigned, flags)
{
	struct task *t __cleanup(task_putp) = NULL;
	struct sched_attr attr = { 0 };

	if (!uattr || pid < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	t = target_get(pid);
	if (!t)
		return -ESRCH;
	attr.size = min(size, (unsigned)sizeof(attr));
	attr.sched_policy = (u32)t->se.policy;
	attr.sched_flags = t->sched_reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
	if (rt_policy(t->se.policy))
		attr.sched_priority = (u32)t->se.rt_prio;
	else
		attr.sched_nice = t->se.nice;
	if (size >= SCHED_ATTR_SIZE_VER1)
		attr.sched_util_max = 1024;
	return copy_to_user(uattr, &attr, attr.size);
}

/* Only the real-time policies have a range; the others' is 0 to 0. */
static long priority_limit(int policy, long limit)
{
	if (rt_policy(policy))
		return limit;
	if (policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ||
	    policy == SCHED_DEADLINE)
		return 0;
	return -EINVAL;
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	return priority_limit(policy, 99);
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	return priority_limit(policy, 1);
}

static int rr_interval(pid_t pid, u64 *ns)
{
	struct task *t __cleanup(task_putp) = NULL;

	if (pid < 0)
		return -EINVAL;
	t = target_get(pid);
	if (!t)
		return -ESRCH;
	*ns = t->se.policy == SCHED_RR ? RR_INTERVAL_NS : t->se.policy == SCHED_FIFO ? 0 : FAIR_INTERVAL_NS;
	return 0;
}

SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, pid, struct __kernel_timespec __user *, uts)
{
	u64 ns;
	int err = rr_interval(pid, &ns);

	return err ? err : put_timespec(ns, uts);
}

IA32_SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, pid, struct ia32_timespec __user *, uts)
{
	u64 ns;
	int err = rr_interval(pid, &ns);

	return err ? err : put_ia32_timespec(ns, uts);
}

/* ---- a thread, a process group, a user ---------------------------------------------------------- */

typedef bool (*task_fn)(struct task *t, void *arg); /* false: no more */

static bool for_process(struct process *p, task_fn fn, void *arg)
{
	struct task *t;

	for_each_thread(p, t)
		if (!fn(t, arg))
			return false;
	return true;
}

static void for_user(uid_t uid, task_fn fn, void *arg)
{
	struct process *p;
	bool more = true;

	for (pid_t nr = 1; more && (p = process_next_get(nr)) != NULL; process_put(p)) {
		nr = p->pid->nr + 1;
		read_lock(&tasklist_lock);
		if (p->nr_threads) {
			rcu_read_lock();

			bool match = rcu_dereference(p->leader->cred)->uid == uid;

			rcu_read_unlock();
			if (match)
				more = for_process(p, fn, arg);
		}
		read_unlock(&tasklist_lock);
	}
}

static void for_pgrp(int who, task_fn fn, void *arg)
{
	read_lock(&tasklist_lock);

	struct pid *pgrp = who ? pid_find(who) : current->proc->pgrp;
	struct list_head *head = pgrp ? &pgrp->tasks[PIDTYPE_PGID] : NULL;

	for (struct list_head *n = head ? head->next : NULL; n != head; n = n->next)
		if (!for_process(list_entry(n, struct process, pid_nodes[PIDTYPE_PGID]), fn, arg))
			break;
	read_unlock(&tasklist_lock);
}

/* Calls fn for each thread that which (PRIO_*) and who name; false: which is unknown. */
static bool for_tasks_of(int which, int who, task_fn fn, void *arg)
{
	if (which == PRIO_PROCESS) {
		struct task *t __cleanup(task_putp) = target_get(who);

		if (t)
			(void)fn(t, arg);
	} else if (which == PRIO_USER) {
		for_user((uid_t)who, fn, arg);
	} else if (which == PRIO_PGRP) {
		for_pgrp(who, fn, arg);
	} else {
		return false;
	}
	return true;
}

/* ---- nice ------------------------------------------------------------------------------------- */

struct prio_walk {
	bool set;
	int nice;
	/* set: 0 or the last error; get: 20 - lowest nice, so that no value looks like an error */
	int result;
};

static bool prio_one(struct task *t, void *walk)
{
	const struct cred *me = current->cred;
	struct prio_walk *w = walk;
	bool mine;

	if (!w->set) {
		w->result = max(w->result, 20 - t->se.nice);
		return true;
	}
	rcu_read_lock();

	const struct cred *it = rcu_dereference(t->cred);

	mine = it->uid == me->euid || it->euid == me->euid;
	rcu_read_unlock();
	if (!mine && !capable(CAP_SYS_NICE)) {
		w->result = -EPERM;
	} else if (w->nice < t->se.nice && !can_nice(t, w->nice)) {
		w->result = -EACCES;
	} else {
		if (w->result == -ESRCH)
			w->result = 0;
		sched_set_nice(t, w->nice);
	}
	return true;
}

static int prio_walk(struct prio_walk *w, int which, int who)
{
	w->result = -ESRCH;
	if (which == PRIO_USER && !who)
		who = (int)current->cred->uid;
	return for_tasks_of(which, who, prio_one, w) ? w->result : -EINVAL;
}

SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	struct prio_walk w = { .set = false };

	return prio_walk(&w, which, who);
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, nice)
{
	struct prio_walk w = { .set = true, .nice = max(min(nice, 19), -20) };

	return prio_walk(&w, which, who);
}

IA32_SYSCALL_DEFINE1(nice, int, increment)
{
	int nice = current->se.nice + max(min(increment, 40), -40);

	nice = max(min(nice, 19), -20);
	if (increment < 0 && !can_nice(current, nice))
		return -EPERM;
	sched_set_nice(current, nice);
	return 0;
}

/* ---- I/O priorities ------------------------------------------------------------------------------- */

/*
 * ioprio_set(2): kept and told; there is no block device whose queue would ask.  IOPRIO_WHO_* is PRIO_* + 1.
 * Unlike setpriority(2), user 0 is root, not the caller (Linux 6.1).
 */
struct ioprio_walk {
	u16 value;
	int result;
};

static int ioprio_check(int value)
{
	switch (value >> IOPRIO_CLASS_SHIFT & 7) {
	case IOPRIO_CLASS_RT:
		return capable(CAP_SYS_ADMIN) || capable(CAP_SYS_NICE) ? 0 : -EPERM;
	case IOPRIO_CLASS_BE:
	case IOPRIO_CLASS_IDLE:
		return 0; /* every level is one, and what lies above it are hints */
	case IOPRIO_CLASS_NONE:
		return value & (IOPRIO_NR_LEVELS - 1) ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static bool ioprio_set_one(struct task *t, void *walk)
{
	const struct cred *me = current->cred;
	struct ioprio_walk *w = walk;
	uid_t uid;

	rcu_read_lock();
	uid = rcu_dereference(t->cred)->uid;
	rcu_read_unlock();
	w->result = uid == me->euid || uid == me->uid || capable(CAP_SYS_NICE) ? 0 : -EPERM;
	if (!w->result)
		WRITE_ONCE(t->ioprio, w->value);
	return !w->result;
}

/* What a thread without a priority of its own has, by its nice value. */
static u16 ioprio_of(const struct task *t)
{
	u16 value = READ_ONCE(t->ioprio);
	int class = IOPRIO_CLASS_BE;

	if (value >> IOPRIO_CLASS_SHIFT != IOPRIO_CLASS_NONE)
		return value;
	if (t->se.policy == SCHED_IDLE)
		class = IOPRIO_CLASS_IDLE;
	else if (t->se.policy == SCHED_FIFO || t->se.policy == SCHED_RR)
		class = IOPRIO_CLASS_RT;
	return (u16)(class << IOPRIO_CLASS_SHIFT | (t->se.nice + 20) / 5);
}

static bool ioprio_get_one(struct task *t, void *walk)
{
	struct ioprio_walk *w = walk;
	int value = ioprio_of(t);

	w->result = w->result < 0 ? value : min(w->result, value); /* the smaller is the better */
	return true;
}

SYSCALL_DEFINE3(ioprio_set, int, which, int, who, int, ioprio)
{
	struct ioprio_walk w = { .value = (u16)ioprio, .result = -ESRCH };
	int err = ioprio_check(ioprio);

	if (err)
		return err;
	return for_tasks_of(which - IOPRIO_WHO_PROCESS, who, ioprio_set_one, &w) ? w.result : -EINVAL;
}

SYSCALL_DEFINE2(ioprio_get, int, which, int, who)
{
	struct ioprio_walk w = { .result = -ESRCH };

	if (which == IOPRIO_WHO_PROCESS) { /* as it was set, which may be: not at all */
		struct task *t __cleanup(task_putp) = target_get(who);

		return t ? READ_ONCE(t->ioprio) : -ESRCH;
	}
	return for_tasks_of(which - IOPRIO_WHO_PROCESS, who, ioprio_get_one, &w) ? w.result : -EINVAL;
}

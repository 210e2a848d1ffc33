// SPDX-License-Identifier: MIT
/* /proc/PID/stat and /proc/PID/status. */
#include "kernel/base/string.h"
#include "kernel/drv/tty.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/mm/mm.h"
#include "kernel/sync/guard.h"

#define JIFFY_NS (NSEC_PER_SEC / 100)

/* What /proc shows of a task's signals, fetched at once under its lock. */
struct signal_sets {
	u64 pending, shared, blocked, ignored, caught;
};

static void get_signals(struct task *t, struct signal_sets *s)
{
	unsigned long flags = spin_lock_irqsave(&t->proc->siglock);
	const struct sighand *h = t->sighand;
	u64 ignored = 0, caught = 0;

	for (int i = 0; h && i < NSIG_K; i++) {
		unsigned long handler = READ_ONCE(h->action[i].handler);

		if (likely(!handler))
			continue;
		if (handler == 1)
			ignored |= BIT(i);
		else
			caught |= BIT(i);
	}
	*s = (struct signal_sets){ t->pending.set, t->proc->shared.set, t->blocked, ignored, caught };
	spin_unlock_irqrestore(&t->proc->siglock, flags);
}

struct ids {
	pid_t ppid, pgrp, session, tty_pgrp;
	dev_t tty;
	int threads;
};

static void get_ids(struct task *t, struct ids *id)
{
	struct process *p = t->proc;
	unsigned long flags = read_lock_irqsave(&tasklist_lock);
	struct tty *tty;

	id->ppid = p->parent ? p->parent->pid->nr : 0;
	id->pgrp = p->pgrp ? p->pgrp->nr : 0;
	id->session = p->session ? p->session->nr : 0;
	id->threads = p->nr_threads;
	spin_lock(&p->siglock);
	tty = p->tty;
	if (tty)
		tty_get(tty);
	spin_unlock(&p->siglock);
	read_unlock_irqrestore(&tasklist_lock, flags);
	id->tty = tty ? tty_device(tty) : 0;
	id->tty_pgrp = tty ? tty_foreground_pgrp(tty) : -1;
	if (tty)
		tty_put(tty);
}

/* new_encode_dev(): the layout of tty_nr in proc(5). */
static unsigned encode_dev(dev_t d)
{
	return (MINOR(d) & 0xff) | MAJOR(d) << 8 | (MINOR(d) & ~0xffu) << 12;
}

static struct cpu_times get_reaped_times(struct process *p)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	struct cpu_times times = p->children_reaped;

	spin_unlock_irqrestore(&p->siglock, flags);
	return times;
}

/* Fields 4 to 22 of proc(5). */
static void stat_ids_and_times(struct text *t, struct task *task, const struct ids *id,
			       const struct cpu_times *times)
{
	const struct cpu_times reaped = get_reaped_times(task->proc);
	const int prio = task->se.rt_prio ? -1 - task->se.rt_prio : 20 + task->se.nice;
	const s64 ids[] = { id->ppid, id->pgrp, id->session, (int)encode_dev(id->tty), id->tty_pgrp };
	const u64 counts[] = { task->flags & PF_KTHREAD ? 0x200000 : 0x400000,
			       times->minflt,
			       reaped.minflt,
			       times->majflt,
			       reaped.majflt,
			       times->utime_ns / JIFFY_NS,
			       times->stime_ns / JIFFY_NS,
			       reaped.utime_ns / JIFFY_NS,
			       reaped.stime_ns / JIFFY_NS };
	const s64 sched[] = { prio, task->se.nice, id->threads, 0, (s64)(task->start_ns / JIFFY_NS) };

	text_signed(t, ids, ARRAY_SIZE(ids));
	text_unsigned(t, counts, ARRAY_SIZE(counts));
	text_signed(t, sched, ARRAY_SIZE(sched));
}

struct memory_shown { /* all 0 without one */
	u64 size, pages;
	unsigned long code_start, code_end, stack_start,
		data[7]; /* data: from start_data to env_end of proc(5) */
};

static struct memory_shown get_memory(struct mm *mm)
{
	guard(read)(&mm->lock);
	return (struct memory_shown){
		mm->total_pages << PAGE_SHIFT,
		(u64)(max(mm->rss_anon, (s64)0) + max(mm->rss_file, (s64)0)),
		mm->code_start,
		mm->code_end,
		mm->stack_start,
		{ mm->data_start, mm->data_end, mm->brk_start, mm->arg_start, mm->arg_end, mm->env_start,
		  mm->env_end },
	};
}

struct task_shown {
	bool has_memory;
	struct memory_shown mm;
	bool addresses; /* to somebody who may see them */
	const struct signal_sets *sig;
};

/* The rest, from field 23 on: sizes, addresses, signals, scheduling. */
static void stat_memory(struct text *t, const struct task *task, const struct task_shown *shown)
{
	const struct memory_shown *mm = &shown->mm;
	const struct signal_sets *sig = shown->sig;
	const u64 none = shown->has_memory ? 1 : 0;
	const u64 sizes[] = { mm->size,
			      mm->pages,
			      (u64)RLIM64_INFINITY,
			      shown->addresses ? mm->code_start : none,
			      shown->addresses ? mm->code_end : none,
			      shown->addresses ? mm->stack_start : 0,
			      0,
			      0,
			      (sig->pending | sig->shared) & INT32_MAX,
			      sig->blocked & INT32_MAX,
			      sig->ignored & INT32_MAX,
			      sig->caught & INT32_MAX,
			      0,
			      0,
			      0 };
	const s64 sched[] = { task->exit_signal, task->se.cpu, task->se.rt_prio, task->se.policy, 0, 0, 0 };

	text_unsigned(t, sizes, ARRAY_SIZE(sizes));
	text_signed(t, sched, ARRAY_SIZE(sched));
	if (shown->addresses) {
		text_unsigned(t, mm->data, ARRAY_SIZE(mm->data));
		text_printf(t, "%d\n", READ_ONCE(task->exit_code));
	} else {
		text_printf(t, "0 0 0 0 0 0 0 0\n");
	}
}

int proc_show_stat(struct text *t, const struct proc_ref *ref)
{
	struct task *task __cleanup(task_putp) = proc_task_get(ref);
	struct cpu_times times = { 0 };
	struct signal_sets sig;
	struct mm *mm;
	struct ids id;

	if (!task)
		return -ESRCH;
	mm = proc_mm_get(ref);
	get_ids(task, &id);
	get_signals(task, &sig);
	if (ref->thread)
		times = (struct cpu_times){ task->utime_ns, task->stime_ns, task->minflt, task->majflt };
	else
		process_cpu_times(task->proc, &times);
	text_printf(t, "%d (%s) %c ", task->tid, task->comm, task_state_char(task));
	stat_ids_and_times(t, task, &id, &times);

	const struct task_shown shown = { mm, mm ? get_memory(mm) : (struct memory_shown){ 0 },
					  mm && !proc_may_access(task), &sig };

	stat_memory(t, task, &shown);
	if (mm)
		mm_put(mm);
	return 0;
}

static void status_memory(struct text *t, struct mm *mm)
{
	guard(read)(&mm->lock);

	const u64 anon = (u64)max(mm->rss_anon, (s64)0) * 4, file = (u64)max(mm->rss_file, (s64)0) * 4;
	const struct {
		const char *name;
		u64 kib;
	} rows[] = {
		{ "VmPeak", mm->total_pages * 4 },
		{ "VmSize", mm->total_pages * 4 },
		{ "VmLck", mm->locked_pages * 4 },
		{ "VmPin", 0 },
		{ "VmHWM", max((u64)mm->rss_peak * 4, anon + file) },
		{ "VmRSS", anon + file },
		{ "RssAnon", anon },
		{ "RssFile", file },
		{ "RssShmem", 0 },
		{ "VmData", mm->data_pages * 4 },
		{ "VmStk", mm->stack_pages * 4 },
		{ "VmExe", (mm->code_end - mm->code_start + 1023) / 1024 },
		{ "VmLib", 0 },
		{ "VmPTE", 0 },
		{ "VmSwap", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		text_printf(t, "%s:\t%8lu kB\n", rows[i].name, rows[i].kib);
}

static void status_cred(struct text *t, struct task *task)
{
	const struct cred *c;
	const struct group_info *g;

	rcu_read_lock();
	c = cred_get(rcu_dereference(task->cred));
	rcu_read_unlock();
	g = c->groups;
	text_printf(t, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid,
		    c->gid, c->egid, c->sgid, c->fsgid);
	text_printf(t, "FDSize:\t%d\nGroups:\t", 64);
	for (u32 i = 0; g && i < g->count; i++)
		text_printf(t, i ? " %u" : "%u", g->gid[i]);
	text_printf(t, " \n");
	cred_put(c);
}

static void status_caps(struct text *t, struct task *task)
{
	const struct cred *c;

	rcu_read_lock();
	c = cred_get(rcu_dereference(task->cred));
	rcu_read_unlock();
	text_printf(t,
		    "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%"
		    "016lx\nNoNewPrivs:\t%d\n",
		    c->cap_inheritable, c->cap_permitted, c->cap_effective, c->cap_bset, c->cap_ambient,
		    c->no_new_privs);
	cred_put(c);
}

static const char *state_name(char letter)
{
	switch (letter) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk sleep";
	case 'T':
		return "stopped";
	case 't':
		return "tracing stop";
	case 'X':
		return "dead";
	default:
		return "zombie";
	}
}

int proc_show_status(struct text *t, const struct proc_ref *ref)
{
	struct task *task __cleanup(task_putp) = proc_task_get(ref);
	struct signal_sets sig;
	struct mm *mm;
	struct ids id;
	char letter;
	u64 cpus_mask;

	if (!task)
		return -ESRCH;
	mm = proc_mm_get(ref);
	get_ids(task, &id);
	get_signals(task, &sig);
	letter = task_state_char(task);
	text_printf(t, "Name:\t%s\n", task->comm);
	spin_lock(&task->alloc_lock);
	umode_t umask = task->fs ? task->fs->umask : 0;
	spin_unlock(&task->alloc_lock);
	text_printf(
		t, "Umask:\t%04o\nState:\t%c (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		umask, letter, state_name(letter), task->proc->pid->nr, task->tid, id.ppid);
	status_cred(t, task);
	text_printf(t, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", task->proc->pid->nr, task->tid,
		    id.pgrp, id.session);
	if (mm) {
		status_memory(t, mm);
		mm_put(mm);
	}
	text_printf(
		t,
		"Threads:\t%d\nSigQ:\t%d/"
		"%lu\nSigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
		id.threads, 0, (u64)task->proc->rlim[RLIMIT_SIGPENDING].rlim_cur, sig.pending, sig.shared,
		sig.blocked, sig.ignored, sig.caught);
	status_caps(t, task);
	cpus_mask = task->se.affinity & (BIT(nr_cpus) - 1);
	text_printf(t, "Seccomp:\t0\nSeccomp_filters:\t0\nCpus_allowed:\t%lx\n", cpus_mask);
	text_printf(t, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		    task->se.nr_voluntary, task->se.nr_involuntary);
	return 0;
}

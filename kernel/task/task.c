// SPDX-License-Identifier: MIT
/*
 * Life of struct task and struct process as objects: memory, references, lists, accounting.
 *
 * A task starts with two references: one for its own execution, dropped by the scheduler after the last
 * switch away from it (TASK_DEAD), and one for the lists, dropped by task_detach()'s caller.  Freeing is
 * deferred by RCU, so that a look-up may touch what it found.  A process is referenced by each of its
 * tasks and freed after the last.  Thread lists change under tasklist_lock (writing) and siglock
 * together: holding either is enough to walk them.
 */
#include "kernel/task/task.h"
#include "kernel/base/init.h"
#include "kernel/base/string.h"
#include "kernel/drv/tty.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/signalfd.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/task/internal.h"
#include "kernel/time/itimer.h"
#include <linux/sched.h>

struct task *init_task;
u64 total_forks;
int threads_max;
static u32 task_count; /* [atomic] attached tasks */
static struct slab_cache *task_cache, *process_cache;

/* ---- creation and destruction --------------------------------------------------------------- */

int task_create(struct task **out)
{
	struct task *t = slab_alloc(task_cache, ALLOC_ZERO);

	if (!t)
		return -ENOMEM;
	t->kstack = kstack_alloc();
	if (!t->kstack) {
		slab_free(task_cache, t);
		return -ENOMEM;
	}
	t->refs = 1;
	t->state = TASK_UNINTERRUPTIBLE;
	t->timer_slack_ns = 50000;
	t->start_ns = clock_mono_ns();
	spin_lock_init(&t->alloc_lock);
	spin_lock_init(&t->times_lock);
	sigpending_init(&t->pending);
	list_init(&t->task_work);
	list_init(&t->futex_owned);
	list_init(&t->thread_node);
	list_init(&t->pid_node);
	*out = t;
	return 0;
}

/* The memory of a task nobody can reach any more; any context (mm and file references are gone before). */
static void task_destroy(struct task *t)
{
	struct process *proc = t->proc;

	ASSERT(!t->mm && !t->files && !t->fs);
	arch_task_free(t);
	if (t->sighand)
		sighand_put(t->sighand);
	if (t->cred)
		cred_put(t->cred);
	if (t->pid)
		pid_put(t->pid);
	kstack_free(t->kstack);
	slab_free(task_cache, t);
	if (proc)
		process_put(proc);
}

static void task_free_rcu(struct rcu_head *head)
{
	task_destroy(container_of(head, struct task, rcu));
}

void task_put(struct task *t)
{
	if (t && !atomic_sub(&t->refs, 1))
		call_rcu(&t->rcu, task_free_rcu);
}

void task_putp(struct task **t)
{
	task_put(*t);
}

void task_abort(struct task *t)
{
	if (t->files)
		files_put(t->files);
	if (t->fs)
		fs_put(t->fs);
	if (t->mm)
		mm_put(t->mm);
	t->files = NULL;
	t->fs = NULL;
	t->mm = NULL;
	task_destroy(t);
}

int process_create(struct process **out)
{
	struct process *p = slab_alloc(process_cache, ALLOC_ZERO);

	if (!p)
		return -ENOMEM;
	p->refs = 1;
	list_init(&p->threads);
	list_init(&p->children);
	list_init(&p->sibling);
	waitq_init(&p->wait_chld);
	for (int i = 0; i < PIDTYPE_MAX; i++)
		list_init(&p->pid_nodes[i]);
	spin_lock_init(&p->siglock);
	sigpending_init(&p->shared);
	waitq_init(&p->signalfd_wait);
	itimer_init(p);
	*out = p;
	return 0;
}

static void process_free_rcu(struct rcu_head *head) __no_lock_analysis /* nobody else has it any more */
{
	struct process *p = container_of(head, struct process, rcu);

	sigpending_flush(&p->shared);
	if (p->tty)
		tty_put(p->tty);
	pid_put(p->pid);
	pid_put(p->pgrp);
	pid_put(p->session);
	slab_free(process_cache, p);
}

void process_put(struct process *p)
{
	if (p && !atomic_sub(&p->refs, 1)) {
		signalfd_process_gone(p);
		call_rcu(&p->rcu, process_free_rcu);
	}
}

void process_putp(struct process **p)
{
	process_put(*p);
}

/* ---- lists ---------------------------------------------------------------------------------- */

void process_set_pgrp(struct process *p, struct pid *pgrp)
{
	struct pid *old = p->pgrp;

	list_del(&p->pid_nodes[PIDTYPE_PGID]);
	p->pgrp = pid_get(pgrp);
	list_add_tail(&p->pid_nodes[PIDTYPE_PGID], &pgrp->tasks[PIDTYPE_PGID]);
	if (old) {
		pid_free_if_unused(old);
		pid_put(old);
	}
}

void process_set_session(struct process *p, struct pid *session)
{
	struct pid *old = p->session;

	list_del(&p->pid_nodes[PIDTYPE_SID]);
	p->session = pid_get(session);
	list_add_tail(&p->pid_nodes[PIDTYPE_SID], &session->tasks[PIDTYPE_SID]);
	if (old) {
		pid_free_if_unused(old);
		pid_put(old);
	}
}

void process_attach(struct process *p, struct process *parent)
{
	p->parent = parent;
	p->ppid = parent->pid->nr;
	list_add_tail(&p->sibling, &parent->children);
	if (p->parent_task)
		p->parent_task->nr_children++;
	list_add_tail(&p->pid_nodes[PIDTYPE_TGID], &p->pid->tasks[PIDTYPE_TGID]);
}

void task_attach(struct task *t)
{
	struct process *p = t->proc;

	list_add_tail(&t->thread_node, &p->threads);
	list_add_tail(&t->pid_node, &t->pid->tasks[PIDTYPE_TID]);
	p->nr_threads++;
	atomic_add(&p->live, 1);
	atomic_add(&task_count, 1);
	atomic_add(&t->cred->user->processes, 1);
	task_get(t); /* the lists' */
}

bool task_detach(struct task *t)
{
	struct process *p = t->proc;
	unsigned long flags = spin_lock_irqsave(&p->siglock);
	bool last = --p->nr_threads == 0;

	list_del_init(&t->thread_node);
	sigpending_flush(&t->pending);
	task_account_exit(t);
	cputime_queue_close(&t->cputimers);
	if (last)
		cputime_queue_close(&p->cputimers);
	spin_unlock_irqrestore(&p->siglock, flags);

	list_del(&t->pid_node); /* not _init: an RCU reader may be standing on it */
	atomic_sub(&task_count, 1);
	atomic_sub(&t->cred->user->processes, 1);
	if (last) {
		for (int i = PIDTYPE_TGID; i < PIDTYPE_MAX; i++)
			list_del(&p->pid_nodes[i]);
		list_del_init(&p->sibling);
		if (p->parent_task)
			p->parent_task->nr_children--;
		p->parent_task = NULL;
		pid_free_if_unused(p->pgrp);
		pid_free_if_unused(p->session);
	}
	pid_free_if_unused(t->pid);
	return last;
}

int nr_tasks(void)
{
	return (int)atomic_load(&task_count);
}

/* ---- accounting ----------------------------------------------------------------------------- */

/* Of `total`, what the kernel used when u and s are what ticks sampled of the program and of the kernel. */
static u64 kernel_share(u64 total, u64 u, u64 s)
{
	u64 share;

	while ((u | s) >> 40) {
		u >>= 1;
		s >>= 1;
	}
	share = u + s ? (s << 20) / (u + s) : 0; /* in 2^-20 */
	return (total >> 20) * share + ((total & 0xfffff) * share >> 20);
}

/*
 * Splits the exact CPU time of t in the proportion the ticks sampled; all user time when there was no tick.
 * Neither part ever gets less than was told before, as in Linux 6.1's cputime_adjust().
 */
static void task_times(struct task *t, u64 *utime, u64 *stime)
{
	unsigned long flags = spin_lock_irqsave(&t->times_lock);
	u64 total = task_cpu_time(t);

	if (total > t->told_utime_ns + t->told_stime_ns) {
		u64 s = kernel_share(total, READ_ONCE(t->utime_ns), READ_ONCE(t->stime_ns));

		t->told_stime_ns = min(max(s, t->told_stime_ns), total - t->told_utime_ns);
		t->told_utime_ns = total - t->told_stime_ns;
	}
	*utime = t->told_utime_ns;
	*stime = t->told_stime_ns;
	spin_unlock_irqrestore(&t->times_lock, flags);
}

void task_add_times(struct task *t, struct cpu_times *out)
{
	u64 utime, stime;

	task_times(t, &utime, &stime);
	out->utime_ns += utime;
	out->stime_ns += stime;
	out->minflt += t->minflt;
	out->majflt += t->majflt;
	out->nvcsw += t->se.nr_voluntary;
	out->nivcsw += t->se.nr_involuntary;
}

void task_account_exit(struct task *t)
{
	task_add_times(t, &t->proc->self_dead);
}

void process_cpu_times_locked(struct process *p, struct cpu_times *out)
{
	struct task *t;

	*out = p->self_dead;
	for_each_thread(p, t)
		task_add_times(t, out);
}

void process_cpu_times(struct process *p, struct cpu_times *out)
{
	unsigned long flags = spin_lock_irqsave(&p->siglock);

	process_cpu_times_locked(p, out);
	spin_unlock_irqrestore(&p->siglock, flags);
}

u64 rlimit(unsigned resource)
{
	return READ_ONCE(current->proc->rlim[resource].rlim_cur);
}

char task_state_char(const struct task *t)
{
	u32 state = READ_ONCE(t->state), exit_state = READ_ONCE(t->exit_state);

	if (exit_state)
		return exit_state == TASK_ZOMBIE ? 'Z' : 'X';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	if (state & TASK_UNINTERRUPTIBLE)
		return 'D';
	if (state & TASK_STOPPED)
		return 'T';
	return state & TASK_TRACED ? 't' : 'R';
}

void task_set_comm(struct task *t, const char *name)
{
	spin_lock(&t->alloc_lock);
	memset(t->comm, 0, sizeof(t->comm));
	(void)strscpy(t->comm, name, sizeof(t->comm));
	spin_unlock(&t->alloc_lock);
}

struct mm *task_switch_mm(struct mm *mm)
{
	struct task *me = current;

	spin_lock(&me->alloc_lock);

	struct mm *old = me->mm;

	me->mm = mm;
	spin_unlock(&me->alloc_lock);
	sched_use_mm(mm); /* NULL: the old page tables stay loaded, pinned, until another program runs here */
	return old;
}

/* ---- task_work ------------------------------------------------------------------------------ */

int task_work_add(struct task *t, struct task_work *w)
{
	spin_lock(&t->alloc_lock);

	bool closed = t->work_closed;

	if (!closed)
		list_add_tail(&w->node, &t->task_work);
	spin_unlock(&t->alloc_lock);
	if (closed)
		return -ESRCH;
	task_set_work(t, WORK_NOTIFY);
	return 0;
}

void task_work_run(void)
{
	struct task *me = current;

	task_clear_work(me, WORK_NOTIFY);
	for (;;) {
		LIST_HEAD(todo);

		spin_lock(&me->alloc_lock);

		list_splice_init(&me->task_work, &todo);
		if (list_empty(&todo) && (me->flags & PF_EXITING))
			me->work_closed = true;
		spin_unlock(&me->alloc_lock);
		if (list_empty(&todo))
			return;
		while (!list_empty(&todo)) {
			struct task_work *w = list_first(&todo, struct task_work, node);

			list_del_init(&w->node);
			w->fn(w);
		}
	}
}

/* ---- boot ----------------------------------------------------------------------------------- */

static void rlimits_init(struct rlimit64 *rlim)
{
	/* Linux's INIT_RLIMITS; NPROC and SIGPENDING depend on memory as in fork_init(). */
	for (int i = 0; i < RLIM_NLIMITS; i++)
		rlim[i] = (struct rlimit64){ RLIM64_INFINITY, RLIM64_INFINITY };
	rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	rlim[RLIMIT_CORE].rlim_cur = 0;
	rlim[RLIMIT_NPROC] = (struct rlimit64){ (u64)threads_max / 2, (u64)threads_max / 2 };
	rlim[RLIMIT_NOFILE] = (struct rlimit64){ 1024, 4096 };
	rlim[RLIMIT_MEMLOCK] = (struct rlimit64){ 8 << 20, 8 << 20 };
	rlim[RLIMIT_SIGPENDING] = rlim[RLIMIT_NPROC];
	rlim[RLIMIT_MSGQUEUE] = (struct rlimit64){ 819200, 819200 };
	rlim[RLIMIT_NICE] = (struct rlimit64){ 0, 0 };
	rlim[RLIMIT_RTPRIO] = (struct rlimit64){ 0, 0 };
}

struct process idle_process; /* PID 0: parent of PID 1 and of all kernel threads, in no list */
static struct pid idle_pid = { .refs = 1 };

void task_init(void) __no_lock_analysis /* at boot, alone */
{
	task_cache = slab_cache_create("task", sizeof(struct task), 64);
	process_cache = slab_cache_create("process", sizeof(struct process), 64);
	pid_init();
	cred_init();
	/* An eighth of memory for kernel stacks and their tasks, as Linux. */
	threads_max = (int)min(max(page_total_count() / (8 * (KSTACK_SIZE / PAGE_SIZE)), (u64)20),
			       (u64)4194304);
	idle_process.refs = 1;
	idle_process.pid = &idle_pid;
	list_init(&idle_process.threads);
	list_init(&idle_process.children);
	list_init(&idle_process.sibling);
	waitq_init(&idle_process.wait_chld);
	waitq_init(&idle_pid.pidfd_wait);
	for (int i = 0; i < PIDTYPE_MAX; i++) {
		list_init(&idle_process.pid_nodes[i]);
		list_init(&idle_pid.tasks[i]);
	}
	spin_lock_init(&idle_process.siglock);
	sigpending_init(&idle_process.shared);
	waitq_init(&idle_process.signalfd_wait);
	idle_process.pgrp = pid_get(&idle_pid);
	idle_process.session = pid_get(&idle_pid);
	itimer_init(&idle_process);
	rlimits_init(idle_process.rlim);
}

struct task *task_alloc_idle(int cpu)
{
	struct task *t;

	if (task_create(&t) || sighand_create(&t->sighand))
		panic("task_alloc_idle: no memory");
	t->state = TASK_RUNNING;
	t->flags = PF_KTHREAD;
	t->pid = pid_get(&idle_pid);
	t->proc = process_get(&idle_process);
	t->cred = cred_get(&init_cred);
	t->exit_signal = -1;
	snprintf(t->comm, sizeof(t->comm), "swapper/%d", cpu);
	return t;
}

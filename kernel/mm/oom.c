// SPDX-License-Identifier: MIT
/*
 * The OOM killer: when a user page cannot be had, the process with the most memory dies (Linux's
 * badness: resident pages plus oom_score_adj thousandths of all memory), never PID 1, never a kernel thread.
 *
 * It has VICTIM_TIME_NS to exit, which gives back all it has: nobody else dies meanwhile, and its robust
 * futexes are handed on.  Then its private memory is taken from it whatever lock it sleeps on (its faults
 * fail from then on, which it cannot see because it never runs in user mode again), and the next one is
 * looked for.  Linux 6.1 does the same (OOM_REAPER_DELAY).
 * Lock: oom_lock (mutex, only tried) admits one killer at a time.
 */
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/oom.h>

#define VICTIM_TIME_NS (2 * NSEC_PER_SEC)

static struct mutex oom_lock = MUTEX_INIT(oom_lock);

/* The address space of any thread that still has one, pinned; NULL.  *gone: all threads have exited. */
static struct mm *process_mm_pin(struct process *p, bool *gone)
{
	unsigned long irq = read_lock_irqsave(&tasklist_lock);
	struct mm *mm = NULL;
	struct task *t;

	*gone = true;
	for_each_thread(p, t) {
		*gone &= t->exit_state != 0;
		if (mm || (t->flags & PF_KTHREAD))
			continue;
		spin_lock(&t->alloc_lock);
		mm = t->mm;
		if (mm)
			mm_pin(mm);
		spin_unlock(&t->alloc_lock);
	}
	read_unlock_irqrestore(&tasklist_lock, irq);
	return mm;
}

/* Thousandths and pages as in Linux 6.1 oom_badness(); below zero: not to be killed. */
static s64 badness(struct process *p, const struct mm *mm)
{
	s64 adj = p->leader->oom_score_adj;
	s64 points = READ_ONCE(mm->rss_anon) + READ_ONCE(mm->rss_file);

	if (adj == OOM_SCORE_ADJ_MIN || (READ_ONCE(p->group_flags) & PROC_UNKILLABLE) || p->pid->nr == 1)
		return -1;
	return max(points + adj * (s64)(page_total_count() / 1000), (s64)0);
}

/* False: there is nothing to gain. */
static bool reap(struct mm *mm)
{
	struct vma *v;

	if (!mm || READ_ONCE(mm->reaped))
		return false;
	if (mm == current->mm || !down_read_trylock(&mm->lock))
		return true; /* its owner is changing it: it will notice the signal, or we come again */
	WRITE_ONCE(mm->reaped, true);
	mm_for_each_vma(v, mm)
	{
		if (vma_is_anon(v))
			zap_range(mm, v->start, v->end, ZAP_ALL);
	}
	up_read(&mm->lock);
	return true;
}

static void kill_process(struct process *p)
{
	p->oom_until_ns = clock_mono_ns() + VICTIM_TIME_NS;
	signal_send_process(p, SIGKILL, NULL);
}

static void kill_victim(struct process *p, struct mm *mm)
{
	printk("Out of memory: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB, "
	       "oom_score_adj:%d\n",
	       p->pid->nr, p->leader->comm, (unsigned long)READ_ONCE(mm->total_pages) * 4,
	       (unsigned long)mm->rss_anon * 4, (unsigned long)mm->rss_file * 4, p->leader->oom_score_adj);
	kill_process(p);
}

/* Others that share the memory without being threads (vfork, CLONE_VM) must go too, or nothing is gained. */
static void kill_sharers(struct process *victim, const struct mm *mm)
{
	struct process *p;

	for (pid_t nr = 2; (p = process_next_get(nr)); process_put(p)) {
		bool gone;
		struct mm *other = process_mm_pin(p, &gone);

		nr = p->pid->nr + 1;
		if (other == mm && p != victim)
			kill_process(p);
		if (other)
			mm_unpin(other);
	}
}

/* Does the killer wait for p, an earlier victim?  When its time is up, its memory is taken. */
static bool on_its_way_out(struct process *p, struct mm *mm, bool gone)
{
	return p->oom_until_ns && !gone && (clock_mono_ns() < p->oom_until_ns || reap(mm));
}

bool oom_kill(void)
{
	struct process *p, *worst __cleanup(process_putp) = NULL;
	struct mm *worst_mm = NULL;
	s64 most = -1;
	bool again = false;

	if (!mutex_trylock(&oom_lock))
		return true; /* somebody is on it */
	for (pid_t nr = 2; !again && (p = process_next_get(nr)); process_put(p)) {
		bool gone;
		struct mm *mm = process_mm_pin(p, &gone);
		s64 points = mm && !READ_ONCE(mm->reaped) ? badness(p, mm) : -1;

		nr = p->pid->nr + 1;
		if (on_its_way_out(p, mm, gone)) {
			again = true;
		} else if (points > most) {
			most = points;
			if (worst)
				process_put(worst);
			if (worst_mm)
				mm_unpin(worst_mm);
			worst = process_get(p);
			worst_mm = mm;
			continue;
		}
		if (mm)
			mm_unpin(mm);
	}
	if (!again && worst) {
		kill_victim(worst, worst_mm);
		kill_sharers(worst, worst_mm);
		again = true;
	}
	mutex_unlock(&oom_lock);
	if (worst_mm)
		mm_unpin(worst_mm);
	return again;
}

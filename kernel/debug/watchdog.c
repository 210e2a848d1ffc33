// SPDX-License-Identifier: MIT
/*
 * Notices what has stopped, for watchdog= seconds (default 25).  A timer on every CPU looks for a CPU that
 * runs a task but takes no ticks, that of the boot CPU also for a task that sleeps uninterruptibly and is
 * not scheduled; a tick looks for a CPU that runs on and on without a reschedule although others wait.  All
 * tasks' stacks are printed, then the machine ends.  (What spins for a lock is noticed by
 * kernel/sync/spinlock.c, also on a single CPU with interrupts off.)
 */
#include "kernel/arch/arch.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/ksym.h"
#include "kernel/base/printk.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/sched/rq.h"
#include "kernel/sync/lockcheck.h"
#include "kernel/task/task.h"

#define DEFAULT_NS (25 * NSEC_PER_SEC)

static struct beat {
	u64 tick_ns; /* last tick, or when it left idle */
	u64 switches; /* of the run queue, when it last changed */
	u64 switched_ns;
} beats[MAX_CPUS];
static struct timer timers[MAX_CPUS];
static u64 limit_ns = DEFAULT_NS; /* [const] */

static void print_task(const struct task *t)
{
	bool running = READ_ONCE(t->se.on_cpu);

	printk("task %d (%s) state %c, %s CPU %u, pid %d, vruntime %ld ms\n", t->tid, t->comm,
	       task_state_char(t), running ? "on" : "of", t->se.cpu, t->proc->pid ? t->proc->pid->nr : 0,
	       (long)(t->se.vruntime - READ_ONCE(rqs[t->se.cpu].min_vruntime)) / (long)NSEC_PER_MSEC);
	if (!running)
		backtrace_print(arch_task_frame(t));
}

void tasks_print(void)
{
	struct process *p;
	struct task *t;

	for (pid_t nr = 1; (p = process_next_get(nr)); nr = p->pid->nr + 1)
		for_each_thread(p, t)
			print_task(t);
}

static void __noreturn stop(const char *what, int cpu, const struct task *t)
{
	lock_check_stop();
	panic_mode_enter();
	tasks_print();
	panic("watchdog: %s: CPU %d, task %d (%s)", what, cpu, t->tid, t->comm);
}

void watchdog_tick(void)
{
	struct rq *rq = this_cpu()->rq;
	struct beat *b = &beats[rq->cpu];
	u64 now = arch_clock_ns();

	WRITE_ONCE(b->tick_ns, now);
	if (b->switches != READ_ONCE(rq->nr_switches) || READ_ONCE(rq->nr_running) < 2) {
		b->switches = READ_ONCE(rq->nr_switches);
		b->switched_ns = now;
	} else if (now - b->switched_ns > limit_ns && !rt_policy(READ_ONCE(rq->curr)->se.policy)) {
		stop("no reschedule although others wait", rq->cpu, READ_ONCE(rq->curr));
	}
}

static void look_at_cpus(u64 now)
{
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		struct beat *b = &beats[cpu];

		if (READ_ONCE(rqs[cpu].curr) == rqs[cpu].idle)
			WRITE_ONCE(b->tick_ns, now);
		else if ((s64)(now - READ_ONCE(b->tick_ns)) > (s64)limit_ns)
			stop("a CPU takes no interrupts", cpu, READ_ONCE(rqs[cpu].curr));
	}
}

static void look_at_task(struct task *t, u64 now)
{
	u64 switches = t->se.nr_voluntary + t->se.nr_involuntary;
	u32 state = READ_ONCE(t->state);

	if (t->watch_switches != switches || !(state & TASK_UNINTERRUPTIBLE) || state & TASK_WAKEKILL) {
		t->watch_switches = switches;
		t->watch_since_ns = now;
	} else if (now - t->watch_since_ns > limit_ns) {
		stop("a task hangs", t->se.cpu, t);
	}
}

static void look_at_tasks(u64 now)
{
	unsigned long flags = read_lock_irqsave(&tasklist_lock);
	struct process *p;
	struct task *t;

	for (pid_t nr = 1; (p = process_next_get(nr));
	     process_put(p)) { /* not the last reference: it is in lists */
		nr = p->pid->nr + 1;
		for_each_thread(p, t)
			look_at_task(t, now);
	}
	read_unlock_irqrestore(&tasklist_lock, flags);
}

static void look(struct timer *timer)
{
	u64 now = arch_clock_ns();

	look_at_cpus(now);
	if (timer == &timers[0])
		look_at_tasks(now);
	timer_start(timer, clock_mono_ns() + limit_ns / 4);
}

static void start_here(void *unused)
{
	struct timer *timer = &timers[this_cpu()->id];

	timer_init(timer, look);
	timer_start(timer, clock_mono_ns() + limit_ns / 4);
}

static int watchdog_init(void)
{
	unsigned long seconds;
	char text[16];

	if (cmdline_get("watchdog", text, sizeof(text)) && !kstrtoul(text, 10, &seconds) && seconds)
		limit_ns = seconds * NSEC_PER_SEC;
	preempt_disable();
	arch_call_all(start_here, NULL);
	start_here(NULL);
	preempt_enable();
	return 0;
}
INITCALL(INIT_LATE, watchdog_init);

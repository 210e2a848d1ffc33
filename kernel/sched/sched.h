/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: a preemptive run queue per CPU, virtual-deadline fair class plus SCHED_FIFO/RR
 * (kernel/sched).
 */
#pragma once

#include "kernel/base/list.h"
#include "kernel/base/rbtree.h"
#include "kernel/sync/spinlock.h"

struct task;
struct mm;

/* task->state */
#define TASK_RUNNING         0
#define TASK_INTERRUPTIBLE   1
#define TASK_UNINTERRUPTIBLE 2
#define TASK_STOPPED         4 /* job control */
#define TASK_TRACED          8
#define TASK_ZOMBIE          16 /* exited, not yet reaped */
#define TASK_DEAD            32 /* never runs again; freed after the switch */
#define TASK_NEW             64 /* not started: only wake_up_new() ends it */
#define TASK_WAKEKILL        256 /* a fatal signal wakes it */
#define TASK_KILLABLE        (TASK_UNINTERRUPTIBLE | TASK_WAKEKILL)
#define TASK_NORMAL          (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

struct sched_entity { /* all [rq lock] */
	struct rb_node node;
	struct list_head rt_node;
	u64 vruntime;
	u64 exec_start; /* clock when it got the CPU */
	u64 sum_exec_ns; /* CPU time in all */
	u64 slice_ns;
	u32 weight;
	int policy; /* SCHED_* */
	int nice; /* -20…19 */
	int rt_prio; /* 1…99 for FIFO and RR */
	int inherited; /* 1…99: real-time priority lent by who waits for a lock of this task, 0: none */
	int cpu; /* run queue it belongs to */
	bool on_rq;
	bool on_cpu; /* [atomic] still running on `cpu`: do not touch its stack */
	u64 affinity; /* CPU mask */
	u64 nr_voluntary, nr_involuntary;
};

void sched_init(void); /* run queues and the boot CPU's idle task */
void sched_start_secondary(void) __noreturn; /* called by arch on each further CPU */
void sched_idle_loop(void) __noreturn; /* what a CPU's idle task runs */
void sched_fork(struct task *child); /* initialises child's entity from current */
void schedule(void); /* gives the CPU up according to current->state */
/* Sleeps at most timeout_ns (~0: for ever); the time left, 0 when it ran out. Set the state first. */
u64 schedule_timeout(u64 timeout_ns);
bool wake_up_state(struct task *t, unsigned states); /* true when it was sleeping in one of the states */
bool wake_up_process(struct task *t); /* TASK_NORMAL */
void wake_up_new(struct task *child); /* first start after fork */
void preempt_schedule_irq(
	void); /* arch: leaving an interrupt to kernel code, interrupts off on entry and return */
/*
 * current->mm changed (exec, exit: NULL): loads it on this CPU and keeps the active_mm pins right. May be
 * NULL.
 */
void sched_use_mm(struct mm *mm);
void sched_yield(void);
void cond_resched(void); /* in long loops; may sleep */
void sched_tick(bool user); /* from timer_interrupt(): accounting and preemption */
void sched_finish_switch(struct task *prev); /* run by the next task after arch_switch() */
int __must_check sched_set_scheduler(struct task *t, int policy, int rt_prio);
/* Real-time priority t runs with, inherited ones too; 0: fair class.  Only a snapshot. */
int sched_rt_prio(const struct task *t);
static inline bool rt_policy(int policy)
{
	return policy == 1 || policy == 2; /* SCHED_FIFO, SCHED_RR */
}
/* Lends t a real-time priority (0: none).  False: it had that one already.  Any context. */
bool sched_set_inherited(struct task *t, int prio);
void sched_set_nice(struct task *t, int nice);
int __must_check sched_set_affinity(struct task *t, u64 mask); /* -EINVAL when no CPU is left */
u64 task_cpu_time(struct task *t); /* ns, includes the running slice */
void sched_loadavg(u64 avg[3]); /* fixed point, 11 bits */
int sched_nr_running(void);
u64 sched_idle_ns(int cpu);
u64 sched_nr_switches(void);

#define set_current_state(s)                     \
	do {                                     \
		WRITE_ONCE(current->state, (s)); \
		smp_mb();                        \
	} while (0)

/* True when a task sleeping in `state` must stop sleeping because of a signal. kernel/signal */
bool signal_pending_state(unsigned state);

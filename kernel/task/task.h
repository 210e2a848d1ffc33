/* SPDX-License-Identifier: MIT */
/*
 * struct task (a thread) and struct process (a thread group).  Objects shared as clone(2) flags say
 * (mm, files, fs, sighand, cred) are separate and reference-counted.
 *
 * Lock legend, where __guarded_by() does not say it: [self] only the task itself writes; [tl] tasklist_lock;
 * [sig] process->siglock; [alloc] task->alloc_lock (mm, files, fs pointers, comm).
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/base/list.h"
#include "kernel/sched/sched.h"
#include "kernel/signal/signal.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/time/cputime.h"
#include "kernel/time/time.h"
#include <linux/resource.h>

/* task->work: one word tested once on entry and once on exit (DESIGN section 4). */
#define WORK_RESCHED      (1u << 0) /* exit: unused by sched (cpu->need_resched is looked at too) */
#define WORK_SIGNAL       (1u << 1) /* exit: signals may be pending */
#define WORK_NOTIFY       (1u << 2) /* exit: run task_work callbacks */
#define WORK_RESTORE_MASK (1u << 3) /* exit: saved_sigmask is to be restored */
#define WORK_RSEQ         (1u << 4) /* exit: rseq(2), the CPU has changed or the thread was preempted */
#define WORK_TRACE        (1u << 8) /* entry and exit: the tracer wants this task */
#define WORK_PTRACE       (1u << 9)
#define WORK_SECCOMP      (1u << 10)
#define WORK_INJECT       (1u << 11)
#define WORK_IRET         (1u << 16) /* exit: return by iret (all registers changed) */
#define WORK_ENTRY_MASK   (0xff00u)
#define WORK_EXIT_MASK    (0xffffu)

#define TASK_COMM_LEN 16

/* fn runs in the context of the task it was given to, before that returns to user mode. */
struct task_work {
	struct list_head node;
	void (*fn)(struct task_work *w);
};

struct restart_block {
	long (*fn)(struct restart_block *rb); /* restart_syscall(2) */
	union {
		struct {
			clockid_t clock;
			u64 expires_ns;
			unsigned long urem; /* struct timespec * in user memory or 0 */
			bool ia32_time32; /* old 32-bit timespec layout */
		} nanosleep;
		struct {
			unsigned long ufds;
			u32 nfds;
			u64 deadline_ns;
			bool has_deadline;
		} poll;
		struct {
			unsigned long uaddr;
			u32 val, flags, bitset;
			u64 deadline_ns;
		} futex;
	};
};

struct cpu_times {
	u64 utime_ns, stime_ns, minflt, majflt, nvcsw, nivcsw, maxrss_pages, inblock, oublock;
};

struct process {
	u32 refs; /* [atomic] */
	struct pid *pid; /* [const] the tgid */
	struct task *leader; /* [tl] changes in exec by a non-leader */
	struct list_head threads; /* [tl] */
	int nr_threads; /* [tl, written under sig too] in the list, zombie leader included */
	u32 live; /* [atomic] threads that have not begun to exit */
	u32 exec_id __guarded_by(&tasklist_lock); /* an exec of it or its parent makes exit_signal SIGCHLD */
	u32 parent_exec_id __guarded_by(&tasklist_lock);

	struct process *parent __guarded_by(&tasklist_lock);
	pid_t ppid __guarded_by(&tasklist_lock); /* its number, for getppid(2): it may be freed, this not */
	struct list_head children __guarded_by(&tasklist_lock);
	struct list_head sibling __guarded_by(&tasklist_lock);
	/* thread that forked us: __WNOTHREAD, pdeath_signal */
	struct task *parent_task __guarded_by(&tasklist_lock);
	struct waitq wait_chld; /* wait4(2) sleepers of this process */

	struct pid *pgrp __guarded_by(&tasklist_lock); /* a reference; nobody else changes a leader's */
	struct pid *session __guarded_by(&tasklist_lock); /* the same */
	/* membership: TGID, PGID, SID */
	struct list_head pid_nodes[PIDTYPE_MAX] __guarded_by(&tasklist_lock);
	bool session_leader __guarded_by(&tasklist_lock);
	struct tty *tty __guarded_by(&siglock); /* controlling terminal, reference */

	struct spinlock siglock; /* irq-safe: signals of all threads, sighand actions, stop/exit state */
	struct sigpending shared __guarded_by(&siglock);
	struct waitq signalfd_wait;
	u32 group_flags __guarded_by(&siglock); /* PROC_* */
	int group_exit_code __guarded_by(&siglock);
	int group_stop_sig __guarded_by(&siglock);
	int stop_pending __guarded_by(&siglock); /* threads that still have to stop */
	/* thread in exec that waits for the others to die; they do so without a status */
	struct task *exec_task __guarded_by(&siglock);

	struct rlimit64 rlim[RLIM_NLIMITS]; /* [alloc_lock of leader] */
	struct cpu_times self_dead __guarded_by(&siglock); /* of threads that exited */
	struct cpu_times children_reaped __guarded_by(&siglock);
	struct timer itimer_real; /* ITIMER_REAL */
	u64 itimer_real_interval_ns __guarded_by(&siglock);
	u64 itimer_virt_ns __guarded_by(&siglock);
	u64 itimer_virt_interval_ns __guarded_by(&siglock);
	u64 itimer_prof_ns __guarded_by(&siglock);
	u64 itimer_prof_interval_ns __guarded_by(&siglock);
	void *posix_timers; /* kernel/time/posix_timer.c */
	struct cputime_queue cputimers; /* kernel/time/cputime.c: on the time of all threads */
	u64 oom_until_ns; /* [oom_lock] 0, or killed for its memory, which it has until then to give back */
	bool is_child_subreaper, has_child_subreaper; /* [tl] */
	struct rcu_head rcu;
};

struct waiter_q;

struct task {
	u32 work; /* [atomic] WORK_*; entry.S reads it */
	u32 state; /* [atomic] TASK_* */
	void *kstack; /* [const] lowest address; struct regs at the top */
	struct arch_task arch; /* [self] */
	struct sched_entity se;
	u32 refs; /* [atomic] task_get/task_put */
	u32 flags; /* [self] PF_* */
	pid_t tid; /* [const] */
	struct pid *pid; /* [const] */
	struct process *proc; /* [const] */
	struct list_head thread_node; /* [tl] in proc->threads */
	struct list_head pid_node __guarded_by(&tasklist_lock); /* in pid->tasks[PIDTYPE_TID] */

	struct mm *mm; /* [alloc] NULL: kernel thread or exited */
	struct files *files; /* [alloc] */
	struct fs *fs; /* [alloc] */
	struct sighand *sighand; /* [const] until exit */
	const struct cred *cred; /* [rcu] effective (subjective) */
	struct spinlock alloc_lock;

	struct sigpending pending __guarded_by(&proc->siglock);
	u64 blocked __guarded_by(&proc->siglock); /* only the task itself writes, and reads without */
	u64 real_blocked __guarded_by(&proc->siglock); /* during sigtimedwait(2): what `blocked` was */
	u64 saved_sigmask; /* [self] valid with WORK_RESTORE_MASK */
	unsigned long sas_sp; /* [self] sigaltstack */
	size_t sas_size;
	u32 sas_flags;
	struct restart_block restart; /* [self] */

	u32 jobctl __guarded_by(&proc->siglock); /* JOBCTL_*: group stop */
	/* 0, TASK_ZOMBIE (to be reaped) or TASK_DEAD (released); `state` is the scheduler's */
	u32 exit_state __guarded_by(&tasklist_lock);
	int exit_code __guarded_by(&tasklist_lock); /* wait status */
	int exit_signal; /* of a leader: to the parent; -1: thread, 0: none */
	int pdeath_signal; /* [self] prctl */
	unsigned long set_child_tid, clear_child_tid; /* [self] user addresses */
	unsigned long robust_list; /* [self] */
	size_t robust_list_size;
	bool robust_ia32;
	u32 rseq_signature; /* [self] kernel/task/rseq.c */
	unsigned long rseq; /* [self] the area of rseq(2), a user address; 0: none */
	int rseq_cpu; /* [self] what the area was told last */
	struct vfork_done *vfork; /* [alloc] parent waits for exec or exit */
	u32 personality;
	char comm[TASK_COMM_LEN]; /* [alloc] */
	bool did_exec;
	bool sched_reset_on_fork; /* [self] SCHED_RESET_ON_FORK */
	bool thp_disable; /* [self] PR_SET_THP_DISABLE */
	bool was_undumpable; /* [alloc] so was the address space that it left for good */
	u16 ioprio; /* [atomic] ioprio_set(2) */
	bool work_closed; /* [alloc] task_work_add() fails from here on */
	struct list_head reap_node; /* [self] exit: children to release */
	u32 nr_children __guarded_by(&tasklist_lock); /* processes whose parent_task is this thread */
	u64 start_ns;
	u64 utime_ns, stime_ns; /* [self] tick-sampled split of se.sum_exec_ns */
	struct spinlock times_lock; /* a leaf, irq-safe */
	/* what the split was when somebody asked last */
	u64 told_utime_ns __guarded_by(&times_lock), told_stime_ns __guarded_by(&times_lock);
	u64 minflt, majflt;
	u64 timer_slack_ns;
	u64 rt_ticks, rt_switches; /* [self] RLIMIT_RTTIME: ticks since it slept, told by nr_voluntary */
	struct cputime_queue cputimers; /* kernel/time/cputime.c: on the time of this thread */
	struct list_head task_work; /* [alloc] */
	struct task_work settid_work; /* CLONE_CHILD_SETTID */
	/* rooms hang their per-task state here */
	struct waiter_q *futex_waiting; /* [pi_lock, kernel/ipc/futex_pi.c] for a PI mutex */
	struct list_head futex_owned; /* [pi_lock] PI mutexes that others wait for */
	bool futex_gone; /* [pi_lock] exit: owns none any more */
	const char *refuse_reason; /* [self] set by refuse() */
	void *trace; /* [self] kernel/gate/trace.c: the call being traced */
	u8 trace_state; /* [self] kernel/gate/trace.c */
	int oom_score_adj;
	struct rcu_head rcu;
#ifdef CONFIG_DEBUG
	struct held_locks held; /* [self] sleeping locks: kernel/debug/lockcheck.c */
	bool inject; /* [self] its allocations may be made to fail: kernel/debug/fail.c; inherited */
	u64 watch_switches, watch_since_ns; /* kernel/debug/watchdog.c */
#endif
};

/* task->flags */
#define PF_KTHREAD        1
#define PF_EXITING        2
#define PF_FORKNOEXEC     4
#define PF_SIGNALED       8
#define PF_OOM_VICTIM     16
#define PF_NPROC_EXCEEDED 32 /* set*uid went over RLIMIT_NPROC: execve(2) fails with EAGAIN */
#define PF_IO_FLUSHER     64 /* PR_SET_IO_FLUSHER; inherited */
#define PF_MCE_PROCESS    128 /* PR_MCE_KILL_SET was here; inherited */
#define PF_MCE_EARLY      256 /* PR_MCE_KILL_EARLY; inherited */
#define PF_PRCTL          (PF_IO_FLUSHER | PF_MCE_PROCESS | PF_MCE_EARLY)

/* process->group_flags */
#define PROC_GROUP_EXIT    1
#define PROC_STOPPED       2 /* all threads stopped, not continued */
#define PROC_CONTINUED     4 /* WCONTINUED not yet reported */
#define PROC_STOP_REPORTED 8 /* WUNTRACED already reported */
#define PROC_UNKILLABLE    16 /* init */
#define PROC_CLD_STOPPED   64 /* the parent is still to be told: partial stop ended by SIGCONT */
#define PROC_CLD_CONTINUED 128

/* task->jobctl */
#define JOBCTL_STOP_PENDING  1 /* this thread has to take part in the group stop */
#define JOBCTL_STOP_CONSUME  2 /* it is counted in stop_pending */
#define JOBCTL_STOP_DEQUEUED 4 /* a stop signal was taken, no SIGCONT since */

/* A parent that waits for its vfork child: on the parent's stack, reached through child->vfork. */
struct vfork_done {
	struct waitq wait;
	bool done; /* [child->alloc_lock] */
};

extern struct task *init_task; /* PID 1 */
extern int pid_max; /* [atomic] /proc/sys/kernel/pid_max */
extern u64 total_forks; /* [atomic] /proc/stat */
extern int threads_max; /* [const] */

static inline struct task *task_get(struct task *t)
{
	atomic_add(&t->refs, 1);
	return t;
}
void task_put(struct task *t);
void task_putp(struct task **t); /* for __cleanup */
static inline struct process *process_get(struct process *p)
{
	atomic_add(&p->refs, 1);
	return p;
}
void process_put(struct process *p);
void process_putp(struct process **p);

static inline struct regs *task_regs(const struct task *t)
{
	return task_user_regs(t->kstack);
}
static inline void task_set_work(struct task *t, u32 bits)
{
	atomic_or(&t->work, bits);
}
static inline void task_clear_work(struct task *t, u32 bits)
{
	atomic_and(&t->work, ~bits);
}
/* Is the running call a 32-bit one?  (int $0x80 or sysenter: ABI of the call, not of the program.) */
bool in_ia32_syscall(void);

/* Letter of the state as /proc/PID/stat shows it: R S D T t Z X. */
char task_state_char(const struct task *t);
/* A reference on t's credentials, whoever t is. */
const struct cred *task_cred_get(struct task *t);
/*
 * 0, or -EPERM: current may not look into t (ptrace(2), access modes; kernel/task/access.c).  Which of
 * current's ids decide: those of the process for calls that name t, those for files below /proc.
 */
enum access_creds { ACCESS_REALCREDS, ACCESS_FSCREDS };
int __must_check task_may_access(struct task *t, enum access_creds which);
/* The idle task of a CPU (PID 0): never listed, never freed. */
struct task *task_alloc_idle(int cpu);
/*
 * Makes mm the address space of current (NULL: none) and returns the old one, whose reference the caller
 * drops.
 */
struct mm *task_switch_mm(struct mm *mm);
/* Wakes the parent that waits in vfork(2), if any. */
void vfork_release(struct task *t);
void task_set_comm(struct task *t, const char *name);

struct clone_args_k { /* clone(2), clone3(2): checked, kernel-typed */
	u64 flags;
	unsigned long stack, stack_size, tls;
	unsigned long parent_tid, child_tid, pidfd; /* user addresses */
	int exit_signal;
	const pid_t *set_tid;
	size_t set_tid_size;
};
long do_clone(const struct clone_args_k *args); /* the child's tid or -errno */
/* Execs path (kernel string); argv/envp are user addresses of pointer arrays.  ia32: pointers are 32 bits. */
int __must_check do_execve(int dfd, const char *path, unsigned long argv, unsigned long envp, int flags,
			   bool ia32);
/* for PID 1 */
int __must_check kernel_execve(const char *path, const char *const *argv, const char *const *envp);
void do_exit(int wait_status) __noreturn; /* this thread */
void do_exit_group(int wait_status) __noreturn; /* the whole process */
int task_work_add(struct task *t, struct task_work *w); /* -ESRCH when exiting */
void task_work_run(void);
/* Soft limit of RLIMIT_* of current. */
u64 rlimit(unsigned resource);
void process_cpu_times(struct process *p, struct cpu_times *out); /* all threads, dead ones too */
void process_cpu_times_locked(struct process *p, struct cpu_times *out) __must_hold(&p->siglock);
int nr_tasks(void);

/* kernel/signal: SIGKILL to every other thread of current's process; a new thread takes part in a stop */
void signal_zap_threads(struct process *p) __must_hold(&p->siglock);
void signal_join_stop(struct task *child) __must_hold(&child->proc->siglock);

#define for_each_thread(p, t) list_for_each(t, &(p)->threads, thread_node)

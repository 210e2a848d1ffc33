/* SPDX-License-Identifier: MIT */
/* What the files of kernel/task share among themselves. */
#pragma once

#include "kernel/task/task.h"

extern struct process idle_process; /* PID 0 */

/* pid.c */
void pid_init(void);
struct task *pid_task(struct pid *pid); /* RCU or tasklist_lock: thread with this number */
struct process *pid_process(struct pid *pid); /* RCU or tasklist_lock: process with this number */

/* cred.c */
void cred_init(void);

/* task.c: building blocks of fork; nothing is visible before task_attach() */
int __must_check task_create(struct task **out);
void task_abort(struct task *t); /* a task that was never attached */
int __must_check process_create(struct process **out);
/* parent_task is set already; group and session are set by the caller */
void process_attach(struct process *p, struct process *parent) __must_hold(&tasklist_lock);
void task_attach(struct task *t) __must_hold(&tasklist_lock); /* siglock, too */
/* Takes t out of every list.  True when it was the last of its process. */
bool task_detach(struct task *t) __must_hold(&tasklist_lock);
void process_set_pgrp(struct process *p, struct pid *pgrp) __must_hold(&tasklist_lock);
void process_set_session(struct process *p, struct pid *session) __must_hold(&tasklist_lock);
void task_add_times(struct task *t, struct cpu_times *out);
void task_account_exit(struct task *t) __must_hold(&t->proc->siglock); /* adds t's times to its process */

/* fork.c: a kernel thread that is attached but not started; want as pid_alloc_nr() */
int __must_check kthread_spawn(void (*fn)(void *), void *arg, const char *name, pid_t want,
			       struct task **out);

/* exit.c */
void process_note_rss(struct process *p, const struct mm *mm); /* mm goes: ru_maxrss of getrusage(2) */
void task_leave_mm(struct task *me); /* robust list, clear_child_tid, vfork parent */
void task_forget_resources(struct task *me); /* debug kernel: PID 1, when the machine ends */
void task_release(struct task *t); /* reaps: after this the number is free; takes tasklist_lock */

/* job.c */
void pgrp_hang_up_if_orphaned(struct process *p, struct process *parent) __must_hold(&tasklist_lock);

/* wait.c */
void process_wake_parent(struct process *p) __must_hold_shared(&tasklist_lock);

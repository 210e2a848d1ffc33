/* SPDX-License-Identifier: MIT */
/*
 * struct pid: a number that names a task, a process, a group or a session; it lives as long as
 * somebody refers to it, so that a number is not reused too early.  Lookups are under RCU.
 * tasklist_lock guards the lists of members.
 */
#pragma once

#include "kernel/base/list.h"
#include "kernel/sync/rcu.h"
#include "kernel/sync/waitq.h"

enum pid_type { PIDTYPE_TID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

struct pid {
	u32 refs; /* [atomic] */
	pid_t nr; /* [const] */
	struct hlist_node hash;
	/* [tasklist_lock] TID: task->pid_node; others: process->pid_nodes[type] */
	struct list_head tasks[PIDTYPE_MAX];
	struct waitq pidfd_wait; /* woken when the process exits */
	struct rcu_head rcu;
};

extern struct rwlock tasklist_lock; /* irq-safe; parent/child links, pid member lists, thread lists */

/*
 * want 0: the next free number (-EAGAIN when there is none); else exactly that one (-EEXIST). -ENOMEM.
 * One reference.
 */
int __must_check pid_alloc_nr(pid_t want, struct pid **out);
static inline int __must_check pid_alloc(struct pid **out)
{
	return pid_alloc_nr(0, out);
}
/* Gives the number back once nothing is attached. */
void pid_free_if_unused(struct pid *p) __must_hold(&tasklist_lock);
pid_t pid_last(void); /* number given out last (/proc/loadavg) */
struct pid *pid_find(pid_t nr); /* RCU or tasklist_lock held; no reference */
struct pid *pid_find_get(pid_t nr); /* reference or NULL */
static inline struct pid *pid_get(struct pid *p)
{
	atomic_add(&p->refs, 1);
	return p;
}
void pid_put(struct pid *p);
struct task *task_find(pid_t tid); /* RCU or tasklist_lock; no reference */
struct task *task_find_get(pid_t tid); /* reference or NULL */
struct process *process_find(pid_t tgid); /* RCU or tasklist_lock; no reference */
struct process *process_find_get(pid_t tgid);
/* Next process with pid number >= nr (for /proc and kill(-1)); reference or NULL. */
struct process *process_next_get(pid_t nr);

/* pidfd: a file that refers to a process; pollable once it has exited (kernel/task/pidfd.c). */
struct file;
int __must_check pidfd_file_create(struct pid *pid, u32 flags, struct file **out);
int __must_check pidfd_get_pid(int fd, struct pid **out, u32 *flags); /* -EBADF; one reference */
/* -EBADF when f is no pidfd; one reference */
int __must_check pidfd_file_pid(struct file *f, struct pid **out);

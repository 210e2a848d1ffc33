/* SPDX-License-Identifier: MIT */
/* What the files of kernel/signal share among themselves. */
#pragma once

#include "kernel/signal/signal.h"
#include "kernel/task/task.h"

#define SIG_STOP_SET   (SIGMASK(SIGSTOP) | SIGMASK(SIGTSTP) | SIGMASK(SIGTTIN) | SIGMASK(SIGTTOU))
#define SIG_IGNORE_SET (SIGMASK(SIGCONT) | SIGMASK(SIGCHLD) | SIGMASK(SIGWINCH) | SIGMASK(SIGURG))
#define SIG_SYNC_SET                                                                                 \
	(SIGMASK(SIGSEGV) | SIGMASK(SIGBUS) | SIGMASK(SIGILL) | SIGMASK(SIGTRAP) | SIGMASK(SIGFPE) | \
	 SIGMASK(SIGSYS))
/* Those that dump core on Linux (signal(7)): they kill when they are taken, not when they are sent. */
#define SIG_CORE_SET \
	(SIG_SYNC_SET | SIGMASK(SIGQUIT) | SIGMASK(SIGABRT) | SIGMASK(SIGXCPU) | SIGMASK(SIGXFSZ))
#define H_DFL 0UL
#define H_IGN 1UL

static inline bool sig_in(int sig, u64 set)
{
	return set & SIGMASK(sig);
}
/* t's siglock is held; sighand->lock, too, for more than a READ_ONCE() of one field */
static inline struct k_sigaction *sig_action(struct task *t, int sig) __no_lock_analysis
{
	return &t->sighand->action[sig - 1];
}

/* queue.c: siglock held for all of them, of whose the set is */
struct sigqueue *sigqueue_alloc(struct task *t, bool override_limit, bool charged);
void sigqueue_free(struct sigqueue *q);
void sigpending_remove(struct sigpending *p, u64 set); /* drops every pending signal of set */
int sigpending_take(struct sigpending *p, int sig, siginfo_t *info); /* sig is in p->set */
int signal_dequeue_locked(u64 allowed, siginfo_t *info); /* current's, own first; 0: none */
int signal_dequeue_sync_locked(siginfo_t *info); /* a fault's signal, before all others */
bool signal_has_pending(struct task *t) __must_hold(&t->proc->siglock);

void signal_recalc(struct task *t) __must_hold(&t->proc->siglock); /* recomputes WORK_SIGNAL */

/* send.c */
#define SEND_FORCE   1 /* from the kernel, which can kill even init */
#define SEND_CHARGED 2 /* by a timer, which has been charged for its signal when it was made */
/* WORK_SIGNAL, out of sleep, kicked when running */
void signal_wake(struct task *t, bool fatal) __must_hold(&t->proc->siglock);
bool sig_task_ignored(struct task *t, int sig, bool force) __must_hold(&t->proc->siglock);
int signal_send_locked(struct process *p, struct task *t, bool group, int sig, const siginfo_t *info,
		       unsigned how) __must_hold(&p->siglock);

/* stop.c */
bool signal_do_stop(int sig); /* siglock held; true: it stopped and released the lock */
/* true: the group is now stopped, tell the parent */
bool signal_participate_stop(struct task *t) __must_hold(&t->proc->siglock);
void jobctl_clear_stop(struct task *t) __must_hold(&t->proc->siglock);

/* SPDX-License-Identifier: MIT */
/* Interval timers (setitimer(2)), POSIX timers (timer_create(2)) and their end with the process. */
#pragma once

#include "kernel/task/task.h"
#include "kernel/time/time.h"
#include <linux/time.h>

struct itimer_value { /* nanoseconds; value 0: off */
	u64 value_ns, interval_ns;
};
void itimer_init(struct process *p); /* fork: a new process has no timers */
int __must_check do_getitimer(int which, struct itimer_value *v); /* -EINVAL */
int __must_check do_setitimer(int which, const struct itimer_value *v,
			      struct itimer_value *old); /* -EINVAL */

/*
 * notify: SIGEV_*; tid: of SIGEV_THREAD_ID.  The new id or -EINVAL, -EAGAIN, -EOPNOTSUPP.  No call finds the
 * timer before it is published, which the caller owes, or to take it back.
 */
long do_timer_reserve(clockid_t clock, int notify, int signo, sigval_t value, pid_t tid, bool default_value);
/* -EPERM: an alarm clock, without CAP_WAKE_ALARM.  -EINVAL: CPU time of nobody, or of a stranger's thread. */
int __must_check do_timer_publish(int id);
void do_timer_unreserve(int id);
/* -EINVAL; -ESRCH: the process whose CPU time it counts is gone. */
int __must_check do_timer_settime(int id, int flags, const struct itimer_value *v, struct itimer_value *old);
int __must_check do_timer_gettime(int id, struct itimer_value *v);
long do_timer_getoverrun(int id);
int __must_check do_timer_delete(int id);
/* siglock held: a SI_TIMER signal leaves the queue; starts the timer again and fills in si_overrun. */
void posix_timer_signal_taken(struct process *p, siginfo_t *info);
void posix_timers_exit(
	struct process *p); /* exec and last thread's exit: deletes all.  Sleeps not; no locks held */
/* A SIGALRM leaves the queue; starts ITIMER_REAL again. */
void itimer_signal_taken(struct process *p) __must_hold(&p->siglock);
void itimer_exit(struct process *p); /* last thread's exit */

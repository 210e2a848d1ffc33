/* SPDX-License-Identifier: MIT */
/*
 * Clocks that count CPU time (clock_getcpuclockid(3)) and timers on them.  Such a timer expires at a tick of
 * a task whose time its clock counts, as those of Linux's posix-cpu-timers.c do.
 */
#pragma once

#include "kernel/base/rbtree.h"
#include "kernel/sync/spinlock.h"

struct task;
struct process;
struct sleep_rest;

/* What a clock id of CPU time names; one of the two is set, and referenced. */
struct cputime_clock {
	struct task *task;
	struct process *proc;
	int kind; /* 0: user and system time, 1: user time, 2: what the scheduler counted */
};

/* Is id CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, or a negative one of their kind? */
bool is_cputime_clock(clockid_t id);
/* reading: as clock_gettime(2), which takes a thread's number for its process.  -EINVAL. */
int __must_check cputime_clock_get(clockid_t id, bool reading, struct cputime_clock *out);
void cputime_clock_put(struct cputime_clock *c);
u64 cputime_clock_now(const struct cputime_clock *c); /* takes a siglock */
/* With held's siglock held.  False: another process's time is to be told, and is being changed right now. */
bool __must_check cputime_clock_now_locked(const struct cputime_clock *c, struct process *held, u64 *now);

struct cputime_timer {
	struct rb_node node;
	struct cputime_clock clock; /* references of the timer's owner */
	u64 expires_ns; /* on that clock */
	u64 fired_ns; /* what the clock showed when it expired last */
	/* from a tick, or cputime_timer_fire(); no locks held; may start it again */
	void (*fn)(struct cputime_timer *t);
	bool active, running; /* [cputime_lock] waits in a queue; fn is running or about to */
};

/* The timers that wait for the time of a task or process to come; all zeros is empty. */
struct cputime_queue {
	struct rb_root tree[3]; /* [cputime_lock] by kind of clock */
	bool gone; /* [cputime_lock] its time stands still for ever */
};

/* -ESRCH: the clock's task or process is gone. */
int __must_check cputime_timer_start(struct cputime_timer *t, u64 expires_ns);
bool cputime_clock_gone(const struct cputime_clock *c);
/* As timer_try_cancel(): false when fn is running. */
bool cputime_timer_try_cancel(struct cputime_timer *t);
/* As timer_cancel_sync(). */
void cputime_timer_cancel_sync(struct cputime_timer *t);
/* For a time that has passed already: claims the timer under its owner's lock, and calls fn without it. */
void cputime_timer_claim(struct cputime_timer *t, u64 now);
void cputime_timer_fire(struct cputime_timer *t);

void cputime_tick(void); /* timers on the time of current and of its process */
void cputime_queue_close(struct cputime_queue *q); /* the last of a task or a process */

/*
 * clock_nanosleep(2) on such a clock: 0; -EINVAL (also for the caller's own thread, who would sleep for
 * ever); -ESRCH; -EINTR with *rest.
 */
int __must_check cputime_sleep(clockid_t id, bool absolute, u64 ns, struct sleep_rest *rest);

/* SPDX-License-Identifier: MIT */
/*
 * Readiness: a file's poll operation names its wait queues through poll_wait() and returns the mask.
 * poll_wait_set is the table that poll(2) and select(2) fill; epoll has its own.
 */
#pragma once

#include "kernel/fs/fs.h"
#include <linux/poll.h>

struct poll_table {
	/* Registers interest in q; NULL once something is known to be ready. */
	void (*queue)(struct poll_table *pt, struct file *f, struct waitq *q);
	u32 events; /* what the caller waits for */
};

static inline void poll_wait(struct file *f, struct waitq *q, struct poll_table *pt)
{
	if (pt && pt->queue)
		pt->queue(pt, f, q);
}
/*
 * Mask of the file as it is now; pt may be NULL (only look).  May sleep, so the task state is changed
 * after it.
 */
#define POLL_DEFAULT (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)
static inline u32 file_poll(struct file *f, struct poll_table *pt)
{
	return likely(f->ops->poll) ? f->ops->poll(f, pt) : POLL_DEFAULT;
}

/*
 * Wake-up key of a wait queue that is about to be freed, after a grace period: every waiter of poll and epoll
 * takes itself off and never looks back.
 */
#define POLL_FREE_KEY 0x4000u

#define POLL_NEVER (~0ULL) /* deadline: no time limit.  0: do not wait at all */

#define POLL_INLINE_WAITS 8
struct poll_entry {
	struct waiter waiter;
	struct poll_wait_set *set;
	struct file *file; /* reference */
	struct waitq *q;
	u32 events;
};
struct poll_wait_set {
	struct poll_table pt; /* first: the queue callback finds the set by it */
	struct task *task;
	bool triggered; /* [atomic] a wake-up came since the last look */
	int err; /* -ENOMEM of a registration */
	u32 nr_inline;
	struct poll_page *pages;
	struct poll_entry inline_entry[POLL_INLINE_WAITS];
};
void poll_wait_set_init(struct poll_wait_set *s);
void poll_wait_set_end(struct poll_wait_set *s); /* leaves all queues, drops the files; for __cleanup */
/* Sleeps until something registered wakes or the deadline passes: false when it passed. */
bool poll_wait_set_sleep(struct poll_wait_set *s, u64 deadline_ns);

/* poll(2) worker: fills revents. Number of ready ones, 0 on time-out, -ERESTARTNOHAND, -ENOMEM. */
long do_poll(struct pollfd *fds, u32 nfds, u64 deadline_ns);

/*
 * select(2) worker: six bitmaps of BITS_TO_LONGS(n) words.  Ready bits set in res_*, their number; -EBADF,
 * …
 */
struct select_sets {
	const unsigned long *in, *out, *ex;
	unsigned long *res_in, *res_out, *res_ex; /* all clear on entry */
};
long do_select(int n, const struct select_sets *s, u64 deadline_ns);
int select_max_fds(void); /* size of current's descriptor table: select(2) looks no further */

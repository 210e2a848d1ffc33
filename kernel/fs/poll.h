/* SPDX-License-Identifier: MIT */
/* Readiness: a file's poll operation names its wait queues through poll_wait() and returns the mask. */
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
u32 file_poll(struct file *f, struct poll_table *pt);
#define POLL_DEFAULT (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

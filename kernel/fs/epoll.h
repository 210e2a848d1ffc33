/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): kernel/fs/epoll.c has the items, readiness and waiting; epoll_nest.c keeps epoll files that watch
 * epoll files from forming loops.
 */
#pragma once

#include "kernel/fs/poll.h"
#include <linux/eventpoll.h>

#define EP_MAX_NESTS  4
#define EP_MAX_EVENTS (INT32_MAX / (int)sizeof(struct epoll_event))

int __must_check epoll_create(int flags, struct file **out); /* flags: EPOLL_CLOEXEC, checked */
bool file_is_epoll(const struct file *f);
/* epoll_ctl(2).  fd is the number by which `target` was named; ev is NULL for EPOLL_CTL_DEL. */
int __must_check do_epoll_ctl(struct file *epfile, int op, int fd, struct file *target,
			      struct epoll_event *ev);
/*
 * epoll_wait(2): events written to *out, 0 on time-out, -EINTR, -EFAULT, -EINVAL when epfile is no epoll
 * file.
 */
int do_epoll_wait(struct file *epfile, struct iter *out, int maxevents, u64 deadline_ns);
void epoll_file_release(struct file *f); /* last reference of a watched file is gone: its items go */

/* Between epoll.c and epoll_nest.c. */
struct epoll {
	struct mutex lock; /* items, and a scan of the ready ones; outer epoll's before inner's */
	struct spinlock ready_lock; /* irq-safe, inside wait queues' locks */
	struct list_head ready __guarded_by(&ready_lock); /* items that may be ready */
	bool scanning __guarded_by(&ready_lock); /* a scan has taken them: there may be some */
	struct rb_root items __guarded_by(&lock); /* by (file, fd) */
	struct waitq wait; /* sleepers in epoll_wait(2) */
	struct waitq poll_wait; /* who polls the epoll file itself */
	u32 refs; /* [atomic] its file and each item */
	struct file *file; /* [const] no reference: goes before us */
	u64 check_gen; /* [nest lock] last walk that came by */
	int check_depth; /* [nest lock] levels below, found by that walk */
	struct rcu_head rcu;
};

struct ep_wait { /* one wait queue of a watched file */
	struct waiter waiter;
	struct waitq *q; /* [atomic] NULL once the queue announced its end */
	struct epitem *item;
	struct ep_wait *next;
};

struct epitem {
	union {
		struct rb_node node; /* [ep->lock] */
		struct rcu_head rcu;
	};
	/* on ep->ready or on the list of a scan; else self-linked */
	struct list_head ready_node __guarded_by(&ep->ready_lock);
	struct hlist_node file_node; /* [file->lock, rcu] in file->epoll_watches */
	struct epoll *ep; /* [const] reference */
	struct file *file; /* [const] no reference: removes us when it goes */
	int fd; /* [const] */
	u32 events; /* [written under ep->lock and ready_lock] */
	u64 data __guarded_by(&ep->lock);
	bool dying __guarded_by(&file->lock); /* epoll_file_release() is about to remove it */
	struct ep_wait first; /* most files have one queue */
	struct ep_wait *more __guarded_by(&ep->lock); /* further ones */
};

static inline struct hlist_head *file_watchers(struct file *f) __no_lock_analysis /* or under RCU */
{
	return (struct hlist_head *)&f->epoll_watches;
}

/*
 * Holds the nest lock when adding `target` to ep can change the shape of the graph.  -ELOOP: it would be a
 * loop or too deep.
 */
int __must_check epoll_nest_begin(struct epoll *ep, struct file *target, bool *locked);
/* After the item was linked: -EINVAL when an event would have too many ways to go.  Nest lock held. */
int __must_check epoll_nest_check_paths(struct file *target);
void epoll_nest_end(bool locked);

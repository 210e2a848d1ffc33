/* SPDX-License-Identifier: MIT */
/*
 * Pipes and FIFOs: a ring of page-sized buffers between writers and readers (kernel/fs/pipe.c), how they are
 * opened (kernel/fs/fifo.c), and what moves pages in and out (kernel/fs/splice.c).  Source: pipe(2),
 * pipe(7), fifo(7), fcntl(2), Linux 6.1.
 */
#pragma once

#include "kernel/fs/fasync.h"

#define PIPE_DEF_SLOTS 16
#define PIPE_MAX_SIZE  (1UL << 20) /* /proc/sys/fs/pipe-max-size: the limit without CAP_SYS_RESOURCE */

/* struct pipe_buf.flags */
#define PIPE_BUF_MERGE  1 /* a later write may continue in the page */
#define PIPE_BUF_PACKET 2 /* one O_DIRECT write: a read takes it whole or cuts it */
#define PIPE_BUF_SHARED 4 /* the page is somebody else's too: it is dropped, not kept as a spare */

struct pipe_buf {
	struct page *page;
	u32 off, size; /* the bytes [off, off+size) are unread */
	u32 flags;
};

struct pipe {
	struct mutex lock;
	u32 head __guarded_by(&lock), tail
		__guarded_by(&lock); /* [lock] free-running; slots in use: head - tail */
	u32 slots __guarded_by(&lock); /* [lock] a power of two */
	u32 readers __guarded_by(&lock), writers
		__guarded_by(&lock); /* [lock] open files that may read / write */
	u32 r_counter __guarded_by(&lock), w_counter
		__guarded_by(&lock); /* [lock] opens so far: what a FIFO's open waits for */
	u32 files; /* [inode->lock] open files: the pipe is freed at zero */
	bool polled; /* somebody polled it: every write wakes (edge-triggered epoll) */
	struct waitq rd_wait, wr_wait;
	struct fasync_list rd_async, wr_async; /* readers and writers with O_ASYNC */
	struct page *spare[2] __guarded_by(&lock); /* [lock] emptied pages, kept for the next write */
	struct pipe_buf *bufs __guarded_by(&lock); /* [lock] inline_bufs, or vmalloc'ed after F_SETPIPE_SZ */
	struct pipe_buf inline_bufs[PIPE_DEF_SLOTS];
};

/*
 * pipe2(2): both ends as unpublished files.  flags: O_NONBLOCK, O_DIRECT, O_CLOEXEC (ignored here).
 * -ENFILE, -ENOMEM
 */
int __must_check pipe_create(struct file **rd, struct file **wr, int flags);
/*
 * F_SETPIPE_SZ, F_GETPIPE_SZ: the capacity in bytes; -EBADF when f is no pipe, -EPERM, -EBUSY, -EINVAL,
 * -ENOMEM.
 */
long pipe_fcntl(struct file *f, int cmd, unsigned long arg);

extern const struct file_ops fifo_file_ops; /* inode->fops of every S_IFIFO inode */

/* Between pipe.c and splice.c; _locked: pipe->lock is held. */
static inline bool pipe_empty(const struct pipe *p)
{
	return READ_ONCE(p->head) == READ_ONCE(p->tail);
}
static inline bool pipe_full(const struct pipe *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail) >= READ_ONCE(p->slots);
}
static inline u32 pipe_room(const struct pipe *p) /* slots that are free */
{
	u32 used = READ_ONCE(p->head) - READ_ONCE(p->tail), slots = READ_ONCE(p->slots);

	return used < slots ? slots - used : 0;
}
static inline struct pipe_buf *pipe_slot(struct pipe *p, u32 i) __must_hold(&p->lock)
{
	return &p->bufs[i & (p->slots - 1)];
}
struct page *pipe_take_page(struct pipe *p)
	__must_hold(&p->lock); /* lock held; contents undefined; NULL: no memory */
void pipe_give_page(struct pipe *p, struct page *page) __must_hold(&p->lock);
void pipe_push_locked(struct pipe *p, struct pipe_buf buf)
	__must_hold(&p->lock); /* there is room; takes the page's reference over */
void pipe_consume_locked(struct pipe *p, size_t n)
	__must_hold(&p->lock); /* n bytes of the oldest slot are done with */
/* The next n bytes, a page at most, into a free slot: -ENOMEM, -EFAULT. */
int __must_check pipe_push_bytes_locked(struct pipe *p, struct iter *from, size_t n, u32 flags)
	__must_hold(&p->lock);
/* Fills free slots until the iterator or the room ends; adds the bytes to *done.  0, -ENOMEM, -EFAULT. */
int __must_check pipe_fill_locked(struct pipe *p, struct iter *from, u32 flags, ssize_t *done)
	__must_hold(&p->lock);
/* Sleep, lock not held, until there may be bytes or no writer / room or no reader; -ERESTARTSYS. */
int __must_check pipe_wait_readable(struct pipe *p);
int __must_check pipe_wait_writable(struct pipe *p);
void pipe_wake_both(struct pipe *p); /* one sleeper of each side that can go on */

/* Between pipe.c and fifo.c. */
int __must_check pipe_alloc(struct pipe **out);
void pipe_free(struct pipe *p);
void pipe_file_release(struct file *f);
ssize_t pipe_file_read(struct file *f, struct iter *to, loff_t *pos);
ssize_t pipe_file_write(struct file *f, struct iter *from, loff_t *pos);
u32 pipe_file_poll(struct file *f, struct poll_table *pt);
long pipe_file_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg);
int pipe_file_fasync(struct file *f, int fd, bool on);

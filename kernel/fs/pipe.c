// SPDX-License-Identifier: MIT
/*
 * The pipe's ring: reading, writing, polling, resizing.
 *
 * Invariants: slots [tail, head) of the ring hold a reference to a page each and are never empty outside the
 * lock; a write of at most PIPE_BUF (one page) either continues in the last page or takes a fresh slot, so
 * it is never torn.  pipe->lock is held across the copies, which may fault; it is never held across a wait.
 *
 * Wake-ups are exclusive and happen on the edges empty -> not empty and full -> not full.  A sleeper
 * that was woken and leaves something behind passes the wake-up on; so one byte wakes one reader.
 * Source: pipe(7), Linux 6.1 fs/pipe.c for the order of checks.
 */
#include "kernel/fs/pipe.h"

#include "kernel/base/string.h"
#include "kernel/fs/poll.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include <asm/ioctls.h>
#include <linux/limits.h>

#define IN_KEY  (POLLIN | POLLRDNORM)
#define OUT_KEY (POLLOUT | POLLWRNORM)

static bool pipe_readable(const struct pipe *p)
{
	return !pipe_empty(p) || !READ_ONCE(p->writers);
}

static bool pipe_writable(const struct pipe *p)
{
	return !pipe_full(p) || !READ_ONCE(p->readers);
}

struct page *pipe_take_page(struct pipe *p)
{
	for (int i = 0; i < 2; i++) {
		struct page *page = p->spare[i];

		if (page) {
			p->spare[i] = NULL;
			return page;
		}
	}
	return page_alloc(0, ALLOC_USER);
}

void pipe_give_page(struct pipe *p, struct page *page)
{
	for (int i = 0; i < 2; i++) {
		if (!p->spare[i]) {
			p->spare[i] = page;
			return;
		}
	}
	page_put(page);
}

/*
 * Sleeps as an exclusive waiter until cond(p); the condition is looked at before the signal, see the file
 * head.
 */
static int pipe_wait(struct pipe *p, struct waitq *q, bool (*cond)(const struct pipe *p))
{
	struct waiter w;
	int err = 0;

	waiter_init(&w);
	w.exclusive = true;
	for (;;) {
		waitq_add(q, &w);
		set_current_state(TASK_INTERRUPTIBLE);
		if (cond(p))
			break;
		if (signal_pending_state(TASK_INTERRUPTIBLE)) {
			err = -ERESTARTSYS;
			break;
		}
		schedule();
		if (likely(cond(p)))
			break;
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	waitq_remove(q, &w);
	return err;
}

static void pipe_wake(struct waitq *q, u32 key)
{
	if (waitq_active(q))
		waitq_wake_key(q, key, 1);
}

int pipe_wait_readable(struct pipe *p)
{
	return pipe_wait(p, &p->rd_wait, pipe_readable);
}

int pipe_wait_writable(struct pipe *p)
{
	return pipe_wait(p, &p->wr_wait, pipe_writable);
}

void pipe_wake_both(struct pipe *p)
{
	if (!pipe_empty(p)) {
		pipe_wake(&p->rd_wait, IN_KEY);
		fasync_notify(&p->rd_async, POLL_IN);
	}
	if (!pipe_full(p)) {
		pipe_wake(&p->wr_wait, OUT_KEY);
		fasync_notify(&p->wr_async, POLL_OUT);
	}
}

int pipe_file_fasync(struct file *f, int fd, bool on)
{
	struct pipe *p = f->private;
	int err = 0;

	if (f->mode & FMODE_READ)
		err = fasync_set(&p->rd_async, f, fd, on);
	if (!err && (f->mode & FMODE_WRITE)) {
		err = fasync_set(&p->wr_async, f, fd, on);
		if (err && (f->mode & FMODE_READ))
			(void)fasync_set(&p->rd_async, f, -1, false);
	}
	return err;
}

void pipe_consume_locked(struct pipe *p, size_t n)
{
	struct pipe_buf *b = pipe_slot(p, p->tail);

	b->off += n;
	b->size -= n;
	if (b->size)
		return;
	if (b->flags & PIPE_BUF_SHARED)
		page_put(b->page);
	else
		pipe_give_page(p, b->page);
	b->page = NULL;
	WRITE_ONCE(p->tail, p->tail + 1);
}

void pipe_push_locked(struct pipe *p, struct pipe_buf buf)
{
	*pipe_slot(p, p->head) = buf;
	WRITE_ONCE(p->head, p->head + 1);
}

/* Moves bytes from the ring to the iterator until one of them ends.  Bytes moved, or -EFAULT when none. */
static ssize_t pipe_drain_locked(struct pipe *p, struct iter *to) __must_hold(&p->lock)
{
	ssize_t done = 0;

	while (p->head != p->tail && iter_count(to)) {
		struct pipe_buf *b = pipe_slot(p, p->tail);
		size_t n = min((size_t)b->size, iter_count(to));
		bool packet = b->flags & PIPE_BUF_PACKET;

		if (copy_to_iter((u8 *)page_to_virt(b->page) + b->off, n, to) < n)
			return done ? done : -EFAULT; /* what was copied in part stays in the pipe */
		done += n;
		pipe_consume_locked(p, packet ? b->size : n); /* the rest of a packet is lost */
		if (packet)
			break;
	}
	return done;
}

ssize_t pipe_file_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct pipe *p = f->private;
	bool was_full, slept = false;
	ssize_t ret;

	if (!iter_count(to))
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		was_full = pipe_full(p);
		ret = pipe_drain_locked(p, to);
		if (ret)
			break;
		if (!p->writers)
			break;
		if (READ_ONCE(f->flags) & O_NONBLOCK) {
			ret = -EAGAIN;
			break;
		}
		mutex_unlock(&p->lock); /* it was empty, so no writer waits for room */
		ret = pipe_wait(p, &p->rd_wait, pipe_readable);
		if (ret)
			return ret;
		slept = true;
	}

	bool more = slept && !pipe_empty(p);

	mutex_unlock(&p->lock);
	if (was_full)
		pipe_wake(&p->wr_wait, OUT_KEY);
	if (more)
		pipe_wake(&p->rd_wait, IN_KEY);
	fasync_notify(&p->wr_async, POLL_OUT);
	if (ret > 0)
		inode_touch(f->inode, ATTR_ATIME);
	return ret;
}

/* Appends the odd end of a write to the last page, when it fits whole.  Bytes moved, 0, or -EFAULT. */
static ssize_t pipe_merge_locked(struct pipe *p, struct iter *from) __must_hold(&p->lock)
{
	size_t n = iter_count(from) & (PAGE_SIZE - 1);

	if (!n || p->head == p->tail)
		return 0;

	struct pipe_buf *b = pipe_slot(p, p->head - 1);

	if (!(b->flags & PIPE_BUF_MERGE) || b->off + b->size + n > PAGE_SIZE)
		return 0;
	if (copy_from_iter((u8 *)page_to_virt(b->page) + b->off + b->size, n, from) < n)
		return -EFAULT;
	b->size += n;
	return n;
}

int pipe_push_bytes_locked(struct pipe *p, struct iter *from, size_t n, u32 flags)
{
	struct page *page = pipe_take_page(p);

	if (!page)
		return -ENOMEM;
	if (copy_from_iter(page_to_virt(page), n, from) < n) {
		pipe_give_page(p, page);
		return -EFAULT;
	}
	pipe_push_locked(p, (struct pipe_buf){ .page = page, .size = n, .flags = flags });
	return 0;
}

int pipe_fill_locked(struct pipe *p, struct iter *from, u32 flags, ssize_t *done)
{
	int err = 0;

	while (iter_count(from) && !pipe_full(p)) {
		size_t n = min(iter_count(from), PAGE_SIZE);

		if ((err = pipe_push_bytes_locked(p, from, n, flags)))
			break;
		*done += n;
	}
	return err;
}

ssize_t pipe_file_write(struct file *f, struct iter *from, loff_t *pos)
{
	struct pipe *p = f->private;
	u32 buf_flags = READ_ONCE(f->flags) & O_DIRECT ? PIPE_BUF_PACKET : PIPE_BUF_MERGE;
	bool slept = false, was_empty;
	ssize_t done = 0, ret = 0;

	if (!iter_count(from))
		return 0;
	mutex_lock(&p->lock);
	was_empty = pipe_empty(p);
	if (p->readers) {
		ret = pipe_merge_locked(p, from);
		done = max(ret, 0L);
	}
	while (ret >= 0 && iter_count(from)) {
		ret = p->readers ? pipe_fill_locked(p, from, buf_flags, &done) : signal_broken_pipe();
		if (ret || !iter_count(from))
			break;
		if (READ_ONCE(f->flags) & O_NONBLOCK) {
			ret = -EAGAIN;
			break;
		}
		mutex_unlock(&p->lock);
		if (was_empty)
			pipe_wake(&p->rd_wait, IN_KEY);
		fasync_notify(&p->rd_async, POLL_IN);
		ret = pipe_wait(p, &p->wr_wait, pipe_writable);
		mutex_lock(&p->lock);
		was_empty = pipe_empty(p);
		slept = true;
	}

	bool room = slept && !pipe_full(p);

	mutex_unlock(&p->lock);
	if (was_empty || p->polled)
		pipe_wake(&p->rd_wait, IN_KEY);
	fasync_notify(&p->rd_async, POLL_IN);
	if (room)
		pipe_wake(&p->wr_wait, OUT_KEY);
	if (done > 0)
		inode_touch(f->inode, ATTR_MTIME | ATTR_CTIME);
	return done ? done : ret;
}

u32 pipe_file_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private;
	u32 mask = 0;

	if (!p->polled)
		WRITE_ONCE(p->polled, true);
	if (f->mode & FMODE_READ)
		poll_wait(f, &p->rd_wait, pt);
	if (f->mode & FMODE_WRITE)
		poll_wait(f, &p->wr_wait, pt);
	if (f->mode & FMODE_READ) {
		if (!pipe_empty(p))
			mask |= IN_KEY;
		/*
		 * A FIFO that no writer has opened since this reader did is not hung up (f->pos: see
		 * fifo.c).
		 */
		if (!READ_ONCE(p->writers) && f->pos != (loff_t)READ_ONCE(p->w_counter))
			mask |= POLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (!pipe_full(p))
			mask |= OUT_KEY;
		if (!READ_ONCE(p->readers))
			mask |= POLLERR;
	}
	return mask;
}

long pipe_file_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg)
{
	struct pipe *p = f->private;
	int count = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	mutex_lock(&p->lock);
	for (u32 i = p->tail; i != p->head; i++)
		count += pipe_slot(p, i)->size;
	mutex_unlock(&p->lock);
	*(int *)karg = count;
	return 0;
}

/* Moves the ring into one of `slots` buffers; -EBUSY when what is in use does not fit. */
static int pipe_resize_locked(struct pipe *p, u32 slots) __must_hold(&p->lock)
{
	u32 used = p->head - p->tail;
	struct pipe_buf *bufs = p->inline_bufs;

	if (slots < used)
		return -EBUSY;
	if (slots == p->slots)
		return 0;
	if (slots > PIPE_DEF_SLOTS || p->bufs == p->inline_bufs)
		bufs = vmalloc(slots * sizeof(*bufs));
	if (!bufs)
		return -ENOMEM;
	memset(bufs, 0, slots * sizeof(*bufs));
	for (u32 i = p->tail; i != p->head; i++) /* head and tail stay: sleepers read them without the lock */
		bufs[i & (slots - 1)] = *pipe_slot(p, i);
	if (p->bufs != p->inline_bufs)
		vfree(p->bufs);
	p->bufs = bufs;
	WRITE_ONCE(p->slots, slots);
	return 0;
}

static long pipe_set_size(struct pipe *p, unsigned long size)
{
	u32 slots = 1;
	bool grew;
	int err;

	if (size > 1UL << 31)
		return -EINVAL;
	while (slots < DIV_ROUND_UP(size, PAGE_SIZE))
		slots *= 2;

	mutex_lock(&p->lock);
	grew = slots > p->slots;
	if (grew && slots * PAGE_SIZE > PIPE_MAX_SIZE && !capable(CAP_SYS_RESOURCE))
		err = -EPERM;
	else
		err = pipe_resize_locked(p, slots);
	mutex_unlock(&p->lock);
	if (err)
		return err;
	if (grew)
		waitq_wake_key(&p->wr_wait, OUT_KEY, 1);
	return slots * PAGE_SIZE;
}

long pipe_fcntl(struct file *f, int cmd, unsigned long arg)
{
	if (f->ops != &fifo_file_ops)
		return -EBADF;

	struct pipe *p = f->private;

	if (cmd == F_GETPIPE_SZ)
		return READ_ONCE(p->slots) * PAGE_SIZE;
	if (cmd == F_SETPIPE_SZ)
		return pipe_set_size(p, arg);
	return -EINVAL;
}

int pipe_alloc(struct pipe **out) __no_lock_analysis /* nobody else has it yet */
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	mutex_init(&p->lock);
	waitq_init(&p->rd_wait);
	waitq_init(&p->wr_wait);
	p->slots = PIPE_DEF_SLOTS;
	p->bufs = p->inline_bufs;
	*out = p;
	return 0;
}

void pipe_free(struct pipe *p) __no_lock_analysis /* nobody else has it any more */
{
	for (; p->tail != p->head; p->tail++)
		page_put(pipe_slot(p, p->tail)->page);
	for (int i = 0; i < 2; i++)
		if (p->spare[i])
			page_put(p->spare[i]);
	if (p->bufs != p->inline_bufs)
		vfree(p->bufs);
	kfree(p);
}

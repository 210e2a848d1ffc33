// SPDX-License-Identifier: MIT
/*
 * splice(2), tee(2), vmsplice(2): what goes into and out of a pipe's ring by the page.
 *
 * Pages travel by reference from the page cache into a pipe and from pipe to pipe; a slot that shares its
 * page is marked PIPE_BUF_SHARED, so nobody writes into the page or keeps it as a spare.  What later happens
 * to the file shows in the pipe, as on Linux.  Files without a page cache are read into fresh pages.  Memory
 * of a program (vmsplice) is copied: SPLICE_F_GIFT and later changes of the memory have no effect on the
 * pipe, which splice(2) leaves open.
 *
 * Locks: pipe->lock is held while a file is read or written, but not while a device is read, which may take
 * for ever, and never across a wait for the pipe; two pipes are locked in order of address.  Whoever took
 * something out or put something in wakes one sleeper of each side that can go on: a spurious wake-up is
 * harmless, a missing one is not.
 * Source: splice(2), tee(2), vmsplice(2), Linux 6.1 for the order of checks.
 */
#include "kernel/fs/splice.h"

#include "kernel/fs/pipe.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/page.h"
#include "kernel/signal/signal.h"

bool file_is_pipe(const struct file *f)
{
	return f->ops == &fifo_file_ops;
}

static struct pipe *pipe_of(const struct file *f)
{
	return file_is_pipe(f) ? f->private : NULL;
}

/* ---- waiting ------------------------------------------------------------ */

static void lock_two(struct pipe *a, struct pipe *b) __acquires(&a->lock, &b->lock) __no_lock_analysis
{
	mutex_lock(a < b ? &a->lock : &b->lock);
	mutex_lock(a < b ? &b->lock : &a->lock);
}

static void unlock_two(struct pipe *a, struct pipe *b) __releases(&a->lock, &b->lock)
{
	mutex_unlock(&a->lock);
	mutex_unlock(&b->lock);
}

/* Until p has room, its lock held on entry and exit: 0, -EPIPE with SIGPIPE, -EAGAIN, -ERESTARTSYS. */
static int wait_for_room(struct pipe *p, unsigned flags) __must_hold(&p->lock)
{
	int err = 0;

	while (!err) {
		if (!p->readers)
			return signal_broken_pipe();
		if (!pipe_full(p))
			return 0;
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&p->lock);
		err = pipe_wait_writable(p);
		mutex_lock(&p->lock);
	}
	return err;
}

/* Until p has bytes, its lock held on entry and exit: 1, 0 at the end, -EAGAIN, -ERESTARTSYS. */
static int wait_for_bytes(struct pipe *p, unsigned flags) __must_hold(&p->lock)
{
	int err = 0;

	while (!err) {
		if (!pipe_empty(p))
			return 1;
		if (!p->writers)
			return 0;
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		mutex_unlock(&p->lock);
		err = pipe_wait_readable(p);
		mutex_lock(&p->lock);
	}
	return err;
}

/* Linux 6.1 rw_verify_area(): an offset, and the end of the range is one, too.  at NULL: there are none. */
static bool range_ok(const loff_t *at, size_t size)
{
	return (ssize_t)size >= 0 && (!at || (*at >= 0 && (s64)((u64)*at + size) >= 0));
}

/* ---- file to pipe ------------------------------------------------------------ */

/* Does a file's content come from the page cache and nowhere else? */
static bool reads_page_cache(const struct file *f)
{
	return f->inode->mapping && f->ops->read == generic_file_read;
}

static bool can_splice(const struct file *f)
{
	return S_ISREG(f->inode->mode) || S_ISCHR(f->inode->mode) || S_ISSOCK(f->inode->mode);
}

bool can_splice_from(const struct file *f)
{
	return f->ops->read && can_splice(f) && !(f->ops->plain & FMODE_READ) && !f->ops->no_splice_read;
}

bool can_splice_to(const struct file *f)
{
	return f->ops->write && can_splice(f);
}

/* The page of a file at pos by reference, a page of zeros for a hole. */
static int cached_page(struct file *f, u64 pos, struct page **out)
{
	struct address_space *m = f->inode->mapping;
	int err = mapping_get_page(m, pos >> PAGE_SHIFT, m->ops && m->ops->read_page, out);

	if (err != -ENOENT)
		return err;
	*out = page_alloc(0, ALLOC_USER | ALLOC_ZERO);
	return *out ? 0 : -ENOMEM;
}

/* Hangs up to size bytes of the page cache into the ring.  Bytes moved, or -errno when none. */
static ssize_t cache_to_pipe_locked(struct file *f, u64 pos, struct pipe *p, size_t size)
	__must_hold(&p->lock)
{
	size_t done = 0;

	while (done < size && !pipe_full(p)) {
		u64 at = pos + done, end = READ_ONCE(f->inode->size);
		size_t n = min(size - done, PAGE_SIZE - at % PAGE_SIZE);
		struct page *page;
		int err;

		if (at >= end)
			break;
		n = min((u64)n, end - at);
		if ((err = cached_page(f, at, &page)))
			return done ? (ssize_t)done : err;
		pipe_push_locked(p,
				 (struct pipe_buf){ page, (u32)(at % PAGE_SIZE), (u32)n, PIPE_BUF_SHARED });
		done += n;
	}
	file_accessed(f);
	return (ssize_t)done;
}

/* Reads a file without page cache into fresh pages until it has no more for now. */
static ssize_t read_to_pipe_locked(struct file *f, loff_t *pos, struct pipe *p, size_t size)
	__must_hold(&p->lock)
{
	size_t done = 0;

	while (done < size && !pipe_full(p)) {
		size_t want = min(size - done, PAGE_SIZE);
		struct page *page = pipe_take_page(p);
		struct iter to;
		ssize_t n;

		if (!page)
			return done ? (ssize_t)done : -ENOMEM;
		iter_init_kernel(&to, page_to_virt(page), want);
		n = f->ops->read(f, &to, pos);
		if (n <= 0) {
			pipe_give_page(p, page);
			return done ? (ssize_t)done : n;
		}
		pipe_push_locked(p, (struct pipe_buf){ page, 0, (u32)n, 0 });
		done += (size_t)n;
		if ((size_t)n < want)
			break;
	}
	return (ssize_t)done;
}

/*
 * One page of a device, which might make us wait for the rest: read without the lock, so that who reads from
 * the pipe meanwhile sleeps as usual (in Linux 6.1 it cannot be killed).  Should somebody else take the room,
 * what was read waits for more; it is lost when a signal or the last reader's end comes first.
 */
static ssize_t device_to_pipe_locked(struct file *f, loff_t *pos, struct pipe *p, size_t size)
	__must_hold(&p->lock)
{
	struct page *page = pipe_take_page(p);
	struct iter to;
	ssize_t n;
	int err;

	if (!page)
		return -ENOMEM;
	mutex_unlock(&p->lock);
	iter_init_kernel(&to, page_to_virt(page), min(size, PAGE_SIZE));
	n = f->ops->read(f, &to, pos);
	mutex_lock(&p->lock);
	if (n > 0 && (err = wait_for_room(p, 0)))
		n = err;
	if (n > 0)
		pipe_push_locked(p, (struct pipe_buf){ page, 0, (u32)n, 0 });
	else
		pipe_give_page(p, page);
	return n;
}

static ssize_t fill_locked(struct file *in, loff_t *pos, struct pipe *p, size_t size) __must_hold(&p->lock)
{
	bool stream = in->mode & FMODE_STREAM;
	ssize_t n;

	if (!range_ok(stream ? NULL : pos, min(size, (size_t)pipe_room(p) << PAGE_SHIFT)))
		return -EINVAL;
	if (!can_splice_from(in))
		return refuse(EINVAL, "splice: this kind of file cannot be spliced from");
	if (!S_ISREG(in->inode->mode))
		return device_to_pipe_locked(in, stream ? NULL : pos, p, size);
	if (!reads_page_cache(in))
		return read_to_pipe_locked(in, stream ? NULL : pos, p, size);
	n = cache_to_pipe_locked(in, (u64)*pos, p, size);
	if (n > 0)
		*pos += n;
	return n; /* Linux raises no IN_ACCESS here */
}

ssize_t splice_file_to_pipe(struct file *in, loff_t *pos, struct file *out, size_t size, unsigned flags)
{
	struct pipe *p = pipe_of(out);
	ssize_t n;

	mutex_lock(&p->lock);
	n = wait_for_room(p, flags);
	if (!n)
		n = fill_locked(in, pos, p, min(size, MAX_RW_COUNT));
	mutex_unlock(&p->lock);
	if (n > 0)
		pipe_wake_both(p);
	return n;
}

/* ---- pipe to file ------------------------------------------------------------ */

/* One slot, or what is left of size, written to the file.  Bytes moved, 0 or -errno. */
static ssize_t write_slot_locked(struct pipe *p, struct file *out, loff_t *pos, size_t size)
	__must_hold(&p->lock)
{
	struct pipe_buf *b = pipe_slot(p, p->tail);
	size_t n = min(size, (size_t)b->size);
	struct iter from;
	ssize_t put;

	iter_init_kernel(&from, (u8 *)page_to_virt(b->page) + b->off, n);
	put = file_write(out, &from, pos);
	if (put > 0)
		pipe_consume_locked(p, (size_t)put);
	return put;
}

static ssize_t pipe_to_file(struct pipe *p, struct file *out, loff_t *pos, size_t size, unsigned flags)
{
	loff_t *at = out->mode & FMODE_STREAM ? NULL : pos;
	size_t done = 0;
	ssize_t n = 0;

	if (!range_ok(at, size))
		return -EINVAL;
	if (!can_splice_to(out))
		return refuse(EINVAL, "splice: this kind of file cannot be spliced to");
	mutex_lock(&p->lock);
	while (done < size) {
		if (signal_pending()) {
			n = -ERESTARTSYS;
			break;
		}
		if (pipe_empty(p) && done) /* it waits for the first bytes only */
			break;
		if ((n = wait_for_bytes(p, flags)) <= 0)
			break;

		size_t want = min(size - done, (size_t)pipe_slot(p, p->tail)->size);

		if ((n = write_slot_locked(p, out, at, want)) <= 0)
			break;
		done += (size_t)n;
		if ((size_t)n < want)
			break;
	}
	mutex_unlock(&p->lock);
	if (done)
		pipe_wake_both(p);
	return done ? (ssize_t)done : n;
}

/* ---- pipe to pipe ------------------------------------------------------------ */

/* Waits until `in` has bytes (or its end) and `out` has room, one after the other, without a lock between. */
static int wait_for_both(struct pipe *in, struct pipe *out, unsigned flags)
{
	int err;

	mutex_lock(&in->lock);
	err = wait_for_bytes(in, flags);
	mutex_unlock(&in->lock);
	if (err < 0)
		return err;
	mutex_lock(&out->lock);
	err = pipe_full(out) ? wait_for_room(out, flags)
			     : 0; /* Linux looks for readers later, when there is room */
	mutex_unlock(&out->lock);
	return err;
}

/* Gives `out` another reference to the first n bytes of slot i of `in`. */
static void share_locked(struct pipe *in, u32 i, struct pipe *out, size_t n)
	__must_hold(&in->lock, &out->lock)
{
	struct pipe_buf *b = pipe_slot(in, i);

	b->flags |= PIPE_BUF_SHARED;
	page_get(b->page);
	pipe_push_locked(out, (struct pipe_buf){ b->page, b->off, (u32)n,
						 PIPE_BUF_SHARED | (b->flags & PIPE_BUF_PACKET) });
}

/* Both locked: moves slots while both pipes allow it.  0: nothing to move. */
static ssize_t move_locked(struct pipe *in, struct pipe *out, size_t size) __must_hold(&in->lock, &out->lock)
{
	size_t done = 0;

	while (done < size && !pipe_empty(in) && !pipe_full(out)) {
		struct pipe_buf *b = pipe_slot(in, in->tail);
		size_t n = b->size;

		if (n <= size - done) {
			pipe_push_locked(out, *b);
			b->page = NULL;
			WRITE_ONCE(in->tail, in->tail + 1);
		} else {
			n = size - done;
			share_locked(in, in->tail, out, n);
			pipe_consume_locked(in, n);
		}
		done += n;
	}
	return (ssize_t)done;
}

static ssize_t pipe_to_pipe(struct pipe *in, struct pipe *out, size_t size, unsigned flags)
{
	ssize_t n;

	for (;;) {
		bool retry = false;

		if ((n = wait_for_both(in, out, flags)))
			return n;
		lock_two(in, out);
		if (!out->readers) {
			n = signal_broken_pipe();
		} else if (!(n = move_locked(in, out, size)) && (in->writers || !pipe_empty(in))) {
			n = -EAGAIN; /* somebody was faster */
			retry = !(flags & SPLICE_F_NONBLOCK);
		}
		unlock_two(in, out);
		if (!retry)
			break;
	}
	if (n > 0) {
		pipe_wake_both(in);
		pipe_wake_both(out);
	}
	return n;
}

/* ---- the doors ------------------------------------------------------------ */

static ssize_t splice_from_pipe(struct pipe *p, struct file *in, struct file *out, loff_t *out_pos,
				size_t size, unsigned flags)
{
	loff_t pos;
	ssize_t n;

	if (out_pos && (out->mode & FMODE_STREAM))
		return -EINVAL;
	if (READ_ONCE(out->flags) & O_APPEND)
		return refuse(EINVAL, "splice: the output is open with O_APPEND");
	pos = out_pos ? *out_pos : out->pos;
	if (READ_ONCE(in->flags) & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	n = pipe_to_file(p, out, &pos, size, flags);
	if (!(out->mode & FMODE_STREAM))
		*(out_pos ? out_pos : &out->pos) = pos;
	return n;
}

static ssize_t splice_to_pipe(struct file *in, loff_t *in_pos, struct file *out, size_t size, unsigned flags)
{
	loff_t pos;
	ssize_t n;

	if (in_pos && (in->mode & FMODE_STREAM))
		return -EINVAL;
	pos = in_pos ? *in_pos : in->pos;
	if (READ_ONCE(out->flags) & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	n = splice_file_to_pipe(in, &pos, out, size, flags);
	if (!(in->mode & FMODE_STREAM))
		*(in_pos ? in_pos : &in->pos) = pos;
	return n;
}

ssize_t do_splice(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos, size_t size,
		  unsigned flags)
{
	struct pipe *ipipe = pipe_of(in), *opipe = pipe_of(out);

	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if (ipipe && opipe) {
		if (ipipe == opipe)
			return -EINVAL;
		if (READ_ONCE(in->flags) & O_NONBLOCK || READ_ONCE(out->flags) & O_NONBLOCK)
			flags |= SPLICE_F_NONBLOCK;
		return pipe_to_pipe(ipipe, opipe, size, flags);
	}
	if (ipipe)
		return splice_from_pipe(ipipe, in, out, out_pos, size, flags);
	if (opipe)
		return splice_to_pipe(in, in_pos, out, size, flags);
	return refuse(EINVAL, "splice: neither file is a pipe");
}

ssize_t do_tee(struct file *in, struct file *out, size_t size, unsigned flags)
{
	struct pipe *ipipe = pipe_of(in), *opipe = pipe_of(out);
	size_t done = 0;
	ssize_t n = 0;

	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if (!ipipe || !opipe || ipipe == opipe)
		return -EINVAL;
	if (READ_ONCE(in->flags) & O_NONBLOCK || READ_ONCE(out->flags) & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	if ((n = wait_for_both(ipipe, opipe, flags)))
		return n;
	lock_two(ipipe, opipe);
	if (!opipe->readers)
		n = signal_broken_pipe();
	for (u32 i = ipipe->tail; !n && done < size && i != ipipe->head && !pipe_full(opipe); i++) {
		size_t part = min(size - done, (size_t)pipe_slot(ipipe, i)->size);

		share_locked(ipipe, i, opipe, part);
		done += part;
	}
	unlock_two(ipipe, opipe);
	if (done) {
		pipe_wake_both(opipe);
		return (ssize_t)done;
	}
	return n;
}

/* ---- vmsplice(2) ------------------------------------------------------------ */

ssize_t do_vmsplice_to_pipe(struct file *f, struct iter *from, unsigned flags)
{
	struct pipe *p = pipe_of(f);
	ssize_t done = 0;
	int err;

	if (!p)
		return -EBADF;
	mutex_lock(&p->lock);
	err = wait_for_room(p, flags);
	while (!err && iter_count(from) && !pipe_full(p)) {
		size_t n = iter_page_part(from); /* on Linux the pages themselves go into the slots */

		if (!(err = pipe_push_bytes_locked(p, from, n, 0)))
			done += (ssize_t)n;
	}
	mutex_unlock(&p->lock);
	if (done)
		pipe_wake_both(p);
	return done ? done : err;
}

ssize_t do_vmsplice_from_pipe(struct file *f, struct iter *to, unsigned flags)
{
	struct pipe *p = pipe_of(f);
	size_t done = 0;
	ssize_t n;

	if (!p)
		return -EBADF;
	mutex_lock(&p->lock);
	n = signal_pending() ? -ERESTARTSYS : wait_for_bytes(p, flags);
	while (n > 0 && iter_count(to) && !pipe_empty(p)) {
		struct pipe_buf *b = pipe_slot(p, p->tail);
		size_t want = min((size_t)b->size, iter_count(to));

		if (copy_to_iter((u8 *)page_to_virt(b->page) + b->off, want, to) < want) {
			n = -EFAULT; /* what was copied in part stays in the pipe */
			break;
		}
		pipe_consume_locked(p, want);
		done += want;
	}
	mutex_unlock(&p->lock);
	if (done)
		pipe_wake_both(p);
	return done ? (ssize_t)done : n;
}

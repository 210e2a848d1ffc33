// SPDX-License-Identifier: MIT
/*
 * Bytes from file to file inside the kernel: sendfile(2), copy_file_range(2).  One page at a time through
 * a buffer; a partial success wins over a later error.  Also fallocate(2)'s checks.
 */
#include "kernel/fs/internal.h"

#include "kernel/fs/fd.h"
#include "kernel/fs/inotify.h"
#include "kernel/fs/splice.h"
#include "kernel/gate/refuse.h"
#include "kernel/signal/signal.h"
#include <linux/falloc.h>

/* Moves up to size bytes from in at *ipos to out at *opos. */
static ssize_t copy_loop(struct file *in, loff_t *ipos, struct file *out, loff_t *opos, size_t size)
{
	void *buf __cleanup(kfreep) = kmalloc(PAGE_SIZE, 0);
	ssize_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (size) {
		struct iter it;
		loff_t from = *ipos;
		ssize_t got, put;

		iter_init_kernel(&it, buf, min(size, (size_t)PAGE_SIZE));
		if ((got = file_read(in, &it, &from)) <= 0)
			return done ? done : got;
		if (!can_splice_to(out))
			return -EINVAL; /* only now, as on Linux: nothing can be sent anywhere */
		if (signal_pending())
			return done ? done : -ERESTARTSYS;
		iter_init_kernel(&it, buf, (size_t)got);
		if ((put = file_write(out, &it, opos)) <= 0)
			return done ? done : put;
		*ipos += put;
		done += put;
		size -= (size_t)put;
		if (put < got)
			break;
		cond_resched();
	}
	return done;
}

/* As splice(2): what the pipe has room for, by reference. */
static ssize_t sendfile_to_pipe(struct file *out, struct file *in, loff_t *pos, size_t size)
{
	bool nonblock = READ_ONCE(in->flags) & O_NONBLOCK || READ_ONCE(out->flags) & O_NONBLOCK;
	loff_t at = pos ? *pos : in->pos;
	ssize_t n = splice_file_to_pipe(in, &at, out, size, nonblock ? SPLICE_F_NONBLOCK : 0);

	if (n > 0) {
		if (!(in->mode & FMODE_STREAM))
			*(pos ? pos : &in->pos) = at;
		notify_file(in, IN_ACCESS);
		notify_file(out, IN_MODIFY);
	}
	return n;
}

ssize_t do_sendfile(struct file *out, struct file *in, loff_t *pos, size_t size)
{
	loff_t ipos, *opos = out->mode & FMODE_STREAM ? NULL : &out->pos, dummy = 0;
	bool in_locked = false, out_locked;
	ssize_t n;

	if (file_is_pipe(out))
		return sendfile_to_pipe(out, in, pos, size);
	if (READ_ONCE(out->flags) & O_APPEND)
		return -EINVAL;
	if (!(in->mode & FMODE_LSEEK))
		return refuse(EINVAL, "sendfile: the input does not seek");
	if (!size)
		return 0;
	if (!can_splice_from(in))
		return refuse(EINVAL, "sendfile: this kind of file cannot be spliced from");
	if (!pos && in != out)
		in_locked = file_pos_lock(in);
	out_locked = file_pos_lock(out);
	ipos = pos ? *pos : in->pos;
	n = copy_loop(in, &ipos, out, opos ? opos : &dummy, min(size, MAX_RW_COUNT));
	if (n > 0)
		*(pos ? pos : &in->pos) = ipos;
	file_pos_unlock(out, out_locked);
	file_pos_unlock(in, in_locked);
	return n;
}

/* copy_file_range(2): both regular; ranges of one file must not overlap.  Positions NULL: the files' own. */
ssize_t do_copy_file_range(struct file *in, loff_t *ipos, struct file *out, loff_t *opos, size_t size)
{
	loff_t *ip = ipos ? ipos : &in->pos, *op = opos ? opos : &out->pos;
	loff_t from = *ip, to = *op;
	ssize_t n;
	int err;

	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE) || (READ_ONCE(out->flags) & O_APPEND))
		return -EBADF;
	if (in->inode->sb != out->inode->sb)
		return -EXDEV;
	/*
	 * Linux adds them up unsigned here, so that a negative position is told apart from a wrap only
	 * later.
	 */
	if ((u64)from + size < (u64)from || (u64)to + size < (u64)to)
		return -EOVERFLOW;
	if (from >= (loff_t)READ_ONCE(in->inode->size))
		size = 0;
	else
		size = min(size, (size_t)READ_ONCE(in->inode->size) - (size_t)from);
	/* Also when there is nothing to copy; what lies before the file is refused later. */
	if (to >= 0 && (err = generic_write_check_limits(out->inode, (u64)to, &size)))
		return err;
	if (in->inode == out->inode && to < from + (loff_t)size && from < to + (loff_t)size)
		return -EINVAL;
	if (from < 0 || to < 0 || (ssize_t)size < 0)
		return -EINVAL;
	if (!size)
		return 0;
	n = copy_loop(in, &from, out, &to, min(size, MAX_RW_COUNT));
	if (n > 0) {
		*ip = from;
		*op = to;
	}
	return n;
}

/* fallocate(2): the checks that are the same for every file, in Linux's order. */
long file_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	umode_t type = f->inode->mode & S_IFMT;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
		     FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ==
	    (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_COLLAPSE_RANGE) && (mode & ~FALLOC_FL_COLLAPSE_RANGE))
		return -EINVAL;
	if ((mode & FALLOC_FL_INSERT_RANGE) && (mode & ~FALLOC_FL_INSERT_RANGE))
		return -EINVAL;
	if ((mode & FALLOC_FL_UNSHARE_RANGE) && (mode & ~(FALLOC_FL_UNSHARE_RANGE | FALLOC_FL_KEEP_SIZE)))
		return -EINVAL;
	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (type == S_IFIFO)
		return -ESPIPE;
	if (type == S_IFDIR)
		return -EISDIR;
	if (type != S_IFREG && type != S_IFBLK)
		return -ENODEV;
	if (off + len < off || (u64)(off + len) > f->inode->sb->max_size)
		return -EFBIG;
	if (!f->ops->fallocate)
		return -EOPNOTSUPP;

	long err = f->ops->fallocate(f, mode, off, len);

	if (!err)
		notify_file(f, IN_MODIFY);
	return err;
}

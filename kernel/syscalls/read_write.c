// SPDX-License-Identifier: MIT
/*
 * read, write, pread, pwrite, readv, writev, preadv, pwritev (2) and lseek(2).
 *
 * Order of checks (Linux 6.1, fs/read_write.c): a negative position of pread(2) before the descriptor;
 * the descriptor; ESPIPE; for vectors the vector; the open mode; the buffer; then the file.
 */
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include <linux/fs.h>
#include <linux/uio.h>

static inline int mode_check(const struct file *f, bool write)
{
	return unlikely(!(f->mode & (write ? FMODE_WRITE : FMODE_READ))) ? -EBADF : 0;
}

/* Whether there is an operation at all; of a directory it is one that fails with EISDIR. */
static bool can_transfer(const struct file *f, bool write)
{
	return write ? f->ops->write != NULL : f->ops->read || S_ISDIR(f->inode->mode);
}

/* The program's buffer, once the file is known to be able to: EINVAL comes before EFAULT. */
static inline int buffer_get(struct iter *it, unsigned long buf, size_t size, const struct file *f,
			     bool write)
{
	int err = iter_init_user(it, buf, size);

	return unlikely(err) && !can_transfer(f, write) ? -EINVAL : err;
}

static inline bool range_ok(const loff_t *pos, size_t size) /* its end is an offset, too */
{
	return !pos || likely((s64)((u64)*pos + size) >= 0);
}

static inline ssize_t transfer(struct file *f, struct iter *it, loff_t *pos, bool write)
{
	if (!range_ok(pos, iter_count(it)))
		return -EINVAL;
	return write ? file_write(f, it, pos) : file_read(f, it, pos);
}

/* At the file's own position, which moves when the call succeeds. */
static inline ssize_t transfer_here(struct file *f, struct iter *it, bool write)
{
	bool locked;
	loff_t pos;
	ssize_t n;

	if (f->mode & FMODE_STREAM)
		return transfer(f, it, NULL, write);
	locked = file_pos_lock(f);
	pos = f->pos;
	n = transfer(f, it, &pos, write);
	if (n >= 0)
		f->pos = pos;
	file_pos_unlock(f, locked);
	return n;
}

static inline long read_write(unsigned fd, unsigned long buf, size_t count, bool write)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	struct iter it;
	int err;

	if (unlikely(!f.file))
		return -EBADF;
	if ((err = mode_check(f.file, write)) || (err = buffer_get(&it, buf, count, f.file, write)))
		return err;
	return transfer_here(f.file, &it, write);
}

SYSCALL_DEFINE3(read, unsigned int, fd, char __user *, buf, size_t, count)
{
	return read_write(fd, (__force unsigned long)buf, count, false);
}

SYSCALL_DEFINE3(write, unsigned int, fd, const char __user *, buf, size_t, count)
{
	return read_write(fd, (__force unsigned long)buf, count, true);
}

/* Files of these modes have no position to read or write at. */
static inline u32 no_position(bool write)
{
	return FMODE_STREAM | (write ? FMODE_SEQ : 0);
}

static long pread_pwrite(unsigned fd, unsigned long buf, size_t count, loff_t pos, bool write)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct iter it;
	int err;

	if (pos < 0)
		return -EINVAL;
	f = fd_borrow((int)fd);
	if (!f.file)
		return -EBADF;
	if (f.file->mode & no_position(write))
		return -ESPIPE;
	if ((err = mode_check(f.file, write)) || (err = buffer_get(&it, buf, count, f.file, write)))
		return err;
	return transfer(f.file, &it, &pos, write);
}

SYSCALL_DEFINE4(pread64, unsigned int, fd, char __user *, buf, size_t, count, loff_t, pos)
{
	return pread_pwrite(fd, (__force unsigned long)buf, count, pos, false);
}

SYSCALL_DEFINE4(pwrite64, unsigned int, fd, const char __user *, buf, size_t, count, loff_t, pos)
{
	return pread_pwrite(fd, (__force unsigned long)buf, count, pos, true);
}

/* ---- vectors ------------------------------------------------------------------------------------------- */

struct vector {
	unsigned long uvec, count;
	bool ia32;
};

static long rw_flags_check(const struct file *f, int flags, bool write)
{
	int known = RWF_HIPRI;

	if (!(f->ops->plain & (write ? FMODE_WRITE : FMODE_READ)))
		known |= RWF_DSYNC | RWF_SYNC | RWF_APPEND | (f->ops->nowait ? RWF_NOWAIT : 0);
	if (flags & ~known)
		return refuse(EOPNOTSUPP, "preadv2, pwritev2: a flag that this file does not take");
	return 0;
}

/* RWF_APPEND: where the file ends, whatever the position says; only its own position moves there. */
static long append(struct file *f, struct iter *it, loff_t *pos)
{
	loff_t end = POS_APPEND;
	bool locked = !pos && file_pos_lock(f);
	ssize_t n = file_write(f, it, &end);

	if (n >= 0 && !pos)
		f->pos = end;
	file_pos_unlock(f, locked);
	return n;
}

/* A file that knows single buffers only is called for one after the other. */
static long each_segment(struct file *f, struct iter *it, loff_t *pos, bool write)
{
	long done = 0;

	for (u32 i = 0; i < it->nr && iter_count(it); i++) {
		struct iter part;
		ssize_t n = iter_init_user(&part, it->vec[i].base, it->vec[i].size);

		if (!n)
			n = pos ? transfer(f, &part, pos, write) : transfer_here(f, &part, write);
		if (n < 0)
			return done ? done : n;
		done += n;
		it->count -= (size_t)n;
		if ((size_t)n != it->vec[i].size)
			break;
	}
	return done;
}

/* pos NULL: the file's own position. */
static long readv_writev(struct file *f, const struct vector *v, loff_t *pos, int flags, bool write)
{
	struct iovec_k *vec __cleanup(iter_free_vec) = NULL;
	struct iter it;
	long err;

	if ((err = iter_init_iovec(&it, v->uvec, v->count, v->ia32, &vec)) || (err = mode_check(f, write)))
		return err;
	if (unlikely(!can_transfer(f, write)))
		return -EINVAL;
	if (!iter_count(&it))
		return 0;
	if (!range_ok(pos ? pos : &f->pos, iter_count(&it)))
		return -EINVAL;
	if (flags && (err = rw_flags_check(f, flags, write)))
		return err;
	it.nowait = flags & RWF_NOWAIT;
	if (unlikely(f->ops->plain & (write ? FMODE_WRITE : FMODE_READ)))
		return each_segment(f, &it, pos, write);
	if ((flags & RWF_APPEND) && write && S_ISREG(f->inode->mode))
		return append(f, &it, pos);
	return pos ? transfer(f, &it, pos, write) : transfer_here(f, &it, write);
}

static long do_readv_writev(unsigned long fd, unsigned long uvec, unsigned long count, int flags, bool write,
			    bool ia32)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	const struct vector v = { uvec, count, ia32 };

	return f.file ? readv_writev(f.file, &v, NULL, flags, write) : -EBADF;
}

static long do_preadv_pwritev(unsigned long fd, const struct vector *v, loff_t pos, int flags, bool write)
{
	struct fd f __cleanup(fd_release) = { NULL, false };

	if (pos < 0)
		return -EINVAL;
	f = fd_borrow((int)fd);
	if (!f.file)
		return -EBADF;
	if (f.file->mode & no_position(write))
		return -ESPIPE;
	return readv_writev(f.file, v, &pos, flags, write);
}

SYSCALL_DEFINE3(readv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_readv_writev(fd, (__force unsigned long)vec, vlen, 0, false, false);
}

SYSCALL_DEFINE3(writev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen)
{
	return do_readv_writev(fd, (__force unsigned long)vec, vlen, 0, true, false);
}

SYSCALL_DEFINE5(preadv, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h)
{
	const struct vector v = { (__force unsigned long)vec, vlen, false };

	return do_preadv_pwritev(fd, &v, (loff_t)pos_l, 0, false);
}

SYSCALL_DEFINE5(pwritev, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h)
{
	const struct vector v = { (__force unsigned long)vec, vlen, false };

	return do_preadv_pwritev(fd, &v, (loff_t)pos_l, 0, true);
}

static long do_rwv2(unsigned long fd, const struct vector *v, loff_t pos, int flags, bool write)
{
	if (pos == -1) /* preadv2(2): the current position */
		return do_readv_writev(fd, v->uvec, v->count, flags, write, v->ia32);
	return do_preadv_pwritev(fd, v, pos, flags, write);
}

SYSCALL_DEFINE6(preadv2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h, int, flags)
{
	const struct vector v = { (__force unsigned long)vec, vlen, false };

	return do_rwv2(fd, &v, (loff_t)pos_l, flags, false);
}

SYSCALL_DEFINE6(pwritev2, unsigned long, fd, const struct iovec __user *, vec, unsigned long, vlen,
		unsigned long, pos_l, unsigned long, pos_h, int, flags)
{
	const struct vector v = { (__force unsigned long)vec, vlen, false };

	return do_rwv2(fd, &v, (loff_t)pos_l, flags, true);
}

/* ---- lseek(2) ------------------------------------------------------------------------------------ */

static loff_t seek(unsigned fd, loff_t off, unsigned whence)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	bool locked;
	loff_t pos;

	if (!f.file)
		return -EBADF;
	if (whence > SEEK_HOLE)
		return -EINVAL;
	if (!(f.file->mode & FMODE_LSEEK))
		return -ESPIPE;
	locked = file_pos_lock(f.file);
	pos = f.file->ops->llseek(f.file, off, (int)whence);
	file_pos_unlock(f.file, locked);
	return pos;
}

SYSCALL_DEFINE3(lseek, unsigned int, fd, long, offset, unsigned int, whence)
{
	return seek(fd, offset, whence);
}

/* ---- the 32-bit ABI: 64-bit positions in two registers, narrow vectors --------------------------- */

static inline loff_t from_halves(u32 low, u32 high)
{
	return (loff_t)((u64)high << 32 | low);
}

IA32_SYSCALL_DEFINE3(lseek, unsigned int, fd, int, offset, unsigned int, whence)
{
	return seek(fd, offset, whence);
}

IA32_SYSCALL_DEFINE5(llseek, unsigned int, fd, unsigned int, offset_high, unsigned int, offset_low,
		     loff_t __user *, result, unsigned int, whence)
{
	loff_t pos = seek(fd, from_halves(offset_low, offset_high), whence);

	return pos < 0 ? pos : put_user(pos, result);
}

IA32_SYSCALL_DEFINE5(pread64, unsigned int, fd, char __user *, buf, u32, count, u32, pos_low, u32, pos_high)
{
	return pread_pwrite(fd, (__force unsigned long)buf, count, from_halves(pos_low, pos_high), false);
}

IA32_SYSCALL_DEFINE5(pwrite64, unsigned int, fd, const char __user *, buf, u32, count, u32, pos_low, u32,
		     pos_high)
{
	return pread_pwrite(fd, (__force unsigned long)buf, count, from_halves(pos_low, pos_high), true);
}

IA32_SYSCALL_DEFINE3(readv, u32, fd, const void __user *, vec, u32, vlen)
{
	return do_readv_writev(fd, (__force unsigned long)vec, vlen, 0, false, true);
}

IA32_SYSCALL_DEFINE3(writev, u32, fd, const void __user *, vec, u32, vlen)
{
	return do_readv_writev(fd, (__force unsigned long)vec, vlen, 0, true, true);
}

IA32_SYSCALL_DEFINE5(preadv, u32, fd, const void __user *, vec, u32, vlen, u32, pos_low, u32, pos_high)
{
	const struct vector v = { (__force unsigned long)vec, vlen, true };

	return do_preadv_pwritev(fd, &v, from_halves(pos_low, pos_high), 0, false);
}

IA32_SYSCALL_DEFINE5(pwritev, u32, fd, const void __user *, vec, u32, vlen, u32, pos_low, u32, pos_high)
{
	const struct vector v = { (__force unsigned long)vec, vlen, true };

	return do_preadv_pwritev(fd, &v, from_halves(pos_low, pos_high), 0, true);
}

IA32_SYSCALL_DEFINE6(preadv2, u32, fd, const void __user *, vec, u32, vlen, u32, pos_low, u32, pos_high, int,
		     flags)
{
	const struct vector v = { (__force unsigned long)vec, vlen, true };

	return do_rwv2(fd, &v, from_halves(pos_low, pos_high), flags, false);
}

IA32_SYSCALL_DEFINE6(pwritev2, u32, fd, const void __user *, vec, u32, vlen, u32, pos_low, u32, pos_high, int,
		     flags)
{
	const struct vector v = { (__force unsigned long)vec, vlen, true };

	return do_rwv2(fd, &v, from_halves(pos_low, pos_high), flags, true);
}

// SPDX-License-Identifier: MIT
/* Operations that several file systems share: cached reads, limits of writes, seeking, and doing nothing. */
#include "kernel/fs/internal.h"

#include "kernel/signal/signal.h"
#include <linux/fs.h>
#include <linux/resource.h>

ssize_t generic_file_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct inode *i = f->inode;
	u64 size = READ_ONCE(i->size);
	ssize_t n = 0;

	if (!iter_count(to))
		return 0;
	if ((u64)*pos < size)
		n = mapping_read(i->mapping, to, (u64)*pos, size);
	if (n > 0)
		*pos += n;
	file_accessed(f);
	return n;
}

int generic_write_check_limits(const struct inode *i, u64 pos, size_t *size)
{
	u64 limit = rlimit(RLIMIT_FSIZE);

	if (pos >= limit) {
		signal_send_task(current, SIGXFSZ, NULL);
		return -EFBIG;
	}
	limit = min(limit, i->sb->max_size);
	if (pos >= limit)
		return -EFBIG;
	*size = min((u64)*size, limit - pos);
	return 0;
}

/* lseek(2) in a file that ends at eof and may not be longer than max. */
loff_t generic_llseek_size(struct file *f, loff_t off, int whence, u64 max, u64 eof)
{
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		if (!off)
			return f->pos;
		off += f->pos;
		break;
	case SEEK_END:
		off += (loff_t)eof;
		break;
	case SEEK_DATA: /* without holes all is data */
		if ((u64)off >= eof)
			return -ENXIO;
		break;
	case SEEK_HOLE:
		if ((u64)off >= eof)
			return -ENXIO;
		off = (loff_t)eof;
		break;
	default:
		return -EINVAL;
	}
	if (off < 0 || (u64)off > max)
		return -EINVAL;
	f->pos = off;
	return off;
}

loff_t generic_file_llseek(struct file *f, loff_t off, int whence)
{
	struct inode *i = f->inode;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_llseek_size(f, off, whence, i->sb->max_size, READ_ONCE(i->size));
	if (off < 0 || (u64)off >= READ_ONCE(i->size))
		return -ENXIO;
	if (!i->mapping)
		return generic_llseek_size(f, off, whence, i->sb->max_size, READ_ONCE(i->size));

	guard(read)(&i->rwsem);
	off = mapping_seek(i->mapping, off, i->size, whence == SEEK_DATA);
	if (off >= 0)
		f->pos = off;
	return off;
}

loff_t noop_llseek(struct file *f, loff_t off, int whence)
{
	return f->pos;
}

loff_t dir_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return generic_llseek_size(f, off, whence, (u64)INT64_MAX, 0);
}

bool dir_emit_dots(struct file *f, struct dir_ctx *ctx)
{
	ino_t parent;

	if (ctx->pos == 0) {
		if (!ctx->emit(ctx, ".", 1, f->inode->ino, fs_umode_to_dtype(S_IFDIR)))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		rcu_read_lock(); /* a rename may move us, and the old parent go */
		parent = rcu_dereference(f->path.dentry->parent)->inode->ino;
		rcu_read_unlock();
		if (!ctx->emit(ctx, "..", 2, parent, fs_umode_to_dtype(S_IFDIR)))
			return false;
		ctx->pos = 2;
	}
	return true;
}

int noop_fsync(struct file *f, bool datasync)
{
	return 0;
}

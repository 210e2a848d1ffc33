// SPDX-License-Identifier: MIT
/*
 * getdents(2), getdents64(2), and i386's readdir(2).  The position of an entry's successor is known when
 * the successor comes (or the directory ends), so each record's d_off is written one step later.
 */
#include "abi/ia32/fs.h"
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"

struct linux_dirent {
	unsigned long d_ino, d_off;
	unsigned short d_reclen;
	char d_name[];
};
struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

enum layout { DIRENT, DIRENT64, DIRENT_IA32 };

struct getdents {
	struct dir_ctx ctx;
	enum layout layout;
	unsigned long at, left; /* user buffer */
	unsigned long prev;	/* user address of the last record, 0: none */
	int error;
};

static int put_prev_off(const struct getdents *g, loff_t off)
{
	if (!g->prev)
		return 0;
	if (g->layout == DIRENT64)
		return put_user((s64)off, &((struct linux_dirent64 __user *)g->prev)->d_off);
	if (g->layout == DIRENT)
		return put_user((unsigned long)off, &((struct linux_dirent __user *)g->prev)->d_off);
	return put_user((u32)off, &((struct ia32_dirent __user *)g->prev)->d_off);
}

static bool name_ok(const char *name, size_t len)
{
	return len && !memchr(name, '/', len);
}

/* One record in a kernel buffer, then one copy. */
static bool emit(struct dir_ctx *ctx, const char *name, size_t len, loff_t off, ino_t ino, unsigned type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	static const u8 head[] = { [DIRENT] = offsetof(struct linux_dirent, d_name),
				   [DIRENT64] = offsetof(struct linux_dirent64, d_name),
				   [DIRENT_IA32] = offsetof(struct ia32_dirent, d_name) };
	u8 rec[24 + 256 + 8] __aligned(8);
	size_t size = head[g->layout] + len + 1;

	if (len > 255 || !name_ok(name, len)) {
		g->error = -EIO;
		return false;
	}
	/* The old layouts carry the type in the last byte. */
	size = g->layout == DIRENT64 ? ALIGN_UP(size, 8) : ALIGN_UP(size + 1, g->layout == DIRENT ? 8 : 4);
	g->error = -EINVAL; /* only used when nothing fitted */
	if (size > g->left)
		return false;
	if (g->prev && signal_pending())
		return false;
	memset(rec + size - 8, 0, 8);
	memcpy(rec + head[g->layout], name, len);
	rec[head[g->layout] + len] = 0;
	switch (g->layout) {
	case DIRENT64:
		((struct linux_dirent64 *)rec)->d_ino = ino;
		((struct linux_dirent64 *)rec)->d_off = 0;
		((struct linux_dirent64 *)rec)->d_reclen = (u16)size;
		((struct linux_dirent64 *)rec)->d_type = (u8)type;
		break;
	case DIRENT:
		((struct linux_dirent *)rec)->d_ino = ino;
		((struct linux_dirent *)rec)->d_off = 0;
		((struct linux_dirent *)rec)->d_reclen = (u16)size;
		rec[size - 1] = (u8)type;
		break;
	case DIRENT_IA32:
		((struct ia32_dirent *)rec)->d_ino = (u32)ino;
		((struct ia32_dirent *)rec)->d_off = 0;
		((struct ia32_dirent *)rec)->d_reclen = (u16)size;
		rec[size - 1] = (u8)type;
		break;
	}
	if (put_prev_off(g, ctx->pos) || copy_to_user((void __user *)g->at, rec, size)) {
		g->error = -EFAULT;
		return false;
	}
	g->prev = g->at;
	g->at += size;
	g->left -= size;
	return true;
}

/* Reads the directory from its position with the directory locked; ctx->pos is where it stopped. */
static int iterate(struct file *f, struct dir_ctx *ctx)
{
	struct inode *i = f->inode;
	int err;

	if (!f->ops->iterate)
		return -ENOTDIR;
	guard(mutex)(&f->pos_lock); /* also against a second reader of the same open directory */
	guard(read)(&i->rwsem);
	if (f->path.dentry->flags & DENTRY_DEAD_DIR)
		return -ENOENT;
	ctx->pos = f->pos;
	err = f->ops->iterate(f, ctx);
	f->pos = ctx->pos;
	file_accessed(f);
	return err;
}

static long getdents(unsigned fd, unsigned long buf, unsigned count, enum layout layout)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	struct getdents g = { .ctx.emit = emit, .layout = layout, .at = buf, .left = count };
	int err;

	if (!f.file)
		return -EBADF;
	err = iterate(f.file, &g.ctx);
	if (!err && g.error == -EFAULT && !g.prev)
		err = -EFAULT;
	if (g.prev) {
		if (put_prev_off(&g, g.ctx.pos))
			return -EFAULT;
		return (long)(count - g.left);
	}
	return err ? err : g.error;
}

SYSCALL_DEFINE3(getdents, unsigned int, fd, void __user *, dirent, unsigned int, count)
{
	return getdents(fd, (__force unsigned long)dirent, count, DIRENT);
}

SYSCALL_DEFINE3(getdents64, unsigned int, fd, void __user *, dirent, unsigned int, count)
{
	return getdents(fd, (__force unsigned long)dirent, count, DIRENT64);
}

IA32_SYSCALL_DEFINE3(getdents, unsigned int, fd, void __user *, dirent, unsigned int, count)
{
	return getdents(fd, (__force unsigned long)dirent, count, DIRENT_IA32);
}

/* ---- readdir(2): one entry a call ------------------------------------------------------------------------- */

struct one_entry {
	struct dir_ctx ctx;
	struct ia32_old_dirent __user *to;
	long result;
};

static bool emit_one(struct dir_ctx *ctx, const char *name, size_t len, loff_t off, ino_t ino, unsigned type)
{
	struct one_entry *o = container_of(ctx, struct one_entry, ctx);
	struct ia32_old_dirent d = { .d_ino = (u32)ino, .d_offset = (u32)ctx->pos, .d_namlen = (u16)len };

	if (o->result)
		return false;
	if (copy_to_user(o->to, &d, offsetof(struct ia32_old_dirent, d_name)) ||
	    copy_to_user(o->to->d_name, name, len) || put_user((char)0, o->to->d_name + len))
		o->result = -EFAULT;
	else
		o->result = 1;
	return o->result > 0;
}

IA32_SYSCALL_DEFINE3(old_readdir, unsigned int, fd, struct ia32_old_dirent __user *, dirent, unsigned int, count)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	struct one_entry o = { .ctx.emit = emit_one, .to = dirent };
	int err;

	if (!f.file)
		return -EBADF;
	err = iterate(f.file, &o.ctx);
	return o.result ? o.result : err;
}

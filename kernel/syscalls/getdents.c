// SPDX-License-Identifier: MIT
/*
 * getdents(2), getdents64(2), and i386's readdir(2).  The position of an entry's successor is known when
 * the successor comes (or the directory ends), so each record is copied out one step later, whole.
 */
#include "abi/ia32/fs.h"
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/inotify.h"
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
	unsigned long at, left; /* user buffer, the record in rec taken off */
	size_t size; /* of the record in rec, 0: none */
	loff_t pos; /* its position */
	bool partial; /* something was copied */
	int error;
	u8 rec[24 + 256 + 8] __aligned(8);
};

/* Copies the finished record out; off is the position of the one behind it. */
static __always_inline bool flush(struct getdents *g, loff_t off, enum layout layout)
{
	size_t size = g->size;

	if (!size)
		return true;
	if (layout == DIRENT_IA32)
		((struct ia32_dirent *)g->rec)->d_off = (u32)off;
	else
		((struct linux_dirent64 *)g->rec)->d_off = off; /* where struct linux_dirent has it, too */
	g->size = 0;
	if (copy_to_user((void __user *)g->at, g->rec, size)) {
		g->error = -EFAULT;
		g->left += size;
		g->ctx.pos = g->pos;
		return false;
	}
	g->at += size;
	g->partial = true;
	return true;
}
static_assert(offsetof(struct linux_dirent, d_off) == offsetof(struct linux_dirent64, d_off),
	      "flush() relies on it");

static void flush_last(struct dir_ctx *ctx)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);

	flush(g, ctx->pos, g->layout);
}

static bool name_ok(const char *name, size_t len)
{
	return len && !memchr(name, '/', len);
}

/* Begins a record in the kernel's buffer. */
static __always_inline bool emit(struct dir_ctx *ctx, const char *name, size_t len, ino_t ino, unsigned type,
				 enum layout layout)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	static const u8 head[] = { [DIRENT] = offsetof(struct linux_dirent, d_name),
				   [DIRENT64] = offsetof(struct linux_dirent64, d_name),
				   [DIRENT_IA32] = offsetof(struct ia32_dirent, d_name) };
	size_t name_at = head[layout], size = name_at + len + 1;

	if (!flush(g, ctx->pos, layout))
		return false;
	if (unlikely(len > 255 || !name_ok(name, len))) {
		g->error = -EIO;
		return false;
	}
	/* The old layouts carry the type in the last byte. */
	size = layout == DIRENT64 ? ALIGN_UP(size, 8) : ALIGN_UP(size + 1, layout == DIRENT ? 8 : 4);
	g->error = -EINVAL; /* only used when nothing fitted */
	if (size > g->left || (g->partial && signal_pending()))
		return false;
	*(u64 *)(g->rec + ALIGN_DOWN(size - 1, 8)) = 0; /* the name's NUL and what follows it */
	if (layout == DIRENT_IA32) {
		struct ia32_dirent *d = (struct ia32_dirent *)g->rec;

		d->d_ino = (u32)ino;
		d->d_reclen = (u16)size;
	} else {
		struct linux_dirent64 *d = (struct linux_dirent64 *)g->rec;

		d->d_ino = ino;
		d->d_reclen = (u16)size;
	}
	if (layout == DIRENT64)
		((struct linux_dirent64 *)g->rec)->d_type = (u8)type;
	else
		g->rec[size - 1] = (u8)type;
	memcpy(g->rec + name_at, name, len);
	g->rec[name_at + len] = 0;
	g->size = size;
	g->pos = ctx->pos;
	g->left -= size;
	return true;
}

/* One for each layout, so that what a layout needs is known when an entry comes. */
static bool emit_dirent(struct dir_ctx *ctx, const char *name, size_t len, ino_t ino, unsigned type)
{
	return emit(ctx, name, len, ino, type, DIRENT);
}

static bool emit_dirent64(struct dir_ctx *ctx, const char *name, size_t len, ino_t ino, unsigned type)
{
	return emit(ctx, name, len, ino, type, DIRENT64);
}

static bool emit_dirent_ia32(struct dir_ctx *ctx, const char *name, size_t len, ino_t ino, unsigned type)
{
	return emit(ctx, name, len, ino, type, DIRENT_IA32);
}

/*
 * Reads the directory from its position with the directory locked; ctx->pos is where it stopped.  finish, if
 * not NULL, has the last word on that.
 */
static int iterate(struct file *f, struct dir_ctx *ctx, void (*finish)(struct dir_ctx *ctx))
{
	struct inode *i = f->inode;
	int err;

	if (!f->ops->iterate)
		return -ENOTDIR;
	guard(mutex)(&f->pos_lock); /* also against a second reader of the same open directory */
	guard(read)(&i->rwsem);
	if (READ_ONCE(f->path.dentry->flags) & DENTRY_DEAD_DIR)
		return -ENOENT;
	ctx->pos = f->pos;
	err = f->ops->iterate(f, ctx);
	if (finish)
		finish(ctx);
	f->pos = ctx->pos;
	file_accessed(f);
	notify_file(f, IN_ACCESS);
	return err;
}

static long getdents(unsigned fd, unsigned long buf, unsigned count, enum layout layout)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	static bool (*const emitters[])(struct dir_ctx * ctx, const char *name, size_t len, ino_t ino,
					unsigned type) = {
		[DIRENT] = emit_dirent, [DIRENT64] = emit_dirent64, [DIRENT_IA32] = emit_dirent_ia32
	};
	struct getdents g; /* not initialised as a whole: the record is large */
	int err;

	if (!f.file)
		return -EBADF;
	g.ctx.emit = emitters[layout];
	g.layout = layout;
	g.at = buf;
	g.left = count = (int)count < 0 ? 0 : count; /* Linux counts what is left as an int */
	g.size = 0;
	g.partial = false;
	g.error = 0;
	err = iterate(f.file, &g.ctx, flush_last);
	if (count != g.left)
		return (long)(count - g.left);
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

/* ---- readdir(2): one entry a call ---------------------------------------------------------------- */

struct one_entry {
	struct dir_ctx ctx;
	struct ia32_old_dirent __user *to;
	long result;
};

static bool emit_one(struct dir_ctx *ctx, const char *name, size_t len, ino_t ino, unsigned type)
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

IA32_SYSCALL_DEFINE3(old_readdir, unsigned int, fd, struct ia32_old_dirent __user *, dirent, unsigned int,
		     count)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	struct one_entry o = { .ctx.emit = emit_one, .to = dirent };
	int err;

	if (!f.file)
		return -EBADF;
	err = iterate(f.file, &o.ctx, NULL);
	return o.result ? o.result : err;
}

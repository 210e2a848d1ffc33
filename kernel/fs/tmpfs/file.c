// SPDX-License-Identifier: MIT
/*
 * Regular files of tmpfs: the page cache and nothing more.  Writers hold inode->rwsem; readers go
 * straight to the page cache.  What a size= mount may hold is reserved before pages are made and settled
 * by the pages that are there afterwards (tmpfs_account).  Pages that a shared mapping makes in a hole are
 * counted at the next write, truncate or allocation of the file.
 */
#include "kernel/fs/tmpfs/tmpfs.h"

#include "kernel/fs/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/signal/signal.h"
#include <linux/falloc.h>

#ifndef F_SEAL_SEAL
#error "linux/fcntl.h lacks F_SEAL_*"
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static int seals_permit_write(const struct inode *i, u64 end) __must_hold(&i->rwsem)
{
	if (likely(!(i->seals & ~(u32)F_SEAL_SEAL)))
		return 0;
	if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	return (i->seals & F_SEAL_GROW) && end > i->size ? -EPERM : 0;
}

/* Near the limit of the mount: page by page, reserving only what is not there yet. */
static ssize_t write_slowly(struct inode *i, struct iter *from, u64 pos)
{
	ssize_t done = 0;

	while (iter_count(from)) {
		size_t all = from->count, n = min(all, PAGE_SIZE - (size_t)(pos & ~PAGE_MASK));
		struct page *p = NULL;
		int err = mapping_get_page(&i->data, pos >> PAGE_SHIFT, false, &p);
		ssize_t moved;

		if (!err)
			page_put(p);
		else if (err == -ENOENT)
			err = tmpfs_reserve(i->sb, 1);
		if (err)
			return done ? done : err;
		from->count = n;
		moved = mapping_write(&i->data, from, pos);
		from->count = all - (moved > 0 ? (size_t)moved : 0);
		if (!p) { /* settle at once: the page counts now, or was not made */
			tmpfs_unreserve(i->sb, 1);
			tmpfs_account(i);
		}
		if (moved <= 0)
			return done ? done : moved;
		done += moved;
		pos += (u64)moved;
		if (moved < (ssize_t)n)
			break;
	}
	return done;
}

static ssize_t write_locked(struct file *f, struct iter *from, loff_t *pos) __must_hold(&f->inode->rwsem)
{
	struct inode *i = f->inode;
	u64 at = (READ_ONCE(f->flags) & O_APPEND) || *pos == POS_APPEND ? i->size : (u64)*pos, pages;
	size_t size = iter_count(from), cut;
	ssize_t n;
	int err;

	if ((err = generic_write_check_limits(i, at, &size)) || (err = seals_permit_write(i, at + size)) ||
	    (err = file_remove_privs(f)))
		return err;
	cut = iter_count(from) - size;
	from->count = size;
	inode_touch(i, ATTR_MTIME | ATTR_CTIME);
	pages = ((at + size - 1) >> PAGE_SHIFT) - (at >> PAGE_SHIFT) + 1;
	if (likely(!tmpfs_reserve(i->sb, pages))) {
		n = mapping_write(&i->data, from, at);
		tmpfs_unreserve(i->sb, pages);
		tmpfs_account(i);
	} else {
		n = write_slowly(i, from, at);
	}
	from->count += cut;
	if (n <= 0)
		return n;
	at += (u64)n;
	if (at > i->size)
		WRITE_ONCE(i->size, at);
	*pos = (loff_t)at;
	return n;
}

static ssize_t tmpfs_write(struct file *f, struct iter *from, loff_t *pos)
{
	if (!iter_count(from))
		return 0;
	guard(write)(&f->inode->rwsem);
	return write_locked(f, from, pos);
}

/* ---- size ---------------------------------------------------------------------------------------- */

static int tmpfs_setattr(struct inode *i, struct kattr *attr) __must_hold(&i->rwsem)
{
	if (attr->valid & ATTR_SIZE) {
		u64 old = i->size;

		if ((attr->size < old && (i->seals & F_SEAL_SHRINK)) ||
		    (attr->size > old && (i->seals & F_SEAL_GROW)))
			return -EPERM;
		WRITE_ONCE(i->size, attr->size);
		/* Also to the size it has: what fallocate(2) put behind the end goes. */
		if (attr->size < old || (attr->size == old && READ_ONCE(i->data.nr_pages))) {
			mapping_truncate(&i->data, attr->size);
			tmpfs_account(i);
		}
		if (attr->size != old)
			attr->valid |= ATTR_MTIME;
	}
	setattr_copy(i, attr);
	return 0;
}

static int punch(struct inode *i, loff_t off, loff_t len) __must_hold(&i->rwsem)
{
	if (i->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	mapping_punch(&i->data, (u64)off, (u64)(off + len));
	tmpfs_account(i);
	return 0;
}

static int allocate_page(struct inode *i, u64 index)
{
	struct page *p;
	int err = mapping_get_page(&i->data, index, false, &p);

	if (!err)
		page_put(p);
	if (err != -ENOENT || (err = tmpfs_reserve(i->sb, 1)))
		return err;
	err = mapping_allocate_page(&i->data, index);
	tmpfs_unreserve(i->sb, 1);
	tmpfs_account(i);
	return err;
}

/* Pages for [off, end), which stay holes until they are used; a failure takes the unused ones back. */
static int allocate(struct inode *i, u64 off, u64 end)
{
	u64 first = off >> PAGE_SHIFT, last = DIV_ROUND_UP(end, PAGE_SIZE), index;
	u64 limit = tmpfs_of(i->sb)->max_blocks;

	if (limit && last - first > limit)
		return -ENOSPC;
	for (index = first; index < last; index++) {
		int err = signal_pending() ? -EINTR : allocate_page(i, index);

		if (err) {
			mapping_drop_unused(&i->data, first, index);
			tmpfs_account(i);
			return err;
		}
		if (!(index & 255))
			cond_resched();
	}
	return 0;
}

static int preallocate(struct inode *i, int mode, u64 off, u64 end) __must_hold(&i->rwsem)
{
	int err;

	if ((err = inode_newsize_ok(i, end))) /* whether the size is to grow or not */
		return err;
	if ((i->seals & F_SEAL_GROW) && end > i->size)
		return -EPERM;
	if ((err = allocate(i, off, end)))
		return err;
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > i->size)
		WRITE_ONCE(i->size, end);
	return 0;
}

static long tmpfs_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *i = f->inode;
	int err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;

	guard(write)(&i->rwsem);
	if (mode & FALLOC_FL_PUNCH_HOLE)
		err = punch(i, off, len);
	else
		err = preallocate(i, mode, (u64)off, (u64)off + (u64)len);
	if (err)
		return err;
	if (!file_remove_privs(f)) /* only now, and whether it can or not, as Linux */
		inode_touch(i, ATTR_MTIME | ATTR_CTIME);
	return 0;
}

/* ---- mapping ------------------------------------------------------------------------------------ */

static int tmpfs_mmap(struct file *f, struct vma *vma) __must_hold(&vma->mm->lock)
{
	u32 seals = READ_ONCE(f->inode->seals);

	if ((vma->flags & VM_SHARED) && (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))) {
		if (vma->flags & VM_WRITE)
			return -EPERM;
		vma->flags &= ~(unsigned long)VM_MAYWRITE;
	}
	file_accessed(f);
	return file_mmap_pagecache(f, vma);
}

const struct inode_ops tmpfs_file_inode_ops = { .setattr = tmpfs_setattr };

const struct file_ops tmpfs_file_ops = {
	.read = generic_file_read,
	.write = tmpfs_write,
	.llseek = generic_file_llseek,
	.mmap = tmpfs_mmap,
	.fsync = noop_fsync,
	.fallocate = tmpfs_fallocate,
};

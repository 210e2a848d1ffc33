// SPDX-License-Identifier: MIT
/*
 * madvise(2) and msync(2).  Advice about paging is kept in the VMA's flags where /proc/PID/smaps shows
 * it; advice that changes contents (DONTNEED, FREE, REMOVE, WIPEONFORK…) is acted upon.
 * Lock: mm->lock, for writing where flags change, for reading where only entries go.
 */
#include "kernel/fs/fs.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"
#include <linux/falloc.h>
#include <linux/mman.h>
#include <asm/mman.h>

#ifndef MADV_COLLAPSE /* younger than the installed headers */
#define MADV_COLLAPSE 25
#endif

static bool known(int advice)
{
	switch (advice) {
	case MADV_NORMAL ... MADV_DONTNEED:
	case MADV_FREE ... MADV_DOFORK:
	case MADV_MERGEABLE ... MADV_KEEPONFORK:
	case MADV_COLD ... MADV_POPULATE_WRITE:
	case MADV_DONTNEED_LOCKED:
	case MADV_COLLAPSE:
		return true;
	default:
		return false;
	}
}

/* Advice that lives in VMA flags: the new flags, or -EINVAL in *err. */
static unsigned long advised_flags(const struct vma *v, int advice, int *err) __must_hold_shared(&v->mm->lock)
{
	unsigned long f = v->flags;

	switch (advice) {
	case MADV_NORMAL:
		return f & ~(unsigned long)(VM_RAND_READ | VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return (f & ~(unsigned long)VM_RAND_READ) | VM_SEQ_READ;
	case MADV_RANDOM:
		return (f & ~(unsigned long)VM_SEQ_READ) | VM_RAND_READ;
	case MADV_DONTFORK:
		return f | VM_DONTCOPY;
	case MADV_DOFORK:
		return f & ~(unsigned long)VM_DONTCOPY;
	case MADV_WIPEONFORK:
		if (v->file || v->mapping || v->ops)
			*err = -EINVAL;
		return f | VM_WIPEONFORK;
	case MADV_KEEPONFORK:
		return f & ~(unsigned long)VM_WIPEONFORK;
	case MADV_DONTDUMP:
		return f | VM_DONTDUMP;
	case MADV_DODUMP:
		if (f & (VM_SPECIAL | VM_DONTEXPAND))
			*err = -EINVAL;
		return f & ~(unsigned long)VM_DONTDUMP;
	case MADV_HUGEPAGE:
		return (f & ~(unsigned long)VM_NOHUGEPAGE) | VM_HUGEPAGE;
	case MADV_NOHUGEPAGE:
		return (f & ~(unsigned long)VM_HUGEPAGE) | VM_NOHUGEPAGE;
	case MADV_MERGEABLE:
		return f | VM_MERGEABLE;
	case MADV_UNMERGEABLE:
		return f & ~(unsigned long)VM_MERGEABLE;
	default:
		return f;
	}
}

static int advise_flags(struct vma *v, unsigned long start, unsigned long end, int advice)
	__must_hold(&v->mm->lock)
{
	int err = 0;
	unsigned long flags = advised_flags(v, advice, &err);

	if (err || flags == v->flags)
		return err;
	err = vma_change_flags(&v, start, end, flags);
	if (!err)
		vma_merge(v);
	return err == -ENOMEM ? -EAGAIN : err;
}

/* Advice that drops pages or does nothing where nothing is paged out. */
static int advise_pages(struct vma *v, unsigned long start, unsigned long end, int advice)
	__must_hold_shared(&v->mm->lock)
{
	switch (advice) {
	case MADV_DONTNEED:
		if (v->flags & VM_LOCKED)
			return -EINVAL;
		/* fallthrough */
	case MADV_DONTNEED_LOCKED:
		if (v->flags & VM_SPECIAL) /* Linux: VM_PFNMAP */
			return -EINVAL;
		zap_range(v->mm, start, end, ZAP_ALL);
		return 0;
	case MADV_FREE:
		if (!vma_is_anon(v))
			return -EINVAL;
		zap_range(v->mm, start, end, ZAP_ANON); /* "may be freed at any time": now */
		return 0;
	case MADV_COLD:
	case MADV_PAGEOUT:
		return v->flags & VM_LOCKED ? -EINVAL : 0; /* there is no swap */
	default: /* MADV_WILLNEED: what is cached is in memory already */
		return 0;
	}
}

/* MADV_REMOVE: a hole in the object behind the mapping.  mm->lock is dropped and retaken around the file's
 * operation. */
static int advise_remove(struct mm *mm, struct vma *v, unsigned long start, unsigned long end)
	__must_hold_shared(&mm->lock)
{
	u64 offset = (v->pgoff << PAGE_SHIFT) + (start - v->start);

	if (v->flags & VM_LOCKED)
		return -EINVAL;
	if (!v->mapping)
		return -EINVAL;
	if (!vma_may_write_shared(v))
		return -EACCES;
	if (!v->mapping->host) {
		mapping_punch(v->mapping, offset, offset + (end - start));
		return 0;
	}
	if (!v->file->ops->fallocate)
		return -EOPNOTSUPP;

	struct file *f __cleanup(file_putp) = file_get(v->file);

	up_read(&mm->lock);

	int err = (int)f->ops->fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (loff_t)offset,
					 (loff_t)(end - start));

	down_read(&mm->lock);
	return err;
}

static bool changes_flags(int advice)
{
	switch (advice) {
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_REMOVE:
		return false;
	default:
		return true;
	}
}

static int advise_range(struct mm *mm, unsigned long start, unsigned long end, int advice)
	__must_hold_shared(&mm->lock)
{
	int hole = 0, err = 0;

	while (start < end && !err) {
		struct vma *v = vma_find(mm, start);

		if (!v || v->start >= end)
			return -ENOMEM;
		if (v->start > start) {
			hole = -ENOMEM; /* reported in the end; what is mapped is advised nevertheless */
			start = v->start;
		}

		unsigned long stop = min(v->end, end);

		if (advice == MADV_REMOVE)
			err = advise_remove(mm, v, start, stop);
		else if (advice == MADV_COLLAPSE)
			err = (int)refuse(EINVAL, "madvise: no huge pages");
		else if (changes_flags(advice))
			err = advise_flags(v, start, stop, advice);
		else
			err = advise_pages(v, start, stop, advice);
		start = stop;
	}
	return err ? err : hole;
}

int do_madvise(struct mm *mm, unsigned long addr, size_t size, int advice)
{
	unsigned long end;
	int err;

	if (!known(advice))
		return (int)refuse(EINVAL, "madvise: unknown advice");
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	end = addr + ALIGN_UP(size, PAGE_SIZE);
	if ((size && !ALIGN_UP(size, PAGE_SIZE)) || end < addr)
		return -EINVAL;
	if (end == addr)
		return 0;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE) {
		err = populate_range(mm, addr, end, advice == MADV_POPULATE_WRITE);
		return err == -EACCES ? -EINVAL : err;
	}
	if (changes_flags(advice)) {
		guard(write)(&mm->lock);
		return advise_range(mm, addr, end, advice);
	}
	down_read(&mm->lock);
	err = advise_range(mm, addr, end, advice);
	up_read(&mm->lock);
	return err;
}

int do_msync(struct mm *mm, unsigned long addr, size_t size, int flags)
{
	unsigned long end;
	int hole = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || !IS_ALIGNED(addr, PAGE_SIZE) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	end = addr + ALIGN_UP(size, PAGE_SIZE);
	if (end < addr)
		return -ENOMEM;
	while (addr < end) {
		struct file *f __cleanup(file_putp) = NULL;

		down_read(&mm->lock);

		struct vma *v = vma_find(mm, addr);

		if (!v || v->start >= end) {
			up_read(&mm->lock);
			return -ENOMEM;
		}
		if (v->start > addr)
			hole = -ENOMEM;

		bool busy = (flags & MS_INVALIDATE) && (v->flags & VM_LOCKED);

		addr = v->end;
		if ((flags & MS_SYNC) && v->file && (v->flags & VM_SHARED) && v->file->ops->fsync)
			f = file_get(v->file);
		up_read(&mm->lock);
		if (busy)
			return -EBUSY;

		int err = f ? f->ops->fsync(f, true) : 0;

		if (err)
			return err;
	}
	return hole;
}

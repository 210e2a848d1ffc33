// SPDX-License-Identifier: MIT
/*
 * mlock(2), mlock2(2), munlock(2), mlockall(2).  Nothing is ever paged out here, so locking means what
 * programs can see of it: the pages are brought in, the limit is kept, VmLck counts, MADV_DONTNEED refuses.
 * Lock: mm->lock for writing while flags change.
 */
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/mman.h>

#define LOCK_FLAGS ((unsigned long)(VM_LOCKED | VM_LOCKONFAULT))

static bool may_lock(void)
{
	return rlimit(RLIMIT_MEMLOCK) || capable(CAP_IPC_LOCK);
}

static int set_lock(struct vma *v, unsigned long start, unsigned long end, unsigned long lock)
	__must_hold(&v->mm->lock)
{
	unsigned long flags = (v->flags & ~LOCK_FLAGS) | lock;
	int err;

	if (flags == v->flags || (v->flags & VM_SPECIAL))
		return 0;
	err = vma_change_flags(&v, start, end, flags);
	if (!err)
		vma_merge(v);
	return err;
}

static int apply(struct mm *mm, unsigned long start, unsigned long end, unsigned long lock)
	__must_hold(&mm->lock)
{
	while (start < end) {
		struct vma *v = vma_find(mm, start);

		if (!v || v->start > start)
			return -ENOMEM;

		unsigned long stop = min(v->end, end);
		int err = set_lock(v, start, stop, lock);

		if (err)
			return err;
		start = stop;
	}
	return 0;
}

static u64 locked_within(struct mm *mm, unsigned long start, unsigned long end) __must_hold_shared(&mm->lock)
{
	u64 pages = 0;

	for (struct vma *v = vma_find(mm, start); v && v->start < end; v = vma_next(v)) {
		if (v->flags & VM_LOCKED)
			pages += (min(v->end, end) - max(v->start, start)) >> PAGE_SHIFT;
	}
	return pages;
}

int do_mlock(struct mm *mm, unsigned long addr, size_t size, unsigned long vm_flags)
{
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	unsigned long start = addr & PAGE_MASK, end;
	int err = -ENOMEM;

	if (!may_lock())
		return -EPERM;
	size = ALIGN_UP(size + addr % PAGE_SIZE, PAGE_SIZE);
	end = start + size;
	down_write(&mm->lock);

	u64 pages = (size >> PAGE_SHIFT) + mm->locked_pages;

	if (pages > limit && !capable(CAP_IPC_LOCK) && end >= start)
		pages -= locked_within(mm, start, end);
	if (pages <= limit || capable(CAP_IPC_LOCK))
		err = end < start ? -EINVAL : apply(mm, start, end, vm_flags);
	up_write(&mm->lock);
	if (err || (vm_flags & VM_LOCKONFAULT))
		return err;
	err = populate_range(mm, start, end, -1);
	return err == -EFAULT || err == -EACCES ? -ENOMEM
	       : err == -ENOMEM                 ? -EAGAIN
						: err; /* POSIX's mapping, as Linux */
}

int do_munlock(struct mm *mm, unsigned long addr, size_t size)
{
	unsigned long start = addr & PAGE_MASK, end = start + ALIGN_UP(size + addr % PAGE_SIZE, PAGE_SIZE);

	if (end < start)
		return -EINVAL;
	guard(write)(&mm->lock);
	return apply(mm, start, end, 0);
}

static void lock_all(struct mm *mm, int flags) __must_hold(&mm->lock)
{
	unsigned long lock = flags & MCL_ONFAULT ? LOCK_FLAGS : VM_LOCKED, addr = 0;
	struct vma *v;

	mm->def_flags &= ~(u32)LOCK_FLAGS;
	if (flags & MCL_FUTURE)
		mm->def_flags |= lock;
	if (flags && !(flags & MCL_CURRENT))
		return;
	while ((v = vma_find(mm, addr))) {
		addr = v->end; /* merging may free v */
		if (set_lock(v, v->start, v->end, flags ? lock : 0))
			return; /* cannot fail: whole VMAs need no split */
	}
}

int do_mlockall(struct mm *mm, int flags)
{
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (flags && !may_lock())
		return -EPERM;
	down_write(&mm->lock);

	bool fits = !(flags & MCL_CURRENT) || mm->total_pages <= limit || capable(CAP_IPC_LOCK);

	if (fits)
		lock_all(mm, flags);
	up_write(&mm->lock);
	if (fits && (flags & (MCL_CURRENT | MCL_ONFAULT)) == MCL_CURRENT)
		mm_populate(mm, 0, mm->top);
	return fits ? 0 : -ENOMEM;
}

// SPDX-License-Identifier: MIT
/*
 * mremap(2), in Linux 6.1's order of checks.  Moving keeps the pages: their entries go from the old
 * tables to the new ones under pt_lock, and under the mapping's lock too, so that truncate cannot
 * look at one place before and at the other after.
 * Lock: mm->lock for writing.
 */
#include "kernel/gate/refuse.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/mman.h>

struct remap {
	struct mm *mm;
	unsigned long addr, old_size, new_size, new_addr;
	unsigned flags;
};

/* vma_to_resize(): may the mapping at r->addr get the new size? */
static int check_resize(const struct remap *r, const struct vma *v) __must_hold(&r->mm->lock)
{
	u64 grow = (r->new_size - r->old_size) >> PAGE_SHIFT;
	u64 pgoff = v->pgoff + ((r->addr - v->start) >> PAGE_SHIFT);
	int err;

	if (!r->old_size && !(v->flags & (VM_SHARED | VM_MAYSHARE)))
		return (int)refuse(EINVAL, "mremap: duplicating (old size 0) needs a shared mapping");
	if ((r->flags & MREMAP_DONTUNMAP) && (v->flags & VM_DONTEXPAND))
		return -EINVAL;
	if (r->old_size > v->end - r->addr)
		return -EFAULT;
	if (r->new_size == r->old_size)
		return 0;
	if (pgoff + (r->new_size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (v->flags & VM_DONTEXPAND)
		return -EFAULT;
	err = mm_lock_limit(r->mm, v->flags, r->new_size - r->old_size);
	if (err)
		return err;
	if (mm_may_expand(r->mm, v->flags, grow))
		return -ENOMEM;
	/* Shared memory was looked at when it was made: what is beyond its end takes none (VM_ACCOUNT). */
	return v->flags & (VM_SHARED | VM_MAYSHARE) ? 0 : mm_enough_memory(v->flags, grow);
}

struct move {
	struct mm *mm;
	unsigned long delta; /* new address minus old */
	bool failed;
};

static bool move_slots(void *arg, pte_t *src, unsigned long addr, unsigned long end)
{
	struct move *m = arg;

	for (; addr < end && !m->failed; addr += PAGE_SIZE, src++) {
		pte_t *dst;

		if (!*src)
			continue;
		dst = arch_pte_walk(&m->mm->arch, addr + m->delta, true);
		if (!dst)
			m->failed = true;
		else
			*dst = atomic_xchg(src, 0);
	}
	return !m->failed;
}

/* Moves the entries of [from, from + size); false: no memory for tables, some are still in the old place. */
static bool move_entries(struct mm *mm, unsigned long from, unsigned long to, size_t size)
{
	struct move m = { .mm = mm, .delta = to - from };

	spin_lock(&mm->pt_lock);
	pte_walk(mm, from, from + size, move_slots, &m);
	arch_tlb_flush(mm, from, from + size); /* before anybody relies on the old place being empty */
	spin_unlock(&mm->pt_lock);
	return !m.failed;
}

static bool move_pages(struct vma *v, unsigned long from, unsigned long to, size_t size)
{
	if (!v->mapping)
		return move_entries(v->mm, from, to, size);
	guard(mutex)(&v->mapping->lock);
	if (move_entries(v->mm, from, to, size))
		return true;
	return false;
}

/* move_vma(): the place at r->new_addr is free.  The old mapping goes, unless it is duplicated or
 * MREMAP_DONTUNMAP. */
static int move_vma(const struct remap *r, struct vma *v) __must_hold(&r->mm->lock)
{
	struct mm *mm = r->mm;
	struct vma *n;
	int err;

	if (mm->nr_vmas >= MAX_MAP_COUNT - 3)
		return -ENOMEM;
	n = vma_clone(v, mm);
	if (!n)
		return -ENOMEM;
	n->start = r->new_addr;
	n->end = r->new_addr + r->new_size;
	n->pgoff = v->pgoff + ((r->addr - v->start) >> PAGE_SHIFT);
	vma_link(n);
	if (!move_pages(v, r->addr, r->new_addr, r->old_size)) {
		move_pages(n, r->new_addr, r->addr,
			   r->old_size); /* the old tables still exist: this cannot fail */
		vma_unlink(n);
		vma_rmap_remove(n);
		vma_free(n);
		return -ENOMEM;
	}
	if (r->flags & MREMAP_DONTUNMAP) {
		err = 0;
		if (v->flags & (VM_LOCKED | VM_LOCKONFAULT)) {
			err = vma_change_flags(&v, r->addr, r->addr + r->old_size,
					       v->flags & ~(unsigned long)(VM_LOCKED | VM_LOCKONFAULT));
			if (!err)
				vma_merge(v);
		}
	} else {
		err = r->old_size ? unmap_locked(mm, r->addr, r->old_size) : 0;
	}
	if (!err)
		vma_merge(n);
	return err;
}

static int remap_to(struct remap *r, struct vma *v) __must_hold(&r->mm->lock)
{
	struct mm *mm = r->mm;
	int err;

	if (!IS_ALIGNED(r->new_addr, PAGE_SIZE) || r->new_size > mm->top ||
	    r->new_addr > mm->top - r->new_size)
		return -EINVAL;
	if (r->addr + r->old_size > r->new_addr && r->new_addr + r->new_size > r->addr)
		return -EINVAL;
	if (mm->nr_vmas + 2 >= MAX_MAP_COUNT - 3)
		return -ENOMEM;
	if (r->flags & MREMAP_FIXED) {
		err = unmap_locked(mm, r->new_addr, r->new_size);
		if (err)
			return err;
	}
	if (r->old_size > r->new_size) {
		err = unmap_locked(mm, r->addr + r->new_size, r->old_size - r->new_size);
		if (err)
			return err;
		r->old_size = r->new_size;
	}
	v = vma_find(mm, r->addr);
	if (!v || v->start > r->addr)
		return -EFAULT;
	err = check_resize(r, v);
	if (err)
		return err;
	if ((r->flags & MREMAP_DONTUNMAP) && mm_may_expand(mm, v->flags, r->old_size >> PAGE_SHIFT))
		return -ENOMEM;
	err = find_area(mm, r->new_addr, r->new_size, r->flags & MREMAP_FIXED ? MAP_FIXED : 0, &r->new_addr);
	return err ? err : move_vma(r, v);
}

/* Room behind v for it to grow in place? */
static bool can_grow(const struct vma *v, unsigned long delta) __must_hold_shared(&v->mm->lock)
{
	struct vma *next = vma_next(v);

	return v->end + delta >= v->end && v->end + delta <= v->mm->top &&
	       (!next || v->end + delta <= vma_guarded_start(next)) && !(v->flags & VM_SPECIAL);
}

static int remap_locked(struct remap *r, unsigned long *populate) __must_hold(&r->mm->lock)
{
	struct vma *v = vma_find(r->mm, r->addr);
	int err;

	if (!v || v->start > r->addr)
		return -EFAULT;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		err = remap_to(r, v);
		return err;
	}
	if (r->old_size >= r->new_size) {
		r->new_addr = r->addr;
		return r->old_size == r->new_size
			       ? 0
			       : unmap_locked(r->mm, r->addr + r->new_size, r->old_size - r->new_size);
	}
	err = check_resize(r, v);
	if (err)
		return err;
	if (v->flags & VM_LOCKED)
		*populate = r->new_size - r->old_size;
	if (r->old_size == v->end - r->addr && can_grow(v, r->new_size - r->old_size)) {
		vma_set_range(v, v->start, r->addr + r->new_size, v->pgoff);
		vma_merge(v);
		r->new_addr = r->addr;
		return 0;
	}
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	err = find_area(r->mm, 0, r->new_size, 0, &r->new_addr);
	return err ? err : move_vma(r, v);
}

int do_mremap(struct mm *mm, unsigned long addr, size_t old_size, size_t new_size, unsigned flags,
	      unsigned long new_addr, unsigned long *out)
{
	struct remap r = { mm,       addr, ALIGN_UP(old_size, PAGE_SIZE), ALIGN_UP(new_size, PAGE_SIZE),
			   new_addr, flags };
	unsigned long populate = 0;
	int err;

	if (flags & ~(unsigned)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return (int)refuse(EINVAL, "mremap: unknown flags");
	if ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && (!(flags & MREMAP_MAYMOVE) || old_size != new_size))
		return -EINVAL;
	if (!IS_ALIGNED(addr, PAGE_SIZE) || !r.new_size)
		return -EINVAL;
	down_write(&mm->lock);
	err = remap_locked(&r, &populate);
	up_write(&mm->lock);
	if (err)
		return err;
	*out = r.new_addr;
	if (populate)
		mm_populate(mm, r.new_addr + r.old_size, populate);
	return 0;
}

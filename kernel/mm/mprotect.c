// SPDX-License-Identifier: MIT
/*
 * mprotect(2): VMA rights and the page-table entries below them.  Lock: mm->lock for writing.
 * A private entry becomes writable only while it holds the one reference to an anonymous page; else
 * the first write copies.
 */
#include "kernel/gate/refuse.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/mman.h>
#include <linux/personality.h>

int vma_change_flags(struct vma **vp, unsigned long start, unsigned long end, unsigned long flags)
{
	struct vma *v = *vp;
	int err = 0;

	if (v->start < start) {
		err = vma_split(v, start);
		if (err)
			return err;
		v = vma_next(v);
	}
	if (v->end > end)
		err = vma_split(v, end);
	if (err)
		return err;
	vma_account(v->mm, v->flags, -(s64)vma_pages(v));
	v->flags = flags;
	vma_account(v->mm, v->flags, vma_pages(v));
	*vp = v;
	return 0;
}

static bool protect_slots(void *arg, pte_t *pte, unsigned long addr,
			  unsigned long end) __no_lock_analysis /* arg's mm is locked */
{
	const struct vma *v = arg;
	unsigned prot = vma_prot(v->flags);

	for (; addr < end; addr += PAGE_SIZE, pte++) {
		pte_t e = *pte;

		if (!e)
			continue;

		struct page *p = pte_page(e);
		bool own = (v->flags & VM_SHARED) || ((p->flags & PG_ANON) && READ_ONCE(p->refs) == 1);

		e = atomic_xchg(pte, pte_make(p, own ? prot : prot & ~(unsigned)PROT_PTE_WRITE));
		if (arch_pte_dirty(e) && !(p->flags & (PG_ANON | PG_DIRTY | PG_ZERO)))
			atomic_or(&p->flags, PG_DIRTY);
	}
	return true;
}

static int protect_vma(struct vma *v, unsigned long start, unsigned long end, unsigned long flags)
	__must_hold(&v->mm->lock)
{
	struct mm *mm = v->mm;
	unsigned long old = v->flags;
	u64 pages = (end - start) >> PAGE_SHIFT;
	int err;

	if (old == flags)
		return 0;
	if ((flags & VM_WRITE) && !(old & VM_WRITE)) {
		if (mm_may_expand(mm, flags, pages) && !mm_may_expand(mm, old, pages))
			return -ENOMEM;
		if (!(old & VM_SHARED) && mm_enough_memory(flags, pages))
			return -ENOMEM;
	}
	err = vma_change_flags(&v, start, end, flags);
	if (err)
		return err;
	spin_lock(&mm->pt_lock);
	pte_walk(mm, v->start, v->end, protect_slots, v);
	spin_unlock(&mm->pt_lock);
	/* Rights that were added need no flush: a stale entry faults once, and that fault finds nothing to
	 * do. */
	if (old & ~flags & VM_ACCESS)
		arch_tlb_flush(mm, v->start, v->end);
	vma_merge(v);
	return 0;
}

static int protect_locked(struct mm *mm, unsigned long start, unsigned long end, int prot, bool grows_down)
	__must_hold(&mm->lock)
{
	struct vma *v = vma_find(mm, start);
	bool implies_exec = (current->personality & READ_IMPLIES_EXEC) && (prot & PROT_READ);

	if (!v)
		return -ENOMEM;
	if (grows_down) {
		if (v->start >= end)
			return -ENOMEM;
		start = v->start;
		if (!(v->flags & VM_GROWSDOWN))
			return -EINVAL;
	} else if (v->start > start) {
		return -ENOMEM;
	}
	while (start < end) {
		v = vma_find(mm, start);
		if (!v || v->start > start)
			return -ENOMEM;

		unsigned long stop = min(v->end, end);
		unsigned long flags = (v->flags & ~(unsigned long)VM_ACCESS) | vma_flags_of_prot(prot);

		if (implies_exec && (v->flags & VM_MAYEXEC))
			flags |= VM_EXEC;
		if ((flags & ~(flags >> 4)) & VM_ACCESS) /* VM_MAYx is VM_x << 4 */
			return -EACCES;

		int err = protect_vma(v, start, stop, flags);

		if (err)
			return err;
		start = stop;
	}
	return 0;
}
static_assert(VM_MAYREAD == VM_READ << 4 && VM_MAYWRITE == VM_WRITE << 4 && VM_MAYEXEC == VM_EXEC << 4,
	      "rights shift");

int do_mprotect(struct mm *mm, unsigned long addr, size_t size, int prot)
{
	int grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);

	prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (!size)
		return 0;
	size = ALIGN_UP(size, PAGE_SIZE);
	if (addr + size <= addr)
		return -ENOMEM;
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return (int)refuse(EINVAL, "mprotect: unknown protection bits");
	guard(write)(&mm->lock);
	if (grows & PROT_GROWSUP) { /* no mapping grows upwards on this machine */
		const struct vma *v = vma_find(mm, addr);

		return v && v->start <= addr ? -EINVAL : -ENOMEM;
	}
	return protect_locked(mm, addr, addr + size, prot, grows & PROT_GROWSDOWN);
}

// SPDX-License-Identifier: MIT
/*
 * Page faults: demand-zero memory, copy-on-write, file pages with fault-around, stack growth.
 *
 * A fault holds mm->lock for reading; entries change under pt_lock.  Page tables are only freed with
 * mm->lock held for writing, so a slot found here stays valid, and an entry is read first without
 * pt_lock, the page is prepared, and the entry is compared again under pt_lock before it is replaced.
 * A page-cache page, or a private copy of one, is mapped only while it still belongs to the file, as seen
 * under pt_lock: the page cache (pagecache.c) takes it out first and zaps second, so nothing of it survives
 * in a page table.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <asm/signal.h>
#include <asm/siginfo.h>

#define AROUND_PAGES 16 /* fault-around window, aligned */

static pte_t *pte_slot(struct mm *mm, unsigned long addr)
{
	pte_t *pte = arch_pte_walk(&mm->arch, addr, false);

	if (unlikely(!pte)) {
		spin_lock(&mm->pt_lock);
		pte = arch_pte_walk(&mm->arch, addr, true);
		spin_unlock(&mm->pt_lock);
	}
	return pte;
}

/* Replaces *pte by `new` if it still is `old`. */
static __always_inline bool pte_replace(struct mm *mm, pte_t *pte, pte_t old, pte_t new)
{
	bool same;

	spin_lock(&mm->pt_lock);
	same = *pte == old;
	if (likely(same))
		*pte = new;
	spin_unlock(&mm->pt_lock);
	return same;
}

/* Absent page of private anonymous memory. */
static enum fault_status fault_anon(struct vma *v, pte_t *pte, unsigned flags)
	__must_hold_shared(&v->mm->lock)
{
	struct mm *mm = v->mm;

	if (!(flags & FAULT_WRITE)) {
		pte_t zero = pte_make(zero_page, vma_prot(v->flags) & ~PROT_PTE_WRITE);

		return pte_replace(mm, pte, 0, zero) ? FAULT_OK : FAULT_RETRY;
	}

	struct page *p = page_alloc(0, ALLOC_USER | ALLOC_ZERO);

	if (unlikely(!p))
		return FAULT_OOM;
	p->flags = PG_ANON;
	if (unlikely(!pte_replace(mm, pte, 0, pte_make(p, vma_prot(v->flags))))) {
		page_free(p, 0);
		return FAULT_RETRY;
	}
	atomic_add(&mm->rss_anon, 1);
	return FAULT_OK;
}

/* Write to a present page of a private mapping that is not writable yet. */
static enum fault_status fault_cow(struct vma *v, pte_t *pte, pte_t old, unsigned long addr)
	__must_hold_shared(&v->mm->lock)
{
	struct mm *mm = v->mm;
	struct page *from = pte_page(old), *p;
	bool zero = from == zero_page, anon;

	/*
	 * An anonymous page whose only reference is this entry's: the other sharers are gone, take it over.
	 * Nobody can gain a reference meanwhile: fork needs mm->lock for writing.
	 */
	spin_lock(&mm->pt_lock);
	if (*pte != old) {
		spin_unlock(&mm->pt_lock);
		return FAULT_RETRY;
	}
	if ((from->flags & PG_ANON) && READ_ONCE(from->refs) == 1) {
		*pte = pte_make(from, vma_prot(v->flags));
		spin_unlock(&mm->pt_lock);
		return FAULT_OK;
	}
	if (!zero)
		page_get(from);
	spin_unlock(&mm->pt_lock);
	anon = from->flags & PG_ANON;
	p = page_alloc(0, ALLOC_USER | (zero ? ALLOC_ZERO : 0));
	if (unlikely(!p)) {
		if (!zero)
			page_put(from);
		return FAULT_OOM;
	}
	if (!zero)
		arch_copy_page(page_to_virt(p), page_to_virt(from));
	p->flags = PG_ANON;

	bool done = pte_replace(mm, pte, old, pte_make(p, vma_prot(v->flags)));

	if (done) {
		arch_tlb_flush(mm, addr, addr + PAGE_SIZE); /* other threads may still read the old page */
		if (!anon)
			atomic_add(&mm->rss_anon, 1);
		if (!anon && !zero)
			atomic_sub(&mm->rss_file, 1);
		if (!zero)
			page_put(from); /* the entry's */
	} else {
		page_free(p, 0);
	}
	if (!zero)
		page_put(from); /* ours */
	return done ? FAULT_OK : FAULT_RETRY;
}

/* Maps p, whose reference is given to the entry, unless the entry is taken or truncate was here. */
static bool map_cached(struct vma *v, pte_t *pte, struct page *p, unsigned prot)
{
	if (*pte || READ_ONCE(p->mapping) != v->mapping)
		return false;
	*pte = pte_make(p, prot);
	return true;
}

/* Maps what is cached of pages [index, end) where nothing is mapped yet; how many.  pt_lock held, which also
 * keeps RCU from ending. */
static s64 map_group(struct vma *v, pte_t *pte, u64 index, u64 end, unsigned prot)
{
	void **slot = mapping_slots(v->mapping, index);
	s64 mapped = 0;

	if (!slot)
		return 0;
	end = min(end, mapping_end(v->mapping));
	for (; index < end; index++, slot++, pte++) {
		struct page *p = *pte ? NULL : slot_get(slot);

		if (!p)
			continue;
		/* Mapping a page is using it: only the page that is asked for may turn from hole to data. */
		if (likely(p->flags & PG_UPTODATE)) {
			*pte = pte_make(p, prot);
			mapped++;
		} else {
			page_put(p);
		}
	}
	return mapped;
}

/* Read fault on a file page: maps it and those of its neighbours that are cached already. */
static enum fault_status fault_around(struct vma *v, unsigned long addr, pte_t *pte, struct page *p)
	__must_hold_shared(&v->mm->lock)
{
	struct mm *mm = v->mm;
	u64 index = v->pgoff + ((addr - v->start) >> PAGE_SHIFT);
	/* The window is aligned in the file and lies inside the VMA and one page table. */
	u64 below = min(min(index % AROUND_PAGES, (addr - v->start) >> PAGE_SHIFT),
			(addr % PMD_SIZE) >> PAGE_SHIFT);
	u64 above = min(min(AROUND_PAGES - index % AROUND_PAGES, (v->end - addr) >> PAGE_SHIFT),
			(PMD_SIZE - addr % PMD_SIZE) >> PAGE_SHIFT);
	unsigned prot = vma_prot(v->flags);
	s64 mapped;
	bool hit;

	if (!(v->flags & VM_SHARED))
		prot &= ~PROT_PTE_WRITE;
	spin_lock(&mm->pt_lock);
	hit = map_cached(v, pte, p, prot);
	mapped = hit + map_group(v, pte - below, index - below, index + above, prot);
	spin_unlock(&mm->pt_lock);
	if (mapped)
		atomic_add(&mm->rss_file, mapped);
	if (!hit)
		page_put(p);
	return hit ? FAULT_OK : FAULT_RETRY;
}
static_assert(RADIX_SLOTS % AROUND_PAGES == 0, "a window lies in one leaf");

/* First write to a private file page, whose reference is ours: copied at once, not mapped first. */
static enum fault_status fault_file_copy(struct vma *v, pte_t *pte, struct page *from)
	__must_hold_shared(&v->mm->lock)
{
	struct page *p = page_alloc(0, ALLOC_USER);
	bool done;

	if (unlikely(!p)) {
		page_put(from);
		return FAULT_OOM;
	}
	arch_copy_page(page_to_virt(p), page_to_virt(from));
	p->flags = PG_ANON;
	spin_lock(&v->mm->pt_lock);
	done = !*pte && (!v->mapping || READ_ONCE(from->mapping) == v->mapping);
	if (likely(done))
		*pte = pte_make(p, vma_prot(v->flags));
	spin_unlock(&v->mm->pt_lock);
	page_put(from);
	if (unlikely(!done)) {
		page_free(p, 0);
		return FAULT_RETRY;
	}
	atomic_add(&v->mm->rss_anon, 1);
	return FAULT_OK;
}

/* Absent page of a mapping with a page cache behind it. */
static enum fault_status fault_file(struct vma *v, unsigned long addr, pte_t *pte, unsigned flags)
	__must_hold_shared(&v->mm->lock)
{
	u64 index = v->pgoff + ((addr - v->start) >> PAGE_SHIFT);
	struct page *p;
	int err = mapping_fault_page(v->mapping, index, &p);

	if (err)
		return err == -ENOMEM ? FAULT_OOM : FAULT_SIGBUS;
	if (!(flags & FAULT_WRITE))
		return fault_around(v, addr, pte, p);
	if (!(v->flags & VM_SHARED))
		return fault_file_copy(v, pte, p);
	if (!(p->flags & PG_DIRTY))
		atomic_or(&p->flags, PG_DIRTY);
	spin_lock(&v->mm->pt_lock);

	bool hit = map_cached(v, pte, p, vma_prot(v->flags));

	spin_unlock(&v->mm->pt_lock);
	if (hit)
		atomic_add(&v->mm->rss_file, 1);
	else
		page_put(p);
	return hit ? FAULT_OK : FAULT_RETRY;
}

static enum fault_status fault_special(struct vma *v, unsigned long addr, pte_t *pte, unsigned flags)
	__must_hold_shared(&v->mm->lock)
{
	struct page *p;
	int err = v->ops->fault(v, v->pgoff + ((addr - v->start) >> PAGE_SHIFT), flags, &p);

	if (err)
		return err == -ENOMEM ? FAULT_OOM : FAULT_SIGBUS;
	if ((flags & FAULT_WRITE) && !(v->flags & VM_SHARED))
		return fault_file_copy(v, pte, p);

	unsigned prot = vma_prot(v->flags) & (v->flags & VM_SHARED ? ~0u : ~(unsigned)PROT_PTE_WRITE);

	if (!pte_replace(v->mm, pte, 0, pte_make(p, prot))) {
		page_put(p);
		return FAULT_RETRY;
	}
	atomic_add(&v->mm->rss_file, 1);
	return FAULT_OK;
}

/* Makes addr accessible as the VMA allows; the access itself has been checked against it. */
enum fault_status vma_fault(struct vma *v, unsigned long addr, unsigned flags)
{
	struct mm *mm = v->mm;
	pte_t *pte, old;

	addr &= PAGE_MASK;
	if (unlikely(READ_ONCE(mm->reaped)))
		return FAULT_SIGBUS;
	pte = pte_slot(mm, addr);
	if (unlikely(!pte))
		return FAULT_OOM;
	old = READ_ONCE(*pte);
	if (!old) {
		if (likely(vma_is_anon(v)))
			return fault_anon(v, pte, flags);
		return v->mapping ? fault_file(v, addr, pte, flags) : fault_special(v, addr, pte, flags);
	}
	if (!(flags & FAULT_WRITE) || arch_pte_writable(old))
		return FAULT_OK; /* another thread was faster */
	if (v->flags & VM_SHARED)
		return pte_replace(mm, pte, old, pte_make(pte_page(old), vma_prot(v->flags))) ? FAULT_OK
											      : FAULT_RETRY;
	return fault_cow(v, pte, old, addr);
}

/* ---- stack growth ---------------------------------------------------------------------------- */

/* mm->lock is held for writing.  Linux 6.1 acct_stack_growth() and expand_downwards(). */
static bool grow_down(struct vma *v, unsigned long addr) __must_hold(&v->mm->lock)
{
	struct vma *prev = vma_prev(v);
	unsigned long grow = v->start - addr;

	if (addr < MMAP_MIN_ADDR)
		return false;
	if (prev && !(prev->flags & VM_GROWSDOWN) && (prev->flags & VM_ACCESS) &&
	    addr - prev->end < STACK_GUARD_PAGES * PAGE_SIZE)
		return false;
	if (v->end - addr > rlimit(RLIMIT_STACK) || mm_may_expand(v->mm, v->flags, grow >> PAGE_SHIFT) ||
	    mm_lock_limit(v->mm, v->flags, grow) || (grow >> PAGE_SHIFT) > v->pgoff)
		return false;
	vma_set_range(v, addr, v->end, v->pgoff - (grow >> PAGE_SHIFT));
	return true;
}

/* The VMA that contains addr, a stack grown to it if need be; NULL: none.  Returns with mm->lock held for
 * reading. */
struct vma *vma_find_grow(struct mm *mm, unsigned long addr)
{
	struct vma *v = vma_find(mm, addr);

	if (likely(v) && likely(v->start <= addr))
		return v;
	if (!v || !(v->flags & VM_GROWSDOWN) || addr >= mm->top)
		return NULL;
	up_read(&mm->lock);
	down_write(&mm->lock);
	v = vma_find(mm, addr);
	if (v && v->start > addr && (!(v->flags & VM_GROWSDOWN) || !grow_down(v, addr & PAGE_MASK)))
		v = NULL;
	downgrade_write(&mm->lock);
	return v;
}

/* ---- entry ----------------------------------------------------------------------------------- */
static struct fault_result result_of(enum fault_status st)
{
	switch (st) {
	case FAULT_SIGBUS:
		return (struct fault_result){ SIGBUS, BUS_ADRERR };
	case FAULT_OOM:
		/* We are the victim: the signal is pending.  Else the killer found nobody, so it must be
		 * us. */
		if (fatal_signal_pending())
			return (struct fault_result){ -ENOMEM, 0 };
		return (struct fault_result){ SIGKILL, SI_KERNEL };
	default:
		return (struct fault_result){ 0, 0 };
	}
}

struct fault_result mm_fault(struct mm *mm, unsigned long addr, unsigned flags)
{
	const struct fault_result maperr = { SIGSEGV, SEGV_MAPERR }, accerr = { SIGSEGV, SEGV_ACCERR };
	unsigned long need = flags & FAULT_WRITE ? VM_WRITE : flags & FAULT_EXEC ? VM_EXEC : VM_ACCESS;
	enum fault_status st;

	/* A copy made with preemption off (futex, pagefault-free peeks) must not sleep: it fails instead. */
	if (unlikely(!mm) || unlikely(!(flags & FAULT_USER) && cpu_preempt_count()))
		return maperr;
	do {
		struct vma *v;

		down_read(&mm->lock);
		v = vma_find_grow(mm, addr);
		if (unlikely(!v) || unlikely(!(v->flags & need))) {
			up_read(&mm->lock);
			return v ? accerr : maperr;
		}
		st = vma_fault(v, addr, flags);
		up_read(&mm->lock);
	} while (unlikely(st == FAULT_RETRY) && !fatal_signal_pending());
	current->minflt++;
	return result_of(st);
}

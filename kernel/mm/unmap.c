// SPDX-License-Identifier: MIT
/*
 * Taking page-table entries away: zapping ranges, unmapping VMAs, and the walk over existing tables
 * that everything here and in protect.c uses.
 *
 * Order that keeps other CPUs honest: clear entries under pt_lock, flush their TLBs, only then drop
 * the pages.  Tables are freed with mm->lock held for writing and after the VMAs left the reverse map, so
 * that neither a fault nor truncate can be walking them.
 */
#include "kernel/base/list.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"

#define BATCH 64
#define TURN  512 /* entries looked at before the lock is let go, at the end of the table */

struct zap {
	struct mm *mm;
	enum zap_mode mode;
	unsigned long start, end; /* addresses cleared since the last flush */
	unsigned long resume; /* where the next turn begins; 0: this one is not over */
	s64 anon, file; /* pages taken from the resident set */
	u32 turn; /* entries of this turn */
	u32 nr;
	struct page *page[BATCH];
};

void pte_walk(struct mm *mm, unsigned long start, unsigned long end, pte_walk_fn fn, void *arg)
{
	unsigned long addr = start, next;

	while (addr < end) {
		pte_t *pmd = arch_pmd_walk(&mm->arch, addr, false);
		unsigned long limit = min(end, ALIGN_DOWN(addr, PUD_SIZE) + PUD_SIZE);

		if (!pmd) {
			addr = limit;
			continue;
		}
		for (; addr < limit; addr = next, pmd++) {
			next = min(limit, ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE);
			if (arch_pte_present(*pmd) &&
			    !fn(arg, arch_pte_walk(&mm->arch, addr, false), addr, next))
				return;
		}
	}
}

void mm_note_peak(struct mm *mm)
{
	s64 rss = READ_ONCE(mm->rss_anon) + READ_ONCE(mm->rss_file);

	if (rss > READ_ONCE(mm->rss_peak))
		WRITE_ONCE(mm->rss_peak, rss);
}

static void zap_flush(struct zap *z)
{
	if (z->start < z->end && z->mode != ZAP_EXIT)
		arch_tlb_flush(z->mm, z->start, z->end);
	for (u32 i = 0; i < z->nr; i++)
		page_put(z->page[i]);
	z->nr = 0;
	z->start = ~0UL;
	z->end = 0;
}

/* Does the mode leave this page where it is? */
static bool zap_spares(enum zap_mode mode, const struct page *p)
{
	bool file = !(p->flags & PG_ANON) && p != zero_page;

	return mode == ZAP_ANON ? file : mode == ZAP_FILE && !file;
}

static bool zap_slots(void *arg, pte_t *pte, unsigned long addr, unsigned long end)
{
	struct zap *z = arg;
	enum zap_mode mode = z->mode;
	u32 anon = 0, file = 0;

	z->turn += (u32)((end - addr) >> PAGE_SHIFT);
	for (; addr < end; addr += PAGE_SIZE, pte++) {
		pte_t e = *pte;
		struct page *p;

		if (!e) {
			pte_skip_empty(&pte, &addr, end);
			if (addr >= end)
				break;
			e = *pte;
			if (!e)
				continue;
		}
		p = pte_page(e);
		if (unlikely(mode >= ZAP_ANON) && zap_spares(mode, p))
			continue;
		e = atomic_xchg(pte, 0); /* the machine may be setting the dirty bit */
		if (mode != ZAP_EXIT) {
			z->start = min(z->start, addr);
			z->end = addr + PAGE_SIZE;
		}
		if (unlikely(p == zero_page))
			continue;
		if (p->flags & PG_ANON) {
			anon++;
		} else {
			file++;
			if (arch_pte_dirty(e) && !(p->flags & PG_DIRTY))
				atomic_or(&p->flags, PG_DIRTY);
		}
		if (mode == ZAP_EXIT) {
			page_put(p);
			continue;
		}
		z->page[z->nr++] = p;
		if (z->nr == BATCH)
			zap_flush(z); /* preemption is off, interrupts are on: the shoot-down may wait */
	}
	z->anon += anon;
	z->file += file;
	if (z->turn < TURN)
		return true;
	z->resume = end;
	return false;
}

/* Clears the entries of [start, end) and drops their pages; VMAs stay as they are.  mm->lock or the
 * mapping's lock is held. */
void zap_range(struct mm *mm, unsigned long start, unsigned long end, enum zap_mode mode)
{
	struct zap z;

	z.mm = mm;
	z.mode = mode;
	z.start = ~0UL;
	z.end = z.anon = z.file = z.nr = 0;
	mm_note_peak(mm);
	/* In turns, so that the lock is not held for long. */
	while (start < end) {
		unsigned long stop = min(end, ALIGN_DOWN(start, PUD_SIZE) + PUD_SIZE);

		z.resume = z.turn = 0;
		spin_lock(&mm->pt_lock);
		pte_walk(mm, start, stop, zap_slots, &z);
		spin_unlock(&mm->pt_lock);
		zap_flush(&z);
		start = z.resume ? z.resume : stop;
	}
	if (z.anon)
		atomic_sub(&mm->rss_anon, z.anon);
	if (z.file)
		atomic_sub(&mm->rss_file, z.file);
}

/*
 * Frees the lowest tables around [start, end) that serve only addresses where nothing is mapped any more;
 * what is above them stays until exit, unless whole gigabytes go.
 */
static void free_tables(struct mm *mm, unsigned long start, unsigned long end, const struct vma *prev,
			const struct vma *next)
{
	start = max(ALIGN_DOWN(start, PMD_SIZE), prev ? prev->end : 0);
	end = min(ALIGN_UP(end, PMD_SIZE), next ? next->start : ~0UL);
	if (ALIGN_UP(start, PMD_SIZE) + PMD_SIZE > end)
		return; /* every table here is shared with a neighbour */
	spin_lock(&mm->pt_lock);
	arch_free_tables(&mm->arch, start, end);
	spin_unlock(&mm->pt_lock);
}

/* munmap(2) below the argument checks: the range need not be mapped.  -ENOMEM when a split fails; nothing
 * is changed then. */
int unmap_locked(struct mm *mm, unsigned long addr, size_t size)
{
	unsigned long end = addr + size;
	struct vma *v = vma_find(mm, addr), *prev, *tmp;
	LIST_HEAD(dead);

	if (!v || v->start >= end)
		return 0;
	if (v->start != addr || v->end != end) {
		int err = vma_isolate(mm, addr, end);

		if (err)
			return err;
		v = vma_find(mm, addr);
	}
	prev = vma_prev(v);
	while (v && v->start < end) {
		tmp = vma_next(v);
		vma_unlink(v);
		list_add_tail(&v->link, &dead);
		v = tmp;
	}

	struct vma *next = v;

	list_for_each(v, &dead, link)
		zap_range(mm, v->start, v->end, ZAP_ALL);
	list_for_each(v, &dead, link)
		vma_rmap_remove(v);
	free_tables(mm, addr, end, prev, next);
	list_for_each_safe(v, tmp, &dead, link)
		vma_free(v);
	return 0;
}

int do_munmap(struct mm *mm, unsigned long addr, size_t size)
{
	if (!IS_ALIGNED(addr, PAGE_SIZE) || addr > mm->top || size > mm->top - addr)
		return -EINVAL;
	size = ALIGN_UP(size, PAGE_SIZE);
	if (!size)
		return -EINVAL;
	guard(write)(&mm->lock);
	return unmap_locked(mm, addr, size);
}

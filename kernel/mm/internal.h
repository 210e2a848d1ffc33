/* SPDX-License-Identifier: MIT */
/* What the files of kernel/mm share with each other and nobody else calls. */
#pragma once

#include "kernel/mm/mm.h"
#include "kernel/mm/pagecache.h"
#include "kernel/sync/rcu.h"

#define STACK_GUARD_PAGES 256UL /* stack_guard_gap */
#define MAX_MAP_COUNT     65530 /* vm.max_map_count */
#define MMAP_MIN_ADDR     65536UL /* vm.mmap_min_addr */
#define PMD_SIZE          (1UL << 21) /* reach of one page table */
#define PUD_SIZE          (1UL << 30) /* reach of one table of page tables */
#define VM_ACCESS         (VM_READ | VM_WRITE | VM_EXEC)

void slab_init(void); /* slab.c; by page_init() */

/* vma_tree.c: nothing but the tree, the list and the gaps */
void vma_tree_insert(struct mm *mm, struct vma *v) __must_hold(&mm->lock);
void vma_tree_erase(struct mm *mm, struct vma *v) __must_hold(&mm->lock);
void vma_update_gaps(struct vma *v) __must_hold(&v->mm->lock); /* after v->start or v->end changed */
unsigned long vma_guarded_start(const struct vma *v) __must_hold_shared(&v->mm->lock);
unsigned long vma_find_gap(struct mm *mm, size_t size, unsigned long low, unsigned long high, bool down)
	__must_hold_shared(&mm->lock);

/* vma.c */
struct vma *vma_alloc(struct mm *mm, unsigned long start, unsigned long end,
		      unsigned long flags) __must_check;
/* unlinked copy with its own references */
struct vma *vma_clone(const struct vma *from, struct mm *mm) __must_check;
void vma_free(struct vma *v); /* unlinked; drops its references */
void vma_link(struct vma *v) __must_hold(&v->mm->lock); /* into mm and into the reverse map; accounts */
void vma_unlink(struct vma *v) __must_hold(&v->mm->lock); /* out of mm; still in the reverse map */
void vma_rmap_remove(struct vma *v);
void vma_set_range(struct vma *v, unsigned long start, unsigned long end, u64 pgoff)
	__must_hold(&v->mm->lock);
/* v keeps [start, addr): -ENOMEM, -EINVAL */
int __must_check vma_split(struct vma *v, unsigned long addr) __must_hold(&v->mm->lock);
/* with its neighbours where possible; what it became */
struct vma *vma_merge(struct vma *v) __must_hold(&v->mm->lock);
/* Grows the VMA just below or above an area that would have these properties; NULL when none fits. */
struct vma *vma_extend(struct mm *mm, unsigned long start, unsigned long end, unsigned long flags,
		       struct file *file, struct address_space *mapping, u64 pgoff) __must_hold(&mm->lock);
void vma_account(struct mm *mm, unsigned long flags, s64 pages) __must_hold(&mm->lock);
/* Splits so that [start, end) begins and ends at VMA boundaries. */
int __must_check vma_isolate(struct mm *mm, unsigned long start, unsigned long end) __must_hold(&mm->lock);
static inline bool vma_is_anon(const struct vma *v)
{
	return !v->mapping && !v->ops;
}
/* Can its pages be written through it, now or after mprotect(2), for all who map the object to see? */
static inline bool vma_may_write_shared(const struct vma *v) __must_hold_shared(&v->mm->lock)
{
	return (v->flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
}
static inline u64 vma_pages(const struct vma *v)
{
	return (v->end - v->start) >> PAGE_SHIFT;
}
unsigned vma_prot(unsigned long vm_flags); /* PROT_PTE_* */
unsigned long vma_flags_of_prot(int prot); /* PROT_* to VM_READ… */
/* Object behind shared anonymous memory. */
struct address_space *shm_create(void) __must_check;
void shm_put(struct address_space *m);
void shm_get(struct address_space *m);

/* unmap.c */
enum zap_mode {
	ZAP_ALL,
	ZAP_EXIT, /* nobody runs in this address space any more: no TLB to flush */
	ZAP_ANON, /* anonymous pages only; from here on zap_spares() is asked */
	ZAP_FILE, /* page-cache pages only: private copies stay */
};
void zap_range(struct mm *mm, unsigned long start, unsigned long end, enum zap_mode mode);
int __must_check unmap_locked(struct mm *mm, unsigned long addr, size_t size) __must_hold(&mm->lock);
void mm_note_peak(struct mm *mm);
/*
 * Calls fn for every run of page-table slots of [start, end) that exists, until it says false: pte points at
 * the slot of addr.
 */
typedef bool (*pte_walk_fn)(void *arg, pte_t *pte, unsigned long addr, unsigned long end);
void pte_walk(struct mm *mm, unsigned long start, unsigned long end, pte_walk_fn fn, void *arg)
	__must_hold(&mm->pt_lock);
static inline struct page *pte_page(pte_t e)
{
	return pfn_to_page(arch_pte_phys(e) >> PAGE_SHIFT);
}
/* Skips empty slots eight at a time: most of a sparse table. */
static __always_inline void pte_skip_empty(pte_t **pte, unsigned long *addr, unsigned long end)
{
	pte_t *p = *pte;

	while (*addr + 8 * PAGE_SIZE <= end && !(p[0] | p[1] | p[2] | p[3] | p[4] | p[5] | p[6] | p[7])) {
		p += 8;
		*addr += 8 * PAGE_SIZE;
	}
	*pte = p;
}

/* An entry for p; without any access it is hidden from the machine and only keeps the page. */
static inline pte_t pte_make(const struct page *p, unsigned prot)
{
	return likely(prot) ? arch_pte_make(page_to_phys(p), prot)
			    : arch_pte_hide(arch_pte_make(page_to_phys(p), PROT_PTE_READ));
}

/* fault.c */
#define FAULT_FORCE 256 /* ptrace: copy a private page although the mapping is read-only */
enum fault_status { FAULT_OK, FAULT_RETRY, FAULT_SIGBUS, FAULT_OOM };
enum fault_status vma_fault(struct vma *v, unsigned long addr, unsigned flags)
	__must_hold_shared(&v->mm->lock);
/* mm->lock for reading, may be dropped and retaken */
struct vma *vma_find_grow(struct mm *mm, unsigned long addr) __must_hold_shared(&mm->lock);

/* access.c */
int __must_check populate_range(struct mm *mm, unsigned long addr, unsigned long end, int write);

/* mprotect.c: v covers start.  Splits so that *v is [max(v->start, start),
 * min(v->end, end)) and sets its flags. */
int __must_check vma_change_flags(struct vma **v, unsigned long start, unsigned long end, unsigned long flags)
	__must_hold(&(*v)->mm->lock);

/* mmap.c */
int __must_check find_area(struct mm *mm, unsigned long hint, size_t size, int flags, unsigned long *out)
	__must_hold(&mm->lock);
int __must_check mm_may_expand(struct mm *mm, unsigned long vm_flags, u64 pages)
	__must_hold_shared(&mm->lock);
/* RLIMIT_MEMLOCK: -EAGAIN */
int __must_check mm_lock_limit(struct mm *mm, unsigned long vm_flags, size_t size)
	__must_hold_shared(&mm->lock);
int __must_check mm_enough_memory(unsigned long vm_flags, u64 pages);
int __must_check map_anon_locked(struct mm *mm, unsigned long start, size_t size, unsigned long vm_flags)
	__must_hold(&mm->lock);

/* radix.c: the tree only, no references, no counts; slots under mapping->lock or RCU */
#define RADIX_SLOTS 64
#define ROOT_NODE   1 /* added to mapping->tree when that is a node */
static inline bool root_is_node(const void *root)
{
	return (unsigned long)root & ROOT_NODE;
}
/* The slots of index and of what follows in its aligned group of 64, or NULL. */
void **mapping_slots(struct address_space *m, u64 index);
struct page *slot_get_again(void **slot, struct page *lost); /* gives the reference on lost back first */
/*
 * The page in one of mapping_slots(), with a reference, or NULL.  Under RCU: the slot is looked at again when
 * the reference cannot be lost any more, as the page may have left the file before, and be anything.
 */
static inline struct page *slot_get(void **slot)
{
	struct page *p = rcu_dereference(*slot);

	if (!p)
		return NULL;
	if (unlikely(!page_try_get(p)))
		return slot_get_again(slot, NULL);
	return likely(READ_ONCE(*slot) == p) ? p : slot_get_again(slot, p);
}
struct page *mapping_find_get(struct address_space *m, u64 index); /* with a reference; takes no lock */
struct page *mapping_find_locked(struct address_space *m, u64 index) __must_hold(&m->lock);
/* first page at or after *index, which it moves */
struct page *mapping_next_locked(struct address_space *m, u64 *index) __must_hold(&m->lock);
/* -ENOMEM */
int __must_check mapping_insert_locked(struct address_space *m, u64 index, struct page *p)
	__must_hold(&m->lock);
void mapping_remove_locked(struct address_space *m, u64 index) __must_hold(&m->lock);
void mapping_free_nodes(struct address_space *m) __must_hold(&m->lock);

/* pagecache.c */
/* Page for a fault: as mapping_get_page(create), but -EFAULT beyond the end of the file, race-free against
 * truncate. */
int __must_check mapping_fault_page(struct address_space *m, u64 index, struct page **out);
u64 mapping_end(const struct address_space *m); /* first page beyond the end of the file */

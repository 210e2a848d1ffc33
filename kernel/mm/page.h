/* SPDX-License-Identifier: MIT */
/*
 * Physical pages: one struct page per 4 KiB of RAM, the buddy allocator above it (kernel/mm/page.c).
 * struct pages are initialised lazily, so that boot cost does not grow with RAM.
 */
#pragma once

#include "kernel/arch/arch.h"
#include "kernel/base/list.h"
#include "kernel/mm/memcheck.h"

struct address_space;

enum page_flag {
	PG_BUDDY = 1 << 0, /* free, head of a buddy block */
	PG_SLAB = 1 << 1,
	PG_CACHE = 1 << 2, /* in a page cache: mapping and index are valid */
	PG_ANON = 1 << 3, /* anonymous user page */
	PG_HEAD = 1 << 4, /* first page of a compound (order > 0) */
	PG_DIRTY = 1 << 5,
	PG_UPTODATE = 1 << 6,
	PG_LOCKED = 1 << 7,
	PG_TABLE = 1 << 8, /* page table */
	PG_ZERO = 1 << 9, /* the shared zero page: never freed */
};

struct page {
	u32 flags; /* [atomic] PG_* */
	u32 refs; /* [atomic] 0: free */
	u32 inuse; /* [cache lock] slab: objects handed out */
	u8 order; /* of the block, while head: free or in use */
	u8 pad[3];
	union {
		struct list_head node; /* buddy free list, per-CPU list, slab list */
		struct {
			struct address_space *mapping; /* [page cache lock] */
			u64 index; /* page offset in the mapping */
		};
	};
	union {
		void *slab; /* slab.c */
		u64 private;
	};
	void *freelist; /* [cache lock] slab: first free object */
#ifdef CONFIG_DEBUG
	u32 check, epoch; /* kernel/debug/memcheck.c: state, memory_epoch at allocation */
	unsigned long trace[TRACE_DEPTH], freed[TRACE_DEPTH]; /* who allocated the block, who freed it */
#endif
};

extern struct page *mem_map; /* virtual array indexed by page frame number */

static inline u64 page_to_pfn(const struct page *p)
{
	return (u64)(p - mem_map);
}
static inline struct page *pfn_to_page(u64 pfn)
{
	return mem_map + pfn;
}
static inline u64 page_to_phys(const struct page *p)
{
	return page_to_pfn(p) << PAGE_SHIFT;
}
static inline void *page_to_virt(const struct page *p)
{
	return phys_to_virt(page_to_phys(p));
}
static inline struct page *virt_to_page(const void *v)
{
	return pfn_to_page(virt_to_phys(v) >> PAGE_SHIFT);
}

enum alloc_flag {
	ALLOC_ZERO = 1, /* contents cleared */
	ALLOC_ATOMIC = 2, /* may not sleep, may use the reserve */
	ALLOC_USER = 4, /* for user space: triggers the OOM killer when nothing is left */
	ALLOC_SLAB = 8, /* a part of another allocation: is not made to fail on its own */
};

void page_init(void); /* from boot_info; called once before anything allocates */
/* 2^order pages; NULL when there is no memory.  refs is 1.  Sleeps unless ALLOC_ATOMIC. */
struct page *page_alloc(unsigned order, unsigned flags) __must_check;
/* Drops the only reference of whoever allocated it.  The page lives on while a look-up of a page cache, which
 * mistook it for another, has one (page_try_get()). */
void page_free(struct page *p, unsigned order);
static inline void page_get(struct page *p)
{
	ASSERT((s32)READ_ONCE(p->refs) > 0);
	atomic_add(&p->refs, 1);
}
/* A reference unless the page is free: for those who found it where they hold nothing, and look again. */
static inline bool page_try_get(struct page *p)
{
	u32 old = READ_ONCE(p->refs);

	while (likely(old)) {
		if (__atomic_compare_exchange_n(&p->refs, &old, old + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return true;
	}
	return false;
}
void page_put(struct page *p); /* frees at zero */
/* Gives whole pages of [start, end), until now reserved (the unpacked initrd), to the allocator. */
void page_free_range(u64 start, u64 end);
extern struct page *zero_page; /* PG_ZERO: mapped read-only by read faults, carries no references */
struct page *page_next_carved(struct page *p); /* walks all pages ever used, from NULL to NULL; no lock */
u64 page_total_count(void); /* pages the allocator manages */
u64 page_free_count(void);
u64 page_cache_count(void);

#define PAGE_MAX_ORDER 10
#define PCP_MAX        128

/* Per-CPU part of the memory room.  `busy` is set while the owner works on its lists: an interrupt that
 * comes in between takes the slow path instead, so that no path has to disable interrupts. */
struct cpu_mm {
	u32 busy; /* [owner] */
	u32 count; /* [owner] pages in page[] */
	struct page *page[PCP_MAX]; /* [owner] free pages of order 0, hottest last */
	/* [owner] change of the page-cache size, summed by page_cache_count() */
	s64 cache_pages;
};
struct cpu_mm *cpu_mm_bind(void); /* first use on a CPU */
static inline struct cpu_mm *this_cpu_mm(void) /* preemption is off */
{
	struct cpu_mm *m = CPU_READ(mm);

	return likely(m) ? m : cpu_mm_bind();
}
void page_cache_account(s64 delta);

// SPDX-License-Identifier: MIT
/*
 * Physical memory: the array of struct page, a buddy allocator of orders 0…10 and per-CPU stacks of
 * single pages in front of it.
 *
 * RAM is carved lazily in chunks of 4 MiB (one block of the highest order): the struct pages of a
 * chunk are written when the chunk is first needed, so boot costs the same with 8 MiB and with 64 GiB.
 * Invariants: a chunk is in zone.carved or all of its free RAM is counted in zone.nr_raw; a block on
 * a free list has PG_BUDDY and refs 0; buddies never leave their chunk; pages that are not the
 * allocator's (kernel image, holes) have one reference that is never dropped.
 * Lock: zone.lock (irq-safe) guards the zone.  A CPU's stack belongs to that CPU with preemption off.
 */
#include "kernel/mm/page.h"
#include "kernel/base/asan.h"
#include "kernel/base/bitmap.h"
#include "kernel/base/string.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"

#define CHUNK_PAGES  (1UL << PAGE_MAX_ORDER)
#define LOW_PAGES    16 /* the first 64 KiB are firmware's and the CPU start code's, as in Linux */
#define MAX_RESERVED (ARRAY_SIZE(boot_info.reserved) + 3)

struct page *mem_map;
struct page *zero_page;

static struct {
	struct spinlock lock;
	u32 avail; /* bit o: free[o] is not empty */
	u32 pcp_high, pcp_order; /* [const] */
	u64 nr_free; /* pages on the free lists */
	u64 nr_raw; /* free pages in chunks not yet carved */
	u64 nr_total; /* pages managed */
	u64 reserve; /* [const] left for ALLOC_ATOMIC */
	u64 next_raw; /* first page frame to look at for carving */
	u64 max_pfn; /* [const] */
	unsigned long *carved; /* bit per chunk */
	struct list_head free[PAGE_MAX_ORDER + 1];
	struct boot_range reserved[MAX_RESERVED]; /* [const] page frames, [start, end) */
	int nr_reserved;
} zone;

static_assert(8u << 4 <= PCP_MAX, "the largest stack fits");

static struct cpu_mm cpu_mms[MAX_CPUS];

/* ---- buddy lists; zone.lock is held --------------------------------------------------------- */
static void list_block(struct page *p, unsigned order)
{
	p->flags = PG_BUDDY;
	p->refs = 0;
	p->order = order;
	list_add(&p->node, &zone.free[order]);
	zone.avail |= 1u << order;
}

static void unlist_block(struct page *p, unsigned order)
{
	list_del(&p->node);
	p->flags = 0;
	if (list_empty(&zone.free[order]))
		zone.avail &= ~(1u << order);
}

static void free_block(u64 pfn, unsigned order)
{
	zone.nr_free += 1UL << order;
	while (order < PAGE_MAX_ORDER) {
		struct page *buddy = pfn_to_page(pfn ^ (1UL << order));

		if (!(buddy->flags & PG_BUDDY) || buddy->order != order)
			break;
		unlist_block(buddy, order);
		pfn &= ~(1UL << order);
		order++;
	}
	list_block(pfn_to_page(pfn), order);
}

/* Frees [pfn, end) in the largest aligned blocks. */
static void free_run(u64 pfn, u64 end)
{
	while (pfn < end) {
		unsigned order = pfn ? min(__builtin_ctzll(pfn), PAGE_MAX_ORDER) : PAGE_MAX_ORDER;

		while (pfn + (1UL << order) > end)
			order--;
		free_block(pfn, order);
		pfn += 1UL << order;
	}
}

/* The first run of RAM at or after `from` and below `limit` that nobody has reserved. */
static bool next_free_run(u64 from, u64 limit, u64 *start, u64 *end)
{
	for (int i = 0; i < boot_info.nr_ram; i++) {
		u64 s = max(from, boot_info.ram[i].start >> PAGE_SHIFT);
		u64 e = min(limit, boot_info.ram[i].end >> PAGE_SHIFT);

		while (s < e) {
			u64 stop = e, skip = s;

			for (int k = 0; k < zone.nr_reserved; k++) {
				const struct boot_range *r = &zone.reserved[k];

				if (r->start <= s && s < r->end)
					skip = max(skip, r->end);
				else if (r->start > s && r->start < stop)
					stop = r->start;
			}
			if (skip == s) {
				*start = s;
				*end = stop;
				return true;
			}
			s = skip;
		}
	}
	return false;
}

static void shade_run(u64 pfn, u64 end)
{
	asan_poison(phys_to_virt(pfn << PAGE_SHIFT), (end - pfn) << PAGE_SHIFT, SHADE_PAGE_FREE);
}

static void carve_chunk(u64 chunk)
{
	u64 pfn = chunk * CHUNK_PAGES, limit = min(pfn + CHUNK_PAGES, zone.max_pfn), start, end;
	char *p = (char *)pfn_to_page(pfn);

	if (bitmap_test(zone.carved, chunk))
		return;
	bitmap_set(zone.carved, chunk);
	for (size_t i = 0; i < CHUNK_PAGES * sizeof(struct page); i += PAGE_SIZE)
		arch_clear_page(p + i);
	while (pfn < limit) {
		if (!next_free_run(pfn, limit, &start, &end))
			start = end = limit;
		for (; pfn < start; pfn++)
			pfn_to_page(pfn)->refs = 1;
		zone.nr_raw -= end - start;
		shade_run(start, end);
		free_run(start, end);
		pfn = end;
	}
}
static_assert(CHUNK_PAGES * sizeof(struct page) % PAGE_SIZE == 0, "a chunk's struct pages fill whole pages");

static bool carve_next(void)
{
	u64 start, end;

	while (next_free_run(zone.next_raw, zone.max_pfn, &start, &end)) {
		u64 chunk = start / CHUNK_PAGES;
		bool fresh = !bitmap_test(zone.carved, chunk);

		carve_chunk(chunk);
		zone.next_raw = (chunk + 1) * CHUNK_PAGES;
		if (fresh)
			return true;
	}
	zone.next_raw = zone.max_pfn;
	return false;
}

static struct page *alloc_block(unsigned order)
{
	while (!(zone.avail >> order)) {
		if (!carve_next())
			return NULL;
	}

	unsigned o = order + __builtin_ctz(zone.avail >> order);
	struct page *p = list_first(&zone.free[o], struct page, node);

	unlist_block(p, o);
	zone.nr_free -= 1UL << order;
	while (o > order) {
		o--;
		list_block(p + (1UL << o), o);
	}
	return p;
}

static bool above_reserve(unsigned order, unsigned flags)
{
	return (flags & ALLOC_ATOMIC) || zone.nr_free + zone.nr_raw >= zone.reserve + (1UL << order);
}

static struct page *zone_alloc(unsigned order, unsigned flags)
{
	unsigned long irq = spin_lock_irqsave(&zone.lock);
	struct page *p = above_reserve(order, flags) ? alloc_block(order) : NULL;

	spin_unlock_irqrestore(&zone.lock, irq);
	return p;
}

static void zone_free(struct page *p, unsigned order)
{
	unsigned long irq = spin_lock_irqsave(&zone.lock);

	free_block(page_to_pfn(p), order);
	spin_unlock_irqrestore(&zone.lock, irq);
}

/* ---- per-CPU stacks ------------------------------------------------------------------------- */
struct cpu_mm *cpu_mm_bind(void)
{
	struct cpu *c = this_cpu();

	c->mm = &cpu_mms[c->id];
	return c->mm;
}

/* One block gives the whole batch: its pages come back one by one and merge again. */
static __noinline void pcp_refill(struct cpu_mm *m, unsigned flags)
{
	unsigned long irq = spin_lock_irqsave(&zone.lock);

	for (unsigned order = zone.pcp_order;; order--) {
		struct page *p = above_reserve(order, flags) ? alloc_block(order) : NULL;

		if (p) {
			while (m->count < 1u << order)
				m->page[m->count++] = p++;
			break;
		}
		if (!order)
			break;
	}
	spin_unlock_irqrestore(&zone.lock, irq);
}

/* Gives back the coldest `n` pages. */
static __noinline void pcp_drain(struct cpu_mm *m, u32 n)
{
	unsigned long irq = spin_lock_irqsave(&zone.lock);

	for (u32 i = 0; i < n; i++)
		free_block(page_to_pfn(m->page[i]), 0);
	spin_unlock_irqrestore(&zone.lock, irq);
	m->count -= n;
	memmove(m->page, m->page + n, m->count * sizeof(m->page[0]));
}

static __always_inline struct page *pcp_alloc(unsigned flags)
{
	struct page *p = NULL;

	preempt_disable();

	struct cpu_mm *m = this_cpu_mm();

	if (likely(!m->busy)) {
		m->busy = 1;
		barrier();
		if (unlikely(!m->count))
			pcp_refill(m, flags);
		if (likely(m->count))
			p = m->page[--m->count];
		barrier();
		m->busy = 0;
	} else {
		p = zone_alloc(0, flags); /* we interrupted the owner */
	}
	preempt_enable();
	return p;
}

static __always_inline void pcp_free(struct page *p)
{
	preempt_disable();

	struct cpu_mm *m = this_cpu_mm();

	if (likely(!m->busy)) {
		m->busy = 1;
		barrier();
		if (unlikely(m->count >= zone.pcp_high))
			pcp_drain(m, 1u << zone.pcp_order);
		m->page[m->count++] = p;
		barrier();
		m->busy = 0;
	} else {
		zone_free(p, 0);
	}
	preempt_enable();
}

static void pcp_drain_self(void)
{
	preempt_disable();

	struct cpu_mm *m = this_cpu_mm();

	if (!m->busy) {
		m->busy = 1;
		barrier();
		pcp_drain(m, m->count);
		barrier();
		m->busy = 0;
	}
	preempt_enable();
}

/* ---- interface ------------------------------------------------------------------------------ */

/* The short supply: give back what is cached, use the reserve when we are dying, call the OOM killer. */
static __noinline __cold struct page *alloc_slow(unsigned order, unsigned flags)
{
	for (;;) {
		struct page *p;

		slab_shrink();
		quarantine_drain_pages();
		pcp_drain_self();
		p = zone_alloc(order, flags);
		if (p || !(flags & ALLOC_USER) || (flags & ALLOC_ATOMIC))
			return p;
		if (fatal_signal_pending())
			return zone_alloc(order,
					  flags | ALLOC_ATOMIC); /* let the victim get out of the way */
		if (!oom_kill())
			return NULL;
		set_current_state(TASK_KILLABLE);
		schedule_timeout(NSEC_PER_MSEC);
	}
}

struct page *page_alloc(unsigned order, unsigned flags)
{
	struct page *p;

	ASSERT(order <= PAGE_MAX_ORDER);
	if (flags & ALLOC_USER && !(flags & ALLOC_ATOMIC))
		might_sleep();
	if (!(flags & ALLOC_SLAB) && alloc_should_fail())
		return NULL;
	p = likely(!order) ? pcp_alloc(flags) : zone_alloc(order, flags);
	if (unlikely(!p)) {
		p = alloc_slow(order, flags);
		if (!p)
			return NULL;
	}
	page_check_alloc(p, order);
	p->refs = 1;
	p->flags = 0;
	p->order = order;
	if (unlikely(order))
		p->flags = PG_HEAD;
	if (flags & ALLOC_ZERO) {
		char *v = page_to_virt(p);

		for (size_t i = 0; i < PAGE_SIZE << order; i += PAGE_SIZE)
			arch_clear_page(v + i);
	}
	return p;
}

static __always_inline void free_page(struct page *p, unsigned order)
{
	if (likely(!order))
		pcp_free(p);
	else
		zone_free(p, order);
}

/* The last reference is gone. */
static __noinline void page_release(struct page *p, unsigned order)
{
	BUG_ON(p->flags & (PG_BUDDY | PG_ZERO));
	page_check_free(p, order);
	p->flags = 0;
#ifdef CONFIG_DEBUG
	quarantine_page(p, order);
#else
	free_page(p, order);
#endif
}

void page_free(struct page *p, unsigned order)
{
	page_check_used(p);
	if (likely(!atomic_sub(&p->refs, 1)))
		page_release(p, order);
}

#ifdef CONFIG_DEBUG
void page_free_now(struct page *p, unsigned order)
{
	free_page(p, order);
}
#endif

void page_put(struct page *p)
{
	ASSERT((s32)READ_ONCE(p->refs) > 0);
	if (!atomic_sub(&p->refs, 1))
		page_release(p, p->order);
}

void page_free_range(u64 start, u64 end)
{
	u64 pfn = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT, limit = min(end >> PAGE_SHIFT, zone.max_pfn);

	while (pfn < limit) {
		u64 stop = min(limit, ALIGN_DOWN(pfn, CHUNK_PAGES) + CHUNK_PAGES);
		unsigned long irq = spin_lock_irqsave(&zone.lock);

		carve_chunk(pfn / CHUNK_PAGES);
		for (u64 i = pfn; i < stop; i++)
			pfn_to_page(i)->refs = 0;
		zone.nr_total += stop - pfn;
		shade_run(pfn, stop);
		free_run(pfn, stop);
		spin_unlock_irqrestore(&zone.lock, irq);
		pfn = stop;
	}
}

struct page *page_next_carved(struct page *p)
{
	u64 pfn = p ? page_to_pfn(p) + 1 : 0;

	while (pfn < zone.max_pfn && !bitmap_test(zone.carved, pfn / CHUNK_PAGES))
		pfn = (pfn / CHUNK_PAGES + 1) * CHUNK_PAGES;
	return pfn < zone.max_pfn ? pfn_to_page(pfn) : NULL;
}

u64 page_total_count(void)
{
	return READ_ONCE(zone.nr_total);
}

u64 page_free_count(void)
{
	u64 n = READ_ONCE(zone.nr_free) + READ_ONCE(zone.nr_raw) + quarantine_page_count();

	for (int i = 0; i < MAX_CPUS; i++)
		n += READ_ONCE(cpu_mms[i].count);
	return n;
}

void page_cache_account(s64 delta)
{
	preempt_disable();
	this_cpu_mm()->cache_pages += delta;
	preempt_enable();
}

u64 page_cache_count(void)
{
	s64 n = 0;

	for (int i = 0; i < MAX_CPUS; i++)
		n += READ_ONCE(cpu_mms[i].cache_pages);
	return max(n, (s64)0);
}

/* ---- boot ----------------------------------------------------------------------------------- */
static void reserve_range(u64 start, u64 end)
{
	BUG_ON(zone.nr_reserved == (int)MAX_RESERVED);
	zone.reserved[zone.nr_reserved++] = (struct boot_range){ start, end };
}

/* A place for `count` contiguous pages, as high as possible: low memory stays for those who need it. */
static u64 find_place(u64 count)
{
	u64 best = 0, from = 0, start, end;

	while (next_free_run(from, zone.max_pfn, &start, &end)) {
		if (end - start >= count)
			best = end - count;
		from = end;
	}
	return best;
}

/* The debug kernel's shadow of RAM and of the image. */
static void place_shadow(void)
{
	u64 ram = zone.max_pfn << PAGE_SHIFT, count = asan_pages(ram), place;

	if (!count)
		return;
	place = find_place(count);
	if (!place)
		panic("too little memory: no room for %lu pages of shadow", (unsigned long)count);
	reserve_range(place, place + count);
	asan_init(place << PAGE_SHIFT, ram);
}

/* Chunks with the kernel image and firmware tables get their struct pages now: such pages may be mapped
 * (vDSO). */
static void carve_reserved(void)
{
	for (int i = 0; i < boot_info.nr_reserved; i++) {
		const struct boot_range *r = &boot_info.reserved[i];
		u64 end = min(r->end, zone.max_pfn << PAGE_SHIFT);

		if (r->start >= boot_info.initrd.start && r->end <= ALIGN_UP(boot_info.initrd.end, PAGE_SIZE))
			continue;
		for (u64 a = ALIGN_DOWN(r->start, CHUNK_PAGES << PAGE_SHIFT); a < end;
		     a += CHUNK_PAGES << PAGE_SHIFT)
			carve_chunk(a / (CHUNK_PAGES << PAGE_SHIFT));
	}
}

void page_init(void)
{
	u64 from = 0, start, end, chunks, place, count;
	size_t map_size;

	for (int o = 0; o <= PAGE_MAX_ORDER; o++)
		list_init(&zone.free[o]);
	for (int i = 0; i < boot_info.nr_ram; i++)
		zone.max_pfn = max(zone.max_pfn, boot_info.ram[i].end >> PAGE_SHIFT);
	reserve_range(0, LOW_PAGES);
	for (int i = 0; i < boot_info.nr_reserved; i++)
		reserve_range(boot_info.reserved[i].start >> PAGE_SHIFT,
			      ALIGN_UP(boot_info.reserved[i].end, PAGE_SIZE) >> PAGE_SHIFT);

	chunks = DIV_ROUND_UP(zone.max_pfn, CHUNK_PAGES);
	map_size = chunks * CHUNK_PAGES * sizeof(struct page);
	count = (map_size + ALIGN_UP(DIV_ROUND_UP(chunks, 8), PAGE_SIZE)) >> PAGE_SHIFT;
	place = find_place(count);
	if (!place)
		panic("too little memory: no room for %lu pages of page descriptors", (unsigned long)count);
	reserve_range(place, place + count);
	mem_map = phys_to_virt(place << PAGE_SHIFT);
	place_shadow();
	zone.carved = (unsigned long *)((char *)mem_map + map_size);
	memset(zone.carved, 0, DIV_ROUND_UP(chunks, 64) * 8);

	while (next_free_run(from, zone.max_pfn, &start, &end)) {
		zone.nr_raw += end - start;
		from = end;
	}
	zone.nr_total = zone.nr_raw;
	zone.reserve = min(max(zone.nr_total / 128, (u64)8), (u64)1024);
	while (zone.pcp_order < 4 && zone.nr_total >> (12 + zone.pcp_order))
		zone.pcp_order++;
	zone.pcp_high = 8u << zone.pcp_order;
	carve_reserved();
	zero_page = page_alloc(0, ALLOC_ZERO | ALLOC_ATOMIC);
	BUG_ON(!zero_page);
	zero_page->flags = PG_ZERO;
	slab_init();
}

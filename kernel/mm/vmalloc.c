// SPDX-License-Identifier: MIT
/*
 * Virtually contiguous kernel memory, and kernel stacks.  Each area has an unmapped page on both
 * sides, so that a runaway stack faults.  Areas are never given back to the address range: a freed
 * one waits, without its pages, for the next request of the same size, so page tables stay bounded.
 *
 * Locks: area_lock (mutex) guards the areas; deferred_lock (irq-safe) what was freed where sleeping is
 * not allowed: that is released by the next caller that may sleep.
 */
#include "kernel/arch/arch.h"
#include "kernel/base/asan.h"
#include "kernel/base/rbtree.h"
#include "kernel/debug/debug.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"

struct varea {
	struct rb_node node; /* [area_lock] by addr, also while free */
	struct list_head free; /* [area_lock] in free_areas while free */
	unsigned long addr; /* [const] first mapped byte */
	u32 nr_pages; /* [const] */
	bool used; /* [area_lock] */
	struct page *page[]; /* [area_lock] valid while used */
};

struct deferred { /* lives in the memory that is to be freed */
	struct deferred *next;
};

static struct mutex area_lock = MUTEX_INIT(area_lock);
static struct rb_root areas;
static LIST_HEAD(free_areas);
static unsigned long next_addr = VMALLOC_START + PAGE_SIZE;
static struct spinlock deferred_lock = SPINLOCK_INIT;
static struct deferred *deferred;

/* ---- areas; area_lock is held --------------------------------------------------------------- */
static void area_insert(struct varea *a)
{
	struct rb_node **link = &areas.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = a->addr < rb_entry(parent, struct varea, node)->addr ? &parent->left : &parent->right;
	}
	rb_link_node(&a->node, parent, link);
	rb_insert_fixup(&a->node, &areas);
}

static struct varea *area_find(unsigned long addr)
{
	struct rb_node *n = areas.node;

	while (n) {
		struct varea *a = rb_entry(n, struct varea, node);

		if (a->addr == addr)
			return a;
		n = addr < a->addr ? n->left : n->right;
	}
	return NULL;
}

static struct varea *area_get(u32 nr_pages)
{
	struct varea *a;

	list_for_each(a, &free_areas, free) {
		if (a->nr_pages == nr_pages) {
			list_del_init(&a->free);
			return a;
		}
	}
	if (nr_pages > (VMALLOC_END - next_addr) / PAGE_SIZE - 1)
		return NULL;
	a = kmalloc(sizeof(*a) + nr_pages * sizeof(a->page[0]), ALLOC_ZERO);
	if (!a)
		return NULL;
	if (asan_cover(next_addr - PAGE_SIZE, next_addr + (nr_pages + 1UL) * PAGE_SIZE)) {
		kfree(a);
		return NULL;
	}
	slab_keep(a); /* for ever, as the head says: no leak */
	a->nr_pages = nr_pages;
	a->addr = next_addr;
	next_addr += (nr_pages + 1UL) * PAGE_SIZE;
	list_init(&a->free);
	area_insert(a);
	return a;
}

/* Unmaps and frees the first n pages and keeps the address range for the next area of this size. */
static void area_put(struct varea *a, u32 n)
{
	asan_poison((void *)a->addr, n * PAGE_SIZE, SHADE_VMALLOC);
	for (u32 i = 0; i < n; i++) {
		arch_kernel_unmap(a->addr + i * PAGE_SIZE);
		page_free(a->page[i], 0);
	}
	a->used = false;
	list_add(&a->free, &free_areas);
}

static void area_free(void *p)
{
	struct varea *a = area_find((unsigned long)p);

	BUG_ON(!a || !a->used);
	area_put(a, a->nr_pages);
}

static void free_deferred(void)
{
	unsigned long irq = spin_lock_irqsave(&deferred_lock);
	struct deferred *d = deferred;

	deferred = NULL;
	spin_unlock_irqrestore(&deferred_lock, irq);
	while (d) {
		struct deferred *next = d->next;

		area_free(d);
		d = next;
	}
}

void *vmalloc(size_t size)
{
	u32 nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);

	if (!size || size > PAGE_SIZE * page_total_count())
		return NULL;
	guard(mutex)(&area_lock);
	if (READ_ONCE(deferred))
		free_deferred();

	struct varea *a = area_get(nr_pages);

	if (!a)
		return NULL;
	a->used = true;
	for (u32 i = 0; i < nr_pages; i++) {
		struct page *p = page_alloc(0, 0);

		if (p && arch_kernel_map(a->addr + i * PAGE_SIZE, page_to_phys(p),
					 PROT_PTE_READ | PROT_PTE_WRITE)) {
			page_free(p, 0);
			p = NULL;
		}
		if (!p) {
			area_put(a, i);
			return NULL;
		}
		a->page[i] = p;
	}
	asan_unpoison((void *)a->addr, size);
	return (void *)a->addr;
}

static void defer(void *p)
{
	struct deferred *d = p;
	unsigned long irq = spin_lock_irqsave(&deferred_lock);

	d->next = deferred;
	deferred = d;
	spin_unlock_irqrestore(&deferred_lock, irq);
}

void vfree(void *p)
{
	if (!p)
		return;
	if (cpu_preempt_count() || !arch_irqs_enabled()) {
		defer(p);
		return;
	}
	guard(mutex)(&area_lock);
	area_free(p);
}

/* ---- kernel stacks -------------------------------------------------------------------------- */
#define STACKS_PER_CPU 8

static struct stack_cache {
	u32 count; /* [owner CPU, irqs off] */
	void *stack[STACKS_PER_CPU];
} stack_caches[MAX_CPUS];

void *kstack_alloc(void)
{
	void *stack = NULL;
	unsigned long irq = arch_irq_save();
	struct stack_cache *sc = &stack_caches[CPU_READ(id)];

	if (sc->count)
		stack = sc->stack[--sc->count];
	arch_irq_restore(irq);
	return stack ? stack : vmalloc(KSTACK_SIZE);
}

void kstack_free(void *stack)
{
	asan_unpoison(stack, KSTACK_SIZE); /* the frames of who never returned are still shaded */

	unsigned long irq = arch_irq_save();
	struct stack_cache *sc = &stack_caches[CPU_READ(id)];
	bool kept = sc->count < STACKS_PER_CPU;

	if (kept)
		sc->stack[sc->count++] = stack;
	arch_irq_restore(irq);
	if (!kept)
		defer(stack);
}

#ifdef CONFIG_DEBUG
void kstack_trim(void)
{
	unsigned long irq = arch_irq_save();
	struct stack_cache *sc = &stack_caches[CPU_READ(id)];

	while (sc->count)
		defer(sc->stack[--sc->count]);
	arch_irq_restore(irq);
	guard(mutex)(&area_lock);
	free_deferred();
}
#endif

// SPDX-License-Identifier: MIT
/*
 * The quarantine: what was freed stays out of use, and forbidden, until so much more has been freed, so
 * that a stale pointer meets its report and not the next owner's data.  One queue for objects and one for
 * pages, each bounded to a part of RAM; both are emptied when memory is short, before the OOM killer is
 * asked.
 *
 * Lock: queue.lock (irq-safe, a leaf) guards a queue; what leaves is freed outside of it.
 */
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/spinlock.h"

#define RAM_SHARE   64 /* each queue holds at most this part of RAM, */
#define MAX_OBJECTS (2UL << 20) /* and so many bytes, */
#define MAX_PAGES   1024UL /* or pages */

static struct {
	struct spinlock lock;
	struct slab_trailer *first, **last; /* [lock] by trailer->next: the oldest, and where the next goes */
	size_t size; /* [lock] bytes of all slots */
} objects = { .lock = SPINLOCK_INIT_NAMED("quarantine.objects"), .last = &objects.first };

static struct {
	struct spinlock lock;
	struct list_head list; /* [lock] by page->node, the oldest first */
	u64 count; /* [lock] pages of all blocks */
} pages = { .lock = SPINLOCK_INIT_NAMED("quarantine.pages"), .list = LIST_HEAD_INIT(pages.list) };

static u64 share(void)
{
	return page_total_count() / RAM_SHARE;
}

/* The oldest while there is more than `keep` bytes; NULL. */
static struct slab_trailer *take_object(size_t keep)
{
	struct slab_trailer *t = objects.first;

	if (!t || objects.size <= keep)
		return NULL;
	objects.first = t->next;
	if (!objects.first)
		objects.last = &objects.first;
	objects.size -= t->slot;
	return t;
}

static void release_objects(size_t keep)
{
	for (;;) {
		unsigned long irq = spin_lock_irqsave(&objects.lock);
		struct slab_trailer *t = take_object(keep);

		spin_unlock_irqrestore(&objects.lock, irq);
		if (!t)
			return;
		slab_free_now(t);
	}
}

void quarantine_object(struct slab_trailer *t)
{
	unsigned long irq = spin_lock_irqsave(&objects.lock);

	t->next = NULL;
	*objects.last = t;
	objects.last = (struct slab_trailer **)&t->next;
	objects.size += t->slot;
	spin_unlock_irqrestore(&objects.lock, irq);
	release_objects(min(share() * PAGE_SIZE, MAX_OBJECTS));
}

void quarantine_drain_objects(void)
{
	release_objects(0);
}

static void release_pages(u64 keep)
{
	for (;;) {
		unsigned long irq = spin_lock_irqsave(&pages.lock);
		struct page *p = pages.count > keep ? list_first(&pages.list, struct page, node) : NULL;

		if (p) {
			list_del(&p->node);
			pages.count -= 1UL << p->order;
		}
		spin_unlock_irqrestore(&pages.lock, irq);
		if (!p)
			return;
		page_free_now(p, p->order);
	}
}

void quarantine_page(struct page *p, unsigned order)
{
	unsigned long irq = spin_lock_irqsave(&pages.lock);

	p->order = (u8)order;
	list_add_tail(&p->node, &pages.list);
	pages.count += 1UL << order;
	spin_unlock_irqrestore(&pages.lock, irq);
	release_pages(min(share(), MAX_PAGES));
}

void quarantine_drain_pages(void)
{
	release_pages(0);
}

u64 quarantine_page_count(void)
{
	return READ_ONCE(pages.count);
}

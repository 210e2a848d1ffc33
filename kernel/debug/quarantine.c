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

/* Takes the oldest until no more than `keep` bytes are left; trailer->next chains them.  Lock held. */
static struct slab_trailer *take_objects(size_t keep)
{
	struct slab_trailer *taken = objects.first, **end = &taken;

	while (*end && objects.size > keep) {
		objects.size -= (*end)->slot;
		end = (struct slab_trailer **)&(*end)->next;
	}
	objects.first = *end;
	if (!objects.first)
		objects.last = &objects.first;
	*end = NULL;
	return taken;
}

static void free_objects(struct slab_trailer *t)
{
	struct slab_trailer *next;

	for (; t; t = next) {
		next = t->next;
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
	t = take_objects(min(share() * PAGE_SIZE, MAX_OBJECTS));
	spin_unlock_irqrestore(&objects.lock, irq);
	free_objects(t);
}

void quarantine_drain_objects(void)
{
	unsigned long irq = spin_lock_irqsave(&objects.lock);
	struct slab_trailer *t = take_objects(0);

	spin_unlock_irqrestore(&objects.lock, irq);
	free_objects(t);
}

/* Moves the oldest to `taken` until no more than `keep` pages are left.  Lock held. */
static void take_pages(u64 keep, struct list_head *taken)
{
	while (pages.count > keep) {
		struct page *p = list_first(&pages.list, struct page, node);

		pages.count -= 1UL << p->order;
		list_move_tail(&p->node, taken);
	}
}

static void free_pages(struct list_head *taken)
{
	while (!list_empty(taken)) {
		struct page *p = list_first(taken, struct page, node);

		list_del(&p->node);
		page_free_now(p, p->order);
	}
}

void quarantine_page(struct page *p, unsigned order)
{
	LIST_HEAD(taken);
	unsigned long irq = spin_lock_irqsave(&pages.lock);

	p->order = (u8)order;
	list_add_tail(&p->node, &pages.list);
	pages.count += 1UL << order;
	take_pages(min(share(), MAX_PAGES), &taken);
	spin_unlock_irqrestore(&pages.lock, irq);
	free_pages(&taken);
}

void quarantine_drain_pages(void)
{
	LIST_HEAD(taken);
	unsigned long irq = spin_lock_irqsave(&pages.lock);

	take_pages(0, &taken);
	spin_unlock_irqrestore(&pages.lock, irq);
	free_pages(&taken);
}

u64 quarantine_page_count(void)
{
	return READ_ONCE(pages.count);
}

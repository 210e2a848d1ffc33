// SPDX-License-Identifier: MIT
/*
 * Object caches.  A slab is a block of pages cut into equal objects whose free ones are chained
 * through their first word; in front of the slabs every CPU has a magazine of free objects, so that
 * the common allocation takes no lock.  kmalloc() chooses among 19 caches; larger sizes are pages.
 *
 * Invariants: every page of a slab has PG_SLAB and its cache in page->slab; the head page holds the
 * chain (freelist) and the number of objects handed out, those in magazines included; a slab is on
 * cache->partial unless it is full or is the one spare, empty slab.
 * Locks: cache->lock (irq-safe) guards the slabs; caches_lock the list of caches.  A magazine belongs
 * to its CPU with preemption off; `busy` sends an interrupt that comes in between to the slabs.
 */
#include "kernel/mm/slab.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/spinlock.h"

#define MAG_MAX         30
#define KMALLOC_CLASSES 19
#define KMALLOC_MAX     8192

struct magazine {
	u32 busy, count; /* [owner CPU] */
	void *obj[MAG_MAX];
};

struct slab_cache {
	struct magazine *mag[MAX_CPUS]; /* [owner CPU] NULL until first used there */
	struct spinlock lock;
	u32 object; /* [const] bytes of an object */
	u32 size; /* [const] and of its slot: with what kernel/mm/memcheck.h adds */
	u16 per_slab, order; /* [const] */
	u32 mag_limit; /* [const] */
	struct list_head partial; /* [lock] */
	struct page *empty; /* [lock] one spare slab */
	struct list_head node; /* [caches_lock] */
	const char *name; /* [const] */
};

static struct slab_cache cache_cache, mag_cache, kmalloc_caches[KMALLOC_CLASSES];
static const char *const kmalloc_names[KMALLOC_CLASSES] = {
	"kmalloc-8",    "kmalloc-16",   "kmalloc-32",   "kmalloc-48",   "kmalloc-64",
	"kmalloc-96",   "kmalloc-128",  "kmalloc-192",  "kmalloc-256",  "kmalloc-384",
	"kmalloc-512",  "kmalloc-768",  "kmalloc-1024", "kmalloc-1536", "kmalloc-2048",
	"kmalloc-3072", "kmalloc-4096", "kmalloc-6144", "kmalloc-8192",
};
static struct spinlock caches_lock = SPINLOCK_INIT;
static LIST_HEAD(caches);

/* ---- slabs; cache->lock is held -------------------------------------------------------------- */
#ifdef CONFIG_DEBUG
static inline struct slab_trailer *trailer_of(const struct slab_cache *c, const void *obj)
{
	return (struct slab_trailer *)((char *)(unsigned long)obj + c->object);
}
#endif

/* Where a free object keeps the next one. */
static inline void **next_of(const struct slab_cache *c, void *obj)
{
#ifdef CONFIG_DEBUG
	return &trailer_of(c, obj)->next;
#else
	return obj;
#endif
}

static struct page *slab_head(const struct slab_cache *c, const void *obj)
{
	return pfn_to_page(page_to_pfn(virt_to_page(obj)) & ~((1UL << c->order) - 1));
}

/* Without the lock: a fresh slab with all objects chained. */
static struct page *slab_grow(struct slab_cache *c, unsigned flags)
{
	struct page *p = page_alloc(c->order, (flags & ALLOC_ATOMIC) | ALLOC_SLAB);

	if (!p)
		return NULL;

	char *base = page_to_virt(p);
	void *next = NULL;

	for (int i = c->per_slab - 1; i >= 0; i--) {
		void *obj = base + (size_t)i * c->size;

		slab_check_init(obj, c->object, c->size);
		*next_of(c, obj) = next;
		next = obj;
	}
	for (unsigned i = 0; i < 1u << c->order; i++) {
		p[i].flags = PG_SLAB;
		p[i].slab = c;
	}
	p->freelist = next;
	p->inuse = 0;
	return p;
}

static void slab_release(struct slab_cache *c, struct page *p)
{
	for (unsigned i = 0; i < 1u << c->order; i++)
		p[i].flags = 0;
	page_free(p, c->order);
}

static void *take_object(struct slab_cache *c)
{
	if (list_empty(&c->partial)) {
		if (!c->empty)
			return NULL;
		list_add(&c->empty->node, &c->partial);
		c->empty = NULL;
	}

	struct page *p = list_first(&c->partial, struct page, node);
	void *obj = p->freelist;

	p->freelist = *next_of(c, obj);
	if (++p->inuse == c->per_slab)
		list_del(&p->node);
	return obj;
}

static void give_object(struct slab_cache *c, void *obj)
{
	struct page *p = slab_head(c, obj);

	*next_of(c, obj) = p->freelist;
	p->freelist = obj;
	if (p->inuse-- == c->per_slab)
		list_add(&p->node, &c->partial);
	if (p->inuse)
		return;
	list_del(&p->node);
	if (c->empty)
		slab_release(c, p);
	else
		c->empty = p;
}

/* Up to n objects from the slabs into out[]; grows the cache when there are none at all. */
static u32 take_objects(struct slab_cache *c, void **out, u32 n, unsigned flags)
{
	u32 got = 0;

	for (;;) {
		unsigned long irq = spin_lock_irqsave(&c->lock);

		while (got < n && (out[got] = take_object(c)))
			got++;
		spin_unlock_irqrestore(&c->lock, irq);
		if (got)
			return got;

		struct page *p = slab_grow(c, flags);

		if (!p)
			return 0;
		irq = spin_lock_irqsave(&c->lock);
		list_add(&p->node, &c->partial);
		spin_unlock_irqrestore(&c->lock, irq);
	}
}

static void give_objects(struct slab_cache *c, void **objs, u32 n)
{
	unsigned long irq = spin_lock_irqsave(&c->lock);

	for (u32 i = 0; i < n; i++)
		give_object(c, objs[i]);
	spin_unlock_irqrestore(&c->lock, irq);
}

/* ---- magazines ------------------------------------------------------------------------------ */

/* First use on this CPU; preemption is off.  Without memory for it the cache works without. */
static __noinline struct magazine *mag_create(struct slab_cache *c)
{
	void *m;

	if (!c->mag_limit || !take_objects(&mag_cache, &m, 1, ALLOC_ATOMIC))
		return NULL;
	slab_check_alloc(mag_cache.name, m, mag_cache.object, mag_cache.object);
	memset(m, 0, sizeof(struct magazine));

	unsigned long irq = arch_irq_save();
	struct magazine **slot = &c->mag[CPU_READ(id)];

	if (*slot) { /* an interrupt was faster */
		slab_check_free(mag_cache.name, m, mag_cache.object);
		give_objects(&mag_cache, &m, 1);
	} else {
		*slot = m;
		slab_keep(m);
	}
	arch_irq_restore(irq);
	return *slot;
}

static __noinline void mag_refill(struct slab_cache *c, struct magazine *m, unsigned flags)
{
	m->count = take_objects(c, m->obj, DIV_ROUND_UP(c->mag_limit, 2), flags);
}

static __noinline void mag_drain(struct slab_cache *c, struct magazine *m, u32 n)
{
	give_objects(c, m->obj, n);
	m->count -= n;
	memmove(m->obj, m->obj + n, m->count * sizeof(m->obj[0]));
}

static __always_inline void *alloc_object(struct slab_cache *c, size_t size, unsigned flags)
{
	void *obj = NULL;

	if (alloc_should_fail())
		return NULL;
	preempt_disable();

	struct magazine *m = c->mag[CPU_READ(id)];

	if (unlikely(!m))
		m = mag_create(c);
	if (likely(m) && likely(!m->busy)) {
		m->busy = 1;
		barrier();
		if (unlikely(!m->count))
			mag_refill(c, m, flags);
		if (likely(m->count))
			obj = m->obj[--m->count];
		barrier();
		m->busy = 0;
	} else if (!take_objects(c, &obj, 1, flags)) {
		obj = NULL;
	}
	preempt_enable();
	if (unlikely(!obj))
		return NULL;
	slab_check_alloc(c->name, obj, c->object, (u32)size);
	if (flags & ALLOC_ZERO)
		memset(obj, 0, size);
	return obj;
}

void *slab_alloc(struct slab_cache *c, unsigned flags)
{
	return alloc_object(c, c->object, flags);
}

static __always_inline void free_object(struct slab_cache *c, void *obj)
{
	preempt_disable();

	struct magazine *m = c->mag[CPU_READ(id)];

	if (likely(m) && likely(!m->busy)) {
		m->busy = 1;
		barrier();
		if (unlikely(m->count >= c->mag_limit))
			mag_drain(c, m, DIV_ROUND_UP(c->mag_limit, 2));
		m->obj[m->count++] = obj;
		barrier();
		m->busy = 0;
	} else {
		give_objects(c, &obj, 1);
	}
	preempt_enable();
}

void slab_free(struct slab_cache *c, void *obj)
{
#ifdef CONFIG_DEBUG
	ASSERT(virt_to_page(obj)->slab == c);
	ASSERT(((char *)obj - (char *)page_to_virt(slab_head(c, obj))) % c->size == 0);
	slab_check_free(c->name, obj, c->object);
	quarantine_object(trailer_of(c, obj));
#else
	free_object(c, obj);
#endif
}

static void cache_shrink(struct slab_cache *c)
{
	preempt_disable();

	struct magazine *m = c->mag[CPU_READ(id)];

	if (m && !m->busy && m->count) {
		m->busy = 1;
		barrier();
		mag_drain(c, m, m->count);
		barrier();
		m->busy = 0;
	}
	preempt_enable();

	unsigned long irq = spin_lock_irqsave(&c->lock);

	if (c->empty)
		slab_release(c, c->empty);
	c->empty = NULL;
	spin_unlock_irqrestore(&c->lock, irq);
}

void slab_shrink(void)
{
	struct slab_cache *c;

	quarantine_drain_objects();

	unsigned long irq = spin_lock_irqsave(&caches_lock);

	list_for_each(c, &caches, node)
		cache_shrink(c);
	spin_unlock_irqrestore(&caches_lock, irq);
}

/* ---- caches --------------------------------------------------------------------------------- */
static void cache_init(struct slab_cache *c, const char *name, size_t size, size_t align)
{
	c->name = name;
	c->object = (u32)ALIGN_UP(max(size, sizeof(void *)), sizeof(void *));
	BUG_ON(c->object > KMALLOC_MAX);
	c->size = (u32)ALIGN_UP(c->object + SLAB_TRAILER, max(align, sizeof(void *)));
	while (c->order < 3 && (PAGE_SIZE << c->order) / c->size < (c->size > 4096 ? 2 : 4))
		c->order++;
	c->per_slab = (PAGE_SIZE << c->order) / c->size;
	c->mag_limit = c->size <= 256 ? MAG_MAX : c->size <= 1024 ? 12 : 4;
	spin_lock_init(&c->lock);
	list_init(&c->partial);

	unsigned long irq = spin_lock_irqsave(&caches_lock);

	list_add_tail(&c->node, &caches);
	spin_unlock_irqrestore(&caches_lock, irq);
}

struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align)
{
	struct slab_cache *c = slab_alloc(&cache_cache, ALLOC_ZERO | ALLOC_ATOMIC);

	if (!c)
		panic("too little memory for the object cache %s", name);
	cache_init(c, name, size, align);
	return c;
}

static size_t class_size(unsigned i)
{
	if (i < 3)
		return 8UL << i;
	return i % 2 ? 48UL << (i - 3) / 2 : 64UL << (i - 4) / 2;
}

static unsigned size_class(size_t size)
{
	if (size <= 32)
		return size <= 8 ? 0 : size <= 16 ? 1 : 2;

	unsigned log = 63 - __builtin_clzl(size - 1); /* 2^log < size <= 2^(log+1) */

	return 3 + (log - 5) * 2 + (size > (3UL << log) / 2);
}

void slab_init(void)
{
	cache_init(&mag_cache, "magazine", sizeof(struct magazine), 8);
	mag_cache.mag_limit = 0; /* its objects are the magazines */
	cache_init(&cache_cache, "cache", sizeof(struct slab_cache), 64);
	for (unsigned i = 0; i < KMALLOC_CLASSES; i++)
		cache_init(&kmalloc_caches[i], kmalloc_names[i], class_size(i), 8);
}

/* ---- kmalloc -------------------------------------------------------------------------------- */
void *kmalloc(size_t size, unsigned flags)
{
	if (likely(size <= KMALLOC_MAX))
		return alloc_object(&kmalloc_caches[size_class(size)], size, flags);
	if (size > PAGE_SIZE << PAGE_MAX_ORDER)
		return NULL;

	unsigned order = 64 - __builtin_clzl((size - 1) >> PAGE_SHIFT);
	struct page *p = page_alloc(order, flags);

	if (!p)
		return NULL;
	page_check_resize(p, size);
	return page_to_virt(p);
}

static size_t ksize(const void *p)
{
	const struct page *page = virt_to_page(p);

	return page->flags & PG_SLAB ? ((struct slab_cache *)page->slab)->object : PAGE_SIZE << page->order;
}

void kfree(const void *p)
{
	if (!p)
		return;

	struct page *page = virt_to_page(p);

	if (likely(page->flags & PG_SLAB)) {
		slab_free(page->slab, (void *)(unsigned long)p);
		return;
	}
	BUG_ON(!(page->flags & PG_HEAD));
	page_free(page, page->order);
}

void kfreep(void *pp)
{
	kfree(*(void **)pp);
}

/* Of the `old` bytes at p so many may be touched from now on. */
static inline void check_resize(void *p, size_t old, size_t size)
{
	if (virt_to_page(p)->flags & PG_SLAB)
		slab_check_resize(p, (u32)old, (u32)size);
	else
		page_check_resize(virt_to_page(p), size);
}

void *krealloc(void *p, size_t size, unsigned flags)
{
	if (!p)
		return kmalloc(size, flags);

	size_t old = ksize(p);

	if (size <= old) {
		check_resize(p, old, size);
		return p;
	}

	void *new = kmalloc(size, flags);

	if (!new)
		return NULL;
	check_resize(p, old, old);
	memcpy(new, p, old);
	kfree(p);
	return new;
}

char *kstrdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = kmalloc(n, 0);

	if (copy)
		memcpy(copy, s, n);
	return copy;
}

#ifdef CONFIG_DEBUG
void slab_free_now(struct slab_trailer *t)
{
	struct slab_cache *c = virt_to_page(t)->slab;

	free_object(c, (char *)t - c->object);
}

void slab_keep(const void *obj)
{
	if (virt_to_page(obj)->flags & PG_SLAB)
		trailer_of(virt_to_page(obj)->slab, obj)->epoch = EPOCH_KEPT;
}

struct slab_trailer *slab_find(unsigned long addr, const char **cache, void **obj)
{
	const struct slab_cache *c = virt_to_page((const void *)addr)->slab;
	char *base = page_to_virt(slab_head(c, (const void *)addr));

	*cache = c->name;
	*obj = base + min((addr - (unsigned long)base) / c->size, (unsigned long)c->per_slab - 1) * c->size;
	return trailer_of(c, *obj);
}

void slab_for_each_used(void (*fn)(const char *cache, const struct slab_trailer *t, const void *obj,
				   void *arg),
			void *arg)
{
	struct page *p = NULL;

	while ((p = page_next_carved(p))) {
		struct slab_cache *c = READ_ONCE(p->flags) & PG_SLAB ? p->slab : NULL;

		if (!c || p != slab_head(c, page_to_virt(p)))
			continue;
		for (u32 i = 0; i < c->per_slab; i++) {
			void *obj = (char *)page_to_virt(p) + (size_t)i * c->size;
			struct slab_trailer t = *trailer_of(c, obj); /* nobody else may touch the original */

			if (slab_object_used(&t))
				fn(c->name, &t, obj, arg);
		}
	}
}
#endif

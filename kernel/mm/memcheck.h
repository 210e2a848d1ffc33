/* SPDX-License-Identifier: MIT */
/*
 * What the debug kernel adds to every object of a slab and to every page (kernel/debug/memcheck.c): poison
 * while free, shade for the address sanitizer (kernel/base/asan.h) while free and behind, who allocated and
 * who freed it, a quarantine before it is used again (kernel/debug/quarantine.c), and allocations that fail
 * on request. Without CONFIG_DEBUG everything here is empty.
 */
#pragma once

#include "kernel/base/base.h"

struct page;
struct slab_cache;

#define TRACE_DEPTH 6

#ifdef CONFIG_DEBUG

struct slab_trailer { /* behind each object */
	void *next; /* [cache lock, or quarantine's] chain of free ones: the object stays poisoned */
	u32 state;
	u32 size; /* bytes asked for */
	u32 slot; /* [const] bytes from one object to the next */
	u32 epoch; /* memory_epoch at allocation */
	int tid; /* who allocated, or freed */
	unsigned long alloc[TRACE_DEPTH], free[TRACE_DEPTH]; /* return addresses */
};
void slab_keep(const void *obj); /* kernel/mm/slab.c: an object that is never freed is no leak */
void page_keep(struct page *p); /* the same of a page */
#define EPOCH_KEPT (~0u)
bool slab_object_used(const struct slab_trailer *t);
bool page_is_used(const struct page *p); /* first page of a block that is neither free nor a slab */
#define SLAB_TRAILER sizeof(struct slab_trailer)

/* Objects are `object` bytes long at the start of a slot. */
void slab_check_init(void *obj, u32 object, u32 slot); /* of a new slab */
void slab_check_alloc(const char *cache, void *obj, u32 object, u32 size); /* panics: written while free */
void slab_check_resize(void *obj, u32 object, u32 size);
void slab_check_free(const char *cache, void *obj, u32 object); /* panics: double free */
void page_check_alloc(struct page *p, unsigned order); /* panics: written while free */
void page_check_resize(struct page *p, size_t size); /* of its block only so many bytes may be touched */
void page_check_used(const struct page *p); /* panics: double free */
void page_check_free(struct page *p, unsigned order);
/* On the console: what addr, in the direct map, belongs to, who allocated and who freed that. */
void memory_describe(unsigned long addr);

/*
 * Takes in what is free, in any context.  What has been inside for the longest goes to slab_free_now() and
 * page_free_now() when there is too much.
 */
void quarantine_object(struct slab_trailer *t);
void quarantine_page(struct page *p, unsigned order);
void quarantine_drain_objects(void);
void quarantine_drain_pages(void);
u64 quarantine_page_count(void);
void slab_free_now(struct slab_trailer *t); /* kernel/mm/slab.c */
void page_free_now(struct page *p, unsigned order); /* kernel/mm/page.c */

/* The object whose slot addr is in, and its cache's name: kernel/mm/slab.c.  addr is in a slab. */
struct slab_trailer *slab_find(unsigned long addr, const char **cache, void **obj);

/* Should this allocation fail?  Only where a test asked for it (kernel/debug/fail.c). */
bool alloc_should_fail(void);
extern u32 memory_epoch; /* [atomic] see kernel/debug/leak.c */
/* Return addresses of the callers, from frame pointer `bp` on; zeros where the chain ends. */
void stack_save(unsigned long bp, unsigned long *out, unsigned n);

#else

#define SLAB_TRAILER 0
static inline void slab_check_init(void *obj, u32 object, u32 slot)
{
}
static inline void slab_check_alloc(const char *cache, void *obj, u32 object, u32 size)
{
}
static inline void slab_check_resize(void *obj, u32 object, u32 size)
{
}
static inline void slab_check_free(const char *cache, void *obj, u32 object)
{
}
static inline void page_check_alloc(struct page *p, unsigned order)
{
}
static inline void page_check_resize(struct page *p, size_t size)
{
}
static inline void page_check_used(const struct page *p)
{
}
static inline void page_check_free(struct page *p, unsigned order)
{
}
static inline void quarantine_drain_objects(void)
{
}
static inline void quarantine_drain_pages(void)
{
}
static inline u64 quarantine_page_count(void)
{
	return 0;
}
static inline void slab_keep(const void *obj)
{
}
static inline bool alloc_should_fail(void)
{
	return false;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the debug kernel adds to every object of a slab and to every page (kernel/debug/memcheck.c): poison
 * while free, a red zone behind, who allocated it, a quarantine before it is used again, and allocations
 * that fail on request. Without CONFIG_DEBUG everything here is empty.
 */
#pragma once

#include "kernel/base/base.h"

struct page;
struct slab_cache;

#define TRACE_DEPTH 6

#ifdef CONFIG_DEBUG

struct slab_trailer { /* behind each object */
	u64 red;
	void *next; /* [cache lock] free chain: the object itself stays poisoned */
	u32 state;
	u32 size; /* bytes asked for */
	u32 epoch; /* memory_epoch at allocation */
	int tid; /* who allocated, or freed */
	unsigned long alloc[TRACE_DEPTH], free[TRACE_DEPTH]; /* return addresses */
};
void slab_keep(const void *obj); /* kernel/mm/slab.c: an object that is never freed is no leak */
#define EPOCH_KEPT (~0u)
bool slab_object_used(const struct slab_trailer *t);
bool page_is_used(const struct page *p); /* first page of a block that is neither free nor a slab */
#define SLAB_TRAILER sizeof(struct slab_trailer)
#define QUARANTINE   64 /* objects per cache */

/* Objects are `object` bytes long at the start of a slot. */
void slab_check_init(const char *cache, void *obj, u32 object); /* new slab */
void slab_check_alloc(const char *cache, void *obj, u32 object, u32 size); /* panics: written while free */
void slab_check_resize(void *obj, u32 object, u32 size);
void slab_check_free(const char *cache, void *obj,
		     u32 object); /* panics: double free, red zone overwritten */
void page_check_alloc(struct page *p, unsigned order); /* panics: written while free */
void page_check_free(struct page *p, unsigned order); /* panics: double free */

/* Should this allocation fail?  Only where a test asked for it (kernel/debug/fail.c). */
bool alloc_should_fail(void);
extern u32 memory_epoch; /* [atomic] see kernel/debug/leak.c */
/* Return addresses of the callers, from frame pointer `bp` on; zeros where the chain ends. */
void stack_save(unsigned long bp, unsigned long *out, unsigned n);

#else

#define SLAB_TRAILER 0
static inline void slab_check_init(const char *cache, void *obj, u32 object)
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
static inline void page_check_free(struct page *p, unsigned order)
{
}
static inline void slab_keep(const void *obj)
{
}
static inline bool alloc_should_fail(void)
{
	return false;
}

#endif

/* SPDX-License-Identifier: MIT */
/* Object caches with per-CPU magazines, and kmalloc over size classes. */
#pragma once

#include "kernel/mm/page.h"

struct slab_cache;
/* Never fails (boot-time caches).  Objects are aligned to max(align, 8); ctor is not supported. */
struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align);
void *slab_alloc(struct slab_cache *c, unsigned flags) __must_check; /* NULL: no memory.  ALLOC_ZERO clears */
void slab_free(struct slab_cache *c, void *obj); /* any context */
void slab_shrink(void); /* gives this CPU's spare objects and empty slabs back; any context */

void *kmalloc(size_t size, unsigned flags) __must_check; /* physically contiguous; NULL: no memory */
static inline void *kzalloc(size_t size)
{
	return kmalloc(size, ALLOC_ZERO);
}
void kfree(const void *p); /* NULL is fine; any context */
void kfreep(void *pp); /* for __cleanup: pp points at the pointer */
char *kstrdup(const char *s) __must_check;
void *krealloc(void *p, size_t size, unsigned flags) __must_check;

/* Virtually contiguous memory with a guard page before and after it (kernel stacks, big tables). */
void *vmalloc(size_t size) __must_check; /* process context; contents undefined */
void vfree(void *p); /* any context: NULL is fine */

/* Kernel stacks of KSTACK_SIZE with a guard page below; freed ones are kept per CPU for the next fork. */
void *kstack_alloc(void) __must_check; /* lowest address; NULL: no memory; process context */
void kstack_free(void *stack); /* any context, but not the stack we run on */

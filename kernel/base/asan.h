/* SPDX-License-Identifier: MIT */
/*
 * The address sanitizer of the debug kernel.  Of every 8 bytes of the kernel's half one byte of shadow says
 * how many from the first on may be touched: 0 all, 1 to 7 so many, below 0 none.  The compiler checks each
 * access (-fsanitize=kernel-address) and shades stacks and globals; the allocators shade their memory
 * through what is here.  kernel/debug/asan.c has the checks, kernel/arch the shadow's pages.  Without
 * CONFIG_DEBUG nothing of this is left in the code.
 */
#pragma once

#include "kernel/base/base.h"

enum asan_shade { /* why nobody may touch the 8 bytes; those of the compilers are in asan.c */
		  SHADE_SLAB_RED = 0xe0, /* behind an object, up to the next one */
		  SHADE_SLAB_FREE = 0xe1,
		  SHADE_PAGE_RED = 0xe2, /* behind what was asked for, in the last page */
		  SHADE_PAGE_FREE = 0xe3,
		  SHADE_VMALLOC = 0xe4, /* no area, or its end */
};

#ifdef CONFIG_DEBUG

/* p is aligned to 8.  A block that is poisoned at its end only is first made free as a whole. */
void asan_poison(const void *p, size_t size, enum asan_shade shade);
void asan_unpoison(const void *p, size_t size); /* bytes behind the end in the last 8 become forbidden */
/* What the compiler cannot see, inline assembly for one, is checked here: a report panics. */
void asan_check_read(const void *p, size_t size);
void asan_check_write(void *p, size_t size);
/* Lets shadow be mapped for kernel addresses [start, end), which are forbidden so far; -ENOMEM; sleeps. */
int __must_check asan_cover(unsigned long start, unsigned long end);
/* Boot: the pages that asan_init() needs when RAM ends at `ram`; contiguous, they begin at `phys`. */
u64 asan_pages(u64 ram);
void asan_init(u64 phys, u64 ram);
void asan_stop(void); /* a report is about to be printed: from here on nothing is checked */
void asan_explain_fault(void); /* a general protection fault of the kernel is about to be reported */

#else

static inline void asan_poison(const void *p, size_t size, enum asan_shade shade)
{
}
static inline void asan_unpoison(const void *p, size_t size)
{
}
static inline void asan_check_read(const void *p, size_t size)
{
}
static inline void asan_check_write(void *p, size_t size)
{
}
static inline int asan_cover(unsigned long start, unsigned long end)
{
	return 0;
}
static inline u64 asan_pages(u64 ram)
{
	return 0;
}
static inline void asan_init(u64 phys, u64 ram)
{
}
static inline void asan_stop(void)
{
}
static inline void asan_explain_fault(void)
{
}

#endif

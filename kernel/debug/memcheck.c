// SPDX-License-Identifier: MIT
/*
 * Poison, shade and owners of memory.  What is free is forbidden to the address sanitizer and holds FREE_BYTE
 * throughout: who writes to it all the same, a device or a program that still has the page mapped, is found
 * when it is handed out again.  Of an object only the bytes that were asked for may be touched; the trailer
 * behind it is this file's and kernel/mm/slab.c's, which are not instrumented.  The reports say who allocated
 * and who freed it.
 */
#include "kernel/mm/memcheck.h"
#include "kernel/arch/arch.h"
#include "kernel/base/asan.h"
#include "kernel/base/ksym.h"
#include "kernel/base/printk.h"
#include "kernel/base/string.h"
#include "kernel/mm/page.h"
#include "kernel/sync/lockcheck.h"
#include "kernel/task/task.h"

#define FREE_BYTE  0x6b
#define FREE_WORD  0x6b6b6b6b6b6b6b6bUL
#define STATE_FREE 0x46524545u
#define STATE_USED 0x55534544u

enum { PAGE_UNKNOWN, PAGE_USED, PAGE_FREE }; /* page->check: never used yet */

u32 memory_epoch;

void stack_save(unsigned long bp, unsigned long *out, unsigned n)
{
	unsigned long low = current ? (unsigned long)current->kstack : 0, high = low + KSTACK_SIZE;

	for (unsigned i = 0; i < n; i++)
		out[i] = 0;
	while (n && low && bp >= low && bp <= high - 16 &&
	       !(bp & 7)) { /* the last one is the program's rbp */
		const unsigned long *frame = (const unsigned long *)bp;

		if (frame[1] < KERNEL_VMA)
			return;
		*out++ = frame[1];
		n--;
		if (frame[0] <= bp)
			return;
		bp = frame[0];
	}
}

static void print_trace(const char *what, const unsigned long *trace)
{
	char text[96];

	printk("%s\n", what);
	for (int i = 0; i < TRACE_DEPTH && trace[i]; i++) {
		ksym_format(trace[i], text, sizeof(text));
		printk("  %s\n", text);
	}
}

static void print_owners(const unsigned long *allocated, const unsigned long *freed)
{
	print_trace("allocated by", allocated);
	if (freed[0])
		print_trace("freed by", freed);
}

static void print_object(const char *cache, const void *obj, const struct slab_trailer *t)
{
	printk("object %p of %s, %u bytes, %s by task %d\n", obj, cache, t->size,
	       t->state == STATE_USED   ? "allocated"
	       : t->state == STATE_FREE ? "freed"
					: "its state overwritten,",
	       t->tid);
	print_owners(t->alloc, t->free);
}

static void __noreturn bad_object(const char *cache, const void *obj, const struct slab_trailer *t,
				  const char *what, long at)
{
	lock_check_stop();
	panic_mode_enter();
	printk("slab %s: object %p %s (offset %ld)\n", cache, obj, what, at);
	print_object(cache, obj, t);
	panic("slab %s: %s", cache, what);
}

static struct slab_trailer *trailer(void *obj, u32 object)
{
	return (struct slab_trailer *)((char *)obj + object);
}

/* Offset of the first byte that is not `byte`; size when there is none.  p is aligned to 8. */
static size_t first_other(const void *p, size_t size, u64 word)
{
	const u64 *w = p;
	size_t i = 0;

	for (; i + 8 <= size && w[i / 8] == word; i += 8)
		;
	for (; i < size && ((const u8 *)p)[i] == (u8)word; i++)
		;
	return i;
}

void slab_check_init(void *obj, u32 object, u32 slot)
{
	*trailer(obj, object) = (struct slab_trailer){ .state = STATE_FREE, .slot = slot };
	memset(obj, FREE_BYTE, object);
	asan_poison(obj, object, SHADE_SLAB_FREE);
	asan_poison((char *)obj + object, slot - object, SHADE_SLAB_RED);
}

void slab_check_alloc(const char *cache, void *obj, u32 object, u32 size)
{
	struct slab_trailer *t = trailer(obj, object);
	size_t at = first_other(obj, object, FREE_WORD);

	if (t->state != STATE_FREE)
		bad_object(cache, obj, t, "on the free list is not free", 0);
	if (at < object)
		bad_object(cache, obj, t, "was written after it was freed", (long)at);
	t->state = STATE_USED;
	t->epoch = READ_ONCE(memory_epoch);
	t->tid = current ? current->tid : 0;
	t->free[0] = 0;
	stack_save((unsigned long)__builtin_frame_address(0), t->alloc, TRACE_DEPTH);
	slab_check_resize(obj, object, size);
}

void slab_check_resize(void *obj, u32 object, u32 size)
{
	trailer(obj, object)->size = size;
	asan_poison(obj, object, SHADE_SLAB_RED);
	asan_unpoison(obj, size);
}

void slab_check_free(const char *cache, void *obj, u32 object)
{
	struct slab_trailer *t = trailer(obj, object);

	if (t->state == STATE_FREE)
		bad_object(cache, obj, t, "was freed twice", 0);
	if (t->state != STATE_USED)
		bad_object(cache, obj, t, "that is none was freed", 0);
	t->state = STATE_FREE;
	t->tid = current ? current->tid : 0;
	stack_save((unsigned long)__builtin_frame_address(0), t->free, TRACE_DEPTH);
	asan_unpoison(obj, object);
	memset(obj, FREE_BYTE, object);
	asan_poison(obj, object, SHADE_SLAB_FREE);
}

bool slab_object_used(const struct slab_trailer *t)
{
	return READ_ONCE(t->state) == STATE_USED && t->epoch != EPOCH_KEPT;
}

/* ---- pages ------------------------------------------------------------------------------------------ */

static void __noreturn bad_page(const struct page *p, const char *what, size_t at)
{
	lock_check_stop();
	panic_mode_enter();
	print_owners(p->trace, p->freed);
	panic("page %lx: %s (offset %lx)", (unsigned long)page_to_pfn(p), what, at);
}

void page_check_alloc(struct page *p, unsigned order)
{
	for (u32 i = 0; i < 1u << order; i++) {
		size_t at = p[i].check == PAGE_FREE ? first_other(page_to_virt(p + i), PAGE_SIZE, FREE_WORD)
						    : PAGE_SIZE;

		if (p[i].check == PAGE_USED)
			bad_page(p + i, "in use, yet handed out", 0);
		if (at < PAGE_SIZE)
			bad_page(p + i, "written after it was freed", at);
		p[i].check = PAGE_USED;
		p[i].trace[0] = p[i].freed[0] = 0;
	}
	p->epoch = READ_ONCE(memory_epoch);
	stack_save((unsigned long)__builtin_frame_address(0), p->trace, TRACE_DEPTH);
	asan_unpoison(page_to_virt(p), PAGE_SIZE << order);
}

void page_check_resize(struct page *p, size_t size)
{
	asan_poison(page_to_virt(p), PAGE_SIZE << p->order, SHADE_PAGE_RED);
	asan_unpoison(page_to_virt(p), size);
}

void page_check_used(const struct page *p)
{
	if (p->check == PAGE_FREE)
		bad_page(p, "freed twice", 0);
}

void page_check_free(struct page *p, unsigned order)
{
	unsigned long freed[TRACE_DEPTH];

	stack_save((unsigned long)__builtin_frame_address(0), freed, TRACE_DEPTH);
	asan_unpoison(page_to_virt(p), PAGE_SIZE << order);
	for (u32 i = 0; i < 1u << order; i++) {
		page_check_used(p + i);
		memset(page_to_virt(p + i), FREE_BYTE, PAGE_SIZE);
		p[i].check = PAGE_FREE;
		memcpy(p[i].freed, freed, sizeof(freed));
	}
	asan_poison(page_to_virt(p), PAGE_SIZE << order, SHADE_PAGE_FREE);
}

void page_keep(struct page *p)
{
	p->epoch = EPOCH_KEPT;
}

bool page_is_used(const struct page *p)
{
	return READ_ONCE(p->check) == PAGE_USED && p->epoch != EPOCH_KEPT && p->trace[0] &&
	       !(p->flags & (PG_SLAB | PG_BUDDY));
}

/* ---- for the address sanitizer ---------------------------------------------------------------------- */

/* addr is shaded: its page is carved. */
void memory_describe(unsigned long addr)
{
	const struct page *p = virt_to_page((const void *)addr);

	if (p->flags & PG_SLAB) {
		const char *cache;
		void *obj;
		const struct slab_trailer *t = slab_find(addr, &cache, &obj);

		printk("offset %ld of\n", (long)(addr - (unsigned long)obj));
		print_object(cache, obj, t);
		return;
	}
	printk("page %lx, offset %lx\n", (unsigned long)page_to_pfn(p), addr % PAGE_SIZE);
	print_owners(p->trace, p->freed);
}

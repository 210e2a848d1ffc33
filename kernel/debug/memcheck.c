// SPDX-License-Identifier: MIT
/*
 * Poison, red zones and owners of memory.  Free memory holds FREE_BYTE throughout; what was asked for less
 * than the object's size, and the trailer's first word, hold RED_BYTE.  A free object or page that was
 * written to is found when it is handed out again, an overrun when it is freed; the report says who
 * allocated and who freed it.
 */
#include "kernel/mm/memcheck.h"
#include "kernel/arch/arch.h"
#include "kernel/base/ksym.h"
#include "kernel/base/printk.h"
#include "kernel/base/string.h"
#include "kernel/mm/page.h"
#include "kernel/sync/lockcheck.h"
#include "kernel/task/task.h"

#define FREE_BYTE  0x6b
#define FREE_WORD  0x6b6b6b6b6b6b6b6bUL
#define RED_BYTE   0xbb
#define RED_WORD   0xbbbbbbbbbbbbbbbbUL
#define STATE_FREE 0x46524545u
#define STATE_USED 0x55534544u

enum { PAGE_UNKNOWN, PAGE_USED, PAGE_FREE }; /* page->check: never used yet */

u32 memory_epoch;

void stack_save(unsigned long bp, unsigned long *out, unsigned n)
{
	unsigned long low = current ? (unsigned long)current->kstack : 0, high = low + KSTACK_SIZE;

	memset(out, 0, n * sizeof(*out));
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

static void __noreturn bad_object(const char *cache, const void *obj, const struct slab_trailer *t,
				  const char *what, long at)
{
	lock_check_stop();
	panic_mode_enter();
	printk("slab %s: object %p of %u bytes %s (offset %ld), state %x, task %d\n", cache, obj, t->size,
	       what, at, t->state, t->tid);
	print_trace("allocated by", t->alloc);
	print_trace("freed by", t->free);
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

void slab_check_init(const char *cache, void *obj, u32 object)
{
	struct slab_trailer *t = trailer(obj, object);

	*t = (struct slab_trailer){ .red = RED_WORD, .state = STATE_FREE };
	memset(obj, FREE_BYTE, object);
}

void slab_check_alloc(const char *cache, void *obj, u32 object, u32 size)
{
	struct slab_trailer *t = trailer(obj, object);
	size_t at = first_other(obj, object, FREE_WORD);

	if (t->state != STATE_FREE || t->red != RED_WORD)
		bad_object(cache, obj, t, "on the free list is not free", 0);
	if (at < object)
		bad_object(cache, obj, t, "was written after it was freed", (long)at);
	t->state = STATE_USED;
	t->epoch = READ_ONCE(memory_epoch);
	t->tid = current ? current->tid : 0;
	stack_save((unsigned long)__builtin_frame_address(0), t->alloc, TRACE_DEPTH);
	slab_check_resize(obj, object, size);
}

void slab_check_resize(void *obj, u32 object, u32 size)
{
	trailer(obj, object)->size = size;
	memset((char *)obj + size, RED_BYTE, object - size);
}

void slab_check_free(const char *cache, void *obj, u32 object)
{
	struct slab_trailer *t = trailer(obj, object);

	if (t->state == STATE_FREE)
		bad_object(cache, obj, t, "was freed twice", 0);
	if (t->state != STATE_USED)
		bad_object(cache, obj, t, "that is none was freed", 0);
	if (t->red != RED_WORD)
		bad_object(cache, obj, t, "was written behind its end", object);
	for (u32 i = t->size; i < object; i++)
		if (((u8 *)obj)[i] != RED_BYTE)
			bad_object(cache, obj, t, "was written behind its end", i);
	t->state = STATE_FREE;
	t->tid = current ? current->tid : 0;
	stack_save((unsigned long)__builtin_frame_address(0), t->free, TRACE_DEPTH);
	memset(obj, FREE_BYTE, object);
}

bool slab_object_used(const struct slab_trailer *t)
{
	return READ_ONCE(t->state) == STATE_USED && t->epoch != EPOCH_KEPT;
}

/* ---- pages ------------------------------------------------------------------------------------------ */

void page_check_alloc(struct page *p, unsigned order)
{
	for (u32 i = 0; i < 1u << order; i++) {
		size_t at = p[i].check == PAGE_FREE ? first_other(page_to_virt(p + i), PAGE_SIZE, FREE_WORD)
						    : PAGE_SIZE;

		if (p[i].check == PAGE_USED || at < PAGE_SIZE) {
			lock_check_stop();
			panic_mode_enter();
			print_trace("last allocated by", p[i].trace);
			panic("page %lx: %s (offset %lx)", (unsigned long)page_to_pfn(p + i),
			      p[i].check == PAGE_USED ? "in use, yet handed out"
						      : "written after it was freed",
			      (unsigned long)at);
		}
		p[i].check = PAGE_USED;
		p[i].trace[0] = 0;
	}
	p->epoch = READ_ONCE(memory_epoch);
	stack_save((unsigned long)__builtin_frame_address(0), p->trace, TRACE_DEPTH);
}

void page_check_free(struct page *p, unsigned order)
{
	for (u32 i = 0; i < 1u << order; i++) {
		if (p[i].check == PAGE_FREE)
			panic("page %lx: freed twice", (unsigned long)page_to_pfn(p + i));
		memset(page_to_virt(p + i), FREE_BYTE, PAGE_SIZE);
		p[i].check = PAGE_FREE;
	}
}

bool page_is_used(const struct page *p)
{
	return READ_ONCE(p->check) == PAGE_USED && p->trace[0] && !(p->flags & (PG_SLAB | PG_BUDDY));
}

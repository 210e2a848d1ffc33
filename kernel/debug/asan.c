// SPDX-License-Identifier: MIT
/*
 * The address sanitizer: what instrumented code calls, the shades, and the report.  Interface: the calls
 * and data layouts that gcc 12 and clang 14 emit for -fsanitize=kernel-address (LLVM's AddressSanitizer
 * algorithm).
 *
 * A check reads the shadow and nothing else, so that it may run in any context.  No locks: the shadow of 8
 * bytes belongs to whom the bytes belong.  Nothing is checked before asan_init() and after asan_stop();
 * until then the shadow may hold anything.  This file is not instrumented itself.
 */
#include "kernel/base/asan.h"
#include "kernel/arch/arch.h"
#include "kernel/base/ksym.h"
#include "kernel/base/printk.h"
#include "kernel/base/string.h"
#include "kernel/mm/page.h"
#include "kernel/sync/lockcheck.h"
#include "kernel/task/task.h"

#define GRANULE 8UL

/* Shades of the compilers. */
#define SHADE_STACK_LEFT  0xf1
#define SHADE_STACK_MID   0xf2
#define SHADE_STACK_RIGHT 0xf3
#define SHADE_STACK_SCOPE 0xf8
#define SHADE_GLOBAL      0xf9
#define FRAME_MAGIC       0x41b58ab3UL /* first word of the left red zone; the second describes the frame */

struct asan_global {
	unsigned long start;
	size_t size, padded;
	const char *name, *file;
	unsigned long dynamic;
	const void *location, *odr;
};

static bool active; /* [atomic] */
static struct {
	const struct asan_global *global;
	size_t count;
} modules[512]; /* [const] after boot: one for each source file */
static u32 nr_modules;

extern void (*const ctors_start[])(void), (*const ctors_end[])(void); /* kernel.lds */
extern char kernel_start[], kernel_end[];

static __always_inline s8 *shadow(unsigned long addr)
{
	return (s8 *)((addr / GRANULE) + SHADOW_OFFSET);
}

/* ---- reports ---------------------------------------------------------------------------------------- */

static const char *kind_of(u8 shade)
{
	switch (shade) {
	case SHADE_SLAB_RED:
		return "slab out-of-bounds";
	case SHADE_PAGE_RED:
		return "page out-of-bounds";
	case SHADE_SLAB_FREE:
	case SHADE_PAGE_FREE:
		return "use-after-free";
	case SHADE_VMALLOC:
		return "vmalloc out-of-bounds";
	case SHADE_STACK_LEFT:
	case SHADE_STACK_MID:
	case SHADE_STACK_RIGHT:
		return "stack out-of-bounds";
	case SHADE_STACK_SCOPE:
		return "stack use-after-scope";
	case SHADE_GLOBAL:
		return "global out-of-bounds";
	default:
		return "wild";
	}
}

static void describe_global(unsigned long addr)
{
	for (u32 m = 0; m < nr_modules; m++) {
		for (size_t i = 0; i < modules[m].count; i++) {
			const struct asan_global *g = &modules[m].global[i];

			if (addr - g->start < g->padded)
				printk("%lu bytes behind the start of global %s of %lu bytes (%s)\n",
				       addr - g->start, g->name, g->size, g->file);
		}
	}
}

/* The description is "count {offset size name-length name}…", in decimal; a name may end in ":line". */
static void print_variables(const char *text, unsigned long frame)
{
	unsigned long number[3] = { 0 };

	while (*text && *text != ' ')
		text++;
	while (*text) {
		for (int i = 0; i < 3; i++) {
			for (number[i] = 0, text++; *text >= '0' && *text <= '9'; text++)
				number[i] = number[i] * 10 + (unsigned long)(*text - '0');
		}
		if (*text != ' ' || strnlen(text + 1, number[2]) < number[2])
			return;
		printk("  %.*s: [%lx, %lx)\n", (int)number[2], text + 1, frame + number[0],
		       frame + number[0] + number[1]);
		text += 1 + number[2];
	}
}

static void describe_stack(unsigned long addr, unsigned long low)
{
	unsigned long at = ALIGN_DOWN(addr, GRANULE);
	char text[96];

	while (at > low && *shadow(at) != (s8)SHADE_STACK_LEFT)
		at -= GRANULE;
	while (at > low && *shadow(at - GRANULE) == (s8)SHADE_STACK_LEFT)
		at -= GRANULE;

	const unsigned long *frame = (const unsigned long *)at;

	if (at <= low || frame[0] != FRAME_MAGIC)
		return;
	ksym_format(frame[2], text, sizeof(text));
	printk("in the frame of %s, with\n", text);
	print_variables((const char *)frame[1], at);
}

static void describe(unsigned long addr)
{
	const struct task *t = current;
	unsigned long stack = t ? (unsigned long)t->kstack : 0;

	if (stack && addr - stack < KSTACK_SIZE)
		describe_stack(addr, stack);
	else if (addr >= (unsigned long)kernel_start && addr < (unsigned long)kernel_end)
		describe_global(addr);
	else if (addr >= DIRECT_MAP && addr < VMALLOC_START)
		memory_describe(addr);
}

static void print_shadow(unsigned long addr)
{
	unsigned long first = ALIGN_DOWN(addr, 16 * GRANULE) - 16 * GRANULE;

	for (int row = 0; row < 3; row++, first += 16 * GRANULE) {
		printk("%c %lx:", addr - first < 16 * GRANULE ? '>' : ' ', first);
		for (int i = 0; i < 16; i++)
			printk(" %02x", (u8)*shadow(first + (unsigned long)i * GRANULE));
		printk("\n");
	}
}

/* addr is the first byte of the access that may not be touched. */
static __noinline __cold void report(unsigned long addr, size_t size, bool write, unsigned long ip)
{
	s8 shade = *shadow(addr);
	char where[96];

	if (!atomic_xchg(&active, false)) /* another CPU's report is on its way */
		return;
	lock_check_stop();
	panic_mode_enter();
	if (shade > 0) /* the bytes behind a part: the next 8 tell why */
		shade = *shadow(addr + GRANULE);
	ksym_format(ip, where, sizeof(where));
	printk("BUG: address sanitizer: %s %s of %lu at %lx in %s by task %d (%s)\n", kind_of((u8)shade),
	       write ? "write" : "read", size, addr, where, current ? current->tid : 0,
	       current ? current->comm : "");
	describe(addr);
	print_shadow(addr);
	panic("address sanitizer: %s %s of %lu in %s", kind_of((u8)shade), write ? "write" : "read", size,
	      where);
}

/* ---- checks ----------------------------------------------------------------------------------------- */

/* The first byte of [addr, addr + size) that may not be touched; 0 when all may. */
static unsigned long first_bad(unsigned long addr, size_t size)
{
	unsigned long end = addr + size;

	while (addr < end) {
		unsigned long base = ALIGN_DOWN(addr, GRANULE), next = base + GRANULE;
		s8 s = *shadow(base);

		if (!s && IS_ALIGNED(next, GRANULE * GRANULE)) { /* eight at a time */
			while (next + GRANULE * GRANULE <= end && !*(const u64 *)shadow(next))
				next += GRANULE * GRANULE;
		} else if (s) {
			unsigned long stop = s < 0 ? base : base + (unsigned long)s;

			if (stop < min(next, end))
				return max(stop, addr);
		}
		addr = next;
	}
	return 0;
}

/* Addresses below the kernel's half have no shadow, and are no business of the kernel's: they fault. */
static void check(unsigned long addr, size_t size, bool write, unsigned long ip)
{
	unsigned long bad;

	if (!READ_ONCE(active) || (long)addr >= 0)
		return;
	bad = first_bad(addr, size);
	if (bad)
		report(bad, size, write, ip);
}

#define RETURN_IP (unsigned long)__builtin_return_address(0)

void asan_check_read(const void *p, size_t size)
{
	check((unsigned long)p, size, false, RETURN_IP);
}

void asan_check_write(void *p, size_t size)
{
	check((unsigned long)p, size, true, RETURN_IP);
}

/* Instrumented code looks at the shadow itself, and calls where that is not 0 all over. */
#define REPORTS(size)                                                \
	void __asan_report_load##size##_noabort(unsigned long);      \
	void __asan_report_load##size##_noabort(unsigned long addr)  \
	{                                                            \
		check(addr, size, false, RETURN_IP);                 \
	}                                                            \
	void __asan_report_store##size##_noabort(unsigned long);     \
	void __asan_report_store##size##_noabort(unsigned long addr) \
	{                                                            \
		check(addr, size, true, RETURN_IP);                  \
	}

REPORTS(1)
REPORTS(2)
REPORTS(4)
REPORTS(8)
REPORTS(16)

void __asan_report_load_n_noabort(unsigned long addr, size_t size);
void __asan_report_load_n_noabort(unsigned long addr, size_t size)
{
	check(addr, size, false, RETURN_IP);
}

void __asan_report_store_n_noabort(unsigned long addr, size_t size);
void __asan_report_store_n_noabort(unsigned long addr, size_t size)
{
	check(addr, size, true, RETURN_IP);
}

void asan_explain_fault(void)
{
	printk("Perhaps a NULL or user pointer: their shadow would be at addresses that are not "
	       "canonical.\n");
}

/* ---- shades ----------------------------------------------------------------------------------------- */

static void fill(unsigned long addr, size_t size, u8 value)
{
	s8 *s = shadow(addr);
	size_t n = DIV_ROUND_UP(size, GRANULE), words = n / 8;
	u64 word = 0x0101010101010101UL * value;

	n %= 8;
	__asm__ volatile("rep stosq" : "+D"(s), "+c"(words) : "a"(word) : "memory");
	__asm__ volatile("rep stosb" : "+D"(s), "+c"(n) : "a"(word) : "memory");
}

void asan_poison(const void *p, size_t size, enum asan_shade shade)
{
	fill((unsigned long)p, size, shade);
}

void asan_unpoison(const void *p, size_t size)
{
	unsigned long addr = (unsigned long)p;

	fill(addr, ALIGN_DOWN(size, GRANULE), 0);
	if (size % GRANULE)
		*shadow(addr + size) = size % GRANULE;
}

/* What leaves a scope and what enters it: variables larger than the compilers shade in line. */
void __asan_poison_stack_memory(unsigned long addr, size_t size);
void __asan_poison_stack_memory(unsigned long addr, size_t size)
{
	fill(addr, size, SHADE_STACK_SCOPE);
}

void __asan_unpoison_stack_memory(unsigned long addr, size_t size);
void __asan_unpoison_stack_memory(unsigned long addr, size_t size)
{
	asan_unpoison((const void *)addr, size);
}

/* clang's, for the red zones of large frames: addr is in the shadow. */
#define SET_SHADOW(name, value)                                                                 \
	void __asan_set_shadow_##name(unsigned long addr, size_t size);                         \
	void __asan_set_shadow_##name(unsigned long addr, size_t size)                          \
	{                                                                                       \
		__asm__ volatile("rep stosb" : "+D"(addr), "+c"(size) : "a"(value) : "memory"); \
	}

SET_SHADOW(00, 0)
SET_SHADOW(f1, SHADE_STACK_LEFT)
SET_SHADOW(f2, SHADE_STACK_MID)
SET_SHADOW(f3, SHADE_STACK_RIGHT)
SET_SHADOW(f5, 0xf5)
SET_SHADOW(f8, SHADE_STACK_SCOPE)

/* Before a call that does not return: the stack is not used again before it is freed. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
}

void __asan_register_globals(const struct asan_global *globals, size_t count);
void __asan_register_globals(const struct asan_global *globals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct asan_global *g = &globals[i];
		size_t used = ALIGN_UP(g->size, GRANULE);

		fill(g->start + used, g->padded - used, SHADE_GLOBAL);
		if (g->size % GRANULE)
			*shadow(g->start + g->size) = g->size % GRANULE;
	}
	if (nr_modules < ARRAY_SIZE(modules)) {
		modules[nr_modules].global = globals;
		modules[nr_modules++].count = count;
	}
}

void __asan_unregister_globals(const struct asan_global *globals, size_t count);
void __asan_unregister_globals(const struct asan_global *globals, size_t count)
{
}

/* ---- boot ------------------------------------------------------------------------------------------- */

int asan_cover(unsigned long start, unsigned long end)
{
	return arch_shadow_map((unsigned long)shadow(start), (unsigned long)shadow(end), SHADE_VMALLOC);
}

/* The shadow, and for each part of it what it takes to map it. */
u64 asan_pages(u64 ram)
{
	u64 pages = DIV_ROUND_UP(ram + (u64)(kernel_end - kernel_start), PAGE_SIZE * GRANULE) + 2;

	return pages + pages / 512 + pages / (512 * 512) + 16;
}

void asan_init(u64 phys, u64 ram)
{
	unsigned long image = (unsigned long)shadow((unsigned long)kernel_start);
	unsigned long direct = (unsigned long)shadow(DIRECT_MAP);
	int err;

	arch_shadow_give(phys, phys + asan_pages(ram) * PAGE_SIZE);
	err = arch_shadow_map(image, (unsigned long)shadow((unsigned long)kernel_end), 0);
	if (!err)
		err = arch_shadow_map(direct, direct + ram / GRANULE, 0);
	if (!err) /* address spaces copy the top level: its entry must be there before the first one is */
		err = asan_cover(VMALLOC_START, VMALLOC_START + 1);
	if (err)
		panic("address sanitizer: no memory for the shadow");
	arch_shadow_seal();
	for (void (*const *ctor)(void) = ctors_start; ctor < ctors_end; ctor++)
		(*ctor)();
	atomic_store(&active, true);
}

void asan_stop(void)
{
	atomic_store(&active, false);
}

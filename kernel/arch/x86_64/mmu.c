// SPDX-License-Identifier: MIT
/*
 * Page tables.  The kernel half is the same in every address space: init_pgd is the master, new top
 * levels copy its upper 256 entries.  The image is mapped by 4 KiB pages (text read-only, data not
 * executable), and the direct map uses the same lowest-level tables for that range, so that no writable
 * alias of the text exists.
 *
 * A user table is on am->tables, newest first, and knows the entry that points at it (page->private).  So
 * the end of an address space looks at no table: when the turn of one comes it has no entry left, for
 * kernel/mm cleared the lowest ones, and newer tables, among them all that hung below this one, their
 * parents'. It is given, clean as it is, to the next address space.
 *
 * Locks: user tables are guarded by mm->pt_lock (kernel/mm holds it); kernel tables by kernel_map_lock.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/mmu.h"
#include "kernel/arch/x86_64/shadow.h"
#include "kernel/base/list.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/mm/mm.h"

#define TABLE_FLAGS  (PTE_P | PTE_W | PTE_A)
#define USER_TABLE   (TABLE_FLAGS | PTE_U)
#define PTRS         512
#define PMD_SIZE     (1UL << 21)
#define PUD_SIZE     (1UL << 30)
#define VMALLOC_SLOT ((VMALLOC_START >> 39) & 511)

static struct spinlock kernel_map_lock = SPINLOCK_INIT;
u64 direct_map_end; /* [const] physical end of the highest range in the direct map */
static u64 next_ctx_id = 1; /* [atomic] */

static unsigned slot_of(unsigned long va, int level) /* level 0: lowest */
{
	return va >> (12 + 9 * level) & 511;
}

/* ---- boot ---- */

static u64 nx(void)
{
	return cpu_has.nx ? PTE_NX : 0;
}

static u64 *boot_table(u64 *bump)
{
	u64 *t = (u64 *)(*bump + KERNEL_VMA);

	*bump += PAGE_SIZE;
	arch_clear_page(t);
	return t;
}

/* The table behind *slot, in memory below 1 GiB. */
static u64 *boot_descend(u64 *slot, u64 *bump)
{
	if (!(*slot & PTE_P))
		*slot = virt_to_phys(boot_table(bump)) | TABLE_FLAGS;
	return (u64 *)(arch_pte_phys(*slot) + KERNEL_VMA);
}

u64 mmu_build_pages(const struct boot_range *map, int nr)
{
	u64 pages = 6 + virt_to_phys(kernel_end) / PMD_SIZE;

	for (int i = 0; i < nr; i++)
		pages += 3 + (map[i].end - map[i].start) / PUD_SIZE + (map[i].end >> 39) -
			 (map[i].start >> 39);
	return pages;
}

static void map_direct(u64 start, u64 end, u64 *bump)
{
	u64 flags = PTE_P | PTE_W | PTE_A | PTE_D | PTE_PS | (cpu_has.pge ? PTE_G : 0) | nx();

	start = ALIGN_DOWN(start, PMD_SIZE);
	end = ALIGN_UP(end, PMD_SIZE);
	direct_map_end = max(direct_map_end, end);
	for (u64 pa = start; pa < end;) {
		unsigned long va = pa + DIRECT_MAP;
		u64 *pdpt = boot_descend(&init_pgd[slot_of(va, 3)], bump);
		u64 *pud = &pdpt[slot_of(va, 2)];

		if (*pud & PTE_PS) {
			pa = ALIGN_DOWN(pa, PUD_SIZE) + PUD_SIZE;
			continue;
		}
		if (cpu_has.gbpages && IS_ALIGNED(pa, PUD_SIZE) && pa + PUD_SIZE <= end && !*pud) {
			*pud = pa | flags;
			pa += PUD_SIZE;
			continue;
		}

		u64 *pd = boot_descend(pud, bump);
		u64 stop = min(end, ALIGN_DOWN(pa, PUD_SIZE) + PUD_SIZE);

		for (; pa < stop; pa += PMD_SIZE)
			if (!pd[slot_of(pa, 1)])
				pd[slot_of(pa, 1)] = pa | flags;
	}
}

static u64 image_flags(unsigned long va)
{
	u64 f = PTE_P | PTE_A | PTE_D | (cpu_has.pge ? PTE_G : 0);

	if (va >= (unsigned long)kernel_start && va < (unsigned long)text_end)
		return f;
	if (va == (unsigned long)boot_stack - PAGE_SIZE)
		return 0;
	if ((va >= (unsigned long)rodata_start && va < (unsigned long)rodata_end) ||
	    (va >= (unsigned long)data_end && va < (unsigned long)kernel_end))
		return f | nx();
	return f | PTE_W | nx();
}

void mmu_build(u64 *bump, const struct boot_range *map, int nr)
{
	u64 *pdpt = boot_descend(&init_pgd[511], bump);
	u64 *pd = boot_descend(&pdpt[510], bump);
	u64 *low_pdpt = boot_descend(&init_pgd[slot_of(DIRECT_MAP, 3)], bump);
	u64 *low_pd = boot_descend(&low_pdpt[0], bump);

	for (u64 pa = 0; pa < virt_to_phys(kernel_end); pa += PMD_SIZE) {
		u64 *pt = boot_descend(&pd[slot_of(pa, 1)], bump);

		for (int i = 0; i < PTRS; i++) {
			u64 f = image_flags(KERNEL_VMA + pa + i * PAGE_SIZE);

			pt[i] = f ? (pa + i * PAGE_SIZE) | f : 0;
		}
		low_pd[slot_of(pa, 1)] = virt_to_phys(pt) | TABLE_FLAGS | nx();
	}
	boot_descend(&pd[slot_of(FIX_BASE, 1)], bump);
	boot_descend(&init_pgd[VMALLOC_SLOT], bump);
	for (int i = 0; i < nr; i++)
		map_direct(map[i].start, map[i].end, bump);
	shadow_inherit();
	write_cr3(virt_to_phys(init_pgd));
}

bool phys_is_mapped(u64 phys, u64 size)
{
	u64 end = phys + size;

	for (; phys < end; phys = ALIGN_DOWN(phys, PMD_SIZE) + PMD_SIZE) {
		unsigned long va = phys + DIRECT_MAP;
		u64 e = phys < direct_map_end ? init_pgd[slot_of(va, 3)] : 0;

		for (int level = 2; level >= 1 && e & PTE_P && !(e & PTE_PS); level--)
			e = ((u64 *)phys_to_virt(arch_pte_phys(e)))[slot_of(va, level)];
		if (!(e & PTE_P))
			return false;
	}
	return true;
}

/* ---- walking ---- */

static u64 *table_alloc(unsigned flags)
{
	struct page *p = page_alloc(0, flags);

	if (!p)
		return NULL;
	p->flags |= PG_TABLE;
	return page_to_virt(p);
}

static void table_free(u64 *table)
{
	struct page *p = virt_to_page(table);

	p->flags &= ~(u32)PG_TABLE;
	page_put(p);
}

/* Preemption is off for both: the stack is this CPU's. */
static u64 *clean_take(struct clean_tables *c)
{
	return c->nr ? c->table[--c->nr] : NULL;
}

static bool clean_give(struct clean_tables *c, u64 *table)
{
	if (c->nr == ARRAY_SIZE(c->table))
		return false;
	c->table[c->nr++] = table;
	return true;
}

/* An empty table for the entry *slot of am. */
static u64 *user_table_alloc(struct arch_mm *am, u64 *slot)
{
	u64 *t;

	preempt_disable();
	t = clean_take(&this_cpu()->arch->lower);
	preempt_enable();
	if (!t)
		t = table_alloc(ALLOC_ZERO);
	if (t) {
		struct page *p = virt_to_page(t);

		p->private = (u64)slot;
		list_add(&p->node, &am->tables);
	}
	return t;
}

/* A table without entries, off the list. */
static void user_table_free(u64 *table)
{
	bool kept;

	for (int i = 0; i < PTRS; i++)
		ASSERT(!table[i]);
	preempt_disable();
	kept = clean_give(&this_cpu()->arch->lower, table);
	preempt_enable();
	if (!kept)
		table_free(table);
}

static u64 *table_of(u64 entry)
{
	return phys_to_virt(arch_pte_phys(entry));
}

/* Slot of va in the table of `level`, NULL when a table above it is not there. */
static inline u64 *walk(u64 *table, unsigned long va, int level)
{
	for (int l = 3; l > level; l--) {
		u64 e = READ_ONCE(table[slot_of(va, l)]);

		if (unlikely((e & (PTE_P | PTE_PS)) != PTE_P))
			return NULL;
		table = table_of(e);
	}
	return &table[slot_of(va, level)];
}

/* The same, making the tables that are missing: of am, or with NULL of the kernel. */
static __noinline u64 *walk_alloc(struct arch_mm *am, u64 *table, unsigned long va, int level)
{
	for (int l = 3; l > level; l--) {
		u64 *slot = &table[slot_of(va, l)];

		if (!(*slot & PTE_P)) {
			u64 *t = am ? user_table_alloc(am, slot) : table_alloc(ALLOC_ZERO);

			if (!t)
				return NULL;
			atomic_store(slot, virt_to_phys(t) | (am ? USER_TABLE : TABLE_FLAGS));
		} else if (*slot & PTE_PS) {
			return NULL;
		}
		table = table_of(*slot);
	}
	return &table[slot_of(va, level)];
}

pte_t *arch_pte_walk(struct arch_mm *am, unsigned long va, bool alloc)
{
	pte_t *pte = walk(am->pgd, va, 0);

	return likely(pte) || !alloc ? pte : walk_alloc(am, am->pgd, va, 0);
}

pte_t *arch_pmd_walk(struct arch_mm *am, unsigned long va, bool alloc)
{
	pte_t *pmd = walk(am->pgd, va, 1);

	return likely(pmd) || !alloc ? pmd : walk_alloc(am, am->pgd, va, 1);
}

static u64 prot_bits(unsigned prot)
{
	u64 f = PTE_P | PTE_A;

	if (prot & PROT_PTE_WRITE)
		f |= PTE_W;
	if (prot & PROT_PTE_USER)
		f |= PTE_U;
	if (prot & PROT_PTE_NOCACHE)
		f |= PTE_PCD | PTE_PWT;
	return prot & PROT_PTE_EXEC ? f : f | nx();
}

pte_t arch_pte_make(u64 phys, unsigned prot)
{
	return phys | prot_bits(prot);
}

/* ---- address spaces ---- */

int arch_mm_init(struct arch_mm *am)
{
	u64 *pgd;

	preempt_disable();
	pgd = clean_take(&this_cpu()->arch->top);
	preempt_enable();
	if (!pgd) {
		pgd = table_alloc(0);
		if (!pgd)
			return -ENOMEM;
		memset(pgd, 0, PAGE_SIZE / 2);
		memcpy(pgd + 256, init_pgd + 256, PAGE_SIZE / 2);
	}
	*am = (struct arch_mm){ .pgd = pgd,
				.ctx_id = __atomic_fetch_add(&next_ctx_id, 1, __ATOMIC_RELAXED),
				.tlb_gen = 1 };
	list_init(&am->tables);
	return 0;
}

void arch_mm_destroy(struct arch_mm *am)
{
	struct page *p, *tmp;
	bool kept;

	if (!am->pgd)
		return;
	tlb_forget(am);
	list_for_each_safe(p, tmp, &am->tables, node) {
		*(u64 *)p->private = 0;
		user_table_free(page_to_virt(p));
	}
	preempt_disable();
	kept = clean_give(&this_cpu()->arch->top, am->pgd);
	preempt_enable();
	if (!kept)
		table_free(am->pgd);
	am->pgd = NULL;
}

/* Unhooks what lies wholly inside [start, end) below `table`; the pages are chained through `freed`. */
static void unhook(u64 *table, int level, unsigned long base, unsigned long start, unsigned long end,
		   struct list_head *freed)
{
	unsigned long size = 1UL << (12 + 9 * level);
	unsigned first = start > base ? slot_of(start, level) : 0;

	for (unsigned i = first; i < PTRS && base + i * size < end; i++) {
		unsigned long va = base + i * size;
		u64 e = table[i];

		if (!(e & PTE_P) || e & PTE_PS)
			continue;
		if (level > 1)
			unhook(table_of(e), level - 1, va, start, end, freed);
		if (va >= start && va + size <= end) {
			table[i] = 0;
			list_del(&virt_to_page(table_of(e))->node);
			list_add(&virt_to_page(table_of(e))->node, freed);
		}
	}
}

void arch_free_tables(struct arch_mm *am, unsigned long start, unsigned long end)
{
	LIST_HEAD(freed);
	struct page *p, *tmp;

	end = min(end, (unsigned long)USER_TOP + PAGE_SIZE);
	unhook(am->pgd, 3, 0, start, end, &freed);
	if (list_empty(&freed))
		return;
	/* The CPUs' walkers may hold the old tables in their paging-structure caches. */
	arch_tlb_flush(container_of(am, struct mm, arch), 0, ~0UL);
	list_for_each_safe(p, tmp, &freed, node)
		user_table_free(page_to_virt(p));
}

/* ---- kernel mappings ---- */

int arch_kernel_map(unsigned long va, u64 phys, unsigned prot)
{
	spin_lock(&kernel_map_lock);

	u64 *pte = walk_alloc(NULL, init_pgd, va, 0);

	if (pte)
		atomic_store(pte, phys | prot_bits(prot & ~(unsigned)PROT_PTE_USER) | PTE_D |
					  (cpu_has.pge ? PTE_G : 0));
	spin_unlock(&kernel_map_lock);
	return pte ? 0 : -ENOMEM;
}

void arch_kernel_unmap(unsigned long va)
{
	u64 *pte = walk(init_pgd, va, 0);

	if (!pte || !*pte)
		return;
	atomic_store(pte, 0);
	tlb_flush_kernel(va);
}

/* A top-level entry of the kernel half that was made after this address space: copied on the first fault. */
bool mmu_sync_kernel(unsigned long va)
{
	u64 *pgd = phys_to_virt(read_cr3() & PTE_ADDR);
	unsigned i = slot_of(va, 3);

	if (i < 256 || pgd[i] & PTE_P || !(init_pgd[i] & PTE_P))
		return false;
	atomic_store(&pgd[i], init_pgd[i]);
	return true;
}

void *fixmap_map(enum fixmap slot, u64 phys)
{
	unsigned long va = FIX_BASE + (unsigned long)slot * PAGE_SIZE;
	u64 *pte = walk(init_pgd, va, 0);

	*pte = (phys & PAGE_MASK) | prot_bits(PROT_PTE_READ | PROT_PTE_WRITE | PROT_PTE_NOCACHE) | PTE_D;
	invlpg(va);
	return (void *)(va + (phys & ~PAGE_MASK));
}

#ifdef CONFIG_DEBUG
void arch_trim(void)
{
	u64 *t;

	preempt_disable();
	while ((t = clean_take(&this_cpu()->arch->lower)) || (t = clean_take(&this_cpu()->arch->top)))
		table_free(t);
	preempt_enable();
}
#endif

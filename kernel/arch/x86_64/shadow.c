// SPDX-License-Identifier: MIT
/*
 * The pages of the address sanitizer's shadow.  boot.S maps all of it to one page, through one table per
 * level, before the first C function runs: nothing is checked yet, and what the prologues write there does
 * not matter.  Then RAM, the image and, as they are made, vmalloc areas get pages of their own; the rest
 * stays with the shared page, which reads as 0 ("may be touched": the machine's own fault comes next) and
 * is write-protected.
 *
 * Tables and pages of the shadow are never given back.  Not instrumented: it works on what the checks read.
 */
#include "kernel/arch/x86_64/shadow.h"
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/mmu.h"
#include "kernel/base/string.h"
#include "kernel/mm/page.h"

extern u64 shadow_pdpt[512], shadow_pd[512], shadow_pt[512]; /* boot.S: the shared tables, */
extern u8 shadow_page[PAGE_SIZE]; /* and the page */

static u64 *const shared[] = { (u64 *)shadow_page, shadow_pt, shadow_pd, shadow_pdpt }; /* by level */
static u64 next_page, end_page; /* [const] after boot */

void shadow_inherit(void)
{
	for (int i = SHADOW_FIRST; i < SHADOW_FIRST + SHADOW_COUNT; i++)
		init_pgd[i] = early_pgd[i];
}

void arch_shadow_give(u64 phys, u64 end)
{
	next_page = phys;
	end_page = end;
}

static u64 take_page(void)
{
	u64 phys = next_page;

	if (phys < end_page) {
		next_page += PAGE_SIZE;
		return phys;
	}

	struct page *p = page_alloc(0, 0);

	if (!p)
		return 0;
	page_keep(p);
	return page_to_phys(p);
}

/*
 * What *slot leads to, a table of level - 1 or a page; in place of a shared one it gets its own copy.
 * NULL: no memory.
 */
static void *own(u64 *slot, int level, bool *fresh)
{
	u64 phys = arch_pte_phys(*slot);

	*fresh = phys == virt_to_phys(shared[level]);
	if (*fresh) {
		phys = take_page();
		if (!phys)
			return NULL;
		arch_copy_page(phys_to_virt(phys), shared[level]);
		atomic_store(slot,
			     phys | PTE_P | PTE_W | PTE_A | PTE_D | (level || !cpu_has.nx ? 0 : PTE_NX));
	}
	return phys_to_virt(phys);
}

static int map_page(unsigned long va, u8 fill)
{
	u64 *table = init_pgd;
	bool fresh = false;

	for (int level = 3; level >= 0; level--) {
		table = own(&table[va >> (12 + 9 * level) & 511], level, &fresh);
		if (!table)
			return -ENOMEM;
	}
	/*
	 * No TLB holds the shared page for va: nobody has touched what is shaded here (boot: see
	 * arch_shadow_seal).
	 */
	if (fresh)
		memset(table, fill, PAGE_SIZE);
	return 0;
}

int arch_shadow_map(unsigned long start, unsigned long end, u8 fill)
{
	for (unsigned long va = start & PAGE_MASK; va < end; va += PAGE_SIZE)
		if (map_page(va, fill))
			return -ENOMEM;
	return 0;
}

void arch_shadow_seal(void)
{
	memset(shadow_page, 0, PAGE_SIZE);
	for (int i = 0; i < 512; i++)
		shadow_pt[i] &= ~PTE_W;
	write_cr3(read_cr3());
}

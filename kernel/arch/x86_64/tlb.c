// SPDX-License-Identifier: MIT
/*
 * Which address space a CPU has loaded, and getting rid of stale translations.
 *
 * am->cpu_mask holds the CPUs that have am in CR3; only those get shoot-down interrupts.  Others may
 * still hold entries under a PCID of theirs: am->tlb_gen counts the flushes, each CPU remembers per PCID
 * how far it has come, and catches up when it loads am again.
 *
 * Lazy: a CPU that runs a kernel thread keeps the last user tables.  When a shoot-down reaches it there it
 * drops them (loads init_pgd) and is left alone from then on; arch_switch() notices.
 *
 * Lock-free: the order is "set cpu_mask bit, read tlb_gen, load CR3" against "change the table, bump
 * tlb_gen, read cpu_mask".  loaded_* and asid[] belong to their CPU with interrupts off.
 */
#include "kernel/arch/x86_64/internal.h"
#include "kernel/arch/x86_64/mmu.h"
#include "kernel/mm/mm.h"
#include "kernel/task/task.h"

#define CR3_NOFLUSH   BIT(63)
#define FLUSH_CEILING 33 /* pages; more are cheaper by flushing all (Linux's tlb_single_page_flush_ceiling) */

struct flush {
	struct arch_mm *am;
	unsigned long start, end;
	u64 gen;
};

/* PCID 0 is the kernel's own; slot i has PCID i + 1. */
static u64 cr3_of(const struct arch_mm *am, u32 slot, bool keep)
{
	u64 cr3 = virt_to_phys(am->pgd);

	if (cpu_has.pcid)
		cr3 |= (slot + 1) | (keep ? CR3_NOFLUSH : 0);
	return cr3;
}

static u32 find_slot(struct cpu_arch *a, u64 ctx_id, bool *fresh)
{
	u32 n = cpu_has.pcid ? NR_ASIDS : 1;

	for (u32 i = 0; i < n; i++)
		if (a->asid[i].ctx_id == ctx_id)
			return i;

	u32 slot = a->next_asid++ % n;

	a->asid[slot].ctx_id = ctx_id;
	*fresh = true;
	return slot;
}

/* Loads am, or with NULL the kernel's own tables.  Interrupts are off. */
static void load(struct cpu *c, struct arch_mm *am)
{
	struct cpu_arch *a = c->arch;
	struct arch_mm *old = a->loaded_mm;
	bool fresh = false;

	if (old == am)
		return;
	if (am) {
		atomic_or(&am->cpu_mask, BIT(c->id));

		u64 gen = atomic_load(&am->tlb_gen);
		u32 slot = find_slot(a, am->ctx_id, &fresh);

		write_cr3(cr3_of(am, slot, !fresh && a->asid[slot].tlb_gen == gen));
		a->asid[slot].tlb_gen = gen;
		a->loaded_asid = slot;
	} else {
		write_cr3(virt_to_phys(init_pgd) | (cpu_has.pcid ? CR3_NOFLUSH : 0));
	}
	a->loaded_mm = am;
	if (old)
		atomic_and(&old->cpu_mask, ~BIT(c->id));
}

void tlb_switch(struct arch_mm *am)
{
	unsigned long flags = arch_irq_save();

	load(this_cpu(), am);
	arch_irq_restore(flags);
}

void arch_mm_switch(struct mm *mm)
{
	tlb_switch(mm ? &mm->arch : NULL);
}

/* This CPU has f->am loaded; interrupts are off. */
static void flush_loaded(struct cpu_arch *a, const struct flush *f)
{
	u64 *done = &a->asid[a->loaded_asid].tlb_gen;

	if (*done >= f->gen)
		return; /* a later, wider flush came first */
	if (*done + 1 == f->gen && f->end - f->start <= FLUSH_CEILING * PAGE_SIZE) {
		for (unsigned long va = f->start; va < f->end; va += PAGE_SIZE)
			invlpg(va);
		*done = f->gen;
		return;
	}
	*done = atomic_load(&f->am->tlb_gen);
	write_cr3(cr3_of(f->am, a->loaded_asid, false));
}

static void flush_remote(void *arg)
{
	const struct flush *f = arg;
	struct cpu *c = this_cpu();

	if (c->arch->loaded_mm != f->am)
		return;
	if (!current || !current->mm || &current->mm->arch != f->am)
		load(c, NULL);
	else
		flush_loaded(c->arch, f);
}

void arch_tlb_flush(struct mm *mm, unsigned long start, unsigned long end)
{
	struct flush f = { .am = &mm->arch, .start = start & PAGE_MASK, .end = end };

	preempt_disable();
	f.gen = atomic_add(&mm->arch.tlb_gen, 1);

	unsigned long flags = arch_irq_save();
	struct cpu *c = this_cpu();

	if (c->arch->loaded_mm == f.am)
		flush_loaded(c->arch, &f);
	arch_irq_restore(flags);

	u64 others = atomic_load(&mm->arch.cpu_mask) & ~BIT(c->id);

	if (unlikely(others))
		smp_call_mask(others, flush_remote, &f);
	preempt_enable();
}

static void drop(void *arg)
{
	if (this_cpu()->arch->loaded_mm == arg)
		load(this_cpu(), NULL);
}

void tlb_forget(struct arch_mm *am)
{
	if (!atomic_load(&am->cpu_mask))
		return;
	preempt_disable();

	unsigned long flags = arch_irq_save();

	drop(am);
	arch_irq_restore(flags);
	smp_call_mask(atomic_load(&am->cpu_mask), drop, am);
	preempt_enable();
}

static void flush_kernel_page(void *arg)
{
	invlpg((unsigned long)arg);
}

void tlb_flush_kernel(unsigned long va)
{
	preempt_disable();
	invlpg(va);
	smp_call_mask(~0UL, flush_kernel_page, (void *)va);
	preempt_enable();
}

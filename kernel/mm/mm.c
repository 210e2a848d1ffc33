// SPDX-License-Identifier: MIT
/*
 * Address spaces as objects: creation, duplication for fork(2), the end; special mappings and the
 * initial stack.
 *
 * Life: refs counts the tasks that run in it, pins those that only need the struct and the top-level
 * table; all of refs together hold one pin.  At refs zero every mapping goes, at pins zero the tables.
 */
#include "kernel/base/random.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/personality.h>

static struct slab_cache *mm_cache;

static int mm_cache_init(void)
{
	mm_cache = slab_cache_create("mm", sizeof(struct mm), 64);
	return 0;
}
INITCALL(INIT_EARLY, mm_cache_init);

/* ---- layout ---------------------------------------------------------------------------------- */

/* Where top-down mmap(2) begins: below the stack's possible extent and a random distance (Linux 6.1
 * mmap_base()). */
static void choose_layout(struct mm *mm)
{
	bool random = !(current->personality & ADDR_NO_RANDOMIZE);
	u64 stack = rlimit(RLIMIT_STACK);
	u64 rnd_pages = random ? random_u64() & ((1UL << (mm->ia32 ? 8 : 28)) - 1) : 0;
	u64 stack_random = random ? (mm->ia32 ? 0x7ffUL : 0x3fffffUL) << PAGE_SHIFT : 0;
	u64 gap = stack + stack_random + STACK_GUARD_PAGES * PAGE_SIZE;

	if (gap < stack)
		gap = stack;
	gap = max(gap, (u64)128 << 20);
	gap = min(gap, (u64)mm->top / 6 * 5);
	mm->legacy_layout = (current->personality & ADDR_COMPAT_LAYOUT) || stack == RLIM64_INFINITY;
	if (mm->legacy_layout)
		mm->mmap_base = ALIGN_UP(mm->top / 3, PAGE_SIZE) + (rnd_pages << PAGE_SHIFT);
	else
		mm->mmap_base = ALIGN_UP(mm->top - gap - (rnd_pages << PAGE_SHIFT), PAGE_SIZE);
}

int mm_create(bool ia32, struct mm **out) __no_lock_analysis /* nobody else has it yet */
{
	struct mm *mm = slab_alloc(mm_cache, ALLOC_ZERO);

	if (!mm)
		return -ENOMEM;
	if (arch_mm_init(&mm->arch)) {
		slab_free(mm_cache, mm);
		return -ENOMEM;
	}
	mm->refs = mm->pins = 1;
	rwsem_init(&mm->lock);
	spin_lock_init(&mm->pt_lock);
	list_init(&mm->vma_list);
	mm->prio_seed = (u32)mm->arch.ctx_id;
	mm->ia32 = ia32;
	mm->top = ia32 ? USER_TOP_IA32 : USER_TOP;
	mm->dumpable = true;
	choose_layout(mm);
	*out = mm;
	return 0;
}

/* ---- references ------------------------------------------------------------------------------ */
void mm_get(struct mm *mm)
{
	atomic_add(&mm->refs, 1);
}

void mm_pin(struct mm *mm)
{
	atomic_add(&mm->pins, 1);
}

void mm_unpin(struct mm *mm)
{
	if (atomic_sub(&mm->pins, 1))
		return;
	arch_mm_destroy(&mm->arch);
	slab_free(mm_cache, mm);
}

/* Nobody runs here any more: no lock is needed against faults, but truncate may still come by the reverse
 * map. */
static void unmap_everything(struct mm *mm)
{
	struct vma *v, *tmp;

	guard(write)(&mm->lock); /* /proc and the OOM killer hold pins and look under the lock */
	list_for_each(v, &mm->vma_list, link)
		zap_range(mm, v->start, v->end, ZAP_EXIT);
	list_for_each_safe(v, tmp, &mm->vma_list, link) {
		vma_rmap_remove(v);
		vma_free(v);
	}
	list_init(&mm->vma_list);
	mm->vmas.node = NULL;
	mm->last = NULL;
	mm->nr_vmas = 0;
	mm->total_pages = mm->locked_pages = mm->data_pages = mm->stack_pages = 0;
	if (mm->exe)
		file_put(mm->exe);
	mm->exe = NULL;
}

void mm_put(struct mm *mm)
{
	if (atomic_sub(&mm->refs, 1))
		return;
	might_sleep();
	unmap_everything(mm);
	mm_unpin(mm);
}

bool mm_get_live(struct mm *mm)
{
	u32 old = READ_ONCE(mm->refs);

	while (old) {
		if (atomic_cas(&mm->refs, old, old + 1))
			return true;
		old = READ_ONCE(mm->refs);
	}
	return false;
}

/* ---- fork ------------------------------------------------------------------------------------ */
struct copy {
	struct mm *to;
	bool protected; /* an entry of the parent became read-only: its TLBs need a flush */
	bool failed;
	s64 anon;
};

/* Shares the anonymous pages of one table: both entries lose the right to write. */
static bool copy_slots(void *arg, pte_t *src, unsigned long addr, unsigned long end)
{
	struct copy *c = arg;
	pte_t *dst = NULL;

	for (; addr < end; addr += PAGE_SIZE, src++) {
		pte_t e = *src;
		struct page *p;

		if (!e) {
			pte_skip_empty(&src, &addr, end);
			if (addr >= end)
				break;
			e = *src;
			if (!e)
				continue;
		}
		p = pte_page(e);
		if (!(p->flags & PG_ANON))
			continue; /* cached pages and zeroes are found again by a fault */
		if (!dst) { /* the child's table, seen from the slot of address 0 in it */
			dst = arch_pte_walk(&c->to->arch, ALIGN_DOWN(addr, PMD_SIZE), true);
			if (!dst) {
				c->failed = true;
				return false;
			}
		}
		if (arch_pte_writable(e)) {
			e = arch_pte_wrprotect(e);
			__atomic_fetch_and(src, arch_pte_wrprotect(~0UL), __ATOMIC_RELAXED);
			c->protected = true;
		}
		__atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
		dst[(addr % PMD_SIZE) >> PAGE_SHIFT] = e;
		c->anon++;
	}
	return true;
}

static int copy_pages(struct mm *old, struct mm *new, bool *flush) __must_hold(&old->lock)
{
	struct copy c = { .to = new };
	struct vma *v;

	/* The child's tables are nobody else's yet; only the parent's need the lock, against truncate and
	 * reaping. */
	mm_for_each_vma(v, old)
	{
		if ((v->flags & (VM_SHARED | VM_DONTCOPY | VM_WIPEONFORK | VM_SPECIAL)) ||
		    !(v->flags & VM_MAYWRITE))
			continue;
		spin_lock(&old->pt_lock);
		pte_walk(old, v->start, v->end, copy_slots, &c);
		spin_unlock(&old->pt_lock);
		if (c.failed)
			break;
	}
	new->rss_anon = c.anon;
	*flush = c.protected;
	return c.failed ? -ENOMEM : 0;
}

static int copy_vmas(struct mm *old, struct mm *new) __must_hold(&old->lock)
{
	struct vma *v;

	mm_for_each_vma(v, old)
	{
		struct vma *c;

		if (v->flags & VM_DONTCOPY)
			continue;
		c = vma_clone(v, new);
		if (!c)
			return -ENOMEM;
		c->flags &= ~(unsigned long)(VM_LOCKED | VM_LOCKONFAULT);
		vma_link(c);
	}
	return 0;
}

int mm_dup(struct mm *old, struct mm **out)
{
	struct mm *new = NULL;
	bool flush = false;
	int err = mm_create(old->ia32, &new);

	if (err)
		return err;
	down_write(&old->lock);
	new->mmap_base = old->mmap_base;
	new->legacy_layout = old->legacy_layout;
	new->code_start = old->code_start;
	new->code_end = old->code_end;
	new->data_start = old->data_start;
	new->data_end = old->data_end;
	new->brk_start = old->brk_start;
	new->brk = old->brk;
	new->stack_start = old->stack_start;
	new->arg_start = old->arg_start;
	new->arg_end = old->arg_end;
	new->env_start = old->env_start;
	new->env_end = old->env_end;
	new->dumpable = old->dumpable;
	new->membarrier = old->membarrier;
	new->arch.vdso = old->arch.vdso;
	for (unsigned i = 0; i < ARRAY_SIZE(old->auxv); i++)
		new->auxv[i] = old->auxv[i];
	if (old->exe)
		new->exe = file_get(old->exe);
	err = copy_vmas(old, new);
	if (!err)
		err = copy_pages(old, new, &flush);
	if (flush)
		arch_tlb_flush(old, 0, ~0UL);
	up_write(&old->lock);
	if (err) {
		mm_put(new);
		return err;
	}
	mm_note_peak(new);
	*out = new;
	return 0;
}

/* ---- mappings that exec makes ---------------------------------------------------------------- */
int mm_map_special(struct mm *mm, unsigned long hint, size_t size, unsigned long vm_flags,
		   const struct vma_ops *ops, const char *name, void *private, unsigned long *out)
{
	unsigned long addr;
	struct vma *v;
	int err;

	guard(write)(&mm->lock);
	size = ALIGN_UP(size, PAGE_SIZE);
	err = find_area(mm, hint, size, 0, &addr);
	if (err)
		return err;
	v = vma_alloc(mm, addr, addr + size, vm_flags | VM_SPECIAL | VM_DONTEXPAND);
	if (!v)
		return -ENOMEM;
	v->pgoff = 0;
	v->ops = ops;
	v->name = name;
	v->private = private;
	vma_link(v);
	*out = addr;
	return 0;
}

int mm_map_stack(struct mm *mm, unsigned long top, size_t size, bool exec)
{
	struct vma *v;

	guard(write)(&mm->lock);
	size = ALIGN_UP(size, PAGE_SIZE);
	v = vma_find(mm, top - size);
	if (size > top || (v && v->start < top))
		return -ENOMEM;
	v = vma_alloc(mm, top - size, top,
		      VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_GROWSDOWN |
			      (exec ? VM_EXEC : 0) | mm->def_flags);
	if (!v)
		return -ENOMEM;
	vma_link(v);
	return 0;
}

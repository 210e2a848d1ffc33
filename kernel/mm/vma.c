// SPDX-License-Identifier: MIT
/*
 * VMAs as objects: creation, linking into an address space and into the reverse map of what they map,
 * splitting, merging and accounting.
 *
 * Invariants: VMAs never overlap; neighbours that could be one are merged by whoever changed them;
 * a VMA with a mapping is in mapping->vmas exactly while it can have page-table entries.  start, end
 * and pgoff of such a VMA change under mm->lock (writing) and mapping->lock, so truncate, which holds
 * only the latter, sees them whole.  Order: mm->lock, mapping->lock.
 */
#include "kernel/base/string.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include <linux/mman.h>

static struct slab_cache *vma_cache;

static int vma_cache_init(void)
{
	vma_cache = slab_cache_create("vma", sizeof(struct vma), 8);
	return 0;
}
INITCALL(INIT_EARLY, vma_cache_init);

/* ---- shared anonymous memory ----------------------------------------------------------------- */
struct shm {
	u32 refs; /* [atomic] VMAs and futex keys */
	struct address_space mapping;
};

struct address_space *shm_create(void)
{
	struct shm *s = kzalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->refs = 1;
	mapping_init(&s->mapping, NULL, NULL);
	return &s->mapping;
}

void shm_get(struct address_space *m)
{
	atomic_add(&container_of(m, struct shm, mapping)->refs, 1);
}

void shm_put(struct address_space *m)
{
	struct shm *s = container_of(m, struct shm, mapping);

	if (atomic_sub(&s->refs, 1))
		return;
	mapping_destroy(m);
	kfree(s);
}

/* ---- flags and accounting -------------------------------------------------------------------- */
unsigned vma_prot(unsigned long vm_flags)
{
	if (!(vm_flags & VM_ACCESS))
		return 0;
	/* x86 cannot map for writing or execution without reading; Linux treats them alike everywhere. */
	return PROT_PTE_USER | PROT_PTE_READ | (vm_flags & VM_WRITE ? PROT_PTE_WRITE : 0) |
	       (vm_flags & VM_EXEC ? PROT_PTE_EXEC : 0);
}

unsigned long vma_flags_of_prot(int prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

void vma_account(struct mm *mm, unsigned long flags, s64 pages)
{
	mm->total_pages += pages;
	if (flags & VM_LOCKED)
		mm->locked_pages += pages;
	if (flags & VM_GROWSDOWN)
		mm->stack_pages += pages;
	else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_pages += pages;
}

/* ---- life ------------------------------------------------------------------------------------ */
struct vma *vma_alloc(struct mm *mm, unsigned long start, unsigned long end,
		      unsigned long flags) __no_lock_analysis /* nobody else has it yet */
{
	struct vma *v = slab_alloc(vma_cache, ALLOC_ZERO);

	if (!v)
		return NULL;
	v->mm = mm;
	v->start = start;
	v->end = end;
	v->flags = flags;
	v->pgoff = start >> PAGE_SHIFT;
	list_init(&v->rmap);
	return v;
}

/* Shared anonymous memory, with a file when it came from /dev/zero. */
static bool maps_shm(const struct vma *v)
{
	return v->mapping && (!v->file || v->mapping != v->file->inode->mapping);
}

struct vma *vma_clone(const struct vma *from, struct mm *mm)
{
	struct vma *v = slab_alloc(vma_cache, 0);

	if (!v)
		return NULL;
	*v = *from;
	v->mm = mm;
	list_init(&v->rmap);
	if (v->file)
		file_get(v->file);
	if (maps_shm(v))
		shm_get(v->mapping);
	return v;
}

void vma_free(struct vma *v)
{
	if (v->ops && v->ops->close)
		v->ops->close(v);
	if (maps_shm(v))
		shm_put(v->mapping);
	if (v->file)
		file_put(v->file);
	slab_free(vma_cache, v);
}

void vma_link(struct vma *v)
{
	struct mm *mm = v->mm;

	if (v->mapping) {
		guard(mutex)(&v->mapping->lock);
		list_add_tail(&v->rmap, &v->mapping->vmas);
		v->mapping->nr_writable_shared += vma_may_write_shared(v);
	}
	vma_tree_insert(mm, v);
	vma_account(mm, v->flags, vma_pages(v));
}

void vma_unlink(struct vma *v)
{
	vma_account(v->mm, v->flags, -(s64)vma_pages(v));
	vma_tree_erase(v->mm, v);
}

void vma_rmap_remove(struct vma *v) __no_lock_analysis /* v is in no mm any more */
{
	if (!v->mapping || list_empty(&v->rmap))
		return;
	guard(mutex)(&v->mapping->lock);
	list_del_init(&v->rmap);
	v->mapping->nr_writable_shared -= vma_may_write_shared(v);
}

static void set_range(struct vma *v, unsigned long start, unsigned long end, u64 pgoff)
{
	v->start = start;
	v->end = end;
	v->pgoff = pgoff;
}

void vma_set_range(struct vma *v, unsigned long start, unsigned long end, u64 pgoff)
{
	s64 delta = (s64)((end - start) >> PAGE_SHIFT) - (s64)vma_pages(v);

	if (v->mapping) {
		guard(mutex)(&v->mapping->lock);
		set_range(v, start, end, pgoff);
	} else {
		set_range(v, start, end, pgoff);
	}
	vma_account(v->mm, v->flags, delta);
	vma_update_gaps(v);
}

/* ---- split and merge ------------------------------------------------------------------------- */
int vma_split(struct vma *v, unsigned long addr)
{
	if (v->flags & VM_SPECIAL)
		return -EINVAL;
	if (v->mm->nr_vmas >= MAX_MAP_COUNT)
		return -ENOMEM;

	struct vma *upper = vma_clone(v, v->mm);

	if (!upper)
		return -ENOMEM;
	upper->start = addr;
	upper->pgoff += (addr - v->start) >> PAGE_SHIFT;
	vma_set_range(v, v->start, addr, v->pgoff);
	vma_link(upper);
	return 0;
}

int vma_isolate(struct mm *mm, unsigned long start, unsigned long end)
{
	struct vma *v = vma_find(mm, start);
	int err = 0;

	if (v && v->start < start)
		err = vma_split(v, start);
	if (err)
		return err;
	v = vma_find(mm, end - 1);
	return v && v->start < end && v->end > end ? vma_split(v, end) : 0;
}

static bool mergeable(unsigned long flags, const struct vma_ops *ops)
{
	return !(flags & VM_SPECIAL) && !ops;
}

static bool can_join(const struct vma *a, const struct vma *b) __must_hold_shared(&a->mm->lock)
{
	return a->end == b->start && a->flags == b->flags && a->file == b->file && a->mapping == b->mapping &&
	       a->pgoff + vma_pages(a) == b->pgoff && a->name == b->name && mergeable(a->flags, a->ops) &&
	       mergeable(b->flags, b->ops);
}

/* b disappears into a.  Its page-table entries simply belong to a from now on. */
static void join(struct vma *a, struct vma *b) __must_hold(&a->mm->lock)
{
	unsigned long end = b->end;

	vma_unlink(b);
	if (a->mapping) { /* in one step for truncate: it must find every page in one of the two */
		guard(mutex)(&a->mapping->lock);
		list_del_init(&b->rmap);
		a->mapping->nr_writable_shared -= vma_may_write_shared(b);
		a->end = end;
	} else {
		a->end = end;
	}
	vma_account(a->mm, a->flags, vma_pages(b));
	vma_update_gaps(a);
	vma_free(b);
}

struct vma *vma_merge(struct vma *v)
{
	struct vma *prev = vma_prev(v), *next = vma_next(v);

	if (next && can_join(v, next))
		join(v, next);
	if (prev && can_join(prev, v)) {
		join(prev, v);
		return prev;
	}
	return v;
}

struct vma *vma_extend(struct mm *mm, unsigned long start, unsigned long end, unsigned long flags,
		       struct file *file, struct address_space *mapping, u64 pgoff)
{
	struct vma *next = vma_find(mm, start);
	struct vma *prev = next ? vma_prev(next) : NULL;
	u64 pages = (end - start) >> PAGE_SHIFT;

	if (!next && !list_empty(&mm->vma_list))
		prev = list_last(&mm->vma_list, struct vma, link);

#define FITS(v)                                                                 \
	((v)->flags == flags && (v)->file == file && (v)->mapping == mapping && \
	 mergeable(flags, (v)->ops) && !(v)->name)
	if (prev && prev->end == start && FITS(prev) && prev->pgoff + vma_pages(prev) == pgoff) {
		vma_set_range(prev, prev->start, end, prev->pgoff);
		return vma_merge(prev);
	}
	if (next && next->start == end && FITS(next) && pgoff + pages == next->pgoff) {
		vma_set_range(next, start, next->end, pgoff);
		return next;
	}
#undef FITS
	return NULL;
}

// SPDX-License-Identifier: MIT
/*
 * Looking into address spaces from outside a fault: access to another process's memory, populating,
 * residency, and the identity of futex words.
 * Lock: mm->lock for reading throughout an access; so no fork can turn a page that is being written
 * into a shared one.
 */
#include "kernel/base/string.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"

/* True when the entry serves the access already. */
static bool entry_serves(pte_t e, unsigned flags)
{
	if (!e)
		return false;
	if (!(flags & FAULT_WRITE) || arch_pte_writable(e))
		return true;
	return (flags & FAULT_FORCE) && (pte_page(e)->flags & PG_ANON) && READ_ONCE(pte_page(e)->refs) == 1;
}

/* The page at addr with a reference; NULL: the fault could not be resolved. */
static struct page *page_at(struct vma *v, unsigned long addr, unsigned flags)
	__must_hold_shared(&v->mm->lock)
{
	struct mm *mm = v->mm;

	while (!fatal_signal_pending()) {
		pte_t *pte = arch_pte_walk(&mm->arch, addr, false);

		if (pte) {
			struct page *p = NULL;

			spin_lock(&mm->pt_lock);
			if (entry_serves(*pte, flags)) {
				p = pte_page(*pte);
				page_get(p);
				if ((flags & FAULT_WRITE) && !(p->flags & (PG_ANON | PG_DIRTY)))
					atomic_or(&p->flags, PG_DIRTY);
			}
			spin_unlock(&mm->pt_lock);
			if (p)
				return p;
		}

		enum fault_status st = vma_fault(v, addr, flags);

		if (st != FAULT_OK && st != FAULT_RETRY)
			return NULL;
	}
	return NULL;
}

/* Linux 6.1 check_vma_flags(): force reaches PROT_NONE pages, and private read-only ones for writing. */
static bool may_access(const struct vma *v, bool write, bool force) __must_hold_shared(&v->mm->lock)
{
	if (!write)
		return v->flags & VM_READ || (force && (v->flags & VM_MAYREAD));
	if (v->flags & VM_WRITE)
		return true;
	return force && (v->flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

static size_t access(struct mm *mm, unsigned long addr, void *buf, size_t size, bool write, bool force)
{
	unsigned flags = (write ? FAULT_WRITE : 0) | (force ? FAULT_FORCE : 0);
	size_t done = 0;

	if (addr >= mm->top)
		return 0;
	guard(read)(&mm->lock);
	while (done < size) {
		unsigned long a = addr + done;
		size_t n = min(size - done, PAGE_SIZE - a % PAGE_SIZE);
		struct vma *v = a < mm->top ? vma_find_grow(mm, a) : NULL;
		struct page *p = v && may_access(v, write, force) ? page_at(v, a, flags) : NULL;

		if (!p)
			break;

		char *at = (char *)page_to_virt(p) + a % PAGE_SIZE;

		if (write)
			memcpy(at, (char *)buf + done, n);
		else
			memcpy((char *)buf + done, at, n);
		page_put(p);
		done += n;
	}
	return done;
}

size_t mm_access(struct mm *mm, unsigned long addr, void *buf, size_t size, bool write)
{
	return access(mm, addr, buf, size, write, true);
}

size_t mm_access_checked(struct mm *mm, unsigned long addr, void *buf, size_t size, bool write)
{
	return access(mm, addr, buf, size, write, false);
}

/* ---- populate -------------------------------------------------------------------------------- */
static int populate_page(struct vma *v, unsigned long addr, unsigned flags) __must_hold_shared(&v->mm->lock)
{
	enum fault_status st;

	do {
		if (fatal_signal_pending())
			return -EINTR;
		st = vma_fault(v, addr, flags);
	} while (st == FAULT_RETRY);
	return st == FAULT_OK ? 0 : st == FAULT_OOM ? -ENOMEM : -EFAULT;
}

/*
 * write: 1 or 0 as MADV_POPULATE_*, -1: as the mapping suggests.  0, -ENOMEM (no memory; holes, when all else
 * is done), -EACCES (the mapping forbids it), -EFAULT, -EINTR.
 */
int populate_range(struct mm *mm, unsigned long addr, unsigned long end, int write)
{
	int hole = 0;

	guard(read)(&mm->lock);
	for (addr &= PAGE_MASK; addr < end; addr += PAGE_SIZE) {
		struct vma *v = vma_find(mm, addr);
		int err;

		if (!v || v->start > addr) {
			hole = -ENOMEM;
			if (!v || v->start >= end)
				break;
			addr = v->start;
		}
		if (!(v->flags & VM_ACCESS) || (write == 1 && !(v->flags & VM_WRITE)) ||
		    (write == 0 && !(v->flags & VM_READ)))
			return -EACCES;
		/* Private writable memory gets its own pages now, shared memory must not be dirtied. */
		bool own = write == 1 || (write < 0 && (v->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE);

		err = populate_page(v, addr, own ? FAULT_WRITE : 0);
		if (err)
			return err;
	}
	return hole;
}

void mm_populate(struct mm *mm, unsigned long addr, size_t size)
{
	unsigned long end = addr + size;

	while (addr < end) {
		unsigned long stop;

		down_read(&mm->lock);

		struct vma *v = vma_find(mm, addr);

		if (v) {
			addr = max(addr, v->start);
			stop = min(v->end, end);
		}
		up_read(&mm->lock);
		if (!v || addr >= end)
			return;

		int err = populate_range(mm, addr, stop, -1);

		if (err == -EINTR)
			return;
		addr = stop; /* errors concern this VMA only (Linux's ignore_errors) */
	}
}

/* ---- residency ------------------------------------------------------------------------------- */
static bool resident(struct vma *v, unsigned long addr)
{
	pte_t *pte = arch_pte_walk(&v->mm->arch, addr, false);

	if (pte && READ_ONCE(*pte))
		return true;
	if (!v->mapping)
		return false;
	guard(mutex)(&v->mapping->lock);
	return mapping_find_locked(v->mapping, v->pgoff + ((addr - v->start) >> PAGE_SHIFT)) != NULL;
}

ssize_t do_mincore(struct mm *mm, unsigned long addr, size_t count, u8 *vec)
{
	size_t i = 0;

	guard(read)(&mm->lock);
	for (; i < count; i++, addr += PAGE_SIZE) {
		struct vma *v = vma_find(mm, addr);

		if (!v || v->start > addr)
			return i ? (ssize_t)i : -ENOMEM; /* what comes before is told first */
		vec[i] = resident(v, addr);
	}
	return (ssize_t)i;
}

static bool count_usage(void *arg, pte_t *pte, unsigned long addr, unsigned long end)
{
	struct mm_usage *u = arg;

	for (; addr < end; addr += PAGE_SIZE, pte++) {
		pte_t e = READ_ONCE(*pte);
		struct page *p = e ? pte_page(e) : zero_page;

		if (p == zero_page)
			continue;
		if (p->flags & PG_ANON)
			u->anon++;
		else
			u->file++;
		u->dirty += (p->flags & PG_ANON) || arch_pte_dirty(e);
		u->shared += p->refs > 1 + !!(p->flags & PG_CACHE);
	}
	return true;
}

void vma_usage(struct vma *v, struct mm_usage *out)
{
	*out = (struct mm_usage){ 0 };
	spin_lock(&v->mm->pt_lock);
	pte_walk(v->mm, v->start, v->end, count_usage, out);
	spin_unlock(&v->mm->pt_lock);
}

/* ---- futex keys ------------------------------------------------------------------------------ */

/*
 * Private and shared keys never meet, as in Linux, where the low bits of the offset tell them apart.  A word
 * in private memory has no identity beyond its address space; read-only private file pages are still the
 * file's.
 */
int mm_futex_key(struct mm *mm, unsigned long addr, bool shared, bool write, struct futex_key *key)
{
	*key = (struct futex_key){ .obj = mm, .offset = addr };
	if (!shared)
		return 0;
	guard(read)(&mm->lock);

	struct vma *v = addr < mm->top ? vma_find_grow(mm, addr) : NULL;

	if (!v || !(v->flags & (VM_READ | VM_WRITE)) || (write && !(v->flags & VM_WRITE)))
		return -EFAULT;
	if (!v->mapping || (!(v->flags & VM_MAYSHARE) && (v->flags & VM_WRITE))) {
		key->offset |= 1;
		return 0;
	}
	key->obj = v->mapping;
	key->offset = (v->pgoff << PAGE_SHIFT) + (addr - v->start);
	key->shared = true;
	mm_futex_key_get(key);
	return 0;
}

void mm_futex_key_get(struct futex_key *key)
{
	struct address_space *m = key->obj;

	if (!key->shared)
		return;
	if (m->host)
		inode_get(m->host);
	else
		shm_get(m);
}

void mm_futex_key_put(struct futex_key *key)
{
	struct address_space *m = key->obj;

	if (!key->shared)
		return;
	if (m->host)
		inode_put(m->host);
	else
		shm_put(m);
	key->shared = false;
}

// SPDX-License-Identifier: MIT
/*
 * The page cache: what connects files, page tables and read/write.
 *
 * Invariants: a page in the tree has PG_CACHE, names its mapping and index, and the tree holds one
 * reference.  No user memory is touched with mapping->lock held: the order is mm->lock, mapping->lock,
 * pt_lock.
 *
 * Pages come and go under mapping->lock; they are found without it (mapping_find_get()): the tree is walked
 * under RCU, and a page counts as found when its slot still holds it after a reference was taken.  It may
 * leave the file at any time after that, so:
 * - A page is taken out in the order "clear its slot, clear page->mapping, zap every VMA of the reverse map,
 *   drop the reference".  Zapping takes each pt_lock.  A fault maps a page only if it sees under pt_lock that
 *   the slot, or page->mapping, still says it belongs there (fault.c): then the zap is still to come, and
 *   finds the entry.
 * - Truncate lowers the size before it takes pages out, and a fault looks at the size before it looks for its
 *   page and again under the lock when it adds one: what it maps beyond the new end, truncate finds.
 * - A fault on a page that was allocated ahead marks it as used (PG_UPTODATE) under the lock, lest it is
 *   dropped as unused when it is mapped already.
 * - read(2) may give bytes of a page that has just been cut off, as if it had come a little earlier; write(2)
 *   and what takes pages out exclude each other (inode->rwsem).
 */
#include "kernel/mm/pagecache.h"
#include "kernel/base/iter.h"
#include "kernel/base/string.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/guard.h"

void mapping_init(struct address_space *m, struct inode *host, const struct address_space_ops *ops)
{
	*m = (struct address_space){ .host = host, .ops = ops };
	mutex_init(&m->lock);
	list_init(&m->vmas);
}

/* ---- look-up --------------------------------------------------------------------------------- */
u64 mapping_end(const struct address_space *m)
{
	return likely(m->host) ? DIV_ROUND_UP(READ_ONCE(m->host->size), PAGE_SIZE) : ~0UL;
}

/* A filled page that nobody sees yet. */
static int make_page(struct address_space *m, u64 index, struct page **out)
{
	bool read = m->ops && m->ops->read_page;
	struct page *p = page_alloc(0, ALLOC_USER | (read ? 0 : ALLOC_ZERO));

	if (!p)
		return -ENOMEM;

	int err = read ? m->ops->read_page(m->host, p, index) : 0;

	if (err) {
		page_free(p, 0);
		return err;
	}
	p->flags = PG_CACHE | PG_UPTODATE;
	p->mapping = m;
	p->index = index;
	*out = p;
	return 0;
}

/* Puts p into the tree, or finds that another thread was faster: *out has a reference for the caller either
 * way. */
static int publish_page(struct address_space *m, u64 index, struct page *p, bool fault, struct page **out)
{
	struct page *found;
	int err = 0;

	mutex_lock(&m->lock);
	found = mapping_find_locked(m, index);
	if (found) {
		page_get(found);
	} else {
		err = fault && index >= mapping_end(m) ? -EFAULT : mapping_insert_locked(m, index, p);
		if (!err) {
			page_get(p);
			m->nr_pages++;
			found = p;
		}
	}
	mutex_unlock(&m->lock);
	if (found == p)
		page_cache_account(1);
	else
		page_free(p, 0);
	*out = found;
	return err;
}

/* For a page that was not there a moment ago. */
static int add_page(struct address_space *m, u64 index, bool fault, struct page **out)
{
	struct page *p;
	int err = make_page(m, index, &p);

	return err ? err : publish_page(m, index, p, fault, out);
}

static __always_inline int get_page(struct address_space *m, u64 index, bool fault, struct page **out)
{
	*out = mapping_find_get(m, index);
	return likely(*out) ? 0 : add_page(m, index, fault, out);
}

/* As Linux: a hole stays one when the first byte that is to go there cannot be read. */
static int get_page_for_write(struct address_space *m, u64 index, const struct iter *from, struct page **out)
{
	*out = mapping_find_get(m, index);
	if (*out)
		return 0;
	return iter_readable(from) ? add_page(m, index, false, out) : -EFAULT;
}

int mapping_get_page(struct address_space *m, u64 index, bool create, struct page **out)
{
	if (create)
		return get_page(m, index, false, out);
	*out = mapping_find_get(m, index);
	return *out ? 0 : -ENOENT;
}

int mapping_allocate_page(struct address_space *m, u64 index)
{
	struct page *p, *found;
	int err = make_page(m, index, &p);

	if (err)
		return err;
	p->flags &= ~(u32)PG_UPTODATE;
	err = publish_page(m, index, p, false, &found);
	if (!err)
		page_put(found);
	return err;
}

/* p was allocated ahead.  If it has been dropped meanwhile, the fault will notice. */
static __noinline void mark_used(struct address_space *m, struct page *p)
{
	guard(mutex)(&m->lock);
	atomic_or(&p->flags, PG_UPTODATE);
}

int mapping_fault_page(struct address_space *m, u64 index, struct page **out)
{
	int err = index < mapping_end(m) ? get_page(m, index, true, out) : -EFAULT;

	if (likely(!err) && unlikely(!(READ_ONCE((*out)->flags) & PG_UPTODATE)))
		mark_used(m, *out);
	return err;
}

/* ---- dropping pages -------------------------------------------------------------------------- */

/* Takes the pages [first, end) with none of the flags `but` out of the tree; they are chained through
 * page->private.  mapping->lock is held. */
static struct page *take_pages(struct address_space *m, u64 first, u64 end, u32 but) __must_hold(&m->lock)
{
	struct page *chain = NULL, *p;
	u64 index = first;

	while ((p = mapping_next_locked(m, &index)) && index < end) {
		if (p->flags & but) {
			index++;
			continue;
		}
		mapping_remove_locked(m, index);
		m->nr_pages--;
		WRITE_ONCE(p->mapping, NULL);
		atomic_and(&p->flags, ~(u32)PG_CACHE);
		p->private = (u64)chain;
		chain = p;
		if (++index == 0)
			break;
	}
	return chain;
}

static void put_pages(struct page *chain)
{
	s64 n = 0;

	for (struct page *next; chain; chain = next, n++) {
		next = (struct page *)chain->private;
		page_put(chain);
	}
	if (n)
		page_cache_account(-n);
}

/* Unmaps pages [first, end) of the mapping from every address space.  mapping->lock is held. */
static void unmap_pages(struct address_space *m, u64 first, u64 end, enum zap_mode mode) __must_hold(&m->lock)
{
	struct vma *v;

	list_for_each(v, &m->vmas, rmap) {
		u64 v_end = v->pgoff + vma_pages(v), from = max(first, v->pgoff), to = min(end, v_end);

		if (from < to)
			zap_range(v->mm, v->start + ((from - v->pgoff) << PAGE_SHIFT),
				  v->start + ((to - v->pgoff) << PAGE_SHIFT), mode);
	}
}

/* Clears bytes [from, to) of one page, when it is cached. */
static void zero_part(struct address_space *m, u64 from, u64 to)
{
	struct page *p = from < to ? mapping_find_get(m, from >> PAGE_SHIFT) : NULL;

	if (!p)
		return;
	memset((char *)page_to_virt(p) + from % PAGE_SIZE, 0, to - from);
	page_put(p);
}

void mapping_truncate(struct address_space *m, u64 new_size)
{
	u64 first = DIV_ROUND_UP(new_size, PAGE_SIZE);
	struct page *chain;

	mutex_lock(&m->lock);
	chain = take_pages(m, first, ~0UL, 0);
	unmap_pages(m, first, ~0UL, ZAP_ALL); /* private copies too: beyond the end there is only SIGBUS */
	mutex_unlock(&m->lock);
	put_pages(chain);
	zero_part(m, new_size, ALIGN_UP(new_size, PAGE_SIZE));
}

void mapping_drop_unused(struct address_space *m, u64 first, u64 end)
{
	struct page *chain;

	mutex_lock(&m->lock);
	chain = take_pages(m, first, end, PG_UPTODATE);
	mutex_unlock(&m->lock);
	put_pages(chain);
}

void mapping_punch(struct address_space *m, u64 start, u64 end)
{
	u64 first = DIV_ROUND_UP(start, PAGE_SIZE), last = end >> PAGE_SHIFT;
	struct page *chain = NULL;

	if (start >= end)
		return;
	if (start >> PAGE_SHIFT == last && start % PAGE_SIZE) {
		zero_part(m, start, end);
		return;
	}
	if (first < last) {
		mutex_lock(&m->lock);
		chain = take_pages(m, first, last, 0);
		unmap_pages(m, first, last, ZAP_FILE);
		mutex_unlock(&m->lock);
		put_pages(chain);
	}
	zero_part(m, start, ALIGN_UP(start, PAGE_SIZE));
	zero_part(m, ALIGN_DOWN(end, PAGE_SIZE), end);
}

void mapping_destroy(struct address_space *m)
{
	struct page *chain;

	mutex_lock(&m->lock);
	ASSERT(list_empty(&m->vmas));
	chain = take_pages(m, 0, ~0UL, 0);
	mapping_free_nodes(m);
	mutex_unlock(&m->lock);
	put_pages(chain);
}

/* ---- read and write -------------------------------------------------------------------------- */
ssize_t mapping_read(struct address_space *m, struct iter *to, u64 pos, u64 size)
{
	bool backed = m->ops && m->ops->read_page;
	size_t done = 0, want;

	if (pos >= size)
		return 0;
	want = min((u64)iter_count(to), size - pos);
	while (done < want) {
		u64 at = pos + done;
		size_t n = min(want - done, PAGE_SIZE - at % PAGE_SIZE), moved;
		struct page *p = NULL;
		int err = mapping_get_page(m, at >> PAGE_SHIFT, backed, &p);

		if (err && err != -ENOENT)
			return done ? (ssize_t)done : err;
		if (p) {
			moved = copy_to_iter((char *)page_to_virt(p) + at % PAGE_SIZE, n, to);
			page_put(p);
		} else {
			moved = iter_zero(n, to);
		}
		done += moved;
		if (moved < n)
			break;
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

ssize_t mapping_write(struct address_space *m, struct iter *from, u64 pos)
{
	size_t done = 0, want = iter_count(from);

	while (done < want) {
		u64 at = pos + done;
		size_t n = min(want - done, PAGE_SIZE - at % PAGE_SIZE), moved;
		struct page *p;
		int err = get_page_for_write(m, at >> PAGE_SHIFT, from, &p);

		if (err)
			return done ? (ssize_t)done : err;
		/* A fault here may want this very page: no lock is held. */
		moved = copy_from_iter((char *)page_to_virt(p) + at % PAGE_SIZE, n, from);
		if (moved && !(p->flags & PG_DIRTY))
			atomic_or(&p->flags, PG_DIRTY | PG_UPTODATE);
		page_put(p);
		done += moved;
		if (moved < n)
			break;
	}
	return done || !want ? (ssize_t)done : -EFAULT;
}

loff_t mapping_seek(struct address_space *m, loff_t pos, u64 size, bool data)
{
	u64 index = (u64)pos >> PAGE_SHIFT;
	struct page *p;

	if (pos < 0 || (u64)pos >= size)
		return -ENXIO;
	guard(mutex)(&m->lock);
	if (data) {
		while ((p = mapping_next_locked(m, &index)) && !(p->flags & PG_UPTODATE))
			index++;
		if (!p || index << PAGE_SHIFT >= size)
			return -ENXIO;
	} else {
		while (index << PAGE_SHIFT < size && (p = mapping_find_locked(m, index)) &&
		       (p->flags & PG_UPTODATE))
			index++;
	}
	return (loff_t)min(max((u64)pos, index << PAGE_SHIFT), size);
}

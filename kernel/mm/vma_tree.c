// SPDX-License-Identifier: MIT
/*
 * The set of VMAs of an address space: an ordered list, and over it a treap (binary tree by address,
 * heap by random priority) in which every node knows the largest free gap below any VMA of its
 * subtree.  So look-up, insertion, and the search for a free area are O(log n) expected.  A treap and
 * not kernel/base/rbtree, because its rotations keep the gaps up to date in a few lines.
 *
 * Lock: mm->lock, for writing where the set or a boundary changes.
 */
#include "kernel/base/list.h"
#include "kernel/mm/internal.h"

static struct vma *to_vma(struct rb_node *n)
{
	return rb_entry(n, struct vma, node);
}

static struct rb_node *parent_of(struct rb_node *n)
{
	return (struct rb_node *)n->parent_color;
}

static void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->parent_color = (unsigned long)parent;
}

static bool update_max(struct rb_node *n)
{
	struct vma *v = to_vma(n);
	unsigned long m = v->gap, old = v->max_gap;

	if (n->left)
		m = max(m, to_vma(n->left)->max_gap);
	if (n->right)
		m = max(m, to_vma(n->right)->max_gap);
	v->max_gap = m;
	return m != old;
}

static void propagate(struct rb_node *n)
{
	while (n && update_max(n))
		n = parent_of(n);
}

/* Lowest address that a new mapping below v must stay under. */
unsigned long vma_guarded_start(const struct vma *v)
{
	unsigned long gap = v->flags & VM_GROWSDOWN ? STACK_GUARD_PAGES * PAGE_SIZE : 0;

	return v->start > gap ? v->start - gap : 0;
}

static void recompute_gap(struct vma *v) __must_hold(&v->mm->lock)
{
	struct vma *prev = vma_prev(v);
	unsigned long below = prev ? prev->end : 0, start = vma_guarded_start(v);

	v->gap = start > below ? start - below : 0;
	propagate(&v->node);
}

void vma_update_gaps(struct vma *v)
{
	struct vma *next = vma_next(v);

	recompute_gap(v);
	if (next)
		recompute_gap(next);
}

/* Lifts n above its parent.  The subtree stays the same set, so its largest gap just moves up. */
static void rotate_up(struct rb_root *root, struct rb_node *n)
{
	struct rb_node *p = parent_of(n), *g = parent_of(p), **down, *child;

	if (p->left == n) {
		child = p->left = n->right;
		n->right = p;
	} else {
		child = p->right = n->left;
		n->left = p;
	}
	if (child)
		set_parent(child, p);
	down = !g ? &root->node : g->left == p ? &g->left : &g->right;
	*down = n;
	set_parent(n, g);
	set_parent(p, n);
	to_vma(n)->max_gap = to_vma(p)->max_gap;
	update_max(p);
}

void vma_tree_insert(struct mm *mm, struct vma *v)
{
	struct rb_node **link = &mm->vmas.node, *parent = NULL;
	struct list_head *before = &mm->vma_list;

	mm->prio_seed = mm->prio_seed * 1664525u + 1013904223u;
	v->prio = mm->prio_seed ^ mm->prio_seed >> 15;
	while (*link) {
		parent = *link;
		if (v->start < to_vma(parent)->start) {
			link = &parent->left;
		} else {
			before = &to_vma(parent)->link;
			link = &parent->right;
		}
	}
	list_add(&v->link, before);
	rb_link_node(&v->node, parent, link);
	v->gap = v->max_gap = 0;
	while (parent_of(&v->node) && to_vma(parent_of(&v->node))->prio < v->prio)
		rotate_up(&mm->vmas, &v->node);
	vma_update_gaps(v);
	mm->nr_vmas++;
}

void vma_tree_erase(struct mm *mm, struct vma *v)
{
	struct vma *next = vma_next(v);
	struct rb_node *n = &v->node, *p;

	while (n->left || n->right) {
		bool left = n->left && (!n->right || to_vma(n->left)->prio > to_vma(n->right)->prio);

		rotate_up(&mm->vmas, left ? n->left : n->right);
	}
	p = parent_of(n);
	*(!p ? &mm->vmas.node : p->left == n ? &p->left : &p->right) = NULL;
	for (; p; p = parent_of(p))
		update_max(p);
	list_del(&v->link);
	if (next)
		recompute_gap(next);
	if (mm->last == v)
		mm->last = NULL;
	mm->nr_vmas--;
}

struct vma *vma_find(struct mm *mm, unsigned long addr)
{
	struct vma *best = READ_ONCE(mm->last);
	struct rb_node *n;

	if (best && best->start <= addr && addr < best->end)
		return best;
	best = NULL;
	for (n = mm->vmas.node; n;) {
		struct vma *v = to_vma(n);

		if (v->end > addr) {
			best = v;
			if (v->start <= addr)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	if (best)
		WRITE_ONCE(mm->last, best); /* only a hint: readers may race */
	return best;
}

/* Highest fitting place in the gaps below the VMAs of the subtree; 0: none. */
static unsigned long search_down(struct rb_node *n, size_t size, unsigned long low,
				 unsigned long high) __no_lock_analysis /* mm->lock is held */
{
	if (!n || to_vma(n)->max_gap < size)
		return 0;

	struct vma *v = to_vma(n);
	unsigned long gap_end = vma_guarded_start(v), gap_start = gap_end - v->gap, at = 0;

	if (v->end + size <= high)
		at = search_down(n->right, size, low, high);
	if (at)
		return at;
	gap_end = min(gap_end, high);
	if (gap_end >= size && gap_end - size >= max(gap_start, low))
		return gap_end - size;
	return v->start > low ? search_down(n->left, size, low, high) : 0;
}

static unsigned long search_up(struct rb_node *n, size_t size, unsigned long low,
			       unsigned long high) __no_lock_analysis /* mm->lock is held */
{
	if (!n || to_vma(n)->max_gap < size)
		return 0;

	struct vma *v = to_vma(n);
	unsigned long gap_end = vma_guarded_start(v), gap_start = gap_end - v->gap, at = 0;

	if (v->start > low)
		at = search_up(n->left, size, low, high);
	if (at)
		return at;
	gap_start = max(gap_start, low);
	gap_end = min(gap_end, high);
	if (gap_end > gap_start && gap_end - gap_start >= size)
		return gap_start;
	return v->end + size <= high ? search_up(n->right, size, low, high) : 0;
}

/* A free area of `size` bytes in [low, high), the highest or the lowest one; 0 when there is none. */
unsigned long vma_find_gap(struct mm *mm, size_t size, unsigned long low, unsigned long high, bool down)
{
	unsigned long last_end = list_empty(&mm->vma_list) ? 0
							   : list_last(&mm->vma_list, struct vma, link)->end;
	unsigned long top_start = max(last_end, low), at;

	if (size > high || high - size < low)
		return 0;

	bool top_fits = top_start <= high && high - top_start >= size;

	if (down)
		return top_fits ? high - size : search_down(mm->vmas.node, size, low, high);
	at = search_up(mm->vmas.node, size, low, high);
	return at ? at : top_fits ? top_start : 0;
}

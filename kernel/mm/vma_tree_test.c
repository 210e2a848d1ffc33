// SPDX-License-Identifier: MIT
/*
 * The VMA treap: order, heap and gap rules after every change, and the search for free areas against a
 * linear one.
 */
#include "kernel/mm/internal.h"
#include "tests/unit/unit.h"

enum { SLOTS = 200, LOW = 0x10000 };

static struct mm mm;
static struct vma vmas[SLOTS];
static bool used[SLOTS];
static u32 seed;

static unsigned rnd(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 12;
}

static void start_empty(void)
{
	mm = (struct mm){ .prio_seed = 1 };
	list_init(&mm.vma_list);
	for (int i = 0; i < SLOTS; i++)
		used[i] = false;
	seed = 1;
}

/* Slot i may hold a VMA of one to four pages somewhere in its eight. */
static void toggle(int i)
{
	struct vma *v = &vmas[i];

	used[i] = !used[i];
	if (!used[i]) {
		vma_tree_erase(&mm, v);
		return;
	}
	*v = (struct vma){ .mm = &mm, .flags = rnd() % 8 ? 0 : VM_GROWSDOWN };
	v->start = LOW + (i * 8UL + rnd() % 4) * PAGE_SIZE;
	v->end = v->start + (1 + rnd() % 4) * PAGE_SIZE;
	vma_tree_insert(&mm, v);
}

static unsigned long check_subtree(struct rb_node *n, const struct rb_node *parent)
{
	if (!n)
		return 0;

	struct vma *v = rb_entry(n, struct vma, node);
	unsigned long left = check_subtree(n->left, n), right = check_subtree(n->right, n);

	EXPECT_EQ(n->parent_color, (unsigned long)parent);
	EXPECT(!parent || rb_entry(parent, struct vma, node)->prio >= v->prio);
	EXPECT_EQ(v->max_gap, max(v->gap, max(left, right)));
	return v->max_gap;
}

static void check(void)
{
	unsigned long below = 0;
	struct vma *v;
	u32 n = 0;

	mm_for_each_vma(v, &mm)
	{
		unsigned long start = vma_guarded_start(v);

		EXPECT(v->start >= below);
		EXPECT_EQ(v->gap, start > below ? start - below : 0);
		EXPECT_EQ((unsigned long)vma_find(&mm, v->start), (unsigned long)v);
		EXPECT_EQ((unsigned long)vma_find(&mm, v->end - 1), (unsigned long)v);
		below = v->end;
		n++;
	}
	EXPECT_EQ(mm.nr_vmas, n);
	check_subtree(mm.vmas.node, NULL);
}

static unsigned long linear_gap(size_t size, unsigned long low, unsigned long high, bool down)
{
	unsigned long below = 0, best = 0;
	struct vma *v;

	mm_for_each_vma(v, &mm)
	{
		unsigned long s = max(below, low), e = min(vma_guarded_start(v), high);

		if (e > s && e - s >= size && (down || !best))
			best = down ? e - size : s;
		below = v->end;
	}
	below = max(below, low);
	if (high > below && high - below >= size && (down || !best))
		best = down ? high - size : below;
	return best;
}

UNIT_TEST(keeps_order_and_gaps)
{
	start_empty();
	for (int k = 0; k < 2000; k++) {
		toggle(rnd() % SLOTS);
		check();
	}
}

UNIT_TEST(finds_the_same_gap_as_a_linear_search)
{
	start_empty();
	for (int k = 0; k < 4000; k++) {
		toggle(rnd() % SLOTS);

		size_t size = (1 + rnd() % 40) * PAGE_SIZE;
		unsigned long low = LOW + rnd() % 400 * PAGE_SIZE, high = low + rnd() % 1600 * PAGE_SIZE;

		EXPECT_EQ(vma_find_gap(&mm, size, low, high, true), linear_gap(size, low, high, true));
		EXPECT_EQ(vma_find_gap(&mm, size, low, high, false), linear_gap(size, low, high, false));
	}
}

UNIT_TEST(stays_shallow)
{
	start_empty();
	for (int i = 0; i < SLOTS; i++)
		toggle(i); /* ascending: the worst case of an unbalanced tree */

	int deepest = 0;

	for (int i = 0; i < SLOTS; i++) {
		int depth = 0;

		for (struct rb_node *n = &vmas[i].node; n; n = (struct rb_node *)n->parent_color)
			depth++;
		deepest = max(deepest, depth);
	}
	EXPECT(deepest <= 32);
}

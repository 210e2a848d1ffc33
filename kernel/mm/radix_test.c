// SPDX-License-Identifier: MIT
/* The page cache's tree against a plain array: indices near and far, and no node is left behind. */
#include "kernel/mm/internal.h"
#include "kernel/mm/slab.h"
#include "tests/unit/unit.h"

enum { COUNT = 300 };

static struct address_space m;
static u64 index_of[COUNT];
static bool in[COUNT];
static u32 seed = 1;
static int nodes; /* allocated now */

/* The node cache, on kmalloc(), with a count. */
struct slab_cache *slab_cache_create(const char *name, size_t size, size_t align)
{
	return (struct slab_cache *)(size + 1);
}

void *slab_alloc(struct slab_cache *c, unsigned flags)
{
	nodes++;
	return kmalloc(RADIX_SLOTS * sizeof(void *) + 64, ALLOC_ZERO);
}

void slab_free(struct slab_cache *c, void *p)
{
	nodes--;
	kfree(p);
}

void call_rcu(struct rcu_head *head, void (*fn)(struct rcu_head *head))
{
	fn(head); /* nobody else looks */
}

/* For look-ups under RCU, which need a CPU: tests/conform/cut.c. */
void preempt_schedule(void)
{
}

void page_put(struct page *p)
{
}

static unsigned rnd(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 10;
}

static struct page *page_at(int i)
{
	return (struct page *)(0x1000UL + 64UL * (unsigned)i);
}

/* Distinct indices, sorted: clustered, at the borders of every level, and at the very end. */
static void choose_indices(void)
{
	u64 at = 0;

	for (int i = 0; i < COUNT; i++) {
		index_of[i] = at;
		at += i % 50 == 49 ? 1UL << (6 * (i / 50) + 7) : 1 + rnd() % 70;
	}
	index_of[COUNT - 1] = ~0UL;
}

static void check(void)
{
	u64 at = 0;
	int next = 0;

	for (int i = 0; i < COUNT; i++) {
		EXPECT(mapping_find_locked(&m, index_of[i]) == (in[i] ? page_at(i) : NULL));
		if (root_is_node(m.tree) && in[i])
			EXPECT(*mapping_slots(&m, index_of[i]) == page_at(i));
	}
	for (;;) {
		struct page *p = mapping_next_locked(&m, &at);

		while (next < COUNT && !in[next])
			next++;
		if (next == COUNT) {
			EXPECT(!p);
			return;
		}
		EXPECT(p == page_at(next));
		EXPECT_EQ(at, index_of[next]);
		if (at++ == ~0UL)
			return;
		next++;
	}
}

UNIT_TEST(agrees_with_an_array)
{
	choose_indices();
	for (int round = 0; round < 6000; round++) {
		int i = (int)(rnd() % (round % 2000 < 1000 ? COUNT : 40)); /* dense, then almost empty */

		if (in[i])
			mapping_remove_locked(&m, index_of[i]);
		else
			EXPECT_EQ(mapping_insert_locked(&m, index_of[i], page_at(i)), 0);
		in[i] = !in[i];
		if (round % 20 == 0)
			check();
	}
	check();
	for (int i = 0; i < COUNT; i++) {
		if (in[i])
			mapping_remove_locked(&m, index_of[i]);
	}
	EXPECT_EQ(nodes, 0);
	EXPECT(!m.tree);
}

UNIT_TEST(a_single_first_page_needs_no_node)
{
	u64 at = 0;

	EXPECT_EQ(mapping_insert_locked(&m, 0, page_at(1)), 0);
	EXPECT_EQ(nodes, 0);
	EXPECT(!mapping_slots(&m, 0) && !mapping_slots(&m, 1));
	EXPECT(mapping_next_locked(&m, &at) == page_at(1) && !at);
	at = 1;
	EXPECT(!mapping_next_locked(&m, &at));
	EXPECT(!mapping_find_locked(&m, 1));
	EXPECT_EQ(mapping_insert_locked(&m, 70, page_at(2)), 0); /* two levels at once */
	EXPECT(mapping_find_locked(&m, 0) == page_at(1) && mapping_find_locked(&m, 70) == page_at(2));
	mapping_remove_locked(&m, 0);
	EXPECT(!mapping_find_locked(&m, 0) && mapping_find_locked(&m, 70) == page_at(2));
	mapping_remove_locked(&m, 70);
	EXPECT_EQ(nodes, 0);
}

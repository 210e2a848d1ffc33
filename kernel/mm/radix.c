// SPDX-License-Identifier: MIT
/*
 * The tree of a page cache: 64-way, as high as the largest index needs.  Height 0 is the page with
 * index 0 itself, so a one-page file has no node at all.
 * Lock: mapping->lock.
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/slab.h"

#define BITS       6
#define MAX_HEIGHT 11 /* 64 bits in steps of 6 */

struct radix_node {
	void *slot[RADIX_SLOTS];
	u32 count; /* slots in use */
};

static struct slab_cache *node_cache;

static int radix_init(void)
{
	node_cache = slab_cache_create("radix_node", sizeof(struct radix_node), 8);
	return 0;
}
INITCALL(INIT_EARLY, radix_init);

static unsigned slot_of(u64 index, unsigned level)
{
	return index >> (BITS * level) & (RADIX_SLOTS - 1);
}

static bool fits(u64 index, u32 height)
{
	return height >= MAX_HEIGHT || !(index >> (BITS * height));
}

struct page *mapping_find_locked(struct address_space *m, u64 index)
{
	void *n = m->tree;

	if (!fits(index, m->height))
		return NULL;
	for (u32 level = m->height; n && level-- > 0;)
		n = ((struct radix_node *)n)->slot[slot_of(index, level)];
	return n;
}

void **mapping_leaf_locked(struct address_space *m, u64 index)
{
	void *n = m->tree;

	if (!m->height || !fits(index, m->height))
		return NULL;
	for (u32 level = m->height; n && --level > 0;)
		n = ((struct radix_node *)n)->slot[slot_of(index, level)];
	return n ? ((struct radix_node *)n)->slot : NULL;
}

/* First page of the subtree at or after *index; *index becomes its index. */
static struct page *next_below(void *n, u32 height, u64 *index)
{
	if (!n || !height)
		return n;

	u32 level = height - 1;
	unsigned s = slot_of(*index, level);
	u64 start = *index >> (BITS * level) << (BITS * level); /* first index of slot s */

	for (; s < RADIX_SLOTS; s++) {
		struct page *p = next_below(((struct radix_node *)n)->slot[s], level, index);

		if (p)
			return p;
		start += 1UL << (BITS * level);
		*index = start;
	}
	return NULL;
}

struct page *mapping_next_locked(struct address_space *m, u64 *index)
{
	if (!fits(*index, m->height))
		return NULL;

	u64 at = *index;
	struct page *p = next_below(m->tree, m->height, &at);

	if (p)
		*index = at;
	return p;
}

static struct radix_node *node_create(void)
{
	return slab_alloc(node_cache, ALLOC_ZERO);
}

static bool grow(struct address_space *m, u64 index) __must_hold(&m->lock)
{
	while (!fits(index, m->height)) {
		if (m->tree) {
			struct radix_node *n = node_create();

			if (!n)
				return false;
			n->slot[0] = m->tree;
			n->count = 1;
			m->tree = n;
		}
		m->height++;
	}
	return true;
}

int mapping_insert_locked(struct address_space *m, u64 index, struct page *p)
{
	struct radix_node *parent = NULL;
	void **at = &m->tree;

	if (!m->tree)
		m->height = 0;
	if (!grow(m, index))
		return -ENOMEM;
	for (u32 level = m->height; level-- > 0;) {
		if (!*at) {
			struct radix_node *n = node_create();

			if (!n)
				/* nodes made on the way stay, empty: removed with the next page there */
				return -ENOMEM;
			*at = n;
			if (parent)
				parent->count++;
		}
		parent = *at;
		at = &parent->slot[slot_of(index, level)];
	}
	ASSERT(!*at);
	*at = p;
	if (parent)
		parent->count++;
	return 0;
}

void mapping_remove_locked(struct address_space *m, u64 index)
{
	struct radix_node *path[MAX_HEIGHT];
	u32 depth = 0;
	void *n = m->tree;

	for (u32 level = m->height; level-- > 0;) {
		path[depth++] = n;
		n = path[depth - 1]->slot[slot_of(index, level)];
	}
	/* path[i] holds the slot of level height-1-i; empty nodes go, from the leaf upwards. */
	while (depth-- > 0) {
		path[depth]->slot[slot_of(index, m->height - 1 - depth)] = NULL;
		if (--path[depth]->count)
			return;
		slab_free(node_cache, path[depth]);
	}
	m->tree = NULL;
	m->height = 0;
}

static void free_nodes(void *n, u32 height)
{
	if (!n || !height)
		return;
	for (unsigned i = 0; height > 1 && i < RADIX_SLOTS; i++)
		free_nodes(((struct radix_node *)n)->slot[i], height - 1);
	slab_free(node_cache, n);
}

/* Frees the nodes that remain when all pages have been removed. */
void mapping_free_nodes(struct address_space *m)
{
	free_nodes(m->tree, m->height);
	m->tree = NULL;
	m->height = 0;
}

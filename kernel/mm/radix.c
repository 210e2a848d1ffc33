// SPDX-License-Identifier: MIT
/*
 * The tree of a page cache: 64-way, as high as the largest index needs.  The root is the page with index 0
 * itself, so that a one-page file has no node at all, or a node, which bit 0 tells.
 *
 * Locks: mapping->lock for changes; look-ups are also safe under RCU.  For them a node is complete before it
 * is linked and freed a grace period after it was unlinked, and by then it is empty: a slot that holds a page
 * belongs to the tree.
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/slab.h"

#define BITS       6
#define MAX_HEIGHT 11 /* 64 bits in steps of 6 */

struct radix_node {
	void *slot[RADIX_SLOTS]; /* [rcu] */
	u32 count; /* [mapping->lock] slots in use */
	u16 height; /* [const] levels of nodes, this one included */
	u16 shift; /* [const] how far to shift an index for its slot: BITS for each level below */
	struct rcu_head rcu;
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

static struct radix_node *root_node(void *root)
{
	return root_is_node(root) ? (struct radix_node *)((char *)root - ROOT_NODE) : NULL;
}

/* Levels of nodes. */
static u32 root_height(void *root)
{
	return root_is_node(root) ? root_node(root)->height : 0;
}

static void set_root(struct address_space *m, struct radix_node *n)
{
	rcu_assign_pointer(m->tree, (char *)n + ROOT_NODE);
}

/* Where the page is when there is one, or NULL. */
static __always_inline void **slot_below(struct radix_node *n, u64 index)
{
	if (unlikely(index >> n->shift >> BITS))
		return NULL;
	for (u32 shift = n->shift; n; shift -= BITS) {
		void **slot = &n->slot[index >> shift & (RADIX_SLOTS - 1)];

		if (!shift)
			return slot;
		n = rcu_dereference(*slot);
	}
	return NULL;
}

void **mapping_slots(struct address_space *m, u64 index)
{
	void *root = rcu_dereference(m->tree);

	return root_is_node(root) ? slot_below(root_node(root), index) : NULL;
}

struct page *mapping_find_locked(struct address_space *m, u64 index)
{
	if (unlikely(!root_is_node(m->tree)))
		return index ? NULL : m->tree;

	void **slot = slot_below(root_node(m->tree), index);

	return slot ? *slot : NULL;
}

struct page *slot_get_again(void **slot, struct page *lost)
{
	struct page *p;

	for (;;) {
		if (lost)
			page_put(lost);
		p = rcu_dereference(*slot);
		if (!p)
			return NULL;
		lost = page_try_get(p) ? p : NULL;
		if (lost && READ_ONCE(*slot) == p)
			return p;
	}
}

/* The root was no node; it may become one at any time. */
static __noinline struct page *root_get(struct address_space *m, u64 index)
{
	void *root;

	while ((root = rcu_dereference(m->tree))) {
		if (root_is_node(root)) {
			void **slot = slot_below(root_node(root), index);

			return slot ? slot_get(slot) : NULL;
		}
		if (index)
			return NULL;
		if (!page_try_get(root))
			continue;
		if (READ_ONCE(m->tree) == root)
			return root;
		page_put(root);
	}
	return NULL;
}

struct page *mapping_find_get(struct address_space *m, u64 index)
{
	struct page *p;
	void *root;

	rcu_read_lock();
	root = rcu_dereference(m->tree);
	if (likely(root_is_node(root))) {
		void **slot = slot_below(root_node(root), index);

		p = likely(slot) ? slot_get(slot) : NULL;
	} else {
		p = root ? root_get(m, index) : NULL;
	}
	rcu_read_unlock();
	return p;
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
	struct radix_node *n = root_node(m->tree);
	u64 at = *index;
	struct page *p;

	if (!fits(at, root_height(m->tree)))
		return NULL;
	p = n ? next_below(n, root_height(m->tree), &at) : m->tree;
	if (p)
		*index = at;
	return p;
}

static struct radix_node *node_create(u32 height)
{
	struct radix_node *n = slab_alloc(node_cache, ALLOC_ZERO);

	if (n) {
		n->height = (u16)height;
		n->shift = (u16)(BITS * (height - 1));
	}
	return n;
}

static void node_free_rcu(struct rcu_head *head)
{
	slab_free(node_cache, container_of(head, struct radix_node, rcu));
}

/* Makes the root a node high enough for index; the tree is not just a page with this index. */
static bool grow(struct address_space *m, u64 index) __must_hold(&m->lock)
{
	while (!m->tree || !fits(index, root_height(m->tree))) {
		u32 height = root_height(m->tree) + 1;

		while (!m->tree && !fits(index, height))
			height++;

		struct radix_node *n = node_create(height);

		if (!n)
			return false;
		if (m->tree) {
			n->slot[0] = root_node(m->tree) ?: m->tree;
			n->count = 1;
		}
		set_root(m, n);
	}
	return true;
}

int mapping_insert_locked(struct address_space *m, u64 index, struct page *p)
{
	if (!m->tree && !index) {
		rcu_assign_pointer(m->tree, p);
		return 0;
	}
	if (!grow(m, index))
		return -ENOMEM;

	struct radix_node *n = root_node(m->tree);

	for (u32 level = root_height(m->tree); --level > 0;) {
		void **at = &n->slot[slot_of(index, level)];

		if (!*at) {
			struct radix_node *child = node_create(level);

			if (!child)
				/* nodes made on the way stay, empty: removed with the next page there */
				return -ENOMEM;
			rcu_assign_pointer(*at, child);
			n->count++;
		}
		n = *at;
	}

	void **slot = &n->slot[slot_of(index, 0)];

	ASSERT(!*slot);
	rcu_assign_pointer(*slot, p);
	n->count++;
	return 0;
}

void mapping_remove_locked(struct address_space *m, u64 index)
{
	struct radix_node *path[MAX_HEIGHT], *n = root_node(m->tree), *dead = NULL;
	u32 height = root_height(m->tree);

	for (u32 level = height; level-- > 0; n = n->slot[slot_of(index, level)])
		path[level] = n;
	/* Empty nodes go, from the leaf upwards, each when it is unlinked. */
	for (u32 level = 0; level < height; level++) {
		WRITE_ONCE(path[level]->slot[slot_of(index, level)], NULL);
		if (dead)
			call_rcu(&dead->rcu, node_free_rcu);
		if (--path[level]->count)
			return;
		dead = path[level];
	}
	WRITE_ONCE(m->tree, NULL);
	if (dead)
		call_rcu(&dead->rcu, node_free_rcu);
}

static void free_nodes(void *n, u32 height)
{
	if (!n || !height)
		return;
	for (unsigned i = 0; height > 1 && i < RADIX_SLOTS; i++)
		free_nodes(((struct radix_node *)n)->slot[i], height - 1);
	slab_free(node_cache, n);
}

/* Frees the nodes that remain when all pages have been removed; nobody looks up any more. */
void mapping_free_nodes(struct address_space *m)
{
	free_nodes(root_node(m->tree), root_height(m->tree));
	m->tree = NULL;
}

// SPDX-License-Identifier: MIT
/* Red-black tree: order and balance rules after every insertion and removal. */
#include "kernel/base/rbtree.h"
#include "tests/unit/unit.h"

enum { COUNT = 500 };

struct item {
	struct rb_node node;
	unsigned key;
	bool in;
};

static struct item items[COUNT];
static struct rb_root root;

static void insert(struct item *it)
{
	struct rb_node **link = &root.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = it->key < rb_entry(parent, struct item, node)->key ? &parent->left : &parent->right;
	}
	rb_link_node(&it->node, parent, link);
	rb_insert_fixup(&it->node, &root);
	it->in = true;
}

/* Height of the tree, checking that the parent pointers fit. */
static int height(const struct rb_node *n, const struct rb_node *parent)
{
	if (!n)
		return 0;
	EXPECT_EQ((n->parent_color & ~3ul), (unsigned long)parent);
	int left = height(n->left, n), right = height(n->right, n);

	return 1 + (left > right ? left : right);
}

/* Black nodes from n down to any leaf: as many on every path, and no red node has a red child. */
static int black_height(const struct rb_node *n)
{
	if (!n)
		return 0;

	bool black = n->parent_color & 1;
	int left = black_height(n->left), right = black_height(n->right);

	EXPECT_EQ(left, right);
	EXPECT(black ||
	       ((!n->left || n->left->parent_color & 1) && (!n->right || n->right->parent_color & 1)));
	return left + black;
}

static void verify(int count)
{
	unsigned last = 0;
	int seen = 0, limit = 2;
	struct rb_node *n;

	rb_for_each(n, &root) {
		EXPECT(rb_entry(n, struct item, node)->key >= last);
		last = rb_entry(n, struct item, node)->key;
		seen++;
	}
	EXPECT_EQ(seen, count);
	for (int c = count + 1; c; c >>= 1)
		limit += 2;
	EXPECT(height(root.node, NULL) <= limit);
	black_height(root.node);
	EXPECT(!root.node || root.node->parent_color & 1);
	seen = 0;
	for (n = rb_last(&root); n; n = rb_prev(n))
		seen++;
	EXPECT_EQ(seen, count);
}

static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

UNIT_TEST(ascending_and_descending)
{
	for (int i = 0; i < COUNT; i++) {
		items[i].key = i;
		insert(&items[i]);
	}
	verify(COUNT);
	for (int i = COUNT - 1; i >= 0; i--)
		rb_erase(&items[i].node, &root);
	EXPECT(!root.node);
}

UNIT_TEST(random_insert_and_erase)
{
	unsigned state = 1;
	int in = 0;

	for (int round = 0; round < 5000; round++) {
		struct item *it = &items[next_random(&state) % (round % 1000 < 300 ? 12 : COUNT)];

		if (it->in) {
			rb_erase(&it->node, &root);
			it->in = false;
			in--;
		} else {
			it->key = next_random(&state) % 100;
			insert(it);
			in++;
		}
		if (round % 50 == 0 || in < 12)
			verify(in);
	}
	verify(in);
}

UNIT_TEST(empty_tree)
{
	EXPECT(!rb_first(&root));
	EXPECT(!rb_last(&root));
}

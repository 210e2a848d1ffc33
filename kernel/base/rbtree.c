// SPDX-License-Identifier: MIT
/*
 * Red-black trees after Cormen, Leiserson, Rivest and Stein, chapter 13, with NULL leaves.
 * Invariants: the root is black; a red node has black children; every path from a node down to a
 * leaf has the same number of black nodes.
 */
#include "kernel/base/rbtree.h"

enum { RED = 0, BLACK = 1 };

static inline struct rb_node *parent_of(const struct rb_node *n)
{
	return (struct rb_node *)(n->parent_color & ~1UL);
}

static inline bool is_red(const struct rb_node *n)
{
	return n && !(n->parent_color & 1);
}

static inline void set_color(struct rb_node *n, unsigned long color)
{
	n->parent_color = (n->parent_color & ~1UL) | color;
}

static inline void set_parent(struct rb_node *n, struct rb_node *parent)
{
	n->parent_color = (n->parent_color & 1) | (unsigned long)parent;
}

/* Puts `new` (may be NULL) where `old` hangs under `parent`. */
static void replace_child(struct rb_root *root, struct rb_node *parent, struct rb_node *old,
			  struct rb_node *new)
{
	if (!parent)
		root->node = new;
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
}

/* Rotates n down to the left or right; its child on the other side takes its place. */
static void rotate(struct rb_root *root, struct rb_node *n, bool left)
{
	struct rb_node *up = left ? n->right : n->left;
	struct rb_node *inner = left ? up->left : up->right;
	struct rb_node *parent = parent_of(n);

	if (left) {
		n->right = inner;
		up->left = n;
	} else {
		n->left = inner;
		up->right = n;
	}
	if (inner)
		set_parent(inner, n);
	set_parent(up, parent);
	replace_child(root, parent, n, up);
	set_parent(n, up);
}

void rb_insert_fixup(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *parent;

	while (is_red(parent = parent_of(n))) {
		struct rb_node *grand = parent_of(parent);
		bool left = parent == grand->left;
		struct rb_node *uncle = left ? grand->right : grand->left;

		if (is_red(uncle)) {
			set_color(parent, BLACK);
			set_color(uncle, BLACK);
			set_color(grand, RED);
			n = grand;
			continue;
		}
		if (n == (left ? parent->right : parent->left)) {
			rotate(root, parent, left);
			swap(n, parent);
		}
		set_color(parent, BLACK);
		set_color(grand, RED);
		rotate(root, grand, !left);
	}
	set_color(root->node, BLACK);
}

/* n (may be NULL) carries one black too few under parent. */
static void erase_fixup(struct rb_root *root, struct rb_node *n, struct rb_node *parent)
{
	while (n != root->node && !is_red(n)) {
		bool left = n == parent->left;
		struct rb_node *sib = left ? parent->right : parent->left;

		if (is_red(sib)) {
			set_color(sib, BLACK);
			set_color(parent, RED);
			rotate(root, parent, left);
			sib = left ? parent->right : parent->left;
		}
		if (!is_red(sib->left) && !is_red(sib->right)) {
			set_color(sib, RED);
			n = parent;
			parent = parent_of(n);
			continue;
		}
		if (!is_red(left ? sib->right : sib->left)) {
			set_color(left ? sib->left : sib->right, BLACK);
			set_color(sib, RED);
			rotate(root, sib, !left);
			sib = left ? parent->right : parent->left;
		}
		set_color(sib, parent->parent_color & 1);
		set_color(parent, BLACK);
		set_color(left ? sib->right : sib->left, BLACK);
		rotate(root, parent, left);
		n = root->node;
	}
	if (n)
		set_color(n, BLACK);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *child, *parent = parent_of(node);
	bool black = node->parent_color & 1;

	if (!node->left || !node->right) {
		child = node->left ? node->left : node->right;
		replace_child(root, parent, node, child);
		if (child)
			set_parent(child, parent);
	} else {
		struct rb_node *next = node->right; /* in-order successor takes node's place */

		while (next->left)
			next = next->left;
		black = next->parent_color & 1;
		child = next->right;
		if (parent_of(next) == node) {
			parent = next;
		} else {
			parent = parent_of(next);
			parent->left = child;
			if (child)
				set_parent(child, parent);
			next->right = node->right;
			set_parent(next->right, next);
		}
		next->left = node->left;
		set_parent(next->left, next);
		next->parent_color = node->parent_color;
		replace_child(root, parent_of(node), node, next);
	}
	if (black)
		erase_fixup(root, child, parent);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->left)
		n = n->left;
	return n;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->right)
		n = n->right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	if (n->right) {
		for (n = n->right; n->left;)
			n = n->left;
		return (struct rb_node *)n;
	}

	struct rb_node *parent;

	while ((parent = parent_of(n)) && n == parent->right)
		n = parent;
	return parent;
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	if (n->left) {
		for (n = n->left; n->right;)
			n = n->right;
		return (struct rb_node *)n;
	}

	struct rb_node *parent;

	while ((parent = parent_of(n)) && n == parent->left)
		n = parent;
	return parent;
}

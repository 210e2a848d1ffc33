/* SPDX-License-Identifier: MIT */
/*
 * Intrusive red-black tree.  The caller descends and links, as in Linux: find the place, then
 * rb_link_node() and rb_insert_fixup().  The owner's lock protects it.
 */
#pragma once

struct rb_node {
	unsigned long parent_color; /* parent pointer | colour in bit 0 */
	struct rb_node *left, *right;
};
struct rb_root {
	struct rb_node *node;
};

void rb_insert_fixup(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	node->parent_color = (unsigned long)parent;
	node->left = node->right = NULL;
	*link = node;
}

#define rb_entry(p, type, member) container_of(p, type, member)
#define rb_for_each(node, root)   for (node = rb_first(root); node; node = rb_next(node))

/* SPDX-License-Identifier: MIT */
/* Doubly linked circular lists (Linux's shape) and singly headed hash chains. */
#pragma once

#include "kernel/sync/safety.h"

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(n)  \
	{                  \
		&(n), &(n) \
	}
#define LIST_HEAD(n) struct list_head n = LIST_HEAD_INIT(n)

/* For the list of an object that nobody else has yet, or with its lock held. */
static inline void list_init(struct list_head *l) __no_lock_analysis
{
	l->next = l->prev = l;
}

static inline void list_insert_between(struct list_head *n, struct list_head *prev, struct list_head *next)
{
	next->prev = n;
	n->next = next;
	n->prev = prev;
	__atomic_store_n(&prev->next, n, __ATOMIC_RELEASE); /* readers under RCU see a whole node */
}

static inline void list_add(struct list_head *n, struct list_head *head)
{
	list_insert_between(n, head, head->next);
}

static inline void list_add_tail(struct list_head *n, struct list_head *head)
{
	list_insert_between(n, head->prev, head);
}

static inline void list_del(struct list_head *n)
{
	n->next->prev = n->prev;
	WRITE_ONCE(n->prev->next, n->next);
}

static inline void list_del_init(struct list_head *n)
{
	list_del(n);
	list_init(n);
}

static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/* Is the list empty, looked at without its lock? */
#define list_empty_once(head) (READ_ONCE((head)->next) == (head))

static inline void list_move_tail(struct list_head *n, struct list_head *head)
{
	list_del(n);
	list_add_tail(n, head);
}

/* Moves all of `from` to the front of `to`; `from` becomes empty. */
static inline void list_splice_init(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	list_init(from);
}

#define list_entry(p, type, member)    container_of(p, type, member)
#define list_first(head, type, member) list_entry((head)->next, type, member)
#define list_last(head, type, member)  list_entry((head)->prev, type, member)
#define list_for_each(pos, head, member)                                                       \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_safe(pos, tmp, head, member)                        \
	for (pos = list_entry((head)->next, __typeof__(*pos), member),    \
	    tmp = list_entry(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head);                                      \
	     pos = tmp, tmp = list_entry(tmp->member.next, __typeof__(*tmp), member))

struct hlist_head {
	struct hlist_node *first;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};

static inline void hlist_add(struct hlist_node *n, struct hlist_head *h)
{
	n->next = h->first;
	n->pprev = &h->first;
	if (h->first)
		h->first->pprev = &n->next;
	__atomic_store_n(&h->first, n, __ATOMIC_RELEASE);
}

static inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !n->pprev;
}

static inline void hlist_del(struct hlist_node *n)
{
	if (!n->pprev)
		return;
	WRITE_ONCE(*n->pprev, n->next);
	if (n->next)
		n->next->pprev = n->pprev;
	n->pprev = NULL; /* n->next stays: an RCU reader may be standing on it */
}

#define hlist_for_each(pos, head, member)                                          \
	for (struct hlist_node *hl_n = READ_ONCE((head)->first);                   \
	     hl_n && ((pos = container_of(hl_n, __typeof__(*pos), member)), true); \
	     hl_n = READ_ONCE(hl_n->next))

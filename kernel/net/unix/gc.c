// SPDX-License-Identifier: MIT
/*
 * Descriptors in flight, and the collector of cycles.
 *
 * A socket whose every reference lies in queues of sockets that themselves can only be reached through such
 * queues is garbage: nobody can ever receive it.  unix_gc() finds those as Linux 6.1 does.  Candidates
 * are the sockets with as many references to their file as descriptors in flight.  What candidates hold of
 * each other is subtracted; who has something left is reachable from outside, and so, put back, is all that
 * it holds.  The rest is garbage, and the buffers that carry it are freed.
 *
 * Locks: gc_lock guards all counts and lists here, and is taken before the lock of a socket whose queue is
 * looked at.  A descriptor counts as in flight before its buffer is queued, but the sender keeps another
 * reference until then; the receiver takes it off before it puts it into a table.
 */
#include "kernel/net/unix/unix.h"

#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"

/* unix_sock.gc_flags */
#define CANDIDATE 1
#define IN_CYCLE  2 /* as far as is known */

#define GC_PACE 16000 /* more than this in flight: senders collect and wait, as on Linux */

u32 unix_in_flight;
static struct spinlock gc_lock = SPINLOCK_INIT_NAMED("gc_lock");
static LIST_HEAD(in_flight); /* [gc_lock] unix_sock.gc_node */
static bool gc_running; /* [gc_lock] */
static struct waitq gc_done = WAITQ_INIT(gc_done);

static struct unix_sock *unix_of_file(const struct file *f)
{
	struct sock *sk = sock_of_file(f);

	return sk && sk->family == AF_UNIX ? unix_sk(sk) : NULL;
}

/* ---- departure and arrival ------------------------------------------------------------------- */

int scm_fds_depart(struct scm_fds *fds)
{
	guard(spinlock)(&gc_lock);
	if (fds->user->fds_in_flight > rlimit(RLIMIT_NOFILE) && !capable(CAP_SYS_RESOURCE) &&
	    !capable(CAP_SYS_ADMIN))
		return -ETOOMANYREFS;
	for (u32 i = 0; i < fds->count; i++) {
		struct unix_sock *u = unix_of_file(fds->file[i]);

		if (!u)
			continue;
		if (!u->in_flight++)
			list_add_tail(&u->gc_node, &in_flight);
		WRITE_ONCE(unix_in_flight, unix_in_flight + 1);
	}
	fds->user->fds_in_flight += fds->count;
	return 0;
}

void scm_fds_arrive(struct scm_fds *fds)
{
	guard(spinlock)(&gc_lock);
	for (u32 i = 0; i < fds->count; i++) {
		struct unix_sock *u = unix_of_file(fds->file[i]);

		if (!u)
			continue;
		if (!--u->in_flight)
			list_del_init(&u->gc_node);
		WRITE_ONCE(unix_in_flight, unix_in_flight - 1);
	}
	fds->user->fds_in_flight -= fds->count;
}

/*
 * Who peeked at descriptors has references that are not in flight.  A collection that counted before they
 * were taken runs to its verdict under gc_lock: once we had the lock it is over, and the next one sees them.
 */
void scm_peek_barrier(void)
{
	spin_lock(&gc_lock);
	spin_unlock(&gc_lock);
}

/* ---- collection; gc_lock is held ------------------------------------------------------------- */

typedef void (*child_fn)(struct unix_sock *child, struct list_head *to);

/* Calls fn for every candidate among what lies in x's queue.  hits: buffers that hold some move there. */
static void scan_queue(struct unix_sock *x, child_fn fn, struct list_head *to, struct list_head *hits)
{
	struct skb *skb, *next;

	guard(spinlock)(&x->sk.lock);
	list_for_each_safe(skb, next, &x->sk.rx, node) {
		bool hit = false;

		for (u32 i = 0; skb->fds && i < skb->fds->count; i++) {
			struct unix_sock *child = unix_of_file(skb->fds->file[i]);

			if (!child || !(child->gc_flags & CANDIDATE))
				continue;
			fn(child, to);
			hit = true;
		}
		if (!hit || !hits)
			continue;
		skb_unqueue(&x->sk, skb);
		list_add_tail(&skb->node, hits);
		atomic_sub(&x->fds_queued, skb->fds->count);
		if (x->oob == skb)
			x->oob = NULL;
	}
}

/* A listener holds what its connections, not accepted yet, have received. */
static void scan_children(struct unix_sock *x, child_fn fn, struct list_head *to, struct list_head *hits)
{
	struct unix_sock *embryo;

	if (READ_ONCE(x->sk.state) != SK_LISTEN) {
		scan_queue(x, fn, to, hits);
		return;
	}
	guard(spinlock)(&x->sk.lock);
	list_for_each(embryo, &x->embryos, embryo_node)
		scan_queue(embryo, fn, to, hits);
}

static void child_dec(struct unix_sock *child, struct list_head *to)
{
	child->in_flight--;
}

static void child_inc(struct unix_sock *child, struct list_head *to)
{
	child->in_flight++;
}

/* The child of somebody reachable: it will be looked at too. */
static void child_reachable(struct unix_sock *child, struct list_head *to)
{
	child->in_flight++;
	if (child->gc_flags & IN_CYCLE)
		list_move_tail(&child->gc_node, to);
}

/* Sockets whose references are all in flight. */
static void find_candidates(struct list_head *candidates)
{
	struct unix_sock *u, *next;

	list_for_each_safe(u, next, &in_flight, gc_node) {
		struct file *f = READ_ONCE(u->sk.file); /* stays: its references are in flight */

		if (!f || READ_ONCE(f->refs) != u->in_flight)
			continue;
		u->gc_flags = CANDIDATE | IN_CYCLE;
		list_move_tail(&u->gc_node, candidates);
	}
}

/* Leaves the garbage on `candidates`, everything else goes back to in_flight. */
static void find_garbage(struct list_head *candidates)
{
	LIST_HEAD(reachable);
	LIST_HEAD(checked);
	struct unix_sock *u;

	list_for_each(u, candidates, gc_node)
		scan_children(u, child_dec, NULL, NULL);
	while (!list_empty(candidates)) {
		u = list_first(candidates, struct unix_sock, gc_node);
		list_move_tail(&u->gc_node, &checked);
		if (!u->in_flight)
			continue;
		u->gc_flags &= ~(u32)IN_CYCLE;
		list_move_tail(&u->gc_node, &reachable);
		scan_children(u, child_reachable, candidates, NULL);
	}
	while (!list_empty(&reachable)) {
		u = list_first(&reachable, struct unix_sock, gc_node);
		u->gc_flags = 0;
		list_move_tail(&u->gc_node, &in_flight);
	}
	list_splice_init(&checked, candidates);
}

void unix_gc(void)
{
	struct skb *skb, *tmp;
	struct unix_sock *u, *next;
	LIST_HEAD(garbage);
	LIST_HEAD(hits);

	spin_lock(&gc_lock);
	if (gc_running) {
		spin_unlock(&gc_lock);
		return;
	}
	gc_running = true;
	find_candidates(&garbage);
	find_garbage(&garbage);
	list_for_each(u, &garbage, gc_node)
		scan_children(u, child_inc, NULL, &hits);
	/* Their counts are right again; freeing the buffers takes them off in_flight as any arrival does. */
	list_for_each_safe(u, next, &garbage, gc_node) {
		u->gc_flags = 0;
		list_move_tail(&u->gc_node, &in_flight);
	}
	spin_unlock(&gc_lock);
	list_for_each_safe(skb, tmp, &hits, node)
		skb_free(skb);
	spin_lock(&gc_lock);
	gc_running = false;
	spin_unlock(&gc_lock);
	waitq_wake_all(&gc_done);
}

void unix_gc_pace(void)
{
	if (likely(READ_ONCE(unix_in_flight) <= GC_PACE))
		return;
	unix_gc();
	wait_event(&gc_done, !READ_ONCE(gc_running));
}

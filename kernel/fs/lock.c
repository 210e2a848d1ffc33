// SPDX-License-Identifier: MIT
/*
 * File locks.
 *
 * inode->locks is a list of all locks on the file, oldest first.  Invariants: two locks of one kind and one
 * owner never overlap, and touching ones differ in type; conflicting locks of different owners never overlap.
 * Record locks (POSIX, OFD) conflict with each other, flock locks only among themselves.
 *
 * A blocked request is a waiter on the lock that stands in its way; whoever removes or weakens a lock
 * wakes its waiters, who look again from the start.  The waiters of POSIX locks form a graph from owner to
 * owner; a request that would close a circle gets EDEADLK.
 * Locks: inode->lock guards the list; graph_lock (inside it) every waiter's `blocker` and the lists of
 * waiters.
 */
#include "kernel/fs/lock.h"

#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <asm/fcntl.h>

#define OFFSET_MAX INT64_MAX

enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };

struct file_lock {
	struct list_head node; /* [inode->lock] */
	enum lock_kind kind;
	bool write;
	loff_t start, end; /* [inode->lock] inclusive */
	const void *owner; /* struct files of a process, or the struct file */
	pid_t pid;
	struct list_head waiters; /* [graph_lock] */
};

struct lock_waiter { /* on the stack of a blocked request */
	struct list_head node; /* [graph_lock] in blocker->waiters */
	struct list_head all; /* [graph_lock] in blocked, POSIX only */
	struct file_lock *blocker; /* [graph_lock] NULL: look again */
	const void *owner, *blocker_owner; /* edge of the graph */
	struct waitq wait;
};

struct lock_list { /* inode->locks; exists while there are locks */
	struct list_head head;
};

static struct spinlock graph_lock = SPINLOCK_INIT;
static LIST_HEAD(blocked);

static struct file_lock *lock_alloc(void)
{
	struct file_lock *l = kzalloc(sizeof(*l));

	if (l) {
		list_init(&l->node);
		list_init(&l->waiters);
	}
	return l;
}

static void lock_freep(struct file_lock **l)
{
	kfree(*l);
}

static bool same_space(enum lock_kind a, enum lock_kind b)
{
	return (a == LOCK_FLOCK) == (b == LOCK_FLOCK);
}

static bool same_owner(const struct file_lock *a, const struct file_lock *b)
{
	return a->kind == b->kind && a->owner == b->owner;
}

static bool overlaps(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static bool conflicts(const struct file_lock *a, const struct file_lock *b)
{
	return same_space(a->kind, b->kind) && !same_owner(a, b) && (a->write || b->write) && overlaps(a, b);
}

/* ---- the list; inode->lock held ------------------------------------------------------------------- */

static struct list_head *locks_of(struct inode *inode)
{
	struct lock_list *l = inode->locks;

	return l ? &l->head : NULL;
}

/* The lock in the way that begins first. */
static struct file_lock *find_conflict(struct inode *inode, const struct file_lock *want)
{
	struct list_head *head = locks_of(inode);
	struct file_lock *l, *best = NULL;

	if (!head)
		return NULL;
	list_for_each(l, head, node) {
		if (conflicts(l, want) && (!best || l->start < best->start))
			best = l;
	}
	return best;
}

static void wake_waiters(struct file_lock *l)
{
	struct lock_waiter *w, *tmp;

	guard(spinlock)(&graph_lock);
	list_for_each_safe(w, tmp, &l->waiters, node) {
		list_del_init(&w->node);
		list_del_init(&w->all);
		WRITE_ONCE(w->blocker, NULL);
		waitq_wake_all(&w->wait); /* under graph_lock: w is on the sleeper's stack */
	}
}

static void lock_remove(struct file_lock *l)
{
	list_del(&l->node);
	wake_waiters(l);
	kfree(l);
}

static void list_drop_if_empty(struct inode *inode)
{
	struct lock_list *l = inode->locks;

	if (l && list_empty(&l->head)) {
		WRITE_ONCE(inode->locks, NULL);
		kfree(l);
	}
}

/*
 * Makes room for want among the owner's locks: merges with touching ones of the same type, cuts those of
 * the other.  unlock: cuts all.  *spare is used when a lock is split in two.
 */
static void carve(struct list_head *head, struct file_lock *want, bool unlock, struct file_lock **spare)
{
	struct file_lock *l, *tmp;

	list_for_each_safe(l, tmp, head, node) {
		bool same_type = !unlock && l->write == want->write;

		if (!same_owner(l, want))
			continue;
		if (same_type) {
			bool touches = (l->start == 0 || want->end >= l->start - 1) &&
				       (want->start == 0 || l->end >= want->start - 1);

			if (touches) {
				want->start = min(want->start, l->start);
				want->end = max(want->end, l->end);
				lock_remove(l);
			}
			continue;
		}
		if (!overlaps(l, want))
			continue;
		if (l->start < want->start && l->end > want->end) {
			struct file_lock *right = *spare;

			*spare = NULL;
			right->kind = l->kind;
			right->write = l->write;
			right->owner = l->owner;
			right->pid = l->pid;
			right->start = want->end + 1;
			right->end = l->end;
			l->end = want->start - 1;
			list_add(&right->node, &l->node);
			wake_waiters(l);
		} else if (l->start < want->start) {
			l->end = want->start - 1;
			wake_waiters(l);
		} else if (l->end > want->end) {
			l->start = want->end + 1;
			wake_waiters(l);
		} else {
			lock_remove(l);
		}
	}
}

/* ---- blocking --------------------------------------------------------------------------------------- */

/* Would `owner` wait, through others who wait, for itself?  graph_lock held. */
static bool would_deadlock(const void *owner, const void *holder)
{
	for (int hops = 0; hops < 1000;
	     hops++) { /* a chain of that length is not followed, as in Linux (10) */
		const struct lock_waiter *w;
		const void *next = NULL;

		if (holder == owner)
			return true;
		list_for_each(w, &blocked, all) {
			if (w->owner == holder) {
				next = w->blocker_owner;
				break;
			}
		}
		if (!next)
			return false;
		holder = next;
	}
	return false;
}

/* Queues w behind l, inode->lock held.  -EDEADLK */
static int waiter_queue(struct lock_waiter *w, const struct file_lock *want, struct file_lock *l)
{
	guard(spinlock)(&graph_lock);
	if (want->kind == LOCK_POSIX && l->kind == LOCK_POSIX) {
		if (would_deadlock(want->owner, l->owner))
			return -EDEADLK;
		list_add_tail(&w->all, &blocked);
	}
	w->owner = want->owner;
	w->blocker_owner = l->owner;
	w->blocker = l;
	list_add_tail(&w->node, &l->waiters);
	return 0;
}

static int waiter_sleep(struct lock_waiter *w)
{
	int err = wait_event_interruptible(&w->wait, !READ_ONCE(w->blocker));

	guard(spinlock)(&graph_lock); /* also: whoever woke us has let go of w */
	if (w->blocker) {
		list_del_init(&w->node);
		list_del_init(&w->all);
		w->blocker = NULL;
	} else {
		err = 0;
	}
	return err;
}

/* ---- setting ------------------------------------------------------------------------------------------ */

struct lock_request {
	struct file_lock want;
	bool unlock, block;
};

/* One try, inode->lock held: 0, -EAGAIN (w is queued when the request may block), -EDEADLK. */
static int apply_locked(struct inode *inode, struct lock_request *r, struct file_lock **fresh,
			struct file_lock **spare, struct lock_list **fresh_list, struct lock_waiter *w)
{
	struct file_lock *conflict;
	int err;

	if (!r->unlock && (conflict = find_conflict(inode, &r->want))) {
		if (r->block && (err = waiter_queue(w, &r->want, conflict)))
			return err;
		return -EAGAIN;
	}
	if (!inode->locks) {
		if (r->unlock)
			return 0;
		list_init(&(*fresh_list)->head);
		inode->locks = *fresh_list;
		*fresh_list = NULL;
	}

	struct file_lock want = r->want;

	carve(locks_of(inode), &want, r->unlock, spare);
	if (!r->unlock) {
		struct file_lock *l = *fresh;

		*fresh = NULL;
		l->kind = want.kind;
		l->write = want.write;
		l->owner = want.owner;
		l->pid = want.pid;
		l->start = want.start;
		l->end = want.end;
		list_add_tail(&l->node, locks_of(inode));
	}
	list_drop_if_empty(inode);
	return 0;
}

static int lock_set(struct inode *inode, struct lock_request *r)
{
	struct file_lock *fresh __cleanup(lock_freep) = NULL;
	struct file_lock *spare __cleanup(lock_freep) = NULL;
	struct lock_list *fresh_list __cleanup(kfreep) = NULL;
	struct lock_waiter w = { .blocker = NULL };
	int err;

	/* To unlock everything needs no memory: it must not fail. */
	if (!r->unlock || r->want.start != 0 || r->want.end != OFFSET_MAX) {
		fresh = lock_alloc();
		spare = lock_alloc();
		fresh_list = kzalloc(sizeof(*fresh_list));
		if (!fresh || !spare || !fresh_list)
			return -ENOLCK;
	}
	list_init(&w.node);
	list_init(&w.all);
	waitq_init(&w.wait);
	for (;;) {
		spin_lock(&inode->lock);
		err = apply_locked(inode, r, &fresh, &spare, &fresh_list, &w);
		spin_unlock(&inode->lock);
		if (err != -EAGAIN || !r->block)
			return err;
		if ((err = waiter_sleep(&w)))
			return err;
	}
}

/* ---- fcntl(2) ------------------------------------------------------------------------------------ */

/* l_whence, l_start, l_len → [start, end].  -EINVAL, -EOVERFLOW */
static int range_from_flock(struct file *f, const struct flock *fl, struct file_lock *out)
{
	loff_t base, start, end;

	switch (fl->l_whence) {
	case 0:
		base = 0;
		break;
	case 1:
		base = READ_ONCE(f->pos);
		break;
	case 2:
		base = (loff_t)READ_ONCE(f->inode->size);
		break;
	default:
		return -EINVAL;
	}
	if (fl->l_start > OFFSET_MAX - base)
		return -EOVERFLOW;
	start = base + fl->l_start;
	if (start < 0)
		return -EINVAL;
	end = OFFSET_MAX;
	if (fl->l_len > 0) {
		if (fl->l_len - 1 > OFFSET_MAX - start)
			return -EOVERFLOW;
		end = start + fl->l_len - 1;
	} else if (fl->l_len < 0) {
		if (start + fl->l_len < 0)
			return -EINVAL;
		end = start - 1;
		start += fl->l_len;
	}
	out->start = start;
	out->end = end;
	return 0;
}

static int lock_get(struct file *f, const struct lock_request *r, struct flock *fl)
{
	const struct file_lock *l;

	guard(spinlock)(&f->inode->lock);
	l = find_conflict(f->inode, &r->want);
	if (!l) {
		fl->l_type = F_UNLCK;
		return 0;
	}
	fl->l_type = l->write ? F_WRLCK : F_RDLCK;
	fl->l_whence = 0;
	fl->l_start = l->start;
	fl->l_len = l->end == OFFSET_MAX ? 0 : l->end - l->start + 1;
	fl->l_pid = l->kind == LOCK_OFD ? -1 : l->pid;
	return 0;
}

int file_lock_fcntl(struct file *f, int cmd, struct flock *fl)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	bool get = cmd == F_GETLK || cmd == F_OFD_GETLK;
	struct lock_request r = { .block = cmd == F_SETLKW || cmd == F_OFD_SETLKW };
	int err;

	if (get && fl->l_type != F_RDLCK && fl->l_type != F_WRLCK)
		return -EINVAL;
	if ((err = range_from_flock(f, fl, &r.want)))
		return err;
	if (fl->l_type != F_RDLCK && fl->l_type != F_WRLCK && fl->l_type != F_UNLCK)
		return -EINVAL;
	if (!get && fl->l_type == F_RDLCK && !(f->mode & FMODE_READ))
		return -EBADF;
	if (!get && fl->l_type == F_WRLCK && !(f->mode & FMODE_WRITE))
		return -EBADF;
	if (ofd && fl->l_pid)
		return refuse(EINVAL, "fcntl: l_pid of an open file description lock must be 0");
	r.unlock = fl->l_type == F_UNLCK;
	r.want.write = fl->l_type == F_WRLCK;
	r.want.kind = ofd ? LOCK_OFD : LOCK_POSIX;
	r.want.owner = ofd ? (const void *)f : current->files;
	r.want.pid = ofd ? -1 : current->proc->pid->nr;
	return get ? lock_get(f, &r, fl) : lock_set(f->inode, &r);
}

/* ---- flock(2) ------------------------------------------------------------------------------------ */

/* The lock that this open file has, if any.  inode->lock held. */
static struct file_lock *flock_find(struct inode *inode, const struct file *f)
{
	struct list_head *head = locks_of(inode);
	struct file_lock *l;

	if (head) {
		list_for_each(l, head, node) {
			if (l->kind == LOCK_FLOCK && l->owner == f)
				return l;
		}
	}
	return NULL;
}

/* A conversion is not atomic (flock(2)): the old lock goes first, also when the new one is not to be had. */
static bool flock_drop(struct file *f, const struct lock_request *r)
{
	struct file_lock *l;

	guard(spinlock)(&f->inode->lock);
	l = flock_find(f->inode, f);
	if (!l)
		return r->unlock;
	if (!r->unlock && l->write == r->want.write)
		return true;
	lock_remove(l);
	list_drop_if_empty(f->inode);
	return r->unlock;
}

int file_lock_flock(struct file *f, int op)
{
	struct lock_request r = { .block = !(op & LOCK_NB) };

	switch (op & ~LOCK_NB) {
	case LOCK_SH:
		break;
	case LOCK_EX:
		r.want.write = true;
		break;
	case LOCK_UN:
		r.unlock = true;
		break;
	default:
		return -EINVAL;
	}
	if (!r.unlock && !(f->mode & (FMODE_READ | FMODE_WRITE)))
		return -EBADF;
	r.want.kind = LOCK_FLOCK;
	r.want.owner = f;
	r.want.pid = current->proc->pid->nr;
	r.want.end = OFFSET_MAX;
	return flock_drop(f, &r) ? 0 : lock_set(f->inode, &r);
}

/* ---- release ------------------------------------------------------------------------------------- */

void file_lock_release(struct file *f, struct files *owner)
{
	struct file_lock *l, *tmp;
	struct list_head *head;

	guard(spinlock)(&f->inode->lock);
	head = locks_of(f->inode);
	if (!head)
		return;
	list_for_each_safe(l, tmp, head, node) {
		if (owner ? l->kind == LOCK_POSIX && l->owner == owner
			  : l->kind != LOCK_POSIX && l->owner == f)
			lock_remove(l);
	}
	list_drop_if_empty(f->inode);
}

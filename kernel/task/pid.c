// SPDX-License-Identifier: MIT
/*
 * Process numbers.  A bitmap gives out numbers in a circle, so that a number is reused as late as
 * possible; a hash finds the struct pid of a number under RCU.
 *
 * pid_lock (irq-safe, a leaf) guards the bitmap, the hash chains' writers and last_pid.  The lists of
 * members belong to tasklist_lock.  A number is given back when nothing is attached to it any more;
 * the struct lives on while somebody (a pidfd, F_SETOWN) refers to it.
 */
#include "kernel/task/pid.h"
#include "kernel/base/bitmap.h"
#include "kernel/mm/slab.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"

#define PID_LIMIT     32768 /* numbers are 1…PID_LIMIT-1 */
#define PID_RESERVED  300 /* after a wrap the search starts here (Linux's RESERVED_PIDS) */
#define PID_HASH_BITS 10

struct rwlock tasklist_lock = RWLOCK_INIT(tasklist_lock);
int pid_max = PID_LIMIT;

static struct spinlock pid_lock = SPINLOCK_INIT;
static DECLARE_BITMAP(pid_map, PID_LIMIT) = { 1 }; /* 0 is the idle tasks' */
static struct hlist_head pid_hash[1 << PID_HASH_BITS] __guarded_by(&pid_lock);
static pid_t last_pid __guarded_by(&pid_lock) = 1; /* 1 is init's, whoever is created first */
static struct slab_cache *pid_cache;

static struct hlist_head *pid_bucket(pid_t nr) __no_lock_analysis /* pid_find() walks it under RCU */
{
	return &pid_hash[(u32)nr & ((1 << PID_HASH_BITS) - 1)];
}

/* A free number, marked as taken, or -EAGAIN; pid_lock held. */
static pid_t pid_take_number(void) __must_hold(&pid_lock)
{
	size_t limit = min((size_t)READ_ONCE(pid_max), (size_t)PID_LIMIT);
	size_t nr = bitmap_find_clear(pid_map, limit, (size_t)last_pid + 1);

	if (nr >= limit)
		nr = bitmap_find_clear(pid_map, limit, last_pid >= PID_RESERVED ? PID_RESERVED : 1);
	if (nr >= limit)
		return -EAGAIN;
	bitmap_set(pid_map, nr);
	last_pid = (pid_t)nr;
	return (pid_t)nr;
}

int pid_alloc_nr(pid_t want, struct pid **out)
{
	if (want < 0 || want >= min(READ_ONCE(pid_max), PID_LIMIT))
		return -EINVAL;

	struct pid *p = slab_alloc(pid_cache, 0);
	pid_t nr = want;

	if (!p)
		return -ENOMEM;
	p->refs = 1;
	for (int i = 0; i < PIDTYPE_MAX; i++)
		list_init(&p->tasks[i]);
	waitq_init(&p->pidfd_wait);

	unsigned long flags = spin_lock_irqsave(&pid_lock);

	if (!want)
		nr = pid_take_number();
	else if (bitmap_test(pid_map, (size_t)want))
		nr = -EEXIST;
	else
		bitmap_set(pid_map, (size_t)want);
	if (nr > 0) {
		p->nr = nr;
		hlist_add(&p->hash, pid_bucket(nr));
	}
	spin_unlock_irqrestore(&pid_lock, flags);
	if (nr < 0) {
		slab_free(pid_cache, p);
		return nr;
	}
	*out = p;
	return 0;
}

static void pid_free_rcu(struct rcu_head *head)
{
	slab_free(pid_cache, container_of(head, struct pid, rcu));
}

static void pid_unhash(struct pid *p)
{
	unsigned long flags = spin_lock_irqsave(&pid_lock);

	if (!hlist_unhashed(&p->hash)) {
		hlist_del(&p->hash);
		bitmap_clear(pid_map, (size_t)p->nr);
	}
	spin_unlock_irqrestore(&pid_lock, flags);
}

void pid_free_if_unused(struct pid *p)
{
	for (int i = 0; i < PIDTYPE_MAX; i++)
		if (!list_empty(&p->tasks[i]))
			return;
	pid_unhash(p);
}

void pid_put(struct pid *p)
{
	if (!p || atomic_sub(&p->refs, 1))
		return;
	pid_unhash(p); /* an allocation that was given up before anything was attached */
	call_rcu(&p->rcu, pid_free_rcu);
}

pid_t pid_last(void)
{
	return READ_ONCE(last_pid);
}

/* ---- look-ups ------------------------------------------------------------------------------- */

/* A reference unless the count is already zero (found under RCU). */
static bool ref_tryget(u32 *refs)
{
	u32 old = atomic_load(refs);

	while (old) {
		if (atomic_cas(refs, old, old + 1))
			return true;
		old = atomic_load(refs);
	}
	return false;
}

struct pid *pid_find(pid_t nr)
{
	struct pid *p;

	hlist_for_each(p, pid_bucket(nr), hash)
	{
		if (p->nr == nr)
			return p;
	}
	return NULL;
}

struct pid *pid_find_get(pid_t nr)
{
	rcu_read_lock();

	struct pid *p = pid_find(nr);

	if (p && !ref_tryget(&p->refs))
		p = NULL;
	rcu_read_unlock();
	return p;
}

struct task *pid_task(struct pid *pid)
{
	struct list_head *n = READ_ONCE(pid->tasks[PIDTYPE_TID].next);

	return n == &pid->tasks[PIDTYPE_TID] ? NULL : list_entry(n, struct task, pid_node);
}

struct process *pid_process(struct pid *pid)
{
	struct list_head *n = READ_ONCE(pid->tasks[PIDTYPE_TGID].next);

	return n == &pid->tasks[PIDTYPE_TGID] ? NULL : list_entry(n, struct process, pid_nodes[PIDTYPE_TGID]);
}

struct task *task_find(pid_t tid)
{
	struct pid *pid = pid_find(tid);

	return pid ? pid_task(pid) : NULL;
}

struct process *process_find(pid_t tgid)
{
	struct pid *pid = pid_find(tgid);

	return pid ? pid_process(pid) : NULL;
}

struct task *task_find_get(pid_t tid)
{
	rcu_read_lock();

	struct task *t = task_find(tid);

	if (t && !ref_tryget(&t->refs))
		t = NULL;
	rcu_read_unlock();
	return t;
}

struct process *process_find_get(pid_t tgid)
{
	rcu_read_lock();

	struct process *p = process_find(tgid);

	if (p && !ref_tryget(&p->refs))
		p = NULL;
	rcu_read_unlock();
	return p;
}

struct process *process_next_get(pid_t nr)
{
	size_t at = nr < 1 ? 1 : (size_t)nr;

	/*
	 * The bitmap is read without its lock: a number that appears or goes meanwhile may be missed or
	 * is looked up in vain.
	 */
	while ((at = bitmap_find_set(pid_map, PID_LIMIT, at)) < PID_LIMIT) {
		struct process *p = process_find_get((pid_t)at);

		if (p)
			return p;
		at++;
	}
	return NULL;
}

const struct cred *task_cred_get(struct task *t)
{
	const struct cred *c;

	rcu_read_lock();
	do
		c = rcu_dereference(t->cred);
	while (!ref_tryget((u32 *)&c->refs));
	rcu_read_unlock();
	return c;
}

void pid_init(void)
{
	pid_cache = slab_cache_create("pid", sizeof(struct pid), 0);
}

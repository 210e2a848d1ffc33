// SPDX-License-Identifier: MIT
/*
 * Epoll files that watch epoll files: a graph that must stay free of loops, shallow, and without so many
 * paths that one wake-up becomes a storm.
 *
 * nest_lock serialises every addition that can change the graph's shape.  Walks go down (from an epoll to
 * what it watches) under each epoll's lock, outer before inner, as scans do; they go up (from a file to who
 * watches it) under RCU.  Source: epoll_ctl(2) ELOOP, Linux 6.1 fs/eventpoll.c for the limits.
 */
#include "kernel/fs/epoll.h"

#include "kernel/sync/guard.h"

static struct mutex nest_lock = MUTEX_INIT(nest_lock);
static u64 walk_gen __guarded_by(&nest_lock);
static u32 path_count[EP_MAX_NESTS + 1] __guarded_by(&nest_lock);
static const u32 path_limit[EP_MAX_NESTS + 1] = { UINT32_MAX, 500, 100, 50, 10 };

/*
 * Levels of epoll below ep, 0 when it watches none; -ELOOP when `origin` is among them or they are too
 * many.
 */
static int depth_below(struct epoll *ep, const struct epoll *origin, int level) __must_hold(&nest_lock)
{
	struct rb_node *n;
	int deepest = 0;

	if (ep == origin || level > EP_MAX_NESTS)
		return -ELOOP;

	guard(mutex)(&ep->lock);
	if (ep->check_gen == walk_gen)
		return level + ep->check_depth > EP_MAX_NESTS ? -ELOOP : ep->check_depth;
	rb_for_each(n, &ep->items) {
		const struct epitem *item = rb_entry(n, struct epitem, node);
		int depth;

		if (!file_is_epoll(item->file))
			continue;
		depth = depth_below(item->file->private, origin, level + 1);
		if (depth < 0)
			return depth;
		deepest = max(deepest, depth + 1);
	}
	ep->check_gen = walk_gen;
	ep->check_depth = deepest;
	return deepest;
}

int epoll_nest_begin(struct epoll *ep, struct file *target,
		     bool *locked) __no_lock_analysis /* *locked says */
{
	int depth;

	*locked = READ_ONCE(ep->file->epoll_watches) || file_is_epoll(target);
	if (!*locked)
		return 0;
	mutex_lock(&nest_lock);
	if (!file_is_epoll(target))
		return 0;
	walk_gen++;
	depth = depth_below(target->private, ep, 0);
	if (depth >= 0)
		return 0;
	mutex_unlock(&nest_lock);
	*locked = false;
	return depth;
}

void epoll_nest_end(bool locked) __no_lock_analysis
{
	if (locked)
		mutex_unlock(&nest_lock);
}

/* Counts the paths from f's watchers up to epolls that nobody watches.  RCU. */
static bool paths_within_limits(struct file *f, int level) __must_hold(&nest_lock)
{
	struct epitem *item;

	if (level > EP_MAX_NESTS)
		return false;
	hlist_for_each(item, file_watchers(f), file_node)
	{
		struct file *up = item->ep->file;

		if (READ_ONCE(up->epoll_watches)) {
			if (!paths_within_limits(up, level + 1))
				return false;
		} else if (level && ++path_count[level] > path_limit[level]) {
			return false;
		}
	}
	return true;
}

static int check_leaf(struct file *f) __must_hold(&nest_lock)
{
	bool ok;

	for (u32 i = 0; i < ARRAY_SIZE(path_count); i++)
		path_count[i] = 0;
	rcu_read_lock();
	ok = paths_within_limits(f, 0);
	rcu_read_unlock();
	return ok ? 0 : -EINVAL;
}

/* Every file that is not an epoll below ep. */
static int check_below(struct epoll *ep) __must_hold(&nest_lock)
{
	struct rb_node *n;

	guard(mutex)(&ep->lock);
	if (ep->check_gen == walk_gen)
		return 0;
	ep->check_gen = walk_gen;
	ep->check_depth = 0;
	rb_for_each(n, &ep->items) {
		struct file *f = rb_entry(n, struct epitem, node)->file;
		int err = file_is_epoll(f) ? check_below(f->private) : check_leaf(f);

		if (err)
			return err;
	}
	return 0;
}

int epoll_nest_check_paths(struct file *target) __no_lock_analysis /* epoll_nest_begin() took it */
{
	if (!file_is_epoll(target))
		return check_leaf(target);
	walk_gen++;
	return check_below(target->private);
}

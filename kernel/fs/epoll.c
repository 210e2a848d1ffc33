// SPDX-License-Identifier: MIT
/*
 * epoll(7): which of many files are ready, at a cost that grows with the ready ones only.
 *
 * An item (file, fd) hangs on its file's wait queues; a wake-up puts it on ep->ready.  epoll_wait(2) takes
 * the ready list, asks each file on it again and reports what holds; level-triggered items go back to the
 * end of the list. While a scan runs, an item is on the scan's own list, or off every list and may be woken
 * onto ep->ready again.
 *
 * size: one object; scan, wake-up and removal share the item states above and are read together.
 *
 * Life: an item has a reference on its epoll and none on its file.  Whichever goes first removes it: the
 * epoll file's release, or epoll_file_release() of the watched file, which marks the item as dying under
 * file->lock so that the other leaves it alone.  Items and epolls are freed after a grace period.
 * Locks: ep->lock, then file->lock, then ready_lock; wait queue locks come before ready_lock.
 * Source: epoll(7), epoll_ctl(2), Linux 6.1 (life: 6.5) for behaviour.
 */
#include "kernel/fs/epoll.h"

#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include "kernel/time/time.h"

#define PRIVATE_BITS      (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EXCLUSIVE_OK_BITS (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

static struct slab_cache *item_slab;

/* ---- readiness ---------------------------------------------------------------------------------- */

/*
 * Puts item on the ready list and wakes a sleeper.  True: watchers of ep's file must be told.
 */
static bool make_ready_locked(struct epitem *item) __must_hold(&item->ep->ready_lock)
{
	struct epoll *ep = item->ep;

	if (list_empty(&item->ready_node))
		list_add_tail(&item->ready_node, &ep->ready);
	if (waitq_active(&ep->wait))
		waitq_wake_key(&ep->wait, POLLIN, 1);
	return waitq_active(&ep->poll_wait);
}

/* Does this wake-up count for an exclusive item?  Only when somebody sleeps here and wants that direction. */
static bool exclusive_hit(const struct epitem *item, u32 key)
{
	switch (key & (EPOLLIN | EPOLLOUT)) {
	case EPOLLIN:
		return item->events & EPOLLIN;
	case EPOLLOUT:
		return item->events & EPOLLOUT;
	case 0:
		return true;
	}
	return false;
}

static bool ep_wake(struct waiter *w, u32 key)
{
	struct ep_wait *wait = container_of(w, struct ep_wait, waiter);
	struct epitem *item = wait->item;
	struct epoll *ep = item->ep;
	bool tell = false, hit = false;

	spin_lock(&ep->ready_lock); /* interrupts are off: the caller holds the queue's lock */
	if ((item->events & ~PRIVATE_BITS) && (!key || (key & (item->events | POLL_FREE_KEY)))) {
		hit = w->exclusive && waitq_active(&ep->wait) && exclusive_hit(item, key);
		tell = make_ready_locked(item);
	}
	spin_unlock(&ep->ready_lock);
	if (tell)
		waitq_wake_key(&ep->poll_wait, POLLIN | POLLRDNORM, 0);
	if (key & POLL_FREE_KEY) {
		list_del_init(&w->node);
		atomic_store(&wait->q, NULL); /* from here on the item may go */
	}
	return hit;
}

static u32 item_poll(struct epitem *item, struct poll_table *pt)
{
	struct poll_table look = { .queue = NULL, .events = item->events };

	if (pt)
		pt->events = item->events;
	return file_poll(item->file, pt ? pt : &look) & item->events;
}

static void item_announce(struct epitem *item)
{
	struct epoll *ep = item->ep;
	unsigned long flags = spin_lock_irqsave(&ep->ready_lock);
	bool tell = make_ready_locked(item);

	spin_unlock_irqrestore(&ep->ready_lock, flags);
	if (tell)
		waitq_wake_key(&ep->poll_wait, POLLIN | POLLRDNORM, 0);
}

/* ---- items ---------------------------------------------------------------------------------------- */

static void ep_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct epoll, rcu));
}

static void ep_put(struct epoll *ep)
{
	if (!atomic_sub(&ep->refs, 1))
		call_rcu(&ep->rcu, ep_free_rcu);
}

static void item_free_rcu(struct rcu_head *head)
{
	slab_free(item_slab, container_of(head, struct epitem, rcu));
}

struct ep_queue_table { /* the poll table of an item that is being added */
	struct poll_table pt;
	struct epitem *item;
	int err;
};

static void ep_queue(struct poll_table *pt, struct file *f,
		     struct waitq *q) __no_lock_analysis /* item_add() holds ep->lock */
{
	struct ep_queue_table *t = container_of(pt, struct ep_queue_table, pt);
	struct ep_wait *w = &t->item->first;

	if (w->q) {
		w = kmalloc(sizeof(*w), ALLOC_ZERO);
		if (!w) {
			t->err = -ENOMEM;
			return;
		}
		w->next = t->item->more;
		t->item->more = w;
	}
	w->item = t->item;
	w->q = q;
	waiter_init(&w->waiter);
	w->waiter.wake = ep_wake;
	w->waiter.exclusive = t->item->events & EPOLLEXCLUSIVE;
	waitq_add(q, &w->waiter);
}

static void wait_leave(struct ep_wait *w)
{
	struct waitq *q;

	rcu_read_lock(); /* a queue that says POLL_FREE_KEY stays for a grace period */
	q = atomic_load(&w->q);
	if (q)
		waitq_remove(q, &w->waiter);
	rcu_read_unlock();
	w->q = NULL; /* a dying item comes here twice, the second time maybe after the queue */
}

static void item_leave_queues(struct epitem *item) __must_hold(&item->ep->lock)
{
	wait_leave(&item->first);
	while (item->more) {
		struct ep_wait *w = item->more;

		item->more = w->next;
		wait_leave(w);
		kfree(w);
	}
}

static int item_cmp(const struct file *f, int fd, const struct epitem *item)
{
	if (f != item->file)
		return f < item->file ? -1 : 1;
	return fd < item->fd ? -1 : fd > item->fd;
}

static struct epitem *item_find(const struct epoll *ep, const struct file *f, int fd) __must_hold(&ep->lock)
{
	struct rb_node *n = ep->items.node;

	while (n) {
		struct epitem *item = rb_entry(n, struct epitem, node);
		int cmp = item_cmp(f, fd, item);

		if (!cmp)
			return item;
		n = cmp < 0 ? n->left : n->right;
	}
	return NULL;
}

static void item_link(struct epitem *item) __must_hold(&item->ep->lock)
{
	struct rb_node **link = &item->ep->items.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = item_cmp(item->file, item->fd, rb_entry(parent, struct epitem, node)) < 0
			       ? &parent->left
			       : &parent->right;
	}
	rb_link_node(&item->node, parent, link);
	rb_insert_fixup(&item->node, &item->ep->items);
	spin_lock(&item->file->lock);
	hlist_add(&item->file_node, file_watchers(item->file));
	spin_unlock(&item->file->lock);
}

/* Removes item; false when its file's release is about to do that (and this is not it).  ep->lock held. */
static bool item_remove(struct epitem *item, bool by_file) __must_hold(&item->ep->lock)
{
	struct epoll *ep = item->ep;
	unsigned long flags;

	item_leave_queues(item);
	spin_lock(&item->file->lock);
	if (item->dying && !by_file) {
		spin_unlock(&item->file->lock);
		return false;
	}
	hlist_del(&item->file_node);
	spin_unlock(&item->file->lock);
	rb_erase(&item->node, &ep->items);
	flags = spin_lock_irqsave(&ep->ready_lock);
	list_del_init(&item->ready_node);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	call_rcu(&item->rcu, item_free_rcu);
	return true;
}

void epoll_file_release(struct file *f)
{
	for (;;) {
		struct hlist_node *n;
		struct epitem *item;
		struct epoll *ep;

		spin_lock(&f->lock);
		n = file_watchers(f)->first;
		item = n ? container_of(n, struct epitem, file_node) : NULL;
		if (item)
			item->dying = true; /* ours now: it keeps its epoll alive until we have removed it */
		spin_unlock(&f->lock);
		if (!item)
			return;
		ep = item->ep;
		mutex_lock(&ep->lock);
		item_remove(item, true);
		mutex_unlock(&ep->lock);
		ep_put(ep);
	}
}

static int item_add(struct epoll *ep, struct file *f, int fd, const struct epoll_event *ev, bool check_paths)
	__must_hold(&ep->lock)
{
	struct epitem *item = slab_alloc(item_slab, ALLOC_ZERO);
	struct ep_queue_table t = { .pt.queue = ep_queue, .item = item };
	u32 ready;
	int err;

	if (!item)
		return -ENOMEM;
	list_init(&item->ready_node);
	item->ep = ep;
	item->file = f;
	item->fd = fd;
	item->events = ev->events;
	item->data = ev->data;
	atomic_add(&ep->refs, 1);
	item_link(item);
	err = check_paths ? epoll_nest_check_paths(f) : 0;
	if (!err) {
		ready = item_poll(item, &t.pt);
		err = t.err;
	}
	if (err) {
		if (item_remove(item, false))
			ep_put(ep);
		return err;
	}
	if (ready)
		item_announce(item);
	return 0;
}

static void item_modify(struct epitem *item, const struct epoll_event *ev) __must_hold(&item->ep->lock)
{
	unsigned long flags = spin_lock_irqsave(&item->ep->ready_lock);

	item->events = ev->events;
	item->data = ev->data;
	spin_unlock_irqrestore(&item->ep->ready_lock, flags);
	/*
	 * A wake-up between the two is either seen by the callback with the new events or found by this
	 * look.
	 */
	smp_mb();
	if (item_poll(item, NULL))
		item_announce(item);
}

/* ---- epoll_ctl(2) ------------------------------------------------------------------------------------- */

static int ctl_locked(struct epoll *ep, int op, int fd, struct file *target, struct epoll_event *ev,
		      bool check_paths) __must_hold(&ep->lock)
{
	struct epitem *item = item_find(ep, target, fd);

	switch (op) {
	case EPOLL_CTL_ADD:
		if (item)
			return -EEXIST;
		ev->events |= EPOLLERR | EPOLLHUP;
		return item_add(ep, target, fd, ev, check_paths);
	case EPOLL_CTL_DEL:
		if (!item)
			return -ENOENT;
		if (item_remove(item, false))
			ep_put(ep);
		return 0;
	case EPOLL_CTL_MOD:
		if (!item)
			return -ENOENT;
		if (item->events & EPOLLEXCLUSIVE)
			return refuse(EINVAL, "epoll_ctl: an exclusive item cannot be modified");
		ev->events |= EPOLLERR | EPOLLHUP;
		item_modify(item, ev);
		return 0;
	}
	return -EINVAL;
}

int do_epoll_ctl(struct file *epfile, int op, int fd, struct file *target, struct epoll_event *ev)
{
	bool nested = false;
	struct epoll *ep;
	int err;

	if (!target->ops->poll)
		return refuse(EPERM, "epoll_ctl: the file is always ready (a regular file or a directory)");
	if (op != EPOLL_CTL_DEL)
		ev->events &= ~EPOLLWAKEUP; /* there is no system sleep to keep away */
	if (epfile == target || !file_is_epoll(epfile))
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && (ev->events & EPOLLEXCLUSIVE)) {
		if (op == EPOLL_CTL_MOD)
			return -EINVAL;
		if (op == EPOLL_CTL_ADD && (file_is_epoll(target) || (ev->events & ~EXCLUSIVE_OK_BITS)))
			return refuse(EINVAL, "epoll_ctl: flag not allowed with EPOLLEXCLUSIVE");
	}
	ep = epfile->private;
	if (op == EPOLL_CTL_ADD && (err = epoll_nest_begin(ep, target, &nested)))
		return err;
	mutex_lock(&ep->lock);
	err = ctl_locked(ep, op, fd, target, ev, nested);
	mutex_unlock(&ep->lock);
	epoll_nest_end(nested);
	return err;
}

/* ---- epoll_wait(2) ------------------------------------------------------------------------------- */

/* Without a lock: an event that comes this moment may be missed, but not one that a scan holds just now. */
static bool may_have_events(const struct epoll *ep)
{
	return !list_empty_once(&ep->ready) || READ_ONCE(ep->scanning);
}

/*
 * A scan takes the whole ready list, then its items one by one, letting go of ready_lock (held on entry
 * to and exit from the _locked functions) only to look at a file; ep->lock is held from begin to end.
 */
static void scan_begin_locked(struct epoll *ep, struct list_head *mine) __must_hold(&ep->ready_lock)
{
	list_init(mine);
	WRITE_ONCE(ep->scanning, true); /* may_have_events() must not see neither */
	barrier();
	list_splice_init(&ep->ready, mine);
}

static struct epitem *scan_next_locked(struct list_head *mine) __no_lock_analysis /* ready_lock is held */
{
	struct epitem *item;

	if (list_empty(mine))
		return NULL;
	item = list_first(mine, struct epitem, ready_node);
	list_del_init(&item->ready_node);
	return item;
}

static void scan_return_locked(struct epitem *item, struct list_head *mine) __must_hold(&item->ep->ready_lock)
{
	if (list_empty(&item->ready_node)) /* else a wake-up was faster */
		list_add(&item->ready_node, mine);
}

/* Lets go of ready_lock; who sleeps looks at what is left. */
static void scan_end(struct epoll *ep, struct list_head *mine, unsigned long flags)
	__releases(&ep->ready_lock)
{
	bool left;

	list_splice_init(mine, &ep->ready);
	atomic_store(&ep->scanning, false);
	left = !list_empty(&ep->ready);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	if (left && waitq_active(&ep->wait))
		waitq_wake_key(&ep->wait, POLLIN, 1);
}

static void item_reported_locked(struct epitem *item) __must_hold(&item->ep->ready_lock)
{
	if (item->events & EPOLLONESHOT)
		item->events &= PRIVATE_BITS;
	else if (!(item->events & EPOLLET) && list_empty(&item->ready_node))
		list_add_tail(&item->ready_node,
			      &item->ep->ready); /* level: the next call looks at it again */
}

static int send_events(struct epoll *ep, struct iter *out, int maxevents)
{
	unsigned long flags;
	struct list_head mine;
	struct epitem *item;
	int count = 0;

	guard(mutex)(&ep->lock);
	flags = spin_lock_irqsave(&ep->ready_lock);
	scan_begin_locked(ep, &mine);
	while (count < maxevents && (item = scan_next_locked(&mine))) {
		struct epoll_event ev;
		bool copied = true;

		spin_unlock_irqrestore(&ep->ready_lock, flags);
		ev = (struct epoll_event){ .events = item_poll(item, NULL), .data = item->data };
		if (ev.events)
			copied = copy_to_iter(&ev, sizeof(ev), out) == sizeof(ev);
		flags = spin_lock_irqsave(&ep->ready_lock);
		if (!copied) {
			scan_return_locked(item, &mine);
			count = count ? count : -EFAULT;
			break;
		}
		if (ev.events) {
			count++;
			item_reported_locked(item);
		}
	}
	scan_end(ep, &mine, flags);
	return count;
}

/* Sleeps until something may be ready: 1; 0 when the time is over; -EINTR. */
static int wait_ready(struct epoll *ep, u64 deadline_ns)
{
	struct waiter w;
	int ret = 1;

	waiter_init(&w);
	w.exclusive = true;
	for (;;) {
		u64 now;

		waitq_add(&ep->wait, &w);
		set_current_state(TASK_INTERRUPTIBLE);
		if (may_have_events(ep))
			break;
		if (signal_pending()) {
			ret = -EINTR;
			break;
		}
		if (deadline_ns == POLL_NEVER) {
			schedule();
			continue;
		}
		now = clock_mono_ns();
		if (now >= deadline_ns) {
			ret = 0;
			break;
		}
		schedule_timeout(deadline_ns - now);
	}
	set_current_state(TASK_RUNNING);
	waitq_remove(&ep->wait, &w);
	return ret;
}

int do_epoll_wait(struct file *epfile, struct iter *out, int maxevents, u64 deadline_ns)
{
	struct epoll *ep = epfile->private;
	int ret;

	if (!file_is_epoll(epfile))
		return refuse(EINVAL, "epoll_wait: not an epoll descriptor");
	for (;;) {
		if (may_have_events(ep) && (ret = send_events(ep, out, maxevents)))
			return ret;
		if (!deadline_ns)
			return 0;
		if (signal_pending())
			return -EINTR;
		ret = wait_ready(ep, deadline_ns);
		if (ret < 0)
			return ret;
		if (!ret)
			deadline_ns = 0; /* one last look */
	}
}

/* ---- the epoll file ------------------------------------------------------------------------------ */

/* Readable when an item really is ready; items that are not leave the list. */
static u32 epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->private;
	struct list_head mine;
	struct epitem *item;
	unsigned long flags;
	u32 mask = 0;

	poll_wait(f, &ep->poll_wait, pt);
	if (!may_have_events(ep))
		return 0;

	guard(mutex)(&ep->lock);
	flags = spin_lock_irqsave(&ep->ready_lock);
	scan_begin_locked(ep, &mine);
	while (!mask && (item = scan_next_locked(&mine))) {
		bool ready;

		spin_unlock_irqrestore(&ep->ready_lock, flags);
		ready = item_poll(item, NULL);
		flags = spin_lock_irqsave(&ep->ready_lock);
		if (ready) {
			scan_return_locked(item, &mine);
			mask = POLLIN | POLLRDNORM;
		}
	}
	scan_end(ep, &mine, flags);
	return mask;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->private;
	struct rb_node *n, *next;

	mutex_lock(&ep->lock);
	for (n = rb_first(&ep->items); n; n = next) {
		next = rb_next(n);
		if (item_remove(rb_entry(n, struct epitem, node), false))
			ep_put(ep); /* never the last: the file's own is left */
	}
	mutex_unlock(&ep->lock);
	ep_put(ep);
}

static void epoll_show_fdinfo(struct file *f, char *buf, size_t size)
{
	struct epoll *ep = f->private;
	struct rb_node *n;
	size_t done = 0;

	guard(mutex)(&ep->lock);
	rb_for_each(n, &ep->items) {
		const struct epitem *item = rb_entry(n, struct epitem, node);
		const struct inode *i = item->file->inode;

		done += scnprintf(buf + done, size - done,
				  "tfd: %8d events: %8x data: %16lx  pos:%ld ino:%lx sdev:%x\n", item->fd,
				  item->events, item->data, item->file->pos, i->ino,
				  (u32)(i->sb ? i->sb->dev : 0));
	}
}

static const struct file_ops epoll_file_ops = {
	.poll = epoll_poll,
	.llseek = noop_llseek,
	.release = epoll_release,
	.show_fdinfo = epoll_show_fdinfo,
};

bool file_is_epoll(const struct file *f)
{
	return f->ops == &epoll_file_ops;
}

int epoll_create(int flags, struct file **out)
{
	struct epoll *ep = kzalloc(sizeof(*ep));
	int err;

	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->lock);
	spin_lock_init(&ep->ready_lock);
	list_init(&ep->ready);
	waitq_init(&ep->wait);
	waitq_init(&ep->poll_wait);
	ep->refs = 1;
	err = file_create_anon("[eventpoll]", &epoll_file_ops, ep, O_RDWR, out);
	if (err)
		kfree(ep);
	else
		ep->file = *out;
	return err;
}

static int epoll_init(void)
{
	item_slab = slab_cache_create("eventpoll_epi", sizeof(struct epitem), 0);
	return 0;
}
INITCALL(INIT_FS, epoll_init);

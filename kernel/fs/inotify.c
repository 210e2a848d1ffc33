// SPDX-License-Identifier: MIT
/*
 * inotify(7): instances, their watches, and the queue of events.
 *
 * A watch links an instance with an inode, whose reference it holds; it ends by inotify_rm_watch(2),
 * IN_ONESHOT, with its instance, when the inode loses its last name, or when the file system is unmounted,
 * and always leaves IN_IGNORED behind.  Watches never outlive their instance, so neither needs a count.
 *
 * Locks: inotify_lock guards all watches (inode->watches, instance->watches, masks); it is taken only where
 * somebody watches, below the directories' rwsem.  instance->lock guards the queue.  Inodes are put after
 * both.
 * Source: inotify(7), Linux 6.1 fs/notify for the order of events and of checks.
 */
#include "kernel/fs/inotify.h"

#include "kernel/base/string.h"
#include "kernel/fs/fasync.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/poll.h"
#include "kernel/gate/refuse.h"
#include <asm/ioctls.h>

#define ANSWERED (IN_ALL_EVENTS | IN_UNMOUNT)

struct event {
	struct list_head node; /* [instance->lock] */
	int wd;
	u32 mask, cookie;
	u32 len; /* of the name, without NUL; 0: none */
	char name[];
};

struct instance {
	struct spinlock lock;
	struct list_head events __guarded_by(&lock); /* [lock] oldest first */
	u32 nr_events __guarded_by(&lock); /* [lock] */
	bool overflowed __guarded_by(&lock); /* [lock] `overflow` is among them */
	struct event overflow;
	struct waitq wait;
	struct fasync_list async;
	struct rb_root watches; /* [inotify_lock] by wd */
	int last_wd; /* [inotify_lock] numbers are not used again */
	struct user *user; /* [const] reference: whose limits count */
};

struct watch {
	struct list_head inode_node; /* [inotify_lock] in inode->watches; then on a list to be freed */
	struct list_head all_node; /* [inotify_lock] in all_watches */
	struct rb_node node; /* [inotify_lock] in instance->watches */
	struct instance *instance; /* [const] */
	struct inode *inode; /* [const] reference */
	int wd; /* [const] */
	u32 mask; /* [inotify_lock] events, IN_UNMOUNT, IN_EXCL_UNLINK, IN_ONESHOT */
};

u32 inotify_nr_watches;
static struct mutex inotify_lock = MUTEX_INIT(inotify_lock);
static LIST_HEAD(all_watches); /* [inotify_lock] */
static u32 last_cookie; /* [atomic] pairs IN_MOVED_FROM and IN_MOVED_TO */

/* ---- the queue ------------------------------------------------------------ */

static size_t event_size(const struct event *e)
{
	return sizeof(struct inotify_event) +
	       (e->len ? ALIGN_UP(e->len + 1, sizeof(struct inotify_event)) : 0);
}

static bool same_event(const struct event *a, const struct event *b)
{
	return !(a->mask & IN_IGNORED) && a->mask == b->mask && a->wd == b->wd && a->len == b->len &&
	       !memcmp(a->name, b->name, a->len);
}

/*
 * Appends *e, which is NULL then, or the mark of an overflow in its place; the same event twice in a row is
 * one.  True: there is more to read than before.
 */
static bool event_append(struct instance *in, struct event **e)
{
	guard(spinlock)(&in->lock);
	if (!*e || in->nr_events >= INOTIFY_MAX_EVENTS) {
		if (in->overflowed)
			return false;
		in->overflowed = true;
		list_add_tail(&in->overflow.node, &in->events);
	} else {
		if (!list_empty(&in->events) && same_event(list_last(&in->events, struct event, node), *e))
			return false;
		list_add_tail(&(*e)->node, &in->events);
		*e = NULL;
	}
	in->nr_events++;
	return true;
}

/* Queues an event of an instance's watch wd; without memory the program learns that something was lost. */
static void event_queue(struct instance *in, int wd, u32 mask, u32 cookie, const struct qstr *name)
{
	u32 len = name ? name->len : 0;
	struct event *e = kmalloc(sizeof(*e) + len + 1, 0);

	if (e) {
		e->wd = wd;
		/* Linux never said IN_ISDIR with these two. */
		e->mask = mask & (IN_MOVE_SELF | IN_DELETE_SELF) ? mask & ~(u32)IN_ISDIR : mask;
		e->cookie = cookie;
		e->len = len;
		if (len)
			memcpy(e->name, name->name, len);
		e->name[len] = 0;
	}
	if (event_append(in, &e)) {
		if (waitq_active(&in->wait))
			waitq_wake_key(&in->wait, POLLIN | POLLRDNORM, 0);
		fasync_notify(&in->async, POLL_IN);
	}
	kfree(e);
}

/* Takes the oldest event off, if it fits in `room`: -EINVAL when not; *out is NULL when there is none. */
static int event_take(struct instance *in, size_t room, struct event **out)
{
	*out = NULL;
	guard(spinlock)(&in->lock);
	if (list_empty(&in->events))
		return 0;

	struct event *e = list_first(&in->events, struct event, node);

	if (event_size(e) > room)
		return -EINVAL;
	list_del(&e->node);
	in->nr_events--;
	if (e == &in->overflow)
		in->overflowed = false;
	*out = e;
	return 0;
}

/* ---- watches ------------------------------------------------------------ */

/* Ends w; `gone` gets it for watches_free().  inotify_lock is held. */
static void watch_end(struct watch *w, struct list_head *gone)
{
	event_queue(w->instance, w->wd, IN_IGNORED, 0, NULL);
	list_del(&w->all_node);
	rb_erase(&w->node, &w->instance->watches);
	list_move_tail(&w->inode_node, gone);
	atomic_sub(&w->instance->user->inotify_watches, 1);
	atomic_sub(&inotify_nr_watches, 1);
}

/* inotify_lock is not held. */
static void watches_free(struct list_head *gone)
{
	struct watch *w, *tmp;

	list_for_each_safe(w, tmp, gone, inode_node) {
		inode_put(w->inode);
		kfree(w);
	}
}

static struct watch *watch_find(struct instance *in, int wd)
{
	struct rb_node *n = in->watches.node;

	while (n) {
		struct watch *w = rb_entry(n, struct watch, node);

		if (w->wd == wd)
			return w;
		n = wd < w->wd ? n->left : n->right;
	}
	return NULL;
}

static struct watch *watch_of(struct instance *in, struct inode *i)
{
	struct watch *w;

	list_for_each(w, &i->watches, inode_node)
		if (w->instance == in)
			return w;
	return NULL;
}

/* Links a new watch: numbers only grow, so its place in the tree is the rightmost. */
static int watch_create(struct instance *in, struct inode *i, u32 mask)
{
	struct rb_node *parent = NULL, **link = &in->watches.node;
	struct watch *w = kzalloc(sizeof(*w));

	if (!w)
		return -ENOMEM;
	if (in->last_wd == INT32_MAX || atomic_add(&in->user->inotify_watches, 1) > INOTIFY_MAX_WATCHES) {
		if (in->last_wd != INT32_MAX)
			atomic_sub(&in->user->inotify_watches, 1);
		kfree(w);
		return (int)refuse(ENOSPC, "inotify_add_watch: the user has too many watches");
	}
	w->instance = in;
	w->inode = i;
	inode_get(i);
	w->wd = ++in->last_wd;
	w->mask = mask;
	while (*link) {
		parent = *link;
		link = &parent->right;
	}
	rb_link_node(&w->node, parent, link);
	rb_insert_fixup(&w->node, &in->watches);
	list_add_tail(&w->all_node, &all_watches);
	list_add_tail(&w->inode_node, &i->watches);
	atomic_add(&inotify_nr_watches, 1);
	return w->wd;
}

int inotify_add(struct file *f, struct inode *i, u32 mask)
{
	u32 wanted = (mask & (IN_ALL_EVENTS | IN_EXCL_UNLINK | IN_ONESHOT)) | IN_UNMOUNT;
	struct watch *w;

	guard(mutex)(&inotify_lock);
	w = watch_of(f->private, i);
	if (!w)
		return watch_create(f->private, i, wanted);
	if (mask & IN_MASK_CREATE)
		return -EEXIST;
	w->mask = mask & IN_MASK_ADD ? w->mask | wanted : wanted;
	return w->wd;
}

int inotify_remove(struct file *f, int wd)
{
	LIST_HEAD(gone);
	struct watch *w;

	mutex_lock(&inotify_lock);
	w = watch_find(f->private, wd);
	if (w)
		watch_end(w, &gone);
	mutex_unlock(&inotify_lock);
	watches_free(&gone);
	return w ? 0 : -EINVAL;
}

/* ---- events ------------------------------------------------------------ */

/* Tells who watches i.  unlinked: it happened through a file whose name is gone.  inotify_lock is held. */
static void raise_locked(struct inode *i, u32 mask, const struct qstr *name, u32 cookie, bool unlinked,
			 struct list_head *gone)
{
	struct watch *w, *tmp;

	list_for_each_safe(w, tmp, &i->watches, inode_node) {
		if (!(w->mask & mask & ANSWERED) || (unlinked && (w->mask & IN_EXCL_UNLINK)))
			continue;
		event_queue(w->instance, w->wd, mask, cookie, name);
		if (w->mask & IN_ONESHOT)
			watch_end(w, gone);
	}
}

static u32 dir_bit(const struct inode *i)
{
	return S_ISDIR(i->mode) ? IN_ISDIR : 0;
}

static void raise_one(struct inode *i, u32 mask, const struct qstr *name, u32 cookie)
{
	LIST_HEAD(gone);

	if (list_empty(&i->watches))
		return;
	mutex_lock(&inotify_lock);
	raise_locked(i, mask, name, cookie, false, &gone);
	mutex_unlock(&inotify_lock);
	watches_free(&gone);
}

/* The parent of d with a reference and d's name, when somebody watches the parent; else NULL. */
static struct dentry *watched_parent(struct dentry *d, struct qstr *name, char text[256])
{
	struct dentry *parent;

	guard(spinlock)(&d->lock); /* a rename changes both under it */
	parent = d->parent;
	if (parent == d || list_empty(&parent->inode->watches) || d->name.len > 255)
		return NULL;
	dentry_get(parent);
	memcpy(text, d->name.name, d->name.len);
	*name = (struct qstr){ text, d->name.len, 0 };
	return parent;
}

void inotify_raise_dentry(struct dentry *d, u32 mask, bool by_file)
{
	bool unlinked = by_file && (READ_ONCE(d->flags) & DENTRY_UNLINKED);
	struct inode *i = d->inode;
	struct dentry *parent;
	struct qstr name;
	LIST_HEAD(gone);
	char text[256];

	parent = watched_parent(d, &name, text);
	if (!parent && list_empty(&i->watches))
		return;
	mask |= dir_bit(i);
	mutex_lock(&inotify_lock);
	if (parent)
		raise_locked(parent->inode, mask, &name, 0, unlinked, &gone);
	raise_locked(i, mask, NULL, 0, unlinked, &gone);
	mutex_unlock(&inotify_lock);
	watches_free(&gone);
	if (parent)
		dentry_put(parent);
}

void inotify_raise_name(struct inode *dir, u32 mask, const struct inode *child, const struct qstr *name,
			u32 cookie)
{
	raise_one(dir, mask | dir_bit(child), name, cookie);
}

void inotify_raise_inode(struct inode *i, u32 mask)
{
	raise_one(i, mask | dir_bit(i), NULL, 0);
}

void inotify_raise_deleted(struct inode *i)
{
	struct watch *w, *tmp;
	LIST_HEAD(gone);

	mutex_lock(&inotify_lock);
	raise_locked(i, IN_DELETE_SELF, NULL, 0, false, &gone);
	list_for_each_safe(w, tmp, &i->watches, inode_node)
		watch_end(w, &gone);
	mutex_unlock(&inotify_lock);
	watches_free(&gone);
}

/* Linux's order: the object first (a file that is still open lives on), then the directory. */
void inotify_raise_removed(struct inode *dir, struct dentry *d)
{
	if (READ_ONCE(d->refs) == 1)
		notify_dentry_gone(d->inode);
	inotify_raise_name(dir, IN_DELETE, d->inode, &d->name, 0);
}

void inotify_raise_renamed(struct inode *from, const struct qstr *old, struct inode *to,
			   const struct qstr *new, struct inode *moved, struct inode *replaced)
{
	u32 cookie = atomic_add(&last_cookie, 1);

	inotify_raise_name(from, IN_MOVED_FROM, moved, old, cookie);
	inotify_raise_name(to, IN_MOVED_TO, moved, new, cookie);
	if (replaced)
		inotify_raise_inode(replaced, IN_ATTRIB);
	inotify_raise_inode(moved, IN_MOVE_SELF);
}

void inotify_raise_unmount(struct super *sb)
{
	struct watch *w, *tmp;
	LIST_HEAD(gone);

	mutex_lock(&inotify_lock);
	list_for_each_safe(w, tmp, &all_watches, all_node) {
		if (w->inode->sb != sb)
			continue;
		event_queue(w->instance, w->wd, IN_UNMOUNT, 0, NULL);
		watch_end(w, &gone);
	}
	mutex_unlock(&inotify_lock);
	watches_free(&gone);
}

/* ---- the file ------------------------------------------------------------ */

static int event_copy(const struct event *e, struct iter *to)
{
	struct inotify_event head = { .wd = e->wd, .mask = e->mask, .cookie = e->cookie };
	size_t pad;

	head.len = (u32)(event_size(e) - sizeof(head));
	pad = head.len - e->len;
	if (copy_to_iter(&head, sizeof(head), to) < sizeof(head) ||
	    copy_to_iter(e->name, e->len, to) < e->len || iter_zero(pad, to) < pad)
		return -EFAULT;
	return 0;
}

static void event_free(struct instance *in, struct event *e)
{
	if (e != &in->overflow)
		kfree(e);
}

static bool has_events(struct instance *in)
{
	return !list_empty_once(&in->events);
}

/* As many whole events as fit; the first that does not is -EINVAL only when it is the first. */
static ssize_t inotify_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct instance *in = f->private;
	size_t size = iter_count(to);
	struct event *e;
	int err;

	for (;;) {
		err = event_take(in, iter_count(to), &e);
		if (e) {
			err = event_copy(e, to);
			event_free(in, e);
			if (err) /* the event is lost, and so is the count of those before it: as Linux */
				return err;
			continue;
		}
		if (iter_count(to) < size)
			return (ssize_t)(size - iter_count(to));
		if (err)
			return err;
		if (READ_ONCE(f->flags) & O_NONBLOCK)
			return -EAGAIN;
		if ((err = wait_event_interruptible(&in->wait, has_events(in))))
			return err;
	}
}

static u32 inotify_poll(struct file *f, struct poll_table *pt)
{
	struct instance *in = f->private;

	poll_wait(f, &in->wait, pt);
	return has_events(in) ? POLLIN | POLLRDNORM : 0;
}

static long inotify_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg)
{
	struct instance *in = f->private;
	struct event *e;
	size_t size = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	spin_lock(&in->lock);
	list_for_each(e, &in->events, node)
		size += event_size(e);
	spin_unlock(&in->lock);
	*(int *)karg = (int)size;
	return 0;
}

static void instance_free(struct instance *in)
{
	atomic_sub(&in->user->inotify_instances, 1);
	user_put(in->user);
	kfree(in);
}

static void inotify_release(struct file *f)
{
	struct instance *in = f->private;
	struct rb_node *n;
	struct event *e;
	LIST_HEAD(gone);

	mutex_lock(&inotify_lock);
	while ((n = rb_first(&in->watches)))
		watch_end(rb_entry(n, struct watch, node), &gone);
	mutex_unlock(&inotify_lock);
	watches_free(&gone);
	while (!event_take(in, SIZE_MAX, &e) && e)
		event_free(in, e);
	instance_free(in);
}

static void inotify_show_fdinfo(struct file *f, char *buf, size_t size)
{
	struct instance *in = f->private;
	struct rb_node *n;
	int at = 0;

	guard(mutex)(&inotify_lock);
	rb_for_each(n, &in->watches) {
		const struct watch *w = rb_entry(n, struct watch, node);

		at += scnprintf(buf + at, size - (size_t)at,
				"inotify wd:%x ino:%lx sdev:%lx mask:%x ignored_mask:0 \n", w->wd,
				w->inode->ino, w->inode->sb->dev, w->mask & ~(u32)IN_UNMOUNT);
	}
}

static int inotify_fasync(struct file *f, int fd, bool on)
{
	struct instance *in = f->private;

	return fasync_set(&in->async, f, fd, on);
}

static const struct file_ops inotify_file_ops = {
	.read = inotify_read,
	.plain = FMODE_READ,
	.llseek = noop_llseek,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.fasync = inotify_fasync,
	.release = inotify_release,
	.show_fdinfo = inotify_show_fdinfo,
};

bool file_is_inotify(const struct file *f)
{
	return f->ops == &inotify_file_ops;
}

int inotify_create(int flags, struct file **out)
{
	struct instance *in = kzalloc(sizeof(*in));
	int err;

	if (!in)
		return -ENOMEM;
	if ((err = user_find_get(current->cred->euid, &in->user))) {
		kfree(in);
		return err;
	}
	spin_lock_init(&in->lock);
	list_init(&in->events);
	waitq_init(&in->wait);
	in->overflow.wd = -1;
	in->overflow.mask = IN_Q_OVERFLOW;
	err = atomic_add(&in->user->inotify_instances, 1) > INOTIFY_MAX_INSTANCES ? -EMFILE : 0;
	if (!err)
		err = file_create_anon("inotify", &inotify_file_ops, in, O_RDONLY | (flags & O_NONBLOCK),
				       out);
	if (err)
		instance_free(in);
	return err;
}

// SPDX-License-Identifier: MIT
/*
 * The mount tree: which mount hangs on which directory entry of which mount.
 *
 * An attached mount has a base reference; it holds references on its parent and its mount point.
 * Lock: mount_lock (sleeping) guards the tree and the list of all attached mounts.  Changes that path
 * walks can see are made inside a walk_seq write section as well, so that walks need no lock at all:
 * a walk adds its reference first and then looks whether walk_seq is still the same.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include <linux/mount.h>
#include <linux/poll.h>

#define MOUNT_CHAINS 64

struct mutex mount_lock = MUTEX_INIT(mount_lock);
LIST_HEAD(mount_list);
static struct hlist_head chains[MOUNT_CHAINS]; /* [mount_lock, walk_seq] */
static int next_mount_id = 1; /* [atomic] */
static u64 changes __guarded_by(&mount_lock);
struct waitq mount_changed = WAITQ_INIT(mount_changed);

void mount_get(struct mount *m)
{
	atomic_add(&m->refs, 1);
}

static void mount_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct mount, rcu));
}

void mount_put(struct mount *m)
{
	if (unlikely(READ_ONCE(m->expiring)))
		WRITE_ONCE(m->expiring, false); /* somebody was here: umount2(MNT_EXPIRE) starts over */
	if (atomic_sub(&m->refs, 1))
		return;
	dentry_put(m->root);
	super_put(m->sb);
	kfree(m->source);
	call_rcu(&m->rcu, mount_free_rcu);
}

void path_put(const struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mnt);
}

void path_putp(struct path *p)
{
	if (p->dentry)
		path_put(p);
}

static struct hlist_head *chain_of(const struct mount *parent, const struct dentry *d)
{
	return &chains[((unsigned long)parent >> 6 ^ (unsigned long)d >> 6) % MOUNT_CHAINS];
}

struct mount *mount_find_rcu(const struct mount *parent, const struct dentry *d)
{
	struct mount *m;

	hlist_for_each(m, chain_of(parent, d), hash)
	{
		if (READ_ONCE(m->parent) == parent && READ_ONCE(m->mountpoint) == d)
			return m;
	}
	return NULL;
}

struct mount *mount_find(const struct mount *parent, const struct dentry *d)
{
	for (;;) {
		u32 seq = walk_read_begin();
		struct mount *m;

		rcu_read_lock();
		m = mount_find_rcu(parent, d);
		if (m && !ref_get_unless_zero(&m->refs))
			m = NULL;
		rcu_read_unlock();
		if (likely(walk_read_ok(seq)))
			return m;
		if (m)
			mount_put(m);
		cpu_relax();
	}
}

bool mount_is_readonly(const struct mount *m)
{
	return (READ_ONCE(m->flags) & MS_RDONLY) || (m->sb->flags & MS_RDONLY);
}

int mount_want_write(const struct mount *m)
{
	return unlikely(mount_is_readonly(m)) ? -EROFS : 0;
}

bool mount_is_attached(const struct mount *m)
{
	return !list_empty_once(&m->node);
}

/* ---- life ------------------------------------------------------------------------------------------ */

static struct mount *mount_alloc(struct super *sb, struct dentry *root, const char *source)
{
	struct mount *m = kzalloc(sizeof(*m));

	if (!m)
		return NULL;
	if (!(m->source = kstrdup(source ? source : "none"))) {
		kfree(m);
		return NULL;
	}
	m->refs = 1;
	m->sb = sb;
	m->root = root;
	dentry_get(root);
	m->id = atomic_add(&next_mount_id, 1);
	list_init(&m->children);
	list_init(&m->sibling);
	list_init(&m->node);
	return m;
}

int mount_create(struct fs_type *t, const char *source, const char *data, unsigned long sb_flags,
		 struct mount **out)
{
	struct super *sb;
	int err = super_get(t, source, data, sb_flags, &sb);

	if (err)
		return err;
	if (!(*out = mount_alloc(sb, sb->root, source))) {
		super_put(sb);
		return -ENOMEM;
	}
	return 0;
}

struct mount *mount_clone(struct mount *old, struct dentry *root)
{
	struct mount *m = mount_alloc(old->sb, root, old->source);

	if (!m)
		return NULL;
	atomic_add(&old->sb->refs, 1);
	m->flags = old->flags & ~MNT_UNBINDABLE;
	return m;
}

/* ---- the tree ------------------------------------------------------------------------------------------ */

static void hang(struct mount *m, const struct path *at) __must_hold(&mount_lock)
{
	path_get(at);
	walk_write_begin();
	m->parent = at->mnt;
	m->mountpoint = at->dentry;
	m->detached = false;
	atomic_or(&at->dentry->flags, DENTRY_MOUNTPOINT);
	hlist_add(&m->hash, chain_of(at->mnt, at->dentry));
	list_add_tail(&m->sibling, &at->mnt->children);
	walk_write_end();
}

static bool is_mountpoint_elsewhere(const struct dentry *d, const struct mount *but) __must_hold(&mount_lock)
{
	struct mount *m;

	list_for_each(m, &mount_list, node)
		if (m != but && m->mountpoint == d)
			return true;
	return false;
}

/* Inside the write section; the caller then puts *at, what m was hanging on. */
static void unhang_locked(struct mount *m, struct path *at) __must_hold(&mount_lock)
{
	*at = (struct path){ m->parent, m->mountpoint };
	if (!at->mnt)
		return;
	hlist_del(&m->hash);
	list_del_init(&m->sibling);
	if (!is_mountpoint_elsewhere(at->dentry, m))
		atomic_and(&at->dentry->flags, ~(u32)DENTRY_MOUNTPOINT);
	m->parent = NULL;
	m->mountpoint = NULL;
}

u64 mount_changes(void)
{
	return READ_ONCE(changes);
}

static void tell_change(void) __must_hold(&mount_lock)
{
	WRITE_ONCE(changes, changes + 1);
	waitq_wake_key(&mount_changed, POLLERR | POLLPRI, 0);
}

/*
 * Hangs m, and what is attached below it, on `at`.  -ENOENT: the place was removed; -ENOTDIR: the kinds
 * differ.
 */
int mount_attach(struct mount *m, const struct path *at)
{
	if (S_ISDIR(at->dentry->inode->mode) != S_ISDIR(m->root->inode->mode))
		return -ENOTDIR;
	if (READ_ONCE(at->dentry->flags) & (DENTRY_UNLINKED | DENTRY_DEAD_DIR))
		return -ENOENT;
	hang(m, at);
	list_add_tail(&m->node, &mount_list);
	tell_change();
	return 0;
}

void mount_move(struct mount *m, const struct path *at)
{
	struct path old;

	walk_write_begin();
	unhang_locked(m, &old);
	walk_write_end();
	hang(m, at);
	tell_change();
	if (old.mnt)
		path_put(&old);
}

/* Takes m and everything below it out of the tree; each keeps its base reference on the list `gone`. */
void mount_detach_tree(struct mount *m, struct list_head *gone)
{
	struct path at;

	while (!list_empty(
		&m->children)) { /* depth is bounded by the tree: leaves first, without recursion */
		struct mount *leaf = list_first(&m->children, struct mount, sibling);

		while (!list_empty(&leaf->children))
			leaf = list_first(&leaf->children, struct mount, sibling);
		walk_write_begin();
		unhang_locked(leaf, &at);
		walk_write_end();
		leaf->detached = true;
		list_move_tail(&leaf->node, gone);
		path_put(&at);
	}
	walk_write_begin();
	unhang_locked(m, &at);
	walk_write_end();
	m->detached = true;
	list_move_tail(&m->node, gone);
	tell_change();
	if (at.mnt)
		path_put(&at);
}

void mount_release(struct list_head *gone) __no_lock_analysis /* gone is the caller's alone */
{
	while (!list_empty(gone)) {
		struct mount *m = list_first(gone, struct mount, node);

		list_del_init(&m->node);
		mount_put(m);
	}
}

/* ---- what /proc shows ---------------------------------------------------------------------------- */

void mount_for_each(bool (*fn)(struct mount *m, void *arg), void *arg)
{
	struct mount *m;

	guard(mutex)(&mount_lock);
	list_for_each(m, &mount_list, node)
		if (!fn(m, arg))
			return;
}

void mount_show_options(const struct mount *m, char *buf, size_t size)
{
	static const struct {
		u32 flag;
		const char *text;
	} names[] = {
		{ MS_NOSUID, ",nosuid" },           { MS_NODEV, ",nodev" },
		{ MS_NOEXEC, ",noexec" },           { MS_NOATIME, ",noatime" },
		{ MS_NODIRATIME, ",nodiratime" },   { MS_RELATIME, ",relatime" },
		{ MS_NOSYMFOLLOW, ",nosymfollow" },
	};
	size_t n = scnprintf(buf, size, "%s", mount_is_readonly(m) ? "ro" : "rw");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (m->flags & names[i].flag)
			n += scnprintf(buf + n, size - n, "%s", names[i].text);
	if (m->sb->ops && m->sb->ops->show_options && n + 2 < size) {
		/* The file system's own options follow, with or without a comma of their own. */
		m->sb->ops->show_options(m->sb, buf + n + 1, size - n - 1);
		if (buf[n + 1] == ',')
			memmove(buf + n, buf + n + 1, strlen(buf + n + 1) + 1);
		else
			buf[n] = buf[n + 1] ? ',' : 0;
	}
}

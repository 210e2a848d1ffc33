// SPDX-License-Identifier: MIT
/*
 * Between mounts: down into what is mounted on an entry, and up by "..", which stops at the caller's root
 * (or openat2(2)'s ceiling).  Both ways of walking, see path.c.
 */
#include "kernel/fs/internal.h"

#include <linux/mount.h>

/* Steps from p->dentry into what is mounted there, again and again.  p's references follow (none in RCU). */
int walk_cross_mounts(struct walk *w, struct path *p)
{
	while (unlikely(READ_ONCE(p->dentry->flags) & DENTRY_MOUNTPOINT)) {
		struct mount *m = w->rcu ? mount_find_rcu(p->mnt, p->dentry) : mount_find(p->mnt, p->dentry);

		if (!m)
			return 0;
		if (unlikely(w->flags & LOOKUP_NO_XDEV)) {
			if (!w->rcu)
				mount_put(m);
			return -EXDEV;
		}
		if (!w->rcu) {
			dentry_get(m->root);
			path_put(p);
		}
		p->mnt = m;
		p->dentry = m->root;
	}
	return 0;
}

static struct path parent_of_mount(const struct mount *m)
{
	return (struct path){ READ_ONCE(m->parent), READ_ONCE(m->mountpoint) };
}

/* The path a mount hangs on, with references; false at the top of the tree. */
static bool mount_up_get(struct mount *m, struct path *out)
{
	bool up;

	guard(mutex)(&mount_lock);
	*out = parent_of_mount(m);
	up = out->mnt && out->mnt != m;
	if (up)
		path_get(out);
	return up;
}

static int dotdot_rcu(struct walk *w, struct path *p)
{
	*p = (struct path){ w->mnt, w->dentry };
	while (p->dentry == p->mnt->root) {
		if (p->dentry == w->root.dentry && p->mnt == w->root.mnt)
			break;

		const struct path up = parent_of_mount(p->mnt);

		if (!up.mnt || up.mnt == p->mnt)
			break;
		if (unlikely(w->flags & LOOKUP_NO_XDEV))
			return -EXDEV;
		*p = up;
	}
	if (p->dentry != p->mnt->root && !(p->dentry == w->root.dentry && p->mnt == w->root.mnt))
		p->dentry = READ_ONCE(p->dentry->parent);
	else if (unlikely((w->flags & LOOKUP_BENEATH) && p->dentry == w->root.dentry &&
			  p->mnt == w->root.mnt))
		return -EXDEV;
	return 0;
}

static struct dentry *parent_get(struct dentry *d)
{
	struct dentry *parent;

	guard(spinlock)(&d->lock); /* rename changes the parent under it */
	parent = d->parent;
	dentry_get(parent);
	return parent;
}

static int dotdot_ref(struct walk *w, struct path *p)
{
	*p = (struct path){ w->mnt, w->dentry };
	path_get(p);
	for (;;) {
		struct path up;

		if (p->dentry == w->root.dentry && p->mnt == w->root.mnt) {
			if (!(w->flags & LOOKUP_BENEATH))
				return 0;
			path_put(p);
			return -EXDEV;
		}
		if (p->dentry != p->mnt->root) {
			up = (struct path){ p->mnt, parent_get(p->dentry) };
			mount_get(up.mnt);
			path_put(p);
			*p = up;
			return 0;
		}
		if (!mount_up_get(p->mnt, &up))
			return 0;
		path_put(p);
		*p = up;
		if (unlikely(w->flags & LOOKUP_NO_XDEV)) {
			path_put(p);
			return -EXDEV;
		}
	}
}

int walk_dotdot(struct walk *w)
{
	struct path p;
	int err;

	walk_need_root(w);
	err = w->rcu ? dotdot_rcu(w, &p) : dotdot_ref(w, &p);
	if (err)
		return err;
	if ((err = walk_cross_mounts(w, &p))) {
		if (!w->rcu)
			path_put(&p);
		return err;
	}
	walk_stand_on(w, p.mnt, p.dentry);
	/* A directory that moves out of the ceiling while we climb: try again (openat2(2), EAGAIN). */
	if (unlikely(!w->rcu && (w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) && !walk_read_ok(w->seq)))
		return -EAGAIN;
	return 0;
}

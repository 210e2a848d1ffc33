// SPDX-License-Identifier: MIT
/* From a (mount, dentry) back to text: getcwd(2), /proc/PID/{cwd,exe,fd/N,maps}. */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"

struct text { /* grows towards the front */
	char *buf, *at;
	bool full;
};

static void prepend(struct text *t, const char *s, size_t len)
{
	if ((size_t)(t->at - t->buf) < len) {
		t->full = true;
		return;
	}
	t->at -= len;
	memcpy(t->at, s, len);
}

enum reach { REACHED_ROOT, REACHED_TOP, REACHED_PSEUDO };

/* Climbs from p to root; every step is under RCU and counts only when walk_seq stays the same. */
static enum reach climb(struct text *t, const struct path *p, const struct path *root)
{
	const struct mount *m = p->mnt;
	const struct dentry *d = p->dentry;

	for (;;) {
		if (root && m == root->mnt && d == root->dentry)
			return REACHED_ROOT;
		if (d == d->parent && d->name.len > 1) { /* "pipe:[7]", "anon_inode:[eventfd]" */
			prepend(t, d->name.name, strnlen(d->name.name, d->name.len));
			return REACHED_PSEUDO;
		}
		if (d == m->root || d == d->parent) {
			const struct mount *parent = READ_ONCE(m->parent);

			d = READ_ONCE(m->mountpoint);
			if (!parent || !d) /* both, or it is being unmounted just now */
				return REACHED_TOP;
			m = parent;
			continue;
		}
		prepend(t, d->name.name, strnlen(d->name.name, d->name.len));
		prepend(t, "/", 1);
		d = d->parent;
	}
}

/*
 * Text of p as seen from root, at the end of buf; buf itself, cut to "", when it does not fit.
 * A p outside root gets "(unreachable)" in front, a removed one " (deleted)" behind.
 */
char *path_format(const struct path *p, const struct path *root, char *buf, size_t size)
{
	struct text t;
	enum reach reach;
	u32 seq;

	do {
		t = (struct text){ buf, buf + size - 1, false };
		*t.at = 0;
		rcu_read_lock();
		seq = walk_read_begin();
		if (READ_ONCE(p->dentry->flags) & DENTRY_UNLINKED)
			prepend(&t, " (deleted)", 10);

		const char *end = t.at;

		reach = climb(&t, p, root);
		if (t.at == end && !t.full)
			prepend(&t, "/", 1);
		rcu_read_unlock();
	} while (!walk_read_ok(seq));
	/* The top of the tree is a root like any other for who has not been locked into a part of it. */
	if (reach == REACHED_TOP && root &&
	    (READ_ONCE(root->mnt->parent) || root->dentry != root->mnt->root || p->mnt->detached))
		prepend(&t, "(unreachable)", 13);
	if (t.full) {
		*buf = 0;
		return buf;
	}
	return t.at;
}

bool path_is_under(const struct path *p, const struct path *root)
{
	bool under;
	u32 seq;

	do {
		const struct mount *m = p->mnt;
		const struct dentry *d = p->dentry;

		rcu_read_lock();
		seq = walk_read_begin();
		while (m && m != root->mnt) {
			d = READ_ONCE(m->mountpoint);
			m = READ_ONCE(m->parent);
		}
		while (m && d && d != root->dentry && d != d->parent)
			d = d->parent;
		under = m && d == root->dentry;
		rcu_read_unlock();
	} while (!walk_read_ok(seq));
	return under;
}

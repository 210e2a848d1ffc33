// SPDX-License-Identifier: MIT
/*
 * Path resolution, path_resolution(7): text to (mount, dentry).
 *
 * Two ways through the same code.  The first takes no reference and no lock (w->rcu): everything it looks
 * at is freed only after a grace period, and what it found counts only when walk_seq did not change
 * meanwhile.  -ECHILD says that this way is not enough: an entry is not cached, a permission or a link
 * needs the file system's opinion, something moved.  Then the walk starts again with references.
 *
 * Order of checks, per component: search permission on the directory (EACCES), length (ENAMETOOLONG, when
 * it is looked up: callers that stop at the parent have checks of their own before that), existence
 * (ENOENT), links (ELOOP), and being a directory when more follows (ENOTDIR).
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include <linux/limits.h>
#include <linux/mount.h>

struct fs init_fs = { .refs = 1, .umask = 022 };

struct fs *current_fs(void)
{
	struct fs *fs = current->fs;

	return likely(fs) ? fs : &init_fs; /* kernel threads */
}

/* ---- where we stand ------------------------------------------------------------------------------- */

void walk_stand_on(struct walk *w, struct mount *m, struct dentry *d) /* takes the references over */
{
	const struct path old = { w->mnt, w->dentry };

	w->mnt = m;
	w->dentry = d;
	if (!w->rcu && old.dentry)
		path_put(&old);
}

/*
 * Copies one of fs's paths.  A single user's changes only with walk_seq (pivot_root), so no lock is
 * needed.
 */
static void fs_path(struct walk *w, const struct path *from, struct path *out)
{
	struct fs *fs = current_fs();

	if (w->rcu && READ_ONCE(fs->refs) == 1) {
		*out = *from;
		return;
	}
	guard(spinlock)(&fs->lock);
	*out = *from;
	if (!w->rcu)
		path_get(out);
}

void walk_need_root(struct walk *w)
{
	if (w->have_root)
		return;
	fs_path(w, &current_fs()->root, &w->root);
	w->have_root = true;
}

/* "/" at the start of the path or of a link's target. */
static int jump_to_root(struct walk *w)
{
	if (unlikely(w->flags & LOOKUP_BENEATH))
		return -EXDEV;
	walk_need_root(w);
	if (unlikely((w->flags & LOOKUP_NO_XDEV) && w->mnt && w->mnt != w->root.mnt))
		return -EXDEV;
	if (!w->rcu)
		path_get(&w->root);
	walk_stand_on(w, w->root.mnt, w->root.dentry);
	return 0;
}

static void put_frame(struct link_frame *f)
{
	if (f->inode)
		inode_put(f->inode);
	kfree(f->to_free);
	f->inode = NULL;
	f->to_free = NULL;
}

static void walk_reset(struct walk *w)
{
	while (w->depth)
		put_frame(&w->stack[--w->depth]);
	put_frame(&w->trail);
	if (w->rcu) {
		rcu_read_unlock();
	} else {
		if (w->dentry)
			path_put(&(struct path){ w->mnt, w->dentry });
		if (w->have_root)
			path_put(&w->root);
	}
	w->mnt = NULL;
	w->dentry = NULL;
	w->have_root = false;
	w->rcu = false;
}

void walk_end(struct walk *w)
{
	walk_reset(w);
	if (w->stack != w->inline_stack)
		kfree(w->stack);
}

static int start_at_fd(struct walk *w, int dfd, bool more)
{
	struct fd fd __cleanup(fd_release) = fd_borrow_path_ok(dfd);

	if (!fd.file)
		return -EBADF;
	if (more && !S_ISDIR(fd.file->inode->mode))
		return -ENOTDIR;
	if (!fd.file->path.dentry)
		return -ENOTDIR;
	if (!w->rcu) /* else the grace period keeps the path, whoever closes the file */
		path_get(&fd.file->path);
	walk_stand_on(w, fd.file->path.mnt, fd.file->path.dentry);
	return 0;
}

static int walk_start(struct walk *w, const char *name, bool rcu)
{
	struct path at;
	int err = 0;

	w->rcu = rcu;
	w->links = 0;
	w->last_type = LAST_ROOT;
	if (rcu)
		rcu_read_lock();
	w->seq = walk_read_begin();
	if (rcu && (w->seq & 1))
		return -ECHILD;
	if (*name == '/' && !(w->flags & LOOKUP_IN_ROOT))
		return jump_to_root(w);
	if (w->dfd == AT_FDCWD) {
		fs_path(w, &current_fs()->cwd, &at);
		walk_stand_on(w, at.mnt, at.dentry);
	} else if ((err = start_at_fd(w, w->dfd, *name))) {
		return err;
	}
	if (unlikely(w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))) {
		w->root = (struct path){ w->mnt, w->dentry };
		w->have_root = true;
		if (!rcu)
			path_get(&w->root);
		if (*name == '/' && (w->flags & LOOKUP_BENEATH))
			return -EXDEV;
	}
	return 0;
}

/* ---- symbolic links ------------------------------------------------------------------------------------ */

static int stack_grow(struct walk *w)
{
	struct link_frame *s;

	if (w->stack != w->inline_stack || w->depth < (int)ARRAY_SIZE(w->inline_stack))
		return 0;
	if (!(s = kmalloc(MAX_LINKS * sizeof(*s), w->rcu ? ALLOC_ATOMIC : 0)))
		return w->rcu ? -ECHILD : -ENOMEM;
	memcpy(s, w->inline_stack, sizeof(w->inline_stack));
	w->stack = s;
	return 0;
}

/* Text of the link p (references kept by the caller) into *target; the frame keeps it alive. */
static int link_text(struct walk *w, const struct path *p, struct link_frame *frame, const char **target)
{
	struct inode *i = p->dentry->inode;
	int err;

	if (inode_needs_atime(p->mnt, i))
		inode_touch(i, ATTR_ATIME);
	frame->inode = NULL;
	frame->to_free = NULL;
	if (likely(i->link)) {
		*target = i->link;
	} else {
		if (w->rcu)
			return -ECHILD;
		if (!i->ops->readlink)
			return -EINVAL;
		if ((err = i->ops->readlink(i, target, &frame->to_free)))
			return err;
	}
	if (!w->rcu) {
		inode_get(i);
		frame->inode = i;
	}
	return 0;
}

/* A link that names an object rather than a path: /proc/PID/fd/N. */
static int jump_magic(struct walk *w, const struct path *p)
{
	struct path to;
	int err;

	if (w->rcu)
		return -ECHILD;
	if ((err = p->dentry->inode->ops->get_link_path(p->dentry->inode, &to)))
		return err;
	if (w->flags & LOOKUP_NO_MAGICLINKS) {
		path_put(&to);
		return -ELOOP;
	}
	if ((w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) ||
	    ((w->flags & LOOKUP_NO_XDEV) && to.mnt != w->mnt)) {
		path_put(&to);
		return -EXDEV;
	}
	walk_stand_on(w, to.mnt, to.dentry);
	return 0;
}

/*
 * Starts on the target of link p (whose references are consumed).  *target is NULL when the link was a jump;
 * else an absolute target has put us on the root and *target is what remains to be walked.
 */
static int walk_link(struct walk *w, struct path *p, bool last, const char *rest, const char **target)
{
	struct link_frame f = { .rest = rest };
	int err = 0;

	*target = NULL;
	if (w->links++ >= MAX_LINKS)
		err = -ELOOP;
	else if (unlikely((w->flags & LOOKUP_NO_SYMLINKS) || (READ_ONCE(p->mnt->flags) & MS_NOSYMFOLLOW)))
		err = -ELOOP;
	else
		err = p->dentry->inode->ops->get_link_path ? jump_magic(w, p) : -EINVAL;
	if (err == -EINVAL && !(err = link_text(w, p, &f, target)) && !**target) /* no jump */
		err = -ENOENT;
	if (!w->rcu)
		path_put(p);
	if (!err && *target && **target == '/') {
		err = jump_to_root(w);
		while (**target == '/')
			++*target;
	}
	if (!err && !last && *target && !(err = stack_grow(w))) {
		w->stack[w->depth++] = f;
		return 0;
	}
	if (err || !*target) {
		put_frame(&f);
		return err;
	}
	put_frame(&w->trail); /* the text that named this last component is used up */
	w->trail = f;
	return 0;
}

/* ---- components ---------------------------------------------------------------------------------- */

/* Looks w->last up.  With references *p is the caller's to put. */
static int find_child(struct walk *w, struct path *p)
{
	struct dentry *d;
	int err;

	p->mnt = w->mnt;
	if (w->rcu) {
		d = dentry_find_rcu(w->dentry, &w->last);
		if (unlikely(!d)) {
			/* On Linux's tmpfs a name that is not there is never a cached one. */
			if (!w->dentry->sb->complete || (w->flags & LOOKUP_CACHED))
				return -ECHILD;
			return w->last.len > NAME_MAX ? -ECHILD : -ENOENT;
		}
		if (unlikely(READ_ONCE(d->flags) & DENTRY_NOCACHE))
			return -ECHILD;
		p->dentry = d;
		if (unlikely(!rcu_dereference(d->inode)))
			return -ENOENT;
		return walk_cross_mounts(w, p);
	}
	if ((err = dentry_lookup(w->dentry, w->last.name, w->last.len, &d)))
		return err;
	p->dentry = d;
	mount_get(p->mnt);
	if (!d->inode)
		err = -ENOENT;
	else
		err = walk_cross_mounts(w, p);
	if (err)
		path_put(p);
	return err;
}

/* One component.  *target is set when it was a link that has to be walked next. */
static int walk_component(struct walk *w, bool last, const char *rest, const char **target)
{
	struct path p;
	int err;

	*target = NULL;
	if (unlikely(w->last_type != LAST_NORM))
		return w->last_type == LAST_DOTDOT ? walk_dotdot(w) : 0;
	if (unlikely(err = find_child(w, &p)))
		return err;
	if (unlikely(S_ISLNK(p.dentry->inode->mode)) && (!last || (w->flags & LOOKUP_FOLLOW)))
		return walk_link(w, &p, last, rest, target);
	walk_stand_on(w, p.mnt, p.dentry);
	return 0;
}

/* Cuts the next component out of name, hashing on the way: w->last. */
static void cut_component(struct walk *w, const char *name)
{
	const char *s = name;
	u32 hash = name_hash_start(w->dentry);

	w->last_type = LAST_NORM;
	if (unlikely(*s == '.')) {
		if (s[1] == '/' || !s[1])
			w->last_type = LAST_DOT;
		else if (s[1] == '.' && (s[2] == '/' || !s[2]))
			w->last_type = LAST_DOTDOT;
	}
	for (; *s && *s != '/'; s++)
		hash = name_hash_add(hash, *s);
	w->last.name = name;
	w->last.len = (u32)(s - name);
	w->last.hash = hash;
}

/* Walks everything but the last component of name (and of nested targets), which is left in w->last. */
static int walk_to_parent(struct walk *w, const char *name)
{
	int err, base = w->depth;

	while (*name == '/')
		name++;
	if (!*name) {
		w->last_type = LAST_ROOT;
		return 0;
	}
	for (;;) {
		const char *rest, *target;

		if (unlikely(err = inode_search_permission(w->dentry->inode, w->rcu)))
			return err;
		cut_component(w, name);
		rest = name + w->last.len;
		while (*rest == '/')
			rest++;
		if (!*rest) {
			if (w->depth == base)
				return 0;
			rest = w->stack[w->depth - 1].rest; /* a nested target ends: go on behind its link */
			if ((err = walk_component(w, false, NULL, &target)))
				return err;
			if (target) { /* its last component is a link itself: it replaces the frame */
				struct link_frame f = w->stack[--w->depth];

				put_frame(&w->stack[w->depth - 1]);
				f.rest = rest;
				w->stack[w->depth - 1] = f;
			} else {
				put_frame(&w->stack[--w->depth]);
			}
			name = target ? target : rest;
		} else {
			if ((err = walk_component(w, false, rest, &target)))
				return err;
			name = target ? target : rest;
		}
		while (!*name && w->depth > base) { /* the target was "/" */
			name = w->stack[w->depth - 1].rest;
			put_frame(&w->stack[--w->depth]);
		}
		if (unlikely(!S_ISDIR(w->dentry->inode->mode))) /* Linux leaves RCU to say so */
			return w->rcu && (w->flags & LOOKUP_CACHED) ? -ECHILD : -ENOTDIR;
	}
}

static int walk_whole(struct walk *w, const char *name)
{
	const char *target = name;
	int err;

	do {
		if ((err = walk_to_parent(w, target)))
			return err;
		if (w->last_type == LAST_ROOT)
			break;
		if (w->last.name[w->last.len])
			w->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY; /* a trailing slash */
		if ((err = walk_component(w, true, NULL, &target)))
			return err;
	} while (target);
	return (w->flags & LOOKUP_DIRECTORY) && !S_ISDIR(w->dentry->inode->mode) ? -ENOTDIR : 0;
}

/* Turns what the walk without references found into referenced paths, if it still holds. */
static int walk_legitimize(struct walk *w)
{
	const struct path at = { w->mnt, w->dentry };
	bool ok = ref_get_unless_zero(&at.mnt->refs);

	if (!ok)
		return -ECHILD;
	if (!ref_get_unless_zero(&at.dentry->refs)) {
		w->dentry = NULL;
		walk_reset(w);
		mount_put(at.mnt);
		return -ECHILD;
	}
	ok = walk_read_ok(w->seq);
	w->have_root = false; /* held no references */
	rcu_read_unlock();
	w->rcu = false;
	return ok ? 0 : -ECHILD;
}

typedef int (*walk_fn)(struct walk *w, const char *name);

/* Without references first, then with them. */
static int walk_twice(struct walk *w, const char *name, walk_fn fn)
{
	unsigned flags = w->flags;
	int err;

	if (!(err = walk_start(w, name, true)))
		err = fn(w, name);
	if (!err)
		err = walk_legitimize(w);
	else if (w->rcu && err != -ECHILD && !walk_read_ok(w->seq))
		err = -ECHILD;
	if (likely(err != -ECHILD))
		return err;
	if (flags & LOOKUP_CACHED)
		return -EAGAIN;
	walk_reset(w);
	w->flags = flags;
	if (!(err = walk_start(w, name, false)))
		err = fn(w, name);
	return err;
}

static void walk_init(struct walk *w, int dfd, unsigned flags)
{
	w->mnt = NULL;
	w->dentry = NULL;
	w->rcu = w->have_root = false;
	w->depth = 0;
	w->stack = w->inline_stack;
	w->trail.inode = NULL;
	w->trail.to_free = NULL;
	w->flags = flags;
	w->dfd = dfd;
}

int walk_start_parent(struct walk *w, int dfd, const char *name, unsigned flags)
{
	walk_init(w, dfd, flags);
	if (!*name)
		return -ENOENT;
	return walk_twice(w, name, walk_to_parent);
}

int walk_follow_last(struct walk *w, struct dentry *d)
{
	struct path p = { w->mnt, d };
	const char *target;
	int err;

	mount_get(p.mnt);
	if ((err = walk_cross_mounts(w, &p))) {
		path_put(&p);
		return err;
	}
	if ((err = walk_link(w, &p, true, NULL, &target)))
		return err;
	if (!target) { /* a jump: we stand on the object itself */
		w->last_type = LAST_ROOT;
		return 0;
	}
	return walk_to_parent(w, target);
}

int path_lookup(int dfd, const char *name, unsigned flags, struct path *out)
{
	struct walk w;
	int err = path_lookup_fast(dfd, name, flags, out);

	if (likely(err != -ECHILD))
		return err;
	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	walk_init(&w, dfd, flags);
	err = walk_twice(&w, name, walk_whole);
	if (!err) {
		*out = (struct path){ w.mnt, w.dentry };
		w.dentry = NULL;
	}
	walk_end(&w);
	return err;
}

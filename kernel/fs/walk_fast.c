// SPDX-License-Identifier: MIT
/*
 * The path walk that most calls need: cached names, plain directories, mount points, nothing else.  It
 * takes no reference and no lock, keeps its state in registers, and gives up (-ECHILD) at the first
 * thing that is not plain: "..", a link to follow, a name that is not cached, a file system with its own
 * opinion on permission.  path.c does those.  Order of checks as there.
 *
 * Runs under rcu_read_lock(); the result, errors too, counts only when walk_seq is then unchanged.
 */
#include "kernel/fs/internal.h"

#include "kernel/fs/fd.h"
#include "kernel/fs/stat.h"
#include <linux/limits.h>

#define SIMPLE_FLAGS (LOOKUP_FOLLOW | LOOKUP_DIRECTORY | LOOKUP_EMPTY | LOOKUP_NO_AUTOMOUNT)

static inline int start_at(int dfd, const char *name, struct path *at)
{
	struct fs *fs = current->fs;
	const struct path *from;

	if (likely(*name == '/' || dfd == AT_FDCWD)) {
		if (unlikely(!fs))
			return -ECHILD;
		from = *name == '/' ? &fs->root : &fs->cwd;
		if (likely(READ_ONCE(fs->refs) == 1)) { /* changes only by ourselves, or with walk_seq */
			*at = *from;
			return 0;
		}
		guard(spinlock)(&fs->lock);
		*at = *from;
		return 0;
	}

	struct fd f = fd_borrow_path_ok(dfd);
	int err = 0;

	if (!f.file)
		return -EBADF;
	if (S_ISDIR(f.file->inode->mode))
		*at = f.file->path; /* alive for a grace period, whoever closes the file */
	else
		err = -ENOTDIR;
	fd_release(&f);
	return err;
}

static inline int search_permission(struct inode *dir)
{
	if (likely((dir->mode & 0111) == 0111 && !dir->ops->permission))
		return 0;
	return inode_search_permission(dir, true);
}

/* The entry q of at->dentry, and what is mounted there. */
static inline int step(struct path *at, const struct qstr *q)
{
	struct dentry *d = dentry_find_rcu(at->dentry, q);

	if (unlikely(!d))
		return at->dentry->sb->complete && q->len <= NAME_MAX ? -ENOENT : -ECHILD;
	at->dentry = d;
	if (likely(!(READ_ONCE(d->flags) & (DENTRY_NOCACHE | DENTRY_MOUNTPOINT))))
		return likely(rcu_dereference(d->inode)) ? 0 : -ENOENT;
	if (READ_ONCE(d->flags) & DENTRY_NOCACHE)
		return -ECHILD;
	for (struct mount *m; (m = mount_find_rcu(at->mnt, at->dentry)); at->dentry = m->root)
		at->mnt = m;
	return at->dentry->inode ? 0 : -ENOENT;
}

static int walk_fast(int dfd, const char *name, unsigned flags, struct path *at)
{
	int err = start_at(dfd, name, at);

	if (unlikely(err))
		return err;
	while (*name == '/')
		name++;
	while (*name) {
		struct qstr q = { .name = name };
		u32 hash = name_hash_start(at->dentry);
		const char *s = name;
		umode_t mode;

		if (unlikely(err = search_permission(at->dentry->inode)))
			return err;
		for (; *s && *s != '/'; s++)
			hash = name_hash_add(hash, *s);
		q.hash = hash;
		q.len = (u32)(s - name);
		name = s;
		while (*name == '/')
			name++;
		if (unlikely(*q.name == '.') && q.len <= 2 && q.name[q.len - 1] == '.') {
			if (q.len == 2)
				return -ECHILD;
			continue; /* "." */
		}
		if (unlikely(err = step(at, &q)))
			return err;
		mode = at->dentry->inode->mode;
		if (likely(S_ISDIR(mode)))
			continue;
		if (*s) /* more follows, if only a slash */
			return S_ISLNK(mode) || (flags & LOOKUP_CACHED) ? -ECHILD : -ENOTDIR;
		if (unlikely(S_ISLNK(mode)) && (flags & LOOKUP_FOLLOW))
			return -ECHILD;
		return flags & LOOKUP_DIRECTORY ? -ENOTDIR : 0;
	}
	return 0;
}

int path_lookup_fast(int dfd, const char *name, unsigned flags, struct path *out)
{
	struct path at;
	bool got = false, mnt = false;
	u32 seq;
	int err;

	if ((flags & ~SIMPLE_FLAGS) || !*name)
		return -ECHILD;
	rcu_read_lock();
	seq = walk_read_begin();
	err = walk_fast(dfd, name, flags, &at);
	if (likely(!err)) {
		mnt = ref_get_unless_zero(&at.mnt->refs);
		got = ref_get_unless_zero(&at.dentry->refs);
	}
	if (likely(walk_read_ok(seq) && (err || (mnt && got)))) {
		rcu_read_unlock();
		if (likely(!err))
			*out = at; /* untouched on failure: callers put what is there */
		return err;
	}
	rcu_read_unlock();
	if (got)
		dentry_put(at.dentry);
	if (mnt)
		mount_put(at.mnt);
	return -ECHILD;
}

/* stat(2) without touching a reference count. */
int path_stat_fast(int dfd, const char *name, unsigned flags, struct kstat *st)
{
	struct path at;
	u32 seq;
	int err;

	if ((flags & ~SIMPLE_FLAGS) || !*name)
		return -ECHILD;
	rcu_read_lock();
	seq = walk_read_begin();
	err = walk_fast(dfd, name, flags, &at);
	if (likely(!err)) {
		if (likely(!at.dentry->inode->ops->getattr))
			path_stat(&at, st);
		else
			err = -ECHILD;
	}
	if (unlikely(!walk_read_ok(seq)))
		err = -ECHILD;
	rcu_read_unlock();
	return err;
}

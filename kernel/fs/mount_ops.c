// SPDX-License-Identifier: MIT
/*
 * mount(2), umount2(2) and pivot_root(2), with Linux's order of checks (fs/namespace.c, 6.1).
 * There is one mount namespace and nothing propagates between mounts: MS_PRIVATE and MS_SLAVE describe
 * what every mount is anyway, MS_UNBINDABLE is kept, MS_SHARED is refused.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include <linux/mount.h>

#ifndef MNT_FORCE /* umount2(2): in no UAPI header */
#define MNT_FORCE       1
#define MNT_DETACH      2
#define MNT_EXPIRE      4
#define UMOUNT_NOFOLLOW 8
#endif

#define MOUNT_FLAGS                                                                                \
	(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | \
	 MS_STRICTATIME | MS_NOSYMFOLLOW)
#define ATIME_FLAGS (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)
#define SUPER_FLAGS \
	(MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_SILENT | MS_POSIXACL | MS_LAZYTIME)
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

static u32 mount_flags_from(unsigned long flags, u32 old)
{
	u32 m = flags & MOUNT_FLAGS & ~(unsigned long)ATIME_FLAGS;

	/* A remount that names no atime mode keeps the old one (mount(2), MS_REMOUNT). */
	if ((flags & MS_REMOUNT) && !(flags & ATIME_FLAGS))
		return m | (old & (ATIME_FLAGS | MNT_UNBINDABLE));
	if (flags & MS_STRICTATIME)
		m |= MS_STRICTATIME;
	else
		m |= flags & MS_NOATIME ? MS_NOATIME : MS_RELATIME;
	return m | (flags & MS_NODIRATIME) | (old & MNT_UNBINDABLE);
}

/* Under what is mounted at the very place meanwhile (Linux's lock_mount()). */
static int top_of(struct path *at)
{
	struct mount *m;

	while ((m = mount_find(at->mnt, at->dentry))) {
		dentry_get(m->root);
		path_put(at);
		*at = (struct path){ m, m->root };
	}
	return mount_is_attached(at->mnt) ? 0 : -EINVAL;
}

/* ---- new mounts --------------------------------------------------------------------------------------- */

static int mount_new(struct path *at, const char *source, const char *type, unsigned long flags,
		     const char *data)
{
	struct fs_type *t;
	struct mount *m;
	int err;

	if (!type)
		return -EINVAL;
	if (!(t = fs_type_find(type)))
		return (int)refuse(ENODEV, "mount: unknown file system type");
	if ((err = mount_create(t, source, data, flags & SUPER_FLAGS, &m)))
		return err;
	m->flags = mount_flags_from(flags, 0);
	mutex_lock(&mount_lock);
	err = top_of(at);
	if (!err && at->mnt->sb == m->sb && at->dentry == at->mnt->root)
		err = -EBUSY; /* the same file system on itself */
	if (!err)
		err = mount_attach(m, at);
	mutex_unlock(&mount_lock);
	if (err)
		mount_put(m);
	return err;
}

/* ---- bind ---------------------------------------------------------------------------------------- */

static struct mount *next_in_tree(struct mount *m, struct mount *top) __must_hold(&mount_lock)
{
	if (!list_empty(&m->children))
		return list_first(&m->children, struct mount, sibling);
	for (; m != top; m = m->parent)
		if (m->sibling.next != &m->parent->children)
			return list_entry(m->sibling.next, struct mount, sibling);
	return NULL;
}

/* Copies of the mounts below src->dentry, each hung on the copy of its parent. */
static int bind_submounts(const struct path *src, struct mount *copy) __must_hold(&mount_lock)
{
	struct mount *m = src->mnt;
	int err;

	m->copy = copy;
	while ((m = next_in_tree(m, src->mnt))) {
		const struct path here = { m->parent, m->mountpoint };

		m->copy = NULL;
		if (!m->parent->copy || (m->flags & MNT_UNBINDABLE) || !path_is_under(&here, src))
			continue;
		if (!(m->copy = mount_clone(m, m->root)))
			return -ENOMEM;
		if ((err = mount_attach(m->copy, &(struct path){ m->parent->copy, m->mountpoint }))) {
			mount_put(m->copy);
			return err;
		}
	}
	return 0;
}

static int mount_bind(struct path *at, const char *source, bool recursive)
{
	struct path src __cleanup(path_putp) = { NULL, NULL };
	LIST_HEAD(gone);
	struct mount *m;
	int err;

	if (!source || !*source)
		return -EINVAL;
	if ((err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &src)))
		return err;
	mutex_lock(&mount_lock);
	m = NULL;
	if ((err = top_of(at)))
		;
	else if ((src.mnt->flags & MNT_UNBINDABLE) || !mount_is_attached(src.mnt))
		err = -EINVAL;
	else if (!(m = mount_clone(src.mnt, src.dentry)))
		err = -ENOMEM;
	else if (!(err = recursive ? bind_submounts(&src, m) : 0))
		err = mount_attach(m, at);
	if (err && m)
		mount_detach_tree(m, &gone);
	mutex_unlock(&mount_lock);
	mount_release(&gone);
	return err;
}

/* ---- changes ------------------------------------------------------------------------------------- */

static bool super_has_writers(const struct super *sb) __must_hold(&mount_lock)
{
	struct mount *m;

	list_for_each(m, &mount_list, node)
		if (m->sb == sb && READ_ONCE(m->writers))
			return true;
	return false;
}

static int mount_remount(const struct path *at, unsigned long flags)
{
	struct mount *m = at->mnt;

	guard(mutex)(&mount_lock);
	if (!mount_is_attached(m) || at->dentry != m->root)
		return -EINVAL;
	if ((flags & MS_RDONLY) && !mount_is_readonly(m)) {
		if (flags & MS_BIND ? READ_ONCE(m->writers) != 0 : super_has_writers(m->sb))
			return -EBUSY;
	}
	if (!(flags & MS_BIND))
		m->sb->flags = (m->sb->flags & ~(unsigned long)SUPER_FLAGS) | (flags & SUPER_FLAGS);
	WRITE_ONCE(m->flags, mount_flags_from(flags, m->flags));
	return 0;
}

static int mount_set_propagation(const struct path *at, unsigned long flags)
{
	unsigned long type = flags & PROPAGATION;
	struct mount *top = at->mnt, *m = top;

	if ((type & (type - 1)) || (flags & ~(unsigned long)(PROPAGATION | MS_REC | MS_SILENT)))
		return -EINVAL;
	if (at->dentry != top->root)
		return -EINVAL;
	if (type == MS_SHARED)
		return (int)refuse(EINVAL, "mount: MS_SHARED: mounts do not propagate");
	guard(mutex)(&mount_lock);
	for (; m; m = flags & MS_REC ? next_in_tree(m, top) : NULL)
		WRITE_ONCE(m->flags,
			   (m->flags & ~MNT_UNBINDABLE) | (type == MS_UNBINDABLE ? MNT_UNBINDABLE : 0));
	return 0;
}

static int mount_move_to(struct path *at, const char *source)
{
	struct path src __cleanup(path_putp) = { NULL, NULL };
	int err;

	if (!source || !*source)
		return -EINVAL;
	if ((err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &src)))
		return err;
	guard(mutex)(&mount_lock);
	if ((err = top_of(at)))
		return err;
	if (src.dentry != src.mnt->root || !mount_is_attached(src.mnt) || !src.mnt->parent)
		return -EINVAL;
	if (S_ISDIR(at->dentry->inode->mode) != S_ISDIR(src.dentry->inode->mode))
		return -EINVAL;
	for (struct mount *m = at->mnt; m; m = m->parent)
		if (m == src.mnt)
			return -ELOOP;
	mount_move(src.mnt, at);
	return 0;
}

int do_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
	struct path at __cleanup(path_putp) = { NULL, NULL };
	int err = path_lookup(AT_FDCWD, target, LOOKUP_FOLLOW, &at);

	if (err)
		return err;
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~(unsigned long)MS_MGC_MSK;
	if (flags & MS_NOUSER)
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (flags & MS_REMOUNT)
		return mount_remount(&at, flags);
	if (flags & MS_BIND)
		return mount_bind(&at, source, flags & MS_REC);
	if (flags & PROPAGATION)
		return mount_set_propagation(&at, flags);
	if (flags & MS_MOVE)
		return mount_move_to(&at, source);
	return mount_new(&at, source, type, flags, data);
}

/* ---- umount -------------------------------------------------------------------------------------- */

/* Detaches m when nobody but the tree and the caller uses it; decided inside the write section. */
static bool detach_if_unused(struct mount *m) __must_hold(&mount_lock)
{
	struct path at;
	bool unused;

	walk_write_begin();
	unused = list_empty(&m->children) && READ_ONCE(m->refs) == 2;
	walk_write_end();
	if (!unused)
		return false;
	/* A walk that came between saw the tree as it still is: take the mount out, then look again. */
	at = (struct path){ m->parent, m->mountpoint };
	path_get(&at);

	LIST_HEAD(gone);

	mount_detach_tree(m, &gone);
	unused = READ_ONCE(m->refs) == 2;
	list_del_init(&m->node);
	if (!unused && mount_attach(m, &at)) /* -ENOENT: its place was removed: then it stays detached */
		unused = true;
	path_put(&at);
	return unused;
}

static int umount_locked(struct mount *m, int flags, struct list_head *gone) __must_hold(&mount_lock)
{
	const struct fs *fs = current_fs();

	if (!mount_is_attached(m) || !m->parent)
		return -EINVAL; /* not in the tree, or the rootfs */
	if (flags & MNT_EXPIRE) {
		if (m == fs->root.mnt || (flags & (MNT_FORCE | MNT_DETACH)))
			return -EINVAL;
		if (READ_ONCE(m->refs) != 2)
			return -EBUSY;
		if (!m->expiring) {
			m->expiring = true;
			return -EAGAIN;
		}
	}
	if (m == fs->root.mnt && !(flags & MNT_DETACH)) {
		/* "Unmounting" the root makes it read-only, for shutdown. */
		if (super_has_writers(m->sb))
			return -EBUSY;
		m->sb->flags |= MS_RDONLY;
		return 0;
	}
	if (flags & MNT_DETACH) {
		mount_detach_tree(m, gone);
		return 0;
	}
	if (!detach_if_unused(m))
		return -EBUSY;
	list_add_tail(&m->node, gone);
	return 0;
}

int do_umount(const char *target, int flags)
{
	struct path at;
	LIST_HEAD(gone);
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if ((err = path_lookup(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &at)))
		return err;
	dentry_put(at.dentry); /* only the mount is needed: the root entry lives as long as it */
	if (!capable(CAP_SYS_ADMIN)) {
		err = -EPERM;
	} else if (at.dentry != at.mnt->root) {
		err = -EINVAL;
	} else {
		guard(mutex)(&mount_lock);
		err = umount_locked(at.mnt, flags, &gone);
	}
	mount_release(&gone);
	if (err == -EAGAIN) { /* the mark of MNT_EXPIRE survives our own reference */
		atomic_sub(&at.mnt->refs, 1);
		return err;
	}
	mount_put(at.mnt);
	return err;
}

/* ---- pivot_root ---------------------------------------------------------------------------------- */

static void swap_path(struct fs *fs, struct path *p, const struct path *old, const struct path *new)
{
	if (p->mnt != old->mnt || p->dentry != old->dentry)
		return;
	path_get(new);
	*p = *new;
	path_put(old); /* not the last reference: the caller has one */
}

/* Every task whose root or working directory is the old root goes to the new one. */
static void move_roots(const struct path *old, const struct path *new)
{
	struct process *p;

	for (pid_t nr = 1; (p = process_next_get(nr)); nr = p->pid->nr + 1, process_put(p)) {
		struct task *t;

		read_lock(&tasklist_lock);
		for_each_thread(p, t) {
			guard(spinlock)(&t->alloc_lock);
			if (!t->fs)
				continue;
			walk_write_begin(); /* single users read their paths without the lock */
			spin_lock(&t->fs->lock);
			swap_path(t->fs, &t->fs->root, old, new);
			swap_path(t->fs, &t->fs->cwd, old, new);
			spin_unlock(&t->fs->lock);
			walk_write_end();
		}
		read_unlock(&tasklist_lock);
	}
}

static int pivot_check(const struct path *new, const struct path *old, const struct path *root)
	__must_hold(&mount_lock)
{
	if (new->mnt == root->mnt || old->mnt == root->mnt)
		return -EBUSY;
	if (!mount_is_attached(new->mnt) || !mount_is_attached(old->mnt) || !mount_is_attached(root->mnt))
		return -EINVAL;
	if (root->mnt->root != root->dentry || !root->mnt->parent)
		return -EINVAL; /* not a mount point, or the rootfs */
	if (new->mnt->root != new->dentry || !new->mnt->parent)
		return -EINVAL;
	if (!path_is_under(old, new) || !path_is_under(new, root))
		return -EINVAL;
	return 0;
}

int do_pivot_root(const char *new_root, const char *put_old)
{
	struct path new __cleanup(path_putp) = { NULL, NULL };
	struct path old __cleanup(path_putp) = { NULL, NULL };
	struct path root __cleanup(path_putp) = { NULL, NULL };
	struct fs *fs = current_fs();
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if ((err = path_lookup(AT_FDCWD, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new)))
		return err;
	if ((err = path_lookup(AT_FDCWD, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old)))
		return err;
	spin_lock(&fs->lock);
	root = fs->root;
	path_get(&root);
	spin_unlock(&fs->lock);
	mutex_lock(&mount_lock);
	if (READ_ONCE(new.dentry->flags) & DENTRY_UNLINKED)
		err = -ENOENT;
	else if (!(err = top_of(&old)))
		err = pivot_check(&new, &old, &root);
	if (!err) {
		struct path place = { root.mnt->parent, root.mnt->mountpoint };

		path_get(&place);
		mount_move(new.mnt, &place); /* first: the tree never has a cycle */
		mount_move(root.mnt, &old);
		path_put(&place);
	}
	mutex_unlock(&mount_lock);
	if (!err)
		move_roots(&root, &new);
	return err;
}

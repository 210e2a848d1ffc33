// SPDX-License-Identifier: MIT
/*
 * struct fs: root, working directory and umask, shared as CLONE_FS says.  And fs_init(), which makes the
 * first of them and the rootfs it points into.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/init.h"

static struct slab_cache *fs_slab;

int fs_dup(struct fs *old, struct fs **out)
{
	struct fs *fs = slab_alloc(fs_slab, ALLOC_ZERO);

	if (!fs)
		return -ENOMEM;
	fs->refs = 1;
	spin_lock_init(&fs->lock);
	guard(spinlock)(&old->lock);
	fs->root = old->root;
	fs->cwd = old->cwd;
	fs->umask = old->umask;
	path_get(&fs->root);
	path_get(&fs->cwd);
	*out = fs;
	return 0;
}

void fs_put(struct fs *fs)
{
	if (atomic_sub(&fs->refs, 1))
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	slab_free(fs_slab, fs);
}

/* Replaces one of current's paths (chdir, chroot); takes references of its own. */
static void fs_set(struct path *which, const struct path *to)
{
	struct fs *fs = current_fs();
	struct path old;

	path_get(to);
	spin_lock(&fs->lock);
	old = *which;
	*which = *to;
	spin_unlock(&fs->lock);
	path_put(&old);
}

int do_chdir(const struct path *p)
{
	int err = inode_permission(p->dentry->inode, MAY_EXEC);

	if (!err)
		fs_set(&current_fs()->cwd, p);
	return err;
}

int do_chroot(const struct path *p)
{
	int err = inode_permission(p->dentry->inode, MAY_EXEC);

	if (err)
		return err;
	if (!capable(CAP_SYS_CHROOT))
		return -EPERM;
	fs_set(&current_fs()->root, p);
	return 0;
}

umode_t do_umask(umode_t mask)
{
	return __atomic_exchange_n(&current_fs()->umask, mask & 0777, __ATOMIC_SEQ_CST);
}

/* Text of the working directory at the end of buf, or -ENOENT when it was removed, -ERANGE. */
int do_getcwd(char *buf, size_t size, char **out)
{
	struct fs *fs = current_fs();
	struct path cwd __cleanup(path_putp), root __cleanup(path_putp);

	spin_lock(&fs->lock);
	cwd = fs->cwd;
	root = fs->root;
	path_get(&cwd);
	path_get(&root);
	spin_unlock(&fs->lock);
	if (READ_ONCE(cwd.dentry->flags) & DENTRY_UNLINKED)
		return -ENOENT;
	*out = path_format(&cwd, &root, buf, size);
	return **out ? 0 : -ENAMETOOLONG;
}

void fs_init(void) __no_lock_analysis /* at boot, alone */
{
	struct mount *m;

	dcache_init();
	inode_init();
	file_init();
	fs_slab = slab_cache_create("fs", sizeof(struct fs), 8);
	tmpfs_init();
	devtmpfs_init();
	if (mount_create(&rootfs_type, "rootfs", NULL, 0, &m))
		panic("rootfs: no memory");
	list_add_tail(&m->node, &mount_list);
	init_fs.root = init_fs.cwd = (struct path){ m, m->root };
	path_get(&init_fs.root);
	path_get(&init_fs.cwd);
	if (!current->fs) {
		atomic_add(&init_fs.refs, 1);
		current->fs = &init_fs;
	}
}

// SPDX-License-Identifier: MIT
/*
 * Inodes: life, times, permission, and who may write while a program runs.
 *
 * An inode is referenced by its dentries and open files; at zero the file system's evict_inode() and the
 * page cache let go, and the memory is freed after a grace period because path walks look at it under RCU.
 * inode->lock guards the times; a time is read without it (a reader may see a time that is half new).
 */
#include "kernel/fs/internal.h"
#include "kernel/fs/xattr.h"

#include "kernel/base/string.h"
#include <linux/mount.h>

static struct slab_cache *inode_slab;

const struct inode_ops empty_inode_ops;
const struct file_ops empty_file_ops;

struct timespec64 fs_now(void)
{
	u64 ns = clock_real_ns();

	return (struct timespec64){ (s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC) };
}

int inode_create(struct super *sb, umode_t mode,
		 struct inode **out) __no_lock_analysis /* nobody else has it yet */
{
	struct inode *i = slab_alloc(inode_slab, ALLOC_ZERO);

	if (!i)
		return -ENOMEM;
	i->refs = 1;
	i->nlink = 1;
	i->mode = mode;
	i->uid = current->cred->fsuid;
	i->gid = current->cred->fsgid;
	i->ino = sb ? atomic_add(&sb->next_ino, 1) : 0;
	i->sb = sb;
	i->ops = &empty_inode_ops;
	i->fops = &empty_file_ops;
	i->atime = i->mtime = i->ctime = i->btime = fs_now();
	rwsem_init(&i->rwsem);
	spin_lock_init(&i->lock);
	list_init(&i->watches);
	*out = i;
	return 0;
}

static void inode_free_rcu(struct rcu_head *head)
{
	struct inode *i = container_of(head, struct inode, rcu);

	kfree(i->link);
	slab_free(inode_slab, i);
}

void inode_put(struct inode *i) __no_lock_analysis /* nobody else has it any more */
{
	if (atomic_sub(&i->refs, 1))
		return;
	if (i->sb && i->sb->ops && i->sb->ops->evict_inode)
		i->sb->ops->evict_inode(i);
	if (i->xattrs)
		xattr_destroy(i);
	if (i->mapping)
		mapping_destroy(i->mapping);
	call_rcu(&i->rcu, inode_free_rcu);
}

void inode_touch(struct inode *i, unsigned attr)
{
	struct timespec64 now = fs_now();

	guard(spinlock)(&i->lock);
	if (attr & ATTR_ATIME)
		i->atime = now;
	if (attr & ATTR_MTIME)
		i->mtime = now;
	if (attr & ATTR_CTIME)
		i->ctime = now;
}

static inline bool before(const struct timespec64 *a, const struct timespec64 *b)
{
	return a->sec != b->sec ? a->sec < b->sec : a->nsec < b->nsec;
}

/* relatime, the default (mount(2)): only when it is not newer than a change, or a day old. */
bool inode_needs_atime(const struct mount *m, const struct inode *i)
{
	u32 flags = READ_ONCE(m->flags);

	if ((flags & (MS_NOATIME | MS_RDONLY)) || (m->sb->flags & (MS_NOATIME | MS_RDONLY)))
		return false;
	if ((flags & MS_NODIRATIME) && S_ISDIR(i->mode))
		return false;
	if (!(flags & MS_RELATIME)) /* strictatime, and the kernel's own mounts */
		return true;

	const struct timespec64 atime = READ_ONCE(i->atime), mtime = READ_ONCE(i->mtime),
				ctime = READ_ONCE(i->ctime);

	if (before(&mtime, &atime) && before(&ctime, &atime))
		return (s64)(clock_real_ns() / NSEC_PER_SEC) - atime.sec >= 24 * 60 * 60;
	return true;
}

void file_accessed(struct file *f)
{
	if (!(READ_ONCE(f->flags) & O_NOATIME) && f->path.mnt && inode_needs_atime(f->path.mnt, f->inode))
		inode_touch(f->inode, ATTR_ATIME);
}

/* ---- permission ------------------------------------------------------------------------------------- */

/* The class of current that applies grants all of mask: the bits themselves, before capabilities. */
static bool mode_grants(const struct inode *i, int mask)
{
	umode_t mode = i->mode;

	if (current->cred->fsuid == i->uid)
		mode >>= 6;
	else if ((mask & (mode ^ mode >> 3)) && in_group(i->gid)) /* same bits for both: no search needed */
		mode >>= 3;
	return !(mask & ~mode);
}

/* path_resolution(7), capabilities(7): the order of capabilities is Linux's, for what audit would see. */
int generic_permission(struct inode *i, int mask)
{
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (mode_grants(i, mask))
		return 0;
	if (S_ISDIR(i->mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return 0;
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return 0;
	if (!(mask & MAY_EXEC) || (i->mode & 0111))
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	return -EACCES;
}

int inode_permission(struct inode *i, int mask)
{
	if ((mask & MAY_WRITE) && i->sb && (i->sb->flags & MS_RDONLY) &&
	    (S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode)))
		return -EROFS;
	return i->ops->permission ? i->ops->permission(i, mask) : generic_permission(i, mask);
}

int inode_search_permission(struct inode *dir, bool rcu)
{
	if (unlikely(dir->ops->permission))
		return rcu ? -ECHILD : dir->ops->permission(dir, MAY_EXEC);
	if (likely((dir->mode & 0111) == 0111))
		return 0;
	return generic_permission(dir, MAY_EXEC);
}

bool inode_owner_or_capable(const struct inode *i)
{
	return current->cred->fsuid == i->uid || capable(CAP_FOWNER);
}

/* ---- running text: ETXTBSY ----------------------------------------------------------------------------- */

/* Moves the count by `step` unless it has the other sign. */
static int writers_step(struct inode *i, s32 step)
{
	s32 old = READ_ONCE(i->writers);

	do {
		if (step > 0 ? old < 0 : old > 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&i->writers, &old, old + step, true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return 0;
}

int inode_get_write(struct inode *i)
{
	return writers_step(i, 1);
}

void inode_put_write(struct inode *i)
{
	atomic_sub(&i->writers, 1);
}

int inode_deny_write(struct inode *i)
{
	return writers_step(i, -1);
}

void inode_allow_write(struct inode *i)
{
	atomic_add(&i->writers, 1);
}

void inode_init(void)
{
	inode_slab = slab_cache_create("inode", sizeof(struct inode), 64);
}

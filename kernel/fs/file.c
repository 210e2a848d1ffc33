// SPDX-License-Identifier: MIT
/*
 * Open files: their life, reading and writing through their operations, files without a name.
 *
 * The last reference may be dropped anywhere, but releasing sleeps: where sleeping is not possible the
 * work waits for the task's return to user mode, or for the next release of anybody.  Look-ups of
 * descriptors run under RCU, so the memory goes after a grace period.
 */
#include "kernel/fs/internal.h"

#include "kernel/base/string.h"
#include "kernel/fs/epoll.h"
#include "kernel/fs/fasync.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/inotify.h"
#include "kernel/fs/lock.h"
#include <linux/magic.h>

static struct slab_cache *file_slab;
u64 nr_files;
u64 files_max; /* [const] /proc/sys/fs/file-max: a tenth of memory at 1 KiB a file, as Linux */
static struct list_head *orphans; /* [atomic] released in no task's name: a stack through work.node.next */

static struct super *anon_super;
static struct mount *anon_mount;
static struct inode *anon_inode; /* shared by all anonymous files, as in Linux */

static void file_free_rcu(struct rcu_head *head)
{
	slab_free(file_slab, container_of(head, struct file, rcu));
}

/* The last reference is gone, and we may sleep. */
static void file_release(struct file *f)
{
	if (f->ops != &empty_file_ops) /* neither O_PATH nor a failed open */
		notify_file(f, f->mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	if (READ_ONCE(f->epoll_watches))
		epoll_file_release(f);
	if (f->inode->locks)
		file_lock_release(f, NULL);
	if (unlikely(READ_ONCE(f->flags) & FASYNC) && f->ops->fasync)
		(void)f->ops->fasync(f, -1, false);
	if (f->ops->release)
		f->ops->release(f);
	if (f->mode & FMODE_WRITER) {
		inode_put_write(f->inode);
		atomic_sub(&f->path.mnt->writers, 1);
	}
	if (f->mode & FMODE_EXEC)
		inode_allow_write(f->inode);
	file_forget_owner(f);
	path_put(&f->path);
	cred_put(f->cred);
	atomic_sub(&nr_files, 1);
	call_rcu(&f->rcu, file_free_rcu);
}

static void file_release_orphans(void)
{
	struct list_head *n = atomic_xchg(&orphans, NULL);

	while (n) {
		struct file *f = container_of(n, struct file, work.node);

		n = n->next;
		file_release(f);
	}
}

static void file_release_work(struct task_work *w)
{
	file_release(container_of(w, struct file, work));
}

static __noinline void file_release_later(struct file *f)
{
	struct list_head *old;

	f->work.fn = file_release_work;
	if (!(current->flags & PF_KTHREAD) && !task_work_add(current, &f->work))
		return;
	old = READ_ONCE(orphans);
	do {
		f->work.node.next = old;
	} while (!__atomic_compare_exchange_n(&orphans, &old, &f->work.node, true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
}

void file_put(struct file *f)
{
	if (likely(atomic_sub(&f->refs, 1)))
		return;
	if (unlikely(cpu_preempt_count() || !arch_irqs_enabled())) {
		file_release_later(f);
		return;
	}
	if (unlikely(READ_ONCE(orphans)))
		file_release_orphans();
	file_release(f);
}

void file_put_later(struct file *f)
{
	if (!atomic_sub(&f->refs, 1))
		file_release_later(f);
}

void file_putp(struct file **f)
{
	if (*f)
		file_put(*f);
}

int file_create(const struct path *path, const struct file_ops *ops, u32 flags, struct file **out)
{
	struct file *f;

	if (unlikely(atomic_add(&nr_files, 1) > files_max) && !capable(CAP_SYS_ADMIN)) {
		atomic_sub(&nr_files, 1);
		return -ENFILE;
	}
	f = slab_alloc(file_slab, ALLOC_ZERO);
	if (!f) {
		atomic_sub(&nr_files, 1);
		return -ENOMEM;
	}
	f->refs = 1;
	WRITE_ONCE(f->flags, flags & ~(u32)O_CLOEXEC); /* of the descriptor, not of the file */
	f->mode = (flags + 1) & (FMODE_READ | FMODE_WRITE); /* access mode 3: neither */
	if (ops->llseek)
		f->mode |= FMODE_LSEEK;
	f->ops = ops;
	f->path = *path;
	path_get(path);
	f->inode = path->dentry->inode;
	mutex_init(&f->pos_lock);
	spin_lock_init(&f->lock);
	f->cred = cred_get(current->cred);
	*out = f;
	return 0;
}

int file_create_anon(const char *name, const struct file_ops *ops, void *private, u32 flags,
		     struct file **out)
{
	struct path p = { .mnt = anon_mount };
	char text[64];
	int err;

	scnprintf(text, sizeof(text), "anon_inode:%s", name);
	if ((err = dentry_alloc_named(anon_super, anon_inode, text, &p.dentry)))
		return err;
	inode_get(anon_inode);
	err = file_create(&p, ops, flags, out);
	dentry_put(p.dentry);
	if (err)
		return err;
	(*out)->private = private;
	(*out)->mode |= FMODE_STREAM;
	return 0;
}

/* ---- reading and writing ------------------------------------------------------------------------- */

ssize_t file_read(struct file *f, struct iter *to, loff_t *pos)
{
	if (unlikely(!f->ops->read))
		return S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;

	ssize_t n = f->ops->read(f, to, pos);

	if (n > 0)
		notify_file(f, IN_ACCESS);
	return n;
}

ssize_t file_write(struct file *f, struct iter *from, loff_t *pos)
{
	if (unlikely(!f->ops->write))
		return -EINVAL;

	ssize_t n = f->ops->write(f, from, pos);

	if (n > 0)
		notify_file(f, IN_MODIFY);
	return n;
}

ssize_t kernel_read(struct file *f, void *buf, size_t size, loff_t pos)
{
	struct iter it;

	iter_init_kernel(&it, buf, size);
	return file_read(f, &it, &pos);
}

bool file_pos_lock(struct file *f) __no_lock_analysis /* not always */
{
	if ((f->mode & FMODE_STREAM) || READ_ONCE(f->refs) == 1)
		return false;
	mutex_lock(&f->pos_lock);
	return true;
}

/* ---- init ---------------------------------------------------------------------------------------- */

static int anon_fill(struct super *sb, const char *source, const char *data)
{
	int err = inode_create(sb, 0600, &anon_inode);

	sb->magic = ANON_INODE_FS_MAGIC;
	if (err)
		return err;
	inode_get(anon_inode);
	return dentry_alloc_root(sb, anon_inode, &sb->root);
}

static struct fs_type anon_type = { .name = "anon_inodefs", .nodev = true, .mount = anon_fill };

void file_init(void)
{
	u64 max = page_total_count() * (PAGE_SIZE / 1024) / 10;

	files_max = max < 8192 ? 8192 : max;
	file_slab = slab_cache_create("filp", sizeof(struct file), 64);
	if (mount_create(&anon_type, NULL, NULL, 0, &anon_mount))
		panic("anon_inodefs: no memory");
	anon_super = anon_mount->sb;
}

// SPDX-License-Identifier: MIT
/*
 * Descriptor tables.  A slot goes free -> reserved (bit in `open`, no file) -> published (file) -> free.
 * Writers hold files->lock; readers of file[] hold nothing but RCU, so a table that grew is freed after a
 * grace period, and a file found in a slot is only used when its count could be raised and the slot still
 * holds it.  The lowest free slot is found in two steps: `full` says which words of `open` are used up.
 */
#include "kernel/fs/fd.h"

#include "kernel/base/bitmap.h"
#include "kernel/base/string.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/lock.h"
#include <linux/close_range.h>
#include <linux/resource.h>

#define NR_OPEN 1048576 /* /proc/sys/fs/nr_open */

static struct slab_cache *files_slab;

/* ---- tables ------------------------------------------------------------------------------------------ */

static void table_free_rcu(struct rcu_head *head)
{
	struct fdtable *t = container_of(head, struct fdtable, rcu);

	kfree(t->file);
	kfree(t->open);
	kfree(t);
}

/* One allocation for the files, one for the three bitmaps. */
static int table_alloc(u32 max, struct fdtable **out)
{
	struct fdtable *t = kzalloc(sizeof(*t));
	size_t words = BITS_TO_LONGS(max);

	if (!t)
		return -ENOMEM;
	t->max = max;
	t->file = kzalloc(max * sizeof(struct file *));
	t->open = kzalloc((2 * words + BITS_TO_LONGS(words)) * sizeof(unsigned long));
	if (!t->file || !t->open) {
		kfree(t->file);
		kfree(t->open);
		kfree(t);
		return -ENOMEM;
	}
	t->cloexec = t->open + words;
	t->full = t->cloexec + words;
	*out = t;
	return 0;
}

static void table_copy(struct fdtable *to, const struct fdtable *from)
{
	size_t words = BITS_TO_LONGS(from->max);

	memcpy(to->file, from->file, from->max * sizeof(struct file *));
	memcpy(to->open, from->open, words * sizeof(unsigned long));
	memcpy(to->cloexec, from->cloexec, words * sizeof(unsigned long));
	memcpy(to->full, from->full, BITS_TO_LONGS(words) * sizeof(unsigned long));
}

/* Makes room for slot nr; drops and retakes the lock.  0 or -ENOMEM. */
static int files_grow_locked(struct files *files, u32 nr) __must_hold(&files->lock)
{
	struct fdtable *old = files->table, *new;
	u32 max = old->max;
	int err;

	while (max <= nr)
		max *= 2;
	spin_unlock(&files->lock);
	err = table_alloc(max, &new);
	spin_lock(&files->lock);
	if (err)
		return err;
	old = files->table;
	if (old->max > nr) { /* another thread was faster */
		call_rcu(&new->rcu, table_free_rcu);
		return 0;
	}
	table_copy(new, old);
	rcu_assign_pointer(files->table, new);
	if (old != &files->inline_table)
		call_rcu(&old->rcu, table_free_rcu);
	return 0;
}

static void slot_take(struct fdtable *t, u32 nr)
{
	bitmap_set(t->open, nr);
	if (!~t->open[nr / BITS_PER_LONG])
		bitmap_set(t->full, nr / BITS_PER_LONG);
}

static void slot_free(struct files *files, u32 nr) __must_hold(&files->lock)
{
	struct fdtable *t = files->table;

	bitmap_clear(t->open, nr);
	bitmap_clear(t->full, nr / BITS_PER_LONG);
	if (nr < files->next_hint)
		files->next_hint = nr;
}

static void cloexec_set(struct fdtable *t, u32 nr, bool on)
{
	if (on)
		bitmap_set(t->cloexec, nr);
	else
		bitmap_clear(t->cloexec, nr);
}

/* Lowest slot >= from that is free, t->max when all are taken. */
static u32 slot_find(const struct fdtable *t, u32 from)
{
	u32 word = from / BITS_PER_LONG, words = (u32)BITS_TO_LONGS(t->max);
	unsigned long free;

	if (from >= t->max)
		return t->max;
	free = ~t->open[word] & ~0UL << from % BITS_PER_LONG;
	if (!free) {
		word = (u32)bitmap_find_clear(t->full, words, word + 1);
		if (word >= words)
			return t->max;
		free = ~t->open[word];
	}
	return word * BITS_PER_LONG + (u32)__builtin_ctzl(free);
}

/* ---- reserve, publish ---------------------------------------------------------------------------------- */

int fd_reserve_from(struct fd_slot *slot, unsigned min, int flags)
{
	struct files *files = current->files;
	u64 limit = rlimit(RLIMIT_NOFILE);
	struct fdtable *t;
	u32 nr;
	int err;

	guard(spinlock)(&files->lock);
	for (;;) {
		t = files->table;
		nr = slot_find(t, max(min, files->next_hint));
		if (unlikely(nr >= limit))
			return -EMFILE;
		if (likely(nr < t->max))
			break;
		nr = max(nr, min);
		if (nr >= limit || nr >= NR_OPEN)
			return -EMFILE;
		if ((err = files_grow_locked(files, nr)))
			return err;
	}
	slot_take(t, nr);
	if (min <= files->next_hint)
		files->next_hint = nr + 1;
	cloexec_set(t, nr, flags & O_CLOEXEC);
	*slot = (struct fd_slot){ (int)nr, files };
	return 0;
}

void fd_unreserve(struct fd_slot *slot)
{
	if (slot->fd < 0)
		return;
	guard(spinlock)(&slot->files->lock);
	slot_free(slot->files, (u32)slot->fd);
	slot->fd = -1;
}

int fd_publish(struct fd_slot *slot, struct file **f)
{
	struct files *files = slot->files;
	int fd = slot->fd;

	if (READ_ONCE(files->refs) == 1) {
		rcu_assign_pointer(files->table->file[fd], *f);
	} else {
		guard(spinlock)(&files->lock); /* against growing */
		rcu_assign_pointer(files->table->file[fd], *f);
	}
	*f = NULL;
	slot->fd = -1;
	return fd;
}

int fd_install_new(struct file **f, int flags)
{
	struct fd_slot slot = FD_SLOT_NONE;
	int err = fd_reserve(&slot, flags);

	return err ? err : fd_publish(&slot, f);
}

/* ---- look-up ------------------------------------------------------------------------------------- */

static struct file *files_lookup(struct files *files, u32 fd)
{
	struct file *f;

	rcu_read_lock();
	for (;;) {
		struct fdtable *t = rcu_dereference(files->table);

		f = fd < t->max ? rcu_dereference(t->file[fd]) : NULL;
		if (!f)
			break;
		if (unlikely(!ref_get_unless_zero(&f->refs)))
			continue; /* being closed: the slot is about to change */
		if (likely(rcu_dereference(files->table) == t && rcu_dereference(t->file[fd]) == f))
			break;
		file_put(f);
	}
	rcu_read_unlock();
	return f;
}

struct file *fd_get_path_ok(int fd)
{
	return files_lookup(current->files, (u32)fd);
}

struct file *fd_get(int fd)
{
	struct file *f = files_lookup(current->files, (u32)fd);

	if (f && unlikely(f->mode & FMODE_PATH)) {
		file_put(f);
		return NULL;
	}
	return f;
}

struct file *files_get_file(struct task *t, int fd)
{
	guard(spinlock)(&t->alloc_lock);
	return t->files ? files_lookup(t->files, (u32)fd) : NULL;
}

/* The lowest used descriptor >= fd of another task, for /proc/PID/fd; -1 when there is none. */
int files_next_fd(struct task *t, int fd)
{
	struct files *files;
	int found = -1;

	guard(spinlock)(&t->alloc_lock);
	if (!(files = t->files))
		return -1;
	rcu_read_lock();

	struct fdtable *table = rcu_dereference(files->table);

	for (u32 nr = (u32)fd; nr < table->max && found < 0; nr++)
		if (READ_ONCE(table->file[nr]))
			found = (int)nr;
	rcu_read_unlock();
	return found;
}

/* ---- close --------------------------------------------------------------------------------------- */

/* What close(2) does with the file of a slot that is already free; consumes the reference. */
static int file_close(struct file *f, struct files *files)
{
	int err = f->ops->flush ? f->ops->flush(f) : 0;

	if (unlikely(READ_ONCE(f->inode->locks)) && !(f->mode & FMODE_PATH))
		file_lock_release(f, files);
	file_put(f);
	return err;
}

static struct file *slot_clear_locked(struct files *files, u32 fd) __must_hold(&files->lock)
{
	struct fdtable *t = files->table;
	struct file *f = fd < t->max ? t->file[fd] : NULL;

	if (f) {
		rcu_assign_pointer(t->file[fd], NULL);
		bitmap_clear(t->cloexec, fd);
		slot_free(files, fd);
	}
	return f;
}

int fd_close(int fd)
{
	struct files *files = current->files;
	struct file *f;
	int err;

	spin_lock(&files->lock);
	f = slot_clear_locked(files, (u32)fd);
	spin_unlock(&files->lock);
	if (!f)
		return -EBADF;
	err = file_close(f, files);
	/* The descriptor is gone: a restart would close somebody else's (close(2), EINTR). */
	return err == -ERESTARTSYS || err == -ERESTARTNOINTR || err == -ERESTARTNOHAND ||
			       err == -ERESTART_RESTARTBLOCK
		       ? -EINTR
		       : err;
}

int do_close_range(unsigned first, unsigned last, unsigned flags)
{
	struct files *files;
	int err;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && (err = files_unshare_for_exec(current)))
		return err;
	files = current->files;
	last = min(last, READ_ONCE(files->table)->max - 1);
	for (unsigned fd = first; fd <= last; fd++) {
		struct file *f = NULL;

		spin_lock(&files->lock);
		if (!(flags & CLOSE_RANGE_CLOEXEC))
			f = slot_clear_locked(files, fd);
		else if (bitmap_test(files->table->open, fd))
			bitmap_set(files->table->cloexec, fd);
		spin_unlock(&files->lock);
		if (f)
			file_close(f, files);
		if (!(fd % BITS_PER_LONG))
			cond_resched();
	}
	return 0;
}

void files_close_on_exec(struct files *files)
{
	for (u32 nr = 0; nr < files->table->max; nr++) {
		struct file *f;
		unsigned long bits = files->table->cloexec[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG;

		if (!bits) {
			nr |= BITS_PER_LONG - 1;
			continue;
		}
		nr += (u32)__builtin_ctzl(bits);
		spin_lock(&files->lock);
		f = slot_clear_locked(files, nr);
		bitmap_clear(files->table->cloexec, nr);
		spin_unlock(&files->lock);
		if (f)
			file_close(f, files);
	}
}

/* ---- dup, flags ---------------------------------------------------------------------------------- */

int do_dup(int oldfd, unsigned min, int flags)
{
	struct file *f __cleanup(file_putp) = fd_get_path_ok(oldfd);
	struct fd_slot slot = FD_SLOT_NONE;
	int err;

	if (!f)
		return -EBADF;
	if ((err = fd_reserve_from(&slot, min, flags)))
		return err;
	return fd_publish(&slot, &f);
}

int do_dup3(int oldfd, int newfd, int flags)
{
	struct files *files = current->files;
	struct file *f, *old;
	struct fdtable *t;
	int err;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	if (oldfd == newfd)
		return -EINVAL;
	if ((u32)newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->lock);
	err = (u32)newfd >= files->table->max ? files_grow_locked(files, (u32)newfd) : 0;
	t = files->table;
	f = (u32)oldfd < t->max ? t->file[oldfd] : NULL;
	if (!f)
		err = -EBADF;
	else if (!err && !t->file[newfd] && bitmap_test(t->open, (u32)newfd))
		err = -EBUSY; /* reserved by an open(2) that is under way (dup(2), EBUSY) */
	if (err) {
		spin_unlock(&files->lock);
		return err;
	}
	file_get(f);
	old = t->file[newfd];
	slot_take(t, (u32)newfd);
	cloexec_set(t, (u32)newfd, flags & O_CLOEXEC);
	rcu_assign_pointer(t->file[newfd], f);
	spin_unlock(&files->lock);
	if (old)
		file_close(old, files);
	return newfd;
}

int fd_get_cloexec(int fd)
{
	struct files *files = current->files;

	guard(spinlock)(&files->lock);
	if ((u32)fd >= files->table->max || !files->table->file[fd])
		return -EBADF;
	return bitmap_test(files->table->cloexec, (u32)fd);
}

int fd_set_cloexec(int fd, bool on)
{
	struct files *files = current->files;

	guard(spinlock)(&files->lock);
	if ((u32)fd >= files->table->max || !files->table->file[fd])
		return -EBADF;
	cloexec_set(files->table, (u32)fd, on);
	return 0;
}

/* ---- life ---------------------------------------------------------------------------------------- */

struct files *files_create(void)
{
	struct files *files = slab_alloc(files_slab, ALLOC_ZERO);

	if (!files)
		return NULL;
	files->refs = 1;
	spin_lock_init(&files->lock);
	files->inline_table = (struct fdtable){
		.max = ARRAY_SIZE(files->inline_file),
		.file = files->inline_file,
		.open = files->inline_open,
		.cloexec = files->inline_cloexec,
		.full = files->inline_full,
	};
	files->table = &files->inline_table;
	return files;
}

static void files_free_rcu(struct rcu_head *head)
{
	struct files *files = container_of(head, struct files, rcu);

	if (files->table != &files->inline_table)
		table_free_rcu(&files->table->rcu);
	slab_free(files_slab, files);
}

void files_put(struct files *files)
{
	if (atomic_sub(&files->refs, 1))
		return;
	for (u32 nr = 0; nr < files->table->max; nr++) {
		unsigned long bits = files->table->open[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG;
		struct file *f;

		if (!bits) {
			nr |= BITS_PER_LONG - 1;
			continue;
		}
		nr += (u32)__builtin_ctzl(bits);
		f = files->table->file[nr];
		if (f)
			file_close(f, files);
	}
	call_rcu(&files->rcu, files_free_rcu); /* /proc/PID/fd may be looking */
}

/* Size of a table that holds every open slot of t. */
static u32 table_size_needed(const struct fdtable *t)
{
	u32 words = (u32)BITS_TO_LONGS(t->max), size = ARRAY_SIZE(((struct files *)0)->inline_file);

	while (words > 1 && !t->open[words - 1])
		words--;
	while (size < words * BITS_PER_LONG)
		size *= 2;
	return size;
}

static void table_dup_locked(struct fdtable *to, const struct fdtable *from, u32 *hint)
{
	u32 words = (u32)BITS_TO_LONGS(min(to->max, from->max));

	for (u32 w = 0; w < words; w++) {
		unsigned long bits = from->open[w];

		for (unsigned long left = bits; left; left &= left - 1) {
			u32 bit = (u32)__builtin_ctzl(left), nr = w * BITS_PER_LONG + bit;
			struct file *f = from->file[nr];

			if (f)
				to->file[nr] = file_get(f);
			else
				bits &= ~BIT(bit); /* reserved by another thread: not ours */
		}
		to->open[w] = bits;
		to->cloexec[w] = from->cloexec[w] & bits;
		if (!~bits)
			bitmap_set(to->full, w);
	}
	*hint = slot_find(to, 0);
}

int files_dup(struct files *old, struct files **out)
{
	struct files *new = files_create();
	u32 size;
	int err;

	if (!new)
		return -ENOMEM;
	spin_lock(&old->lock);
	while ((size = table_size_needed(old->table)) > new->table->max) {
		spin_unlock(&old->lock);
		if (new->table != &new->inline_table)
			table_free_rcu(&new->table->rcu);
		new->table = &new->inline_table;
		if ((err = table_alloc(size, &new->table))) {
			files_put(new);
			return err;
		}
		spin_lock(&old->lock);
	}
	table_dup_locked(new->table, old->table, &new->next_hint);
	spin_unlock(&old->lock);
	*out = new;
	return 0;
}

/* The table is private afterwards: execve(2), CLOSE_RANGE_UNSHARE, unshare(CLONE_FILES). */
int files_unshare_for_exec(struct task *t)
{
	struct files *old = t->files, *new;
	int err;

	if (READ_ONCE(old->refs) == 1)
		return 0;
	if ((err = files_dup(old, &new)))
		return err;
	spin_lock(&t->alloc_lock);
	t->files = new;
	spin_unlock(&t->alloc_lock);
	files_put(old);
	return 0;
}

static int fd_init(void)
{
	files_slab = slab_cache_create("files", sizeof(struct files), 64);
	return 0;
}
INITCALL(INIT_EARLY, fd_init);

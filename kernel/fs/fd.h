/* SPDX-License-Identifier: MIT */
/*
 * The descriptor table.  Readers look up under RCU; writers hold files->lock.  A slot is reserved
 * (nobody sees a file in it), then published; until then every failure is undone by fd_unreserve().
 */
#pragma once

#include "kernel/fs/fs.h"

struct fdtable { /* replaced as a whole when it grows */
	u32 max;
	struct file **file; /* [rcu] */
	unsigned long *open; /* [files->lock] bit: slot reserved or in use */
	unsigned long *cloexec; /* [files->lock] */
	unsigned long *full; /* [files->lock] bit: that word of `open` is all ones */
	struct rcu_head rcu;
};

struct files {
	u32 refs; /* [atomic] tasks that share it */
	struct spinlock lock;
	struct fdtable *table; /* [rcu] */
	u32 next_hint __guarded_by(&lock); /* [lock] every slot below is taken */
	struct fdtable inline_table;
	struct file *inline_file[64];
	unsigned long inline_open[1], inline_cloexec[1], inline_full[1];
	struct rcu_head rcu;
};

struct fd_slot {
	int fd; /* -1: none */
	struct files *files;
};
#define FD_SLOT_NONE     \
	{                \
		-1, NULL \
	}

/*
 * Lowest free slot >= min of current's table: 0, -EMFILE (RLIMIT_NOFILE), -ENOMEM.  O_CLOEXEC in flags
 * sets the bit.
 */
int __must_check fd_reserve_from(struct fd_slot *slot, unsigned min, int flags);
static inline int __must_check fd_reserve(struct fd_slot *slot, int flags)
{
	return fd_reserve_from(slot, 0, flags);
}
void fd_unreserve(struct fd_slot *slot); /* for __cleanup; FD_SLOT_NONE is fine */
int fd_publish(struct fd_slot *slot,
	       struct file **f); /* cannot fail; takes the reference; returns the number */
/* reserve + publish in one: the number or -errno; takes the reference on success only. */
int __must_check fd_install_new(struct file **f, int flags);

/* File of descriptor fd with a reference; NULL when closed or (unless path_ok) opened with O_PATH. */
struct file *fd_get(int fd);
struct file *fd_get_path_ok(int fd);
struct file *files_get_file(struct task *t, int fd); /* another task's, for /proc */
int files_next_fd(struct task *t, int fd); /* its lowest used descriptor >= fd, or -1 */
int __must_check fd_close(int fd); /* close(2): -EBADF or the flush result */
int __must_check do_dup3(int oldfd, int newfd, int flags);
int __must_check do_close_range(unsigned first, unsigned last, unsigned flags);
int __must_check fd_get_cloexec(int fd);
int __must_check fd_set_cloexec(int fd, bool on);
int __must_check files_dup(struct files *old, struct files **out); /* fork; -ENOMEM, -EMFILE never */
int __must_check files_unshare_for_exec(struct task *t);
void files_close_on_exec(struct files *files);
void files_put(struct files *files);
extern struct files *files_create(void);

/*
 * A borrowed file, for the length of one call: when nobody shares the table, nobody but the caller can
 * close the descriptor, so no reference is taken (Linux's fdget()).  file is NULL: -EBADF.
 */
struct fd {
	struct file *file;
	bool owned; /* a reference was taken */
};
static __always_inline struct fd fd_borrow_mode(int fd, bool path_ok)
{
	struct files *files = current->files;

	if (likely(READ_ONCE(files->refs) == 1)) {
		struct fdtable *t = files->table;
		struct file *f = (u32)fd < t->max ? t->file[(u32)fd] : NULL;

		if (unlikely(f && (f->mode & FMODE_PATH) && !path_ok))
			f = NULL;
		return (struct fd){ f, false };
	}
	return (struct fd){ path_ok ? fd_get_path_ok(fd) : fd_get(fd), true };
}
/*
 * For calls that borrow many: current's table when nobody shares it, else NULL.  It stays so for the
 * length of the call, because only current could share it or make it grow.
 */
static inline const struct fdtable *fd_own_table(void)
{
	struct files *files = current->files;

	return likely(READ_ONCE(files->refs) == 1) ? files->table : NULL;
}
static inline struct fd fd_borrow_from(const struct fdtable *own, int fd)
{
	struct file *f;

	if (unlikely(!own))
		return (struct fd){ fd_get(fd), true };
	f = likely((u32)fd < own->max) ? own->file[(u32)fd] : NULL;
	return (struct fd){ likely(f && !(f->mode & FMODE_PATH)) ? f : NULL, false };
}
static inline struct fd fd_borrow(int fd)
{
	return fd_borrow_mode(fd, false);
}
static inline struct fd fd_borrow_path_ok(int fd)
{
	return fd_borrow_mode(fd, true);
}
static inline void fd_release(struct fd *f) /* for __cleanup */
{
	if (f->owned && f->file)
		file_put(f->file);
}
/* Takes the position lock when somebody else may use the position at the same time; see file_pos_unlock(). */
bool file_pos_lock(struct file *f);
static inline void file_pos_unlock(struct file *f, bool locked) __no_lock_analysis /* only if locked */
{
	if (locked)
		mutex_unlock(&f->pos_lock);
}
int __must_check do_dup(int oldfd, unsigned min, int flags); /* dup(2), F_DUPFD(_CLOEXEC) */

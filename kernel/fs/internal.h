/* SPDX-License-Identifier: MIT */
/*
 * What the core of the file system layer shares among its own files and with nobody else.
 *
 * walk_seq: names and mounts move rarely and are looked at always.  Everything that moves a name
 * (rename), changes the mount tree, a root directory, or the hash table does so between
 * walk_write_begin() and walk_write_end(); path walks without references remember the number and believe
 * what they saw only when it is the same at their end.
 */
#pragma once

#include "kernel/fs/fs.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"

extern u32 walk_seq; /* [atomic] odd: a change is under way */
extern struct spinlock walk_lock;
void walk_write_begin(void)
	__acquires(&walk_lock); /* spins; preemption is off until the end; the section must not sleep */
void walk_write_end(void) __releases(&walk_lock);
static inline u32 walk_read_begin(void)
{
	return atomic_load(&walk_seq);
}
static inline bool walk_read_ok(u32 seq) /* false: what was read since walk_read_begin() may be torn */
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return !(seq & 1) && READ_ONCE(walk_seq) == seq;
}

/* One more unless it is zero, that is, being freed. */
static inline bool ref_get_unless_zero(u32 *refs)
{
	u32 old = READ_ONCE(*refs);

	while (likely(old))
		if (likely(__atomic_compare_exchange_n(refs, &old, old + 1, true, __ATOMIC_SEQ_CST,
						       __ATOMIC_RELAXED)))
			return true;
	return false;
}

/* ---- dcache.c ------------------------------------------------------------------------------- */
void dcache_init(void);
static inline u32 name_hash_start(const struct dentry *parent)
{
	return (u32)((unsigned long)parent >> 6);
}
static inline u32 name_hash_add(u32 h, char c)
{
	return (h + (unsigned char)c) * 0x9e3779b1u; /* the chain takes high and low bits */
}
struct dentry *dentry_find_rcu(const struct dentry *parent, const struct qstr *name); /* no reference */
/*
 * The entry for a directory operation: *out referenced, negative (then maybe unhashed) or not.  dir->rwsem
 * is held.
 */
int __must_check dentry_lookup_locked(struct dentry *parent, const struct qstr *name, struct dentry **out);
void dentry_hash(struct dentry *d); /* publishes an entry that dentry_lookup_locked() made */
void dentry_unlink(struct dentry *d); /* unlink, rmdir: the name is gone */
void dentry_move(struct dentry *d, struct dentry *target, bool exchange, struct dentry *twin,
		 char *names[2]); /* inside the write section */
/* A second entry of d's name, for dentry_move() to put where d was: unhashed, negative, referenced. */
int __must_check dentry_alloc_twin(const struct dentry *d, struct dentry **out);
int __must_check dentry_move_prepare(const struct dentry *d, const struct dentry *target, bool exchange,
				     char *names[2]);
void dentry_move_names_free(char *names[2]);
/* A root entry with a name of its own, for objects that are in no directory. */
int __must_check dentry_alloc_named(struct super *sb, struct inode *inode, const char *name,
				    struct dentry **out);
/* An entry below parent that nobody can find: O_TMPFILE. */
int __must_check dentry_alloc_unlinked(struct dentry *parent, const char *name, struct inode *inode,
				       struct dentry **out);
void dcache_drop_super(struct super *sb); /* last mount is gone */

/* ---- inode.c, attr.c ------------------------------------------------------------------------- */
void inode_init(void);
extern const struct inode_ops empty_inode_ops;
extern const struct file_ops empty_file_ops;
/* Permission to search a directory: -EACCES.  Never sleeps when rcu is true (-ECHILD instead). */
int __must_check inode_search_permission(struct inode *dir, bool rcu);
bool inode_owner_or_capable(const struct inode *i);
int __must_check inode_get_write(struct inode *i); /* -ETXTBSY */
void inode_put_write(struct inode *i);
int __must_check inode_deny_write(struct inode *i); /* -ETXTBSY when open for writing */
void inode_allow_write(struct inode *i);
bool inode_needs_atime(const struct mount *m, const struct inode *i);
int __must_check file_remove_privs(struct file *f); /* a write clears suid and sgid; rwsem held */

/* ---- path.c ------------------------------------------------------------------------------------ */
#define MAX_LINKS 40

struct link_frame {
	const char *rest; /* what follows the link in the string that named it */
	struct inode *inode; /* reference that keeps the target's text, NULL without references */
	char *to_free;
};

struct walk {
	struct mount *mnt; /* where we are; references unless rcu */
	struct dentry *dentry;
	struct path root; /* "/" and the ceiling of ".."; references unless rcu */
	struct qstr last; /* the component at hand; last.name[last.len] is '/' or NUL */
	int last_type;
	unsigned flags; /* LOOKUP_* */
	u32 seq;
	bool rcu;
	bool have_root;
	int links; /* followed so far */
	int depth;
	struct link_frame *stack;
	struct link_frame trail; /* the last component's target, while it is walked */
	struct link_frame inline_stack[2];
	int dfd;
};

/* Walks all but the last component with references: w->mnt, w->dentry, w->last, w->last_type. */
int __must_check walk_start_parent(struct walk *w, int dfd, const char *name, unsigned flags);
/* The last component, d (reference taken over), turned out to be a link: goes on to its target's parent. */
int __must_check walk_follow_last(struct walk *w, struct dentry *d);
void walk_end(struct walk *w); /* for __cleanup */
int __must_check walk_cross_mounts(struct walk *w,
				   struct path *p); /* from p->dentry down into what is mounted there */
void walk_stand_on(struct walk *w, struct mount *m, struct dentry *d); /* takes the references over */
void walk_need_root(struct walk *w);
int __must_check walk_dotdot(struct walk *w);
struct fs *current_fs(void);
/* walk_fast.c: the plain cases of path_lookup() and stat(2); -ECHILD: not plain, go the long way. */
int __must_check path_lookup_fast(int dfd, const char *name, unsigned flags, struct path *out);
struct kstat;
int __must_check path_stat_fast(int dfd, const char *name, unsigned flags, struct kstat *st);

/* ---- mount.c ------------------------------------------------------------------------------------ */
void mount_init(void);
void mount_get(struct mount *m);
void mount_put(struct mount *m);
struct mount *mount_find_rcu(const struct mount *parent,
			     const struct dentry *d); /* no reference; walk_seq validates */
struct mount *mount_find(const struct mount *parent, const struct dentry *d); /* reference or NULL */
int __must_check mount_want_write(const struct mount *m); /* -EROFS */
int __must_check mount_create(struct fs_type *t, const char *source, const char *data, unsigned long sb_flags,
			      struct mount **out);
/* Takes the base reference. */
int __must_check mount_attach(struct mount *m, const struct path *at) __must_hold(&mount_lock);
void mount_move(struct mount *m, const struct path *at) __must_hold(&mount_lock); /* m is attached */
struct mount *mount_clone(struct mount *old, struct dentry *root); /* NULL: no memory */
/* Then mount_release(). */
void mount_detach_tree(struct mount *m, struct list_head *gone) __must_hold(&mount_lock);
void mount_release(struct list_head *gone); /* mount_lock not held */
bool mount_is_attached(const struct mount *m);
extern struct list_head mount_list __guarded_by(&mount_lock);

/* ---- super.c ------------------------------------------------------------------------------------ */
int __must_check super_get(struct fs_type *t, const char *source, const char *data, unsigned long flags,
			   struct super **out);
void super_put(struct super *sb);

/* ---- file.c ---------------------------------------------------------------------------------------- */
void file_init(void);

/* ---- namei.c ---------------------------------------------------------------------------------------- */
int __must_check may_create(struct inode *dir);
int __must_check may_delete(struct inode *dir, struct dentry *victim, bool isdir);
int __must_check vfs_create(struct inode *dir, struct dentry *d, umode_t mode);
umode_t mode_for_create(const struct inode *dir, umode_t mode); /* umask, and sgid of the directory */

/* ---- built-in file systems ----------------------------------------------------------------------------- */
void tmpfs_init(void);
extern struct fs_type rootfs_type; /* of the first mount; user programs cannot mount it */
void devtmpfs_init(void);
extern struct fs init_fs;

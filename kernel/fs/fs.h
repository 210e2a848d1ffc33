/* SPDX-License-Identifier: MIT */
/*
 * The virtual file system's objects: super block, inode, dentry, mount, path, file, and the
 * operations that a file system or a device provides (kernel/fs).
 *
 * Lock order: mount_lock, inode->rwsem (parent before child), dentry->lock, inode->lock.
 */
#pragma once

#include "kernel/base/iter.h"
#include "kernel/base/list.h"
#include "kernel/base/rbtree.h"
#include "kernel/mm/pagecache.h"
#include "kernel/sync/mutex.h"
#include "kernel/sync/rcu.h"
#include "kernel/sync/waitq.h"
#include "kernel/task/task.h"
#include <linux/fcntl.h>
#include <linux/stat.h>

struct task;
struct vma;
struct dentry;
struct mount;
struct file;
struct inode;
struct super;
struct kstatfs;
struct timespec64 {
	s64 sec;
	s64 nsec;
};
struct path;
struct qstr {
	const char *name;
	u32 len;
	u32 hash;
};

/* Device numbers as stat(2) and mknod(2) carry them (Linux's new_encode_dev). */
static inline u32 dev_encode(dev_t d)
{
	return (MINOR(d) & 0xff) | (MAJOR(d) & 0xfff) << 8 | (MINOR(d) & ~0xffu) << 12;
}
static inline dev_t dev_decode(u32 d)
{
	return MKDEV(d >> 8 & 0xfff, (d & 0xff) | (d >> 12 & 0xfff00));
}

struct kstatfs { /* statfs(2), kernel form */
	u64 type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize;
	u64 flags; /* ST_*; filled by the core */
};

/* ---- super block ------------------------------------------------------------------------- */
struct fs_type {
	const char *name;
	bool nodev; /* /proc/filesystems */
	/*
	 * Mounts: fills sb->root.  source and data (mount options, may be NULL) are kernel strings.  0 or
	 * -errno
	 */
	int (*mount)(struct super *sb, const char *source, const char *data);
	bool single; /* one super block shared by all mounts (proc, sysfs, devtmpfs, devpts) */
	struct super *instance;
	struct list_head node;
};
struct super_ops {
	void (*evict_inode)(struct inode *inode); /* last reference dropped */
	int (*statfs)(struct super *sb, struct kstatfs *st);
	void (*put_super)(struct super *sb);
	void (*show_options)(struct super *sb, char *buf, size_t size);
};
struct super_stat { /* what stat(2) and statx(2) tell alike of every inode */
	u32 blksize;
	u16 attributes; /* STATX_ATTR_* that inodes may have */
	u16 mask; /* STATX_* beyond the basic ones that can be had */
};
struct super {
	u32 refs;
	const struct fs_type *type;
	const struct super_ops *ops;
	struct dentry *root;
	dev_t dev; /* anonymous device number: st_dev */
	u64 next_ino; /* [atomic] */
	unsigned long magic;
	unsigned long flags; /* MS_RDONLY */
	u64 max_size; /* file size limit */
	void *private;
	struct mutex rename_lock; /* cross-directory renames */
	/* [const] the dcache is the directory (tmpfs): a name that is not cached does not exist */
	bool complete;
	struct super_stat stat; /* [const] */
	bool xattr; /* [const] keeps trusted. and security. attributes in inode->xattrs */
	struct rcu_head rcu;
};

/* ---- inode ------------------------------------------------------------------------------- */
struct kattr { /* setattr */
	u32 valid; /* ATTR_* */
	umode_t mode;
	uid_t uid;
	gid_t gid;
	u64 size;
	struct timespec64 atime, mtime, ctime;
};
#define ATTR_MODE      1
#define ATTR_UID       2
#define ATTR_GID       4
#define ATTR_SIZE      8
#define ATTR_ATIME     16
#define ATTR_MTIME     32
#define ATTR_CTIME     64
#define ATTR_ATIME_SET 128
#define ATTR_MTIME_SET 256
#define ATTR_FORCE     512 /* no permission check (truncate by open file, kill suid) */
#define ATTR_OWNER     4096 /* only the owner or CAP_FOWNER may */
#define ATTR_KILL_PRIV 2048 /* chown, truncate: set-user-ID and set-group-ID go */
#define ATTR_KILL_CAPS 8192 /* chown, truncate: file capabilities go */
#define ATTR_TOUCH     1024 /* utimensat with NULL/UTIME_NOW: write permission is enough */

struct inode_ops {
	/*
	 * Directory operations: dir->rwsem is held for writing (lookup: for reading).  dentry is negative
	 * and hashed.
	 */
	/*
	 * lookup: instantiates dentry (dentry_instantiate) or leaves it negative and returns 0; -errno on
	 * failure.
	 */
	int (*lookup)(struct inode *dir, struct dentry *dentry);
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	/* whiteout, if not NULL: becomes a character device 0:0 of old's name (RENAME_WHITEOUT). */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir, struct dentry *new,
		      struct dentry *whiteout, unsigned flags);
	int (*tmpfile)(struct inode *dir, umode_t mode, struct inode **out);
	/*
	 * Symbolic links: *target points at a string valid while the inode is referenced, or a kmalloc'ed
	 * one in *to_free.
	 */
	int (*readlink)(struct inode *inode, const char **target, char **to_free);
	/*
	 * /proc/PID/fd/N, /proc/self/exe: jumps to *out (references taken); -EINVAL: not this one, it has
	 * a text.
	 */
	int (*get_link_path)(struct inode *inode, struct path *out);
	int (*permission)(struct inode *inode, int mask); /* NULL: generic_permission */
	int (*setattr)(struct inode *inode, struct kattr *attr); /* checked, rwsem held; NULL: setattr_copy */
	int (*getattr)(struct inode *inode, struct kattr *unused);
};

struct inode {
	u32 refs; /* [atomic] */
	u32 nlink; /* [rwsem of parent / lock] */
	umode_t mode; /* [rwsem] */
	uid_t uid; /* [rwsem] */
	gid_t gid; /* [rwsem] */
	ino_t ino; /* [const] */
	dev_t rdev; /* [const] */
	u64 size __guarded_by(&rwsem);
	struct timespec64 atime __guarded_by(&lock);
	struct timespec64 mtime __guarded_by(&lock);
	struct timespec64 ctime __guarded_by(&lock);
	struct timespec64 btime; /* [const] */
	struct super *sb; /* [const] */
	const struct inode_ops *ops; /* [const] */
	const struct file_ops *fops; /* [const] of opened files */
	struct rwsem rwsem; /* i_rwsem: directory contents, file writes, attributes */
	struct spinlock lock;
	struct address_space *mapping; /* NULL or &data */
	struct address_space data;
	void *locks; /* fcntl/flock records (kernel/fs/lock.c) */
	void *fifo __guarded_by(&lock); /* struct pipe of a FIFO */
	void *private; /* file system's */
	struct list_head watches; /* [inotify_lock] inotify(7) */
	s32 writers; /* [atomic] >0 open for write, <0 deny write (running text): ETXTBSY */
	u32 seals __guarded_by(&rwsem); /* memfd: F_SEAL_* */
	u32 flags; /* [atomic] INODE_* */
	u8 write_hint; /* [atomic] RWH_*, F_SET_RW_HINT */
	struct xattr *xattrs __guarded_by(&rwsem); /* kernel/fs/xattr.c */
	/* [const] target of a symbolic link kept in memory (kmalloc'ed, freed after RCU), or NULL */
	char *link;
	struct rcu_head rcu;
};

#define INODE_LINKABLE 1 /* made by O_TMPFILE without O_EXCL: linkat(2) may give it a name */

/* ---- dentry ------------------------------------------------------------------------------ */
struct dentry {
	u32 refs; /* [atomic] */
	u32 flags __guarded_by(&lock); /* DENTRY_* */
	struct hlist_node hash; /* [dcache bucket lock / rcu] */
	struct dentry *parent; /* [rename lock, rcu]; root: itself */
	struct qstr name; /* [lock, rcu] */
	struct inode *inode; /* [parent's rwsem, rcu] NULL: negative */
	struct spinlock lock;
	struct list_head children __guarded_by(&lock);
	struct list_head sibling; /* [parent's lock] */
	struct list_head lru; /* unused dentries of evictable file systems */
	struct super *sb;
	void *private;
	char inline_name[40];
	struct rb_node dir_node; /* [parent's rwsem] directory order where the dcache is the directory */
	u64 dir_off; /* [parent's rwsem] its key */
	struct rcu_head rcu;
};
#define DENTRY_MOUNTPOINT 1 /* something is mounted on it, in some mount */
#define DENTRY_PINNED     2 /* tmpfs: stays while linked (the dcache is the directory) */
#define DENTRY_UNLINKED   4 /* d_unlinked: "(deleted)" */
#define DENTRY_DEAD_DIR   8 /* rmdir'ed: no new entries */
#define DENTRY_NOCACHE    16 /* proc: revalidate on each lookup, drop when unused */

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

extern struct mutex mount_lock; /* kernel/fs/mount.c */

struct mount {
	u32 refs; /* [atomic] */
	struct super *sb;
	struct dentry *root; /* root of what is mounted */
	struct mount *parent __guarded_by(&mount_lock);
	struct dentry *mountpoint __guarded_by(&mount_lock);
	struct hlist_node hash; /* [mount_lock, rcu] by (parent, mountpoint) */
	struct list_head children __guarded_by(&mount_lock);
	struct list_head sibling __guarded_by(&mount_lock);
	u32 flags; /* MNT_* = MS_NOSUID … */
	int id;
	char *source;
	bool detached;
	bool expiring __guarded_by(&mount_lock); /* umount2(MNT_EXPIRE) was here, nobody since */
	/* its twin while a tree is being copied (MS_REC|MS_BIND) */
	struct mount *copy __guarded_by(&mount_lock);
	u32 writers; /* [atomic] files open for writing: a remount to read-only is -EBUSY */
	struct list_head node __guarded_by(&mount_lock); /* all mounts, in mount order */
	struct rcu_head rcu;
};

/* ---- file -------------------------------------------------------------------------------- */
struct dir_ctx { /* getdents: emit returns false when the buffer is full */
	bool (*emit)(struct dir_ctx *ctx, const char *name, size_t len, ino_t ino, unsigned type);
	loff_t pos; /* of the entry that comes next */
};
struct poll_table; /* kernel/fs/poll.h */
#define POS_APPEND (-1LL)

struct file_ops {
	/* A position of POS_APPEND (regular files' write only): at the end, as if O_APPEND were set. */
	/* it: user or kernel bytes; pos: NULL for streams.  Bytes moved or -errno (-ERESTARTSYS). */
	ssize_t (*read)(struct file *f, struct iter *to, loff_t *pos);
	ssize_t (*write)(struct file *f, struct iter *from, loff_t *pos);
	loff_t (*llseek)(struct file *f, loff_t off, int whence); /* NULL: -ESPIPE */
	int (*iterate)(struct file *f, struct dir_ctx *ctx);
	u32 (*poll)(struct file *f,
		    struct poll_table *pt); /* POLL* mask; NULL: always readable and writable */
	/*
	 * karg: kernel copy of the argument as kernel/syscalls/ioctl.c's table describes; arg: the raw
	 * value.
	 */
	long (*ioctl)(struct file *f, unsigned cmd, void *karg,
		      unsigned long arg); /* -ENOIOCTLCMD → ENOTTY */
	int (*mmap)(struct file *f, struct vma *vma);
	int (*open)(struct inode *inode, struct file *f); /* may replace f->ops */
	int (*flush)(struct file *f); /* each close(2) */
	void (*release)(struct file *f); /* last reference */
	int (*fsync)(struct file *f, bool datasync);
	long (*fallocate)(struct file *f, int mode, loff_t off, loff_t len);
	int (*set_flags)(struct file *f, u32 flags); /* F_SETFL check */
	/* O_ASYNC begins or ends (fasync_set); fd -1 at release.  NULL: no signal-driven I/O */
	int (*fasync)(struct file *f, int fd, bool on);
	void (*show_fdinfo)(struct file *f, char *buf, size_t size);
	/* FMODE_READ, FMODE_WRITE: no iterator operation in Linux 6.1: no RWF_*, vectors are taken apart */
	u32 plain;
	bool no_splice_read; /* Linux 6.1 gives it no splice_read */
	bool terminal; /* takes the commands of terminals, tty_ioctl(4) */
	bool nowait; /* takes RWF_NOWAIT: never waits, or looks at iter->nowait */
};

struct file {
	u32 refs; /* [atomic] */
	u32 flags __guarded_by(&lock); /* O_* (status flags change by F_SETFL) */
	u32 mode; /* [const] FMODE_* */
	const struct file_ops *ops; /* [const] after open */
	struct path path; /* [const] references */
	struct inode *inode; /* [const] */
	loff_t pos; /* [pos_lock] */
	struct mutex pos_lock; /* held across read/write/lseek/getdents of seekable files */
	struct spinlock lock;
	const struct cred *cred;
	void *private; /* driver's */
	struct file_owner *owner; /* [owner_lock] F_SETOWN, F_SETSIG (kernel/fs/fasync.h); NULL: neither */
	void *epoll_watches __guarded_by(&lock); /* struct epoll items on this file */
	struct rcu_head rcu;
	struct task_work work; /* deferred final put */
};
#define FMODE_READ   1
#define FMODE_WRITE  2
#define FMODE_LSEEK  4
#define FMODE_PATH   8 /* O_PATH */
#define FMODE_STREAM 16 /* no position: pipes, sockets, ttys */
#define FMODE_EXEC   32 /* denies writers */
#define FMODE_SEQ    64 /* generated text (Linux's seq_file): pwrite(2) is ESPIPE */
#define FMODE_WRITER 128 /* counted in inode->writers and mount->writers */

/* A new open file on path (consumes nothing; takes references).  0, -ENFILE, -ENOMEM */
int __must_check file_create(const struct path *path, const struct file_ops *ops, u32 flags,
			     struct file **out);
/* A file on an anonymous inode ("anon_inode:[eventfd]"). */
int __must_check file_create_anon(const char *name, const struct file_ops *ops, void *private, u32 flags,
				  struct file **out);
/* A file on a new inode of sockfs, a stream; private is the caller's to set.  -ENFILE, -ENOMEM */
int __must_check sockfs_file_create(const struct file_ops *ops, u32 flags, struct file **out);
static inline struct file *file_get(struct file *f)
{
	atomic_add(&f->refs, 1);
	return f;
}
void file_put(struct file *f);
/* Never releases here and now, but on the return to user mode: where releases would nest. */
void file_put_later(struct file *f);
void file_putp(struct file **f); /* for __cleanup */
ssize_t file_read(struct file *f, struct iter *to, loff_t *pos); /* mode checks done by caller */
ssize_t file_write(struct file *f, struct iter *from, loff_t *pos);
ssize_t kernel_read(struct file *f, void *buf, size_t size, loff_t pos);
/* Page-cache files: what tmpfs uses and disk-like file systems can. */
ssize_t generic_file_read(struct file *f, struct iter *to, loff_t *pos);
/* Cuts *size to RLIMIT_FSIZE and the largest file.  -EFBIG where nothing is left: SIGXFSZ at the limit. */
int __must_check generic_write_check_limits(const struct inode *i, u64 pos, size_t *size);
loff_t generic_file_llseek(struct file *f, loff_t off, int whence);
loff_t generic_llseek_size(struct file *f, loff_t off, int whence, u64 max, u64 eof);
loff_t noop_llseek(struct file *f, loff_t off, int whence); /* devices: the position stays */
loff_t dir_llseek(struct file *f, loff_t off, int whence);
int noop_fsync(struct file *f, bool datasync);
static inline unsigned fs_umode_to_dtype(umode_t mode) /* DT_* */
{
	return (mode & S_IFMT) >> 12;
}
/* "." and ".." at positions 0 and 1, where the rest begins at 2; false when they do not fit. */
bool dir_emit_dots(struct file *f, struct dir_ctx *ctx);
/* Opens by kernel path, for exec and init. */
int __must_check file_open(int dfd, const char *path, int flags, umode_t mode, struct file **out);
int __must_check file_open_exec(int dfd, const char *path, int at_flags,
				struct file **out); /* checks, denies writers */
extern u64 nr_files; /* [atomic] */
extern u64 files_max; /* [const] */

/* ---- inode, dentry, super ------------------------------------------------------------------- */
int __must_check inode_create(struct super *sb, umode_t mode,
			      struct inode **out); /* nlink 1, current's fsuid/fsgid, times now */
static inline void inode_get(struct inode *i)
{
	atomic_add(&i->refs, 1);
}
void inode_put(struct inode *i);
/* An inode number for an object of the kernel's image: from 2 to CONSTANT_INOS - 1, the same each time. */
#define CONSTANT_INOS (1U << 28)
static inline ino_t constant_ino(const void *object)
{
	return (unsigned long)object / 8 % CONSTANT_INOS; /* of 2 GiB of addresses */
}
void inode_touch(struct inode *i, unsigned attr); /* ATTR_ATIME|MTIME|CTIME := now */
struct timespec64 fs_now(void);
int __must_check inode_permission(struct inode *i, int mask); /* MAY_* */
int __must_check generic_permission(struct inode *i, int mask);
#define MAY_EXEC  1
#define MAY_WRITE 2
#define MAY_READ  4
int __must_check inode_setattr(
	struct inode *i, struct kattr *attr); /* checks (chown(2), chmod(2)…) and applies; takes rwsem */
/* May the file grow to size?  -EFBIG above the largest file, and above RLIMIT_FSIZE with SIGXFSZ. */
int __must_check inode_newsize_ok(const struct inode *i, u64 size) __must_hold(&i->rwsem);
void setattr_copy(struct inode *i, const struct kattr *attr); /* applies all but the size; rwsem held */
void dentry_instantiate(struct dentry *d, struct inode *i); /* takes the reference on i; NULL: negative */
static inline void dentry_get(struct dentry *d)
{
	atomic_add(&d->refs, 1);
}
void dentry_put(struct dentry *d);
int __must_check dentry_alloc_root(struct super *sb, struct inode *root, struct dentry **out);
/*
 * Looks `name` up in the cache, then asks the file system; *out has a reference and may be negative.
 * parent rwsem NOT held.
 */
int __must_check dentry_lookup(struct dentry *parent, const char *name, size_t len, struct dentry **out);
/* The entry `name` in the cache only; a reference or NULL. */
struct dentry *dentry_find(struct dentry *parent, const struct qstr *name);
/* Forgets a name (the object itself lives on while it is open): dentries of processes that are gone. */
void dentry_drop(struct dentry *d);
u32 dentry_hash_name(const struct dentry *parent, const char *name, size_t len);
int simple_statfs(struct super *sb, struct kstatfs *st); /* the default statfs */
/* Inode times after a read, under the mount's relatime/noatime rules. */
void file_accessed(struct file *f);
void fs_type_register(struct fs_type *t);
struct fs_type *fs_type_find(const char *name);
void fs_type_for_each(void (*fn)(const struct fs_type *t, void *arg), void *arg); /* /proc/filesystems */
/* A device's node at the top of devtmpfs.  -EEXIST, -ENOMEM; may sleep. */
int __must_check devtmpfs_create(const char *name, umode_t mode, dev_t dev);

/* ---- character devices ------------------------------------------------------------------------ */
/* Files with rdev in [MKDEV(major, minor), +count) get these operations. -EBUSY */
int __must_check chrdev_register(dev_t first, u32 count, const char *name, const struct file_ops *ops);
const struct file_ops *chrdev_find(dev_t dev);
void chrdev_for_each(void (*fn)(unsigned major, const char *name, void *arg), void *arg); /* /proc/devices */

/* ---- paths ------------------------------------------------------------------------------------ */
#define MNT_UNBINDABLE (1u << 17) /* mount->flags: MS_UNBINDABLE */

struct fs { /* root, cwd, umask; shared by CLONE_FS */
	u32 refs;
	struct spinlock lock;
	struct path root, cwd; /* [lock] */
	umode_t umask;
};
static inline void path_get(const struct path *p)
{
	extern void mount_get(struct mount * m);

	mount_get(p->mnt);
	dentry_get(p->dentry);
}
void path_put(const struct path *p);
void path_putp(struct path *p); /* for __cleanup; p->dentry NULL: nothing */
int __must_check fs_dup(struct fs *old, struct fs **out);
void fs_put(struct fs *fs);

#define LOOKUP_FOLLOW        1 /* follow a symlink in the last component */
#define LOOKUP_DIRECTORY     2 /* must be a directory */
#define LOOKUP_EMPTY         4 /* AT_EMPTY_PATH */
#define LOOKUP_PARENT        8
#define LOOKUP_NO_XDEV       16 /* openat2 RESOLVE_* */
#define LOOKUP_BENEATH       32
#define LOOKUP_IN_ROOT       64
#define LOOKUP_NO_SYMLINKS   128
#define LOOKUP_NO_MAGICLINKS 256
#define LOOKUP_NO_AUTOMOUNT  512
#define LOOKUP_CACHED        1024 /* RESOLVE_CACHED: -EAGAIN rather than ask a file system */
/* Resolves a kernel path relative to dfd (AT_FDCWD, or a descriptor of current); *out has references. */
int __must_check path_lookup(int dfd, const char *name, unsigned flags, struct path *out);
enum { LAST_NORM, LAST_DOT, LAST_DOTDOT, LAST_ROOT }; /* the last component of a path */
/*
 * Absolute path text seen from root into buf (from its end); pointer into buf; "(unreachable)" and "
 * (deleted)" as Linux.
 */
char *path_format(const struct path *p, const struct path *root, char *buf, size_t size);
bool path_is_under(const struct path *p, const struct path *root);

/* do_x workers: kernel strings, kernel types; permissions are checked here. */
int __must_check do_mkdirat(int dfd, const char *path, umode_t mode);
/*
 * bind(2): a socket's node, with mode & ~umask; *out has references.  only_check: makes nothing, just says
 * what would be wrong, and leaves *out alone.
 */
int __must_check do_mksock(const char *path, umode_t mode, bool only_check, struct path *out);
int __must_check do_symlinkat(const char *target, int dfd, const char *path);
/* A name that a program gave, or why it could not be fetched: that is reported when its turn comes. */
struct path_name {
	const char *text;
	int err;
};
int __must_check do_mknodat(int dfd, struct path_name path, umode_t mode, dev_t dev);
int __must_check do_linkat(int odfd, struct path_name old, int ndfd, struct path_name new, int flags);
int __must_check do_unlinkat(int dfd, const char *path);
int __must_check do_rmdirat(int dfd, const char *path);
int __must_check do_renameat2(int odfd, struct path_name old, int ndfd, struct path_name new, unsigned flags);
int __must_check do_mount(const char *source, const char *target, const char *type, unsigned long flags,
			  const char *data);
int __must_check do_umount(const char *target, int flags);
int __must_check do_pivot_root(const char *new_root, const char *put_old);
/* The process whose /proc/PID f is, with a reference; -EBADF. */
int __must_check proc_file_pid(const struct file *f, struct pid **out);
/*
 * Every mount below the caller's root in mount order; fn returns false to stop.  For /proc/PID/mounts,
 * mountinfo.
 */
/* Counts changes of the tree of mounts; pollers of /proc/PID/mounts wait on the queue. */
extern struct waitq mount_changed;
u64 mount_changes(void);
void mount_for_each(bool (*fn)(struct mount *m, void *arg), void *arg);
void mount_show_options(const struct mount *m, char *buf, size_t size); /* "rw,nosuid,relatime" */
bool mount_is_readonly(const struct mount *m); /* the mount or its super block */
int __must_check do_truncate(struct inode *i, loff_t size, bool by_file);

/* Workers on an open or looked-up path. */
int __must_check do_chdir(const struct path *p); /* p is a directory; -EACCES */
int __must_check do_chroot(const struct path *p);
umode_t do_umask(umode_t mask); /* the old one */
int __must_check do_getcwd(char *buf, size_t size, char **out);
int __must_check do_accessat(int dfd, const char *path, int mode, int flags); /* faccessat2(2) */
int __must_check path_chmod(const struct path *p, umode_t mode);
int __must_check path_chown(const struct path *p, uid_t uid, gid_t gid); /* -1: unchanged */
int __must_check path_utimes(const struct path *p,
			     const struct timespec64 times[2]); /* NULL: now; UTIME_* as nsec */
int __must_check path_truncate(const struct path *p, loff_t size); /* truncate(2) */
int __must_check file_truncate(struct file *f, loff_t size); /* ftruncate(2) */
long file_fallocate(struct file *f, int mode, loff_t off, loff_t len);
ssize_t do_sendfile(struct file *out, struct file *in, loff_t *pos, size_t size); /* pos NULL: in's own */
ssize_t do_copy_file_range(struct file *in, loff_t *ipos, struct file *out, loff_t *opos, size_t size);
int __must_check memfd_create(const char *name, unsigned flags, struct file **out);
long file_fcntl_seals(struct file *f, int cmd, unsigned long arg); /* F_ADD_SEALS, F_GET_SEALS */

/* Opens what p names, as open(2) does after its walk; created: just made, no permission is asked for. */
int __must_check path_open(const struct path *p, u32 flags, bool created, struct file **out);

/* Open in two steps for openat(2): build the file, then the gate publishes the descriptor. */
struct open_how_k {
	u64 flags; /* O_* */
	umode_t mode;
	unsigned lookup; /* extra LOOKUP_* from openat2 */
};
int __must_check do_filp_open(int dfd, const char *path, const struct open_how_k *how, struct file **out);

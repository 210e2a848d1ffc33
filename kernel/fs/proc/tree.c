// SPDX-License-Identifier: MIT
/*
 * The procfs file system: turns the tables of entries into directories, files and links.  A file's
 * contents are made when it is read from offset 0 and kept in the open file until then or close.
 * Names that depend on processes are looked up anew each time (DENTRY_NOCACHE).
 */
#include "kernel/fs/proc/proc.h"
#include "kernel/base/string.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include <linux/fs.h>
#include <linux/magic.h>

#define WRITE_MAX PAGE_SIZE

struct proc_file { /* file->private of an open file */
	struct mutex lock;
	struct text text;
	bool made;
	u64 seen; /* the entry's poll operation remembers here what it told last */
};

static const struct inode_ops dir_inode_ops, link_inode_ops, magic_inode_ops, file_inode_ops;
static const struct file_ops dir_file_ops, file_file_ops, polled_file_ops;

static const struct proc_ref *ref_of(const struct inode *i)
{
	return i->private;
}

int proc_file_pid(const struct file *f, struct pid **out)
{
	if (f->ops != &dir_file_ops || ref_of(f->inode)->entry != &proc_process)
		return -EBADF;
	*out = pid_get(ref_of(f->inode)->pid);
	return 0;
}

static bool volatile_name(const struct proc_ref *ref)
{
	return ref->pid != NULL;
}

/* Files of a process belong to its effective user (proc(5)); of an undumpable one to root. */
static void set_owner(struct inode *i, const struct proc_ref *ref)
{
	struct task *t __cleanup(task_putp) = ref->pid ? proc_task_get(ref) : NULL;
	const struct cred *c;
	bool undumpable;

	i->uid = i->gid = 0;
	if (!t)
		return;
	spin_lock(&t->alloc_lock);
	undumpable = t->mm && !t->mm->dumpable;
	spin_unlock(&t->alloc_lock);
	if (undumpable &&
	    i->mode != (S_IFDIR | 0555)) /* Linux: such a directory tells nothing that is worth hiding */
		return;
	c = task_cred_get(t);
	i->uid = c->euid;
	i->gid = c->egid;
	cred_put(c);
}

/*
 * The same number each time, though inodes come and go; 32 bits, which stat(2) of i386 needs.  Numbered as
 * in Linux: the root, from FIXED_INO on what belongs to no process, and below it the rest, where two may
 * have one number, if seldom.
 */
#define ROOT_INO  1
#define FIXED_INO 0xf0000000U

static ino_t ino_of(const struct proc_ref *ref)
{
	const ino_t entry = constant_ino(ref->entry);
	u64 mix;

	if (ref->entry == &proc_root)
		return ROOT_INO;
	if (!ref->pid)
		return FIXED_INO + entry;
	mix = ((u64)ref->pid->nr << 32 | (u32)ref->fd << 1 | ref->thread) * 0x9e3779b97f4a7c15;
	return ROOT_INO + 1 + ((mix ^ entry) * 0x9e3779b97f4a7c15 >> 32) % (FIXED_INO - ROOT_INO - 1);
}

/* A new inode for *ref, whose pid reference it takes over on success. */
static int make_inode(struct super *sb, const struct proc_ref *ref, struct inode **out)
{
	struct proc_ref *own = kmalloc(sizeof(*own), 0);
	struct inode *i;

	if (!own)
		return -ENOMEM;
	if (inode_create(sb, ref->entry->mode, &i)) {
		kfree(own);
		return -ENOMEM;
	}
	*own = *ref;
	i->ino = ino_of(ref);
	i->private = own;
	set_owner(i, ref);
	if (S_ISDIR(i->mode)) {
		i->nlink = 2;
		i->ops = &dir_inode_ops;
		i->fops = &dir_file_ops;
	} else if (S_ISLNK(i->mode)) {
		i->ops = ref->entry->jump ? &magic_inode_ops : &link_inode_ops;
	} else {
		i->ops = &file_inode_ops;
		i->fops = ref->entry->fops                ? ref->entry->fops
			  : !ref->pid || ref->entry->poll ? &polled_file_ops
							  : &file_file_ops;
	}
	*out = i;
	return 0;
}

static void proc_evict_inode(struct inode *i)
{
	struct proc_ref *ref = i->private;

	if (ref && ref->pid)
		pid_put(ref->pid);
	kfree(ref);
}

/* ---- directories ---------------------------------------------------------------------------------- */
static int find_child(const struct proc_ref *dir, const char *name, size_t len, struct proc_ref *out)
{
	if (dir->pid) {
		struct task *t __cleanup(task_putp) = proc_task_get(dir);

		if (!t)
			return -ESRCH; /* the directory was open before its process went */
	}
	for (const struct proc_entry *e = dir->entry->children; e && e->name; e++) {
		if (*e->name != *name || strlen(e->name) != len || memcmp(e->name, name, len) != 0)
			continue;
		*out = (struct proc_ref){ e, dir->pid ? pid_get(dir->pid) : NULL, dir->thread, -1 };
		return 0;
	}
	return dir->entry->lookup ? dir->entry->lookup(dir, name, len, out) : -ENOENT;
}

static int proc_lookup(struct inode *dir, struct dentry *dentry)
{
	struct proc_ref ref;
	struct inode *i;
	int err = find_child(ref_of(dir), dentry->name.name, dentry->name.len, &ref);

	if (err) /* an error, not a negative entry: nothing can be created here, and the process may come */
		return err;
	if (volatile_name(&ref) || ref.entry->text)
		WRITE_ONCE(dentry->flags, DENTRY_NOCACHE); /* nobody else has it yet */
	err = make_inode(dir->sb, &ref, &i);
	if (err) {
		if (ref.pid)
			pid_put(ref.pid);
		return err;
	}
	dentry_instantiate(dentry, i);
	return 0;
}

/* One that may be gone by now: its type is not known then, as in Linux. */
static bool emit_member(const struct proc_ref *dir, struct dir_ctx *ctx, const char *name)
{
	struct proc_ref member;
	unsigned type = 0; /* DT_UNKNOWN */
	ino_t ino = ROOT_INO;

	if (!dir->entry->lookup(dir, name, strlen(name), &member)) {
		type = fs_umode_to_dtype(member.entry->mode);
		ino = ino_of(&member);
		if (member.pid)
			pid_put(member.pid);
	}
	return ctx->emit(ctx, name, strlen(name), ino, type);
}

/* Positions: 0 ".", 1 "..", then the table, then 0x10000 + cursor of the members. */
#define FIRST_MEMBER 0x10000

static int proc_iterate(struct file *f, struct dir_ctx *ctx)
{
	const struct proc_ref *dir = ref_of(f->inode);
	const struct proc_entry *e = dir->entry->children;
	loff_t pos = 2;
	char name[32];

	if (!dir_emit_dots(f, ctx))
		return 0;
	for (; e && e->name; e++, pos++) {
		if (pos < ctx->pos)
			continue;
		const struct proc_ref child = { e, dir->pid, dir->thread, -1 };

		if (!ctx->emit(ctx, e->name, strlen(e->name), ino_of(&child), fs_umode_to_dtype(e->mode)))
			return 0;
		ctx->pos = pos + 1;
	}
	if (!dir->entry->next)
		return 0;

	unsigned cursor = ctx->pos < FIRST_MEMBER ? 0 : (unsigned)(ctx->pos - FIRST_MEMBER);

	while (!dir->entry->next(dir, &cursor, name, sizeof(name))) {
		if (!emit_member(dir, ctx, name))
			return 0;
		ctx->pos = FIRST_MEMBER + ++cursor;
	}
	return 0;
}

static loff_t proc_llseek(struct file *f, loff_t off, int whence)
{
	const struct proc_ref *ref = ref_of(f->inode);

	/* What is generated ends nowhere until it has been read. */
	if (S_ISREG(f->inode->mode) && !ref->entry->raw && whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	return generic_llseek_size(f, off, whence, (u64)INT64_MAX, 0);
}

/* ---- files ------------------------------------------------------------------------------------------ */
static int file_open_op(struct inode *inode, struct file *f)
{
	const struct proc_ref *ref = ref_of(inode);
	struct proc_file *pf;

	if (ref->entry->guarded) {
		struct task *t __cleanup(task_putp) = proc_task_get(ref);

		if (!t || proc_may_access(t))
			return t ? -EACCES : -ESRCH;
	}
	pf = kzalloc(sizeof(*pf));
	if (!pf)
		return -ENOMEM;
	mutex_init(&pf->lock);
	f->private = pf;
	if (!ref->entry->raw)
		f->mode |= FMODE_SEQ;
	if (ref->entry->poll)
		ref->entry->poll(f, NULL, &pf->seen);
	return 0;
}

static void file_release_op(struct file *f)
{
	struct proc_file *pf = f->private;

	text_free(&pf->text);
	kfree(pf);
}

static ssize_t file_read_op(struct file *f, struct iter *to, loff_t *pos)
{
	struct proc_file *pf = f->private;
	const struct proc_ref *ref = ref_of(f->inode);
	size_t n;
	int err;

	if (!ref->entry->show)
		return -EINVAL;
	guard(mutex)(&pf->lock);
	if (!*pos || !pf->made) {
		pf->text.len = 0;
		pf->text.err = 0;
		err = ref->entry->show(&pf->text, ref);
		if (err || pf->text.err)
			return err ? err : pf->text.err;
		pf->made = true;
	}
	if ((u64)*pos >= pf->text.len)
		return 0;
	n = min(iter_count(to), pf->text.len - (size_t)*pos);
	n = copy_to_iter(pf->text.buf + *pos, n, to);
	*pos += (loff_t)n;
	return n || !iter_count(to) ? (ssize_t)n : -EFAULT;
}

static ssize_t file_write_op(struct file *f, struct iter *from, loff_t *pos)
{
	const struct proc_ref *ref = ref_of(f->inode);
	size_t len = iter_count(from);
	char *data __cleanup(kfreep) = NULL;
	int err;

	if (!ref->entry->write)
		return -EIO;
	if (len >= WRITE_MAX)
		return -EINVAL;
	data = kmalloc(len + 1, 0);
	if (!data)
		return -ENOMEM;
	if (copy_from_iter(data, len, from) != len)
		return -EFAULT;
	data[len] = '\0';
	err = ref->entry->write(ref, data, len);
	if (err)
		return err;
	*pos += (loff_t)len;
	return (ssize_t)len;
}

static u32 file_poll_op(struct file *f, struct poll_table *pt)
{
	struct proc_file *pf = f->private;
	const struct proc_ref *ref = ref_of(f->inode);

	return ref->entry->poll ? ref->entry->poll(f, pt, &pf->seen) : POLL_DEFAULT;
}

/* ---- links ------------------------------------------------------------------------------------------- */
static int link_jump(struct inode *i, struct path *out)
{
	const struct proc_ref *ref = ref_of(i);
	struct task *t __cleanup(task_putp) = proc_task_get(ref);

	if (!t)
		return -ENOENT;
	if (proc_may_access(t))
		return -EACCES;
	return ref->entry->jump(ref, out);
}

/* readlink(2) of a magic link shows the path it jumps to. */
static int link_text(struct inode *i, const char **target, char **to_free)
{
	const struct proc_ref *ref = ref_of(i);
	char *buf = kmalloc(PAGE_SIZE, 0);
	struct path p __cleanup(path_putp) = { 0 };
	char *text;
	int err;

	if (!buf)
		return -ENOMEM;
	err = ref->entry->text ? ref->entry->text(ref, buf, PAGE_SIZE) : link_jump(i, &p);
	if (err) {
		kfree(buf);
		return err;
	}
	if (!ref->entry->text) {
		text = path_format(&p, NULL, buf, PAGE_SIZE);
		memmove(buf, text, strlen(text) + 1);
	}
	*target = *to_free = buf;
	return 0;
}

/* Writing to a file of procfs never truncates; modes and owners are the kernel's. */
static int no_setattr(struct inode *i, struct kattr *attr)
{
	return attr->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

static const struct inode_ops dir_inode_ops = { .lookup = proc_lookup, .setattr = no_setattr };
static const struct inode_ops file_inode_ops = { .setattr = no_setattr };
static const struct inode_ops link_inode_ops = { .readlink = link_text, .setattr = no_setattr };
static const struct inode_ops magic_inode_ops = { .readlink = link_text,
						  .get_link_path = link_jump,
						  .setattr = no_setattr };
static const struct file_ops dir_file_ops = { .iterate = proc_iterate,
					      .llseek = proc_llseek,
					      .plain = FMODE_READ };
static const struct file_ops file_file_ops = {
	.open = file_open_op,
	.release = file_release_op,
	.read = file_read_op,
	.write = file_write_op,
	.llseek = proc_llseek,
	.plain = FMODE_READ | FMODE_WRITE,
};

/*
 * As in Linux, epoll takes the files that belong to no process, and of the others those that tell of
 * changes.
 */
static const struct file_ops polled_file_ops = {
	.open = file_open_op,
	.release = file_release_op,
	.read = file_read_op,
	.write = file_write_op,
	.llseek = proc_llseek,
	.poll = file_poll_op,
};

static const struct super_ops proc_super_ops = { .evict_inode = proc_evict_inode };

static int proc_mount(struct super *sb, const char *source, const char *data)
{
	const struct proc_ref ref = { .entry = &proc_root, .fd = -1 };
	struct inode *root;
	int err;

	sb->ops = &proc_super_ops;
	sb->magic = PROC_SUPER_MAGIC;
	sb->stat.blksize = 1024;
	err = make_inode(sb, &ref, &root);
	return err ? err : dentry_alloc_root(sb, root, &sb->root);
}

static struct fs_type proc_type = { .name = "proc", .nodev = true, .mount = proc_mount, .single = true };

static int proc_init(void)
{
	fs_type_register(&proc_type);
	return 0;
}
INITCALL(INIT_FS, proc_init);

// SPDX-License-Identifier: MIT
/*
 * sysfs, as far as programs look into it to count processors: a constant tree of read-only files.  A file
 * is text made by a function, at most a page.  Entries below cpu/ are made for the processors that exist.
 */
#include "kernel/fs/internal.h"

#include "kernel/arch/arch.h"
#include "kernel/base/string.h"
#include <linux/magic.h>

struct entry {
	const char *name;
	int (*show)(const struct entry *e, char *buf, size_t size); /* file */
	const struct entry *children; /* directory */
	const char *text; /* for show_text */
};

static int show_text(const struct entry *e, char *buf, size_t size)
{
	return scnprintf(buf, size, "%s\n", e->text);
}

static int show_cpus(const struct entry *e, char *buf, size_t size)
{
	return nr_cpus > 1 ? scnprintf(buf, size, "0-%d\n", nr_cpus - 1) : scnprintf(buf, size, "0\n");
}

static int show_kernel_max(const struct entry *e, char *buf, size_t size)
{
	return scnprintf(buf, size, "%d\n", MAX_CPUS - 1);
}

static const struct entry cpu_dir[] = {
	{ .name = "online", .show = show_cpus },
	{ .name = "possible", .show = show_cpus },
	{ .name = "present", .show = show_cpus },
	{ .name = "offline", .show = show_text, .text = "" },
	{ .name = "kernel_max", .show = show_kernel_max },
	{ NULL },
};
static const struct entry empty_dir[] = { { NULL } };
static const struct entry system_dir[] = { { .name = "cpu", .children = cpu_dir }, { NULL } };
static const struct entry devices_dir[] = { { .name = "system", .children = system_dir }, { NULL } };
static const struct entry fs_dir[] = { { NULL } };
static const struct entry mm_dir[] = { { NULL } };
static const struct entry kernel_dir[] = { { .name = "mm", .children = mm_dir }, { NULL } };
static const struct entry root_dir[] = {
	{ .name = "class", .children = empty_dir },
	{ .name = "devices", .children = devices_dir },
	{ .name = "fs", .children = fs_dir },
	{ .name = "kernel", .children = kernel_dir },
	{ NULL },
};
static const struct entry root = { .name = "/", .children = root_dir };
static const struct entry cpu_n = { .name = "cpu", .children = empty_dir };

static const struct inode_ops sys_dir_inode_ops;
static const struct file_ops sys_dir_ops, sys_file_ops;

static ino_t cpu_ino(int nr)
{
	return CONSTANT_INOS + (ino_t)nr;
}

static int sys_inode(struct super *sb, const struct entry *e, ino_t ino, struct inode **out)
{
	int err = inode_create(sb, e->children ? S_IFDIR | 0755 : S_IFREG | 0444, out);

	if (err)
		return err;
	(*out)->ino = ino;
	(*out)->private = (void *)e;
	(*out)->uid = (*out)->gid = 0;
	(*out)->ops = e->children ? &sys_dir_inode_ops : &empty_inode_ops;
	(*out)->fops = e->children ? &sys_dir_ops : &sys_file_ops;
	if (e->children)
		(*out)->nlink = 2;
	else
		WRITE_ONCE((*out)->size, PAGE_SIZE);
	return 0;
}

static void name_cpu(char name[16], int nr)
{
	scnprintf(name, 16, "cpu%d", nr);
}

/* Of "cpu0" … for the processors there are; -1 for another name. */
static int cpu_of_name(const char *text)
{
	char name[16];

	for (int nr = 0; nr < nr_cpus; nr++) {
		name_cpu(name, nr);
		if (!strcmp(name, text))
			return nr;
	}
	return -1;
}

static int sys_lookup(struct inode *dir, struct dentry *d)
{
	const struct entry *e = ((const struct entry *)dir->private)->children;
	int nr = e == cpu_dir ? cpu_of_name(d->name.name) : -1, err;
	struct inode *i;

	while (e->name && strcmp(e->name, d->name.name) != 0)
		e++;
	if (nr < 0 && !e->name)
		return 0;
	err = nr < 0 ? sys_inode(dir->sb, e, constant_ino(e), &i)
		     : sys_inode(dir->sb, &cpu_n, cpu_ino(nr), &i);
	if (!err)
		dentry_instantiate(d, i);
	return err;
}

static int sys_iterate(struct file *f, struct dir_ctx *ctx)
{
	const struct entry *e = ((const struct entry *)f->inode->private)->children;
	int extra = e == cpu_dir ? nr_cpus : 0;

	if (!dir_emit_dots(f, ctx))
		return 0;
	for (;; ctx->pos++) {
		char name[16];
		loff_t nr = ctx->pos - 2, i;

		if (nr < extra) {
			name_cpu(name, (int)nr);
			if (!ctx->emit(ctx, name, strlen(name), cpu_ino((int)nr), fs_umode_to_dtype(S_IFDIR)))
				return 0;
			continue;
		}
		for (i = 0; i < nr - extra && e[i].name; i++)
			;
		if (!e[i].name)
			return 0;
		if (!ctx->emit(ctx, e[i].name, strlen(e[i].name), constant_ino(&e[i]),
			       fs_umode_to_dtype(e[i].children ? S_IFDIR : S_IFREG)))
			return 0;
	}
}

static ssize_t sys_read(struct file *f, struct iter *to, loff_t *pos)
{
	const struct entry *e = f->inode->private;
	char buf[128];
	int len = e->show(e, buf, sizeof(buf));
	size_t n;

	if (*pos >= len || !iter_count(to))
		return 0;
	n = copy_to_iter(buf + *pos, min(iter_count(to), (size_t)(len - *pos)), to);
	*pos += (loff_t)n;
	return n ? (ssize_t)n : -EFAULT;
}

static const struct inode_ops sys_dir_inode_ops = { .lookup = sys_lookup };
static const struct file_ops sys_dir_ops = { .llseek = dir_llseek,
					     .iterate = sys_iterate,
					     .plain = FMODE_READ };
static const struct file_ops sys_file_ops = { .read = sys_read, .llseek = generic_file_llseek };

static int sysfs_mount(struct super *sb, const char *source, const char *data)
{
	struct inode *i;
	int err = sys_inode(sb, &root, 1, &i);

	sb->magic = SYSFS_MAGIC;
	if (err)
		return err;
	if ((err = dentry_alloc_root(sb, i, &sb->root)))
		inode_put(i);
	return err;
}

static struct fs_type sysfs_type = { .name = "sysfs", .nodev = true, .single = true, .mount = sysfs_mount };

static int sysfs_init(void)
{
	fs_type_register(&sysfs_type);
	return 0;
}
INITCALL(INIT_FS, sysfs_init);

// SPDX-License-Identifier: MIT
/*
 * devpts.  The names are looked up in the table of pseudo-terminals each time (DENTRY_NOCACHE), because they
 * come and go without the directory's doing; the inodes belong to the terminals and keep owner, mode and
 * times.
 */
#include "kernel/fs/pts/pts.h"

#include "kernel/base/string.h"
#include <linux/magic.h>
#include <linux/major.h>

#define ROOT_INO     1
#define PTMX_INO     2
#define SLAVE_INO(n) ((n) + 3)
#define DEV_PTMX     MKDEV(TTYAUX_MAJOR, 2)

static struct pts_options { /* [const] after the first mount */
	bool have_uid, have_gid;
	uid_t uid;
	gid_t gid;
	umode_t mode, ptmxmode;
} opts = { .mode = 0600, .ptmxmode = 0 };

static struct super *instance;
static struct inode *ptmx;

struct super *pts_super(void)
{
	return atomic_load(&instance);
}

int pts_node_create(u32 index, dev_t dev, struct inode **out)
{
	struct super *sb = pts_super();
	struct inode *i;
	int err;

	if (!sb)
		return -ENODEV;
	if ((err = inode_create(sb, S_IFCHR | opts.mode, &i)))
		return err;
	i->ino = SLAVE_INO(index);
	i->rdev = dev;
	i->fops = chrdev_find(dev);
	if (opts.have_uid)
		i->uid = opts.uid;
	if (opts.have_gid)
		i->gid = opts.gid;
	*out = i;
	return 0;
}

/* A decimal number as we print it: no sign, no leading zero; PTS_MAX when it is none. */
static u32 parse_index(const struct qstr *name)
{
	u32 n = 0;

	if (!name->len || name->len > 4 || (name->name[0] == '0' && name->len > 1))
		return PTS_MAX;
	for (u32 i = 0; i < name->len; i++) {
		if (name->name[i] < '0' || name->name[i] > '9')
			return PTS_MAX;
		n = n * 10 + (name->name[i] - '0');
	}
	return min(n, (u32)PTS_MAX);
}

static int pts_lookup(struct inode *dir, struct dentry *dentry)
{
	struct inode *i = NULL;

	WRITE_ONCE(dentry->flags, DENTRY_NOCACHE); /* nobody else has it yet */
	if (dentry->name.len == 4 && !memcmp(dentry->name.name, "ptmx", 4)) {
		i = ptmx;
		inode_get(i);
	} else {
		u32 index = parse_index(&dentry->name);

		if (index < PTS_MAX)
			i = pty_node_get(index);
	}
	if (i)
		dentry_instantiate(dentry, i);
	return 0;
}

/* Positions: 0 ".", 1 "..", 2 ptmx, 3 + index. */
static int pts_iterate(struct file *f, struct dir_ctx *ctx)
{
	char name[12];

	if (!dir_emit_dots(f, ctx))
		return 0;
	if (ctx->pos == 2) {
		if (!ctx->emit(ctx, "ptmx", 4, PTMX_INO, fs_umode_to_dtype(S_IFCHR)))
			return 0;
		ctx->pos = 3;
	}
	for (;;) {
		u32 index = ctx->pos - 3 < PTS_MAX ? pty_next_index(ctx->pos - 3) : PTS_MAX;
		int len;

		if (index >= PTS_MAX)
			return 0;
		len = scnprintf(name, sizeof(name), "%u", index);
		if (!ctx->emit(ctx, name, len, SLAVE_INO(index), fs_umode_to_dtype(S_IFCHR)))
			return 0;
		ctx->pos = index + 4;
	}
}

static const struct inode_ops pts_dir_inode_ops = { .lookup = pts_lookup };
static const struct file_ops pts_dir_file_ops = { .iterate = pts_iterate,
						  .llseek = dir_llseek,
						  .plain = FMODE_READ };

/* One "key=value" of the mount options. */
static int parse_option(char *word)
{
	char *value = strchr(word, '=');
	unsigned long n = 0;

	if (!value)
		return !*word || !strcmp(word, "newinstance") ? 0 : -EINVAL;
	*value++ = '\0';

	bool octal = !strcmp(word, "mode") || !strcmp(word, "ptmxmode");

	if (kstrtoul(value, octal ? 8 : 10, &n))
		return -EINVAL;
	if (!strcmp(word, "mode")) {
		opts.mode = n & 07777;
	} else if (!strcmp(word, "ptmxmode")) {
		opts.ptmxmode = n & 07777;
	} else if (!strcmp(word, "uid")) {
		opts.uid = n;
		opts.have_uid = true;
	} else if (!strcmp(word, "gid")) {
		opts.gid = n;
		opts.have_gid = true;
	} else if (strcmp(word, "max")) {
		return -EINVAL;
	}
	return 0;
}

static int parse_options(const char *data)
{
	char buf[128], *word = buf, *next;
	int err = 0;

	if (!data)
		return 0;
	if (strscpy(buf, data, sizeof(buf)) < 0)
		return -EINVAL;
	for (; word && !err; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		err = parse_option(word);
	}
	return err;
}

static void pts_show_options(struct super *sb, char *buf, size_t size)
{
	size_t n = 0;

	if (opts.have_uid)
		n += scnprintf(buf + n, size - n, ",uid=%u", opts.uid);
	if (opts.have_gid)
		n += scnprintf(buf + n, size - n, ",gid=%u", opts.gid);
	scnprintf(buf + n, size - n, ",mode=%03o,ptmxmode=%03o", opts.mode, opts.ptmxmode);
}

static const struct super_ops pts_super_ops = { .show_options = pts_show_options };

static int pts_mount(struct super *sb, const char *source, const char *data)
{
	struct inode *root;
	int err;

	if ((err = parse_options(data)))
		return err;
	sb->magic = DEVPTS_SUPER_MAGIC;
	sb->stat.blksize = 1024;
	sb->ops = &pts_super_ops;
	if ((err = inode_create(sb, S_IFDIR | 0755, &root)))
		return err;
	root->ino = ROOT_INO;
	root->nlink = 2;
	root->ops = &pts_dir_inode_ops;
	root->fops = &pts_dir_file_ops;
	if ((err = inode_create(sb, S_IFCHR | opts.ptmxmode, &ptmx))) {
		inode_put(root);
		return err;
	}
	ptmx->ino = PTMX_INO;
	ptmx->rdev = DEV_PTMX;
	ptmx->fops = chrdev_find(DEV_PTMX);
	if ((err = dentry_alloc_root(sb, root, &sb->root))) {
		inode_put(ptmx);
		inode_put(root);
		return err;
	}
	atomic_store(&instance, sb);
	return 0;
}

static struct fs_type pts_type = { .name = "devpts", .nodev = true, .mount = pts_mount, .single = true };

static int pts_init(void)
{
	fs_type_register(&pts_type);
	return 0;
}
INITCALL(INIT_FS, pts_init);

// SPDX-License-Identifier: MIT
/*
 * tmpfs(5): super blocks, mount options, inodes.  The rootfs is one; so is the kernel's own instance that
 * memfd_create(2) and shared anonymous memory take their files from.  Limits: size= and nr_inodes= default
 * to half of memory, as in Linux.
 */
#include "kernel/fs/tmpfs/tmpfs.h"

#include "kernel/base/string.h"
#include "kernel/fs/internal.h"
#include "kernel/fs/pipe.h"
#include <linux/magic.h>

static struct mount *kernel_mount; /* of files without names */

/* ---- accounting -------------------------------------------------------------------------------------- */

int tmpfs_reserve(struct super *sb, u64 blocks)
{
	struct tmpfs *t = tmpfs_of(sb);

	if (atomic_add(&t->used_blocks, blocks) > t->max_blocks && t->max_blocks) {
		atomic_sub(&t->used_blocks, blocks);
		return -ENOSPC;
	}
	return 0;
}

void tmpfs_unreserve(struct super *sb, u64 blocks)
{
	atomic_sub(&tmpfs_of(sb)->used_blocks, blocks);
}

void tmpfs_account(struct inode *i)
{
	u64 now = READ_ONCE(i->data.nr_pages), counted = (u64)i->private;

	if (now == counted)
		return;
	i->private = (void *)now;
	atomic_add(&tmpfs_of(i->sb)->used_blocks, now - counted);
}

/* ---- inodes -------------------------------------------------------------------------------------- */

static int init_dir(struct inode *i)
{
	struct tmpfs_dir *d = kzalloc(sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->last_off = 2;
	i->private = d;
	i->ops = &tmpfs_dir_inode_ops;
	i->fops = &tmpfs_dir_ops;
	i->nlink = 2;
	WRITE_ONCE(i->size, 2 * TMPFS_DIRENT_SIZE);
	return 0;
}

/* A group-sticky directory hands its group down, and to directories the bit as well (mkdir(2), open(2)). */
static void inherit_owner(struct inode *i, const struct inode *dir)
{
	if (!dir || !(dir->mode & S_ISGID))
		return;
	i->gid = dir->gid;
	if (S_ISDIR(i->mode))
		i->mode |= S_ISGID;
	else if ((i->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && !in_group(i->gid) &&
		 !capable(CAP_FSETID))
		i->mode &= ~S_ISGID;
}

int tmpfs_inode_create(struct super *sb, struct inode *dir, umode_t mode, dev_t dev, struct inode **out)
{
	struct tmpfs *t = tmpfs_of(sb);
	struct inode *i;
	int err;

	if (atomic_add(&t->used_inodes, 1) > t->max_inodes && t->max_inodes) {
		atomic_sub(&t->used_inodes, 1);
		return -ENOSPC;
	}
	if ((err = inode_create(sb, mode, &i))) {
		atomic_sub(&t->used_inodes, 1);
		return err;
	}
	inherit_owner(i, dir);
	i->rdev = dev;
	i->ops = &tmpfs_other_inode_ops;
	switch (mode & S_IFMT) {
	case S_IFDIR:
		err = init_dir(i);
		break;
	case S_IFREG:
		i->ops = &tmpfs_file_inode_ops;
		i->fops = &tmpfs_file_ops;
		i->mapping = &i->data;
		/* F_SEAL_SEAL: only memfd_create(2) makes files that can be sealed */
		WRITE_ONCE(i->seals, 1);
		mapping_init(i->mapping, i, NULL);
		break;
	case S_IFIFO:
		i->fops = &fifo_file_ops;
		break;
	}
	if (err) {
		inode_put(i);
		return err;
	}
	*out = i;
	return 0;
}

static void evict_inode(struct inode *i)
{
	struct tmpfs *t = tmpfs_of(i->sb);

	atomic_sub(&t->used_inodes, 1);
	if (i->mapping)
		atomic_sub(&t->used_blocks, (u64)i->private);
	else if (S_ISDIR(i->mode))
		kfree(i->private);
}

/* ---- super block --------------------------------------------------------------------------------- */

static int tmpfs_statfs(struct super *sb, struct kstatfs *st)
{
	struct tmpfs *t = tmpfs_of(sb);
	u64 used = READ_ONCE(t->used_blocks), inodes = READ_ONCE(t->used_inodes);

	st->type = TMPFS_MAGIC;
	st->bsize = PAGE_SIZE;
	st->namelen = 255;
	if (t->max_blocks) {
		st->blocks = t->max_blocks;
		st->bavail = st->bfree = used < t->max_blocks ? t->max_blocks - used : 0;
	}
	if (t->max_inodes) {
		st->files = t->max_inodes;
		st->ffree = inodes < t->max_inodes ? t->max_inodes - inodes : 0;
	}
	return 0;
}

static void put_super(struct super *sb)
{
	kfree(sb->private);
}

static void show_options(struct super *sb, char *buf, size_t size)
{
	const struct tmpfs *t = tmpfs_of(sb);
	size_t n = 0;

	*buf = 0;
	if (sb->magic == RAMFS_MAGIC) {
		if (t->mode != 0755)
			scnprintf(buf, size, ",mode=%03o", t->mode);
		return;
	}
	if (t->max_blocks != page_total_count() / 2)
		n += scnprintf(buf + n, size - n, ",size=%luk", t->max_blocks * (PAGE_SIZE / 1024));
	if (t->max_inodes != page_total_count() / 2)
		n += scnprintf(buf + n, size - n, ",nr_inodes=%lu", t->max_inodes);
	if (t->mode != 01777)
		n += scnprintf(buf + n, size - n, ",mode=%03o", t->mode);
	if (t->uid)
		n += scnprintf(buf + n, size - n, ",uid=%u", t->uid);
	if (t->gid)
		n += scnprintf(buf + n, size - n, ",gid=%u", t->gid);
}

static const struct super_ops tmpfs_super_ops = {
	.evict_inode = evict_inode,
	.statfs = tmpfs_statfs,
	.put_super = put_super,
	.show_options = show_options,
};

/* ---- options ------------------------------------------------------------------------------------- */

/* A number with k, m, g, t or % (of memory, for size) behind it. */
static int parse_size(const char *text, size_t len, u64 *out)
{
	char digits[24];
	size_t n = 0;
	unsigned long v;

	while (n < len && n < sizeof(digits) - 1 && text[n] >= '0' && text[n] <= '9') {
		digits[n] = text[n];
		n++;
	}
	digits[n] = 0;
	if (!n || kstrtoul(digits, 10, &v))
		return -EINVAL;
	if (n < len && text[n] == '%') {
		v = v * (page_total_count() << PAGE_SHIFT) / 100;
		n++;
	} else if (n < len) {
		const char *units = "kmgt", *u = strchr(units, text[n] | 0x20);

		if (!u || !*u)
			return -EINVAL;
		v <<= 10 * (u - units + 1);
		n++;
	}
	*out = v;
	return n == len ? 0 : -EINVAL;
}

static int parse_number(const char *text, size_t len, unsigned base, u32 *out)
{
	char digits[16];
	unsigned long v;

	if (!len || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = 0;
	if (kstrtoul(digits, base, &v) || v > UINT32_MAX)
		return -EINVAL;
	*out = (u32)v;
	return 0;
}

static bool key_is(const char *opt, size_t len, const char *key)
{
	return strlen(key) == len && !strncmp(opt, key, len);
}

static int parse_option(struct tmpfs *t, const char *opt, size_t len)
{
	const char *eq = memchr(opt, '=', len), *val = eq ? eq + 1 : opt + len;
	size_t klen = eq ? (size_t)(eq - opt) : len, vlen = (size_t)(opt + len - val);
	u64 v = 0;
	int err;

	if (key_is(opt, klen, "size") || key_is(opt, klen, "nr_blocks")) {
		err = parse_size(val, vlen, &v);
		t->max_blocks = opt[0] == 's' ? DIV_ROUND_UP(v, PAGE_SIZE) : v;
	} else if (key_is(opt, klen, "nr_inodes")) {
		err = parse_size(val, vlen, &t->max_inodes);
	} else if (key_is(opt, klen, "mode")) {
		err = parse_number(val, vlen, 8, &t->mode);
		t->mode &= 07777;
	} else if (key_is(opt, klen, "uid")) {
		err = parse_number(val, vlen, 10, &t->uid);
	} else if (key_is(opt, klen, "gid")) {
		err = parse_number(val, vlen, 10, &t->gid);
	} else {
		err = key_is(opt, klen, "huge") && key_is(val, vlen, "never") ? 0 : -EINVAL;
	}
	return err;
}

static int parse_options(struct tmpfs *t, const char *data)
{
	while (data && *data) {
		const char *end = strchr(data, ',');
		size_t len = end ? (size_t)(end - data) : strlen(data);
		int err = len ? parse_option(t, data, len) : 0;

		if (err)
			return err;
		data += len + (end ? 1 : 0);
	}
	return 0;
}

int tmpfs_fill(struct super *sb, const struct tmpfs *template)
{
	struct tmpfs *t = kmalloc(sizeof(*t), 0);
	struct inode *root;
	int err;

	if (!t)
		return -ENOMEM;
	*t = *template;
	sb->private = t;
	sb->ops = &tmpfs_super_ops;
	sb->magic = TMPFS_MAGIC;
	sb->max_size = TMPFS_MAX_SIZE;
	sb->complete = true;
	sb->xattr = true;
	sb->stat.attributes = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP;
	sb->stat.mask = STATX_BTIME;
	if ((err = tmpfs_inode_create(sb, NULL, S_IFDIR | t->mode, 0, &root))) {
		kfree(t);
		return err;
	}
	root->uid = t->uid;
	root->gid = t->gid;
	if ((err = dentry_alloc_root(sb, root, &sb->root))) {
		inode_put(root);
		kfree(t);
	}
	return err;
}

static int tmpfs_mount(struct super *sb, const char *source, const char *data)
{
	struct tmpfs t = {
		.max_blocks = page_total_count() / 2,
		.max_inodes = page_total_count() / 2,
		.mode = 01777,
		.uid = current->cred->fsuid,
		.gid = current->cred->fsgid,
	};
	int err = parse_options(&t, data);

	return err ? err : tmpfs_fill(sb, &t);
}

static int rootfs_mount(struct super *sb, const char *source, const char *data)
{
	const struct tmpfs t = {
		.max_blocks = page_total_count() / 2,
		.max_inodes = page_total_count() / 2,
		.mode = 0755,
	};

	return tmpfs_fill(sb, &t);
}

/* ramfs(5)-like: no limits; also the kernel's own instance. */
static int ramfs_mount(struct super *sb, const char *source, const char *data)
{
	struct tmpfs t = { .mode = 0755 };
	int err = parse_options(&t, data);

	t.max_blocks = t.max_inodes = 0;
	if (err || (err = tmpfs_fill(sb, &t)))
		return err;
	sb->magic = RAMFS_MAGIC;
	sb->xattr = false;
	sb->stat.attributes = sb->stat.mask = 0;
	return 0;
}

static struct fs_type types[] = {
	{ .name = "tmpfs", .nodev = true, .mount = tmpfs_mount },
	{ .name = "ramfs", .nodev = true, .mount = ramfs_mount },
};

struct fs_type rootfs_type = { .name = "rootfs", .nodev = true, .mount = rootfs_mount };

int tmpfs_file_create(const char *name, u64 size, u32 flags, struct file **out)
{
	struct path p = { .mnt = kernel_mount };
	struct inode *i;
	char text[272];
	int err;

	if ((err = tmpfs_inode_create(kernel_mount->sb, NULL, S_IFREG | 0777, 0, &i)))
		return err;
	i->nlink = 0;
	WRITE_ONCE(i->size, size);
	scnprintf(text, sizeof(text), "/%s (deleted)", name);
	if ((err = dentry_alloc_named(kernel_mount->sb, i, text, &p.dentry))) {
		inode_put(i);
		return err;
	}
	err = path_open(&p, flags, true, out);
	dentry_put(p.dentry);
	return err;
}

void tmpfs_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		fs_type_register(&types[i]);
	if (mount_create(&types[0], "tmpfs", "size=0,nr_inodes=0", 0, &kernel_mount))
		panic("tmpfs: no memory");
}

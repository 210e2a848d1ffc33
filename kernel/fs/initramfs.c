// SPDX-License-Identifier: MIT
/*
 * The initramfs: one or more cpio archives ("newc" and its check-sum twin, uncompressed), unpacked into
 * the rootfs, then their memory is given back.  Source of the format: cpio(5),
 * Documentation/driver-api/early-userspace/buffer-format.  A broken archive stops unpacking with a message;
 * what was unpacked before stays.
 */
#include "kernel/fs/internal.h"

#include "kernel/arch/arch.h"
#include "kernel/base/init.h"
#include "kernel/base/string.h"
#include <linux/limits.h>

#define HEADER_SIZE 110
#define LINKS       64

enum field { INO, MODE, UID, GID, NLINK, MTIME, SIZE, MAJ, MIN, RMAJ, RMIN, NAMESIZE, CHECK, NR_FIELDS };

struct hard_link { /* the first name of an inode with several */
	struct hard_link *next;
	u32 ino, maj, min, mode;
	char name[];
};

struct archive {
	const u8 *at, *end;
	u32 f[NR_FIELDS];
	const char *name;
	const u8 *body;
	struct hard_link *links[LINKS];
	const char *error;
};

static int fail(struct archive *a, const char *why)
{
	a->error = why;
	return -EINVAL;
}

static int parse_hex8(const u8 *s, u32 *out)
{
	u32 v = 0;

	for (int i = 0; i < 8; i++) {
		u32 c = s[i] | 0x20, digit = s[i] >= '0' && s[i] <= '9' ? s[i] - '0' : c - 'a' + 10;

		if (digit > 15 || (digit > 9 && (c < 'a' || c > 'f')))
			return -EINVAL;
		v = v << 4 | digit;
	}
	*out = v;
	return 0;
}

static int parse_header(struct archive *a)
{
	const u8 *h = a->at;
	size_t left = (size_t)(a->end - h), body, total;

	if (left < HEADER_SIZE)
		return fail(a, "truncated header");
	if (memcmp(h, "070701", 6) && memcmp(h, "070702", 6))
		return fail(a, memcmp(h, "070707", 6) ? "no cpio magic"
						      : "incorrect cpio method used: use -H newc option");
	for (int i = 0; i < NR_FIELDS; i++)
		if (parse_hex8(h + 6 + 8 * i, &a->f[i]))
			return fail(a, "broken header");
	a->name = (const char *)h + HEADER_SIZE;
	body = ALIGN_UP(HEADER_SIZE + (size_t)a->f[NAMESIZE], 4);
	if (!a->f[NAMESIZE] || a->f[NAMESIZE] > PATH_MAX || body > left)
		return fail(a, "broken name");
	if (a->name[a->f[NAMESIZE] - 1])
		return fail(a, "name without end");
	if (a->f[SIZE] > left - body)
		return fail(a, "truncated file");
	a->body = h + body;
	total = ALIGN_UP(body + (size_t)a->f[SIZE], 4);
	a->at = h + min(total, left);
	return 0;
}

/* ---- hard links ---------------------------------------------------------------------------------- */

static void forget_links(struct archive *a)
{
	for (int i = 0; i < LINKS; i++) {
		while (a->links[i]) {
			struct hard_link *l = a->links[i];

			a->links[i] = l->next;
			kfree(l);
		}
	}
}

/* The name under which this inode was unpacked before, NULL the first time (then it is remembered). */
static int find_link(struct archive *a, const char **out)
{
	struct hard_link **head = &a->links[(a->f[INO] + a->f[MIN]) % LINKS], *l;

	*out = NULL;
	if (a->f[NLINK] < 2)
		return 0;
	for (l = *head; l; l = l->next) {
		if (l->ino == a->f[INO] && l->maj == a->f[MAJ] && l->min == a->f[MIN] &&
		    !((l->mode ^ a->f[MODE]) & S_IFMT)) {
			*out = l->name;
			return 0;
		}
	}
	if (!(l = kmalloc(sizeof(*l) + a->f[NAMESIZE], 0)))
		return -ENOMEM;
	l->next = *head;
	l->ino = a->f[INO];
	l->maj = a->f[MAJ];
	l->min = a->f[MIN];
	l->mode = a->f[MODE];
	memcpy(l->name, a->name, a->f[NAMESIZE]);
	*head = l;
	return 0;
}

/* ---- entries ------------------------------------------------------------------------------------- */

/* Owner, mode and time as the archive says, whatever the umask is. */
static int set_attributes(const struct archive *a, const char *name)
{
	struct path p;
	int err = path_lookup(AT_FDCWD, name, 0, &p);

	if (err)
		return err;

	struct kattr attr = {
		.valid = ATTR_UID | ATTR_GID | ATTR_MODE | ATTR_FORCE | ATTR_MTIME | ATTR_MTIME_SET,
		.mode = a->f[MODE] & 07777,
		.uid = a->f[UID],
		.gid = a->f[GID],
		.mtime = { a->f[MTIME], 0 },
	};

	if (S_ISLNK(p.dentry->inode->mode))
		attr.valid &= ~(u32)ATTR_MODE;
	err = inode_setattr(p.dentry->inode, &attr);
	path_put(&p);
	return err;
}

/* A path of another kind in the way is removed, as a later archive replaces what an earlier one brought. */
static void clean_path(const char *name, umode_t mode)
{
	struct path p;
	umode_t old;

	if (path_lookup(AT_FDCWD, name, 0, &p))
		return;
	old = p.dentry->inode->mode;
	path_put(&p);
	if (((old ^ mode) & S_IFMT) || !S_ISDIR(mode)) {
		if (S_ISDIR(old) ? do_rmdirat(AT_FDCWD, name) : do_unlinkat(AT_FDCWD, name))
			pr_info("initramfs: cannot replace %s\n", name);
	}
}

static int write_body(struct archive *a, const char *name)
{
	struct file *f __cleanup(file_putp) = NULL;
	struct iter it;
	loff_t pos = 0;
	ssize_t n;
	int err;

	if ((err = file_open(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, a->f[MODE] & 0777, &f)))
		return err;
	if (!a->f[SIZE])
		return 0;
	iter_init_kernel(&it, (void *)a->body, a->f[SIZE]);
	n = file_write(f, &it, &pos);
	if (n == (ssize_t)a->f[SIZE])
		return 0;
	a->error = "write error";
	return n < 0 ? (int)n : -ENOSPC;
}

static int unpack_regular(struct archive *a, const char *name)
{
	const char *first;
	int err = find_link(a, &first);

	if (err)
		return err;
	if (!first)
		clean_path(name, a->f[MODE]);
	if (first) {
		clean_path(name, 0);
		if ((err = do_linkat(AT_FDCWD, (struct path_name){ first }, AT_FDCWD,
				     (struct path_name){ name }, 0)))
			return err;
		if (!a->f[SIZE]) /* the body comes with the last name, or came with the first */
			return 0;
	}
	return write_body(a, name);
}

static int unpack_symlink(struct archive *a, const char *name)
{
	char *target __cleanup(kfreep) = NULL;

	if (a->f[SIZE] >= PATH_MAX)
		return fail(a, "link too long");
	if (!(target = kmalloc(a->f[SIZE] + 1, 0)))
		return -ENOMEM;
	memcpy(target, a->body, a->f[SIZE]);
	target[a->f[SIZE]] = 0;
	clean_path(name, 0);
	return do_symlinkat(target, AT_FDCWD, name);
}

static int unpack_entry(struct archive *a)
{
	const char *name = a->name;
	int err;

	if (!strcmp(name, "TRAILER!!!")) {
		forget_links(a);
		return 0;
	}
	switch (a->f[MODE] & S_IFMT) {
	case S_IFREG:
		err = unpack_regular(a, name);
		break;
	case S_IFDIR:
		clean_path(name, a->f[MODE]);
		err = do_mkdirat(AT_FDCWD, name, 0700);
		if (err == -EEXIST)
			err = 0;
		break;
	case S_IFLNK:
		err = unpack_symlink(a, name);
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		clean_path(name, a->f[MODE]);
		err = do_mknodat(AT_FDCWD, (struct path_name){ name }, a->f[MODE],
				 MKDEV(a->f[RMAJ], a->f[RMIN]));
		break;
	default:
		return 0; /* Linux skips what it does not know */
	}
	return err ? err : set_attributes(a, name);
}

static int unpack(struct archive *a)
{
	int err = 0;

	while (!err && a->at < a->end) {
		if (!*a->at) { /* zeros between archives and at the end */
			a->at++;
			continue;
		}
		if (!(err = parse_header(a)) && (err = unpack_entry(a))) {
			/* A parent that is not in the archive costs that entry only, as in Linux. */
			if (err == -ENOENT || err == -ENOTDIR || err == -EEXIST) {
				pr_info("initramfs: %s: error %d\n", a->name, err);
				err = 0;
			}
		}
	}
	forget_links(a);
	return err;
}

/* What Linux builds into every kernel: enough for the first program to have a console. */
static int make_defaults(void)
{
	int err = do_mkdirat(AT_FDCWD, "/dev", 0755);

	if (!err)
		err = do_mknodat(AT_FDCWD, (struct path_name){ "/dev/console" }, S_IFCHR | 0600, MKDEV(5, 1));
	return err ? err : do_mkdirat(AT_FDCWD, "/root", 0700);
}

int initramfs_unpack(void)
{
	const struct boot_range *rd = &boot_info.initrd;
	struct archive a = { .at = NULL };
	umode_t mask = do_umask(0);
	int err = make_defaults();

	if (!err && rd->end > rd->start) {
		a.at = phys_to_virt(rd->start);
		a.end = phys_to_virt(rd->end);
		err = unpack(&a);
		page_free_range(ALIGN_UP(rd->start, PAGE_SIZE), ALIGN_DOWN(rd->end, PAGE_SIZE));
	}
	do_umask(mask);
	if (err)
		printk("Initramfs unpacking failed: %s (error %d)\n",
		       a.error          ? a.error
		       : err == -ENOMEM ? "not enough memory"
					: "cannot create a file",
		       err);
	return err;
}

static int initramfs_init(void)
{
	int err = initramfs_unpack();

	return err == -EINVAL ? 0 : err; /* it has said why; whether there is a program to run shows next */
}
INITCALL(INIT_LATE, initramfs_init);

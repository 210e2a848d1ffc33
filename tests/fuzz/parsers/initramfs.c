// SPDX-License-Identifier: MIT
/*
 * The initramfs: archives of any bytes.  Names and bodies stay inside the archive (each is read to its end
 * here), nothing is left allocated, and an archive that is refused says why.
 * fuzz-sources: kernel/fs/initramfs.c kernel/base/string.c kernel/base/iter.c
 */
#include "kernel/arch/arch.h"
#include "kernel/base/init.h"
#include "kernel/fs/internal.h"
#include "tests/fuzz/parsers/fuzz.h"
#include <linux/limits.h>

struct boot_info boot_info;

static struct inode inode;
static struct dentry dentry = { .inode = &inode };
static struct file file;
static u32 open_paths;

/* Reads all of the name; some names exist already, some cannot be made. */
static int outcome(const char *name)
{
	size_t len = strlen(name);

	CHECK(len < PATH_MAX);
	switch (len ? name[len - 1] : 0) {
	case 0:
		return -ENOENT;
	case 'E':
		return -EEXIST;
	case 'D':
		return -ENOTDIR;
	case 'M':
		return -ENOMEM;
	default:
		return 0;
	}
}

int do_mkdirat(int dfd, const char *path, umode_t mode)
{
	return outcome(path);
}

int do_mknodat(int dfd, struct path_name path, umode_t mode, dev_t dev)
{
	CHECK(!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode));
	return outcome(path.text);
}

int do_symlinkat(const char *target, int dfd, const char *path)
{
	CHECK(strlen(target) < PATH_MAX);
	return outcome(path);
}

int do_linkat(int odfd, struct path_name old, int ndfd, struct path_name new, int flags)
{
	return outcome(old.text) ? -ENOENT : outcome(new.text);
}

int do_unlinkat(int dfd, const char *path)
{
	return outcome(path);
}

int do_rmdirat(int dfd, const char *path)
{
	return outcome(path);
}

int path_lookup(int dfd, const char *name, unsigned flags, struct path *out)
{
	int err = outcome(name);

	if (err)
		return err;
	inode.mode = strlen(name) & 1 ? S_IFDIR : S_IFREG;
	*out = (struct path){ .dentry = &dentry };
	open_paths++;
	return 0;
}

void path_put(const struct path *p)
{
	CHECK(open_paths);
	open_paths--;
}

int inode_setattr(struct inode *i, struct kattr *attr)
{
	CHECK((attr->mode & ~07777u) == 0);
	return 0;
}

int file_open(int dfd, const char *path, int flags, umode_t mode, struct file **out)
{
	int err = outcome(path);

	if (!err)
		*out = file_get(&file);
	return err;
}

void file_putp(struct file **f)
{
	if (*f)
		(*f)->refs--;
}

ssize_t file_write(struct file *f, struct iter *from, loff_t *pos)
{
	const u8 *body = (const u8 *)from->one.base;
	for (size_t i = 0; i < from->count; i++)
		(void)READ_ONCE(body[i]);
	return (ssize_t)from->count;
}

umode_t do_umask(umode_t mask)
{
	return 022;
}

void page_free_range(u64 start, u64 end)
{
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 *archive = take_bytes(&in, size, &size);
	int err;

	boot_info.initrd.start = (u64)archive - DIRECT_MAP;
	boot_info.initrd.end = boot_info.initrd.start + size;
	err = initramfs_unpack();
	CHECK(err <= 0 && !open_paths && !file.refs);
	kfree(archive);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * Calls on names: mkdir, mknod, link, symlink, unlink, rmdir, rename, readlink (2); chdir, chroot, getcwd,
 * umask (2).
 */
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/path_arg.h"
#include "kernel/mm/slab.h"
#include <linux/limits.h>

/* Both names of a call that takes two. */
struct two_paths {
	struct path_arg old, new;
	int old_err, new_err;
};

static void two_paths_put(struct two_paths *p)
{
	path_arg_put(&p->old);
	path_arg_put(&p->new);
}

static void two_paths_get(struct two_paths *p, const char __user *old, const char __user *new,
			  bool old_empty_ok)
{
	p->old_err = path_arg_get(&p->old, old, old_empty_ok);
	p->new_err = path_arg_get(&p->new, new, false);
}

static inline struct path_name old_name(const struct two_paths *p)
{
	return (struct path_name){ p->old.text, p->old_err };
}

static inline struct path_name new_name(const struct two_paths *p)
{
	return (struct path_name){ p->new.text, p->new_err };
}

static long mkdir_user(int dfd, const char __user *upath, umode_t mode)
{
	int err;
	DEFINE_PATH_ARG(path);

	err = path_arg_get(&path, upath, false);
	return err ? err : do_mkdirat(dfd, path.text, mode);
}

SYSCALL_DEFINE3(mkdirat, int, dfd, const char __user *, pathname, umode_t, mode)
{
	return mkdir_user(dfd, pathname, mode);
}

SYSCALL_DEFINE2(mkdir, const char __user *, pathname, umode_t, mode)
{
	return mkdir_user(AT_FDCWD, pathname, mode);
}

static long mknod_user(int dfd, const char __user *upath, umode_t mode, unsigned dev)
{
	umode_t type = mode & S_IFMT;
	struct path_name name;
	DEFINE_PATH_ARG(path);

	name.err = path_arg_get(&path, upath, false);
	name.text = path.text;
	return do_mknodat(dfd, name, mode & 0xffff, type == S_IFCHR || type == S_IFBLK ? dev_decode(dev) : 0);
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, filename, umode_t, mode, unsigned int, dev)
{
	return mknod_user(dfd, filename, mode, dev);
}

SYSCALL_DEFINE3(mknod, const char __user *, filename, umode_t, mode, unsigned int, dev)
{
	return mknod_user(AT_FDCWD, filename, mode, dev);
}

static long link_user(int odfd, const char __user *uold, int ndfd, const char __user *unew, int flags)
{
	struct two_paths p __cleanup(two_paths_put);

	two_paths_get(&p, uold, unew, flags & AT_EMPTY_PATH);
	return do_linkat(odfd, old_name(&p), ndfd, new_name(&p), flags);
}

SYSCALL_DEFINE5(linkat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *, newname,
		int, flags)
{
	return link_user(olddfd, oldname, newdfd, newname, flags);
}

SYSCALL_DEFINE2(link, const char __user *, oldname, const char __user *, newname)
{
	return link_user(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

static long symlink_user(const char __user *target, int dfd, const char __user *name)
{
	struct two_paths p __cleanup(two_paths_put);

	two_paths_get(&p, target, name, false);
	if (p.old_err || p.new_err)
		return p.old_err ? p.old_err : p.new_err;
	return do_symlinkat(p.old.text, dfd, p.new.text);
}

SYSCALL_DEFINE3(symlinkat, const char __user *, oldname, int, newdfd, const char __user *, newname)
{
	return symlink_user(oldname, newdfd, newname);
}

SYSCALL_DEFINE2(symlink, const char __user *, oldname, const char __user *, newname)
{
	return symlink_user(oldname, AT_FDCWD, newname);
}

static long unlink_user(int dfd, const char __user *upath, bool dir)
{
	int err;
	DEFINE_PATH_ARG(path);

	err = path_arg_get(&path, upath, false);
	if (err)
		return err;
	return dir ? do_rmdirat(dfd, path.text) : do_unlinkat(dfd, path.text);
}

SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, pathname, int, flag)
{
	if (flag & ~AT_REMOVEDIR)
		return refuse(EINVAL, "unlinkat: unknown flags");
	return unlink_user(dfd, pathname, flag & AT_REMOVEDIR);
}

SYSCALL_DEFINE1(unlink, const char __user *, pathname)
{
	return unlink_user(AT_FDCWD, pathname, false);
}

SYSCALL_DEFINE1(rmdir, const char __user *, pathname)
{
	return unlink_user(AT_FDCWD, pathname, true);
}

static long rename_user(int odfd, const char __user *uold, int ndfd, const char __user *unew, unsigned flags)
{
	struct two_paths p __cleanup(two_paths_put);

	two_paths_get(&p, uold, unew, false);
	return do_renameat2(odfd, old_name(&p), ndfd, new_name(&p), flags);
}

SYSCALL_DEFINE5(renameat2, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *,
		newname, unsigned int, flags)
{
	return rename_user(olddfd, oldname, newdfd, newname, flags);
}

SYSCALL_DEFINE4(renameat, int, olddfd, const char __user *, oldname, int, newdfd, const char __user *,
		newname)
{
	return rename_user(olddfd, oldname, newdfd, newname, 0);
}

SYSCALL_DEFINE2(rename, const char __user *, oldname, const char __user *, newname)
{
	return rename_user(AT_FDCWD, oldname, AT_FDCWD, newname, 0);
}

/* ---- readlink(2) --------------------------------------------------------------------------------- */

static long put_link_text(const char *text, char __user *buf, int size)
{
	size_t n = min(strlen(text), (size_t)size);

	return copy_to_user(buf, text, n) ? -EFAULT : (long)n;
}

/* A link that is a jump shows where it leads, as seen from the caller's root. */
static long read_magic_link(struct inode *i, char __user *buf, int size)
{
	char *page __cleanup(kfreep) = kmalloc(PATH_MAX, 0);
	struct path to, root;
	int err;

	if (!page)
		return -ENOMEM;
	if ((err = i->ops->get_link_path(i, &to)))
		return err;
	spin_lock(&current->fs->lock);
	root = current->fs->root;
	path_get(&root);
	spin_unlock(&current->fs->lock);

	char *text = path_format(&to, &root, page, PATH_MAX);
	long n = *text ? put_link_text(text, buf, size) : -ENAMETOOLONG;

	path_put(&root);
	path_put(&to);
	return n;
}

static long readlink_user(int dfd, const char __user *upath, char __user *buf, int size)
{
	char *to_free __cleanup(kfreep) = NULL;
	struct path p __cleanup(path_putp) = { NULL, NULL };
	const char *text;
	struct inode *i;
	int err;
	DEFINE_PATH_ARG(path);

	if (size <= 0)
		return -EINVAL;
	if ((err = path_arg_get(&path, upath, true)))
		return err;
	if ((err = path_lookup(dfd, path.text, LOOKUP_EMPTY, &p)))
		return err == -ENOTDIR && !*path.text ? -ENOENT : err;
	i = p.dentry->inode;
	if (!S_ISLNK(
		    /* an empty path names the descriptor's object, which is expected to be a link */
		    i->mode))
		return *path.text ? -EINVAL : -ENOENT;
	if (i->ops->get_link_path) {
		long n = read_magic_link(i, buf, size);

		if (n != -EINVAL || !i->ops->readlink)
			return n;
	}
	if (i->link)
		text = i->link;
	else if (!i->ops->readlink)
		return -EINVAL;
	else if ((err = i->ops->readlink(i, &text, &to_free)))
		return err;
	return put_link_text(text, buf, size);
}

SYSCALL_DEFINE4(readlinkat, int, dfd, const char __user *, pathname, char __user *, buf, int, bufsiz)
{
	return readlink_user(dfd, pathname, buf, bufsiz);
}

SYSCALL_DEFINE3(readlink, const char __user *, path, char __user *, buf, int, bufsiz)
{
	return readlink_user(AT_FDCWD, path, buf, bufsiz);
}

/* ---- where the process is ------------------------------------------------------------------------ */

static long enter_user(const char __user *upath, int (*enter)(const struct path *p))
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	int err;
	DEFINE_PATH_ARG(path);

	if ((err = path_arg_get(&path, upath, false)))
		return err;
	if ((err = path_lookup(AT_FDCWD, path.text, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p)))
		return err;
	return enter(&p);
}

SYSCALL_DEFINE1(chdir, const char __user *, filename)
{
	return enter_user(filename, do_chdir);
}

SYSCALL_DEFINE1(chroot, const char __user *, filename)
{
	return enter_user(filename, do_chroot);
}

SYSCALL_DEFINE1(fchdir, unsigned int, fd)
{
	struct fd f __cleanup(fd_release) = fd_borrow_path_ok((int)fd);

	if (!f.file)
		return -EBADF;
	if (!S_ISDIR(f.file->inode->mode))
		return -ENOTDIR;
	return do_chdir(&f.file->path);
}

SYSCALL_DEFINE2(getcwd, char __user *, buf, unsigned long, size)
{
	char *page __cleanup(kfreep) = kmalloc(PATH_MAX, 0);
	char *text;
	size_t len;
	int err;

	if (!page)
		return -ENOMEM;
	if ((err = do_getcwd(page, PATH_MAX, &text)))
		return err;
	len = strlen(text) + 1;
	if (len > size)
		return -ERANGE;
	return copy_to_user(buf, text, len) ? -EFAULT : (long)len;
}

SYSCALL_DEFINE1(umask, int, mask)
{
	return do_umask((umode_t)mask);
}

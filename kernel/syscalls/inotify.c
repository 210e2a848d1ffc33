// SPDX-License-Identifier: MIT
/*
 * inotify_init(2), inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2).  Order of checks (Linux 6.1):
 * the mask, the descriptor, IN_MASK_ADD with IN_MASK_CREATE, the kind of file, the path, the right to read
 * it.
 */
#include "kernel/fs/inotify.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"

#define VALID_MASK                                                                               \
	(IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR | IN_DONT_FOLLOW | \
	 IN_EXCL_UNLINK | IN_MASK_ADD | IN_MASK_CREATE | IN_ISDIR | IN_ONESHOT)

static long do_inotify_init(int flags)
{
	struct file *f __cleanup(file_putp) = NULL;
	int err;

	if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
		return refuse(EINVAL, "inotify_init1: unknown flags");
	if ((err = inotify_create(flags, &f)))
		return err;
	return fd_install_new(&f, flags);
}

SYSCALL_DEFINE0(inotify_init)
{
	return do_inotify_init(0);
}

SYSCALL_DEFINE1(inotify_init1, int, flags)
{
	return do_inotify_init(flags);
}

static long add_watch(struct file *f, const char __user *pathname, u32 mask)
{
	unsigned lookup = (mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW) |
			  (mask & IN_ONLYDIR ? LOOKUP_DIRECTORY : 0);
	struct path p __cleanup(path_putp) = { NULL, NULL };
	char *path __cleanup(user_path_put) = NULL;
	int err;

	if ((err = user_path_get(pathname, false, &path)) || (err = path_lookup(AT_FDCWD, path, lookup, &p)))
		return err;
	if ((err = inode_permission(p.dentry->inode, MAY_READ)))
		return err;
	return inotify_add(f, p.dentry->inode, mask);
}

SYSCALL_DEFINE3(inotify_add_watch, int, fd, const char __user *, pathname, u32, mask)
{
	struct fd f __cleanup(fd_release) = { NULL, false };

	if (mask & ~(u32)VALID_MASK)
		return refuse(EINVAL, "inotify_add_watch: unknown bits in the mask");
	if (!(mask & VALID_MASK))
		return -EINVAL;
	f = fd_borrow(fd);
	if (!f.file)
		return -EBADF;
	if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE))
		return -EINVAL;
	if (!file_is_inotify(f.file))
		return -EINVAL;
	return add_watch(f.file, pathname, mask);
}

SYSCALL_DEFINE2(inotify_rm_watch, int, fd, s32, wd)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	if (!f.file)
		return -EBADF;
	return file_is_inotify(f.file) ? inotify_remove(f.file, wd) : -EINVAL;
}

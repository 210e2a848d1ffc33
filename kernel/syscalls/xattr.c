// SPDX-License-Identifier: MIT
/*
 * The extended attribute family, xattr(7).  No file system here stores any, so after the checks that
 * come before the file system is asked the answer is EOPNOTSUPP; listing an empty set works.
 */
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/path_arg.h"
#include "kernel/mm/slab.h"
#include <linux/limits.h>
#include <linux/xattr.h>

/* The name's own errors: -ERANGE when empty or longer than 255 bytes. */
static int name_check(const char __user *uname, char name[XATTR_NAME_MAX + 1])
{
	ssize_t len = strncpy_from_user(name, uname, XATTR_NAME_MAX + 1);

	if (len == -ENAMETOOLONG || len == 0)
		return -ERANGE;
	return len < 0 ? (int)len : 0;
}

static long no_xattr(void)
{
	return refuse(EOPNOTSUPP, "xattr: the file system stores no extended attributes");
}

enum xattr_op { XATTR_SET, XATTR_GET, XATTR_LIST, XATTR_REMOVE };

struct xattr_args {
	enum xattr_op op;
	const char __user *name;
	const void __user *value; /* of set */
	size_t size;
	int flags;
};

/*
 * What is wrong with the arguments whatever the file: set and remove fetch theirs first or last as Linux
 * does.
 */
static long on_inode(const struct path *p, const struct xattr_args *a)
{
	char name[XATTR_NAME_MAX + 1];
	void *value __cleanup(kfreep) = NULL;
	long err;

	if (a->op == XATTR_LIST)
		return 0;
	if ((a->op == XATTR_SET || a->op == XATTR_REMOVE) && mount_is_readonly(p->mnt))
		return -EROFS;
	if (a->op == XATTR_SET && (a->flags & ~(XATTR_CREATE | XATTR_REPLACE)))
		return -EINVAL;
	if ((err = name_check(a->name, name)))
		return err;
	if (a->op == XATTR_SET && a->size) {
		if (a->size > XATTR_SIZE_MAX)
			return -E2BIG;
		if (!(value = kmalloc(a->size, 0)))
			return -ENOMEM;
		if (copy_from_user(value, a->value, a->size))
			return -EFAULT;
	}
	if (!strncmp(name, "trusted.", 8) && !capable(CAP_SYS_ADMIN))
		return a->op == XATTR_GET ? -ENODATA : -EPERM;
	return no_xattr();
}

static long by_path(const char __user *upath, unsigned lookup, const struct xattr_args *a)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	int err;
	DEFINE_PATH_ARG(path);

	if ((err = path_arg_get(&path, upath, false)) || (err = path_lookup(AT_FDCWD, path.text, lookup, &p)))
		return err;
	return on_inode(&p, a);
}

static long by_fd(int fd, const struct xattr_args *a)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	return f.file ? on_inode(&f.file->path, a) : -EBADF;
}

#define SET_ARGS                                    \
	&(struct xattr_args)                        \
	{                                           \
		XATTR_SET, name, value, size, flags \
	}
#define GET_ARGS                               \
	&(struct xattr_args)                   \
	{                                      \
		XATTR_GET, name, NULL, size, 0 \
	}
#define LIST_ARGS                               \
	&(struct xattr_args)                    \
	{                                       \
		XATTR_LIST, NULL, NULL, size, 0 \
	}
#define REMOVE_ARGS                            \
	&(struct xattr_args)                   \
	{                                      \
		XATTR_REMOVE, name, NULL, 0, 0 \
	}

SYSCALL_DEFINE5(setxattr, const char __user *, pathname, const char __user *, name, const void __user *,
		value, size_t, size, int, flags)
{
	return by_path(pathname, LOOKUP_FOLLOW, SET_ARGS);
}

SYSCALL_DEFINE5(lsetxattr, const char __user *, pathname, const char __user *, name, const void __user *,
		value, size_t, size, int, flags)
{
	return by_path(pathname, 0, SET_ARGS);
}

SYSCALL_DEFINE5(fsetxattr, int, fd, const char __user *, name, const void __user *, value, size_t, size, int,
		flags)
{
	return by_fd(fd, SET_ARGS);
}

SYSCALL_DEFINE4(getxattr, const char __user *, pathname, const char __user *, name, void __user *, value,
		size_t, size)
{
	return by_path(pathname, LOOKUP_FOLLOW, GET_ARGS);
}

SYSCALL_DEFINE4(lgetxattr, const char __user *, pathname, const char __user *, name, void __user *, value,
		size_t, size)
{
	return by_path(pathname, 0, GET_ARGS);
}

SYSCALL_DEFINE4(fgetxattr, int, fd, const char __user *, name, void __user *, value, size_t, size)
{
	return by_fd(fd, GET_ARGS);
}

SYSCALL_DEFINE3(listxattr, const char __user *, pathname, char __user *, list, size_t, size)
{
	return by_path(pathname, LOOKUP_FOLLOW, LIST_ARGS);
}

SYSCALL_DEFINE3(llistxattr, const char __user *, pathname, char __user *, list, size_t, size)
{
	return by_path(pathname, 0, LIST_ARGS);
}

SYSCALL_DEFINE3(flistxattr, int, fd, char __user *, list, size_t, size)
{
	return by_fd(fd, LIST_ARGS);
}

SYSCALL_DEFINE2(removexattr, const char __user *, pathname, const char __user *, name)
{
	return by_path(pathname, LOOKUP_FOLLOW, REMOVE_ARGS);
}

SYSCALL_DEFINE2(lremovexattr, const char __user *, pathname, const char __user *, name)
{
	return by_path(pathname, 0, REMOVE_ARGS);
}

SYSCALL_DEFINE2(fremovexattr, int, fd, const char __user *, name)
{
	return by_fd(fd, REMOVE_ARGS);
}

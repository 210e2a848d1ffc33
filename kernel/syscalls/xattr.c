// SPDX-License-Identifier: MIT
/* The extended attribute family, xattr(7): what the workers in kernel/fs/xattr.c need is fetched here. */
#include "kernel/fs/xattr.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/syscall.h"
#include "kernel/mm/slab.h"
#include "kernel/syscalls/path_arg.h"
#include <linux/limits.h>
#include <linux/xattr.h>

/* The name's own errors: -ERANGE when empty or longer than 255 bytes. */
static int name_get(const char __user *uname, char name[XATTR_NAME_MAX + 1])
{
	ssize_t len = strncpy_from_user(name, uname, XATTR_NAME_MAX + 1);

	if (len == -ENAMETOOLONG || len == 0)
		return -ERANGE;
	return len < 0 ? (int)len : 0;
}

struct xattr_args {
	long (*op)(const struct path *p, const struct xattr_args *a);
	const char __user *name;
	void __user *value; /* set: read; get, list: written */
	size_t size;
	int flags;
};

static long op_set(const struct path *p, const struct xattr_args *a)
{
	char name[XATTR_NAME_MAX + 1];
	void *value __cleanup(kfreep) = NULL;
	int err;

	if (mount_is_readonly(p->mnt))
		return -EROFS;
	if (a->flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if ((err = name_get(a->name, name)))
		return err;
	if (a->size > XATTR_SIZE_MAX)
		return -E2BIG;
	if (a->size) {
		if (!(value = kmalloc(a->size, 0)))
			return -ENOMEM;
		if (copy_from_user(value, a->value, a->size))
			return -EFAULT;
	}
	return xattr_set(p->dentry, name, value, a->size, a->flags);
}

/* What a worker may fill: cleared, since it fills less than that; NULL without one. */
static int buffer_get(const struct xattr_args *a, size_t max, void **buf, size_t *size)
{
	*size = min(a->size, max);
	*buf = *size ? kzalloc(*size) : NULL;
	return *size && !*buf ? -ENOMEM : 0;
}

static long buffer_put(const struct xattr_args *a, const void *buf, size_t size, size_t max, ssize_t n)
{
	if (n > 0 && size && copy_to_user(a->value, buf, (size_t)n))
		return -EFAULT;
	return n == -ERANGE && size >= max ? -E2BIG : n;
}

static long op_get(const struct path *p, const struct xattr_args *a)
{
	char name[XATTR_NAME_MAX + 1];
	void *buf __cleanup(kfreep) = NULL;
	size_t size;
	int err;

	if ((err = name_get(a->name, name)) || (err = buffer_get(a, XATTR_SIZE_MAX, &buf, &size)))
		return err;
	return buffer_put(a, buf, size, XATTR_SIZE_MAX, xattr_get(p->dentry->inode, name, buf, size));
}

static long op_list(const struct path *p, const struct xattr_args *a)
{
	void *buf __cleanup(kfreep) = NULL;
	size_t size;
	int err = buffer_get(a, XATTR_LIST_MAX, &buf, &size);

	if (err)
		return err;
	return buffer_put(a, buf, size, XATTR_LIST_MAX, xattr_list(p->dentry->inode, buf, size));
}

static long op_remove(const struct path *p, const struct xattr_args *a)
{
	char name[XATTR_NAME_MAX + 1];
	int err;

	if (mount_is_readonly(p->mnt))
		return -EROFS;
	if ((err = name_get(a->name, name)))
		return err;
	return xattr_remove(p->dentry, name);
}

static long by_path(const char __user *upath, unsigned lookup, const struct xattr_args *a)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	int err;
	DEFINE_PATH_ARG(path);

	if ((err = path_arg_get(&path, upath, false)) || (err = path_lookup(AT_FDCWD, path.text, lookup, &p)))
		return err;
	return a->op(&p, a);
}

static long by_fd(int fd, const struct xattr_args *a)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);

	return f.file ? a->op(&f.file->path, a) : -EBADF;
}

#define SET_ARGS \
	(&(struct xattr_args){ op_set, name, (void __user *)(__force unsigned long)value, size, flags })
#define GET_ARGS    (&(struct xattr_args){ op_get, name, value, size, 0 })
#define LIST_ARGS   (&(struct xattr_args){ op_list, NULL, list, size, 0 })
#define REMOVE_ARGS (&(struct xattr_args){ op_remove, name, NULL, 0, 0 })

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

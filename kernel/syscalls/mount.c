// SPDX-License-Identifier: MIT
/* mount(2), umount(2), pivot_root(2). */
#include "kernel/base/string.h"
#include "kernel/fs/fs.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/path_arg.h"
#include "kernel/mm/slab.h"

/* A string argument that may be missing: *out NULL then.  -EFAULT, -EINVAL when longer than a page. */
static int optional_string(const char __user *us, char **out)
{
	ssize_t len;

	*out = NULL;
	if (!us)
		return 0;
	if (!(*out = kmalloc(PAGE_SIZE, 0)))
		return -ENOMEM;
	len = strncpy_from_user(*out, us, PAGE_SIZE);
	return len == -ENAMETOOLONG ? -EINVAL : len < 0 ? (int)len : 0;
}

/* The options are up to a page of bytes, cut at the first NUL or at unreadable memory. */
static int mount_data(const void __user *udata, char **out)
{
	const char __user *from = udata;
	size_t n = 0;
	char *page;

	*out = NULL;
	if (!udata)
		return 0;
	if (!(page = kzalloc(PAGE_SIZE)))
		return -ENOMEM;
	*out = page;
	while (n < PAGE_SIZE - 1) {
		size_t step = min(PAGE_SIZE - 1 - n, PAGE_SIZE - ((unsigned long)(from + n) & ~PAGE_MASK));

		if (copy_from_user(page + n, from + n, step))
			return n ? 0 : -EFAULT;
		if (memchr(page + n, 0, step))
			break;
		n += step;
	}
	return 0;
}

SYSCALL_DEFINE5(mount, char __user *, dev_name, char __user *, dir_name, char __user *, type, unsigned long,
		flags, void __user *, data)
{
	char *ktype __cleanup(kfreep) = NULL, *kdev __cleanup(kfreep) = NULL, *kdata __cleanup(kfreep) = NULL;
	int err;
	DEFINE_PATH_ARG(dir);

	if ((err = optional_string(type, &ktype)) || (err = optional_string(dev_name, &kdev)) ||
	    (err = mount_data(data, &kdata)) || (err = path_arg_get(&dir, dir_name, false)))
		return err;
	return do_mount(kdev, dir.text, ktype, flags, kdata);
}

static long umount_user(const char __user *upath, int flags)
{
	int err;
	DEFINE_PATH_ARG(path);

	if (flags & ~15)
		return refuse(EINVAL, "umount2: unknown flags");
	if ((err = path_arg_get(&path, upath, false)))
		return err;
	return do_umount(path.text, flags);
}

SYSCALL_DEFINE2(umount2, char __user *, name, int, flags)
{
	return umount_user(name, flags);
}

IA32_SYSCALL_DEFINE1(oldumount, char __user *, name)
{
	return umount_user(name, 0);
}

SYSCALL_DEFINE2(pivot_root, const char __user *, new_root, const char __user *, put_old)
{
	int err;
	DEFINE_PATH_ARG(new);
	DEFINE_PATH_ARG(old);

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if ((err = path_arg_get(&new, new_root, false)) || (err = path_arg_get(&old, put_old, false)))
		return err;
	return do_pivot_root(new.text, old.text);
}

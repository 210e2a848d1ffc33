// SPDX-License-Identifier: MIT
/*
 * The larger pieces of user access: strings, paths and structures that grow with the ABI.  The copies
 * themselves are the architecture's.  May fault and sleep; no locks.
 */
#include "kernel/gate/uaccess.h"
#include "kernel/base/string.h"
#include "kernel/mm/slab.h"
#include <linux/limits.h>

ssize_t strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	unsigned long at = (__force unsigned long)src;

	might_fault();

	if (at >= USER_MAX)
		return -EFAULT;

	size_t max = min(size, (size_t)(USER_MAX - at));
	ssize_t len = arch_strncpy_from_user(dst, src, max);

	if (len < 0 || (size_t)len < max)
		return len;
	/* No NUL: the buffer is full, or user space ended under the string. */
	return max == size ? -ENAMETOOLONG : -EFAULT;
}

int user_path_get(const char __user *upath, bool empty_ok, char **out)
{
	char *path = kmalloc(PATH_MAX, 0);

	*out = NULL;
	if (!path)
		return -ENOMEM;

	ssize_t len = strncpy_from_user(path, upath, PATH_MAX);

	if (len > 0 || (len == 0 && empty_ok)) {
		*out = path;
		return 0;
	}
	kfree(path);
	return len ? (int)len : -ENOENT;
}

void user_path_put(char **path)
{
	kfree(*path);
}

/* 0 when all bytes are zero, -E2BIG, -EFAULT. */
static int check_zeroed_user(const char __user *from, size_t size)
{
	u8 buf[64];

	while (size) {
		size_t n = min(size, sizeof(buf));

		if (copy_from_user(buf, from, n))
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (buf[i])
				return -E2BIG;
		from += n;
		size -= n;
	}
	return 0;
}

/* Linux 6.1: the tail is looked at before the known part is copied. */
int copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	size_t size = min(ksize, usize);

	if (usize > ksize) {
		int err = check_zeroed_user((const char __user *)src + ksize, usize - ksize);

		if (err)
			return err;
	} else {
		memset((char *)dst + size, 0, ksize - size);
	}
	return copy_from_user(dst, src, size);
}

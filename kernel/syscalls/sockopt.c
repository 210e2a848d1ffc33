// SPDX-License-Identifier: MIT
/*
 * setsockopt(2), getsockopt(2): the values of SOL_SOCKET cross the user boundary here, in the layout of
 * either ABI.  No other level exists yet.
 */
#include "abi/ia32/time.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/syscalls/socket.h"
#include <linux/time_types.h>

#define DEVICE_NAME_MAX 15 /* IFNAMSIZ - 1 */

static bool is_old_timeout(int name)
{
	return name == SO_RCVTIMEO_OLD || name == SO_SNDTIMEO_OLD;
}

/* SO_BINDTODEVICE: any device is one that does not exist; none at all is what we are bound to already. */
static long bind_to_device(unsigned long uval, int size)
{
	char name[DEVICE_NAME_MAX + 1] = "";

	if (copy_from_user(name, (const void __user *)uval, (size_t)min(size, DEVICE_NAME_MAX)))
		return -EFAULT;
	return name[0] ? refuse(ENODEV, "SO_BINDTODEVICE: no network devices") : 0;
}

/* The value of an option in native layout. */
static int value_get(int name, unsigned long uval, size_t size, void *val)
{
	size_t need = sock_option_size(name);
	struct ia32_timeval narrow;

	if (is_old_timeout(name) && in_ia32_syscall()) {
		if (size < sizeof(narrow))
			return -EINVAL;
		if (copy_from_user(&narrow, (const void __user *)uval, sizeof(narrow)))
			return -EFAULT;

		const struct __kernel_old_timeval wide = { narrow.tv_sec, narrow.tv_usec };

		memcpy(val, &wide, sizeof(wide));
		return 0;
	}
	if (size < need)
		return -EINVAL;
	return copy_from_user(val, (const void __user *)uval, need);
}

long do_setsockopt(int fd, int level, int name, unsigned long uval, int size)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	u64 val[SOCK_OPTION_MAX / sizeof(u64)];
	struct sock *sk;
	int first, err;

	if (size < 0)
		return -EINVAL;
	if ((err = sock_borrow(fd, &f, &sk)))
		return err;
	if (level != SOL_SOCKET)
		return refuse(EOPNOTSUPP, "setsockopt: only SOL_SOCKET is there");
	if (name == SO_BINDTODEVICE)
		return bind_to_device(uval, size);
	if ((size_t)size < sizeof(first))
		return -EINVAL;
	if (get_user(first, (int __user *)uval)) /* an int lies there whatever the option */
		return -EFAULT;
	memcpy(val, &first, sizeof(first));
	if (sock_option_size(name) > sizeof(first) && (err = value_get(name, uval, (size_t)size, val)))
		return err;
	return sock_setsockopt(sk, name, val);
}

SYSCALL_DEFINE5(setsockopt, int, fd, int, level, int, optname, const void __user *, optval, int, optlen)
{
	return do_setsockopt(fd, level, optname, (__force unsigned long)optval, optlen);
}

/* SO_PEERGROUPS: all of them or -ERANGE and how many bytes they take. */
static long get_groups(struct sock *sk, unsigned long uval, int size, unsigned long usize)
{
	struct group_info *g = sock_peer_groups(sk);
	int need, err;

	if (!g)
		return -ENODATA;
	need = (int)(g->count * sizeof(gid_t));
	if (size < need)
		err = put_user(need, (int __user *)usize) ? -EFAULT : -ERANGE;
	else if (copy_to_user((void __user *)uval, g->gid, (size_t)need))
		err = -EFAULT;
	else
		err = put_user(need, (int __user *)usize);
	groups_put(g);
	return err;
}

static void narrow_timeval(void *val, size_t *size)
{
	struct __kernel_old_timeval wide;
	struct ia32_timeval narrow;

	memcpy(&wide, val, sizeof(wide));
	narrow.tv_sec = (s32)wide.tv_sec;
	narrow.tv_usec = (s32)wide.tv_usec;
	memcpy(val, &narrow, sizeof(narrow));
	*size = sizeof(narrow);
}

long do_getsockopt(int fd, int level, int name, unsigned long uval, unsigned long usize)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	u64 val[SOCK_OPTION_MAX / sizeof(u64) + 1];
	struct sock *sk;
	size_t has;
	int size, err;

	if ((err = sock_borrow(fd, &f, &sk)))
		return err;
	if (level != SOL_SOCKET)
		return refuse(EOPNOTSUPP, "getsockopt: only SOL_SOCKET is there");
	if (get_user(size, (int __user *)usize))
		return -EFAULT;
	if (size < 0)
		return -EINVAL;
	if (name == SO_PEERGROUPS)
		return get_groups(sk, uval, size, usize);
	if ((err = sock_getsockopt(sk, name, val, &has)))
		return err;
	if (is_old_timeout(name) && in_ia32_syscall())
		narrow_timeval(val, &has);
	if (name == SO_PEERNAME && (size_t)size > has)
		return -EINVAL;
	size = (int)min((size_t)size, has);
	if (copy_to_user((void __user *)uval, val, (size_t)size))
		return -EFAULT;
	return put_user(size, (int __user *)usize);
}

SYSCALL_DEFINE5(getsockopt, int, fd, int, level, int, optname, void __user *, optval, int __user *, optlen)
{
	return do_getsockopt(fd, level, optname, (__force unsigned long)optval,
			     (__force unsigned long)optlen);
}

// SPDX-License-Identifier: MIT
/* socketcall(2): all socket calls of i386 behind one number, their arguments in memory. */
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/syscalls/socket.h"
#include <linux/net.h>

static const u8 nr_args[] = {
	[SYS_SOCKET] = 3,   [SYS_BIND] = 3,        [SYS_CONNECT] = 3,     [SYS_LISTEN] = 2,
	[SYS_ACCEPT] = 3,   [SYS_GETSOCKNAME] = 3, [SYS_GETPEERNAME] = 3, [SYS_SOCKETPAIR] = 4,
	[SYS_SEND] = 4,     [SYS_RECV] = 4,        [SYS_SENDTO] = 6,      [SYS_RECVFROM] = 6,
	[SYS_SHUTDOWN] = 2, [SYS_SETSOCKOPT] = 5,  [SYS_GETSOCKOPT] = 5,  [SYS_SENDMSG] = 3,
	[SYS_RECVMSG] = 3,  [SYS_ACCEPT4] = 4,     [SYS_RECVMMSG] = 5,    [SYS_SENDMMSG] = 4,
};

static long dispatch_data(unsigned call, int fd, const u32 *a)
{
	switch (call) {
	case SYS_SEND:
		return do_sendto(fd, a[1], a[2], a[3], 0, 0);
	case SYS_SENDTO:
		return do_sendto(fd, a[1], a[2], a[3], a[4], (int)a[5]);
	case SYS_RECV:
		return do_recvfrom(fd, a[1], a[2], a[3], 0, 0);
	case SYS_RECVFROM:
		return do_recvfrom(fd, a[1], a[2], a[3], a[4], a[5]);
	case SYS_SENDMSG:
		return do_sendmsg(fd, a[1], a[2], true);
	case SYS_RECVMSG:
		return do_recvmsg(fd, a[1], a[2], true);
	case SYS_SENDMMSG:
		return do_sendmmsg(fd, a[1], a[2], a[3], true);
	default: /* SYS_RECVMMSG */
		return do_recvmmsg(fd, a[1], a[2], a[3], a[4], true, true);
	}
}

static long dispatch(unsigned call, const u32 *a)
{
	int fd = (int)a[0];

	switch (call) {
	case SYS_SOCKET:
		return do_socket((int)a[0], (int)a[1], (int)a[2]);
	case SYS_SOCKETPAIR:
		return do_socketpair((int)a[0], (int)a[1], (int)a[2], a[3]);
	case SYS_BIND:
		return do_bind(fd, a[1], (int)a[2]);
	case SYS_CONNECT:
		return do_connect(fd, a[1], (int)a[2]);
	case SYS_LISTEN:
		return do_listen(fd, (int)a[1]);
	case SYS_ACCEPT:
		return do_accept(fd, a[1], a[2], 0);
	case SYS_ACCEPT4:
		return do_accept(fd, a[1], a[2], (int)a[3]);
	case SYS_GETSOCKNAME:
	case SYS_GETPEERNAME:
		return do_getname(fd, a[1], a[2], call == SYS_GETPEERNAME);
	case SYS_SHUTDOWN:
		return do_shutdown(fd, (int)a[1]);
	case SYS_SETSOCKOPT:
		return do_setsockopt(fd, (int)a[1], (int)a[2], a[3], (int)a[4]);
	case SYS_GETSOCKOPT:
		return do_getsockopt(fd, (int)a[1], (int)a[2], a[3], a[4]);
	default:
		return dispatch_data(call, fd, a);
	}
}

IA32_SYSCALL_DEFINE2(socketcall, int, call, u32 __user *, args)
{
	u32 a[6] = { 0 };

	if (call < SYS_SOCKET || call > SYS_SENDMMSG)
		return refuse(EINVAL, "socketcall: unknown call");
	if (copy_from_user(a, args, nr_args[call] * sizeof(a[0])))
		return -EFAULT;
	return dispatch((unsigned)call, a);
}

// SPDX-License-Identifier: MIT
/*
 * socket, socketpair, bind, connect, listen, accept, accept4, getsockname, getpeername, shutdown (2).
 * Order of checks: Linux 6.1 net/socket.c.
 */
#include "kernel/syscalls/socket.h"

#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"

int addr_from_user(unsigned long uaddr, int len, struct sockaddr_storage *addr)
{
	if (len < 0 || (size_t)len > sizeof(*addr))
		return -EINVAL;
	return len ? copy_from_user(addr, (const void __user *)uaddr, (size_t)len) : 0;
}

int addr_to_user(const struct sockaddr_storage *addr, int len, unsigned long uaddr, unsigned long ulen)
{
	int room, err;

	if ((err = get_user(room, (int __user *)ulen)))
		return err;
	room = min(room, len);
	if (room < 0)
		return -EINVAL;
	if (room && (err = copy_to_user((void __user *)uaddr, addr, (size_t)room)))
		return err;
	return put_user(len, (int __user *)ulen);
}

/* ---- socket(2), socketpair(2) ---------------------------------------------------------------- */

static int type_check(int *type)
{
	if (*type & ~(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return (int)refuse(EINVAL, "socket: unknown flags");
	*type &= SOCK_TYPE_MASK;
	return 0;
}

/* A new socket with its file. */
static int open_socket(struct sock *sk, int flags, struct file **out)
{
	int err = sock_file_create((unsigned)flags, out);

	if (err)
		sk->ops->release(sk);
	else
		sock_graft(sk, *out);
	return err;
}

long do_socket(int family, int type, int protocol)
{
	struct file *f __cleanup(file_putp) = NULL;
	struct sock *sk;
	int flags = type, err;

	if ((err = type_check(&type)) || (err = sock_create(family, type, protocol, &sk)) ||
	    (err = open_socket(sk, flags, &f)))
		return err;
	return fd_install_new(&f, flags);
}

SYSCALL_DEFINE3(socket, int, family, int, type, int, protocol)
{
	return do_socket(family, type, protocol);
}

static int pair_create(int family, int type, int protocol, int flags, struct file *f[2])
{
	struct sock *sk[2];
	int err;

	if ((err = sock_create(family, type, protocol, &sk[0])))
		return err;
	if ((err = open_socket(sk[0], flags, &f[0])))
		return err;
	if ((err = sock_create(family, type, protocol, &sk[1])))
		return err;
	if ((err = open_socket(sk[1], flags, &f[1])))
		return err;
	return sk[0]->ops->pair ? sk[0]->ops->pair(sk[0], sk[1]) : -EOPNOTSUPP;
}

/* Linux tells the numbers before it looks at the family: EFAULT and EMFILE come first. */
long do_socketpair(int family, int type, int protocol, unsigned long ufds)
{
	struct fd_slot a __cleanup(fd_unreserve) = FD_SLOT_NONE;
	struct fd_slot b __cleanup(fd_unreserve) = FD_SLOT_NONE;
	struct file *f[2] = { NULL, NULL };
	int flags = type, err;

	if ((err = type_check(&type)) || (err = fd_reserve(&a, flags)) || (err = fd_reserve(&b, flags)))
		return err;

	const int fds[2] = { a.fd, b.fd };

	if ((err = copy_to_user((void __user *)ufds, fds, sizeof(fds))))
		return err;
	if ((err = pair_create(family, type, protocol, flags, f))) {
		file_putp(&f[0]);
		file_putp(&f[1]);
		return err;
	}
	fd_publish(&a, &f[0]);
	fd_publish(&b, &f[1]);
	return 0;
}

SYSCALL_DEFINE4(socketpair, int, family, int, type, int, protocol, int __user *, usockvec)
{
	return do_socketpair(family, type, protocol, (__force unsigned long)usockvec);
}

/* ---- addresses ------------------------------------------------------------------------------- */

long do_bind(int fd, unsigned long uaddr, int len)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct sockaddr_storage addr;
	struct sock *sk;
	int err;

	if ((err = sock_borrow(fd, &f, &sk)) || (err = addr_from_user(uaddr, len, &addr)))
		return err;
	return sk->ops->bind(sk, &addr, len);
}

SYSCALL_DEFINE3(bind, int, fd, const void __user *, umyaddr, int, addrlen)
{
	return do_bind(fd, (__force unsigned long)umyaddr, addrlen);
}

long do_connect(int fd, unsigned long uaddr, int len)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);
	struct sockaddr_storage addr;
	struct sock *sk;
	int err;

	if (!f.file)
		return -EBADF;
	if ((err = addr_from_user(uaddr, len, &addr)))
		return err;
	sk = sock_of_file(f.file);
	if (!sk)
		return -ENOTSOCK;
	return sk->ops->connect(sk, &addr, len, READ_ONCE(f.file->flags) & O_NONBLOCK);
}

SYSCALL_DEFINE3(connect, int, fd, const void __user *, uservaddr, int, addrlen)
{
	return do_connect(fd, (__force unsigned long)uservaddr, addrlen);
}

long do_getname(int fd, unsigned long uaddr, unsigned long ulen, bool peer)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct sockaddr_storage addr;
	struct sock *sk;
	int len, err;

	if ((err = sock_borrow(fd, &f, &sk)))
		return err;
	len = sk->ops->getname(sk, peer, &addr);
	return len < 0 ? len : addr_to_user(&addr, len, uaddr, ulen);
}

SYSCALL_DEFINE3(getsockname, int, fd, void __user *, usockaddr, int __user *, usockaddr_len)
{
	return do_getname(fd, (__force unsigned long)usockaddr, (__force unsigned long)usockaddr_len, false);
}

SYSCALL_DEFINE3(getpeername, int, fd, void __user *, usockaddr, int __user *, usockaddr_len)
{
	return do_getname(fd, (__force unsigned long)usockaddr, (__force unsigned long)usockaddr_len, true);
}

/* ---- listening ------------------------------------------------------------------------------- */

long do_listen(int fd, int backlog)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct sock *sk;
	int err;

	if ((err = sock_borrow(fd, &f, &sk)))
		return err;
	return sk->ops->listen(sk, (int)min((u32)backlog, (u32)READ_ONCE(sock_settings.somaxconn)));
}

SYSCALL_DEFINE2(listen, int, fd, int, backlog)
{
	return do_listen(fd, backlog);
}

/* The new file is made first: a connection that was taken out of the queue is not lost for want of one. */
static int accept_file(struct file *listener, int flags, unsigned long uaddr, unsigned long ulen,
		       struct file **out)
{
	struct sock *sk = sock_of_file(listener), *new;
	struct sockaddr_storage addr;
	int err, len;

	if (!sk)
		return -ENOTSOCK;
	if ((err = sock_file_create((unsigned)flags, out)) ||
	    (err = sk->ops->accept(sk, READ_ONCE(listener->flags) & O_NONBLOCK, &new)))
		return err;
	sock_graft(new, *out);
	if (!uaddr)
		return 0;
	len = new->ops->getname(new, true, &addr);
	return len < 0 ? -ECONNABORTED : addr_to_user(&addr, len, uaddr, ulen);
}

long do_accept(int fd, unsigned long uaddr, unsigned long ulen, int flags)
{
	struct fd f __cleanup(fd_release) = fd_borrow(fd);
	struct fd_slot slot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	struct file *new __cleanup(file_putp) = NULL;
	int err;

	if (!f.file)
		return -EBADF;
	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return refuse(EINVAL, "accept4: unknown flags");
	if ((err = fd_reserve(&slot, flags)) || (err = accept_file(f.file, flags, uaddr, ulen, &new)))
		return err;
	return fd_publish(&slot, &new);
}

SYSCALL_DEFINE3(accept, int, fd, void __user *, upeer_sockaddr, int __user *, upeer_addrlen)
{
	return do_accept(fd, (__force unsigned long)upeer_sockaddr, (__force unsigned long)upeer_addrlen, 0);
}

SYSCALL_DEFINE4(accept4, int, fd, void __user *, upeer_sockaddr, int __user *, upeer_addrlen, int, flags)
{
	return do_accept(fd, (__force unsigned long)upeer_sockaddr, (__force unsigned long)upeer_addrlen,
			 flags);
}

long do_shutdown(int fd, int how)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct sock *sk;
	int err;

	if ((err = sock_borrow(fd, &f, &sk)))
		return err;
	if (how < 0 || how > 2) /* SHUT_RD, SHUT_WR, SHUT_RDWR: one less than the mask */
		return -EINVAL;
	return sk->ops->shutdown(sk, how + 1);
}

SYSCALL_DEFINE2(shutdown, int, fd, int, how)
{
	return do_shutdown(fd, how);
}

/* SPDX-License-Identifier: MIT */
/*
 * Workers of the socket calls that socketcall(2) shares with the calls of their own.  Addresses in user
 * memory are carried as unsigned long; descriptors, pointers and lengths are as the program passed them.
 */
#pragma once

#include "kernel/fs/fd.h"
#include "kernel/net/socket.h"

/* The socket of a descriptor for the length of a call: 0, -EBADF, -ENOTSOCK. */
static inline int __must_check sock_borrow(int fd, struct fd *f, struct sock **sk)
{
	*f = fd_borrow(fd);
	if (unlikely(!f->file))
		return -EBADF;
	*sk = sock_of_file(f->file);
	return likely(*sk) ? 0 : -ENOTSOCK;
}

/* An address to send to: -EINVAL (length), -EFAULT. */
int __must_check addr_from_user(unsigned long uaddr, int len, struct sockaddr_storage *addr);
/* An address to tell, cut to *ulen, which becomes its full length: -EFAULT, -EINVAL. */
int __must_check addr_to_user(const struct sockaddr_storage *addr, int len, unsigned long uaddr,
			      unsigned long ulen);

long do_socket(int family, int type, int protocol);
long do_socketpair(int family, int type, int protocol, unsigned long ufds);
long do_bind(int fd, unsigned long uaddr, int len);
long do_connect(int fd, unsigned long uaddr, int len);
long do_listen(int fd, int backlog);
long do_accept(int fd, unsigned long uaddr, unsigned long ulen, int flags);
long do_getname(int fd, unsigned long uaddr, unsigned long ulen, bool peer);
long do_shutdown(int fd, int how);
long do_setsockopt(int fd, int level, int name, unsigned long uval, int size);
long do_getsockopt(int fd, int level, int name, unsigned long uval, unsigned long usize);

long do_sendto(int fd, unsigned long ubuf, size_t size, unsigned flags, unsigned long uaddr, int len);
long do_recvfrom(int fd, unsigned long ubuf, size_t size, unsigned flags, unsigned long uaddr,
		 unsigned long ulen);
/* umsg: struct msghdr of the caller's ABI, which ia32 tells. */
long do_sendmsg(int fd, unsigned long umsg, unsigned flags, bool ia32);
long do_recvmsg(int fd, unsigned long umsg, unsigned flags, bool ia32);
long do_sendmmsg(int fd, unsigned long umsgs, unsigned count, unsigned flags, bool ia32);
long do_recvmmsg(int fd, unsigned long umsgs, unsigned count, unsigned flags, unsigned long utimeout,
		 bool time32, bool ia32);

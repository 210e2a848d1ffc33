// SPDX-License-Identifier: MIT
/*
 * sendto, recvfrom, sendmsg, recvmsg, sendmmsg, recvmmsg (2).
 *
 * struct msghdr and the control data behind it have a layout per ABI; both are brought into one form here,
 * and what came in goes back the same way, so that sockets know neither.  Order of checks: Linux 6.1
 * net/socket.c and net/core/scm.c.
 */
#include "abi/ia32/socket.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/slab.h"
#include "kernel/net/scm.h"
#include "kernel/syscalls/control.h"
#include "kernel/syscalls/socket.h"
#include "kernel/syscalls/timeout.h"

#define UIO_MAXIOV 1024

struct native_msghdr { /* struct user_msghdr */
	u64 msg_name;
	s32 msg_namelen;
	u64 msg_iov, msg_iovlen;
	u64 msg_control, msg_controllen;
	u32 msg_flags;
};
static_assert(sizeof(struct native_msghdr) == 56, "struct msghdr of x86-64");

static unsigned call_flags(const struct file *f, unsigned flags)
{
	return READ_ONCE(f->flags) & O_NONBLOCK ? flags | MSG_DONTWAIT : flags;
}

/* ---- sendto(2), recvfrom(2) ------------------------------------------------------------------ */

long do_sendto(int fd, unsigned long ubuf, size_t size, unsigned flags, unsigned long uaddr, int len)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct msg m = { .flags = flags };
	struct sockaddr_storage addr;
	struct sock *sk;
	struct iter it;
	int err;

	if ((err = iter_init_user(&it, ubuf, min(size, MAX_RW_COUNT))) || (err = sock_borrow(fd, &f, &sk)))
		return err;
	if (uaddr) {
		if ((err = addr_from_user(uaddr, len, &addr)))
			return err;
		m.name = &addr;
		m.name_len = len;
	}
	m.it = &it;
	m.flags = call_flags(f.file, flags);
	return sk->ops->sendmsg(sk, &m);
}

SYSCALL_DEFINE6(sendto, int, fd, const void __user *, buff, size_t, len, unsigned int, flags,
		const void __user *, addr, int, addr_len)
{
	return do_sendto(fd, (__force unsigned long)buff, len, flags, (__force unsigned long)addr, addr_len);
}

long do_recvfrom(int fd, unsigned long ubuf, size_t size, unsigned flags, unsigned long uaddr,
		 unsigned long ulen)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct msg m = { .name = NULL };
	struct sockaddr_storage addr;
	struct sock *sk;
	struct iter it;
	ssize_t n;
	int err;

	if ((err = iter_init_user(&it, ubuf, min(size, MAX_RW_COUNT))) || (err = sock_borrow(fd, &f, &sk)))
		return err;
	m.it = &it;
	m.flags = call_flags(f.file, flags);
	if (uaddr)
		m.name = &addr;
	n = sk->ops->recvmsg(sk, &m);
	scm_destroy(&m.scm);
	if (n >= 0 && uaddr && (err = addr_to_user(&addr, m.name_len, uaddr, ulen)))
		return err;
	return n;
}

SYSCALL_DEFINE6(recvfrom, int, fd, void __user *, ubuf, size_t, size, unsigned int, flags, void __user *,
		addr, int __user *, addr_len)
{
	return do_recvfrom(fd, (__force unsigned long)ubuf, size, flags, (__force unsigned long)addr,
			   (__force unsigned long)addr_len);
}

/* ---- struct msghdr --------------------------------------------------------------------------- */

/* Where the fields that recvmsg(2) writes lie. */
static unsigned long namelen_at(unsigned long umsg, bool ia32)
{
	return umsg + (ia32 ? offsetof(struct ia32_msghdr, msg_namelen)
			    : offsetof(struct native_msghdr, msg_namelen));
}

static int header_fetch(struct native_msghdr *h, unsigned long umsg, bool ia32)
{
	struct ia32_msghdr n;

	if (!ia32)
		return copy_from_user(h, (const void __user *)umsg, sizeof(*h));
	if (copy_from_user(&n, (const void __user *)umsg, sizeof(n)))
		return -EFAULT;
	*h = (struct native_msghdr){
		n.msg_name,    n.msg_namelen,    n.msg_iov,   n.msg_iovlen,
		n.msg_control, n.msg_controllen, n.msg_flags,
	};
	return 0;
}

/* The header and the vector it points at, checked. */
static int header_get(struct native_msghdr *h, unsigned long umsg, bool ia32, struct iter *it,
		      struct iovec_k **vec)
{
	int err = header_fetch(h, umsg, ia32);

	if (err)
		return err;
	if (!h->msg_name)
		h->msg_namelen = 0;
	if (h->msg_namelen < 0)
		return -EINVAL;
	h->msg_namelen = min(h->msg_namelen, (int)sizeof(struct sockaddr_storage));
	if (h->msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	return iter_init_iovec(it, h->msg_iov, h->msg_iovlen, ia32, vec);
}

/* The socket, unless the flags say what only the 32-bit entries may. */
static int message_borrow(int fd, unsigned flags, bool ia32, struct fd *f, struct sock **sk)
{
	if (!ia32 && (flags & MSG_CMSG_COMPAT))
		return -EINVAL;
	return sock_borrow(fd, f, sk);
}

/* ---- sendmsg(2) ------------------------------------------------------------------------------ */

static ssize_t send_one(struct file *f, struct sock *sk, unsigned long umsg, unsigned flags, bool ia32)
{
	struct iovec_k *vec __cleanup(iter_free_vec) = NULL;
	void *control __cleanup(kfreep) = NULL;
	struct msg m = { .flags = call_flags(f, flags) };
	struct native_msghdr h;
	struct sockaddr_storage addr;
	struct iter it;
	int err;

	if ((err = header_get(&h, umsg, ia32, &it, &vec)))
		return err;
	if (h.msg_namelen) { /* Linux fetches it before the vector: only two faults could tell */
		if (copy_from_user(&addr, (const void __user *)h.msg_name, (size_t)h.msg_namelen))
			return -EFAULT;
		m.name = &addr;
		m.name_len = h.msg_namelen;
	}
	if (h.msg_controllen &&
	    (err = control_get(h.msg_control, h.msg_controllen, ia32, &control, &m.control_size)))
		return err;
	m.control = control;
	m.it = &it;
	return sk->ops->sendmsg(sk, &m);
}

long do_sendmsg(int fd, unsigned long umsg, unsigned flags, bool ia32)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct sock *sk;
	int err;

	if ((err = message_borrow(fd, flags, ia32, &f, &sk)))
		return err;
	return send_one(f.file, sk, umsg, flags, ia32);
}

SYSCALL_DEFINE3(sendmsg, int, fd, const void __user *, msg, unsigned int, flags)
{
	return do_sendmsg(fd, (__force unsigned long)msg, flags, false);
}

IA32_SYSCALL_DEFINE3(sendmsg, int, fd, const void __user *, msg, unsigned int, flags)
{
	return do_sendmsg(fd, (__force unsigned long)msg, flags, true);
}

/* ---- recvmsg(2) ------------------------------------------------------------------------------ */

static int reply_put(unsigned long umsg, unsigned flags, u64 control_size, bool ia32)
{
	struct native_msghdr __user *h = (struct native_msghdr __user *)umsg;
	struct ia32_msghdr __user *n = (struct ia32_msghdr __user *)umsg;

	if (ia32)
		return put_user(flags, &n->msg_flags) || put_user((u32)control_size, &n->msg_controllen)
			       ? -EFAULT
			       : 0;
	return put_user(flags, &h->msg_flags) || put_user(control_size, &h->msg_controllen) ? -EFAULT : 0;
}

/* *out_flags: msg_flags as reported. */
static ssize_t recv_one(struct file *f, struct sock *sk, unsigned long umsg, unsigned flags, bool ia32,
			unsigned *out_flags)
{
	struct iovec_k *vec __cleanup(iter_free_vec) = NULL;
	struct msg m = { .flags = call_flags(f, flags), .out_flags = flags & MSG_CMSG_CLOEXEC };
	struct native_msghdr h;
	struct control_out c;
	struct sockaddr_storage addr;
	struct iter it;
	ssize_t n;
	int err;

	if ((err = header_get(&h, umsg, ia32, &it, &vec)))
		return err;
	m.it = &it;
	if (h.msg_name)
		m.name = &addr;
	n = sk->ops->recvmsg(sk, &m);
	if (n < 0) {
		scm_destroy(&m.scm);
		return n;
	}
	c = (struct control_out){ h.msg_control, h.msg_controllen, ia32, m.out_flags };
	control_put(&c, sk, &m.scm);
	scm_destroy(&m.scm);
	*out_flags = c.flags;
	if (h.msg_name && (err = addr_to_user(&addr, m.name_len, h.msg_name, namelen_at(umsg, ia32))))
		return err;
	if ((err = reply_put(umsg, c.flags, c.at - h.msg_control, ia32)))
		return err;
	return n;
}

long do_recvmsg(int fd, unsigned long umsg, unsigned flags, bool ia32)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	unsigned out_flags;
	struct sock *sk;
	int err;

	if ((err = message_borrow(fd, flags, ia32, &f, &sk)))
		return err;
	return recv_one(f.file, sk, umsg, flags, ia32, &out_flags);
}

SYSCALL_DEFINE3(recvmsg, int, fd, void __user *, msg, unsigned int, flags)
{
	return do_recvmsg(fd, (__force unsigned long)msg, flags, false);
}

IA32_SYSCALL_DEFINE3(recvmsg, int, fd, void __user *, msg, unsigned int, flags)
{
	return do_recvmsg(fd, (__force unsigned long)msg, flags, true);
}

/* ---- many at once ---------------------------------------------------------------------------- */

/* struct mmsghdr: the header, then how many bytes it moved. */
static size_t entry_size(bool ia32)
{
	return ia32 ? sizeof(struct ia32_mmsghdr) : sizeof(struct native_msghdr) + 8;
}

static int length_put(unsigned long uentry, ssize_t n, bool ia32)
{
	unsigned long at = uentry +
			   (ia32 ? offsetof(struct ia32_mmsghdr, msg_len) : sizeof(struct native_msghdr));

	return put_user((unsigned)n, (unsigned __user *)at);
}

long do_sendmmsg(int fd, unsigned long umsgs, unsigned count, unsigned flags, bool ia32)
{
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct sock *sk;
	unsigned done = 0;
	int err;

	if ((err = message_borrow(fd, flags, ia32, &f, &sk)))
		return err;
	for (count = min(count, (unsigned)UIO_MAXIOV); done < count; done++, umsgs += entry_size(ia32)) {
		ssize_t n = send_one(f.file, sk, umsgs, flags, ia32);

		err = n < 0 ? (int)n : length_put(umsgs, n, ia32);
		if (err)
			break;
		cond_resched();
	}
	return done ? (long)done : err;
}

SYSCALL_DEFINE4(sendmmsg, int, fd, void __user *, mmsg, unsigned int, vlen, unsigned int, flags)
{
	return do_sendmmsg(fd, (__force unsigned long)mmsg, vlen, flags, false);
}

IA32_SYSCALL_DEFINE4(sendmmsg, int, fd, void __user *, mmsg, unsigned int, vlen, unsigned int, flags)
{
	return do_sendmmsg(fd, (__force unsigned long)mmsg, vlen, flags, true);
}

/* Datagrams until count, the deadline, which is looked at after each one, or an error. */
static long recv_many(struct file *f, struct sock *sk, unsigned long umsgs, unsigned count, unsigned flags,
		      u64 deadline_ns, bool ia32)
{
	unsigned done = 0, out_flags = 0;
	int err = 0;

	while (done < count) {
		ssize_t n = recv_one(f, sk, umsgs, flags & ~(unsigned)MSG_WAITFORONE, ia32, &out_flags);

		err = n < 0 ? (int)n : length_put(umsgs, n, ia32);
		if (err)
			break;
		done++;
		umsgs += entry_size(ia32);
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline_ns != TIMEOUT_NEVER && clock_mono_ns() >= deadline_ns)
			break;
		if (out_flags & MSG_OOB) /* "out of band data, return right away" */
			break;
		cond_resched();
	}
	if (!done)
		return err;
	if (err && err != -EAGAIN) /* the next call reports it */
		WRITE_ONCE(sk->err, -err);
	return done;
}

long do_recvmmsg(int fd, unsigned long umsgs, unsigned count, unsigned flags, unsigned long utimeout,
		 bool time32, bool ia32)
{
	enum timeout_layout layout = time32 ? TIMEOUT_TIMESPEC32 : TIMEOUT_TIMESPEC;
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct sock *sk;
	u64 deadline;
	long ret;
	int err;

	if (!ia32 && (flags & MSG_CMSG_COMPAT))
		return -EINVAL;
	if ((err = timeout_get_user(utimeout, layout, &deadline)) || (err = sock_borrow(fd, &f, &sk)))
		return err;
	if (!(flags & MSG_ERRQUEUE) && (err = sock_error(sk)))
		return err;
	ret = recv_many(f.file, sk, umsgs, count, flags, deadline, ia32);
	return ret > 0 ? timeout_put_user(utimeout, layout, deadline, ret) : ret;
}

SYSCALL_DEFINE5(recvmmsg, int, fd, void __user *, mmsg, unsigned int, vlen, unsigned int, flags,
		struct __kernel_timespec __user *, timeout)
{
	return do_recvmmsg(fd, (__force unsigned long)mmsg, vlen, flags, (__force unsigned long)timeout,
			   false, false);
}

IA32_SYSCALL_DEFINE5(recvmmsg, int, fd, void __user *, mmsg, unsigned int, vlen, unsigned int, flags,
		     struct ia32_timespec __user *, timeout)
{
	return do_recvmmsg(fd, (__force unsigned long)mmsg, vlen, flags, (__force unsigned long)timeout, true,
			   true);
}

IA32_SYSCALL_DEFINE5(recvmmsg_time64, int, fd, void __user *, mmsg, unsigned int, vlen, unsigned int, flags,
		     struct __kernel_timespec __user *, timeout)
{
	return do_recvmmsg(fd, (__force unsigned long)mmsg, vlen, flags, (__force unsigned long)timeout,
			   false, true);
}

/* SPDX-License-Identifier: MIT */
/*
 * Sockets: the part that all families share (kernel/net), and the operations that a family provides.
 *
 * struct sock is the socket; an open file's private points at it.  It outlives the file while others hold
 * references (a peer, a queue), and its memory outlives the last reference while bytes that it sent lie in
 * somebody's queue: `wmem` counts those.  Sources: socket(2), socket(7), unix(7), Linux 6.1 net/core.
 *
 * Lock order: unix bindlock, iolock; gc_lock; sock->lock (two of them by address); wait queues.
 */
#pragma once

#include "kernel/fs/fasync.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/poll.h"
#include <asm/socket.h>
#include <linux/socket.h>

/* Linux has these in headers that the UAPI does not export (include/linux/socket.h, net.h). */
#define AF_UNSPEC 0
#define AF_UNIX   1
#define AF_MAX    46

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_SEQPACKET 5
#define SOCK_PACKET    10
#define SOCK_MAX       11
#define SOCK_TYPE_MASK 0xf
#define SOCK_CLOEXEC   O_CLOEXEC
#define SOCK_NONBLOCK  O_NONBLOCK

#define MSG_OOB          1
#define MSG_PEEK         2
#define MSG_CTRUNC       8
#define MSG_TRUNC        0x20
#define MSG_DONTWAIT     0x40
#define MSG_EOR          0x80
#define MSG_WAITALL      0x100
#define MSG_ERRQUEUE     0x2000
#define MSG_NOSIGNAL     0x4000
#define MSG_BATCH        0x40000
#define MSG_WAITFORONE   0x10000
#define MSG_CMSG_CLOEXEC 0x40000000
#define MSG_CMSG_COMPAT  0x80000000u

#define SCM_RIGHTS      1
#define SCM_CREDENTIALS 2
#define SCM_MAX_FD      253

/* sock->shutdown */
#define SHUT_RCV  1 /* nothing more will be read */
#define SHUT_SEND 2 /* nothing more may be written */
#define SHUT_BOTH 3

#define SOCK_MIN_SNDBUF 4608
#define SOCK_MIN_RCVBUF 2304

/* /proc/sys/net/core */
extern struct sock_settings {
	int somaxconn; /* [atomic] all of them: the most that listen(2) takes */
	int wmem_default, wmem_max, rmem_default, rmem_max; /* SO_SNDBUF, SO_RCVBUF: half of what is kept */
	int optmem_max; /* control data of one call */
} sock_settings;

/* States, by the numbers of Linux's TCP_*: /proc and getsockopt(2) show what follows from them. */
enum sock_state { SK_ESTABLISHED = 1, SK_CLOSE = 7, SK_LISTEN = 10 };

/* sock->options: what setsockopt(2) switches on and off */
enum sock_option {
	SKO_PASSCRED = 1 << 0,
	SKO_PASSSEC = 1 << 1,
	SKO_OOBINLINE = 1 << 2,
	SKO_TIMESTAMP = 1 << 3, /* any of SO_TIMESTAMP*, the next two say which */
	SKO_TIMESTAMP_NS = 1 << 4,
	SKO_TIMESTAMP_NEW = 1 << 5,
	SKO_KEEPALIVE = 1 << 6,
	SKO_BROADCAST = 1 << 7,
	SKO_DONTROUTE = 1 << 8,
	SKO_DEBUG = 1 << 9,
	SKO_REUSEADDR = 1 << 10,
	SKO_NO_CHECK = 1 << 12,
	SKO_RXQ_OVFL = 1 << 13,
	SKO_NOFCS = 1 << 14,
	SKO_SELECT_ERR_QUEUE = 1 << 15,
	SKO_LINGER = 1 << 16,
};

#define sockaddr_storage __kernel_sockaddr_storage /* any address; its length goes beside it */

struct sock;
struct skb;

struct ucred_k { /* struct ucred */
	s32 pid;
	u32 uid, gid;
};

/* Descriptors on their way: SCM_RIGHTS. */
struct scm_fds {
	u32 count;
	struct user *user; /* charged while they are in flight: RLIMIT_NOFILE */
	struct file *file[SCM_MAX_FD]; /* references */
};

/* What goes along with the bytes of a message: ancillary data, decoded. */
struct scm {
	struct pid *pid; /* sender, reference; NULL: not recorded */
	uid_t uid;
	gid_t gid;
	bool cred; /* receiving: uid and gid are to be told */
	struct scm_fds *fds; /* or NULL */
	u64 stamp_ns; /* receiving: CLOCK_REALTIME of the message, 0: not asked for */
};

/* One message between a call and a socket. */
struct msg {
	struct iter *it; /* the bytes */
	unsigned flags; /* MSG_* of the call; MSG_DONTWAIT stands for O_NONBLOCK too */
	unsigned out_flags; /* receiving: what msg_flags reports */
	struct sockaddr_storage
		*name; /* sending: where to, or NULL; receiving: room for where from, or NULL */
	int name_len; /* bytes of name */
	const void *control; /* sending: struct cmsghdr, native layout, kernel memory */
	size_t control_size;
	struct scm scm; /* receiving: the caller passes it on and lets go of it */
};

struct sock_ops {
	int (*bind)(struct sock *sk, const struct sockaddr_storage *addr, int len);
	int (*connect)(struct sock *sk, const struct sockaddr_storage *addr, int len, bool nonblock);
	int (*listen)(struct sock *sk, int backlog);
	int (*accept)(struct sock *sk, bool nonblock, struct sock **out); /* a reference, without a file */
	int (*pair)(struct sock *a, struct sock *b); /* socketpair(2); NULL: -EOPNOTSUPP */
	int (*getname)(struct sock *sk, bool peer, struct sockaddr_storage *out); /* length or -errno */
	int (*shutdown)(struct sock *sk, int how); /* how: SHUT_RCV | SHUT_SEND */
	ssize_t (*sendmsg)(struct sock *sk, struct msg *m);
	ssize_t (*recvmsg)(struct sock *sk, struct msg *m);
	u32 (*poll)(struct file *f, struct sock *sk, struct poll_table *pt);
	long (*ioctl)(struct sock *sk, unsigned cmd, void *karg); /* -ENOIOCTLCMD */
	int (*set_peek_off)(struct sock *sk, int off); /* NULL: -EOPNOTSUPP */
	void (*release)(struct sock *sk); /* the file is gone; takes its reference over */
	void (*destruct)(struct sock *sk); /* memory goes: nobody knows sk; must not sleep */
	void (*show_fdinfo)(struct sock *sk, char *buf, size_t size);
};

struct sock {
	u32 refs; /* [atomic] */
	u32 wmem; /* [atomic] what its skbs in queues are charged, plus one while refs is not zero */
	const struct sock_ops *ops; /* [const] */
	u16 family, type; /* [const] */
	int protocol; /* [const] */
	u8 state __guarded_by(&lock); /* enum sock_state */
	u8 shutdown __guarded_by(&lock); /* SHUT_* */
	bool dead __guarded_by(&lock); /* its file is gone */
	int err; /* [atomic] errno that the next call reports, once */
	u32 options; /* [atomic] SKO_* */
	struct spinlock lock;
	struct waitq wait; /* readers, writers, pollers: keys tell them apart */
	struct list_head rx __guarded_by(&lock); /* struct skb: received, not read */
	u32 rx_count __guarded_by(&lock); /* of them */
	u32 rx_seq __guarded_by(&lock); /* skbs ever received: what a reader that waits compares */
	u32 backlog __guarded_by(&lock); /* connections or datagrams that may wait: one more than that fits */
	s32 sndbuf __guarded_by(&lock); /* SO_SNDBUF */
	s32 rcvbuf __guarded_by(&lock); /* SO_RCVBUF */
	s32 rcvlowat, peek_off; /* SO_RCVLOWAT, SO_PEEK_OFF (-1: off) */
	u64 snd_timeout, rcv_timeout; /* SO_SNDTIMEO, SO_RCVTIMEO in SOCK_TICK_NS; SOCK_FOREVER: none */
	u32 mark, priority, linger_s; /* kept for who asks */
	u8 buf_lock __guarded_by(&lock); /* SOCK_*BUF_LOCK: set by the program */
	bool no_space; /* [atomic] somebody was told so: O_ASYNC tells when that ends */
	struct fasync_list async; /* who asked for SIGIO */
	struct file *file __guarded_by(&lock); /* NULL: not accepted yet, or closed.  No reference */
	struct pid *peer_pid __guarded_by(&lock); /* SO_PEERCRED: who connected or listens; references */
	const struct cred *peer_cred __guarded_by(&lock);
	struct rcu_head rcu;
};

/* Families register themselves at boot. */
struct sock_family {
	int family;
	/* A new socket with one reference: -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -ENOMEM, -ENFILE. */
	int (*create)(int type, int protocol, struct sock **out);
};
void sock_family_register(const struct sock_family *f);

/* ---- life ------------------------------------------------------------------------------------ */
int __must_check sock_create(int family, int type, int protocol, struct sock **out);
/* For families: sets up the shared part of zeroed memory. */
void sock_init(struct sock *sk, const struct sock_ops *ops, int family, int type, int protocol);
static inline struct sock *sock_get(struct sock *sk)
{
	atomic_add(&sk->refs, 1);
	return sk;
}
void sock_put(struct sock *sk);
void sock_putp(struct sock **sk); /* for __cleanup */
/* By address; b NULL or equal to a: only a. */
void sock_lock_pair(struct sock *a, struct sock *b) __acquires(&a->lock, &b->lock);
void sock_unlock_pair(struct sock *a, struct sock *b) __releases(&a->lock, &b->lock);
void sock_uncharge(struct sock *sk, u32 size); /* bytes it sent left a queue: wakes writers; may free sk */

/* ---- files ----------------------------------------------------------------------------------- */
/* An open file for a socket that is yet to come; closing it before sock_graft() is harmless. */
int __must_check sock_file_create(unsigned flags, struct file **out);
void sock_graft(struct sock *sk, struct file *f); /* takes over the caller's reference on sk */
struct sock *sock_of_file(const struct file *f); /* NULL: no socket.  Lives as long as f */

/* ---- waiting --------------------------------------------------------------------------------- */
#define SOCK_IN_KEY  (POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND)
#define SOCK_OUT_KEY (POLLOUT | POLLWRNORM | POLLWRBAND)

#define SOCK_TICK_NS (4 * NSEC_PER_MSEC) /* Linux keeps time limits in ticks; Debian's has 250 a second */
#define SOCK_FOREVER (~0ULL)

struct sock_waiter {
	struct waitq *q;
	u32 key; /* wake-ups that are meant: poll mask */
	bool exclusive;
	u64 timeout; /* as given: SOCK_FOREVER makes an interrupted call restart */
	u64 deadline_ns; /* of it */
};
/* The timeout of SO_*TIMEO → a waiter; nonblock: does not wait at all. */
void sock_waiter_init(struct sock_waiter *w, struct waitq *q, u32 key, u64 timeout, bool nonblock);
/* Sleeps, no locks held, until cond(arg): 0, -EAGAIN when time is up, -ERESTARTSYS, -EINTR. */
int __must_check sock_wait(struct sock_waiter *w, bool (*cond)(void *arg), void *arg);
static inline int __must_check sock_error(struct sock *sk) /* -errno, forgotten from now on; 0 */
{
	return likely(!READ_ONCE(sk->err)) ? 0 : -atomic_xchg(&sk->err, 0);
}
static inline void sock_wake(struct waitq *q, u32 key)
{
	if (waitq_active(q))
		waitq_wake_key(q, key, 1);
}
/* Who waits for bytes, and SIGIO: sk just got some. */
static inline void sock_wake_readers(struct sock *sk)
{
	sock_wake(&sk->wait, SOCK_IN_KEY);
	fasync_notify(&sk->async, POLL_IN);
}
void sock_wake_all(struct sock *sk); /* its state changed */
static inline bool sock_option(const struct sock *sk, u32 option)
{
	return READ_ONCE(sk->options) & option;
}
/* Room for an skb?  wmem counts one too many. */
static inline bool sock_has_room(const struct sock *sk)
{
	return (s32)READ_ONCE(sk->wmem) - 1 < READ_ONCE(sk->sndbuf);
}
/* poll(2): less than a quarter of the buffer is in use. */
static inline bool sock_writable(const struct sock *sk)
{
	return READ_ONCE(sk->state) != SK_LISTEN &&
	       (u64)READ_ONCE(sk->wmem) * 4 <= (u64)READ_ONCE(sk->sndbuf);
}

/* ---- workers of the calls -------------------------------------------------------------------- */
/* What Linux's set_sock_opt() reads: how many bytes of value option `name` of SOL_SOCKET takes. */
size_t sock_option_size(int name);
int __must_check sock_setsockopt(struct sock *sk, int name, const void *val);
/* Fills val (SOCK_OPTION_MAX bytes) and *size; -ENOPROTOOPT … */
#define SOCK_OPTION_MAX 128
int __must_check sock_getsockopt(struct sock *sk, int name, void *val, size_t *size);
/* SO_PEERGROUPS: a reference or NULL. */
struct group_info *sock_peer_groups(struct sock *sk);
void sock_set_peercred(struct sock *sk); /* from current; lock held or sk not yet known */
void sock_copy_peercred(struct sock *to, struct sock *from) __must_hold(&to->lock, &from->lock);

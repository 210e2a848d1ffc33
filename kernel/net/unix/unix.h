/* SPDX-License-Identifier: MIT */
/*
 * AF_UNIX inside: what its files share.  Source of behaviour: unix(7), Linux 6.1 net/unix.
 *
 *   unix.c     family, creation, release, poll, ioctl       name.c     bind, look-up of addresses
 *   connect.c  connect, listen, accept, socketpair          stream.c   bytes
 *   dgram.c    datagrams and sequenced packets              gc.c       descriptors in flight
 *
 * A peer is set under both locks and, for connections, cleared only by the release of its own file: who runs
 * a call on that file may use it without lock or reference.  Datagram sockets change peers at any time.
 */
#pragma once

#include "kernel/net/scm.h"
#include "kernel/net/skb.h"
#include "kernel/sync/mutex.h"
#include <linux/un.h>

#define UNIX_PATH_OFF offsetof(struct sockaddr_un, sun_path)

struct unix_addr { /* [const] an address that a socket is bound to; shared with what it accepts */
	u32 refs; /* [atomic] */
	int len; /* of name: with the NUL of a path */
	struct sockaddr_un name;
	char room_for_nul;
};

struct unix_sock {
	struct sock sk; /* first */
	struct unix_addr *addr; /* [bindlock, atomic] set once; freed with the memory */
	struct path path; /* [table bucket] of addr: a reference until release; dentry NULL: none */
	bool named; /* [table bucket] addr was bound here, not inherited from a listener */
	u32 bucket; /* [bucket's lock] where table_node hangs */
	struct hlist_node table_node; /* [table bucket] */
	struct mutex bindlock; /* binding */
	struct mutex iolock; /* reading: held across copies, never across a wait */
	struct sock *peer; /* [lock] reference */
	struct waitq peer_wait; /* who finds this socket's queue full */
	struct waiter peer_wake; /* [peer's peer_wait] polling for room there: passed on to sk.wait */
	struct sock *peer_wake_on; /* [lock; atomic to NULL] whose queue peer_wake hangs on */
	struct list_head embryos; /* [lock] listening: connected, not accepted; sk.rx_count counts them */
	struct list_head embryo_node; /* [listener's lock] */
	struct skb *oob; /* [lock] the urgent byte, in sk.rx too unless reading made an end of it */
	struct list_head gc_node; /* [gc_lock] in flight */
	u32 in_flight; /* [gc_lock] descriptors of it that are in flight */
	u32 gc_flags; /* [gc_lock] */
	u32 fds_queued; /* [atomic] descriptors in sk.rx: /proc/PID/fdinfo */
};

static inline struct unix_sock *unix_sk(const struct sock *sk)
{
	return (struct unix_sock *)sk;
}

extern const struct sock_ops unix_stream_ops, unix_dgram_ops, unix_seqpacket_ops;

/* ---- unix.c ---------------------------------------------------------------------------------- */
/* Counts against the limit on open files; one reference.  -ENFILE, -ENOMEM */
int __must_check unix_sock_create(int type, struct sock **out);
void unix_release(struct sock *sk); /* takes the reference over */
void unix_release_embryo(struct sock *sk); /* connected, never accepted */
/* lock held.  More connections or datagrams wait than listen(2) or the system allows. */
static inline bool unix_queue_full(const struct sock *sk)
{
	return READ_ONCE(sk->rx_count) > READ_ONCE(sk->backlog);
}
/* Sleeps until `other` may take something again, is gone or shut: see sock_wait(). */
int __must_check unix_wait_for_peer(struct sock *other, struct sock_waiter *w);
/* Credentials, when either end asked for them (SO_PASSCRED) or nobody can say yet. */
void unix_add_creds(struct skb *skb, const struct sock *sk, const struct sock *other);
void unix_show_fdinfo(struct sock *sk, char *buf, size_t size);
extern int unix_max_dgram_qlen; /* [atomic] /proc/sys/net/unix/max_dgram_qlen */

/* ---- name.c ---------------------------------------------------------------------------------- */
void unix_table_insert(struct unix_sock *u);
void unix_table_remove(struct unix_sock *u);
void unix_addr_put(struct unix_addr *a);
int __must_check unix_addr_check(const struct sockaddr_storage *addr, int len); /* -EINVAL */
int unix_bind(struct sock *sk, const struct sockaddr_storage *addr, int len);
int __must_check unix_autobind_if_passcred(struct sock *sk);
/* The socket of an address: a reference; -ECONNREFUSED, -EPROTOTYPE, -EACCES, errors of the path walk. */
int __must_check unix_find(const struct sockaddr_storage *addr, int len, int type, struct sock **out);
int unix_getname(struct sock *sk, bool peer, struct sockaddr_storage *out);
int __must_check unix_bound_path(struct unix_sock *u, struct path *out); /* references; -ENOENT */
int unix_copy_addr(const struct sock *sk, struct sockaddr_storage *out); /* its length; 0: none */
/*
 * The sockets of bucket b, 0 … UNIX_BUCKETS - 1: a kmalloc'ed array of references, *count of them (NULL
 * when none).  -ENOMEM
 */
#define UNIX_BUCKETS 256 /* power of two */
int __must_check unix_table_snapshot(u32 b, struct unix_sock ***out, u32 *count);

/* ---- connect.c ------------------------------------------------------------------------------- */
int unix_listen(struct sock *sk, int backlog);
int unix_accept(struct sock *sk, bool nonblock, struct sock **out);
int unix_stream_connect(struct sock *sk, const struct sockaddr_storage *addr, int len, bool nonblock);
int unix_pair(struct sock *a, struct sock *b);
int unix_shutdown(struct sock *sk, int how);

/* ---- stream.c, dgram.c ----------------------------------------------------------------------- */
ssize_t unix_stream_sendmsg(struct sock *sk, struct msg *m);
ssize_t unix_stream_recvmsg(struct sock *sk, struct msg *m);
/* FIONREAD, SIOCATMARK */
long unix_bytes_queued(struct sock *sk);
bool unix_at_mark(struct sock *sk);
int unix_dgram_connect(struct sock *sk, const struct sockaddr_storage *addr, int len, bool nonblock);
ssize_t unix_dgram_sendmsg(struct sock *sk, struct msg *m);
ssize_t unix_dgram_recvmsg(struct sock *sk, struct msg *m);
ssize_t unix_seqpacket_sendmsg(struct sock *sk, struct msg *m);
ssize_t unix_seqpacket_recvmsg(struct sock *sk, struct msg *m);
u32 unix_dgram_poll(struct file *f, struct sock *sk, struct poll_table *pt);
bool unix_peer_wake_relay(struct waiter *w, u32 key);
void unix_peer_wake_end(struct unix_sock *u, struct sock *other); /* u->sk.lock held */
/* Moves what travels with skb to scm: a copy when peek is set.  iolock held; -ENOMEM */
void unix_take_fds(struct sock *sk, struct skb *skb, struct scm *scm, bool peek);
/* Hands scm's sender and descriptors to skb; the caller still owns scm.  -ETOOMANYREFS, -ENOMEM */
int __must_check unix_attach(struct skb *skb, const struct scm *scm, bool with_fds);
/* Queues skb at other, whose lock is held. */
void unix_queue_locked(struct sock *other, struct skb *skb) __must_hold(&other->lock);
/* SO_PEEK_OFF */
static inline u32 unix_peek_offset(const struct sock *sk, unsigned flags)
{
	s32 off = flags & MSG_PEEK ? READ_ONCE(sk->peek_off) : 0;

	return off > 0 ? (u32)off : 0;
}
void unix_peek_offset_move(struct sock *sk, s32 by); /* iolock held */

/* ---- gc.c ------------------------------------------------------------------------------------ */
void unix_gc(void); /* frees cycles of sockets in flight; may sleep */
void unix_gc_pace(void); /* a sender: collects, and waits, when very many are in flight */
extern u32 unix_in_flight; /* [gc_lock] descriptors of Unix sockets in flight */

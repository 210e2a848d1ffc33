/* SPDX-License-Identifier: MIT */
/*
 * Socket buffers: a datagram, or a piece of a stream, between a sender and a reader.  Small ones hold their
 * bytes behind the header, large ones in pages.  Each is charged to the socket that sent it, with Linux's
 * figures (sizes of its sk_buff included), so that a buffer is full after as many messages as there.
 */
#pragma once

#include "kernel/net/socket.h"

struct skb {
	struct list_head node; /* [receiver's lock] */
	struct sock *owner; /* [const] sender: charged, its memory stays; its references do not count */
	u32 truesize; /* [const] the charge */
	u32 size; /* [const] bytes */
	u32 off; /* [reader] bytes of a stream that are read */
	u32 nr_pages; /* [const] 0: the bytes are in data[] */
	bool peeked; /* [receiver's lock] MSG_PEEK saw it: an empty datagram is seen once */
	uid_t uid; /* [const once queued] of the sender, with pid */
	gid_t gid;
	struct pid *pid; /* reference; NULL: nobody wants to know */
	struct scm_fds *fds; /* [receiver's iolock] in flight; NULL: none, or taken */
	u64 stamp_ns; /* CLOCK_REALTIME, 0: none */
	union {
		u8 data[0];
		struct page *page[0];
	};
};

#define SKB_HEAD_MAX 3776 /* what Linux fits beside its trailer into a page */

/*
 * A buffer for `head` bytes in one piece and `paged` more, charged to sk.  Waits for room unless nonblock:
 * -EAGAIN, -EPIPE after shutdown(2), -ERESTARTSYS, -EINTR, sk's pending error, -ENOBUFS.  May sleep.
 */
int __must_check skb_alloc_send(struct sock *sk, size_t head, size_t paged, bool nonblock, struct skb **out);
void skb_free(struct skb *skb); /* with what it carries; may sleep; no locks held */
/* Bytes [off, off+n) from or to an iterator: 0 or -EFAULT. */
int __must_check skb_fill(struct skb *skb, struct iter *from);
int __must_check skb_copy_out(const struct skb *skb, u32 off, size_t n, struct iter *to);
static inline u32 skb_left(const struct skb *skb)
{
	return skb->size - skb->off;
}
static inline void skb_queue(struct sock *sk, struct skb *skb) __must_hold(&sk->lock)
{
	list_add_tail(&skb->node, &sk->rx);
	WRITE_ONCE(sk->rx_count, sk->rx_count + 1);
	WRITE_ONCE(sk->rx_seq, sk->rx_seq + 1);
}
static inline void skb_unqueue(struct sock *sk, struct skb *skb) __must_hold(&sk->lock)
{
	list_del(&skb->node);
	WRITE_ONCE(sk->rx_count, sk->rx_count - 1);
}
static inline struct skb *skb_first(struct sock *sk) __must_hold(&sk->lock)
{
	return list_empty(&sk->rx) ? NULL : list_first(&sk->rx, struct skb, node);
}

// SPDX-License-Identifier: MIT
/*
 * Bytes over connected stream sockets, and the urgent byte (MSG_OOB).
 *
 * A write becomes buffers in the peer's queue; credentials and descriptors ride on the buffer they were sent
 * with, and a read never goes past one that carries descriptors, nor glues bytes of different senders
 * together when their credentials are to be told.  Readers hold iolock, so the head of the queue is theirs;
 * writers only append.  The urgent byte lies in the queue like any other; u->oob points at its buffer until
 * it is read, and ordinary reads stop in front of it.
 */
#include "kernel/net/unix/unix.h"

#include "kernel/base/string.h"
#include "kernel/signal/signal.h"
#include "kernel/sync/guard.h"

#define PAGED_MAX 32768 /* a buffer holds this much beyond what fits beside its header, as Linux's */

/* ---- writing --------------------------------------------------------------------------------- */

/* Appends skb to the peer's queue: false when the peer reads no more. */
static bool deliver(struct sock *sk, struct sock *other, struct skb *skb, bool urgent)
{
	struct unix_sock *o = unix_sk(other);

	spin_lock(&other->lock);
	if (unlikely(other->dead || (other->shutdown & SHUT_RCV))) {
		spin_unlock(&other->lock);
		return false;
	}
	unix_add_creds(skb, sk, other);
	if (unlikely(urgent))
		WRITE_ONCE(o->oob, skb); /* an older urgent byte becomes an ordinary one */
	unix_queue_locked(other, skb);
	if (unlikely(urgent) && other->file)
		fasync_send_urgent(&other->async, other->file);
	spin_unlock(&other->lock);
	sock_wake_readers(other);
	return true;
}

/* Sends the next buffer's worth, at most `left` bytes.  Bytes sent, -EPIPE (peer gone), or -errno. */
static ssize_t send_piece(struct sock *sk, struct sock *other, struct msg *m, const struct scm *scm,
			  size_t left, bool first)
{
	size_t size = min(left, (size_t)(READ_ONCE(sk->sndbuf) >> 1) - 64);
	struct skb *skb;
	int err;

	size = min(size, (size_t)SKB_HEAD_MAX + PAGED_MAX);

	size_t paged = size > SKB_HEAD_MAX ? min(size, ALIGN_UP(size - SKB_HEAD_MAX, PAGE_SIZE)) : 0;

	if ((err = skb_alloc_send(sk, size - paged, paged, m->flags & MSG_DONTWAIT, &skb)))
		return err;
	if (unlikely(scm) && (err = unix_attach(skb, scm, first))) {
		skb_free(skb);
		return err;
	}
	if ((err = skb_fill(skb, m->it))) {
		skb_free(skb);
		return err;
	}
	if (unlikely(!deliver(sk, other, skb, false))) {
		skb_free(skb);
		return -ESHUTDOWN;
	}
	return (ssize_t)size;
}

static int send_urgent(struct sock *sk, struct sock *other, struct msg *m)
{
	struct skb *skb;
	int err;

	if ((err = skb_alloc_send(sk, 1, 0, m->flags & MSG_DONTWAIT, &skb)))
		return err;
	if ((err = skb_fill(skb, m->it)) || !deliver(sk, other, skb, true)) {
		skb_free(skb);
		return err ? err : -EPIPE;
	}
	return 0;
}

/* All of m: bytes sent, or -errno when none. */
static ssize_t send_all(struct sock *sk, struct sock *other, struct msg *m, const struct scm *scm)
{
	size_t len = iter_count(m->it), sent = 0;
	bool urgent = m->flags & MSG_OOB;
	ssize_t n = 0;

	len -= urgent;
	if (unlikely(READ_ONCE(sk->shutdown) & SHUT_SEND))
		n = -ESHUTDOWN;
	while (n >= 0 && sent < len) {
		n = send_piece(sk, other, m, scm, len - sent, !sent);
		if (n > 0)
			sent += (size_t)n;
	}
	if (unlikely(n == -ESHUTDOWN)) { /* the ways to EPIPE that raise SIGPIPE */
		if (sent)
			return (ssize_t)sent;
		return m->flags & MSG_NOSIGNAL ? -EPIPE : signal_broken_pipe();
	}
	if (urgent && n >= 0 && !(n = send_urgent(sk, other, m)))
		sent++;
	return sent ? (ssize_t)sent : n;
}

ssize_t unix_stream_sendmsg(struct sock *sk, struct msg *m)
{
	struct sock *other;
	struct scm scm;
	ssize_t n;
	int err;

	unix_gc_pace();
	if (unlikely(m->control_size) && (err = scm_send(&scm, m)))
		return err;
	other = READ_ONCE(unix_sk(sk)->peer);
	if (unlikely((m->flags & MSG_OOB) && !iter_count(m->it)))
		n = -EOPNOTSUPP;
	else if (unlikely(m->name_len))
		n = READ_ONCE(sk->state) == SK_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
	else if (unlikely(!other))
		n = -ENOTCONN;
	else
		n = send_all(sk, other, m, m->control_size ? &scm : NULL);
	if (unlikely(m->control_size))
		scm_destroy(&scm);
	return n;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct stream_read {
	struct sock *sk;
	struct msg *m;
	size_t left; /* bytes still wanted */
	size_t copied;
	size_t target; /* fewer are not enough to return */
	struct sock_waiter waiter;
	u32 seen; /* sk->rx_seq when the queue was found empty */
	u32 peek_from; /* SO_PEEK_OFF when the call began */
};

static bool peeking(const struct stream_read *r)
{
	return r->m->flags & MSG_PEEK;
}

static void drop_locked(struct sock *sk, struct skb *skb, struct list_head *gone) __must_hold(&sk->lock)
{
	skb_unqueue(sk, skb);
	list_add_tail(&skb->node, gone);
}

/*
 * What the urgent byte means for a read that finds it, or what is left of it, at the head: false, stop here.
 * Buffers that are done with go to `gone`.
 */
static bool pass_urgent_locked(struct stream_read *r, struct list_head *gone) __must_hold(&r->sk->lock)
{
	struct unix_sock *u = unix_sk(r->sk);
	struct skb *skb;

	while ((skb = skb_first(r->sk))) {
		if (!skb_left(skb) && !peeking(r)) { /* its byte was read by MSG_OOB */
			drop_locked(r->sk, skb, gone);
			continue;
		}
		if (likely(skb != u->oob))
			return true;
		if (r->copied)
			return false;
		if (peeking(r))
			return true;
		WRITE_ONCE(u->oob, NULL);
		if (sock_option(r->sk, SKO_OOBINLINE))
			return true;
		drop_locked(r->sk, skb, gone); /* nobody asked for it in time */
	}
	return true;
}

/* The buffer at the read position, and how far into it; NULL: none.  *go_on false: return what there is. */
static struct skb *locate(struct stream_read *r, u32 *skip, bool *go_on)
{
	struct sock *sk = r->sk;
	struct skb *skb, *next, *found = NULL;
	LIST_HEAD(gone);

	*skip = peeking(r) ? r->peek_from + (u32)r->copied : 0;
	spin_lock(&sk->lock);
	*go_on = likely(!unix_sk(sk)->oob && !(skb_first(sk) && !skb_left(skb_first(sk)))) ||
		 pass_urgent_locked(r, &gone);
	if (likely(*go_on)) {
		list_for_each(skb, &sk->rx, node) {
			if (likely(*skip < skb_left(skb))) {
				found = skb;
				break;
			}
			*skip -= skb_left(skb);
		}
	}
	r->seen = sk->rx_seq;
	spin_unlock(&sk->lock);
	list_for_each_safe(skb, next, &gone, node)
		skb_free(skb);
	return found;
}

static bool stream_changed(void *arg)
{
	const struct stream_read *r = arg;

	return READ_ONCE(r->sk->rx_seq) != r->seen || READ_ONCE(r->sk->err) ||
	       (READ_ONCE(r->sk->shutdown) & SHUT_RCV);
}

/* Nothing to read: waits, without iolock.  1: look again; 0: end, or enough; -errno. */
static int wait_for_more(struct stream_read *r) __no_lock_analysis /* the caller holds iolock */
{
	struct sock *sk = r->sk;
	int err;

	if (r->copied >= r->target)
		return 0;
	if ((err = sock_error(sk)))
		return err;
	if (READ_ONCE(sk->shutdown) & SHUT_RCV) /* set after the last byte was queued, if any came since */
		return READ_ONCE(sk->rx_seq) != r->seen;
	if (!r->waiter.deadline_ns)
		return -EAGAIN;
	mutex_unlock(&unix_sk(sk)->iolock);
	err = sock_wait(&r->waiter, stream_changed, r);
	mutex_lock(&unix_sk(sk)->iolock);
	return err ? err : 1;
}

/* False: skb's sender is another than that of the bytes before. */
static bool same_sender(struct stream_read *r, const struct skb *skb)
{
	struct scm *scm = &r->m->scm;

	if (likely(!sock_option(r->sk, SKO_PASSCRED)))
		return true;
	if (scm->cred)
		return scm->pid == skb->pid && (!skb->pid || (scm->uid == skb->uid && scm->gid == skb->gid));
	scm->cred = true;
	scm->pid = skb->pid ? pid_get(skb->pid) : NULL;
	scm->uid = skb->uid;
	scm->gid = skb->gid;
	return true;
}

/* n bytes of skb are copied.  True: the read may go on with the next buffer. */
static bool consume(struct stream_read *r, struct skb *skb, u32 n)
{
	struct sock *sk = r->sk;

	if (peeking(r)) {
		if (unlikely(skb->fds))
			unix_take_fds(sk, skb, &r->m->scm, true);
		unix_peek_offset_move(sk, (s32)n);
		return !skb->fds;
	}
	skb->off += n;
	unix_peek_offset_move(sk, -(s32)n);
	if (unlikely(skb->fds))
		unix_take_fds(sk, skb, &r->m->scm, false);
	if (skb_left(skb))
		return false;
	spin_lock(&sk->lock);
	skb_unqueue(sk, skb);
	if (unlikely(unix_sk(sk)->oob == skb))
		unix_sk(sk)->oob = NULL;
	spin_unlock(&sk->lock);
	skb_free(skb);
	return !r->m->scm.fds;
}

static int read_loop(struct stream_read *r)
{
	u32 skip, start = 0;
	struct skb *skb;
	bool go_on;
	int more;

	do {
		skb = locate(r, &skip, &go_on);
		if (!go_on)
			return 0;
		if (!skb) {
			if (peeking(r) && r->copied) /* the end of what is there */
				return 0;
			if ((more = wait_for_more(r)) <= 0)
				return more;
			continue;
		}
		if (!same_sender(r, skb))
			return 0;
		if (r->m->name && !start++)
			r->m->name_len = unix_copy_addr(skb->owner, r->m->name);

		u32 n = (u32)min((size_t)(skb_left(skb) - skip), r->left);

		if (skb_copy_out(skb, skb->off + skip, n, r->m->it))
			return r->copied ? 0 : -EFAULT;
		r->copied += n;
		r->left -= n;
		if (!consume(r, skb, n))
			return 0;
	} while (r->left);
	return 0;
}

static ssize_t read_urgent(struct sock *sk, struct msg *m)
{
	struct unix_sock *u = unix_sk(sk);
	bool peek = m->flags & MSG_PEEK;
	struct skb *skb;
	u8 byte;

	guard(mutex)(&u->iolock);
	spin_lock(&sk->lock);
	skb = sock_option(sk, SKO_OOBINLINE) ? NULL : u->oob;
	if (skb) {
		byte = skb->data[0];
		if (!peek) {
			WRITE_ONCE(u->oob, NULL);
			skb->off = 1; /* the empty rest goes when an ordinary read finds it */
		}
	}
	spin_unlock(&sk->lock);
	if (!skb)
		return -EINVAL;
	if (copy_to_iter(&byte, 1, m->it) != 1)
		return -EFAULT;
	m->out_flags |= MSG_OOB;
	return 1;
}

ssize_t unix_stream_recvmsg(struct sock *sk, struct msg *m)
{
	struct stream_read r;
	int err;

	if (unlikely(READ_ONCE(sk->state) != SK_ESTABLISHED))
		return -EINVAL;
	if (unlikely(m->flags & MSG_OOB))
		return read_urgent(sk, m);
	r.sk = sk;
	r.m = m;
	r.left = iter_count(m->it);
	r.copied = 0;
	r.target = m->flags & MSG_WAITALL ? r.left : min((size_t)READ_ONCE(sk->rcvlowat), r.left);
	if (!r.target)
		r.target = 1;
	m->scm.cred = false;
	sock_waiter_init(&r.waiter, &sk->wait, POLLIN, sk->rcv_timeout, m->flags & MSG_DONTWAIT);
	mutex_lock(&unix_sk(sk)->iolock);
	r.peek_from = unix_peek_offset(sk, m->flags);
	err = read_loop(&r);
	mutex_unlock(&unix_sk(sk)->iolock);
	return r.copied ? (ssize_t)r.copied : err;
}

/* ---- ioctl(2) -------------------------------------------------------------------------------- */

long unix_bytes_queued(struct sock *sk)
{
	struct skb *skb;
	long n = 0;

	guard(spinlock)(&sk->lock);
	if (sk->state == SK_LISTEN)
		return -EINVAL;
	list_for_each(skb, &sk->rx, node) {
		n += skb_left(skb);
		if (sk->type == SOCK_DGRAM)
			break;
	}
	return n;
}

bool unix_at_mark(struct sock *sk)
{
	guard(spinlock)(&sk->lock);
	return unix_sk(sk)->oob && skb_first(sk) == unix_sk(sk)->oob;
}

// SPDX-License-Identifier: MIT
/*
 * Messages with borders: datagrams, which need no connection, and sequenced packets, which do.
 *
 * A datagram socket may be connected to one that is not connected back; many senders then share one queue,
 * which takes max_dgram_qlen messages and one more.  Who polls for room there hangs its peer_wake on the
 * receiver's peer_wait: at the next read the relay wakes the sender's own waiters.
 */
#include "kernel/net/unix/unix.h"

#include "kernel/sync/guard.h"
#include "kernel/time/time.h"

/* Linux's limits of what lies in one piece and of the pages beside it. */
#define HEAD_MAX  16064
#define PAGED_MAX (17 * PAGE_SIZE)

/* ---- room at the peer ------------------------------------------------------------------------ */

bool unix_peer_wake_relay(struct waiter *w, u32 key)
{
	struct unix_sock *u = container_of(w, struct unix_sock, peer_wake);

	list_del_init(&w->node);
	atomic_store(&u->peer_wake_on, NULL);
	sock_wake(&u->sk.wait, SOCK_OUT_KEY);
	return false;
}

void unix_peer_wake_end(struct unix_sock *u, struct sock *other)
{
	if (atomic_load(&u->peer_wake_on) != other)
		return;
	waitq_remove(&unix_sk(other)->peer_wait, &u->peer_wake);
	atomic_store(&u->peer_wake_on, NULL);
}

/* u->sk.lock held.  True: `other` has no room, and u->sk.wait will be woken when it has. */
static bool peer_wake_begin(struct unix_sock *u, struct sock *other)
{
	if (!atomic_load(&u->peer_wake_on)) {
		u->peer_wake_on = other;
		waitq_add(&unix_sk(other)->peer_wait, &u->peer_wake);
	}
	/* A dead peer counts as writable: the next send tells. */
	if (unix_queue_full(other) && !READ_ONCE(other->dead))
		return true;
	unix_peer_wake_end(u, other);
	return false;
}

u32 unix_dgram_poll(struct file *f, struct sock *sk, struct poll_table *pt)
{
	struct unix_sock *u = unix_sk(sk);
	u8 shutdown;
	u32 mask = 0;

	poll_wait(f, &sk->wait, pt);
	shutdown = READ_ONCE(sk->shutdown);
	if (READ_ONCE(sk->err))
		mask |= POLLERR;
	if (shutdown & SHUT_RCV)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (shutdown == SHUT_BOTH)
		mask |= POLLHUP;
	if (READ_ONCE(sk->rx_count))
		mask |= POLLIN | POLLRDNORM;
	if (sk->type == SOCK_SEQPACKET && READ_ONCE(sk->state) == SK_CLOSE)
		mask |= POLLHUP;
	if (pt && !(pt->events & SOCK_OUT_KEY))
		return mask;
	if (!sock_writable(sk)) {
		WRITE_ONCE(sk->no_space, true);
		return mask;
	}
	spin_lock(&sk->lock);
	if (!u->peer || READ_ONCE(unix_sk(u->peer)->peer) == sk || !unix_queue_full(u->peer) ||
	    !peer_wake_begin(u, u->peer))
		mask |= SOCK_OUT_KEY;
	spin_unlock(&sk->lock);
	return mask;
}

/* ---- connect(2) ------------------------------------------------------------------------------ */

/* sk is no longer connected to other: what it had received from there is lost, and other is told. */
static void disconnected(struct sock *sk, struct sock *other)
{
	struct unix_sock *u = unix_sk(sk);
	struct skb *skb, *tmp;
	LIST_HEAD(lost);

	spin_lock(&sk->lock);
	list_splice_init(&sk->rx, &lost);
	WRITE_ONCE(sk->rx_count, 0);
	spin_unlock(&sk->lock);
	if (!list_empty(&lost)) {
		list_for_each_safe(skb, tmp, &lost, node) {
			if (skb->fds)
				atomic_sub(&u->fds_queued, skb->fds->count);
			skb_free(skb);
		}
		if (waitq_active(&u->peer_wait))
			waitq_wake_key(&u->peer_wait, 0, 0);
		if (!READ_ONCE(other->dead) && READ_ONCE(unix_sk(other)->peer) == sk) {
			WRITE_ONCE(other->err, ECONNRESET);
			sock_wake_all(other);
		}
	}
	WRITE_ONCE(other->state, SK_CLOSE);
}

static bool may_send(const struct sock *sk, const struct sock *other)
{
	const struct sock *back = READ_ONCE(unix_sk(other)->peer);

	return !back || back == sk;
}

/* Makes `other` (a reference, or NULL) the peer; -EPERM, or 1: other is dead. */
static int set_peer(struct sock *sk, struct sock *other)
{
	struct unix_sock *u = unix_sk(sk);
	struct sock *old;

	sock_lock_pair(sk, other);
	if (other && (other->dead || !may_send(sk, other))) {
		bool dead = other->dead;

		sock_unlock_pair(sk, other);
		return dead ? 1 : -EPERM;
	}
	if (other) {
		WRITE_ONCE(sk->state, SK_ESTABLISHED);
		WRITE_ONCE(other->state, SK_ESTABLISHED);
		sock_get(other);
	}
	old = u->peer;
	WRITE_ONCE(u->peer, other);
	if (old) {
		if (!other)
			WRITE_ONCE(sk->state, SK_CLOSE);
		unix_peer_wake_end(u, old);
	}
	sock_unlock_pair(sk, other);
	if (old) {
		sock_wake(&sk->wait, SOCK_OUT_KEY);
		if (other != old)
			disconnected(sk, old);
		sock_put(old);
	}
	return 0;
}

int unix_dgram_connect(struct sock *sk, const struct sockaddr_storage *addr, int len, bool nonblock)
{
	int err;

	if (len < (int)sizeof(addr->ss_family))
		return -EINVAL;
	if (addr->ss_family == AF_UNSPEC)
		return set_peer(sk, NULL);
	if ((err = unix_addr_check(addr, len)) || (err = unix_autobind_if_passcred(sk)))
		return err;
	do {
		struct sock *other __cleanup(sock_putp) = NULL;

		if ((err = unix_find(addr, len, sk->type, &other)))
			return err;
		err = set_peer(sk, other);
	} while (err > 0);
	return err;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* One message on its way: the buffer, and who gets it. */
struct delivery {
	struct sock *sk;
	struct msg *m;
	struct skb *skb;
	struct sock *other; /* reference; NULL: to be looked up by m->name */
	struct sock_waiter waiter;
};

/* The peer turned out to be dead; sk->lock not held.  0: look the address up again, else -errno. */
static int peer_is_dead(struct delivery *d)
{
	struct sock *sk = d->sk, *other = d->other;
	bool mine;

	if (sk->type == SOCK_SEQPACKET)
		return -EPIPE;
	spin_lock(&sk->lock);
	mine = unix_sk(sk)->peer == other;
	if (mine) {
		WRITE_ONCE(unix_sk(sk)->peer, NULL);
		unix_peer_wake_end(unix_sk(sk), other);
		WRITE_ONCE(sk->state, SK_CLOSE);
	}
	spin_unlock(&sk->lock);
	if (!mine)
		return d->m->name_len ? 0 : -ECONNRESET;
	sock_wake(&sk->wait, SOCK_OUT_KEY);
	disconnected(sk, other);
	sock_put(other); /* the connection's reference */
	return -ECONNREFUSED;
}

static void commit_locked(struct delivery *d) __must_hold(&d->other->lock)
{
	struct sock *other = d->other;

	if (unlikely(sock_option(other, SKO_TIMESTAMP)))
		d->skb->stamp_ns = clock_real_ns();
	unix_add_creds(d->skb, d->sk, other);
	unix_queue_locked(other, d->skb);
	d->skb = NULL;
}

enum { DELIVERED, DEAD_PEER, FULL };

/*
 * Both sockets are locked when `both`, else `other`.  DELIVERED, DEAD_PEER, FULL (no room, and the caller may
 * wait or has to come back with both), or -errno.
 */
static int try_deliver_locked(struct delivery *d, bool both) __must_hold(&d->other->lock)
{
	struct sock *sk = d->sk, *other = d->other;

	if (unlikely(!may_send(sk, other)))
		return -EPERM;
	if (unlikely(other->dead))
		return DEAD_PEER;
	if (unlikely(other->shutdown & SHUT_RCV))
		return -EPIPE;
	if (unlikely(other != sk && unix_sk(other)->peer != sk && unix_queue_full(other))) {
		if (!both)
			return FULL;
		if (unix_sk(sk)->peer != other || peer_wake_begin(unix_sk(sk), other))
			return -EAGAIN;
	}
	commit_locked(d);
	return DELIVERED;
}

static int try_deliver(struct delivery *d)
{
	struct sock *other = d->other;
	int ret;

	spin_lock(&other->lock);
	ret = try_deliver_locked(d, false);
	spin_unlock(&other->lock);
	if (ret != FULL || d->waiter.timeout)
		return ret;
	sock_lock_pair(d->sk, other);
	ret = try_deliver_locked(d, true);
	sock_unlock_pair(d->sk, other);
	return ret;
}

/* Until the message is delivered or cannot be. */
static int deliver(struct delivery *d)
{
	for (;;) {
		int ret;

		if (!d->other && (ret = unix_find(d->m->name, d->m->name_len, d->sk->type, &d->other)))
			return ret;
		ret = try_deliver(d);
		if (ret == DELIVERED)
			sock_wake_readers(d->other);
		if (ret <= DELIVERED)
			return ret;
		if (ret == DEAD_PEER) {
			ret = peer_is_dead(d);
			sock_put(d->other);
			d->other = NULL;
		} else {
			ret = unix_wait_for_peer(d->other, &d->waiter);
		}
		if (ret)
			return ret;
	}
}

static struct sock *peer_get(struct sock *sk)
{
	guard(spinlock)(&sk->lock);
	return unix_sk(sk)->peer ? sock_get(unix_sk(sk)->peer) : NULL;
}

static int dgram_prepare(struct delivery *d, const struct scm *scm)
{
	size_t len = iter_count(d->m->it), paged = 0;
	struct sock *sk = d->sk;
	int err;

	if (d->m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (d->m->name_len) {
		if ((err = unix_addr_check(d->m->name, d->m->name_len)))
			return err;
	} else if (!(d->other = peer_get(sk))) {
		return -ENOTCONN;
	}
	if ((err = unix_autobind_if_passcred(sk)))
		return err;
	if (len > (size_t)READ_ONCE(sk->sndbuf) - 32)
		return -EMSGSIZE;
	if (len > HEAD_MAX)
		paged = min(ALIGN_UP(min(len - HEAD_MAX, PAGED_MAX), PAGE_SIZE), len);
	if ((err = skb_alloc_send(sk, len - paged, paged, d->m->flags & MSG_DONTWAIT, &d->skb)))
		return err;
	if (scm && (err = unix_attach(d->skb, scm, true)))
		return err;
	return skb_fill(d->skb, d->m->it);
}

ssize_t unix_dgram_sendmsg(struct sock *sk, struct msg *m)
{
	struct delivery d = { .sk = sk, .m = m };
	size_t len = iter_count(m->it);
	struct scm scm;
	int err;

	unix_gc_pace();
	if (unlikely(m->control_size) && (err = scm_send(&scm, m)))
		return err;
	err = dgram_prepare(&d, m->control_size ? &scm : NULL);
	if (!err) {
		sock_waiter_init(&d.waiter, NULL, POLLOUT, sk->snd_timeout, m->flags & MSG_DONTWAIT);
		err = deliver(&d);
	}
	if (d.skb)
		skb_free(d.skb);
	if (d.other)
		sock_put(d.other);
	if (unlikely(m->control_size))
		scm_destroy(&scm);
	return err ? err : (ssize_t)len;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The message to be read; *skip: where in it.  iolock held.  NULL: none now. */
static struct skb *take(struct sock *sk, bool peek, u32 *skip)
{
	struct skb *skb;

	*skip = peek ? unix_peek_offset(sk, MSG_PEEK) : 0;
	guard(spinlock)(&sk->lock);
	if (!peek) {
		skb = skb_first(sk);
		if (skb)
			skb_unqueue(sk, skb);
		return skb;
	}
	list_for_each(skb, &sk->rx, node) {
		if (READ_ONCE(sk->peek_off) >= 0 && *skip >= skb->size && (*skip || skb->peeked)) {
			*skip -= skb->size;
			continue;
		}
		skb->peeked = !skb->size;
		return skb;
	}
	return NULL;
}

struct packet_wait {
	struct sock *sk;
	u32 seen; /* sk->rx_seq when nothing was there */
};

static bool packet_changed(void *arg)
{
	const struct packet_wait *p = arg;
	const struct sock *sk = p->sk;

	return READ_ONCE(sk->rx_seq) != p->seen || READ_ONCE(sk->err) ||
	       (READ_ONCE(sk->shutdown) & SHUT_RCV) ||
	       (sk->type == SOCK_SEQPACKET && READ_ONCE(sk->state) == SK_CLOSE);
}

/* Waits for a message, iolock not held.  1: look again, 0: end of file, -errno. */
static int wait_for_packet(struct packet_wait *p, struct sock_waiter *w)
{
	struct sock *sk = p->sk;
	int err;

	if (!w->deadline_ns) {
		/* Linux tells the end to who waits, and to sequenced packets. */
		return sk->type == SOCK_SEQPACKET && (READ_ONCE(sk->shutdown) & SHUT_RCV) ? 0 : -EAGAIN;
	}
	if ((err = sock_wait(w, packet_changed, p)))
		return err;
	if (READ_ONCE(sk->rx_seq) != p->seen || READ_ONCE(sk->err))
		return 1;
	return READ_ONCE(sk->shutdown) & SHUT_RCV ? 0 : -ENOTCONN;
}

/* Takes the next message; returns with iolock held when there is one.  1, 0: end of file, -errno. */
static int next_packet(struct sock *sk, struct msg *m, struct skb **out,
		       u32 *skip) __no_lock_analysis /* locks when it returns 1 */
{
	struct packet_wait p = { .sk = sk };
	struct sock_waiter w;
	int ret;

	sock_waiter_init(&w, &sk->wait, POLLIN, sk->rcv_timeout, m->flags & MSG_DONTWAIT);
	w.exclusive = true;
	for (;;) {
		mutex_lock(&unix_sk(sk)->iolock);
		p.seen = READ_ONCE(sk->rx_seq);
		if (unlikely((ret = sock_error(sk)))) {
			mutex_unlock(&unix_sk(sk)->iolock);
			return ret;
		}
		*out = take(sk, m->flags & MSG_PEEK, skip);
		if (*out)
			return 1;
		mutex_unlock(&unix_sk(sk)->iolock);
		if ((ret = wait_for_packet(&p, &w)) <= 0)
			return ret;
	}
}

/* Copies a message that was taken or peeked at: bytes, or all of them with MSG_TRUNC.  iolock held. */
static ssize_t copy_packet(struct sock *sk, struct msg *m, struct skb *skb, u32 skip)
{
	u32 left = skb->size - skip;
	size_t size = min(iter_count(m->it), (size_t)left);
	bool peek = m->flags & MSG_PEEK;

	if (size < left)
		m->out_flags |= MSG_TRUNC;
	if (m->name)
		m->name_len = unix_copy_addr(skb->owner, m->name);
	if (skb_copy_out(skb, skip, size, m->it))
		return -EFAULT;
	if (unlikely(sock_option(sk, SKO_TIMESTAMP)))
		m->scm.stamp_ns = skb->stamp_ns ? skb->stamp_ns : clock_real_ns();
	m->scm.cred = true;
	m->scm.pid = skb->pid ? pid_get(skb->pid) : NULL;
	m->scm.uid = skb->uid;
	m->scm.gid = skb->gid;
	if (unlikely(skb->fds))
		unix_take_fds(sk, skb, &m->scm, peek);
	unix_peek_offset_move(sk, peek ? (s32)size : -(s32)skb->size);
	return m->flags & MSG_TRUNC ? (ssize_t)left : (ssize_t)size;
}

ssize_t unix_dgram_recvmsg(struct sock *sk, struct msg *m) __no_lock_analysis /* next_packet() locks */
{
	struct unix_sock *u = unix_sk(sk);
	struct skb *skb;
	ssize_t n;
	u32 skip = 0;
	int ret;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if ((ret = next_packet(sk, m, &skb, &skip)) <= 0)
		return ret;
	sock_wake(&u->peer_wait, SOCK_OUT_KEY);
	n = copy_packet(sk, m, skb, skip);
	if (!(m->flags & MSG_PEEK)) {
		if (unlikely(skb->fds)) /* the copy failed */
			atomic_sub(&u->fds_queued, skb->fds->count);
		skb_free(skb);
	}
	mutex_unlock(&u->iolock);
	return n;
}

/* ---- sequenced packets ----------------------------------------------------------------------- */

ssize_t unix_seqpacket_sendmsg(struct sock *sk, struct msg *m)
{
	int err = sock_error(sk);

	if (err)
		return err;
	if (READ_ONCE(sk->state) != SK_ESTABLISHED)
		return -ENOTCONN;
	m->name_len = 0; /* the peer is fixed */
	return unix_dgram_sendmsg(sk, m);
}

ssize_t unix_seqpacket_recvmsg(struct sock *sk, struct msg *m)
{
	if (READ_ONCE(sk->state) != SK_ESTABLISHED)
		return -ENOTCONN;
	return unix_dgram_recvmsg(sk, m);
}

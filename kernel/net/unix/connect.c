// SPDX-License-Identifier: MIT
/*
 * Connections: listen, connect, accept, socketpair and shutdown (2).
 *
 * connect(2) makes the accepting end itself, an embryo that waits in the listener's queue, connected and
 * usable from the start.  Everything that can fail is done before the two sockets are locked; under the
 * locks, listener and caller, all conditions are looked at again and the commit cannot fail.
 */
#include "kernel/net/unix/unix.h"

#include "kernel/sync/guard.h"

/* ---- listen(2), accept(2) -------------------------------------------------------------------- */

int unix_listen(struct sock *sk, int backlog)
{
	struct unix_sock *u = unix_sk(sk);

	if (!atomic_load(&u->addr))
		return -EINVAL;
	guard(spinlock)(&sk->lock);
	if (sk->state != SK_CLOSE && sk->state != SK_LISTEN)
		return -EINVAL;
	if ((u32)backlog > sk->backlog && waitq_active(&u->peer_wait))
		waitq_wake_key(&u->peer_wait, 0, 0);
	WRITE_ONCE(sk->backlog, (u32)backlog);
	WRITE_ONCE(sk->state, SK_LISTEN);
	sock_set_peercred(sk);
	return 0;
}

static bool can_accept(void *arg)
{
	const struct sock *sk = arg;

	return READ_ONCE(sk->rx_count) || READ_ONCE(sk->err) || (READ_ONCE(sk->shutdown) & SHUT_RCV);
}

static struct unix_sock *embryo_take(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk), *embryo = NULL;

	guard(spinlock)(&sk->lock);
	if (!list_empty(&u->embryos)) {
		embryo = list_first(&u->embryos, struct unix_sock, embryo_node);
		list_del_init(&embryo->embryo_node);
		WRITE_ONCE(sk->rx_count, sk->rx_count - 1);
	}
	return embryo;
}

int unix_accept(struct sock *sk, bool nonblock, struct sock **out)
{
	struct unix_sock *embryo;
	struct sock_waiter w;
	int err;

	if (READ_ONCE(sk->state) != SK_LISTEN)
		return -EINVAL;
	sock_waiter_init(&w, &sk->wait, POLLIN, sk->rcv_timeout, nonblock);
	w.exclusive = true;
	for (;;) {
		if ((err = sock_error(sk)))
			return err;
		if ((embryo = embryo_take(sk)))
			break;
		if (READ_ONCE(sk->shutdown) & SHUT_RCV)
			return nonblock ? -EAGAIN : -EINVAL;
		if ((err = sock_wait(&w, can_accept, sk)))
			return err;
	}
	sock_wake(&unix_sk(sk)->peer_wait, 0);
	*out = &embryo->sk;
	return 0;
}

/* ---- connect(2) ------------------------------------------------------------------------------ */

/* sk and listener are locked.  0: nothing is in the way; -EAGAIN: the queue is full. */
static int connect_check(const struct sock *sk, const struct sock *listener)
	__must_hold(&sk->lock, &listener->lock)
{
	if (listener->state != SK_LISTEN || (listener->shutdown & SHUT_RCV))
		return -ECONNREFUSED;
	if (unix_queue_full(listener))
		return -EAGAIN;
	switch (sk->state) {
	case SK_CLOSE:
		return 0;
	case SK_ESTABLISHED:
		return -EISCONN;
	default:
		return -EINVAL;
	}
}

/* The commit: sk and listener are locked, nobody knows embryo yet but the table. */
static void connect_commit(struct sock *sk, struct sock *listener, struct sock *embryo)
	__must_hold(&sk->lock, &listener->lock)
{
	struct unix_sock *u = unix_sk(sk), *e = unix_sk(embryo), *l = unix_sk(listener);

	e->peer = sock_get(sk);
	WRITE_ONCE(embryo->state, SK_ESTABLISHED);
	sock_set_peercred(embryo);
	atomic_add(&l->addr->refs, 1);
	atomic_store(&e->addr, l->addr);
	sock_copy_peercred(sk, listener);
	u->peer = sock_get(embryo);
	WRITE_ONCE(sk->state, SK_ESTABLISHED);
	list_add_tail(&e->embryo_node, &l->embryos);
	WRITE_ONCE(listener->rx_count, listener->rx_count + 1);
}

/* One attempt: 0, -errno, or 1: the listener died or room was made, look again. */
static int connect_once(struct sock *sk, const struct sockaddr_storage *addr, int len, struct sock *embryo,
			struct sock_waiter *w)
{
	struct sock *listener __cleanup(sock_putp) = NULL;
	bool dead;
	int err;

	if ((err = unix_find(addr, len, sk->type, &listener)))
		return err;
	sock_lock_pair(sk, listener);
	dead = listener->dead;
	err = dead ? 0 : connect_check(sk, listener);
	if (!dead && !err)
		connect_commit(sk, listener, embryo);
	sock_unlock_pair(sk, listener);
	if (dead)
		return 1;
	if (err == -EAGAIN && w->timeout) {
		err = unix_wait_for_peer(listener, w);
		return err ? err : 1;
	}
	if (!err)
		sock_wake_readers(listener);
	return err;
}

int unix_stream_connect(struct sock *sk, const struct sockaddr_storage *addr, int len, bool nonblock)
{
	struct sock *embryo;
	struct sock_waiter w;
	int err;

	if ((err = unix_addr_check(addr, len)) || (err = unix_autobind_if_passcred(sk)))
		return err;
	if ((err = unix_sock_create(sk->type, &embryo)))
		return err;
	sock_waiter_init(&w, NULL, POLLOUT, sk->snd_timeout, nonblock);
	do {
		err = connect_once(sk, addr, len, embryo, &w);
	} while (err > 0);
	if (err)
		unix_release_embryo(embryo);
	return err;
}

/* ---- socketpair(2) --------------------------------------------------------------------------- */

int unix_pair(struct sock *a, struct sock *b)
{
	unix_sk(a)->peer = sock_get(b);
	unix_sk(b)->peer = sock_get(a);
	sock_set_peercred(a);
	sock_set_peercred(b);
	WRITE_ONCE(a->state, SK_ESTABLISHED);
	WRITE_ONCE(b->state, SK_ESTABLISHED);
	return 0;
}

/* ---- shutdown(2) ----------------------------------------------------------------------------- */

static void shut(struct sock *sk, int how)
{
	spin_lock(&sk->lock);
	WRITE_ONCE(sk->shutdown, sk->shutdown | (u8)how);
	spin_unlock(&sk->lock);
	sock_wake_all(sk);
	if (how & SHUT_RCV)
		fasync_notify(&sk->async, how == SHUT_BOTH ? POLL_HUP : POLL_IN);
}

int unix_shutdown(struct sock *sk, int how)
{
	struct sock *peer __cleanup(sock_putp) = NULL;

	spin_lock(&sk->lock);
	WRITE_ONCE(sk->shutdown, sk->shutdown | (u8)how);
	peer = unix_sk(sk)->peer ? sock_get(unix_sk(sk)->peer) : NULL;
	spin_unlock(&sk->lock);
	sock_wake_all(sk);
	if (peer && sk->type != SOCK_DGRAM) /* what one end does not read the other cannot write */
		shut(peer, (how & SHUT_RCV ? SHUT_SEND : 0) | (how & SHUT_SEND ? SHUT_RCV : 0));
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * AF_UNIX: the family, creation and release of its sockets, polling of connections, ioctl(2).
 */
#include "kernel/net/unix/unix.h"

#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

#define DEFAULT_DGRAM_QLEN 10

int unix_max_dgram_qlen = DEFAULT_DGRAM_QLEN;
static u64 nr_sockets; /* [atomic] at most two for every file the system may have open */

/* ---- creation -------------------------------------------------------------------------------- */

static const struct sock_ops *ops_of(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return &unix_stream_ops;
	case SOCK_DGRAM:
		return &unix_dgram_ops;
	case SOCK_SEQPACKET:
		return &unix_seqpacket_ops;
	default:
		return NULL;
	}
}

int unix_sock_create(int type, struct sock **out)
{
	struct unix_sock *u;

	if (unlikely(atomic_add(&nr_sockets, 1) > 2 * files_max)) {
		atomic_sub(&nr_sockets, 1);
		return -ENFILE;
	}
	u = kzalloc(sizeof(*u));
	if (!u) {
		atomic_sub(&nr_sockets, 1);
		return -ENOMEM;
	}
	sock_init(&u->sk, ops_of(type), AF_UNIX, type, 0);
	WRITE_ONCE(u->sk.backlog, (u32)READ_ONCE(unix_max_dgram_qlen));
	mutex_init(&u->bindlock);
	mutex_init(&u->iolock);
	waitq_init(&u->peer_wait);
	list_init(&u->peer_wake.node);
	u->peer_wake.wake = unix_peer_wake_relay;
	list_init(&u->embryos);
	list_init(&u->gc_node);
	unix_table_insert(u);
	*out = &u->sk;
	return 0;
}

static int unix_create(int type, int protocol, struct sock **out)
{
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	if (type == SOCK_RAW) /* "believe it or not BSD has AF_UNIX, SOCK_RAW though nothing uses it" */
		type = SOCK_DGRAM;
	if (!ops_of(type))
		return -ESOCKTNOSUPPORT;
	return unix_sock_create(type, out);
}

/* ---- release --------------------------------------------------------------------------------- */

static void unix_destruct(struct sock *sk)
{
	unix_addr_put(unix_sk(sk)->addr);
	atomic_sub(&nr_sockets, 1);
}

/* The other end of a connection hears of the end; unread bytes were lost. */
static void tell_peer(struct sock *peer, bool lost)
{
	spin_lock(&peer->lock);
	WRITE_ONCE(peer->shutdown, SHUT_BOTH);
	if (lost)
		WRITE_ONCE(peer->err, ECONNRESET);
	spin_unlock(&peer->lock);
	sock_wake_all(peer);
	fasync_notify(&peer->async, POLL_HUP);
}

/* Nobody can reach sk any more: what waits in it goes. */
static void flush(struct unix_sock *u)
{
	struct skb *skb, *tmp;
	struct unix_sock *embryo, *next;
	LIST_HEAD(bytes);
	LIST_HEAD(embryos);

	spin_lock(&u->sk.lock);
	list_splice_init(&u->sk.rx, &bytes);
	list_splice_init(&u->embryos, &embryos);
	u->sk.rx_count = 0;
	u->oob = NULL;
	spin_unlock(&u->sk.lock);
	list_for_each_safe(embryo, next, &embryos, embryo_node)
		unix_release_embryo(&embryo->sk);
	list_for_each_safe(skb, tmp, &bytes, node)
		skb_free(skb);
}

static void release(struct sock *sk, bool embryo)
{
	struct unix_sock *u = unix_sk(sk);
	struct sock *peer;
	bool lost;

	unix_table_remove(u);
	spin_lock(&sk->lock);
	sk->dead = true;
	sk->file = NULL;
	WRITE_ONCE(sk->shutdown, SHUT_BOTH);
	WRITE_ONCE(sk->state, SK_CLOSE);
	peer = u->peer;
	u->peer = NULL;
	lost = sk->rx_count || embryo;
	if (peer)
		unix_peer_wake_end(u, peer);
	spin_unlock(&sk->lock);
	if (waitq_active(&u->peer_wait))
		waitq_wake_key(&u->peer_wait, 0, 0);
	if (peer) {
		if (sk->type != SOCK_DGRAM)
			tell_peer(peer, lost);
		sock_put(peer);
	}
	flush(u);
	sock_put(sk);
}

void unix_release(struct sock *sk)
{
	release(sk, false);
	if (unlikely(READ_ONCE(unix_in_flight)))
		unix_gc();
}

void unix_release_embryo(struct sock *sk)
{
	release(sk, true);
}

/* ---- what streams and packets share ---------------------------------------------------------- */

static bool peer_has_room(void *arg)
{
	const struct sock *other = arg;

	return !unix_queue_full(other) || READ_ONCE(other->dead) || (READ_ONCE(other->shutdown) & SHUT_RCV);
}

int unix_wait_for_peer(struct sock *other, struct sock_waiter *w)
{
	w->q = &unix_sk(other)->peer_wait;
	w->exclusive = true;
	return sock_wait(w, peer_has_room, other);
}

void unix_add_creds(struct skb *skb, const struct sock *sk, const struct sock *other)
{
	if (skb->pid || (likely(!sock_option(sk, SKO_PASSCRED)) && likely(READ_ONCE(other->file)) &&
			 likely(!sock_option(other, SKO_PASSCRED))))
		return;
	skb->pid = pid_get(current->proc->pid);
	skb->uid = current->cred->uid;
	skb->gid = current->cred->gid;
}

int unix_attach(struct skb *skb, const struct scm *scm, bool with_fds)
{
	int err;

	if (scm->pid) {
		skb->pid = pid_get(scm->pid);
		skb->uid = scm->uid;
		skb->gid = scm->gid;
	}
	if (!scm->fds || !with_fds)
		return 0;
	/*
	 * A copy: as long as the caller holds the originals, the collector sees more references than are in
	 * flight, and leaves the sockets among them alone until skb is queued.
	 */
	struct scm_fds *copy = scm_fds_dup(scm->fds);

	if (!copy)
		return -ENOMEM;
	if ((err = scm_fds_depart(copy))) {
		scm_fds_free(copy);
		return err;
	}
	skb->fds = copy;
	return 0;
}

void unix_take_fds(struct sock *sk, struct skb *skb, struct scm *scm, bool peek)
{
	if (peek) {
		scm->fds = scm_fds_dup(skb->fds);
		if (scm->fds)
			scm_peek_barrier();
		return;
	}
	atomic_sub(&unix_sk(sk)->fds_queued, skb->fds->count);
	scm->fds = skb->fds;
	skb->fds = NULL;
	scm_fds_arrive(scm->fds);
}

void unix_queue_locked(struct sock *other, struct skb *skb)
{
	if (unlikely(skb->fds))
		atomic_add(&unix_sk(other)->fds_queued, skb->fds->count);
	skb_queue(other, skb);
}

void unix_peek_offset_move(struct sock *sk, s32 by)
{
	s32 off = READ_ONCE(sk->peek_off);

	if (off >= 0)
		WRITE_ONCE(sk->peek_off, max(off + by, 0));
}

static int set_peek_off(struct sock *sk, int off)
{
	int err = mutex_lock_interruptible(&unix_sk(sk)->iolock);

	if (err)
		return err;
	WRITE_ONCE(sk->peek_off, off);
	mutex_unlock(&unix_sk(sk)->iolock);
	return 0;
}

/* ---- poll, ioctl ----------------------------------------------------------------------------- */

static u32 unix_stream_poll(struct file *f, struct sock *sk, struct poll_table *pt)
{
	u8 shutdown, state;
	u32 mask = 0;

	poll_wait(f, &sk->wait, pt);
	shutdown = READ_ONCE(sk->shutdown);
	state = READ_ONCE(sk->state);
	if (READ_ONCE(sk->err))
		mask |= POLLERR;
	if (shutdown == SHUT_BOTH || state == SK_CLOSE)
		mask |= POLLHUP;
	if (shutdown & SHUT_RCV)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (READ_ONCE(sk->rx_count))
		mask |= POLLIN | POLLRDNORM;
	if (READ_ONCE(unix_sk(sk)->oob))
		mask |= POLLPRI;
	if (sock_writable(sk))
		mask |= SOCK_OUT_KEY;
	return mask;
}

/* SIOCUNIXFILE: the file that the socket is bound to, as an O_PATH descriptor. */
static long open_bound_file(struct sock *sk)
{
	struct path path __cleanup(path_putp) = { NULL, NULL };
	struct file *f __cleanup(file_putp) = NULL;
	long fd;
	int err;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	if (unix_bound_path(unix_sk(sk), &path))
		return -ENOENT;
	if ((err = path_open(&path, O_PATH, false, &f)))
		return err;
	fd = fd_install_new(&f, O_CLOEXEC);
	return fd;
}

static long unix_ioctl(struct sock *sk, unsigned cmd, void *karg)
{
	long n;

	switch (cmd) {
	case SIOCINQ:
		n = unix_bytes_queued(sk);
		if (n < 0)
			return n;
		*(int *)karg = (int)n;
		return 0;
	case SIOCOUTQ:
		*(int *)karg = (int)READ_ONCE(sk->wmem) - 1;
		return 0;
	case SIOCATMARK:
		*(int *)karg = unix_at_mark(sk);
		return 0;
	case SIOCUNIXFILE:
		return open_bound_file(sk);
	default:
		return -ENOIOCTLCMD;
	}
}

void unix_show_fdinfo(struct sock *sk, char *buf, size_t size)
{
	scnprintf(buf, size, "scm_fds: %u\n", READ_ONCE(unix_sk(sk)->fds_queued));
}

/* ---- the three types ------------------------------------------------------------------------- */

static int no_listen(struct sock *sk, int backlog)
{
	return -EOPNOTSUPP;
}

static int no_accept(struct sock *sk, bool nonblock, struct sock **out)
{
	return -EOPNOTSUPP;
}

#define COMMON_OPS                                                                                \
	.bind = unix_bind, .pair = unix_pair, .getname = unix_getname, .shutdown = unix_shutdown, \
	.ioctl = unix_ioctl, .set_peek_off = set_peek_off, .release = unix_release,               \
	.destruct = unix_destruct, .show_fdinfo = unix_show_fdinfo

const struct sock_ops unix_stream_ops = {
	COMMON_OPS,
	.connect = unix_stream_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.sendmsg = unix_stream_sendmsg,
	.recvmsg = unix_stream_recvmsg,
	.poll = unix_stream_poll,
};

const struct sock_ops unix_seqpacket_ops = {
	COMMON_OPS,
	.connect = unix_stream_connect,
	.listen = unix_listen,
	.accept = unix_accept,
	.sendmsg = unix_seqpacket_sendmsg,
	.recvmsg = unix_seqpacket_recvmsg,
	.poll = unix_dgram_poll,
};

const struct sock_ops unix_dgram_ops = {
	COMMON_OPS,
	.connect = unix_dgram_connect,
	.listen = no_listen,
	.accept = no_accept,
	.sendmsg = unix_dgram_sendmsg,
	.recvmsg = unix_dgram_recvmsg,
	.poll = unix_dgram_poll,
};

static const struct sock_family unix_family = { AF_UNIX, unix_create };

static int unix_init(void)
{
	sock_family_register(&unix_family);
	return 0;
}
INITCALL(INIT_FS, unix_init);

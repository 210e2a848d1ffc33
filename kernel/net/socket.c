// SPDX-License-Identifier: MIT
/*
 * The generic socket: families, life, files, waiting.
 *
 * A socket has one reference from its file, others from peers and queues.  The last one gone, what remains is
 * the memory, kept by sock->wmem for buffers in other sockets' queues that name it as their sender; it goes
 * after a grace period, because sock_uncharge() looks at the wait queue after it gave its share back.
 */
#include "kernel/net/socket.h"

#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include "kernel/net/scm.h"
#include "kernel/time/time.h"
#include <asm/sockios.h>

#define BUF_DEFAULT 212992 /* 256 of the smallest messages, as Linux charges them */

struct sock_settings sock_settings = {
	.somaxconn = 4096,
	.wmem_default = BUF_DEFAULT,
	.wmem_max = BUF_DEFAULT,
	.rmem_default = BUF_DEFAULT,
	.rmem_max = BUF_DEFAULT,
	.optmem_max = 20480,
};
static const struct sock_family *families[AF_MAX]; /* [const] after boot */

void sock_family_register(const struct sock_family *f)
{
	families[f->family] = f;
}

int sock_create(int family, int type, int protocol, struct sock **out)
{
	if (family < 0 || family >= AF_MAX)
		return -EAFNOSUPPORT;
	if (type < 0 || type >= SOCK_MAX)
		return -EINVAL;
	if (!families[family])
		return (int)refuse(EAFNOSUPPORT, "socket: only AF_UNIX is there");
	return families[family]->create(type, protocol, out);
}

void sock_init(struct sock *sk, const struct sock_ops *ops, int family, int type,
	       int protocol) __no_lock_analysis /* nobody else has it yet */
{
	sk->refs = 1;
	sk->wmem = 1;
	sk->ops = ops;
	sk->family = (u16)family;
	sk->type = (u16)type;
	sk->protocol = protocol;
	sk->state = SK_CLOSE;
	spin_lock_init(&sk->lock);
	waitq_init(&sk->wait);
	list_init(&sk->rx);
	sk->sndbuf = READ_ONCE(sock_settings.wmem_default);
	sk->rcvbuf = READ_ONCE(sock_settings.rmem_default);
	sk->rcvlowat = 1;
	sk->peek_off = -1;
	sk->snd_timeout = sk->rcv_timeout = SOCK_FOREVER;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void sock_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct sock, rcu));
}

static void sock_free(struct sock *sk) __no_lock_analysis /* nobody else has it any more */
{
	sk->ops->destruct(sk);
	if (sk->peer_pid)
		pid_put(sk->peer_pid);
	if (sk->peer_cred)
		cred_put(sk->peer_cred);
	call_rcu(&sk->rcu, sock_free_rcu);
}

void sock_uncharge(struct sock *sk, u32 size)
{
	u32 left;

	rcu_read_lock(); /* from here on only this keeps the memory, unless something is left */
	left = atomic_sub(&sk->wmem, size);
	if (unlikely(!left))
		sock_free(sk);
	else if (waitq_active(&sk->wait) && sock_writable(sk))
		waitq_wake_key(&sk->wait, SOCK_OUT_KEY, 1);
	if (unlikely(left && READ_ONCE(sk->no_space) && sock_writable(sk)) &&
	    atomic_xchg(&sk->no_space, false))
		fasync_notify(&sk->async, POLL_OUT);
	rcu_read_unlock();
}

void sock_put(struct sock *sk)
{
	if (atomic_sub(&sk->refs, 1))
		return;
	if (!atomic_sub(&sk->wmem, 1))
		sock_free(sk);
}

void sock_putp(struct sock **sk)
{
	if (*sk)
		sock_put(*sk);
}

void sock_lock_pair(struct sock *a, struct sock *b) __no_lock_analysis /* a may be b, or there is no b */
{
	if (!b || a == b) {
		spin_lock(&a->lock);
		return;
	}
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock(a < b ? &b->lock : &a->lock);
}

void sock_unlock_pair(struct sock *a, struct sock *b) __no_lock_analysis /* a may be b, or there is no b */
{
	spin_unlock(&a->lock);
	if (b && a != b)
		spin_unlock(&b->lock);
}

void sock_set_peercred(struct sock *sk) __no_lock_analysis /* locked, or not yet known */
{
	struct pid *old_pid = sk->peer_pid;
	const struct cred *old_cred = sk->peer_cred;

	sk->peer_pid = pid_get(current->proc->pid);
	sk->peer_cred = cred_get(current->cred);
	if (old_pid) { /* listen(2) again */
		pid_put(old_pid);
		cred_put(old_cred);
	}
}

void sock_copy_peercred(struct sock *to, struct sock *from)
{
	if (to->peer_pid) {
		pid_put(to->peer_pid);
		cred_put(to->peer_cred);
	}
	to->peer_pid = from->peer_pid ? pid_get(from->peer_pid) : NULL;
	to->peer_cred = from->peer_cred ? cred_get(from->peer_cred) : NULL;
}

/* ---- waiting --------------------------------------------------------------------------------- */

struct keyed_waiter {
	struct waiter waiter;
	u32 key;
};

static bool wake_keyed(struct waiter *w, u32 key)
{
	if (key && !(key & container_of(w, struct keyed_waiter, waiter)->key))
		return false;
	return waiter_wake_task(w, key);
}

void sock_waiter_init(struct sock_waiter *w, struct waitq *q, u32 key, u64 timeout, bool nonblock)
{
	u64 now;

	w->q = q;
	w->key = key | POLLERR | POLLHUP;
	w->exclusive = false;
	w->timeout = nonblock ? 0 : timeout;
	w->deadline_ns = w->timeout ? POLL_NEVER : 0;
	if (likely(!w->timeout || timeout >= (1ULL << 62) / SOCK_TICK_NS))
		return;
	now = clock_mono_ns();
	if (timeout * SOCK_TICK_NS < (1ULL << 63) - now)
		w->deadline_ns = now + timeout * SOCK_TICK_NS;
}

/* Sleeps once: false when the deadline has passed. */
static bool sleep_until(u64 deadline_ns)
{
	u64 now;

	if (deadline_ns == POLL_NEVER) {
		schedule();
		return true;
	}
	now = clock_mono_ns();
	return now < deadline_ns && schedule_timeout(deadline_ns - now) > 0;
}

int sock_wait(struct sock_waiter *w, bool (*cond)(void *arg), void *arg)
{
	struct keyed_waiter me;
	bool in_time = w->deadline_ns != 0;
	int err = 0;

	waiter_init(&me.waiter);
	me.waiter.wake = wake_keyed;
	me.waiter.exclusive = w->exclusive;
	me.key = w->key;
	for (;;) {
		waitq_add(w->q, &me.waiter);
		set_current_state(TASK_INTERRUPTIBLE);
		if (cond(arg))
			break;
		if (!in_time)
			err = -EAGAIN;
		else if (signal_pending())
			err = w->timeout == SOCK_FOREVER ? -ERESTARTSYS : -EINTR;
		if (err)
			break;
		in_time = sleep_until(w->deadline_ns);
	}
	WRITE_ONCE(current->state, TASK_RUNNING);
	waitq_remove(w->q, &me.waiter);
	return err;
}

void sock_wake_all(struct sock *sk)
{
	if (waitq_active(&sk->wait))
		waitq_wake_key(&sk->wait, 0, 0);
}

/* ---- files ----------------------------------------------------------------------------------- */

static ssize_t sock_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct sock *sk = f->private;
	struct msg m;
	ssize_t n;

	if (!iter_count(to)) /* Linux: "match SYS5 behaviour" */
		return 0;
	m.it = to;
	m.flags = READ_ONCE(f->flags) & O_NONBLOCK ? MSG_DONTWAIT : 0;
	m.out_flags = 0;
	m.name = NULL;
	m.scm.pid = NULL;
	m.scm.fds = NULL;
	n = sk->ops->recvmsg(sk, &m);
	if (unlikely(m.scm.pid || m.scm.fds)) /* nobody wants them */
		scm_destroy(&m.scm);
	return n;
}

static ssize_t sock_write(struct file *f, struct iter *from, loff_t *pos)
{
	struct sock *sk = f->private;
	struct msg m;

	m.it = from;
	m.flags = READ_ONCE(f->flags) & O_NONBLOCK ? MSG_DONTWAIT : 0;
	m.name = NULL;
	m.name_len = 0;
	m.control_size = 0;
	return sk->ops->sendmsg(sk, &m);
}

static u32 sock_poll(struct file *f, struct poll_table *pt)
{
	struct sock *sk = f->private;

	return sk->ops->poll(f, sk, pt);
}

static long sock_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg)
{
	struct sock *sk = f->private;

	switch (cmd) {
	case FIOSETOWN:
	case SIOCSPGRP:
		return file_setown(f, *(int *)karg);
	case FIOGETOWN:
	case SIOCGPGRP:
		*(int *)karg = file_getown(f);
		return 0;
	}
	return sk->ops->ioctl(sk, cmd, karg);
}

static int sock_fasync(struct file *f, int fd, bool on)
{
	struct sock *sk = f->private;

	return sk ? fasync_set(&sk->async, f, fd, on) : 0;
}

static void sock_show_fdinfo(struct file *f, char *buf, size_t size)
{
	struct sock *sk = f->private;

	if (sk->ops->show_fdinfo)
		sk->ops->show_fdinfo(sk, buf, size);
}

static void sock_release(struct file *f)
{
	struct sock *sk = f->private;

	if (sk) /* an accept(2) that failed has none */
		sk->ops->release(sk);
}

static const struct file_ops sock_file_ops = {
	.read = sock_read,
	.write = sock_write,
	.poll = sock_poll,
	.ioctl = sock_ioctl,
	.release = sock_release,
	.fasync = sock_fasync,
	.show_fdinfo = sock_show_fdinfo,
};

struct sock *sock_of_file(const struct file *f)
{
	return likely(f->ops == &sock_file_ops) ? f->private : NULL;
}

int sock_file_create(unsigned flags, struct file **out)
{
	return sockfs_file_create(&sock_file_ops, O_RDWR | (flags & O_NONBLOCK), out);
}

void sock_graft(struct sock *sk, struct file *f)
{
	spin_lock(&sk->lock);
	sk->file = f;
	spin_unlock(&sk->lock);
	f->private = sk;
}

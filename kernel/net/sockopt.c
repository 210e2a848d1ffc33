// SPDX-License-Identifier: MIT
/*
 * setsockopt(2) and getsockopt(2) at SOL_SOCKET, on kernel copies of the value.  What a family has no use for
 * is kept and read back, as on Linux.  Source: socket(7), Linux 6.1 net/core/sock.c for checks and limits.
 */
#include "kernel/net/socket.h"

#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/sync/guard.h"
#include <linux/time_types.h>

#define TICKS_PER_SEC (NSEC_PER_SEC / SOCK_TICK_NS)

struct linger_k { /* struct linger */
	s32 onoff, linger;
};

/* Options that are a flag and need no more: set by any value but zero, read as 0 or 1. */
static const struct flag_option {
	int name;
	u32 flag;
} flag_options[] = {
	{ SO_PASSCRED, SKO_PASSCRED },
	{ SO_PASSSEC, SKO_PASSSEC },
	{ SO_OOBINLINE, SKO_OOBINLINE },
	{ SO_KEEPALIVE, SKO_KEEPALIVE },
	{ SO_BROADCAST, SKO_BROADCAST },
	{ SO_DONTROUTE, SKO_DONTROUTE },
	{ SO_REUSEADDR, SKO_REUSEADDR },
	{ SO_NO_CHECK, SKO_NO_CHECK },
	{ SO_RXQ_OVFL, SKO_RXQ_OVFL },
	{ SO_NOFCS, SKO_NOFCS },
	{ SO_SELECT_ERR_QUEUE, SKO_SELECT_ERR_QUEUE },
	{ SO_DEBUG, SKO_DEBUG },
};

static const struct flag_option *flag_find(int name)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_options); i++)
		if (flag_options[i].name == name)
			return &flag_options[i];
	return NULL;
}

static void option_set(struct sock *sk, u32 flag, bool on)
{
	if (on)
		atomic_or(&sk->options, flag);
	else
		atomic_and(&sk->options, ~flag);
}

/* ---- setsockopt(2) --------------------------------------------------------------------------- */

static int set_timeout(u64 *timeout, const struct __kernel_old_timeval *tv)
{
	u64 ticks;

	if (tv->tv_usec < 0 || tv->tv_usec >= 1000000)
		return -EDOM;
	if (tv->tv_sec < 0) { /* Linux: not at all, and a note in the log */
		WRITE_ONCE(*timeout, 0);
		return 0;
	}
	if ((u64)tv->tv_sec >= INT64_MAX / TICKS_PER_SEC - 1)
		ticks = SOCK_FOREVER;
	else
		ticks = (u64)tv->tv_sec * TICKS_PER_SEC + DIV_ROUND_UP((u64)tv->tv_usec * 1000, SOCK_TICK_NS);
	WRITE_ONCE(*timeout, ticks ? ticks : SOCK_FOREVER);
	return 0;
}

static void set_sndbuf(struct sock *sk, int val)
{
	spin_lock(&sk->lock);
	sk->buf_lock |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sndbuf, max(min(val, INT32_MAX / 2) * 2, SOCK_MIN_SNDBUF));
	spin_unlock(&sk->lock);
	if (sock_writable(sk)) /* who waited for room may have it now */
		sock_wake(&sk->wait, SOCK_OUT_KEY);
}

static void set_rcvbuf(struct sock *sk, int val)
{
	guard(spinlock)(&sk->lock);
	sk->buf_lock |= SOCK_RCVBUF_LOCK;
	WRITE_ONCE(sk->rcvbuf, max(min(val, INT32_MAX / 2) * 2, SOCK_MIN_RCVBUF));
}

static int set_linger(struct sock *sk, const struct linger_k *l)
{
	option_set(sk, SKO_LINGER, l->onoff);
	if (l->onoff)
		sk->linger_s = (u32)l->linger;
	return 0;
}

#define TIMESTAMP_BITS (SKO_TIMESTAMP | SKO_TIMESTAMP_NS | SKO_TIMESTAMP_NEW)

/* SO_TIMESTAMP*: one switch, and two bits of how. */
static u32 timestamp_bits(int name)
{
	return SKO_TIMESTAMP |
	       (name == SO_TIMESTAMPNS_OLD || name == SO_TIMESTAMPNS_NEW ? SKO_TIMESTAMP_NS : 0) |
	       (name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW ? SKO_TIMESTAMP_NEW : 0);
}

static void set_timestamp(struct sock *sk, int name, bool on)
{
	atomic_and(&sk->options, ~(u32)TIMESTAMP_BITS);
	if (on)
		atomic_or(&sk->options, timestamp_bits(name));
}

static bool may_prioritise(int val)
{
	return (val >= 0 && val <= 6) || capable(CAP_NET_RAW) || capable(CAP_NET_ADMIN);
}

/* SO_BUF_LOCK: which buffer sizes the system leaves alone. */
static int set_buf_lock(struct sock *sk, int val)
{
	if (val & ~SOCK_BUF_LOCK_MASK)
		return -EINVAL;
	guard(spinlock)(&sk->lock);
	sk->buf_lock = (u8)val;
	return 0;
}

/* Those whose value is an int and more than a flag. */
static int set_int(struct sock *sk, int name, int val)
{
	switch (name) {
	case SO_SNDBUF:
		set_sndbuf(sk, (int)min((u32)val, (u32)READ_ONCE(sock_settings.wmem_max)));
		return 0;
	case SO_RCVBUF:
		set_rcvbuf(sk, (int)min((u32)val, (u32)READ_ONCE(sock_settings.rmem_max)));
		return 0;
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		(name == SO_SNDBUFFORCE ? set_sndbuf : set_rcvbuf)(sk, max(val, 0));
		return 0;
	case SO_RCVLOWAT:
		WRITE_ONCE(sk->rcvlowat, val < 0 ? INT32_MAX : val ? val : 1);
		return 0;
	case SO_PRIORITY:
		if (!may_prioritise(val))
			return -EPERM;
		sk->priority = (u32)val;
		return 0;
	case SO_MARK:
		if (!capable(CAP_NET_RAW) && !capable(CAP_NET_ADMIN))
			return -EPERM;
		sk->mark = (u32)val;
		return 0;
	case SO_PEEK_OFF:
		return sk->ops->set_peek_off ? sk->ops->set_peek_off(sk, val) : -EOPNOTSUPP;
	case SO_BUF_LOCK:
		return set_buf_lock(sk, val);
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		set_timestamp(sk, name, val);
		return 0;
	case SO_REUSEPORT: /* of the Internet families */
		return val ? -EOPNOTSUPP : 0;
	case SO_BSDCOMPAT: /* nothing since 2.2 */
		return 0;
	case SO_TYPE:
	case SO_PROTOCOL:
	case SO_DOMAIN:
	case SO_ERROR:
		return -ENOPROTOOPT;
	default:
		return (int)refuse(ENOPROTOOPT, "setsockopt: unknown option of SOL_SOCKET");
	}
}

size_t sock_option_size(int name)
{
	switch (name) {
	case SO_LINGER:
		return sizeof(struct linger_k);
	case SO_RCVTIMEO_OLD:
	case SO_SNDTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
	case SO_SNDTIMEO_NEW:
		return sizeof(struct __kernel_old_timeval);
	default:
		return sizeof(int);
	}
}

int sock_setsockopt(struct sock *sk, int name, const void *val)
{
	const struct flag_option *flag = flag_find(name);
	int number;

	switch (name) {
	case SO_LINGER:
		return set_linger(sk, val);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return set_timeout(&sk->rcv_timeout, val);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&sk->snd_timeout, val);
	}
	memcpy(&number, val, sizeof(number));
	if (!flag)
		return set_int(sk, name, number);
	if (name == SO_DEBUG && number && !capable(CAP_NET_ADMIN))
		return -EACCES;
	option_set(sk, flag->flag, number);
	return 0;
}

/* ---- getsockopt(2) --------------------------------------------------------------------------- */

static void put_timeout(u64 timeout, void *val, size_t *size)
{
	struct __kernel_old_timeval tv = { 0, 0 };

	if (timeout != SOCK_FOREVER) {
		tv.tv_sec = (long)(timeout / TICKS_PER_SEC);
		tv.tv_usec = (long)(timeout % TICKS_PER_SEC * SOCK_TICK_NS / 1000);
	}
	memcpy(val, &tv, sizeof(tv));
	*size = sizeof(tv);
}

static void put_peercred(struct sock *sk, void *val, size_t *size)
{
	struct ucred_k u = { 0, ~0u, ~0u };

	spin_lock(&sk->lock);
	if (sk->peer_pid) {
		u.pid = sk->peer_pid->nr;
		u.uid = sk->peer_cred->euid;
		u.gid = sk->peer_cred->egid;
	}
	spin_unlock(&sk->lock);
	memcpy(val, &u, sizeof(u));
	*size = sizeof(u);
}

struct group_info *sock_peer_groups(struct sock *sk)
{
	guard(spinlock)(&sk->lock);
	return sk->peer_cred ? groups_get(sk->peer_cred->groups) : NULL;
}

/* Is this, of the four SO_TIMESTAMP options, the one that is on? */
static int timestamp_is(const struct sock *sk, int name)
{
	return (READ_ONCE(sk->options) & TIMESTAMP_BITS) == timestamp_bits(name);
}

static int get_int(struct sock *sk, int name, int *val)
{
	switch (name) {
	case SO_SNDBUF:
		*val = READ_ONCE(sk->sndbuf);
		return 0;
	case SO_RCVBUF:
		*val = READ_ONCE(sk->rcvbuf);
		return 0;
	case SO_TYPE:
		*val = sk->type;
		return 0;
	case SO_PROTOCOL:
		*val = sk->protocol;
		return 0;
	case SO_DOMAIN:
		*val = sk->family;
		return 0;
	case SO_ERROR:
		*val = -sock_error(sk);
		return 0;
	case SO_ACCEPTCONN:
		*val = READ_ONCE(sk->state) == SK_LISTEN;
		return 0;
	case SO_RCVLOWAT:
		*val = READ_ONCE(sk->rcvlowat);
		return 0;
	case SO_SNDLOWAT:
		*val = 1;
		return 0;
	case SO_PRIORITY:
		*val = (int)sk->priority;
		return 0;
	case SO_MARK:
		*val = (int)sk->mark;
		return 0;
	case SO_PEEK_OFF:
		if (!sk->ops->set_peek_off)
			return -EOPNOTSUPP;
		*val = READ_ONCE(sk->peek_off);
		return 0;
	case SO_BUF_LOCK:
		*val = READ_ONCE(sk->buf_lock) & SOCK_BUF_LOCK_MASK;
		return 0;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		*val = timestamp_is(sk, name);
		return 0;
	case SO_BSDCOMPAT:
	case SO_REUSEPORT:
		*val = 0;
		return 0;
	case SO_PEERSEC: /* no security module names peers */
		return -ENOPROTOOPT;
	default:
		return (int)refuse(ENOPROTOOPT, "getsockopt: unknown option of SOL_SOCKET");
	}
}

static int put_peername(struct sock *sk, void *val, size_t *size)
{
	struct sockaddr_storage addr;
	int len = sk->ops->getname(sk, true, &addr);

	if (len < 0)
		return -ENOTCONN;
	memcpy(val, &addr, (size_t)len);
	*size = (size_t)len;
	return 0;
}

int sock_getsockopt(struct sock *sk, int name, void *val, size_t *size)
{
	const struct flag_option *flag = flag_find(name);
	struct linger_k l = { !!sock_option(sk, SKO_LINGER), (s32)sk->linger_s };
	int number, err;

	switch (name) {
	case SO_LINGER:
		memcpy(val, &l, sizeof(l));
		*size = sizeof(l);
		return 0;
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		put_timeout(sk->rcv_timeout, val, size);
		return 0;
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		put_timeout(sk->snd_timeout, val, size);
		return 0;
	case SO_PEERCRED:
		put_peercred(sk, val, size);
		return 0;
	case SO_PEERNAME:
		return put_peername(sk, val, size);
	case SO_BINDTODEVICE: /* never bound: there are no devices */
		*size = 0;
		return 0;
	}
	number = flag ? !!sock_option(sk, flag->flag) : 0;
	if (!flag && (err = get_int(sk, name, &number)))
		return err;
	memcpy(val, &number, sizeof(number));
	*size = sizeof(number);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * Addresses of Unix sockets: paths, abstract names, and names that the kernel invents.
 *
 * Every socket hangs in one bucket of a hash table: by its own address as long as it is unnamed, then by its
 * abstract name and type, or by the inode of its path.  A bucket's lock guards the chain and the identity of
 * those in it; who moves between two locks both, the lower first.  Look-ups take a reference under the lock,
 * and a socket leaves the table before its last reference can go.
 */
#include "kernel/net/unix/unix.h"

#include "kernel/base/random.h"
#include "kernel/base/string.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"

static struct bucket {
	struct spinlock lock;
	struct hlist_head chain;
} table[UNIX_BUCKETS];

static u32 hash_pointer(const void *p)
{
	return (u32)((unsigned long)p >> 6) * 0x9e3779b1u >> 24;
}

static u32 hash_name(const void *name, int len, int type)
{
	u32 h = (u32)type;

	for (int i = 0; i < len; i++)
		h = (h + ((const u8 *)name)[i]) * 0x9e3779b1u;
	return h >> 24;
}

void unix_table_insert(struct unix_sock *u)
{
	u->bucket = hash_pointer(u);
	guard(spinlock)(&table[u->bucket].lock);
	hlist_add(&u->table_node, &table[u->bucket].chain);
}

void unix_table_remove(struct unix_sock *u)
{
	struct path path;

	spin_lock(&table[u->bucket].lock); /* nobody else moves it: its file is gone */
	hlist_del(&u->table_node);
	path = u->path;
	u->path.dentry = NULL;
	spin_unlock(&table[u->bucket].lock);
	path_putp(&path);
}

static u32 bucket_count(u32 b)
{
	struct unix_sock *u;
	u32 n = 0;

	guard(spinlock)(&table[b].lock);
	hlist_for_each(u, &table[b].chain, table_node) n++;
	return n;
}

int unix_table_snapshot(u32 b, struct unix_sock ***out, u32 *count)
{
	u32 room = bucket_count(b); /* who comes while we allocate is not listed */
	struct unix_sock *u;

	*count = 0;
	*out = NULL;
	if (!room)
		return 0;
	*out = kmalloc(room * sizeof(**out), 0);
	if (!*out)
		return -ENOMEM;
	guard(spinlock)(&table[b].lock);
	hlist_for_each(u, &table[b].chain, table_node)
	{
		if (*count == room)
			break;
		sock_get(&u->sk);
		(*out)[(*count)++] = u;
	}
	return 0;
}

static void buckets_lock(u32 a, u32 b) __no_lock_analysis /* a may be b */
{
	spin_lock(&table[min(a, b)].lock);
	if (a != b)
		spin_lock(&table[max(a, b)].lock);
}

static void buckets_unlock(u32 a, u32 b) __no_lock_analysis /* a may be b */
{
	spin_unlock(&table[a].lock);
	if (a != b)
		spin_unlock(&table[b].lock);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static int addr_create(const struct sockaddr_storage *addr, int len, struct unix_addr **out)
{
	struct unix_addr *a = kmalloc(sizeof(*a), 0);

	if (!a)
		return -ENOMEM;
	a->refs = 1;
	a->len = len;
	memcpy(&a->name, addr, (size_t)min(len, (int)sizeof(a->name)));
	*out = a;
	return 0;
}

void unix_addr_put(struct unix_addr *a)
{
	if (a && !atomic_sub(&a->refs, 1))
		kfree(a);
}

static void addr_putp(struct unix_addr **a)
{
	unix_addr_put(*a);
}

int unix_addr_check(const struct sockaddr_storage *addr, int len)
{
	if (len <= (int)UNIX_PATH_OFF || len > (int)sizeof(struct sockaddr_un) || addr->ss_family != AF_UNIX)
		return -EINVAL;
	return 0;
}

/* The path of an address, which need not end in NUL. */
static void path_text(const struct sockaddr_storage *addr, int len, char text[sizeof(struct sockaddr_un)])
{
	size_t size = (size_t)len - UNIX_PATH_OFF;

	memcpy(text, (const char *)addr + UNIX_PATH_OFF, size);
	text[size] = 0;
}

/* The socket named so in bucket b, which is locked. */
static struct unix_sock *find_abstract_locked(u32 b, const void *name, int len, int type)
{
	struct unix_sock *u;

	hlist_for_each(u, &table[b].chain, table_node)
	{
		if (u->named && u->sk.type == type && u->addr->len == len &&
		    !memcmp(&u->addr->name, name, (size_t)len))
			return u;
	}
	return NULL;
}

/*
 * Gives u the name; bindlock held.  path: where it is bound (reference taken over), or NULL for an abstract
 * name.  -EADDRINUSE: somebody else has the abstract name.
 */
static int name_set(struct unix_sock *u, struct unix_addr *a, const struct path *path)
{
	u32 to = path ? hash_pointer(path->dentry->inode) : hash_name(&a->name, a->len, u->sk.type),
	    from = u->bucket;

	buckets_lock(from, to);
	if (!path && find_abstract_locked(to, &a->name, a->len, u->sk.type)) {
		buckets_unlock(from, to);
		return -EADDRINUSE;
	}
	hlist_del(&u->table_node);
	if (path)
		u->path = *path;
	u->named = true;
	atomic_store(&u->addr, a);
	u->bucket = to;
	hlist_add(&u->table_node, &table[to].chain);
	buckets_unlock(from, to);
	return 0;
}

/* ---- bind(2) --------------------------------------------------------------------------------- */

#define AUTO_NAMES 0x100000 /* five hexadecimal digits */

static int autobind(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);
	struct unix_addr *a __cleanup(addr_putp) = NULL;
	struct sockaddr_storage name = { .ss_family = AF_UNIX };
	u32 number;
	int err;

	err = mutex_lock_interruptible(&u->bindlock);
	if (err)
		return err;
	err = u->addr ? 0 : addr_create(&name, UNIX_PATH_OFF + 6, &a);
	if (err || u->addr) {
		mutex_unlock(&u->bindlock);
		return err;
	}
	random_bytes(&number, sizeof(number));
	for (u32 tries = 0; tries < AUTO_NAMES; tries++) {
		char digits[8];

		scnprintf(digits, sizeof(digits), "%05x", ++number % AUTO_NAMES);
		memcpy(a->name.sun_path + 1, digits, 5);
		if (!(err = name_set(u, a, NULL))) {
			a = NULL;
			break;
		}
		err = -ENOSPC;
		cond_resched();
	}
	mutex_unlock(&u->bindlock);
	return err;
}

int unix_autobind_if_passcred(struct sock *sk)
{
	return sock_option(sk, SKO_PASSCRED) && !atomic_load(&unix_sk(sk)->addr) ? autobind(sk) : 0;
}

static int bind_abstract(struct unix_sock *u, const struct sockaddr_storage *addr, int len)
{
	struct unix_addr *a __cleanup(addr_putp) = NULL;
	int err;

	if ((err = addr_create(addr, len, &a)))
		return err;
	err = mutex_lock_interruptible(&u->bindlock);
	if (err)
		return err;
	err = u->addr ? -EINVAL : name_set(u, a, NULL);
	if (!err)
		a = NULL;
	mutex_unlock(&u->bindlock);
	return err;
}

static int bind_path(struct unix_sock *u, const struct sockaddr_storage *addr, int len)
{
	struct unix_addr *a __cleanup(addr_putp) = NULL;
	char text[sizeof(struct sockaddr_un)];
	struct path path;
	int err;

	path_text(addr, len, text);
	if ((err = addr_create(addr, (int)(UNIX_PATH_OFF + strlen(text) + 1), &a)))
		return err;
	memcpy(a->name.sun_path, text, strlen(text) + 1);
	err = mutex_lock_interruptible(&u->bindlock);
	if (err)
		return err;
	/* A socket that has a name hears of everything that is wrong with the new one first. */
	err = do_mksock(text, READ_ONCE(u->sk.file)->inode->mode, u->addr, &path);
	if (!err && u->addr)
		err = -EINVAL;
	else if (!err && !(err = name_set(u, a, &path)))
		a = NULL;
	mutex_unlock(&u->bindlock);
	return err == -EEXIST ? -EADDRINUSE : err;
}

int unix_bind(struct sock *sk, const struct sockaddr_storage *addr, int len)
{
	int err;

	if (len == UNIX_PATH_OFF && addr->ss_family == AF_UNIX)
		return autobind(sk);
	if ((err = unix_addr_check(addr, len)))
		return err;
	return ((const struct sockaddr_un *)addr)->sun_path[0] ? bind_path(unix_sk(sk), addr, len)
							       : bind_abstract(unix_sk(sk), addr, len);
}

/* ---- look-up --------------------------------------------------------------------------------- */

static int find_abstract(const struct sockaddr_storage *addr, int len, int type, struct sock **out)
{
	u32 b = hash_name(addr, len, type);
	struct unix_sock *u;

	guard(spinlock)(&table[b].lock);
	u = find_abstract_locked(b, addr, len, type);
	if (!u)
		return -ECONNREFUSED;
	*out = sock_get(&u->sk);
	return 0;
}

static struct sock *find_inode(const struct inode *i)
{
	u32 b = hash_pointer(i);
	struct unix_sock *u;

	guard(spinlock)(&table[b].lock);
	hlist_for_each(u, &table[b].chain, table_node)
	{
		if (u->named && u->path.dentry && u->path.dentry->inode == i)
			return sock_get(&u->sk);
	}
	return NULL;
}

static int find_path(const struct sockaddr_storage *addr, int len, int type, struct sock **out)
{
	char text[sizeof(struct sockaddr_un)];
	struct path path __cleanup(path_putp) = { NULL, NULL };
	struct inode *i;
	struct sock *sk;
	int err;

	path_text(addr, len, text);
	if ((err = path_lookup(AT_FDCWD, text, LOOKUP_FOLLOW, &path)))
		return err;
	i = path.dentry->inode;
	if ((err = inode_permission(i, MAY_WRITE)))
		return err;
	if (!S_ISSOCK(i->mode))
		return -ECONNREFUSED;
	sk = find_inode(i);
	if (!sk)
		return -ECONNREFUSED;
	if (sk->type != type) {
		sock_put(sk);
		return -EPROTOTYPE;
	}
	*out = sk;
	return 0;
}

int unix_find(const struct sockaddr_storage *addr, int len, int type, struct sock **out)
{
	return ((const struct sockaddr_un *)addr)->sun_path[0] ? find_path(addr, len, type, out)
							       : find_abstract(addr, len, type, out);
}

int unix_bound_path(struct unix_sock *u, struct path *out)
{
	guard(mutex)(&u->bindlock);
	if (!u->path.dentry)
		return -ENOENT;
	*out = u->path;
	path_get(out);
	return 0;
}

/* ---- getsockname(2) -------------------------------------------------------------------------- */

int unix_copy_addr(const struct sock *sk, struct sockaddr_storage *out)
{
	const struct unix_addr *a = atomic_load(&unix_sk(sk)->addr);

	if (!a)
		return 0;
	memcpy(out, &a->name, (size_t)a->len);
	return a->len;
}

int unix_getname(struct sock *sk, bool peer, struct sockaddr_storage *out)
{
	struct sock *other __cleanup(sock_putp) = NULL;
	int len;

	if (peer) {
		spin_lock(&sk->lock);
		other = unix_sk(sk)->peer ? sock_get(unix_sk(sk)->peer) : NULL;
		spin_unlock(&sk->lock);
		if (!other)
			return -ENOTCONN;
		sk = other;
	}
	if ((len = unix_copy_addr(sk, out)))
		return len;
	out->ss_family = AF_UNIX;
	return UNIX_PATH_OFF;
}

static int table_init(void)
{
	for (u32 i = 0; i < UNIX_BUCKETS; i++)
		spin_lock_init(&table[i].lock);
	return 0;
}
INITCALL(INIT_FS, table_init);

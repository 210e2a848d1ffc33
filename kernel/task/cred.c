// SPDX-License-Identifier: MIT
/*
 * Credentials: the objects (cred, group_info, user) and the calls that change the identity of current.
 * A cred is immutable once published; a change copies it, edits the copy, installs it.  Order of checks
 * and the capability side effects are those of Linux 6.1 (kernel/sys.c, security/commoncap.c as described
 * in capabilities(7)).
 */
#include "kernel/task/cred.h"
#include "kernel/base/list.h"
#include "kernel/base/string.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/internal.h"
#include "kernel/task/task.h"
#include <linux/securebits.h>

#define USER_HASH 64

static struct group_info no_groups = { .refs = 1 };
static struct user root_user = { .refs = 1 };
struct cred init_cred = {
	.refs = 1,
	.cap_permitted = CAP_FULL,
	.cap_effective = CAP_FULL,
	.cap_bset = CAP_FULL,
	.groups = &no_groups,
	.user = &root_user,
};

static struct spinlock user_lock =
	SPINLOCK_INIT; /* irq-safe: the last signal of a user may be freed anywhere */
static struct hlist_head user_hash[USER_HASH]; /* [user_lock] */
static struct slab_cache *cred_cache, *user_cache;

/* ---- users ---------------------------------------------------------------------------------- */

int user_find_get(uid_t uid, struct user **out)
{
	struct user *fresh = slab_alloc(user_cache, ALLOC_ZERO), *u;

	if (!fresh)
		return -ENOMEM;

	unsigned long flags = spin_lock_irqsave(&user_lock);

	hlist_for_each(u, &user_hash[uid % USER_HASH], hash)
	{
		if (u->uid == uid) {
			u->refs++;
			spin_unlock_irqrestore(&user_lock, flags);
			slab_free(user_cache, fresh);
			*out = u;
			return 0;
		}
	}
	fresh->refs = 1;
	fresh->uid = uid;
	hlist_add(&fresh->hash, &user_hash[uid % USER_HASH]);
	spin_unlock_irqrestore(&user_lock, flags);
	*out = fresh;
	return 0;
}

void user_put(struct user *u)
{
	u32 old = atomic_load(&u->refs);

	while (old > 1) { /* only the last reference needs the lock: the hash must not find a dying user */
		if (atomic_cas(&u->refs, old, old - 1))
			return;
		old = atomic_load(&u->refs);
	}

	unsigned long flags = spin_lock_irqsave(&user_lock);
	bool dead = atomic_sub(&u->refs, 1) == 0;

	if (dead)
		hlist_del(&u->hash);
	spin_unlock_irqrestore(&user_lock, flags);
	if (dead)
		slab_free(user_cache, u);
}

/* ---- groups --------------------------------------------------------------------------------- */

struct group_info *groups_alloc(u32 count)
{
	struct group_info *g = kmalloc(sizeof(*g) + count * sizeof(g->gid[0]), 0);

	if (g) {
		g->refs = 1;
		g->count = count;
	}
	return g;
}

void groups_put(struct group_info *g)
{
	if (g && !atomic_sub(&g->refs, 1))
		kfree(g);
}

static void groups_sift(gid_t *gid, u32 root, u32 count)
{
	for (u32 child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && gid[child] < gid[child + 1])
			child++;
		if (gid[root] >= gid[child])
			return;
		swap(gid[root], gid[child]);
	}
}

/* Heap sort: up to 65,536 entries given by the program, in place. */
void groups_sort(struct group_info *g)
{
	for (u32 i = g->count / 2; i-- > 0;)
		groups_sift(g->gid, i, g->count);
	for (u32 n = g->count; n > 1; n--) {
		swap(g->gid[0], g->gid[n - 1]);
		groups_sift(g->gid, 0, n - 1);
	}
}

static bool groups_search(const struct group_info *g, gid_t gid)
{
	u32 lo = 0, hi = g->count;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (g->gid[mid] == gid)
			return true;
		if (g->gid[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

bool in_group(gid_t gid)
{
	const struct cred *c = current->cred;

	return gid == c->fsgid || groups_search(c->groups, gid);
}

/* ---- the object ----------------------------------------------------------------------------- */

bool cred_capable(const struct cred *c, int cap)
{
	return c->cap_effective >> cap & 1;
}

bool capable(int cap)
{
	return cred_capable(current->cred, cap);
}

struct cred *cred_copy(const struct cred *old)
{
	struct cred *c = slab_alloc(cred_cache, 0);

	if (!c)
		return NULL;
	*c = *old;
	c->refs = 1;
	groups_get(c->groups);
	user_get(c->user);
	return c;
}

struct cred *cred_prepare(void)
{
	return cred_copy(current->cred);
}

static void cred_free_rcu(struct rcu_head *head)
{
	struct cred *c = container_of(head, struct cred, rcu);

	groups_put(c->groups);
	user_put(c->user);
	slab_free(cred_cache, c);
}

void cred_put(const struct cred *c)
{
	struct cred *m = (struct cred *)c;

	if (m && !atomic_sub(&m->refs, 1))
		call_rcu(&m->rcu, cred_free_rcu);
}

void cred_abort(struct cred *new)
{
	cred_put(new);
}

void cred_commit(struct cred *new)
{
	struct task *me = current;
	const struct cred *old = me->cred;

	/*
	 * Another identity: no longer to be inspected by the former one, and its parent's death is not
	 * its business.
	 */
	if (old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
	    old->fsgid != new->fsgid || (new->cap_permitted & ~old->cap_permitted)) {
		if (me->mm)
			me->mm->dumpable = false;
		me->pdeath_signal = 0;
	}
	if (old->user != new->user) {
		atomic_add(&new->user->processes, 1);
		atomic_sub(&old->user->processes, 1);
	}
	rcu_assign_pointer(me->cred, new);
	cred_put(old);
}

void cred_init(void)
{
	cred_cache = slab_cache_create("cred", sizeof(struct cred), 0);
	user_cache = slab_cache_create("user", sizeof(struct user), 0);
	hlist_add(&root_user.hash, &user_hash[0]);
}

/* ---- user ids ------------------------------------------------------------------------------- */

#define KEEP ((uid_t)-1)

/* The capability effects of a change of ruid, euid, suid: capabilities(7), "Effect of user ID changes". */
static void cred_fix_setuid(struct cred *new, const struct cred *old)
{
	bool had_root = !old->uid || !old->euid || !old->suid;
	bool has_root = !new->uid || !new->euid || !new->suid;

	if (new->securebits & BIT(SECURE_NO_SETUID_FIXUP))
		return;
	if (had_root && !has_root) {
		if (!(old->securebits & BIT(SECURE_KEEP_CAPS))) {
			new->cap_permitted = 0;
			new->cap_effective = 0;
		}
		new->cap_ambient = 0;
	}
	if (!old->euid && new->euid)
		new->cap_effective = 0;
	if (old->euid && !new->euid)
		new->cap_effective = new->cap_permitted;
}

/* Charges the new real user; over RLIMIT_NPROC is found out by the next execve(2). */
static int cred_set_user(struct cred *new)
{
	struct user *u;
	int err = user_find_get(new->uid, &u);

	if (err)
		return err;
	user_put(new->user);
	new->user = u;
	if (new->uid && atomic_load(&u->processes) >= rlimit(RLIMIT_NPROC))
		current->flags |= PF_NPROC_EXCEEDED;
	else
		current->flags &= ~(u32)PF_NPROC_EXCEEDED;
	return 0;
}

static int commit_uids(struct cred *new, const struct cred *old)
{
	int err = new->uid != old->uid ? cred_set_user(new) : 0;

	if (err) {
		cred_abort(new);
		return err;
	}
	new->fsuid = new->euid;
	cred_fix_setuid(new, old);
	cred_commit(new);
	return 0;
}

int do_setreuid(uid_t ruid, uid_t euid)
{
	const struct cred *old = current->cred;
	struct cred *new = cred_prepare();
	bool cap = capable(CAP_SETUID);

	if (!new)
		return -ENOMEM;
	if (ruid != KEEP) {
		new->uid = ruid;
		if (old->uid != ruid && old->euid != ruid && !cap) {
			cred_abort(new);
			return -EPERM;
		}
	}
	if (euid != KEEP) {
		new->euid = euid;
		if (old->uid != euid && old->euid != euid && old->suid != euid && !cap) {
			cred_abort(new);
			return -EPERM;
		}
	}
	if (ruid != KEEP || (euid != KEEP && euid != old->uid))
		new->suid = new->euid;
	return commit_uids(new, old);
}

int do_setuid(uid_t uid)
{
	const struct cred *old = current->cred;

	if (uid == KEEP)
		return -EINVAL;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETUID)) {
		new->uid = new->suid = uid;
	} else if (uid != old->uid && uid != old->suid) {
		cred_abort(new);
		return -EPERM;
	}
	new->euid = uid;
	return commit_uids(new, old);
}

static bool uid_is_mine(const struct cred *c, uid_t uid)
{
	return uid == KEEP || uid == c->uid || uid == c->euid || uid == c->suid;
}

int do_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	const struct cred *old = current->cred;

	if (!capable(CAP_SETUID) &&
	    (!uid_is_mine(old, ruid) || !uid_is_mine(old, euid) || !uid_is_mine(old, suid)))
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (ruid != KEEP)
		new->uid = ruid;
	if (euid != KEEP)
		new->euid = euid;
	if (suid != KEEP)
		new->suid = suid;
	return commit_uids(new, old);
}

uid_t do_setfsuid(uid_t uid)
{
	const u64 fs_caps = BIT(CAP_CHOWN) | BIT(CAP_MKNOD) | BIT(CAP_DAC_OVERRIDE) |
			    BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |
			    BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MAC_OVERRIDE);
	const struct cred *old = current->cred;
	uid_t was = old->fsuid;

	if (uid == KEEP || uid == was || (!uid_is_mine(old, uid) && !capable(CAP_SETUID)))
		return was;

	struct cred *new = cred_prepare();

	if (!new)
		return was;
	new->fsuid = uid;
	if (!(new->securebits &BIT(SECURE_NO_SETUID_FIXUP))) {
		if (!was)
			new->cap_effective &= ~fs_caps;
		if (!uid)
			new->cap_effective |= new->cap_permitted &fs_caps;
	}
	cred_commit(new);
	return was;
}

/* ---- group ids ------------------------------------------------------------------------------ */

static bool gid_is_mine(const struct cred *c, gid_t gid)
{
	return gid == KEEP || gid == c->gid || gid == c->egid || gid == c->sgid;
}

static int commit_gids(struct cred *new)
{
	new->fsgid = new->egid;
	cred_commit(new);
	return 0;
}

int do_setregid(gid_t rgid, gid_t egid)
{
	const struct cred *old = current->cred;
	bool cap = capable(CAP_SETGID);

	if (rgid != KEEP && rgid != old->gid && rgid != old->egid && !cap)
		return -EPERM;
	if (!gid_is_mine(old, egid) && !cap)
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (rgid != KEEP || (egid != KEEP && egid != old->gid))
		new->sgid = new->egid;
	return commit_gids(new);
}

int do_setgid(gid_t gid)
{
	const struct cred *old = current->cred;
	bool cap = capable(CAP_SETGID);

	if (gid == KEEP)
		return -EINVAL;
	if (!cap && gid != old->gid && gid != old->sgid)
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (cap)
		new->gid = new->sgid = gid;
	new->egid = gid;
	return commit_gids(new);
}

int do_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	const struct cred *old = current->cred;

	if (!capable(CAP_SETGID) &&
	    (!gid_is_mine(old, rgid) || !gid_is_mine(old, egid) || !gid_is_mine(old, sgid)))
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (sgid != KEEP)
		new->sgid = sgid;
	return commit_gids(new);
}

gid_t do_setfsgid(gid_t gid)
{
	const struct cred *old = current->cred;
	gid_t was = old->fsgid;

	if (gid == KEEP || gid == was || (!gid_is_mine(old, gid) && !capable(CAP_SETGID)))
		return was;

	struct cred *new = cred_prepare();

	if (!new)
		return was;
	new->fsgid = gid;
	cred_commit(new);
	return was;
}

int do_setgroups(struct group_info *g)
{
	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	groups_sort(g);
	groups_put(new->groups);
	new->groups = g;
	cred_commit(new);
	return 0;
}

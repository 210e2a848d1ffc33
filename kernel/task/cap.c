// SPDX-License-Identifier: MIT
/*
 * Capabilities: capset(2), the capability options of prctl(2), and what execve(2) does to credentials.
 * Source: capabilities(7), Linux 6.1 security/commoncap.c for the order of checks.
 */
#include "kernel/gate/refuse.h"
#include "kernel/task/cred.h"
#include "kernel/task/task.h"
#include <linux/prctl.h>
#include <linux/securebits.h>

int do_capset(u64 effective, u64 permitted, u64 inheritable)
{
	const struct cred *old = current->cred;

	/*
	 * Inheritable: without CAP_SETPCAP only what is inheritable or permitted; never beyond the
	 * bounding set.
	 */
	if (!capable(CAP_SETPCAP) && (inheritable & ~(old->cap_inheritable | old->cap_permitted)))
		return -EPERM;
	if (inheritable & ~(old->cap_inheritable | old->cap_bset))
		return -EPERM;
	if (permitted & ~old->cap_permitted)
		return -EPERM;
	if (effective & ~permitted)
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	new->cap_effective = effective;
	new->cap_permitted = permitted;
	new->cap_inheritable = inheritable;
	new->cap_ambient &= permitted &inheritable;
	cred_commit(new);
	return 0;
}

/* P'(permitted) = (P(inheritable) & F(inheritable)) | (F(permitted) & P(bounding)); ambient comes later. */
static int apply_file_caps(struct cred *new, const struct file_caps *f)
{
	new->cap_permitted = (new->cap_bset & f->permitted) | (new->cap_inheritable & f->inheritable);
	return f->effective && (f->permitted & ~new->cap_permitted) ? -EPERM : 0;
}

int cred_exec(struct cred *new, struct exec_privs *x)
{
	const struct cred *old = current->cred;
	bool effective = x->caps && x->caps->effective, id_changed;
	int err;

	if (x->suid != (uid_t)-1)
		new->euid = x->suid;
	if (x->sgid != (gid_t)-1)
		new->egid = x->sgid;
	new->cap_permitted = 0;
	if (x->caps && (err = apply_file_caps(new, x->caps)))
		return err;
	/* Root: all file sets are full; but capabilities of a set-user-ID-root file are meant as they are. */
	if (!(new->securebits &BIT(SECURE_NOROOT)) && !(x->caps && new->uid && !new->euid)) {
		if (!new->euid || !new->uid)
			new->cap_permitted = old->cap_bset | old->cap_inheritable;
		if (!new->euid)
			effective = true;
	}
	id_changed = new->euid != old->uid || new->egid != old->gid;
	x->raised = id_changed || (new->cap_permitted & ~old->cap_permitted);
	if (x->raised && new->no_new_privs) {
		new->euid = new->uid;
		new->egid = new->gid;
		new->cap_permitted &= old->cap_permitted;
	}
	if (x->caps || id_changed)
		new->cap_ambient = 0;
	new->cap_permitted |= new->cap_ambient;
	new->cap_effective = effective ? new->cap_permitted : new->cap_ambient;
	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;
	new->securebits &= ~(u32)BIT(SECURE_KEEP_CAPS);

	/* AT_SECURE: ids differ, or a non-root real user gained capabilities beyond the ambient ones. */
	x->secure = id_changed || (new->uid && (effective || (new->cap_permitted & ~new->cap_ambient)));
	return 0;
}

static long commit_securebits(unsigned long arg)
{
	const struct cred *old = current->cred;

	/* Locked bits stay, locks stay, only defined bits, and CAP_SETPCAP is needed. */
	if ((((old->securebits & SECURE_ALL_LOCKS) >> 1) & (old->securebits ^ arg)) ||
	    ((old->securebits & SECURE_ALL_LOCKS & ~arg)) ||
	    (arg & ~(unsigned long)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) || !capable(CAP_SETPCAP))
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	new->securebits = (u32)arg;
	cred_commit(new);
	return 0;
}

static long set_keepcaps(unsigned long on)
{
	if (on > 1)
		return -EINVAL;
	if (current->cred->securebits & BIT(SECURE_KEEP_CAPS_LOCKED))
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (on)
		new->securebits |= (u32)BIT(SECURE_KEEP_CAPS);
	else
		new->securebits &= ~(u32)BIT(SECURE_KEEP_CAPS);
	cred_commit(new);
	return 0;
}

static long bset_drop(unsigned long cap)
{
	if (!capable(CAP_SETPCAP))
		return -EPERM;
	if (cap > CAP_LAST_CAP)
		return -EINVAL;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	new->cap_bset &= ~BIT(cap);
	cred_commit(new);
	return 0;
}

static long ambient(unsigned long op, unsigned long cap, unsigned long arg4, unsigned long arg5)
{
	const struct cred *old = current->cred;

	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? (cap | arg4 | arg5) != 0
					   : (arg4 | arg5) != 0 || cap > CAP_LAST_CAP)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return old->cap_ambient >> cap & 1;
	if (op != PR_CAP_AMBIENT_RAISE && op != PR_CAP_AMBIENT_LOWER && op != PR_CAP_AMBIENT_CLEAR_ALL)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_RAISE &&
	    (!(old->cap_permitted >> cap & 1) || !(old->cap_inheritable >> cap & 1) ||
	     (old->securebits & BIT(SECURE_NO_CAP_AMBIENT_RAISE))))
		return -EPERM;

	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_CLEAR_ALL)
		new->cap_ambient = 0;
	else if (op == PR_CAP_AMBIENT_RAISE)
		new->cap_ambient |= BIT(cap);
	else
		new->cap_ambient &= ~BIT(cap);
	cred_commit(new);
	return 0;
}

/* The options of prctl(2) that concern credentials; -ENOSYS for every other one. */
long cred_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	const struct cred *c = current->cred;

	switch (option) {
	case PR_CAPBSET_READ:
		return arg2 > CAP_LAST_CAP ? -EINVAL : (long)(c->cap_bset >> arg2 & 1);
	case PR_CAPBSET_DROP:
		return bset_drop(arg2);
	case PR_GET_SECUREBITS:
		return c->securebits;
	case PR_SET_SECUREBITS:
		return commit_securebits(arg2);
	case PR_GET_KEEPCAPS:
		return !!(c->securebits & BIT(SECURE_KEEP_CAPS));
	case PR_SET_KEEPCAPS:
		return set_keepcaps(arg2);
	case PR_CAP_AMBIENT:
		return ambient(arg2, arg3, arg4, arg5);
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : c->no_new_privs;
	case PR_SET_NO_NEW_PRIVS: {
		if (arg2 != 1 || arg3 || arg4 || arg5)
			return -EINVAL;

		struct cred *new = cred_prepare();

		if (!new)
			return -ENOMEM;
		new->no_new_privs = true;
		cred_commit(new);
		return 0;
	}
	}
	return -ENOSYS;
}

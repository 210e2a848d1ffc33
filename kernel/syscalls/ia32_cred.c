// SPDX-License-Identifier: MIT
/*
 * The 16-bit uid calls of i386 (numbers 23…171; libcs use the …32 ones, which are the native functions).
 * On the way in 0xffff is -1; on the way out what does not fit shows as the overflow id 65534.
 */
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"

static u32 widen(u16 id)
{
	return id == 0xffff ? ~0u : id;
}
static u16 narrow(u32 id)
{
	return id >> 16 ? 65534 : (u16)id;
}

IA32_SYSCALL_DEFINE0(getuid)
{
	return narrow(current->cred->uid);
}
IA32_SYSCALL_DEFINE0(geteuid)
{
	return narrow(current->cred->euid);
}
IA32_SYSCALL_DEFINE0(getgid)
{
	return narrow(current->cred->gid);
}
IA32_SYSCALL_DEFINE0(getegid)
{
	return narrow(current->cred->egid);
}
IA32_SYSCALL_DEFINE1(setuid, u16, uid)
{
	return do_setuid(widen(uid));
}
IA32_SYSCALL_DEFINE1(setgid, u16, gid)
{
	return do_setgid(widen(gid));
}
IA32_SYSCALL_DEFINE2(setreuid, u16, ruid, u16, euid)
{
	return do_setreuid(widen(ruid), widen(euid));
}
IA32_SYSCALL_DEFINE2(setregid, u16, rgid, u16, egid)
{
	return do_setregid(widen(rgid), widen(egid));
}
IA32_SYSCALL_DEFINE3(setresuid, u16, ruid, u16, euid, u16, suid)
{
	return do_setresuid(widen(ruid), widen(euid), widen(suid));
}
IA32_SYSCALL_DEFINE3(setresgid, u16, rgid, u16, egid, u16, sgid)
{
	return do_setresgid(widen(rgid), widen(egid), widen(sgid));
}
IA32_SYSCALL_DEFINE1(setfsuid, u16, uid)
{
	return do_setfsuid(widen(uid));
}
IA32_SYSCALL_DEFINE1(setfsgid, u16, gid)
{
	return do_setfsgid(widen(gid));
}

static long put_three(u32 a, u32 b, u32 c, u16 __user *ua, u16 __user *ub, u16 __user *uc)
{
	return put_user(narrow(a), ua) || put_user(narrow(b), ub) || put_user(narrow(c), uc) ? -EFAULT : 0;
}

IA32_SYSCALL_DEFINE3(getresuid, u16 __user *, ruid, u16 __user *, euid, u16 __user *, suid)
{
	const struct cred *c = current->cred;

	return put_three(c->uid, c->euid, c->suid, ruid, euid, suid);
}

IA32_SYSCALL_DEFINE3(getresgid, u16 __user *, rgid, u16 __user *, egid, u16 __user *, sgid)
{
	const struct cred *c = current->cred;

	return put_three(c->gid, c->egid, c->sgid, rgid, egid, sgid);
}

IA32_SYSCALL_DEFINE2(getgroups, int, size, u16 __user *, list)
{
	const struct group_info *g = current->cred->groups;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return g->count;
	if (g->count > (u32)size)
		return -EINVAL;
	for (u32 i = 0; i < g->count; i++)
		if (put_user(narrow(g->gid[i]), list + i))
			return -EFAULT;
	return g->count;
}

IA32_SYSCALL_DEFINE2(setgroups, int, size, const u16 __user *, list)
{
	struct group_info *g;
	int err = 0;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if ((unsigned)size > NGROUPS_MAX)
		return -EINVAL;
	g = groups_alloc((u32)size);
	if (!g)
		return -ENOMEM;
	for (int i = 0; !err && i < size; i++) {
		u16 gid = 0;

		err = get_user(gid, list + i);
		g->gid[i] = widen(gid);
		if (!err && g->gid[i] == ~0u)
			err = -EINVAL;
	}
	err = err ? err : do_setgroups(g);
	if (err)
		groups_put(g);
	return err;
}

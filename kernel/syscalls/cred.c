// SPDX-License-Identifier: MIT
/* getuid(2) … setgroups(2), capget(2), capset(2); the 16-bit twins of i386 are in ia32_cred.c. */
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include <linux/capability.h>

SYSCALL_DEFINE0(getuid)
{
	return current->cred->uid;
}
SYSCALL_DEFINE0(geteuid)
{
	return current->cred->euid;
}
SYSCALL_DEFINE0(getgid)
{
	return current->cred->gid;
}
SYSCALL_DEFINE0(getegid)
{
	return current->cred->egid;
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	return do_setuid(uid);
}
SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	return do_setgid(gid);
}
SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	return do_setreuid(ruid, euid);
}
SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	return do_setregid(rgid, egid);
}
SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	return do_setresuid(ruid, euid, suid);
}
SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	return do_setresgid(rgid, egid, sgid);
}
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	return do_setfsuid(uid);
}
SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	return do_setfsgid(gid);
}

SYSCALL_DEFINE3(getresuid, uid_t __user *, ruid, uid_t __user *, euid, uid_t __user *, suid)
{
	const struct cred *c = current->cred;

	return put_user(c->uid, ruid) || put_user(c->euid, euid) || put_user(c->suid, suid) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(getresgid, gid_t __user *, rgid, gid_t __user *, egid, gid_t __user *, sgid)
{
	const struct cred *c = current->cred;

	return put_user(c->gid, rgid) || put_user(c->egid, egid) || put_user(c->sgid, sgid) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(getgroups, int, size, gid_t __user *, list)
{
	const struct group_info *g = current->cred->groups;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return g->count;
	if (g->count > (u32)size)
		return -EINVAL;
	if (copy_to_user(list, g->gid, g->count * sizeof(gid_t)))
		return -EFAULT;
	return g->count;
}

SYSCALL_DEFINE2(setgroups, int, size, const gid_t __user *, list)
{
	struct group_info *g;
	int err;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if ((unsigned)size > NGROUPS_MAX)
		return -EINVAL;
	g = groups_alloc((u32)size);
	if (!g)
		return -ENOMEM;
	err = copy_from_user(g->gid, list, (size_t)size * sizeof(gid_t));
	for (int i = 0; !err && i < size; i++)
		err = g->gid[i] == (gid_t)-1 ? -EINVAL : 0;
	err = err ? err : do_setgroups(g);
	if (err)
		groups_put(g);
	return err;
}

/* ---- capabilities ----------------------------------------------------------------------------- */

/* Words per set of this version, after telling the caller ours when it does not know it (capget(2)). */
static int cap_version(struct __user_cap_header_struct __user *header, u32 *words)
{
	u32 version;

	if (copy_from_user(&version, &header->version, sizeof(version)))
		return -EFAULT;
	switch (version) {
	case _LINUX_CAPABILITY_VERSION_1:
		*words = _LINUX_CAPABILITY_U32S_1;
		return 0;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		*words = _LINUX_CAPABILITY_U32S_3;
		return 0;
	}
	version = _LINUX_CAPABILITY_VERSION_3;
	return copy_to_user(&header->version, &version, sizeof(version)) ? -EFAULT : -EINVAL;
}

SYSCALL_DEFINE2(capget, struct __user_cap_header_struct __user *, header,
		struct __user_cap_data_struct __user *, data)
{
	struct __user_cap_data_struct out[2];
	const struct cred *c;
	struct task *t;
	u32 words;
	pid_t pid;
	int err = cap_version(header, &words);

	if (!data || err)
		return !data && err == -EINVAL ? 0 : err; /* a probe for the version */
	if (copy_from_user(&pid, &header->pid, sizeof(pid)))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	t = pid ? task_find_get(pid) : task_get(current);
	if (!t)
		return -ESRCH;
	c = task_cred_get(t);
	for (int i = 0; i < 2; i++)
		out[i] = (struct __user_cap_data_struct){ (u32)(c->cap_effective >> 32 * i),
							  (u32)(c->cap_permitted >> 32 * i),
							  (u32)(c->cap_inheritable >> 32 * i) };
	cred_put(c);
	task_put(t);
	return copy_to_user(data, out, words * sizeof(out[0]));
}

SYSCALL_DEFINE2(capset, struct __user_cap_header_struct __user *, header,
		const struct __user_cap_data_struct __user *, data)
{
	struct __user_cap_data_struct in[2] = { { 0 } };
	u32 words;
	pid_t pid;
	int err = cap_version(header, &words);

	if (err)
		return err;
	if (copy_from_user(&pid, &header->pid, sizeof(pid)))
		return -EFAULT;
	if (pid && pid != current->tid)
		return -EPERM;
	if (copy_from_user(in, data, words * sizeof(in[0])))
		return -EFAULT;
	return do_capset(((u64)in[1].effective << 32 | in[0].effective) & CAP_FULL,
			 ((u64)in[1].permitted << 32 | in[0].permitted) & CAP_FULL,
			 ((u64)in[1].inheritable << 32 | in[0].inheritable) & CAP_FULL);
}

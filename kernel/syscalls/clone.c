// SPDX-License-Identifier: MIT
/* clone(2), clone3(2), fork(2), vfork(2), set_tid_address(2), unshare(2), setns(2). */
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"
#include <linux/sched.h>

#define CLONE3_FLAGS     (0xffffffffULL | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP)
#define MAX_PID_NS_LEVEL 32

static long legacy_clone(unsigned long flags, unsigned long stack, unsigned long parent_tid,
			 unsigned long child_tid, unsigned long tls)
{
	const struct clone_args_k args = {
		.flags = (u32)flags & ~(u64)CSIGNAL,
		.exit_signal = (int)(flags & CSIGNAL),
		.stack = stack,
		.tls = tls,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.pidfd = parent_tid, /* clone(2) returns the pidfd where CLONE_PARENT_SETTID would write */
	};

	return do_clone(&args);
}

SYSCALL_DEFINE5(clone, unsigned long, flags, unsigned long, stack, int __user *, parent_tid, int __user *,
		child_tid, unsigned long, tls)
{
	return legacy_clone(flags, stack, (__force unsigned long)parent_tid, (__force unsigned long)child_tid,
			    tls);
}

/* i386 has tls and child_tid the other way round (CONFIG_CLONE_BACKWARDS). */
IA32_SYSCALL_DEFINE5(clone, unsigned long, flags, unsigned long, stack, int __user *, parent_tid,
		     unsigned long, tls, int __user *, child_tid)
{
	return legacy_clone(flags, stack, (__force unsigned long)parent_tid, (__force unsigned long)child_tid,
			    tls);
}

SYSCALL_DEFINE0(fork)
{
	return legacy_clone(SIGCHLD, 0, 0, 0, 0);
}

SYSCALL_DEFINE0(vfork)
{
	return legacy_clone(CLONE_VFORK | CLONE_VM | SIGCHLD, 0, 0, 0, 0);
}

/* The structure's own rules: Linux copy_clone_args_from_user() and clone3_args_valid(), in their order. */
static int clone3_check(const struct clone_args *u)
{
	if (u->set_tid_size > MAX_PID_NS_LEVEL)
		return refuse(EINVAL, "clone3: set_tid_size");
	if (!u->set_tid != !u->set_tid_size)
		return refuse(EINVAL, "clone3: set_tid and set_tid_size disagree");
	if ((u->exit_signal & ~(u64)CSIGNAL) || u->exit_signal > NSIG_K)
		return refuse(EINVAL, "clone3: exit_signal");
	if (u->flags & ~CLONE3_FLAGS)
		return refuse(EINVAL, "clone3: unknown flags");
	if (u->flags & CLONE_INTO_CGROUP)
		return refuse(EINVAL, "clone3: cgroups absent");
	if (u->flags & (CLONE_DETACHED | (CSIGNAL & ~(u64)CLONE_NEWTIME)))
		return refuse(EINVAL, "clone3: flags of the old clone");
	if ((u->flags & (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND)) == (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND))
		return refuse(EINVAL, "clone3: CLONE_CLEAR_SIGHAND with CLONE_SIGHAND");
	if ((u->flags & (CLONE_THREAD | CLONE_PARENT)) && u->exit_signal)
		return refuse(EINVAL, "clone3: exit_signal of a thread or sibling");
	if (!u->stack != !u->stack_size)
		return refuse(EINVAL, "clone3: stack and stack_size disagree");
	if (u->stack && !access_ok((const void __user *)(unsigned long)u->stack, u->stack_size))
		return refuse(EINVAL, "clone3: stack outside user space");
	return 0;
}

SYSCALL_DEFINE2(clone3, struct clone_args __user *, uargs, size_t, size)
{
	struct clone_args u;
	pid_t set_tid[MAX_PID_NS_LEVEL];
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return refuse(EINVAL, "clone3: structure too small");
	if ((err = copy_struct_from_user(&u, sizeof(u), uargs, size)) || (err = clone3_check(&u)))
		return err;
	if (u.set_tid_size && copy_from_user(set_tid, (const void __user *)(unsigned long)u.set_tid,
					     u.set_tid_size * sizeof(pid_t)))
		return -EFAULT;

	const struct clone_args_k args = {
		.flags = u.flags,
		.exit_signal = (int)u.exit_signal,
		.stack = u.stack,
		.stack_size = u.stack_size,
		.tls = u.tls,
		.parent_tid = u.parent_tid,
		.child_tid = u.child_tid,
		.pidfd = u.pidfd,
		.set_tid = set_tid,
		.set_tid_size = u.set_tid_size,
	};

	return do_clone(&args);
}

SYSCALL_DEFINE1(set_tid_address, int __user *, tidptr)
{
	current->clear_child_tid = (__force unsigned long)tidptr;
	return current->tid;
}

#define UNSHARE_NS                                                                                    \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
	 CLONE_NEWNET | CLONE_NEWTIME)

static int unshare_fs(void)
{
	struct task *me = current;
	struct fs *fresh, *old = me->fs;
	int err;

	if (atomic_load(&old->refs) == 1)
		return 0;
	if ((err = fs_dup(old, &fresh)))
		return err;
	spin_lock(&me->alloc_lock);
	me->fs = fresh;
	spin_unlock(&me->alloc_lock);
	fs_put(old);
	return 0;
}

/*
 * unshare(2) without namespaces: CLONE_FS and CLONE_FILES; the thread flags only where they change
 * nothing.
 */
SYSCALL_DEFINE1(unshare, unsigned long, flags)
{
	struct task *me = current;
	int err;

	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	if (flags & ~(unsigned long)(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES |
				     CLONE_SYSVSEM | UNSHARE_NS))
		return refuse(EINVAL, "unshare: unknown flags");
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && me->proc->nr_threads > 1)
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) && atomic_load(&me->sighand->refs) > 1)
		return -EINVAL;
	if (flags & UNSHARE_NS) {
		if (!(flags & CLONE_NEWUSER) && !capable(CAP_SYS_ADMIN))
			return -EPERM;
		return refuse(EINVAL, "unshare: namespaces absent");
	}
	if ((flags & CLONE_FS) && (err = unshare_fs()))
		return err;
	return flags & CLONE_FILES ? files_unshare_for_exec(me) : 0;
}

SYSCALL_DEFINE2(setns, int, fd, int, flags)
{
	struct file *f __cleanup(file_putp) = fd_get(fd);

	return f ? refuse(EINVAL, "setns: namespaces absent") : -EBADF;
}

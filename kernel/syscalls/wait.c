// SPDX-License-Identifier: MIT
/* exit(2), exit_group(2), wait4(2), waitid(2), waitpid(2) of i386. */
#include "abi/ia32/process.h"
#include "abi/ia32/signal.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/fs/fs.h"
#include "kernel/syscalls/rusage.h"
#include "kernel/task/wait.h"

SYSCALL_DEFINE1(exit, int, status)
{
	do_exit((status & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, status)
{
	do_exit_group((status & 0xff) << 8);
}

static void pid_putp(struct pid **p)
{
	pid_put(*p);
}

static struct pid *own_pgrp_get(void)
{
	read_lock(&tasklist_lock);

	struct pid *pgrp = pid_get(current->proc->pgrp);

	read_unlock(&tasklist_lock);
	return pgrp;
}

/* The number of the child, 0, or -errno; the status is written when there is one. */
static long wait4_common(pid_t upid, int __user *status, int options, struct wait_result *res)
{
	struct pid *pid __cleanup(pid_putp) = NULL;
	int type = P_PID;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return refuse(EINVAL, "wait4: unknown options");
	if (upid == -2147483647 - 1)
		return -ESRCH;
	if (upid == -1) {
		type = P_ALL;
	} else if (upid <= 0) {
		type = P_PGID;
		pid = upid ? pid_find_get(-upid) : own_pgrp_get();
	} else {
		pid = pid_find_get(upid);
	}

	long ret = do_wait(type, pid, options | WEXITED, res);

	if (ret > 0 && status && put_user(res->status, status))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE4(wait4, pid_t, pid, int __user *, status, int, options, struct rusage __user *, usage)
{
	struct wait_result res;
	long ret = wait4_common(pid, status, options, &res);

	return ret > 0 && usage && rusage_put(&res.times, usage) ? -EFAULT : ret;
}

IA32_SYSCALL_DEFINE4(wait4, pid_t, pid, int __user *, status, int, options, struct ia32_rusage __user *,
		     usage)
{
	struct wait_result res;
	long ret = wait4_common(pid, status, options, &res);

	return ret > 0 && usage && rusage_put_ia32(&res.times, usage) ? -EFAULT : ret;
}

IA32_SYSCALL_DEFINE3(waitpid, pid_t, pid, int __user *, status, int, options)
{
	struct wait_result res;

	return wait4_common(pid, status, options, &res);
}

static long waitid_common(int which, pid_t upid, int options, struct wait_result *res)
{
	struct pid *pid __cleanup(pid_putp) = NULL;
	u32 fflags = 0;
	int err;

	if (options &
	    ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return refuse(EINVAL, "waitid: unknown options");
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return refuse(EINVAL, "waitid: no event asked for");
	switch (which) {
	case P_ALL:
		break;
	case P_PID:
		if (upid <= 0)
			return -EINVAL;
		pid = pid_find_get(upid);
		break;
	case P_PGID:
		if (upid < 0)
			return -EINVAL;
		pid = upid ? pid_find_get(upid) : own_pgrp_get();
		break;
	case P_PIDFD:
		if (upid < 0)
			return -EINVAL;
		if ((err = pidfd_get_pid(upid, &pid, &fflags)))
			return err;
		which = P_PID;
		break;
	default:
		return refuse(EINVAL, "waitid: unknown id type");
	}
	if (fflags & O_NONBLOCK)
		options |= WNOHANG;

	long ret = do_wait(which, pid, options, res);

	return !ret && (fflags & O_NONBLOCK) ? -EAGAIN : ret;
}

/* What the six members of siginfo_t say; all zero when no child is reported, also on errors (Linux). */
static void waitid_info(siginfo_t *info, long ret, const struct wait_result *res)
{
	*info = (siginfo_t){ 0 };
	if (ret <= 0)
		return;
	info->si_signo = SIGCHLD;
	info->si_code = res->cause;
	info->si_pid = res->pid;
	info->si_uid = res->uid;
	info->si_status = res->value;
}

/* Member by member: what lies between them is the program's. */
static int put_waitid(siginfo_t __user *u, const siginfo_t *i)
{
	return put_user(i->si_signo, &u->si_signo) || put_user(i->si_errno, &u->si_errno) ||
			       put_user(i->si_code, &u->si_code) || put_user(i->si_pid, &u->si_pid) ||
			       put_user(i->si_uid, &u->si_uid) || put_user(i->si_status, &u->si_status)
		       ? -EFAULT
		       : 0;
}

static int put_waitid_ia32(struct ia32_siginfo __user *u, const siginfo_t *i)
{
	struct ia32_siginfo n;

	siginfo_to_ia32(&n, i);
	return put_user(n.si_signo, &u->si_signo) || put_user(n.si_errno, &u->si_errno) ||
			       put_user(n.si_code, &u->si_code) || put_user(n.chld.pid, &u->chld.pid) ||
			       put_user(n.chld.uid, &u->chld.uid) || put_user(n.chld.status, &u->chld.status)
		       ? -EFAULT
		       : 0;
}

SYSCALL_DEFINE5(waitid, int, which, pid_t, upid, siginfo_t __user *, uinfo, int, options,
		struct rusage __user *, usage)
{
	struct wait_result res;
	siginfo_t info;
	long ret = waitid_common(which, upid, options, &res);

	if (ret > 0 && usage && rusage_put(&res.times, usage))
		return -EFAULT;
	waitid_info(&info, ret, &res);
	if (uinfo && put_waitid(uinfo, &info))
		return -EFAULT;
	return min(ret, 0L);
}

IA32_SYSCALL_DEFINE5(waitid, int, which, pid_t, upid, struct ia32_siginfo __user *, uinfo, int, options,
		     struct ia32_rusage __user *, usage)
{
	struct wait_result res;
	siginfo_t info;
	long ret = waitid_common(which, upid, options, &res);

	if (ret > 0 && usage && rusage_put_ia32(&res.times, usage))
		return -EFAULT;
	waitid_info(&info, ret, &res);
	if (uinfo && put_waitid_ia32(uinfo, &info))
		return -EFAULT;
	return min(ret, 0L);
}

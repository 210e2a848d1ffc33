// SPDX-License-Identifier: MIT
/*
 * The signal calls of both ABIs where they agree, and the 64-bit ones; the i386 layouts are in
 * ia32_signal.c.
 */
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/syscalls/signal.h"
#include "kernel/syscalls/timespec.h"
#include "kernel/task/task.h"

/* ---- sending ---------------------------------------------------------------------------------- */

SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
{
	siginfo_t info;

	signal_fill_user_info(&info, sig, SI_USER);
	return do_kill(pid, sig, &info);
}

SYSCALL_DEFINE2(tkill, pid_t, tid, int, sig)
{
	siginfo_t info;

	if (tid <= 0)
		return -EINVAL;
	signal_fill_user_info(&info, sig, SI_TKILL);
	return do_tkill(0, tid, sig, &info);
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, tid, int, sig)
{
	siginfo_t info;

	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	signal_fill_user_info(&info, sig, SI_TKILL);
	return do_tkill(tgid, tid, sig, &info);
}

/* Nobody may pretend that the kernel or kill(2) sent it, but to itself. */
static bool forged(const siginfo_t *info, pid_t to)
{
	return (info->si_code >= 0 || info->si_code == SI_TKILL) && to != current->proc->pid->nr;
}

long rt_sigqueueinfo_common(pid_t pid, int sig, siginfo_t *info)
{
	info->si_signo = sig;
	if (forged(info, pid))
		return -EPERM;
	if (pid <= 0) /* one process only */
		return sig < 0 || sig > NSIG_K ? -EINVAL : -ESRCH;
	return do_kill(pid, sig, info);
}

long rt_tgsigqueueinfo_common(pid_t tgid, pid_t tid, int sig, siginfo_t *info)
{
	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	info->si_signo = sig;
	if (forged(info, tid))
		return -EPERM;
	return do_tkill(tgid, tid, sig, info);
}

SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, pid, int, sig, const siginfo_t __user *, uinfo)
{
	siginfo_t info;

	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	return rt_sigqueueinfo_common(pid, sig, &info);
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, tid, int, sig, const siginfo_t __user *, uinfo)
{
	siginfo_t info;

	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	return rt_tgsigqueueinfo_common(tgid, tid, sig, &info);
}

/* ---- pidfd ------------------------------------------------------------------------------------ */

static void pid_putp(struct pid **p)
{
	pid_put(*p);
}

SYSCALL_DEFINE2(pidfd_open, pid_t, nr, unsigned, flags)
{
	struct process *p __cleanup(process_putp) = NULL;
	struct file *f __cleanup(file_putp) = NULL;
	int err, fd;

	if (flags & ~O_NONBLOCK)
		return refuse(EINVAL, "pidfd_open: unknown flags");
	if (nr <= 0)
		return -EINVAL;
	p = process_find_get(nr);
	if (!p) { /* a thread that is not a leader has a number, but no process */
		struct task *t __cleanup(task_putp) = task_find_get(nr);

		return t ? -EINVAL : -ESRCH;
	}
	if ((err = pidfd_file_create(p->pid, flags, &f)))
		return err;
	fd = fd_install_new(&f, O_CLOEXEC);
	if (fd >= 0)
		f = NULL;
	return fd;
}

/* fd of another process by pidfd: needs the rights of ptrace(2). */
SYSCALL_DEFINE3(pidfd_getfd, int, pidfd, int, fd, unsigned, flags)
{
	struct pid *pid __cleanup(pid_putp) = NULL;
	struct process *p __cleanup(process_putp) = NULL;
	struct file *f __cleanup(file_putp) = NULL;
	int err;

	if (flags)
		return refuse(EINVAL, "pidfd_getfd: unknown flags");
	if ((err = pidfd_get_pid(pidfd, &pid, NULL)))
		return err;
	p = process_find_get(pid->nr);
	if (!p || p->pid != pid)
		return -ESRCH;

	struct task *t __cleanup(task_putp) = task_find_get(pid->nr);

	if (!t)
		return -ESRCH;
	if ((err = task_may_access(t, ACCESS_REALCREDS)))
		return err;
	f = files_get_file(t, fd);
	if (!f)
		return t->flags & PF_EXITING ? -ESRCH : -EBADF;

	int new = fd_install_new(&f, O_CLOEXEC);

	if (new >= 0)
		f = NULL;
	return new;
}

long pidfd_send_signal_common(int pidfd, int sig, siginfo_t *info, unsigned flags)
{
	struct pid *pid __cleanup(pid_putp) = NULL;
	struct file *f __cleanup(file_putp) = NULL;

	if (flags)
		return refuse(EINVAL, "pidfd_send_signal: unknown flags");
	if (!(f = fd_get(pidfd)) || (pidfd_file_pid(f, &pid) && proc_file_pid(f, &pid)))
		return -EBADF;
	if (info) {
		if (info->si_signo != sig)
			return -EINVAL;
		if (forged(info, pid->nr))
			return -EPERM;
	}

	siginfo_t plain;

	if (!info)
		signal_fill_user_info(&plain, sig, SI_USER);

	struct process *p __cleanup(process_putp) = process_find_get(pid->nr);

	if (!p || p->pid != pid) /* gone, and perhaps the number is somebody else's by now */
		return -ESRCH;
	return do_kill(pid->nr, sig, info ? info : &plain);
}

SYSCALL_DEFINE4(pidfd_send_signal, int, pidfd, int, sig, const siginfo_t __user *, uinfo, unsigned, flags)
{
	siginfo_t info;

	if (uinfo && !flags && copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	return pidfd_send_signal_common(pidfd, sig, uinfo ? &info : NULL, flags);
}

/* ---- dispositions and masks --------------------------------------------------------------------- */

struct user_sigaction { /* the kernel's struct sigaction of x86-64 */
	unsigned long handler, flags, restorer;
	u64 mask;
};

SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct user_sigaction __user *, uact,
		struct user_sigaction __user *, uold, size_t, size)
{
	struct user_sigaction u;
	struct k_sigaction new, old;
	int err;

	if (size != sizeof(u64))
		return refuse(EINVAL, "rt_sigaction: size of the mask");
	if (uact) {
		if (copy_from_user(&u, uact, sizeof(u)))
			return -EFAULT;
		new = (struct k_sigaction){ u.handler, u.flags, u.restorer, u.mask };
	}
	err = do_sigaction(sig, uact ? &new : NULL, uold ? &old : NULL);
	if (err || !uold)
		return err;
	u = (struct user_sigaction){ old.handler, old.flags, old.restorer, old.mask };
	return copy_to_user(uold, &u, sizeof(u));
}

int sigprocmask_apply(int how, u64 mask)
{
	u64 now = READ_ONCE(current->blocked);

	mask &= ~SIG_KERNEL_ONLY;
	switch (how) {
	case SIG_BLOCK:
		now |= mask;
		break;
	case SIG_UNBLOCK:
		now &= ~mask;
		break;
	case SIG_SETMASK:
		now = mask;
		break;
	default:
		return refuse(EINVAL, "sigprocmask: how");
	}
	signal_set_blocked(now);
	return 0;
}

/* The mask is 8 bytes in both ABIs, and x86 is little-endian in both: one function serves both. */
SYSCALL_DEFINE4(rt_sigprocmask, int, how, const u64 __user *, uset, u64 __user *, uold, size_t, size)
{
	u64 old = READ_ONCE(current->blocked), set;
	int err;

	if (size != sizeof(set))
		return refuse(EINVAL, "rt_sigprocmask: size of the mask");
	if (uset) {
		if (get_user(set, uset))
			return -EFAULT;
		if ((err = sigprocmask_apply(how, set)))
			return err;
	}
	return uold ? put_user(old, uold) : 0;
}

SYSCALL_DEFINE2(rt_sigpending, u64 __user *, uset, size_t, size)
{
	u64 set;

	if (size > sizeof(set))
		return refuse(EINVAL, "rt_sigpending: size of the mask");
	set = signal_pending_set();
	return copy_to_user(uset, &set, size);
}

SYSCALL_DEFINE2(rt_sigsuspend, const u64 __user *, uset, size_t, size)
{
	u64 set;

	if (size != sizeof(set))
		return refuse(EINVAL, "rt_sigsuspend: size of the mask");
	if (get_user(set, uset))
		return -EFAULT;
	return do_sigsuspend(set);
}

SYSCALL_DEFINE0(pause)
{
	return do_pause();
}

SYSCALL_DEFINE4(rt_sigtimedwait, const u64 __user *, uset, siginfo_t __user *, uinfo,
		const struct __kernel_timespec __user *, uts, size_t, size)
{
	u64 set, timeout_ns = ~0ULL;
	siginfo_t info;
	int ret;

	if (size != sizeof(set))
		return refuse(EINVAL, "rt_sigtimedwait: size of the mask");
	if (get_user(set, uset))
		return -EFAULT;
	if (uts && (ret = get_timespec(uts, &timeout_ns)))
		return ret;
	ret = do_sigtimedwait(set, &info, timeout_ns);
	if (ret > 0 && uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE2(sigaltstack, const stack_t __user *, unew, stack_t __user *, uold)
{
	stack_t new, old;
	int err;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	err = do_sigaltstack(unew ? &new : NULL, uold ? &old : NULL, task_regs(current)->sp, MINSIGSTKSZ);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		return -EFAULT;
	return err;
}

/* ---- coming back -------------------------------------------------------------------------------- */

SYSCALL_DEFINE0(rt_sigreturn)
{
	return arch_sigreturn(task_regs(current), true, false);
}

SYSCALL_DEFINE0(restart_syscall)
{
	struct restart_block *rb = &current->restart;

	return rb->fn ? rb->fn(rb) : -EINTR;
}

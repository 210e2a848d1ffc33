// SPDX-License-Identifier: MIT
/* The signal calls of i386 whose structures differ, and those that only i386 has. */
#include "abi/ia32/signal.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/syscalls/signal.h"
#include "kernel/syscalls/timespec.h"
#include "kernel/task/task.h"

#define IA32_MINSIGSTKSZ 2048

IA32_SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct ia32_sigaction __user *, uact,
		     struct ia32_sigaction __user *, uold, u32, size)
{
	struct k_sigaction new, old;
	struct ia32_sigaction u;
	int err;

	if (size != sizeof(u64))
		return refuse(EINVAL, "rt_sigaction: size of the mask");
	if (uact) {
		if (copy_from_user(&u, uact, sizeof(u)))
			return -EFAULT;
		new = (struct k_sigaction){ u.handler, u.flags, u.restorer,
					    (u64)u.mask[1] << 32 | u.mask[0] };
	}
	err = do_sigaction(sig, uact ? &new : NULL, uold ? &old : NULL);
	if (err || !uold)
		return err;
	u = (struct ia32_sigaction){
		(u32)old.handler, (u32)old.flags, (u32)old.restorer, { (u32)old.mask, (u32)(old.mask >> 32) }
	};
	return copy_to_user(uold, &u, sizeof(u));
}

IA32_SYSCALL_DEFINE3(sigaction, int, sig, const struct ia32_old_sigaction __user *, uact,
		     struct ia32_old_sigaction __user *, uold)
{
	struct k_sigaction new, old;
	struct ia32_old_sigaction u;
	int err;

	if (uact) {
		if (copy_from_user(&u, uact, sizeof(u)))
			return -EFAULT;
		new = (struct k_sigaction){ u.handler, u.flags, u.restorer, u.mask };
	}
	err = do_sigaction(sig, uact ? &new : NULL, uold ? &old : NULL);
	if (err || !uold)
		return err;
	u = (struct ia32_old_sigaction){ (u32)old.handler, (u32)old.mask, (u32)old.flags, (u32)old.restorer };
	return copy_to_user(uold, &u, sizeof(u));
}

/* signal(2), number 48: System V's semantics. */
IA32_SYSCALL_DEFINE2(signal, int, sig, u32, handler)
{
	const struct k_sigaction new = { handler, SA_RESETHAND | SA_NODEFER, 0, 0 };
	struct k_sigaction old;
	int err = do_sigaction(sig, &new, &old);

	return err ? err : (long)(u32)old.handler;
}

IA32_SYSCALL_DEFINE3(sigprocmask, int, how, const u32 __user *, uset, u32 __user *, uold)
{
	u64 now = READ_ONCE(current->blocked);
	u32 set, old = (u32)now;
	int err;

	if (uset) {
		if (get_user(set, uset))
			return -EFAULT;
		/* The old call knows the first 32 signals: the others stay as they are. */
		if ((err = sigprocmask_apply(how, how == SIG_SETMASK ? (now & ~0xffffffffULL) | set : set)))
			return err;
	}
	return uold ? put_user(old, uold) : 0;
}

IA32_SYSCALL_DEFINE1(sigpending, u32 __user *, uset)
{
	return put_user((u32)signal_pending_set(), uset);
}

/* Two words that once meant something come first. */
IA32_SYSCALL_DEFINE3(sigsuspend, int, unused1, int, unused2, u32, mask)
{
	return do_sigsuspend(mask);
}

IA32_SYSCALL_DEFINE0(sgetmask)
{
	return (long)(u32)READ_ONCE(current->blocked);
}

/* The mask is an int to Linux, so that its sign stands for the real-time signals. */
IA32_SYSCALL_DEFINE1(ssetmask, int, mask)
{
	u32 old = (u32)READ_ONCE(current->blocked);

	signal_set_blocked((u64)(s64)mask);
	return (long)old;
}

static long sigtimedwait_ia32(u64 set, struct ia32_siginfo __user *uinfo, u64 timeout_ns)
{
	struct ia32_siginfo narrow;
	siginfo_t info;
	int ret = do_sigtimedwait(set, &info, timeout_ns);

	if (ret <= 0 || !uinfo)
		return ret;
	siginfo_to_ia32(&narrow, &info);
	return copy_to_user(uinfo, &narrow, sizeof(narrow)) ? -EFAULT : ret;
}

static int get_set(const u64 __user *uset, u32 size, u64 *set)
{
	if (size != sizeof(u64))
		return (int)refuse(EINVAL, "rt_sigtimedwait: size of the mask");
	return get_user(*set, uset);
}

IA32_SYSCALL_DEFINE4(rt_sigtimedwait, const u64 __user *, uset, struct ia32_siginfo __user *, uinfo,
		     const struct ia32_timespec __user *, uts, u32, size)
{
	u64 timeout_ns = ~0ULL, set;
	int err = get_set(uset, size, &set);

	if (err || (uts && (err = get_ia32_timespec(uts, &timeout_ns))))
		return err;
	return sigtimedwait_ia32(set, uinfo, timeout_ns);
}

IA32_SYSCALL_DEFINE4(rt_sigtimedwait_time64, const u64 __user *, uset, struct ia32_siginfo __user *, uinfo,
		     const struct __kernel_timespec __user *, uts, u32, size)
{
	u64 timeout_ns = ~0ULL, set;
	int err = get_set(uset, size, &set);

	if (err || (uts && (err = get_timespec(uts, &timeout_ns))))
		return err;
	return sigtimedwait_ia32(set, uinfo, timeout_ns);
}

IA32_SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, pid, int, sig, const struct ia32_siginfo __user *, uinfo)
{
	struct ia32_siginfo narrow;
	siginfo_t info;

	if (copy_from_user(&narrow, uinfo, sizeof(narrow)))
		return -EFAULT;
	narrow.si_signo = sig; /* the signal that is sent says what the union holds */
	siginfo_from_ia32(&info, &narrow);
	return rt_sigqueueinfo_common(pid, sig, &info);
}

IA32_SYSCALL_DEFINE4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, tid, int, sig, const struct ia32_siginfo __user *,
		     uinfo)
{
	struct ia32_siginfo narrow;
	siginfo_t info;

	if (copy_from_user(&narrow, uinfo, sizeof(narrow)))
		return -EFAULT;
	narrow.si_signo = sig;
	siginfo_from_ia32(&info, &narrow);
	return rt_tgsigqueueinfo_common(tgid, tid, sig, &info);
}

IA32_SYSCALL_DEFINE4(pidfd_send_signal, int, pidfd, int, sig, const struct ia32_siginfo __user *, uinfo,
		     unsigned, flags)
{
	struct ia32_siginfo narrow;
	siginfo_t info;

	if (uinfo && !flags) {
		if (copy_from_user(&narrow, uinfo, sizeof(narrow)))
			return -EFAULT;
		siginfo_from_ia32(&info, &narrow);
	}
	return pidfd_send_signal_common(pidfd, sig, uinfo ? &info : NULL, flags);
}

IA32_SYSCALL_DEFINE2(sigaltstack, const struct ia32_stack __user *, unew, struct ia32_stack __user *, uold)
{
	stack_t new = { 0 }, old;
	struct ia32_stack u;
	int err;

	if (unew) {
		if (copy_from_user(&u, unew, sizeof(u)))
			return -EFAULT;
		new.ss_sp = (void *)(unsigned long)u.ss_sp;
		new.ss_flags = u.ss_flags;
		new.ss_size = u.ss_size;
	}
	err = do_sigaltstack(unew ? &new : NULL, uold ? &old : NULL, task_regs(current)->sp,
			     IA32_MINSIGSTKSZ);
	if (err || !uold)
		return err;
	u = (struct ia32_stack){ (u32)(unsigned long)old.ss_sp, old.ss_flags, (u32)old.ss_size };
	return copy_to_user(uold, &u, sizeof(u));
}

IA32_SYSCALL_DEFINE0(sigreturn)
{
	return arch_sigreturn(task_regs(current), false, true);
}

IA32_SYSCALL_DEFINE0(rt_sigreturn)
{
	return arch_sigreturn(task_regs(current), true, true);
}

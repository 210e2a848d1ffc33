// SPDX-License-Identifier: MIT
/* Who am I, whose group and session am I in: getpid(2) … setsid(2), vhangup(2), getcpu(2), arch_prctl(2). */
#include "kernel/drv/tty.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/job.h"
#include "kernel/task/rseq.h"
#include <linux/rseq.h>

SYSCALL_DEFINE0(getpid)
{
	return current->proc->pid->nr;
}

SYSCALL_DEFINE0(gettid)
{
	return current->tid;
}

SYSCALL_DEFINE0(getppid)
{
	return READ_ONCE(current->proc->ppid);
}

SYSCALL_DEFINE2(setpgid, pid_t, pid, pid_t, pgid)
{
	return do_setpgid(pid, pgid);
}

SYSCALL_DEFINE1(getpgid, pid_t, pid)
{
	return do_getpgid(pid, false);
}

SYSCALL_DEFINE0(getpgrp)
{
	return do_getpgid(0, false);
}

SYSCALL_DEFINE1(getsid, pid_t, pid)
{
	return do_getpgid(pid, true);
}

SYSCALL_DEFINE0(setsid)
{
	return do_setsid();
}

/*
 * Hangs the caller's controlling terminal up: who has it open gets end of file and EIO.  vhangup(2), Linux
 * 6.1.
 */
SYSCALL_DEFINE0(vhangup)
{
	if (!capable(CAP_SYS_TTY_CONFIG))
		return refuse(EPERM, "vhangup: without CAP_SYS_TTY_CONFIG");
	tty_vhangup_self();
	return 0;
}

SYSCALL_DEFINE3(getcpu, unsigned __user *, ucpu, unsigned __user *, unode, void __user *, unused)
{
	preempt_disable();

	unsigned cpu = (unsigned)this_cpu()->id;

	preempt_enable();
	if (ucpu && put_user(cpu, ucpu))
		return -EFAULT;
	return unode && put_user(0u, unode) ? -EFAULT : 0;
}

SYSCALL_DEFINE4(rseq, struct rseq __user *, rseq, u32, rseq_len, int, flags, u32, sig)
{
	return do_rseq((__force unsigned long)rseq, rseq_len, flags, sig);
}

/* The 32-bit twin is in arch_x86.c. */
SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, addr)
{
	return arch_prctl(current, option, addr);
}

// SPDX-License-Identifier: MIT
/*
 * Calls that only x86 has: the 32-bit arch_prctl(2) (the 64-bit one is in process.c), set_thread_area(2),
 * get_thread_area(2), iopl(2), ioperm(2).
 */
#include "kernel/arch/x86_64/tls.h"
#include "kernel/arch/arch.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/cred.h"
#include "kernel/task/task.h"
#include <asm/prctl.h>
#include <linux/capability.h>

/*
 * The segment bases are not for 32-bit programs: only the options common to both ABIs (Linux:
 * do_arch_prctl_common).
 */
IA32_SYSCALL_DEFINE2(arch_prctl, int, option, u32, addr)
{
	if (option < ARCH_GET_CPUID)
		return refuse(EINVAL, "arch_prctl: not in the 32-bit ABI");
	return arch_prctl(current, option, addr);
}

/* Linux gives these two numbers to x86-64 but no function: its programs use arch_prctl(2). */
SYSCALL_DEFINE1(set_thread_area, struct user_desc __user *, udesc)
{
	return refuse(ENOSYS, "set_thread_area: only in the 32-bit ABI");
}

SYSCALL_DEFINE1(get_thread_area, struct user_desc __user *, udesc)
{
	return refuse(ENOSYS, "get_thread_area: only in the 32-bit ABI");
}

IA32_SYSCALL_DEFINE1(set_thread_area, struct user_desc __user *, udesc)
{
	struct user_desc desc;
	bool allocated;
	int err;

	if (copy_from_user(&desc, udesc, sizeof(desc)))
		return -EFAULT;
	err = tls_set(current, -1, &desc, true, &allocated);
	if (err || !allocated)
		return err;
	return put_user(desc.entry_number, (u32 __user *)udesc);
}

IA32_SYSCALL_DEFINE1(get_thread_area, struct user_desc __user *, udesc)
{
	struct user_desc desc;
	u32 idx;
	int err;

	if (copy_from_user(&idx, udesc, sizeof(idx)))
		return -EFAULT;
	err = tls_get(current, (int)idx, &desc);
	return err ? err : copy_to_user(udesc, &desc, sizeof(desc));
}

/* Port access for programs is never granted, as on a locked-down Linux (LOCKDOWN_IOPORT): EPERM. */
SYSCALL_DEFINE1(iopl, unsigned int, level)
{
	if (level > 3)
		return -EINVAL;
	if (level == 0)
		return 0; /* what everybody has */
	return refuse(EPERM, "iopl: programs get no I/O privilege");
}

SYSCALL_DEFINE3(ioperm, unsigned long, from, unsigned long, num, int, turn_on)
{
	if (from + num <= from || from + num > 65536)
		return -EINVAL;
	if (!turn_on)
		return 0; /* nothing was granted */
	return refuse(EPERM, "ioperm: programs get no I/O ports");
}

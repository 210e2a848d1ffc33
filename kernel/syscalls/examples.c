// SPDX-License-Identifier: MIT
/*
 * The worked examples of docs/howto/add-a-system-call.md, after the seeds' foo() and silly_copy().  Built
 * with `make EXAMPLES=1` only; rows in abi/examples.tbl, programs in user/examples/.
 */
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"

/* Everyone's favourite system call: the size of the per-task kernel stack. */
SYSCALL_DEFINE0(foo)
{
	return KSTACK_SIZE;
}

/*
 * Copies len bytes from src to dst with the kernel as the intermediary, for no gain.  The kernel's copy is
 * one word at most: the length must be checked before it, or the program would choose how
 * much of the kernel stack is overwritten.
 */
SYSCALL_DEFINE3(silly_copy, const unsigned long __user *, src, unsigned long __user *, dst, unsigned long,
		len)
{
	unsigned long buf;

	if (len > sizeof(buf))
		return refuse(EINVAL, "silly_copy: more than a word");
	if (copy_from_user(&buf, src, len))
		return -EFAULT;
	if (copy_to_user(dst, &buf, len))
		return -EFAULT;
	return len;
}

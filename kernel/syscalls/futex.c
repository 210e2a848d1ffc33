// SPDX-License-Identifier: MIT
/* futex(2), futex_waitv(2), set_robust_list(2), get_robust_list(2).  Workers: kernel/ipc/futex*.c. */
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/ipc/futex.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/syscalls/timespec.h"
#include <linux/time.h>

/* The fourth argument is a timeout, or a count with FUTEX_*REQUEUE and FUTEX_WAKE_OP. */
static long futex(unsigned long uaddr, int op, u32 val, unsigned long utime, bool time32,
		  unsigned long uaddr2, u32 val3)
{
	struct futex_args a = { .uaddr = uaddr,
				.uaddr2 = uaddr2,
				.op = op,
				.val = val,
				.val2 = (u32)utime,
				.val3 = val3,
				.deadline_ns = FUTEX_NO_DEADLINE };

	if (utime && futex_has_timeout(op)) {
		u64 ns;
		int err = time32 ? get_ia32_timespec((const struct ia32_timespec __user *)utime, &ns)
				 : get_timespec((const struct __kernel_timespec __user *)utime, &ns);

		if (err)
			return err;
		a.deadline_ns = futex_deadline(op, ns);
	}
	return do_futex(&a);
}

SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val, const struct __kernel_timespec __user *, utime,
		u32 __user *, uaddr2, u32, val3)
{
	return futex((__force unsigned long)uaddr, op, val, (__force unsigned long)utime, false,
		     (__force unsigned long)uaddr2, val3);
}

IA32_SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val, const struct ia32_timespec __user *,
		     utime, u32 __user *, uaddr2, u32, val3)
{
	return futex((__force unsigned long)uaddr, op, val, (__force unsigned long)utime, true,
		     (__force unsigned long)uaddr2, val3);
}

/* Linux 6.1: count and flags, clock, timeout, then the words one by one. */
SYSCALL_DEFINE5(futex_waitv, const struct futex_waitv __user *, waiters, unsigned int, nr_futexes,
		unsigned int, flags, const struct __kernel_timespec __user *, timeout, clockid_t, clockid)
{
	struct futex_wait_k *words __cleanup(kfreep) = NULL;
	u64 deadline_ns = FUTEX_NO_DEADLINE;

	if (flags)
		return refuse(EINVAL, "futex_waitv: unknown flags");
	if (!nr_futexes || nr_futexes > FUTEX_WAITV_MAX || !waiters)
		return -EINVAL;
	if (timeout) {
		int err;

		if (clockid != CLOCK_REALTIME && clockid != CLOCK_MONOTONIC)
			return -EINVAL;
		err = get_timespec(timeout, &deadline_ns);
		if (err)
			return err;
		deadline_ns = futex_deadline(FUTEX_WAIT_BITSET |
						     (clockid == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0),
					     deadline_ns);
	}
	words = kmalloc(nr_futexes * sizeof(*words), 0);
	if (!words)
		return -ENOMEM;
	for (unsigned i = 0; i < nr_futexes; i++) {
		struct futex_waitv w;

		if (copy_from_user(&w, &waiters[i], sizeof(w)))
			return -EFAULT;
		if ((w.flags & ~(u32)(FUTEX_32 | FUTEX_PRIVATE_FLAG)) || w.__reserved ||
		    !(w.flags & FUTEX_32))
			return -EINVAL;
		words[i] = (struct futex_wait_k){ w.uaddr, (u32)w.val, w.flags & FUTEX_PRIVATE_FLAG };
	}
	return do_futex_waitv(words, nr_futexes, deadline_ns);
}

/* ---- robust lists ---------------------------------------------------------------------------- */
#define IA32_ROBUST_HEAD_SIZE 12 /* struct robust_list_head with 32-bit pointers */

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head __user *, head, size_t, size)
{
	if (size != sizeof(struct robust_list_head))
		return -EINVAL;
	current->robust_list = (__force unsigned long)head;
	current->robust_list_size = size;
	current->robust_ia32 = false;
	return 0;
}

IA32_SYSCALL_DEFINE2(set_robust_list, void __user *, head, size_t, size)
{
	if (size != IA32_ROBUST_HEAD_SIZE)
		return -EINVAL;
	current->robust_list = (__force unsigned long)head;
	current->robust_list_size = size;
	current->robust_ia32 = true;
	return 0;
}

/* The list of thread pid (0: the caller).  -ESRCH, -EPERM */
static int robust_list_of(pid_t pid, bool ia32, unsigned long *head)
{
	struct task *t __cleanup(task_putp) = pid ? task_find_get(pid) : task_get(current);
	int err;

	if (!t)
		return -ESRCH;
	if ((err = task_may_access(t, ACCESS_REALCREDS)))
		return err;
	*head = t->robust_ia32 == ia32 ? t->robust_list : 0;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, int, pid, struct robust_list_head __user *__user *, head_ptr,
		size_t __user *, size_ptr)
{
	const size_t size = sizeof(struct robust_list_head);
	unsigned long head;
	int err = robust_list_of(pid, false, &head);

	if (err)
		return err;
	if (copy_to_user(size_ptr, &size, sizeof(size)))
		return -EFAULT;
	return copy_to_user(head_ptr, &head, sizeof(head));
}

IA32_SYSCALL_DEFINE3(get_robust_list, int, pid, u32 __user *, head_ptr, u32 __user *, size_ptr)
{
	unsigned long head;
	int err = robust_list_of(pid, true, &head);

	if (err)
		return err;
	if (put_user((u32)IA32_ROBUST_HEAD_SIZE, size_ptr))
		return -EFAULT;
	return put_user((u32)head, head_ptr);
}

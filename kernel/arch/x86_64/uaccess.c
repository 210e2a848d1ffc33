// SPDX-License-Identifier: MIT
/* Atomic read-modify-write of user words for futex(2) FUTEX_WAKE_OP; the copies are in uaccess.S. */
#include "kernel/arch/arch.h"
#include <linux/futex.h>

int arch_user_atomic_op32(u32 __user *p, int op, u32 arg, u32 *old)
{
	u32 cur, want;
	int err;

	if (arch_copy_from_user(&cur, p, sizeof(cur)))
		return -EFAULT;
	for (;;) {
		switch (op) {
		case FUTEX_OP_SET:
			want = arg;
			break;
		case FUTEX_OP_ADD:
			want = cur + arg;
			break;
		case FUTEX_OP_OR:
			want = cur | arg;
			break;
		case FUTEX_OP_ANDN:
			want = cur & ~arg;
			break;
		case FUTEX_OP_XOR:
			want = cur ^ arg;
			break;
		default:
			return -ENOSYS;
		}
		err = arch_user_cmpxchg32(p, cur, want, old);
		if (err || *old == cur)
			return err;
		cur = *old;
	}
}

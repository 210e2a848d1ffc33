// SPDX-License-Identifier: MIT
/*
 * poll(2), ppoll(2), select(2), pselect(2), and i386's layouts of them.
 *
 * Order of checks, as Linux 6.1: the time limit is read and checked first, then the signal mask, then the
 * descriptors.  A signal ends poll(2) with a restart block (its time limit is relative), the others with
 * ERESTARTNOHAND; what is left of the time is told to the caller.
 */
#include "kernel/fs/poll.h"

#include "kernel/base/bitmap.h"
#include "kernel/base/string.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/slab.h"
#include "kernel/syscalls/sigmask.h"
#include "kernel/syscalls/timeout.h"
#include "kernel/task/task.h"

/* ---- poll ----------------------------------------------------------------------------------- */

#define STACK_POLLFDS 32

/* Big arrays need no contiguous memory. */
static void *poll_buffer_alloc(size_t size)
{
	return size <= PAGE_SIZE ? kmalloc(size, 0) : vmalloc(size);
}

static void poll_buffer_free(void *p, size_t size)
{
	if (size <= PAGE_SIZE)
		kfree(p);
	else
		vfree(p);
}

static long poll_user(struct pollfd __user *ufds, u32 nfds, struct pollfd *fds, u64 deadline_ns)
{
	long count;
	int err;

	if ((err = copy_from_user(fds, ufds, nfds * sizeof(*fds))))
		return err;
	count = do_poll(fds, nfds, deadline_ns);
	if (count < 0 && count != -ERESTARTNOHAND)
		return count;
	/* Only revents: another thread may be changing the rest. */
	static_assert(sizeof(*fds) == 8 && sizeof(fds->revents) == 2, "put_user_u16_by8");
	if (nfds && (err = put_user_u16_by8((u16 __user *)&ufds->revents, (u16 *)&fds->revents, nfds)))
		return err;
	return count;
}

static long do_sys_poll(struct pollfd __user *ufds, u32 nfds, u64 deadline_ns)
{
	struct pollfd stack_fds[STACK_POLLFDS];
	size_t size = (size_t)nfds * sizeof(struct pollfd);
	struct pollfd *fds;
	long ret;

	if (nfds > rlimit(RLIMIT_NOFILE))
		return refuse(EINVAL, "poll: more entries than RLIMIT_NOFILE");
	if (nfds <= STACK_POLLFDS)
		return poll_user(ufds, nfds, stack_fds, deadline_ns);
	fds = poll_buffer_alloc(size);
	if (!fds)
		return -ENOMEM;
	ret = poll_user(ufds, nfds, fds, deadline_ns);
	poll_buffer_free(fds, size);
	return ret;
}

static long poll_restart(struct restart_block *rb);

static long poll_relative(struct pollfd __user *ufds, u32 nfds, u64 deadline_ns)
{
	long ret = do_sys_poll(ufds, nfds, deadline_ns);
	struct restart_block *rb = &current->restart;

	if (ret != -ERESTARTNOHAND)
		return ret;
	rb->fn = poll_restart;
	rb->poll.ufds = (__force unsigned long)ufds;
	rb->poll.nfds = nfds;
	rb->poll.deadline_ns = deadline_ns;
	rb->poll.has_deadline = deadline_ns != TIMEOUT_NEVER;
	return -ERESTART_RESTARTBLOCK;
}

static long poll_restart(struct restart_block *rb)
{
	return poll_relative((struct pollfd __user *)rb->poll.ufds, rb->poll.nfds,
			     rb->poll.has_deadline ? rb->poll.deadline_ns : TIMEOUT_NEVER);
}

SYSCALL_DEFINE3(poll, struct pollfd __user *, ufds, unsigned int, nfds, int, timeout_ms)
{
	u64 deadline_ns = timeout_ms < 0 ? TIMEOUT_NEVER : timeout_deadline((u64)timeout_ms * NSEC_PER_MSEC);

	return poll_relative(ufds, nfds, deadline_ns);
}

static long do_ppoll(struct pollfd __user *ufds, u32 nfds, unsigned long ut, enum timeout_layout layout,
		     const u64 __user *umask, size_t size)
{
	u64 deadline_ns;
	long ret;
	int err;

	if ((err = timeout_get_user(ut, layout, &deadline_ns)) || (err = sigmask_swap_user(umask, size)))
		return err;
	ret = do_sys_poll(ufds, nfds, deadline_ns);
	sigmask_restore_unless(ret == -ERESTARTNOHAND);
	return timeout_put_user(ut, layout, deadline_ns, ret);
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, unsigned int, nfds, struct __kernel_timespec __user *,
		tsp, const u64 __user *, sigmask, size_t, sigsetsize)
{
	return do_ppoll(ufds, nfds, (__force unsigned long)tsp, TIMEOUT_TIMESPEC, sigmask, sigsetsize);
}

IA32_SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, unsigned int, nfds, struct ia32_timespec __user *,
		     tsp, const u64 __user *, sigmask, size_t, sigsetsize)
{
	return do_ppoll(ufds, nfds, (__force unsigned long)tsp, TIMEOUT_TIMESPEC32, sigmask, sigsetsize);
}

/* ---- select --------------------------------------------------------------------------------- */

struct user_sets { /* user addresses of bitmaps, NULL: empty */
	void __user *in, *out, *ex;
};

/* Reads n bits; the program's bitmap has whole longs, which are 4 bytes on i386. */
static int set_get_user(unsigned long *set, const void __user *uset, size_t words, size_t usize)
{
	if (words)
		set[words - 1] = 0;
	return uset ? copy_from_user(set, uset, usize) : (memset(set, 0, words * sizeof(long)), 0);
}

static long select_user(int n, const struct user_sets *u, unsigned long *bits, size_t words, u64 deadline_ns)
{
	size_t usize = in_ia32_syscall() ? DIV_ROUND_UP((u32)n, 32) * 4 : words * 8;
	unsigned long *in = bits, *out = bits + words, *ex = out + words, *res = ex + words;
	const struct select_sets s = { in, out, ex, res, res + words, res + 2 * words };
	long count;
	int err;

	if ((err = set_get_user(in, u->in, words, usize)) ||
	    (err = set_get_user(out, u->out, words, usize)) || (err = set_get_user(ex, u->ex, words, usize)))
		return err;
	memset(res, 0, 3 * words * sizeof(long));
	count = do_select(n, &s, deadline_ns);
	if (count < 0)
		return count;
	if ((u->in && copy_to_user(u->in, s.res_in, usize)) ||
	    (u->out && copy_to_user(u->out, s.res_out, usize)) ||
	    (u->ex && copy_to_user(u->ex, s.res_ex, usize)))
		return -EFAULT;
	return count;
}

#define STACK_WORDS 4 /* per set: 256 descriptors */

static long do_sys_select(int n, const struct user_sets *u, u64 deadline_ns)
{
	unsigned long stack_bits[6 * STACK_WORDS];
	unsigned long *bits;
	size_t words, size;
	long ret;

	if (n < 0)
		return refuse(EINVAL, "select: negative number of descriptors");
	n = min(n, select_max_fds());
	words = BITS_TO_LONGS((u32)n);
	size = 6 * words * sizeof(long);
	if (words <= STACK_WORDS)
		return select_user(n, u, stack_bits, words, deadline_ns);
	bits = poll_buffer_alloc(size);
	if (!bits)
		return -ENOMEM;
	ret = select_user(n, u, bits, words, deadline_ns);
	poll_buffer_free(bits, size);
	return ret;
}

static long select_timed(int n, const struct user_sets *u, unsigned long utv, enum timeout_layout layout)
{
	u64 deadline_ns;
	int err;

	if ((err = timeout_get_user(utv, layout, &deadline_ns)))
		return err;
	return timeout_put_user(utv, layout, deadline_ns, do_sys_select(n, u, deadline_ns));
}

SYSCALL_DEFINE5(select, int, n, void __user *, readfds, void __user *, writefds, void __user *, exceptfds,
		struct __kernel_old_timeval __user *, tvp)
{
	const struct user_sets u = { readfds, writefds, exceptfds };

	return select_timed(n, &u, (__force unsigned long)tvp, TIMEOUT_TIMEVAL);
}

IA32_SYSCALL_DEFINE5(select, int, n, void __user *, readfds, void __user *, writefds, void __user *,
		     exceptfds, struct ia32_timeval __user *, tvp)
{
	const struct user_sets u = { readfds, writefds, exceptfds };

	return select_timed(n, &u, (__force unsigned long)tvp, TIMEOUT_TIMEVAL32);
}

struct ia32_select_args { /* i386 number 82: all arguments in memory */
	u32 n, readfds, writefds, exceptfds, tvp;
};
static_assert(sizeof(struct ia32_select_args) == 20, "i386 layout");

IA32_SYSCALL_DEFINE1(old_select, const struct ia32_select_args __user *, uargs)
{
	struct ia32_select_args a;
	int err;

	if ((err = copy_from_user(&a, uargs, sizeof(a))))
		return err;

	const struct user_sets u = { (void __user *)(unsigned long)a.readfds,
				     (void __user *)(unsigned long)a.writefds,
				     (void __user *)(unsigned long)a.exceptfds };

	return select_timed((int)a.n, &u, a.tvp, TIMEOUT_TIMEVAL32);
}

/* ---- pselect6: the sixth argument points at the mask's address and size ------------------------ */

struct sigmask_arg {
	unsigned long mask;
	size_t size;
};

static int sigmask_arg_get(struct sigmask_arg *a, const void __user *uarg, bool ia32)
{
	u32 words[2];
	int err;

	*a = (struct sigmask_arg){ 0, 0 };
	if (!uarg)
		return 0;
	if (!ia32)
		return copy_from_user(a, uarg, sizeof(*a));
	if ((err = copy_from_user(words, uarg, sizeof(words))))
		return err;
	*a = (struct sigmask_arg){ words[0], words[1] };
	return 0;
}

static long do_pselect(int n, const struct user_sets *u, unsigned long ut, enum timeout_layout layout,
		       const void __user *uarg, bool ia32)
{
	struct sigmask_arg a;
	u64 deadline_ns;
	long ret;
	int err;

	if ((err = sigmask_arg_get(&a, uarg, ia32)) || (err = timeout_get_user(ut, layout, &deadline_ns)) ||
	    (err = sigmask_swap_user((const u64 __user *)a.mask, a.size)))
		return err;
	ret = do_sys_select(n, u, deadline_ns);
	sigmask_restore_unless(ret == -ERESTARTNOHAND);
	return timeout_put_user(ut, layout, deadline_ns, ret);
}

SYSCALL_DEFINE6(pselect6, int, n, void __user *, readfds, void __user *, writefds, void __user *, exceptfds,
		struct __kernel_timespec __user *, tsp, const void __user *, sig)
{
	const struct user_sets u = { readfds, writefds, exceptfds };

	return do_pselect(n, &u, (__force unsigned long)tsp, TIMEOUT_TIMESPEC, sig, false);
}

IA32_SYSCALL_DEFINE6(pselect6, int, n, void __user *, readfds, void __user *, writefds, void __user *,
		     exceptfds, struct ia32_timespec __user *, tsp, const void __user *, sig)
{
	const struct user_sets u = { readfds, writefds, exceptfds };

	return do_pselect(n, &u, (__force unsigned long)tsp, TIMEOUT_TIMESPEC32, sig, true);
}

IA32_SYSCALL_DEFINE6(pselect6_time64, int, n, void __user *, readfds, void __user *, writefds, void __user *,
		     exceptfds, struct __kernel_timespec __user *, tsp, const void __user *, sig)
{
	const struct user_sets u = { readfds, writefds, exceptfds };

	return do_pselect(n, &u, (__force unsigned long)tsp, TIMEOUT_TIMESPEC, sig, true);
}

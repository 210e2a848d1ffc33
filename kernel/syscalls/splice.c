// SPDX-License-Identifier: MIT
/*
 * splice(2), tee(2), vmsplice(2).  Order of checks (Linux 6.1): splice moves nothing before it looks at
 * anything; tee and vmsplice look at the flags first.  Then the descriptors, ESPIPE, the offsets (out before
 * in), the modes.
 */
#include "kernel/fs/splice.h"

#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include <linux/uio.h>

static long splice_files(struct file *in, loff_t __user *off_in, struct file *out, loff_t __user *off_out,
			 size_t len, unsigned flags)
{
	loff_t ipos, opos;
	long n;

	if ((off_in && file_is_pipe(in)) || (off_out && file_is_pipe(out)))
		return -ESPIPE;
	if ((off_out && get_user(opos, off_out)) || (off_in && get_user(ipos, off_in)))
		return -EFAULT;
	n = do_splice(in, off_in ? &ipos : NULL, out, off_out ? &opos : NULL, len, flags);
	if (n < 0)
		return n;
	if ((off_out && put_user(opos, off_out)) || (off_in && put_user(ipos, off_in)))
		return -EFAULT;
	return n;
}

SYSCALL_DEFINE6(splice, int, fd_in, loff_t __user *, off_in, int, fd_out, loff_t __user *, off_out, size_t,
		len, unsigned int, flags)
{
	struct fd in __cleanup(fd_release) = { NULL, false };
	struct fd out __cleanup(fd_release) = { NULL, false };

	if (!len)
		return 0;
	if (flags & ~(unsigned)SPLICE_F_ALL)
		return refuse(EINVAL, "splice: unknown flags");
	in = fd_borrow(fd_in);
	out = fd_borrow(fd_out);
	if (!in.file || !out.file)
		return -EBADF;
	return splice_files(in.file, off_in, out.file, off_out, len, flags);
}

SYSCALL_DEFINE4(tee, int, fdin, int, fdout, size_t, len, unsigned int, flags)
{
	struct fd in __cleanup(fd_release) = { NULL, false };
	struct fd out __cleanup(fd_release) = { NULL, false };

	if (flags & ~(unsigned)SPLICE_F_ALL)
		return refuse(EINVAL, "tee: unknown flags");
	if (!len)
		return 0;
	in = fd_borrow(fdin);
	out = fd_borrow(fdout);
	if (!in.file || !out.file)
		return -EBADF;
	return do_tee(in.file, out.file, len, flags);
}

static long vmsplice(int fd, unsigned long uvec, unsigned long count, unsigned flags, bool ia32)
{
	struct iovec_k *vec __cleanup(iter_free_vec) = NULL;
	struct fd f __cleanup(fd_release) = { NULL, false };
	struct iter it;
	int err;

	if (flags & ~(unsigned)SPLICE_F_ALL)
		return refuse(EINVAL, "vmsplice: unknown flags");
	f = fd_borrow(fd);
	if (!f.file || !(f.file->mode & (FMODE_READ | FMODE_WRITE)))
		return -EBADF;
	if ((err = iter_init_iovec(&it, uvec, count, ia32, &vec)))
		return err;
	if (!iter_count(&it))
		return 0;
	return f.file->mode & FMODE_WRITE ? do_vmsplice_to_pipe(f.file, &it, flags)
					  : do_vmsplice_from_pipe(f.file, &it, flags);
}

SYSCALL_DEFINE4(vmsplice, int, fd, const struct iovec __user *, uiov, unsigned long, nr_segs, unsigned int,
		flags)
{
	return vmsplice(fd, (__force unsigned long)uiov, nr_segs, flags, false);
}

IA32_SYSCALL_DEFINE4(vmsplice, int, fd, const void __user *, uiov, u32, nr_segs, unsigned int, flags)
{
	return vmsplice(fd, (__force unsigned long)uiov, nr_segs, flags, true);
}

// SPDX-License-Identifier: MIT
/* sendfile(2), copy_file_range(2). */
#include "kernel/fs/fd.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"

static long sendfile_files(int out_fd, int in_fd, loff_t *pos, size_t count)
{
	struct fd in __cleanup(fd_release) = fd_borrow(in_fd);
	struct fd out __cleanup(fd_release) = { NULL, false };
	loff_t at;

	if (!in.file || !(in.file->mode & FMODE_READ))
		return -EBADF;
	if (pos && (in.file->mode & FMODE_STREAM))
		return -ESPIPE;
	/* The range of the input is looked at before the output is. */
	at = pos ? *pos : in.file->pos;
	if ((ssize_t)count < 0 || at < 0 || (s64)((u64)at + count) < 0)
		return -EINVAL;
	out = fd_borrow(out_fd);
	if (!out.file || !(out.file->mode & FMODE_WRITE))
		return -EBADF;
	return do_sendfile(out.file, in.file, pos, count);
}

SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, loff_t __user *, offset, size_t, count)
{
	loff_t pos;
	long ret;

	if (!offset)
		return sendfile_files(out_fd, in_fd, NULL, count);
	if (get_user(pos, offset))
		return -EFAULT;
	ret = sendfile_files(out_fd, in_fd, &pos, count);
	return put_user(pos, offset) ? -EFAULT : ret;
}

IA32_SYSCALL_DEFINE4(sendfile, int, out_fd, int, in_fd, int __user *, offset, u32, count)
{
	loff_t pos;
	long ret;
	int off;

	if (!offset)
		return sendfile_files(out_fd, in_fd, NULL, count);
	if (get_user(off, offset))
		return -EFAULT;
	pos = off;
	ret = sendfile_files(out_fd, in_fd, &pos, min(count, (u32)(INT32_MAX - (off < 0 ? 0 : off))));
	off = (int)pos;
	return put_user(off, offset) ? -EFAULT : ret;
}

SYSCALL_DEFINE6(copy_file_range, int, fd_in, loff_t __user *, off_in, int, fd_out, loff_t __user *, off_out,
		size_t, len, unsigned int, flags)
{
	struct fd in __cleanup(fd_release) = fd_borrow(fd_in);
	struct fd out __cleanup(fd_release) = fd_borrow(fd_out);
	loff_t ipos, opos;
	long ret;

	if (!in.file || !out.file)
		return -EBADF;
	if ((off_in && get_user(ipos, off_in)) || (off_out && get_user(opos, off_out)))
		return -EFAULT;
	if (flags)
		return -EINVAL;
	ret = do_copy_file_range(in.file, off_in ? &ipos : NULL, out.file, off_out ? &opos : NULL, len);
	if (ret > 0 && ((off_in && put_user(ipos, off_in)) || (off_out && put_user(opos, off_out))))
		return -EFAULT;
	return ret;
}

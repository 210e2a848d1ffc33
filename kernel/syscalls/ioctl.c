// SPDX-License-Identifier: MIT
/*
 * ioctl(2).  Drivers get a kernel copy of the argument; what is copied, and which way, is told by the
 * table below for the old terminal numbers and by the command itself (_IOC) for the others.  The layouts
 * of all of them agree between the two ABIs.
 */
#include "kernel/fs/fasync.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/sync/guard.h"
#include <asm/ioctls.h>
#include <asm/sockios.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/fs.h>

#define MAX_ARG 256

enum { IN = 1, OUT = 2 };

static const struct ioctl_arg {
	unsigned cmd;
	u16 size, dir;
} table[] = {
	{ TCGETS, sizeof(struct termios), OUT },
	{ TCSETS, sizeof(struct termios), IN },
	{ TCSETSW, sizeof(struct termios), IN },
	{ TCSETSF, sizeof(struct termios), IN },
	{ TCGETA, sizeof(struct termio), OUT },
	{ TCSETA, sizeof(struct termio), IN },
	{ TCSETAW, sizeof(struct termio), IN },
	{ TCSETAF, sizeof(struct termio), IN },
	{ TIOCGLCKTRMIOS, sizeof(struct termios), OUT },
	{ TIOCSLCKTRMIOS, sizeof(struct termios), IN },
	{ TIOCGWINSZ, sizeof(struct winsize), OUT },
	{ TIOCSWINSZ, sizeof(struct winsize), IN },
	{ TIOCGPGRP, sizeof(int), OUT },
	{ TIOCSPGRP, sizeof(int), IN },
	{ TIOCGSID, sizeof(int), OUT },
	{ TIOCOUTQ, sizeof(int), OUT },
	{ FIONREAD, sizeof(int), OUT },
	{ TIOCSTI, sizeof(char), IN },
	{ TIOCPKT, sizeof(int), IN },
	{ TIOCSIG, 0, 0 }, /* a value, whatever its number says */
	{ TIOCGETD, sizeof(int), OUT },
	{ TIOCSETD, sizeof(int), IN },
	{ TIOCMGET, sizeof(int), OUT },
	{ TIOCMBIS, sizeof(int), IN },
	{ TIOCMBIC, sizeof(int), IN },
	{ TIOCMSET, sizeof(int), IN },
	{ TIOCGSOFTCAR, sizeof(int), OUT },
	{ TIOCSSOFTCAR, sizeof(int), IN },
	{ SIOCATMARK, sizeof(int), OUT },
	{ FIOSETOWN, sizeof(int), IN },
	{ SIOCSPGRP, sizeof(int), IN },
	{ FIOGETOWN, sizeof(int), OUT },
	{ SIOCGPGRP, sizeof(int), OUT },
};

/* No argument in memory (TCSBRK, TIOCSCTTY, TIOCNOTTY …): size 0. */
static struct ioctl_arg arg_of(unsigned cmd)
{
	unsigned dir = _IOC_DIR(cmd);

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].cmd == cmd)
			return table[i];
	return (struct ioctl_arg){ cmd, dir ? (u16)_IOC_SIZE(cmd) : 0,
				   (u16)((dir & _IOC_WRITE ? IN : 0) | (dir & _IOC_READ ? OUT : 0)) };
}

static long driver_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	const struct ioctl_arg a = arg_of(cmd);
	u8 buf[MAX_ARG] __aligned(8);
	long ret;

	if (!f->ops->ioctl || a.size > sizeof(buf))
		return -ENOTTY;
	__builtin_memset(buf, 0, a.size);
	if ((a.dir & IN) && copy_from_user(buf, (void __user *)arg, a.size))
		return -EFAULT;
	ret = f->ops->ioctl(f, cmd, buf, arg);
	if (ret == -ENOIOCTLCMD)
		return refuse(ENOTTY, "ioctl: unknown command for this file");
	if (ret >= 0 && (a.dir & OUT) && copy_to_user((void __user *)arg, buf, a.size))
		return -EFAULT;
	return ret;
}

static long set_nonblocking(struct file *f, unsigned long arg)
{
	int on;

	if (get_user(on, (int __user *)arg))
		return -EFAULT;
	guard(spinlock)(&f->lock);
	f->flags = on ? f->flags | O_NONBLOCK : f->flags & ~(u32)O_NONBLOCK;
	return 0;
}

/* Bytes left to read in a regular file. */
static long regular_fionread(struct file *f, unsigned long arg)
{
	int left = (int)(READ_ONCE(f->inode->size) - (u64)f->pos);

	return put_user(left, (int __user *)arg);
}

static long do_ioctl(unsigned fd, unsigned cmd, unsigned long arg)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	int on;

	if (!f.file)
		return -EBADF;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		return fd_set_cloexec((int)fd, cmd == FIOCLEX);
	case FIONBIO:
		return set_nonblocking(f.file, arg);
	case FIOASYNC:
		if (get_user(on, (int __user *)arg))
			return -EFAULT;
		if (on && !f.file->ops->fasync && !(f.file->flags & FASYNC))
			return refuse(ENOTTY, "FIOASYNC: no signal-driven I/O on this file");
		return file_set_async(f.file, (int)fd, on);
	case FIGETBSZ:
		if (!f.file->inode->sb)
			return -EINVAL;
		on = PAGE_SIZE;
		return put_user(on, (int __user *)arg);
	case FIOQSIZE:
		if (S_ISREG(f.file->inode->mode) || S_ISDIR(f.file->inode->mode)) {
			loff_t size = (loff_t)f.file->inode->size;

			return put_user(size, (loff_t __user *)arg);
		}
		return -ENOTTY;
	case FIONREAD:
		if (S_ISREG(f.file->inode->mode))
			return regular_fionread(f.file, arg);
		break;
	}
	return driver_ioctl(f.file, cmd, arg);
}

SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	return do_ioctl(fd, cmd, arg);
}

IA32_SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, u32, arg)
{
	return do_ioctl(fd, cmd, arg);
}

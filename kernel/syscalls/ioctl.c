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
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/sockios.h>
#include <linux/timerfd.h>

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

/*
 * A command that the driver does not know is ENOTTY however bad its argument is.  Commands of terminals
 * have the type 'T', and those of other drivers here 'T' (timerfd), 'R' (random) and 'I' (inotify); sockets'
 * have SOCK_IOC_TYPE.
 */
static bool may_be_known(const struct file *f, unsigned cmd)
{
	unsigned type = _IOC_TYPE(cmd);

	if (type == 'T' && cmd != TFD_IOC_SET_TICKS)
		return f->ops->terminal;
	if (type == SOCK_IOC_TYPE)
		return S_ISSOCK(f->inode->mode);
	return type == 'T' || type == 'R' || type == 'I';
}

static long driver_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	const struct ioctl_arg a = arg_of(cmd);
	u8 buf[MAX_ARG] __aligned(8);
	long ret;

	if (!f->ops->ioctl || a.size > sizeof(buf))
		return -ENOTTY;
	if (cmd == TFD_IOC_SET_TICKS && in_ia32_syscall()) /* Linux's timerfd has no compat_ioctl */
		return -ENOTTY;
	__builtin_memset(buf, 0, a.size);
	if ((a.dir & IN) && may_be_known(f, cmd)) {
		if (cmd == TIOCSLCKTRMIOS && !capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (copy_from_user(buf, (void __user *)arg, a.size))
			return -EFAULT;
	}
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

/* FICLONE and its kin: no file system shares blocks between files, which is found out last. */
static long clone_range(struct file *to, int from_fd)
{
	struct fd from __cleanup(fd_release) = fd_borrow(from_fd);
	umode_t in, out = to->inode->mode;

	if (!from.file)
		return -EBADF;
	in = from.file->inode->mode;
	if (from.file->inode->sb != to->inode->sb)
		return -EXDEV;
	if (S_ISDIR(in) || S_ISDIR(out))
		return -EISDIR;
	if (!S_ISREG(in) || !S_ISREG(out))
		return -EINVAL;
	if (!(from.file->mode & FMODE_READ) || !(to->mode & FMODE_WRITE) || (READ_ONCE(to->flags) & O_APPEND))
		return -EBADF;
	return -EOPNOTSUPP;
}

static long dedupe_range(struct file *f, unsigned long arg)
{
	struct file_dedupe_range __user *urange = (struct file_dedupe_range __user *)arg;
	struct file_dedupe_range r;
	u16 count;

	if (get_user(count, &urange->dest_count))
		return -EFAULT;
	if (sizeof(r) + count * sizeof(struct file_dedupe_range_info) > PAGE_SIZE)
		return -ENOMEM;
	if (copy_from_user(&r, urange, sizeof(r)))
		return -EFAULT;
	if (!(f->mode & FMODE_READ) || r.reserved1 || r.reserved2)
		return -EINVAL;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	return S_ISREG(f->inode->mode) ? -EOPNOTSUPP : -EINVAL;
}

/* chattr(1)'s flags exist on tmpfs, and none can be set. */
static long file_flags(struct file *f, unsigned cmd, unsigned long arg)
{
	bool have = f->inode->sb->stat.attributes && (S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode));
	int flags = 0;

	if (cmd == FS_IOC_SETFLAGS) {
		if (get_user(flags, (int __user *)arg))
			return -EFAULT;
		if (!have)
			return -ENOIOCTLCMD;
		if (mount_is_readonly(f->path.mnt))
			return -EROFS;
		return flags ? refuse(EOPNOTSUPP, "FS_IOC_SETFLAGS: no such flags are kept") : 0;
	}
	if (!have)
		return -ENOIOCTLCMD;
	if (cmd == FS_IOC_FSGETXATTR)
		return clear_user((void __user *)arg, sizeof(struct fsxattr));
	return put_user(flags, (int __user *)arg);
}

/* FIBMAP: nothing here lies on blocks. */
static long block_map(unsigned long arg)
{
	int block;

	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (get_user(block, (int __user *)arg) || put_user(0, (int __user *)arg))
		return -EFAULT;
	return -EINVAL;
}

/* What every file answers, by its file system; -ENOIOCTLCMD: something else. */
static long fs_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct inode *i = f->inode;
	struct file_clone_range range;
	loff_t used;

	switch (cmd) {
	case FIGETBSZ:
		return put_user((int)i->sb->stat.blksize, (int __user *)arg);
	case FIOQSIZE:
		if (!S_ISREG(i->mode) && !S_ISDIR(i->mode))
			return -ENOTTY;
		used = i->mapping ? (loff_t)(READ_ONCE(i->mapping->nr_pages) << PAGE_SHIFT) : 0;
		return put_user(used, (loff_t __user *)arg);
	case FIFREEZE:
	case FITHAW:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		return cmd == FIFREEZE ? -EOPNOTSUPP : -EINVAL;
	case FICLONE:
		return clone_range(f, (int)arg);
	case FICLONERANGE:
		if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
			return -EFAULT;
		return clone_range(f, (int)range.src_fd);
	case FIDEDUPERANGE:
		return dedupe_range(f, arg);
	case FIBMAP:
		return S_ISREG(i->mode) ? block_map(arg) : -ENOIOCTLCMD;
	case FS_IOC_FIEMAP:
		return -EOPNOTSUPP;
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
	case FS_IOC_FSGETXATTR:
		return file_flags(f, cmd, arg);
	}
	return -ENOIOCTLCMD;
}

static long do_ioctl(unsigned fd, unsigned cmd, unsigned long arg)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);
	long err;
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
		/* open(2) may have set the flag, which nobody can take away */
		if (!f.file->ops->fasync && !on != !(READ_ONCE(f.file->flags) & FASYNC))
			return refuse(ENOTTY, "FIOASYNC: no signal-driven I/O on this file");
		return file_set_async(f.file, (int)fd, on);
	case FIONREAD:
		if (S_ISREG(f.file->inode->mode))
			return regular_fionread(f.file, arg);
		break;
	}
	err = fs_ioctl(f.file, cmd, arg);
	return err == -ENOIOCTLCMD ? driver_ioctl(f.file, cmd, arg) : err;
}

SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	return do_ioctl(fd, cmd, arg);
}

/* Commands whose number tells the size of a long. */
IA32_SYSCALL_DEFINE3(ioctl, unsigned int, fd, unsigned int, cmd, u32, arg)
{
	if (cmd == FS_IOC32_GETFLAGS || cmd == FS_IOC32_SETFLAGS)
		cmd = cmd == FS_IOC32_GETFLAGS ? FS_IOC_GETFLAGS : FS_IOC_SETFLAGS;
	return do_ioctl(fd, cmd, arg);
}

// SPDX-License-Identifier: MIT
/* Descriptors: close(2), dup(2), close_range(2), fcntl(2), flock(2). */
#include "kernel/fs/fasync.h"
#include "kernel/fs/fd.h"

#include "abi/ia32/fs.h"
#include "kernel/fs/lock.h"
#include "kernel/fs/pipe.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <linux/fcntl.h>

SYSCALL_DEFINE1(close, unsigned int, fd)
{
	return fd_close((int)fd);
}

SYSCALL_DEFINE1(dup, unsigned int, fildes)
{
	return do_dup((int)fildes, 0, 0);
}

SYSCALL_DEFINE2(dup2, unsigned int, oldfd, unsigned int, newfd)
{
	if (oldfd == newfd) { /* unlike dup3(2), nothing happens, when it is open */
		struct fd f __cleanup(fd_release) = fd_borrow_path_ok((int)oldfd);

		return f.file ? (long)oldfd : -EBADF;
	}
	return do_dup3((int)oldfd, (int)newfd, 0);
}

SYSCALL_DEFINE3(dup3, unsigned int, oldfd, unsigned int, newfd, int, flags)
{
	return do_dup3((int)oldfd, (int)newfd, flags);
}

SYSCALL_DEFINE3(close_range, unsigned int, fd, unsigned int, max_fd, unsigned int, flags)
{
	return do_close_range(fd, max_fd, flags);
}

SYSCALL_DEFINE2(flock, unsigned int, fd, unsigned int, cmd)
{
	unsigned int op = cmd & ~(unsigned int)LOCK_NB;

	/* Linux looks at the command first, and takes the mandatory locks it has given up for done. */
	if (cmd & LOCK_MAND)
		return 0;
	if (op != LOCK_SH && op != LOCK_EX && op != LOCK_UN)
		return -EINVAL;

	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);

	return f.file ? file_lock_flock(f.file, (int)cmd) : -EBADF;
}

/* ---- fcntl(2) ------------------------------------------------------------------------------------ */

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

static long set_status_flags(struct file *f, int fd, u32 arg)
{
	u32 changed = arg ^ READ_ONCE(f->flags);
	int err;

	if ((arg & changed & O_NOATIME) && current->cred->fsuid != f->inode->uid && !capable(CAP_FOWNER))
		return -EPERM;
	if ((arg & O_DIRECT) && !f->ops->set_flags)
		return -EINVAL;
	if (f->ops->set_flags && (err = f->ops->set_flags(f, arg)))
		return err;
	if ((err = file_set_async(f, fd, arg & FASYNC)))
		return err;
	guard(spinlock)(&f->lock);
	f->flags = (arg & SETFL_MASK) | (f->flags & ~(u32)SETFL_MASK);
	return 0;
}

static long owner_fcntl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct f_owner_ex __user *uex = (struct f_owner_ex __user *)arg;
	struct f_owner_ex ex;

	switch (cmd) {
	case F_GETOWN:
		return file_getown(f);
	case F_SETOWN:
		return file_setown(f, (int)arg);
	case F_GETOWN_EX:
		ex.pid = file_get_owner(f, &ex.type);
		return copy_to_user(uex, &ex, sizeof(ex));
	case F_SETOWN_EX:
		if (copy_from_user(&ex, uex, sizeof(ex)))
			return -EFAULT;
		if (ex.type < F_OWNER_TID || ex.type > F_OWNER_PGRP)
			return -EINVAL;
		return file_set_owner(f, ex.type, ex.pid);
	case F_GETSIG:
		return file_get_owner_signal(f);
	default: /* F_SETSIG */
		if (arg > 64)
			return -EINVAL;
		return file_set_owner_signal(f, (int)arg);
	}
}

/* Who called F_SETOWN: checkpoint tools ask. */
static long put_owner_uids(struct file *f, uid_t __user *uids)
{
	uid_t uid, euid;

	file_get_owner_uids(f, &uid, &euid);
	return put_user(uid, &uids[0]) || put_user(euid, &uids[1]) ? -EFAULT : 0;
}

/* F_SET_RW_HINT: how long what is written will live.  Kept and told; memory does not care. */
static long write_hint(struct file *f, bool set, u64 __user *uhint)
{
	u64 hint = READ_ONCE(f->inode->write_hint);

	if (!set)
		return put_user(hint, uhint);
	if (get_user(hint, uhint))
		return -EFAULT;
	if (hint > RWH_WRITE_LIFE_EXTREME)
		return -EINVAL;
	WRITE_ONCE(f->inode->write_hint, (u8)hint);
	return 0;
}

/* Leases are not given, so there is none to give back either; what Linux refuses is refused alike. */
static long set_lease(struct file *f, unsigned long arg)
{
	struct inode *i = f->inode;

	if (current->cred->fsuid != i->uid && !capable(CAP_LEASE))
		return -EACCES;
	if (!S_ISREG(i->mode) || (arg != F_RDLCK && arg != F_WRLCK && arg != F_UNLCK))
		return -EINVAL;
	if (arg == F_UNLCK || (arg == F_RDLCK && READ_ONCE(i->writers) > 0))
		return -EAGAIN;
	return refuse(EINVAL, "fcntl: leases");
}

static bool path_fd_cmd(unsigned cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD || cmd == F_SETFD || cmd == F_GETFL;
}

/* Everything but record locks, whose structure differs between the ABIs. */
static long fcntl_common(struct file *f, unsigned fd, unsigned cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg >= rlimit(RLIMIT_NOFILE))
			return -EINVAL;
		return do_dup((int)fd, (unsigned)arg, cmd == F_DUPFD_CLOEXEC ? O_CLOEXEC : 0);
	case F_GETFD:
		return fd_get_cloexec((int)fd);
	case F_SETFD:
		return fd_set_cloexec((int)fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return READ_ONCE(f->flags);
	case F_SETFL:
		return set_status_flags(f, (int)fd, (u32)arg);
	case F_GETOWN:
	case F_SETOWN:
	case F_GETOWN_EX:
	case F_SETOWN_EX:
	case F_GETSIG:
	case F_SETSIG:
		return owner_fcntl(f, cmd, arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(f, (int)cmd, arg);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return file_fcntl_seals(f, (int)cmd, arg);
	case F_GETOWNER_UIDS:
		return put_owner_uids(f, (uid_t __user *)arg);
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
		return write_hint(f, cmd == F_SET_RW_HINT, (u64 __user *)arg);
	case F_GETLEASE:
		return F_UNLCK; /* nobody can have taken one */
	case F_SETLEASE:
		return set_lease(f, arg);
	case F_NOTIFY:
		if (!(arg & ~(unsigned long)DN_MULTISHOT))
			return 0; /* no longer: nobody can have asked */
		if (!S_ISDIR(f->inode->mode))
			return -ENOTDIR;
		return refuse(EINVAL, "fcntl: F_NOTIFY");
	default:
		return refuse(EINVAL, "fcntl: unknown command");
	}
}

static bool is_lock_cmd(unsigned cmd)
{
	return cmd == F_GETLK || cmd == F_SETLK || cmd == F_SETLKW || cmd == F_OFD_GETLK ||
	       cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
}

SYSCALL_DEFINE3(fcntl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f __cleanup(fd_release) = fd_borrow_path_ok((int)fd);
	struct flock __user *ufl = (struct flock __user *)arg;
	struct flock fl;
	int err;

	if (!f.file || ((f.file->mode & FMODE_PATH) && !path_fd_cmd(cmd)))
		return -EBADF;
	if (!is_lock_cmd(cmd))
		return fcntl_common(f.file, fd, cmd, arg);
	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	if ((err = file_lock_fcntl(f.file, (int)cmd, &fl)))
		return err;
	return cmd == F_GETLK || cmd == F_OFD_GETLK ? copy_to_user(ufl, &fl, sizeof(fl)) : 0;
}

/* ---- i386: struct flock has 32-bit offsets, struct flock64 64-bit ones under commands of its own - */

#define IA32_F_GETLK64  12
#define IA32_F_SETLK64  13
#define IA32_F_SETLKW64 14

static int flock_get(struct flock *fl, unsigned long arg, bool wide)
{
	struct ia32_flock64 w;
	struct ia32_flock n;

	if (wide) {
		if (copy_from_user(&w, (void __user *)arg, sizeof(w)))
			return -EFAULT;
		*fl = (struct flock){ w.l_type, w.l_whence, w.l_start, w.l_len, w.l_pid };
		return 0;
	}
	if (copy_from_user(&n, (void __user *)arg, sizeof(n)))
		return -EFAULT;
	*fl = (struct flock){ n.l_type, n.l_whence, n.l_start, n.l_len, n.l_pid };
	return 0;
}

static int flock_put(const struct flock *fl, unsigned long arg, bool wide)
{
	if (wide) {
		const struct ia32_flock64 w = { fl->l_type, fl->l_whence, fl->l_start, fl->l_len, fl->l_pid };

		return copy_to_user((void __user *)arg, &w, sizeof(w));
	}
	if (fl->l_start > INT32_MAX)
		return -EOVERFLOW;

	const struct ia32_flock n = { fl->l_type, fl->l_whence, (s32)fl->l_start,
				      (s32)min(fl->l_len, (__kernel_off_t)INT32_MAX), fl->l_pid };

	return copy_to_user((void __user *)arg, &n, sizeof(n));
}

/* Both numbers, fcntl(2) too, take the 64-bit locks of F_SETLK64 and its kin (Linux 6.1 on x86). */
IA32_SYSCALL_DEFINE3(fcntl64, unsigned int, fd, unsigned int, cmd, u32, arg)
{
	struct fd f __cleanup(fd_release) = fd_borrow_path_ok((int)fd);
	bool wide = cmd >= IA32_F_GETLK64 && cmd <= IA32_F_SETLKW64,
	     ofd = cmd >= F_OFD_GETLK && cmd <= F_OFD_SETLKW;
	struct flock fl;
	int err;

	if (!f.file || ((f.file->mode & FMODE_PATH) && !path_fd_cmd(cmd)))
		return -EBADF;
	if (wide)
		cmd = cmd - IA32_F_GETLK64 + F_GETLK;
	if (!wide && !is_lock_cmd(cmd))
		return fcntl_common(f.file, fd, cmd, arg);
	if ((err = flock_get(&fl, arg, wide || ofd)) || (err = file_lock_fcntl(f.file, (int)cmd, &fl)))
		return err;
	return cmd == F_GETLK || cmd == F_OFD_GETLK ? flock_put(&fl, arg, wide || ofd) : 0;
}

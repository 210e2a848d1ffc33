// SPDX-License-Identifier: MIT
/* access(2), chmod(2), chown(2), utime(2), utimensat(2): asking for and changing attributes of names. */
#include "abi/ia32/fs.h"
#include "abi/ia32/time.h"
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/path_arg.h"
#include <linux/time_types.h>
#include <linux/utime.h>

#define UTIME_OMIT_K 0x3ffffffe

/* Looks a user's path up; flags are AT_*. */
static int user_lookup(int dfd, const char __user *upath, int flags, struct path *out)
{
	unsigned lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	int err;
	DEFINE_PATH_ARG(path);

	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	if ((err = path_arg_get(&path, upath, flags & AT_EMPTY_PATH)))
		return err;
	return path_lookup(dfd, path.text, lookup, out);
}

/* ---- access(2) ----------------------------------------------------------------------------------- */

static long access_user(int dfd, const char __user *upath, int mode, int flags)
{
	int err;
	DEFINE_PATH_ARG(path);

	if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
		return refuse(EINVAL, "faccessat2: unknown mode or flags");
	if ((err = path_arg_get(&path, upath, flags & AT_EMPTY_PATH)))
		return err;
	return do_accessat(dfd, path.text, mode, flags);
}

SYSCALL_DEFINE3(faccessat, int, dfd, const char __user *, filename, int, mode)
{
	return access_user(dfd, filename, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, const char __user *, filename, int, mode, int, flags)
{
	return access_user(dfd, filename, mode, flags);
}

SYSCALL_DEFINE2(access, const char __user *, filename, int, mode)
{
	return access_user(AT_FDCWD, filename, mode, 0);
}

/* ---- chmod(2) ------------------------------------------------------------------------------------ */

static long chmod_user(int dfd, const char __user *upath, umode_t mode)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	int err = user_lookup(dfd, upath, 0, &p);

	return err ? err : path_chmod(&p, mode);
}

SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, filename, umode_t, mode)
{
	return chmod_user(dfd, filename, mode);
}

SYSCALL_DEFINE2(chmod, const char __user *, filename, umode_t, mode)
{
	return chmod_user(AT_FDCWD, filename, mode);
}

SYSCALL_DEFINE2(fchmod, unsigned int, fd, umode_t, mode)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);

	return f.file ? path_chmod(&f.file->path, mode) : -EBADF;
}

/* ---- chown(2) ------------------------------------------------------------------------------------ */

static long chown_user(int dfd, const char __user *upath, uid_t uid, gid_t gid, int flags)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return refuse(EINVAL, "fchownat: unknown flags");
	err = user_lookup(dfd, upath, flags, &p);
	return err ? err : path_chown(&p, uid, gid);
}

static long fchown_user(unsigned fd, uid_t uid, gid_t gid)
{
	struct fd f __cleanup(fd_release) = fd_borrow((int)fd);

	return f.file ? path_chown(&f.file->path, uid, gid) : -EBADF;
}

SYSCALL_DEFINE5(fchownat, int, dfd, const char __user *, filename, uid_t, user, gid_t, group, int, flag)
{
	return chown_user(dfd, filename, user, group, flag);
}

SYSCALL_DEFINE3(chown, const char __user *, filename, uid_t, user, gid_t, group)
{
	return chown_user(AT_FDCWD, filename, user, group, 0);
}

SYSCALL_DEFINE3(lchown, const char __user *, filename, uid_t, user, gid_t, group)
{
	return chown_user(AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW);
}

SYSCALL_DEFINE3(fchown, unsigned int, fd, uid_t, user, gid_t, group)
{
	return fchown_user(fd, user, group);
}

static u32 id_from16(u16 id) /* the 16-bit "unchanged" stays "unchanged" */
{
	return id == 0xffff ? ~0u : id;
}

IA32_SYSCALL_DEFINE3(chown, const char __user *, filename, u16, user, u16, group)
{
	return chown_user(AT_FDCWD, filename, id_from16(user), id_from16(group), 0);
}

IA32_SYSCALL_DEFINE3(lchown, const char __user *, filename, u16, user, u16, group)
{
	return chown_user(AT_FDCWD, filename, id_from16(user), id_from16(group), AT_SYMLINK_NOFOLLOW);
}

IA32_SYSCALL_DEFINE3(fchown, unsigned int, fd, u16, user, u16, group)
{
	return fchown_user(fd, id_from16(user), id_from16(group));
}

/* ---- utime(2) and its successors ----------------------------------------------------------------- */

/* Linux's do_utimes(): without a path the descriptor itself; times NULL is now. */
static long utimes_at(int dfd, const char __user *upath, const struct timespec64 *times, int flags)
{
	struct path p __cleanup(path_putp) = { NULL, NULL };
	int err;

	if (!upath && dfd != AT_FDCWD) {
		struct fd f __cleanup(fd_release) = fd_borrow(dfd);

		if (flags)
			return -EINVAL;
		return f.file ? path_utimes(&f.file->path, times) : -EBADF;
	}
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return refuse(EINVAL, "utimensat: unknown flags");
	err = user_lookup(dfd, upath, flags, &p);
	return err ? err : path_utimes(&p, times);
}

static bool nothing_to_do(const struct timespec64 t[2])
{
	return t[0].nsec == UTIME_OMIT_K && t[1].nsec == UTIME_OMIT_K;
}

SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, filename, struct __kernel_timespec __user *, utimes,
		int, flags)
{
	struct __kernel_timespec ts[2];
	struct timespec64 t[2];

	if (!utimes)
		return utimes_at(dfd, filename, NULL, flags);
	if (copy_from_user(ts, utimes, sizeof(ts)))
		return -EFAULT;
	for (int i = 0; i < 2; i++)
		t[i] = (struct timespec64){ ts[i].tv_sec,
					    in_ia32_syscall() ? (u32)ts[i].tv_nsec : ts[i].tv_nsec };
	return nothing_to_do(t) ? 0 : utimes_at(dfd, filename, t, flags);
}

IA32_SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, filename, struct ia32_timespec __user *,
		     utimes, int, flags)
{
	struct ia32_timespec ts[2];
	struct timespec64 t[2];

	if (!utimes)
		return utimes_at(dfd, filename, NULL, flags);
	if (copy_from_user(ts, utimes, sizeof(ts)))
		return -EFAULT;
	for (int i = 0; i < 2; i++)
		t[i] = (struct timespec64){ ts[i].tv_sec, ts[i].tv_nsec };
	return nothing_to_do(t) ? 0 : utimes_at(dfd, filename, t, flags);
}

/* Microseconds, checked: the special values of utimensat(2) cannot be said this way. */
static long timevals_at(int dfd, const char __user *path, const s64 sec[2], const s64 usec[2])
{
	struct timespec64 t[2];

	for (int i = 0; i < 2; i++) {
		if (usec[i] < 0 || usec[i] >= 1000000)
			return -EINVAL;
		t[i] = (struct timespec64){ sec[i], usec[i] * 1000 };
	}
	return utimes_at(dfd, path, t, 0);
}

static long futimesat_user(int dfd, const char __user *path, struct __kernel_old_timeval __user *utv)
{
	struct __kernel_old_timeval tv[2];

	if (!utv)
		return utimes_at(dfd, path, NULL, 0);
	if (copy_from_user(tv, utv, sizeof(tv)))
		return -EFAULT;
	return timevals_at(dfd, path, (const s64[]){ tv[0].tv_sec, tv[1].tv_sec },
			   (const s64[]){ tv[0].tv_usec, tv[1].tv_usec });
}

SYSCALL_DEFINE3(futimesat, int, dfd, const char __user *, filename, struct __kernel_old_timeval __user *,
		utimes)
{
	return futimesat_user(dfd, filename, utimes);
}

SYSCALL_DEFINE2(utimes, const char __user *, filename, struct __kernel_old_timeval __user *, utimes)
{
	return futimesat_user(AT_FDCWD, filename, utimes);
}

static long ia32_futimesat_user(int dfd, const char __user *path, struct ia32_timeval __user *utv)
{
	struct ia32_timeval tv[2];

	if (!utv)
		return utimes_at(dfd, path, NULL, 0);
	if (copy_from_user(tv, utv, sizeof(tv)))
		return -EFAULT;
	return timevals_at(dfd, path, (const s64[]){ tv[0].tv_sec, tv[1].tv_sec },
			   (const s64[]){ tv[0].tv_usec, tv[1].tv_usec });
}

IA32_SYSCALL_DEFINE3(futimesat, int, dfd, const char __user *, filename, struct ia32_timeval __user *, utimes)
{
	return ia32_futimesat_user(dfd, filename, utimes);
}

IA32_SYSCALL_DEFINE2(utimes, const char __user *, filename, struct ia32_timeval __user *, utimes)
{
	return ia32_futimesat_user(AT_FDCWD, filename, utimes);
}

SYSCALL_DEFINE2(utime, const char __user *, filename, struct utimbuf __user *, times)
{
	struct utimbuf u;

	if (!times)
		return utimes_at(AT_FDCWD, filename, NULL, 0);
	if (copy_from_user(&u, times, sizeof(u)))
		return -EFAULT;
	return utimes_at(AT_FDCWD, filename, (const struct timespec64[]){ { u.actime, 0 }, { u.modtime, 0 } },
			 0);
}

IA32_SYSCALL_DEFINE2(utime, const char __user *, filename, struct ia32_utimbuf __user *, times)
{
	struct ia32_utimbuf u;

	if (!times)
		return utimes_at(AT_FDCWD, filename, NULL, 0);
	if (copy_from_user(&u, times, sizeof(u)))
		return -EFAULT;
	return utimes_at(AT_FDCWD, filename, (const struct timespec64[]){ { u.actime, 0 }, { u.modtime, 0 } },
			 0);
}

// SPDX-License-Identifier: MIT
/* open(2), creat(2), openat(2), openat2(2), memfd_create(2). */
#include "kernel/fs/fd.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/syscalls/path_arg.h"
#include <linux/openat2.h>

#ifndef __O_TMPFILE
#define __O_TMPFILE 020000000
#endif
#define O_SYNC_BIT   04000000 /* __O_SYNC: O_SYNC without O_DSYNC */
#define O_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define VALID_FLAGS                                                                                     \
	(O_RDONLY | O_WRONLY | O_RDWR | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | \
	 O_SYNC | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |    \
	 O_CLOEXEC | O_PATH | __O_TMPFILE)
#define VALID_RESOLVE                                                                                        \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | \
	 RESOLVE_CACHED)

/* Linux 6.1 build_open_flags(): what openat2(2) refuses. */
static long check_how(const struct open_how *how, struct open_how_k *k)
{
	u64 flags = how->flags;
	bool creates = flags & (O_CREAT | __O_TMPFILE);

	if (flags & ~(u64)VALID_FLAGS)
		return refuse(EINVAL, "openat2: unknown flags");
	if (how->resolve & ~(u64)VALID_RESOLVE)
		return refuse(EINVAL, "openat2: unknown resolve flags");
	if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if (creates ? how->mode & ~07777ull : how->mode)
		return -EINVAL;
	if ((flags & (O_DIRECTORY | O_CREAT)) == (O_DIRECTORY | O_CREAT))
		return -EINVAL;
	if (flags & __O_TMPFILE) {
		if (!(flags & O_DIRECTORY) || !(flags & (O_WRONLY | O_RDWR)))
			return -EINVAL;
	}
	if ((flags & O_PATH) && (flags & ~(u64)O_PATH_FLAGS))
		return -EINVAL;
	if ((how->resolve & RESOLVE_CACHED) && (flags & (O_TRUNC | O_CREAT | __O_TMPFILE)))
		return -EAGAIN;
	if (flags & O_SYNC_BIT)
		flags |= O_DSYNC;
	*k = (struct open_how_k){
		.flags = flags,
		.mode = (umode_t)how->mode,
		.lookup = (how->resolve & RESOLVE_NO_XDEV ? LOOKUP_NO_XDEV : 0) |
			  (how->resolve & RESOLVE_NO_MAGICLINKS ? LOOKUP_NO_MAGICLINKS : 0) |
			  (how->resolve & RESOLVE_NO_SYMLINKS ? LOOKUP_NO_SYMLINKS : 0) |
			  (how->resolve & RESOLVE_BENEATH ? LOOKUP_BENEATH : 0) |
			  (how->resolve & RESOLVE_IN_ROOT ? LOOKUP_IN_ROOT : 0) |
			  (how->resolve & RESOLVE_CACHED ? LOOKUP_CACHED : 0),
	};
	return 0;
}

static long open_common(int dfd, const char __user *upath, const struct open_how *how)
{
	struct file *f __cleanup(file_putp) = NULL;
	struct fd_slot slot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	struct open_how_k k;
	long err;
	DEFINE_PATH_ARG(path);

	if ((err = check_how(how, &k)) || (err = path_arg_get(&path, upath, false)))
		return err;
	if ((err = fd_reserve(&slot, (int)k.flags)) || (err = do_filp_open(dfd, path.text, &k, &f)))
		return err;
	return fd_publish(&slot, &f);
}

/* open(2) ignores what it does not know, and a mode when nothing is created. */
static long open_legacy(int dfd, const char __user *path, u32 flags, umode_t mode)
{
	struct open_how how = { .flags = flags & VALID_FLAGS };

	if (how.flags & O_PATH)
		how.flags &= O_PATH_FLAGS;
	if (how.flags & (O_CREAT | __O_TMPFILE))
		how.mode = mode & 07777;
	return open_common(dfd, path, &how);
}

SYSCALL_DEFINE3(open, const char __user *, filename, int, flags, umode_t, mode)
{
	return open_legacy(AT_FDCWD, filename, (u32)flags | O_LARGEFILE, mode);
}

SYSCALL_DEFINE2(creat, const char __user *, pathname, umode_t, mode)
{
	return open_legacy(AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, mode);
}

SYSCALL_DEFINE4(openat, int, dfd, const char __user *, filename, int, flags, umode_t, mode)
{
	return open_legacy(dfd, filename, (u32)flags | O_LARGEFILE, mode);
}

SYSCALL_DEFINE4(openat2, int, dfd, const char __user *, filename, struct open_how __user *, how, size_t,
		usize)
{
	struct open_how k;
	int err;

	if (usize < sizeof(struct open_how)) /* OPEN_HOW_SIZE_VER0: there is one version so far */
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	if ((err = copy_struct_from_user(&k, sizeof(k), how, usize)))
		return err;
	if (!(k.flags & O_PATH)) /* for 32-bit programs too: this call is younger than the question */
		k.flags |= O_LARGEFILE;
	return open_common(dfd, filename, &k);
}

/* A 32-bit program says O_LARGEFILE itself; creat(2) says it for all. */
IA32_SYSCALL_DEFINE3(open, const char __user *, filename, int, flags, umode_t, mode)
{
	return open_legacy(AT_FDCWD, filename, (u32)flags, mode);
}

IA32_SYSCALL_DEFINE4(openat, int, dfd, const char __user *, filename, int, flags, umode_t, mode)
{
	return open_legacy(dfd, filename, (u32)flags, mode);
}

SYSCALL_DEFINE2(memfd_create, const char __user *, uname, unsigned int, flags)
{
	struct file *f __cleanup(file_putp) = NULL;
	struct fd_slot slot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	char name[250];
	ssize_t len;
	int err;

	if (flags & ~7u)
		return refuse(EINVAL, "memfd_create: unknown flags");
	if ((len = strncpy_from_user(name, uname, sizeof(name))) < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	if ((err = fd_reserve(&slot, flags & 1 ? O_CLOEXEC : 0)) || (err = memfd_create(name, flags, &f)))
		return err;
	return fd_publish(&slot, &f);
}

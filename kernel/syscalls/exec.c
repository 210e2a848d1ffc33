// SPDX-License-Identifier: MIT
/* execve(2), execveat(2), personality(2). */
#include "kernel/fs/fs.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/uaccess.h"
#include "kernel/task/task.h"

static long execve_user(int dfd, const char __user *upath, unsigned long argv, unsigned long envp, int flags,
			bool ia32)
{
	char *path __cleanup(user_path_put) = NULL;
	int err = user_path_get(upath, flags & AT_EMPTY_PATH, &path);

	if (err)
		return err;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return refuse(EINVAL, "execveat: unknown flags");
	return do_execve(dfd, path, argv, envp, flags, ia32);
}

SYSCALL_DEFINE3(execve, const char __user *, path, unsigned long, argv, unsigned long, envp)
{
	return execve_user(AT_FDCWD, path, argv, envp, 0, false);
}

IA32_SYSCALL_DEFINE3(execve, const char __user *, path, unsigned long, argv, unsigned long, envp)
{
	return execve_user(AT_FDCWD, path, argv, envp, 0, true);
}

SYSCALL_DEFINE5(execveat, int, dfd, const char __user *, path, unsigned long, argv, unsigned long, envp, int,
		flags)
{
	return execve_user(dfd, path, argv, envp, flags, false);
}

IA32_SYSCALL_DEFINE5(execveat, int, dfd, const char __user *, path, unsigned long, argv, unsigned long, envp,
		     int, flags)
{
	return execve_user(dfd, path, argv, envp, flags, true);
}

SYSCALL_DEFINE1(personality, unsigned int, personality)
{
	u32 old = current->personality;

	if (personality != 0xffffffff)
		current->personality = personality;
	return old;
}

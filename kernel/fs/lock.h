/* SPDX-License-Identifier: MIT */
/*
 * Advisory file locks: POSIX record locks, open-file-description locks, flock(2).
 * Source: fcntl(2), flock(2), Linux 6.1 fs/locks.c for the order of checks.
 */
#pragma once

#include "kernel/fs/fs.h"

struct files;

/*
 * F_GETLK, F_SETLK, F_SETLKW and F_OFD_*.  fl is changed by the GETLKs only.  -EAGAIN, -EDEADLK, -EBADF,
 * -EINVAL, …
 */
int __must_check file_lock_fcntl(struct file *f, int cmd, struct flock *fl);
int __must_check file_lock_flock(struct file *f,
				 int op); /* LOCK_SH, LOCK_EX, LOCK_UN, | LOCK_NB: -EWOULDBLOCK, … */
/*
 * close(2) of a descriptor in `owner`: its record locks on the file go.  NULL: the last reference: flock
 * and OFD locks go.
 */
void file_lock_release(struct file *f, struct files *owner);

/* SPDX-License-Identifier: MIT */
/* Moving bytes between pipes and files without a detour through the program: splice(2), tee(2), vmsplice(2).
 */
#pragma once

#include "kernel/fs/fs.h"

/* Not in the UAPI headers of Linux 6.1 (include/linux/splice.h there). */
#define SPLICE_F_MOVE     1 /* a hint; means nothing since 2.6.21 */
#define SPLICE_F_NONBLOCK 2
#define SPLICE_F_MORE     4
#define SPLICE_F_GIFT     8
#define SPLICE_F_ALL      (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

bool file_is_pipe(const struct file *f);
bool can_splice_from(const struct file *f);
bool can_splice_to(const struct file *f);
/*
 * splice(2) between open files, at least one of them a pipe.  in_pos, out_pos NULL: the files' own positions.
 * Bytes moved, 0 at the end of the input, -EBADF (modes), -EINVAL (no pipe, one and the same pipe, O_APPEND,
 * a file that cannot), -EAGAIN, -EPIPE with SIGPIPE, -ERESTARTSYS, or an error of the file.  May sleep.
 */
ssize_t do_splice(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos, size_t size,
		  unsigned flags);
/* The part that sendfile(2) shares: `out` is a pipe. */
ssize_t splice_file_to_pipe(struct file *in, loff_t *pos, struct file *out, size_t size, unsigned flags);
ssize_t do_tee(struct file *in, struct file *out, size_t size, unsigned flags);
/* vmsplice(2) to or from the pipe f; -EBADF when it is none. */
ssize_t do_vmsplice_to_pipe(struct file *f, struct iter *from, unsigned flags);
ssize_t do_vmsplice_from_pipe(struct file *f, struct iter *to, unsigned flags);

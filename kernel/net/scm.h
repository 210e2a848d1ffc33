/* SPDX-License-Identifier: MIT */
/*
 * Ancillary data of Unix sockets: descriptors and credentials (unix(7), cmsg(3)).
 *
 * A set of descriptors is in flight from scm_fds_depart() to scm_fds_arrive(): queued somewhere, in no table.
 * The garbage collector (kernel/net/unix/gc.c) counts those.
 */
#pragma once

#include "kernel/net/socket.h"

struct scm_header { /* struct cmsghdr, which the UAPI headers lack */
	u64 len; /* this header and the data */
	s32 level, type;
};

/*
 * Decodes m->control: -EINVAL (malformed, unknown), -EBADF, -EPERM (credentials not one's own), -ESRCH,
 * -ENOMEM. Other levels than SOL_SOCKET are passed over.  On failure nothing is left to release.
 */
int __must_check scm_send(struct scm *scm, const struct msg *m);
void scm_destroy(struct scm *scm); /* drops references; scm is empty then */
void scm_fds_free(struct scm_fds *fds); /* not in flight; drops the files, without sleeping */
struct scm_fds *scm_fds_dup(const struct scm_fds *fds) __must_check; /* NULL: no memory */

/* kernel/net/unix/gc.c */
int __must_check scm_fds_depart(struct scm_fds *fds); /* -ETOOMANYREFS: RLIMIT_NOFILE of the user in flight */
void scm_fds_arrive(struct scm_fds *fds);
void scm_peek_barrier(void); /* after scm_fds_dup() of what is in flight, before anybody uses the copy */
static inline void scm_fds_release(struct scm_fds *fds) /* in flight, and nobody will get them */
{
	scm_fds_arrive(fds);
	scm_fds_free(fds);
}

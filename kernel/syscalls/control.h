/* SPDX-License-Identifier: MIT */
/* Control data of sendmsg(2) and recvmsg(2), struct cmsghdr, across the user boundary in both layouts. */
#pragma once

#include "kernel/net/scm.h"

/*
 * Copies the caller's control data into native layout: *out is kmalloc'ed, and the caller's to free even when
 * this fails.  -ENOBUFS or, 32-bit, -ENOMEM (more than net.core.optmem_max), -EFAULT, -EINVAL (malformed,
 * 32-bit alone).
 */
int __must_check control_get(unsigned long ucontrol, u64 size, bool ia32, void **out, size_t *out_size);

struct control_out { /* the rest of the caller's buffer */
	unsigned long at; /* user address; 0: the caller wants none */
	u64 left; /* bytes */
	bool ia32;
	unsigned flags; /* msg_flags: MSG_CTRUNC is added when something does not fit */
};

/* Writes what scm holds and sk was asked for, installing descriptors; what does not fit stays in scm. */
void control_put(struct control_out *c, struct sock *sk, struct scm *scm);

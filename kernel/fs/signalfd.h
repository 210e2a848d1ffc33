/* SPDX-License-Identifier: MIT */
/* Signals as a descriptor: signalfd(2). */
#pragma once

#include "kernel/fs/fs.h"

int __must_check signalfd_create(u64 mask, int flags, struct file **out);
int __must_check signalfd_set_mask(struct file *f, u64 mask); /* -EINVAL: no signalfd */
/* The process is about to be freed: whoever watches its signals by epoll(7) must let go of the queue. */
void signalfd_process_gone(struct process *p);

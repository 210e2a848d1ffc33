/* SPDX-License-Identifier: MIT */
/* Event counters: eventfd(2). */
#pragma once

#include "kernel/fs/fs.h"

/* Not in the UAPI headers of Linux 6.1 (include/linux/eventfd.h there). */
#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC   O_CLOEXEC
#define EFD_NONBLOCK  O_NONBLOCK

/* flags: EFD_SEMAPHORE | EFD_NONBLOCK (checked).  -ENFILE, -ENOMEM */
int __must_check eventfd_create(unsigned count, int flags, struct file **out);

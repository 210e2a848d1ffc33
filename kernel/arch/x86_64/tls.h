/* SPDX-License-Identifier: MIT */
/* Thread-local storage segments: set_thread_area(2), get_thread_area(2), CLONE_SETTLS of 32-bit programs. */
#pragma once

#include <asm/ldt.h>

struct task;

/*
 * Installs *info in slot idx (12…14; -1: info->entry_number).  With can_allocate an entry_number of -1
 * takes a free slot, and *allocated says so: the caller reports info->entry_number.  -EINVAL, -ESRCH (no
 * slot free).
 */
int __must_check tls_set(struct task *t, int idx, struct user_desc *info, bool can_allocate, bool *allocated);
int __must_check tls_get(struct task *t, int idx, struct user_desc *info); /* -EINVAL */

/* SPDX-License-Identifier: MIT */
/* Shared by the 64-bit and the 32-bit gates of stat(2) and statfs(2): decode, then ask. */
#pragma once

#include "kernel/fs/stat.h"

int __must_check user_stat(int dfd, const char __user *upath, int flags, struct kstat *k); /* flags: AT_* */
int __must_check user_statfs(const char __user *upath, struct kstatfs *k);
int __must_check user_fstatfs(unsigned fd, struct kstatfs *k);

/* SPDX-License-Identifier: MIT */
/* Order of boot, from kernel_main() to the first program; see kernel/base/init.c. */
#pragma once

void initcalls_run(enum init_level level);
/*
 * fs: unpacks boot_info.initrd (cpio newc, uncompressed) into the root; returns 0 or -errno with a
 * message.
 */
int __must_check initramfs_unpack(void);
void fs_init(void); /* dcache, mounts, rootfs */
void task_init(void); /* pids, creds, caches */

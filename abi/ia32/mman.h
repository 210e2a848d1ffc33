/* SPDX-License-Identifier: MIT */
/* The argument block of i386 mmap(2), number 90. */
#pragma once

#include <linux/types.h>

struct ia32_mmap_args {
	__u32 addr;
	__u32 size;
	__u32 prot;
	__u32 flags;
	__u32 fd;
	__u32 offset;
};
_Static_assert(sizeof(struct ia32_mmap_args) == 24, "i386 struct mmap_arg_struct");

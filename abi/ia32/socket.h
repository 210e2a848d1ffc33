/* SPDX-License-Identifier: MIT */
/* Structures of socket calls as i386 programs lay them out. */
#pragma once

#include <linux/types.h>

struct ia32_msghdr {
	__u32 msg_name;
	__s32 msg_namelen;
	__u32 msg_iov, msg_iovlen;
	__u32 msg_control, msg_controllen;
	__u32 msg_flags;
};
_Static_assert(sizeof(struct ia32_msghdr) == 28, "struct msghdr of i386");

struct ia32_mmsghdr {
	struct ia32_msghdr msg_hdr;
	__u32 msg_len;
};
_Static_assert(sizeof(struct ia32_mmsghdr) == 32, "struct mmsghdr of i386");

struct ia32_cmsghdr {
	__u32 cmsg_len;
	__s32 cmsg_level, cmsg_type;
};
_Static_assert(sizeof(struct ia32_cmsghdr) == 12, "struct cmsghdr of i386");

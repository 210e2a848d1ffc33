/* SPDX-License-Identifier: MIT */
/* Signal structures of the i386 ABI: what 32-bit programs pass and find on their stacks. */
#pragma once

#include <asm/sigcontext.h>
#include <linux/types.h>

struct ia32_sigaction { /* rt_sigaction(2) */
	__u32 handler;
	__u32 flags;
	__u32 restorer;
	__u32 mask[2];
};
struct ia32_old_sigaction { /* sigaction(2), number 67 */
	__u32 handler;
	__u32 mask;
	__u32 flags;
	__u32 restorer;
};
struct ia32_stack {
	__u32 ss_sp;
	__s32 ss_flags;
	__u32 ss_size;
};
struct ia32_siginfo {
	__s32 si_signo, si_errno, si_code;
	union {
		__s32 pad[29];
		struct {
			__u32 pid, uid;
		} kill;
		struct {
			__s32 tid, overrun;
			__u32 sigval;
		} timer;
		struct {
			__u32 pid, uid, sigval;
		} rt;
		struct {
			__u32 pid, uid;
			__s32 status, utime, stime;
		} chld;
		struct {
			__u32 addr;
			__u32 extra[3]; /* address bounds, least significant bit, protection key */
		} fault;
		struct {
			__s32 band, fd;
		} poll;
		struct {
			__u32 call_addr;
			__s32 nr;
			__u32 arch;
		} sys;
	};
};
struct ia32_ucontext {
	__u32 uc_flags;
	__u32 uc_link;
	struct ia32_stack uc_stack;
	struct sigcontext_32 uc_mcontext;
	__u32 uc_sigmask[2];
};
struct ia32_sigframe { /* handler without SA_SIGINFO; the address of sig is the handler's argument */
	__u32 pretcode;
	__s32 sig;
	struct sigcontext_32 sc;
	struct _fpstate_32 unused;
	__u32 extramask;
	__u8 retcode[8];
};
struct ia32_rt_sigframe {
	__u32 pretcode;
	__s32 sig;
	__u32 pinfo;
	__u32 puc;
	struct ia32_siginfo info;
	struct ia32_ucontext uc;
	__u8 retcode[8];
};

_Static_assert(sizeof(struct ia32_sigaction) == 20, "i386 kernel_sigaction");
_Static_assert(sizeof(struct ia32_old_sigaction) == 16, "i386 old_sigaction");
_Static_assert(sizeof(struct ia32_stack) == 12, "i386 stack_t");
_Static_assert(sizeof(struct ia32_siginfo) == 128, "i386 siginfo_t");
_Static_assert(sizeof(struct sigcontext_32) == 88, "i386 sigcontext");
_Static_assert(sizeof(struct ia32_ucontext) == 116, "i386 ucontext");
_Static_assert(sizeof(struct ia32_rt_sigframe) == 16 + 128 + 116 + 8, "i386 rt_sigframe");
_Static_assert(offsetof(struct ia32_sigframe, sc) == 8, "i386 sigframe");

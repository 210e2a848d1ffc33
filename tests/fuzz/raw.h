/* SPDX-License-Identifier: MIT */
/*
 * System calls as the ABI has them: the result or -errno, and no use of thread-local errno, which the actors of a
 * program share.  Also what signal handlers return to.  The symbols are local to each file that includes this.
 */
#pragma once

#include <signal.h>
#include <stdint.h>

#define RAW_ARGS 6

#ifdef __x86_64__
__asm__("raw_call:\n"
	"mov %rdi, %rax\nmov %rsi, %rcx\nmov (%rcx), %rdi\nmov 8(%rcx), %rsi\nmov 16(%rcx), %rdx\n"
	"mov 24(%rcx), %r10\nmov 32(%rcx), %r8\nmov 40(%rcx), %r9\nsyscall\nret\n"
	"raw_restore_plain:\nraw_restore_info:\nmov $15, %eax\nsyscall\n");
#else
__asm__("raw_call:\n"
	"push %ebx\npush %esi\npush %edi\npush %ebp\nmov 20(%esp), %eax\nmov 24(%esp), %ebp\n"
	"mov (%ebp), %ebx\nmov 4(%ebp), %ecx\nmov 8(%ebp), %edx\nmov 12(%ebp), %esi\nmov 16(%ebp), %edi\n"
	"mov 20(%ebp), %ebp\nint $0x80\npop %ebp\npop %edi\npop %esi\npop %ebx\nret\n"
	"raw_restore_plain:\npop %eax\nmov $119, %eax\nint $0x80\n"
	"raw_restore_info:\nmov $173, %eax\nint $0x80\n");
#endif

long raw_call(long nr, const unsigned long args[RAW_ARGS]);
extern const char raw_restore_plain[], raw_restore_info[];

#define raw(nr, ...) raw_call(nr, (const unsigned long[RAW_ARGS]){ __VA_ARGS__ })
#define ADDR(p)      ((unsigned long)(p))

/* What the kernel calls struct sigaction. */
struct raw_sigaction {
	unsigned long handler, flags, restorer;
	uint64_t mask;
};

/* Fills in an action: default (0), ignore (1), or one of the two handlers as the flags say (2). */
static inline void raw_action(struct raw_sigaction *action, unsigned long which, unsigned long flags,
			      uint64_t mask, void (*plain)(int), void (*info)(int, siginfo_t *, void *))
{
	*action = (struct raw_sigaction){ which, flags, 0, mask };
	if (flags & 0x04000000) /* SA_RESTORER */
		action->restorer = ADDR(flags & SA_SIGINFO ? raw_restore_info : raw_restore_plain);
	if (which > 1)
		action->handler = flags & SA_SIGINFO ? ADDR(info) : ADDR(plain);
}

/* SPDX-License-Identifier: MIT */
/* Touching memory that may not be there: the signal it raises, and what came with that. */
#pragma once

#include "harness.h"

static sigjmp_buf jump;
static void *volatile fault_address;
static volatile int fault_code;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	fault_address = info->si_addr;
	fault_code = info->si_code;
	siglongjmp(jump, sig);
}

/* The signal that reading this byte, or writing 1 to it, gives, or 0.  Taken on the alternate stack if there is one. */
static inline int touch(volatile char *p, bool write)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	int sig;

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sig = sigsetjmp(jump, 1);
	if (sig)
		return sig;
	if (write)
		*p = 1;
	else
		(void)*p;
	return 0;
}

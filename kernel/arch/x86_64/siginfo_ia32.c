// SPDX-License-Identifier: MIT
/* siginfo_t between the two ABIs: which member of the union is meant follows from si_signo and si_code. */
#include "abi/ia32/signal.h"
#include "kernel/base/string.h"
#include "kernel/signal/signal.h"

enum layout { L_KILL, L_TIMER, L_RT, L_CHLD, L_FAULT, L_POLL, L_SYS };

static enum layout layout_of(int sig, int code)
{
	if (code > SI_USER && code < SI_KERNEL) {
		if (sig == SIGILL || sig == SIGFPE || sig == SIGSEGV || sig == SIGBUS || sig == SIGTRAP)
			return L_FAULT;
		if (sig == SIGCHLD)
			return L_CHLD;
		if (sig == SIGSYS)
			return L_SYS;
		return sig == SIGPOLL || code <= NSIGPOLL ? L_POLL : L_KILL;
	}
	if (code == SI_TIMER)
		return L_TIMER;
	if (code == SI_SIGIO)
		return L_POLL;
	return code < 0 ? L_RT : L_KILL;
}

void siginfo_to_ia32(struct ia32_siginfo *to, const siginfo_t *from)
{
	memset(to, 0, sizeof(*to));
	to->si_signo = from->si_signo;
	to->si_errno = from->si_errno;
	to->si_code = from->si_code;
	switch (layout_of(from->si_signo, from->si_code)) {
	case L_KILL:
		to->kill.pid = (u32)from->si_pid;
		to->kill.uid = from->si_uid;
		break;
	case L_TIMER:
		to->timer.tid = from->si_tid;
		to->timer.overrun = from->si_overrun;
		to->timer.sigval = (u32)from->si_int;
		break;
	case L_RT:
		to->rt.pid = (u32)from->si_pid;
		to->rt.uid = from->si_uid;
		to->rt.sigval = (u32)from->si_int;
		break;
	case L_CHLD:
		to->chld.pid = (u32)from->si_pid;
		to->chld.uid = from->si_uid;
		to->chld.status = from->si_status;
		to->chld.utime = (s32)from->si_utime;
		to->chld.stime = (s32)from->si_stime;
		break;
	case L_FAULT:
		to->fault.addr = (u32)(__force unsigned long)from->si_addr;
		break;
	case L_POLL:
		to->poll.band = (s32)from->si_band;
		to->poll.fd = from->si_fd;
		break;
	case L_SYS:
		to->sys.call_addr = (u32)(__force unsigned long)from->si_call_addr;
		to->sys.nr = from->si_syscall;
		to->sys.arch = from->si_arch;
		break;
	}
}

void siginfo_from_ia32(siginfo_t *to, const struct ia32_siginfo *from)
{
	memset(to, 0, sizeof(*to));
	to->si_signo = from->si_signo;
	to->si_errno = from->si_errno;
	to->si_code = from->si_code;
	switch (layout_of(from->si_signo, from->si_code)) {
	case L_KILL:
		to->si_pid = (pid_t)from->kill.pid;
		to->si_uid = from->kill.uid;
		break;
	case L_TIMER:
		to->si_tid = from->timer.tid;
		to->si_overrun = from->timer.overrun;
		to->si_int = (int)from->timer.sigval;
		break;
	case L_RT:
		to->si_pid = (pid_t)from->rt.pid;
		to->si_uid = from->rt.uid;
		to->si_int = (int)from->rt.sigval;
		break;
	case L_CHLD:
		to->si_pid = (pid_t)from->chld.pid;
		to->si_uid = from->chld.uid;
		to->si_status = from->chld.status;
		to->si_utime = from->chld.utime;
		to->si_stime = from->chld.stime;
		break;
	case L_FAULT:
		to->si_addr = (__force void *)(unsigned long)from->fault.addr;
		break;
	case L_POLL:
		to->si_band = from->poll.band;
		to->si_fd = from->poll.fd;
		break;
	case L_SYS:
		to->si_call_addr = (__force void *)(unsigned long)from->sys.call_addr;
		to->si_syscall = from->sys.nr;
		to->si_arch = from->sys.arch;
		break;
	}
}

// SPDX-License-Identifier: MIT
/*
 * What happened to processes, as text: siginfo, wait status, resource usage; sets of CPUs.  False: the memory
 * cannot be read, nothing was printed.
 */
#include "kernel/gate/decode.h"
#include "kernel/base/string.h"
#include "kernel/signal/signal.h"
#include "flag_ids.h"

bool decode_wait_status(struct line *l, unsigned long p)
{
	int s;

	if (!trace_fetch(&s, p, sizeof(s)))
		return false;
	if ((s & 0x7f) == 0) {
		line_printf(l, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", s >> 8 & 0xff);
		return true;
	}
	if (s == 0xffff) {
		line_text(l, "[{WIFCONTINUED(s)}]");
		return true;
	}
	line_text(l, (s & 0xff) == 0x7f ? "[{WIFSTOPPED(s) && WSTOPSIG(s) == "
					: "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
	line_signal(l, (s & 0xff) == 0x7f ? s >> 8 & 0xff : s & 0x7f);
	line_text(l, (s & 0xff) != 0x7f && s & 0x80 ? " && WCOREDUMP(s)}]" : "}]");
	return true;
}

static void line_code(struct line *l, const siginfo_t *info)
{
	static const struct {
		int sig;
		u32 table;
	} own[] = {
		{ SIGSEGV, FLAGS_si_segv }, { SIGBUS, FLAGS_si_bus },   { SIGFPE, FLAGS_si_fpe },
		{ SIGILL, FLAGS_si_ill },   { SIGTRAP, FLAGS_si_trap }, { SIGCHLD, FLAGS_si_chld },
	};
	const char *name = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(own) && info->si_code > 0; i++)
		if (own[i].sig == info->si_signo)
			name = flag_find(own[i].table, info->si_code, NULL);
	if (!name)
		name = flag_find(FLAGS_si_code, info->si_code, NULL);
	if (name)
		line_text(l, name);
	else
		line_printf(l, "%d", info->si_code);
}

/* Which members hold something depends on signal and code: sigaction(2), "The siginfo_t argument". */
void line_siginfo(struct line *l, const siginfo_t *info)
{
	int sig = info->si_signo;

	line_text(l, "{si_signo=");
	line_signal(l, sig);
	line_text(l, ", si_code=");
	line_code(l, info);
	if (info->si_code > 0 && (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE)) {
		line_text(l, ", si_addr=");
		line_ptr(l, (unsigned long)info->si_addr);
	} else if (info->si_code > 0 && sig == SIGCHLD) {
		line_printf(l, ", si_pid=%d, si_uid=%u, si_status=", info->si_pid, info->si_uid);
		if (info->si_code == CLD_EXITED)
			line_printf(l, "%d", info->si_status);
		else
			line_signal(l, info->si_status);
		line_printf(l, ", si_utime=%ld, si_stime=%ld", (long)info->si_utime, (long)info->si_stime);
	} else if (info->si_code == SI_TIMER) {
		line_printf(l, ", si_timerid=%#x, si_overrun=%d", info->si_tid, info->si_overrun);
	} else if (info->si_code <= 0) {
		line_printf(l, ", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
		if (info->si_code == SI_QUEUE)
			line_printf(l, ", si_value={sival_int=%d}", info->si_int);
	}
	line_char(l, '}');
}

bool decode_siginfo(struct line *l, unsigned long p, bool compat)
{
	siginfo_t info;
	s32 word[6];

	if (!compat) {
		if (!trace_fetch(&info, p, sizeof(info)))
			return false;
	} else {
		if (!trace_fetch(word, p, sizeof(word)))
			return false;
		memset(&info, 0, sizeof(info));
		info.si_signo = word[0];
		info.si_code = word[2];
		info.si_pid = word[3];
		info.si_uid = (u32)word[4];
		info.si_status = word[5];
	}
	if (!info.si_signo) { /* waitid(2) with WNOHANG found nothing */
		line_text(l, "{}");
		return true;
	}
	line_siginfo(l, &info);
	return true;
}

bool decode_rusage(struct line *l, unsigned long p, bool compat)
{
	s64 t[4]; /* user and system time */
	s32 narrow[4];

	if (compat ? !trace_fetch(narrow, p, sizeof(narrow)) : !trace_fetch(t, p, sizeof(t)))
		return false;
	for (int i = 0; i < 4 && compat; i++)
		t[i] = narrow[i];
	line_printf(l, "{ru_utime={tv_sec=%lld, tv_usec=%lld}, ", (long long)t[0], (long long)t[1]);
	line_printf(l, "ru_stime={tv_sec=%lld, tv_usec=%lld}, ...}", (long long)t[2], (long long)t[3]);
	return true;
}

bool decode_cpuset(struct line *l, unsigned long p, size_t size)
{
	u8 bits[32];
	bool some = false;

	size = min(size, sizeof(bits));
	if (!trace_fetch(bits, p, size))
		return false;
	line_char(l, '[');
	for (size_t cpu = 0; cpu < size * 8; cpu++)
		if (bits[cpu / 8] >> (cpu % 8) & 1) {
			line_printf(l, some ? " %zu" : "%zu", cpu);
			some = true;
		}
	line_char(l, ']');
	return true;
}

// SPDX-License-Identifier: MIT
/*
 * Structures behind pointers as text.  Each printer fetches once from the program and returns false when
 * that faults; nothing has been printed then.  `compat` selects the 32-bit layout.
 */
#include "kernel/gate/decode.h"
#include "kernel/base/bitmap.h"
#include "kernel/base/string.h"
#include "flag_ids.h"
#include <asm/signal.h>
#include <linux/eventpoll.h>
#include <linux/poll.h>
#include <linux/utsname.h>

#define MAX_ITEMS 8 /* of an array that are shown */

/* Two signed numbers, as struct timespec and struct timeval are. */
static bool fetch_time(s64 t[2], unsigned long p, bool compat)
{
	s32 narrow[2];

	if (!compat)
		return trace_fetch(t, p, 16);
	if (!trace_fetch(narrow, p, sizeof(narrow)))
		return false;
	t[0] = narrow[0];
	t[1] = narrow[1];
	return true;
}

static void line_time(struct line *l, const s64 t[2], const char *fraction)
{
	if (fraction[0] == 'n' && (t[1] == 0x3fffffff || t[1] == 0x3ffffffe)) /* utimensat(2) */
		line_text(l, t[1] == 0x3fffffff ? "UTIME_NOW" : "UTIME_OMIT");
	else
		line_printf(l, "{tv_sec=%ld, tv_%s=%ld}", (long)t[0], fraction, (long)t[1]);
}

static bool one_time(struct line *l, unsigned long p, bool compat, const char *fraction)
{
	s64 t[2];

	if (!fetch_time(t, p, compat))
		return false;
	line_time(l, t, fraction);
	return true;
}

static bool two_times(struct line *l, unsigned long p, bool compat, const char *fraction, bool itimer)
{
	s64 a[2], b[2];

	if (!fetch_time(a, p, compat) || !fetch_time(b, p + (compat ? 8 : 16), compat))
		return false;
	line_text(l, itimer ? "{it_interval=" : "[");
	line_time(l, a, fraction);
	line_text(l, itimer ? ", it_value=" : ", ");
	line_time(l, b, fraction);
	line_char(l, itimer ? '}' : ']');
	return true;
}

void line_sigset(struct line *l, u64 set)
{
	bool invert = hweight64(set) > 32;
	bool some = false;

	if (invert) {
		line_char(l, '~');
		set = ~set;
	}
	line_char(l, '[');
	for (int sig = 1; sig <= 64; sig++) {
		const char *name = flag_find(FLAGS_signal, sig, NULL);

		if (!(set >> (sig - 1) & 1))
			continue;
		if (some)
			line_char(l, ' ');
		some = true;
		if (name)
			line_text(l, name + 3);
		else if (sig == 32)
			line_text(l, "RTMIN");
		else
			line_printf(l, "RT_%d", sig - 32);
	}
	line_char(l, ']');
}

static bool sigset(struct line *l, unsigned long p)
{
	u64 set;

	if (!trace_fetch(&set, p, sizeof(set)))
		return false;
	line_sigset(l, set);
	return true;
}

static bool sigaction(struct line *l, unsigned long p, bool compat)
{
	struct {
		u64 handler, flags, restorer, mask;
	} a;
	struct {
		u32 handler, flags, restorer, mask[2];
	} n;

	if (!compat && !trace_fetch(&a, p, sizeof(a)))
		return false;
	if (compat) {
		if (!trace_fetch(&n, p, sizeof(n)))
			return false;
		a.handler = n.handler;
		a.flags = n.flags;
		a.restorer = n.restorer;
		a.mask = n.mask[0] | (u64)n.mask[1] << 32;
	}
	line_text(l, "{sa_handler=");
	if (a.handler <= 1)
		line_text(l, a.handler ? "SIG_IGN" : "SIG_DFL");
	else
		line_hex(l, a.handler);
	line_text(l, ", sa_mask=");
	line_sigset(l, a.mask);
	line_text(l, ", sa_flags=");
	line_flags(l, FLAGS_sigaction, (u32)a.flags);
	if (a.flags & SA_RESTORER) {
		line_text(l, ", sa_restorer=");
		line_hex(l, a.restorer);
	}
	line_char(l, '}');
	return true;
}

/* `left` bytes of data are worth showing: all for a write, the result for a read. */
static bool iovec(struct line *l, unsigned long p, unsigned long count, bool compat, size_t left)
{
	for (unsigned long i = 0; i < count; i++) {
		u64 v[2];
		u32 n[2];
		bool ok = compat ? trace_fetch(n, p + i * 8, 8) : trace_fetch(v, p + i * 16, 16);

		if (!ok && i == 0)
			return false;
		line_text(l, i ? ", " : "[");
		if (!ok || i == MAX_ITEMS) {
			line_text(l, "...");
			break;
		}
		if (compat) {
			v[0] = n[0];
			v[1] = n[1];
		}
		line_text(l, "{iov_base=");
		line_user_bytes(l, v[0], min((size_t)v[1], left));
		line_printf(l, ", iov_len=%lu}", (unsigned long)v[1]);
		left -= min((size_t)v[1], left);
	}
	line_text(l, count ? "]" : "[]");
	return true;
}

static bool fetch_word(unsigned long *out, unsigned long p, bool compat)
{
	*out = 0;
	return trace_fetch(out, p, compat ? 4 : 8); /* little-endian: the low half alone is the 32-bit word */
}

static bool argv(struct line *l, unsigned long p, bool compat, bool count_only)
{
	unsigned long word, n = 0;

	for (; n < 4096; n++) {
		if (!fetch_word(&word, p + n * (compat ? 4 : 8), compat)) {
			if (n == 0)
				return false;
			break;
		}
		if (!word)
			break;
		if (count_only)
			continue;
		line_text(l, n ? ", " : "[");
		if (n == 2 * MAX_ITEMS) {
			line_text(l, "...");
			break;
		}
		line_user_string(l, word);
	}
	if (count_only)
		line_printf(l, "0x%lx /* %lu vars */", p, n);
	else
		line_text(l, n ? "]" : "[]");
	return true;
}

static void line_limit(struct line *l, u64 v)
{
	if (v == ~0UL || v == 0xffffffffUL)
		line_text(l, "RLIM_INFINITY");
	else if (v && v % 1024 == 0)
		line_printf(l, "%lu*1024", v / 1024);
	else
		line_printf(l, "%lu", v);
}

static bool limits(struct line *l, unsigned long p, bool compat)
{
	u64 cur, max;

	if (!fetch_word(&cur, p, compat) || !fetch_word(&max, p + (compat ? 4 : 8), compat))
		return false;
	line_text(l, "{rlim_cur=");
	line_limit(l, cur);
	line_text(l, ", rlim_max=");
	line_limit(l, max);
	line_char(l, '}');
	return true;
}

static bool sockaddr(struct line *l, unsigned long p, size_t size)
{
	struct {
		u16 family;
		u8 data[108];
	} a = { 0 };

	size = min(size, sizeof(a));
	if (size < sizeof(a.family) || !trace_fetch(&a, p, size))
		return false;
	line_text(l, "{sa_family=");
	line_flags(l, FLAGS_domain, a.family);
	size -= sizeof(a.family);
	if (a.family == 1) { /* AF_UNIX: a path, or an abstract name that starts with NUL */
		line_text(l, ", sun_path=");
		line_quote(l, (char *)a.data, a.data[0] ? strnlen((char *)a.data, size) : size, false);
	} else if (a.family == 2 && size >= 6) {
		line_printf(l, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")",
			    a.data[0] << 8 | a.data[1], a.data[2], a.data[3], a.data[4], a.data[5]);
	} else {
		line_text(l, ", sa_data=");
		line_quote(l, (char *)a.data, min(size, (size_t)14), size > 14);
	}
	line_char(l, '}');
	return true;
}

static bool epoll_events(struct line *l, unsigned long p, long count, bool array)
{
	for (long i = 0; i < count; i++) {
		struct epoll_event e;

		if (!trace_fetch(&e, p + i * sizeof(e), sizeof(e)))
			return false;
		if (array)
			line_text(l, i ? ", " : "[");
		if (i == MAX_ITEMS) {
			line_text(l, "...");
			break;
		}
		line_text(l, "{events=");
		line_flags(l, FLAGS_epoll, (__force u32)e.events);
		line_printf(l, ", data=0x%llx}", (unsigned long long)e.data);
	}
	if (array)
		line_text(l, count ? "]" : "[]");
	return true;
}

static bool pollfds(struct line *l, unsigned long p, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		struct pollfd f;

		if (!trace_fetch(&f, p + i * sizeof(f), sizeof(f)))
			return false;
		line_text(l, i ? ", " : "[");
		if (i == MAX_ITEMS) {
			line_text(l, "...");
			break;
		}
		line_printf(l, "{fd=%d, events=", f.fd);
		line_flags(l, FLAGS_poll, (u16)f.events);
		if (f.revents) {
			line_text(l, ", revents=");
			line_flags(l, FLAGS_poll, (u16)f.revents);
		}
		line_char(l, '}');
	}
	line_text(l, count ? "]" : "[]");
	return true;
}

static bool fdset(struct line *l, unsigned long p, int nfds)
{
	u8 bits[128];
	bool some = false;

	nfds = max(0, min(nfds, (int)sizeof(bits) * 8));
	if (!trace_fetch(bits, p, (nfds + 7) / 8))
		return false;
	line_char(l, '[');
	for (int fd = 0; fd < nfds; fd++)
		if (bits[fd / 8] >> (fd % 8) & 1) {
			line_printf(l, some ? " %d" : "%d", fd);
			some = true;
		}
	line_char(l, ']');
	return true;
}

static bool utsname(struct line *l, unsigned long p)
{
	struct new_utsname u;

	static_assert(sizeof(u) < 512, "fits the kernel stack");
	if (!trace_fetch(&u, p, sizeof(u)))
		return false;
	line_printf(l, "{sysname=\"%.20s\", nodename=\"%.40s\"", u.sysname, u.nodename);
	line_printf(l, ", release=\"%.40s\", ...}", u.release);
	return true;
}

static bool ints(struct line *l, unsigned long p, unsigned int n)
{
	int v[2];

	if (!trace_fetch(v, p, n * sizeof(int)))
		return false;
	line_printf(l, n == 2 ? "[%d, %d]" : "[%d]", v[0], v[1]);
	return true;
}

static bool offset(struct line *l, unsigned long p, bool compat)
{
	s64 v = 0;
	s32 narrow;

	if (compat ? !trace_fetch(&narrow, p, sizeof(narrow)) : !trace_fetch(&v, p, sizeof(v)))
		return false;
	line_printf(l, "[%ld]", (long)(compat ? narrow : v));
	return true;
}

/* What the program passes: printed before the call runs. */
static bool decode_in(struct line *l, const struct call_view *c, unsigned int i)
{
	unsigned long p = c->args[i];
	u8 aux = c->desc->kinds[i].aux;
	unsigned long of = aux < c->nargs ? c->args[aux] : 0;

	switch (c->desc->kinds[i].kind) {
	case K_TIMESPEC:
	case K_FUTEX_TIME:
		return one_time(l, p, c->compat, "nsec");
	case K_TIMEVAL:
		return one_time(l, p, c->compat, "usec");
	case K_TIMESPEC2:
		return two_times(l, p, c->compat, "nsec", false);
	case K_TIMEVAL2:
		return two_times(l, p, c->compat, "usec", false);
	case K_ITIMERVAL:
		return two_times(l, p, c->compat, "usec", true);
	case K_ITIMERSPEC:
		return two_times(l, p, c->compat, "nsec", true);
	case K_SIGSET:
		return sigset(l, p);
	case K_SIGACTION:
		return sigaction(l, p, c->compat);
	case K_IOVEC:
		return iovec(l, p, of, c->compat, ~0UL);
	case K_ARGV:
		return argv(l, p, c->compat, false);
	case K_ENVP:
		return argv(l, p, c->compat, true);
	case K_RLIMIT:
		return limits(l, p, c->compat);
	case K_SOCKADDR:
		return sockaddr(l, p, (u32)of);
	case K_EPOLL_EVENT:
		return epoll_events(l, p, 1, false);
	case K_FDSET:
		return fdset(l, p, (int)of);
	case K_LOFF:
		return offset(l, p, c->compat);
	case K_CPUSET:
		return decode_cpuset(l, p, of);
	default:
		return false;
	}
}

/* What the call filled in: only when it succeeded. */
static bool decode_filled(struct line *l, const struct call_view *c, unsigned int i)
{
	unsigned long p = c->args[i];
	u8 aux = c->desc->kinds[i].aux;
	unsigned long of = aux < c->nargs ? c->args[aux] : 0;
	u32 addr_size;

	if (c->returned &&
	    c->desc->kinds[i].kind == K_REM_OUT) /* what is left of a sleep that a signal ended */
		return (c->result == -EINTR || c->result == -ERESTART_RESTARTBLOCK) &&
		       one_time(l, p, c->compat, "nsec");
	if (!c->returned || c->result < 0)
		return false;
	switch (c->desc->kinds[i].kind) {
	case K_TIMESPEC_OUT:
		return one_time(l, p, c->compat, "nsec");
	case K_TIMEVAL_OUT:
		return one_time(l, p, c->compat, "usec");
	case K_ITIMERVAL_OUT:
		return two_times(l, p, c->compat, "usec", true);
	case K_ITIMERSPEC_OUT:
		return two_times(l, p, c->compat, "nsec", true);
	case K_SIGSET_OUT:
		return sigset(l, p);
	case K_SIGACTION_OUT:
		return sigaction(l, p, c->compat);
	case K_IOVEC_OUT:
		return iovec(l, p, of, c->compat, c->result);
	case K_RLIMIT_OUT:
		return limits(l, p, c->compat);
	case K_SOCKADDR_OUT: /* the next argument points at the size */
		return i + 1 < c->nargs && trace_fetch(&addr_size, c->args[i + 1], 4) &&
		       sockaddr(l, p, addr_size);
	case K_EPOLL_EVENT_OUT:
		return epoll_events(l, p, c->result, true);
	case K_LOFF_OUT:
		return offset(l, p, false); /* _llseek(2): 64 bits on i386 too */
	case K_INT_OUT:
		return ints(l, p, 1);
	case K_PAIR_OUT:
		return ints(l, p, 2);
	case K_WSTATUS_OUT:
		return c->result > 0 && decode_wait_status(l, p);
	case K_SIGINFO_OUT:
		return decode_siginfo(l, p, c->compat);
	case K_RUSAGE_OUT:
		return decode_rusage(l, p, c->compat);
	case K_CPUSET_OUT:
		return decode_cpuset(l, p, c->result);
	case K_POLLFD_OUT:
		return pollfds(l, p, of);
	case K_STAT_OUT:
		return decode_stat(l, p, c);
	case K_STATX_OUT:
		return decode_statx(l, p);
	case K_DENTS_OUT:
		return decode_dirents(l, p, c);
	case K_STR_OUT:
		line_user_string(l, p);
		return true;
	case K_IOCTL_OUT:
		return decode_ioctl(l, p, (u32)of);
	case K_UTSNAME_OUT:
		return utsname(l, p);
	default:
		return false;
	}
}

bool decode_struct(struct line *l, const struct call_view *c, unsigned int i)
{
	return c->desc->kinds[i].kind < K_FIRST_OUT ? decode_in(l, c, i) : decode_filled(l, c, i);
}

// SPDX-License-Identifier: MIT
/*
 * Arguments whose meaning, or presence, another argument decides: of fcntl, ioctl, futex and prctl.
 * `command` is that other argument.
 */
#include "kernel/gate/decode.h"
#include "flag_ids.h"
#include <asm/ioctls.h>
#include <asm/termios.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/prctl.h>

/* ---- fcntl(2) ---------------------------------------------------------------------------------- */

static bool fcntl_takes_nothing(u32 command)
{
	return command == F_GETFD || command == F_GETFL || command == F_GETOWN || command == F_GETSIG ||
	       command == F_GETLEASE || command == F_GETPIPE_SZ || command == F_GET_SEALS;
}

#define F_GETLK64  12 /* i386 alone: struct flock64 */
#define F_SETLKW64 14

static bool is_lock(u32 command)
{
	return (command >= F_GETLK && command <= F_SETLKW) ||
	       (command >= F_OFD_GETLK && command <= F_OFD_SETLKW) ||
	       (command >= F_GETLK64 && command <= F_SETLKW64);
}

static bool line_flock(struct line *l, unsigned long p, u32 command, bool compat)
{
	static const char *const types[] = { "F_RDLCK", "F_WRLCK", "F_UNLCK" };
	bool wide = !compat || command >= F_GETLK64;
	size_t at = compat ? 4 : 8; /* of l_start */
	s16 head[2];
	s64 range[2];
	s32 narrow[2];

	if (!trace_fetch(head, p, sizeof(head)) || (wide ? !trace_fetch(range, p + at, sizeof(range))
							 : !trace_fetch(narrow, p + at, sizeof(narrow))))
		return false;
	line_text(l, "{l_type=");
	if (head[0] >= 0 && head[0] <= F_UNLCK)
		line_text(l, types[head[0]]);
	else
		line_printf(l, "%d", head[0]);
	line_text(l, ", l_whence=");
	line_flags(l, FLAGS_whence, (u16)head[1]);
	line_printf(l, ", l_start=%lld, l_len=%lld}", (long long)(wide ? range[0] : narrow[0]),
		    (long long)(wide ? range[1] : narrow[1]));
	return true;
}

void decode_fcntl(struct line *l, unsigned long v, u32 command, bool compat)
{
	switch (command) {
	case F_SETFD:
		if ((u32)v == FD_CLOEXEC)
			line_text(l, "FD_CLOEXEC");
		else
			line_printf(l, "%u", (u32)v);
		return;
	case F_SETFL:
		line_flags(l, FLAGS_open, (u32)v);
		return;
	case F_SETSIG:
		line_signal(l, (int)v);
		return;
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	case F_SETOWN:
	case F_SETPIPE_SZ:
		line_printf(l, "%d", (int)v);
		return;
	}
	if (!is_lock(command) || !line_flock(l, v, command, compat))
		line_hex(l, v);
}

bool decode_result(struct line *l, const struct call_view *c)
{
	const struct syscall_desc *d = c->desc;

	if (d->nargs != 3 || d->kinds[2].kind != K_FCNTL || (u32)c->args[1] != F_GETFL || c->result < 0)
		return false;
	line_printf(l, "%#lx (flags ", (unsigned long)c->result);
	line_flags(l, FLAGS_open, (u32)c->result);
	line_char(l, ')');
	return true;
}

/* ---- ioctl(2) ---------------------------------------------------------------------------------- */

bool decode_ioctl(struct line *l, unsigned long p, u32 command)
{
	struct winsize size;
	int value;

	switch (command) {
	case TIOCGWINSZ:
	case TIOCSWINSZ:
		if (!trace_fetch(&size, p, sizeof(size)))
			return false;
		line_printf(l, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", size.ws_row, size.ws_col,
			    size.ws_xpixel, size.ws_ypixel);
		return true;
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
	case TIOCOUTQ:
	case TIOCGPTN:
	case TIOCSPTLCK:
	case TIOCPKT:
	case FIONREAD:
	case FIONBIO:
	case FIOASYNC:
		if (!trace_fetch(&value, p, sizeof(value)))
			return false;
		line_printf(l, "[%d]", value);
		return true;
	}
	return false;
}

/* ---- futex(2) ---------------------------------------------------------------------------------- */

enum { TIME = 1, VAL2 = 2, UADDR2 = 4, VAL3 = 8 };

static unsigned int futex_takes(u32 op)
{
	static const u8 takes[] = {
		[FUTEX_WAIT] = TIME,
		[FUTEX_REQUEUE] = VAL2 | UADDR2,
		[FUTEX_CMP_REQUEUE] = VAL2 | UADDR2 | VAL3,
		[FUTEX_WAKE_OP] = VAL2 | UADDR2 | VAL3,
		[FUTEX_LOCK_PI] = TIME,
		[FUTEX_WAIT_BITSET] = TIME | VAL3,
		[FUTEX_WAKE_BITSET] = VAL3,
		[FUTEX_WAIT_REQUEUE_PI] = TIME | UADDR2,
		[FUTEX_CMP_REQUEUE_PI] = VAL2 | UADDR2 | VAL3,
		[FUTEX_LOCK_PI2] = TIME,
	};
	u32 cmd = op & FUTEX_CMD_MASK;

	return cmd < ARRAY_SIZE(takes) ? takes[cmd] : TIME | UADDR2 | VAL3;
}

bool decode_futex_is_time(u32 op)
{
	return futex_takes(op) & TIME;
}

/* ---- what is shown at all ---------------------------------------------------------------------- */

bool decode_is_shown(const struct call_view *c, unsigned int i)
{
	const struct arg_kind *k = &c->desc->kinds[i];
	u32 command = k->aux < c->nargs ? (u32)c->args[k->aux] : 0;
	unsigned long flags = i ? c->args[i - 1] : 0;

	switch (k->kind) {
	case K_NONE:
		return false;
	case K_HEX_OPT:
		return c->args[i] != 0;
	case K_MODE_OPT: /* of open(2): means something only when a file may be created */
		return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
	case K_FCNTL:
		return !fcntl_takes_nothing(command);
	case K_FUTEX_TIME:
		return futex_takes(command) & (TIME | VAL2);
	case K_FUTEX_PTR:
		return futex_takes(command) & UADDR2;
	case K_FUTEX_VAL3:
		return futex_takes(command) & VAL3;
	default:
		return true;
	}
}

bool decode_prctl(struct line *l, unsigned long v, u32 option)
{
	if (option != PR_SET_NAME && option != PR_GET_NAME)
		return false;
	line_user_string(l, v);
	return true;
}

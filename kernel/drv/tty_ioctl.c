// SPDX-License-Identifier: MIT
/*
 * ioctl(2) of a terminal: termios in its three layouts, window size, flushing, flow control.
 * Requests on a master act on its slave where Linux's do ("real").  Source: tty_ioctl(4), Linux 6.1.
 */
#include "kernel/base/string.h"
#include "kernel/drv/tty_internal.h"
#include "kernel/gate/refuse.h"
#include <linux/tty.h>

/* ---- speeds ---------------------------------------------------------------------------------- */

static u32 speed_of(u32 code)
{
	static const u32 low[] = { 0,   50,   75,   110,  134,  150,  200,   300,
				   600, 1200, 1800, 2400, 4800, 9600, 19200, 38400 };
	static const u32 high[] = { 57600,   115200,  230400,  460800,  500000,  576000,  921600, 1000000,
				    1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000 };

	if (!(code & CBAUDEX))
		return low[code & 15];
	code &= 15;
	return code >= 1 && code <= ARRAY_SIZE(high) ? high[code - 1] : 0;
}

/* The speeds that c_cflag names; BOTHER leaves what c_ospeed and c_ispeed say. */
static void update_speeds(struct ktermios *t)
{
	u32 out = t->c_cflag & CBAUD, in = (t->c_cflag >> IBSHIFT) & CBAUD;

	if (out != BOTHER)
		t->c_ospeed = speed_of(out);
	if (in == B0)
		t->c_ispeed = t->c_ospeed;
	else if (in != BOTHER)
		t->c_ispeed = speed_of(in);
}

/* ---- termios ---------------------------------------------------------------------------------- */

static bool uses_flow_keys(const struct ktermios *t)
{
	return (t->c_iflag & IXON) && t->c_cc[VSTOP] == 19 && t->c_cc[VSTART] == 17;
}

/* What the hardware, or a pseudo-terminal's lack of any, makes of the request. */
static void adjust_for_line(struct tty *tty, struct ktermios *t)
{
	if (tty->kind == TTY_SERIAL)
		return;
	t->c_cflag &= ~(CSIZE | PARENB);
	t->c_cflag |= CS8 | CREAD;
}

static void apply_termios(struct tty *tty, const struct ktermios *t)
{
	struct ktermios old = tty->termios;
	unsigned long flags = tty_lock(tty);

	tty->termios = *t;
	tty_ldisc_update_locked(tty, &old);
	if (tty->kind == TTY_PTY_SLAVE && uses_flow_keys(&old) != uses_flow_keys(t)) {
		bool now = uses_flow_keys(t);

		pty_packet_status(tty, now ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP,
				  now ? TIOCPKT_NOSTOP : TIOCPKT_DOSTOP);
	}
	tty_unlock(tty, flags);
	if (tty->ops->set_line && (old.c_cflag != t->c_cflag || old.c_ospeed != t->c_ospeed))
		tty->ops->set_line(tty, t);
	/* Leaving canonical mode may have completed a line; readers look again. */
	waitq_wake_key(&tty->read_wait, POLLIN | POLLRDNORM, 0);
	waitq_wake_key(&tty->write_wait, POLLOUT | POLLWRNORM, 0);
}

static void flush_input(struct tty *tty)
{
	unsigned long flags = tty_lock(tty);

	tty->flip_tail = tty->flip_head;
	tty_input_flush_locked(tty);
	if (tty->kind == TTY_PTY_SLAVE)
		pty_packet_status(tty, TIOCPKT_FLUSHREAD, 0);
	tty_unlock(tty, flags);
	tty_input_more_room(tty);
}

enum when { NOW, DRAINED, FLUSHED };

/*
 * TIOCSLCKTRMIOS: the bits and characters that tcsetattr(3) must leave as they are (non-zero: locked),
 * Linux's unset_locked_termios().  Speeds cannot be locked, but the bits of c_cflag that name them can.
 */
static void keep_locked(const struct tty *tty, struct ktermios *t)
{
	const struct ktermios *old = &tty->termios;
	const struct termios *locked = &tty->termios_locked;

#define KEEP(field) t->field = (t->field & ~locked->field) | (old->field & locked->field)
	KEEP(c_iflag);
	KEEP(c_oflag);
	KEEP(c_cflag);
	KEEP(c_lflag);
#undef KEEP
	if (locked->c_line)
		t->c_line = old->c_line;
	for (int i = 0; i < NCCS; i++)
		if (locked->c_cc[i])
			t->c_cc[i] = old->c_cc[i];
}

/* tcsetattr(3).  The new settings take effect after what was written is out, when asked. */
static long set_termios(struct tty *tty, struct ktermios *t, enum when when)
{
	long err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	update_speeds(t);
	if (when == FLUSHED)
		flush_input(tty);
	if (when != NOW && (err = tty_wait_drained(tty)))
		return err;
	if ((err = tty_io_lock(&tty->write_lock, NULL)))
		return err;
	keep_locked(tty, t);
	adjust_for_line(tty, t);
	apply_termios(tty, t);
	tty_io_unlock(&tty->write_lock);
	return 0;
}

static_assert(sizeof(struct ktermios) == sizeof(struct termios2), "TCSETS2 copies it whole");
static_assert(offsetof(struct ktermios, c_ispeed) >= sizeof(struct termios), "TCSETS copies the front");

static long lock_termios(struct tty *tty, const struct termios *locked)
{
	long err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if ((err = tty_io_lock(&tty->write_lock, NULL)))
		return err;
	tty->termios_locked = *locked;
	tty_io_unlock(&tty->write_lock);
	return 0;
}

static void termio_get(struct termio *out, const struct ktermios *t)
{
	memset(out, 0, sizeof(*out));
	out->c_iflag = t->c_iflag;
	out->c_oflag = t->c_oflag;
	out->c_cflag = t->c_cflag;
	out->c_lflag = t->c_lflag;
	out->c_line = t->c_line;
	memcpy(out->c_cc, t->c_cc, NCC);
}

static void termio_set(struct ktermios *t, const struct termio *in) /* upper halves stay */
{
	t->c_iflag = (t->c_iflag & ~0xffffu) | in->c_iflag;
	t->c_oflag = (t->c_oflag & ~0xffffu) | in->c_oflag;
	t->c_cflag = (t->c_cflag & ~0xffffu) | in->c_cflag;
	t->c_lflag = (t->c_lflag & ~0xffffu) | in->c_lflag;
	memcpy(t->c_cc, in->c_cc, NCC);
}

static long termios_ioctl(struct tty *real, unsigned cmd, void *karg)
{
	struct ktermios t = real->termios;

	switch (cmd) {
	case TCGETS:
		memcpy(karg, &t, sizeof(struct termios));
		return 0;
	case TCGETS2:
		memcpy(karg, &t, sizeof(struct termios2));
		return 0;
	case TCGETA:
		termio_get(karg, &t);
		return 0;
	case TIOCGLCKTRMIOS:
		memcpy(karg, &real->termios_locked, sizeof(struct termios));
		return 0;
	case TIOCSLCKTRMIOS:
		return lock_termios(real, karg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		memcpy(&t, karg, sizeof(struct termios));
		return set_termios(real, &t, cmd == TCSETS ? NOW : cmd == TCSETSW ? DRAINED : FLUSHED);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		memcpy(&t, karg, sizeof(struct termios2));
		return set_termios(real, &t, cmd == TCSETS2 ? NOW : cmd == TCSETSW2 ? DRAINED : FLUSHED);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		termio_set(&t, karg);
		return set_termios(real, &t, cmd == TCSETA ? NOW : cmd == TCSETAW ? DRAINED : FLUSHED);
	}
	return -ENOIOCTLCMD;
}

/* ---- flow and queues --------------------------------------------------------------------------------- */

static long tcxonc(struct tty *tty, unsigned long arg)
{
	unsigned long flags;
	long err = tty_check_change(tty, SIGTTOU);
	u8 c;

	if (err)
		return err;
	switch (arg) {
	case TCOOFF:
	case TCOON:
		flags = tty_lock(tty);
		if (arg == TCOOFF && !tty->stopped_by_ioctl) {
			tty->stopped_by_ioctl = true;
			tty_stop_locked(tty);
		} else if (arg == TCOON && tty->stopped_by_ioctl) {
			tty->stopped_by_ioctl = false;
			tty_start_locked(tty);
		}
		tty_unlock(tty, flags);
		return 0;
	case TCIOFF:
	case TCION:
		c = CC(tty, arg == TCIOFF ? VSTOP : VSTART);
		if (c)
			tty->ops->write(tty, &c, 1);
		return 0;
	}
	return -EINVAL;
}

static long tcflsh(struct tty *tty, unsigned long arg)
{
	long err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (arg != TCIFLUSH && arg != TCOFLUSH && arg != TCIOFLUSH)
		return -EINVAL;
	if (arg != TCOFLUSH)
		flush_input(tty);
	if (arg != TCIFLUSH) {
		unsigned long flags = tty_lock(tty);

		tty->echo_tail = tty->echo_head;
		if (tty->kind == TTY_PTY_SLAVE)
			pty_packet_status(tty, TIOCPKT_FLUSHWRITE, 0);
		tty_unlock(tty, flags);
		if (tty->ops->flush_output)
			tty->ops->flush_output(tty);
		tty_wakeup_writers(tty);
	}
	return 0;
}

/* tcsendbreak(3) and tcdrain(3): arg != 0 only waits. */
static long tcsbrk(struct tty *tty, bool send, u64 duration_ns)
{
	long err = tty_check_change(tty, SIGTTOU);

	if (err || (err = tty_wait_drained(tty)))
		return err;
	if (!send || !tty->ops->send_break)
		return 0;
	tty->ops->send_break(tty, true);
	set_current_state(TASK_INTERRUPTIBLE);
	schedule_timeout(duration_ns);
	tty->ops->send_break(tty, false);
	return signal_pending() ? -EINTR : 0;
}

/* ---- the rest ------------------------------------------------------------------------------------------ */

static long get_winsize(struct tty *real, struct winsize *ws)
{
	unsigned long flags = tty_lock(real);

	*ws = real->winsize;
	tty_unlock(real, flags);
	return 0;
}

static long set_winsize(struct tty *real, const struct winsize *ws)
{
	unsigned long flags = tty_lock(real);
	bool changed = memcmp(&real->winsize, ws, sizeof(*ws)) != 0;

	real->winsize = *ws;
	tty_unlock(real, flags);
	if (changed)
		tty_signal_pgrp(real, SIGWINCH);
	return 0;
}

static long tiocsti(struct tty *tty, const u8 *c)
{
	if (READ_ONCE(current->proc->tty) != tty && !capable(CAP_SYS_ADMIN))
		return refuse(EPERM, "TIOCSTI: not the controlling terminal");
	tty_receive(tty, c, 1);
	return 0;
}

static long set_exclusive(struct tty *tty, bool on)
{
	guard(mutex)(&tty_mutex);
	tty->exclusive = on;
	return 0;
}

static u32 encode_dev(dev_t d) /* 12:20 bits, as user space knows it */
{
	return (MINOR(d) & 0xff) | MAJOR(d) << 8 | (MINOR(d) & ~0xffu) << 12;
}

static long misc_ioctl(struct tty *tty, struct tty *real, unsigned cmd, void *karg, unsigned long arg)
{
	switch (cmd) {
	case TIOCGWINSZ:
		return get_winsize(real, karg);
	case TIOCSWINSZ:
		return set_winsize(real, karg);
	case FIONREAD:
		*(int *)karg = tty_input_count(tty);
		return 0;
	case TIOCOUTQ:
		*(int *)karg = (int)tty_chars_pending(tty);
		return 0;
	case TIOCSTI:
		return tiocsti(tty, karg);
	case TIOCEXCL:
	case TIOCNXCL:
		return set_exclusive(tty, cmd == TIOCEXCL);
	case TIOCGEXCL:
		*(int *)karg = READ_ONCE(tty->exclusive);
		return 0;
	case TIOCGETD:
		*(int *)karg = N_TTY;
		return 0;
	case TIOCSETD:
		return *(int *)karg == N_TTY ? 0 : refuse(EINVAL, "TIOCSETD: only N_TTY");
	case TIOCGDEV:
		*(u32 *)karg = encode_dev(real->dev);
		return 0;
	case TIOCVHANGUP:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_hangup(tty);
		return 0;
	case TCXONC:
		return tcxonc(tty, arg);
	case TCFLSH:
		return tcflsh(tty, arg);
	case TCSBRK:
		return tcsbrk(tty, !arg, NSEC_PER_SEC / 4);
	case TCSBRKP:
		return tcsbrk(tty, true, arg ? arg * (NSEC_PER_SEC / 10) : NSEC_PER_SEC / 4);
	}
	return -ENOIOCTLCMD;
}

long tty_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg)
{
	struct tty *tty = file_tty(f), *real = tty->kind == TTY_PTY_MASTER ? tty->link : tty;
	long ret;

	if (tty_file_hung_up(f))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	ret = termios_ioctl(real, cmd, karg);
	if (ret == -ENOIOCTLCMD)
		ret = misc_ioctl(tty, real, cmd, karg, arg);
	if (ret == -ENOIOCTLCMD)
		ret = tty_job_ioctl(tty, real, f, cmd, karg, arg);
	if (ret == -ENOIOCTLCMD && tty->kind != TTY_SERIAL)
		ret = pty_ioctl(tty, cmd, karg, arg);
	return ret;
}

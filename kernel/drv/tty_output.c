// SPDX-License-Identifier: MIT
/*
 * Output of a terminal: post-processing (OPOST), the echo queue, flow control, write(2).
 *
 * Echoed bytes are post-processed when they are made and wait in the echo queue until the driver has
 * room; a full queue drops its oldest bytes, as Linux does.  Column counts are therefore those of the last
 * byte made, which is where the cursor will be.  Everything here runs under tty->lock and never sleeps but
 * tty_write(). Source: termios(3), Linux 6.1 n_tty.c for behaviour.
 */
#include "kernel/base/string.h"
#include "kernel/drv/tty_internal.h"

static size_t room_of(struct tty *tty) __must_hold(&tty->lock)
{
	return tty->stopped ? 0 : tty->ops->write_room(tty);
}

/*
 * What byte c becomes under OPOST: up to 8 bytes in out, their number returned; 0 when it vanishes.
 * Moves the columns.
 */
static u32 opost_char(struct tty *tty, u8 c, u8 *out) __must_hold(&tty->lock)
{
	out[0] = c;
	switch (c) {
	case '\n':
		if (O_FLAG(tty, ONLRET))
			tty->column = 0;
		if (O_FLAG(tty, ONLCR)) {
			tty->canon_column = tty->column = 0;
			out[0] = '\r';
			out[1] = '\n';
			return 2;
		}
		tty->canon_column = tty->column;
		return 1;
	case '\r':
		if (O_FLAG(tty, ONOCR) && tty->column == 0)
			return 0;
		if (O_FLAG(tty, OCRNL)) {
			out[0] = '\n';
			if (O_FLAG(tty, ONLRET))
				tty->canon_column = tty->column = 0;
			return 1;
		}
		tty->canon_column = tty->column = 0;
		return 1;
	case '\t': {
		u32 spaces = 8 - (tty->column & 7);

		tty->column += spaces;
		if (O_FLAG(tty, TABDLY) != XTABS)
			return 1;
		memset(out, ' ', spaces);
		return spaces;
	}
	case '\b':
		if (tty->column)
			tty->column--;
		return 1;
	}
	if (!tty_iscntrl(c)) {
		if (O_FLAG(tty, OLCUC) && c >= 'a' && c <= 'z')
			out[0] = c - 'a' + 'A';
		if (!tty_is_continuation(tty, c))
			tty->column++;
	}
	return 1;
}

#define OPOST_MAX 8 /* most bytes that one becomes */

size_t tty_opost_locked(struct tty *tty, const u8 *buf, size_t size)
{
	u8 out[256];
	size_t done = 0, room = room_of(tty);

	while (done < size && room >= OPOST_MAX) {
		size_t n = 0, limit = min(room, sizeof(out)) - OPOST_MAX;

		while (done < size && n <= limit)
			n += opost_char(tty, buf[done++], out + n);
		tty->ops->write(tty, out, n);
		room -= n;
	}
	return done;
}

/* ---- echo ------------------------------------------------------------------------------------- */

static void echo_put(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	if (tty->echo_head - tty->echo_tail == TTY_ECHO)
		tty->echo_tail++;
	tty->echo[tty->echo_head++ % TTY_ECHO] = c;
}

void tty_echo_bytes(struct tty *tty, const char *s, size_t n)
{
	while (n--)
		echo_put(tty, (u8)*s++);
}

void tty_echo_raw(struct tty *tty, u8 c)
{
	u8 out[OPOST_MAX];
	u32 n = 1;

	out[0] = c;
	if (O_FLAG(tty, OPOST))
		n = opost_char(tty, c, out);
	tty_echo_bytes(tty, (const char *)out, n);
}

void tty_echo_char(struct tty *tty, u8 c)
{
	if (L_FLAG(tty, ECHOCTL) && tty_iscntrl(c) && c != '\t') {
		echo_put(tty, '^');
		echo_put(tty, c ^ 0100);
		tty->column += 2;
		return;
	}
	tty_echo_raw(tty, c);
}

void tty_echo_flush_locked(struct tty *tty)
{
	while (tty->echo_head != tty->echo_tail) {
		u32 at = tty->echo_tail % TTY_ECHO;
		size_t n = min(tty->echo_head - tty->echo_tail, TTY_ECHO - at);
		size_t wrote = min(n, room_of(tty));

		if (wrote)
			wrote = tty->ops->write(tty, tty->echo + at, wrote);
		if (!wrote)
			return;
		tty->echo_tail += wrote;
	}
}

/* ---- flow control ------------------------------------------------------------------------------ */

void tty_stop_locked(struct tty *tty)
{
	if (tty->stopped)
		return;
	tty->stopped = true;
	if (tty->kind == TTY_PTY_SLAVE)
		pty_packet_status(tty, TIOCPKT_STOP, TIOCPKT_START);
}

void tty_start_locked(struct tty *tty)
{
	if (!tty->stopped || tty->stopped_by_ioctl)
		return;
	tty->stopped = false;
	if (tty->kind == TTY_PTY_SLAVE)
		pty_packet_status(tty, TIOCPKT_START, TIOCPKT_STOP);
	tty_echo_flush_locked(tty);
	if (waitq_active(&tty->write_wait))
		waitq_wake_key(&tty->write_wait, POLLOUT | POLLWRNORM, 0);
}

void tty_wakeup_writers(struct tty *tty)
{
	if (READ_ONCE(tty->echo_head) != READ_ONCE(tty->echo_tail)) {
		unsigned long flags = tty_lock(tty);

		tty_echo_flush_locked(tty);
		tty_unlock(tty, flags);
	}
	if (unlikely(READ_ONCE(tty->async_out))) {
		WRITE_ONCE(tty->async_out, false);
		fasync_notify(&tty->async, POLL_OUT);
	}
	if (waitq_active(&tty->write_wait))
		waitq_wake_key(&tty->write_wait, POLLOUT | POLLWRNORM, 0);
}

size_t tty_chars_pending(struct tty *tty)
{
	return tty->ops->pending ? tty->ops->pending(tty) : 0;
}

/* tcdrain(3).  Drivers wake writers when they run empty. */
int tty_wait_drained(struct tty *tty)
{
	u32 hangups = tty->hangups;

	return wait_event_interruptible(&tty->write_wait, !tty_chars_pending(tty) || tty->hangups != hangups);
}

/* ---- write(2) ------------------------------------------------------------------------------------ */

/* One round without sleeping: bytes of buf the driver took. */
static size_t write_some(struct tty *tty, const u8 *buf, size_t size)
{
	unsigned long flags;
	size_t n;

	if (O_FLAG(tty, OPOST) || READ_ONCE(tty->echo_head) != READ_ONCE(tty->echo_tail)) {
		flags = tty_lock(tty);
		tty_echo_flush_locked(tty); /* echo of what was typed before comes first */
		if (O_FLAG(tty, OPOST)) {
			n = tty_opost_locked(tty, buf, size);
			tty_unlock(tty, flags);
			return n;
		}
		tty_unlock(tty, flags);
	}
	/* Without the lock: a master must not hold its own while it takes the slave's. */
	return READ_ONCE(tty->stopped) ? 0 : tty->ops->write(tty, buf, size);
}

static bool write_dead(struct tty *tty, struct file *f)
{
	return tty_file_hung_up(f) || (tty->kind == TTY_PTY_SLAVE && READ_ONCE(tty->link->open_count) == 0);
}

/* Writes a chunk whole, or until something ends it: the bytes, and *err. */
static size_t write_chunk(struct tty *tty, struct file *f, const u8 *buf, size_t size, int *err)
{
	struct waiter w;
	size_t done = 0;

	waiter_init(&w);
	for (;;) {
		waitq_add(&tty->write_wait, &w);
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending_state(TASK_INTERRUPTIBLE)) {
			*err = -ERESTARTSYS;
			break;
		}
		if (write_dead(tty, f)) {
			*err = -EIO;
			break;
		}
		done += write_some(tty, buf + done, size - done);
		if (done == size)
			break;
		if (READ_ONCE(f->flags) & O_NONBLOCK) {
			*err = -EAGAIN;
			break;
		}
		schedule();
	}
	set_current_state(TASK_RUNNING);
	waitq_remove(&tty->write_wait, &w);
	return done;
}

/* The common case, room for everything, needs no wait queue. */
static size_t write_fast(struct tty *tty, struct file *f, const u8 *buf, size_t size)
{
	return signal_pending() || write_dead(tty, f) ? 0 : write_some(tty, buf, size);
}

ssize_t tty_write(struct file *f, struct iter *from, loff_t *pos)
{
	struct tty *tty = file_tty(f);
	ssize_t done = 0;
	int err = 0;
	u8 buf[512];

	if (tty_file_hung_up(f))
		return -EIO;
	if (L_FLAG(tty, TOSTOP) && !((struct tty_file *)f->private)->console &&
	    (err = tty_check_change(tty, SIGTTOU)))
		return err;
	if ((err = tty_io_lock(&tty->write_lock, f)))
		return err;
	while (!err && iter_count(from)) {
		size_t n = min(iter_count(from), sizeof(buf)), got, put;

		got = copy_from_iter(buf, n, from);
		if (got < n)
			err = -EFAULT;
		put = write_fast(tty, f, buf, got);
		if (put < got) {
			int werr = 0;

			if (READ_ONCE(f->flags) & FASYNC)
				WRITE_ONCE(tty->async_out, true);
			put += write_chunk(tty, f, buf + put, got - put, &werr);
			err = werr ? werr : err;
		}
		done += put;
		if (put < got)
			iter_revert(from, got - put);
	}
	tty_io_unlock(&tty->write_lock);
	if (done)
		tty_touch(f, ATTR_MTIME);
	return done ? done : err;
}

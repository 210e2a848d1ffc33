// SPDX-License-Identifier: MIT
/*
 * The line discipline N_TTY, input side: from the bytes a driver delivers to lines (canonical mode) or
 * bytes (non-canonical) that a reader can take; editing, echo, signals, flow control.
 *
 * Positions in tty->buf: tail <= canon_head <= head <= tail + TTY_BUF.  In canonical mode [tail, canon_head)
 * is whole lines, whose last bytes are marked in tty->eol, and [canon_head, head) is the line being edited.
 * A full buffer without a whole line still takes bytes, each replacing the last, so that the line can be
 * ended. All under tty->lock; signals are sent after it is dropped.  Source: termios(3), Linux 6.1 n_tty.c
 * for behaviour.
 */
#include "kernel/base/string.h"
#include "kernel/drv/tty_internal.h"

static u8 *buf_at(struct tty *tty, u32 pos) __must_hold(&tty->lock)
{
	return &tty->buf[pos % TTY_BUF];
}

static void put_byte(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	*buf_at(tty, tty->head++) = c;
}

/*
 * Under PARMRK a 0xff is doubled, to be told from a mark; not when the last byte of a full buffer is all the
 * room there is.
 */
static void put_mark(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	if (c == 0xff && I_FLAG(tty, PARMRK) && tty->head - tty->tail < TTY_BUF - 1)
		put_byte(tty, c);
}

static bool is_char(const struct tty *tty, int cc, u8 c)
{
	return c && c == tty->termios.c_cc[cc]; /* NUL: the function is disabled (_POSIX_VDISABLE) */
}

/* ---- echo of editing ---------------------------------------------------------------------------- */

static void finish_erasing(struct tty *tty) __must_hold(&tty->lock)
{
	if (!tty->erasing)
		return;
	tty_echo_raw(tty, '/');
	tty->erasing = false;
}

/* A byte of the line: remembers where the line begins on the screen, so that tabs can be erased. */
static void echo_input(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	finish_erasing(tty);
	if (tty->canon_head == tty->head)
		tty->canon_column = tty->column;
	tty_echo_char(tty, c);
}

static void echo_backspaces(struct tty *tty, const char *s, u32 times) __must_hold(&tty->lock)
{
	while (times--) {
		tty_echo_bytes(tty, s, strlen(s));
		if (tty->column)
			tty->column--;
	}
}

/* Columns that the tab just erased at tty->head had filled: back to the byte before it. */
static void echo_erase_tab(struct tty *tty) __must_hold(&tty->lock)
{
	u32 columns = 0, pos = tty->head;
	bool after_tab = false;

	while (pos != tty->canon_head && !after_tab) {
		u8 c = *buf_at(tty, --pos);

		if (c == '\t')
			after_tab = true;
		else if (tty_iscntrl(c))
			columns += L_FLAG(tty, ECHOCTL) ? 2 : 0;
		else if (!tty_is_continuation(tty, c))
			columns++;
	}
	if (!after_tab)
		columns += tty->canon_column;
	echo_backspaces(tty, "\b", 8 - (columns & 7));
}

/* Shows that the character whose first byte was c and which was n bytes long has gone. */
static void echo_erased(struct tty *tty, u8 c, u32 n, bool by_erase) __must_hold(&tty->lock)
{
	if (L_FLAG(tty, ECHOPRT)) {
		if (!tty->erasing) {
			tty_echo_raw(tty, '\\');
			tty->erasing = true;
		}
		tty_echo_char(tty, c);
		for (u32 i = 1; i < n; i++) /* continuation bytes take no column */
			tty_echo_bytes(tty, (const char *)buf_at(tty, tty->head + i), 1);
	} else if (by_erase && !L_FLAG(tty, ECHOE)) {
		tty_echo_char(tty, CC(tty, VERASE));
	} else if (c == '\t') {
		echo_erase_tab(tty);
	} else {
		if (tty_iscntrl(c) && L_FLAG(tty, ECHOCTL))
			echo_backspaces(tty, "\b \b", 1);
		if (!tty_iscntrl(c) || L_FLAG(tty, ECHOCTL))
			echo_backspaces(tty, "\b \b", 1);
	}
}

static bool is_word_byte(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7); /* letters of Latin-1, as Linux's isalnum() */
}

/* KILL when the erased line is not to be rubbed out byte by byte; true when that was all. */
static bool kill_at_once(struct tty *tty) __must_hold(&tty->lock)
{
	if (L_FLAG(tty, ECHO) && L_FLAG(tty, ECHOK) && L_FLAG(tty, ECHOKE) && L_FLAG(tty, ECHOE))
		return false;
	tty->head = tty->canon_head;
	if (!L_FLAG(tty, ECHO))
		return true;
	finish_erasing(tty);
	tty_echo_char(tty, CC(tty, VKILL));
	if (L_FLAG(tty, ECHOK))
		tty_echo_raw(tty, '\n');
	return true;
}

/* ERASE takes a character, WERASE a word, KILL the line. */
static void erase(struct tty *tty, u8 key) __must_hold(&tty->lock)
{
	bool by_erase = is_char(tty, VERASE, key);
	bool word = !by_erase && is_char(tty, VWERASE, key) && L_FLAG(tty, IEXTEN);
	bool in_word = false;

	if (tty->head == tty->canon_head)
		return;
	if (!by_erase && !word && kill_at_once(tty))
		return;
	while (tty->head != tty->canon_head) {
		u32 pos = tty->head, n;
		u8 c;

		do
			c = *buf_at(tty, --pos);
		while (tty_is_continuation(tty, c) && pos != tty->canon_head);
		if (tty_is_continuation(tty, c))
			break; /* no head: leave the stray bytes */
		if (word) {
			if (is_word_byte(c))
				in_word = true;
			else if (in_word)
				break;
		}
		n = tty->head - pos;
		tty->head = pos;
		if (L_FLAG(tty, ECHO))
			echo_erased(tty, c, n, by_erase);
		if (by_erase)
			break;
	}
	if (tty->head == tty->canon_head && L_FLAG(tty, ECHO))
		finish_erasing(tty);
}

static void reprint(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	finish_erasing(tty);
	tty_echo_char(tty, c);
	tty_echo_raw(tty, '\n');
	for (u32 pos = tty->canon_head; pos != tty->head; pos++)
		tty_echo_char(tty, *buf_at(tty, pos));
}

/* ---- one byte ------------------------------------------------------------------------------------- */

static void receive_plain(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	if (L_FLAG(tty, ECHO)) {
		if (c == '\n') {
			finish_erasing(tty);
			tty_echo_raw(tty, '\n');
		} else {
			echo_input(tty, c);
		}
	}
	put_mark(tty, c);
	put_byte(tty, c);
}

static void end_line(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	bitmap_set(tty->eol, tty->head % TTY_BUF);
	put_byte(tty, c);
	tty->canon_head = tty->head;
}

/* Drops unread input, unsent output and echo, as INTR, QUIT and SUSP do without NOFLSH. */
static void flush_for_signal(struct tty *tty) __must_hold(&tty->lock)
{
	tty->echo_tail = tty->echo_head;
	if (tty->ops->flush_output)
		tty->ops->flush_output(tty);
	tty->flip_tail = tty->flip_head;
	tty_input_flush_locked(tty);
	if (tty->kind == TTY_PTY_SLAVE)
		pty_packet_status(tty, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE, 0);
}

static int receive_signal(struct tty *tty, int sig, u8 c) __must_hold(&tty->lock)
{
	if (!L_FLAG(tty, NOFLSH))
		flush_for_signal(tty);
	if (I_FLAG(tty, IXON))
		tty_start_locked(tty);
	if (L_FLAG(tty, ECHO))
		tty_echo_char(tty, c);
	return sig;
}

static int signal_of(const struct tty *tty, u8 c)
{
	if (!L_FLAG(tty, ISIG))
		return 0;
	if (is_char(tty, VINTR, c))
		return SIGINT;
	if (is_char(tty, VQUIT, c))
		return SIGQUIT;
	return is_char(tty, VSUSP, c) ? SIGTSTP : 0;
}

/* Canonical mode's own characters; false when c is none of them. */
static bool receive_canon(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	bool ext = L_FLAG(tty, IEXTEN);

	if (is_char(tty, VERASE, c) || is_char(tty, VKILL, c) || (is_char(tty, VWERASE, c) && ext)) {
		erase(tty, c);
	} else if (is_char(tty, VLNEXT, c) && ext) {
		tty->lnext = true;
		if (L_FLAG(tty, ECHO)) {
			finish_erasing(tty);
			if (L_FLAG(tty, ECHOCTL))
				tty_echo_bytes(tty, "^\b", 2);
		}
	} else if (is_char(tty, VREPRINT, c) && L_FLAG(tty, ECHO) && ext) {
		reprint(tty, c);
	} else if (c == '\n') {
		if (L_FLAG(tty, ECHO) || L_FLAG(tty, ECHONL))
			tty_echo_raw(tty, '\n');
		end_line(tty, c);
	} else if (is_char(tty, VEOF, c)) {
		end_line(tty, '\0');
	} else if (is_char(tty, VEOL, c) || (is_char(tty, VEOL2, c) && ext)) {
		if (L_FLAG(tty, ECHO)) {
			if (tty->canon_head == tty->head)
				tty->canon_column = tty->column;
			tty_echo_char(tty, c);
		}
		put_mark(tty, c);
		end_line(tty, c);
	} else {
		return false;
	}
	return true;
}

/* A byte of tty->special: the signal to send, or 0. */
static int receive_special(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	int sig;

	if (I_FLAG(tty, IXON)) {
		if (is_char(tty, VSTART, c)) {
			tty_start_locked(tty);
			return 0;
		}
		if (is_char(tty, VSTOP, c)) {
			tty_stop_locked(tty);
			return 0;
		}
	}
	if ((sig = signal_of(tty, c)))
		return receive_signal(tty, sig, c);
	if (tty->stopped && I_FLAG(tty, IXON) && I_FLAG(tty, IXANY))
		tty_start_locked(tty);
	if (c == '\r') {
		if (I_FLAG(tty, IGNCR))
			return 0;
		if (I_FLAG(tty, ICRNL))
			c = '\n';
	} else if (c == '\n' && I_FLAG(tty, INLCR)) {
		c = '\r';
	}
	if (!tty->icanon || !receive_canon(tty, c))
		receive_plain(tty, c);
	return 0;
}

static int receive_byte(struct tty *tty, u8 c) __must_hold(&tty->lock)
{
	if (I_FLAG(tty, ISTRIP))
		c &= 0x7f;
	if (I_FLAG(tty, IUCLC) && L_FLAG(tty, IEXTEN) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (tty->lnext) {
		tty->lnext = false;
		receive_plain(tty, c);
		return 0;
	}
	if (bitmap_test(tty->special, c))
		return receive_special(tty, c);
	if (tty->stopped && I_FLAG(tty, IXON) && I_FLAG(tty, IXANY))
		tty_start_locked(tty);
	receive_plain(tty, c);
	return 0;
}

/* ---- the queue --------------------------------------------------------------------------------------- */

/* Bytes that may be received now.  One is kept for the end of a line that fills the buffer. */
static u32 ldisc_room(struct tty *tty) __must_hold(&tty->lock)
{
	s32 room = (s32)(TTY_BUF - (tty->head - tty->tail));

	if (I_FLAG(tty, PARMRK)) /* a byte may become three */
		room = (room + 2) / 3;
	room--;
	if (room > 0)
		return room;
	if (!tty->icanon || tty->canon_head != tty->tail)
		return 0;
	if (room < 0)
		tty->head--;
	return 1;
}

/* Copies a run of bytes that need no look: as much as is contiguous in both rings. */
static void receive_raw(struct tty *tty, u32 room) __must_hold(&tty->lock)
{
	u32 from = tty->flip_tail % TTY_FLIP, to = tty->head % TTY_BUF;
	u32 n = min(room, tty->flip_head - tty->flip_tail);

	n = min(n, min((u32)TTY_FLIP - from, (u32)TTY_BUF - to));
	memcpy(tty->buf + to, tty->flip + from, n);
	tty->flip_tail += n;
	tty->head += n;
}

/* Moves what fits; stops behind a byte that sends a signal and returns that. */
static int pump_locked(struct tty *tty) __must_hold(&tty->lock)
{
	int sig = 0;
	u32 room;

	while (!sig && tty->flip_head != tty->flip_tail && (room = ldisc_room(tty))) {
		if (tty->raw)
			receive_raw(tty, room);
		else
			sig = receive_byte(tty, tty->flip[tty->flip_tail++ % TTY_FLIP]);
	}
	if (!tty->icanon)
		tty->canon_head = tty->head;
	return sig;
}

void tty_input_pump(struct tty *tty)
{
	int sig;

	do {
		unsigned long flags = tty_lock(tty);

		sig = pump_locked(tty);
		if (tty->echo_head != tty->echo_tail)
			tty_echo_flush_locked(tty);
		tty_unlock(tty, flags);
		if (sig)
			tty_signal_pgrp(tty, sig);
	} while (sig);
	if (!tty_input_ready(tty, 1))
		return;
	fasync_notify(&tty->async, POLL_IN);
	if (waitq_active(&tty->read_wait))
		waitq_wake_key(&tty->read_wait, POLLIN | POLLRDNORM, 1);
}

void tty_input_more_room(struct tty *tty)
{
	if (READ_ONCE(tty->flip_head) != READ_ONCE(tty->flip_tail))
		tty_input_pump(tty);
	if (tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
}

size_t tty_receive_room(struct tty *tty)
{
	return TTY_FLIP - (READ_ONCE(tty->flip_head) - READ_ONCE(tty->flip_tail));
}

void tty_receive(struct tty *tty, const u8 *buf, size_t size)
{
	unsigned long flags = tty_lock(tty);

	size = min(size, tty_receive_room(tty));
	for (size_t done = 0; done < size;) {
		u32 at = tty->flip_head % TTY_FLIP;
		size_t n = min(size - done, (size_t)(TTY_FLIP - at));

		memcpy(tty->flip + at, buf + done, n);
		tty->flip_head += n;
		done += n;
	}
	tty_unlock(tty, flags);
	tty_input_pump(tty);
}

void tty_input_flush_locked(struct tty *tty)
{
	tty->head = tty->canon_head = tty->tail = 0;
	memset(tty->eol, 0, sizeof(tty->eol));
	tty->erasing = tty->lnext = tty->push = false;
}

/* ---- termios ------------------------------------------------------------------------------------- */

static void mark_special(struct tty *tty, int cc)
{
	bitmap_set(tty->special, CC(tty, cc));
}

static void update_special(struct tty *tty) __must_hold(&tty->lock)
{
	memset(tty->special, 0, sizeof(tty->special));
	tty->raw = !I_FLAG(tty, ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK) &&
		   !L_FLAG(tty, ICANON | ISIG | ECHO);
	if (I_FLAG(tty, IXON)) {
		mark_special(tty, VSTART);
		mark_special(tty, VSTOP);
	}
	if (L_FLAG(tty, ISIG)) {
		mark_special(tty, VINTR);
		mark_special(tty, VQUIT);
		mark_special(tty, VSUSP);
	}
	if (L_FLAG(tty, ICANON)) {
		static const u8 always[] = { VERASE, VKILL, VEOF, VEOL },
				ext[] = { VWERASE, VLNEXT, VEOL2, VREPRINT };

		for (u32 i = 0; i < ARRAY_SIZE(always); i++)
			mark_special(tty, always[i]);
		for (u32 i = 0; i < ARRAY_SIZE(ext) && L_FLAG(tty, IEXTEN); i++)
			mark_special(tty, ext[i]);
	}
	bitmap_clear(tty->special, '\0');
	if (I_FLAG(tty, IGNCR | ICRNL))
		bitmap_set(tty->special, '\r');
	if (I_FLAG(tty, INLCR) || L_FLAG(tty, ICANON))
		bitmap_set(tty->special, '\n');
}

void tty_ldisc_update_locked(struct tty *tty, const struct ktermios *old)
{
	bool icanon = L_FLAG(tty, ICANON);

	if (!old || ((old->c_lflag ^ tty->termios.c_lflag) & ICANON)) {
		/* What was typed stays: as raw bytes, or as a line that needs no delimiter. */
		memset(tty->eol, 0, sizeof(tty->eol));
		tty->push = icanon && tty->head != tty->tail;
		if (tty->push)
			bitmap_set(tty->eol, (tty->head - 1) % TTY_BUF);
		tty->canon_head = tty->head;
		tty->erasing = tty->lnext = false;
	}
	tty->icanon = icanon;
	update_special(tty);
	if (old && (old->c_iflag & IXON) && !I_FLAG(tty, IXON))
		tty_start_locked(tty);
}

// SPDX-License-Identifier: MIT
/*
 * read(2) of a terminal: a line at a time in canonical mode, otherwise by VMIN and VTIME.
 *
 * One reader at a time (tty->read_lock).  Bytes are taken from the queue in pieces under tty->lock and copied
 * out without it.  Source: termios(3) "Canonical and noncanonical mode", tty_ioctl(4), Linux 6.1
 * n_tty_read().
 */
#include "kernel/base/string.h"
#include "kernel/drv/tty_internal.h"

#define TENTH_NS (NSEC_PER_SEC / 10)
#define FOREVER  (~0ULL)

bool tty_input_ready(const struct tty *tty, u32 want)
{
	u32 tail = READ_ONCE(tty->tail);

	if (READ_ONCE(tty->icanon))
		return READ_ONCE(tty->canon_head) != tail;
	return READ_ONCE(tty->head) - tail >= want;
}

static bool packet_pending(const struct tty *tty)
{
	return READ_ONCE(tty->packet) && READ_ONCE(tty->link->pkt_status);
}

/* 1: input; 0: end of file, hang-up or time is over; -EIO, -EAGAIN, -ERESTARTSYS.  *left_ns runs down. */
static int wait_input(struct tty *tty, struct file *f, u64 *left_ns)
{
	struct waiter w;
	int ret;

	if (tty_input_ready(tty, 1) || packet_pending(tty))
		return 1;
	waiter_init(&w);
	for (;;) {
		waitq_add(&tty->read_wait, &w);
		set_current_state(TASK_INTERRUPTIBLE);
		if (tty_input_ready(tty, 1) || packet_pending(tty))
			ret = 1;
		else if (READ_ONCE(tty->other_closed))
			ret = -EIO;
		else if (tty_file_hung_up(f) || !*left_ns)
			ret = 0;
		else if (READ_ONCE(f->flags) & O_NONBLOCK)
			ret = -EAGAIN;
		else if (signal_pending_state(TASK_INTERRUPTIBLE))
			ret = -ERESTARTSYS;
		else
			ret = 2;
		if (ret != 2)
			break;
		if (*left_ns == FOREVER)
			schedule();
		else
			*left_ns = schedule_timeout(*left_ns);
	}
	set_current_state(TASK_RUNNING);
	waitq_remove(&tty->read_wait, &w);
	return ret;
}

/*
 * Takes up to `size` bytes of one line.  *line_done: its delimiter was taken.  An end of file is taken and
 * not copied, also when it comes right behind the last byte that fits.
 */
static size_t take_line(struct tty *tty, u8 *out, size_t size, size_t wanted, bool *line_done)
{
	unsigned long flags = tty_lock(tty);
	size_t n = 0;

	*line_done = false;
	while (tty->tail != tty->canon_head && !*line_done) {
		u32 at = tty->tail % TTY_BUF;
		bool eol = bitmap_test(tty->eol, at), eof = eol && tty->buf[at] == '\0';

		if (n == size && !(eof && n == wanted))
			break;
		if (!eof)
			out[n++] = tty->buf[at];
		if (eol) {
			bitmap_clear(tty->eol, at);
			tty->push = false;
			*line_done = true;
		}
		WRITE_ONCE(tty->tail, tty->tail + 1);
	}
	tty_unlock(tty, flags);
	return n;
}

static size_t take_bytes(struct tty *tty, u8 *out, size_t size)
{
	unsigned long flags = tty_lock(tty);
	size_t n = min(size, (size_t)(tty->head - tty->tail));
	u32 at = tty->tail % TTY_BUF;
	size_t first = min(n, (size_t)(TTY_BUF - at));

	memcpy(out, tty->buf + at, first);
	memcpy(out + first, tty->buf, n - first);
	WRITE_ONCE(tty->tail, tty->tail + n);
	tty_unlock(tty, flags);
	return n;
}

static u8 take_packet_status(struct tty *master)
{
	struct tty *slave = master->link;
	unsigned long flags = tty_lock(slave);
	u8 status = slave->pkt_status;

	slave->pkt_status = 0;
	tty_unlock(slave, flags);
	return status;
}

/* Copies what is there; *enough: the read is satisfied whatever VMIN says.  Bytes, or -EFAULT. */
static ssize_t read_some(struct tty *tty, struct iter *to, bool *enough)
{
	ssize_t done = 0;
	u8 buf[256];

	while (iter_count(to) && !*enough) {
		size_t size = min(iter_count(to), sizeof(buf)), n;

		n = READ_ONCE(tty->icanon) ? take_line(tty, buf, size, iter_count(to), enough)
					   : take_bytes(tty, buf, size);
		if (copy_to_iter(buf, n, to) < n)
			return done ? done : -EFAULT;
		done += n;
		if (n < size)
			break;
	}
	return done;
}

static ssize_t read_packet(struct tty *tty, struct iter *to, bool *enough)
{
	u8 status = take_packet_status(tty); /* 0 is TIOCPKT_DATA: data follows */
	ssize_t n;

	*enough = status != TIOCPKT_DATA;
	if (!copy_to_iter(&status, 1, to))
		return -EFAULT;
	if (*enough)
		return 1;
	n = read_some(tty, to, enough);
	return n < 0 ? n : n + 1;
}

static ssize_t read_locked(struct tty *tty, struct file *f, struct iter *to)
{
	u64 left_ns = FOREVER, between_ns = 0;
	bool enough = false;
	ssize_t done = 0, n = 0;
	u32 least = 1;

	if (!READ_ONCE(tty->icanon)) {
		least = CC(tty, VMIN);
		if (least)
			between_ns = CC(tty, VTIME) * TENTH_NS;
		else
			left_ns = CC(tty, VTIME) * TENTH_NS;
		least = max(least, 1u);
	}
	while (iter_count(to) && !enough) {
		n = wait_input(tty, f, &left_ns);
		if (n <= 0)
			break;
		if (READ_ONCE(tty->packet) && !done)
			n = read_packet(tty, to, &enough);
		else if (packet_pending(tty))
			break;
		else
			n = read_some(tty, to, &enough);
		if (n < 0)
			break;
		done += n;
		tty_input_more_room(tty);
		if (!READ_ONCE(tty->icanon) && done >= least)
			break;
		if (between_ns)
			left_ns = between_ns;
	}
	return done ? done : min(n, 0L);
}

ssize_t tty_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct tty *tty = file_tty(f);
	ssize_t ret;
	int err;

	if (tty_file_hung_up(f))
		return 0;
	if (!((struct tty_file *)f->private)->console && (err = tty_check_change(tty, SIGTTIN)))
		return err;
	if ((err = tty_io_lock(&tty->read_lock, f)))
		return err;
	ret = read_locked(tty, f, to);
	tty_io_unlock(&tty->read_lock);
	if (ret > 0)
		tty_touch(f, ATTR_ATIME);
	if (tty_input_ready(tty, 1) && waitq_active(&tty->read_wait))
		waitq_wake_key(&tty->read_wait, POLLIN | POLLRDNORM, 1);
	return ret;
}

int tty_input_count(struct tty *tty)
{
	unsigned long flags = tty_lock(tty);
	int count = tty->head - tty->tail;

	if (tty->icanon) {
		count = tty->canon_head - tty->tail;
		for (u32 pos = tty->tail; pos != tty->canon_head; pos++) {
			if (bitmap_test(tty->eol, pos % TTY_BUF) && tty->buf[pos % TTY_BUF] == '\0')
				count--; /* ends of file are not read */
		}
	}
	tty_unlock(tty, flags);
	return count;
}

// SPDX-License-Identifier: MIT
/*
 * A terminal: input, reads, output and changes of termios in any order, in every mode, on a driver that takes
 * as much as it likes.  The positions of the queues keep the invariants of tty_ldisc.c's head, and nothing that
 * was read is longer than what came in.
 * fuzz-sources: kernel/drv/tty_ldisc.c kernel/drv/tty_output.c kernel/drv/tty_read.c kernel/drv/tty.c
 * fuzz-sources: kernel/base/string.c kernel/base/bitmap.c kernel/base/iter.c kernel/sync/waitq.c
 */
#include "kernel/drv/tty_internal.h"
#include "tests/fuzz/parsers/fuzz.h"

static size_t driver_room;
static struct inode inode;
static struct file file = { .flags = O_RDWR | O_NONBLOCK, .inode = &inode };
static struct tty_file private;
static struct tty *link;

static size_t driver_write(struct tty *tty, const u8 *buf, size_t size)
{
	for (size_t i = 0; i < size; i++)
		(void)READ_ONCE(buf[i]);
	size = min(size, driver_room);
	driver_room -= size;
	return size;
}

static size_t driver_write_room(struct tty *tty)
{
	return driver_room;
}

static const struct tty_driver_ops ops = { .write = driver_write, .write_room = driver_write_room };

/* ---- the rest of the kernel: nobody else is there, nothing waits --------------------------------------- */

bool wake_up_state(struct task *t, unsigned state)
{
	return true;
}

void schedule(void)
{
	panic("tty slept although the file does not block\n");
}

u64 schedule_timeout(u64 timeout_ns)
{
	return 0;
}

void tty_signal_pgrp(struct tty *tty, int sig)
{
	CHECK(sig == SIGINT || sig == SIGQUIT || sig == SIGTSTP);
}

int tty_check_change(struct tty *tty, int sig)
{
	return 0;
}

void pty_packet_status(struct tty *slave, u8 set, u8 clear)
{
	CHECK(slave->kind == TTY_PTY_SLAVE && slave->link == link);
	slave->pkt_status = (slave->pkt_status & ~clear) | set;
}

void spin_lock_slow(struct spinlock *l)
{
	panic("a lock is taken twice\n");
}

struct timespec64 fs_now(void)
{
	return (struct timespec64){ 0 };
}

void inode_touch(struct inode *i, unsigned attr)
{
}

bool signal_pending(void)
{
	return false;
}

bool signal_pending_state(unsigned state)
{
	return false;
}

void mutex_lock(struct mutex *m)
{
}

void mutex_unlock(struct mutex *m)
{
}

/* ---- one round ------------------------------------------------------------------------------------------- */

static void check_positions(const struct tty *tty)
{
	CHECK(tty->head - tty->tail <= TTY_BUF);
	CHECK(tty->canon_head - tty->tail <= tty->head - tty->tail);
	CHECK(tty->flip_head - tty->flip_tail <= TTY_FLIP);
	CHECK(tty->echo_head - tty->echo_tail <= TTY_ECHO);
	CHECK(!spin_is_locked(&tty->lock));
}

static void do_input(struct tty *tty, struct input *in)
{
	size_t size, times = 1;
	u8 count = take_u8(in), *bytes = take_bytes(in, count & 63, &size);

	if (count & 64) /* fill the queues */
		times = 100;
	while (times--)
		tty_receive(tty, bytes, size);
	kfree(bytes);
}

static size_t do_read(struct tty *tty, struct input *in)
{
	size_t size = take_u8(in) & 1 ? 1 + take_u8(in) : 5000;
	u8 *to = kmalloc(size, 0);
	loff_t pos = 0;
	struct iter it;
	ssize_t n;

	iter_init_kernel(&it, to, size);
	n = tty_read(&file, &it, &pos);
	CHECK(n <= (ssize_t)size && n != -EFAULT);
	kfree(to);
	return n > 0 ? (size_t)n : 0;
}

static void do_write(struct tty *tty, struct input *in)
{
	size_t size;
	u8 *bytes = take_bytes(in, take_u8(in), &size);
	loff_t pos = 0;
	struct iter it;
	ssize_t n;

	driver_room = take_u32(in) % 10000;
	iter_init_kernel(&it, bytes, size);
	n = tty_write(&file, &it, &pos);
	CHECK(n <= (ssize_t)size && n != -EFAULT);
	kfree(bytes);
}

static void do_termios(struct tty *tty, struct input *in)
{
	struct ktermios old = tty->termios;
	unsigned long flags;

	tty->termios.c_iflag = take_u32(in);
	tty->termios.c_oflag = take_u32(in);
	tty->termios.c_lflag = take_u32(in) & ~(u32)TOSTOP;
	if (take_u8(in) & 1) {
		for (u32 i = 0; i < NCCS; i++)
			tty->termios.c_cc[i] = take_u8(in);
	}
	tty->termios.c_cc[VTIME] = 0; /* reads may not wait here */
	flags = tty_lock(tty);
	tty_ldisc_update_locked(tty, &old);
	tty_unlock(tty, flags);
}

static void do_flush(struct tty *tty)
{
	unsigned long flags = tty_lock(tty);

	tty_input_flush_locked(tty);
	tty_unlock(tty, flags);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 first = take_u8(&in);
	struct tty *tty;

	CHECK(!tty_alloc(first & 1 ? TTY_PTY_SLAVE : TTY_SERIAL, "fuzz", 0, &ops, NULL, &tty));
	CHECK(!tty_alloc(TTY_PTY_MASTER, "other", 0, &ops, NULL, &link));
	tty->link = link;
	link->open_count = 1;
	private.tty = tty;
	file.private = &private;
	driver_room = first * 16UL;
	while (in.left) {
		switch (take_u8(&in) % 8) {
		case 0:
			do_termios(tty, &in);
			break;
		case 1:
			do_write(tty, &in);
			break;
		case 2:
			do_read(tty, &in);
			break;
		case 3:
			do_flush(tty);
			break;
		case 4:
			driver_room = take_u8(&in) * 64UL;
			tty_wakeup_writers(tty);
			break;
		default:
			do_input(tty, &in);
		}
		check_positions(tty);
	}
	CHECK(tty_input_count(tty) >= 0 && tty_input_count(tty) <= TTY_BUF);
	for (u32 i = 0; do_read(tty, &in); i++) /* in is empty: 5000 bytes, or a line */
		CHECK(i <= TTY_BUF + TTY_FLIP);
	check_positions(tty);
	tty_put(tty);
	tty_put(link);
	return 0;
}

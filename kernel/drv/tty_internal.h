/* SPDX-License-Identifier: MIT */
/*
 * struct tty and what the terminal's files share: tty.c (registration, life), tty_file.c (file
 * operations), tty_ldisc.c and tty_read.c (input), tty_output.c (output and echo), tty_job.c (job control),
 * tty_ioctl.c, pty.c.
 *
 * Locks:
 *   tty->lock (irq-safe spin lock) guards the input queue, the line being edited, the echo queue, the
 *     columns, flow control, and the owner (session, pgrp).  Order: slave's lock, then the master's, because
 *     a slave echoes and writes into its master; a master neither echoes nor post-processes.  Below it:
 *     driver locks, wait queues.  Signals are sent without it.
 *   tty->read_lock, tty->write_lock: one reader, one writer at a time, who may sleep; waiting for them is
 *     interruptible.  write_lock also guards changes of termios.
 *   tty_mutex: opens, last closes, hangups, the table of terminals.
 */
#pragma once

#include "kernel/base/bitmap.h"
#include "kernel/drv/tty.h"
#include "kernel/fs/fasync.h"
#include "kernel/fs/poll.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"
#include <asm/ioctls.h>
#include <asm/termios.h>

#define TTY_BUF  4096 /* N_TTY: longest line, newline included; a power of two */
#define TTY_FLIP 8192 /* input that the line discipline has no room for yet */
#define TTY_ECHO 4096

struct tty_iolock {
	u32 busy; /* [atomic] */
	struct waitq wait;
};

enum tty_kind { TTY_SERIAL, TTY_PTY_MASTER, TTY_PTY_SLAVE };

extern struct mutex tty_mutex;

struct tty {
	u32 refs; /* [atomic] files, processes (proc->tty), driver */
	enum tty_kind kind; /* [const] */
	char name[16]; /* [const] "ttyS0", "pts/3" */
	dev_t dev; /* [const] */
	const struct tty_driver_ops *ops; /* [const] */
	void *private; /* [const] driver's */
	struct list_head node __guarded_by(&tty_mutex); /* in tty_list */
	u32 open_count __guarded_by(&tty_mutex);
	u32 hangups; /* [atomic] files opened before the last one are dead */
	bool exclusive __guarded_by(&tty_mutex); /* TIOCEXCL */

	struct spinlock lock;
	struct tty_iolock read_lock, write_lock;
	struct waitq read_wait, write_wait;
	struct fasync_list async; /* files with O_ASYNC */
	bool async_out; /* one of them wrote less than it wanted: it is told when there is room */
	struct ktermios termios; /* [written under write_lock and lock] */
	struct termios
		/* [write_lock] TIOCSLCKTRMIOS: non-zero bits and characters stay as they are */
		termios_locked;
	struct winsize winsize __guarded_by(&lock);
	/* references; owner of the terminal and its foreground group; changed under tty_mutex, too */
	struct pid *session __guarded_by(&lock);
	struct pid *pgrp __guarded_by(&lock);

	/* Pseudo-terminals. */
	struct tty *link; /* [const] the other end, reference held by the pair */
	u32 index; /* [const] N of /dev/pts/N */
	bool locked __guarded_by(&tty_mutex); /* slave: TIOCSPTLCK */
	bool other_closed __guarded_by(&lock); /* the other end is closed: reads end with EIO */
	bool packet __guarded_by(&lock); /* master: TIOCPKT */
	u8 pkt_status; /* [link's lock] slave: TIOCPKT_* bits for the master to read */

	/* Input: flip -> line discipline -> buf.  Positions run freely, masked on use. */
	u8 *flip __guarded_by(&lock);
	u32 flip_head __guarded_by(&lock);
	u32 flip_tail __guarded_by(&lock);
	u8 *buf __guarded_by(&lock);
	u32 head __guarded_by(&lock); /* next byte goes here */
	/* [tail, canon_head) are whole lines, [canon_head, head) is being edited */
	u32 canon_head __guarded_by(&lock);
	u32 tail __guarded_by(&lock); /* next byte to read */
	DECLARE_BITMAP(eol, TTY_BUF); /* [lock] bytes that end a line; a NUL among them is an end of file */
	DECLARE_BITMAP(special, 256); /* [lock] bytes that are more than data under the current termios */
	bool icanon __guarded_by(&lock);
	bool raw __guarded_by(&lock); /* no byte is special and nothing is echoed: input is copied */
	bool lnext __guarded_by(&lock); /* the next byte is literal */
	bool erasing __guarded_by(&lock); /* inside \.../ of ECHOPRT */
	/* a line without delimiter was completed by leaving non-canonical mode */
	bool push __guarded_by(&lock);
	bool stopped __guarded_by(&lock); /* output is stopped by ^S or TCOOFF */
	bool stopped_by_ioctl __guarded_by(&lock); /* TCOOFF: only TCOON starts it again */

	/* Output. */
	u8 *echo __guarded_by(&lock);
	u32 echo_head __guarded_by(&lock);
	u32 echo_tail __guarded_by(&lock);
	u32 column __guarded_by(&lock); /* where the cursor is */
	u32 canon_column __guarded_by(&lock); /* where the edited line began */
};

struct tty_file { /* file->private */
	struct tty *tty; /* reference */
	u32 hangups; /* tty->hangups at open */
	bool console; /* opened as /dev/console: survives hangups */
};

extern const struct file_ops tty_file_ops;
extern const struct ktermios tty_std_termios;

#define CC(tty, i)   ((tty)->termios.c_cc[i])
#define I_FLAG(t, f) ((t)->termios.c_iflag & (f))
#define O_FLAG(t, f) ((t)->termios.c_oflag & (f))
#define L_FLAG(t, f) ((t)->termios.c_lflag & (f))

static inline struct tty *file_tty(const struct file *f)
{
	return ((struct tty_file *)f->private)->tty;
}
static inline bool tty_file_hung_up(const struct file *f)
{
	const struct tty_file *tf = f->private;

	return !tf->console && tf->hangups != atomic_load(&tf->tty->hangups);
}
static inline unsigned long tty_lock(struct tty *tty) __acquires(&tty->lock)
{
	return spin_lock_irqsave(&tty->lock);
}
static inline void tty_unlock(struct tty *tty, unsigned long flags) __releases(&tty->lock)
{
	spin_unlock_irqrestore(&tty->lock, flags);
}
static inline bool tty_iscntrl(u8 c)
{
	return c < 32 || c == 127;
}
/* A byte that continues a UTF-8 character: takes no column and is erased with its head. */
static inline bool tty_is_continuation(const struct tty *tty, u8 c)
{
	return I_FLAG(tty, IUTF8) && (c & 0xc0) == 0x80;
}

/* -EAGAIN when busy and f does not block, -ERESTARTSYS.  f NULL: waits without regard to signals. */
static inline int __must_check tty_io_lock(struct tty_iolock *l, const struct file *f)
{
	if (likely(atomic_cas(&l->busy, 0, 1)))
		return 0;
	if (!f) {
		wait_event(&l->wait, atomic_cas(&l->busy, 0, 1));
		return 0;
	}
	if (READ_ONCE(f->flags) & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(&l->wait, atomic_cas(&l->busy, 0, 1));
}
static inline void tty_io_unlock(struct tty_iolock *l)
{
	atomic_store(&l->busy, 0);
	waitq_wake_all(&l->wait);
}

/* tty.c */
void tty_touch(struct file *f, unsigned attr); /* times of the node, to 8 seconds: idle times of who(1) */
int __must_check tty_alloc(enum tty_kind kind, const char *name, dev_t dev, const struct tty_driver_ops *ops,
			   void *private, struct tty **out);
struct tty *tty_find_get(dev_t dev) __must_hold(&tty_mutex);
int __must_check tty_file_attach(struct file *f, struct tty *tty); /* takes a reference and f->private */

/* tty_output.c */
/* bytes of buf consumed */
size_t tty_opost_locked(struct tty *tty, const u8 *buf, size_t size) __must_hold(&tty->lock);
void tty_echo_char(struct tty *tty, u8 c) __must_hold(&tty->lock); /* with ECHOCTL */
void tty_echo_raw(struct tty *tty, u8 c) __must_hold(&tty->lock); /* post-processed only */
void tty_echo_bytes(struct tty *tty, const char *s, size_t n) __must_hold(&tty->lock); /* moves no column */
void tty_echo_flush_locked(struct tty *tty) __must_hold(&tty->lock);
void tty_stop_locked(struct tty *tty) __must_hold(&tty->lock);
void tty_start_locked(struct tty *tty) __must_hold(&tty->lock);
ssize_t tty_write(struct file *f, struct iter *from, loff_t *pos);
size_t tty_chars_pending(struct tty *tty);
int __must_check tty_wait_drained(struct tty *tty); /* -ERESTARTSYS */

/* tty_ldisc.c */
void tty_input_pump(struct tty *tty); /* flip -> buf; sends the signals it meets; lock not held */
void tty_input_more_room(struct tty *tty); /* a reader took something: pump, then let the driver send more */
void tty_input_flush_locked(struct tty *tty) __must_hold(&tty->lock);
/* termios have changed */
void tty_ldisc_update_locked(struct tty *tty, const struct ktermios *old) __must_hold(&tty->lock);

/* tty_read.c */
ssize_t tty_read(struct file *f, struct iter *to, loff_t *pos);
bool tty_input_ready(const struct tty *tty, u32 want); /* without the lock */
int tty_input_count(struct tty *tty); /* FIONREAD */

/* tty_job.c */
int __must_check tty_check_change(struct tty *tty,
				  int sig); /* may current change/read it: -EIO, -ERESTARTSYS */
void tty_open_controlling(struct tty *tty, struct file *f) __must_hold(&tty_mutex);
struct tty *tty_get_current(void); /* reference or NULL */
void tty_session_clear(struct pid *session);
void tty_owner_clear(struct tty *tty) __must_hold(&tty_mutex);
struct pid *tty_pgrp_get(struct tty *tty); /* the foreground group with a reference, or NULL */
void tty_signal_pgrp(struct tty *tty, int sig);
void tty_hangup_session(struct tty *tty, bool exiting) __must_hold(&tty_mutex);
long tty_job_ioctl(struct tty *tty, struct tty *real, struct file *f, unsigned cmd, void *karg,
		   unsigned long arg);

/* tty_ioctl.c */
long tty_ioctl(struct file *f, unsigned cmd, void *karg, unsigned long arg);

/* pty.c */
long pty_ioctl(struct tty *tty, unsigned cmd, void *karg, unsigned long arg); /* -ENOIOCTLCMD: not mine */
struct tty *pty_find_get(u32 index) __must_hold(&tty_mutex); /* the slave */
/* -EIO: locked, or the master is gone */
int __must_check pty_slave_open(struct tty *tty) __must_hold(&tty_mutex);
void pty_closed(struct tty *tty) __must_hold(&tty_mutex); /* last close of this end */
void pty_packet_status(struct tty *slave, u8 set, u8 clear);

// SPDX-License-Identifier: MIT
/*
 * Pseudo-terminals (Unix 98): opening /dev/ptmx makes a pair, whose slave is /dev/pts/N.
 *
 * What one end writes is the other's input; the terminal's input queue is all the buffering there is.  The
 * pair holds a reference on both ends until both are closed and unlinked from the table.  A closed master
 * hangs its slave up and takes the name away; a closed slave lets the master's reads end with EIO until it
 * is opened again. Lock: tty_mutex guards the table.  Source: pty(7), ptmx(4), tty_ioctl(4), Linux 6.1
 * drivers/tty/pty.c.
 */
#include "kernel/base/string.h"
#include "kernel/drv/tty_internal.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/pts/pts.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include <linux/major.h>

#define DEV_PTMX         MKDEV(TTYAUX_MAJOR, 2)
#define SLAVE_DEV(index) MKDEV(UNIX98_PTY_SLAVE_MAJOR, index)

struct pty { /* a pair; private of both ends */
	struct tty *master, *slave; /* [const] references */
	struct inode *node; /* [tty_mutex] /dev/pts/N, NULL once the master is closed */
	u32 index;
};

static struct pty *table[PTS_MAX]; /* [tty_mutex] */
static u32 table_hint; /* [tty_mutex] every index below is taken */

/* ---- the line between the two ends ---------------------------------------------------------------- */

static size_t pty_write(struct tty *tty, const u8 *buf, size_t size)
{
	struct tty *to = tty->link;

	size = min(size, tty_receive_room(to));
	if (size)
		tty_receive(to, buf, size);
	return size;
}

static size_t pty_write_room(struct tty *tty)
{
	return tty_receive_room(tty->link);
}

static void pty_unthrottle(struct tty *tty)
{
	tty_wakeup_writers(tty->link);
}

/* Output that the other end has not read yet is forgotten. */
static void pty_flush_output(struct tty *tty)
{
	struct tty *to = tty->link;
	unsigned long flags;

	if (tty->kind == TTY_PTY_MASTER)
		/*
		 * its output is the slave's input, which TCIFLUSH there is for; and the lock order forbids
		 * it
		 */
		return;
	flags = tty_lock(to);
	to->flip_tail = to->flip_head;
	tty_input_flush_locked(to);
	tty_unlock(to, flags);
}

static const struct tty_driver_ops pty_ops = {
	.write = pty_write,
	.write_room = pty_write_room,
	.unthrottle = pty_unthrottle,
	.flush_output = pty_flush_output,
};

/* Packet mode: changes what the master's next read reports.  The slave's lock is held. */
void pty_packet_status(struct tty *slave, u8 set, u8 clear)
{
	struct tty *master = slave->link;

	if (!READ_ONCE(master->packet))
		return;
	slave->pkt_status = (slave->pkt_status & ~clear) | set;
	if (waitq_active(&master->read_wait))
		waitq_wake_key(&master->read_wait, POLLIN | POLLRDNORM | POLLPRI, 0);
}

/* ---- the table ---------------------------------------------------------------------------------------- */

struct tty *pty_find_get(u32 index)
{
	struct pty *p = index < PTS_MAX ? table[index] : NULL;

	if (!p)
		return NULL;
	tty_get(p->slave);
	return p->slave;
}

struct inode *pty_node_get(u32 index)
{
	guard(mutex)(&tty_mutex);
	if (!table[index] || !table[index]->node)
		return NULL;
	inode_get(table[index]->node);
	return table[index]->node;
}

u32 pty_next_index(u32 from)
{
	guard(mutex)(&tty_mutex);
	while (from < PTS_MAX && !(table[from] && table[from]->node))
		from++;
	return from;
}

static void pair_free(struct pty *p)
{
	if (p->node)
		inode_put(p->node);
	if (p->slave)
		tty_put(p->slave);
	if (p->master)
		tty_put(p->master);
	kfree(p);
}

static int pair_create(u32 index, struct pty **out) __no_lock_analysis /* nobody else has them yet */
{
	struct pty *p = kzalloc(sizeof(*p));
	char name[16];
	int err;

	if (!p)
		return -ENOMEM;
	scnprintf(name, sizeof(name), "pts/%u", index);
	p->index = index;
	if ((err = tty_alloc(TTY_PTY_MASTER, "ptmx", DEV_PTMX, &pty_ops, p, &p->master)) ||
	    (err = tty_alloc(TTY_PTY_SLAVE, name, SLAVE_DEV(index), &pty_ops, p, &p->slave)) ||
	    (err = pts_node_create(index, SLAVE_DEV(index), &p->node))) {
		pair_free(p);
		return err;
	}

	struct ktermios *m = &p->master->termios, *s = &p->slave->termios;

	m->c_iflag = m->c_oflag = m->c_lflag = 0;
	m->c_cflag = s->c_cflag = B38400 | CS8 | CREAD;
	m->c_ispeed = m->c_ospeed = s->c_ispeed = s->c_ospeed = 38400;
	tty_ldisc_update_locked(p->master, NULL);
	p->master->link = p->slave;
	p->slave->link = p->master;
	p->master->index = p->slave->index = index;
	p->slave->locked = true;
	*out = p;
	return 0;
}

/*
 * open(2) of /dev/ptmx or of ptmx in devpts: a fresh pair, locked.  -ENODEV without devpts, -ENOSPC,
 * -ENOMEM
 */
static int ptmx_open(struct inode *inode, struct file *f)
{
	struct pty *p;
	u32 index;
	int err;

	guard(mutex)(&tty_mutex);
	for (index = table_hint; index < PTS_MAX && table[index];)
		index++;
	table_hint = index;
	if (index == PTS_MAX)
		return refuse(ENOSPC, "ptmx: no pseudo-terminal is free");
	if ((err = pair_create(index, &p)))
		return err;
	if ((err = tty_file_attach(f, p->master))) {
		pair_free(p);
		return err;
	}
	f->ops = &tty_file_ops;
	table[index] = p;
	p->master->open_count = 1;
	return 0;
}

/* ---- open and close of the ends ------------------------------------------------------------------ */

static void set_other_closed(struct tty *tty, bool closed)
{
	unsigned long flags = tty_lock(tty);

	tty->other_closed = closed;
	tty_unlock(tty, flags);
}

int pty_slave_open(struct tty *tty)
{
	if (READ_ONCE(tty->other_closed) || tty->locked || !tty->link->open_count)
		return refuse(EIO, "open: the pseudo-terminal is locked, or its master is closed");
	set_other_closed(tty->link, false);
	return 0;
}

/* Both ends are closed: the number may be used again. */
static void pair_retire(struct pty *p)
{
	table[p->index] = NULL;
	table_hint = min(table_hint, p->index);
	pair_free(p);
}

void pty_closed(struct tty *tty)
{
	struct pty *p = tty->private;
	struct tty *other = tty->link;

	set_other_closed(other, true);
	waitq_wake_key(&other->read_wait, POLLIN | POLLRDNORM | POLLHUP, 0);
	waitq_wake_key(&other->write_wait, POLLOUT | POLLWRNORM | POLLHUP, 0);
	if (tty->kind == TTY_PTY_MASTER) {
		if (p->node)
			inode_put(p->node);
		p->node = NULL;
		tty_hangup_session(other, false);
	} else {
		WRITE_ONCE(other->packet, false);
	}
	if (!other->open_count && !p->node)
		pair_retire(p);
}

/* ---- ioctl --------------------------------------------------------------------------------------- */

/* TIOCGPTPEER: the slave of this master as a new descriptor, found where devpts belongs. */
static long open_peer(struct tty *master, int flags)
{
	struct file *peer __cleanup(file_putp) = NULL;
	struct fd_slot slot __cleanup(fd_unreserve) = FD_SLOT_NONE;
	struct path node __cleanup(path_putp) = { NULL, NULL };
	const struct pty *p = master->private;
	char name[24];
	int err;

	if ((err = fd_reserve(&slot, flags)))
		return err;
	scnprintf(name, sizeof(name), "/dev/pts/%u", master->index);
	if ((err = path_lookup(AT_FDCWD, name, 0, &node)))
		return err;
	if (node.dentry->inode != p->node)
		return refuse(ENODEV, "TIOCGPTPEER: another file system is mounted on /dev/pts");
	if ((err = file_create(&node, &tty_file_ops, flags & ~O_CLOEXEC, &peer)) ||
	    (err = tty_file_ops.open(node.dentry->inode, peer)))
		return err;
	return fd_publish(&slot, &peer);
}

static long set_packet(struct tty *master, bool on)
{
	unsigned long flags = tty_lock(master->link);

	if (on && !master->packet)
		master->link->pkt_status = 0;
	WRITE_ONCE(master->packet, on);
	tty_unlock(master->link, flags);
	return 0;
}

static long set_locked(struct tty *slave, bool on)
{
	guard(mutex)(&tty_mutex);
	slave->locked = on;
	return 0;
}

long pty_ioctl(struct tty *tty, unsigned cmd, void *karg, unsigned long arg)
{
	if (tty->kind != TTY_PTY_MASTER)
		return cmd == TIOCGPTPEER ? -EIO : -ENOIOCTLCMD;
	switch (cmd) {
	case TIOCSPTLCK:
		return set_locked(tty->link, *(int *)karg);
	case TIOCGPTLCK:
		*(int *)karg = READ_ONCE(tty->link->locked);
		return 0;
	case TIOCPKT:
		return set_packet(tty, *(int *)karg);
	case TIOCGPKT:
		*(int *)karg = READ_ONCE(tty->packet);
		return 0;
	case TIOCGPTN:
		*(u32 *)karg = tty->index;
		return 0;
	case TIOCGPTPEER:
		return open_peer(tty, (int)arg);
	case TIOCSIG:
		if (arg != SIGINT && arg != SIGQUIT && arg != SIGTSTP)
			return -EINVAL;
		tty_signal_pgrp(tty->link, (int)arg);
		return 0;
	}
	return -ENOIOCTLCMD;
}

static const struct file_ops ptmx_file_ops = { .open = ptmx_open };

static int pty_init(void)
{
	if (chrdev_register(DEV_PTMX, 1, "/dev/ptmx", &ptmx_file_ops) ||
	    chrdev_register(SLAVE_DEV(0), PTS_MAX, "pts", &tty_file_ops) ||
	    devtmpfs_create("ptmx", S_IFCHR | 0666, DEV_PTMX))
		panic("pty: no device nodes");
	return 0;
}
INITCALL(INIT_DEVICE, pty_init);

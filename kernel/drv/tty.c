// SPDX-License-Identifier: MIT
/*
 * Terminals: their life, their registration, open(2) and close(2), /dev/tty and /dev/console, poll(2).
 *
 * A struct tty is referenced by its driver, its open files and the processes it controls.  A registered
 * terminal lives for ever; a pseudo-terminal goes with the last reference.  open_count counts files; at zero
 * the session that owned the terminal loses it.  Locks: see tty_internal.h.
 */
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/drv/tty_internal.h"
#include "kernel/gate/refuse.h"
#include "kernel/mm/slab.h"
#include <linux/major.h>

struct mutex tty_mutex = MUTEX_INIT(tty_mutex);
static LIST_HEAD(tty_list); /* [tty_mutex] */

/* What a serial console starts with and a hang-up returns to. */
const struct ktermios tty_std_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = { [VINTR] = 3,
		  [VQUIT] = 28,
		  [VERASE] = 127,
		  [VKILL] = 21,
		  [VEOF] = 4,
		  [VMIN] = 1,
		  [VSTART] = 17,
		  [VSTOP] = 19,
		  [VSUSP] = 26,
		  [VREPRINT] = 18,
		  [VDISCARD] = 15,
		  [VWERASE] = 23,
		  [VLNEXT] = 22 },
	.c_ispeed = 115200,
	.c_ospeed = 115200,
};

/* ---- life ------------------------------------------------------------------------------------------ */

int tty_alloc(enum tty_kind kind, const char *name, dev_t dev, const struct tty_driver_ops *ops,
	      void *private, struct tty **out) __no_lock_analysis /* nobody else has it yet */
{
	struct tty *tty = kzalloc(sizeof(*tty));

	if (!tty)
		return -ENOMEM;
	tty->flip = kmalloc(TTY_FLIP, 0);
	tty->buf = kmalloc(TTY_BUF, 0);
	tty->echo = kmalloc(TTY_ECHO, 0);
	if (!tty->flip || !tty->buf || !tty->echo) {
		kfree(tty->flip);
		kfree(tty->buf);
		kfree(tty->echo);
		kfree(tty);
		return -ENOMEM;
	}
	tty->refs = 1;
	tty->kind = kind;
	strscpy(tty->name, name, sizeof(tty->name));
	tty->dev = dev;
	tty->ops = ops;
	tty->private = private;
	spin_lock_init(&tty->lock);
	waitq_init(&tty->read_lock.wait);
	waitq_init(&tty->write_lock.wait);
	waitq_init(&tty->read_wait);
	waitq_init(&tty->write_wait);
	list_init(&tty->node);
	tty->termios = tty_std_termios;
	tty_ldisc_update_locked(tty, NULL);
	*out = tty;
	return 0;
}

void tty_get(struct tty *tty)
{
	atomic_add(&tty->refs, 1);
}

/* Any context: nothing to undo is left when the last reference goes but memory. */
void tty_put(struct tty *tty) __no_lock_analysis /* nobody else has it any more */
{
	if (atomic_sub(&tty->refs, 1))
		return;
	if (tty->session)
		pid_put(tty->session);
	if (tty->pgrp)
		pid_put(tty->pgrp);
	kfree(tty->flip);
	kfree(tty->buf);
	kfree(tty->echo);
	kfree(tty);
}

void *tty_driver_data(struct tty *tty)
{
	return tty->private;
}

dev_t tty_device(struct tty *tty)
{
	return tty->dev;
}

struct tty *tty_find_get(dev_t dev)
{
	struct tty *tty;

	if (MAJOR(dev) == UNIX98_PTY_SLAVE_MAJOR)
		return pty_find_get(MINOR(dev));
	list_for_each(tty, &tty_list, node) {
		if (tty->dev == dev) {
			tty_get(tty);
			return tty;
		}
	}
	return NULL;
}

int tty_register(const char *name, dev_t dev, const struct tty_driver_ops *ops, void *private,
		 struct tty **out)
{
	struct tty *tty;
	int err;

	if ((err = tty_alloc(TTY_SERIAL, name, dev, ops, private, &tty)))
		return err;
	if ((err = chrdev_register(dev, 1, name, &tty_file_ops)) ||
	    (err = devtmpfs_create(name, S_IFCHR | 0600, dev))) {
		tty_put(tty);
		return err;
	}
	mutex_lock(&tty_mutex);
	list_add_tail(&tty->node, &tty_list);
	mutex_unlock(&tty_mutex);
	*out = tty;
	return 0;
}

/*
 * The terminal that console= names ("ttyS0,115200n8"), or the first one there is.  NULL when there is
 * none.
 */
struct tty *tty_console(void)
{
	struct tty *tty, *first = NULL;
	char name[32] = "";
	char *comma;

	cmdline_get("console", name, sizeof(name));
	if ((comma = strchr(name, ',')))
		*comma = '\0';

	guard(mutex)(&tty_mutex);
	list_for_each(tty, &tty_list, node) {
		if (!strcmp(tty->name, name))
			return tty;
		first = first ? first : tty;
	}
	return first;
}

/* ---- open and close -------------------------------------------------------------------------------- */

int tty_file_attach(struct file *f, struct tty *tty)
{
	struct tty_file *tf = kzalloc(sizeof(*tf));

	if (!tf)
		return -ENOMEM;
	tty_get(tty);
	tf->tty = tty;
	tf->hangups = tty->hangups;
	f->private = tf;
	f->mode |= FMODE_STREAM;
	f->mode &= ~FMODE_LSEEK;
	return 0;
}

#define DEV_TTY     MKDEV(TTYAUX_MAJOR, 0)
#define DEV_CONSOLE MKDEV(TTYAUX_MAJOR, 1)

static int find_for_open(dev_t dev, struct tty **out)
{
	if (dev == DEV_TTY) {
		*out = tty_get_current();
		return *out ? 0 : -ENXIO;
	}
	if (dev == DEV_CONSOLE) {
		*out = tty_console();
		if (!*out)
			return -ENODEV;
		tty_get(*out);
		return 0;
	}

	guard(mutex)(&tty_mutex);
	*out = tty_find_get(dev);
	/* A slave's number without a terminal: its master has gone. */
	return *out ? 0 : MAJOR(dev) == UNIX98_PTY_SLAVE_MAJOR ? -EIO : -ENXIO;
}

static int open_locked(struct tty *tty, struct file *f, dev_t dev) __must_hold(&tty_mutex)
{
	int err;

	if (tty->kind == TTY_PTY_MASTER)
		return -EIO; /* /dev/tty of a process whose terminal is a master */
	if (tty->exclusive && !capable(CAP_SYS_ADMIN))
		return refuse(EBUSY, "open: the terminal is in exclusive use (TIOCEXCL)");
	if (tty->kind == TTY_PTY_SLAVE && (err = pty_slave_open(tty)))
		return err;
	if ((err = tty_file_attach(f, tty)))
		return err;
	((struct tty_file *)f->private)->console = dev == DEV_CONSOLE;
	tty->open_count++;
	if (!(READ_ONCE(f->flags) & O_NOCTTY) && dev != DEV_TTY && dev != DEV_CONSOLE)
		tty_open_controlling(tty, f);
	return 0;
}

static int tty_open(struct inode *inode, struct file *f)
{
	struct tty *tty;
	int err;

	if ((err = find_for_open(inode->rdev, &tty)))
		return err;
	mutex_lock(&tty_mutex);
	err = open_locked(tty, f, inode->rdev);
	mutex_unlock(&tty_mutex);
	tty_put(tty);
	return err;
}

static void tty_release(struct file *f)
{
	struct tty_file *tf = f->private;
	struct tty *tty;

	if (!tf)
		return;
	tty = tf->tty;
	mutex_lock(&tty_mutex);
	if (--tty->open_count == 0) {
		if (READ_ONCE(tty->session))
			tty_session_clear(READ_ONCE(tty->session));
		tty_owner_clear(tty);
		tty->exclusive = false;
		if (tty->kind != TTY_SERIAL)
			pty_closed(tty);
	}
	mutex_unlock(&tty_mutex);
	tty_put(tty);
	kfree(tf);
}

void tty_touch(struct file *f, unsigned attr)
{
	const struct timespec64 *t = attr == ATTR_ATIME ? &f->inode->atime : &f->inode->mtime;

	if ((fs_now().sec ^ t->sec) & ~7LL)
		inode_touch(f->inode, attr);
}

/* ---- poll -------------------------------------------------------------------------------------------- */

#define WAKEUP_CHARS 256 /* a writer is told to come when less than this is unsent */

static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *tty = file_tty(f);
	u32 want = 1, mask = 0;

	poll_wait(f, &tty->read_wait, pt);
	poll_wait(f, &tty->write_wait, pt);
	if (tty_file_hung_up(f))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
	if (!READ_ONCE(tty->icanon) && !CC(tty, VTIME) && CC(tty, VMIN))
		want = CC(tty, VMIN);
	if (tty_input_ready(tty, want))
		mask |= POLLIN | POLLRDNORM;
	if (READ_ONCE(tty->packet) && READ_ONCE(tty->link->pkt_status))
		mask |= POLLPRI | POLLIN | POLLRDNORM;
	if (READ_ONCE(tty->other_closed))
		mask |= POLLHUP;
	if (!READ_ONCE(tty->write_lock.busy) && !READ_ONCE(tty->stopped) &&
	    tty_chars_pending(tty) < WAKEUP_CHARS && tty->ops->write_room(tty))
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

/* Who asks without having said whose signal it is (F_SETOWN): the foreground group's, or the caller's. */
static int tty_fasync(struct file *f, int fd, bool on)
{
	struct tty *tty = file_tty(f);
	struct pid *group;
	int err;

	if (!on)
		return fasync_set(&tty->async, f, fd, false);
	if (tty_file_hung_up(f))
		return -ENOTTY;
	if ((err = fasync_set(&tty->async, f, fd, true)))
		return err;
	group = tty_pgrp_get(tty);
	err = file_default_owner(f, group ? F_OWNER_PGRP : F_OWNER_PID, group ? group : current->proc->pid);
	if (group)
		pid_put(group);
	if (err)
		(void)fasync_set(&tty->async, f, fd, false);
	return err;
}

const struct file_ops tty_file_ops = {
	.terminal = true,
	.open = tty_open,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.fasync = tty_fasync,
	.release = tty_release,
};

static int tty_devices_init(void)
{
	if (chrdev_register(DEV_TTY, 1, "/dev/tty", &tty_file_ops) ||
	    chrdev_register(DEV_CONSOLE, 1, "/dev/console", &tty_file_ops) ||
	    devtmpfs_create("tty", S_IFCHR | 0666, DEV_TTY) ||
	    devtmpfs_create("console", S_IFCHR | 0600, DEV_CONSOLE))
		panic("tty: no device nodes");
	return 0;
}
INITCALL(INIT_DEVICE, tty_devices_init);

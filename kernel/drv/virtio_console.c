// SPDX-License-Identifier: MIT
/*
 * virtio-console with several ports: port 0 is the terminal /dev/hvc0, the others are byte streams
 * /dev/vport0pN, named as Linux names them.  A stream whose host side closed reads as end of file.
 *
 * Invariants: rx buffers are on the device, or full and in port->full; at most one tx buffer is on the
 * device (tx_busy).  Locks: port->lock (irq-safe) guards its queues and state; port->tx_mutex
 * serialises writers.  The control queue belongs to the probe, then to the interrupt.
 */
#include "kernel/drv/virtio_console.h"
#include "kernel/base/string.h"
#include "kernel/drv/tty.h"
#include "kernel/drv/virtio.h"
#include "kernel/fs/poll.h"
#include "kernel/gate/trace.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include <linux/virtio_console.h>

#define MAX_PORTS   8
#define RX_BUFFERS  2
#define TX_ORDER    2
#define TX_SIZE     (PAGE_SIZE << TX_ORDER)
#define VPORT_MAJOR 241
#define HVC_MAJOR   229
#define TRACE_PORT  5

/* The device drops a message when no buffer waits for it: enough for all ports being announced at once. */
#define CONTROL_BUFFERS VIRTQ_SIZE
#define CONTROL_SIZE    128 /* a message and a port's name */

struct rx_buffer {
	struct list_head node;
	u32 size, done;
	u8 *data;
};

struct port {
	struct spinlock lock;
	struct virtq *rx, *tx;
	unsigned nr;
	bool present, open_on_host; /* [lock] */
	bool was_open; /* [lock] the host had it open and left: writers get EPIPE */
	bool tx_busy; /* [lock] */
	struct list_head full; /* [lock] struct rx_buffer */
	u8 *tx_data; /* [tx_mutex, or lock for the terminal] */
	struct mutex tx_mutex;
	struct waitq wait;
	struct tty *tty; /* port 0 */
	bool feeding; /* [lock] a buffer is on its way into the terminal */
};

static struct console {
	struct virtio_dev *dev;
	struct virtq *control_rx, *control_tx;
	struct port port[MAX_PORTS];
	unsigned nr_ports;
	unsigned announced; /* at boot: BIT(nr) of each port the device told of */
} console;

/* ---- data path ------------------------------------------------------------------------------- */
static void give_buffer(struct port *p, struct rx_buffer *b)
{
	virtq_add(p->rx, b->data, PAGE_SIZE, true, b);
}

/* The terminal's share: called without the port's lock, because echoing takes it. */
static void tty_feed(struct port *p)
{
	for (;;) {
		unsigned long flags = spin_lock_irqsave(&p->lock);
		struct rx_buffer *b = list_empty(&p->full) ? NULL
							   : list_first(&p->full, struct rx_buffer, node);
		u32 n = b ? (u32)min((size_t)(b->size - b->done), tty_receive_room(p->tty)) : 0;

		if (!n ||
		    p->feeding) { /* nothing, no room (unthrottle comes back), or another CPU is at it */
			spin_unlock_irqrestore(&p->lock, flags);
			return;
		}
		p->feeding = true;
		spin_unlock_irqrestore(&p->lock, flags);
		tty_receive(p->tty, b->data + b->done, n);
		flags = spin_lock_irqsave(&p->lock);
		p->feeding = false;
		b->done += n;
		if (b->done == b->size) {
			list_del(&b->node);
			give_buffer(p, b);
			virtq_kick(p->rx);
		}
		spin_unlock_irqrestore(&p->lock, flags);
	}
}

static void rx_done(struct virtq *vq)
{
	struct port *p = vq->owner;
	unsigned long flags = spin_lock_irqsave(&p->lock);
	struct rx_buffer *b;
	u32 size;

	while ((b = virtq_take(vq, &size))) {
		b->size = size;
		b->done = 0;
		list_add_tail(&b->node, &p->full);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	if (p->tty)
		tty_feed(p);
	else
		waitq_wake_key(&p->wait, POLLIN | POLLRDNORM, 0);
}

static void tx_reap_locked(struct port *p)
{
	u32 size;

	if (p->tx_busy && virtq_take(p->tx, &size))
		p->tx_busy = false;
}

static void tx_done(struct virtq *vq)
{
	struct port *p = vq->owner;
	unsigned long flags = spin_lock_irqsave(&p->lock);

	tx_reap_locked(p);
	spin_unlock_irqrestore(&p->lock, flags);
	waitq_wake_key(&p->wait, POLLOUT | POLLWRNORM, 0);
	if (p->tty)
		tty_wakeup_writers(p->tty);
}

/* Hands tx_data to the device; lock held, not busy.  Under TCG the device is often done on return. */
static void tx_start_locked(struct port *p, u32 size)
{
	p->tx_busy = true;
	virtq_add(p->tx, p->tx_data, size, false, p);
	virtq_kick(p->tx);
	tx_reap_locked(p);
}

static bool tx_idle(struct port *p)
{
	unsigned long flags = spin_lock_irqsave(&p->lock);
	bool idle;

	tx_reap_locked(p);
	idle = !p->tx_busy;
	spin_unlock_irqrestore(&p->lock, flags);
	return idle;
}

static void tx_send(struct port *p, u32 size)
{
	unsigned long flags = spin_lock_irqsave(&p->lock);

	tx_start_locked(p, size);
	spin_unlock_irqrestore(&p->lock, flags);
}

/* ---- /dev/vport0pN ------------------------------------------------------------------------------ */
static bool rx_ready(struct port *p)
{
	return !list_empty(&p->full) || !READ_ONCE(p->open_on_host);
}

static bool host_left(struct port *p)
{
	return READ_ONCE(p->was_open) && !READ_ONCE(p->open_on_host);
}

static ssize_t vport_read(struct file *f, struct iter *to, loff_t *pos)
{
	struct port *p = f->private;
	struct rx_buffer *b = NULL;
	unsigned long flags;
	size_t n;
	int err;

	while (!b) {
		if (!rx_ready(p)) {
			if (READ_ONCE(f->flags) & O_NONBLOCK)
				return -EAGAIN;
			err = wait_event_interruptible(&p->wait, rx_ready(p));
			if (err)
				return err;
		}
		flags = spin_lock_irqsave(&p->lock);
		if (!list_empty(&p->full)) { /* ours alone while we copy */
			b = list_first(&p->full, struct rx_buffer, node);
			list_del(&b->node);
		}
		spin_unlock_irqrestore(&p->lock, flags);
		if (!b && !READ_ONCE(p->open_on_host))
			return 0;
	}
	n = copy_to_iter(b->data + b->done, b->size - b->done, to);
	b->done += (u32)n;
	flags = spin_lock_irqsave(&p->lock);
	if (b->done < b->size) {
		list_add(&b->node, &p->full);
	} else {
		give_buffer(p, b);
		virtq_kick(p->rx);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return n || !iter_count(to) ? (ssize_t)n : -EFAULT;
}

/*
 * Each piece is on its way to the host, not just queued, when write(2) returns: a program's last
 * words are never lost at power-off.
 */
static ssize_t write_locked(struct port *p, struct iter *from, bool wait)
{
	ssize_t done = 0;

	while (iter_count(from)) {
		size_t n;

		if (!wait && !tx_idle(p) && !host_left(p))
			return done ? done : -EAGAIN;
		if (wait_event_interruptible(&p->wait, tx_idle(p) || host_left(p)))
			return done ? done : -ERESTARTSYS;
		if (host_left(p)) {
			if (!done)
				signal_send_task(current, SIGPIPE, NULL);
			return done ? done : -EPIPE;
		}
		n = copy_from_iter(p->tx_data, min(iter_count(from), (size_t)TX_SIZE), from);
		if (!n)
			return done ? done : -EFAULT;
		tx_send(p, (u32)n);
		done += (ssize_t)n;
	}
	if (wait)
		(void)wait_event_killable(&p->wait, tx_idle(p) || host_left(p));
	return done;
}

static ssize_t vport_write(struct file *f, struct iter *from, loff_t *pos)
{
	struct port *p = f->private;
	bool wait = !(READ_ONCE(f->flags) & O_NONBLOCK);
	ssize_t done;

	/* The one who has it may wait for the host for long. */
	if (!wait) {
		if (!mutex_trylock(&p->tx_mutex))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&p->tx_mutex)) {
		return -ERESTARTSYS;
	}
	done = write_locked(p, from, wait);
	mutex_unlock(&p->tx_mutex);
	return done;
}

static u32 vport_poll(struct file *f, struct poll_table *pt)
{
	struct port *p = f->private;
	u32 mask = 0;

	poll_wait(f, &p->wait, pt);
	if (rx_ready(p))
		mask |= POLLIN | POLLRDNORM;
	if (tx_idle(p))
		mask |= POLLOUT | POLLWRNORM;
	if (!READ_ONCE(p->open_on_host))
		mask |= POLLHUP;
	return mask;
}

static int vport_open(struct inode *inode, struct file *f)
{
	unsigned nr = MINOR(inode->rdev);

	if (nr >= MAX_PORTS || !console.port[nr].present)
		return -ENXIO;
	f->private = &console.port[nr];
	f->mode |= FMODE_STREAM;
	f->mode &= ~(u32)FMODE_LSEEK;
	return 0;
}

static const struct file_ops vport_ops = {
	.read = vport_read,
	.write = vport_write,
	.poll = vport_poll,
	.open = vport_open,
};

bool console_port_write(unsigned nr, const void *buf, size_t size)
{
	struct port *p = &console.port[nr];

	if (nr >= MAX_PORTS || !p->present)
		return false;
	guard(mutex)(&p->tx_mutex);
	for (const u8 *from = buf; size;) {
		size_t n = min(size, (size_t)TX_SIZE);

		wait_event(&p->wait, tx_idle(p) || host_left(p));
		if (host_left(p))
			return false;
		memcpy(p->tx_data, from, n);
		tx_send(p, (u32)n);
		from += n;
		size -= n;
	}
	wait_event(&p->wait, tx_idle(p) || host_left(p));
	return true;
}

static void trace_to_port(const char *text, size_t size)
{
	console_port_write(TRACE_PORT, text, size);
}

/* ---- /dev/hvc0 ---------------------------------------------------------------------------------- */
static size_t hvc_write(struct tty *tty, const u8 *buf, size_t size)
{
	struct port *p = tty_driver_data(tty);
	unsigned long flags = spin_lock_irqsave(&p->lock);
	size_t n = 0;

	tx_reap_locked(p);
	if (!p->tx_busy) {
		n = min(size, (size_t)TX_SIZE);
		memcpy(p->tx_data, buf, n);
		tx_start_locked(p, (u32)n);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return n;
}

static size_t hvc_write_room(struct tty *tty)
{
	return tx_idle(tty_driver_data(tty)) ? TX_SIZE : 0;
}

static void hvc_unthrottle(struct tty *tty)
{
	tty_feed(tty_driver_data(tty));
}

static const struct tty_driver_ops hvc_ops = {
	.unthrottle = hvc_unthrottle,
	.write = hvc_write,
	.write_room = hvc_write_room,
};

/* ---- control: ports appear, open and close -------------------------------------------------------- */
/* Sends one message and waits until the device has taken it; its answers are then in the control queue. */
static void control_send(u32 id, u16 event, u16 value)
{
	static struct virtio_console_control msg; /* boot context: one at a time */
	u32 size;

	msg = (struct virtio_console_control){ id, event, value };
	virtq_add(console.control_tx, &msg, sizeof(msg), false, &msg);
	virtq_kick(console.control_tx);
	while (!virtq_take(console.control_tx, &size))
		cpu_relax();
}

static int port_start(struct port *p)
{
	struct page *tx = page_alloc(TX_ORDER, 0);

	if (!tx)
		return -ENOMEM;
	p->tx_data = page_to_virt(tx);
	for (int i = 0; i < RX_BUFFERS; i++) {
		struct page *rx = page_alloc(0, 0);
		struct rx_buffer *b = kzalloc(sizeof(*b));

		if (!rx || !b)
			return -ENOMEM;
		b->data = page_to_virt(rx);
		give_buffer(p, b);
	}
	p->rx->done = rx_done;
	p->tx->done = tx_done;
	p->rx->owner = p->tx->owner = p;
	p->present = true;
	return 0;
}

static void port_add(u32 nr)
{
	struct port *p = &console.port[nr];
	char name[16];

	if (port_start(p)) {
		control_send(nr, VIRTIO_CONSOLE_PORT_READY, 0);
		return;
	}
	if (nr == 0) {
		if (tty_register("hvc0", MKDEV(HVC_MAJOR, 0), &hvc_ops, p, &p->tty))
			printk("virtio-console: hvc0 could not be made\n");
	} else {
		snprintf(name, sizeof(name), "vport0p%u", nr);
		if (devtmpfs_create(name, S_IFCHR | 0600, MKDEV(VPORT_MAJOR, nr)))
			printk("virtio-console: %s could not be made\n", name);
	}
	control_send(nr, VIRTIO_CONSOLE_PORT_READY, 1);
	control_send(nr, VIRTIO_CONSOLE_PORT_OPEN, 1);
	virtq_kick(p->rx);
	if (nr == TRACE_PORT)
		trace_sink = trace_to_port;
}

static void set_open(u32 nr, bool open)
{
	struct port *p = &console.port[nr];

	if (nr >= console.nr_ports)
		return;
	if (!open && p->present)
		rx_done(p->rx); /* what came before the end is read before the end */
	WRITE_ONCE(p->open_on_host, open);
	if (open)
		WRITE_ONCE(p->was_open, true);
	waitq_wake_all(&p->wait);
	waitq_wake_key(&p->wait, open ? POLLOUT : POLLIN | POLLOUT | POLLHUP, 0);
}

/* Ports are added at boot only; later, from the interrupt, only opening and closing is news. */
static void control_receive(void)
{
	struct virtio_console_control *msg, copy;
	u32 size;

	while ((msg = virtq_take(console.control_rx, &size))) {
		copy = *msg;
		virtq_add(console.control_rx, msg, CONTROL_SIZE, true, msg);
		virtq_kick(console.control_rx);
		if (copy.event == VIRTIO_CONSOLE_PORT_OPEN)
			set_open(copy.id, copy.value);
		else if (copy.event == VIRTIO_CONSOLE_PORT_ADD && copy.id < console.nr_ports)
			console.announced |= BIT(copy.id);
	}
}

static void control_done(struct virtq *vq)
{
	control_receive();
}

static int console_start(struct virtio_dev *d)
{
	u64 features;
	u8 *bufs;
	int err = virtio_negotiate(d, BIT(VIRTIO_CONSOLE_F_MULTIPORT), &features);

	if (err)
		return err;
	if (!(features & BIT(VIRTIO_CONSOLE_F_MULTIPORT)))
		return -ENODEV; /* a console without ports is not what the launcher makes */
	console.dev = d;
	console.nr_ports = min(d->transport->config32(d, 4), (u32)MAX_PORTS);
	err = virtio_setup_queues(d, 2 * ((int)console.nr_ports + 1));
	if (err)
		return err;
	for (unsigned i = 0; i < console.nr_ports; i++) {
		struct port *p = &console.port[i];
		int q = i ? 2 + 2 * (int)i : 0;

		p->nr = i;
		p->rx = &d->queue[q];
		p->tx = &d->queue[q + 1];
		spin_lock_init(&p->lock);
		mutex_init(&p->tx_mutex);
		waitq_init(&p->wait);
		list_init(&p->full);
	}
	console.control_rx = &d->queue[2];
	console.control_tx = &d->queue[3];
	bufs = kzalloc(CONTROL_BUFFERS * CONTROL_SIZE);
	if (!bufs)
		return -ENOMEM;
	virtio_ready(d);
	for (u8 *b = bufs; b < bufs + CONTROL_BUFFERS * CONTROL_SIZE; b += CONTROL_SIZE)
		virtq_add(console.control_rx, b, CONTROL_SIZE, true, b);
	virtq_kick(console.control_rx);
	return 0;
}

void virtio_console_probe(struct virtio_dev *d)
{
	int err = console.dev ? -EBUSY : console_start(d);

	if (!err)
		err = chrdev_register(MKDEV(VPORT_MAJOR, 0), MAX_PORTS, "virtio-portsdev", &vport_ops);
	if (err) {
		printk("virtio-console: not usable (%d)\n", err);
		return;
	}
	control_send(VIRTIO_CONSOLE_BAD_ID, VIRTIO_CONSOLE_DEVICE_READY, 1);
	control_receive();
	for (unsigned nr = 0; nr < console.nr_ports; nr++) {
		if (console.announced & BIT(nr))
			port_add(nr);
		control_receive(); /* what the port's messages were answered with; they need few buffers so */
	}

	unsigned long flags = arch_irq_save(); /* the interrupts come to this CPU, the boot CPU */

	console.control_rx->done = control_done;
	control_receive(); /* what came just now, unannounced */
	arch_irq_restore(flags);
}

// SPDX-License-Identifier: MIT
/*
 * The 16550 UART at COM1: ttyS0.
 *
 * Output goes straight into the transmit FIFO when it is empty; what does not fit waits in a ring that the
 * transmit interrupt drains.  Input is taken by interrupt, one byte is enough to raise it (threshold 1), and
 * only as much as the terminal has room for: then the receive interrupt is switched off until a reader made
 * room, so the UART and whoever feeds it wait and nothing is lost.
 * Locks: serial.lock (irq-safe) guards the ring and the registers and is never held while calling the
 * terminal; serial.rx_lock (irq-safe, outside the terminal's lock) keeps what two CPUs take out of the UART
 * in order.
 */
#include "kernel/arch/arch.h"
#include "kernel/arch/io.h"
#include "kernel/drv/tty.h"
#include "kernel/sync/spinlock.h"
#include <asm/termbits.h>
#include <linux/major.h>
#include <linux/serial_reg.h>

#define COM1       0x3f8
#define COM1_IRQ   4
#define FIFO_DEPTH 16
#define RING       4096
#define MAX_SPEED  115200

static struct serial {
	struct spinlock lock, rx_lock;
	struct tty *tty; /* [const] after registration */
	u8 ier; /* [lock] what UART_IER holds */
	bool throttled; /* [lock] receive interrupt off for lack of room */
	u32 head, tail; /* [lock] of ring; free-running */
	u8 ring[RING];
} com1;

static u8 reg_read(int reg)
{
	return inb(COM1 + reg);
}

static void reg_write(int reg, u8 v)
{
	outb(COM1 + reg, v);
}

static void set_ier_locked(struct serial *s, u8 ier)
{
	if (ier == s->ier)
		return;
	s->ier = ier;
	reg_write(UART_IER, ier);
}

/*
 * Moves bytes to the UART as long as it says that its FIFO is empty; the interrupt brings us back for the
 * rest.
 */
static void transmit_locked(struct serial *s)
{
	while (s->tail != s->head && (reg_read(UART_LSR) & UART_LSR_THRE)) {
		for (int i = 0; i < FIFO_DEPTH && s->tail != s->head; i++)
			reg_write(UART_TX, s->ring[s->tail++ % RING]);
	}
	set_ier_locked(s, s->tail != s->head ? s->ier | UART_IER_THRI : s->ier & ~UART_IER_THRI);
}

static size_t serial_write(struct tty *tty, const u8 *buf, size_t size)
{
	struct serial *s = tty_driver_data(tty);
	unsigned long flags = spin_lock_irqsave(&s->lock);

	size = min(size, (size_t)(RING - (s->head - s->tail)));
	for (size_t i = 0; i < size; i++)
		s->ring[s->head++ % RING] = buf[i];
	transmit_locked(s);
	spin_unlock_irqrestore(&s->lock, flags);
	return size;
}

static size_t serial_write_room(struct tty *tty)
{
	struct serial *s = tty_driver_data(tty);

	return RING - (READ_ONCE(s->head) - READ_ONCE(s->tail));
}

static size_t serial_pending(struct tty *tty)
{
	struct serial *s = tty_driver_data(tty);

	return READ_ONCE(s->head) - READ_ONCE(s->tail);
}

static void serial_flush_output(struct tty *tty)
{
	struct serial *s = tty_driver_data(tty);
	unsigned long flags = spin_lock_irqsave(&s->lock);

	s->tail = s->head;
	transmit_locked(s);
	spin_unlock_irqrestore(&s->lock, flags);
}

/* Takes at most `room` bytes out of the UART; false when it still has some. */
static bool receive_locked(struct serial *s, u8 *buf, size_t room, size_t *n)
{
	*n = 0;
	while (reg_read(UART_LSR) & UART_LSR_DR) {
		if (*n == room)
			return false;
		buf[(*n)++] = reg_read(UART_RX);
	}
	return true;
}

static void receive(struct serial *s)
{
	unsigned long rx_flags = spin_lock_irqsave(&s->rx_lock);
	u8 buf[4 * FIFO_DEPTH];
	bool empty = false;
	size_t n = 1;

	while (!empty && n) {
		size_t room = min(tty_receive_room(s->tty), sizeof(buf));
		unsigned long flags = spin_lock_irqsave(&s->lock);

		empty = receive_locked(s, buf, room, &n);
		s->throttled = !empty && !n;
		set_ier_locked(s, s->throttled ? s->ier & ~UART_IER_RDI : s->ier | UART_IER_RDI);
		spin_unlock_irqrestore(&s->lock, flags);
		if (n)
			tty_receive(s->tty, buf, n);
	}
	spin_unlock_irqrestore(&s->rx_lock, rx_flags);
}

static void serial_unthrottle(struct tty *tty)
{
	struct serial *s = tty_driver_data(tty);

	if (READ_ONCE(s->throttled))
		receive(s);
}

static void serial_interrupt(void *arg)
{
	struct serial *s = arg;
	bool drained = false;
	u8 iir;

	while (!((iir = reg_read(UART_IIR)) & UART_IIR_NO_INT)) {
		if (!READ_ONCE(s->throttled))
			receive(s);

		unsigned long flags = spin_lock_irqsave(&s->lock);
		u32 tail = s->tail;

		transmit_locked(s);
		drained |= s->tail != tail;
		spin_unlock_irqrestore(&s->lock, flags);
		if ((iir & UART_IIR_ID) == UART_IIR_MSI)
			reg_read(UART_MSR); /* reading is the acknowledgement */
	}
	if (drained)
		tty_wakeup_writers(s->tty);
}

static u8 line_control(u32 cflag)
{
	u8 lcr = (cflag & CSIZE) >> 4; /* CS5…CS8 are 0…3 at bit 4, as UART_LCR_WLEN5…8 */

	if (cflag & CSTOPB)
		lcr |= UART_LCR_STOP;
	if (cflag & PARENB)
		lcr |= UART_LCR_PARITY | (cflag & PARODD ? 0 : UART_LCR_EPAR);
	return lcr;
}

static void program_line_locked(u32 cflag, u32 speed)
{
	u32 divisor = speed ? max(MAX_SPEED / speed, 1u) : 1;
	u8 lcr = line_control(cflag);

	reg_write(UART_LCR, lcr | UART_LCR_DLAB);
	reg_write(UART_DLL, divisor & 0xff);
	reg_write(UART_DLM, divisor >> 8 & 0xff);
	reg_write(UART_LCR, lcr);
	/* Speed 0 hangs the line up: drops DTR.  OUT2 lets the interrupt through on a PC. */
	reg_write(UART_MCR, speed ? UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2 : UART_MCR_OUT2);
}

static void serial_set_line(struct tty *tty, const struct ktermios *t)
{
	struct serial *s = tty_driver_data(tty);
	unsigned long flags = spin_lock_irqsave(&s->lock);

	program_line_locked(t->c_cflag, t->c_ospeed);
	spin_unlock_irqrestore(&s->lock, flags);
}

static void serial_send_break(struct tty *tty, bool on)
{
	struct serial *s = tty_driver_data(tty);
	unsigned long flags = spin_lock_irqsave(&s->lock);
	u8 lcr = reg_read(UART_LCR);

	reg_write(UART_LCR, on ? lcr | UART_LCR_SBC : lcr & ~UART_LCR_SBC);
	spin_unlock_irqrestore(&s->lock, flags);
}

static const struct tty_driver_ops serial_ops = {
	.write = serial_write,
	.write_room = serial_write_room,
	.pending = serial_pending,
	.flush_output = serial_flush_output,
	.unthrottle = serial_unthrottle,
	.set_line = serial_set_line,
	.send_break = serial_send_break,
};

/* An absent port reads as all ones; a present one keeps what is written to its scratch register. */
static bool port_present(void)
{
	reg_write(UART_SCR, 0x5a);
	return reg_read(UART_SCR) == 0x5a;
}

static int serial_init(void)
{
	struct serial *s = &com1;
	int err;

	if (!port_present())
		return 0;
	if ((err = tty_register("ttyS0", MKDEV(TTY_MAJOR, 64), &serial_ops, s, &s->tty)))
		return err;
	if ((err = arch_irq_request(COM1_IRQ, false, serial_interrupt, s)))
		return err;

	unsigned long flags = spin_lock_irqsave(&s->lock);

	reg_write(UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_1);
	program_line_locked(CS8, MAX_SPEED);
	s->ier = 0;
	reg_write(UART_IER, 0);
	set_ier_locked(s, UART_IER_RDI);
	spin_unlock_irqrestore(&s->lock, flags);
	receive(s); /* what was typed before we listened */
	return 0;
}
INITCALL(INIT_DEVICE, serial_init);

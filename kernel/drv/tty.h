/* SPDX-License-Identifier: MIT */
/* Terminals: line discipline, job control, and the driver side (serial console, virtio console, pty). */
#pragma once

#include "kernel/fs/fs.h"

struct tty;
struct ktermios;
struct tty_driver_ops {
	/*
	 * Bytes accepted (may be fewer); process or interrupt context, may not sleep; tty locks may be
	 * held.
	 */
	size_t (*write)(struct tty *tty, const u8 *buf, size_t size);
	size_t (*write_room)(struct tty *tty);
	void (*hangup)(struct tty *tty);
	/* All below may be NULL. */
	size_t (*pending)(struct tty *tty); /* bytes accepted by write() and not yet on the wire */
	void (*flush_output)(struct tty *tty); /* forgets them */
	void (*unthrottle)(struct tty *tty); /* there is room for input again: see tty_receive_room() */
	void (*set_line)(struct tty *tty, const struct ktermios *t); /* c_cflag or speed changed */
	void (*send_break)(struct tty *tty, bool on);
};
/* Makes a terminal and its device node /dev/<name>.  ops and private must live for ever. */
int __must_check tty_register(const char *name, dev_t dev, const struct tty_driver_ops *ops, void *private,
			      struct tty **out);
/*
 * Input from the driver: any context, no driver lock held that write() takes (echo calls it).  What does not
 * fit in tty_receive_room() is lost; a driver that can hold its input back waits for unthrottle().
 */
void tty_receive(struct tty *tty, const u8 *buf, size_t size);
size_t tty_receive_room(struct tty *tty);
void tty_wakeup_writers(struct tty *tty); /* the driver has room again; any context, driver locks not held */
void tty_hangup(struct tty *tty); /* the line is gone: process context */
void *tty_driver_data(struct tty *tty);
void tty_get(struct tty *tty);
void tty_put(struct tty *tty);
/* Session leader exits: SIGHUP to the foreground group, terminal given up. */
void tty_disassociate(struct process *p);
/* vhangup(2) for the controlling terminal of current; the caller has checked CAP_SYS_TTY_CONFIG. */
void tty_vhangup_self(void);
dev_t tty_device(struct tty *tty);
pid_t tty_foreground_pgrp(struct tty *tty);
/* What /dev/console is: the last of console= on the command line. */
struct tty *tty_console(void);

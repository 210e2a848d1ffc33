/* SPDX-License-Identifier: MIT */
/* Terminals: line discipline, job control, and the driver side (serial console, virtio console, pty). */
#pragma once

#include "kernel/fs/fs.h"

struct tty;
struct tty_driver_ops {
	/* Bytes accepted (may be fewer); process context, may not sleep. */
	size_t (*write)(struct tty *tty, const u8 *buf, size_t size);
	size_t (*write_room)(struct tty *tty);
	void (*hangup)(struct tty *tty);
};
/* Makes a terminal and its device node /dev/<name>. */
int __must_check tty_register(const char *name, dev_t dev, const struct tty_driver_ops *ops, void *private, struct tty **out);
/* Input from the driver: any context. */
void tty_receive(struct tty *tty, const u8 *buf, size_t size);
void tty_wakeup_writers(struct tty *tty);
void *tty_driver_data(struct tty *tty);
void tty_get(struct tty *tty);
void tty_put(struct tty *tty);
/* Session leader exits: SIGHUP to the foreground group, terminal given up. */
void tty_disassociate(struct process *p);
dev_t tty_device(struct tty *tty);
pid_t tty_foreground_pgrp(struct tty *tty);
/* What /dev/console is: the last of console= on the command line. */
struct tty *tty_console(void);

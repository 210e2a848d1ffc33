/* SPDX-License-Identifier: MIT */
/* The virtual machine as a QEMU command line, and starting it. */
#pragma once

#include <sys/types.h>

#include "guest.h"
#include "options.h"

/* Numbers of the virtio-serial ports (docs/launcher-protocol.md). */
enum port {
	PORT_TTY,
	PORT_STDIN,
	PORT_STDOUT,
	PORT_STDERR,
	PORT_CONTROL,
	PORT_TRACE,
	PORT_COUNT,
};

/* Descriptors that QEMU inherits; -1 where it gets none. All are close-on-exec in the launcher. */
struct machine_fds {
	int initrd;
	int console; /* written: the serial line */
	int messages; /* written: QEMU's own stderr */
	int tty_in, tty_out; /* read and written: the virtual console */
	int port[PORT_COUNT]; /* sockets; none for PORT_TTY */
	int gdb; /* a listening socket */
};

/*
 * Checks the kernel file and ends the launcher when it is none that QEMU can start, or too large for the
 * memory.
 */
void machine_check_kernel(const char *kernel, uint64_t initrd_size, uint64_t memory);

/* The command, ready for execve(2). Ends the launcher when QEMU is not installed. */
struct strings machine_command(const struct options *o, const char *kernel, const struct machine_fds *fds);

/* The command as a line for a shell. */
char *machine_print(const struct strings *command);

/*
 * Starts QEMU, which is killed when the launcher dies. Returns its process id; ends the launcher on failure.
 */
pid_t machine_start(const struct strings *command, const struct machine_fds *fds);

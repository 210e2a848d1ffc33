/* SPDX-License-Identifier: MIT */
/* Both ends of every connection between the launcher and QEMU. */
#pragma once

#include "flow.h"
#include "machine.h"

enum flow_name {
	FLOW_STDIN,
	FLOW_STDOUT,
	FLOW_STDERR,
	FLOW_TTY_IN,
	FLOW_TTY_OUT,
	FLOW_CONTROL, /* from the guest */
	FLOW_CONTROL_SEND, /* to the guest */
	FLOW_TRACE,
	FLOW_CONSOLE,
	FLOW_MESSAGES, /* QEMU's */
	FLOW_COUNT,
};

struct streams {
	struct guest_streams guest;
	struct machine_fds theirs; /* QEMU's ends */
	struct flow flow[FLOW_COUNT];
	int tty; /* the caller's terminal, -1: none in use */
	int gdb_port;
};

/* Looks at the caller's descriptors 0 to 2 and decides what each becomes in the guest. */
void streams_decide(struct streams *s);

/* Makes the connections. Sinks of FLOW_CONTROL, FLOW_CONSOLE and FLOW_MESSAGES are the caller's to set. */
void streams_connect(struct streams *s, const struct options *o);

/* Closes QEMU's ends in the launcher, once QEMU has them: their end is then QEMU's end. */
void streams_give_away(struct streams *s);

/* SPDX-License-Identifier: MIT */
/* Puts together what the guest finds at its start: the files, and init's orders in /.sysgate/run. */
#pragma once

#include "image.h"
#include "options.h"

/* Where each of the program's descriptors 0 to 2 leads; the words of /.sysgate/run. */
enum stream {
	STREAM_CLOSED, /* it is closed on the host as well */
	STREAM_TTY, /* /dev/hvc0 */
	STREAM_PORT, /* its own port */
	STREAM_STDOUT, /* the same as descriptor 1, so that the order of the output is kept */
};

struct guest_streams {
	enum stream fd[3];
	unsigned int rows, columns; /* of the terminal; 0: unknown */
};

/*
 * Packs everything. `init` is the guest's init on the host. Ends the launcher when the program cannot be run.
 */
struct image *guest_pack(const struct options *o, bool shell, const char *init,
			 const struct guest_streams *streams);

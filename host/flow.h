/* SPDX-License-Identifier: MIT */
/*
 * One direction of one stream: bytes read from a descriptor, kept, and written to another or given to a
 * function.
 *
 * Nothing is lost and nothing reordered; a slow reader holds its writer back (unless `unbounded`).
 * Descriptors are only touched when poll(2) said that they are ready, because those of the caller are shared
 * and may not be made non-blocking.
 */
#pragma once

#include <poll.h>
#include "util.h"

/* Takes bytes as they come. */
typedef void flow_sink(void *context, const char *bytes, size_t size);

struct flow {
	int from, to; /* -1: ended, or none */
	bool unbounded; /* read on however much is waiting: the other side would drop it */
	bool half_close; /* `to` is a socket: shut its direction down at the end of `from` */
	size_t chunk; /* largest write that does not block after POLLOUT */
	flow_sink *sink; /* instead of `to` */
	void *context;
	int error; /* errno of a write that failed, 0: none */
	char *data;
	size_t start, size, capacity;
};

/* Fills two entries: what the flow waits for on `from` and on `to`. */
void flow_poll(const struct flow *flow, struct pollfd poll[2]);

/* Moves what can be moved. True when anything happened. */
bool flow_step(struct flow *flow, const struct pollfd poll[2]);

/* Adds bytes as if they had been read. */
void flow_put(struct flow *flow, const char *bytes, size_t size);

/* True until the source has ended and everything is written. */
bool flow_open(const struct flow *flow);

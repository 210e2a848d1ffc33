// SPDX-License-Identifier: MIT
/* Buffers, end of file and broken pipes of one stream. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"

#define READ_SIZE     (64 * 1024)
#define MAX_WAITING   (256 * 1024)
#define MAX_UNBOUNDED (64 * 1024 * 1024)

static bool wants_input(const struct flow *flow)
{
	return flow->from >= 0 && flow->size < (flow->unbounded ? MAX_UNBOUNDED : MAX_WAITING);
}

void flow_poll(const struct flow *flow, struct pollfd poll[2])
{
	poll[0] = (struct pollfd){ .fd = wants_input(flow) ? flow->from : -1, .events = POLLIN };
	/* With nothing to write, only the loss of the reader is of interest. */
	poll[1] = (struct pollfd){ .fd = flow->to, .events = flow->size ? POLLOUT : 0 };
}

static void end_source(struct flow *flow)
{
	if (flow->from > STDERR_FILENO) /* the caller's stay open, for term_restore() */
		close(flow->from);
	flow->from = -1;
}

/* Nobody reads any more. Closing the source tells its writer, as a pipe would. */
static void end_target(struct flow *flow, int error)
{
	end_source(flow);
	flow->error = error;
	flow->to = -1;
	flow->size = 0;
}

static void make_room(struct flow *flow, size_t size)
{
	if (flow->start && flow->start + flow->size + size > flow->capacity) {
		memmove(flow->data, flow->data + flow->start, flow->size);
		flow->start = 0;
	}
	if (flow->size + size > flow->capacity) {
		flow->capacity = 2 * (flow->size + size);
		flow->data = grow_memory(flow->data, flow->capacity);
	}
}

void flow_put(struct flow *flow, const char *bytes, size_t size)
{
	if (flow->to < 0)
		return;
	make_room(flow, size);
	memcpy(flow->data + flow->start + flow->size, bytes, size);
	flow->size += size;
}

static void fill(struct flow *flow)
{
	ssize_t n;

	make_room(flow, READ_SIZE);
	n = read(flow->from, flow->data + flow->start + flow->size, READ_SIZE);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		end_source(flow);
	else if (flow->sink)
		flow->sink(flow->context, flow->data + flow->start, n);
	else
		flow->size += n;
}

static void drain(struct flow *flow)
{
	ssize_t n = write(flow->to, flow->data + flow->start,
			  flow->size < flow->chunk ? flow->size : flow->chunk);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		end_target(flow, errno);
	} else if (n > 0) {
		flow->size -= n;
		flow->start = flow->size ? flow->start + n : 0;
	}
}

bool flow_step(struct flow *flow, const struct pollfd poll[2])
{
	bool moved = false;

	if (poll[0].revents && flow->from == poll[0].fd) {
		fill(flow);
		moved = true;
	}
	if (flow->to >= 0 && flow->to == poll[1].fd && poll[1].revents) {
		if (flow->size && (poll[1].revents & POLLOUT))
			drain(flow);
		else if (poll[1].revents & (POLLERR | POLLHUP | POLLNVAL))
			end_target(flow, EPIPE);
		moved = true;
	}
	if (flow->from < 0 && !flow->size && flow->to >= 0 && flow->half_close) {
		shutdown(flow->to, SHUT_WR);
		flow->half_close = false;
	}
	return moved;
}

bool flow_open(const struct flow *flow)
{
	return flow->from >= 0 || flow->size;
}

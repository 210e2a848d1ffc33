/* SPDX-License-Identifier: MIT */
/* What the tests of sockets share: addresses, pairs, connections, messages with descriptors. */
#pragma once

#include "harness.h"

#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PATH_OFF offsetof(struct sockaddr_un, sun_path)

struct address {
	struct sockaddr_un un;
	socklen_t size;
};

static inline struct address path_address(const char *path)
{
	struct address a = { .un.sun_family = AF_UNIX };

	strcpy(a.un.sun_path, path);
	a.size = PATH_OFF + strlen(path) + 1;
	return a;
}

/* A name that no other test uses: the kernel is shared by all of them. */
static inline struct address abstract_address(const char *name)
{
	struct address a = { .un.sun_family = AF_UNIX };
	int n = snprintf(a.un.sun_path + 1, sizeof(a.un.sun_path) - 1, "conform-%d-%s", getpid(), name);

	a.size = PATH_OFF + 1 + n;
	return a;
}

static inline int try_bind(int s, const struct address *a)
{
	return bind(s, (const struct sockaddr *)&a->un, a->size);
}

static inline int try_connect(int s, const struct address *a)
{
	return connect(s, (const struct sockaddr *)&a->un, a->size);
}

static inline int new_socket(int type)
{
	return CHECK_OK(socket(AF_UNIX, type, 0));
}

static inline int bound_socket(int type, const struct address *a)
{
	int s = new_socket(type);

	CHECK_OK(try_bind(s, a));
	return s;
}

static inline int listener(int type, const struct address *a, int backlog)
{
	int s = bound_socket(type, a);

	CHECK_OK(listen(s, backlog));
	return s;
}

static inline int connected_socket(int type, const struct address *a)
{
	int s = new_socket(type);

	CHECK_OK(try_connect(s, a));
	return s;
}

static inline void new_pair(int type, int fd[2])
{
	CHECK_OK(socketpair(AF_UNIX, type, 0, fd));
}

static inline short poll_now(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	CHECK_OK(poll(&p, 1, 0));
	return p.revents;
}

/* Sends one byte and n descriptors; the value of sendmsg(2). */
static inline ssize_t send_fds(int s, const int *fd, int n)
{
	char room[CMSG_SPACE(256 * sizeof(int))] __attribute__((aligned(8))) = "", byte = 'f';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = room,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fd, n * sizeof(int));
	return sendmsg(s, &m, 0);
}

/* Receives up to n descriptors with one message: how many came.  *flags: recvmsg's in, msg_flags out. */
static inline int recv_fds(int s, int *fd, int n, int *flags)
{
	char room[CMSG_SPACE(256 * sizeof(int))] __attribute__((aligned(8))) = "", byte[16];
	struct iovec iov = { byte, sizeof(byte) };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = room,
			    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c;
	int got;

	CHECK_OK(recvmsg(s, &m, *flags));
	*flags = m.msg_flags;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return 0;
	got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fd, CMSG_DATA(c), got * sizeof(int));
	return got;
}

static inline int get_int_option(int s, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	CHECK_OK(getsockopt(s, SOL_SOCKET, name, &value, &size));
	CHECK_EQ(size, sizeof(value));
	return value;
}

static inline void set_int_option(int s, int name, int value)
{
	CHECK_OK(setsockopt(s, SOL_SOCKET, name, &value, sizeof(value)));
}

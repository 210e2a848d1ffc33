// SPDX-License-Identifier: MIT
/* socketpair(2) of the Unix family: streams, datagrams, shutdown, descriptor passing. */
#include "harness.h"

#include <sys/socket.h>
#include <sys/un.h>

static int pair[2];

TEST(stream_round_trip)
{
	char buf[8] = "";

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_EQ(write(pair[0], "abc", 3), 3);
	CHECK_EQ(read(pair[1], buf, 8), 3);
	CHECK_STR(buf, "abc");
	CHECK_EQ(send(pair[1], "de", 2, 0), 2);
	CHECK_EQ(recv(pair[0], buf, 8, MSG_PEEK), 2);
	CHECK_EQ(recv(pair[0], buf, 8, 0), 2);
}

TEST(refusals)
{
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 5, pair), EPROTONOSUPPORT);
	CHECK_ERRNO(socketpair(AF_UNIX, 77, 0, pair), EINVAL);
	CHECK_ERRNO(socketpair(999, SOCK_STREAM, 0, pair), EAFNOSUPPORT);
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 0, bad_pointer()), EFAULT);
	CHECK_EQ(count_fds(), 3);
	CHECK_ERRNO(send(0, "x", 1, 0), ENOTSOCK);
	CHECK_ERRNO(recv(99, NULL, 1, 0), EBADF);
}

TEST(datagrams_keep_borders)
{
	char buf[8];

	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair));
	CHECK_EQ(fcntl(pair[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(write(pair[0], "one", 3), 3);
	CHECK_EQ(write(pair[0], "three", 5), 5);
	CHECK_EQ(read(pair[1], buf, 8), 3);
	CHECK_EQ(read(pair[1], buf, 2), 2);
	CHECK_ERRNO(read(pair[1], buf, 8), EAGAIN);
}

TEST(hang_up)
{
	char c;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	close(pair[1]);
	CHECK_EQ(read(pair[0], &c, 1), 0);
	catch_signal(SIGPIPE, 0);
	CHECK_ERRNO(write(pair[0], "x", 1), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 1);
	CHECK_ERRNO(send(pair[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 1);
}

TEST(shutdown_halves)
{
	char c;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_OK(shutdown(pair[0], SHUT_WR));
	CHECK_EQ(read(pair[1], &c, 1), 0);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(read(pair[0], &c, 1), 1);
	CHECK_ERRNO(shutdown(pair[0], 77), EINVAL);
}

TEST(descriptor_passing)
{
	char control[CMSG_SPACE(sizeof(int))] = "", data = 'd', got;
	struct iovec iov = { &data, 1 }, in = { &got, 1 };
	struct msghdr out = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct msghdr back = {
		.msg_iov = &in, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&out);
	int fds[2];

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	CHECK_OK(pipe(fds));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fds[1], sizeof(int));
	CHECK_EQ(sendmsg(pair[0], &out, 0), 1);
	close(fds[1]);
	CHECK_EQ(recvmsg(pair[1], &back, 0), 1);
	c = CMSG_FIRSTHDR(&back);
	CHECK(c);
	int fd;
	memcpy(&fd, CMSG_DATA(c), sizeof(int));
	CHECK_EQ(write(fd, "z", 1), 1);
	CHECK_EQ(read(fds[0], &got, 1), 1);
	CHECK_EQ(got, 'z');
}

TEST(poll_states)
{
	struct pollfd p;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	p = (struct pollfd){ pair[0], POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(write(pair[1], "x", 1), 1);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT);
	close(pair[1]);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK(p.revents & POLLHUP);
}

// SPDX-License-Identifier: MIT
/* Connections of the Unix family: listening, connecting, accepting, and how they end. */
#include "sock.h"

TEST(listen_needs_a_name)
{
	CHECK_ERRNO(listen(new_socket(SOCK_STREAM), 1), EINVAL);
	CHECK_ERRNO(listen(new_socket(SOCK_DGRAM), 1), EOPNOTSUPP);
	CHECK_ERRNO(accept(new_socket(SOCK_DGRAM), NULL, NULL), EOPNOTSUPP);
	CHECK_ERRNO(accept(new_socket(SOCK_STREAM), NULL, NULL), EINVAL);
}

TEST(states_of_a_connection)
{
	struct address a = abstract_address("l"), b = abstract_address("m");
	int l = listener(SOCK_STREAM, &a, 5), s, u;

	CHECK_EQ(get_int_option(l, SO_ACCEPTCONN), 1);
	CHECK_OK(listen(l, 7));
	s = connected_socket(SOCK_STREAM, &a);
	CHECK_ERRNO(try_connect(s, &a), EISCONN);
	CHECK_ERRNO(listen(s, 1), EINVAL);
	CHECK_OK(try_bind(s, &b)); /* a connected socket may still be named */
	CHECK_ERRNO(listen(s, 1), EINVAL);
	CHECK_ERRNO(try_connect(l, &a), EINVAL);
	u = bound_socket(SOCK_STREAM, &(struct address){ .un.sun_family = AF_UNIX, .size = 2 });
	CHECK_ERRNO(read(u, &s, 1), EINVAL);
	CHECK_ERRNO(write(u, "x", 1), ENOTCONN);
	CHECK_ERRNO(read(l, &s, 1), EINVAL);
	CHECK_ERRNO(write(l, "x", 1), ENOTCONN);
}

TEST(nobody_listens)
{
	struct address a = abstract_address("b");

	bound_socket(SOCK_STREAM, &a);
	CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), ECONNREFUSED);
}

TEST(bytes_before_accept)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 5), s = connected_socket(SOCK_STREAM, &a), c;
	char buf[8] = "";

	CHECK_EQ(write(s, "early", 5), 5);
	CHECK_OK(shutdown(s, SHUT_WR));
	c = CHECK_OK(accept(l, NULL, NULL));
	CHECK_EQ(read(c, buf, 8), 5);
	CHECK_STR(buf, "early");
	CHECK_EQ(read(c, buf, 8), 0);
	CHECK_EQ(write(c, "reply", 5), 5);
	CHECK_EQ(read(s, buf, 8), 5);
}

TEST(a_full_backlog)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 1), s;

	connected_socket(SOCK_STREAM, &a);
	connected_socket(SOCK_STREAM, &a); /* one more than the backlog says */
	s = CHECK_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	CHECK_ERRNO(try_connect(s, &a), EAGAIN);
	CHECK_OK(accept(l, NULL, NULL));
	CHECK_OK(try_connect(s, &a));
	CHECK_OK(listen(l, 5));
	connected_socket(SOCK_STREAM, &a);
}

TEST(backlog_of_zero_and_less)
{
	struct address a = abstract_address("l"), b = abstract_address("m");
	int s = CHECK_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));

	listener(SOCK_STREAM, &a, 0);
	connected_socket(SOCK_STREAM, &a);
	CHECK_ERRNO(try_connect(s, &a), EAGAIN);
	listener(SOCK_STREAM, &b, -1);
	connected_socket(SOCK_STREAM, &b);
	CHECK_OK(try_connect(s, &b));
}

TEST(connect_waits_for_room)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 0);
	pid_t child;

	connected_socket(SOCK_STREAM, &a);
	child = CHILD(connected_socket(SOCK_STREAM, &a));
	wait_asleep(child);
	CHECK_OK(accept(l, NULL, NULL));
	JOIN(child);
}

TEST(connect_waits_and_the_listener_goes)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 0);
	pid_t child;

	connected_socket(SOCK_STREAM, &a);
	child = CHILD({
		close(l);
		CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), ECONNREFUSED);
	});
	wait_asleep(child);
	close(l);
	JOIN(child);
}

TEST(connect_with_a_time_limit)
{
	struct address a = abstract_address("l");
	struct timeval tv = { 0, 20000 };
	int s = new_socket(SOCK_STREAM);

	listener(SOCK_STREAM, &a, 0);
	connected_socket(SOCK_STREAM, &a);
	CHECK_OK(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	CHECK_ERRNO(try_connect(s, &a), EAGAIN);
}

TEST(accept_without_anybody)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 1);
	struct timeval tv = { 0, 20000 };

	CHECK_OK(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	CHECK_ERRNO(accept(l, NULL, NULL), EAGAIN);
	CHECK_OK(fcntl(l, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(accept(l, NULL, NULL), EAGAIN);
}

TEST(accept_and_a_bad_address)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 5), s = connected_socket(SOCK_STREAM, &a), before = count_fds();
	socklen_t size = 16;
	char c;

	CHECK_ERRNO(accept(l, (void *)&a.un, bad_pointer()), EFAULT);
	CHECK_EQ(count_fds(), before);
	CHECK_EQ(read(s, &c, 1), 0); /* that connection is gone */
	connected_socket(SOCK_STREAM, &a);
	CHECK_ERRNO(accept(l, bad_pointer(), &size), EFAULT);
}

TEST(a_listener_that_shuts_down)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 5);
	pid_t child = CHILD(CHECK_ERRNO(accept(l, NULL, NULL), EINVAL));

	wait_asleep(child);
	CHECK_OK(shutdown(l, SHUT_RD));
	JOIN(child);
	CHECK_ERRNO(accept(l, NULL, NULL), EINVAL);
	CHECK_ERRNO(try_connect(new_socket(SOCK_STREAM), &a), ECONNREFUSED);
	CHECK_EQ(poll_now(l, POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
}

TEST(a_listener_that_closes_resets)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 5), s = connected_socket(SOCK_STREAM, &a);
	char c;

	close(l);
	CHECK_EQ(poll_now(s, POLLIN), POLLIN | POLLHUP | POLLERR);
	CHECK_ERRNO(read(s, &c, 1), ECONNRESET);
	CHECK_EQ(read(s, &c, 1), 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(s, "x", 1), EPIPE);
}

// SPDX-License-Identifier: MIT
/* Datagrams and sequenced packets of the Unix family. */
#include "sock.h"

static int fd[2];

static ssize_t send_to(int s, const void *buf, size_t size, const struct address *a)
{
	return sendto(s, buf, size, 0, (const struct sockaddr *)&a->un, a->size);
}

TEST(to_an_address_and_back)
{
	struct address a = abstract_address("server"), b = path_address("client");
	int s = bound_socket(SOCK_DGRAM, &a), c = bound_socket(SOCK_DGRAM, &b);
	struct sockaddr_un un;
	socklen_t size = sizeof(un);
	char buf[8] = "";

	CHECK_EQ(send_to(c, "ask", 3, &a), 3);
	CHECK_EQ(recvfrom(s, buf, 8, 0, (void *)&un, &size), 3);
	CHECK_EQ(size, b.size);
	CHECK_STR(un.sun_path, "client");
	CHECK_EQ(sendto(s, "answer", 6, 0, (void *)&un, size), 6);
	CHECK_EQ(recv(c, buf, 8, 0), 6);
	CHECK_EQ(send_to(new_socket(SOCK_DGRAM), "x", 1, &a), 1);
	size = sizeof(un);
	CHECK_EQ(recvfrom(s, buf, 8, 0, (void *)&un, &size), 1);
	CHECK_EQ(size, 0);
}

TEST(where_to_is_needed)
{
	struct address a = abstract_address("nobody"), bad = path_address("x");
	int s = new_socket(SOCK_DGRAM);

	CHECK_ERRNO(write(s, "x", 1), ENOTCONN);
	CHECK_ERRNO(send_to(s, "x", 1, &a), ECONNREFUSED);
	CHECK_ERRNO(send_to(s, "x", 1, &bad), ENOENT);
	bad.un.sun_family = AF_INET;
	CHECK_ERRNO(send_to(s, "x", 1, &bad), EINVAL);
	CHECK_ERRNO(send(s, "x", 1, MSG_OOB), EOPNOTSUPP);
	CHECK_ERRNO(recv(s, &s, 1, MSG_OOB), EOPNOTSUPP);
	CHECK_ERRNO(recv(s, &s, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(borders_and_truncation)
{
	char buf[8] = "";

	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[0], "12345", 5), 5);
	CHECK_EQ(write(fd[0], "67", 2), 2);
	CHECK_EQ(write(fd[0], "abcdef", 6), 6);
	CHECK_EQ(read(fd[1], buf, 3), 3);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_TRUNC), 2);
	CHECK_EQ(recv(fd[1], buf, 1, MSG_TRUNC | MSG_PEEK), 6);
	CHECK_EQ(recv(fd[1], NULL, 0, 0), 0);
	CHECK_ERRNO(recv(fd[1], buf, 8, MSG_DONTWAIT), EAGAIN);
}

TEST(truncation_is_told)
{
	char buf[4];
	struct iovec iov = { buf, 4 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[0], "123456", 6), 6);
	CHECK_EQ(write(fd[0], "1234", 4), 4);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 4);
	CHECK_EQ(m.msg_flags, MSG_TRUNC);
	CHECK_EQ(recvmsg(fd[1], &m, MSG_CMSG_CLOEXEC), 4);
	CHECK_EQ(m.msg_flags, MSG_CMSG_CLOEXEC);
}

TEST(empty_datagrams)
{
	char c;

	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[0], "", 0), 0);
	CHECK_EQ(send(fd[0], "", 0, 0), 0);
	CHECK_EQ(poll_now(fd[1], POLLIN), POLLIN);
	CHECK_EQ(read(fd[1], &c, 0), 0); /* takes nothing */
	CHECK_EQ(read(fd[1], &c, 1), 0);
	CHECK_EQ(recv(fd[1], &c, 1, MSG_PEEK), 0);
	CHECK_EQ(recv(fd[1], &c, 1, 0), 0);
	CHECK_ERRNO(recv(fd[1], &c, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(peek_at_an_offset)
{
	char buf[8] = "";

	new_pair(SOCK_DGRAM, fd);
	set_int_option(fd[1], SO_PEEK_OFF, 0);
	CHECK_EQ(write(fd[0], "abc", 3), 3);
	CHECK_EQ(write(fd[0], "defg", 4), 4);
	CHECK_EQ(recv(fd[1], buf, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_PEEK), 1);
	CHECK_EQ(buf[0], 'c');
	CHECK_EQ(recv(fd[1], buf, 8, MSG_PEEK), 4);
	CHECK_ERRNO(recv(fd[1], buf, 8, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 3);
	CHECK_EQ(get_int_option(fd[1], SO_PEEK_OFF), 4);
}

TEST(sizes)
{
	static unsigned char out[300000], in[300000];
	static const size_t sizes[] = { 1, 3776, 3777, 4095, 4096, 4097, 16064, 16065, 20160, 65536, 212960 };

	new_pair(SOCK_DGRAM, fd);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i * 11 + i / 253);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK_EQ(write(fd[0], out, sizes[i]), sizes[i]);
		CHECK_EQ(read(fd[1], in, sizeof(in)), sizes[i]);
		CHECK_MEM(in, out, sizes[i]);
	}
	CHECK_ERRNO(write(fd[0], out, 212961), EMSGSIZE);
	set_int_option(fd[0], SO_SNDBUF, 4096);
	CHECK_EQ(write(fd[0], out, 8192 - 32), 8192 - 32);
	CHECK_ERRNO(write(fd[0], out, 8192 - 31), EMSGSIZE);
}

TEST(a_pair_is_limited_by_its_buffer)
{
	int n = 0;

	new_pair(SOCK_DGRAM | SOCK_NONBLOCK, fd);
	while (write(fd[0], "x", 1) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 278);
	CHECK_EQ(poll_now(fd[0], POLLOUT), 0);
}

TEST(others_are_limited_by_the_queue)
{
	struct address a = abstract_address("server");
	int s = bound_socket(SOCK_DGRAM, &a), c = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)),
	    n = 0;
	int limit = atoi(get_file("/proc/sys/net/unix/max_dgram_qlen"));
	char x;

	while (send_to(c, "x", 1, &a) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, limit + 1);
	CHECK_EQ(poll_now(c, POLLOUT), POLLOUT); /* it has no peer: nothing to wait for */
	CHECK_OK(try_connect(c, &a));
	CHECK_EQ(poll_now(c, POLLOUT), 0);
	CHECK_ERRNO(write(c, "x", 1), EAGAIN);
	CHECK_EQ(read(s, &x, 1), 1);
	CHECK_EQ(poll_now(c, POLLOUT), POLLOUT);
	CHECK_EQ(write(c, "x", 1), 1);
}

TEST(poll_wakes_when_the_peer_has_room)
{
	struct address a = abstract_address("server");
	int s = bound_socket(SOCK_DGRAM, &a), c = CHECK_OK(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
	struct pollfd p = { c, POLLOUT, 0 };
	pid_t child;
	char x;

	CHECK_OK(try_connect(c, &a));
	while (write(c, "x", 1) == 1)
		;
	child = CHILD({
		sleep_ms(30);
		CHECK_EQ(read(s, &x, 1), 1);
	});
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLOUT);
	JOIN(child);
}

TEST(a_sender_waits_for_room_in_the_queue)
{
	struct address a = abstract_address("server");
	int s = bound_socket(SOCK_DGRAM, &a), c = new_socket(SOCK_DGRAM);
	pid_t child;
	char x;

	while (sendto(c, "x", 1, MSG_DONTWAIT, (void *)&a.un, a.size) == 1)
		;
	child = CHILD({
		close(s);
		CHECK_EQ(send_to(c, "x", 1, &a), 1);
	});
	wait_asleep(child);
	CHECK_EQ(read(s, &x, 1), 1);
	JOIN(child);
	child = CHILD({
		close(s);
		CHECK_ERRNO(send_to(c, "x", 1, &a), ECONNREFUSED);
	});
	wait_asleep(child);
	close(s);
	JOIN(child);
}

TEST(a_sender_with_a_time_limit)
{
	struct address a = abstract_address("server");
	struct timeval tv = { 0, 20000 };
	int c = new_socket(SOCK_DGRAM);

	bound_socket(SOCK_DGRAM, &a);
	CHECK_OK(setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	while (send_to(c, "x", 1, &a) == 1)
		;
	CHECK_EQ(errno, EAGAIN);
}

TEST(connected_sockets_talk_to_their_peer_alone)
{
	struct address a = abstract_address("a"), b = abstract_address("b"), c = abstract_address("c");
	int sa = bound_socket(SOCK_DGRAM, &a), sb = bound_socket(SOCK_DGRAM, &b),
	    sc = bound_socket(SOCK_DGRAM, &c);
	char x;

	CHECK_OK(try_connect(sa, &b));
	CHECK_ERRNO(send_to(sc, "x", 1, &a), EPERM); /* a is b's */
	CHECK_ERRNO(try_connect(sc, &a), EPERM);
	CHECK_EQ(send_to(sb, "x", 1, &a), 1);
	CHECK_EQ(read(sa, &x, 1), 1);
	CHECK_EQ(send_to(sa, "y", 1, &c), 1); /* an address wins over the peer */
	CHECK_EQ(read(sc, &x, 1), 1);
	CHECK_OK(try_connect(sa, &c)); /* and the peer may change */
	CHECK_EQ(write(sa, "z", 1), 1);
	CHECK_EQ(read(sc, &x, 1), 1);
}

TEST(disconnect)
{
	struct address a = abstract_address("a");
	struct sockaddr_un un = { .sun_family = AF_UNSPEC };
	socklen_t size = sizeof(un);
	int s = new_socket(SOCK_DGRAM);

	bound_socket(SOCK_DGRAM, &a);
	CHECK_OK(try_connect(s, &a));
	CHECK_EQ(write(s, "x", 1), 1);
	CHECK_OK(connect(s, (void *)&un, 2));
	CHECK_ERRNO(write(s, "x", 1), ENOTCONN);
	CHECK_ERRNO(getpeername(s, (void *)&un, &size), ENOTCONN);
	un.sun_family = AF_UNSPEC;
	CHECK_OK(connect(s, (void *)&un, sizeof(un)));
	CHECK_ERRNO(connect(s, (void *)&un, 1), EINVAL);
	CHECK_ERRNO(connect(new_socket(SOCK_STREAM), (void *)&un, sizeof(un)), EINVAL);
}

TEST(disconnecting_drops_what_came_and_tells)
{
	struct sockaddr_un un = { .sun_family = AF_UNSPEC };
	char c;

	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_OK(connect(fd[0], (void *)&un, 2));
	CHECK_ERRNO(recv(fd[0], &c, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_ERRNO(recv(fd[1], &c, 1, MSG_DONTWAIT), ECONNRESET);
	CHECK_ERRNO(recv(fd[1], &c, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(the_peer_is_gone)
{
	struct address a = abstract_address("a");
	int s = bound_socket(SOCK_DGRAM, &a), c = connected_socket(SOCK_DGRAM, &a);
	char x;

	close(s);
	CHECK_EQ(poll_now(c, POLLIN | POLLOUT), POLLOUT);
	CHECK_ERRNO(write(c, "x", 1), ECONNREFUSED);
	CHECK_ERRNO(write(c, "x", 1), ENOTCONN);
	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	close(fd[1]);
	CHECK_EQ(read(fd[0], &x, 1), 1); /* no end of file: */
	CHECK_ERRNO(recv(fd[0], &x, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(shutdown_of_datagrams)
{
	char c;

	catch_signal(SIGPIPE, 0);
	new_pair(SOCK_DGRAM, fd);
	CHECK_OK(shutdown(fd[0], SHUT_WR));
	CHECK_ERRNO(write(fd[0], "x", 1), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 0);
	CHECK_OK(shutdown(fd[0], SHUT_RD));
	CHECK_ERRNO(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(read(fd[0], &c, 1), 0);
	CHECK_ERRNO(recv(fd[0], &c, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(poll_now(fd[0], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	CHECK_EQ(poll_now(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
}

TEST(a_fault_loses_the_datagram)
{
	char c;

	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[0], "lost", 4), 4);
	CHECK_EQ(write(fd[0], "y", 1), 1);
	CHECK_ERRNO(read(fd[1], bad_pointer(), 4), EFAULT);
	CHECK_EQ(read(fd[1], &c, 1), 1);
	CHECK_EQ(c, 'y');
	CHECK_ERRNO(write(fd[0], page_edge() - 1, 2), EFAULT);
	CHECK_ERRNO(recv(fd[1], &c, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(to_itself)
{
	struct address a = abstract_address("me");
	int s = bound_socket(SOCK_DGRAM, &a);
	char c;

	CHECK_EQ(send_to(s, "x", 1, &a), 1);
	CHECK_EQ(read(s, &c, 1), 1);
	CHECK_OK(try_connect(s, &a));
	CHECK_EQ(write(s, "y", 1), 1);
	CHECK_EQ(read(s, &c, 1), 1);
}

TEST(reading_waits)
{
	struct timeval tv = { 0, 20000 };
	pid_t child;
	char c;

	new_pair(SOCK_DGRAM, fd);
	child = CHILD({
		sleep_ms(30);
		CHECK_EQ(write(fd[1], "x", 1), 1);
	});
	CHECK_EQ(read(fd[0], &c, 1), 1);
	JOIN(child);
	CHECK_OK(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	CHECK_ERRNO(read(fd[0], &c, 1), EAGAIN);
}

TEST(a_reader_hears_of_shutdown)
{
	pid_t child;
	char c;

	new_pair(SOCK_DGRAM, fd);
	child = CHILD(CHECK_EQ(read(fd[0], &c, 1), 0));
	wait_asleep(child);
	CHECK_OK(shutdown(fd[0], SHUT_RD));
	JOIN(child);
}

TEST(many_messages_in_one_call)
{
	struct iovec out[3] = { { "a", 1 }, { "bcd", 3 }, { "", 0 } }, in[4];
	char buf[4][8];
	struct mmsghdr s[3], r[4];
	struct timespec limit = { 5, 0 };

	memset(s, 0, sizeof(s));
	memset(r, 0, sizeof(r));
	for (int i = 0; i < 3; i++) {
		s[i].msg_hdr.msg_iov = &out[i];
		s[i].msg_hdr.msg_iovlen = 1;
	}
	for (int i = 0; i < 4; i++) {
		in[i] = (struct iovec){ buf[i], 8 };
		r[i].msg_hdr.msg_iov = &in[i];
		r[i].msg_hdr.msg_iovlen = 1;
	}
	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(sendmmsg(fd[0], s, 3, 0), 3);
	CHECK_EQ(s[1].msg_len, 3);
	CHECK_EQ(recvmmsg(fd[1], r, 4, MSG_DONTWAIT, NULL), 3);
	CHECK_EQ(r[0].msg_len, 1);
	CHECK_EQ(r[1].msg_len, 3);
	CHECK_EQ(r[2].msg_len, 0);
	CHECK_MEM(buf[1], "bcd", 3);
	CHECK_EQ(sendmmsg(fd[0], s, 2, 0), 2);
	CHECK_EQ(recvmmsg(fd[1], r, 4, MSG_WAITFORONE, &limit), 2);
	CHECK(limit.tv_sec < 5 && limit.tv_sec >= 0);
	CHECK_ERRNO(recvmmsg(fd[1], r, 4, MSG_DONTWAIT, NULL), EAGAIN);
	CHECK_EQ(sendmmsg(fd[0], s, 0, 0), 0);
	limit.tv_nsec = 1000000000;
	CHECK_ERRNO(recvmmsg(fd[1], r, 1, 0, &limit), EINVAL);
	CHECK_ERRNO(recvmmsg(99, r, 1, 0, &limit), EINVAL);
	CHECK_ERRNO(recvmmsg(99, r, 1, 0, NULL), EBADF);
}

TEST(an_error_among_many_messages)
{
	struct iovec out[2] = { { "a", 1 }, { NULL, 1 } };
	struct mmsghdr s[2];

	out[1].iov_base = bad_pointer();
	memset(s, 0, sizeof(s));
	for (int i = 0; i < 2; i++) {
		s[i].msg_hdr.msg_iov = &out[i];
		s[i].msg_hdr.msg_iovlen = 1;
	}
	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(sendmmsg(fd[0], s, 2, 0), 1);
	CHECK_ERRNO(sendmmsg(fd[0], s + 1, 1, 0), EFAULT);
	CHECK_EQ(write(fd[0], "b", 1), 1);
	s[0].msg_hdr.msg_iov->iov_base = (char[]){ 0 };
	CHECK_EQ(recvmmsg(fd[1], s, 2, 0, NULL), 1); /* the second fault is kept */
	CHECK_ERRNO(recvmmsg(fd[1], s, 1, MSG_DONTWAIT, NULL), EFAULT);
	CHECK_ERRNO(recvmmsg(fd[1], s, 1, MSG_DONTWAIT, NULL), EAGAIN);
}

static void *take_messages(void *arg)
{
	char buf[8];
	long n = 0;

	while (read(fd[1], buf, sizeof(buf)) == 2)
		n++;
	return (void *)n;
}

TEST(every_message_has_one_reader)
{
	pthread_t t[4];
	long sum = 0;

	new_pair(SOCK_DGRAM, fd);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, take_messages, NULL), 0);
	for (int i = 0; i < 1000; i++)
		CHECK_EQ(write(fd[0], "ab", 2), 2);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(write(fd[0], "c", 1), 1);
	for (int i = 0; i < 4; i++) {
		void *part;

		CHECK_EQ(pthread_join(t[i], &part), 0);
		sum += (long)part;
	}
	CHECK_EQ(sum, 1000);
}

/* ---- sequenced packets: connected like streams, with borders like datagrams ---- */

TEST(packets_over_a_connection)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_SEQPACKET, &a, 1), s = connected_socket(SOCK_SEQPACKET, &a), c;
	char buf[8] = "";

	c = CHECK_OK(accept(l, NULL, NULL));
	CHECK_EQ(send(s, "one", 3, MSG_EOR), 3);
	CHECK_EQ(write(s, "two2", 4), 4);
	CHECK_EQ(read(c, buf, 2), 2);
	CHECK_EQ(read(c, buf, 8), 4);
	CHECK_ERRNO(try_connect(s, &a), EISCONN);
	CHECK_EQ(sendto(s, "x", 1, 0, (void *)&a.un, a.size), 1); /* the address is not looked at */
	CHECK_EQ(sendto(s, "y", 1, 0, (void *)"rubbish", 7), 1);
	CHECK_EQ(read(c, buf, 8), 1);
}

TEST(packets_need_a_connection)
{
	struct address a = abstract_address("l");
	int s = new_socket(SOCK_SEQPACKET), l = listener(SOCK_SEQPACKET, &a, 1);
	char c;

	CHECK_ERRNO(write(s, "x", 1), ENOTCONN);
	CHECK_ERRNO(read(s, &c, 1), ENOTCONN);
	CHECK_ERRNO(read(l, &c, 1), ENOTCONN);
	CHECK_EQ(poll_now(s, POLLIN | POLLOUT), POLLOUT | POLLHUP);
	CHECK_EQ(poll_now(l, POLLIN | POLLOUT), 0);
	CHECK_ERRNO(sendto(s, "x", 1, 0, (void *)&a.un, a.size), ENOTCONN);
}

TEST(the_end_of_packets)
{
	char c;

	catch_signal(SIGPIPE, 0);
	new_pair(SOCK_SEQPACKET, fd);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	close(fd[1]);
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(read(fd[0], &c, 1), 0);
	CHECK_EQ(recv(fd[0], &c, 1, MSG_DONTWAIT), 0);
	CHECK_ERRNO(write(fd[0], "x", 1), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 0);
	CHECK_EQ(poll_now(fd[0], POLLIN | POLLOUT), POLLIN | POLLOUT | POLLHUP);
	new_pair(SOCK_SEQPACKET, fd);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	close(fd[1]);
	CHECK_ERRNO(write(fd[0], "x", 1), ECONNRESET);
	CHECK_ERRNO(write(fd[0], "x", 1), EPIPE);
}

TEST(a_packet_reader_hears_of_the_close)
{
	pid_t child;
	char c;

	new_pair(SOCK_SEQPACKET, fd);
	child = CHILD({
		close(fd[1]);
		CHECK_EQ(read(fd[0], &c, 1), 0);
	});
	wait_asleep(child);
	close(fd[1]);
	JOIN(child);
}

TEST(a_pair_of_packets_and_shutdown)
{
	char c;

	new_pair(SOCK_SEQPACKET, fd);
	CHECK_OK(shutdown(fd[0], SHUT_WR));
	CHECK_ERRNO(write(fd[0], "x", 1), EPIPE);
	CHECK_EQ(read(fd[1], &c, 1), 0);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(read(fd[0], &c, 1), 1);
}

// SPDX-License-Identifier: MIT
/* Streams of the Unix family: bytes, ends, blocking, polling, the urgent byte. */
#include "sock.h"

static int fd[2];

TEST(unread_bytes_reset)
{
	char c;

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "lost", 4), 4);
	close(fd[1]);
	CHECK_EQ(get_int_option(fd[0], SO_ERROR), ECONNRESET);
	CHECK_EQ(get_int_option(fd[0], SO_ERROR), 0);
	CHECK_EQ(read(fd[0], &c, 1), 0);
}

TEST(bytes_sent_before_the_close_are_read)
{
	char buf[8];

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[1], "left", 4), 4);
	close(fd[1]);
	CHECK_EQ(read(fd[0], buf, 8), 4);
	CHECK_EQ(read(fd[0], buf, 8), 0);
}

TEST(writes_flow_together)
{
	char buf[8] = "";

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "ab", 2), 2);
	CHECK_EQ(write(fd[0], "cde", 3), 3);
	CHECK_EQ(read(fd[1], buf, 3), 3);
	CHECK_STR(buf, "abc");
	CHECK_EQ(read(fd[1], buf, 8), 2);
}

TEST(nothing_to_move)
{
	char c;

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "", 0), 0);
	CHECK_EQ(send(fd[0], "", 0, 0), 0);
	CHECK_EQ(read(fd[1], &c, 0), 0);
	CHECK_ERRNO(recv(fd[1], &c, 0, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	CHECK_EQ(recv(fd[1], &c, 0, 0), 0);
	CHECK_EQ(recv(fd[1], &c, 1, 0), 1);
}

TEST(peek)
{
	char buf[8] = "";

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "ab", 2), 2);
	CHECK_EQ(write(fd[0], "cd", 2), 2);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_PEEK), 4);
	CHECK_STR(buf, "abcd");
	CHECK_EQ(recv(fd[1], buf, 3, MSG_PEEK), 3);
	CHECK_EQ(recv(fd[1], buf, 1, 0), 1);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_PEEK), 3);
}

TEST(peek_at_an_offset)
{
	char buf[8] = "";

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(get_int_option(fd[1], SO_PEEK_OFF), -1);
	set_int_option(fd[1], SO_PEEK_OFF, 1);
	CHECK_EQ(write(fd[0], "abcdef", 6), 6);
	CHECK_EQ(recv(fd[1], buf, 2, MSG_PEEK), 2);
	CHECK_STR(buf, "bc");
	CHECK_EQ(recv(fd[1], buf, 2, MSG_PEEK), 2);
	CHECK_STR(buf, "de");
	CHECK_EQ(get_int_option(fd[1], SO_PEEK_OFF), 5);
	CHECK_EQ(recv(fd[1], buf, 4, 0), 4);
	CHECK_STR(buf, "abcd");
	CHECK_EQ(get_int_option(fd[1], SO_PEEK_OFF), 1);
	CHECK_EQ(recv(fd[1], buf, 4, MSG_PEEK), 1);
	CHECK_ERRNO(recv(fd[1], buf, 4, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
}

TEST(waitall_waits_for_all)
{
	char buf[8] = "";
	pid_t child;

	new_pair(SOCK_STREAM, fd);
	child = CHILD({
		sleep_ms(30);
		CHECK_EQ(write(fd[0], "ab", 2), 2);
		sleep_ms(30);
		CHECK_EQ(write(fd[0], "cdef", 4), 4);
	});
	CHECK_EQ(recv(fd[1], buf, 5, MSG_WAITALL), 5);
	CHECK_STR(buf, "abcde");
	JOIN(child);
	CHECK_OK(shutdown(fd[0], SHUT_WR));
	CHECK_EQ(recv(fd[1], buf, 5, MSG_WAITALL), 1);
}

TEST(low_water_mark)
{
	char buf[8];
	pid_t child;

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(get_int_option(fd[1], SO_RCVLOWAT), 1);
	set_int_option(fd[1], SO_RCVLOWAT, 3);
	child = CHILD({
		CHECK_EQ(write(fd[0], "ab", 2), 2);
		sleep_ms(50);
		CHECK_EQ(write(fd[0], "c", 1), 1);
	});
	CHECK_EQ(recv(fd[1], buf, 8, 0), 3);
	JOIN(child);
}

TEST(how_much_fits)
{
	int n = 0;

	new_pair(SOCK_STREAM | SOCK_NONBLOCK, fd);
	while (write(fd[0], "x", 1) == 1)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 278); /* 768 bytes each are charged */
	CHECK_EQ(poll_now(fd[0], POLLOUT), 0);
}

TEST(how_much_fits_of_large_writes)
{
	static char big[1 << 20];
	ssize_t n;

	new_pair(SOCK_STREAM | SOCK_NONBLOCK, fd);
	n = CHECK_OK(write(fd[0], big, sizeof(big)));
	CHECK_EQ(n, 219264);
	CHECK_ERRNO(write(fd[0], big, 1), EAGAIN);
	CHECK_EQ(read(fd[1], big, 100000), 100000);
}

TEST(writable_again_at_a_quarter)
{
	char c;
	int n = 0;

	new_pair(SOCK_STREAM | SOCK_NONBLOCK, fd);
	while (write(fd[0], "x", 1) == 1)
		;
	while (poll_now(fd[0], POLLOUT) == 0) {
		CHECK_EQ(read(fd[1], &c, 1), 1);
		n++;
	}
	CHECK_EQ(n, 209);
	CHECK_EQ(write(fd[0], "x", 1), 1);
}

TEST(a_small_buffer)
{
	char buf[4096] = "";
	ssize_t n;

	new_pair(SOCK_STREAM | SOCK_NONBLOCK, fd);
	set_int_option(fd[0], SO_SNDBUF, 1);
	CHECK_EQ(get_int_option(fd[0], SO_SNDBUF), 4608);
	n = CHECK_OK(write(fd[0], buf, sizeof(buf)));
	CHECK_EQ(n, 4096);
	CHECK_ERRNO(write(fd[0], buf, 1), EAGAIN);
}

TEST(a_writer_waits_for_room)
{
	static char big[1 << 20];
	size_t n = 0;
	pid_t child;

	new_pair(SOCK_STREAM, fd);
	child = CHILD(CHECK_EQ(write(fd[0], big, sizeof(big)), sizeof(big)));
	close(fd[0]);
	while (n < sizeof(big)) {
		ssize_t got = CHECK_OK(read(fd[1], big, 60000));

		CHECK(got > 0);
		n += got;
	}
	JOIN(child);
	CHECK_EQ(read(fd[1], big, 1), 0);
}

TEST(large_transfers_keep_their_bytes)
{
	static unsigned char out[300000], in[300000];
	size_t n = 0;
	pid_t child;

	new_pair(SOCK_STREAM, fd);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i * 7 + i / 251);
	child = CHILD({
		struct iovec v[3] = { { out, 5 },
				      { out + 5, 100000 },
				      { out + 100005, sizeof(out) - 100005 } };

		CHECK_EQ(writev(fd[0], v, 3), sizeof(out));
	});
	while (n < sizeof(in)) {
		size_t part = 1 + n * 13 % 50000;

		n += CHECK_OK(read(fd[1], in + n, part < sizeof(in) - n ? part : sizeof(in) - n));
	}
	CHECK_MEM(in, out, sizeof(in));
	JOIN(child);
}

TEST(a_writer_hears_of_the_close)
{
	static char big[1 << 20];
	pid_t child;

	new_pair(SOCK_STREAM, fd);
	child = CHILD({
		close(fd[1]);
		signal(SIGPIPE, SIG_IGN);
		CHECK(write(fd[0], big, sizeof(big)) > 0); /* what went out before the end */
		CHECK_ERRNO(write(fd[0], big, sizeof(big)), EPIPE);
	});
	wait_asleep(child);
	close(fd[1]);
	JOIN(child);
}

TEST(partial_write_before_a_fault)
{
	char *edge = page_edge();
	char buf[64];

	new_pair(SOCK_STREAM, fd);
	CHECK_ERRNO(write(fd[0], edge - 10, 20), EFAULT);
	CHECK_ERRNO(recv(fd[1], buf, 64, MSG_DONTWAIT), EAGAIN);
}

TEST(a_read_into_bad_memory_loses_nothing)
{
	char buf[8] = "";

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "keep", 4), 4);
	CHECK_ERRNO(read(fd[1], bad_pointer(), 4), EFAULT);
	CHECK_ERRNO(read(fd[1], page_edge() - 2, 4), EFAULT);
	CHECK_EQ(read(fd[1], buf, 8), 4);
	CHECK_STR(buf, "keep");
}

TEST(shutdown_ends_both_directions)
{
	char c;

	signal(SIGPIPE, SIG_IGN);
	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_OK(shutdown(fd[0], SHUT_RD));
	CHECK_EQ(read(fd[0], &c, 1), 1); /* what had come is still there */
	CHECK_EQ(read(fd[0], &c, 1), 0);
	CHECK_ERRNO(write(fd[1], "x", 1), EPIPE);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	CHECK_OK(shutdown(fd[0], SHUT_RDWR));
	CHECK_EQ(poll_now(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	CHECK_OK(shutdown(fd[0], SHUT_RDWR));
	CHECK_OK(shutdown(new_socket(SOCK_STREAM), SHUT_RDWR)); /* nobody minds */
	CHECK_ERRNO(shutdown(fd[0], 3), EINVAL);
	CHECK_ERRNO(shutdown(fd[0], -1), EINVAL);
}

TEST(sigpipe_and_nothing_to_send)
{
	new_pair(SOCK_STREAM, fd);
	catch_signal(SIGPIPE, 0);
	CHECK_OK(shutdown(fd[0], SHUT_WR));
	CHECK_ERRNO(write(fd[0], "", 0), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 1);
	CHECK_ERRNO(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 1);
}

TEST(sending_with_an_address)
{
	struct address a = abstract_address("x");

	new_pair(SOCK_STREAM, fd);
	CHECK_ERRNO(sendto(fd[0], "x", 1, 0, (void *)&a.un, a.size), EISCONN);
	CHECK_ERRNO(sendto(new_socket(SOCK_STREAM), "x", 1, 0, (void *)&a.un, a.size), EOPNOTSUPP);
	CHECK_EQ(sendto(fd[0], "x", 1, 0, (void *)&a.un, 0), 1);
	CHECK_ERRNO(sendto(fd[0], "x", 1, 0, bad_pointer(), 10), EFAULT);
	CHECK_ERRNO(sendto(fd[0], "x", 1, 0, (void *)&a.un, 200), EINVAL);
}

TEST(where_bytes_come_from)
{
	struct address a = path_address("client"), l = abstract_address("l");
	struct sockaddr_un un;
	socklen_t size = sizeof(un);
	int ls = listener(SOCK_STREAM, &l, 1), s = bound_socket(SOCK_STREAM, &a), c;
	char x;

	CHECK_OK(try_connect(s, &l));
	c = CHECK_OK(accept(ls, (void *)&un, &size));
	CHECK_STR(un.sun_path, "client");
	CHECK_EQ(write(s, "x", 1), 1);
	size = sizeof(un);
	CHECK_EQ(recvfrom(c, &x, 1, 0, (void *)&un, &size), 1);
	CHECK_EQ(size, a.size);
	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	size = sizeof(un);
	CHECK_EQ(recvfrom(fd[1], &x, 1, 0, (void *)&un, &size), 1);
	CHECK_EQ(size, 0);
}

TEST(time_limits)
{
	struct timeval tv = { 0, 20000 };
	static char big[1 << 20];
	char c;

	new_pair(SOCK_STREAM, fd);
	CHECK_OK(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	CHECK_OK(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	CHECK_ERRNO(read(fd[0], &c, 1), EAGAIN);
	CHECK_EQ(write(fd[1], "ab", 2), 2);
	CHECK_EQ(recv(fd[0], big, 5, MSG_WAITALL), 2);
	CHECK(write(fd[0], big, sizeof(big)) < (ssize_t)sizeof(big));
	CHECK_ERRNO(write(fd[0], big, sizeof(big)), EAGAIN);
}

TEST(signals_interrupt_a_limited_wait_for_good)
{
	struct timeval tv = { 5, 0 };
	pid_t poker;
	char c;

	new_pair(SOCK_STREAM, fd);
	catch_signal(SIGUSR1, SA_RESTART);
	CHECK_OK(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(read(fd[0], &c, 1), EINTR);
	poke_stop(poker);
}

TEST(signals_and_an_unlimited_wait)
{
	pid_t poker, child;
	char c;

	new_pair(SOCK_STREAM, fd);
	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(read(fd[0], &c, 1), EINTR);
	poke_stop(poker);
	catch_signal(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	child = CHILD({
		sleep_ms(100);
		CHECK_EQ(write(fd[1], "x", 1), 1);
	});
	CHECK_EQ(read(fd[0], &c, 1), 1);
	poke_stop(poker);
	JOIN(child);
}

TEST(poll_of_the_unconnected)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 1), s = new_socket(SOCK_STREAM);

	CHECK_EQ(poll_now(s, POLLIN | POLLOUT), POLLOUT | POLLHUP);
	CHECK_EQ(poll_now(l, POLLIN | POLLOUT), 0);
	CHECK_OK(try_connect(s, &a));
	CHECK_EQ(poll_now(l, POLLIN | POLLOUT), POLLIN);
	CHECK_EQ(poll_now(s, POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
}

TEST(poll_of_half_a_connection)
{
	new_pair(SOCK_STREAM, fd);
	CHECK_OK(shutdown(fd[0], SHUT_WR));
	CHECK_EQ(poll_now(fd[0], POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
	CHECK_EQ(poll_now(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP);
	close(fd[0]);
	CHECK_EQ(poll_now(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
}

TEST(poll_wakes)
{
	struct pollfd p = { .events = POLLIN | POLLRDHUP };
	pid_t child;

	new_pair(SOCK_STREAM, fd);
	p.fd = fd[0];
	child = CHILD({
		sleep_ms(30);
		CHECK_EQ(write(fd[1], "x", 1), 1);
	});
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLIN);
	JOIN(child);
	CHECK_EQ(read(fd[0], &child, 1), 1);
	child = CHILD({
		sleep_ms(30);
		shutdown(fd[1], SHUT_WR);
	});
	CHECK_EQ(poll(&p, 1, 10000), 1);
	CHECK_EQ(p.revents, POLLIN | POLLRDHUP);
	JOIN(child);
}

TEST(edges_of_epoll)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET }, out;
	int ep = CHECK_OK(epoll_create1(0));
	char c;

	new_pair(SOCK_STREAM, fd);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev));
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
	CHECK_EQ(out.events, EPOLLOUT);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0);
	CHECK_EQ(write(fd[1], "ab", 2), 2);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
	CHECK_EQ(out.events, EPOLLIN | EPOLLOUT);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 0); /* still unread: no new edge */
	CHECK_EQ(write(fd[1], "c", 1), 1);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	CHECK_EQ(read(fd[1], &c, 1), 1); /* room was made */
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
	CHECK_OK(shutdown(fd[1], SHUT_WR));
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
	CHECK_EQ(out.events, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	close(fd[1]);
	CHECK_EQ(epoll_wait(ep, &out, 1, 0), 1);
	CHECK(out.events & EPOLLHUP);
}

TEST(urgent_byte)
{
	char buf[8] = "";
	int mark = -1;

	new_pair(SOCK_STREAM, fd);
	CHECK_ERRNO(recv(fd[1], buf, 1, MSG_OOB), EINVAL);
	CHECK_ERRNO(send(fd[0], buf, 0, MSG_OOB), EOPNOTSUPP);
	CHECK_EQ(send(fd[0], "ab!", 3, MSG_OOB), 3);
	CHECK_EQ(poll_now(fd[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	CHECK_OK(ioctl(fd[1], SIOCATMARK, &mark));
	CHECK_EQ(mark, 0);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 2); /* stops in front of it */
	CHECK_STR(buf, "ab");
	CHECK_OK(ioctl(fd[1], SIOCATMARK, &mark));
	CHECK_EQ(mark, 1);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_OOB | MSG_PEEK), 1);
	CHECK_EQ(recv(fd[1], buf, 8, MSG_OOB), 1);
	CHECK_EQ(buf[0], '!');
	CHECK_ERRNO(recv(fd[1], buf, 8, MSG_OOB), EINVAL);
	CHECK_ERRNO(recv(fd[1], buf, 8, MSG_DONTWAIT), EAGAIN);
}

TEST(urgent_byte_in_line)
{
	char buf[8] = "";

	new_pair(SOCK_STREAM, fd);
	set_int_option(fd[1], SO_OOBINLINE, 1);
	CHECK_EQ(send(fd[0], "a!", 2, MSG_OOB), 2);
	CHECK_EQ(send(fd[0], "b", 1, 0), 1);
	CHECK_ERRNO(recv(fd[1], buf, 8, MSG_OOB), EINVAL);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 1);
	CHECK_EQ(recv(fd[1], buf, 8, 0), 2);
	CHECK_STR(buf, "!b");
}

static volatile int turns;

static void *bouncer(void *arg)
{
	char c;

	while (read(fd[1], &c, 1) == 1) {
		turns++;
		if (write(fd[1], &c, 1) != 1)
			break;
	}
	return NULL;
}

TEST(two_threads_play_ball)
{
	pthread_t t;
	char c = 'b';

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(pthread_create(&t, NULL, bouncer, NULL), 0);
	for (int i = 0; i < 500; i++) {
		CHECK_EQ(write(fd[0], &c, 1), 1);
		CHECK_EQ(read(fd[0], &c, 1), 1);
	}
	close(fd[0]);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(turns, 500);
}

static void *sum_reader(void *arg)
{
	unsigned char buf[97];
	long sum = 0;
	ssize_t n;

	while ((n = read(fd[1], buf, sizeof(buf))) > 0)
		sum += n;
	return (void *)sum;
}

TEST(many_readers_share_a_stream)
{
	static char big[50000];
	pthread_t t[3];
	long sum = 0;

	new_pair(SOCK_STREAM, fd);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, sum_reader, NULL), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(write(fd[0], big, sizeof(big)), sizeof(big));
	CHECK_OK(shutdown(fd[0], SHUT_WR));
	for (int i = 0; i < 3; i++) {
		void *part;

		CHECK_EQ(pthread_join(t[i], &part), 0);
		sum += (long)part;
	}
	CHECK_EQ(sum, 10 * sizeof(big));
}

// SPDX-License-Identifier: MIT
/* Ancillary data: descriptors, credentials, time stamps, and what becomes of those nobody receives. */
#include "sock.h"

#include <sys/resource.h>

static int fd[2];

/* One message with this control data; the value of sendmsg(2). */
static ssize_t send_control(int s, const void *control, size_t size)
{
	struct iovec iov = { "c", 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = (void *)control, .msg_controllen = size
	};

	return sendmsg(s, &m, 0);
}

static ssize_t send_item(int s, int level, int type, const void *data, size_t size)
{
	char room[CMSG_SPACE(2048)] __attribute__((aligned(8))) = "";
	struct cmsghdr *c = (struct cmsghdr *)room;

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), data, size);
	return send_control(s, room, CMSG_SPACE(size));
}

TEST(a_descriptor_arrives)
{
	int p[2], got = -1, flags = 0;
	char c;

	new_pair(SOCK_STREAM, fd);
	CHECK_OK(pipe(p));
	CHECK_EQ(send_fds(fd[0], &p[1], 1), 1);
	close(p[1]);
	CHECK_EQ(recv_fds(fd[1], &got, 1, &flags), 1);
	CHECK_EQ(flags, 0);
	CHECK_EQ(fcntl(got, F_GETFD), 0);
	CHECK_EQ(write(got, "x", 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
	close(got);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(with_close_on_exec)
{
	int got, flags = MSG_CMSG_CLOEXEC, p[2];

	new_pair(SOCK_DGRAM, fd);
	CHECK_OK(pipe(p));
	CHECK_EQ(send_fds(fd[0], p, 1), 1);
	CHECK_EQ(recv_fds(fd[1], &got, 1, &flags), 1);
	CHECK_EQ(flags, MSG_CMSG_CLOEXEC);
	CHECK_EQ(fcntl(got, F_GETFD), FD_CLOEXEC);
}

TEST(path_descriptors_may_travel)
{
	int dir = CHECK_OK(open(".", O_PATH)), got, flags = 0;

	new_pair(SOCK_SEQPACKET, fd);
	CHECK_EQ(send_fds(fd[0], &dir, 1), 1);
	CHECK_EQ(recv_fds(fd[1], &got, 1, &flags), 1);
	CHECK_EQ(fcntl(got, F_GETFL) & O_PATH, O_PATH);
}

TEST(bad_descriptors)
{
	int list[2] = { 0, 99 }, before = count_fds();

	new_pair(SOCK_STREAM, fd);
	CHECK_ERRNO(send_fds(fd[0], list, 2), EBADF);
	list[1] = -1;
	CHECK_ERRNO(send_fds(fd[0], list, 2), EBADF);
	CHECK_EQ(poll_now(fd[1], POLLIN), 0);
	CHECK_EQ(count_fds(), before + 2);
}

TEST(as_many_as_there_may_be)
{
	int list[256], got[256], flags = 0;
	struct rlimit r = { 1000, 1000 };

	CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
	memset(list, 0, sizeof(list));
	new_pair(SOCK_STREAM, fd);
	CHECK_ERRNO(send_fds(fd[0], list, 254), EINVAL);
	CHECK_EQ(send_fds(fd[0], list, 253), 1);
	CHECK_EQ(recv_fds(fd[1], got, 253, &flags), 253);
	CHECK_EQ(flags, 0);
	for (int i = 1; i < 253; i++)
		CHECK_EQ(got[i], got[i - 1] + 1);
}

TEST(room_for_some)
{
	int list[3] = { 0, 1, 2 }, got[3], flags = 0, before, n;

	new_pair(SOCK_STREAM, fd);
	before = count_fds();
	CHECK_EQ(send_fds(fd[0], list, 3), 1);
	n = recv_fds(fd[1], got, 1, &flags); /* on 64 bits padding has room for a second */
	CHECK_EQ(n, sizeof(long) / sizeof(int));
	CHECK_EQ(flags, MSG_CTRUNC);
	CHECK_EQ(count_fds(), before + n);
}

TEST(no_room_for_any)
{
	char buf[4];
	struct iovec iov = { buf, 4 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int before, p[2];

	new_pair(SOCK_STREAM, fd);
	CHECK_OK(pipe(p));
	before = count_fds();
	CHECK_EQ(send_fds(fd[0], &p[1], 1), 1);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 1);
	CHECK_EQ(m.msg_flags, MSG_CTRUNC);
	CHECK_EQ(count_fds(), before);
	close(p[1]);
	CHECK_EQ(read(p[0], buf, 1), 0); /* it was let go of */
}

TEST(plain_reads_drop_descriptors)
{
	char c;
	int p[2];

	new_pair(SOCK_STREAM, fd);
	CHECK_OK(pipe(p));
	CHECK_EQ(send_fds(fd[0], &p[1], 1), 1);
	close(p[1]);
	CHECK_EQ(read(fd[1], &c, 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(table_is_full)
{
	int list[2] = { 0, 1 }, got[2], flags = 0;
	struct rlimit r;

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(send_fds(fd[0], list, 2), 1);
	r.rlim_cur = r.rlim_max = lowest_fd() + 1;
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
	CHECK_EQ(recv_fds(fd[1], got, 2, &flags), 1);
	CHECK_EQ(flags, MSG_CTRUNC);
}

TEST(descriptors_part_a_stream)
{
	char buf[8];
	int got, flags = 0;

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "ab", 2), 2);
	CHECK_EQ(send_fds(fd[0], &fd[0], 1), 1);
	CHECK_EQ(write(fd[0], "cd", 2), 2);
	CHECK_EQ(recv_fds(fd[1], &got, 1, &flags), 1); /* the bytes before come along, those after do not */
	CHECK_EQ(recv(fd[1], buf, 8, MSG_DONTWAIT), 2);
	CHECK_MEM(buf, "cd", 2);
}

TEST(peeking_makes_copies)
{
	int p[2], got[2], flags = MSG_PEEK;
	char c;

	new_pair(SOCK_STREAM, fd);
	CHECK_OK(pipe(p));
	CHECK_EQ(send_fds(fd[0], &p[1], 1), 1);
	close(p[1]);
	CHECK_EQ(recv_fds(fd[1], &got[0], 1, &flags), 1);
	flags = 0;
	CHECK_EQ(recv_fds(fd[1], &got[1], 1, &flags), 1);
	CHECK(got[0] != got[1]);
	close(got[0]);
	CHECK_EQ(write(got[1], "x", 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
}

TEST(two_items_are_one)
{
	struct {
		char room[2 * CMSG_SPACE(sizeof(int))];
	} __attribute__((aligned(8))) c;
	struct cmsghdr *a = (void *)c.room, *b = (void *)(c.room + CMSG_SPACE(sizeof(int)));
	int zero = 0, got[4], flags = 0;

	memset(&c, 0, sizeof(c));
	*a = *b = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
				    .cmsg_level = SOL_SOCKET,
				    .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(a), &zero, sizeof(int));
	memcpy(CMSG_DATA(b), &zero, sizeof(int));
	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(send_control(fd[0], &c, sizeof(c)), 1);
	CHECK_EQ(recv_fds(fd[1], got, 4, &flags), 2);
}

TEST(malformed_items)
{
	struct cmsghdr c[2]
		__attribute__((aligned(8))) = { { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	static char huge[30000] __attribute__((aligned(8)));
	int x = 0;

	new_pair(SOCK_STREAM, fd);
	c[0].cmsg_len = sizeof(c[0]) - 1;
	CHECK_ERRNO(send_control(fd[0], c, sizeof(c)), EINVAL);
	c[0].cmsg_len = sizeof(c) + 1;
	CHECK_ERRNO(send_control(fd[0], c, sizeof(c)), EINVAL);
	c[0].cmsg_len = sizeof(c[0]);
	CHECK_EQ(send_control(fd[0], c, sizeof(c[0])), 1); /* no descriptor at all */
	CHECK_ERRNO(send_control(fd[0], bad_pointer(), sizeof(c)), EFAULT);
	((struct cmsghdr *)huge)->cmsg_len = sizeof(huge);
	CHECK_ERRNO(send_control(fd[0], huge, sizeof(huge)), sizeof(long) == 8 ? ENOBUFS : ENOMEM);
	CHECK_ERRNO(send_item(fd[0], SOL_SOCKET, 77, &x, sizeof(x)), EINVAL);
	CHECK_EQ(send_item(fd[0], 77, SCM_RIGHTS, &x, sizeof(x)), 1); /* another level is not looked at */
}

TEST(headers_of_messages)
{
	struct iovec iov = { "c", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1025 };

	new_pair(SOCK_STREAM, fd);
	CHECK_ERRNO(sendmsg(fd[0], &m, 0), EMSGSIZE);
	CHECK_ERRNO(recvmsg(fd[1], &m, 0), EMSGSIZE);
	m.msg_iovlen = 1;
	m.msg_name = bad_pointer();
	m.msg_namelen = -1;
	CHECK_ERRNO(sendmsg(fd[0], &m, 0), EINVAL);
	CHECK_ERRNO(recvmsg(fd[1], &m, 0), EINVAL);
	m.msg_namelen = 10;
	CHECK_ERRNO(sendmsg(fd[0], &m, 0), EFAULT);
	m.msg_name = NULL;
	m.msg_namelen = -1; /* not looked at without a name */
	CHECK_EQ(sendmsg(fd[0], &m, 0), 1);
	CHECK_ERRNO(sendmsg(fd[0], bad_pointer(), 0), EFAULT);
	CHECK_ERRNO(recvmsg(fd[1], bad_pointer(), 0), EFAULT);
#ifdef __x86_64__
	CHECK_ERRNO(syscall(SYS_sendmsg, fd[0], &m, 0x80000000), EINVAL); /* MSG_CMSG_COMPAT */
#endif
}

/* ---- credentials ---- */

static int receive_credentials(int s, struct ucred *u)
{
	char room[CMSG_SPACE(sizeof(*u))] __attribute__((aligned(8))) = "", c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)
	};
	struct cmsghdr *h;

	CHECK_OK(recvmsg(s, &m, 0));
	h = CMSG_FIRSTHDR(&m);
	if (!h)
		return 0;
	CHECK_EQ(h->cmsg_type, SCM_CREDENTIALS);
	CHECK_EQ(h->cmsg_len, CMSG_LEN(sizeof(*u)));
	memcpy(u, CMSG_DATA(h), sizeof(*u));
	return 1;
}

TEST(credentials_on_demand)
{
	struct ucred u;

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	CHECK_EQ(receive_credentials(fd[1], &u), 0);
	CHECK_EQ(write(fd[0], "x", 1), 1); /* sent before anybody asked: from nobody */
	set_int_option(fd[1], SO_PASSCRED, 1);
	CHECK_EQ(receive_credentials(fd[1], &u), 1);
	CHECK_EQ(u.pid, 0);
	CHECK_EQ(u.uid, 65534);
	CHECK_EQ(u.gid, 65534);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	CHECK_EQ(receive_credentials(fd[1], &u), 1);
	CHECK_EQ(u.pid, getpid());
	CHECK_EQ(u.uid, 0);
}

TEST(credentials_of_ones_own)
{
	struct ucred u, mine = { getpid(), 7, 8 };

	new_pair(SOCK_DGRAM, fd);
	set_int_option(fd[1], SO_PASSCRED, 1);
	CHECK_EQ(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, sizeof(mine)), 1); /* root may say so */
	CHECK_EQ(receive_credentials(fd[1], &u), 1);
	CHECK_EQ(u.uid, 7);
	CHECK_EQ(u.gid, 8);
	mine.pid = getppid();
	CHECK_EQ(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, sizeof(mine)), 1);
	CHECK_EQ(receive_credentials(fd[1], &u), 1);
	CHECK_EQ(u.pid, getppid());
	mine.pid = 4000000;
	CHECK_ERRNO(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, sizeof(mine)), ESRCH);
	mine.uid = -1;
	CHECK_ERRNO(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, sizeof(mine)), EINVAL);
	CHECK_ERRNO(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &mine, 8), EINVAL);
}

TEST(credentials_of_others_need_capabilities)
{
	struct ucred u = { getpid(), 1000, 1000 };

	new_pair(SOCK_DGRAM, fd);
	become(1000);
	CHECK_EQ(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof(u)), 1);
	u.uid = 0;
	CHECK_ERRNO(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof(u)), EPERM);
	u.uid = 1000;
	u.gid = 0;
	CHECK_ERRNO(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof(u)), EPERM);
	u.gid = 1000;
	u.pid = 1;
	CHECK_ERRNO(send_item(fd[0], SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof(u)), EPERM);
}

TEST(senders_are_not_glued_together)
{
	char buf[8];
	pid_t child;

	new_pair(SOCK_STREAM, fd);
	set_int_option(fd[1], SO_PASSCRED, 1);
	CHECK_EQ(write(fd[0], "ab", 2), 2);
	child = CHILD(CHECK_EQ(write(fd[0], "cd", 2), 2));
	JOIN(child);
	CHECK_EQ(write(fd[0], "ef", 2), 2);
	CHECK_EQ(read(fd[1], buf, 8), 2);
	CHECK_EQ(read(fd[1], buf, 8), 2);
	CHECK_EQ(read(fd[1], buf, 8), 2);
}

TEST(credentials_and_no_room)
{
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	char room[CMSG_SPACE(4)] __attribute__((aligned(8)));

	new_pair(SOCK_STREAM, fd);
	set_int_option(fd[1], SO_PASSCRED, 1);
	CHECK_EQ(write(fd[0], "xy", 2), 2);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 1);
	CHECK_EQ(m.msg_flags, MSG_CTRUNC);
	m.msg_control = room;
	m.msg_controllen = sizeof(room);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 1);
	CHECK_EQ(m.msg_flags, MSG_CTRUNC);
	CHECK_EQ(m.msg_controllen, sizeof(room));
	CHECK_EQ(CMSG_FIRSTHDR(&m)->cmsg_len, sizeof(room)); /* cut */
}

TEST(time_stamps_of_datagrams)
{
	char room[CMSG_SPACE(sizeof(struct timespec))] __attribute__((aligned(8))), c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)
	};
	struct timespec t, now;

	new_pair(SOCK_DGRAM, fd);
	set_int_option(fd[1], SO_TIMESTAMPNS, 1);
	CHECK_EQ(get_int_option(fd[1], SO_TIMESTAMPNS), 1);
	CHECK_EQ(get_int_option(fd[1], SO_TIMESTAMP), 0);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	CHECK_EQ(recvmsg(fd[1], &m, 0), 1);
	CHECK_EQ(CMSG_FIRSTHDR(&m)->cmsg_type, SCM_TIMESTAMPNS);
	memcpy(&t, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(t));
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &now));
	CHECK(t.tv_sec <= now.tv_sec && t.tv_sec > now.tv_sec - 100);
}

/* ---- what nobody receives ---- */

TEST(queued_descriptors_close_with_the_queue)
{
	char c;
	int p[2];

	new_pair(SOCK_DGRAM, fd);
	CHECK_OK(pipe(p));
	CHECK_EQ(send_fds(fd[0], &p[1], 1), 1);
	close(p[1]);
	close(fd[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(a_socket_in_its_own_queue_is_collected)
{
	int p[2], list[3];
	char c;

	CHECK_OK(pipe(p));
	for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type++) {
		if (socketpair(AF_UNIX, type, 0, fd))
			continue;
		list[0] = fd[0];
		list[1] = fd[1];
		list[2] = p[1];
		CHECK_EQ(send_fds(fd[0], list, 3), 1);
		CHECK_EQ(send_fds(fd[1], list, 3), 1);
		close(fd[0]);
		close(fd[1]);
	}
	close(p[1]);
	close(new_socket(SOCK_STREAM)); /* a release makes the collector run */
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(a_ring_of_sockets_is_collected)
{
	int ring[10][2], p[2];
	char c;

	CHECK_OK(pipe(p));
	for (int i = 0; i < 10; i++)
		new_pair(SOCK_DGRAM, ring[i]);
	CHECK_EQ(send_fds(ring[3][0], &p[1], 1), 1);
	close(p[1]);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(send_fds(ring[i][0], &ring[(i + 1) % 10][1], 1), 1);
		CHECK_EQ(send_fds(ring[i][0], &ring[(i + 1) % 10][0], 1), 1);
	}
	CHECK_EQ(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_ERRNO(read(p[0], &c, 1), EAGAIN);
	CHECK_EQ(fcntl(p[0], F_SETFL, 0), 0);
	for (int i = 0; i < 10; i++) {
		close(ring[i][0]);
		close(ring[i][1]);
	}
	close(new_socket(SOCK_STREAM));
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(a_ring_that_can_be_reached_is_kept)
{
	int other[2], got[2], flags = 0, list[2];

	new_pair(SOCK_STREAM, fd);
	new_pair(SOCK_STREAM, other);
	list[0] = fd[0];
	list[1] = fd[1];
	CHECK_EQ(send_fds(fd[0], list, 2), 1); /* a pair in its own queue … */
	CHECK_EQ(send_fds(other[0], list, 2), 1); /* … that also waits to be received elsewhere */
	close(fd[0]);
	close(fd[1]);
	close(new_socket(SOCK_STREAM));
	CHECK_EQ(recv_fds(other[1], got, 2, &flags), 2);
	CHECK_EQ(recv_fds(got[1], got, 2, &flags), 2);
}

TEST(a_listener_in_flight_is_collected_with_its_connections)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 5), s = connected_socket(SOCK_STREAM, &a), p[2], list[2];
	char c;

	CHECK_OK(pipe(p));
	list[0] = l;
	list[1] = p[1];
	CHECK_EQ(send_fds(s, list, 2), 1); /* the listener, in the queue of what it has not accepted */
	close(l);
	close(p[1]);
	close(s);
	close(new_socket(SOCK_STREAM));
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(a_long_chain_unwinds)
{
	int p[2], outer[2];
	char c;

	CHECK_OK(pipe(p));
	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(send_fds(fd[0], &p[1], 1), 1);
	close(p[1]);
	for (int i = 0; i < 100; i++) { /* each pair lies in the queue of the next */
		new_pair(SOCK_DGRAM, outer);
		CHECK_EQ(send_fds(outer[0], fd, 2), 1);
		close(fd[0]);
		close(fd[1]);
		fd[0] = outer[0];
		fd[1] = outer[1];
	}
	close(fd[0]);
	close(fd[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

TEST(a_user_may_have_so_many_in_flight)
{
	int list[100] = { 0 }, sent = 0;
	struct rlimit r = { 250, 250 };

	new_pair(SOCK_DGRAM, fd);
	CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
	become(2345);
	while (send_fds(fd[0], list, 100) == 1)
		sent++;
	CHECK_EQ(errno, ETOOMANYREFS);
	CHECK_EQ(sent, 3);
}

static void *send_cycles(void *arg)
{
	for (int i = 0; i < 30; i++) {
		int pair[2];

		new_pair(SOCK_STREAM, pair);
		CHECK_EQ(send_fds(pair[0], pair, 2), 1);
		CHECK_EQ(send_fds(pair[1], pair, 2), 1);
		close(pair[0]);
		close(pair[1]);
	}
	return NULL;
}

TEST(threads_make_cycles)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, send_cycles, NULL), 0);
	for (int i = 0; i < 50; i++) { /* and one descriptor that is always in flight or received */
		int got[2], flags = 0, pair[2];

		new_pair(SOCK_STREAM, pair);
		new_pair(SOCK_STREAM, fd);
		CHECK_EQ(send_fds(fd[0], pair, 2), 1);
		close(pair[0]);
		close(pair[1]);
		CHECK_EQ(recv_fds(fd[1], got, 2, &flags), 2);
		CHECK_EQ(write(got[0], "x", 1), 1);
		CHECK_EQ(read(got[1], &flags, 1), 1);
		close(got[0]);
		close(got[1]);
		close(fd[0]);
		close(fd[1]);
	}
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

// SPDX-License-Identifier: MIT
/* setsockopt(2) and getsockopt(2) at SOL_SOCKET. */
#include "sock.h"

static int set(int s, int name, const void *value, socklen_t size)
{
	return setsockopt(s, SOL_SOCKET, name, value, size);
}

TEST(what_a_socket_is)
{
	struct address a = abstract_address("l");
	int s = new_socket(SOCK_SEQPACKET);

	CHECK_EQ(get_int_option(s, SO_TYPE), SOCK_SEQPACKET);
	CHECK_EQ(get_int_option(s, SO_DOMAIN), AF_UNIX);
	CHECK_EQ(get_int_option(s, SO_PROTOCOL), 0);
	CHECK_EQ(get_int_option(s, SO_ACCEPTCONN), 0);
	CHECK_EQ(get_int_option(s, SO_ERROR), 0);
	CHECK_EQ(get_int_option(listener(SOCK_STREAM, &a, 1), SO_ACCEPTCONN), 1);
}

TEST(read_only_options)
{
	static const int names[] = { SO_TYPE,       SO_DOMAIN,   SO_PROTOCOL, SO_ERROR,
				     SO_ACCEPTCONN, SO_PEERCRED, SO_SNDLOWAT };
	int s = new_socket(SOCK_STREAM), one = 1;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_ERRNO(set(s, names[i], &one, sizeof(one)), ENOPROTOOPT);
	CHECK_ERRNO(set(s, 7777, &one, sizeof(one)), ENOPROTOOPT);
}

TEST(flags)
{
	static const int names[] = { SO_DEBUG,     SO_REUSEADDR, SO_DONTROUTE,   SO_BROADCAST,
				     SO_KEEPALIVE, SO_OOBINLINE, SO_PASSCRED,    SO_PASSSEC,
				     SO_NO_CHECK,  SO_TIMESTAMP, SO_TIMESTAMPNS, SO_RXQ_OVFL };
	int s = new_socket(SOCK_STREAM), seven = 7;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_EQ(get_int_option(s, names[i]), 0);
		CHECK_OK(set(s, names[i], &seven, sizeof(seven)));
		CHECK_EQ(get_int_option(s, names[i]), 1);
		set_int_option(s, names[i], 0);
		CHECK_EQ(get_int_option(s, names[i]), 0);
	}
}

TEST(ports_are_not_shared_here)
{
	int s = new_socket(SOCK_STREAM), one = 1;

	CHECK_ERRNO(set(s, SO_REUSEPORT, &one, sizeof(one)), EOPNOTSUPP);
	set_int_option(s, SO_REUSEPORT, 0);
	CHECK_EQ(get_int_option(s, SO_REUSEPORT), 0);
}

TEST(lengths_and_pointers)
{
	int s = new_socket(SOCK_STREAM), v = 1;
	socklen_t size;
	char bytes[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };

	CHECK_ERRNO(set(s, SO_KEEPALIVE, &v, 3), EINVAL);
	CHECK_ERRNO(set(s, SO_KEEPALIVE, &v, -1), EINVAL);
	CHECK_ERRNO(set(s, SO_KEEPALIVE, bad_pointer(), 4), EFAULT);
	CHECK_ERRNO(set(s, 7777, bad_pointer(), 4), EFAULT);
	CHECK_ERRNO(set(s, 7777, &v, 3), EINVAL);
	CHECK_OK(set(s, SO_KEEPALIVE, &v, 1000));
	size = 2;
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bytes, &size));
	CHECK_EQ(size, 2);
	CHECK_MEM(bytes, "\1\0\11\11", 4);
	size = 100;
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bytes, &size));
	CHECK_EQ(size, 4);
	size = -1;
	CHECK_ERRNO(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bytes, &size), EINVAL);
	size = 4;
	CHECK_ERRNO(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bad_pointer(), &size), EFAULT);
	CHECK_ERRNO(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bytes, bad_pointer()), EFAULT);
	CHECK_ERRNO(getsockopt(s, SOL_SOCKET, 7777, bytes, &size), ENOPROTOOPT);
	size = 0;
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, bad_pointer(), &size));
}

TEST(other_levels)
{
	int s = new_socket(SOCK_STREAM), v = 1;
	socklen_t size = sizeof(v);

	CHECK_ERRNO(setsockopt(s, 6, 1, &v, sizeof(v)), EOPNOTSUPP);
	CHECK_ERRNO(getsockopt(s, 0, 1, &v, &size), EOPNOTSUPP);
	CHECK_ERRNO(getsockopt(s, -1, 1, bad_pointer(), bad_pointer()), EOPNOTSUPP);
}

TEST(buffer_sizes)
{
	int s = new_socket(SOCK_STREAM);

	CHECK_EQ(get_int_option(s, SO_SNDBUF), 212992);
	CHECK_EQ(get_int_option(s, SO_RCVBUF), 212992);
	set_int_option(s, SO_SNDBUF, 10000);
	set_int_option(s, SO_RCVBUF, 10000);
	CHECK_EQ(get_int_option(s, SO_SNDBUF), 20000);
	CHECK_EQ(get_int_option(s, SO_RCVBUF), 20000);
	set_int_option(s, SO_SNDBUF, 0);
	set_int_option(s, SO_RCVBUF, 0);
	CHECK_EQ(get_int_option(s, SO_SNDBUF), 4608);
	CHECK_EQ(get_int_option(s, SO_RCVBUF), 2304);
	set_int_option(s, SO_SNDBUF, 1 << 30);
	set_int_option(s, SO_RCVBUF, -1);
	CHECK_EQ(get_int_option(s, SO_SNDBUF), 425984);
	CHECK_EQ(get_int_option(s, SO_RCVBUF), 425984);
	set_int_option(s, SO_SNDBUFFORCE, 1000000);
	set_int_option(s, SO_RCVBUFFORCE, -5);
	CHECK_EQ(get_int_option(s, SO_SNDBUF), 2000000);
	CHECK_EQ(get_int_option(s, SO_RCVBUF), 2304);
}

TEST(privileged_options)
{
	int s = new_socket(SOCK_STREAM), v = 7;

	set_int_option(s, SO_PRIORITY, 7);
	set_int_option(s, SO_MARK, 5);
	become(1000);
	CHECK_EQ(get_int_option(s, SO_PRIORITY), 7);
	CHECK_EQ(get_int_option(s, SO_MARK), 5);
	CHECK_ERRNO(set(s, SO_PRIORITY, &v, sizeof(v)), EPERM);
	set_int_option(s, SO_PRIORITY, 6);
	CHECK_ERRNO(set(s, SO_MARK, &v, sizeof(v)), EPERM);
	CHECK_ERRNO(set(s, SO_SNDBUFFORCE, &v, sizeof(v)), EPERM);
	CHECK_ERRNO(set(s, SO_RCVBUFFORCE, &v, sizeof(v)), EPERM);
	CHECK_ERRNO(set(s, SO_DEBUG, &v, sizeof(v)), EACCES);
	set_int_option(s, SO_DEBUG, 0);
}

TEST(time_limits)
{
	int s = new_socket(SOCK_STREAM);
	struct timeval tv = { 1, 500000 }, got;
	socklen_t size = sizeof(got);

	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &got, &size));
	CHECK_EQ(size, sizeof(got));
	CHECK_EQ(got.tv_sec, 0);
	CHECK_EQ(got.tv_usec, 0);
	CHECK_OK(set(s, SO_RCVTIMEO, &tv, sizeof(tv)));
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &got, &size));
	CHECK_EQ(got.tv_sec, 1);
	CHECK_EQ(got.tv_usec, 500000);
	tv.tv_sec = 0;
	tv.tv_usec = 1;
	CHECK_OK(set(s, SO_SNDTIMEO, &tv, sizeof(tv)));
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &got, &size));
	CHECK_EQ(got.tv_usec, 4000); /* a tick */
	tv.tv_usec = 1000000;
	CHECK_ERRNO(set(s, SO_SNDTIMEO, &tv, sizeof(tv)), EDOM);
	tv.tv_usec = -1;
	CHECK_ERRNO(set(s, SO_SNDTIMEO, &tv, sizeof(tv)), EDOM);
	CHECK_ERRNO(set(s, SO_SNDTIMEO, &tv, sizeof(tv) - 1), EINVAL);
	CHECK_ERRNO(set(s, SO_SNDTIMEO, bad_pointer(), sizeof(tv)), EFAULT);
	tv.tv_sec = -1;
	tv.tv_usec = 0;
	CHECK_OK(set(s, SO_SNDTIMEO, &tv, sizeof(tv)));
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &got, &size));
	CHECK_EQ(got.tv_usec, 0);
	size = 4;
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &got, &size));
	CHECK_EQ(size, 4);
}

TEST(time_limits_of_64_bits)
{
	int s = new_socket(SOCK_STREAM);
	struct {
		long long sec, usec;
	} tv = { 5000000000LL, 8000 }, got;
	socklen_t size = sizeof(got);

	CHECK_OK(set(s, 66, &tv, sizeof(tv))); /* SO_RCVTIMEO_NEW */
	CHECK_OK(getsockopt(s, SOL_SOCKET, 66, &got, &size));
	CHECK_EQ(size, 16);
	CHECK_EQ(got.sec, 5000000000LL);
	CHECK_EQ(got.usec, 8000);
}

TEST(linger)
{
	int s = new_socket(SOCK_STREAM);
	struct linger l = { 5, 10 }, got;
	socklen_t size = sizeof(got);

	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, &got, &size));
	CHECK_EQ(size, 8);
	CHECK_EQ(got.l_onoff, 0);
	CHECK_OK(set(s, SO_LINGER, &l, sizeof(l)));
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, &got, &size));
	CHECK_EQ(got.l_onoff, 1);
	CHECK_EQ(got.l_linger, 10);
	l.l_onoff = 0;
	l.l_linger = 99;
	CHECK_OK(set(s, SO_LINGER, &l, sizeof(l)));
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, &got, &size));
	CHECK_EQ(got.l_onoff, 0);
	CHECK_EQ(got.l_linger, 10);
	CHECK_ERRNO(set(s, SO_LINGER, &l, 7), EINVAL);
}

TEST(low_water_marks)
{
	int s = new_socket(SOCK_STREAM);

	CHECK_EQ(get_int_option(s, SO_SNDLOWAT), 1);
	set_int_option(s, SO_RCVLOWAT, 0);
	CHECK_EQ(get_int_option(s, SO_RCVLOWAT), 1);
	set_int_option(s, SO_RCVLOWAT, -1);
	CHECK_EQ(get_int_option(s, SO_RCVLOWAT), INT_MAX);
}

TEST(peer_credentials)
{
	struct address a = abstract_address("l");
	int l = listener(SOCK_STREAM, &a, 5), fd[2], s;
	struct ucred u;
	socklen_t size = sizeof(u);
	pid_t child;

	CHECK_OK(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, SO_PEERCRED, &u, &size));
	CHECK_EQ(u.pid, 0);
	CHECK_EQ(u.uid, (uid_t)-1);
	CHECK_EQ(u.gid, (gid_t)-1);
	new_pair(SOCK_DGRAM, fd);
	CHECK_OK(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &u, &size));
	CHECK_EQ(u.pid, getpid());
	CHECK_EQ(u.uid, 0);
	child = CHILD({
		become(1111);
		s = connected_socket(SOCK_STREAM, &a);
		CHECK_OK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &u, &size));
		CHECK_EQ(u.pid, getppid());
		CHECK_EQ(u.uid, 0);
		CHECK_EQ(read(s, &u, 1), 0);
	});
	s = CHECK_OK(accept(l, NULL, NULL));
	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &u, &size));
	CHECK_EQ(size, 12);
	CHECK_EQ(u.pid, child);
	CHECK_EQ(u.uid, 1111);
	CHECK_EQ(u.gid, 1111);
	close(s);
	JOIN(child);
	CHECK_OK(getsockopt(l, SOL_SOCKET, SO_PEERCRED, &u, &size));
	CHECK_EQ(u.pid, getpid());
}

TEST(peer_groups)
{
	gid_t groups[3] = { 5, 6, 7 }, got[8];
	socklen_t size = sizeof(got);
	int fd[2];

	CHECK_OK(syscall(SYS_setgroups, 0, NULL));
	new_pair(SOCK_STREAM, fd);
	CHECK_OK(getsockopt(fd[0], SOL_SOCKET, 59, got, &size)); /* SO_PEERGROUPS */
	CHECK_EQ(size, 0);
#ifdef __i386__
	CHECK_OK(syscall(SYS_setgroups32, 3, groups));
#else
	CHECK_OK(syscall(SYS_setgroups, 3, groups));
#endif
	new_pair(SOCK_STREAM, fd);
	size = 8;
	CHECK_ERRNO(getsockopt(fd[0], SOL_SOCKET, 59, got, &size), ERANGE);
	CHECK_EQ(size, 12);
	CHECK_OK(getsockopt(fd[0], SOL_SOCKET, 59, got, &size));
	CHECK_MEM(got, groups, 12);
	CHECK_ERRNO(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, 59, got, &size), ENODATA);
}

TEST(peer_name)
{
	struct address a = path_address("l");
	struct sockaddr_un un;
	socklen_t size = 4;
	int s;

	CHECK_ERRNO(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, 28, &un, &size), ENOTCONN);
	listener(SOCK_STREAM, &a, 1);
	s = connected_socket(SOCK_STREAM, &a);
	CHECK_OK(getsockopt(s, SOL_SOCKET, 28, &un, &size)); /* SO_PEERNAME */
	CHECK_EQ(size, 4);
	CHECK_EQ(un.sun_path[0], 'l');
	size = sizeof(un);
	CHECK_ERRNO(getsockopt(s, SOL_SOCKET, 28, &un, &size), EINVAL);
}

TEST(no_device)
{
	int s = new_socket(SOCK_STREAM);
	socklen_t size = 16;
	char name[16] = "x";

	CHECK_OK(getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, &size));
	CHECK_EQ(size, 0);
	CHECK_ERRNO(set(s, SO_BINDTODEVICE, "nosuchdev", 10), ENODEV);
	CHECK_OK(set(s, SO_BINDTODEVICE, "", 1));
	CHECK_OK(set(s, SO_BINDTODEVICE, bad_pointer(), 0));
	CHECK_ERRNO(set(s, SO_BINDTODEVICE, bad_pointer(), 1), EFAULT);
	CHECK_ERRNO(getsockopt(s, SOL_SOCKET, SO_PEERSEC, name, &size), ENOPROTOOPT);
}

TEST(an_error_is_told_once)
{
	int fd[2];

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "x", 1), 1);
	close(fd[1]);
	CHECK_EQ(poll_now(fd[0], 0), POLLERR | POLLHUP);
	CHECK_EQ(get_int_option(fd[0], SO_ERROR), ECONNRESET);
	CHECK_EQ(poll_now(fd[0], 0), POLLHUP);
}

TEST(settings_of_the_system)
{
	static const struct {
		const char *name, *value;
	} want[] = {
		{ "somaxconn", "4096\n" },  { "rmem_default", "212992\n" }, { "wmem_default", "212992\n" },
		{ "rmem_max", "212992\n" }, { "wmem_max", "212992\n" },
	};
	char path[64];

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/core/%s", want[i].name);
		CHECK_STR(get_file(path), want[i].value);
	}
	CHECK_STR(get_file("/proc/sys/net/unix/max_dgram_qlen"), "10\n");
}

// SPDX-License-Identifier: MIT
/* socket(2) and the calls around it: arguments, order of checks, what a socket is as a file. */
#include "sock.h"

#include <linux/magic.h>
#include <linux/net.h>
#include <linux/sockios.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/vfs.h>

TEST(family_type_and_protocol)
{
	CHECK_ERRNO(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(socket(46, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNSPEC, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNIX, 0, 0), ESOCKTNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	CHECK_ERRNO(socket(AF_UNIX, 11, 0), EINVAL);
	CHECK_ERRNO(socket(46, 11, 0), EAFNOSUPPORT);
	CHECK_ERRNO(socket(46, SOCK_STREAM | 0x10, 0), EINVAL);
	CHECK_ERRNO(socket(AF_UNIX, 0, 2), EPROTONOSUPPORT);
	CHECK_OK(socket(AF_UNIX, SOCK_STREAM, AF_UNIX));
	CHECK_EQ(get_int_option(CHECK_OK(socket(AF_UNIX, SOCK_RAW, 0)), SO_TYPE), SOCK_DGRAM);
}

TEST(flags_of_creation)
{
	int s = CHECK_OK(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));

	CHECK_EQ(fcntl(s, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(s, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(new_socket(SOCK_DGRAM), F_GETFL), O_RDWR);
}

TEST(a_socket_as_a_file)
{
	int s = new_socket(SOCK_STREAM);
	char link[64], want[64], path[32];
	struct stat st;
	struct statfs fs;
	ssize_t n;

	CHECK_OK(fstat(s, &st));
	CHECK_EQ(st.st_mode, S_IFSOCK | 0777);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_size, 0);
	CHECK_OK(fstatfs(s, &fs));
	CHECK_EQ(fs.f_type, SOCKFS_MAGIC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", s);
	n = CHECK_OK(readlink(path, link, sizeof(link) - 1));
	link[n] = 0;
	snprintf(want, sizeof(want), "socket:[%lu]", (unsigned long)st.st_ino);
	CHECK_STR(link, want);
	CHECK_ERRNO(open(path, O_RDWR), ENXIO);
	CHECK_ERRNO(lseek(s, 0, SEEK_SET), ESPIPE);
	CHECK_ERRNO(pread(s, link, 1, 0), ESPIPE);
	CHECK_ERRNO(ftruncate(s, 0), EINVAL);
	CHECK_ERRNO(fsync(s), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s, 0), ENODEV);
}

TEST(owner_is_who_made_it)
{
	struct stat st;

	become(1234);
	CHECK_OK(fstat(new_socket(SOCK_STREAM), &st));
	CHECK_EQ(st.st_uid, 1234);
	CHECK_EQ(st.st_gid, 1234);
}

TEST(not_a_socket)
{
	struct address a = path_address("x");
	socklen_t size = sizeof(a.un);
	char c;

	CHECK_ERRNO(try_bind(0, &a), ENOTSOCK);
	CHECK_ERRNO(try_connect(0, &a), ENOTSOCK);
	CHECK_ERRNO(listen(0, 1), ENOTSOCK);
	CHECK_ERRNO(recv(0, NULL, LONG_MAX, 0), ENOTSOCK); /* the size is cut before the range is looked at */
	CHECK_ERRNO(accept(0, NULL, NULL), ENOTSOCK);
	CHECK_ERRNO(getsockname(0, (void *)&a.un, &size), ENOTSOCK);
	CHECK_ERRNO(getpeername(0, (void *)&a.un, &size), ENOTSOCK);
	CHECK_ERRNO(recv(0, &c, 1, 0), ENOTSOCK);
	CHECK_ERRNO(shutdown(0, 77), ENOTSOCK);
	CHECK_ERRNO(setsockopt(0, SOL_SOCKET, SO_DEBUG, NULL, 0), ENOTSOCK);
	CHECK_ERRNO(getsockopt(0, SOL_SOCKET, SO_DEBUG, NULL, NULL), ENOTSOCK);
	CHECK_ERRNO(sendmsg(0, bad_pointer(), 0), ENOTSOCK);
}

TEST(closed_descriptors_come_first)
{
	CHECK_ERRNO(bind(99, bad_pointer(), 16), EBADF);
	CHECK_ERRNO(connect(99, bad_pointer(), 16), EBADF);
	CHECK_ERRNO(accept4(99, NULL, NULL, 77), EBADF);
	CHECK_ERRNO(setsockopt(99, SOL_SOCKET, SO_DEBUG, NULL, -1), EINVAL);
#ifdef __x86_64__
	CHECK_ERRNO(send(99, kernel_pointer(), 1, 0), EFAULT);
	CHECK_ERRNO(recv(99, kernel_pointer(), 1, 0), EFAULT);
#endif
	CHECK_ERRNO(send(99, bad_pointer(), 1, 0), EBADF);
	CHECK_ERRNO(shutdown(99, 77), EBADF);
}

TEST(path_descriptors_are_no_sockets)
{
	int fd = CHECK_OK(open(".", O_PATH));

	CHECK_ERRNO(listen(fd, 1), EBADF);
	CHECK_ERRNO(send(fd, "x", 1, 0), EBADF);
}

TEST(connect_looks_at_the_address_before_the_file)
{
	CHECK_ERRNO(connect(0, bad_pointer(), 16), EFAULT);
	CHECK_ERRNO(connect(0, bad_pointer(), -1), EINVAL);
	CHECK_ERRNO(connect(0, bad_pointer(), 129), EINVAL);
	CHECK_ERRNO(bind(0, bad_pointer(), 16), ENOTSOCK);
}

TEST(address_lengths)
{
	struct address a = path_address("x");
	int s = new_socket(SOCK_STREAM);

	CHECK_ERRNO(bind(s, (void *)&a.un, -1), EINVAL);
	CHECK_ERRNO(bind(s, (void *)&a.un, 0), EINVAL);
	CHECK_ERRNO(bind(s, (void *)&a.un, 1), EINVAL);
	CHECK_ERRNO(bind(s, (void *)&a.un, sizeof(a.un) + 1), EINVAL);
	CHECK_ERRNO(bind(s, bad_pointer(), 128), EFAULT);
	CHECK_ERRNO(bind(s, bad_pointer(), 129), EINVAL);
	CHECK_ERRNO(connect(s, (void *)&a.un, 2), EINVAL);
	a.un.sun_family = AF_INET;
	CHECK_ERRNO(try_bind(s, &a), EINVAL);
	CHECK_ERRNO(try_connect(s, &a), EINVAL);
}

TEST(accept4_flags_and_descriptors)
{
	struct address a = abstract_address("a");
	int l = listener(SOCK_STREAM, &a, 1), c;

	CHECK_ERRNO(accept4(l, NULL, NULL, 1), EINVAL);
	CHECK_ERRNO(accept4(0, NULL, NULL, 1), EINVAL);
	connected_socket(SOCK_STREAM, &a);
	c = CHECK_OK(accept4(l, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	CHECK_EQ(fcntl(c, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(c, F_GETFL), O_RDWR | O_NONBLOCK);
}

TEST(socketpair_tells_numbers_before_it_looks_at_the_family)
{
	int fd[2], before = count_fds();

	CHECK_ERRNO(socketpair(46, SOCK_STREAM, 0, bad_pointer()), EFAULT);
	CHECK_ERRNO(socketpair(46, SOCK_STREAM | 0x10, 0, bad_pointer()), EINVAL);
	CHECK_ERRNO(socketpair(46, SOCK_STREAM, 0, fd), EAFNOSUPPORT);
	CHECK_EQ(count_fds(), before);
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 0, read_only_page()), EFAULT);
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)page_edge() - 1), EFAULT);
	CHECK_EQ(count_fds(), before);
}

TEST(no_descriptor_left)
{
	struct rlimit r = { 8, 8 };
	int fd[2];

	CHECK_OK(setrlimit(RLIMIT_NOFILE, &r));
	while (lowest_fd() < 7)
		CHECK_OK(dup(0));
	CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), EMFILE);
	CHECK_EQ(new_socket(SOCK_STREAM), 7);
	CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM, 0), EMFILE);
	CHECK_ERRNO(socket(46, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERRNO(accept(7, NULL, NULL), EMFILE);
}

TEST(names_of_the_unnamed)
{
	struct sockaddr_un un = { .sun_path = "old" };
	socklen_t size = sizeof(un);
	int fd[2];

	new_pair(SOCK_STREAM, fd);
	CHECK_OK(getsockname(fd[0], (void *)&un, &size));
	CHECK_EQ(size, 2);
	CHECK_EQ(un.sun_family, AF_UNIX);
	size = sizeof(un);
	CHECK_OK(getpeername(fd[0], (void *)&un, &size));
	CHECK_EQ(size, 2);
	CHECK_ERRNO(getpeername(new_socket(SOCK_DGRAM), (void *)&un, &size), ENOTCONN);
}

TEST(names_are_cut_and_their_length_is_told)
{
	struct address a = path_address("socket");
	char buf[128];
	int s = bound_socket(SOCK_STREAM, &a);
	socklen_t size = 4;

	memset(buf, 'x', sizeof(buf));
	CHECK_OK(getsockname(s, (void *)buf, &size));
	CHECK_EQ(size, PATH_OFF + 7);
	CHECK_MEM(buf + 2, "soxx", 4);
	size = 0;
	CHECK_OK(getsockname(s, bad_pointer(), &size));
	CHECK_EQ(size, PATH_OFF + 7);
	size = -1;
	CHECK_ERRNO(getsockname(s, (void *)buf, &size), EINVAL);
	size = 10;
	CHECK_ERRNO(getsockname(s, bad_pointer(), &size), EFAULT);
	CHECK_ERRNO(getsockname(s, (void *)buf, bad_pointer()), EFAULT);
}

TEST(ioctls)
{
	int fd[2], n = -1;

	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(write(fd[0], "hello", 5), 5);
	CHECK_OK(ioctl(fd[1], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_OK(ioctl(fd[1], SIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	CHECK_OK(ioctl(fd[0], SIOCOUTQ, &n));
	CHECK(n >= 5);
	CHECK_EQ(read(fd[1], &n, 4), 4);
	CHECK_OK(ioctl(fd[1], FIONREAD, &n));
	CHECK_EQ(n, 1);
	CHECK_ERRNO(ioctl(fd[1], FIONREAD, bad_pointer()), EFAULT);
	CHECK_ERRNO(ioctl(fd[1], TCGETS, &n), ENOTTY);
	CHECK_ERRNO(ioctl(fd[1], SIOCGSTAMP, &n), ENOTTY);
	n = 1;
	CHECK_OK(ioctl(fd[0], FIONBIO, &n));
	CHECK_ERRNO(read(fd[0], &n, 1), EAGAIN);
}

TEST(first_datagram_is_what_fionread_tells)
{
	int fd[2], n = -1;

	new_pair(SOCK_DGRAM, fd);
	CHECK_EQ(write(fd[0], "one", 3), 3);
	CHECK_EQ(write(fd[0], "four", 4), 4);
	CHECK_OK(ioctl(fd[1], FIONREAD, &n));
	CHECK_EQ(n, 3);
	new_pair(SOCK_SEQPACKET, fd);
	CHECK_EQ(write(fd[0], "one", 3), 3);
	CHECK_EQ(write(fd[0], "four", 4), 4);
	CHECK_OK(ioctl(fd[1], FIONREAD, &n));
	CHECK_EQ(n, 7);
}

TEST(fionread_of_a_listener)
{
	struct address a = abstract_address("l");
	int n;

	CHECK_ERRNO(ioctl(listener(SOCK_STREAM, &a, 1), FIONREAD, &n), EINVAL);
}

TEST(owners_by_ioctl)
{
	int s = new_socket(SOCK_STREAM), who = getpid();

	CHECK_OK(ioctl(s, SIOCSPGRP, &who));
	CHECK_EQ(fcntl(s, F_GETOWN), who);
	who = -getpgrp();
	CHECK_OK(ioctl(s, FIOSETOWN, &who));
	who = 0;
	CHECK_OK(ioctl(s, SIOCGPGRP, &who));
	CHECK_EQ(who, -getpgrp());
	CHECK_OK(ioctl(s, FIOGETOWN, &who));
	CHECK_EQ(who, -getpgrp());
	who = INT_MIN;
	CHECK_ERRNO(ioctl(s, SIOCSPGRP, &who), EINVAL);
	who = 4000000;
	CHECK_ERRNO(ioctl(s, SIOCSPGRP, &who), ESRCH);
	CHECK_ERRNO(ioctl(s, SIOCSPGRP, bad_pointer()), EFAULT);
}

TEST(sigio)
{
	int fd[2], one = 1;
	char c;

	new_pair(SOCK_STREAM, fd);
	catch_signal(SIGIO, 0);
	CHECK_OK(fcntl(fd[0], F_SETOWN, getpid()));
	CHECK_OK(ioctl(fd[0], FIOASYNC, &one));
	CHECK_EQ(fcntl(fd[0], F_GETFL) & O_ASYNC, O_ASYNC);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(signal_count[SIGIO], 1);
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(signal_count[SIGIO], 1);
	CHECK_OK(shutdown(fd[1], SHUT_WR));
	CHECK_EQ(signal_count[SIGIO], 2);
	close(fd[1]);
	CHECK_EQ(signal_count[SIGIO], 3);
	CHECK_OK(fcntl(fd[0], F_SETFL, 0));
	CHECK_OK(shutdown(fd[0], SHUT_RDWR));
	CHECK_EQ(signal_count[SIGIO], 3);
}

TEST(sigio_when_there_is_room)
{
	static char big[1 << 20];
	int fd[2];

	new_pair(SOCK_STREAM | SOCK_NONBLOCK, fd);
	catch_signal(SIGIO, 0);
	CHECK_OK(fcntl(fd[0], F_SETOWN, getpid()));
	CHECK_OK(fcntl(fd[0], F_SETFL, O_NONBLOCK | O_ASYNC));
	CHECK(write(fd[0], big, sizeof(big)) > 0);
	CHECK_ERRNO(write(fd[0], big, 1), EAGAIN);
	CHECK_EQ(signal_count[SIGIO], 0);
	while (read(fd[1], big, sizeof(big)) > 0)
		;
	CHECK_EQ(signal_count[SIGIO], 1);
}

TEST(file_of_a_bound_socket)
{
	struct address a = path_address("node"), b = abstract_address("x");
	int s = bound_socket(SOCK_STREAM, &a), fd;
	struct stat st, want;

	CHECK_OK(stat("node", &want));
	fd = CHECK_OK(ioctl(s, SIOCPROTOPRIVATE, 0));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_ino, want.st_ino);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	CHECK_ERRNO(ioctl(new_socket(SOCK_STREAM), SIOCPROTOPRIVATE, 0), ENOENT);
	CHECK_ERRNO(ioctl(bound_socket(SOCK_STREAM, &b), SIOCPROTOPRIVATE, 0), ENOENT);
	become(1000);
	CHECK_ERRNO(ioctl(s, SIOCPROTOPRIVATE, 0), EPERM);
}

TEST(sendfile_and_splice)
{
	int fd[2], p[2], f;
	char buf[16] = "";

	put_file("text", "from a file");
	f = CHECK_OK(open("text", O_RDONLY));
	new_pair(SOCK_STREAM, fd);
	CHECK_EQ(sendfile(fd[0], f, NULL, 100), 11);
	CHECK_OK(pipe(p));
	CHECK_EQ(splice(fd[1], NULL, p[1], NULL, 100, 0), 11);
	CHECK_EQ(read(p[0], buf, 16), 11);
	CHECK_STR(buf, "from a file");
	CHECK_EQ(write(p[1], "abc", 3), 3);
	CHECK_EQ(splice(p[0], NULL, fd[1], NULL, 100, 0), 3);
	CHECK_EQ(read(fd[0], buf, 16), 3);
	CHECK_ERRNO(sendfile(f, fd[0], NULL, 1), EBADF);
	CHECK_ERRNO(sendfile(fd[1], fd[0], NULL, 1), EINVAL);
}

#ifdef __i386__
TEST(socketcall)
{
	long args[6] = { AF_UNIX, SOCK_STREAM, 0, 0 };
	int fd[2];
	char buf[8] = "";

	CHECK_ERRNO(syscall(SYS_socketcall, 0, args), EINVAL);
	CHECK_ERRNO(syscall(SYS_socketcall, 21, args), EINVAL);
	CHECK_ERRNO(syscall(SYS_socketcall, SYS_SOCKET, bad_pointer()), EFAULT);
	args[3] = (long)fd;
	CHECK_OK(syscall(SYS_socketcall, SYS_SOCKETPAIR, args));
	args[0] = fd[0];
	args[1] = (long)"word";
	args[2] = 4;
	args[3] = 0;
	CHECK_EQ(syscall(SYS_socketcall, SYS_SEND, args), 4);
	args[0] = fd[1];
	args[1] = (long)buf;
	args[2] = 8;
	CHECK_EQ(syscall(SYS_socketcall, SYS_RECV, args), 4);
	CHECK_STR(buf, "word");
	args[1] = SHUT_WR;
	CHECK_EQ(syscall(SYS_socketcall, SYS_SHUTDOWN, args), 0);
	CHECK_EQ(read(fd[0], buf, 8), 0);
}
#endif

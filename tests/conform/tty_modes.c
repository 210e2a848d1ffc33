// SPDX-License-Identifier: MIT
/* Requests of terminals beyond tcsetattr(3): other forms of the settings, packet mode, exclusive use, hang-up. */
#include "harness.h"
#include "pty.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>

/* linux/termios.h and termios.h exclude each other. */
struct old_termio {
	unsigned short iflag, oflag, cflag, lflag;
	unsigned char line, cc[8];
};
#ifndef TCXONC
#define TCXONC 0x540A
#endif

static int master, slave;

static void open_pair(void)
{
	slave = pty_open(&master);
}

static int peer_of(int fd)
{
	return CHECK_OK(ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY));
}

/* What one read of the master gives, once there is something. */
static ssize_t packet(char *buf, size_t size)
{
	struct pollfd p = { master, POLLIN | POLLPRI, 0 };

	CHECK_EQ(poll(&p, 1, 5000), 1);
	return CHECK_OK(read(master, buf, size));
}

TEST(speeds_of_any_number)
{
	struct termios2 t, back;

	open_pair();
	CHECK_OK(ioctl(slave, TCGETS2, &t));
	CHECK_EQ(t.c_ospeed, 38400);
	CHECK_EQ(t.c_ispeed, 38400);
	t.c_cflag = (t.c_cflag & ~(CBAUD | CBAUD << IBSHIFT)) | BOTHER | BOTHER << IBSHIFT;
	t.c_ospeed = 12345;
	t.c_ispeed = 54321;
	CHECK_OK(ioctl(slave, TCSETS2, &t));
	CHECK_OK(ioctl(slave, TCGETS2, &back));
	CHECK_EQ(back.c_ospeed, 12345);
	CHECK_EQ(back.c_ispeed, 54321);
	t.c_cflag = (t.c_cflag & ~(CBAUD | CBAUD << IBSHIFT)) | B9600 | B1200 << IBSHIFT;
	CHECK_OK(ioctl(slave, TCSETSW2, &t));
	CHECK_OK(ioctl(slave, TCGETS2, &back));
	CHECK_EQ(back.c_ospeed, 9600);
	CHECK_EQ(back.c_ispeed, 1200);
	t.c_cflag &= ~(CBAUD << IBSHIFT); /* B0: as the other direction */
	CHECK_OK(ioctl(slave, TCSETSF2, &t));
	CHECK_OK(ioctl(slave, TCGETS2, &back));
	CHECK_EQ(back.c_ispeed, 9600);
	CHECK_ERRNO(ioctl(slave, TCSETS2, bad_pointer()), EFAULT);
	CHECK_ERRNO(ioctl(slave, TCGETS2, bad_pointer()), EFAULT);
}

TEST(settings_of_system_v)
{
	struct old_termio t, back;
	struct termios2 wide;

	open_pair();
	CHECK_OK(ioctl(slave, TCGETS2, &wide));
	wide.c_iflag |= 0x10000;
	CHECK_OK(ioctl(slave, TCSETS2, &wide));
	CHECK_OK(ioctl(slave, TCGETA, &t));
	CHECK_EQ(t.lflag, wide.c_lflag);
	CHECK_EQ(t.cc[VINTR], 3);
	t.lflag &= ~ECHO;
	t.cc[VERASE] = '#';
	CHECK_OK(ioctl(slave, TCSETA, &t));
	CHECK_OK(ioctl(slave, TCGETA, &back));
	CHECK_MEM(&back, &t, sizeof(t));
	CHECK_OK(ioctl(slave, TCGETS2, &wide));
	CHECK_EQ(wide.c_iflag & 0x10000, 0x10000); /* what it cannot hold stays */
	CHECK_EQ(wide.c_cc[VERASE], '#');
	t.lflag |= ECHO;
	CHECK_OK(ioctl(slave, TCSETAW, &t));
	CHECK_EQ(write(master, "lost", 4), 4);
	sleep_ms(20);
	CHECK_OK(ioctl(slave, TCSETAF, &t));
	t.lflag &= ~ICANON;
	CHECK_OK(ioctl(slave, TCSETA, &t));
	CHECK_OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(read(slave, &back, 1), EAGAIN);
	CHECK_ERRNO(ioctl(slave, TCSETA, bad_pointer()), EFAULT);
	CHECK_ERRNO(ioctl(slave, TCGETA, bad_pointer()), EFAULT);
}

TEST(packet_mode_prefixes_data)
{
	char buf[16];
	int on = 1, got = 0;

	open_pair();
	CHECK_OK(ioctl(master, TIOCGPKT, &got));
	CHECK_EQ(got, 0);
	CHECK_OK(ioctl(master, TIOCPKT, &on));
	CHECK_OK(ioctl(master, TIOCGPKT, &got));
	CHECK_EQ(got, 1);
	CHECK_EQ(write(slave, "abc", 3), 3);
	CHECK_EQ(packet(buf, sizeof(buf)), 4);
	CHECK_MEM(buf, "\0abc", 4);
	CHECK_EQ(write(slave, "abc", 3), 3);
	CHECK_EQ(packet(buf, 2), 2);
	CHECK_MEM(buf, "\0a", 2);
	CHECK_EQ(packet(buf, sizeof(buf)), 3);
	CHECK_MEM(buf, "\0bc", 3);
	on = 0;
	CHECK_OK(ioctl(master, TIOCPKT, &on));
	CHECK_EQ(write(slave, "abc", 3), 3);
	CHECK_EQ(packet(buf, sizeof(buf)), 3);
	CHECK_ERRNO(ioctl(slave, TIOCPKT, &on), ENOTTY);
	CHECK_ERRNO(ioctl(slave, TIOCGPKT, &got), ENOTTY);
	CHECK_ERRNO(ioctl(master, TIOCPKT, bad_pointer()), EFAULT);
}

TEST(packet_mode_tells_of_flushes_and_stops)
{
	char buf[16];
	int on = 1;

	open_pair();
	CHECK_OK(ioctl(master, TIOCPKT, &on));
	CHECK_OK(ioctl(slave, TCFLSH, TCIFLUSH));
	CHECK_EQ(packet(buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHREAD);
	CHECK_OK(ioctl(slave, TCFLSH, TCOFLUSH));
	CHECK_EQ(packet(buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHWRITE);
	CHECK_OK(ioctl(slave, TCFLSH, TCIOFLUSH));
	CHECK_EQ(packet(buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
	CHECK_OK(ioctl(slave, TCXONC, TCOOFF));
	CHECK_EQ(packet(buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_STOP);
	CHECK_OK(ioctl(slave, TCXONC, TCOON));
	CHECK_EQ(packet(buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_START);
}

TEST(packet_mode_tells_who_does_flow_control)
{
	char buf[16];
	int on = 1;
	struct termios2 t;

	open_pair();
	CHECK_OK(ioctl(master, TIOCPKT, &on));
	CHECK_OK(ioctl(slave, TCGETS2, &t));
	t.c_iflag &= ~IXON;
	CHECK_OK(ioctl(slave, TCSETS2, &t));
	CHECK_EQ(packet(buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_NOSTOP);
	t.c_iflag |= IXON;
	CHECK_OK(ioctl(slave, TCSETS2, &t));
	CHECK_EQ(packet(buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], TIOCPKT_DOSTOP);
}

TEST(exclusive_use)
{
	char name[64];
	int n, is = -1;

	open_pair();
	CHECK_OK(ioctl(master, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	CHECK_OK(ioctl(slave, TIOCGEXCL, &is));
	CHECK_EQ(is, 0);
	CHECK_OK(ioctl(slave, TIOCEXCL));
	CHECK_OK(ioctl(slave, TIOCGEXCL, &is));
	CHECK_EQ(is, 1);
	close(CHECK_OK(open(name, O_RDWR | O_NOCTTY))); /* root may */
	CHECK_OK(chmod(name, 0666));
	pid_t child = CHILD(become(1000); CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), EBUSY));
	JOIN(child);
	CHECK_OK(ioctl(slave, TIOCNXCL));
	child = CHILD(become(1000); CHECK_OK(open(name, O_RDWR | O_NOCTTY)));
	JOIN(child);
	CHECK_ERRNO(ioctl(slave, TIOCGEXCL, bad_pointer()), EFAULT);
}

TEST(typing_for_the_user)
{
	char buf[8];

	open_pair();
	CHECK_OK(ioctl(slave, TIOCSTI, "a"));
	CHECK_OK(ioctl(slave, TIOCSTI, "\n"));
	CHECK_EQ(read(slave, buf, sizeof(buf)), 2);
	CHECK_MEM(buf, "a\n", 2);
	CHECK_ERRNO(ioctl(slave, TIOCSTI, bad_pointer()), EFAULT);
	become(1000); /* and it is not the controlling terminal */
	CHECK_ERRNO(ioctl(slave, TIOCSTI, "a"), EPERM);
}

TEST(discipline_device_and_queues)
{
	int n = -1, other = 63;
	struct stat st;
	unsigned dev = 0;

	open_pair();
	CHECK_OK(ioctl(slave, TIOCGETD, &n));
	CHECK_EQ(n, 0);
	CHECK_OK(ioctl(slave, TIOCSETD, &n));
	CHECK_ERRNO(ioctl(slave, TIOCSETD, &other), EINVAL);
	CHECK_OK(fstat(slave, &st));
	CHECK_OK(ioctl(slave, TIOCGDEV, &dev));
	CHECK_EQ(dev, (unsigned)st.st_rdev);
	CHECK_OK(ioctl(slave, TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	CHECK_EQ(write(master, "ab\ncd", 5), 5);
	struct pollfd p = { slave, POLLIN, 0 };

	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_OK(ioctl(slave, FIONREAD, &n));
	CHECK_EQ(n, 3); /* the unfinished line does not count */
}

TEST(break_and_drain)
{
	open_pair();
	CHECK_OK(ioctl(slave, TCSBRK, 1));
	CHECK_OK(ioctl(slave, TCSBRK, 0));
	CHECK_OK(ioctl(slave, TCSBRKP, 0));
	CHECK_ERRNO(ioctl(slave, TCFLSH, 5), EINVAL);
	CHECK_ERRNO(ioctl(slave, TCXONC, 5), EINVAL);
}

TEST(flow_characters_are_sent)
{
	char c;

	open_pair();
	CHECK_OK(ioctl(slave, TCXONC, TCIOFF));
	CHECK_EQ(packet(&c, 1), 1);
	CHECK_EQ(c, 'S' - '@');
	CHECK_OK(ioctl(slave, TCXONC, TCION));
	CHECK_EQ(packet(&c, 1), 1);
	CHECK_EQ(c, 'Q' - '@');
}

TEST(peer_without_a_name)
{
	char name[64], link[64];
	int n, fd, unlock = 0;

	master = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	CHECK_ERRNO(ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY), EIO);
	CHECK_OK(ioctl(master, TIOCSPTLCK, &unlock));
	fd = peer_of(master);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(ioctl(master, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	link[CHECK_OK(readlink(name, link, sizeof(link) - 1))] = 0;
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	CHECK_STR(link, name);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	fd = CHECK_OK(ioctl(master, TIOCGPTPEER, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	CHECK_ERRNO(ioctl(fd, TIOCGPTPEER, O_RDWR), EIO);
}

TEST(signals_through_the_master)
{
	int ready[2];
	char c;

	open_pair();
	CHECK_OK(pipe(ready));
	pid_t child = CHILD(CHECK_OK(setsid()); CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
			    CHECK_EQ(write(ready[1], "", 1), 1); for (;;) pause());

	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_ERRNO(ioctl(master, TIOCSIG, 0), EINVAL);
	CHECK_ERRNO(ioctl(master, TIOCSIG, 65), EINVAL);
	CHECK_ERRNO(ioctl(master, TIOCSIG, SIGTERM), EINVAL); /* only what the keyboard sends */
	CHECK_ERRNO(ioctl(slave, TIOCSIG, SIGINT), ENOTTY);
	CHECK_OK(ioctl(master, TIOCSIG, SIGINT));
	CHECK_EQ(wait_status(child), SIGINT);
}

TEST(hang_up_by_request)
{
	char c;
	struct pollfd p;

	open_pair();
	int second = peer_of(master);

	pid_t child = CHILD(become(1000); CHECK_ERRNO(ioctl(slave, TIOCVHANGUP), EPERM));
	JOIN(child);
	CHECK_OK(ioctl(slave, TIOCVHANGUP));
	CHECK_EQ(read(second, &c, 1), 0);
	CHECK_ERRNO(write(second, "x", 1), EIO);
	CHECK_ERRNO(ioctl(second, TIOCOUTQ, &c), EIO);
	p = (struct pollfd){ second, POLLIN | POLLOUT, 0 };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK(p.revents & POLLHUP);
}

TEST(vhangup_takes_the_terminal)
{
	open_pair();
	pid_t child = CHILD(CHECK_OK(setsid()); CHECK_OK(ioctl(slave, TIOCSCTTY, 0)); signal(SIGHUP, SIG_IGN);
			    CHECK_OK(syscall(SYS_vhangup)); CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
			    CHECK_ERRNO(write(slave, "x", 1), EIO));

	JOIN(child);
	child = CHILD(CHECK_OK(setsid()); CHECK_OK(syscall(SYS_vhangup))); /* none: nothing to do */
	JOIN(child);
	become(1000);
	CHECK_ERRNO(syscall(SYS_vhangup), EPERM);
}

TEST(controlling_terminal_refusals)
{
	open_pair();
	int third = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY)), unlock = 0;

	CHECK_OK(ioctl(third, TIOCSPTLCK, &unlock));
	int other = peer_of(third);

	pid_t child = CHILD(CHECK_ERRNO(ioctl(slave, TIOCSCTTY, 0), EPERM)); /* not a leader */
	JOIN(child);
	child = CHILD(
		CHECK_OK(setsid()); CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
		CHECK_OK(ioctl(slave, TIOCSCTTY, 0)); /* it has it */
		CHECK_ERRNO(ioctl(other, TIOCSCTTY, 0), EPERM); /* another */
		pid_t grandchild = CHILD(CHECK_OK(setsid()); CHECK_ERRNO(ioctl(slave, TIOCSCTTY, 0), EPERM);
					 CHECK_OK(ioctl(slave, TIOCSCTTY, 1))); /* root steals it */
		signal(SIGHUP, SIG_IGN); JOIN(grandchild); CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO));
	JOIN(child);
}

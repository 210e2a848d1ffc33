// SPDX-License-Identifier: MIT
/* Pseudo-terminals and the line discipline: termios, canonical and raw input, echo, signals, job control. */
#include "harness.h"
#include "pty.h"

#include <sys/ioctl.h>
#include <termios.h>

static int master, slave;

static void open_pair(void)
{
	slave = pty_open(&master);
}

static void set_modes(tcflag_t off, tcflag_t on)
{
	struct termios t;

	CHECK_OK(tcgetattr(slave, &t));
	t.c_lflag = (t.c_lflag & ~off) | on;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
}

static void type_text(const char *text)
{
	CHECK_EQ(write(master, text, strlen(text)), strlen(text));
	/* Linux hands input to the line discipline in a worker. */
	sleep_ms(10);
}

/* What arrives, until it is as long as `want`: Linux passes it on in pieces, from a worker. */
static const char *read_as_long_as(int fd, const char *want)
{
	static char buf[4096];
	struct pollfd p = { fd, POLLIN, 0 };
	size_t n = 0;
	ssize_t got = 1;

	while (got > 0 && n < (*want ? strlen(want) : 1) &&
	       poll(&p, 1, *want ? 1000 * patience() : 200) == 1) {
		got = read(fd, buf + n, sizeof(buf) - 1 - n);
		n += got > 0 ? (size_t)got : 0;
	}
	buf[n] = 0;
	return buf;
}

#define CHECK_READ(fd, want) CHECK_STR(read_as_long_as(fd, want), want)

TEST(locked_slave_cannot_be_opened)
{
	char name[64];
	int n, locked = 0, m = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));

	CHECK_OK(ioctl(m, TIOCGPTN, &n));
	CHECK_OK(ioctl(m, TIOCGPTLCK, &locked));
	CHECK_EQ(locked, 1);
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), EIO);
}

TEST(default_settings)
{
	struct termios t;

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	CHECK_EQ(t.c_iflag, ICRNL | IXON);
	CHECK_EQ(t.c_oflag, OPOST | ONLCR);
	CHECK_EQ(t.c_cflag & ~CBAUD, CS8 | CREAD);
	CHECK_EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
	CHECK_EQ(t.c_cc[VINTR], 3);
	CHECK_EQ(t.c_cc[VEOF], 4);
	CHECK_EQ(t.c_cc[VERASE], 0x7f);
	CHECK_EQ(t.c_cc[VMIN], 1);
	CHECK_EQ(cfgetospeed(&t), B38400);
	CHECK_EQ(isatty(slave), 1);
	CHECK_EQ(isatty(master), 1);
}

TEST(line_is_delivered_at_newline_with_echo)
{
	struct pollfd p;

	open_pair();
	p = (struct pollfd){ slave, POLLIN, 0 };
	type_text("abc");
	CHECK_EQ(poll(&p, 1, 20), 0);
	CHECK_READ(master, "abc");
	type_text("\r");
	CHECK_READ(master, "\r\n");
	CHECK_READ(slave, "abc\n");
}

TEST(one_read_takes_at_most_one_line)
{
	char buf[32] = "";

	open_pair();
	type_text("one\ntwo\n");
	CHECK_EQ(read(slave, buf, 2), 2);
	CHECK_EQ(read(slave, buf + 2, 20), 2);
	CHECK_STR(buf, "one\n");
	CHECK_EQ(read(slave, buf, 20), 4);
}

TEST(erase_kill_and_word_erase)
{
	open_pair();
	type_text("abx\177c\n");
	CHECK_READ(slave, "abc\n");
	type_text("junk\025good\n");
	CHECK_READ(slave, "good\n");
	type_text("one two\027x\n");
	CHECK_READ(slave, "one x\n");
	type_text("\026\003\n");
	CHECK_READ(slave, "\003\n");
}

TEST(echo_of_erase_and_control)
{
	open_pair();
	type_text("a\177");
	CHECK_READ(master, "a\b \b");
	type_text("\001");
	CHECK_READ(master, "^A");
	set_modes(ECHO, 0);
	type_text("q\n");
	CHECK_READ(slave, "\001q\n");
	CHECK_READ(master, "");
}

TEST(end_of_file_character)
{
	char buf[16];

	open_pair();
	type_text("ab\004");
	CHECK_EQ(read(slave, buf, 16), 2);
	type_text("\004");
	CHECK_EQ(read(slave, buf, 16), 0);
	type_text("\n");
	CHECK_EQ(read(slave, buf, 16), 1);
}

TEST(output_processing)
{
	struct termios t;

	open_pair();
	CHECK_EQ(write(slave, "a\nb\n", 4), 4);
	CHECK_READ(master, "a\r\nb\r\n");
	CHECK_OK(tcgetattr(slave, &t));
	t.c_oflag &= ~OPOST;
	CHECK_OK(tcsetattr(slave, TCSADRAIN, &t));
	CHECK_EQ(write(slave, "c\n", 2), 2);
	CHECK_READ(master, "c\n");
}

TEST(input_translation)
{
	struct termios t;

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	t.c_iflag = INLCR;
	t.c_lflag = 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	type_text("a\nb\r");
	CHECK_READ(slave, "a\rb\r");
	t.c_iflag = IGNCR | ISTRIP;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	type_text("x\r\341y");
	CHECK_READ(slave, "xay");
}

TEST(raw_reads_by_vmin_and_vtime)
{
	struct termios t;
	char buf[8];
	long long begin;

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	cfmakeraw(&t);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_EQ(read(slave, buf, 8), 0);
	type_text("ab");
	CHECK_EQ(read(slave, buf, 8), 2);
	t.c_cc[VTIME] = 1;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	begin = now_ns();
	CHECK_EQ(read(slave, buf, 8), 0);
	CHECK(now_ns() - begin >= 80000000);
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 0;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	type_text("abc");
	CHECK_EQ(read(slave, buf, 8), 3);
}

TEST(switch_to_raw_frees_an_unfinished_line)
{
	struct termios t;

	open_pair();
	type_text("part");
	CHECK_OK(tcgetattr(slave, &t));
	t.c_lflag &= ~ICANON;
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_READ(slave, "part");
}

TEST(flush_drops_input)
{
	int n = -1;

	open_pair();
	type_text("abc\n");
	CHECK_OK(ioctl(slave, FIONREAD, &n));
	CHECK_EQ(n, 4);
	CHECK_OK(tcflush(slave, TCIFLUSH));
	CHECK_OK(ioctl(slave, FIONREAD, &n));
	CHECK_EQ(n, 0);
	CHECK_ERRNO(tcflush(slave, 77), EINVAL);
}

TEST(nonblocking_read_is_eagain)
{
	char c;

	open_pair();
	CHECK_OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(read(slave, &c, 1), EAGAIN);
	CHECK_OK(fcntl(master, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(read(master, &c, 1), EAGAIN);
}

TEST(closing_the_slave_hangs_up_the_master)
{
	char c;

	open_pair();
	close(slave);
	struct pollfd p = { master, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK(p.revents & POLLHUP);
	CHECK_ERRNO(read(master, &c, 1), EIO);
}

TEST(closing_the_master_ends_the_slave)
{
	char c;

	open_pair();
	close(master);
	CHECK_EQ(read(slave, &c, 1), 0);
	CHECK_ERRNO(write(slave, "x", 1), EIO);
	struct termios t;
	CHECK_ERRNO(tcgetattr(slave, &t), EIO);
}

TEST(locked_settings_stay)
{
	struct termios t, was, lock = { .c_lflag = ECHO };

	open_pair();
	CHECK_OK(tcgetattr(slave, &was));
	lock.c_cc[VINTR] = 1;
	CHECK_OK(ioctl(slave, TIOCSLCKTRMIOS, &lock));
	t = was;
	t.c_lflag &= ~(ECHO | ISIG);
	t.c_cc[VINTR] = t.c_cc[VQUIT] = 'x';
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
	CHECK_OK(tcgetattr(slave, &t));
	CHECK_EQ(t.c_lflag, was.c_lflag & ~ISIG);
	CHECK_EQ(t.c_cc[VINTR], was.c_cc[VINTR]);
	CHECK_EQ(t.c_cc[VQUIT], 'x');
	memset(&lock, 0, sizeof(lock));
	CHECK_OK(ioctl(master, TIOCGLCKTRMIOS, &lock));
	CHECK_EQ(lock.c_lflag, ECHO);
	CHECK_EQ(lock.c_cc[VINTR], 1);
}

TEST(window_size_and_sigwinch)
{
	struct winsize ws = { 25, 80, 0, 0 }, back = { 0 };

	open_pair();
	CHECK_OK(ioctl(slave, TIOCGWINSZ, &back));
	CHECK_EQ(back.ws_row, 0);
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	CHECK_OK(tcsetpgrp(slave, getpgrp()));
	catch_signal(SIGWINCH, 0);
	CHECK_OK(ioctl(master, TIOCSWINSZ, &ws));
	CHECK_OK(ioctl(slave, TIOCGWINSZ, &back));
	CHECK_EQ(back.ws_row, 25);
	CHECK_EQ(back.ws_col, 80);
	CHECK_EQ(signal_count[SIGWINCH], 1);
	CHECK_OK(ioctl(master, TIOCSWINSZ, &ws));
	CHECK_EQ(signal_count[SIGWINCH], 1);
}

TEST(controlling_terminal)
{
	int fd;

	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	open_pair();
	CHECK_ERRNO(tcgetpgrp(slave), ENOTTY);
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	fd = CHECK_OK(open("/dev/tty", O_RDWR));
	CHECK_EQ(tcgetpgrp(slave), getpgrp());
	CHECK_EQ(tcgetsid(slave), getsid(0));
	CHECK_EQ(tcgetpgrp(fd), getpgrp());
	pid_t child = CHILD(CHECK_OK(open("/dev/tty", O_RDWR)); setsid();
			    CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
			    CHECK_ERRNO(ioctl(slave, TIOCSCTTY, 0), EPERM));
	JOIN(child);
}

TEST(opening_a_terminal_makes_it_controlling)
{
	char name[64];
	int n, unlock = 0, m = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));

	CHECK_OK(ioctl(m, TIOCSPTLCK, &unlock));
	CHECK_OK(ioctl(m, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	CHECK_OK(open(name, O_RDWR));
	CHECK_OK(open("/dev/tty", O_RDWR));
}

TEST(interrupt_characters_signal_the_foreground_group)
{
	open_pair();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	catch_signal(SIGINT, 0);
	catch_signal(SIGQUIT, 0);
	catch_signal(SIGTSTP, 0);
	type_text("\003");
	type_text("\034");
	type_text("\032");
	CHECK_EQ(signal_count[SIGINT], 1);
	CHECK_EQ(signal_count[SIGQUIT], 1);
	CHECK_EQ(signal_count[SIGTSTP], 1);
	set_modes(ISIG, 0);
	type_text("\003\n");
	CHECK_EQ(signal_count[SIGINT], 1);
	CHECK_READ(slave, "\003\n");
}

TEST(interrupt_wakes_a_blocked_reader)
{
	char c;

	open_pair();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	pid_t child = CHILD(catch_signal(SIGINT, 0); CHECK_ERRNO(read(slave, &c, 1), EINTR));
	signal(SIGINT, SIG_IGN);
	wait_asleep(child);
	type_text("\003");
	JOIN(child);
}

TEST(background_reader_is_stopped)
{
	char c;
	int status;

	open_pair();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	pid_t child = CHILD(setpgid(0, 0); read(slave, &c, 1));
	setpgid(child, child);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(status, SIGTTIN << 8 | 0x7f);
	CHECK_OK(tcsetpgrp(slave, child));
	type_text("x\n");
	CHECK_OK(kill(child, SIGCONT));
	CHECK_EQ(wait_status(child), 0);
}

TEST(background_reader_ignoring_sigttin_gets_eio)
{
	char c;

	open_pair();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	pid_t child = CHILD(setpgid(0, 0); signal(SIGTTIN, SIG_IGN); CHECK_ERRNO(read(slave, &c, 1), EIO));
	JOIN(child);
}

TEST(background_writer_and_tostop)
{
	int status;

	open_pair();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	pid_t child = CHILD(setpgid(0, 0); CHECK_EQ(write(slave, "x", 1), 1));
	JOIN(child);
	set_modes(0, TOSTOP);
	child = CHILD(setpgid(0, 0); write(slave, "x", 1));
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(status, SIGTTOU << 8 | 0x7f);
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(tcsetpgrp_rules)
{
	int status;

	open_pair();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	CHECK_ERRNO(tcsetpgrp(slave, 4000000), ESRCH);
	CHECK_ERRNO(tcsetpgrp(slave, -1), EINVAL);
	CHECK_ERRNO(tcsetpgrp(slave, 1), EPERM);
	pid_t child = CHILD(setpgid(0, 0); tcsetpgrp(slave, getpid()));
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK_EQ(status, SIGTTOU << 8 | 0x7f);
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(session_leader_exit_hangs_up)
{
	int fds[2];
	char c;

	CHECK_OK(pipe(fds));
	pid_t leader = CHILD(setsid(); open_pair(); CHECK_OK(ioctl(slave, TIOCSCTTY, 0)); if (!fork()) {
		catch_signal(SIGHUP, 0);
		write(fds[1], "r", 1);
		while (!signal_count[SIGHUP])
			sleep_ms(1);
		write(fds[1], "h", 1);
		_exit(0);
	} CHECK_EQ(read(fds[0], &c, 1), 1));
	JOIN(leader);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'h');
}

TEST(giving_up_the_terminal)
{
	open_pair();
	CHECK_OK(ioctl(slave, TIOCSCTTY, 0));
	signal(SIGHUP, SIG_IGN);
	CHECK_OK(ioctl(slave, TIOCNOTTY));
	CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
}

TEST(slave_fstat_and_names)
{
	struct stat st;
	char link[64], name[64];
	ssize_t n;

	open_pair();
	CHECK_OK(fstat(slave, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(st.st_rdev >> 8, 136);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", slave);
	n = CHECK_OK(readlink(link, name, sizeof(name) - 1));
	name[n] = 0;
	CHECK(!strncmp(name, "/dev/pts/", 9));
}

TEST(typed_ahead_text_is_kept)
{
	open_pair();
	type_text("first\nsecond\n");
	sleep_ms(5);
	CHECK_READ(slave, "first\n");
	CHECK_READ(slave, "second\n");
}

TEST(stop_and_start_output)
{
	open_pair();
	set_modes(ECHO, 0);
	type_text("\023");
	CHECK_OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(write(slave, "x", 1), EAGAIN);
	type_text("\021");
	CHECK_EQ(write(slave, "y", 1), 1);
	CHECK_READ(master, "y");
}

TEST(packet_of_4096_in_canonical_mode)
{
	static char line[5000];
	static char buf[5000];

	open_pair();
	set_modes(ECHO, 0);
	memset(line, 'a', sizeof(line));
	CHECK_OK(fcntl(master, F_SETFL, O_NONBLOCK));
	for (int i = 0; i < 4800; i += 400)
		(void)write(master, line, 400);
	sleep_ms(5);
	CHECK_EQ(write(master, "\n", 1), 1);
	/* What does not fit in a line is thrown away, the newline is not. */
	ssize_t n = read(slave, buf, sizeof(buf));
	CHECK_EQ(n, 4096);
	CHECK_EQ(buf[4095], '\n');
}

// SPDX-License-Identifier: MIT
/* The line discipline's editing as it shows on the screen: erasing, reprinting, line ends, output processing. */
#include "harness.h"
#include "pty.h"

#include <sys/ioctl.h>
#include <termios.h>

#ifndef XTABS
#define XTABS TAB3
#endif

static int master, slave;
static struct termios modes; /* of the slave; set() makes them true */

static void set(void)
{
	CHECK_OK(tcsetattr(slave, TCSANOW, &modes));
}

static void open_pair(void)
{
	slave = pty_open(&master);
	CHECK_OK(tcgetattr(slave, &modes));
}

/* Reads exactly this from fd; Linux delivers from a worker, so it may come in parts. */
static void expect(int fd, const char *want)
{
	char got[512] = "";
	size_t len = 0;
	struct pollfd p = { fd, POLLIN, 0 };

	while (len < strlen(want) && poll(&p, 1, 5000) == 1) {
		ssize_t n = CHECK_OK(read(fd, got + len, sizeof(got) - 1 - len));

		len += n;
	}
	got[len] = 0;
	CHECK_STR(got, want);
}

/* Types on the master; the screen shows this. */
static void shows(const char *typed, const char *screen)
{
	CHECK_EQ(write(master, typed, strlen(typed)), strlen(typed));
	expect(master, screen);
}

/* Writes on the slave; the screen shows this. */
static void prints(const char *text, const char *screen)
{
	CHECK_EQ(write(slave, text, strlen(text)), strlen(text));
	expect(master, screen);
}

TEST(erase_rubs_out)
{
	open_pair();
	shows("ab\177c\n", "ab\b \bc\r\n");
	expect(slave, "ac\n");
	shows("\001\177x\n", "^A\b \b\b \bx\r\n");
	expect(slave, "x\n");
	shows("\177\025\027x\n", "x\r\n"); /* nothing to erase */
}

TEST(erase_without_echoe_shows_the_character)
{
	open_pair();
	modes.c_lflag &= ~ECHOE;
	set();
	shows("ab\177\n", "ab^?\r\n");
	expect(slave, "a\n");
}

TEST(erase_on_paper)
{
	open_pair();
	modes.c_lflag |= ECHOPRT;
	set();
	shows("abc\177\177x\n", "abc\\cb/x\r\n");
	expect(slave, "ax\n");
	shows("ab\177\177", "ab\\ba/");
	shows("ab\177\n", "ab\\b\r\n");
	expect(slave, "a\n");
	shows("abc\177\026z\n", "/abc\\c/^\bz\r\n");
	expect(slave, "abz\n");
}

TEST(erase_of_a_tab_goes_back_to_where_it_began)
{
	open_pair();
	shows("a\tb\177\177x\n", "a\tb\b \b\b\b\b\b\b\b\bx\r\n");
	expect(slave, "ax\n");
	shows("\t\t\177\n", "\t\t\b\b\b\b\b\b\b\b\r\n");
	shows("\001\t\177\n", "^A\t\b\b\b\b\b\b\r\n");
	prints("xy", "xy");
	shows("\t\177\n", "\t\b\b\b\b\b\b\r\n"); /* the prompt counts */
}

TEST(erase_of_control_characters_without_echoctl)
{
	open_pair();
	modes.c_lflag &= ~ECHOCTL;
	set();
	shows("a\001\177b\n", "a\001b\r\n");
	expect(slave, "ab\n");
	shows("\001\t\177\n", "\001\t\b\b\b\b\b\b\b\b\r\n");
}

TEST(erase_takes_whole_utf8_characters)
{
	open_pair();
	modes.c_iflag |= IUTF8;
	set();
	shows("a\303\251\177b\n", "a\303\251\b \bb\r\n");
	expect(slave, "ab\n");
	shows("\251\177b\n", "\251b\r\n"); /* a stray byte stays */
	expect(slave, "\251b\n");
	modes.c_lflag |= ECHOPRT;
	set();
	shows("\303\251\177b\n", "\303\251\\\303\251/b\r\n");
	expect(slave, "b\n");
}

TEST(kill_has_four_looks)
{
	open_pair();
	shows("ab\025c\n", "ab\b \b\b \bc\r\n");
	expect(slave, "c\n");
	modes.c_lflag &= ~ECHOKE;
	set();
	shows("ab\025c\n", "ab^U\r\nc\r\n");
	expect(slave, "c\n");
	modes.c_lflag &= ~ECHOK;
	set();
	shows("ab\025c\n", "ab^Uc\r\n");
	expect(slave, "c\n");
	modes.c_lflag &= ~ECHO;
	set();
	CHECK_EQ(write(master, "ab\025c\n", 5), 5);
	expect(slave, "c\n");
}

TEST(reprint_shows_the_line_again)
{
	open_pair();
	shows("ab\022c\n", "ab^R\r\nabc\r\n");
	expect(slave, "abc\n");
}

TEST(word_erase_takes_blanks_before_it)
{
	open_pair();
	shows("one two  \027\n", "one two  \b \b\b \b\b \b\b \b\b \b\r\n");
	expect(slave, "one \n");
}

TEST(next_character_is_taken_as_it_is)
{
	open_pair();
	shows("\026\025x\n", "^\b^Ux\r\n");
	expect(slave, "\025x\n");
	modes.c_lflag &= ~IEXTEN;
	set();
	shows("a\026\n", "a^V\r\n");
	expect(slave, "a\026\n");
}

TEST(other_line_ends)
{
	open_pair();
	modes.c_cc[VEOL] = ';';
	modes.c_cc[VEOL2] = '!';
	set();
	shows("ab;", "ab;");
	expect(slave, "ab;");
	shows(";", ";");
	expect(slave, ";");
	shows("cd!", "cd!");
	expect(slave, "cd!");
	modes.c_lflag &= ~(IEXTEN | ECHO);
	set();
	CHECK_EQ(write(master, "e!f;", 4), 4);
	expect(slave, "e!f;");
}

TEST(newline_echo_of_its_own)
{
	open_pair();
	modes.c_lflag = (modes.c_lflag & ~ECHO) | ECHONL;
	set();
	shows("secret\n", "\r\n");
	expect(slave, "secret\n");
}

TEST(input_bytes_are_changed)
{
	open_pair();
	modes.c_iflag = ISTRIP | INLCR | IGNCR;
	modes.c_lflag &= ~(ICANON | ECHO);
	set();
	CHECK_EQ(write(master, "a\303\r\nb", 5), 5);
	expect(slave, "aC\rb");
	modes.c_iflag = IUCLC | PARMRK;
	set();
	CHECK_EQ(write(master, "AbC\377.", 5), 5);
	expect(slave, "abc\377\377.");
	modes.c_lflag |= ICANON;
	modes.c_cc[VEOL] = 0xff;
	set();
	CHECK_EQ(write(master, "x\377", 2), 2);
	expect(slave, "x\377\377");
}

TEST(any_character_restarts_output)
{
	struct pollfd p;

	open_pair();
	modes.c_iflag |= IXANY;
	modes.c_lflag &= ~ECHO;
	set();
	p = (struct pollfd){ master, POLLIN, 0 };
	CHECK_EQ(write(master, "\023", 1), 1);
	sleep_ms(20); /* a worker reads it on Linux */
	CHECK_OK(fcntl(slave, F_SETFL, O_NONBLOCK));
	CHECK_ERRNO(write(slave, "x", 1), EAGAIN);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(write(master, "a\003", 2), 2); /* a plain one, then a special one */
	p = (struct pollfd){ slave, POLLOUT, 0 };
	CHECK_EQ(poll(&p, 1, 5000), 1);
	CHECK_EQ(write(slave, "x", 1), 1);
	expect(master, "x");
}

TEST(carriage_returns_of_output)
{
	open_pair();
	modes.c_oflag = OPOST | OCRNL;
	set();
	prints("a\rb", "a\nb");
	modes.c_oflag = OPOST | ONOCR;
	set();
	prints("\r", "\r"); /* column 3: "a", newline without return, "b" */
	prints("\rab\r\r", "ab\r");
	modes.c_oflag = OPOST | OCRNL | ONLRET;
	set();
	prints("ab\r", "ab\n");
}

TEST(tabs_of_output)
{
	open_pair();
	modes.c_oflag = OPOST | XTABS;
	set();
	prints("a\tb\r", "a       b\r");
	prints("ab\b\tx\r", "ab\b       x\r");
	prints("\001\tx\r", "\001        x\r");
	prints("ab\n\tx\r", "ab\n      x\r"); /* the newline leaves the column */
	modes.c_oflag |= ONLRET;
	set();
	prints("ab\n\tx\r", "ab\n        x\r");
	modes.c_oflag = OPOST;
	set();
	prints("\t\b\t", "\t\b\t");
}

TEST(capitals_of_output)
{
	open_pair();
	modes.c_oflag = OPOST | OLCUC;
	set();
	prints("abC1z", "ABC1Z");
	modes.c_oflag = OLCUC; /* nothing without OPOST */
	set();
	prints("abC\n", "abC\n");
}

// SPDX-License-Identifier: MIT
/* A signal in reads that block on event descriptors and terminals, and in calls that wait for signals (blocker.h). */
#include "blocker.h"
#include "pty.h"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <termios.h>

static int fd, master, slave;

/* --- eventfd --- */
static void make_event(void)
{
	fd = CHECK_OK(eventfd(0, 0));
}

static void make_full_event(void)
{
	uint64_t n = UINT64_MAX - 1;

	fd = CHECK_OK(eventfd(0, 0));
	CHECK_EQ(write(fd, &n, 8), 8);
}

static long read_event(void)
{
	uint64_t n;

	return read(fd, &n, 8);
}

static long write_event(void)
{
	uint64_t n = 1;

	return write(fd, &n, 8);
}

static void release_by_write(void)
{
	CHECK_EQ(write_event(), 8);
}

static void release_by_read(void)
{
	CHECK_EQ(read_event(), 8);
}

BLOCKER(eventfd_read, make_event, read_event, release_by_write, 8, true, true)
BLOCKER(eventfd_write, make_full_event, write_event, release_by_read, 8, true, true)

/* --- timerfd --- */
static void make_timer(void)
{
	fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
}

static void fire_timer(void)
{
	struct itimerspec it = { .it_value = { 0, 1 } };

	CHECK_OK(timerfd_settime(fd, 0, &it, NULL));
}

BLOCKER(timerfd_read, make_timer, read_event, fire_timer, 8, true, true)

/* --- signalfd --- */
static long read_signalfd(void)
{
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = CHECK_OK(signalfd(-1, &set, 0));
	return read(fd, &info, sizeof(info)) == sizeof(info) ? 1 : -1;
}

BLOCKER(signalfd_read, NULL, read_signalfd, NULL, 1, true, true)

/* --- inotify --- */
static void make_watch(void)
{
	need_call(SYS_inotify_add_watch);
	fd = CHECK_OK(inotify_init1(0));
	CHECK_OK(inotify_add_watch(fd, ".", IN_CREATE));
}

static long read_watch(void)
{
	char buf[512];

	return read(fd, buf, sizeof(buf)) > 0 ? 1 : -1;
}

static void make_name(void)
{
	put_file("new", "");
}

BLOCKER(inotify_read, make_watch, read_watch, make_name, 1, true, true)

/* --- terminals --- */
static void open_pair(void)
{
	slave = pty_open(&master);
}

static void open_raw_pair(void)
{
	struct termios t;

	open_pair();
	CHECK_OK(tcgetattr(slave, &t));
	cfmakeraw(&t);
	CHECK_OK(tcsetattr(slave, TCSANOW, &t));
}

static void open_stopped_pair(void)
{
	open_pair();
	CHECK_OK(tcflow(slave, TCOOFF));
}

static long read_slave(void)
{
	char c[8];

	return read(slave, c, sizeof(c));
}

static long read_master(void)
{
	char c[8];

	return read(master, c, sizeof(c));
}

static long write_slave(void)
{
	return write(slave, "x", 1);
}

static void type_line(void)
{
	CHECK_EQ(write(master, "a\n", 2), 2);
}

static void print_text(void)
{
	CHECK_EQ(write(slave, "ab", 2), 2);
}

static void start_output(void)
{
	CHECK_OK(tcflow(slave, TCOON));
}

BLOCKER(tty_line_read, open_pair, read_slave, type_line, 2, true, true)
BLOCKER(tty_raw_read, open_raw_pair, read_slave, NULL, 1, true, true)
BLOCKER(pty_master_read, open_pair, read_master, print_text, 2, true, true)
BLOCKER(tty_stopped_write, open_stopped_pair, write_slave, start_output, 1, true, true)

/* --- waiting for signals --- */
static long wait_pause(void)
{
	return pause();
}

static long wait_suspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	return sigsuspend(&none);
}

static long wait_timed(void)
{
	struct timespec ts = { 60, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	return sigtimedwait(&set, NULL, &ts);
}

/* Raw, because glibc's function starts again after EINTR. */
static long wait_for_info(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	return syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8);
}

BLOCKER(pause, NULL, wait_pause, NULL, 0, false, true)
BLOCKER(sigsuspend, NULL, wait_suspend, NULL, 0, false, true)
BLOCKER(sigtimedwait, NULL, wait_timed, NULL, 0, false, false)
BLOCKER(sigwaitinfo, NULL, wait_for_info, NULL, 0, false, false)

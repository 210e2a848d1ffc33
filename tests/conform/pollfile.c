// SPDX-License-Identifier: MIT
/* What poll, select and epoll say about every type of file. */
#include "harness.h"
#include "pty.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define ALL     (POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM | POLLRDBAND | POLLWRBAND | POLLRDHUP)
#define READ    (POLLIN | POLLRDNORM)
#define WRITE   (POLLOUT | POLLWRNORM)
#define ALWAYS  (READ | WRITE)
#define REFUSED (-1)

static int ready(int fd)
{
	struct pollfd p = { fd, ALL, 0 };

	CHECK_OK(poll(&p, 1, 0));
	return p.revents;
}

/* poll(2), ppoll(2), select(2) and epoll(7) must agree; `epoll` is REFUSED where files cannot be added. */
static void expect(int fd, int events, int epoll)
{
	struct timeval tv = { 0, 0 };
	struct epoll_event ev = { .events = ALL };
	fd_set in, out, pri;
	int ep = CHECK_OK(epoll_create1(0));

	CHECK_EQ(ready(fd), events);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&pri);
	FD_SET(fd, &in);
	FD_SET(fd, &out);
	FD_SET(fd, &pri);
	CHECK_OK(select(fd + 1, &in, &out, &pri, &tv));
	CHECK_EQ(!!FD_ISSET(fd, &in), !!(events & (READ | POLLHUP | POLLERR | POLLRDBAND)));
	CHECK_EQ(!!FD_ISSET(fd, &out), !!(events & (WRITE | POLLERR | POLLWRBAND)));
	CHECK_EQ(!!FD_ISSET(fd, &pri), !!(events & POLLPRI));
	if (epoll == REFUSED) {
		CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), EPERM);
	} else {
		CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
		ev.events = 0;
		CHECK_EQ(epoll_wait(ep, &ev, 1, 0), events ? 1 : 0);
		CHECK_EQ(ev.events, events);
	}
	close(ep);
}

static void expect_path(const char *path, int flags, int events, int epoll)
{
	int fd = CHECK_OK(open(path, flags));

	expect(fd, events, epoll);
	close(fd);
}

TEST(regular_file)
{
	put_file("f", "abc");
	expect_path("f", O_RDWR, READ | WRITE, REFUSED);
	expect_path("f", O_RDONLY, READ | WRITE, REFUSED);
	expect_path("f", O_WRONLY, READ | WRITE, REFUSED);
}

TEST(folder)
{
	expect_path(".", O_RDONLY | O_DIRECTORY, READ | WRITE, REFUSED);
}

TEST(memory_file)
{
	expect(CHECK_OK(memfd_create("m", 0)), READ | WRITE, REFUSED);
}

TEST(null_zero_full)
{
	expect_path("/dev/null", O_RDWR, READ | WRITE, REFUSED);
	expect_path("/dev/zero", O_RDWR, READ | WRITE, REFUSED);
	expect_path("/dev/full", O_RDWR, READ | WRITE, REFUSED);
}

TEST(random_devices)
{
	expect_path("/dev/urandom", O_RDONLY, READ | WRITE, REFUSED);
}

TEST(proc_text_files)
{
	expect_path("/proc/self/stat", O_RDONLY, READ | WRITE, REFUSED);
	/* Files outside of the folders of processes may know how to be polled. */
	expect_path("/proc/uptime", O_RDONLY, READ | WRITE, 0);
	expect_path("/proc/self/cmdline", O_RDONLY, READ | WRITE, REFUSED);
}

TEST(proc_mounts_tells_of_changes)
{
	struct pollfd p = { CHECK_OK(open("/proc/self/mounts", O_RDONLY)), POLLPRI, 0 };

	expect(p.fd, READ, 0);
	CHECK_OK(mkdir("m", 0755));
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_OK(mount("none", "m", "tmpfs", 0, ""));
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLPRI | POLLERR);
	CHECK_EQ(poll(&p, 1, 0), 0);
	pid_t child = CHILD(sleep_ms(30); CHECK_OK(umount("m")));
	CHECK_EQ(poll(&p, 1, 2000), 1);
	JOIN(child);
	expect(p.fd, READ, 0);
}

TEST(eventfd_by_its_counter)
{
	int fd = CHECK_OK(eventfd(0, 0));
	uint64_t n = UINT64_MAX - 1;

	expect(fd, POLLOUT, 0);
	CHECK_OK(eventfd_write(fd, 1));
	expect(fd, POLLIN | POLLOUT, 0);
	CHECK_OK(eventfd_read(fd, &n));
	n = UINT64_MAX - 1;
	CHECK_EQ(write(fd, &n, 8), 8);
	expect(fd, POLLIN, 0);
}

TEST(timerfd_after_it_fired)
{
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
	struct itimerspec it = { .it_value = { 0, 1 } };

	expect(fd, 0, 0);
	CHECK_OK(timerfd_settime(fd, 0, &it, NULL));
	sleep_ms(10);
	expect(fd, POLLIN, 0);
}

TEST(signalfd_with_a_pending_signal)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = CHECK_OK(signalfd(-1, &set, 0));
	expect(fd, 0, 0);
	raise(SIGUSR1);
	expect(fd, POLLIN, 0);
}

TEST(inotify_with_an_event)
{
	int fd;

	need_call(SYS_inotify_add_watch);
	fd = CHECK_OK(inotify_init1(0));

	CHECK_OK(inotify_add_watch(fd, ".", IN_CREATE));
	expect(fd, 0, 0);
	put_file("f", "");
	expect(fd, READ, 0);
}

TEST(epoll_in_epoll)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = CHECK_OK(epoll_create1(0)), efd = CHECK_OK(eventfd(0, 0));

	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, efd, &ev));
	expect(ep, 0, 0);
	CHECK_OK(eventfd_write(efd, 1));
	expect(ep, READ, 0);
}

TEST(pidfd_of_a_dead_child)
{
	int gate[2], fd;
	char c;

	CHECK_OK(pipe(gate));
	pid_t pid = CHILD(close(gate[1]); (void)read(gate[0], &c, 1));
	fd = CHECK_OK(syscall(SYS_pidfd_open, pid, 0));
	expect(fd, 0, 0);
	close(gate[1]);
	struct pollfd p = { fd, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 2000), 1);
	expect(fd, READ, 0);
	JOIN(pid);
	expect(fd, READ, 0);
}

TEST(pipe_in_all_states)
{
	static char fill[65536];
	int fds[2];

	CHECK_OK(pipe(fds));
	expect(fds[0], 0, 0);
	expect(fds[1], WRITE, 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	expect(fds[0], READ, 0);
	expect(fds[1], WRITE, 0);
	CHECK_OK(fcntl(fds[1], F_SETFL, O_NONBLOCK));
	while (write(fds[1], fill, PAGE) > 0)
		;
	expect(fds[1], 0, 0);
	close(fds[1]);
	expect(fds[0], READ | POLLHUP, 0);
	while (read(fds[0], fill, sizeof(fill)) > 0)
		;
	expect(fds[0], POLLHUP, 0);
}

TEST(pipe_writer_alone)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	close(fds[0]);
	expect(fds[1], WRITE | POLLERR, 0);
}

TEST(fifo_reader_before_and_after_a_writer)
{
	int r, w;

	CHECK_OK(mkfifo("f", 0644));
	r = CHECK_OK(open("f", O_RDONLY | O_NONBLOCK));
	expect(r, 0, 0);
	w = CHECK_OK(open("f", O_WRONLY));
	expect(r, 0, 0);
	close(w);
	expect(r, POLLHUP, 0);
	w = CHECK_OK(open("f", O_WRONLY));
	expect(r, 0, 0);
}

TEST(fifo_opened_both_ways)
{
	int fd;

	CHECK_OK(mkfifo("f", 0644));
	fd = CHECK_OK(open("f", O_RDWR));
	expect(fd, WRITE, 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	expect(fd, READ | WRITE, 0);
}

TEST(terminal_by_lines)
{
	int master, slave = pty_open(&master);

	expect(slave, WRITE, 0);
	expect(master, WRITE, 0);
	CHECK_EQ(write(master, "ab", 2), 2);
	sleep_ms(10);
	expect(slave, WRITE, 0);
	CHECK_EQ(write(master, "\n", 1), 1);
	sleep_ms(10);
	expect(slave, READ | WRITE, 0);
	expect(master, READ | WRITE, 0);
}

TEST(terminal_without_slave_or_master)
{
	int master, slave = pty_open(&master);

	close(slave);
	expect(master, WRITE | POLLHUP, 0);
	slave = pty_open(&master);
	close(master);
	CHECK(ready(slave) & POLLHUP);
	CHECK(ready(slave) & POLLIN);
}

TEST(path_descriptor_is_nval)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = CHECK_OK(open(".", O_PATH)), ep = CHECK_OK(epoll_create1(0));

	CHECK_EQ(ready(fd), POLLNVAL);
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), EBADF);
}

TEST(select_reports_a_path_descriptor_as_ready)
{
	struct timeval tv = { 0, 0 };
	int fd = CHECK_OK(open(".", O_PATH));
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	CHECK_EQ(select(fd + 1, &set, NULL, NULL, &tv), 1);
}

TEST(only_requested_events_come_back)
{
	struct pollfd p = { CHECK_OK(open("/dev/null", O_RDWR)), 0, 77 };

	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(p.revents, 0);
	p.events = POLLOUT;
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	p.events = POLLPRI;
	CHECK_EQ(poll(&p, 1, 0), 0);
}

TEST(revents_of_all_entries_are_written)
{
	struct pollfd p[4] = { { 99, POLLIN, 1 }, { -5, POLLIN, 1 }, { 0, 0, 1 }, { 0, POLLIN, 1 } };

	close(99);
	CHECK_EQ(poll(p, 4, 0), 2);
	CHECK_EQ(p[0].revents, POLLNVAL);
	CHECK_EQ(p[1].revents, 0);
	CHECK_EQ(p[2].revents, 0);
	CHECK_EQ(p[3].revents, POLLIN);
}

// SPDX-License-Identifier: MIT
/* eventfd(2), timerfd_create(2), signalfd(2), inotify(7): descriptors that tell of events. */
#include "harness.h"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

TEST(counter_adds_and_resets)
{
	uint64_t v = 3;
	int fd = CHECK_OK(eventfd(2, EFD_NONBLOCK | EFD_CLOEXEC));

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 5);
	CHECK_ERRNO(read(fd, &v, 8), EAGAIN);
}

TEST(semaphore_mode_takes_one)
{
	uint64_t v;
	int fd = CHECK_OK(eventfd(2, EFD_NONBLOCK | EFD_SEMAPHORE));

	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_EQ(v, 1);
	CHECK_EQ(read(fd, &v, 8), 8);
	CHECK_ERRNO(read(fd, &v, 8), EAGAIN);
}

TEST(counter_refusals)
{
	uint64_t v = UINT64_MAX;
	int fd = CHECK_OK(eventfd(0, EFD_NONBLOCK));

	CHECK_ERRNO(eventfd(0, 0x1000000), EINVAL);
	CHECK_ERRNO(write(fd, &v, 8), EINVAL);
	CHECK_ERRNO(write(fd, &v, 7), EINVAL);
	CHECK_ERRNO(read(fd, &v, 7), EINVAL);
	v = UINT64_MAX - 1;
	CHECK_EQ(write(fd, &v, 8), 8);
	v = 1;
	CHECK_ERRNO(write(fd, &v, 8), EAGAIN);
	CHECK_ERRNO(write(fd, bad_pointer(), 8), EFAULT);
}

TEST(counter_blocks_reader_until_written)
{
	uint64_t v = 7;
	int fd = CHECK_OK(eventfd(0, 0));
	pid_t child = CHILD(CHECK_EQ(read(fd, &v, 8), 8); CHECK_EQ(v, 7));

	wait_asleep(child);
	CHECK_EQ(write(fd, &v, 8), 8);
	JOIN(child);
}

TEST(counter_poll_states)
{
	uint64_t v = UINT64_MAX - 1;
	int fd = CHECK_OK(eventfd(0, 0));
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	CHECK_EQ(write(fd, &v, 8), 8);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
}

TEST(timer_expires_and_counts)
{
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } };
	uint64_t n;
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));

	CHECK_ERRNO(read(fd, &n, 8), EAGAIN);
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	sleep_ms(40);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK(n >= 4);
}

TEST(timer_blocks_polls_and_disarms)
{
	struct itimerspec its = { { 0, 0 }, { 0, 10000000 } }, old;
	uint64_t n;
	int fd = CHECK_OK(timerfd_create(CLOCK_REALTIME, 0));
	struct pollfd p = { fd, POLLIN, 0 };

	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	CHECK_EQ(poll(&p, 1, 1000), 1);
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
	its.it_value.tv_sec = 100;
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	CHECK_OK(timerfd_gettime(fd, &old));
	CHECK(old.it_value.tv_sec >= 99 && old.it_value.tv_sec <= 100);
	its = (struct itimerspec){ 0 };
	CHECK_OK(timerfd_settime(fd, 0, &its, &old));
	CHECK(old.it_value.tv_sec >= 99);
	CHECK_OK(timerfd_gettime(fd, &old));
	CHECK_EQ(old.it_value.tv_sec, 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
}

TEST(timer_absolute_in_the_past_fires_at_once)
{
	struct itimerspec its = { { 0, 0 }, { 0, 1 } };
	uint64_t n;
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

	CHECK_OK(timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL));
	CHECK_EQ(read(fd, &n, 8), 8);
	CHECK_EQ(n, 1);
}

TEST(timer_refusals)
{
	struct itimerspec its = { { 0, 0 }, { 0, 1000000000 } };
	uint64_t n;
	int fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));

	CHECK_ERRNO(timerfd_create(77, 0), EINVAL);
	CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 0, &its, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(fd, 99, &its, NULL), EINVAL);
	its.it_value.tv_nsec = 1;
	CHECK_ERRNO(timerfd_settime(0, 0, &its, NULL), EINVAL);
	CHECK_ERRNO(timerfd_settime(99, 0, &its, NULL), EBADF);
	CHECK_ERRNO(read(fd, &n, 7), EINVAL);
	CHECK_ERRNO(write(fd, &n, 8), EINVAL);
}

TEST(signalfd_reads_blocked_signals)
{
	struct signalfd_siginfo info[2];
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = CHECK_OK(signalfd(-1, &set, SFD_NONBLOCK));
	CHECK_ERRNO(read(fd, info, sizeof(info)), EAGAIN);
	CHECK_OK(kill(getpid(), SIGUSR2));
	CHECK_OK(kill(getpid(), SIGUSR1));
	CHECK_EQ(read(fd, info, sizeof(info)), sizeof(info));
	CHECK_EQ(info[0].ssi_signo, SIGUSR1);
	CHECK_EQ(info[0].ssi_pid, getpid());
	CHECK_EQ(info[0].ssi_code, SI_USER);
	CHECK_EQ(info[1].ssi_signo, SIGUSR2);
}

TEST(signalfd_change_and_refusals)
{
	struct signalfd_siginfo info;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	fd = CHECK_OK(signalfd(-1, &set, SFD_NONBLOCK));
	CHECK_EQ(signalfd(fd, &set, 0), fd);
	CHECK_ERRNO(signalfd(0, &set, 0), EINVAL);
	CHECK_ERRNO(signalfd(99, &set, 0), EBADF);
	CHECK_ERRNO(signalfd(-1, &set, 1), EINVAL);
	CHECK_ERRNO(read(fd, &info, sizeof(info) - 1), EINVAL);
	CHECK_ERRNO(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
}

TEST(signalfd_polls)
{
	struct signalfd_siginfo info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	int fd = CHECK_OK(signalfd(-1, &set, 0));
	struct pollfd p = { fd, POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 0), 0);
	pid_t child = CHILD(_exit(3));
	CHECK_EQ(poll(&p, 1, 2000), 1);
	CHECK_EQ(read(fd, &info, sizeof(info)), sizeof(info));
	CHECK_EQ(info.ssi_code, CLD_EXITED);
	CHECK_EQ(info.ssi_status, 3);
	CHECK_EQ(info.ssi_pid, child);
}

TEST(inotify_reports_changes)
{
	char buf[1024] __attribute__((aligned(8)));
	struct inotify_event *e = (void *)buf;
	int wd, fd = CHECK_OK(inotify_init1(IN_NONBLOCK));

	CHECK_OK(mkdir("d", 0755));
	wd = CHECK_OK(inotify_add_watch(fd, "d", IN_CREATE | IN_DELETE));
	CHECK_ERRNO(read(fd, buf, sizeof(buf)), EAGAIN);
	put_file("d/f", "");
	CHECK_EQ(read(fd, buf, sizeof(buf)), sizeof(*e) + 16);
	CHECK_EQ(e->wd, wd);
	CHECK_EQ(e->mask, IN_CREATE);
	CHECK_STR(e->name, "f");
	CHECK_OK(unlink("d/f"));
	CHECK_EQ(read(fd, buf, sizeof(buf)), sizeof(*e) + 16);
	CHECK_EQ(e->mask, IN_DELETE);
	CHECK_OK(inotify_rm_watch(fd, wd));
	CHECK_ERRNO(inotify_rm_watch(fd, wd), EINVAL);
}

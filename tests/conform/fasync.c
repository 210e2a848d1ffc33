// SPDX-License-Identifier: MIT
/* Signal-driven I/O: O_ASYNC, F_SETOWN, F_SETOWN_EX, F_SETSIG, FIOASYNC on pipes, terminals, inotify; SIGURG. */
#include "harness.h"
#include "pty.h"

#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static sigset_t all;

static void block_all(void)
{
	sigfillset(&all);
	CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL));
}

/* The next pending signal, or 0.  Some come from a worker of the kernel, so it waits a moment. */
static int next_signal(siginfo_t *info)
{
	struct timespec ts = { .tv_nsec = 100000000 };

	memset(info, 0, sizeof(*info));
	return sigtimedwait(&all, info, &ts) < 0 ? 0 : info->si_signo;
}

static void no_signal(void)
{
	struct timespec now = { 0 };
	siginfo_t info;

	CHECK_ERRNO(sigtimedwait(&all, &info, &now), EAGAIN);
}

static void ask(int fd)
{
	CHECK_OK(fcntl(fd, F_SETOWN, getpid()));
	CHECK_OK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
	CHECK(fcntl(fd, F_GETFL) & O_ASYNC);
}

TEST(every_write_to_a_pipe_signals_its_reader)
{
	siginfo_t info;
	int p[2];

	block_all();
	CHECK_OK(pipe(p));
	ask(p[0]);
	no_signal();
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(write(p[1], "a", 1), 1);
		CHECK_EQ(next_signal(&info), SIGIO);
		CHECK_EQ(info.si_code, SI_KERNEL);
		CHECK_EQ(info.si_fd, 0);
		no_signal();
	}
	CHECK_OK(close(p[1]));
	CHECK_EQ(next_signal(&info), SIGIO);
}

TEST(a_read_signals_the_writer)
{
	siginfo_t info;
	char c;
	int p[2];

	block_all();
	CHECK_OK(pipe(p));
	ask(p[1]);
	CHECK_EQ(write(p[1], "ab", 2), 2);
	no_signal();
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(next_signal(&info), SIGIO);
}

TEST(chosen_signal_carries_descriptor_and_band)
{
	siginfo_t info;
	char c;
	int p[2];

	block_all();
	CHECK_OK(pipe(p));
	CHECK_OK(fcntl(p[0], F_SETSIG, SIGRTMIN + 1));
	CHECK_OK(fcntl(p[1], F_SETSIG, SIGRTMIN + 2));
	ask(p[0]);
	ask(p[1]);
	CHECK_EQ(write(p[1], "ab", 2), 2);
	CHECK_EQ(write(p[1], "ab", 2), 2);
	for (int i = 0; i < 2; i++) { /* real-time signals queue */
		CHECK_EQ(next_signal(&info), SIGRTMIN + 1);
		CHECK_EQ(info.si_code, POLL_IN);
		CHECK_EQ(info.si_fd, p[0]);
		CHECK_EQ(info.si_band, POLLIN | POLLRDNORM);
	}
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(next_signal(&info), SIGRTMIN + 2);
	CHECK_EQ(info.si_code, POLL_OUT);
	CHECK_EQ(info.si_fd, p[1]);
	CHECK_EQ(info.si_band, POLLOUT | POLLWRNORM | POLLWRBAND);
}

TEST(signal_with_codes_of_its_own_says_si_sigio)
{
	siginfo_t info;
	int p[2];

	block_all();
	CHECK_OK(pipe(p));
	CHECK_OK(fcntl(p[0], F_SETSIG, SIGCHLD));
	ask(p[0]);
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next_signal(&info), SIGCHLD);
	CHECK_EQ(info.si_code, SI_SIGIO);
	CHECK_EQ(info.si_fd, p[0]);
	CHECK_OK(fcntl(p[0], F_SETSIG, SIGIO));
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next_signal(&info), SIGIO);
	CHECK_EQ(info.si_code, POLL_IN);
	CHECK_EQ(info.si_fd, p[0]);
	CHECK_OK(fcntl(p[0], F_SETSIG, 0));
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next_signal(&info), SIGIO);
	CHECK_EQ(info.si_code, SI_KERNEL);
}

TEST(without_owner_or_flag_nothing_is_sent)
{
	int p[2], on = 1, off = 0;

	block_all();
	CHECK_OK(pipe(p));
	CHECK_OK(ioctl(p[0], FIOASYNC, &on));
	CHECK(fcntl(p[0], F_GETFL) & O_ASYNC);
	CHECK_EQ(write(p[1], "a", 1), 1);
	no_signal();
	CHECK_OK(fcntl(p[0], F_SETOWN, getpid()));
	CHECK_OK(ioctl(p[0], FIOASYNC, &off));
	CHECK(!(fcntl(p[0], F_GETFL) & O_ASYNC));
	CHECK_EQ(write(p[1], "a", 1), 1);
	no_signal();
}

TEST(descriptor_of_the_last_asker_and_none_after_close)
{
	siginfo_t info;
	int p[2], copy;

	block_all();
	CHECK_OK(pipe(p));
	CHECK_OK(fcntl(p[0], F_SETSIG, SIGUSR1));
	ask(p[0]);
	copy = CHECK_OK(dup(p[0]));
	CHECK_OK(fcntl(copy, F_SETFL, O_ASYNC)); /* on already: nothing changes */
	CHECK_EQ(write(p[1], "a", 1), 1);
	CHECK_EQ(next_signal(&info), SIGUSR1);
	CHECK_EQ(info.si_fd, p[0]);
	CHECK_OK(close(p[0]));
	CHECK_EQ(write(p[1], "a", 1), 1); /* the file lives on in the copy */
	CHECK_EQ(next_signal(&info), SIGUSR1);
	CHECK_OK(close(copy));
	CHECK_ERRNO(write(p[1], "a", 1), EPIPE);
	CHECK_EQ(next_signal(&info), SIGPIPE);
	no_signal();
}

TEST(group_owner_reaches_every_member)
{
	int p[2], ready[2];
	siginfo_t info;
	pid_t child;
	char c;

	block_all();
	CHECK_OK(pipe(p));
	CHECK_OK(pipe(ready));
	child = CHILD({
		CHECK_EQ(write(ready[1], "r", 1), 1);
		CHECK_EQ(next_signal(&info), SIGIO);
	});
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_OK(fcntl(p[0], F_SETOWN, -getpgrp()));
	CHECK_EQ(fcntl(p[0], F_GETOWN), -getpgrp());
	CHECK_OK(fcntl(p[0], F_SETFL, O_ASYNC));
	CHECK_EQ(write(p[1], "a", 1), 1);
	sigdelset(&all, SIGCHLD); /* the child may have ended before we look */
	CHECK_EQ(next_signal(&info), SIGIO);
	JOIN(child);
}

static int owner_pipe[2];

static void *thread_owner(void *arg)
{
	struct f_owner_ex ex = { F_OWNER_TID, gettid() };
	siginfo_t info;

	CHECK_OK(fcntl(owner_pipe[0], F_SETOWN_EX, &ex));
	CHECK_OK(fcntl(owner_pipe[0], F_SETFL, O_ASYNC));
	CHECK_EQ(write(owner_pipe[1], "a", 1), 1);
	CHECK_EQ(next_signal(&info), SIGIO);
	CHECK_EQ(write(owner_pipe[1], "a", 1), 1); /* left pending for this thread alone */
	return NULL;
}

TEST(thread_owner_gets_it_alone)
{
	struct f_owner_ex ex;
	pthread_t t;

	block_all();
	CHECK_OK(pipe(owner_pipe));
	CHECK_EQ(pthread_create(&t, NULL, thread_owner, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	no_signal();
	CHECK_OK(fcntl(owner_pipe[0], F_GETOWN_EX, &ex));
	CHECK_EQ(ex.type, F_OWNER_TID);
}

TEST(owner_errors_keep_the_old_one)
{
	struct f_owner_ex ex = { 3, 0 };
	int p[2];

	CHECK_OK(pipe(p));
	CHECK_OK(fcntl(p[0], F_SETOWN, getpid()));
	CHECK_ERRNO(fcntl(p[0], F_SETOWN, 0x3fffffff), ESRCH);
	CHECK_ERRNO(fcntl(p[0], F_SETOWN_EX, &ex), EINVAL);
	CHECK_ERRNO(fcntl(p[0], F_SETOWN_EX, bad_pointer()), EFAULT);
	CHECK_ERRNO(fcntl(p[0], F_GETOWN_EX, bad_pointer()), EFAULT);
	CHECK_EQ(fcntl(p[0], F_GETOWN), getpid());
	CHECK_OK(fcntl(p[0], F_SETOWN, 0));
	CHECK_EQ(fcntl(p[0], F_GETOWN), 0);
}

TEST(owner_that_ended_gets_nothing)
{
	int p[2];
	pid_t child;

	block_all();
	CHECK_OK(pipe(p));
	child = CHILD(pause());
	CHECK_OK(fcntl(p[0], F_SETOWN, child));
	CHECK_OK(fcntl(p[0], F_SETFL, O_ASYNC));
	CHECK_OK(kill(child, SIGKILL));
	CHECK_EQ(waitpid(child, NULL, 0), child);
	CHECK_EQ(fcntl(p[0], F_GETOWN), 0);
	siginfo_t info;
	CHECK_EQ(next_signal(&info), SIGCHLD);
	CHECK_EQ(write(p[1], "a", 1), 1);
	no_signal();
}

TEST(owner_set_by_a_stranger_does_not_reach_us)
{
	int p[2];
	pid_t child;

	block_all();
	CHECK_OK(pipe(p));
	child = CHILD({
		CHECK_OK(setresuid(1000, 1000, 1000));
		CHECK_OK(fcntl(p[0], F_SETOWN, getppid()));
		CHECK_OK(fcntl(p[0], F_SETFL, O_ASYNC));
	});
	JOIN(child);
	siginfo_t info;
	CHECK_EQ(next_signal(&info), SIGCHLD);
	CHECK_EQ(fcntl(p[0], F_GETOWN), getpid());
	CHECK_EQ(write(p[1], "a", 1), 1);
	no_signal();
}

TEST(files_without_it)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), on = 1, off = 0;

	CHECK_OK(fcntl(fd, F_SETFL, O_ASYNC));
	CHECK(!(fcntl(fd, F_GETFL) & O_ASYNC));
	CHECK_ERRNO(ioctl(fd, FIOASYNC, &on), ENOTTY);
	CHECK_OK(ioctl(fd, FIOASYNC, &off));
	CHECK_ERRNO(ioctl(fd, FIOASYNC, bad_pointer()), EFAULT);
	fd = CHECK_OK(open("f", O_RDWR | O_ASYNC)); /* the flag is kept, and means nothing */
	CHECK(fcntl(fd, F_GETFL) & O_ASYNC);
	CHECK_OK(ioctl(fd, FIOASYNC, &on));
	CHECK_ERRNO(ioctl(fd, FIOASYNC, &off), ENOTTY);
}

TEST(flag_of_open_is_not_a_request)
{
	int fd;

	block_all();
	CHECK_OK(mkfifo("fifo", 0600));
	fd = CHECK_OK(open("fifo", O_RDWR | O_ASYNC));
	CHECK_OK(fcntl(fd, F_SETOWN, getpid()));
	CHECK_EQ(write(fd, "a", 1), 1);
	no_signal();
	CHECK_OK(fcntl(fd, F_SETFL, 0)); /* there was no request to withdraw, so the flag stays, */
	CHECK(fcntl(fd, F_GETFL) & O_ASYNC);
	CHECK_OK(fcntl(fd, F_SETFL, O_ASYNC)); /* and nothing changes here */
	CHECK_EQ(write(fd, "a", 1), 1);
	no_signal();
}

TEST(terminal_input_signals_its_reader)
{
	int master, slave;
	siginfo_t info;

	block_all();
	slave = pty_open(&master);
	CHECK_OK(fcntl(slave, F_SETSIG, SIGRTMIN));
	CHECK_OK(fcntl(slave, F_SETFL, O_ASYNC));
	CHECK_EQ(fcntl(slave, F_GETOWN), getpid()); /* by default who asked */
	CHECK_EQ(write(master, "line\n", 5), 5);
	CHECK_EQ(next_signal(&info), SIGRTMIN);
	CHECK_EQ(info.si_code, POLL_IN);
	CHECK_EQ(info.si_fd, slave);
}

TEST(inotify_signals_new_events_once)
{
	int in = CHECK_OK(inotify_init1(IN_NONBLOCK));
	siginfo_t info;

	block_all();
	CHECK_OK(fcntl(in, F_SETSIG, SIGRTMIN));
	ask(in);
	CHECK_OK(inotify_add_watch(in, ".", IN_CREATE | IN_ATTRIB));
	CHECK_OK(mkdir("d", 0700));
	CHECK_EQ(next_signal(&info), SIGRTMIN);
	CHECK_EQ(info.si_fd, in);
	CHECK_OK(chmod("d", 0711));
	CHECK_EQ(next_signal(&info), SIGRTMIN);
	CHECK_OK(chmod("d", 0700)); /* the same event again is one with the last */
	no_signal();
}

TEST(urgent_byte_sends_sigurg_to_the_owner)
{
	siginfo_t info;
	int s[2];

	block_all();
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(send(s[0], "a", 1, MSG_OOB), 1);
	no_signal(); /* nobody owns it */
	CHECK_OK(fcntl(s[1], F_SETOWN, getpid()));
	CHECK_EQ(send(s[0], "abc", 3, MSG_OOB), 3);
	CHECK_EQ(next_signal(&info), SIGURG); /* without O_ASYNC, too */
	CHECK_EQ(info.si_code, SI_KERNEL);
	no_signal();
	CHECK_EQ(send(s[0], "abc", 3, 0), 3);
	no_signal();
}

TEST(urgent_byte_sends_the_chosen_signal_too)
{
	siginfo_t info;
	int s[2];

	block_all();
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	ask(s[1]);
	CHECK_EQ(send(s[0], "a", 1, MSG_OOB), 1);
	CHECK_EQ(next_signal(&info), SIGURG);
	CHECK_EQ(next_signal(&info), SIGIO); /* of the byte in the queue */
	no_signal();
	CHECK_OK(fcntl(s[1], F_SETSIG, SIGRTMIN));
	CHECK_EQ(send(s[0], "a", 1, MSG_OOB), 1);
	CHECK_EQ(next_signal(&info), SIGURG);
	CHECK_EQ(next_signal(&info), SIGRTMIN);
	CHECK_EQ(info.si_code, POLL_PRI);
	CHECK_EQ(info.si_band, POLLPRI | POLLRDBAND);
	CHECK_EQ(info.si_fd, s[1]);
	CHECK_EQ(next_signal(&info), SIGRTMIN);
	CHECK_EQ(info.si_code, POLL_IN);
	no_signal();
}

// SPDX-License-Identifier: MIT
/* A signal in every call that blocks (blocker.h): pipes, children, readiness, time, locks, futexes. */
#include "blocker.h"

#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>

static int fds[2], gate[2];
static int *word;
static char big[65536];

static void share_word(int value)
{
	word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(word != MAP_FAILED);
	*word = value;
}

/* --- pipes and FIFOs --- */
static void make_pipe(void)
{
	CHECK_OK(pipe(fds));
}

static void make_splice_pipe(void)
{
	need_call(SYS_splice);
	need_call(SYS_tee);
	make_pipe();
}

static void make_full_pipe(void)
{
	make_pipe();
	CHECK_EQ(write(fds[1], big, sizeof(big)), sizeof(big));
}

static long read_one(void)
{
	char c;

	return read(fds[0], &c, 1);
}

static long readv_one(void)
{
	char c[2];
	struct iovec iov[2] = { { c, 1 }, { c + 1, 1 } };

	return readv(fds[0], iov, 2);
}

static long write_one(void)
{
	return write(fds[1], "x", 1);
}

static void put_one(void)
{
	CHECK_EQ(write(fds[1], "x", 1), 1);
}

static void drain(void)
{
	CHECK_EQ(read(fds[0], big, PAGE), PAGE);
}

BLOCKER(pipe_read, make_pipe, read_one, put_one, 1, true, true)
BLOCKER(pipe_readv, make_pipe, readv_one, put_one, 1, true, true)
BLOCKER(pipe_write, make_full_pipe, write_one, drain, 1, true, true)

static void make_fifo(void)
{
	CHECK_OK(mkfifo("fifo", 0644));
}

static long open_to_read(void)
{
	return open("fifo", O_RDONLY) >= 0 ? 0 : -1;
}

static long open_to_write(void)
{
	return open("fifo", O_WRONLY) >= 0 ? 0 : -1;
}

static void open_other_end(void)
{
	CHECK_OK(open("fifo", O_RDWR));
}

BLOCKER(fifo_open_to_read, make_fifo, open_to_read, open_other_end, 0, true, true)
BLOCKER(fifo_open_to_write, make_fifo, open_to_write, open_other_end, 0, true, true)

static long splice_out(void)
{
	int out = CHECK_OK(open("/dev/null", O_WRONLY));

	return syscall(SYS_splice, fds[0], NULL, out, NULL, 10, 0);
}

static long tee_out(void)
{
	int other[2];

	CHECK_OK(pipe(other));
	return syscall(SYS_tee, fds[0], other[1], 10, 0);
}

BLOCKER(splice_from_pipe, make_splice_pipe, splice_out, put_one, 1, true, true)
BLOCKER(tee_from_pipe, make_splice_pipe, tee_out, put_one, 1, true, true)

/* --- children --- */
static void make_gate(void)
{
	CHECK_OK(pipe(gate));
}

static void open_gate(void)
{
	CHECK_EQ(write(gate[1], "x", 1), 1);
}

static pid_t waiting_child(void)
{
	pid_t pid = CHECK_OK(fork());
	char c;

	if (!pid) {
		signal(SIGUSR1, SIG_DFL);
		_exit(read(gate[0], &c, 1) == 1 ? 0 : 1);
	}
	return pid;
}

static long wait_one(void)
{
	pid_t pid = waiting_child();

	return waitpid(pid, NULL, 0) == pid ? 1 : -1;
}

static long waitid_one(void)
{
	siginfo_t info;

	waiting_child();
	return waitid(P_ALL, 0, &info, WEXITED);
}

BLOCKER(wait4, make_gate, wait_one, open_gate, 1, true, true)
BLOCKER(waitid, make_gate, waitid_one, open_gate, 0, true, true)

/* --- readiness --- */
static long poll_one(void)
{
	struct pollfd p = { fds[0], POLLIN, 0 };

	return poll(&p, 1, -1);
}

static long ppoll_one(void)
{
	struct pollfd p = { fds[0], POLLIN, 0 };
	struct timespec ts = { 8, 0 };

	return ppoll(&p, 1, &ts, NULL);
}

static long select_one(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	return select(fds[0] + 1, &set, NULL, NULL, NULL);
}

static long pselect_one(void)
{
	struct timespec ts = { 8, 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	return pselect(fds[0] + 1, &set, NULL, NULL, &ts, NULL);
}

static long epoll_one(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = CHECK_OK(epoll_create1(0));

	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev));
	return epoll_wait(ep, &ev, 1, -1);
}

BLOCKER(poll, make_pipe, poll_one, put_one, 1, false, true)
BLOCKER(ppoll, make_pipe, ppoll_one, put_one, 1, false, true)
BLOCKER(select, make_pipe, select_one, put_one, 1, false, true)
BLOCKER(pselect, make_pipe, pselect_one, put_one, 1, false, true)
BLOCKER(epoll_wait, make_pipe, epoll_one, put_one, 1, false, false)

/* --- time --- */
static long sleep_long(void)
{
	struct timespec ts = { 60, 0 };

	return nanosleep(&ts, NULL);
}

static long clock_sleep(void)
{
	struct timespec ts = { 60, 0 };

	errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
	return errno ? -1 : 0;
}

static long clock_sleep_absolute(void)
{
	struct timespec ts;

	CHECK_OK(clock_gettime(CLOCK_REALTIME, &ts));
	ts.tv_sec += 60;
	errno = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL);
	return errno ? -1 : 0;
}

BLOCKER(nanosleep, NULL, sleep_long, NULL, 0, false, true)
BLOCKER(clock_nanosleep, NULL, clock_sleep, NULL, 0, false, true)
/* No time left to tell: a sleep to a point in time restarts like any other call, unless a handler runs. */
BLOCKER(clock_nanosleep_absolute, NULL, clock_sleep_absolute, NULL, 0, false, true)

/* --- locks --- */
static void lock_whole_file(void)
{
	fds[0] = CHECK_OK(open("lock", O_RDWR | O_CREAT, 0644));
	CHECK_OK(flock(fds[0], LOCK_EX));
}

static void unlock_whole_file(void)
{
	CHECK_OK(flock(fds[0], LOCK_UN));
}

static long flock_again(void)
{
	int fd = CHECK_OK(open("lock", O_RDWR));

	return flock(fd, LOCK_SH);
}

static struct flock range_lock(int type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5 };

	return l;
}

static void lock_range(void)
{
	struct flock l = range_lock(F_WRLCK);

	fds[0] = CHECK_OK(open("lock", O_RDWR | O_CREAT, 0644));
	CHECK_OK(fcntl(fds[0], F_SETLK, &l));
}

static void unlock_range(void)
{
	struct flock l = range_lock(F_UNLCK);

	CHECK_OK(fcntl(fds[0], F_SETLK, &l));
}

static long lock_range_wait(void)
{
	struct flock l = range_lock(F_RDLCK);

	return fcntl(fds[0], F_SETLKW, &l);
}

static long lock_open_file_wait(void)
{
	struct flock l = range_lock(F_WRLCK);
	int fd = CHECK_OK(open("lock", O_RDWR));

	return fcntl(fd, F_OFD_SETLKW, &l);
}

BLOCKER(flock, lock_whole_file, flock_again, unlock_whole_file, 0, true, true)
BLOCKER(record_lock, lock_range, lock_range_wait, unlock_range, 0, true, true)
BLOCKER(open_file_lock, lock_range, lock_open_file_wait, unlock_range, 0, true, true)

/* --- futexes --- */
static void share_zero(void)
{
	share_word(0);
}

static long futex_wait(void)
{
	return syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static long futex_wait_timed(void)
{
	struct {
		long sec, nsec;
	} ts = { 60, 0 };

	return syscall(SYS_futex, word, FUTEX_WAIT, 0, &ts, NULL, 0);
}

static void futex_wake(void)
{
	CHECK_EQ(syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
}

static void own_word(void)
{
	share_word(0);
	CHECK_OK(syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
}

static long lock_word(void)
{
	return syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
}

static void unlock_word(void)
{
	CHECK_OK(syscall(SYS_futex, word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

BLOCKER(futex_wait, share_zero, futex_wait, futex_wake, 0, true, true)
BLOCKER(futex_wait_timed, share_zero, futex_wait_timed, futex_wake, 0, false, true)

/* A lock never fails with EINTR: it restarts whatever the handler says. */
static const struct blocker pi_blocker = { own_word, lock_word, unlock_word, 0 };

TEST(futex_lock_pi_restarts_after_any_handler)
{
	pid_t pid = start_blocked(&pi_blocker, plain_handler);

	CHECK_OK(kill(pid, SIGUSR1));
	must_still_block(pid);
	finish(&pi_blocker, pid);
}

TEST(futex_lock_pi_and_stop_continue)
{
	run_stop(&pi_blocker, true);
}

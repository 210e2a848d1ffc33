// SPDX-License-Identifier: MIT
/* Record, open-file and whole-file locks: ranges, owners, fork, dup, close, and who is told about whom. */
#include "harness.h"

#include <sys/file.h>

static struct flock range(int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return l;
}

static int take(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = range(type, start, len);

	return fcntl(fd, cmd, &l);
}

static int file(void)
{
	return CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
}

/* Which process stands in the way of a write lock on this byte: 0 for none, -1 for an open file. */
static pid_t blocker_at(int fd, off_t where)
{
	struct flock l = range(F_WRLCK, where, 1);

	CHECK_OK(fcntl(fd, F_GETLK, &l));
	return l.l_type == F_UNLCK ? 0 : l.l_pid;
}

static pid_t seen_by_child(int fd, off_t where)
{
	int fds[2];
	pid_t who;

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(who = blocker_at(fd, where); CHECK_EQ(write(fds[1], &who, sizeof(who)), sizeof(who)));
	CHECK_EQ(read(fds[0], &who, sizeof(who)), sizeof(who));
	JOIN(child);
	return who;
}

TEST(record_lock_is_not_inherited)
{
	int fd = file();

	CHECK_OK(take(fd, F_SETLK, F_WRLCK, 0, 10));
	pid_t me = getpid();
	JOIN(CHILD(CHECK_ERRNO(take(fd, F_SETLK, F_RDLCK, 5, 1), EAGAIN); CHECK_EQ(blocker_at(fd, 5), me);
		   CHECK_OK(take(fd, F_SETLK, F_WRLCK, 10, 1)); CHECK_OK(take(fd, F_SETLK, F_UNLCK, 0, 0))));
	CHECK_EQ(seen_by_child(fd, 5), me);
}

TEST(record_lock_survives_exec_owner_and_dies_with_it)
{
	int fd = file(), gate[2];
	char c;

	CHECK_OK(pipe(gate));
	pid_t child = CHILD(CHECK_OK(take(fd, F_SETLK, F_WRLCK, 0, 0)); (void)write(gate[1], "x", 1); pause());
	CHECK_EQ(read(gate[0], &c, 1), 1);
	CHECK_EQ(blocker_at(fd, 0), child);
	kill(child, SIGKILL);
	wait_status(child);
	CHECK_EQ(blocker_at(fd, 0), 0);
}

TEST(record_lock_upgrade_and_downgrade)
{
	int fd = file();

	CHECK_OK(take(fd, F_SETLK, F_RDLCK, 0, 10));
	CHECK_OK(take(fd, F_SETLK, F_WRLCK, 3, 4));
	JOIN(CHILD(CHECK_OK(take(fd, F_SETLK, F_RDLCK, 0, 3)); CHECK_OK(take(fd, F_SETLK, F_RDLCK, 7, 3));
		   CHECK_ERRNO(take(fd, F_SETLK, F_RDLCK, 3, 1), EAGAIN);
		   CHECK_ERRNO(take(fd, F_SETLK, F_RDLCK, 6, 1), EAGAIN)));
	CHECK_OK(take(fd, F_SETLK, F_RDLCK, 3, 4));
	JOIN(CHILD(CHECK_OK(take(fd, F_SETLK, F_RDLCK, 0, 10))));
}

TEST(upgrade_with_other_readers_is_refused)
{
	int fd = file(), gate[2];
	char c;

	CHECK_OK(pipe(gate));
	CHECK_OK(take(fd, F_SETLK, F_RDLCK, 0, 10));
	pid_t child = CHILD(CHECK_OK(take(fd, F_SETLK, F_RDLCK, 5, 1)); (void)write(gate[1], "x", 1); pause());
	CHECK_EQ(read(gate[0], &c, 1), 1);
	CHECK_ERRNO(take(fd, F_SETLK, F_WRLCK, 0, 10), EAGAIN);
	CHECK_OK(take(fd, F_SETLK, F_WRLCK, 0, 5));
	kill(child, SIGKILL);
}

TEST(whence_and_negative_lengths)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = -2, .l_len = 4 };
	int fd = file();

	CHECK_OK(ftruncate(fd, 100));
	CHECK_EQ(lseek(fd, 50, SEEK_SET), 50);
	CHECK_OK(fcntl(fd, F_SETLK, &l));
	CHECK_EQ(seen_by_child(fd, 47), 0);
	CHECK_EQ(seen_by_child(fd, 48), getpid());
	CHECK_EQ(seen_by_child(fd, 51), getpid());
	CHECK_EQ(seen_by_child(fd, 52), 0);
	l = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = 0, .l_len = -10 };
	CHECK_OK(fcntl(fd, F_SETLK, &l));
	CHECK_EQ(seen_by_child(fd, 89), 0);
	CHECK_EQ(seen_by_child(fd, 90), getpid());
	CHECK_EQ(seen_by_child(fd, 100), 0);
	CHECK_ERRNO(take(fd, F_SETLK, F_WRLCK, -1, 1), EINVAL);
	CHECK_ERRNO(take(fd, F_SETLK, F_WRLCK, 5, -6), EINVAL);
	CHECK_OK(take(fd, F_SETLK, F_WRLCK, 5, -5));
	CHECK_ERRNO(take(fd, F_SETLK, F_WRLCK, 0x7fffffffffffffffLL, 2), EOVERFLOW);
	CHECK_ERRNO(take(fd, F_SETLK, 9, 0, 1), EINVAL);
}

TEST(length_zero_reaches_to_the_end)
{
	int fd = file();

	CHECK_OK(take(fd, F_SETLK, F_WRLCK, 10, 0));
	CHECK_EQ(seen_by_child(fd, 9), 0);
	CHECK_EQ(seen_by_child(fd, 0x7ffffffffffffff0LL), getpid());
	CHECK_OK(take(fd, F_SETLK, F_UNLCK, 100, 0));
	CHECK_EQ(seen_by_child(fd, 99), getpid());
	CHECK_EQ(seen_by_child(fd, 100), 0);
}

TEST(getlk_describes_the_conflict)
{
	int fd = file();
	struct flock l;

	CHECK_OK(take(fd, F_SETLK, F_RDLCK, 10, 20));
	pid_t me = getpid();
	JOIN(CHILD(l = range(F_WRLCK, 0, 0); CHECK_OK(fcntl(fd, F_GETLK, &l)); CHECK_EQ(l.l_type, F_RDLCK);
		   CHECK_EQ(l.l_start, 10); CHECK_EQ(l.l_len, 20); CHECK_EQ(l.l_pid, me);
		   CHECK_EQ(l.l_whence, SEEK_SET); l = range(F_RDLCK, 0, 0); l.l_pid = 5;
		   CHECK_OK(fcntl(fd, F_GETLK, &l)); CHECK_EQ(l.l_type, F_UNLCK); CHECK_EQ(l.l_len, 0);
		   CHECK_EQ(l.l_pid, 5)));
}

TEST(open_modes_decide)
{
	file();
	int r = CHECK_OK(open("f", O_RDONLY)), w = CHECK_OK(open("f", O_WRONLY));
	CHECK_ERRNO(take(r, F_SETLK, F_WRLCK, 0, 1), EBADF);
	CHECK_ERRNO(take(w, F_SETLK, F_RDLCK, 0, 1), EBADF);
	CHECK_ERRNO(take(r, F_OFD_SETLK, F_WRLCK, 0, 1), EBADF);
	CHECK_OK(take(r, F_SETLK, F_RDLCK, 0, 1));
	CHECK_OK(flock(r, LOCK_EX));
}

TEST(open_file_lock_is_shared_by_fork)
{
	int fd = file();

	CHECK_OK(take(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
	JOIN(CHILD(CHECK_OK(take(fd, F_OFD_SETLK, F_WRLCK, 0, 10)); CHECK_OK(take(fd, F_OFD_SETLK, F_UNLCK, 0, 5))));
	int other = CHECK_OK(open("f", O_RDWR));
	CHECK_OK(take(other, F_OFD_SETLK, F_WRLCK, 0, 5));
	CHECK_ERRNO(take(other, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN);
}

TEST(open_file_lock_lives_until_the_last_close)
{
	int fd = file(), copy = CHECK_OK(dup(fd)), other = CHECK_OK(open("f", O_RDWR));

	CHECK_OK(take(fd, F_OFD_SETLK, F_WRLCK, 0, 0));
	close(fd);
	CHECK_ERRNO(take(other, F_OFD_SETLK, F_RDLCK, 0, 1), EAGAIN);
	close(copy);
	CHECK_OK(take(other, F_OFD_SETLK, F_RDLCK, 0, 1));
}

TEST(open_file_lock_held_by_a_child)
{
	int fd = file(), gate[2];

	CHECK_OK(pipe(gate));
	CHECK_OK(take(fd, F_OFD_SETLK, F_WRLCK, 0, 0));
	pid_t child = CHILD(char c; close(gate[1]); (void)read(gate[0], &c, 1));
	close(fd);
	fd = file();
	CHECK_ERRNO(take(fd, F_OFD_SETLK, F_WRLCK, 0, 0), EAGAIN);
	close(gate[1]);
	JOIN(child);
	CHECK_OK(take(fd, F_OFD_SETLK, F_WRLCK, 0, 0));
}

TEST(open_file_lock_conflicts_with_record_locks)
{
	int fd = file(), other = file();

	CHECK_OK(take(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
	CHECK_ERRNO(take(other, F_SETLK, F_WRLCK, 0, 1), EAGAIN);
	CHECK_ERRNO(take(fd, F_SETLK, F_WRLCK, 0, 1), EAGAIN);
	CHECK_EQ(blocker_at(other, 0), -1);
	struct flock l = range(F_WRLCK, 0, 1);
	l.l_pid = 5;
	CHECK_ERRNO(fcntl(fd, F_OFD_SETLK, &l), EINVAL);
	CHECK_ERRNO(fcntl(fd, F_OFD_GETLK, &l), EINVAL);
}

TEST(flock_is_independent_of_record_locks)
{
	int fd = file(), other = file();

	CHECK_OK(flock(fd, LOCK_EX));
	CHECK_OK(take(other, F_OFD_SETLK, F_WRLCK, 0, 0));
	CHECK_ERRNO(flock(other, LOCK_SH | LOCK_NB), EAGAIN);
}

TEST(flock_is_shared_by_dup_and_fork)
{
	int fd = file(), copy = CHECK_OK(dup(fd)), other = file();

	CHECK_OK(flock(fd, LOCK_EX));
	CHECK_OK(flock(copy, LOCK_EX));
	close(fd);
	CHECK_ERRNO(flock(other, LOCK_EX | LOCK_NB), EAGAIN);
	JOIN(CHILD(CHECK_OK(flock(copy, LOCK_UN))));
	CHECK_OK(flock(other, LOCK_EX | LOCK_NB));
}

TEST(flock_conversion_lets_go_first)
{
	int a = file(), b = file();

	CHECK_OK(flock(a, LOCK_SH));
	CHECK_OK(flock(b, LOCK_SH));
	/* A failed conversion has lost the old lock: flock(2). */
	CHECK_ERRNO(flock(a, LOCK_EX | LOCK_NB), EAGAIN);
	CHECK_OK(flock(b, LOCK_EX | LOCK_NB));
}

TEST(flock_argument_checks)
{
	int fd = file();

	CHECK_ERRNO(flock(fd, 0), EINVAL);
	CHECK_ERRNO(flock(fd, LOCK_NB), EINVAL);
	CHECK_ERRNO(flock(fd, LOCK_SH | LOCK_EX), EINVAL);
	CHECK_ERRNO(flock(fd, LOCK_SH | 64), EINVAL);
	CHECK_OK(flock(fd, LOCK_UN));
	int fds[2];
	CHECK_OK(pipe(fds));
	CHECK_OK(flock(fds[0], LOCK_EX));
	CHECK_OK(flock(CHECK_OK(open(".", O_RDONLY)), LOCK_EX));
}

TEST(deadlock_of_three)
{
	int fd = file(), gate[2];
	char c;
	pid_t one, two;

	CHECK_OK(pipe(gate));
	CHECK_OK(take(fd, F_SETLK, F_WRLCK, 0, 1));
	one = CHILD(CHECK_OK(take(fd, F_SETLK, F_WRLCK, 1, 1)); (void)write(gate[1], "x", 1);
		    take(fd, F_SETLKW, F_WRLCK, 0, 1));
	CHECK_EQ(read(gate[0], &c, 1), 1);
	two = CHILD(CHECK_OK(take(fd, F_SETLK, F_WRLCK, 2, 1)); (void)write(gate[1], "x", 1);
		    take(fd, F_SETLKW, F_WRLCK, 1, 1));
	CHECK_EQ(read(gate[0], &c, 1), 1);
	wait_asleep(one);
	wait_asleep(two);
	CHECK_ERRNO(take(fd, F_SETLKW, F_WRLCK, 2, 1), EDEADLK);
	CHECK_OK(take(fd, F_SETLK, F_UNLCK, 0, 1));
	JOIN(one);
	JOIN(two);
}

TEST(thousand_ranges)
{
	int fd = file();

	for (int i = 0; i < 1000; i++)
		CHECK_OK(take(fd, F_SETLK, F_WRLCK, i * 2, 1));
	CHECK_EQ(seen_by_child(fd, 1998), getpid());
	CHECK_EQ(seen_by_child(fd, 1999), 0);
	CHECK_OK(take(fd, F_SETLK, F_WRLCK, 0, 2000));
	CHECK_EQ(seen_by_child(fd, 1001), getpid());
	CHECK_OK(take(fd, F_SETLK, F_UNLCK, 0, 0));
	CHECK_EQ(seen_by_child(fd, 0), 0);
}

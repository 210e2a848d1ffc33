// SPDX-License-Identifier: MIT
/* fcntl(2): flags, record locks, open-file locks, seals, owners; flock(2); ioctl on plain files; memfd. */
#include "harness.h"

#include <sys/file.h>
#include <sys/ioctl.h>

TEST(getfd_setfd)
{
	CHECK_EQ(fcntl(0, F_GETFD), 0);
	CHECK_OK(fcntl(0, F_SETFD, FD_CLOEXEC));
	CHECK_EQ(fcntl(0, F_GETFD), FD_CLOEXEC);
	CHECK_OK(fcntl(0, F_SETFD, 0xfe));
	CHECK_EQ(fcntl(0, F_GETFD), 0);
	CHECK_ERRNO(fcntl(99, F_GETFD), EBADF);
	CHECK_ERRNO(fcntl(0, 12345, 0), EINVAL);
	CHECK_ERRNO(fcntl(99, 12345, 0), EBADF);
}

TEST(setfl_changes_only_what_it_may)
{
	int fd = CHECK_OK(open("f", O_RDONLY | O_CREAT, 0644));

	CHECK_OK(fcntl(fd, F_SETFL, O_RDWR | O_APPEND | O_NONBLOCK | O_CREAT | O_TRUNC));
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDONLY | O_APPEND | O_NONBLOCK);
	CHECK_OK(fcntl(fd, F_SETFL, 0));
	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDONLY);
}

TEST(fionbio_and_fioclex)
{
	int on = 1, off = 0;
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_OK(ioctl(fds[0], FIONBIO, &on));
	CHECK(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	CHECK_OK(ioctl(fds[0], FIONBIO, &off));
	CHECK(!(fcntl(fds[0], F_GETFL) & O_NONBLOCK));
	CHECK_OK(ioctl(fds[0], FIOCLEX));
	CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	CHECK_OK(ioctl(fds[0], FIONCLEX));
	CHECK_EQ(fcntl(fds[0], F_GETFD), 0);
	CHECK_ERRNO(ioctl(fds[0], FIONBIO, bad_pointer()), EFAULT);
}

TEST(unknown_ioctl_is_enotty)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), n;

	CHECK_ERRNO(ioctl(fd, 0x12345678, &n), ENOTTY);
	CHECK_ERRNO(ioctl(fd, TIOCGWINSZ, &n), ENOTTY);
	CHECK_ERRNO(ioctl(99, 0x12345678, &n), EBADF);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(lseek(fd, 1, SEEK_SET), 1);
	CHECK_OK(ioctl(fd, FIONREAD, &n));
	CHECK_EQ(n, 2);
}

TEST(record_lock_conflicts_between_processes)
{
	struct flock mine = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
	pid_t self = getpid();

	CHECK_OK(fcntl(fd, F_SETLK, &mine));
	pid_t child =
		CHILD(struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 15, .l_len = 0 };
		      CHECK_ERRNO(fcntl(fd, F_SETLK, &l), EAGAIN); CHECK_OK(fcntl(fd, F_GETLK, &l));
		      CHECK_EQ(l.l_type, F_WRLCK); CHECK_EQ(l.l_pid, self); CHECK_EQ(l.l_start, 10);
		      CHECK_EQ(l.l_len, 10); l.l_type = F_WRLCK; l.l_start = 0; l.l_len = 10;
		      CHECK_OK(fcntl(fd, F_SETLK, &l)));
	JOIN(child);
	CHECK_OK(fcntl(fd, F_GETLK, &mine));
	CHECK_EQ(mine.l_type, F_UNLCK);
}

TEST(record_locks_split_and_merge)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 100 };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(fcntl(fd, F_SETLK, &l));
	l.l_type = F_UNLCK, l.l_start = 40, l.l_len = 20;
	CHECK_OK(fcntl(fd, F_SETLK, &l));
	pid_t child = CHILD(
		struct flock q = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 40, .l_len = 20 };
		CHECK_OK(fcntl(fd, F_SETLK, &q)); q.l_start = 59; q.l_len = 2;
		CHECK_ERRNO(fcntl(fd, F_SETLK, &q), EAGAIN); q.l_start = 30; q.l_len = 0;
		CHECK_OK(fcntl(fd, F_GETLK, &q)); CHECK_EQ(q.l_start, 0); CHECK_EQ(q.l_len, 40));
	JOIN(child);
}

TEST(record_lock_is_lost_by_any_close)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), other = CHECK_OK(open("f", O_RDONLY));

	CHECK_OK(fcntl(fd, F_SETLK, &l));
	close(other);
	pid_t child = CHILD(struct flock q = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
			    CHECK_OK(fcntl(fd, F_SETLK, &q)));
	JOIN(child);
}

TEST(record_lock_refusals)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = CHECK_OK(open("f", O_RDONLY | O_CREAT, 0644)), w = CHECK_OK(open("f", O_WRONLY));

	CHECK_ERRNO(fcntl(fd, F_SETLK, &l), EBADF);
	l.l_type = F_RDLCK;
	CHECK_ERRNO(fcntl(w, F_SETLK, &l), EBADF);
	l.l_type = 77;
	CHECK_ERRNO(fcntl(fd, F_SETLK, &l), EINVAL);
	l.l_type = F_RDLCK, l.l_start = -1;
	CHECK_ERRNO(fcntl(fd, F_SETLK, &l), EINVAL);
	l.l_start = 0, l.l_whence = 9;
	CHECK_ERRNO(fcntl(fd, F_SETLK, &l), EINVAL);
	l.l_whence = SEEK_SET, l.l_type = F_UNLCK;
	CHECK_ERRNO(fcntl(fd, F_GETLK, &l), EINVAL);
	CHECK_ERRNO(fcntl(fd, F_SETLK, bad_pointer()), EFAULT);
}

TEST(waiting_lock_is_granted_on_unlock)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(fcntl(fd, F_SETLK, &l));
	pid_t child = CHILD(struct flock q = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
			    CHECK_OK(fcntl(fd, F_SETLKW, &q)));
	wait_asleep(child);
	l.l_type = F_UNLCK;
	CHECK_OK(fcntl(fd, F_SETLK, &l));
	JOIN(child);
}

TEST(waiting_lock_is_interrupted)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
	int fds[2];
	char c;
	pid_t poker;

	CHECK_OK(pipe(fds));
	pid_t holder = CHILD(CHECK_OK(fcntl(fd, F_SETLK, &l)); write(fds[1], "x", 1); pause());
	CHECK_EQ(read(fds[0], &c, 1), 1);
	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(fcntl(fd, F_SETLKW, &l), EINTR);
	poke_stop(poker);
	kill(holder, SIGKILL);
	wait_status(holder);
	CHECK_OK(fcntl(fd, F_SETLK, &l));
}

TEST(lock_cycle_is_edeadlk)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
	int fds[2];
	char c;

	CHECK_OK(pipe(fds));
	CHECK_OK(fcntl(fd, F_SETLK, &l));
	pid_t child = CHILD(struct flock q = { .l_type = F_WRLCK, .l_start = 1, .l_len = 1 };
			    CHECK_OK(fcntl(fd, F_SETLK, &q)); write(fds[1], "x", 1); q.l_start = 0;
			    CHECK_OK(fcntl(fd, F_SETLKW, &q)));
	CHECK_EQ(read(fds[0], &c, 1), 1);
	wait_asleep(child);
	l.l_start = 1;
	CHECK_ERRNO(fcntl(fd, F_SETLKW, &l), EDEADLK);
	l.l_start = 0, l.l_type = F_UNLCK;
	CHECK_OK(fcntl(fd, F_SETLK, &l));
	JOIN(child);
}

TEST(open_file_locks_belong_to_the_description)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int a = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), b = CHECK_OK(open("f", O_RDWR));

	CHECK_OK(fcntl(a, F_OFD_SETLK, &l));
	CHECK_ERRNO(fcntl(b, F_OFD_SETLK, &l), EAGAIN);
	CHECK_OK(fcntl(b, F_OFD_GETLK, &l));
	CHECK_EQ(l.l_pid, -1);
	l = (struct flock){ .l_type = F_WRLCK, .l_pid = 5 };
	CHECK_ERRNO(fcntl(a, F_OFD_SETLK, &l), EINVAL);
	close(a);
	l.l_pid = 0;
	CHECK_OK(fcntl(b, F_OFD_SETLK, &l));
}

TEST(flock_between_descriptions)
{
	int a = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), b = CHECK_OK(open("f", O_RDWR));
	int copy = CHECK_OK(dup(a));

	CHECK_OK(flock(a, LOCK_EX));
	CHECK_ERRNO(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	CHECK_OK(flock(copy, LOCK_SH));
	CHECK_OK(flock(b, LOCK_SH | LOCK_NB));
	CHECK_ERRNO(flock(b, LOCK_EX | LOCK_NB), EAGAIN);
	close(a);
	CHECK_ERRNO(flock(b, LOCK_EX | LOCK_NB), EAGAIN);
	close(copy);
	CHECK_OK(flock(b, LOCK_EX | LOCK_NB));
	CHECK_ERRNO(flock(b, 16), EINVAL);
	CHECK_ERRNO(flock(-1, LOCK_EX), EBADF);
	CHECK_OK(flock(b, LOCK_UN));
}

TEST(flock_waits_for_the_holder)
{
	int a = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(flock(a, LOCK_EX));
	pid_t child = CHILD(int b = CHECK_OK(open("f", O_RDWR)); CHECK_OK(flock(b, LOCK_EX)));
	wait_asleep(child);
	CHECK_OK(flock(a, LOCK_UN));
	JOIN(child);
}

TEST(memfd_create_and_seals)
{
	int fd = CHECK_OK(memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING));

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK));
	CHECK_ERRNO(ftruncate(fd, 10), EPERM);
	CHECK_ERRNO(ftruncate(fd, 0), EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, 0), 1);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL));
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EPERM);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE | F_SEAL_SEAL);
}

TEST(memfd_refusals)
{
	char name[260];
	int fd;

	memset(name, 'n', sizeof(name));
	name[250] = 0;
	CHECK_ERRNO(memfd_create(name, 0), EINVAL);
	name[249] = 0;
	CHECK_OK(memfd_create(name, 0));
	CHECK_ERRNO(memfd_create("x", 0x100), EINVAL);
	CHECK_ERRNO(memfd_create(bad_pointer(), 0), EFAULT);
	fd = CHECK_OK(memfd_create("x", 0));
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
}

TEST(owner_is_remembered)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(fcntl(fds[0], F_GETOWN), 0);
	CHECK_OK(fcntl(fds[0], F_SETOWN, getpid()));
	CHECK_EQ(fcntl(fds[0], F_GETOWN), getpid());
	CHECK_ERRNO(fcntl(fds[0], F_SETSIG, 100), EINVAL);
	CHECK_OK(fcntl(fds[0], F_SETSIG, SIGUSR1));
	CHECK_EQ(fcntl(fds[0], F_GETSIG), SIGUSR1);
}

TEST(sync_family)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(fsync(fd));
	CHECK_OK(fdatasync(fd));
	CHECK_ERRNO(fsync(-1), EBADF);
	CHECK_OK(syncfs(fd));
	CHECK_ERRNO(syncfs(-1), EBADF);
	CHECK_OK(sync_file_range(fd, 0, 0, 0));
	CHECK_ERRNO(sync_file_range(fd, 0, 0, 64), EINVAL);
	sync();
}

TEST(fadvise_and_readahead)
{
	int fds[2], fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
	CHECK_EQ(posix_fadvise(fd, 0, 0, 77), EINVAL);
	CHECK_EQ(posix_fadvise(-1, 0, 0, 0), EBADF);
	CHECK_OK(pipe(fds));
	CHECK_EQ(posix_fadvise(fds[0], 0, 0, 0), ESPIPE);
	CHECK_OK(readahead(fd, 0, 4096));
	CHECK_ERRNO(readahead(fds[0], 0, 4096), EINVAL);
	if (sizeof(long) == 8) /* a length that an offset cannot tell */
		CHECK_ERRNO(readahead(fd, 0, (size_t)-1), EINVAL);
}

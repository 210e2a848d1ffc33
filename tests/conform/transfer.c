// SPDX-License-Identifier: MIT
/* Positioned and vectored transfers: which files take them, RWF_* flags, and which complaint comes first. */
#include "harness.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#ifndef RWF_HIPRI
#define RWF_HIPRI  1
#define RWF_DSYNC  2
#define RWF_SYNC   4
#define RWF_NOWAIT 8
#define RWF_APPEND 16
#endif

static char buf[100];
static struct iovec one = { buf, 8 }, none = { buf, 0 };

static int signal_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return CHECK_OK(signalfd(-1, &set, SFD_NONBLOCK));
}

TEST(files_without_positions_are_espipe_first)
{
	int fds[] = { CHECK_OK(epoll_create1(0)), CHECK_OK(eventfd(1, 0)),
		      CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0)), signal_fd(), CHECK_OK(inotify_init()) };

	for (int i = 0; i < 5; i++) {
		CHECK_ERRNO(pread(fds[i], bad_pointer(), 1, 0), ESPIPE);
		CHECK_ERRNO(pread(fds[i], buf, 1, -1), EINVAL);
		CHECK_ERRNO(pwrite(fds[i], buf, 1, 0), ESPIPE);
		CHECK_ERRNO(preadv(fds[i], bad_pointer(), 1, 0), ESPIPE);
		CHECK_ERRNO(preadv(fds[i], &none, 2000, 0), ESPIPE);
		CHECK_ERRNO(pwritev(fds[i], &one, 1, 0), ESPIPE);
		CHECK_ERRNO(preadv2(fds[i], &one, 1, 0, 0x80), ESPIPE);
		CHECK_ERRNO(pwritev2(fds[i], &one, 1, 0, 0x80), ESPIPE);
	}
}

TEST(generated_text_takes_no_positioned_writes)
{
	CHECK_ERRNO(pwrite(CHECK_OK(open("/proc/self/status", O_RDONLY)), buf, 1, 0), ESPIPE);
	CHECK_ERRNO(pwrite(CHECK_OK(open("/proc/self/comm", O_RDWR)), buf, 1, 0), ESPIPE);
	CHECK_ERRNO(pwritev(CHECK_OK(open("/proc/version", O_RDONLY)), &one, 1, 0), ESPIPE);
	/* These are no text of that kind. */
	CHECK_ERRNO(pwrite(CHECK_OK(open("/proc/self/cmdline", O_RDONLY)), buf, 1, 0), EBADF);
	CHECK_ERRNO(pwrite(CHECK_OK(open("/proc/sys/kernel/ostype", O_RDONLY)), buf, 1, 0), EBADF);
}

TEST(generated_text_has_no_end_to_seek_from)
{
	int seq = CHECK_OK(open("/proc/self/status", O_RDONLY));
	int raw = CHECK_OK(open("/proc/self/cmdline", O_RDONLY));
	int dir = CHECK_OK(open("/proc/self", O_RDONLY));

	CHECK_ERRNO(lseek(seq, 0, SEEK_END), EINVAL);
	CHECK_ERRNO(lseek(seq, 0, SEEK_DATA), EINVAL);
	CHECK_EQ(lseek(raw, 0, SEEK_END), 0);
	CHECK_EQ(lseek(dir, 0, SEEK_END), 0);
	CHECK_ERRNO(lseek(dir, 0, SEEK_DATA), ENXIO);
}

TEST(vectors_of_nothing_need_an_operation)
{
	int ep = CHECK_OK(epoll_create1(0)), pidfd = CHECK_OK(syscall(SYS_pidfd_open, getpid(), 0));

	CHECK_ERRNO(readv(ep, &none, 1), EINVAL);
	CHECK_ERRNO(writev(ep, &none, 1), EINVAL);
	CHECK_ERRNO(readv(pidfd, &none, 1), EINVAL);
	CHECK_ERRNO(writev(signal_fd(), &none, 1), EINVAL);
	CHECK_EQ(readv(CHECK_OK(open(".", O_RDONLY)), &none, 1), 0);
	CHECK_EQ(writev(CHECK_OK(eventfd(0, 0)), &none, 1), 0);
}

/* The flags among the first five that a read (or write) of the file takes at its own position. */
static int taken(int fd, bool write)
{
	int flags = 0;

	for (int bit = 1; bit <= RWF_APPEND; bit <<= 1) {
		ssize_t n = write ? pwritev2(fd, &one, 1, -1, bit) : preadv2(fd, &one, 1, -1, bit);

		if (n >= 0 || errno != EOPNOTSUPP)
			flags |= bit;
	}
	return flags;
}

TEST(rwf_flags_by_kind_of_file)
{
	int most = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_APPEND;

	put_file("f", "abc");
	CHECK_EQ(taken(CHECK_OK(open("f", O_RDWR)), false), most);
	CHECK_EQ(taken(CHECK_OK(open("f", O_RDWR)), true), most);
	CHECK_EQ(taken(CHECK_OK(open(".", O_RDONLY)), false), RWF_HIPRI);
	CHECK_EQ(taken(CHECK_OK(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)), false), RWF_HIPRI);
	CHECK_EQ(taken(signal_fd(), false), RWF_HIPRI);
	CHECK_EQ(taken(CHECK_OK(inotify_init1(IN_NONBLOCK)), false), RWF_HIPRI);
	CHECK_EQ(taken(CHECK_OK(eventfd(0, EFD_NONBLOCK)), true), RWF_HIPRI);
	CHECK_EQ(taken(CHECK_OK(eventfd(0, EFD_NONBLOCK)), false), most | RWF_NOWAIT);
	CHECK_EQ(taken(CHECK_OK(open("/proc/self/status", O_RDONLY)), false), RWF_HIPRI);
	CHECK_EQ(taken(CHECK_OK(open("/proc/version", O_RDONLY)), false), most);
	CHECK_EQ(taken(CHECK_OK(open("/dev/null", O_RDWR)), true), most | RWF_NOWAIT);
	CHECK_EQ(taken(CHECK_OK(open("/dev/zero", O_RDWR)), false), most | RWF_NOWAIT);
	CHECK_EQ(taken(CHECK_OK(open("/dev/full", O_RDWR)), true), RWF_HIPRI);
	CHECK_EQ(taken(CHECK_OK(open("/dev/full", O_RDWR)), false), most);
}

TEST(range_comes_before_flags)
{
	int fd = CHECK_OK(memfd_create("m", 0));

	/* The largest offset, in one register or two. */
	CHECK_ERRNO(syscall(SYS_pwritev2, fd, &one, 1, sizeof(long) == 8 ? LONG_MAX : -1L, 0x7fffffffL,
			    RWF_NOWAIT),
		    EINVAL);
	CHECK_ERRNO(pwritev2(fd, &one, 1, 0, RWF_NOWAIT), EOPNOTSUPP);
	CHECK_ERRNO(pwritev2(CHECK_OK(epoll_create1(0)), &one, 1, -1, RWF_NOWAIT), EINVAL);
}

/* Files that know single buffers only are called once for each of the vector. */
TEST(vectors_of_single_buffer_files_are_taken_apart)
{
	uint64_t value[4] = { 1, 2, 0, 0 };
	struct iovec split[] = { { value, 1 }, { (char *)value + 1, 7 } };
	struct iovec twice[] = { { &value[0], 8 }, { &value[1], 8 } };
	int fd = CHECK_OK(eventfd(0, EFD_NONBLOCK));

	CHECK_ERRNO(writev(fd, split, 2), EINVAL);
	CHECK_EQ(writev(fd, twice, 2), 16);
	CHECK_EQ(read(fd, &value[2], 8), 8);
	CHECK_EQ(value[2], 3);
}

TEST(signalfd_vector_reads_one_record_a_buffer)
{
	struct signalfd_siginfo si[3];
	struct iovec vec[] = { { &si[0], sizeof(si[0]) }, { &si[1], sizeof(si[0]) }, { &si[2], 10 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	int fd = CHECK_OK(signalfd(-1, &set, SFD_NONBLOCK));
	CHECK_ERRNO(readv(fd, vec, 3), EAGAIN);
	CHECK_OK(raise(SIGUSR1));
	CHECK_OK(raise(SIGUSR2));
	CHECK_EQ(readv(fd, vec, 3), 2 * sizeof(si[0]));
	CHECK_EQ(si[1].ssi_signo, SIGUSR2);
	CHECK_ERRNO(readv(fd, &vec[2], 1), EINVAL);
}

TEST(sendfile_checks_the_input_first)
{
	off_t at = -1;
	int fd, p[2];

	put_file("f", "hello");
	fd = CHECK_OK(open("f", O_RDONLY));
	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_ERRNO(sendfile(-1, fd, &at, 1), EINVAL);
	at = LONG_MAX;
	CHECK_ERRNO(sendfile(-1, fd, &at, 1), sizeof(long) == 8 ? EINVAL : EBADF);
	CHECK_ERRNO(sendfile(-1, fd, NULL, (size_t)-1), sizeof(long) == 8 ? EINVAL : EBADF);
	at = 0;
	CHECK_ERRNO(sendfile(fd, fd, &at, 1), EBADF);
	CHECK_ERRNO(sendfile(p[1], p[0], &at, 1), ESPIPE);
	CHECK_ERRNO(sendfile(p[1], CHECK_OK(epoll_create1(0)), &at, 1), ESPIPE);
}

TEST(sendfile_from_what_cannot_be_spliced)
{
	int out, p[2], dir = CHECK_OK(open(".", O_RDONLY)), zero = CHECK_OK(open("/dev/zero", O_RDONLY));
	int text = CHECK_OK(open("/proc/self/status", O_RDONLY)), ep = CHECK_OK(epoll_create1(0));

	put_file("o", "");
	out = CHECK_OK(open("o", O_WRONLY));
	CHECK_OK(pipe2(p, O_NONBLOCK));
	/* Nothing of a file that seeks is nothing, */
	CHECK_EQ(sendfile(out, dir, NULL, 0), 0);
	CHECK_EQ(sendfile(out, zero, NULL, 0), 0);
	CHECK_EQ(sendfile(out, ep, NULL, 0), 0);
	CHECK_ERRNO(sendfile(out, p[0], NULL, 0), EINVAL);
	/* and more is refused. */
	CHECK_ERRNO(sendfile(out, dir, NULL, 1), EINVAL);
	CHECK_ERRNO(sendfile(out, zero, NULL, 1), EINVAL);
	CHECK_ERRNO(sendfile(p[1], zero, NULL, 1), EINVAL);
	CHECK_ERRNO(sendfile(out, text, NULL, 1), EINVAL);
	CHECK_ERRNO(sendfile(p[1], text, NULL, 0), EINVAL);
	CHECK_ERRNO(sendfile(CHECK_OK(open("o", O_WRONLY | O_APPEND)), dir, NULL, 0), EINVAL);
	CHECK_EQ(sendfile(out, CHECK_OK(open("/proc/version", O_RDONLY)), NULL, 5), 5);
}

TEST(eventfd_does_not_wait_with_rwf_nowait)
{
	uint64_t value = 0;
	struct iovec one = { &value, sizeof(value) };
	int fd = CHECK_OK(eventfd(0, 0));

	CHECK_ERRNO(preadv2(fd, &one, 1, -1, RWF_NOWAIT), EAGAIN);
	CHECK_OK(eventfd_write(fd, 7));
	CHECK_EQ(preadv2(fd, &one, 1, -1, RWF_NOWAIT), 8);
	CHECK_EQ(value, 7);
	CHECK_ERRNO(pwritev2(fd, &one, 1, -1, RWF_NOWAIT), EOPNOTSUPP);
}

TEST(sendfile_to_what_cannot_be_spliced)
{
	int empty, in, event = CHECK_OK(eventfd(0, 0)), timer = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

	put_file("empty", "");
	put_file("in", "eight by");
	empty = CHECK_OK(open("empty", O_RDONLY));
	in = CHECK_OK(open("in", O_RDONLY));
	CHECK_EQ(sendfile(event, empty, NULL, 8), 0); /* there was nothing to refuse */
	CHECK_EQ(sendfile(timer, empty, NULL, 8), 0);
	CHECK_ERRNO(sendfile(event, in, NULL, 8), EINVAL);
	CHECK_ERRNO(sendfile(timer, in, NULL, 8), EINVAL);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
}

TEST(sendfile_goes_on_until_the_end_of_the_input)
{
	int fd;
	off_t at = 0;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_RDWR));
	CHECK_OK(lseek(fd, 0, SEEK_END));
	CHECK_EQ(sendfile(fd, fd, &at, 10), 10); /* the end moves on as it writes */
	CHECK_EQ(at, 10);
	CHECK_STR(get_file("f"), "abcabcabcabca");
}

TEST(writing_to_what_cannot_be_written_is_einval_before_efault)
{
	int timer = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

	CHECK_ERRNO(write(timer, kernel_pointer(), 8), EINVAL);
	CHECK_ERRNO(write(timer, NULL, (size_t)-1), EINVAL);
	CHECK_ERRNO(read(CHECK_OK(epoll_create1(0)), kernel_pointer(), 8), EINVAL);
}

TEST(write_whose_first_byte_faults_leaves_a_hole)
{
	struct iovec vec[3] = { { bad_pointer(), 0 }, { page_edge() - 3, 3 }, { page_edge(), 8 } };
	struct stat st;
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_ERRNO(pwrite(fd, page_edge(), 10, 4096), EFAULT);
	CHECK_ERRNO(writev(fd, &vec[2], 1), EFAULT);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(writev(fd, vec, 3), 3);
	CHECK_EQ(pwrite(fd, page_edge() - 8, 16, 8192 - 8), 8); /* the second page is not begun */
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 16);
	CHECK_EQ(st.st_size, 8192);
}

// SPDX-License-Identifier: MIT
/* pipe(2), pipe2(2), pipe(7). */
#include "harness.h"

#include <sys/ioctl.h>

TEST(gives_the_two_lowest_descriptors)
{
	int fds[2], low = lowest_fd();

	CHECK_OK(pipe(fds));
	CHECK_EQ(fds[0], low);
	CHECK_EQ(fds[1], low + 1);
}

TEST(bytes_come_out_in_order)
{
	char buf[16] = "";
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(write(fds[1], "def", 3), 3);
	CHECK_EQ(read(fds[0], buf, 2), 2);
	CHECK_EQ(read(fds[0], buf + 2, 10), 4);
	CHECK_STR(buf, "abcdef");
}

TEST(null_pointer_is_efault_and_leaves_no_descriptor)
{
	int before = count_fds();

	CHECK_ERRNO(syscall(SYS_pipe, NULL), EFAULT);
	CHECK_ERRNO(syscall(SYS_pipe2, kernel_pointer(), 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_pipe2, read_only_page(), 0), EFAULT);
	CHECK_ERRNO(syscall(SYS_pipe2, page_edge() - 4, 0), EFAULT);
	CHECK_EQ(count_fds(), before);
}

TEST(unknown_flag_is_einval_before_pointer)
{
	int before = count_fds();

	CHECK_ERRNO(syscall(SYS_pipe2, NULL, O_APPEND), EINVAL);
	CHECK_ERRNO(syscall(SYS_pipe2, NULL, 1 << 30), EINVAL);
	CHECK_EQ(count_fds(), before);
}

TEST(cloexec_and_nonblock_flags_apply_to_both_ends)
{
	int fds[2];

	CHECK_OK(pipe2(fds, O_CLOEXEC | O_NONBLOCK));
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
		CHECK_EQ(fcntl(fds[i], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	}
	CHECK_EQ(fcntl(fds[0], F_GETFL) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(fcntl(fds[1], F_GETFL) & O_ACCMODE, O_WRONLY);
}

TEST(wrong_end_is_ebadf)
{
	char c;
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_ERRNO(read(fds[1], &c, 1), EBADF);
	CHECK_ERRNO(write(fds[0], "x", 1), EBADF);
}

TEST(empty_nonblocking_read_is_eagain)
{
	char c;
	int fds[2];

	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_ERRNO(read(fds[0], &c, 1), EAGAIN);
	CHECK_EQ(read(fds[0], &c, 0), 0);
}

TEST(read_after_last_writer_is_end_of_file)
{
	char c;
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], "x", 1), 1);
	close(fds[1]);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(read(fds[0], &c, 1), 0);
	CHECK_EQ(read(fds[0], &c, 1), 0);
}

TEST(write_without_reader_is_sigpipe_and_epipe)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	close(fds[0]);
	catch_signal(SIGPIPE, 0);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 1);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
	/* Linux does not look at the readers for nothing. */
	CHECK_EQ(write(fds[1], "x", 0), 0);
}

TEST(capacity_is_64k_and_full_is_eagain)
{
	static char buf[PAGE];
	size_t total = 0;
	ssize_t n;
	int fds[2];

	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_EQ(fcntl(fds[0], F_GETPIPE_SZ), 65536);
	while ((n = write(fds[1], buf, sizeof(buf))) > 0)
		total += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(total, 65536);
	CHECK_EQ(read(fds[0], buf, PAGE), PAGE);
	CHECK_EQ(write(fds[1], buf, PAGE), PAGE);
	CHECK_ERRNO(write(fds[1], buf, 1), EAGAIN);
}

TEST(nonblocking_write_larger_than_room_is_partial)
{
	static char big[100000];
	int fds[2];

	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_EQ(write(fds[1], big, sizeof(big)), 65536);
}

TEST(write_up_to_pipe_buf_is_all_or_nothing)
{
	static char buf[PAGE];
	int fds[2];

	CHECK_OK(pipe2(fds, O_NONBLOCK));
	for (int i = 0; i < 15; i++)
		CHECK_EQ(write(fds[1], buf, PAGE), PAGE);
	CHECK_EQ(write(fds[1], buf, 100), 100);
	/* One slot is in use with 100 bytes: a full page does not fit in what is left of it. */
	CHECK_ERRNO(write(fds[1], buf, PAGE), EAGAIN);
	CHECK_EQ(write(fds[1], buf, 100), 100);
}

TEST(set_size_rounds_up_to_pages_and_power_of_two)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(fcntl(fds[0], F_SETPIPE_SZ, 1), PAGE);
	CHECK_EQ(fcntl(fds[0], F_GETPIPE_SZ), PAGE);
	CHECK_EQ(fcntl(fds[0], F_SETPIPE_SZ, 3 * PAGE), 4 * PAGE);
	CHECK_EQ(write(fds[1], "abcdefg", 7), 7);
	CHECK_EQ(fcntl(fds[0], F_SETPIPE_SZ, PAGE), PAGE);
}

TEST(shrinking_below_contents_is_ebusy)
{
	static char buf[3 * PAGE];
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], buf, sizeof(buf)), sizeof(buf));
	CHECK_ERRNO(fcntl(fds[0], F_SETPIPE_SZ, PAGE), EBUSY);
}

TEST(set_size_above_limit_needs_privilege)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	become(1000);
	CHECK_ERRNO(fcntl(fds[0], F_SETPIPE_SZ, 2 << 20), EPERM);
}

TEST(fionread_counts_bytes)
{
	int fds[2], n = -1;

	CHECK_OK(pipe(fds));
	CHECK_OK(ioctl(fds[0], FIONREAD, &n));
	CHECK_EQ(n, 0);
	CHECK_EQ(write(fds[1], "hello", 5), 5);
	CHECK_OK(ioctl(fds[0], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_ERRNO(ioctl(fds[0], TCGETS, &n), ENOTTY);
}

TEST(seek_and_pread_are_espipe)
{
	char c;
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_ERRNO(lseek(fds[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(pread(fds[0], &c, 1, 0), ESPIPE);
	CHECK_ERRNO(pwrite(fds[1], &c, 1, 0), ESPIPE);
	CHECK_ERRNO(ftruncate(fds[1], 0), EINVAL);
	CHECK_ERRNO(fsync(fds[1]), EINVAL);
}

TEST(blocking_read_is_interrupted)
{
	char c;
	int fds[2];
	pid_t poker;

	CHECK_OK(pipe(fds));
	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(read(fds[0], &c, 1), EINTR);
	poke_stop(poker);
	CHECK(signal_count[SIGUSR1] >= 1);
}

TEST(blocking_read_is_restarted_with_sa_restart)
{
	char c = 0;
	int fds[2];
	pid_t self = getpid();

	CHECK_OK(pipe(fds));
	catch_signal(SIGUSR1, SA_RESTART);
	pid_t helper = CHILD(sleep_ms(30); kill(self, SIGUSR1); sleep_ms(30); write(fds[1], "y", 1));
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
	CHECK_EQ(signal_count[SIGUSR1], 1);
	JOIN(helper);
}

TEST(blocking_write_interrupted_midway_returns_count)
{
	static char big[200000];
	int fds[2];
	pid_t poker;

	CHECK_OK(pipe(fds));
	catch_signal(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	CHECK_EQ(write(fds[1], big, sizeof(big)), 65536);
	poke_stop(poker);
}

TEST(blocked_reader_wakes_on_write)
{
	char c;
	int fds[2];

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(CHECK_EQ(read(fds[0], &c, 1), 1); CHECK_EQ(c, 'z'));
	wait_asleep(child);
	CHECK_EQ(write(fds[1], "z", 1), 1);
	JOIN(child);
}

TEST(blocked_reader_wakes_on_last_close)
{
	char c;
	int fds[2];

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(close(fds[1]); CHECK_EQ(read(fds[0], &c, 1), 0));
	wait_asleep(child);
	close(fds[1]);
	JOIN(child);
}

TEST(blocked_writer_wakes_with_sigpipe_on_last_reader_close)
{
	static char big[100000];
	int fds[2];

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(close(fds[0]); write(fds[1], big, sizeof(big)));
	wait_asleep(child);
	close(fds[0]);
	CHECK_EQ(wait_status(child), SIGPIPE);
}

TEST(fault_in_read_keeps_the_bytes)
{
	char buf[8] = "";
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_ERRNO(read(fds[0], bad_pointer(), 3), EFAULT);
	CHECK_EQ(read(fds[0], buf, 8), 3);
	CHECK_STR(buf, "abc");
}

TEST(fault_in_write_is_efault)
{
	int fds[2];

	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_ERRNO(write(fds[1], bad_pointer(), 3), EFAULT);
	CHECK_ERRNO(write(fds[1], kernel_pointer(), 3), EFAULT);
}

TEST(packet_mode_keeps_message_borders)
{
	char buf[16];
	int fds[2];

	CHECK_OK(pipe2(fds, O_DIRECT));
	CHECK_EQ(write(fds[1], "one", 3), 3);
	CHECK_EQ(write(fds[1], "three", 5), 5);
	CHECK_EQ(read(fds[0], buf, 16), 3);
	CHECK_EQ(read(fds[0], buf, 2), 2);
}

TEST(fstat_shows_a_fifo)
{
	struct stat st;
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_OK(fstat(fds[0], &st));
	CHECK_EQ(st.st_mode, S_IFIFO | 0600);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_size, 0);
	CHECK_EQ(st.st_blksize, PAGE);
}

TEST(descriptor_limit_is_emfile_and_takes_nothing)
{
	struct rlimit_pair {
		unsigned long cur, max;
	} lim = { 0, 0 };
	int fds[2] = { -7, -7 }, before = count_fds();

	lim.cur = before + 1;
	lim.max = 1024;
	CHECK_OK(syscall(SYS_setrlimit, 7, &lim));
	CHECK_ERRNO(pipe(fds), EMFILE);
	CHECK_EQ(fds[0], -7);
	CHECK_EQ(count_fds(), before);
}

static void *pipe_pump(void *arg)
{
	int *fds = arg;

	for (int i = 0; i < 200; i++)
		if (write(fds[1], "0123456789", 10) != 10)
			return (void *)1;
	return NULL;
}

TEST(small_writes_of_two_threads_do_not_mix)
{
	pthread_t a, b;
	void *ra, *rb;
	char buf[10];
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(pthread_create(&a, NULL, pipe_pump, fds), 0);
	CHECK_EQ(pthread_create(&b, NULL, pipe_pump, fds), 0);
	for (int i = 0; i < 400; i++) {
		size_t len = 0;

		while (len < 10)
			len += CHECK_OK(read(fds[0], buf + len, 10 - len));
		CHECK_MEM(buf, "0123456789", 10);
	}
	pthread_join(a, &ra);
	pthread_join(b, &rb);
	CHECK(!ra && !rb);
}

TEST(named_fifo_connects_reader_and_writer)
{
	char buf[8] = "";
	int fd;

	CHECK_OK(mkfifo("fifo", 0644));
	pid_t child = CHILD(int w = CHECK_OK(open("fifo", O_WRONLY)); CHECK_EQ(write(w, "hi", 2), 2));
	fd = CHECK_OK(open("fifo", O_RDONLY));
	CHECK_EQ(read(fd, buf, 8), 2);
	CHECK_STR(buf, "hi");
	JOIN(child);
	CHECK_EQ(read(fd, buf, 8), 0);
}

TEST(fifo_nonblocking_opens)
{
	int r, w;

	CHECK_OK(mkfifo("fifo", 0644));
	CHECK_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	r = CHECK_OK(open("fifo", O_RDONLY | O_NONBLOCK));
	w = CHECK_OK(open("fifo", O_WRONLY | O_NONBLOCK));
	CHECK_EQ(write(w, "x", 1), 1);
	close(w);
	CHECK_OK(open("fifo", O_RDWR));
	close(r);
}

TEST(fifo_open_is_interrupted)
{
	pid_t poker;

	CHECK_OK(mkfifo("fifo", 0644));
	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(open("fifo", O_RDONLY), EINTR);
	poke_stop(poker);
}

TEST(reopen_through_proc_gives_other_end)
{
	char path[64], c;
	int fds[2], w;

	CHECK_OK(pipe(fds));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	w = CHECK_OK(open(path, O_WRONLY));
	CHECK_EQ(write(w, "q", 1), 1);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'q');
}

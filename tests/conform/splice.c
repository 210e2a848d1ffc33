// SPDX-License-Identifier: MIT
/* splice(2), tee(2), vmsplice(2), and sendfile(2) into a pipe. */
#include "harness.h"

#include <sys/sendfile.h>

static int file_with(const char *text)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

TEST(splice_moves_between_file_and_pipe)
{
	char buf[8] = "";
	loff_t off = 1;
	int fds[2], fd = file_with("abcdef");

	CHECK_OK(pipe(fds));
	CHECK_EQ(splice(fd, &off, fds[1], NULL, 3, 0), 3);
	CHECK_EQ(off, 4);
	CHECK_EQ(read(fds[0], buf, 8), 3);
	CHECK_STR(buf, "bcd");
	CHECK_EQ(write(fds[1], "XY", 2), 2);
	off = 0;
	CHECK_EQ(splice(fds[0], NULL, fd, &off, 2, 0), 2);
	CHECK_STR(get_file("f"), "XYcdef");
	CHECK_ERRNO(splice(fd, NULL, fd, NULL, 1, 0), EINVAL);
	CHECK_ERRNO(splice(fds[0], &off, fd, NULL, 1, 0), ESPIPE);
	CHECK_ERRNO(splice(fds[0], NULL, fd, NULL, 1, 0x100), EINVAL);
}

TEST(tee_duplicates_without_consuming)
{
	char buf[8] = "";
	int a[2], b[2];

	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	CHECK_EQ(write(a[1], "abc", 3), 3);
	CHECK_EQ(tee(a[0], b[1], 10, 0), 3);
	CHECK_EQ(read(a[0], buf, 8), 3);
	CHECK_EQ(read(b[0], buf, 8), 3);
	CHECK_STR(buf, "abc");
	CHECK_ERRNO(tee(a[0], a[1], 1, 0), EINVAL);
}

TEST(file_position_moves_without_an_offset)
{
	char buf[8] = "";
	int fds[2], fd = file_with("abcdef");

	CHECK_OK(pipe(fds));
	CHECK_EQ(splice(fd, NULL, fds[1], NULL, 2, 0), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2);
	CHECK_EQ(splice(fds[0], NULL, fd, NULL, 8, 0), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
	CHECK_STR(get_file("f"), "ababef");
	CHECK_EQ(splice(fd, NULL, fds[1], NULL, 100, 0), 2);
	CHECK_EQ(splice(fd, NULL, fds[1], NULL, 100, 0), 0);
	CHECK_EQ(read(fds[0], buf, 8), 2);
	CHECK_STR(buf, "ef");
}

TEST(refusals_in_order)
{
	int a[2], fd = file_with("abc"), ro = CHECK_OK(open("f", O_RDONLY)),
		  dir = CHECK_OK(open(".", O_RDONLY));
	int app = CHECK_OK(open("f", O_WRONLY | O_APPEND));
	loff_t off = 0, below = -1;

	CHECK_OK(pipe(a));
	CHECK_EQ(write(a[1], "xyz", 3), 3);
	CHECK_EQ(splice(-1, NULL, -1, NULL, 0, ~0u), 0);
	CHECK_ERRNO(splice(-1, NULL, a[1], NULL, 1, 0x10), EINVAL);
	CHECK_ERRNO(splice(-1, NULL, a[1], NULL, 1, 0), EBADF);
	CHECK_ERRNO(splice(a[0], &off, -1, NULL, 1, 0), EBADF);
	CHECK_ERRNO(splice(a[1], &off, fd, NULL, 1, 0), ESPIPE);
	CHECK_ERRNO(splice(fd, (loff_t *)bad_pointer(), a[0], NULL, 1, 0), EFAULT);
	CHECK_ERRNO(splice(fd, NULL, a[0], NULL, 1, 0), EBADF);
	CHECK_ERRNO(splice(a[1], NULL, fd, NULL, 1, 0), EBADF);
	CHECK_ERRNO(splice(a[0], NULL, ro, NULL, 1, 0), EBADF);
	CHECK_ERRNO(splice(a[0], NULL, a[1], NULL, 1, 0), EINVAL);
	CHECK_ERRNO(splice(a[0], NULL, app, NULL, 1, 0), EINVAL);
	CHECK_ERRNO(splice(a[0], NULL, fd, &below, 1, 0), EINVAL);
	CHECK_ERRNO(splice(fd, &below, a[1], NULL, 1, 0), EINVAL);
	CHECK_ERRNO(splice(dir, NULL, a[1], NULL, 1, 0), EINVAL);
	CHECK_ERRNO(splice(fd, NULL, fd, NULL, 1, 0), EINVAL);
}

TEST(empty_and_full_pipes_do_not_block_when_asked)
{
	static char page[PAGE];
	int a[2], b[2], fd = file_with("abc");
	loff_t off = 0;

	CHECK_OK(pipe(a));
	CHECK_OK(pipe2(b, O_NONBLOCK));
	CHECK_ERRNO(splice(a[0], NULL, fd, NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_ERRNO(splice(b[0], NULL, fd, NULL, 1, 0), EAGAIN);
	CHECK_ERRNO(splice(a[0], NULL, b[1], NULL, 1, 0), EAGAIN);
	CHECK_ERRNO(tee(a[0], b[1], 1, 0), EAGAIN);
	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(b[1], page, PAGE), PAGE);
	CHECK_ERRNO(splice(fd, &off, b[1], NULL, 1, 0), EAGAIN);
	CHECK_EQ(write(a[1], "x", 1), 1);
	CHECK_ERRNO(splice(a[0], NULL, b[1], NULL, 1, 0), EAGAIN);
	CHECK_ERRNO(tee(a[0], b[1], 1, 0), EAGAIN);
	close(a[1]);
	CHECK_EQ(splice(a[0], NULL, fd, NULL, 9, 0), 1);
	CHECK_EQ(splice(a[0], NULL, fd, NULL, 9, 0), 0);
}

TEST(end_of_the_input_pipe_is_zero)
{
	int a[2], b[2];

	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	close(a[1]);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 5, 0), 0);
	CHECK_EQ(tee(a[0], b[1], 5, 0), 0);
}

TEST(without_reader_is_sigpipe_and_epipe)
{
	int a[2], b[2], fd = file_with("abc");
	struct iovec iov = { "x", 1 };

	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	CHECK_EQ(write(a[1], "x", 1), 1);
	close(b[0]);
	catch_signal(SIGPIPE, 0);
	CHECK_ERRNO(splice(fd, NULL, b[1], NULL, 1, 0), EPIPE);
	CHECK_ERRNO(splice(a[0], NULL, b[1], NULL, 1, 0), EPIPE);
	CHECK_ERRNO(tee(a[0], b[1], 1, 0), EPIPE);
	CHECK_ERRNO(vmsplice(b[1], &iov, 1, 0), EPIPE);
	CHECK_EQ(signal_count[SIGPIPE], 4);
}

TEST(file_to_pipe_takes_what_fits)
{
	static char big[40 * PAGE], back[40 * PAGE];
	int fds[2], fd = CHECK_OK(open("big", O_RDWR | O_CREAT, 0644));
	loff_t off = 100;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / PAGE);
	CHECK_EQ(write(fd, big, sizeof(big)), sizeof(big));
	CHECK_OK(pipe(fds));
	CHECK_EQ(splice(fd, &off, fds[1], NULL, sizeof(big), 0), 16 * PAGE - 100);
	CHECK_EQ(off, 16 * PAGE);
	CHECK_EQ(read(fds[0], back, sizeof(back)), 16 * PAGE - 100);
	CHECK_MEM(back, big + 100, 16 * PAGE - 100);
}

TEST(hole_is_spliced_as_zeros)
{
	char buf[PAGE] = "x", zero[PAGE] = "";
	int fds[2], fd = CHECK_OK(open("hole", O_RDWR | O_CREAT, 0644));

	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_OK(pipe(fds));
	CHECK_EQ(splice(fd, NULL, fds[1], NULL, 2 * PAGE, 0), PAGE);
	CHECK_EQ(read(fds[0], buf, PAGE), PAGE);
	CHECK_MEM(buf, zero, PAGE);
}

TEST(spliced_page_is_not_written_by_later_pipe_writes)
{
	char buf[16] = "";
	int fds[2], fd = file_with("abcdef");

	CHECK_OK(pipe(fds));
	CHECK_EQ(splice(fd, NULL, fds[1], NULL, 3, 0), 3);
	CHECK_EQ(write(fds[1], "XYZ", 3), 3);
	CHECK_EQ(read(fds[0], buf, 16), 6);
	CHECK_STR(buf, "abcXYZ");
	CHECK_STR(get_file("f"), "abcdef");
	for (int i = 0; i < 40; i++) {
		CHECK_EQ(write(fds[1], "0123456789", 10), 10);
		CHECK_EQ(read(fds[0], buf, 16), 10);
	}
	CHECK_STR(get_file("f"), "abcdef");
}

TEST(pipe_to_pipe_moves_whole_and_part)
{
	char buf[16] = "";
	int a[2], b[2];

	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	CHECK_EQ(write(a[1], "abcdef", 6), 6);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 2, 0), 2);
	CHECK_EQ(write(a[1], "gh", 2), 2);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, 0), 6);
	CHECK_EQ(read(b[0], buf, 16), 8);
	CHECK_STR(buf, "abcdefgh");
}

TEST(pipe_to_device_and_proc_to_pipe)
{
	char buf[64] = "";
	int fds[2], null = CHECK_OK(open("/dev/null", O_WRONLY)),
		    proc = CHECK_OK(open("/proc/version", O_RDONLY));
	loff_t off = 0;

	CHECK_OK(pipe(fds));
	CHECK_EQ(splice(proc, &off, fds[1], NULL, 5, 0), 5);
	CHECK_EQ(off, 5);
	CHECK_EQ(read(fds[0], buf, 64), 5);
	CHECK_STR(buf, "Linux");
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(splice(fds[0], NULL, null, NULL, 10, 0), 3);
}

TEST(waits_for_the_writer_and_for_room)
{
	static char page[PAGE];
	int a[2], fd = file_with("");

	CHECK_OK(pipe(a));
	pid_t child = CHILD(close(a[1]); CHECK_EQ(splice(a[0], NULL, fd, NULL, 100, 0), 5));
	wait_asleep(child);
	CHECK_EQ(write(a[1], "hello", 5), 5);
	JOIN(child);
	CHECK_STR(get_file("f"), "hello");
	for (int i = 0; i < 16; i++)
		CHECK_EQ(write(a[1], page, PAGE), PAGE);
	loff_t off = 0;
	child = CHILD(CHECK_EQ(splice(fd, &off, a[1], NULL, 5, 0), 5));
	wait_asleep(child);
	CHECK_EQ(read(a[0], page, PAGE), PAGE);
	JOIN(child);
}

TEST(waiting_is_interrupted)
{
	int a[2], b[2], fd = file_with("");
	struct iovec iov = { &(char[4]){ 0 }, 4 };
	pid_t poker;

	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(splice(a[0], NULL, fd, NULL, 1, 0), EINTR);
	CHECK_ERRNO(tee(a[0], b[1], 1, 0), EINTR);
	CHECK_ERRNO(vmsplice(a[0], &iov, 1, 0), EINTR);
	poke_stop(poker);
}

TEST(tee_shares_and_cuts)
{
	char buf[16] = "";
	int a[2], b[2];

	CHECK_OK(pipe(a));
	CHECK_OK(pipe(b));
	CHECK_ERRNO(tee(-1, -1, 0, 0x10), EINVAL);
	CHECK_EQ(tee(-1, -1, 0, 0), 0);
	CHECK_ERRNO(tee(-1, b[1], 1, 0), EBADF);
	CHECK_ERRNO(tee(a[1], b[1], 1, 0), EBADF);
	CHECK_ERRNO(tee(a[0], open("/dev/null", O_WRONLY), 1, 0), EINVAL);
	CHECK_EQ(write(a[1], "abcdef", 6), 6);
	CHECK_EQ(tee(a[0], b[1], 2, 0), 2);
	CHECK_EQ(write(b[1], "XY", 2), 2);
	CHECK_EQ(write(a[1], "gh", 2), 2);
	CHECK_EQ(read(b[0], buf, 16), 4);
	CHECK_MEM(buf, "abXY", 4);
	CHECK_EQ(read(a[0], buf, 16), 8);
	CHECK_STR(buf, "abcdefgh");
}

TEST(vmsplice_both_ways)
{
	char one[8] = "abc", two[8] = "def", buf[8] = "";
	struct iovec out[2] = { { one, 3 }, { two, 3 } }, in[2] = { { buf, 2 }, { buf + 2, 6 } };
	int fds[2];

	CHECK_OK(pipe(fds));
	CHECK_EQ(vmsplice(fds[1], out, 2, 0), 6);
	CHECK_EQ(vmsplice(fds[0], in, 2, 0), 6);
	CHECK_STR(buf, "abcdef");
	CHECK_ERRNO(vmsplice(fds[0], in, 2, SPLICE_F_NONBLOCK), EAGAIN);
	close(fds[1]);
	CHECK_EQ(vmsplice(fds[0], in, 2, 0), 0);
}

TEST(vmsplice_takes_a_slot_for_each_page_and_each_part)
{
	char *mem = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     rest[16 * PAGE];
	struct iovec across[2] = { { mem + PAGE - 5, 10 }, { mem, 0 } },
		     parts[3] = { { mem, 5 }, { mem, 0 }, { mem + 5, 7 } };
	int fds[2];

	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_EQ(vmsplice(fds[1], across, 2, 0), 10);
	CHECK_EQ(write(fds[1], rest, sizeof(rest)), 14 * PAGE);
	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_EQ(vmsplice(fds[1], parts, 3, 0), 12);
	CHECK_EQ(write(fds[1], rest, sizeof(rest)), 14 * PAGE);
	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_EQ(fcntl(fds[1], F_SETPIPE_SZ, 2 * PAGE), 2 * PAGE);
	across[0] = (struct iovec){ mem + 100, 2 * PAGE };
	CHECK_EQ(vmsplice(fds[1], across, 1, SPLICE_F_NONBLOCK), 2 * PAGE - 100); /* the room ends */
}

TEST(vmsplice_refusals_in_order)
{
	struct iovec iov = { bad_pointer(), 1 };
	int fds[2], fd = file_with("abc");

	CHECK_OK(pipe(fds));
	CHECK_ERRNO(vmsplice(-1, NULL, 1, 0x10), EINVAL);
	CHECK_ERRNO(vmsplice(-1, NULL, 1, 0), EBADF);
	CHECK_ERRNO(vmsplice(fds[1], bad_pointer(), 1, 0), EFAULT);
	CHECK_ERRNO(vmsplice(fds[1], &iov, 1025, 0), EINVAL);
	CHECK_EQ(vmsplice(fd, NULL, 0, 0), 0);
	CHECK_ERRNO(vmsplice(fds[1], &iov, 1, 0), EFAULT);
	iov.iov_base = "x";
	CHECK_ERRNO(vmsplice(fd, &iov, 1, 0), EBADF);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	iov.iov_base = read_only_page();
	CHECK_ERRNO(vmsplice(fds[0], &iov, 1, 0), EFAULT);
}

TEST(sendfile_into_a_full_pipe)
{
	static char page[PAGE];
	int fds[2], fd = file_with("abc");

	CHECK_OK(pipe2(fds, O_NONBLOCK));
	CHECK_EQ(sendfile(fds[1], fd, NULL, 10), 3);
	for (int i = 0; i < 15; i++)
		CHECK_EQ(write(fds[1], page, PAGE), PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERRNO(sendfile(fds[1], fd, NULL, 10), EAGAIN);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
}

TEST(end_of_the_range_is_an_offset_too)
{
	loff_t at = LLONG_MAX - 4095;
	int fd, p[2];

	put_file("f", "hello");
	fd = CHECK_OK(open("f", O_RDWR));
	CHECK_OK(pipe2(p, O_NONBLOCK));
	CHECK_ERRNO(splice(p[0], NULL, fd, &at, 4096, 0), EINVAL);
	CHECK_ERRNO(splice(p[0], NULL, fd, &at, 4095, 0), EAGAIN);
	CHECK_ERRNO(splice(fd, &at, p[1], NULL, 4096, 0), EINVAL);
	CHECK_EQ(splice(fd, &at, p[1], NULL, 4095, 0), 0);
	at = LLONG_MAX - 16 * 4096; /* no more is asked for than there is room */
	CHECK_EQ(splice(fd, &at, p[1], NULL, 1 << 20, 0), 0);
}

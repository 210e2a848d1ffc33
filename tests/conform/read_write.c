// SPDX-License-Identifier: MIT
/* read(2), write(2), pread/pwrite, readv/writev, preadv(2), lseek(2), sendfile(2), copy_file_range(2). */
#include "harness.h"

#include <linux/fs.h>
#include <sys/sendfile.h>

static int file_with(const char *text)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

TEST(bad_descriptor_is_ebadf_before_pointer)
{
	CHECK_ERRNO(read(-1, NULL, 1), EBADF);
	CHECK_ERRNO(write(99, kernel_pointer(), 1), EBADF);
	CHECK_ERRNO(pread(-1, NULL, 1, -1), EINVAL);
	CHECK_ERRNO(pread(-1, NULL, 1, 0), EBADF);
}

TEST(wrong_direction_is_ebadf)
{
	char c;
	int r, w;

	put_file("f", "x");
	r = CHECK_OK(open("f", O_RDONLY));
	w = CHECK_OK(open("f", O_WRONLY));
	CHECK_ERRNO(write(r, "x", 1), EBADF);
	CHECK_ERRNO(read(w, &c, 1), EBADF);
	CHECK_ERRNO(read(w, &c, 0), EBADF);
	CHECK_ERRNO(pwrite(r, "x", 1, 0), EBADF);
}

TEST(directory_read_is_eisdir)
{
	char c;
	int fd = CHECK_OK(open(".", O_RDONLY));

	CHECK_ERRNO(read(fd, &c, 1), EISDIR);
	CHECK_ERRNO(pread(fd, &c, 1, 0), EISDIR);
	CHECK_ERRNO(write(fd, &c, 1), EBADF);
}

TEST(zero_bytes_is_zero)
{
	int fd = file_with("abc");

	CHECK_EQ(read(fd, NULL, 0), 0);
	CHECK_EQ(write(fd, NULL, 0), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	/* The range check comes first; for a 32-bit task every address is below the limit. */
	if (sizeof(long) == 8)
		CHECK_ERRNO(read(fd, kernel_pointer(), 0), EFAULT);
	else
		CHECK_EQ(read(fd, kernel_pointer(), 0), 0);
}

TEST(bad_buffer_is_efault_and_offset_stays)
{
	int fd = file_with("abcdef");

	CHECK_ERRNO(read(fd, bad_pointer(), 3), EFAULT);
	CHECK_ERRNO(read(fd, kernel_pointer(), 3), EFAULT);
	CHECK_ERRNO(read(fd, read_only_page(), 3), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_ERRNO(write(fd, bad_pointer(), 3), EFAULT);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 6);
}

TEST(read_up_to_unmapped_page_is_short)
{
	char *edge = page_edge();
	int fd = file_with("abcdef");

	CHECK_EQ(read(fd, edge - 4, 6), 4);
	CHECK_MEM(edge - 4, "abcd", 4);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
}

TEST(write_up_to_unmapped_page_is_short)
{
	char *edge = page_edge();
	int fd = file_with("");

	memcpy(edge - 4, "wxyz", 4);
	CHECK_EQ(write(fd, edge - 4, 6), 4);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 4);
}

TEST(length_beyond_the_address_space)
{
	char c[4];
	int fd = file_with("abc");

	if (sizeof(long) == 8) {
		CHECK_ERRNO(syscall(SYS_read, fd, c, (size_t)-1), EFAULT);
		CHECK_ERRNO(syscall(SYS_write, fd, c, (size_t)-1), EFAULT);
		CHECK_ERRNO(syscall(SYS_read, fd, c, SSIZE_MAX), EFAULT);
	} else {
		CHECK_EQ(syscall(SYS_read, fd, c, (size_t)-1), 3);
	}
}

TEST(end_of_file_and_short_read)
{
	char buf[16];
	int fd = file_with("abcdef");

	CHECK_EQ(read(fd, buf, 16), 6);
	CHECK_EQ(read(fd, buf, 16), 0);
	CHECK_EQ(pread(fd, buf, 16, 4), 2);
	CHECK_EQ(pread(fd, buf, 16, 6), 0);
	CHECK_EQ(pread(fd, buf, 16, 600), 0);
}

TEST(page_boundary_sizes_round_trip)
{
	static const int sizes[] = { 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 17, 65536 };
	static char out[65536], in[65536];

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 256;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int fd = file_with("");

		CHECK_EQ(write(fd, out, sizes[i]), sizes[i]);
		CHECK_EQ(pread(fd, in, sizeof(in), 0), sizes[i]);
		CHECK_MEM(in, out, sizes[i]);
		close(fd);
	}
}

TEST(hole_reads_as_zeros)
{
	char buf[PAGE];
	int fd = file_with("");

	CHECK_EQ(pwrite(fd, "x", 1, 10 * PAGE + 5), 1);
	CHECK_EQ(pread(fd, buf, PAGE, 5 * PAGE), PAGE);
	for (int i = 0; i < PAGE; i++)
		CHECK_EQ(buf[i], 0);
	CHECK_EQ(pread(fd, buf, 10, 10 * PAGE), 6);
	CHECK_EQ(buf[5], 'x');
}

TEST(append_writes_at_the_end_always)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT | O_APPEND, 0644));

	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, "def", 3), 3);
	/* pwrite appends too: a Linux bug that became the interface (pwrite(2), BUGS). */
	CHECK_EQ(pwrite(fd, "g", 1, 0), 1);
	CHECK_STR(get_file("f"), "abcdefg");
}

TEST(pread_and_pwrite_leave_the_offset)
{
	char buf[4];
	int fd = file_with("abcdef");

	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(pread(fd, buf, 2, 4), 2);
	CHECK_EQ(pwrite(fd, "ZZ", 2, 0), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 2);
	CHECK_STR(get_file("f"), "ZZcdef");
	CHECK_ERRNO(pread(fd, buf, 1, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, buf, 1, -5), EINVAL);
}

TEST(lseek_whence_and_bounds)
{
	int fd = file_with("abcdef");

	CHECK_EQ(lseek(fd, -2, SEEK_END), 4);
	CHECK_EQ(lseek(fd, 1, SEEK_CUR), 5);
	CHECK_ERRNO(lseek(fd, -6, SEEK_CUR), EINVAL);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
	CHECK_ERRNO(lseek(-1, 0, 99), EBADF);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	CHECK_EQ(lseek(fd, 1LL << 40, SEEK_SET), 1LL << 40);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 6);
}

TEST(lseek_data_and_hole)
{
	int fd = file_with("");

	CHECK_EQ(pwrite(fd, "x", 1, 8 * PAGE), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 8 * PAGE);
	CHECK_EQ(lseek(fd, 8 * PAGE, SEEK_HOLE), 8 * PAGE + 1);
	CHECK_ERRNO(lseek(fd, 8 * PAGE + 1, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, 9 * PAGE, SEEK_HOLE), ENXIO);
}

TEST(vectors_scatter_and_gather)
{
	char a[3] = "", b[4] = "";
	struct iovec in[3] = { { a, 2 }, { NULL, 0 }, { b, 3 } };
	struct iovec out[2] = { { "ab", 2 }, { "cde", 3 } };
	int fd = file_with("");

	CHECK_EQ(writev(fd, out, 2), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(readv(fd, in, 3), 5);
	CHECK_STR(a, "ab");
	CHECK_STR(b, "cde");
	CHECK_EQ(preadv(fd, in, 3, 3), 2);
	CHECK_STR(a, "de");
	CHECK_EQ(pwritev(fd, out, 2, 1), 5);
	CHECK_STR(get_file("f"), "aabcde");
}

TEST(vector_refusals_in_order)
{
	struct iovec v[2] = { { "ab", 2 }, { NULL, (size_t)-1 } };
	int fd = file_with("");

	CHECK_ERRNO(writev(-1, v, -1), EBADF);
	CHECK_ERRNO(writev(fd, v, -1), EINVAL);
	CHECK_ERRNO(writev(fd, v, 1025), EINVAL);
	CHECK_EQ(writev(fd, NULL, 0), 0);
	CHECK_ERRNO(writev(fd, NULL, 1), EFAULT);
	CHECK_ERRNO(writev(fd, v, 2), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	CHECK_ERRNO(preadv(fd, v, 1, -1), EINVAL);
}

TEST(vector_stops_at_first_bad_buffer)
{
	struct iovec v[2] = { { "abc", 3 }, { bad_pointer(), 5 } };
	int fd = file_with("");

	CHECK_EQ(writev(fd, v, 2), 3);
	v[0] = v[1];
	CHECK_ERRNO(writev(fd, v, 1), EFAULT);
}

TEST(preadv2_flags)
{
	char c;
	struct iovec v = { &c, 1 };
	int fd = file_with("abc");

	CHECK_EQ(preadv2(fd, &v, 1, -1, 0), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 1);
	CHECK_EQ(preadv2(fd, &v, 1, 2, 0), 1);
	CHECK_EQ(c, 'c');
	CHECK_ERRNO(preadv2(fd, &v, 1, 0, 1 << 20), EOPNOTSUPP);
	CHECK_EQ(pwritev2(fd, &v, 1, 0, RWF_APPEND), 1);
	CHECK_STR(get_file("f"), "abcc");
}

TEST(null_zero_full_devices)
{
	char buf[8] = "1234567";
	int null = CHECK_OK(open("/dev/null", O_RDWR)), zero = CHECK_OK(open("/dev/zero", O_RDWR));
	int full = CHECK_OK(open("/dev/full", O_RDWR));

	CHECK_EQ(read(null, buf, 8), 0);
	CHECK_EQ(write(null, buf, 8), 8);
	CHECK_EQ(write(null, bad_pointer(), 8), 8);
	CHECK_EQ(read(zero, buf, 4), 4);
	CHECK_MEM(buf, "\0\0\0\0", 5 - 1);
	CHECK_EQ(write(zero, buf, 8), 8);
	CHECK_ERRNO(write(full, buf, 8), ENOSPC);
	CHECK_EQ(read(full, buf, 8), 8);
	CHECK_EQ(lseek(null, 100, SEEK_SET), 0);
	CHECK_ERRNO(read(zero, bad_pointer(), 8), EFAULT);
}

TEST(sendfile_copies_and_moves_offsets)
{
	char buf[8] = "";
	off_t off = 2;
	int fds[2], fd = file_with("abcdef");

	CHECK_OK(pipe(fds));
	CHECK_EQ(sendfile(fds[1], fd, &off, 3), 3);
	CHECK_EQ(off, 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(read(fds[0], buf, 8), 3);
	CHECK_STR(buf, "cde");
	CHECK_EQ(sendfile(fds[1], fd, NULL, 100), 6);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6);
	CHECK_EQ(sendfile(fds[1], fd, NULL, 100), 0);
}

TEST(sendfile_refusals)
{
	off_t off = -1;
	int fds[2], fd = file_with("abcdef");

	CHECK_OK(pipe(fds));
	CHECK_ERRNO(sendfile(fds[1], -1, NULL, 1), EBADF);
	CHECK_ERRNO(sendfile(fds[1], fd, &off, 1), EINVAL);
	CHECK_ERRNO(sendfile(fds[0], fd, NULL, 1), EBADF);
	CHECK_ERRNO(sendfile(fds[1], fd, (off_t *)bad_pointer(), 1), EFAULT);
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(sendfile(fds[1], fd, NULL, 1), EPIPE);
}

TEST(copy_file_range_copies_inside_the_kernel)
{
	loff_t from = 1, to = 4;
	int a = file_with("abcdef"), b = CHECK_OK(open("g", O_RDWR | O_CREAT, 0644));

	CHECK_EQ(copy_file_range(a, &from, b, &to, 3, 0), 3);
	CHECK_EQ(from, 4);
	CHECK_EQ(to, 7);
	CHECK_EQ(lseek(b, 0, SEEK_END), 7);
	CHECK_ERRNO(copy_file_range(a, &from, b, &to, 3, 1), EINVAL);
	CHECK_ERRNO(copy_file_range(a, &from, -1, &to, 3, 0), EBADF);
	from = 0, to = 2;
	CHECK_ERRNO(copy_file_range(a, &from, a, &to, 4, 0), EINVAL);
}

TEST(file_size_limit_is_sigxfsz_and_efbig)
{
	unsigned long lim[2] = { 10, 10 };
	int fd = file_with("");

	CHECK_OK(syscall(SYS_setrlimit, 1, lim));
	catch_signal(SIGXFSZ, 0);
	CHECK_EQ(write(fd, "0123456789abc", 13), 10);
	CHECK_ERRNO(write(fd, "x", 1), EFBIG);
	CHECK_EQ(signal_count[SIGXFSZ], 1);
	CHECK_ERRNO(ftruncate(fd, 11), EFBIG);
	CHECK_EQ(signal_count[SIGXFSZ], 2);
}

static void *append_lines(void *arg)
{
	int fd = open("log", O_WRONLY | O_APPEND);

	for (int i = 0; i < 100; i++)
		if (write(fd, arg, 8) != 8)
			return (void *)1;
	close(fd);
	return NULL;
}

TEST(two_appenders_lose_nothing)
{
	pthread_t a, b;
	struct stat st;
	void *ra, *rb;

	put_file("log", "");
	CHECK_EQ(pthread_create(&a, NULL, append_lines, "aaaaaaa\n"), 0);
	CHECK_EQ(pthread_create(&b, NULL, append_lines, "bbbbbbb\n"), 0);
	pthread_join(a, &ra);
	pthread_join(b, &rb);
	CHECK(!ra && !rb);
	CHECK_OK(stat("log", &st));
	CHECK_EQ(st.st_size, 1600);
}

TEST(truncate_and_ftruncate)
{
	char buf[8] = "";
	int fd = file_with("abcdef"), r;

	CHECK_OK(ftruncate(fd, 3));
	CHECK_STR(get_file("f"), "abc");
	CHECK_OK(truncate("f", 5));
	CHECK_EQ(pread(fd, buf, 8, 0), 5);
	CHECK_MEM(buf, "abc\0\0", 5);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	CHECK_ERRNO(ftruncate(-1, -1), EINVAL);
	CHECK_ERRNO(ftruncate(-1, 0), EBADF);
	CHECK_ERRNO(truncate("f", -1), EINVAL);
	CHECK_ERRNO(truncate(".", 0), EISDIR);
	CHECK_ERRNO(truncate("missing", 0), ENOENT);
	r = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(ftruncate(r, 0), EINVAL);
}

TEST(shrunk_tail_is_zero_when_grown_again)
{
	char buf[PAGE];
	int fd = file_with("");

	memset(buf, 'x', PAGE);
	CHECK_EQ(write(fd, buf, PAGE), PAGE);
	CHECK_OK(ftruncate(fd, 10));
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(pread(fd, buf, PAGE, 0), PAGE);
	CHECK_EQ(buf[9], 'x');
	for (int i = 10; i < PAGE; i++)
		CHECK_EQ(buf[i], 0);
}

TEST(fallocate_modes)
{
	struct stat st;
	char c = 'q';
	int fd = file_with("abcdef");

	CHECK_OK(fallocate(fd, 0, 0, 2 * PAGE));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 2 * PAGE);
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 2 * PAGE);
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 0);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, -1, 5), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0x1000, 0, 5), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(-1, 0, 0, 5), EBADF);
}

TEST(getrandom_and_urandom)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };
	int fd = CHECK_OK(open("/dev/urandom", O_RDONLY));

	CHECK_EQ(syscall(SYS_getrandom, a, 32, 0), 32);
	CHECK_EQ(syscall(SYS_getrandom, b, 32, 0), 32);
	CHECK(memcmp(a, b, 32) != 0);
	CHECK_EQ(read(fd, b, 32), 32);
	CHECK(memcmp(a, b, 32) != 0);
	CHECK_ERRNO(syscall(SYS_getrandom, a, 32, 0x100), EINVAL);
	CHECK_ERRNO(syscall(SYS_getrandom, a, 32, 6), EINVAL);
	CHECK_ERRNO(syscall(SYS_getrandom, bad_pointer(), 32, 0), EFAULT);
	CHECK_EQ(syscall(SYS_getrandom, NULL, 0, 0), 0);
}

TEST(copy_file_range_looks_at_types_before_modes)
{
	int dir = CHECK_OK(open(".", O_RDONLY)), fds[2], out = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));
	long long high = 0x7ffffffffffff000ll;

	CHECK_OK(pipe(fds));
	CHECK_ERRNO(syscall(SYS_copy_file_range, out, NULL, dir, NULL, 1, 0), EISDIR);
	CHECK_ERRNO(syscall(SYS_copy_file_range, fds[1], NULL, fds[0], NULL, 1, 0), EINVAL);
	/* Nothing to copy from an empty file, wherever to. */
	CHECK_EQ(syscall(SYS_copy_file_range, out, NULL, out, &high, 65536, 0), 0);
}

TEST(sendfile_of_a_negative_count_is_einval)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

#ifdef __x86_64__
	CHECK_ERRNO(syscall(SYS_sendfile, fd, fd, NULL, 1ul << 63), EINVAL);
#else
	CHECK_EQ(syscall(SYS_sendfile, fd, fd, NULL, 1ul << 31), 0); /* widened without its sign */
#endif
}

TEST(copy_file_range_between_file_systems_is_exdev)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), other = CHECK_OK(memfd_create("m", 0));

	CHECK_ERRNO(syscall(SYS_copy_file_range, fd, NULL, other, NULL, 1, 0), EXDEV);
}

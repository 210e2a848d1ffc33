// SPDX-License-Identifier: MIT
/* Holes: SEEK_DATA and SEEK_HOLE, fallocate modes, blocks counted, and mappings of files that grow and shrink. */
#include "harness.h"
#include "touch.h"

#include <linux/falloc.h>

static long long blocks(int fd)
{
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	return st.st_blocks;
}

static off_t size(int fd)
{
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	return st.st_size;
}

static int file(void)
{
	return CHECK_OK(open("f", O_RDWR | O_CREAT | O_TRUNC, 0644));
}

static char at(int fd, off_t where)
{
	char c = 77;

	CHECK_EQ(pread(fd, &c, 1, where), 1);
	return c;
}

TEST(data_and_hole_alternate)
{
	int fd = file();

	CHECK_EQ(pwrite(fd, "x", 1, 2 * PAGE + 5), 1);
	CHECK_EQ(pwrite(fd, "y", 1, 6 * PAGE), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 2 * PAGE);
	CHECK_EQ(lseek(fd, 2 * PAGE + 7, SEEK_DATA), 2 * PAGE + 7);
	CHECK_EQ(lseek(fd, 3 * PAGE, SEEK_DATA), 6 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 2 * PAGE, SEEK_HOLE), 3 * PAGE);
	CHECK_EQ(lseek(fd, 2 * PAGE + 9, SEEK_HOLE), 3 * PAGE);
	CHECK_EQ(lseek(fd, 6 * PAGE, SEEK_HOLE), 6 * PAGE + 1);
}

TEST(data_beyond_the_end_is_enxio)
{
	int fd = file();

	CHECK_ERRNO(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, 0, SEEK_HOLE), ENXIO);
	CHECK_OK(ftruncate(fd, 4 * PAGE));
	CHECK_ERRNO(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 5, SEEK_HOLE), 5);
	CHECK_ERRNO(lseek(fd, 4 * PAGE, SEEK_HOLE), ENXIO);
	CHECK_ERRNO(lseek(fd, -1, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, -1, SEEK_HOLE), ENXIO);
}

TEST(failed_seek_keeps_the_offset)
{
	int fd = file();

	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(lseek(fd, 123, SEEK_SET), 123);
	CHECK_ERRNO(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, -124, SEEK_CUR), EINVAL);
	CHECK_ERRNO(lseek(fd, -PAGE - 1, SEEK_END), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 5), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 123);
}

TEST(offset_limits)
{
	const off_t max = 0x7fffffffffffffffLL;
	int fd = file();
	char c;

	CHECK_EQ(lseek(fd, max, SEEK_SET), max);
	CHECK_ERRNO(read(fd, &c, 1), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	CHECK_ERRNO(lseek(fd, 1, SEEK_CUR), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), max);
	CHECK_ERRNO(pwrite(fd, "x", 1, -1), EINVAL);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	CHECK_OK(ftruncate(fd, max));
	CHECK_EQ(size(fd), max);
	CHECK_EQ(at(fd, max - 1), 0);
}

TEST(blocks_count_only_what_is_there)
{
	int fd = file();

	CHECK_OK(ftruncate(fd, 1LL << 40));
	CHECK_EQ(blocks(fd), 0);
	CHECK_EQ(pwrite(fd, "x", 1, 1LL << 39), 1);
	CHECK_EQ(blocks(fd), 8);
	CHECK_EQ(at(fd, 1LL << 38), 0);
	CHECK_EQ(blocks(fd), 8);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(blocks(fd), 0);
}

TEST(fallocate_fills_and_grows)
{
	int fd = file();

	CHECK_OK(fallocate(fd, 0, 0, PAGE + 1));
	CHECK_EQ(size(fd), PAGE + 1);
	CHECK_EQ(blocks(fd), 16);
	CHECK_EQ(at(fd, PAGE), 0);
}

TEST(fallocated_room_counts_as_a_hole_until_used)
{
	int fd = file();

	CHECK_OK(fallocate(fd, 0, 0, 2 * PAGE));
	CHECK_ERRNO(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 1, SEEK_HOLE), 1);
	CHECK_EQ(pwrite(fd, "x", 1, PAGE), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), PAGE);
}

TEST(fallocate_keep_size_does_not_grow)
{
	int fd = file();

	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 3 * PAGE));
	CHECK_EQ(size(fd), 3);
	CHECK_EQ(blocks(fd), 24);
	CHECK_EQ(at(fd, 1), 'b');
}

TEST(truncation_drops_what_was_allocated_behind_the_end)
{
	struct stat st;
	int fd = CHECK_OK(open("kept", O_RDWR | O_CREAT, 0644));

	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 32);
	CHECK_OK(ftruncate(fd, 3)); /* the size it has */
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_blocks, 8);
	CHECK_STR(get_file("kept"), "abc");
}

TEST(punched_hole_reads_zero)
{
	int fd = file();
	static char text[4 * PAGE];

	memset(text, 'a', sizeof(text));
	CHECK_EQ(write(fd, text, sizeof(text)), sizeof(text));
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE - 2, PAGE + 4));
	CHECK_EQ(at(fd, PAGE - 3), 'a');
	CHECK_EQ(at(fd, PAGE - 2), 0);
	CHECK_EQ(at(fd, PAGE), 0);
	CHECK_EQ(at(fd, 2 * PAGE + 1), 0);
	CHECK_EQ(at(fd, 2 * PAGE + 2), 'a');
	CHECK_EQ(size(fd), 4 * PAGE);
	CHECK_EQ(blocks(fd), 24);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), PAGE);
	CHECK_EQ(lseek(fd, PAGE, SEEK_DATA), 2 * PAGE);
}

TEST(punching_past_the_end_does_not_grow)
{
	int fd = file();

	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1, 100 * PAGE));
	CHECK_EQ(size(fd), 3);
	CHECK_EQ(at(fd, 0), 'a');
	CHECK_EQ(at(fd, 1), 0);
}

TEST(fallocate_mode_refusals)
{
	int fd = file(), fds[2], ro;

	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_ERRNO(fallocate(fd, 0, -1, 1), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, 0, -1), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0x1000, 0, 1), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE, 0, 1), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_KEEP_SIZE, 0, 1), EINVAL);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, 0, 0x7fffffffffffffffLL, 2), EFBIG);
	ro = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(fallocate(ro, 0, 0, 1), EBADF);
	CHECK_OK(pipe(fds));
	CHECK_ERRNO(fallocate(fds[1], 0, 0, 1), ESPIPE);
	CHECK_ERRNO(fallocate(CHECK_OK(open("/dev/null", O_WRONLY)), 0, 0, 1), ENODEV);
	CHECK_EQ(size(fd), 3);
	CHECK_EQ(at(fd, 2), 'c');
}

TEST(touching_a_mapping_fills_a_hole)
{
	int fd = file();
	char *p;

	CHECK_OK(ftruncate(fd, 3 * PAGE));
	p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[PAGE] = 'm';
	CHECK_EQ(at(fd, PAGE), 'm');
	CHECK_EQ(blocks(fd), 8);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), PAGE);
}

TEST(mapping_sees_the_file_grow)
{
	int fd = file();
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(p != MAP_FAILED);
	CHECK_EQ(touch(p, false), SIGBUS);
	CHECK_EQ(fault_code, BUS_ADRERR);
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ(touch(p + PAGE, false), SIGBUS);
	CHECK_OK(ftruncate(fd, PAGE + 1));
	CHECK_EQ(touch(p + PAGE, false), 0);
	CHECK_EQ(touch(p + 2 * PAGE - 1, true), 0);
}

TEST(mapping_loses_what_is_cut_off)
{
	int fd = file();
	char *p;

	CHECK_OK(ftruncate(fd, 3 * PAGE));
	p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	memset(p, 'a', 3 * PAGE);
	CHECK_OK(ftruncate(fd, PAGE + 10));
	CHECK_EQ(touch(p + 2 * PAGE, false), SIGBUS);
	CHECK_EQ(p[PAGE + 9], 'a');
	CHECK_EQ(p[PAGE + 10], 0);
	CHECK_OK(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(p[2 * PAGE], 0);
	CHECK_EQ(p[PAGE + 11], 0);
}

TEST(private_copies_are_cut_off_too)
{
	int fd = file();
	char *p;

	CHECK_OK(ftruncate(fd, 2 * PAGE));
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	memset(p, 'p', 2 * PAGE);
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(p[0], 'p');
	CHECK_EQ(touch(p + PAGE, false), SIGBUS);
	CHECK_OK(ftruncate(fd, 2 * PAGE));
	CHECK_EQ(touch(p + PAGE, false), 0);
	CHECK_EQ(p[PAGE], 0);
}

TEST(punched_hole_shows_in_mappings)
{
	int fd = file();
	char *s, *p;

	CHECK_OK(ftruncate(fd, 2 * PAGE));
	s = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memset(s, 's', 2 * PAGE);
	p[0] = 'p';
	CHECK_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
	CHECK_EQ(s[0], 0);
	/* A private copy is no part of the file any more. */
	CHECK_EQ(p[0], 'p');
	CHECK_EQ(p[PAGE], 's');
}

TEST(madvise_remove_punches)
{
	int fd = file();
	char *s;

	CHECK_OK(ftruncate(fd, 2 * PAGE));
	s = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memset(s, 's', 2 * PAGE);
	CHECK_OK(madvise(s, PAGE, MADV_REMOVE));
	CHECK_EQ(blocks(fd), 8);
	CHECK_EQ(s[0], 0);
	CHECK_EQ(blocks(fd), 16);
	s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK_ERRNO(madvise(s, PAGE, MADV_REMOVE), EACCES);
	s = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_ERRNO(madvise(s, PAGE, MADV_REMOVE), EINVAL);
}

TEST(write_through_a_page_that_is_cut_off_is_efault)
{
	int fd = file(), fds[2];
	char *p;

	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_OK(pipe(fds));
	CHECK_ERRNO(write(fds[1], p, 4), EFAULT);
	CHECK_EQ(write(fds[1], "abcd", 4), 4);
	CHECK_ERRNO(read(fds[0], p, 4), EFAULT);
	CHECK_OK(ftruncate(fd, 1));
	CHECK_EQ(read(fds[0], p, 4), 4);
	CHECK_EQ(at(fd, 0), 'a');
}

static int seal(int fd, int seals)
{
	return fcntl(fd, F_ADD_SEALS, seals);
}

TEST(seal_against_growing)
{
	int fd = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING));

	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_OK(seal(fd, F_SEAL_GROW));
	CHECK_ERRNO(ftruncate(fd, PAGE + 1), EPERM);
	CHECK_ERRNO(fallocate(fd, 0, 0, 2 * PAGE), EPERM);
	CHECK_ERRNO(pwrite(fd, "x", 1, PAGE), EPERM);
	CHECK_EQ(pwrite(fd, "x", 1, PAGE - 1), 1);
	CHECK_OK(ftruncate(fd, 10));
	CHECK_EQ(pwrite(fd, "xy", 2, 8), 2);
}

TEST(seal_against_shrinking)
{
	int fd = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING));

	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_OK(seal(fd, F_SEAL_SHRINK));
	CHECK_ERRNO(ftruncate(fd, PAGE - 1), EPERM);
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_OK(ftruncate(fd, PAGE + 1));
	CHECK_EQ(pwrite(fd, "x", 1, 2 * PAGE), 1);
	char name[64];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK_ERRNO(open(name, O_RDWR | O_TRUNC), EPERM);
}

TEST(seal_against_writing)
{
	int fd = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING));
	char *p;

	CHECK_OK(ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(seal(fd, F_SEAL_WRITE), EBUSY);
	CHECK_OK(munmap(p, PAGE));
	CHECK_OK(seal(fd, F_SEAL_WRITE));
	CHECK_ERRNO(write(fd, "x", 1), EPERM);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE), EPERM);
	CHECK_EQ((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), -1);
	CHECK_EQ(errno, EPERM);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(touch(p, true), 0);
	CHECK_OK(ftruncate(fd, 2 * PAGE));
}

static void *sealer(void *arg)
{
	long *fd = arg; /* [0]: the file, or -1 to end; [1]: done; [2]: what came of it */

	for (;;) {
		long f;

		while ((f = __atomic_load_n(&fd[0], __ATOMIC_ACQUIRE)) == 0)
			sched_yield();
		if (f < 0)
			return NULL;
		fd[2] = seal((int)f, F_SEAL_WRITE);
		__atomic_store_n(&fd[0], 0, __ATOMIC_RELEASE);
		__atomic_store_n(&fd[1], 1, __ATOMIC_RELEASE);
	}
}

/* Never both: a file that is sealed against writing, and a mapping that writes to it. */
TEST(seal_against_writing_while_it_is_mapped)
{
	long shared[3] = { 0, 0, 0 };
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, sealer, shared), 0);
	for (int i = 0; i < 500; i++) {
		int fd = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING));

		CHECK_OK(ftruncate(fd, PAGE));
		__atomic_store_n(&shared[1], 0, __ATOMIC_RELAXED);
		__atomic_store_n(&shared[0], fd, __ATOMIC_RELEASE);
		void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		while (!__atomic_load_n(&shared[1], __ATOMIC_ACQUIRE))
			sched_yield();
		CHECK(p == MAP_FAILED || shared[2] != 0);
		if (p != MAP_FAILED)
			CHECK_OK(munmap(p, PAGE));
		CHECK_OK(close(fd));
	}
	__atomic_store_n(&shared[0], -1, __ATOMIC_RELEASE);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

TEST(seal_against_future_writing)
{
	int fd = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING));
	char *p;

	CHECK_OK(ftruncate(fd, PAGE));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_OK(seal(fd, F_SEAL_FUTURE_WRITE));
	CHECK_ERRNO(write(fd, "x", 1), EPERM);
	CHECK_EQ(touch(p, true), 0);
	CHECK_EQ((long)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), -1);
	CHECK_EQ(errno, EPERM);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_WRITE), EACCES);
}

TEST(seal_against_sealing)
{
	int fd = CHECK_OK(memfd_create("m", MFD_ALLOW_SEALING)), ro;
	char name[64];

	CHECK_ERRNO(seal(fd, 0x100), EINVAL);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ro = CHECK_OK(open(name, O_RDONLY));
	CHECK_ERRNO(seal(ro, F_SEAL_GROW), EPERM);
	CHECK_OK(seal(fd, F_SEAL_GROW | F_SEAL_SEAL));
	CHECK_EQ(fcntl(ro, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SEAL);
	CHECK_ERRNO(seal(fd, F_SEAL_SHRINK), EPERM);
	CHECK_ERRNO(seal(fd, 0), EPERM);
}

TEST(seals_only_where_they_are_allowed)
{
	int fd = CHECK_OK(memfd_create("m", 0));

	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(seal(fd, F_SEAL_GROW), EPERM);
	fd = file();
	/* A file of a tmpfs can tell, and says that nothing can be added. */
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	fd = CHECK_OK(open("/dev/null", O_RDWR));
	CHECK_ERRNO(fcntl(fd, F_GET_SEALS), EINVAL);
	fd = CHECK_OK(open("/dev/null", O_RDONLY));
	CHECK_ERRNO(seal(fd, F_SEAL_GROW), EPERM);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, -1l), sizeof(long) == 8 ? EINVAL : EPERM);
}

TEST(memfd_names)
{
	char name[300], link[64], target[300];
	ssize_t n;
	int fd = CHECK_OK(memfd_create("a name", 0));

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = CHECK_OK(readlink(link, target, sizeof(target) - 1));
	target[n] = 0;
	CHECK_STR(target, "/memfd:a name (deleted)");
	memset(name, 'n', sizeof(name));
	name[249] = 0;
	CHECK_OK(memfd_create(name, 0));
	name[249] = 'n';
	name[250] = 0;
	CHECK_ERRNO(memfd_create(name, 0), EINVAL);
	CHECK_OK(memfd_create("", 0));
	CHECK_ERRNO(memfd_create(bad_pointer(), 0), EFAULT);
}

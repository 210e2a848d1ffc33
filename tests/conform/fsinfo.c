// SPDX-License-Identifier: MIT
/* What statfs(2), statx(2) and F_GETFL tell that depends on the file system, the kind of file, or the call. */
#include "harness.h"

#include <linux/openat2.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#define ST_VALID 0x20

static long statfs_flags(int fd)
{
	struct statfs s;

	CHECK_OK(fstatfs(fd, &s));
	return s.f_flags;
}

TEST(internal_mounts_have_no_flags)
{
	int p[2];

	CHECK_OK(pipe(p));
	CHECK_EQ(statfs_flags(p[0]), ST_VALID);
	CHECK_EQ(statfs_flags(CHECK_OK(memfd_create("m", 0))), ST_VALID);
	CHECK_EQ(statfs_flags(CHECK_OK(eventfd(0, 0))), ST_VALID);
	CHECK_EQ(statfs_flags(CHECK_OK(open(".", O_RDONLY))), ST_VALID | 0x1000);
	CHECK_EQ(statfs_flags(CHECK_OK(open("/proc", O_RDONLY))), ST_VALID | 0x1000);
}

/* Where relatime is not set, every read counts. */
TEST(memfd_access_time_moves_at_each_read)
{
	int fd = CHECK_OK(memfd_create("m", 0));
	struct stat a, b;
	char c;

	CHECK_EQ(write(fd, "abc", 3), 3);
	sleep_ms(20);
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_OK(fstat(fd, &a));
	sleep_ms(20);
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_OK(fstat(fd, &b));
	CHECK(a.st_atim.tv_nsec != b.st_atim.tv_nsec);
}

static struct statx statx_of(int fd)
{
	struct statx s;

	CHECK_OK(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_ALL, &s));
	return s;
}

TEST(statx_tells_what_the_file_system_has)
{
	uint64_t tmpfs = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP;
	int p[2], proc = CHECK_OK(open("/proc/self/status", O_RDONLY));
	struct statx s = statx_of(CHECK_OK(open(".", O_RDONLY)));

	CHECK_EQ(s.stx_attributes_mask & tmpfs, tmpfs);
	CHECK(s.stx_mask & STATX_BTIME);
	CHECK_EQ(statx_of(CHECK_OK(memfd_create("m", 0))).stx_attributes_mask & tmpfs, tmpfs);
	CHECK_OK(pipe(p));
	CHECK_EQ(statx_of(p[0]).stx_attributes_mask & tmpfs, 0);
	CHECK(!(statx_of(p[0]).stx_mask & STATX_BTIME));
	CHECK_EQ(statx_of(p[0]).stx_btime.tv_sec, 0);
	CHECK_EQ(statx_of(proc).stx_attributes_mask & tmpfs, 0);
	CHECK(!(statx_of(proc).stx_mask & STATX_BTIME));
}

TEST(preferred_block_size)
{
	struct stat st;

	CHECK_OK(stat("/proc/self/status", &st));
	CHECK_EQ(st.st_blksize, 1024);
	CHECK_OK(stat("/proc", &st));
	CHECK_EQ(st.st_blksize, 1024);
	CHECK_OK(stat("/dev/pts", &st));
	CHECK_EQ(st.st_blksize, 1024);
	CHECK_OK(stat(".", &st));
	CHECK_EQ(st.st_blksize, PAGE);
}

TEST(long_symbolic_links_use_a_page)
{
	static const struct {
		int len, blocks;
	} links[] = { { 1, 0 }, { 127, 0 }, { 128, 8 }, { 129, 8 }, { 4095, 8 } };
	static char text[4096];
	struct stat st;

	for (unsigned i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		memset(text, 'a', links[i].len);
		text[links[i].len] = 0;
		CHECK_OK(symlink(text, "l"));
		CHECK_OK(lstat("l", &st));
		CHECK_EQ(st.st_size, links[i].len);
		CHECK_EQ(st.st_blocks, links[i].blocks);
		CHECK_OK(unlink("l"));
	}
}

TEST(openat2_always_means_large_files)
{
	struct open_how how = { .flags = O_RDWR };
	int large = sizeof(long) == 4 ? O_LARGEFILE : 0100000;

	put_file("f", "");
	int fd = CHECK_OK(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof(how)));
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | large);
	how.flags = O_PATH;
	fd = CHECK_OK(syscall(SYS_openat2, AT_FDCWD, "f", &how, sizeof(how)));
	CHECK_EQ(fcntl(fd, F_GETFL), O_PATH);
}

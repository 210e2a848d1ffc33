// SPDX-License-Identifier: MIT
/* open(2), openat(2), openat2(2), creat(2), umask(2), O_PATH, O_TMPFILE. */
#include "harness.h"

#include <linux/openat2.h>
#include <sys/ioctl.h>

TEST(flags_come_back_from_getfl)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_TRUNC | O_CLOEXEC, 0644));

	CHECK_EQ(fcntl(fd, F_GETFL) & ~0100000, O_RDWR | O_APPEND | O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

TEST(missing_is_enoent_and_prefix_matters)
{
	put_file("f", "");
	CHECK_ERRNO(open("missing", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("missing/f", O_RDONLY | O_CREAT, 0644), ENOENT);
	CHECK_ERRNO(open("f/g", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("f/", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("", O_RDONLY | O_CREAT, 0644), ENOENT);
}

TEST(bad_name_pointer_is_efault)
{
	char *edge = page_edge();

	edge[-1] = 'x';
	CHECK_ERRNO(open(bad_pointer(), O_RDONLY), EFAULT);
	CHECK_ERRNO(open(kernel_pointer(), O_RDONLY), EFAULT);
	CHECK_ERRNO(open(edge - 1, O_RDONLY), EFAULT);
	edge[-1] = 0;
	CHECK_ERRNO(open(edge - 1, O_RDONLY), ENOENT);
}

TEST(name_and_path_length_limits)
{
	static char name[5000];

	memset(name, 'a', sizeof(name));
	name[255] = 0;
	CHECK_OK(open(name, O_RDWR | O_CREAT, 0644));
	name[255] = 'a';
	name[256] = 0;
	CHECK_ERRNO(open(name, O_RDWR | O_CREAT, 0644), ENAMETOOLONG);
	for (int i = 0; i < 4095; i += 2)
		memcpy(name + i, "./", 2);
	name[4095] = 0;
	CHECK_OK(open(name, O_RDONLY | O_DIRECTORY));
	name[4095] = '/';
	name[4096] = 0;
	CHECK_ERRNO(open(name, O_RDONLY | O_DIRECTORY), ENAMETOOLONG);
}

TEST(exclusive_create)
{
	CHECK_OK(open("f", O_RDWR | O_CREAT | O_EXCL, 0644));
	CHECK_ERRNO(open("f", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK_OK(symlink("nowhere", "link"));
	CHECK_ERRNO(open("link", O_RDWR | O_CREAT | O_EXCL, 0644), EEXIST);
	CHECK_ERRNO(access("nowhere", F_OK), ENOENT);
	CHECK_OK(open("link", O_RDWR | O_CREAT, 0644));
	CHECK_OK(access("nowhere", F_OK));
}

TEST(directory_rules)
{
	CHECK_OK(mkdir("d", 0755));
	put_file("f", "");
	CHECK_ERRNO(open("d", O_WRONLY), EISDIR);
	CHECK_ERRNO(open("d", O_RDWR), EISDIR);
	CHECK_ERRNO(open("d", O_RDONLY | O_CREAT, 0644), EISDIR);
	CHECK_ERRNO(open("d", O_RDONLY | O_TRUNC), EISDIR);
	CHECK_ERRNO(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK_OK(open("d", O_RDONLY | O_DIRECTORY));
	CHECK_ERRNO(open("new/", O_RDWR | O_CREAT, 0644), EISDIR);
	CHECK_ERRNO(open("d/", O_RDWR | O_CREAT, 0644), EISDIR);
}

TEST(nofollow_and_loops)
{
	put_file("f", "");
	CHECK_OK(symlink("f", "l"));
	CHECK_ERRNO(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_OK(open("l", O_RDONLY));
	CHECK_OK(symlink("b", "a"));
	CHECK_OK(symlink("a", "b"));
	CHECK_ERRNO(open("a", O_RDONLY), ELOOP);
	CHECK_ERRNO(open("a/x", O_RDONLY), ELOOP);
}

TEST(forty_links_are_followed_not_forty_one)
{
	char from[16], to[16];

	put_file("l0", "");
	for (int i = 1; i <= 41; i++) {
		snprintf(to, sizeof(to), "l%d", i - 1);
		snprintf(from, sizeof(from), "l%d", i);
		CHECK_OK(symlink(to, from));
	}
	CHECK_OK(open("l40", O_RDONLY));
	CHECK_ERRNO(open("l41", O_RDONLY), ELOOP);
}

TEST(truncation_needs_the_flag)
{
	put_file("f", "abc");
	close(CHECK_OK(open("f", O_WRONLY)));
	CHECK_STR(get_file("f"), "abc");
	close(CHECK_OK(open("f", O_WRONLY | O_TRUNC)));
	CHECK_STR(get_file("f"), "");
	put_file("f", "abc");
	close(CHECK_OK(creat("f", 0600)));
	CHECK_STR(get_file("f"), "");
}

TEST(mode_is_masked_by_umask)
{
	struct stat st;

	CHECK_EQ(umask(027), 022);
	close(CHECK_OK(open("f", O_RDWR | O_CREAT, 0777)));
	CHECK_OK(stat("f", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0750);
	CHECK_EQ(umask(07777), 027);
	CHECK_EQ(umask(0), 0777);
	close(CHECK_OK(open("g", O_RDWR | O_CREAT, 04777)));
	CHECK_OK(stat("g", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 04777);
}

TEST(mode_of_new_file_does_not_bind_its_creator)
{
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0));

	CHECK_EQ(write(fd, "x", 1), 1);
}

TEST(permission_is_checked_for_others)
{
	put_file("secret", "x");
	CHECK_OK(chmod("secret", 0600));
	put_file("shown", "x");
	CHECK_OK(chmod("shown", 0644));
	CHECK_OK(mkdir("closed", 0700));
	put_file("closed/f", "");
	become(1000);
	CHECK_ERRNO(open("secret", O_RDONLY), EACCES);
	CHECK_OK(open("shown", O_RDONLY));
	CHECK_ERRNO(open("shown", O_WRONLY), EACCES);
	CHECK_ERRNO(open("shown", O_RDONLY | O_TRUNC), EACCES);
	CHECK_ERRNO(open("closed/f", O_RDONLY), EACCES);
	CHECK_ERRNO(open("closed/missing", O_RDONLY), EACCES);
}

TEST(creating_needs_write_permission_on_the_folder)
{
	CHECK_OK(mkdir("d", 0755));
	become(1000);
	CHECK_ERRNO(open("d/f", O_RDWR | O_CREAT, 0644), EACCES);
	CHECK_ERRNO(open("d/f", O_RDONLY), ENOENT);
}

TEST(openat_relative_to_a_folder)
{
	int dir, fd;

	CHECK_OK(mkdir("d", 0755));
	dir = CHECK_OK(open("d", O_RDONLY));
	close(CHECK_OK(openat(dir, "f", O_RDWR | O_CREAT, 0644)));
	CHECK_OK(access("d/f", F_OK));
	CHECK_ERRNO(openat(-1, "f", O_RDONLY), EBADF);
	CHECK_ERRNO(openat(0, "f", O_RDONLY), ENOTDIR);
	fd = CHECK_OK(openat(-1, "/dev/null", O_RDONLY));
	close(fd);
	CHECK_ERRNO(openat(dir, "", O_RDONLY), ENOENT);
	CHECK_OK(openat(AT_FDCWD, "d/f", O_RDONLY));
}

TEST(folder_descriptor_survives_removal)
{
	int dir;

	CHECK_OK(mkdir("d", 0755));
	dir = CHECK_OK(open("d", O_RDONLY));
	CHECK_OK(rmdir("d"));
	CHECK_ERRNO(openat(dir, "f", O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_ERRNO(openat(dir, "..", O_RDONLY | O_CREAT, 0644), EISDIR);
}

TEST(path_descriptor_is_limited)
{
	struct stat st;
	char c;
	int fd;

	put_file("f", "x");
	fd = CHECK_OK(open("f", O_PATH));
	CHECK_ERRNO(read(fd, &c, 1), EBADF);
	CHECK_ERRNO(write(fd, &c, 1), EBADF);
	CHECK_ERRNO(fchmod(fd, 0600), EBADF);
	CHECK_ERRNO(ftruncate(fd, 0), EBADF);
	CHECK_ERRNO(ioctl(fd, 0x5401, &c), EBADF);
	CHECK_ERRNO(lseek(fd, 0, SEEK_SET), EBADF);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 1);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	CHECK_ERRNO(fcntl(fd, F_SETFL, 0), EBADF);
	close(CHECK_OK(dup(fd)));
}

TEST(path_descriptor_of_a_link)
{
	char buf[8] = "";
	int fd;

	CHECK_OK(symlink("target", "l"));
	fd = CHECK_OK(open("l", O_PATH | O_NOFOLLOW));
	CHECK_EQ(readlinkat(fd, "", buf, 8), 6);
	CHECK_MEM(buf, "target", 6);
}

TEST(tmpfile_has_no_name_until_linked)
{
	struct stat st;
	char path[64];
	int fd = CHECK_OK(open(".", O_TMPFILE | O_RDWR, 0644));

	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	CHECK_STR(get_file("named"), "x");
	CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0644), EINVAL);
	CHECK_ERRNO(open("named", O_TMPFILE | O_RDWR, 0644), ENOTDIR);
}

TEST(openat2_size_and_unknown_bits)
{
	struct {
		struct open_how how;
		uint64_t more;
	} big = { { .flags = O_RDONLY }, 0 };

	CHECK_OK(syscall(SYS_openat2, AT_FDCWD, ".", &big.how, sizeof(big.how)));
	CHECK_OK(syscall(SYS_openat2, AT_FDCWD, ".", &big, sizeof(big)));
	big.more = 1;
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big, sizeof(big)), E2BIG);
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big, 8), EINVAL);
	big.how.flags = 1ull << 40;
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big.how, sizeof(big.how)), EINVAL);
	big.how = (struct open_how){ .flags = O_RDONLY, .mode = 0644 };
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big.how, sizeof(big.how)), EINVAL);
	big.how = (struct open_how){ .resolve = 1ull << 30 };
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, ".", &big.how, sizeof(big.how)), EINVAL);
}

TEST(openat2_resolve_restrictions)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	int dir;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("/", "d/abs"));
	CHECK_OK(symlink("f", "d/rel"));
	put_file("d/f", "");
	dir = CHECK_OK(open("d", O_RDONLY));
	CHECK_OK(syscall(SYS_openat2, dir, "f", &how, sizeof(how)));
	CHECK_ERRNO(syscall(SYS_openat2, dir, "..", &how, sizeof(how)), EXDEV);
	CHECK_ERRNO(syscall(SYS_openat2, dir, "/", &how, sizeof(how)), EXDEV);
	CHECK_ERRNO(syscall(SYS_openat2, dir, "abs", &how, sizeof(how)), EXDEV);
	how.resolve = RESOLVE_NO_SYMLINKS;
	CHECK_ERRNO(syscall(SYS_openat2, dir, "rel", &how, sizeof(how)), ELOOP);
	how.resolve = RESOLVE_IN_ROOT;
	CHECK_OK(syscall(SYS_openat2, dir, "/f", &how, sizeof(how)));
	CHECK_OK(syscall(SYS_openat2, dir, "../../f", &how, sizeof(how)));
}

TEST(unlinked_open_file_keeps_its_data)
{
	struct stat st;
	char buf[4] = "";
	int fd;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_RDWR));
	CHECK_OK(unlink("f"));
	CHECK_EQ(read(fd, buf, 4), 3);
	CHECK_STR(buf, "abc");
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	put_file("f", "new");
	CHECK_EQ(pread(fd, buf, 3, 0), 3);
	CHECK_STR(buf, "abc");
}

TEST(two_opens_have_two_offsets)
{
	char c;
	int a, b;

	put_file("f", "abc");
	a = CHECK_OK(open("f", O_RDONLY));
	b = CHECK_OK(open("f", O_RDONLY));
	CHECK_EQ(read(a, &c, 1), 1);
	CHECK_EQ(lseek(b, 0, SEEK_CUR), 0);
}

TEST(running_program_is_text_busy)
{
	CHECK_ERRNO(open("/proc/self/exe", O_WRONLY), ETXTBSY);
}

TEST(noatime_needs_ownership)
{
	put_file("f", "");
	CHECK_OK(open("f", O_RDONLY | O_NOATIME));
	become(1000);
	CHECK_ERRNO(open("f", O_RDONLY | O_NOATIME), EPERM);
}

TEST(both_access_bits_mean_neither_read_nor_write)
{
	char c;
	int fd;

	put_file("f", "x");
	fd = CHECK_OK(open("f", 3));
	CHECK_ERRNO(read(fd, &c, 1), EBADF);
	CHECK_ERRNO(write(fd, &c, 1), EBADF);
}

TEST(unknown_open_flags_are_ignored)
{
	CHECK_OK(open(".", O_RDONLY | 0x20000000));
}

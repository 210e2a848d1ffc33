// SPDX-License-Identifier: MIT
/* Names: renameat2 flags, openat2 RESOLVE_*, O_PATH, length limits, removed and renamed folders. */
#include "harness.h"

#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/xattr.h>

#define NOREPLACE 1
#define EXCHANGE  2
#define WHITEOUT  4

static int move(const char *from, const char *to, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static int resolve(int dir, const char *path, uint64_t flags, uint64_t how_flags)
{
	struct open_how how = { .flags = how_flags, .resolve = flags };

	return syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static ino_t ino(const char *path)
{
	struct stat st;

	CHECK_OK(lstat(path, &st));
	return st.st_ino;
}

TEST(noreplace_moves_to_a_free_name)
{
	put_file("a", "a");
	CHECK_OK(move("a", "b", NOREPLACE));
	CHECK_STR(get_file("b"), "a");
	CHECK_ERRNO(access("a", F_OK), ENOENT);
}

TEST(noreplace_refuses_any_existing_name)
{
	put_file("a", "a");
	put_file("b", "b");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("nowhere", "l"));
	CHECK_ERRNO(move("a", "b", NOREPLACE), EEXIST);
	CHECK_ERRNO(move("a", "d", NOREPLACE), EEXIST);
	CHECK_ERRNO(move("a", "l", NOREPLACE), EEXIST);
	CHECK_ERRNO(move("a", "a", NOREPLACE), EEXIST);
	CHECK_ERRNO(move("d", ".", NOREPLACE), EEXIST);
	CHECK_ERRNO(move("none", "b", NOREPLACE), ENOENT);
	CHECK_STR(get_file("b"), "b");
}

TEST(exchange_swaps_files)
{
	put_file("a", "1");
	put_file("b", "2");
	ino_t a = ino("a"), b = ino("b");

	CHECK_OK(move("a", "b", EXCHANGE));
	CHECK_EQ(ino("a"), b);
	CHECK_EQ(ino("b"), a);
	CHECK_STR(get_file("a"), "2");
}

TEST(exchange_swaps_a_file_and_a_folder)
{
	struct stat st;

	put_file("a", "1");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/sub", 0755));
	put_file("d/x", "x");
	CHECK_OK(mkdir("p", 0755));
	CHECK_OK(rename("a", "p/a"));
	CHECK_OK(stat(".", &st));
	nlink_t before = st.st_nlink;
	CHECK_OK(move("p/a", "d", EXCHANGE));
	CHECK_STR(get_file("d"), "1");
	CHECK_STR(get_file("p/a/x"), "x");
	CHECK_OK(stat(".", &st));
	CHECK_EQ(st.st_nlink, before - 1);
	CHECK_OK(stat("p", &st));
	CHECK_EQ(st.st_nlink, 3);
	CHECK_EQ(ino("p/a/.."), ino("p"));
}

TEST(exchange_refusals)
{
	put_file("a", "1");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	CHECK_ERRNO(move("a", "none", EXCHANGE), ENOENT);
	CHECK_ERRNO(move("none", "a", EXCHANGE), ENOENT);
	CHECK_ERRNO(move("d", "d/e", EXCHANGE), EINVAL);
	CHECK_ERRNO(move("d/e", "d", EXCHANGE), EINVAL);
	CHECK_ERRNO(move("a", "d", EXCHANGE | NOREPLACE), EINVAL);
	CHECK_ERRNO(move("a", "d", EXCHANGE | WHITEOUT), EINVAL);
	CHECK_ERRNO(move("a", "d", 8), EINVAL);
	CHECK_ERRNO(move("none", "none", 16), EINVAL);
	CHECK_OK(move("a", "a", EXCHANGE));
}

TEST(exchange_needs_both_folders_writable)
{
	CHECK_OK(mkdir("mine", 0777));
	CHECK_OK(mkdir("theirs", 0755));
	put_file("mine/a", "a");
	put_file("theirs/b", "b");
	become(1000);
	CHECK_ERRNO(move("mine/a", "theirs/b", EXCHANGE), EACCES);
	CHECK_ERRNO(move("theirs/b", "mine/a", EXCHANGE), EACCES);
}

TEST(exchange_in_a_sticky_folder)
{
	CHECK_OK(mkdir("s", 0777));
	CHECK_OK(chmod("s", 01777));
	put_file("s/root", "r");
	put_file("s/user", "u");
	CHECK_OK(chown("s/user", 1000, 1000));
	become(1000);
	CHECK_ERRNO(move("s/user", "s/root", EXCHANGE), EPERM);
	CHECK_ERRNO(rename("s/root", "s/new"), EPERM);
	CHECK_ERRNO(rename("s/user", "s/root"), EPERM);
	CHECK_OK(rename("s/user", "s/new"));
}

TEST(rename_order_of_kinds)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("full", 0755));
	put_file("full/x", "");
	CHECK_ERRNO(rename("f", "d"), EISDIR);
	CHECK_ERRNO(rename("d", "f"), ENOTDIR);
	CHECK_ERRNO(rename("d", "full"), ENOTEMPTY);
	CHECK_ERRNO(rename("full", "full/y"), EINVAL);
	CHECK_ERRNO(rename("full/x", "full"), ENOTEMPTY);
	CHECK_ERRNO(rename(".", "d"), EBUSY);
	CHECK_ERRNO(rename("d", "full/.."), EBUSY);
	CHECK_ERRNO(rename("f/", "g"), ENOTDIR);
	CHECK_ERRNO(rename("f", "g/"), ENOTDIR);
	CHECK_OK(rename("d/", "e/"));
	CHECK_OK(rename("full", "e"));
}

TEST(rename_across_mounts_is_exdev)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", 0, ""));
	put_file("f", "");
	put_file("m/f", "");
	CHECK_ERRNO(rename("f", "m/g"), EXDEV);
	CHECK_ERRNO(rename("f", "m/f"), EXDEV);
	CHECK_ERRNO(link("f", "m/g"), EXDEV);
	CHECK_ERRNO(move("f", "m/f", EXCHANGE), EXDEV);
	CHECK_ERRNO(rename("m", "n"), EBUSY);
	CHECK_ERRNO(rmdir("m"), EBUSY);
	CHECK_OK(umount("m"));
}

TEST(resolve_no_xdev)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", 0, ""));
	CHECK_ERRNO(resolve(AT_FDCWD, "m", RESOLVE_NO_XDEV, O_RDONLY), EXDEV);
	/* A path may start at the root; only a step there from elsewhere is a crossing. */
	CHECK_OK(resolve(AT_FDCWD, "/", RESOLVE_NO_XDEV, O_RDONLY));
	int fd = CHECK_OK(open("m", O_RDONLY));
	CHECK_ERRNO(resolve(fd, "..", RESOLVE_NO_XDEV, O_RDONLY), EXDEV);
	CHECK_OK(resolve(fd, ".", RESOLVE_NO_XDEV, O_RDONLY));
	close(fd);
}

TEST(resolve_beneath)
{
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	put_file("d/f", "");
	CHECK_OK(symlink("../f", "d/e/up"));
	CHECK_OK(symlink("../../x", "d/e/out"));
	CHECK_OK(symlink("/", "d/root"));
	int fd = CHECK_OK(open("d", O_PATH));
	CHECK_OK(resolve(fd, "f", RESOLVE_BENEATH, O_RDONLY));
	CHECK_OK(resolve(fd, "e/../f", RESOLVE_BENEATH, O_RDONLY));
	CHECK_OK(resolve(fd, "e/up", RESOLVE_BENEATH, O_RDONLY));
	CHECK_ERRNO(resolve(fd, "..", RESOLVE_BENEATH, O_RDONLY), EXDEV);
	CHECK_ERRNO(resolve(fd, "e/../../d/f", RESOLVE_BENEATH, O_RDONLY), EXDEV);
	CHECK_ERRNO(resolve(fd, "e/out", RESOLVE_BENEATH, O_RDONLY), EXDEV);
	CHECK_ERRNO(resolve(fd, "root", RESOLVE_BENEATH, O_RDONLY), EXDEV);
	CHECK_ERRNO(resolve(fd, "/", RESOLVE_BENEATH, O_RDONLY), EXDEV);
	CHECK_ERRNO(resolve(fd, "none", RESOLVE_BENEATH, O_RDONLY), ENOENT);
}

TEST(resolve_in_root)
{
	CHECK_OK(mkdir("d", 0755));
	put_file("d/f", "inside");
	CHECK_OK(symlink("/f", "d/absolute"));
	CHECK_OK(symlink("../../../f", "d/up"));
	int fd = CHECK_OK(open("d", O_PATH));
	CHECK_OK(resolve(fd, "/f", RESOLVE_IN_ROOT, O_RDONLY));
	CHECK_OK(resolve(fd, "../../f", RESOLVE_IN_ROOT, O_RDONLY));
	CHECK_OK(resolve(fd, "absolute", RESOLVE_IN_ROOT, O_RDONLY));
	CHECK_OK(resolve(fd, "up", RESOLVE_IN_ROOT, O_RDONLY));
	CHECK_ERRNO(resolve(fd, "f", RESOLVE_IN_ROOT | RESOLVE_BENEATH, O_RDONLY), EINVAL);
}

TEST(resolve_no_symlinks)
{
	CHECK_OK(mkdir("d", 0755));
	put_file("d/f", "");
	CHECK_OK(symlink("d", "l"));
	CHECK_OK(symlink("d/f", "lf"));
	CHECK_ERRNO(resolve(AT_FDCWD, "l/f", RESOLVE_NO_SYMLINKS, O_RDONLY), ELOOP);
	CHECK_ERRNO(resolve(AT_FDCWD, "lf", RESOLVE_NO_SYMLINKS, O_RDONLY), ELOOP);
	CHECK_OK(resolve(AT_FDCWD, "d/f", RESOLVE_NO_SYMLINKS, O_RDONLY));
	CHECK_OK(resolve(AT_FDCWD, "lf", RESOLVE_NO_SYMLINKS, O_PATH | O_NOFOLLOW));
}

TEST(resolve_no_magiclinks)
{
	CHECK_OK(symlink("/dev/null", "l"));
	CHECK_OK(resolve(AT_FDCWD, "l", RESOLVE_NO_MAGICLINKS, O_RDONLY));
	CHECK_ERRNO(resolve(AT_FDCWD, "/proc/self/fd/0", RESOLVE_NO_MAGICLINKS, O_RDONLY), ELOOP);
	CHECK_ERRNO(resolve(AT_FDCWD, "/proc/self/cwd/l", RESOLVE_NO_MAGICLINKS, O_RDONLY), ELOOP);
	CHECK_OK(resolve(AT_FDCWD, "/proc/self/fd/0", 0, O_RDONLY));
}

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

TEST(resolve_cached)
{
	char name[257];

	memset(name, 'n', 256);
	name[256] = 0;
	put_file("f", "");
	CHECK_OK(resolve(AT_FDCWD, "f", RESOLVE_CACHED, O_RDONLY));
	CHECK_ERRNO(resolve(AT_FDCWD, "f/", RESOLVE_CACHED, O_RDONLY), ENOTDIR);
	CHECK_ERRNO(resolve(AT_FDCWD, "f/x", RESOLVE_CACHED, O_RDONLY), EAGAIN);
	/* What is not there is not in the cache: nobody knows without asking the file system. */
	CHECK_ERRNO(resolve(AT_FDCWD, "missing", RESOLVE_CACHED, O_RDONLY), EAGAIN);
	CHECK_ERRNO(resolve(AT_FDCWD, "missing/f", RESOLVE_CACHED, O_RDONLY), EAGAIN);
	CHECK_ERRNO(resolve(AT_FDCWD, name, RESOLVE_CACHED, O_RDONLY), EAGAIN);
	CHECK_ERRNO(resolve(AT_FDCWD, "f", RESOLVE_CACHED, O_RDWR | O_TRUNC), EAGAIN);
}

TEST(openat2_argument_checks)
{
	struct open_how how = { 0 };
	char big[64] = { 0 };

	put_file("f", "");
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, "f", &how, 23), EINVAL);
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, "f", &how, PAGE + 1), E2BIG);
	CHECK_OK(syscall(SYS_openat2, AT_FDCWD, "f", big, sizeof(big)));
	big[60] = 1;
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, "f", big, sizeof(big)), E2BIG);
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, "f", bad_pointer(), 24), EFAULT);
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, "f", -4l, sizeof(big)), EFAULT); /* wraps round */
	how.mode = 0644;
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, "f", &how, 24), EINVAL);
	how.flags = O_CREAT;
	how.mode = 0100644;
	CHECK_ERRNO(syscall(SYS_openat2, AT_FDCWD, "f", &how, 24), EINVAL);
	CHECK_ERRNO(resolve(AT_FDCWD, "f", 1ULL << 40, O_RDONLY), EINVAL);
	CHECK_ERRNO(resolve(AT_FDCWD, "f", 0, 1ULL << 40), EINVAL);
	CHECK_ERRNO(resolve(AT_FDCWD, "f", 0, O_PATH | O_RDWR), EINVAL);
	CHECK_ERRNO(resolve(AT_FDCWD, "f", 0, O_TMPFILE | O_RDONLY), EINVAL);
}

TEST(path_descriptor_does_nothing_but_name)
{
	char buf[8];
	int fd;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_PATH | O_RDWR | O_TRUNC));
	CHECK_STR(get_file("f"), "abc");
	CHECK_EQ(fcntl(fd, F_GETFL), O_PATH);
	CHECK_ERRNO(read(fd, buf, 1), EBADF);
	CHECK_ERRNO(ioctl(fd, FIONREAD, buf), EBADF);
	CHECK((long)mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0) == -1 && errno == EBADF);
	CHECK_OK(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

TEST(path_descriptor_needs_no_permission_on_the_file)
{
	put_file("secret", "abc");
	CHECK_OK(chmod("secret", 0));
	become(1000);
	int fd = CHECK_OK(open("secret", O_PATH));
	struct stat st;
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 3);
	char name[64];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK_ERRNO(open(name, O_RDONLY), EACCES);
}

TEST(path_descriptor_becomes_real_through_proc)
{
	char name[64], buf[4] = "";
	int fd;

	put_file("f", "abc");
	fd = CHECK_OK(open("f", O_PATH));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	CHECK_OK(unlink("f"));
	fd = CHECK_OK(open(name, O_RDONLY));
	CHECK_EQ(read(fd, buf, 3), 3);
	CHECK_STR(buf, "abc");
}

TEST(path_descriptor_of_a_link_itself)
{
	char buf[16] = "";
	struct stat st;
	int fd;

	CHECK_OK(symlink("target", "l"));
	fd = CHECK_OK(open("l", O_PATH | O_NOFOLLOW));
	CHECK_OK(fstat(fd, &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(readlinkat(fd, "", buf, sizeof(buf)), 6);
	CHECK_STR(buf, "target");
	CHECK_ERRNO(openat(fd, "x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(fchdir(fd), ENOTDIR);
	CHECK_ERRNO(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
}

TEST(name_of_255_and_256_bytes)
{
	char name[257];

	memset(name, 'n', 256);
	name[256] = 0;
	CHECK_ERRNO(open(name, O_CREAT | O_RDWR, 0644), ENAMETOOLONG);
	CHECK_ERRNO(mkdir(name, 0755), ENAMETOOLONG);
	CHECK_ERRNO(symlink("x", name), ENAMETOOLONG);
	name[255] = 0;
	CHECK_OK(mkdir(name, 0755));
	CHECK_OK(rmdir(name));
	CHECK_OK(symlink(name, name + 1));
	CHECK_OK(mkfifo(name, 0644));
	CHECK_OK(rename(name, name + 2));
	CHECK_OK(link(name + 2, name));
}

TEST(path_of_4095_and_4096_bytes)
{
	static char path[4200];

	put_file("f", "");
	for (int i = 0; i < 4098; i += 2)
		memcpy(path + i, "./", 2);
	strcpy(path + 4094, "f");
	CHECK_EQ(strlen(path), 4095);
	CHECK_OK(access(path, F_OK));
	strcpy(path + 4094, "/f");
	CHECK_ERRNO(access(path, F_OK), ENAMETOOLONG);
}

TEST(folders_deeper_than_a_path_is_long)
{
	char name[201], buf[PATH_MAX];
	int i;

	memset(name, 'd', 200);
	name[200] = 0;
	for (i = 0; i < 30; i++) {
		CHECK_OK(mkdir(name, 0755));
		CHECK_OK(chdir(name));
	}
	put_file("bottom", "x");
	CHECK_ERRNO(syscall(SYS_getcwd, buf, sizeof(buf)), ENAMETOOLONG);
	CHECK_EQ(readlink("/proc/self/cwd", buf, sizeof(buf)), -1);
	CHECK_EQ(errno, ENAMETOOLONG);
	CHECK_OK(unlink("bottom"));
	for (i = 0; i < 30; i++) {
		CHECK_OK(chdir(".."));
		CHECK_OK(rmdir(name));
	}
}

TEST(removed_working_folder)
{
	char buf[PATH_MAX];
	struct stat st;

	CHECK_OK(mkdir("gone", 0755));
	CHECK_OK(chdir("gone"));
	CHECK_OK(rmdir("../gone"));
	CHECK_ERRNO(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	ssize_t n = CHECK_OK(readlink("/proc/self/cwd", buf, sizeof(buf) - 1));
	buf[n] = 0;
	CHECK(strstr(buf, "/gone (deleted)"));
	CHECK_OK(stat(".", &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_OK(stat("..", &st));
	CHECK_ERRNO(open("x", O_CREAT | O_RDWR, 0644), ENOENT);
	CHECK_ERRNO(mkdir("x", 0755), ENOENT);
	CHECK_ERRNO(access("x", F_OK), ENOENT);
	CHECK_ERRNO(symlink("a", "x"), ENOENT);
	CHECK_OK(chdir(".."));
	CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));
}

TEST(renamed_working_folder)
{
	char buf[PATH_MAX];

	CHECK_OK(mkdir("old", 0755));
	CHECK_OK(mkdir("p", 0755));
	CHECK_OK(chdir("old"));
	put_file("f", "");
	CHECK_OK(rename("../old", "../p/new"));
	CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));
	CHECK_STR(strrchr(buf, '/'), "/new");
	CHECK(strstr(buf, "/p/new"));
	CHECK_OK(access("f", F_OK));
	CHECK_OK(access("../new/f", F_OK));
	CHECK_ERRNO(access("../../old", F_OK), ENOENT);
}

TEST(getcwd_sizes)
{
	char buf[PATH_MAX];
	long n = CHECK_OK(syscall(SYS_getcwd, buf, sizeof(buf)));

	CHECK_EQ(n, strlen(buf) + 1);
	CHECK_EQ(syscall(SYS_getcwd, buf, n), n);
	CHECK_ERRNO(syscall(SYS_getcwd, buf, n - 1), ERANGE);
	CHECK_ERRNO(syscall(SYS_getcwd, buf, 0), ERANGE);
	CHECK_ERRNO(syscall(SYS_getcwd, bad_pointer(), n), EFAULT);
	CHECK_ERRNO(syscall(SYS_getcwd, bad_pointer(), 1), ERANGE);
}

// SPDX-License-Identifier: MIT
/* mkdir(2), rmdir, unlink, rename, link, symlink, readlink, mknod, chdir, getcwd, chroot. */
#include "harness.h"

#include <sys/sysmacros.h>

#define RENAME_NOREPLACE_FLAG 1
#define RENAME_EXCHANGE_FLAG  2

TEST(mkdir_errors)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERRNO(mkdir("d", 0755), EEXIST);
	CHECK_ERRNO(mkdir("f", 0755), EEXIST);
	CHECK_ERRNO(mkdir("f/d", 0755), ENOTDIR);
	CHECK_ERRNO(mkdir("x/d", 0755), ENOENT);
	CHECK_ERRNO(mkdir("", 0755), ENOENT);
	CHECK_ERRNO(mkdir(".", 0755), EEXIST);
	CHECK_ERRNO(mkdir("/", 0755), EEXIST);
	CHECK_ERRNO(mkdir("x/.", 0755), ENOENT);
	CHECK_ERRNO(mkdir(bad_pointer(), 0755), EFAULT);
	CHECK_OK(symlink("nowhere", "l"));
	CHECK_ERRNO(mkdir("l", 0755), EEXIST);
	CHECK_OK(mkdir("slash/", 0755));
}

TEST(mkdir_mode_umask_and_setgid)
{
	struct stat st;

	umask(027);
	CHECK_OK(mkdir("d", 01777));
	CHECK_OK(stat("d", &st));
	CHECK_EQ(st.st_mode, S_IFDIR | 01750);
	CHECK_OK(chown("d", 0, 77));
	CHECK_OK(chmod("d", 02755));
	CHECK_OK(mkdir("d/sub", 0755));
	CHECK_OK(stat("d/sub", &st));
	CHECK_EQ(st.st_gid, 77);
	CHECK_EQ(st.st_mode & S_ISGID, S_ISGID);
	put_file("d/f", "");
	CHECK_OK(stat("d/f", &st));
	CHECK_EQ(st.st_gid, 77);
	CHECK_EQ(st.st_mode & S_ISGID, 0);
}

TEST(rmdir_errors)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	CHECK_ERRNO(rmdir("d"), ENOTEMPTY);
	CHECK_ERRNO(rmdir("f"), ENOTDIR);
	CHECK_ERRNO(rmdir("missing"), ENOENT);
	CHECK_ERRNO(rmdir("d/."), EINVAL);
	CHECK_ERRNO(rmdir("d/.."), ENOTEMPTY);
	CHECK_ERRNO(rmdir("/"), EBUSY);
	CHECK_ERRNO(rmdir("/proc"), EBUSY);
	CHECK_OK(rmdir("d/e/"));
	CHECK_OK(rmdir("d"));
}

TEST(unlink_errors)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERRNO(unlink("d"), EISDIR);
	CHECK_ERRNO(unlink("missing"), ENOENT);
	CHECK_ERRNO(unlink("f/"), ENOTDIR);
	CHECK_ERRNO(unlink("."), EISDIR);
	CHECK_ERRNO(unlink(""), ENOENT);
	CHECK_ERRNO(unlinkat(AT_FDCWD, "f", 1), EINVAL);
	CHECK_ERRNO(unlinkat(AT_FDCWD, "f", AT_REMOVEDIR), ENOTDIR);
	CHECK_ERRNO(unlinkat(-1, "f", 0), EBADF);
	CHECK_OK(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
	CHECK_OK(unlink("f"));
	CHECK_ERRNO(access("f", F_OK), ENOENT);
}

TEST(unlink_removes_the_link_not_its_target)
{
	put_file("f", "");
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(unlink("l"));
	CHECK_OK(access("f", F_OK));
}

TEST(unlink_permissions_and_sticky_folder)
{
	CHECK_OK(mkdir("ro", 0755));
	put_file("ro/f", "");
	CHECK_OK(mkdir("sticky", 0755));
	CHECK_OK(chmod("sticky", 01777));
	put_file("sticky/f", "");
	become(1000);
	CHECK_ERRNO(unlink("ro/f"), EACCES);
	CHECK_ERRNO(unlink("sticky/f"), EPERM);
	CHECK_ERRNO(rename("sticky/f", "sticky/g"), EPERM);
	put_file("sticky/mine", "");
	CHECK_OK(unlink("sticky/mine"));
}

TEST(rename_replaces_a_file)
{
	struct stat a, b;

	put_file("a", "A");
	put_file("b", "B");
	CHECK_OK(stat("a", &a));
	CHECK_OK(rename("a", "b"));
	CHECK_OK(stat("b", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_STR(get_file("b"), "A");
	CHECK_ERRNO(access("a", F_OK), ENOENT);
}

TEST(rename_errors)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/sub", 0755));
	CHECK_OK(mkdir("e", 0755));
	CHECK_ERRNO(rename("missing", "x"), ENOENT);
	CHECK_ERRNO(rename("f", "x/y"), ENOENT);
	CHECK_ERRNO(rename("f", "d"), EISDIR);
	CHECK_ERRNO(rename("d", "f"), ENOTDIR);
	CHECK_ERRNO(rename("e", "d"), ENOTEMPTY);
	CHECK_ERRNO(rename("d", "d/sub/x"), EINVAL);
	CHECK_ERRNO(rename("d", "d/x"), EINVAL);
	CHECK_ERRNO(rename(".", "x"), EBUSY);
	CHECK_ERRNO(rename("f", "."), EBUSY);
	CHECK_ERRNO(rename("d/..", "x"), EBUSY);
	CHECK_ERRNO(rename("f", "/proc/x"), EXDEV);
	CHECK_ERRNO(rename("f", ""), ENOENT);
	CHECK_ERRNO(rename("f", "g/"), ENOTDIR);
	CHECK_OK(rename("d", "newdir/"));
}

TEST(rename_folder_moves_its_tree_and_dotdot)
{
	struct stat st, up;

	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mkdir("a/d", 0755));
	put_file("a/d/f", "x");
	CHECK_OK(rename("a/d", "b/d"));
	CHECK_STR(get_file("b/d/f"), "x");
	CHECK_OK(stat("b/d/..", &st));
	CHECK_OK(stat("b", &up));
	CHECK_EQ(st.st_ino, up.st_ino);
	CHECK_EQ(up.st_nlink, 3);
	CHECK_OK(stat("a", &st));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_OK(mkdir("a/d", 0755));
	CHECK_OK(rename("b/d", "a/d"));
}

TEST(rename_to_another_name_of_the_same_file_does_nothing)
{
	put_file("a", "x");
	CHECK_OK(link("a", "b"));
	CHECK_OK(rename("a", "b"));
	CHECK_OK(access("a", F_OK));
	CHECK_OK(access("b", F_OK));
	CHECK_OK(rename("a", "a"));
}

TEST(renameat2_flags)
{
	put_file("a", "A");
	put_file("b", "B");
	CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_NOREPLACE_FLAG), EEXIST);
	CHECK_OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "b", RENAME_EXCHANGE_FLAG));
	CHECK_STR(get_file("a"), "B");
	CHECK_STR(get_file("b"), "A");
	CHECK_ERRNO(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_EXCHANGE_FLAG), ENOENT);
	CHECK_OK(renameat2(AT_FDCWD, "a", AT_FDCWD, "c", RENAME_NOREPLACE_FLAG));
	CHECK_ERRNO(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", 3), EINVAL);
	CHECK_ERRNO(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", 64), EINVAL);
}

TEST(link_shares_the_inode)
{
	struct stat a, b;

	put_file("a", "x");
	CHECK_OK(link("a", "b"));
	CHECK_OK(stat("a", &a));
	CHECK_OK(stat("b", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_EQ(a.st_nlink, 2);
	CHECK_OK(unlink("a"));
	CHECK_OK(stat("b", &b));
	CHECK_EQ(b.st_nlink, 1);
	CHECK_STR(get_file("b"), "x");
}

TEST(link_errors)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("f", "l"));
	CHECK_ERRNO(link("missing", "x"), ENOENT);
	CHECK_ERRNO(link("f", "d"), EEXIST);
	CHECK_ERRNO(link("f", "f"), EEXIST);
	CHECK_ERRNO(link("d", "x"), EPERM);
	CHECK_ERRNO(link("f", "x/y"), ENOENT);
	CHECK_ERRNO(link("f", "/tmp/x"), EXDEV);
	CHECK_ERRNO(linkat(AT_FDCWD, "f", AT_FDCWD, "x", 0x8), EINVAL);
	CHECK_OK(link("l", "hard"));
	struct stat st;
	CHECK_OK(lstat("hard", &st));
	CHECK(S_ISLNK(st.st_mode));
	CHECK_OK(linkat(AT_FDCWD, "l", AT_FDCWD, "followed", AT_SYMLINK_FOLLOW));
	CHECK_OK(lstat("followed", &st));
	CHECK(S_ISREG(st.st_mode));
}

TEST(symlink_and_readlink)
{
	char buf[16];

	CHECK_OK(symlink("some/target", "l"));
	memset(buf, 'z', sizeof(buf));
	CHECK_EQ(readlink("l", buf, sizeof(buf)), 11);
	CHECK_MEM(buf, "some/targetz", 12);
	CHECK_EQ(readlink("l", buf, 4), 4);
	CHECK_ERRNO(readlink("l", buf, 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_readlink, "l", buf, -1), EINVAL);
	CHECK_ERRNO(readlink(".", buf, 5), EINVAL);
	CHECK_ERRNO(readlink("missing", buf, 5), ENOENT);
	CHECK_ERRNO(readlink("l", bad_pointer(), 5), EFAULT);
	CHECK_ERRNO(symlink("", "x"), ENOENT);
	CHECK_ERRNO(symlink("a", "l"), EEXIST);
	CHECK_ERRNO(symlink("a", ""), ENOENT);
	CHECK_ERRNO(symlink("a", "missing/l"), ENOENT);
	CHECK_ERRNO(symlink(bad_pointer(), "x"), EFAULT);
}

TEST(long_link_targets)
{
	static char target[4200], back[4200];

	memset(target, 'a', sizeof(target));
	target[4095] = 0;
	CHECK_OK(symlink(target, "l"));
	CHECK_EQ(readlink("l", back, sizeof(back)), 4095);
	CHECK_MEM(back, target, 4095);
	target[4095] = 'a';
	target[4096] = 0;
	CHECK_ERRNO(symlink(target, "m"), ENAMETOOLONG);
}

TEST(trailing_slash_follows_links)
{
	struct stat st;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("d", "l"));
	CHECK_OK(lstat("l/", &st));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_ERRNO(rmdir("l"), ENOTDIR);
	CHECK_ERRNO(unlink("l/"), ENOTDIR);
	CHECK_OK(unlink("l"));
}

TEST(mknod_kinds)
{
	struct stat st;

	CHECK_OK(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	int fd = CHECK_OK(open("null", O_RDWR));
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_OK(mknod("plain", 0644, 0));
	CHECK_OK(stat("plain", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_OK(mknod("sock", S_IFSOCK | 0644, 0));
	CHECK_ERRNO(open("sock", O_RDWR), ENXIO);
	CHECK_ERRNO(mknod("d", S_IFDIR | 0755, 0), EPERM);
	CHECK_ERRNO(mknod("l", S_IFLNK | 0755, 0), EINVAL);
	CHECK_ERRNO(mknod("plain", 0644, 0), EEXIST);
	CHECK_OK(mknod("odd", S_IFCHR | 0644, makedev(250, 250)));
	CHECK_ERRNO(open("odd", O_RDONLY), ENXIO);
	CHECK_OK(chmod(".", 0777));
	become(1000);
	CHECK_ERRNO(mknod("dev", S_IFCHR | 0666, makedev(1, 3)), EPERM);
	CHECK_OK(mknod("fifo", S_IFIFO | 0644, 0));
}

TEST(chdir_and_getcwd)
{
	char here[256], buf[256];

	CHECK(getcwd(here, sizeof(here)));
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(chdir("d"));
	CHECK(getcwd(buf, sizeof(buf)));
	strcat(here, "/d");
	CHECK_STR(buf, here);
	CHECK_EQ(syscall(SYS_getcwd, buf, strlen(here) + 1), strlen(here) + 1);
	CHECK_ERRNO(syscall(SYS_getcwd, buf, strlen(here)), ERANGE);
	CHECK_ERRNO(syscall(SYS_getcwd, bad_pointer(), 256), EFAULT);
	CHECK_OK(rmdir("../d"));
	CHECK_ERRNO(syscall(SYS_getcwd, buf, 256), ENOENT);
	CHECK_ERRNO(open("x", O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_OK(chdir(".."));
}

TEST(chdir_errors)
{
	int fd;

	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("closed", 0700));
	CHECK_ERRNO(chdir("missing"), ENOENT);
	CHECK_ERRNO(chdir("f"), ENOTDIR);
	fd = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(fchdir(fd), ENOTDIR);
	CHECK_ERRNO(fchdir(-1), EBADF);
	fd = CHECK_OK(open("d", O_RDONLY));
	CHECK_OK(fchdir(fd));
	CHECK_OK(chdir(".."));
	become(1000);
	CHECK_ERRNO(chdir("closed"), EACCES);
}

TEST(chroot_confines_and_needs_privilege)
{
	struct stat a, b;

	CHECK_OK(mkdir("jail", 0755));
	put_file("jail/f", "");
	CHECK_OK(symlink("/f", "jail/l"));
	CHECK_ERRNO(chroot("missing"), ENOENT);
	CHECK_ERRNO(chroot("jail/f"), ENOTDIR);
	CHECK_OK(chroot("jail"));
	CHECK_OK(chdir("/"));
	CHECK_OK(access("/l", F_OK));
	CHECK_OK(stat("/..", &a));
	CHECK_OK(stat("/", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_ERRNO(access("/proc/self", F_OK), ENOENT);
	become(1000);
	CHECK_ERRNO(chroot("/"), EPERM);
}

TEST(dots_and_repeated_slashes)
{
	struct stat a, b;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkdir("d/e", 0755));
	CHECK_OK(stat(".//d/./e/../../d/e", &a));
	CHECK_OK(stat("d/e", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_OK(stat("/../../..", &a));
	CHECK_OK(stat("/", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
}

TEST(deep_paths)
{
	char path[300] = "d";

	for (int i = 0; i < 60; i++) {
		CHECK_OK(mkdir(path, 0755));
		strcat(path, "/d");
	}
	strcpy(path + strlen(path) - 1, "f");
	put_file(path, "x");
	CHECK_STR(get_file(path), "x");
}

TEST(many_names_in_one_folder)
{
	char name[16];

	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		close(CHECK_OK(creat(name, 0644)));
	}
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "n%d", (i * 7) % 600);
		CHECK_OK(unlink(name));
	}
}

static void *rename_back_and_forth(void *unused)
{
	for (int i = 0; i < 100; i++)
		if (rename("a", "b") || rename("b", "a"))
			return (void *)1;
	return NULL;
}

TEST(name_never_vanishes_during_rename_over)
{
	pthread_t t;
	void *r;

	put_file("a", "x");
	put_file("stable", "x");
	CHECK_EQ(pthread_create(&t, NULL, rename_back_and_forth, NULL), 0);
	for (int i = 0; i < 100; i++) {
		put_file("new", "y");
		CHECK_OK(rename("new", "stable"));
		CHECK_OK(access("stable", F_OK));
	}
	pthread_join(t, &r);
	CHECK(!r);
}

// SPDX-License-Identifier: MIT
/* rename(2), renameat2(2): what RENAME_WHITEOUT leaves behind, and which of two faults is told. */
#include "harness.h"

#include <dirent.h>
#include <sys/sysmacros.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_WHITEOUT  4
#endif

#define LONG_NAME_SIZE 257

static const char *long_name(void)
{
	static char name[LONG_NAME_SIZE];

	memset(name, 'n', sizeof(name) - 1);
	return name;
}

static long move(const char *from, const char *to, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void check_whiteout(const char *path, unsigned uid)
{
	struct stat st;

	CHECK_OK(lstat(path, &st));
	CHECK_EQ(st.st_mode, S_IFCHR);
	CHECK_EQ(st.st_rdev, makedev(0, 0));
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_uid, uid);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	CHECK(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

TEST(whiteout_takes_the_old_name)
{
	put_file("old", "text");
	CHECK_OK(move("old", "new", RENAME_WHITEOUT));
	CHECK_STR(get_file("new"), "text");
	check_whiteout("old", 0);
	CHECK_EQ(count_entries("."), 2);
	CHECK_ERRNO(open("old", O_RDONLY), ENXIO);
	CHECK_ERRNO(move("new", "old", RENAME_WHITEOUT | RENAME_NOREPLACE), EEXIST);
	CHECK_OK(move("new", "old", RENAME_WHITEOUT)); /* back: each takes the other's place */
	CHECK_STR(get_file("old"), "text");
	check_whiteout("new", 0);
	CHECK_OK(unlink("new"));
	CHECK_ERRNO(access("new", F_OK), ENOENT);
}

TEST(whiteout_of_a_folder_that_moves)
{
	struct stat st;

	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mkdir("a/d", 0755));
	put_file("a/d/f", "text");
	CHECK_OK(move("a/d", "b/d", RENAME_WHITEOUT | RENAME_NOREPLACE));
	CHECK_STR(get_file("b/d/f"), "text");
	check_whiteout("a/d", 0);
	CHECK_OK(stat("a", &st));
	CHECK_EQ(st.st_nlink, 2);
	CHECK_OK(stat("b", &st));
	CHECK_EQ(st.st_nlink, 3);
	CHECK_ERRNO(rmdir("a"), ENOTEMPTY);
	put_file("b/g", "");
	CHECK_ERRNO(move("b/d", "b/g", RENAME_WHITEOUT), ENOTDIR);
	CHECK_OK(mkdir("c", 0755));
	put_file("c/f", "");
	CHECK_ERRNO(move("b/d", "c", RENAME_WHITEOUT), ENOTEMPTY);
	CHECK_STR(get_file("b/d/f"), "text"); /* a failure leaves no whiteout */
	CHECK_EQ(count_entries("b"), 2);
}

TEST(whiteout_needs_no_privilege)
{
	CHECK_OK(mkdir("mine", 0755));
	CHECK_OK(chown("mine", 1000, 1000));
	become(1000);
	put_file("mine/f", "text");
	CHECK_OK(move("mine/f", "mine/g", RENAME_WHITEOUT));
	check_whiteout("mine/f", 1000);
	CHECK_ERRNO(mknod("mine/h", S_IFCHR, makedev(1, 3)), EPERM);
}

TEST(long_names_are_told_when_they_are_looked_up)
{
	const char *name = long_name();
	int fd;

	put_file("f", "");
	fd = CHECK_OK(open("f", O_RDONLY));
	CHECK_ERRNO(rename(name, "x"), ENAMETOOLONG);
	CHECK_ERRNO(rename("f", name), ENAMETOOLONG);
	CHECK_ERRNO(rename("missing", name), ENOENT);
	CHECK_ERRNO(rename(name, ".."), EBUSY);
	CHECK_ERRNO(rename(name, "missing/x"), ENOENT);
	CHECK_ERRNO(renameat(AT_FDCWD, name, 99, "x"), EBADF);
	CHECK_ERRNO(renameat(AT_FDCWD, name, fd, "x"), ENOTDIR);
	CHECK_ERRNO(link("missing", name), ENOENT);
	CHECK_ERRNO(link("f", name), ENAMETOOLONG);
	CHECK_ERRNO(mkdir(name, 0755), ENAMETOOLONG);
	CHECK_ERRNO(rmdir(name), ENAMETOOLONG);
	CHECK_ERRNO(open(name, O_CREAT | O_WRONLY, 0644), ENAMETOOLONG);
}

TEST(long_names_in_folders_that_cannot_be_searched)
{
	char path[LONG_NAME_SIZE + 8];

	snprintf(path, sizeof(path), "d/%s", long_name());
	CHECK_OK(mkdir("d", 0600));
	CHECK_ERRNO(access(path, F_OK), ENAMETOOLONG);
	become(1000);
	CHECK_ERRNO(access(path, F_OK), EACCES);
}

TEST(long_names_in_a_removed_folder)
{
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(chdir("d"));
	CHECK_OK(rmdir("../d"));
	CHECK_ERRNO(access(long_name(), F_OK), ENOENT);
	CHECK_ERRNO(mkdir(long_name(), 0755), ENOENT);
}

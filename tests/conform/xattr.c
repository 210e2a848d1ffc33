// SPDX-License-Identifier: MIT
/* Extended attributes on tmpfs: which names are kept, for whom, on which objects, and in which order. */
#include "harness.h"

#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/xattr.h>

static char buf[70000];

TEST(security_names_are_read_by_all)
{
	put_file("f", "");
	CHECK_OK(chmod("f", 0600));
	CHECK_OK(setxattr("f", "security.one", "value", 5, 0));
	CHECK_OK(setxattr("f", "trusted.two", "v", 1, 0));
	CHECK_OK(chmod(".", 0777));
	become(1000);
	CHECK_EQ(getxattr("f", "security.one", buf, 64), 5);
	CHECK_MEM(buf, "value", 5);
	CHECK_EQ(listxattr("f", buf, 64), 13);
	CHECK_STR(buf, "security.one");
	CHECK_ERRNO(getxattr("f", "trusted.two", buf, 64), ENODATA);
	CHECK_ERRNO(removexattr("f", "trusted.two"), EPERM);
}

TEST(prefix_alone_is_einval)
{
	put_file("f", "");
	CHECK_ERRNO(setxattr("f", "security.", "v", 1, 0), EINVAL);
	CHECK_ERRNO(getxattr("f", "trusted.", buf, 64), EINVAL);
	CHECK_ERRNO(removexattr("f", "trusted."), EINVAL);
	CHECK_ERRNO(setxattr("f", "trusted", "v", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(setxattr("f", "system.mine", "v", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(getxattr("f", "system.mine", buf, 64), EOPNOTSUPP);
}

TEST(permission_comes_before_support)
{
	put_file("f", "");
	CHECK_OK(mkfifo("p", 0666));
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(mkdir("sticky", 01777));
	CHECK_OK(chmod("f", 0600));
	CHECK_OK(chmod("sticky", 01777));
	CHECK_ERRNO(setxattr("p", "user.a", "v", 1, 0), EPERM);
	CHECK_ERRNO(getxattr("p", "user.a", buf, 64), ENODATA);
	CHECK_ERRNO(lsetxattr("l", "user.a", "v", 1, 0), EPERM);
	become(1000);
	CHECK_ERRNO(setxattr("f", "user.a", "v", 1, 0), EACCES);
	CHECK_ERRNO(getxattr("f", "user.a", buf, 64), EACCES);
	CHECK_ERRNO(setxattr("f", "odd", "v", 1, 0), EACCES);
	CHECK_ERRNO(setxattr("f", "system.mine", "v", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(setxattr("sticky", "user.a", "v", 1, 0), EPERM);
	CHECK_ERRNO(getxattr("sticky", "user.a", buf, 64), EOPNOTSUPP);
}

TEST(newest_name_is_listed_first)
{
	static const char want[] = "security.c\0trusted.b\0trusted.a";

	put_file("f", "");
	CHECK_OK(setxattr("f", "trusted.a", "1", 1, 0));
	CHECK_OK(setxattr("f", "trusted.b", "2", 1, 0));
	CHECK_OK(setxattr("f", "security.c", "3", 1, 0));
	/* A new value keeps the place. */
	CHECK_OK(setxattr("f", "trusted.a", "longer than it was", 18, 0));
	CHECK_EQ(listxattr("f", NULL, 0), sizeof(want));
	CHECK_EQ(listxattr("f", buf, sizeof(want)), sizeof(want));
	CHECK_MEM(buf, want, sizeof(want));
	CHECK_ERRNO(listxattr("f", buf, sizeof(want) - 1), ERANGE);
	CHECK_ERRNO(listxattr("f", bad_pointer(), sizeof(want)), EFAULT);
	CHECK_OK(removexattr("f", "trusted.b"));
	CHECK_EQ(listxattr("f", NULL, 0), sizeof(want) - 10);
}

TEST(every_kind_of_object_keeps_attributes)
{
	static const char *const names[] = { "d", "p", "l", "n", "f" };

	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mkfifo("p", 0644));
	CHECK_OK(symlink("nowhere", "l"));
	CHECK_OK(mknod("n", S_IFCHR | 0600, 0x103));
	for (unsigned i = 0; i < 5; i++) {
		CHECK_OK(lsetxattr(names[i], "trusted.name", names[i], 2, 0));
		CHECK_EQ(lgetxattr(names[i], "trusted.name", buf, 64), 2);
		CHECK_STR(buf, names[i]);
		CHECK_EQ(llistxattr(names[i], buf, 64), 13);
		CHECK_OK(lremovexattr(names[i], "trusted.name"));
		CHECK_EQ(llistxattr(names[i], buf, 64), 0);
	}
	CHECK_ERRNO(setxattr("l", "trusted.a", "v", 1, 0), ENOENT);
	CHECK_ERRNO(getxattr("l", "trusted.a", buf, 1), ENOENT);
}

TEST(link_variants_differ_in_what_they_name)
{
	put_file("f", "");
	CHECK_OK(symlink("f", "l"));
	CHECK_OK(setxattr("l", "trusted.a", "file", 4, 0));
	CHECK_OK(lsetxattr("l", "trusted.a", "link!", 5, 0));
	CHECK_EQ(getxattr("f", "trusted.a", buf, 64), 4);
	CHECK_EQ(getxattr("l", "trusted.a", buf, 64), 4);
	CHECK_EQ(lgetxattr("l", "trusted.a", buf, 64), 5);
}

TEST(attributes_belong_to_the_inode)
{
	int fd;

	put_file("f", "");
	CHECK_OK(link("f", "g"));
	fd = CHECK_OK(open("f", O_RDONLY));
	CHECK_OK(fsetxattr(fd, "trusted.a", "v", 1, 0));
	CHECK_EQ(getxattr("g", "trusted.a", buf, 64), 1);
	CHECK_OK(rename("g", "h"));
	CHECK_OK(unlink("f"));
	CHECK_EQ(getxattr("h", "trusted.a", buf, 64), 1);
	CHECK_OK(unlink("h"));
	CHECK_EQ(fgetxattr(fd, "trusted.a", buf, 64), 1);
	CHECK_EQ(flistxattr(fd, buf, 64), 10);
	CHECK_OK(fremovexattr(fd, "trusted.a"));
	CHECK_ERRNO(fgetxattr(fd, "trusted.a", buf, 64), ENODATA);
}

TEST(o_path_descriptors_are_refused)
{
	int fd;

	put_file("f", "");
	fd = CHECK_OK(open("f", O_PATH));
	CHECK_ERRNO(fsetxattr(fd, "trusted.a", "v", 1, 0), EBADF);
	CHECK_ERRNO(fgetxattr(fd, "trusted.a", buf, 1), EBADF);
	CHECK_ERRNO(flistxattr(fd, buf, 1), EBADF);
	CHECK_ERRNO(fremovexattr(fd, "trusted.a"), EBADF);
}

TEST(empty_value_is_a_value)
{
	put_file("f", "");
	CHECK_OK(setxattr("f", "trusted.a", NULL, 0, 0));
	CHECK_EQ(getxattr("f", "trusted.a", buf, 64), 0);
	CHECK_EQ(listxattr("f", buf, 64), 10);
	CHECK_OK(setxattr("f", "trusted.b", bad_pointer(), 0, 0));
}

TEST(create_and_replace_together)
{
	put_file("f", "");
	CHECK_ERRNO(setxattr("f", "trusted.a", "v", 1, XATTR_CREATE | XATTR_REPLACE), ENODATA);
	CHECK_OK(setxattr("f", "trusted.a", "v", 1, XATTR_CREATE));
	CHECK_ERRNO(setxattr("f", "trusted.a", "w", 1, XATTR_CREATE | XATTR_REPLACE), EEXIST);
	CHECK_OK(setxattr("f", "trusted.a", "w", 1, XATTR_REPLACE));
	CHECK_EQ(getxattr("f", "trusted.a", buf, 1), 1);
	CHECK_EQ(buf[0], 'w');
}

TEST(largest_value_comes_back_whole)
{
	put_file("f", "");
	for (int i = 0; i < 65536; i++)
		buf[i] = i * 7;
	CHECK_OK(setxattr("f", "trusted.a", buf, 65536, 0));
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(getxattr("f", "trusted.a", buf, sizeof(buf)), 65536);
	for (int i = 0; i < 65536; i++)
		CHECK_EQ((unsigned char)buf[i], (unsigned char)(i * 7));
	CHECK_ERRNO(getxattr("f", "trusted.a", buf, 65535), ERANGE);
	CHECK_ERRNO(getxattr("f", "trusted.a", bad_pointer(), 65536), EFAULT);
	CHECK_ERRNO(getxattr("f", "trusted.missing", bad_pointer(), 65536), ENODATA);
}

TEST(longest_list_is_64k)
{
	char name[256];

	put_file("f", "");
	for (int i = 0; i < 300; i++) {
		memset(name, 'n', 255);
		name[255] = 0;
		name[snprintf(name, sizeof(name), "trusted.%03d", i)] = 'n';
		CHECK_OK(setxattr("f", name, "v", 1, 0));
	}
	CHECK_EQ(listxattr("f", NULL, 0), 300 * 256);
	CHECK_ERRNO(listxattr("f", buf, 1000), ERANGE);
	CHECK_ERRNO(listxattr("f", buf, sizeof(buf)), E2BIG);
}

TEST(order_of_checks_in_set)
{
	char edge[300];

	memset(edge, 'n', sizeof(edge));
	put_file("f", "");
	CHECK_ERRNO(setxattr("none", bad_pointer(), bad_pointer(), 1 << 20, 99), ENOENT);
	CHECK_ERRNO(setxattr("f", bad_pointer(), bad_pointer(), 1 << 20, 99), EINVAL);
	CHECK_ERRNO(setxattr("f", bad_pointer(), bad_pointer(), 1 << 20, 0), EFAULT);
	CHECK_ERRNO(setxattr("f", edge, bad_pointer(), 1 << 20, 0), ERANGE);
	CHECK_ERRNO(setxattr("f", "odd", bad_pointer(), 1 << 20, 0), E2BIG);
	CHECK_ERRNO(setxattr("f", "odd", bad_pointer(), 1, 0), EFAULT);
	CHECK_ERRNO(setxattr("f", "odd", "v", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(removexattr("f", ""), ERANGE);
	CHECK_ERRNO(removexattr("f", bad_pointer()), EFAULT);
	CHECK_ERRNO(getxattr("f", "", buf, 1), ERANGE);
}

TEST(set_and_remove_are_seen_by_watchers)
{
	struct inotify_event e;
	int fd = CHECK_OK(inotify_init1(IN_NONBLOCK));

	put_file("f", "");
	CHECK_OK(inotify_add_watch(fd, "f", IN_ALL_EVENTS));
	CHECK_OK(setxattr("f", "trusted.a", "v", 1, 0));
	CHECK_EQ(read(fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.mask, IN_ATTRIB);
	CHECK_ERRNO(setxattr("f", "trusted.a", "v", 1, XATTR_CREATE), EEXIST);
	CHECK_ERRNO(read(fd, &e, sizeof(e)), EAGAIN);
	CHECK_OK(removexattr("f", "trusted.a"));
	CHECK_EQ(read(fd, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.mask, IN_ATTRIB);
}

TEST(change_time_moves)
{
	struct stat a, b, c;

	put_file("f", "");
	CHECK_OK(stat("f", &a));
	sleep_ms(20);
	CHECK_OK(setxattr("f", "trusted.a", "v", 1, 0));
	CHECK_OK(stat("f", &b));
	CHECK(a.st_ctim.tv_nsec != b.st_ctim.tv_nsec);
	CHECK_EQ(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	sleep_ms(20);
	CHECK_ERRNO(setxattr("f", "trusted.a", "v", 1, XATTR_CREATE), EEXIST);
	CHECK_OK(stat("f", &c));
	CHECK_EQ(c.st_ctim.tv_nsec, b.st_ctim.tv_nsec);
	CHECK_OK(removexattr("f", "trusted.a"));
	CHECK_OK(stat("f", &c));
	CHECK(c.st_ctim.tv_nsec != b.st_ctim.tv_nsec);
}

TEST(memfds_keep_attributes_and_pipes_do_not)
{
	int fd = CHECK_OK(memfd_create("m", 0)), p[2];

	CHECK_OK(fsetxattr(fd, "trusted.a", "v", 1, 0));
	CHECK_EQ(fgetxattr(fd, "trusted.a", buf, 64), 1);
	CHECK_OK(pipe(p));
	CHECK_ERRNO(fsetxattr(p[0], "trusted.a", "v", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(fgetxattr(p[0], "trusted.a", buf, 64), EOPNOTSUPP);
	CHECK_EQ(flistxattr(p[0], buf, 64), 0);
	CHECK_ERRNO(getxattr("/proc/self/status", "trusted.a", buf, 64), EOPNOTSUPP);
	CHECK_ERRNO(setxattr("/proc/self/status", "security.a", "v", 1, 0), EOPNOTSUPP);
}

TEST(read_only_mount_shows_and_refuses)
{
	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("none", "m", "tmpfs", 0, ""));
	put_file("m/f", "");
	CHECK_OK(setxattr("m/f", "trusted.a", "v", 1, 0));
	CHECK_OK(mount("none", "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_EQ(getxattr("m/f", "trusted.a", buf, 64), 1);
	CHECK_ERRNO(setxattr("m/f", bad_pointer(), "v", 1, 99), EROFS);
	CHECK_ERRNO(removexattr("m/f", bad_pointer()), EROFS);
	CHECK_OK(umount("m"));
}

TEST(two_processes_at_once)
{
	pid_t pid[2];

	put_file("f", "");
	for (int k = 0; k < 2; k++)
		pid[k] = CHILD(for (int i = 0; i < 300; i++) {
			char name[32], value[200];

			snprintf(name, sizeof(name), "trusted.%d", (i + k) % 7);
			memset(value, 'a' + k, sizeof(value));
			CHECK_OK(setxattr("f", name, value, 1 + i % 200, 0));
			ssize_t n = getxattr("f", name, value, sizeof(value));
			CHECK(n > 0 || (n == -1 && errno == ENODATA));
			for (ssize_t j = 1; j < n; j++)
				CHECK_EQ(value[j], value[0]);
			if (i % 3 == 0 && removexattr("f", name))
				CHECK_EQ(errno, ENODATA);
			CHECK(listxattr("f", NULL, 0) >= 0);
		});
	JOIN(pid[0]);
	JOIN(pid[1]);
}

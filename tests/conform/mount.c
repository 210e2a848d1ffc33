// SPDX-License-Identifier: MIT
/* mount(2), umount2(2): tmpfs, bind, read-only, flags, busy, the refusals; pivot_root is left for later. */
#include "harness.h"

#include <sys/mount.h>
#include <sys/statvfs.h>

static void mount_tmpfs(const char *dir)
{
	CHECK_OK(mkdir(dir, 0755));
	CHECK_OK(mount("none", dir, "tmpfs", 0, ""));
}

TEST(covers_and_uncovers)
{
	CHECK_OK(mkdir("d", 0755));
	put_file("d/under", "");
	CHECK_OK(mount("none", "d", "tmpfs", 0, ""));
	CHECK_ERRNO(access("d/under", F_OK), ENOENT);
	put_file("d/over", "");
	CHECK_OK(umount("d"));
	CHECK_OK(access("d/under", F_OK));
	CHECK_ERRNO(access("d/over", F_OK), ENOENT);
}

TEST(refusals)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERRNO(mount("none", "missing", "tmpfs", 0, ""), ENOENT);
	CHECK_ERRNO(mount("none", "d", "nosuchfs", 0, ""), ENODEV);
	CHECK_ERRNO(mount("none", "d", "rootfs", 0, ""), ENODEV);
	CHECK_ERRNO(mount("none", "d", "anon_inodefs", 0, ""), ENODEV);
	CHECK_ERRNO(mount("none", "f", "tmpfs", 0, ""), ENOTDIR);
	CHECK_ERRNO(mount("none", "d", bad_pointer(), 0, ""), EFAULT);
	CHECK_ERRNO(mount("none", "d", NULL, 0, ""), EINVAL);
	CHECK_ERRNO(mount("none", "d", "tmpfs", 0, "nosuchoption=1"), EINVAL);
	CHECK_ERRNO(umount("d"), EINVAL);
	CHECK_ERRNO(umount("missing"), ENOENT);
	CHECK_ERRNO(umount2("d", 0x100), EINVAL);
}

TEST(busy_and_lazy_unmount)
{
	int fd;

	mount_tmpfs("d");
	put_file("d/f", "x");
	fd = CHECK_OK(open("d/f", O_RDONLY));
	CHECK_ERRNO(umount("d"), EBUSY);
	CHECK_OK(umount2("d", MNT_DETACH));
	CHECK_ERRNO(access("d/f", F_OK), ENOENT);
	char c;
	CHECK_EQ(read(fd, &c, 1), 1);
}

TEST(read_only)
{
	mount_tmpfs("d");
	put_file("d/f", "x");
	CHECK_OK(mount("none", "d", "tmpfs", MS_REMOUNT | MS_RDONLY, ""));
	CHECK_ERRNO(open("d/f", O_WRONLY), EROFS);
	CHECK_ERRNO(open("d/g", O_WRONLY | O_CREAT, 0644), EROFS);
	CHECK_ERRNO(mkdir("d/h", 0755), EROFS);
	CHECK_ERRNO(unlink("d/f"), EROFS);
	CHECK_ERRNO(chmod("d/f", 0600), EROFS);
	CHECK_ERRNO(access("d/f", W_OK), EROFS);
	CHECK_OK(open("d/f", O_RDONLY));
	CHECK_ERRNO(mkdir("d", 0755), EEXIST);
	CHECK_OK(umount2("d", MNT_DETACH));
}

TEST(remount_read_only_with_writer_is_busy)
{
	int fd;

	mount_tmpfs("d");
	fd = CHECK_OK(open("d/f", O_RDWR | O_CREAT, 0644));
	CHECK_ERRNO(mount("none", "d", "tmpfs", MS_REMOUNT | MS_RDONLY, ""), EBUSY);
	close(fd);
	CHECK_OK(umount("d"));
}

TEST(bind_shows_the_same_tree)
{
	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	put_file("a/f", "x");
	CHECK_OK(mount("a", "b", NULL, MS_BIND, NULL));
	CHECK_STR(get_file("b/f"), "x");
	put_file("b/g", "y");
	CHECK_STR(get_file("a/g"), "y");
	CHECK_OK(mount(NULL, "b", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	CHECK_ERRNO(open("b/f", O_WRONLY), EROFS);
	CHECK_OK(open("a/f", O_WRONLY));
	CHECK_ERRNO(rename("a/f", "b/h"), EXDEV);
	CHECK_OK(umount("b"));
}

TEST(bind_of_a_file)
{
	put_file("a", "A");
	put_file("b", "B");
	CHECK_OK(mount("a", "b", NULL, MS_BIND, NULL));
	CHECK_STR(get_file("b"), "A");
	CHECK_ERRNO(unlink("b"), EBUSY);
	CHECK_OK(umount("b"));
	CHECK_STR(get_file("b"), "B");
}

TEST(nosuid_nodev_noexec)
{
	struct statvfs sv;
	char *argv[] = { "x", NULL };

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mount("none", "d", "tmpfs", MS_NOEXEC | MS_NODEV | MS_NOSUID, ""));
	CHECK_OK(statvfs("d", &sv));
	CHECK(sv.f_flag & ST_NOEXEC && sv.f_flag & ST_NODEV && sv.f_flag & ST_NOSUID);
	put_file("d/prog", "#!/init\n");
	CHECK_OK(chmod("d/prog", 0755));
	CHECK_ERRNO(execve("d/prog", argv, argv + 1), EACCES);
	CHECK_OK(mknod("d/null", S_IFCHR | 0666, 0x103));
	CHECK_ERRNO(open("d/null", O_RDONLY), EACCES);
	CHECK_OK(umount("d"));
}

TEST(size_limit_is_enospc)
{
	static char page[PAGE];
	int fd;

	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(mount("none", "d", "tmpfs", 0, "size=16k,nr_inodes=5"));
	fd = CHECK_OK(open("d/f", O_RDWR | O_CREAT, 0644));
	for (int i = 0; i < 4; i++)
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	CHECK_ERRNO(write(fd, page, PAGE), ENOSPC);
	CHECK_OK(ftruncate(fd, 0));
	CHECK_EQ(write(fd, page, PAGE), PAGE);
	CHECK_OK(mkdir("d/1", 0755));
	CHECK_OK(mkdir("d/2", 0755));
	CHECK_OK(mkdir("d/3", 0755));
	CHECK_ERRNO(mkdir("d/4", 0755), ENOSPC);
	close(fd);
	CHECK_OK(umount("d"));
}

TEST(dotdot_crosses_the_mount_point)
{
	struct stat a, b;

	CHECK_OK(mkdir("p", 0755));
	mount_tmpfs("p/d");
	CHECK_OK(stat("p/d/..", &a));
	CHECK_OK(stat("p", &b));
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK_OK(stat("p/d", &a));
	CHECK(a.st_dev != b.st_dev);
	CHECK_ERRNO(rmdir("p/d"), EBUSY);
	CHECK_OK(umount("p/d"));
}

TEST(stacked_mounts)
{
	mount_tmpfs("d");
	put_file("d/one", "");
	CHECK_OK(mount("none", "d", "tmpfs", 0, ""));
	CHECK_ERRNO(access("d/one", F_OK), ENOENT);
	CHECK_OK(umount("d"));
	CHECK_OK(access("d/one", F_OK));
	CHECK_OK(umount("d"));
}

TEST(moving_a_mount)
{
	mount_tmpfs("a");
	put_file("a/f", "x");
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("a", "b", NULL, MS_MOVE, NULL));
	CHECK_STR(get_file("b/f"), "x");
	CHECK_ERRNO(access("a/f", F_OK), ENOENT);
	CHECK_OK(umount("b"));
}

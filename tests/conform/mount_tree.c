// SPDX-License-Identifier: MIT
/* Trees of mounts: recursive and unbindable binds, moving, expiry, the root's own mount, pivot_root(2). */
#include "harness.h"

#include <sys/mount.h>

static void mount_tmpfs(const char *dir)
{
	CHECK_OK(mkdir(dir, 0755));
	CHECK_OK(mount("none", dir, "tmpfs", 0, ""));
}

static int pivot_root(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

/* This process's root becomes a mount of its own, which can be pivoted unlike the first root. */
static void enter_own_root(void)
{
	mount_tmpfs("r");
	put_file("r/mark", "old");
	CHECK_OK(chroot("r"));
	CHECK_OK(chdir("/"));
}

TEST(bind_leaves_submounts_out)
{
	mount_tmpfs("a");
	mount_tmpfs("a/sub");
	put_file("a/sub/f", "x");
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("a", "b", NULL, MS_BIND, NULL));
	CHECK_OK(access("b/sub", F_OK));
	CHECK_ERRNO(access("b/sub/f", F_OK), ENOENT);
	CHECK_OK(umount("b"));
	CHECK_OK(umount2("a", MNT_DETACH));
}

TEST(recursive_bind_copies_the_tree)
{
	mount_tmpfs("a");
	mount_tmpfs("a/1");
	mount_tmpfs("a/1/2");
	mount_tmpfs("a/3");
	put_file("a/1/2/f", "deep");
	put_file("a/3/f", "beside");
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK_STR(get_file("b/1/2/f"), "deep");
	CHECK_STR(get_file("b/3/f"), "beside");
	/* A copy: what is unmounted there stays here. */
	CHECK_OK(umount("b/3"));
	CHECK_OK(access("a/3/f", F_OK));
	CHECK_ERRNO(umount("b"), EBUSY);
	CHECK_OK(umount2("b", MNT_DETACH));
	CHECK_ERRNO(access("b/1", F_OK), ENOENT);
	CHECK_OK(umount2("a", MNT_DETACH));
}

TEST(recursive_bind_of_a_folder_takes_what_is_below_it)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("a/in", 0755));
	mount_tmpfs("a/in/m");
	mount_tmpfs("a/out");
	put_file("a/in/m/f", "");
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("a/in", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK_OK(access("b/m/f", F_OK));
	CHECK_ERRNO(access("b/out", F_OK), ENOENT);
	CHECK_OK(umount2("b", MNT_DETACH));
	CHECK_OK(umount2("a", MNT_DETACH));
}

TEST(unbindable_is_left_out)
{
	mount_tmpfs("a");
	mount_tmpfs("a/not");
	mount_tmpfs("a/yes");
	put_file("a/not/f", "");
	put_file("a/yes/f", "");
	CHECK_OK(mount(NULL, "a/not", NULL, MS_UNBINDABLE, NULL));
	CHECK_OK(mkdir("b", 0755));
	CHECK_ERRNO(mount("a/not", "b", NULL, MS_BIND, NULL), EINVAL);
	CHECK_OK(mount("a", "b", NULL, MS_BIND | MS_REC, NULL));
	CHECK_OK(access("b/yes/f", F_OK));
	CHECK_ERRNO(access("b/not/f", F_OK), ENOENT);
	CHECK_OK(umount2("b", MNT_DETACH));
	CHECK_OK(mount(NULL, "a", NULL, MS_PRIVATE | MS_REC, NULL));
	CHECK_OK(mount("a/not", "b", NULL, MS_BIND, NULL));
	CHECK_OK(umount("b"));
	CHECK_OK(umount2("a", MNT_DETACH));
}

TEST(propagation_refusals)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("a/d", 0755));
	CHECK_ERRNO(mount(NULL, "a", NULL, MS_PRIVATE | MS_SLAVE, NULL), EINVAL);
	CHECK_ERRNO(mount(NULL, "a", NULL, MS_PRIVATE | MS_NOEXEC, NULL), EINVAL);
	CHECK_ERRNO(mount(NULL, "a/d", NULL, MS_PRIVATE, NULL), EINVAL);
	CHECK_OK(mount(NULL, "a", NULL, MS_PRIVATE | MS_SILENT, NULL));
	CHECK_OK(umount("a"));
}

TEST(bind_refusals)
{
	put_file("f", "");
	CHECK_OK(mkdir("d", 0755));
	CHECK_ERRNO(mount(NULL, "d", NULL, MS_BIND, NULL), EINVAL);
	CHECK_ERRNO(mount("", "d", NULL, MS_BIND, NULL), EINVAL);
	CHECK_ERRNO(mount("missing", "d", NULL, MS_BIND, NULL), ENOENT);
	CHECK_ERRNO(mount("f", "d", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_ERRNO(mount("d", "f", NULL, MS_BIND, NULL), ENOTDIR);
	CHECK_ERRNO(mount("d", "d", NULL, MS_NOUSER, NULL), EINVAL);
}

TEST(the_same_file_system_on_itself_is_busy)
{
	CHECK_OK(mkdir("p", 0755));
	CHECK_OK(mount("sysfs", "p", "sysfs", 0, NULL));
	CHECK_ERRNO(mount("sysfs", "p", "sysfs", 0, NULL), EBUSY);
	CHECK_OK(umount("p"));
}

TEST(move_refusals)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("a/in", 0755));
	CHECK_OK(mkdir("b", 0755));
	put_file("f", "");
	CHECK_ERRNO(mount(NULL, "b", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_ERRNO(mount("missing", "b", NULL, MS_MOVE, NULL), ENOENT);
	CHECK_ERRNO(mount("a/in", "b", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_ERRNO(mount("a", "f", NULL, MS_MOVE, NULL), EINVAL);
	CHECK_ERRNO(mount("a", "a/in", NULL, MS_MOVE, NULL), ELOOP);
	CHECK_OK(umount("a"));
}

TEST(move_takes_submounts_along)
{
	mount_tmpfs("a");
	mount_tmpfs("a/sub");
	put_file("a/sub/f", "");
	CHECK_OK(mkdir("b", 0755));
	CHECK_OK(mount("a", "b", NULL, MS_MOVE, NULL));
	CHECK_OK(access("b/sub/f", F_OK));
	CHECK_OK(umount2("b", MNT_DETACH));
}

TEST(remount_refusals)
{
	int fd;

	mount_tmpfs("a");
	CHECK_OK(mkdir("a/d", 0755));
	CHECK_ERRNO(mount(NULL, "a/d", NULL, MS_REMOUNT, NULL), EINVAL);
	CHECK_ERRNO(mount(NULL, "a/d", NULL, MS_REMOUNT | MS_BIND, NULL), EINVAL);
	fd = CHECK_OK(open("a/f", O_WRONLY | O_CREAT, 0644));
	CHECK_ERRNO(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), EBUSY);
	close(fd);
	CHECK_OK(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	CHECK_ERRNO(open("a/f", O_WRONLY), EROFS);
	CHECK_OK(umount("a"));
}

TEST(expire_takes_two_calls)
{
	int fd;

	mount_tmpfs("a");
	put_file("a/f", "");
	CHECK_ERRNO(umount2("a", MNT_EXPIRE | MNT_FORCE), EINVAL);
	CHECK_ERRNO(umount2("a", MNT_EXPIRE | MNT_DETACH), EINVAL);
	fd = CHECK_OK(open("a/f", O_RDONLY));
	CHECK_ERRNO(umount2("a", MNT_EXPIRE), EBUSY);
	close(fd);
	CHECK_ERRNO(umount2("a", MNT_EXPIRE), EAGAIN);
	CHECK_OK(access("a/f", F_OK)); /* a use takes the mark away */
	CHECK_ERRNO(umount2("a", MNT_EXPIRE), EAGAIN);
	CHECK_OK(umount2("a", MNT_EXPIRE));
	CHECK_ERRNO(umount("a"), EINVAL);
}

TEST(nofollow_does_not_unmount_through_a_link)
{
	mount_tmpfs("a");
	CHECK_OK(symlink("a", "link"));
	CHECK_ERRNO(umount2("link", UMOUNT_NOFOLLOW), EINVAL);
	CHECK_OK(umount2("link", 0));
}

TEST(only_the_privileged_mount)
{
	mount_tmpfs("a");
	CHECK_OK(mkdir("b", 0755));
	become(1000);
	CHECK_ERRNO(mount("none", "b", "tmpfs", 0, ""), EPERM);
	CHECK_ERRNO(mount("a", "b", NULL, MS_BIND, NULL), EPERM);
	CHECK_ERRNO(mount("none", "missing", "tmpfs", 0, ""), ENOENT);
	CHECK_ERRNO(umount("a"), EPERM);
	CHECK_ERRNO(umount("b"), EPERM);
	CHECK_ERRNO(umount2("a", 0x100), EINVAL);
	CHECK_ERRNO(pivot_root("missing", "missing"), EPERM);
}

TEST(unmounting_the_own_root_makes_it_read_only)
{
	int fd;

	enter_own_root();
	CHECK_ERRNO(umount2("/", MNT_EXPIRE), EINVAL);
	fd = CHECK_OK(open("/mark", O_WRONLY));
	CHECK_ERRNO(umount("/"), EBUSY);
	close(fd);
	CHECK_OK(umount("/"));
	CHECK_ERRNO(open("/mark", O_WRONLY), EROFS);
	CHECK_STR(get_file("/mark"), "old");
}

TEST(pivot_root_changes_places)
{
	enter_own_root();
	mount_tmpfs("new");
	put_file("new/mark", "new");
	CHECK_OK(mkdir("new/old", 0755));
	pid_t other = CHILD(for (;;) pause());
	CHECK_OK(pivot_root("new", "new/old"));
	CHECK_STR(get_file("/mark"), "new");
	CHECK_STR(get_file("mark"), "new");
	CHECK_STR(get_file("/old/mark"), "old");
	kill(other, SIGKILL);
	wait_status(other);
}

/* Every process that has the old root goes to the new one, and its working directory too. */
TEST(pivot_root_takes_other_processes_along)
{
	int go[2], ready[2];
	char c;

	enter_own_root();
	mount_tmpfs("new");
	put_file("new/mark", "new");
	CHECK_OK(mkdir("new/old", 0755));
	CHECK_OK(mkdir("elsewhere", 0755));
	CHECK_OK(pipe(go));
	CHECK_OK(pipe(ready));
	pid_t other = CHILD(CHECK_OK(chdir("/elsewhere")); CHECK_EQ(write(ready[1], "", 1), 1);
			    CHECK_EQ(read(go[0], &c, 1), 1);
			    CHECK_STR(get_file("/mark"), "new"); CHECK_STR(get_file("../mark"), "old"));
	pid_t third = CHILD(CHECK_EQ(read(go[0], &c, 1), 1); CHECK_STR(get_file("mark"), "new"));
	CHECK_EQ(read(ready[0], &c, 1), 1);
	CHECK_OK(pivot_root("new", "new/old"));
	CHECK_EQ(write(go[1], "12", 2), 2);
	JOIN(other);
	JOIN(third);
	CHECK_OK(umount2("/old", MNT_DETACH));
	CHECK_ERRNO(access("/old/mark", F_OK), ENOENT);
}

TEST(pivot_root_refusals)
{
	enter_own_root();
	mount_tmpfs("new");
	CHECK_OK(mkdir("new/old", 0755));
	CHECK_OK(mkdir("plain", 0755));
	put_file("file", "");
	CHECK_ERRNO(pivot_root("missing", "new/old"), ENOENT);
	CHECK_ERRNO(pivot_root("new", "missing"), ENOENT);
	CHECK_ERRNO(pivot_root("file", "new/old"), ENOTDIR);
	CHECK_ERRNO(pivot_root("new", "file"), ENOTDIR);
	CHECK_ERRNO(pivot_root("plain", "new/old"), EBUSY); /* on the mount of the root */
	CHECK_ERRNO(pivot_root("new", "plain"), EBUSY);
	CHECK_OK(mkdir("new/in", 0755));
	CHECK_ERRNO(pivot_root("new/in", "new/old"), EINVAL); /* not the top of its mount */
	mount_tmpfs("second");
	CHECK_ERRNO(pivot_root("new", "second"), EINVAL); /* not below the new root */
	CHECK_OK(chroot("plain"));
	CHECK_ERRNO(pivot_root("new", "new/old"), EINVAL); /* the root is no mount */
}

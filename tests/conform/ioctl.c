// SPDX-License-Identifier: MIT
/* ioctl(2) commands that every file answers by its file system, and which complaint comes first. */
#include "harness.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <termios.h>

static int file_named(const char *name)
{
	return CHECK_OK(open(name, O_RDWR | O_CREAT, 0644));
}

TEST(freezing_tmpfs)
{
	int fd = file_named("f");

	CHECK_ERRNO(ioctl(fd, FIFREEZE, 0), EOPNOTSUPP);
	CHECK_ERRNO(ioctl(fd, FITHAW, 0), EINVAL);
	become(1000);
	CHECK_ERRNO(ioctl(fd, FIFREEZE, 0), EPERM);
	CHECK_ERRNO(ioctl(fd, FITHAW, 0), EPERM);
}

TEST(clone_finds_everything_else_wrong_first)
{
	int fd = file_named("f"), other = file_named("g"), dir = CHECK_OK(open(".", O_RDONLY)), p[2];
	int ro = CHECK_OK(open("f", O_RDONLY));
	struct file_clone_range r = { .src_fd = other };

	CHECK_OK(pipe(p));
	CHECK_ERRNO(ioctl(fd, FICLONE, 999), EBADF);
	CHECK_ERRNO(ioctl(fd, FICLONE, p[0]), EXDEV);
	CHECK_ERRNO(ioctl(fd, FICLONE, dir), EISDIR);
	CHECK_ERRNO(ioctl(ro, FICLONE, other), EBADF);
	CHECK_ERRNO(ioctl(fd, FICLONE, other), EOPNOTSUPP);
	CHECK_ERRNO(ioctl(fd, FICLONERANGE, bad_pointer()), EFAULT);
	CHECK_ERRNO(ioctl(fd, FICLONERANGE, &r), EOPNOTSUPP);
	r.src_fd = 999;
	CHECK_ERRNO(ioctl(fd, FICLONERANGE, &r), EBADF);
}

TEST(deduplication)
{
	struct file_dedupe_range r = { .src_length = 1 };
	int fd = file_named("f"), p[2];

	CHECK_OK(pipe(p));
	CHECK_ERRNO(ioctl(fd, FIDEDUPERANGE, bad_pointer()), EFAULT);
	CHECK_ERRNO(ioctl(fd, FIDEDUPERANGE, &r), EOPNOTSUPP);
	CHECK_ERRNO(ioctl(CHECK_OK(open(".", O_RDONLY)), FIDEDUPERANGE, &r), EISDIR);
	CHECK_ERRNO(ioctl(p[0], FIDEDUPERANGE, &r), EINVAL);
	r.reserved1 = 1;
	CHECK_ERRNO(ioctl(fd, FIDEDUPERANGE, &r), EINVAL);
	r.dest_count = 1000;
	CHECK_ERRNO(ioctl(fd, FIDEDUPERANGE, &r), ENOMEM);
}

TEST(size_is_what_is_allocated)
{
	long long size = -1;
	int fd = file_named("f");

	CHECK_EQ(pwrite(fd, "x", 1, 5 * PAGE), 1);
	CHECK_OK(ioctl(fd, FIOQSIZE, &size));
	CHECK_EQ(size, PAGE);
	CHECK_OK(ioctl(CHECK_OK(open(".", O_RDONLY)), FIOQSIZE, &size));
	CHECK_EQ(size, 0);
	CHECK_ERRNO(ioctl(CHECK_OK(open("/dev/null", O_RDONLY)), FIOQSIZE, &size), ENOTTY);
}

TEST(block_size_and_maps)
{
	int n = 0, fd = file_named("f");

	CHECK_OK(ioctl(fd, FIGETBSZ, &n));
	CHECK_EQ(n, PAGE);
	CHECK_OK(ioctl(CHECK_OK(open("/proc/self/status", O_RDONLY)), FIGETBSZ, &n));
	CHECK_EQ(n, 1024);
	CHECK_ERRNO(ioctl(fd, FS_IOC_FIEMAP, bad_pointer()), EOPNOTSUPP);
	CHECK_ERRNO(ioctl(fd, FIBMAP, bad_pointer()), EFAULT);
	n = 0;
	CHECK_ERRNO(ioctl(fd, FIBMAP, &n), EINVAL);
	become(1000);
	CHECK_ERRNO(ioctl(fd, FIBMAP, bad_pointer()), EPERM);
}

TEST(no_flags_are_set)
{
	int flags = -1, zero = 0, fd = file_named("f"), null = CHECK_OK(open("/dev/null", O_RDWR));
	struct fsxattr x = { .fsx_xflags = 99 };

	CHECK_OK(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	CHECK_EQ(flags, 0);
	CHECK_OK(ioctl(fd, FS_IOC_SETFLAGS, &zero));
	CHECK_OK(ioctl(fd, FS_IOC_FSGETXATTR, &x));
	CHECK_EQ(x.fsx_xflags, 0);
	CHECK_ERRNO(ioctl(null, FS_IOC_GETFLAGS, &flags), ENOTTY);
	CHECK_ERRNO(ioctl(null, FS_IOC_SETFLAGS, bad_pointer()), EFAULT);
	CHECK_ERRNO(ioctl(null, FS_IOC_SETFLAGS, &zero), ENOTTY);
}

TEST(unknown_commands_do_not_look_at_the_argument)
{
	int p[2], timer = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));

	CHECK_OK(pipe(p));
	CHECK_ERRNO(ioctl(p[0], TCSETS, bad_pointer()), ENOTTY);
	CHECK_ERRNO(ioctl(timer, TIOCSWINSZ, bad_pointer()), ENOTTY);
	CHECK_ERRNO(ioctl(timer, FITRIM, bad_pointer()), ENOTTY);
	CHECK_ERRNO(ioctl(CHECK_OK(open("/dev/random", O_RDONLY)), TCSETS, bad_pointer()), EINVAL);
	CHECK_ERRNO(ioctl(CHECK_OK(open("/dev/random", O_RDONLY)), 0x1234, 0), EINVAL);
}

TEST(locking_a_terminal_needs_the_right_first)
{
	int pt = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));

	CHECK_ERRNO(ioctl(pt, TIOCSLCKTRMIOS, bad_pointer()), EFAULT);
	become(1000);
	CHECK_ERRNO(ioctl(pt, TIOCSLCKTRMIOS, bad_pointer()), EPERM);
	CHECK_ERRNO(ioctl(pt, TIOCGLCKTRMIOS, bad_pointer()), EFAULT);
}

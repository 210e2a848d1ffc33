// SPDX-License-Identifier: MIT
/* inotify(7): inotify_init1(2), inotify_add_watch(2), inotify_rm_watch(2), and what is reported when. */
#include "harness.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

/* Everything that is queued, as text: "wd:EVENT[+EVENT][(name)] …". */
static const char *events(int fd)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = { { IN_ACCESS, "access" },
		      { IN_MODIFY, "modify" },
		      { IN_ATTRIB, "attrib" },
		      { IN_CLOSE_WRITE, "close_write" },
		      { IN_CLOSE_NOWRITE, "close_nowrite" },
		      { IN_OPEN, "open" },
		      { IN_MOVED_FROM, "from" },
		      { IN_MOVED_TO, "to" },
		      { IN_CREATE, "create" },
		      { IN_DELETE, "delete" },
		      { IN_DELETE_SELF, "delete_self" },
		      { IN_MOVE_SELF, "move_self" },
		      { IN_UNMOUNT, "unmount" },
		      { IN_Q_OVERFLOW, "overflow" },
		      { IN_IGNORED, "ignored" },
		      { IN_ISDIR, "dir" } };
	static char text[4096];
	char buf[4096] __attribute__((aligned(8)));
	size_t at = 0;
	ssize_t n;

	text[0] = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + n;) {
			struct inotify_event *e = (void *)p;
			const char *sep = ":";

			at += snprintf(text + at, sizeof(text) - at, "%s%d", at ? " " : "", e->wd);
			for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
				if (!(e->mask & names[i].bit))
					continue;
				at += snprintf(text + at, sizeof(text) - at, "%s%s", sep, names[i].name);
				sep = "+";
			}
			if (e->len) {
				CHECK_EQ(e->len % sizeof(*e), 0);
				at += snprintf(text + at, sizeof(text) - at, "(%s)", e->name);
			}
			p += sizeof(*e) + e->len;
		}
	}
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EAGAIN);
	return text;
}

static int watch(const char *path, uint32_t mask)
{
	int fd = CHECK_OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));

	CHECK_EQ(inotify_add_watch(fd, path, mask), 1);
	return fd;
}

TEST(descriptor_flags)
{
	int fd = CHECK_OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));

	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_NONBLOCK | O_RDONLY);
	CHECK_EQ(fcntl(CHECK_OK(inotify_init()), F_GETFL), O_RDONLY);
	CHECK_ERRNO(inotify_init1(1), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	CHECK_ERRNO(read(fd, &(char[64]){ 0 }, 64), EAGAIN);
}

TEST(add_watch_refusals_in_order)
{
	int fd = CHECK_OK(inotify_init1(0)), null = CHECK_OK(open("/dev/null", O_RDONLY));

	put_file("f", "x");
	CHECK_ERRNO(inotify_add_watch(-1, NULL, 0), EINVAL);
	CHECK_ERRNO(inotify_add_watch(-1, NULL, 0x00800000), EINVAL);
	CHECK_ERRNO(inotify_add_watch(-1, NULL, IN_OPEN), EBADF);
	CHECK_ERRNO(inotify_add_watch(null, NULL, IN_OPEN), EINVAL);
	CHECK_ERRNO(inotify_add_watch(fd, bad_pointer(), IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), EINVAL);
	CHECK_ERRNO(inotify_add_watch(fd, bad_pointer(), IN_OPEN), EFAULT);
	CHECK_ERRNO(inotify_add_watch(fd, "", IN_OPEN), ENOENT);
	CHECK_ERRNO(inotify_add_watch(fd, "none", IN_OPEN), ENOENT);
	CHECK_ERRNO(inotify_add_watch(fd, "f", IN_OPEN | IN_ONLYDIR), ENOTDIR);
	CHECK_ERRNO(inotify_rm_watch(-1, 1), EBADF);
	CHECK_ERRNO(inotify_rm_watch(null, 1), EINVAL);
	CHECK_ERRNO(inotify_rm_watch(fd, 1), EINVAL);
	CHECK_OK(chmod("f", 0));
	become(1000);
	CHECK_ERRNO(inotify_add_watch(fd, "f", IN_OPEN), EACCES);
}

TEST(watch_numbers_and_masks)
{
	int fd = CHECK_OK(inotify_init1(IN_NONBLOCK));

	put_file("f", "");
	put_file("g", "");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN), 1);
	CHECK_EQ(inotify_add_watch(fd, "g", IN_OPEN), 2);
	CHECK_EQ(inotify_add_watch(fd, "f", IN_ATTRIB), 1);
	CHECK_ERRNO(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_CREATE), EEXIST);
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "");
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_ADD), 1);
	close(open("f", O_RDONLY));
	CHECK_OK(chmod("f", 0600));
	CHECK_STR(events(fd), "1:open 1:attrib");
	CHECK_OK(inotify_rm_watch(fd, 1));
	CHECK_STR(events(fd), "1:ignored");
	CHECK_ERRNO(inotify_rm_watch(fd, 1), EINVAL);
	CHECK_EQ(inotify_add_watch(fd, "f", IN_OPEN | IN_MASK_CREATE), 3);
}

TEST(life_of_a_file_seen_from_its_directory)
{
	int dir = watch(".", IN_ALL_EVENTS), fd;
	char c;

	fd = CHECK_OK(open("new", O_RDWR | O_CREAT, 0644));
	CHECK_EQ(write(fd, "ab", 2), 2);
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_OK(ftruncate(fd, 1));
	CHECK_OK(fchmod(fd, 0600));
	close(fd);
	CHECK_STR(events(dir),
		  "1:create(new) 1:open(new) 1:modify(new) 1:access(new) 1:modify(new) 1:attrib(new) "
		  "1:close_write(new)");
	close(CHECK_OK(open("new", O_RDONLY)));
	close(CHECK_OK(open("new", O_WRONLY | O_TRUNC)));
	CHECK_OK(truncate("new", 5));
	CHECK_OK(link("new", "other"));
	CHECK_OK(unlink("new"));
	CHECK_STR(events(dir),
		  "1:open(new) 1:close_nowrite(new) 1:modify(new) 1:open(new) 1:close_write(new) "
		  "1:modify(new) 1:create(other) 1:delete(new)");
	CHECK_OK(mkdir("d", 0755));
	CHECK_OK(symlink("x", "s"));
	CHECK_OK(mkfifo("p", 0644));
	CHECK_OK(rmdir("d"));
	CHECK_STR(events(dir), "1:create+dir(d) 1:create(s) 1:create(p) 1:delete+dir(d)");
}

TEST(times_tell_what_changed)
{
	struct timespec both[2] = { { 1, 0 }, { 2, 0 } };
	struct timespec a[2] = { { 1, 0 }, { 0, UTIME_OMIT } }, m[2] = { { 0, UTIME_OMIT }, { 1, 0 } };
	int fd;

	put_file("f", "");
	fd = watch("f", IN_ALL_EVENTS);
	CHECK_OK(utimensat(AT_FDCWD, "f", both, 0));
	CHECK_OK(utimensat(AT_FDCWD, "f", a, 0));
	CHECK_OK(utimensat(AT_FDCWD, "f", m, 0));
	CHECK_OK(chown("f", 0, 0));
	CHECK_STR(events(fd), "1:attrib 1:access 1:modify 1:attrib");
}

TEST(end_of_a_watched_file)
{
	int fd, open_fd;

	put_file("f", "");
	fd = watch("f", IN_ALL_EVENTS);
	CHECK_OK(unlink("f"));
	CHECK_STR(events(fd), "1:attrib 1:delete_self 1:ignored");
	CHECK_ERRNO(inotify_rm_watch(fd, 1), EINVAL);
	put_file("f", "");
	open_fd = CHECK_OK(open("f", O_RDONLY));
	CHECK_EQ(inotify_add_watch(fd, "f", IN_ALL_EVENTS), 2);
	CHECK_OK(unlink("f"));
	CHECK_STR(events(fd), "2:attrib");
	close(open_fd);
	CHECK_STR(events(fd), "2:close_nowrite 2:delete_self 2:ignored");
}

TEST(end_of_a_watched_directory)
{
	int fd;

	CHECK_OK(mkdir("d", 0755));
	fd = watch("d", IN_ALL_EVENTS);
	CHECK_EQ(inotify_add_watch(fd, ".", IN_ALL_EVENTS), 2);
	CHECK_OK(rmdir("d"));
	CHECK_STR(events(fd), "1:delete_self 1:ignored 2:delete+dir(d)");
}

TEST(rename_pairs_by_cookie)
{
	char buf[1024] __attribute__((aligned(8)));
	struct inotify_event *e = (void *)buf;
	uint32_t cookie;
	int fd;

	CHECK_OK(mkdir("a", 0755));
	CHECK_OK(mkdir("b", 0755));
	put_file("a/x", "");
	put_file("b/y", "");
	fd = watch("a", IN_ALL_EVENTS);
	CHECK_EQ(inotify_add_watch(fd, "b", IN_ALL_EVENTS), 2);
	CHECK_EQ(inotify_add_watch(fd, "a/x", IN_MOVE_SELF), 3);
	CHECK_EQ(inotify_add_watch(fd, "b/y", IN_ATTRIB | IN_DELETE_SELF), 4);
	CHECK_OK(rename("a/x", "b/y"));
	CHECK_EQ(read(fd, buf, 2 * sizeof(*e) + 32), 2 * sizeof(*e) + 32);
	CHECK_EQ(e->mask, IN_MOVED_FROM);
	CHECK_STR(e->name, "x");
	cookie = e->cookie;
	CHECK(cookie);
	e = (void *)(buf + sizeof(*e) + e->len);
	CHECK_EQ(e->mask, IN_MOVED_TO);
	CHECK_EQ(e->wd, 2);
	CHECK_STR(e->name, "y");
	CHECK_EQ(e->cookie, cookie);
	CHECK_STR(events(fd), "4:attrib 3:move_self 4:delete_self 4:ignored");
	CHECK_OK(rename("b", "c"));
	CHECK_STR(events(fd), "2:move_self");
}

TEST(equal_events_in_a_row_are_one)
{
	int fd, f;

	put_file("f", "");
	f = CHECK_OK(open("f", O_RDWR));
	fd = watch("f", IN_ALL_EVENTS);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(write(f, "x", 1), 1);
	CHECK_EQ(pread(f, &(char){ 0 }, 1, 0), 1);
	CHECK_EQ(write(f, "x", 1), 1);
	CHECK_STR(events(fd), "1:modify 1:access 1:modify");
}

TEST(oneshot_ends_after_one_event)
{
	int fd;

	put_file("f", "");
	fd = watch("f", IN_OPEN | IN_ONESHOT);
	close(open("f", O_RDONLY));
	close(open("f", O_RDONLY));
	CHECK_STR(events(fd), "1:open 1:ignored");
}

TEST(unlinked_children_can_be_excluded)
{
	int all = watch(".", IN_MODIFY), some = watch(".", IN_MODIFY | IN_EXCL_UNLINK);
	int f = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644));

	CHECK_OK(unlink("f"));
	CHECK_EQ(write(f, "x", 1), 1);
	CHECK_STR(events(all), "1:modify(f)");
	CHECK_STR(events(some), "");
}

TEST(link_itself_is_watched_when_asked)
{
	int fd;

	put_file("f", "");
	CHECK_OK(symlink("f", "s"));
	fd = watch("s", IN_ALL_EVENTS | IN_DONT_FOLLOW);
	close(open("s", O_RDONLY));
	CHECK_STR(events(fd), "");
	CHECK_OK(unlink("s"));
	CHECK_STR(events(fd), "1:attrib 1:delete_self 1:ignored");
}

TEST(reading_a_directory_is_access)
{
	char buf[1024];
	int fd, dir;

	CHECK_OK(mkdir("d", 0755));
	fd = watch("d", IN_ALL_EVENTS);
	dir = CHECK_OK(open("d", O_RDONLY));
	CHECK(syscall(SYS_getdents64, dir, buf, sizeof(buf)) > 0);
	close(dir);
	CHECK_STR(events(fd), "1:open+dir 1:access+dir 1:close_nowrite+dir");
}

TEST(path_descriptors_are_silent)
{
	int fd;

	put_file("f", "");
	fd = watch("f", IN_ALL_EVENTS);
	close(CHECK_OK(open("f", O_PATH)));
	CHECK_STR(events(fd), "");
}

TEST(short_buffer_is_einval_and_size_is_known)
{
	char buf[64];
	int fd = watch(".", IN_CREATE), size;

	put_file("some_name", "");
	CHECK_ERRNO(read(fd, buf, 16), EINVAL);
	CHECK_ERRNO(read(fd, buf, 31), EINVAL);
	CHECK_OK(ioctl(fd, FIONREAD, &size));
	CHECK_EQ(size, 32);
	put_file("more", "");
	CHECK_EQ(read(fd, buf, 63), 32);
	CHECK_ERRNO(read(fd, bad_pointer(), 32), EFAULT);
	CHECK_ERRNO(read(fd, buf, 64), EAGAIN);
}

TEST(poll_epoll_and_blocking_read)
{
	int fd = CHECK_OK(inotify_init1(0)), ep = CHECK_OK(epoll_create1(0));
	struct epoll_event ev = { .events = EPOLLIN };
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	char buf[64];

	CHECK_EQ(inotify_add_watch(fd, ".", IN_CREATE), 1);
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 0);
	pid_t child = CHILD(sleep_ms(30); put_file("x", ""));
	CHECK_EQ(read(fd, buf, sizeof(buf)), 32);
	JOIN(child);
	put_file("y", "");
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_EQ(epoll_wait(ep, &ev, 1, 0), 1);
	catch_signal(SIGUSR1, 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 32);
	pid_t poker = poke_start(SIGUSR1);
	CHECK_ERRNO(read(fd, buf, sizeof(buf)), EINTR);
	poke_stop(poker);
}

TEST(unmount_is_reported)
{
	int fd = CHECK_OK(inotify_init1(IN_NONBLOCK));

	CHECK_OK(mkdir("m", 0755));
	CHECK_OK(mount("t", "m", "tmpfs", 0, NULL));
	put_file("m/f", "");
	CHECK_EQ(inotify_add_watch(fd, "m/f", IN_OPEN), 1);
	CHECK_OK(umount("m"));
	CHECK_STR(events(fd), "1:unmount 1:ignored");
}

TEST(overflow_is_told_once)
{
	int limit = atoi(get_file("/proc/sys/fs/inotify/max_queued_events")), fd, f, size, n = 0;
	char buf[4096] __attribute__((aligned(8)));
	struct inotify_event *last = NULL;
	ssize_t got;

	put_file("f", "xx");
	f = CHECK_OK(open("f", O_RDWR));
	fd = watch("f", IN_ACCESS | IN_MODIFY);
	for (int i = 0; i < limit / 2 + 10; i++) {
		CHECK_EQ(pread(f, buf, 1, 0), 1);
		CHECK_EQ(pwrite(f, "x", 1, 0), 1);
	}
	CHECK_OK(ioctl(fd, FIONREAD, &size));
	CHECK_EQ(size, (limit + 1) * (int)sizeof(*last));
	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		n += got / sizeof(*last);
		last = (void *)(buf + got - sizeof(*last));
	}
	CHECK_EQ(n, limit + 1);
	CHECK_EQ(last->mask, IN_Q_OVERFLOW);
	CHECK_EQ(last->wd, -1);
	CHECK_EQ(pread(f, buf, 1, 0), 1);
	CHECK_STR(events(fd), "1:access");
}

TEST(instances_are_limited)
{
	int limit = atoi(get_file("/proc/sys/fs/inotify/max_user_instances")), n = 0, fd;

	while ((fd = inotify_init1(0)) >= 0 && n < limit + 10)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n <= limit && n > limit / 2);
}

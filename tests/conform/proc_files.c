// SPDX-License-Identifier: MIT
/* What the smaller files of /proc, /sys and /dev say and take. */
#include "harness.h"

#include <dirent.h>
#include <elf.h>
#include <linux/capability.h>
#include <linux/random.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>

static void has(const char *path, const char *want)
{
	const char *text = get_file(path);

	if (!strstr(text, want))
		FAIL("no \"%s\" in %s: %s", want, path, text);
}

/* The file is this number alone. */
static long long number_in(const char *path)
{
	char *end;
	long long n = strtoll(get_file(path), &end, 10);

	if (strcmp(end, "\n"))
		FAIL("%s is not a number: %s", path, get_file(path));
	return n;
}

static const char *fdinfo(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	return get_file(path);
}

static bool lists(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	CHECK(d != NULL);
	while ((e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	closedir(d);
	return found;
}

TEST(limits_of_the_kernel)
{
	CHECK(number_in("/proc/sys/kernel/threads-max") > 0);
	CHECK_EQ(number_in("/proc/sys/kernel/ngroups_max"), 65536);
	CHECK_EQ(number_in("/proc/sys/kernel/cap_last_cap"), CAP_LAST_CAP);
	CHECK_EQ(number_in("/proc/sys/kernel/overflowuid"), 65534);
	CHECK_EQ(number_in("/proc/sys/kernel/overflowgid"), 65534);
	CHECK_EQ(number_in("/proc/sys/kernel/randomize_va_space"), 2);
	number_in("/proc/sys/kernel/panic");
	number_in("/proc/sys/kernel/tainted");
	CHECK_STR(get_file("/proc/sys/kernel/core_pattern"), "core\n");
	CHECK_STR(get_file("/proc/sys/kernel/ostype"), "Linux\n");
	CHECK(number_in("/proc/sys/kernel/pid_max") > 300);
	CHECK(*get_file("/proc/sys/kernel/version") == '#');
}

TEST(limits_of_memory_and_files)
{
	CHECK_EQ(number_in("/proc/sys/vm/overcommit_memory"), 0);
	CHECK_EQ(number_in("/proc/sys/vm/max_map_count"), 65530);
	CHECK_EQ(number_in("/proc/sys/vm/mmap_min_addr"), 65536);
	number_in("/proc/sys/vm/swappiness");
	CHECK(number_in("/proc/sys/fs/file-max") > 1000);
	CHECK_EQ(number_in("/proc/sys/fs/nr_open"), 1048576);
	CHECK_EQ(number_in("/proc/sys/fs/pipe-max-size"), 1048576);
	CHECK(number_in("/proc/sys/fs/inotify/max_user_watches") > 0);
	CHECK(number_in("/proc/sys/fs/inotify/max_user_instances") > 0);
	CHECK(number_in("/proc/sys/fs/inotify/max_queued_events") > 0);
	long used, unused, max;

	CHECK_EQ(sscanf(get_file("/proc/sys/fs/file-nr"), "%ld %ld %ld\n", &used, &unused, &max), 3);
	CHECK(used >= 0); /* Linux counts roughly */
	CHECK_EQ(unused, 0);
}

TEST(names_of_the_machine_are_written)
{
	struct utsname before, now;

	uname(&before);
	put_file("/proc/sys/kernel/hostname", "short\n");
	put_file("/proc/sys/kernel/domainname", "example");
	uname(&now);
	CHECK_OK(sethostname(before.nodename, strlen(before.nodename)));
	CHECK_STR(now.nodename, "short");
	CHECK_STR(now.domainname, "example");
	has("/proc/sys/kernel/domainname", "example\n");
	CHECK_OK(setdomainname(before.domainname, strlen(before.domainname)));
	become(1000);
	CHECK_ERRNO(open("/proc/sys/kernel/hostname", O_WRONLY), EACCES);
}

TEST(random_names)
{
	char first[64];
	const char *text = get_file("/proc/sys/kernel/random/uuid");

	CHECK_EQ(strlen(text), 37);
	CHECK(text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' && text[36] == '\n');
	CHECK_EQ(text[14], '4');
	CHECK(strchr("89ab", text[19]));
	strcpy(first, text);
	CHECK(strcmp(get_file("/proc/sys/kernel/random/uuid"), first));
	strcpy(first, get_file("/proc/sys/kernel/random/boot_id"));
	CHECK_EQ(strlen(first), 37);
	CHECK_STR(get_file("/proc/sys/kernel/random/boot_id"), first);
	CHECK_EQ(number_in("/proc/sys/kernel/random/entropy_avail"), 256);
	CHECK_EQ(number_in("/proc/sys/kernel/random/poolsize"), 256);
}

TEST(lists_of_devices)
{
	has("/proc/devices", "Character devices:\n");
	has("/proc/devices", "  1 mem\n");
	has("/proc/devices", "  5 /dev/ptmx\n");
	has("/proc/devices", "\nBlock devices:\n");
	has("/proc/swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	CHECK_STR(get_file("/proc/partitions"), ""); /* no disk, no heading */
	has("/proc/cmdline", "rdinit=/init");
}

/* The lines of one area of /proc/self/smaps. */
static const char *area_of(void *p)
{
	static char area[2048];
	char start[32];
	const char *text, *at;

	snprintf(start, sizeof(start), "%08lx-", (unsigned long)p);
	text = get_file("/proc/self/smaps");
	at = strstr(text, start);
	if (!at)
		FAIL("no %s in smaps", start);
	snprintf(area, sizeof(area), "%s", at);
	at = strstr(area, "VmFlags:");
	if (at)
		area[at - area] = 0;
	return area;
}

TEST(smaps_count_pages)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_OK(mprotect(p + 3 * PAGE, PAGE, PROT_READ)); /* an area of its own */
	memset(p, 1, 2 * PAGE);
	const char *area = area_of(p);

	CHECK(strstr(area, "\nSize:                 12 kB\n"));
	CHECK(strstr(area, "\nKernelPageSize:        4 kB\n"));
	CHECK(strstr(area, "\nRss:                   8 kB\n"));
	CHECK(strstr(area, "\nPss:                   8 kB\n"));
	CHECK(strstr(area, "\nPrivate_Dirty:         8 kB\n"));
	CHECK(strstr(area, "\nAnonymous:             8 kB\n"));
	CHECK(strstr(area, "\nLocked:                0 kB\n"));
	CHECK_OK(mlock(p, 3 * PAGE));
	area = area_of(p);
	CHECK(strstr(area, "\nRss:                  12 kB\n"));
	CHECK(strstr(area, "\nLocked:               12 kB\n"));
}

TEST(environ_and_auxv)
{
	unsigned long aux[64];
	ssize_t n;
	int fd, found = 0;

	fd = CHECK_OK(open("/proc/self/auxv", O_RDONLY));
	n = CHECK_OK(read(fd, aux, sizeof(aux))) / sizeof(long);
	CHECK(n >= 8 && n % 2 == 0);
	for (ssize_t i = 0; i < n; i += 2)
		found += aux[i] == AT_PAGESZ && aux[i + 1] == PAGE;
	CHECK_EQ(found, 1);
	CHECK_EQ(aux[n - 2], AT_NULL);
	CHECK_OK(open("/proc/self/environ", O_RDONLY));
	become(1000);
	CHECK_ERRNO(open("/proc/1/environ", O_RDONLY), EACCES);
	CHECK_ERRNO(open("/proc/1/auxv", O_RDONLY), EACCES);
}

TEST(files_of_a_zombie)
{
	char path[64], state[64];
	pid_t child = CHILD();
	siginfo_t info;

	CHECK_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	snprintf(path, sizeof(path), "/proc/%d/statm", child);
	CHECK_STR(get_file(path), "0 0 0 0 0 0 0\n");
	snprintf(path, sizeof(path), "/proc/%d/cmdline", child);
	CHECK_STR(get_file(path), "");
	snprintf(path, sizeof(path), "/proc/%d/maps", child);
	CHECK_STR(get_file(path), "");
	snprintf(path, sizeof(path), "/proc/%d/exe", child);
	CHECK_ERRNO(readlink(path, state, sizeof(state)), ENOENT);
	JOIN(child);
}

TEST(score_of_the_memory_killer)
{
	put_file("/proc/self/oom_score_adj", "300");
	CHECK_EQ(number_in("/proc/self/oom_score_adj"), 300);
	int fd = CHECK_OK(open("/proc/self/oom_score_adj", O_RDWR));

	CHECK_ERRNO(write(fd, "1001", 4), EINVAL);
	CHECK_ERRNO(write(fd, "-1001", 5), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	pid_t child = CHILD(CHECK_EQ(number_in("/proc/self/oom_score_adj"), 300));

	JOIN(child);
	become(1000);
	CHECK_ERRNO(write(fd, "299", 3), EACCES);
}

TEST(name_of_a_task_is_written)
{
	put_file("/proc/self/comm", "renamed\n");
	CHECK_STR(get_file("/proc/self/comm"), "renamed\n\n"); /* it is part of the name */
	put_file("/proc/self/comm", "renamed");
	CHECK_STR(get_file("/proc/self/comm"), "renamed\n");
	put_file("/proc/self/comm", "much too long for a name");
	CHECK_STR(get_file("/proc/self/comm"), "much too long f\n");
}

TEST(personality_and_wchan)
{
	CHECK_STR(get_file("/proc/self/personality"), "00000000\n");
	CHECK_OK(personality(ADDR_NO_RANDOMIZE));
	CHECK_STR(get_file("/proc/self/personality"), "00040000\n");
	CHECK_STR(get_file("/proc/self/wchan"), "0");
}

TEST(fdinfo_of_special_files)
{
	char want[64];
	sigset_t set;
	struct itimerspec its = { { 0, 0 }, { 1000, 0 } };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.u64 = 0x1234 };
	int fd = CHECK_OK(eventfd(42, 0));

	CHECK(strstr(fdinfo(fd), "eventfd-count:               2a\n"));
	int ep = CHECK_OK(epoll_create1(0));

	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	snprintf(want, sizeof(want), "tfd: %8d events: %8x data: %16x ", fd, EPOLLIN | EPOLLET | EPOLLERR | EPOLLHUP,
		 0x1234);
	CHECK(strstr(fdinfo(ep), want));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, 64);
	CHECK(strstr(fdinfo(CHECK_OK(signalfd(-1, &set, 0))), "sigmask:\t8000000000000200\n"));
	fd = CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
	CHECK(strstr(fdinfo(fd), "clockid: 1\nticks: 0\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (0, 0)\n"));
	CHECK_OK(timerfd_settime(fd, 0, &its, NULL));
	CHECK(strstr(fdinfo(fd), "it_value: (999, "));
	fd = CHECK_OK(inotify_init());
	CHECK_EQ(inotify_add_watch(fd, ".", IN_CREATE), 1);
	CHECK(strstr(fdinfo(fd), "inotify wd:1 ino:"));
	CHECK(strstr(fdinfo(fd), " mask:100 "));
	CHECK_EQ(inotify_add_watch(fd, ".", IN_CREATE | IN_ONESHOT | IN_EXCL_UNLINK), 1);
	CHECK(strstr(fdinfo(fd), " mask:84000100 "));
}

TEST(seeking_in_proc)
{
	char a[32], b[32];
	int fd = CHECK_OK(open("/proc/self/stat", O_RDONLY));

	CHECK_EQ(read(fd, a, 10), 10);
	CHECK_EQ(lseek(fd, -5, SEEK_CUR), 5);
	CHECK_EQ(read(fd, b, 5), 5);
	CHECK_MEM(a + 5, b, 5);
	CHECK_EQ(pread(fd, b, 10, 0), 10);
	CHECK_MEM(a, b, 10);
	CHECK_ERRNO(lseek(fd, 0, SEEK_END), EINVAL);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(fchmod(fd, 0600), EPERM);
}

TEST(processors_in_sysfs)
{
	char want[32];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	CHECK_OK(mkdir("s", 0755));
	CHECK_OK(mount("none", "s", "sysfs", 0, NULL));
	if (cpus > 1)
		snprintf(want, sizeof(want), "0-%ld\n", cpus - 1);
	else
		snprintf(want, sizeof(want), "0\n");
	CHECK_STR(get_file("s/devices/system/cpu/online"), want);
	CHECK_STR(get_file("s/devices/system/cpu/present"), want);
	CHECK_OK(access("s/devices/system/cpu/possible", R_OK));
	get_file("s/devices/system/cpu/offline");
	CHECK(number_in("s/devices/system/cpu/kernel_max") >= cpus - 1);
	CHECK(lists("s/devices/system/cpu", "cpu0"));
	CHECK(lists("s/devices/system/cpu", "online"));
	CHECK(lists("s", "devices"));
	CHECK(lists("s", ".."));
	CHECK_OK(access("s/devices/system/cpu/cpu0", X_OK));
	CHECK_ERRNO(access("s/devices/system/cpu/cpu4096", F_OK), ENOENT);
	CHECK_ERRNO(access("s/devices/missing", F_OK), ENOENT);
	CHECK_OK(umount("s"));
}

TEST(terminals_are_listed)
{
	char name[16];
	int n, m = CHECK_OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));

	CHECK_OK(ioctl(m, TIOCGPTN, &n));
	snprintf(name, sizeof(name), "%d", n);
	CHECK(lists("/dev/pts", name));
	CHECK(lists("/dev/pts", "ptmx"));
	CHECK(lists("/dev/pts", "."));
	close(m);
	CHECK(!lists("/dev/pts", name));
	CHECK_ERRNO(open("/dev/pts/4000000", O_RDWR), ENOENT);
	CHECK_ERRNO(open("/dev/pts/x", O_RDWR), ENOENT);
	CHECK_ERRNO(open("/dev/pts/00", O_RDWR), ENOENT);
}

TEST(random_devices)
{
	int count = 0, fd = CHECK_OK(open("/dev/urandom", O_RDWR));

	CHECK_EQ(write(fd, get_file("/proc/self/status"), 600), 600);
	CHECK_ERRNO(write(fd, bad_pointer(), 8), EFAULT);
	CHECK_ERRNO(read(fd, bad_pointer(), 8), EFAULT);
	CHECK_OK(ioctl(fd, RNDGETENTCNT, &count));
	CHECK_EQ(count, 256);
	CHECK_OK(ioctl(fd, RNDADDTOENTCNT, &count));
	CHECK_OK(ioctl(fd, RNDRESEEDCRNG));
	CHECK_ERRNO(ioctl(fd, 0x5299), EINVAL);
	become(1000);
	CHECK_ERRNO(ioctl(fd, RNDADDTOENTCNT, &count), EPERM);
	CHECK_ERRNO(ioctl(fd, RNDZAPENTCNT), EPERM);
}

TEST(kernel_log_takes_lines)
{
	static char long_line[4096];
	int fd = CHECK_OK(open("/dev/kmsg", O_WRONLY));

	CHECK_EQ(write(fd, "<7>quiet case\n", 14), 14);
	CHECK_EQ(write(fd, "<7>and one without an end", 25), 25);
	memset(long_line, 'x', sizeof(long_line));
	CHECK_ERRNO(write(fd, long_line, sizeof(long_line)), EINVAL);
	CHECK_ERRNO(write(fd, bad_pointer(), 8), EFAULT);
}

TEST(null_zero_and_full)
{
	char buf[16] = "xxxxxxxx";
	int fd = CHECK_OK(open("/dev/zero", O_RDWR));

	CHECK_EQ(read(fd, buf, 4), 4);
	CHECK_MEM(buf, "\0\0\0\0xxxx", 8);
	CHECK_ERRNO(read(fd, bad_pointer(), 8), EFAULT);
	CHECK_EQ(read(fd, page_edge() - 8, 16), 8);
	CHECK_EQ(write(fd, bad_pointer(), 8), 8);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
	fd = CHECK_OK(open("/dev/full", O_RDWR));
	CHECK_ERRNO(write(fd, buf, 1), ENOSPC);
	CHECK_EQ(read(fd, buf, 8), 8);
	fd = CHECK_OK(open("/dev/null", O_RDWR));
	CHECK_EQ(read(fd, buf, 8), 0);
	CHECK_EQ(write(fd, bad_pointer(), 8), 8);
}

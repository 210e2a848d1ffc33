// SPDX-License-Identifier: MIT
/* The files of /proc that ordinary programs read, and /dev nodes. */
#include "harness.h"

#include <dirent.h>

static const char *own(const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/%s", file);
	return get_file(path);
}

TEST(self_points_to_the_reader)
{
	char buf[32] = "";

	CHECK(readlink("/proc/self", buf, sizeof(buf) - 1) > 0);
	CHECK_EQ(atoi(buf), getpid());
	CHECK(readlink("/proc/thread-self", buf, sizeof(buf) - 1) > 0);
}

TEST(stat_line)
{
	const char *text = own("stat");
	int pid = 0, ppid = 0, pgrp = 0, sid = 0;
	char state = 0;

	CHECK_EQ(sscanf(text, "%d", &pid), 1);
	CHECK_EQ(pid, getpid());
	CHECK_EQ(sscanf(strrchr(text, ')') + 2, "%c %d %d %d", &state, &ppid, &pgrp, &sid), 4);
	CHECK_EQ(state, 'R');
	CHECK_EQ(ppid, getppid());
	CHECK_EQ(pgrp, getpid());
	CHECK_EQ(sid, getpid());
	int words = 0;
	for (const char *p = strrchr(text, ')'); *p; p++)
		words += *p == ' ';
	CHECK_EQ(words, 50);
}

TEST(status_fields)
{
	static const char *const fields[] = {
		"Name:\t",  "State:\tR (running)", "Tgid:\t",          "Pid:\t",
		"PPid:\t",  "Uid:\t0\t0\t0\t0",    "Gid:\t0\t0\t0\t0", "VmSize:\t",
		"VmRSS:\t", "Threads:\t1",         "SigCgt:\t",        "CapEff:\t"
	};
	const char *text = own("status");

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!strstr(text, fields[i]))
			FAIL("no \"%s\" in /proc/self/status", fields[i]);
}

TEST(cmdline_comm_environ)
{
	CHECK(strlen(own("cmdline")) > 0);
	int fd = CHECK_OK(open("/proc/self/comm", O_RDWR));
	CHECK_EQ(write(fd, "renamed", 7), 7);
	CHECK_STR(own("comm"), "renamed\n");
	CHECK_OK(access("/proc/self/environ", R_OK));
}

TEST(exe_cwd_root_links)
{
	char buf[256], cwd[256];
	ssize_t n;

	n = CHECK_OK(readlink("/proc/self/exe", buf, sizeof(buf) - 1));
	buf[n] = 0;
	CHECK_STR(buf, sizeof(long) == 8 ? "/init" : "/ia32");
	CHECK(getcwd(cwd, sizeof(cwd)));
	n = CHECK_OK(readlink("/proc/self/cwd", buf, sizeof(buf) - 1));
	buf[n] = 0;
	CHECK_STR(buf, cwd);
	n = CHECK_OK(readlink("/proc/self/root", buf, sizeof(buf) - 1));
	CHECK_EQ(n, 1);
}

TEST(fd_links_and_fdinfo)
{
	char path[64], buf[256], want[300];
	int fd = CHECK_OK(open("f", O_RDWR | O_CREAT, 0644)), fds[2];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = CHECK_OK(readlink(path, buf, sizeof(buf) - 1));
	buf[n] = 0;
	CHECK(getcwd(want, 256));
	strcat(want, "/f");
	CHECK_STR(buf, want);
	CHECK_OK(unlink("f"));
	n = CHECK_OK(readlink(path, buf, sizeof(buf) - 1));
	buf[n] = 0;
	strcat(want, " (deleted)");
	CHECK_STR(buf, want);
	CHECK_OK(pipe(fds));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	n = CHECK_OK(readlink(path, buf, sizeof(buf) - 1));
	CHECK(!strncmp(buf, "pipe:[", 6));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	CHECK(strstr(get_file(path), "pos:\t0"));
	CHECK(strstr(get_file(path), "flags:\t0"));
}

TEST(fd_folder_lists_descriptors)
{
	struct dirent *d;
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	CHECK(dir);
	while ((d = readdir(dir)))
		count += d->d_name[0] != '.';
	CHECK_EQ(count, 4);
}

TEST(maps_show_program_stack_and_vdso)
{
	const char *text = own("maps");

	CHECK(strstr(text, sizeof(long) == 8 ? "/init" : "/ia32"));
	CHECK(strstr(text, "[stack]"));
	CHECK(strstr(text, "[vdso]"));
	CHECK(strstr(text, "[heap]"));
	CHECK(strstr(text, "r-xp"));
}

TEST(maps_follow_mmap)
{
	char want[64];
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	snprintf(want, sizeof(want), "%08lx-%08lx rw-s", (unsigned long)p, (unsigned long)p + 3 * PAGE);
	CHECK(strstr(own("maps"), want));
}

TEST(statm_numbers)
{
	long size = 0, resident = 0;

	CHECK_EQ(sscanf(own("statm"), "%ld %ld", &size, &resident), 2);
	CHECK(size > 0 && resident > 0 && resident <= size);
}

TEST(mounts_list)
{
	const char *text = get_file("/proc/mounts");

	CHECK(strstr(text, " /proc proc "));
	CHECK(strstr(text, " /t tmpfs "));
	CHECK(strstr(own("mountinfo"), " /proc "));
}

TEST(meminfo_lines)
{
	const char *text = get_file("/proc/meminfo");

	CHECK(!strncmp(text, "MemTotal:", 9));
	CHECK(strstr(text, "MemFree:") && strstr(text, "MemAvailable:") && strstr(text, "Cached:"));
	CHECK(strstr(text, "SwapTotal:"));
}

TEST(uptime_loadavg_version_stat)
{
	double up = 0, idle = 0;

	CHECK_EQ(sscanf(get_file("/proc/uptime"), "%lf %lf", &up, &idle), 2);
	CHECK(up > 0);
	CHECK_EQ(sscanf(get_file("/proc/loadavg"), "%lf", &up), 1);
	CHECK(!strncmp(get_file("/proc/version"), "Linux version 6.1.", 18));
	CHECK(!strncmp(get_file("/proc/stat"), "cpu  ", 5));
	CHECK(strstr(get_file("/proc/stat"), "\nbtime "));
	CHECK(strstr(get_file("/proc/cpuinfo"), "processor\t: 0"));
	CHECK(strstr(get_file("/proc/filesystems"), "tmpfs"));
}

TEST(sys_kernel_files)
{
	CHECK(strlen(get_file("/proc/sys/kernel/hostname")) > 0);
	CHECK_STR(get_file("/proc/sys/kernel/ostype"), "Linux\n");
	CHECK(!strncmp(get_file("/proc/sys/kernel/osrelease"), "6.1.", 4));
	CHECK(atoi(get_file("/proc/sys/kernel/pid_max")) > 300);
}

TEST(pid_folders_exist_and_vanish)
{
	char path[64];
	pid_t child = CHILD(pause());

	snprintf(path, sizeof(path), "/proc/%d", child);
	CHECK_OK(access(path, F_OK));
	int dir = CHECK_OK(open(path, O_RDONLY));
	kill(child, SIGKILL);
	wait_status(child);
	CHECK_ERRNO(access(path, F_OK), ENOENT);
	CHECK_ERRNO(openat(dir, "stat", O_RDONLY), ESRCH);
}

TEST(zombie_state_is_shown)
{
	char path[64];
	siginfo_t info;
	pid_t child = CHILD(_exit(0));

	CHECK_OK(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	CHECK_EQ(strrchr(get_file(path), ')')[2], 'Z');
	wait_status(child);
}

TEST(task_folder_lists_threads)
{
	struct dirent *d;
	int count = 0;
	DIR *dir = opendir("/proc/self/task");

	CHECK(dir);
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.') {
			CHECK_EQ(atoi(d->d_name), getpid());
			count++;
		}
	CHECK_EQ(count, 1);
}

TEST(names_cannot_be_created_or_removed)
{
	CHECK_ERRNO(open("/proc/new", O_RDWR | O_CREAT, 0644), ENOENT);
	CHECK_ERRNO(mkdir("/proc/new", 0755), ENOENT);
	CHECK_ERRNO(unlink("/proc/uptime"), EPERM);
}

TEST(oom_and_limits_files)
{
	CHECK_EQ(atoi(own("oom_score_adj")), 0);
	CHECK(strstr(own("limits"), "Max open files"));
}

TEST(standard_device_nodes)
{
	static const char *const names[] = { "null",    "zero", "full",    "random",
					     "urandom", "tty",  "console", "ptmx" };
	char path[32];
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/dev/%s", names[i]);
		CHECK_OK(stat(path, &st));
		CHECK(S_ISCHR(st.st_mode));
	}
}

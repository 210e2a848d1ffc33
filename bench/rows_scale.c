// SPDX-License-Identifier: MIT
/* Rows: what must not cost more when there is much of it. */
#include "bench.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#define FILES 10000
#define NAMES 100000
#define TASKS 1000

static int fds[FILES], ep, hold[2];
static pid_t tasks[TASKS];

static void allow(int resource, rlim_t most)
{
	struct rlimit rl = { most, most };

	MUST(!setrlimit(resource, &rl));
}

static void open_files(void)
{
	allow(RLIMIT_NOFILE, FILES + 100);
	for (int i = 0; i < FILES; i++)
		MUST((fds[i] = open("/dev/null", O_RDONLY)) >= 0);
	close(creat("file", 0644));
}

static void close_files(void)
{
	for (int i = 0; i < FILES; i++)
		close(fds[i]);
	unlink("file");
}

BENCH_WITH(open_10000, "open+close, 10,000 descriptors open", 200, open_files, close_files)
{
	TIMES close(open("file", O_RDONLY));
}

static void watch_files(void)
{
	struct epoll_event e = { .events = EPOLLIN };

	allow(RLIMIT_NOFILE, FILES + 100);
	ep = epoll_create1(0);
	for (int i = 0; i < FILES; i++) {
		MUST((fds[i] = eventfd(0, 0)) >= 0);
		e.data.fd = fds[i];
		MUST(!epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &e));
	}
}

static void unwatch_files(void)
{
	for (int i = 0; i < FILES; i++)
		close(fds[i]);
	close(ep);
}

BENCH_WITH(epoll_10000, "eventfd write, epoll_wait, read: 1 of 10,000", 200, watch_files, unwatch_files)
{
	struct epoll_event e[4];
	uint64_t v = 1;

	TIMES
	{
		write(fds[FILES / 2], &v, 8);
		epoll_wait(ep, e, 4, 0);
		read(fds[FILES / 2], &v, 8);
	}
}

static void each_name(void (*fn)(const char *name))
{
	char name[32];

	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		fn(name);
	}
}

static void make_name(const char *name)
{
	int fd = creat(name, 0644);

	MUST(fd >= 0);
	close(fd);
}

static void make_names(void)
{
	mkdir("many", 0755);
	each_name(make_name);
}

static void drop_name(const char *name)
{
	unlink(name);
}

static void drop_names(void)
{
	each_name(drop_name);
	rmdir("many");
}

BENCH_WITH(names_100000, "create, stat, unlink in a folder of 100,000", 100, make_names, drop_names)
{
	struct stat st;

	TIMES
	{
		make_name("many/new");
		stat("many/50000", &st);
		unlink("many/new");
	}
}

static void start_tasks(void)
{
	char byte;

	allow(RLIMIT_NPROC, RLIM_INFINITY);
	MUST(!pipe(hold));
	for (int i = 0; i < TASKS; i++) {
		tasks[i] = fork();
		MUST(tasks[i] >= 0);
		if (tasks[i])
			continue;
		close(hold[1]);
		read(hold[0], &byte, 1);
		_exit(0);
	}
}

static void stop_tasks(void)
{
	close(hold[0]);
	close(hold[1]);
	for (int i = 0; i < TASKS; i++)
		waitpid(tasks[i], NULL, 0);
}

BENCH_WITH(fork_1000, "fork+exit+wait, 1,000 other tasks", 20, start_tasks, stop_tasks)
{
	TIMES
	{
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

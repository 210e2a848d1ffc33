// SPDX-License-Identifier: MIT
/* Rows: what must not cost more when there is much of it.  More of that kind stands with its topic. */
#define FAMILY "many of a kind"
#include "bench.h"

#define FILES  10000
#define TASKS  1000
#define AREAS  10000
#define TIMERS 10000

static int fds[FILES], opened;

static void open_files(int count)
{
	allow(RLIMIT_NOFILE, FILES + 100);
	for (opened = 0; opened < count; opened++)
		MUST((fds[opened] = open("/dev/null", O_RDONLY)) >= 0);
	close(creat("file", 0644));
}

static void close_files(void)
{
	for (int i = 0; i < opened; i++)
		close(fds[i]);
	unlink("file");
}

/* Defines a function without arguments that calls another with a count. */
#define WITH_COUNT(function, count)          \
	static void function##_##count(void) \
	{                                    \
		function(count);             \
	}

#define OPEN_ROW(count, label)                                                \
	WITH_COUNT(open_files, count)                                         \
	BENCH_WITH(open_##count, label, 200, open_files_##count, close_files) \
	{                                                                     \
		TIMES close(open("file", O_RDONLY));                          \
	}
OPEN_ROW(10, "open+close, 10 descriptors open")
OPEN_ROW(10000, "open+close, 10,000 descriptors open")

#define NAME  24
#define TRIED 1000

static int names;
static char fresh[TRIED][NAME], known[TRIED][NAME];

static void each_name(void (*fn)(const char *name))
{
	char name[NAME];

	for (int i = 0; i < names; i++) {
		snprintf(name, sizeof(name), "%d", i);
		fn(name);
	}
}

static void make_name(const char *name)
{
	int fd = creat(name, 0644);

	MUST(fd >= 0);
	close(fd);
}

/*
 * The rows go through many names, because chance decides where in a hash chain a single one lies; for the
 * same reason from within the folder: its own name would be looked up each time.
 */
static void make_names(int count)
{
	names = count;
	MUST(mkdir("many", 0755) == 0);
	MUST(chdir("many") == 0);
	each_name(make_name);
	for (int i = 0; i < TRIED; i++) {
		snprintf(fresh[i], NAME, "new%d", i);
		snprintf(known[i], NAME, "%ld", i * 7919L % count);
	}
}

static void drop_name(const char *name)
{
	unlink(name);
}

static void drop_names(void)
{
	each_name(drop_name);
	MUST(chdir("..") == 0);
	rmdir("many");
}

#define FOLDER_ROWS(count, text)                                                                        \
	WITH_COUNT(make_names, count)                                                                   \
	BENCH_WITH(create_in_##count, "create+unlink in a folder of " text, TRIED, make_names_##count,  \
		   drop_names)                                                                          \
	{                                                                                               \
		TIMES                                                                                   \
		{                                                                                       \
			make_name(fresh[i]);                                                            \
			unlink(fresh[i]);                                                               \
		}                                                                                       \
	}                                                                                               \
	BENCH_WITH(stat_in_##count, "stat in a folder of " text, TRIED, make_names_##count, drop_names) \
	{                                                                                               \
		struct stat st;                                                                         \
		TIMES stat(known[i], &st);                                                              \
	}
FOLDER_ROWS(10, "10")
FOLDER_ROWS(100, "100")
FOLDER_ROWS(1000, "1,000")
FOLDER_ROWS(10000, "10,000")
FOLDER_ROWS(100000, "100,000")

static pid_t tasks[TASKS];
static int started, hold[2];

static void start_tasks(int count)
{
	char byte;

	allow(RLIMIT_NPROC, RLIM_INFINITY);
	MUST(!pipe(hold));
	for (started = 0; started < count; started++) {
		MUST((tasks[started] = fork()) >= 0);
		if (tasks[started])
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
	for (int i = 0; i < started; i++)
		waitpid(tasks[i], NULL, 0);
}

#define FORK_ROW(count, label)                                               \
	WITH_COUNT(start_tasks, count)                                       \
	BENCH_WITH(fork_##count, label, 20, start_tasks_##count, stop_tasks) \
	{                                                                    \
		TIMES                                                        \
		{                                                            \
			pid_t pid = fork();                                  \
			if (!pid)                                            \
				_exit(0);                                    \
			waitpid(pid, NULL, 0);                               \
		}                                                            \
	}
FORK_ROW(10, "fork+exit+wait, 10 other tasks")
FORK_ROW(1000, "fork+exit+wait, 1,000 other tasks")

/* A ring of processes, of which this one is the first: each reads a byte from its pipe and writes it to the next's. */
static int into[TASKS], out_of_last;

static void start_ring(int count)
{
	int first[2], link[2];
	char byte;

	allow(RLIMIT_NPROC, RLIM_INFINITY);
	wake_without_switching(true);
	MUST(!pipe(first));
	into[0] = first[1];
	out_of_last = first[0];
	for (started = 0; started < count - 1; started++) {
		MUST(!pipe(link));
		MUST((tasks[started] = fork()) >= 0);
		if (!tasks[started]) {
			close(into[0]);
			while (read(out_of_last, &byte, 1) == 1)
				write(link[1], &byte, 1);
			_exit(0);
		}
		close(link[1]);
		close(out_of_last);
		out_of_last = link[0];
	}
}

static void stop_ring(void)
{
	close(into[0]); /* the end runs through the ring */
	close(out_of_last);
	for (int i = 0; i < started; i++)
		waitpid(tasks[i], NULL, 0);
	wake_without_switching(false);
}

#define RING_ROW(count, label, hops)                                         \
	WITH_COUNT(start_ring, count)                                        \
	BENCH_WITH(ring_##count, label, hops, start_ring_##count, stop_ring) \
	{                                                                    \
		char byte = 0;                                               \
		for (int lap = 0; lap < n / count; lap++) {                  \
			write(into[0], &byte, 1);                            \
			read(out_of_last, &byte, 1);                         \
		}                                                            \
	}
RING_ROW(2, "context switch by pipe in a ring of 2", 400)
RING_ROW(10, "context switch by pipe in a ring of 10", 400)
RING_ROW(100, "context switch by pipe in a ring of 100", 1000)
RING_ROW(1000, "context switch by pipe in a ring of 1,000", 2000)

static char *areas;

/* Every second page has another protection, so that each is an area of its own. */
static void make_areas(int count)
{
	areas = mmap(NULL, (size_t)AREAS * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(areas != MAP_FAILED);
	for (int i = 0; i < count; i += 2)
		MUST(!mprotect(areas + (size_t)i * PAGE, PAGE, PROT_NONE));
}

static void drop_areas(void)
{
	munmap(areas, (size_t)AREAS * PAGE);
}

#define MMAP_ROW(count, label)                                                                  \
	WITH_COUNT(make_areas, count)                                                           \
	BENCH_WITH(mmap_##count, label, 200, make_areas_##count, drop_areas)                    \
	{                                                                                       \
		const int prot = PROT_READ | PROT_WRITE;                                        \
		TIMES munmap(mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), PAGE); \
	}
MMAP_ROW(10, "mmap+munmap of one page among 10 areas")
MMAP_ROW(10000, "mmap+munmap of one page among 10,000 areas")

static timer_t timers[TIMERS];
static int timer_count;

static void make_timers(int count)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	struct itimerspec its = { { 0, 0 }, { 1000, 0 } };

	allow(RLIMIT_SIGPENDING, RLIM_INFINITY);
	for (timer_count = 0; timer_count < count; timer_count++) {
		MUST(!timer_create(CLOCK_MONOTONIC, &event, &timers[timer_count]));
		its.it_value.tv_nsec = timer_count * 7919 % 1000003;
		MUST(!timer_settime(timers[timer_count], 0, &its, NULL));
	}
}

static void drop_timers(void)
{
	for (int i = 0; i < timer_count; i++)
		timer_delete(timers[i]);
}

#define TIMER_ROW(count, label)                                                 \
	WITH_COUNT(make_timers, count)                                          \
	BENCH_WITH(timer_##count, label, 200, make_timers_##count, drop_timers) \
	{                                                                       \
		struct itimerspec its = { { 0, 0 }, { 1000, 500000 } };         \
		TIMES timer_settime(timers[count / 2], 0, &its, NULL);          \
	}
TIMER_ROW(10, "timer_settime among 10 timers")
TIMER_ROW(10000, "timer_settime among 10,000 timers")

/* SPDX-License-Identifier: MIT */
/*
 * What a conformance case that the differential fuzzer has made needs besides harness.h.  The program runs in a
 * child of the test, in the world of world.h and on one CPU; its steps have results in memory that its processes
 * share, and each is held to what Linux did.
 */
#pragma once

#include "actors.h"
#include "harness.h"
#include "world.h"

#include <sys/resource.h>

#define CASE_STUCK   (-1) /* case_run: the program sleeps for good */
#define CASE_SIGNALS 16

static struct {
	int count;
	int number[CASE_SIGNALS], code[CASE_SIGNALS];
} case_signals; /* of this process: what its handlers have seen */

static void case_on_signal(int sig)
{
	if (case_signals.count < CASE_SIGNALS)
		case_signals.number[case_signals.count++] = sig;
}

static void case_on_signal_info(int sig, siginfo_t *info, void *context)
{
	if (case_signals.count < CASE_SIGNALS)
		case_signals.code[case_signals.count] = info->si_code;
	case_on_signal(sig);
}

static inline void case_action(void *buffer, unsigned long which, unsigned long flags, uint64_t mask)
{
	raw_action(buffer, which, flags, mask, case_on_signal, case_on_signal_info);
}

static inline void case_check_signal(int index, int sig)
{
	CHECK(case_signals.count > index);
	CHECK_EQ(case_signals.number[index], sig);
}

static inline void *case_share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static inline void case_letters(unsigned char *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)('a' + i % 26);
}

/* Whether nobody has written to these bytes. */
static inline bool case_untouched(const unsigned char *p, size_t size)
{
	while (size && *p == WORLD_FILL)
		p++, size--;
	return !size;
}

/* A piece of `size` bytes that ends before an unmapped page. */
static inline unsigned char *case_edge(size_t size)
{
	return memset(page_edge() - size, WORLD_FILL, size);
}

static inline long case_fork(int actor, void (*run)(void))
{
	long pid = raw(SYS_fork);

	if (!pid) {
		run();
		_exit(actor);
	}
	CHECK(pid > 0);
	actor_priority((pid_t)pid, actor);
	return pid;
}

static inline int case_thread_main(void *run)
{
	((void (*)(void))run)();
	raw(SYS_exit, 0);
	return 0;
}

static inline long case_thread(int actor, void (*run)(void))
{
	char *stack = malloc(65536);
	int pid = clone(case_thread_main, stack + 65536,
			CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
			(void *)run);

	CHECK(pid > 0);
	actor_priority(pid, actor);
	return pid;
}

/* Waits for the end of an actor; its status. */
static inline int case_wait(long pid)
{
	int status = -1;

	CHECK_EQ(raw(SYS_wait4, (unsigned long)pid, ADDR(&status), __WALL, 0), pid);
	return status & ~0x80;
}

static inline bool case_asleep(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	const char *state = strrchr(get_file(path), ')');
	return state && state[2] == 'S';
}

/* Runs the program of user `uid` in a fresh world, which is in the working folder; its status, or CASE_STUCK. */
static inline int case_run(unsigned int uid, void (*program)(void))
{
	cpu_set_t first;
	int status, asleep = 0;

	world_make(".", uid);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		CPU_ZERO(&first);
		CPU_SET(0, &first);
		setsid();
		sched_setaffinity(0, sizeof(first), &first);
		actor_priority(0, 0);
		world_enter(uid);
		program();
		_exit(0);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		asleep = case_asleep(pid) ? asleep + 1 : 0;
		if (asleep == 300) {
			kill(pid, SIGKILL);
			wait_status(pid);
			return CASE_STUCK;
		}
		sleep_ms(1);
	}
	return status & ~0x80; /* whether cores are dumped is a matter of set-up */
}

/* The final state of an open descriptor. */
static inline void case_check_fd(int fd, int cloexec, int flags, unsigned int mode, long position, long size)
{
	struct stat st;

	CHECK_EQ(fcntl(fd, F_GETFD), cloexec);
	CHECK_EQ(fcntl(fd, F_GETFL), flags);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, mode);
	CHECK_EQ(st.st_size, size);
	if (!S_ISDIR(mode))
		CHECK_EQ(lseek(fd, 0, SEEK_CUR), position);
}

/* The final state of a file. */
static inline void case_check_file(const char *path, unsigned int mode, unsigned int links, unsigned int uid,
				   unsigned int gid, long size, long blocks)
{
	struct stat st;

	CHECK_OK(lstat(path, &st));
	CHECK_EQ(st.st_mode, mode);
	CHECK_EQ(st.st_nlink, links);
	CHECK_EQ(st.st_uid, uid);
	CHECK_EQ(st.st_gid, gid);
	CHECK_EQ(st.st_size, size);
	CHECK_EQ(st.st_blocks, blocks);
}

/* SPDX-License-Identifier: MIT */
/*
 * The conformance harness: what a test of tests/conform/<family>.c sees.
 *
 * A test is `TEST(what_it_shows) { … }`.  It runs in its own child process, in an empty folder on tmpfs,
 * with descriptors 0-2 on /dev/null, default signal dispositions, nothing blocked, umask 022, as root,
 * leader of its own session without a terminal.  It passes by returning.  A CHECK that fails, in the
 * test or in any process it forked, records the first message and ends that process.  Whatever is left
 * running is killed when the test ends.  Full name: <family>.<name>, with ":ia32" in the i386 build.
 *
 * FAMILY is defined by the build from the file name.  Every test must pass on Linux 6.1 first.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef FAMILY
#define FAMILY "none"
#endif
#ifdef __i386__
#define ABI_SUFFIX ":ia32"
#else
#define ABI_SUFFIX ""
#endif

#define PAGE 4096

struct test {
	const char *family;
	const char *name;
	const char *file;
	int line;
	void (*run)(void);
};

/* Tests are collected in a linker set; runner.c walks it in link order. */
#define TEST(id)                                                                                           \
	static void test_##id(void);                                                                       \
	static const struct test entry_##id                                                                \
		__attribute__((used, section("conform_tests"),                                             \
			       aligned(sizeof(void *)))) = { FAMILY, #id, __FILE__, __LINE__, test_##id }; \
	static void test_##id(void)

/* Record why (the first caller wins) and end this process. */
void fail_at(const char *file, int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
/* The test cannot run here (a CPU feature is missing): counts as passed, with the reason shown. */
void skip(const char *why) __attribute__((noreturn));

#define FAIL(...) fail_at(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(cond)                                                   \
	do {                                                          \
		if (!(cond))                                          \
			FAIL("%s is false (errno %d)", #cond, errno); \
	} while (0)

#define CHECK_EQ(got, want)                                                                           \
	do {                                                                                          \
		long long got_ = (long long)(got), want_ = (long long)(want);                         \
		if (got_ != want_)                                                                    \
			FAIL("%s is %lld (%#llx), not %lld (%#llx)", #got, got_, got_, want_, want_); \
	} while (0)

/* The call must not fail; its value is the value of the expression. */
#define CHECK_OK(call)                                                        \
	({                                                                    \
		errno = 0;                                                    \
		__typeof__(call) ok_ = (call);                                \
		if (ok_ == (__typeof__(call))-1)                              \
			FAIL("%s failed: %s", #call, strerrorname_np(errno)); \
		ok_;                                                          \
	})

/* The call must fail with exactly this errno. */
#define CHECK_ERRNO(call, want)                                                                   \
	do {                                                                                      \
		errno = 0;                                                                        \
		long long got_ = (long long)(call);                                               \
		int errno_ = errno;                                                               \
		if (got_ != -1)                                                                   \
			FAIL("%s gave %lld, not %s", #call, got_, #want);                         \
		if (errno_ != (want))                                                             \
			FAIL("%s failed with %s, not %s", #call, strerrorname_np(errno_), #want); \
	} while (0)

#define CHECK_STR(got, want)                                                 \
	do {                                                                 \
		const char *got_ = (got), *want_ = (want);                   \
		if (strcmp(got_, want_))                                     \
			FAIL("%s is \"%s\", not \"%s\"", #got, got_, want_); \
	} while (0)

#define CHECK_MEM(got, want, size)                               \
	do {                                                     \
		if (memcmp(got, want, size))                     \
			FAIL("%s differs from %s", #got, #want); \
	} while (0)

/* Fork; the child runs the statement and exits 0.  Value: the child's pid. */
#define CHILD(...)                             \
	({                                     \
		pid_t pid_ = CHECK_OK(fork()); \
		if (!pid_) {                   \
			__VA_ARGS__;           \
			_exit(0);              \
		}                              \
		pid_;                          \
	})
/* Wait for a child that must exit 0. */
#define JOIN(pid)                                                              \
	do {                                                                   \
		int status_ = wait_status(pid);                                \
		if (status_)                                                   \
			FAIL("child %s ended with status %#x", #pid, status_); \
	} while (0)

/* waitpid that retries EINTR; fails the test when there is no such child. */
int wait_status(pid_t pid);
/* Create or replace a file with this text; fails the test when it cannot. */
void put_file(const char *path, const char *text);
/* The text of a (short) file, in a static buffer of 64 KiB. */
const char *get_file(const char *path);
/* An address that is never mapped, and one in the kernel's half. */
void *bad_pointer(void);
void *kernel_pointer(void);
/* Two pages, the second unmapped: returns the boundary, so p[-1] is fine and p[0] faults. */
char *page_edge(void);
/* One read-only page. */
void *read_only_page(void);
void sleep_ms(int ms);
/* Monotonic clock in nanoseconds. */
long long now_ns(void);
/* How many times as long as usual a limit is to be: said on the command line, by who knows that a kernel is slow. */
int patience(void);
/* Become uid and gid `id` without supplementary groups or capabilities. */
void become(int id);
/* Install a handler without SA_RESTART (flags may add it); counts into signal_count[sig]. */
void catch_signal(int sig, int flags);
extern volatile int signal_count[65];
/*
 * Start a helper process which sends `sig` to the caller's thread again and again, every 10 ms, after a
 * first delay of 30 ms, until poke_stop(): so that a signal surely finds the caller blocked.
 */
pid_t poke_start(int sig);
void poke_stop(pid_t pid);
/* Wait until process `pid` sleeps ("S" in /proc/PID/stat), or a second at most. */
void wait_asleep(pid_t pid);
/* The lowest free descriptor number. */
int lowest_fd(void);
/* Skips the test where the kernel lacks this call altogether. */
void need_call(long number);
/* Number of open descriptors below 256. */
int count_fds(void);

/* SPDX-License-Identifier: MIT */
/*
 * A signal in a call that blocks: BLOCKER() makes four cases of one call.  A handler without SA_RESTART ends it
 * with EINTR; a handler with SA_RESTART lets it go on (or not, where signal(7) says so); a stop and a continue
 * without any handler are not seen by it (with the exceptions of signal(7)); an ignored signal is not seen by any.
 */
#pragma once

#include "harness.h"

enum { FINISHED = 0, INTERRUPTED = 1 };

struct blocker {
	void (*setup)(void); /* before the fork: what both sides share */
	long (*block)(void); /* in the child: the call; its value */
	void (*release)(void); /* in the parent: lets the call finish; NULL: it cannot */
	long value; /* of the finished call */
};

static pid_t start_blocked(const struct blocker *b, void (*prepare)(void))
{
	pid_t pid;

	if (b->setup)
		b->setup();
	pid = CHECK_OK(fork());
	if (!pid) {
		long value;

		prepare();
		errno = 0;
		value = b->block();
		if (value == -1 && errno == EINTR)
			_exit(INTERRUPTED);
		if (value != b->value)
			FAIL("the call gave %ld (%s), not %ld", value, strerrorname_np(errno), b->value);
		_exit(FINISHED);
	}
	wait_asleep(pid);
	sleep_ms(10);
	return pid;
}

static void must_still_block(pid_t pid)
{
	sleep_ms(15);
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	wait_asleep(pid);
}

static void finish(const struct blocker *b, pid_t pid)
{
	if (b->release) {
		b->release();
		CHECK_EQ(wait_status(pid), FINISHED);
	} else {
		kill(pid, SIGKILL);
		CHECK_EQ(wait_status(pid), SIGKILL);
	}
}

static void must_be_interrupted(pid_t pid)
{
	CHECK_EQ(wait_status(pid), INTERRUPTED << 8);
}

static void plain_handler(void)
{
	catch_signal(SIGUSR1, 0);
}

static void restart_handler(void)
{
	catch_signal(SIGUSR1, SA_RESTART);
}

static void ignore_handler(void)
{
	signal(SIGUSR1, SIG_IGN);
}

static void no_handler(void)
{
}

static void run_plain(const struct blocker *b)
{
	pid_t pid = start_blocked(b, plain_handler);

	CHECK_OK(kill(pid, SIGUSR1));
	must_be_interrupted(pid);
}

static void run_restart(const struct blocker *b, bool restarts)
{
	pid_t pid = start_blocked(b, restart_handler);

	CHECK_OK(kill(pid, SIGUSR1));
	if (!restarts) {
		must_be_interrupted(pid);
		return;
	}
	must_still_block(pid);
	CHECK_OK(kill(pid, SIGUSR1));
	must_still_block(pid);
	finish(b, pid);
}

static void run_ignored(const struct blocker *b)
{
	pid_t pid = start_blocked(b, ignore_handler);

	CHECK_OK(kill(pid, SIGUSR1));
	must_still_block(pid);
	finish(b, pid);
}

static void run_stop(const struct blocker *b, bool goes_on)
{
	pid_t pid = start_blocked(b, no_handler);
	int status;

	CHECK_OK(kill(pid, SIGSTOP));
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	CHECK_OK(kill(pid, SIGCONT));
	if (!goes_on) {
		must_be_interrupted(pid);
		return;
	}
	must_still_block(pid);
	finish(b, pid);
}

/* `restarts`: after a handler with SA_RESTART; `goes_on`: after a stop and a continue. */
#define BLOCKER(name, setup, block, release, value, restarts, goes_on)              \
	static const struct blocker name##_blocker = { setup, block, release, value }; \
	TEST(name##_and_a_handler_is_eintr)                                            \
	{                                                                              \
		run_plain(&name##_blocker);                                            \
	}                                                                              \
	TEST(name##_and_a_restarting_handler)                                          \
	{                                                                              \
		run_restart(&name##_blocker, restarts);                                \
	}                                                                              \
	TEST(name##_and_an_ignored_signal)                                             \
	{                                                                              \
		run_ignored(&name##_blocker);                                          \
	}                                                                              \
	TEST(name##_and_stop_continue)                                                 \
	{                                                                              \
		run_stop(&name##_blocker, goes_on);                                    \
	}

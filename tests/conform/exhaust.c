// SPDX-License-Identifier: MIT
/*
 * Leaks and failing allocations, through the debug kernel's files below /proc/sys/debug (kernel/debug).
 *
 * Exhaustion: `exhaust=1` makes in each run the first allocation fail whose chain of callers has not failed before, in any
 * test since boot; `exhaust=every` the first, the second, the third … of the test.  The test itself may fail in any way.
 * What must not happen: a panic, processes that cannot be killed, memory that stays.  A leak counts
 * when the same allocation, made to fail again, leaves something behind again.
 */
#include "harness.h"
#include "runner.h"

#define LEAK_FILE  "/proc/sys/debug/leak"
#define FAIL_FILE  "/proc/sys/debug/fail_alloc"
#define MAX_ROUNDS 5000

static bool have_leaks;
static char outcome[2048]; /* of the last run: what the kernel says of its request */

static bool put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool get_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n >= 0;
}

void leak_init(void)
{
	have_leaks = !access(LEAK_FILE, R_OK) && !getenv("noleak");
	if (have_leaks)
		mlockall(MCL_CURRENT);
}

void leak_mark(void)
{
	if (have_leaks)
		put_text(LEAK_FILE, "1");
}

const char *leak_found(void)
{
	static char text[4096];

	if (!have_leaks)
		return NULL;
	for (int i = 0; i < 6; i++) { /* the last steps of an exit may still be under way */
		if (!get_text(LEAK_FILE, text, sizeof(text)) || !text[0])
			return NULL;
		sleep_ms(5 << i);
	}
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = p[1] ? '|' : 0;
	return text;
}

bool exhausting(void)
{
	return getenv("exhaust");
}

void exhaust_arm(void)
{
	const char *request = getenv("exhaust_request");

	if (request)
		put_text(FAIL_FILE, request);
}

void exhaust_disarm(void)
{
	if (!exhausting())
		return;
	get_text(FAIL_FILE, outcome, sizeof(outcome));
	outcome[strcspn(outcome, "\n")] = 0;
	put_text(FAIL_FILE, "0");
}

typedef bool (*run_fn)(int number, const char *name, pid_t *pid, int *status);

static const char *run_with(const char *request, int number, const char *name, run_fn run)
{
	int status;
	pid_t pid;

	setenv("exhaust_request", request, 1);
	leak_mark();
	run(number, name, &pid, &status);
	return leak_found();
}

void exhaust_test(int number, const char *name, run_fn run)
{
	bool every = !strcmp(getenv("exhaust"), "every");
	char request[32] = "new", failed[2048];
	const char *leak;
	long long said = now_ns();
	int rounds = 1;

	for (;; rounds++) {
		if (now_ns() - said > 5000000000) { /* the host takes silence for a hang */
			said = now_ns();
			printf("# round %d of %s, last: %s\n", rounds, name, outcome);
			fflush(stdout);
		}
		if (every)
			snprintf(request, sizeof(request), "%d", rounds);
		leak = run_with(request, number, name, run);
		if (strncmp(outcome, "failed", 6) || rounds == MAX_ROUNDS)
			break;
		if (!leak)
			continue;
		snprintf(failed, sizeof(failed), "%s", outcome);
		snprintf(request, sizeof(request), "%d", atoi(outcome + strlen("failed after ")));
		leak = run_with(request, number, name, run);
		if (leak)
			leak = run_with(request, number, name, run);
		if (leak && !strcmp(outcome, failed)) {
			printf("not ok %d - %s # %s when an allocation %s\n", number, name, leak, failed);
			fflush(stdout);
			return;
		}
		strcpy(request, "new");
	}
	printf("ok %d - %s # %d allocations failed\n", number, name, rounds - 1);
	fflush(stdout);
}

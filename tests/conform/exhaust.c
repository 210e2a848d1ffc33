// SPDX-License-Identifier: MIT
/*
 * Leaks and failing allocations, through the debug kernel's files below /proc/sys/debug (kernel/debug).
 *
 * Exhaustion: `exhaust=1` makes in each run the first allocation fail whose chain of callers has not failed before, in any
 * test since boot; `exhaust=every` the first, the second, the third … of the test (DENSE says how far).  The test itself may
 * fail in any way.  A failure that does not name ENOMEM is printed as odd, for somebody to look at.
 * What must not happen: a panic, processes that cannot be killed, memory that stays.  Memory is counted after a batch of
 * runs; when there is more of it, each of the batch runs again alone, and a leak counts when the same allocation, made to
 * fail, leaves something behind each time.
 */
#include "harness.h"
#include "report.h"
#include "runner.h"

#include <sys/socket.h>

#define LEAK_FILE  "/proc/sys/debug/leak"
#define FAIL_FILE  "/proc/sys/debug/fail_alloc"
#define FAILED     "failed after " /* what FAIL_FILE says first, then the number of the allocation */
#define MAX_ROUNDS 20000 /* of one test */
/* Of one test the first so many allocations fail one by one, further ones in steps of a hundredth. */
#define DENSE 1000
#define BATCH 32 /* runs between two looks at what stayed, which take longer than most tests */

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
		/* Sockets in each other's queues are looked for when one closes, as on Linux. */
		close(socket(AF_UNIX, SOCK_STREAM, 0));
		sleep_ms(5 << i);
	}
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = p[1] ? '|' : 0;
	return text;
}

static bool has_failed(const char *said)
{
	return !strncmp(said, FAILED, strlen(FAILED));
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

bool exhaust_has_failed(void)
{
	char text[sizeof(outcome)];

	return get_text(FAIL_FILE, text, sizeof(text)) && has_failed(text);
}

typedef bool (*run_fn)(int number, const char *name, pid_t *pid, int *status);

/* One run with that request; true when an allocation failed in it. */
static bool run_with(const char *request, int number, const char *name, run_fn run)
{
	int status;
	pid_t pid;

	setenv("exhaust_request", request, 1);
	run(number, name, &pid, &status);
	if (report->failed && !strstr(report->why, "ENOMEM"))
		printf("# odd: %s %s: %s\n", name, outcome, report->why);
	return has_failed(outcome);
}

/* What stays each time when the allocation `at` fails, or NULL. */
static const char *leak_again(int at, int number, const char *name, run_fn run)
{
	const char *leak = NULL;
	char request[16];

	snprintf(request, sizeof(request), "%d", at);
	for (int i = 0; i < 3; i++) {
		leak_mark();
		if (!run_with(request, number, name, run) || !(leak = leak_found()))
			return NULL;
	}
	return leak;
}

static void say_where(int rounds, const char *name)
{
	static long long said;

	if (now_ns() - said < 5000000000) /* the host takes silence for a hang */
		return;
	said = now_ns();
	printf("# round %d of %s, last: %s\n", rounds, name, outcome);
	fflush(stdout);
}

void exhaust_test(int number, const char *name, run_fn run)
{
	bool every = !strcmp(getenv("exhaust"), "every"), more = true;
	int rounds = 0, at = 1, failed[BATCH], count;
	char request[16] = "new";
	const char *leak;

	while (more && rounds < MAX_ROUNDS) {
		leak_mark();
		for (count = 0; more && count < BATCH; count += more) {
			say_where(rounds, name);
			if (every)
				snprintf(request, sizeof(request), "%d", at);
			more = run_with(request, number, name, run);
			if (more)
				failed[count] = atoi(outcome + strlen(FAILED));
			rounds += more;
			at += at < DENSE ? 1 : at / 100;
		}
		if (!leak_found())
			continue;
		for (int i = 0; i < count; i++) { /* which was it? */
			say_where(rounds, name);
			leak = leak_again(failed[i], number, name, run);
			if (!leak)
				continue;
			printf("not ok %d - %s # %s when an allocation %s\n", number, name, leak, outcome);
			fflush(stdout);
			return;
		}
	}
	printf("ok %d - %s # %d allocations failed%s\n", number, name, rounds,
	       more ? ", and more would" : "");
	fflush(stdout);
}

// SPDX-License-Identifier: MIT
/*
 * Helpers for conformance tests (harness.h).  The report page is shared by all processes of a test, so
 * the first failure is kept whoever meets it.
 */
#include "harness.h"
#include "report.h"

#include <grp.h>

struct report *report;
volatile int signal_count[65];

void fail_at(const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list ap;

	if (report && !__atomic_exchange_n(&report->failed, 1, __ATOMIC_SEQ_CST)) {
		int n = snprintf(report->why, sizeof(report->why), "%s:%d: ", base ? base + 1 : file, line);

		va_start(ap, fmt);
		vsnprintf(report->why + n, sizeof(report->why) - n, fmt, ap);
		va_end(ap);
	}
	_exit(STATUS_FAILED);
}

void skip(const char *why)
{
	if (report)
		snprintf(report->why, sizeof(report->why), "%s", why);
	_exit(STATUS_SKIPPED);
}

int wait_status(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			FAIL("waitpid(%d) failed: %s", (int)pid, strerrorname_np(errno));
	}
	return status;
}

void put_file(const char *path, const char *text)
{
	int fd = CHECK_OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));

	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

const char *get_file(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		FAIL("cannot open %s: %s", path, strerrorname_np(errno));
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = 0;
	return text;
}

void *bad_pointer(void)
{
	static char *page;

	if (!page) {
		page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(page != MAP_FAILED);
	}
	return page;
}

void *kernel_pointer(void)
{
#ifdef __i386__
	return (void *)0xfffff000;
#else
	return (void *)0xffff888000000000;
#endif
}

char *page_edge(void)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	return p + PAGE;
}

void *read_only_page(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

void sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

long long now_ns(void)
{
	struct timespec ts;

	CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &ts));
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int patience(void)
{
	const char *text = getenv("patience");

	return text ? atoi(text) : 1;
}

void become(int id)
{
	CHECK_OK(setgroups(0, NULL));
	CHECK_OK(setresgid(id, id, id));
	CHECK_OK(setresuid(id, id, id));
}

static void count_signal(int sig)
{
	signal_count[sig]++;
}

void catch_signal(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = count_signal, .sa_flags = flags };

	CHECK_OK(sigaction(sig, &sa, NULL));
}

pid_t poke_start(int sig)
{
	pid_t victim = getpid(), thread = gettid();
	pid_t pid = CHECK_OK(fork());

	if (pid)
		return pid;
	sleep_ms(30);
	while (!syscall(SYS_tgkill, victim, thread, sig))
		sleep_ms(10);
	_exit(0);
}

void poke_stop(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

void wait_asleep(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int i = 0; i < 500; i++) {
		const char *paren = strrchr(get_file(path), ')');

		if (paren && paren[1] && paren[2] == 'S')
			return;
		if (!paren || paren[2] == 'Z') /* it never will */
			break;
		sleep_ms(2);
	}
	FAIL("process %d does not sleep", (int)pid);
}

void need_call(long number)
{
	if (syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 && errno == ENOSYS)
		skip("this kernel has no such call");
}

int lowest_fd(void)
{
	int fd = CHECK_OK(dup(0));

	close(fd);
	return fd;
}

int count_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

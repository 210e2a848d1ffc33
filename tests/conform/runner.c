// SPDX-License-Identifier: MIT
/*
 * The guest's /init for conformance and gate tests, and (as /ia32) the runner of the i386 build.
 *
 * As /init it mounts what tests need, reads its orders from the kernel's command line (handed over in
 * the environment), runs each selected test in a child, and prints TAP on the console: `# start NAME`,
 * then `ok N - NAME` or `not ok N - NAME # why`, and `1..N` at the end; then it powers the machine off.
 * `tests=PATTERN,…` selects by fnmatch, `abi=64` or `abi=32` one half of them, `from=N` skips the first
 * N (used by the host after a test that took the machine down), `count=N` stops after N more.
 * On a debug kernel, memory that a test leaves behind fails it; with `exhaust=1` each test is run again and again
 * with one allocation failing, another one each time, until none is left that has not failed (exhaust.c).
 * As a child: `runner --run NAME` runs one test in this process; `runner --list` prints all names.
 */
#include "harness.h"
#include "report.h"
#include "runner.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sysmacros.h>

#define TIMEOUT_NS    10000000000LL
/* After an allocation has failed a test may wait in vain, for a helper that could not start. */
#define EXHAUST_NS    500000000LL /* not longer */
#define EXHAUST_QUIET 64 /* nor for more looks while nothing runs */
#define IA32_PATH     "/ia32"

extern const struct test __start_conform_tests[], __stop_conform_tests[];

struct plan {
	char *names[4096];
	int count;
};

static void full_name(const struct test *t, char *buf, size_t size)
{
	snprintf(buf, size, "%s.%s%s", t->family, t->name, ABI_SUFFIX);
}

static const struct test *find_test(const char *name)
{
	char full[256];

	for (const struct test *t = __start_conform_tests; t < __stop_conform_tests; t++) {
		full_name(t, full, sizeof(full));
		if (!strcmp(full, name))
			return t;
	}
	return NULL;
}

static void list_tests(void)
{
	char full[256];

	for (const struct test *t = __start_conform_tests; t < __stop_conform_tests; t++) {
		full_name(t, full, sizeof(full));
		puts(full);
	}
	fflush(stdout);
}

static bool selected(const char *name, const char *patterns)
{
	char copy[2048], *save = NULL;

	if (!patterns || !*patterns)
		return true;
	snprintf(copy, sizeof(copy), "%s", patterns);
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save))
		if (!fnmatch(p, name, 0))
			return true;
	return false;
}

static void plan_add(struct plan *plan, const char *name, const char *patterns)
{
	if (selected(name, patterns) && plan->count < (int)(sizeof(plan->names) / sizeof(plan->names[0])))
		plan->names[plan->count++] = strdup(name);
}

/* The other ABI's names come from its own --list. */
static void plan_ia32(struct plan *plan, const char *patterns)
{
	char line[256];
	int fds[2];
	FILE *names;
	pid_t pid;

	if (access(IA32_PATH, X_OK) || pipe(fds))
		return;
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		execl(IA32_PATH, IA32_PATH, "--list", NULL);
		_exit(127);
	}
	close(fds[1]);
	names = fdopen(fds[0], "r");
	while (names && fgets(line, sizeof(line), names)) {
		line[strcspn(line, "\n")] = 0;
		plan_add(plan, line, patterns);
	}
	if (names)
		fclose(names);
	waitpid(pid, NULL, 0);
}

static void remove_tree(const char *path)
{
	char sub[4096];
	struct dirent *d;
	DIR *dir;

	while (!umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW)) /* what a test has mounted and left */
		;
	if (!unlink(path) || !rmdir(path))
		return;
	chmod(path, 0700);
	dir = opendir(path);
	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (snprintf(sub, sizeof(sub), "%s/%s", path, d->d_name) < (int)sizeof(sub))
			remove_tree(sub);
	}
	closedir(dir);
	rmdir(path);
}

/* In the child: make the surroundings that harness.h promises, then run. */
static void run_here(const char *name, const char *dir)
{
	const struct test *t;
	sigset_t none;
	int null;

	setsid();
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	umask(022);
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dir && chdir(dir))
		FAIL("cannot enter %s", dir);
	t = find_test(name);
	if (!t) {
		/* Not ours: the i386 build has it, and finds the report page as a descriptor. */
		execl(IA32_PATH, IA32_PATH, "--run", name, NULL);
		FAIL("cannot execute %s: %s", IA32_PATH, strerrorname_np(errno));
	}
	if (fcntl(REPORT_FD, F_GETFD) >= 0)
		close(REPORT_FD);
	exhaust_arm();
	t->run();
	_exit(STATUS_PASSED);
}

static bool nothing_runs(void)
{
	FILE *f = fopen("/proc/loadavg", "re");
	int running;
	bool alone;

	if (!f)
		return false;
	alone = fscanf(f, "%*s %*s %*s %d/", &running) == 1 && running == 1; /* we */
	fclose(f);
	return alone;
}

/* Wait for the test by the clock, so that a broken alarm cannot hang us.  False: it ran out of time. */
static bool wait_test(pid_t pid, int *status)
{
	long long deadline = now_ns() + TIMEOUT_NS * patience();
	struct timespec nap = { 0, 500000 };
	bool failed = false;
	int quiet = 0;

	for (;;) {
		pid_t got = waitpid(-1, status, WNOHANG);

		if (got == pid)
			return true;
		if (got > 0)
			continue;
		if (now_ns() > deadline)
			return false;
		if (exhausting() && !failed && exhaust_has_failed()) {
			failed = true;
			deadline = now_ns() + EXHAUST_NS * patience();
		}
		quiet = failed && nothing_runs() ? quiet + 1 : 0;
		if (quiet > EXHAUST_QUIET)
			return false;
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 4000000)
			nap.tv_nsec *= 2;
	}
}

static void reap_all(void)
{
	if (getpid() != 1)
		return;
	for (int i = 0; i < 1000; i++) {
		kill(-1, SIGKILL);
		pid_t got = waitpid(-1, NULL, WNOHANG);

		if (got < 0)
			return;
		if (got == 0)
			usleep(1000);
	}
}

/* One run of one test, with nothing left behind: false when it could not be started or ran out of time. */
static bool run_once(int number, const char *name, pid_t *pid, int *status)
{
	char dir[64];
	bool done;

	memset(report, 0, sizeof(*report));
	snprintf(dir, sizeof(dir), "/t/%d", number);
	mkdir(dir, 0777);
	chmod(dir, 0777);
	*pid = fork();
	if (!*pid)
		run_here(name, dir);
	done = *pid > 0 && wait_test(*pid, status);
	exhaust_disarm();
	reap_all();
	remove_tree(dir);
	return done;
}

static void judge(int number, const char *name, pid_t pid, bool done, int status, const char *leak)
{
	if (pid < 0)
		printf("not ok %d - %s # cannot fork: %s\n", number, name, strerrorname_np(errno));
	else if (!done)
		printf("not ok %d - %s # timed out %s\n", number, name, report->why);
	else if (WIFSIGNALED(status))
		printf("not ok %d - %s # killed by SIG%s %s\n", number, name, sigabbrev_np(WTERMSIG(status)),
		       report->why);
	else if (WEXITSTATUS(status) == STATUS_SKIPPED)
		printf("ok %d - %s # SKIP %s\n", number, name, report->why);
	else if (status || report->failed)
		printf("not ok %d - %s # %s\n", number, name,
		       report->failed ? report->why : "exited without a message");
	else if (leak)
		printf("not ok %d - %s # %s\n", number, name, leak);
	else
		printf("ok %d - %s\n", number, name);
}

static void run_test(int number, const char *name)
{
	long long begin = now_ns();
	const char *leak;
	int status = 0;
	bool done;
	pid_t pid;

	printf("# start %s\n", name);
	fflush(stdout);
	if (exhausting()) {
		exhaust_test(number, name, run_once);
		return;
	}
	leak_mark();
	done = run_once(number, name, &pid, &status);
	leak = leak_found();
	if (leak) { /* what fills a cache once is no leak: it must happen again */
		leak_mark();
		done = run_once(number, name, &pid, &status);
		leak = leak_found();
	}
	if (now_ns() - begin > 1000000000)
		printf("# slow: %s took %lld ms\n", name, (now_ns() - begin) / 1000000);
	judge(number, name, pid, done, status, leak);
	fflush(stdout);
}

static void say_if_failed(const char *what, int result)
{
	if (result)
		printf("# %s: %s\n", what, strerrorname_np(errno));
}

static void set_up_machine(void)
{
	int console;

	mkdir("/dev", 0755);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/t", 0755);
	mkdir("/tmp", 01777);
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	console = open("/dev/console", O_RDWR | O_NOCTTY);
	if (console > 2)
		close(console);
	else
		while (console >= 0 && console < 2)
			console = dup(console);
	setvbuf(stdout, NULL, _IOFBF, 4096);
	say_if_failed("mount /proc", mount("proc", "/proc", "proc", 0, ""));
	mount("sysfs", "/sys", "sysfs", 0, "");
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	say_if_failed("mount /dev/pts",
		      mount("devpts", "/dev/pts", "devpts", 0, "gid=5,mode=620,ptmxmode=666"));
	say_if_failed("mount /t", mount("tmpfs", "/t", "tmpfs", 0, "mode=755"));
	mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
	mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777");
}

static void share_report(void)
{
	int fd = memfd_create("report", 0);

	if (fd >= 0 && !ftruncate(fd, PAGE)) {
		report = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		dup2(fd, REPORT_FD);
		close(fd);
	} else {
		report = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	}
	if (report == MAP_FAILED) {
		printf("# no shared page: %s\n", strerrorname_np(errno));
		report = calloc(1, PAGE);
	}
}

static void run_all(const char *patterns, int from, int count)
{
	const char *abi = getenv("abi") ?: "all";
	static struct plan plan;
	char full[256];

	for (const struct test *t = __start_conform_tests; t < __stop_conform_tests; t++) {
		full_name(t, full, sizeof(full));
		if (strcmp(abi, "32"))
			plan_add(&plan, full, patterns);
	}
	if (strcmp(abi, "64"))
		plan_ia32(&plan, patterns);
	printf("# plan %d\n", plan.count);
	for (int i = from; i < plan.count && i - from < count; i++)
		run_test(i + 1, plan.names[i]);
	printf("1..%d\n", plan.count);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *from = getenv("from"), *count = getenv("count");

	if (argc == 3 && !strcmp(argv[1], "--run")) {
		report = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, REPORT_FD, 0);
		if (report == MAP_FAILED)
			report = NULL;
		run_here(argv[2], NULL);
	}
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list_tests();
		return 0;
	}
	if (getpid() != 1) {
		fprintf(stderr, "usage: runner --list | --run NAME (or run it as /init)\n");
		return 2;
	}
	set_up_machine();
	share_report();
	leak_init();
	run_all(getenv("tests"), from ? atoi(from) : 0, count ? atoi(count) : INT_MAX);
	sleep_ms(20);
	reboot(RB_POWER_OFF);
	reboot(RB_AUTOBOOT);
	return 1;
}

// SPDX-License-Identifier: MIT
/*
 * Storms: each does, for some seconds, what tears kernels apart.  `storm NAME SECONDS` runs one in a child
 * that leads a process group, ends the group, and reports whether the machine still gives out processes.
 * Nothing a storm's own calls return matters: they may all fail.  A storm that sees what must not be says so
 * and exits with WRONG.
 */
#include "storm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct timespec deadline;

int more(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec < deadline.tv_sec ||
	       (now.tv_sec == deadline.tv_sec && now.tv_nsec < deadline.tv_nsec);
}

void reap(int options)
{
	while (waitpid(-1, NULL, options) > 0)
		;
}

void run_threads(void *(*fn)(void *))
{
	pthread_t t[THREADS];
	int made[THREADS];

	for (long i = 0; i < THREADS; i++)
		made[i] = !pthread_create(&t[i], NULL, fn, (void *)i);
	for (int i = 0; i < THREADS; i++)
		if (made[i])
			pthread_join(t[i], NULL);
}

/* ---- memory (hog.c uses more of it than there is) ---- */

static char *arena;

static void *map_racer(void *arg)
{
	unsigned seed = (unsigned)(long)arg + 1;
	const size_t page = 4096;

	while (more()) {
		char *at = arena + (rand_r(&seed) % 256) * page;
		size_t size = (1 + rand_r(&seed) % 16) * page;

		switch (rand_r(&seed) % 8) {
		case 0:
			munmap(at, size);
			break;
		case 1:
			mprotect(at, size, rand_r(&seed) % 8);
			break;
		case 2:
			madvise(at, size, MADV_DONTNEED);
			break;
		case 3:
			IGNORE(mremap(at, size, size + page, MREMAP_MAYMOVE) == MAP_FAILED);
			break;
		case 4:
			if (!fork()) {
				IGNORE(read(-1, at, 1));
				_exit(0);
			}
			reap(WNOHANG);
			break;
		case 5: { /* touched through the kernel: a fault is EFAULT there */
			int p[2];

			if (!pipe(p)) {
				IGNORE(write(p[1], at, 64));
				IGNORE(read(p[0], at + page, 64));
				close(p[0]);
				close(p[1]);
			}
			break;
		}
		default:
			mmap(at, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);
		}
	}
	return NULL;
}

static void storm_map(void)
{
	arena = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	run_threads(map_racer);
	reap(0);
}

/* ---- processes ---- */

static void storm_fork(void)
{
	struct rlimit limit = { 400, 400 };

	setrlimit(RLIMIT_NPROC, &limit);
	IGNORE(setuid(65534)); /* root has no limit */
	while (more())
		if (fork() < 0)
			reap(WNOHANG);
}

static void *sleeper(void *arg)
{
	pause();
	return arg;
}

static void *exec_racer(void *arg)
{
	while (more()) {
		if ((long)arg == 0 && !vfork()) {
			execl("/proc/self/exe", "storm", "exit", (char *)NULL);
			_exit(1);
		}
		pid_t pid = fork();

		if (!pid) { /* an exec while another thread of the process exists */
			pthread_t t;

			pthread_create(&t, NULL, sleeper, NULL);
			execl("/proc/self/exe", "storm", "exit", (char *)NULL);
			_exit(1);
		}
		if (pid > 0 && (long)arg == 1)
			kill(pid, SIGKILL);
		reap(WNOHANG);
	}
	return NULL;
}

static void storm_exec(void)
{
	run_threads(exec_racer);
	reap(0);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void *signal_racer(void *arg)
{
	unsigned seed = (unsigned)(long)arg + 7;
	union sigval v = { 0 };

	while (more()) {
		int sig = 34 + rand_r(&seed) % 20;

		sigqueue(getpid(), sig, v);
		if (rand_r(&seed) % 4 == 0)
			killpg(0, SIGUSR1);
		if (rand_r(&seed) % 64 == 0)
			killpg(0, rand_r(&seed) % 2 ? SIGTSTP : SIGCONT);
	}
	return NULL;
}

static void storm_signal(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART | SA_NODEFER };

	for (int sig = 34; sig < 65; sig++)
		sigaction(sig, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGTSTP, &sa, NULL);
	for (int i = 0; i < 3; i++)
		if (!fork())
			break;
	run_threads(signal_racer);
	killpg(0, SIGCONT);
}

static void storm_argv(void)
{
	static char *args[40000];
	char *big = malloc(130000);

	memset(big, 'x', 129999);
	big[129999] = 0;
	while (more()) {
		size_t n = 1;

		args[0] = "storm";
		args[1] = "exit";
		for (n = 2; n < 39999; n++)
			args[n] = n % 3000 ? "yyyyyyyyyyyyyyyy" : big;
		for (size_t use = n; use > 2; use /= 4) {
			args[use] = NULL;
			if (!fork()) {
				execv("/proc/self/exe", args);
				_exit(errno == E2BIG ? 0 : 1);
			}
			reap(0);
		}
	}
}

/* ---- files ---- */

static void *mount_racer(void *arg)
{
	char path[64];

	while (more()) {
		mount("none", "/tmp/storm", "tmpfs", 0, NULL);
		snprintf(path, sizeof(path), "/tmp/storm/f%ld", (long)arg);
		int fd = open(path, O_CREAT | O_RDWR, 0600);

		IGNORE(write(fd, path, sizeof(path)));
		if ((long)arg % 2)
			umount2("/tmp/storm", MNT_DETACH);
		else
			umount("/tmp/storm");
		IGNORE(write(fd, path, sizeof(path)));
		close(fd);
	}
	return NULL;
}

static void storm_mount(void)
{
	mkdir("/tmp/storm", 0700);
	run_threads(mount_racer);
	while (!umount("/tmp/storm"))
		;
}

static void *pty_racer(void *arg)
{
	char name[64], buf[64];
	int n, unlock = 0;

	(void)arg;
	while (more()) {
		int m = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);

		ioctl(m, TIOCSPTLCK, &unlock);
		if (ioctl(m, TIOCGPTN, &n)) {
			close(m);
			continue;
		}
		snprintf(name, sizeof(name), "/dev/pts/%d", n);
		pid_t pid = fork();

		if (!pid) {
			setsid();
			int s = open(name, O_RDWR);

			IGNORE(write(s, name, sizeof(name)));
			while (read(s, buf, sizeof(buf)) > 0)
				;
			_exit(0);
		}
		IGNORE(write(m, "hello\n\003\032", 8));
		IGNORE(read(m, buf, sizeof(buf)));
		int s = open(name, O_RDWR | O_NOCTTY);

		if (n % 2)
			ioctl(s, TIOCVHANGUP, 0);
		close(m);
		close(s);
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
	}
	return NULL;
}

static void storm_pty(void)
{
	run_threads(pty_racer);
}

static int shared_fd[8];

/* Half of the threads block in calls on descriptors that the others close and open anew. */
static void *fd_racer(void *arg)
{
	unsigned seed = (unsigned)(long)arg;
	char buf[256];

	while (more()) {
		int *slot = &shared_fd[rand_r(&seed) % 8], fd = *slot;
		struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
		struct epoll_event e = { EPOLLIN, { 0 } };

		if ((long)arg % 2) {
			poll(&p, 1, 1);
			IGNORE(read(fd, buf, sizeof(buf)));
			IGNORE(write(fd, buf, sizeof(buf)));
			epoll_ctl(shared_fd[7], EPOLL_CTL_ADD, fd, &e);
			epoll_wait(shared_fd[7], &e, 1, 1);
			fcntl(fd, F_SETLK, &(struct flock){ .l_type = F_WRLCK });
			continue;
		}
		int two[2] = { -1, -1 };

		switch (rand_r(&seed) % 4) {
		case 0:
			IGNORE(pipe2(two, O_NONBLOCK * (rand_r(&seed) & 1)));
			break;
		case 1:
			two[0] = eventfd(0, EFD_NONBLOCK);
			break;
		case 2:
			two[0] = epoll_create1(0);
			break;
		case 3:
			two[0] = open("/tmp", O_TMPFILE | O_RDWR, 0600);
		}
		for (int i = 0; i < 2; i++) {
			if (two[i] < 0)
				continue;
			fd = __atomic_exchange_n(&shared_fd[rand_r(&seed) % 8], two[i], __ATOMIC_SEQ_CST);
			if (fd > 2)
				close(fd);
		}
	}
	for (int i = 0; i < 8; i++) /* ends those who wait for somebody to write */
		close(shared_fd[i]);
	return NULL;
}

static void storm_fd(void)
{
	pthread_t t;

	for (long i = 0; i < THREADS; i++)
		IGNORE(pthread_create(&t, NULL, fd_racer, (void *)i));
	while (more())
		usleep(10000);
	_exit(0); /* some are blocked for good: the exit must end them */
}

static void storm_deep(void)
{
	int depth = 0, top = open("/tmp", O_DIRECTORY | O_RDONLY);

	while (more() && depth < 3000) {
		if (mkdir("a-directory-with-a-name-of-some-length", 0700) ||
		    chdir("a-directory-with-a-name-of-some-length"))
			break;
		char path[8192];

		IGNORE(getcwd(path, sizeof(path)));
		depth++;
	}
	for (; depth; depth--) {
		IGNORE(chdir(".."));
		rmdir("a-directory-with-a-name-of-some-length");
	}
	IGNORE(fchdir(top));
}

/* ---- */

static const struct {
	const char *name;
	void (*run)(void);
} storms[] = {
	{ "oom", storm_oom },
	{ "oom-threads", storm_oom_threads },
	{ "oom-files", storm_oom_files },
	{ "oom-tmpfs", storm_oom_tmpfs },
	{ "oom-adj", storm_oom_adj },
	{ "oom-vfork", storm_oom_vfork },
	{ "oom-blocked", storm_oom_blocked },
	{ "map", storm_map },
	{ "fork", storm_fork },
	{ "exec", storm_exec },
	{ "signal", storm_signal },
	{ "argv", storm_argv },
	{ "mount", storm_mount },
	{ "pty", storm_pty },
	{ "fd", storm_fd },
	{ "deep", storm_deep },
};

/* True when a new process can be had again, within ten seconds. */
static int still_alive(void)
{
	for (int i = 0; i < 100; i++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(7);
		if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 7 << 8)
			return 1;
		usleep(100000);
	}
	return 0;
}

static int run_storm(void (*run)(void), int seconds)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return 0;
	if (!pid) {
		setpgid(0, 0);
		clock_gettime(CLOCK_MONOTONIC, &deadline);
		deadline.tv_sec += seconds;
		IGNORE(chdir("/tmp"));
		run();
		_exit(0);
	}
	for (int left = (seconds + 10) * 10; left && waitpid(pid, &status, WNOHANG) != pid; left--)
		usleep(100000);
	for (int tries = 0; tries < 1500 && !kill(-pid, SIGKILL); tries++) {
		usleep(20000);
		reap(WNOHANG);
	}
	return status != WRONG << 8 && kill(-pid, 0) < 0 && errno == ESRCH && still_alive();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	for (size_t i = 0; i < sizeof(storms) / sizeof(storms[0]); i++) {
		if (argc > 2 && !strcmp(argv[1], storms[i].name)) {
			int ok = run_storm(storms[i].run, atoi(argv[2]));

			printf("storm %s: %s\n", argv[1], ok ? "survived" : "NOT over");
			return !ok;
		}
	}
	fprintf(stderr, "usage: storm NAME SECONDS\n");
	return 2;
}

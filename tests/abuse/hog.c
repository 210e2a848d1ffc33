// SPDX-License-Identifier: MIT
/*
 * Storms that use more memory than there is: the OOM killer must pick somebody, and the machine must live on.
 * Which of the hogs dies, and how often, is the kernel's business; oom-adj alone looks at its choice.
 */
#include "storm.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK    (1 << 20)
#define FOREVER  (1 << 30)
#define MAX_KIDS 8

static pid_t kids[MAX_KIDS]; /* of this turn */
static int nr_kids;

/* A child that end_all() ends; 0 in the child, negative when there is none. */
static pid_t start(void)
{
	pid_t pid = nr_kids < MAX_KIDS ? fork() : -1;

	if (pid > 0)
		kids[nr_kids++] = pid;
	return pid;
}

static void end_all(void)
{
	while (nr_kids)
		kill(kids[--nr_kids], SIGKILL);
	reap(0);
}

/* Until one of the children is dead, or the time is up. */
static void wait_for_one(void)
{
	siginfo_t info = { 0 };

	while (more() && !waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) && !info.si_pid)
		usleep(1000);
}

/* Takes so many chunks of memory and keeps them. */
static void hog(int chunks)
{
	for (; chunks; chunks--) {
		char *p = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			_exit(0);
		memset(p, 1, CHUNK);
	}
}

/* Writes until there is no room, or so much. */
static void fill(int fd, int chunks)
{
	char *p = calloc(1, CHUNK);

	for (; p && chunks && write(fd, p, CHUNK) > 0; chunks--)
		;
	free(p);
}

static pid_t hog_start(void)
{
	pid_t pid = start();

	if (!pid)
		hog(FOREVER);
	return pid;
}

static void set_score(int adj)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	char text[16];

	IGNORE(write(fd, text, (size_t)snprintf(text, sizeof(text), "%d", adj)));
	close(fd);
}

/* Several, each forking. */
void storm_oom(void)
{
	while (more()) {
		for (int i = 0; i < 4; i++) {
			if (fork())
				continue;
			IGNORE(fork());
			hog(FOREVER);
		}
		reap(0);
	}
}

static void *hog_thread(void *arg)
{
	hog(FOREVER);
	return arg;
}

/* Threads that fault and map in one address space: its lock is always wanted for writing. */
void storm_oom_threads(void)
{
	while (more()) {
		if (!fork())
			run_threads(hog_thread);
		reap(0);
	}
}

/* Memory that is in nobody's page tables, so its holders must volunteer, and goes when the last of them is dead. */
void storm_oom_files(void)
{
	while (more()) {
		for (int i = 0; i < 3; i++) {
			if (start())
				continue;
			set_score(1000);
			fill(memfd_create("hog", 0), FOREVER);
			pause();
		}
		hog_start();
		wait_for_one();
		end_all();
	}
}

/* Files that stay when everybody is dead: hogs get what is left. */
void storm_oom_tmpfs(void)
{
	while (more()) {
		int fd = open("/tmp/hog", O_CREAT | O_RDWR | O_TRUNC, 0600);

		if (!start()) {
			fill(fd, FOREVER);
			_exit(0);
		}
		wait_for_one();
		hog_start();
		hog_start();
		reap(WNOHANG);
		wait_for_one();
		end_all();
		unlink("/tmp/hog");
		close(fd);
	}
}

static pid_t sitter_start(int chunks, int adj)
{
	pid_t pid = start();

	if (pid)
		return pid;
	set_score(adj);
	hog(chunks);
	for (;;)
		pause();
}

/* Of three the volunteer dies first, and the guarded one never, though it is the larger. */
void storm_oom_adj(void)
{
	while (more()) {
		pid_t guarded = sitter_start(8, -1000), volunteer = sitter_start(1, 1000), greedy;
		siginfo_t first = { 0 };

		usleep(300000);
		greedy = hog_start();
		if (guarded > 0 && volunteer > 0 && greedy > 0) {
			waitid(P_ALL, 0, &first, WEXITED | WNOWAIT);
			if (first.si_code == CLD_KILLED && first.si_pid != volunteer) {
				printf("process %d died first: guarded %d, volunteer %d, greedy %d\n",
				       first.si_pid, guarded, volunteer, greedy);
				_exit(WRONG);
			}
			waitpid(greedy, NULL, 0);
			if (kill(guarded, 0) || waitpid(guarded, NULL, WNOHANG)) {
				printf("the guarded process died\n");
				_exit(WRONG);
			}
		}
		end_all();
	}
}

/* The child uses its parent's memory, and the parent is blocked until it ends. */
void storm_oom_vfork(void)
{
	while (more()) {
		if (!fork()) {
			if (!vfork())
				hog(FOREVER);
			_exit(0);
		}
		reap(0);
	}
}

static int pipe_fds[2];

/* The largest process, in a call that nobody ends: read, the open of a FIFO, or a lock. */
static void *block(void *how)
{
	char c;

	switch ((long)how % 3) {
	case 0:
		IGNORE(read(pipe_fds[0], &c, 1));
		break;
	case 1:
		IGNORE(open("/tmp/hog-fifo", O_RDONLY));
		break;
	default:
		flock(open("/tmp/hog-lock", O_RDWR | O_CREAT, 0600), LOCK_EX);
	}
	return NULL;
}

void storm_oom_blocked(void)
{
	int lock = open("/tmp/hog-lock", O_RDWR | O_CREAT, 0600);

	IGNORE(pipe(pipe_fds));
	IGNORE(mkfifo("/tmp/hog-fifo", 0600));
	flock(lock, LOCK_EX);
	for (long how = 0; more(); how++) {
		if (!start()) { /* with a thread that waits, then alone */
			pthread_t t;

			if (how % 2)
				IGNORE(pthread_create(&t, NULL, block, (void *)how));
			hog(FOREVER >> (how % 2 ? 0 : 26));
			block((void *)how);
			_exit(0);
		}
		usleep(100000);
		hog_start();
		wait_for_one();
		end_all();
	}
}

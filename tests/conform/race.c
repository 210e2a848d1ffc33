// SPDX-License-Identifier: MIT
/* Two threads at one object: one takes away what the other is using.  No outcome depends on who is faster. */
#include "harness.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

static int fds[2];
static volatile pid_t worker_tid;

/* Until the thread sleeps in the kernel, as /proc tells. */
static void wait_worker_asleep(void)
{
	char path[64];

	while (!worker_tid)
		sched_yield();
	for (;;) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", worker_tid);
		if (strstr(get_file(path), ") S "))
			return;
		sched_yield();
	}
}

static void *read_one(void *result)
{
	char c = 0;

	worker_tid = gettid();
	*(ssize_t *)result = read(fds[0], &c, 1);
	return NULL;
}

TEST(closing_leaves_a_reader_reading)
{
	ssize_t got = -2;
	pthread_t thread;

	CHECK_OK(pipe(fds));
	CHECK_EQ(pthread_create(&thread, NULL, read_one, &got), 0);
	wait_worker_asleep();
	CHECK_OK(close(fds[0]));
	CHECK_ERRNO(close(fds[0]), EBADF);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	pthread_join(thread, NULL);
	CHECK_EQ(got, 1);
	/* Now nobody reads. */
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
}

TEST(dup2_over_a_descriptor_in_use)
{
	ssize_t got = -2;
	int other[2];
	pthread_t thread;

	CHECK_OK(pipe(fds));
	CHECK_OK(pipe(other));
	CHECK_EQ(pthread_create(&thread, NULL, read_one, &got), 0);
	wait_worker_asleep();
	CHECK_OK(dup2(other[0], fds[0]));
	CHECK_EQ(write(other[1], "o", 1), 1); /* for the next who reads */
	CHECK_EQ(write(fds[1], "x", 1), 1);
	pthread_join(thread, NULL);
	CHECK_EQ(got, 1);
	char c = 0;

	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(c, 'o');
}

static char *target;
static void *read_into_target(void *result)
{
	worker_tid = gettid();
	errno = 0;
	*(ssize_t *)result = read(fds[0], target, 4);
	return (void *)(long)errno;
}

TEST(unmapping_the_buffer_of_a_reader)
{
	ssize_t got = -2;
	void *error;
	char buf[4];
	pthread_t thread;

	CHECK_OK(pipe(fds));
	target = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_EQ(pthread_create(&thread, NULL, read_into_target, &got), 0);
	wait_worker_asleep();
	CHECK_OK(munmap(target, PAGE));
	CHECK_EQ(write(fds[1], "data", 4), 4);
	pthread_join(thread, &error);
	CHECK_EQ(got, -1);
	CHECK_EQ((long)error, EFAULT);
	CHECK_EQ(read(fds[0], buf, 4), 4); /* what could not be handed out is still there */
}

static void *wait_events(void *result)
{
	struct epoll_event ev;

	worker_tid = gettid();
	*(ssize_t *)result = epoll_wait(fds[0], &ev, 1, -1);
	return NULL;
}

TEST(adding_to_a_set_that_is_waited_for)
{
	struct epoll_event ev = { .events = EPOLLIN };
	ssize_t got = -2;
	pthread_t thread;

	fds[0] = CHECK_OK(epoll_create1(0));
	CHECK_EQ(pthread_create(&thread, NULL, wait_events, &got), 0);
	wait_worker_asleep();
	CHECK_OK(epoll_ctl(fds[0], EPOLL_CTL_ADD, CHECK_OK(eventfd(1, 0)), &ev));
	pthread_join(thread, NULL);
	CHECK_EQ(got, 1);
}

TEST(modifying_what_is_waited_for)
{
	struct epoll_event ev = { .events = EPOLLOUT };
	ssize_t got = -2;
	pthread_t thread;
	int event = CHECK_OK(eventfd(0xfffffffe, 0));
	uint64_t most = 0xfffffffffffffffeull - 0xfffffffe;

	CHECK_EQ(write(event, &most, 8), 8); /* full: not writable */
	fds[0] = CHECK_OK(epoll_create1(0));
	CHECK_OK(epoll_ctl(fds[0], EPOLL_CTL_ADD, event, &ev));
	CHECK_EQ(pthread_create(&thread, NULL, wait_events, &got), 0);
	wait_worker_asleep();
	ev.events = EPOLLIN;
	CHECK_OK(epoll_ctl(fds[0], EPOLL_CTL_MOD, event, &ev));
	pthread_join(thread, NULL);
	CHECK_EQ(got, 1);
}

/* Of those who wait exclusively for an event one is woken; the others go on waiting. */
TEST(exclusive_waiters_take_turns)
{
	enum { WAITERS = 3 };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int event = CHECK_OK(eventfd(0, EFD_SEMAPHORE));
	uint64_t one = 1;
	pid_t child[WAITERS];

	for (int i = 0; i < WAITERS; i++) {
		child[i] = CHILD(int ep = CHECK_OK(epoll_create1(0));
				 CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, event, &ev));
				 CHECK_EQ(epoll_wait(ep, &ev, 1, -1), 1); CHECK_EQ(read(event, &one, 8), 8));
		wait_asleep(child[i]);
	}
	for (int i = 0; i < WAITERS; i++) {
		one = 1;
		CHECK_EQ(write(event, &one, 8), 8);
	}
	for (int i = 0; i < WAITERS; i++)
		JOIN(child[i]);
	int ep = CHECK_OK(epoll_create1(0));

	ev.events = EPOLLIN | EPOLLEXCLUSIVE;
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, event, &ev));
	ev.events = EPOLLIN;
	CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_MOD, event, &ev), EINVAL);
}

static void *run_for_ever(void *arg)
{
	for (;;)
		worker_tid = gettid();
	return NULL;
}

static void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

TEST(exec_ends_the_other_threads)
{
	char *argv[] = { "x", "--list", NULL };
	char buf[64];
	int out[2], status;

	CHECK_OK(pipe(out));
	pid_t child = CHILD(pthread_t t; pthread_create(&t, NULL, run_for_ever, NULL);
			    pthread_create(&t, NULL, sleep_for_ever, NULL); while (!worker_tid) sched_yield();
			    dup2(out[1], 1); close(out[0]); execv("/proc/self/exe", argv); _exit(99));

	close(out[1]);
	while (read(out[0], buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void *exec_from_thread(void *arg)
{
	execv("/proc/self/exe", arg);
	_exit(98);
}

/* The thread takes over the leader's id. */
TEST(exec_by_a_thread_keeps_the_pid)
{
	char *argv[] = { "x", "--list", NULL };
	char buf[64];
	int out[2], status;

	CHECK_OK(pipe(out));
	pid_t child = CHILD(pthread_t t; dup2(out[1], 1); close(out[0]);
			    pthread_create(&t, NULL, exec_from_thread, argv); sleep_for_ever(NULL));

	close(out[1]);
	while (read(out[0], buf, sizeof(buf)) > 0)
		;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void *exit_all(void *arg)
{
	syscall(SYS_exit_group, (long)arg);
	return NULL;
}

TEST(two_threads_end_the_process)
{
	for (int round = 0; round < 20; round++) {
		pid_t child = CHILD(pthread_t a, b; pthread_create(&a, NULL, exit_all, (void *)3);
				    pthread_create(&b, NULL, exit_all, (void *)4); sleep_for_ever(NULL));
		int status = wait_status(child);

		CHECK(status == 3 << 8 || status == 4 << 8);
	}
}

TEST(exit_while_others_fork)
{
	for (int round = 0; round < 10; round++) {
		pid_t child = CHILD(pthread_t t; pthread_create(&t, NULL, exit_all, (void *)5); for (;;) {
			pid_t p = fork();
			if (!p)
				_exit(0);
			if (p > 0)
				waitpid(p, NULL, 0);
		});

		CHECK_EQ(wait_status(child), 5 << 8);
	}
}

static volatile int stop;
static void *map_and_unmap(void *arg)
{
	while (!stop) {
		char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		p[PAGE] = 1;
		mprotect(p, 2 * PAGE, PROT_READ);
		munmap(p, 4 * PAGE);
	}
	return NULL;
}

TEST(fork_while_another_thread_maps)
{
	pthread_t thread;
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 'a', 16 * PAGE);
	CHECK_EQ(pthread_create(&thread, NULL, map_and_unmap, NULL), 0);
	for (int i = 0; i < 20; i++) {
		pid_t child = CHILD(for (int k = 0; k < 16; k++) CHECK_EQ(p[k * PAGE], 'a'); p[0] = 'b');

		JOIN(child);
		CHECK_EQ(p[0], 'a');
	}
	stop = 1;
	pthread_join(thread, NULL);
}

static void *rename_back_and_forth(void *arg)
{
	while (!stop) {
		rename("a", "b");
		rename("b", "a");
	}
	return NULL;
}

/* A name that moves is always at one of two places: a look at both sees it, or it moved between the looks. */
TEST(lookup_while_the_name_moves)
{
	pthread_t thread;
	int found = 0;

	CHECK_OK(mkdir("a", 0755));
	put_file("a/f", "text");
	CHECK_EQ(pthread_create(&thread, NULL, rename_back_and_forth, NULL), 0);
	for (int i = 0; i < 300; i++) {
		int fd = open(i % 2 ? "a/f" : "b/f", O_RDONLY);
		char c;

		if (fd < 0) {
			CHECK_EQ(errno, ENOENT);
			continue;
		}
		found++;
		CHECK_EQ(read(fd, &c, 1), 1);
		close(fd);
	}
	stop = 1;
	pthread_join(thread, NULL);
	CHECK(access("a/f", F_OK) == 0 || access("b/f", F_OK) == 0);
	(void)found;
}

/* The last one counts; who was on its way to where an earlier one had sent it stops waiting for that. */
TEST(two_set_the_affinity_of_one)
{
	enum { ROUNDS = 60, TURNS = 40 };

	for (int round = 0; round < ROUNDS; round++) {
		pid_t child = CHECK_OK(fork());

		for (int turn = 0; turn < TURNS; turn++) {
			cpu_set_t set;

			CPU_ZERO(&set);
			CPU_SET((turn + round) % 2, &set);
			sched_setaffinity(child, sizeof(set), &set); /* there may be one CPU only */
		}
		if (!child)
			_exit(0);
		CHECK_EQ(wait_status(child), 0);
	}
}

// SPDX-License-Identifier: MIT
/* Threads and futex(2): clone flags, TLS, set_tid_address, robust lists, exit_group, futex operations. */
#include "harness.h"

#include <linux/futex.h>
#include <stddef.h>

static int word;

static long futex(int *addr, int op, int val, const struct timespec *ts, int *addr2, int val3)
{
	return syscall(SYS_futex, addr, op, val, ts, addr2, val3);
}

/* Any two queues may be locked together, in whichever call they are met first. */
TEST(requeue_between_words_in_any_order)
{
	static int words[64];

	for (int i = 0; i < 64; i++)
		CHECK_EQ(futex(&words[i], i % 2 ? FUTEX_WAIT : FUTEX_WAKE_OP, i % 2, NULL, &words[i], 0),
			 i % 2 ? -1 : 0);
	for (int i = 0; i < 64; i++)
		for (int k = 0; k < 64; k++)
			CHECK_EQ(futex(&words[i], FUTEX_REQUEUE, 1, (void *)1, &words[k], 0), 0);
}

static void *return_tid(void *out)
{
	*(pid_t *)out = gettid();
	return (void *)(intptr_t)getpid();
}

TEST(thread_has_own_tid_and_same_pid)
{
	pthread_t t;
	pid_t tid = 0;
	void *pid;

	CHECK_EQ(gettid(), getpid());
	CHECK_EQ(pthread_create(&t, NULL, return_tid, &tid), 0);
	pthread_join(t, &pid);
	CHECK_EQ((intptr_t)pid, getpid());
	CHECK(tid > 0 && tid != getpid());
}

static __thread int tls_value = 5;

static void *tls_body(void *unused)
{
	int before = tls_value;

	tls_value = 9;
	return (void *)(intptr_t)before;
}

TEST(thread_local_storage_is_separate)
{
	pthread_t t;
	void *r;

	tls_value = 6;
	CHECK_EQ(pthread_create(&t, NULL, tls_body, NULL), 0);
	pthread_join(t, &r);
	CHECK_EQ((intptr_t)r, 5);
	CHECK_EQ(tls_value, 6);
}

TEST(set_tid_address_returns_tid)
{
	static int dummy;

	CHECK_EQ(syscall(SYS_set_tid_address, &dummy), gettid());
}

static void *exit_whole(void *unused)
{
	exit(23);
}

TEST(exit_group_from_a_thread_ends_the_process)
{
	pid_t child = CHILD(pthread_t t; pthread_create(&t, NULL, exit_whole, NULL); for (;;) pause());

	CHECK_EQ(wait_status(child), 23 << 8);
}

static void *linger(void *unused)
{
	sleep_ms(300); /* so long that a slow machine still sees it alive */
	_exit(31);
}

TEST(leader_exit_leaves_the_process_alive)
{
	int status;
	pid_t child = CHILD(pthread_t t; pthread_create(&t, NULL, linger, NULL); syscall(SYS_exit, 1));

	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(wait_status(child), 31 << 8);
}

TEST(fatal_signal_ends_all_threads)
{
	pid_t child = CHILD(pthread_t t; pthread_create(&t, NULL, linger, NULL); for (;;) pause());

	CHECK_OK(kill(child, SIGKILL));
	CHECK_EQ(wait_status(child), SIGKILL);
}

static void *sleep_for_ever(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

TEST(threads_count_in_proc)
{
	int fds[2];

	CHECK_OK(pipe(fds));
	pid_t child = CHILD(pthread_t t; pthread_create(&t, NULL, sleep_for_ever, NULL); write(fds[1], "x", 1);
			    for (;;) pause());
	char c;
	CHECK_EQ(read(fds[0], &c, 1), 1);
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/status", child);
	const char *line = strstr(get_file(path), "\nThreads:\t");
	CHECK(line && atoi(line + 10) == 2);
	kill(child, SIGKILL);
	wait_status(child);
}

TEST(many_threads_at_once)
{
	pthread_t t[30];
	pid_t tids[30];

	for (int i = 0; i < 30; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, return_tid, &tids[i]), 0);
	for (int i = 0; i < 30; i++)
		pthread_join(t[i], NULL);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int counter;

static void *count_up(void *unused)
{
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

TEST(mutex_excludes)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, count_up, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(counter, 2000);
}

static void *set_later(void *unused)
{
	sleep_ms(10);
	pthread_mutex_lock(&lock);
	counter = 1;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
	return NULL;
}

TEST(condition_variable_wakes)
{
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, set_later, NULL), 0);
	pthread_mutex_lock(&lock);
	while (!counter)
		pthread_cond_wait(&cond, &lock);
	pthread_mutex_unlock(&lock);
	pthread_join(t, NULL);
}

TEST(futex_wait_value_differs)
{
	word = 5;
	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0), EAGAIN);
	CHECK_EQ(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
}

TEST(futex_wait_times_out)
{
	struct timespec ts = { 0, 20000000 };
	long long begin = now_ns();

	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK(now_ns() - begin >= 20000000);
	ts = (struct timespec){ 0, 1 };
	CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET, 0, &ts, NULL, FUTEX_BITSET_MATCH_ANY), ETIMEDOUT);
}

TEST(futex_refusals)
{
	struct timespec bad = { 0, 1000000000 };

	CHECK_ERRNO(futex((int *)((char *)&word + 1), FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(bad_pointer(), FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(NULL, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0, bad_pointer(), NULL, 0), EFAULT);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &word + 1, 7), EAGAIN);
}

TEST(futex_shared_between_processes)
{
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(shared != MAP_FAILED);
	pid_t child = CHILD(CHECK_EQ(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0), 0));
	wait_asleep(child);
	*shared = 1;
	CHECK_EQ(futex(shared, FUTEX_WAKE, 10, NULL, NULL, 0), 1);
	JOIN(child);
}

TEST(futex_requeue_moves_waiters)
{
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child[3];

	for (int i = 0; i < 3; i++) {
		child[i] = CHILD(CHECK_EQ(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0), 0));
		wait_asleep(child[i]);
	}
	CHECK_EQ(futex(shared, FUTEX_CMP_REQUEUE, 1, (void *)10, shared + 1, 0), 3);
	CHECK_EQ(futex(shared, FUTEX_WAKE, 10, NULL, NULL, 0), 0);
	CHECK_EQ(futex(shared + 1, FUTEX_WAKE, 10, NULL, NULL, 0), 2);
	for (int i = 0; i < 3; i++)
		JOIN(child[i]);
}

TEST(futex_bitset_selects)
{
	int *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = CHILD(CHECK_EQ(futex(shared, FUTEX_WAIT_BITSET, 0, NULL, NULL, 2), 0));

	wait_asleep(child);
	CHECK_EQ(futex(shared, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1), 0);
	CHECK_EQ(futex(shared, FUTEX_WAKE_BITSET, 1, NULL, NULL, 3), 1);
	JOIN(child);
}

TEST(futex_wake_op)
{
	static int a, b = 5;
	int op = FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5);

	CHECK_EQ(futex(&a, FUTEX_WAKE_OP, 1, (void *)1, &b, op), 0);
	CHECK_EQ(b, 8);
}

TEST(futex_wait_is_interrupted)
{
	pid_t poker;

	catch_signal(SIGUSR1, 0);
	poker = poke_start(SIGUSR1);
	CHECK_ERRNO(futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
	poke_stop(poker);
}

TEST(futex_private_and_shared_keys)
{
	int *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK_EQ(futex(p, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
	CHECK_EQ(futex(p, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
}

struct robust_item {
	struct robust_list list;
	int futex_word;
};

static void *die_holding(void *arg)
{
	static struct robust_list_head head;
	struct robust_item *item = arg;

	head.list.next = &item->list;
	head.futex_offset = offsetof(struct robust_item, futex_word);
	head.list_op_pending = NULL;
	item->list.next = &head.list;
	item->futex_word = gettid();
	syscall(SYS_set_robust_list, &head, sizeof(head));
	syscall(SYS_exit, 0);
	return NULL;
}

TEST(robust_list_marks_the_dead_owner)
{
	static struct robust_item item;
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, die_holding, &item), 0);
	for (int i = 0; i < 200 && !(__atomic_load_n(&item.futex_word, __ATOMIC_SEQ_CST) & FUTEX_OWNER_DIED);
	     i++)
		sleep_ms(2);
	CHECK(item.futex_word & FUTEX_OWNER_DIED);
}

TEST(robust_list_refusals)
{
	struct robust_list_head *head;
	size_t size;

	CHECK_ERRNO(syscall(SYS_set_robust_list, &word, 5), EINVAL);
	CHECK_OK(syscall(SYS_get_robust_list, 0, &head, &size));
	CHECK_EQ(size, sizeof(struct robust_list_head));
	CHECK_ERRNO(syscall(SYS_get_robust_list, 4000000, &head, &size), ESRCH);
}

#ifdef __i386__
TEST(thread_area_slots)
{
	struct {
		unsigned int entry, base, limit, flags;
	} desc = { -1, 0x1000, 0xfffff, 0x51 };

	CHECK_OK(syscall(SYS_set_thread_area, &desc));
	CHECK(desc.entry >= 12 && desc.entry <= 14);
	desc.base = 0;
	CHECK_OK(syscall(SYS_get_thread_area, &desc));
	CHECK_EQ(desc.base, 0x1000);
	desc.entry = 3;
	CHECK_ERRNO(syscall(SYS_set_thread_area, &desc), EINVAL);
}
#endif

static void *spin_until(void *flag)
{
	while (!__atomic_load_n((int *)flag, __ATOMIC_SEQ_CST))
		;
	return NULL;
}

TEST(spinning_thread_is_preempted)
{
	static int flag;
	cpu_set_t one;
	pthread_t t;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
	CHECK_EQ(pthread_create(&t, NULL, spin_until, &flag), 0);
	sleep_ms(10);
	__atomic_store_n(&flag, 1, __ATOMIC_SEQ_CST);
	pthread_join(t, NULL);
}

TEST(membarrier_query)
{
	CHECK(syscall(SYS_membarrier, 0, 0, 0) >= 0);
	CHECK_ERRNO(syscall(SYS_membarrier, 0, 1, 0), EINVAL);
}

// SPDX-License-Identifier: MIT
/* futex(2) with priority inheritance: owners, handing over, requeueing, what happens when an owner dies. */
#include "harness.h"

#include <linux/futex.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static long futex(int *addr, int op, int val, const void *ts, int *addr2, int val3)
{
	return syscall(SYS_futex, addr, op, val, ts, addr2, val3);
}

/* Words that forked processes share. */
static int *shared_words(void)
{
	int *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static int load(int *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void store(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

TEST(priority_inheritance_lock)
{
	static int pi;

	CHECK_OK(futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(pi & FUTEX_TID_MASK, gettid());
	CHECK_ERRNO(futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_OK(futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(pi, 0);
	CHECK_ERRNO(futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	CHECK_OK(futex(&pi, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
}

TEST(word_says_who_owns_it)
{
	int *w = shared_words();
	pid_t child;

	CHECK_OK(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(*w, gettid());
	child = CHILD(CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		      CHECK_EQ(load(w) & FUTEX_TID_MASK, gettid());
		      CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0));
	wait_asleep(child);
	CHECK_EQ(load(w), gettid() | (int)FUTEX_WAITERS);
	CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	JOIN(child);
	CHECK_EQ(load(w), 0);
}

TEST(refusals)
{
	int *w = shared_words(), dead;
	struct timespec past = { 1, 0 }, bad = { 0, 1000000000 };

	CHECK_ERRNO(futex(bad_pointer(), FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(bad_pointer(), FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex((int *)((char *)w + 1), FUTEX_LOCK_PI, 0, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(read_only_page(), FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	CHECK_ERRNO(futex(w, FUTEX_LOCK_PI, 0, &bad, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(w, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0), ENOSYS);
	dead = CHILD();
	JOIN(dead);
	*w = dead;
	CHECK_ERRNO(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
	CHECK_EQ(*w, dead | (int)FUTEX_WAITERS);
	CHECK_ERRNO(futex(w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), ESRCH);
	*w = 1; /* init is nobody's friend, but it lives */
	CHECK_ERRNO(futex(w, FUTEX_LOCK_PI, 0, &past, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(futex(w, FUTEX_LOCK_PI2, 0, &(struct timespec){ 0, 1 }, NULL, 0), ETIMEDOUT);
	CHECK_ERRNO(futex(w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
	CHECK_ERRNO(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	*w = gettid();
	CHECK_ERRNO(futex(w, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
}

TEST(free_word_keeps_owner_died)
{
	int *w = shared_words();

	*w = FUTEX_OWNER_DIED | FUTEX_WAITERS;
	CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(*w, gettid() | FUTEX_OWNER_DIED);
	CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(*w, 0);
}

TEST(lock_timeout_is_on_the_wall_clock)
{
	int *w = shared_words();
	struct timespec ts;
	long long begin = now_ns();

	*w = 1;
	CHECK_OK(clock_gettime(CLOCK_REALTIME, &ts));
	ts.tv_nsec += 30000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	CHECK_ERRNO(futex(w, FUTEX_LOCK_PI, 0, &ts, NULL, 0), ETIMEDOUT);
	CHECK(now_ns() - begin >= 29000000);
}

TEST(plain_wake_and_requeue_refuse_a_mutex)
{
	int *w = shared_words();
	pid_t child;

	CHECK_OK(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	child = CHILD(CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0));
	wait_asleep(child);
	CHECK_ERRNO(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(w, FUTEX_CMP_REQUEUE, 0, (void *)1, w + 1, *w), EINVAL);
	CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	JOIN(child);
}

TEST(plain_waiter_makes_the_mutex_invalid)
{
	int *w = shared_words();
	pid_t child = CHILD(futex(w, FUTEX_WAIT, 0, NULL, NULL, 0));

	wait_asleep(child);
	CHECK_ERRNO(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EINVAL);
	*w = gettid();
	CHECK_ERRNO(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EINVAL);
	CHECK_EQ(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	JOIN(child);
}

TEST(death_of_the_owner_passes_the_lock_on)
{
	int *w = shared_words();
	pid_t owner = CHILD(CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0); store(w + 1, 1);
			    sleep_ms(60));

	while (!load(w + 1))
		sleep_ms(1);
	CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(load(w), gettid() | (int)(FUTEX_OWNER_DIED | FUTEX_WAITERS));
	JOIN(owner);
	CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	CHECK_EQ(*w, 0);
}

TEST(circle_of_owners_is_a_deadlock)
{
	int *a = shared_words(), *b = a + 1;
	pid_t child;

	CHECK_OK(futex(a, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	child = CHILD(CHECK_EQ(futex(b, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		      CHECK_EQ(futex(a, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0));
	wait_asleep(child);
	CHECK_ERRNO(futex(b, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHECK_EQ(futex(a, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	JOIN(child);
}

TEST(highest_priority_is_served_first)
{
	int *w = shared_words();
	pid_t child[3];

	CHECK_OK(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	for (int i = 0; i < 3; i++) {
		child[i] = CHILD(struct sched_param p = { i == 1 ? 20 : 10 };
				 if (i) CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &p));
				 CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
				 w[1 + __atomic_fetch_add(w + 10, 1, __ATOMIC_SEQ_CST)] = i;
				 CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0));
		wait_asleep(child[i]);
	}
	CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	for (int i = 0; i < 3; i++)
		JOIN(child[i]);
	CHECK_EQ(w[1], 1);
	CHECK_EQ(w[2], 2);
	CHECK_EQ(w[3], 0);
}

static void to_one_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK_OK(sched_setaffinity(0, sizeof(one), &one));
}

static void to_fifo(int prio)
{
	struct sched_param p = { prio };

	CHECK_OK(sched_setscheduler(0, SCHED_FIFO, &p));
}

TEST(owner_inherits_the_priority_of_its_waiter)
{
	int *w = shared_words();
	pid_t owner, hog, waiter;

	to_one_cpu();
	to_fifo(30);
	/* An ordinary task holds the lock while a real-time task of priority 10 wants the CPU for itself. */
	owner = CHILD(to_one_cpu(); struct sched_param p = { 0 };
		      CHECK_OK(sched_setscheduler(0, SCHED_OTHER, &p));
		      CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0); store(w + 1, 1);
		      while (!load(w + 2)); CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0));
	while (!load(w + 1))
		sleep_ms(1);
	hog = CHILD(to_fifo(10); long long end = now_ns() + 400000000LL;
		    while (now_ns() < end && !load(w + 3)); store(w + 4, load(w + 3)));
	waiter = CHILD(to_fifo(20); store(w + 2, 1); CHECK_EQ(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		       store(w + 3, 1); CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0));
	JOIN(waiter);
	JOIN(hog);
	JOIN(owner);
	CHECK_EQ(w[4], 1);
}

TEST(requeue_gives_the_mutex_to_a_waiter)
{
	int *w = shared_words(), *cond = w + 1;
	pid_t child[2];

	for (int i = 0; i < 2; i++) {
		child[i] = CHILD(CHECK_EQ(futex(cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, w, 0), 0);
				 CHECK_EQ(load(w) & FUTEX_TID_MASK, gettid());
				 CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0));
		wait_asleep(child[i]);
	}
	CHECK_ERRNO(futex(cond, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	CHECK_ERRNO(futex(cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)10, w + 2, 0), EINVAL);
	CHECK_OK(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
	CHECK_EQ(futex(cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)10, w, 0), 2);
	CHECK_EQ(load(w), gettid() | (int)FUTEX_WAITERS);
	CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	JOIN(child[0]);
	JOIN(child[1]);
	CHECK_EQ(load(w), 0);
	child[0] = CHILD(CHECK_EQ(futex(cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, w, 0), 0);
			 CHECK_EQ(load(w) & FUTEX_TID_MASK, gettid());
			 CHECK_EQ(futex(w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0));
	wait_asleep(child[0]);
	CHECK_EQ(futex(cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, w, 0), 1);
	JOIN(child[0]);
}

TEST(requeue_refusals)
{
	int *w = shared_words(), *cond = w + 1;
	struct timespec past = { 1, 0 };

	CHECK_ERRNO(futex(cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, cond, 0), EINVAL);
	CHECK_ERRNO(futex(cond, FUTEX_WAIT_REQUEUE_PI, 1, NULL, w, 0), EAGAIN);
	CHECK_ERRNO(futex(cond, FUTEX_WAIT_REQUEUE_PI, 0, &past, w, 0), ETIMEDOUT);
	CHECK_ERRNO(futex(cond, FUTEX_WAIT_REQUEUE_PI, 0, NULL, bad_pointer(), 0), EFAULT);
	CHECK_ERRNO(futex(cond, FUTEX_CMP_REQUEUE_PI, 2, NULL, w, 0), EINVAL);
	CHECK_ERRNO(futex(cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, cond, 0), EINVAL);
	CHECK_ERRNO(futex(cond, FUTEX_CMP_REQUEUE_PI, 1, (void *)-1L, w, 0), EINVAL);
	CHECK_ERRNO(futex(cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, w, 5), EAGAIN);
	CHECK_EQ(futex(cond, FUTEX_CMP_REQUEUE_PI, 1, NULL, w, 0), 0);
}

static pthread_mutex_t pi_mutex;
static int counter;

static void *count_up(void *unused)
{
	for (int i = 0; i < 300; i++) {
		pthread_mutex_lock(&pi_mutex);
		int before = counter;
		if (i % 16 == 0)
			sched_yield();
		counter = before + 1;
		pthread_mutex_unlock(&pi_mutex);
	}
	return NULL;
}

TEST(contended_mutex_excludes)
{
	pthread_mutexattr_t attr;
	pthread_t t[6];

	pthread_mutexattr_init(&attr);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutex_init(&pi_mutex, &attr), 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, count_up, NULL), 0);
	for (int i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(counter, 1800);
	CHECK_EQ(pthread_mutex_destroy(&pi_mutex), 0);
}

static void *die_with_it(void *unused)
{
	pthread_mutex_lock(&pi_mutex);
	store(&counter, 1);
	sleep_ms(30);
	return NULL;
}

TEST(robust_mutex_is_recovered)
{
	pthread_mutexattr_t attr;
	pthread_t t;

	pthread_mutexattr_init(&attr);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutex_init(&pi_mutex, &attr), 0);
	CHECK_EQ(pthread_create(&t, NULL, die_with_it, NULL), 0);
	while (!load(&counter))
		sleep_ms(1);
	CHECK_EQ(pthread_mutex_lock(&pi_mutex), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&pi_mutex), 0);
	CHECK_EQ(pthread_mutex_unlock(&pi_mutex), 0);
	CHECK_EQ(pthread_mutex_lock(&pi_mutex), 0);
	pthread_join(t, NULL);
}

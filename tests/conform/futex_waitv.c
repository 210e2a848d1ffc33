// SPDX-License-Identifier: MIT
/* futex_waitv(2): which word woke, values, deadlines of both clocks, signals, sharing, the refusals. */
#include "harness.h"

#include <linux/futex.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

/* Of the size that the call has on both ABIs. */
struct deadline {
	long long sec, nsec;
};

static int *words; /* shared with children */

static int waitv(struct futex_waitv *w, unsigned count, unsigned flags, const struct deadline *until, int clock)
{
	return syscall(SYS_futex_waitv, w, count, flags, until, clock);
}

static int wake(int *word, int count)
{
	return syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

static struct deadline in_ms(int clock, int ms)
{
	struct timespec now;

	CHECK_OK(clock_gettime(clock, &now));
	long long ns = now.tv_sec * 1000000000LL + now.tv_nsec + ms * 1000000LL;

	return (struct deadline){ ns / 1000000000, ns % 1000000000 };
}

/* `count` waiters on shared words that are all 0. */
static void prepare(struct futex_waitv *w, int count)
{
	words = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(words != MAP_FAILED);
	memset(w, 0, count * sizeof(*w));
	for (int i = 0; i < count; i++) {
		w[i].uaddr = (uintptr_t)(words + i);
		w[i].flags = FUTEX_32;
	}
}

TEST(tells_which_word_was_woken)
{
	struct futex_waitv w[4];

	prepare(w, 4);
	for (int i = 0; i < 4; i++) {
		pid_t child = CHILD(CHECK_EQ(waitv(w, 4, 0, NULL, 0), i));

		wait_asleep(child);
		CHECK_EQ(wake(words + i, 1), 1);
		JOIN(child);
		CHECK_EQ(wake(words + i, 1), 0);
	}
}

TEST(a_changed_value_is_eagain)
{
	struct futex_waitv w[3];

	prepare(w, 3);
	words[2] = 5;
	CHECK_ERRNO(waitv(w, 3, 0, NULL, 0), EAGAIN);
	CHECK_ERRNO(waitv(w + 2, 1, 0, NULL, 0), EAGAIN);
	CHECK_EQ(wake(words, 1), 0); /* nothing stays queued */
}

TEST(both_clocks_time_out)
{
	struct futex_waitv w[2];
	struct deadline past = { 0, 0 }, until;

	prepare(w, 2);
	CHECK_ERRNO(waitv(w, 2, 0, &past, CLOCK_MONOTONIC), ETIMEDOUT);
	CHECK_ERRNO(waitv(w, 2, 0, &past, CLOCK_REALTIME), ETIMEDOUT);
	for (int clock = CLOCK_REALTIME; clock <= CLOCK_MONOTONIC; clock++) {
		until = in_ms(clock, 20);
		CHECK_ERRNO(waitv(w, 2, 0, &until, clock), ETIMEDOUT);
		struct deadline now = in_ms(clock, 0);

		CHECK(now.sec > until.sec || (now.sec == until.sec && now.nsec >= until.nsec));
	}
}

TEST(a_signal_ends_or_restarts_it)
{
	struct futex_waitv w[2];

	prepare(w, 2);
	catch_signal(SIGUSR1, 0);
	pid_t poker = poke_start(SIGUSR1);

	CHECK_ERRNO(waitv(w, 2, 0, NULL, 0), EINTR);
	poke_stop(poker);
	signal_count[SIGUSR1] = 0;
	catch_signal(SIGUSR1, SA_RESTART);
	poker = poke_start(SIGUSR1);
	pid_t waker = CHILD(sleep_ms(120); while (!wake(words + 1, 1)) sleep_ms(1));

	CHECK_EQ(waitv(w, 2, 0, NULL, 0), 1);
	CHECK(signal_count[SIGUSR1] > 0);
	poke_stop(poker);
	JOIN(waker);
}

static void *wake_private(void *word)
{
	while (!syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0))
		sched_yield();
	return NULL;
}

TEST(private_words_of_threads)
{
	struct futex_waitv w[2];
	pthread_t thread;

	prepare(w, 2);
	w[0].flags = w[1].flags = FUTEX_32 | FUTEX_PRIVATE_FLAG;
	CHECK_EQ(pthread_create(&thread, NULL, wake_private, words + 1), 0);
	CHECK_EQ(waitv(w, 2, 0, NULL, 0), 1);
	pthread_join(thread, NULL);
}

/* One word twice: the wake takes one of the two entries, and the call tells one of them. */
TEST(one_word_may_be_there_twice)
{
	struct futex_waitv w[2];

	prepare(w, 2);
	w[1].uaddr = w[0].uaddr;
	pid_t child = CHILD(int i = CHECK_OK(waitv(w, 2, 0, NULL, 0)); CHECK(i == 0 || i == 1));

	wait_asleep(child);
	CHECK(wake(words, 2) >= 1);
	JOIN(child);
}

TEST(as_many_as_allowed)
{
	struct futex_waitv w[129];

	prepare(w, 129);
	words[127] = 1;
	CHECK_ERRNO(waitv(w, 128, 0, NULL, 0), EAGAIN);
	CHECK_ERRNO(waitv(w, 129, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(w, 0, 0, NULL, 0), EINVAL);
}

TEST(refusals)
{
	struct futex_waitv w[2];
	struct deadline bad = { 0, 1000000000 }, past = { 0, 0 };

	prepare(w, 2);
	CHECK_ERRNO(waitv(w, 2, 1, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(NULL, 1, 0, NULL, 0), EINVAL);
	CHECK_ERRNO(waitv(bad_pointer(), 1, 0, NULL, 0), EFAULT);
	CHECK_ERRNO(waitv(w, 2, 0, &past, CLOCK_BOOTTIME), EINVAL);
	CHECK_ERRNO(waitv(w, 2, 0, &bad, CLOCK_MONOTONIC), EINVAL);
	CHECK_ERRNO(waitv(w, 2, 0, bad_pointer(), CLOCK_MONOTONIC), EFAULT);
	w[1].flags = 0;
	CHECK_ERRNO(waitv(w, 2, 0, NULL, 0), EINVAL);
	w[1].flags = FUTEX_32 | 1 << 6;
	CHECK_ERRNO(waitv(w, 2, 0, NULL, 0), EINVAL);
	w[1].flags = FUTEX_32;
	w[1].__reserved = 1;
	CHECK_ERRNO(waitv(w, 2, 0, NULL, 0), EINVAL);
	w[1].__reserved = 0;
	w[1].uaddr += 2;
	CHECK_ERRNO(waitv(w, 2, 0, &past, CLOCK_MONOTONIC), EINVAL);
	w[1].uaddr = (uintptr_t)bad_pointer();
	CHECK_ERRNO(waitv(w, 2, 0, &past, CLOCK_MONOTONIC), EFAULT);
}

// SPDX-License-Identifier: MIT
/* A dynamically linked glibc program with threads, a condition variable, TLS and a pool of work. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 8, JOBS = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int next_job, queued;
static long results[JOBS];
static __thread int mine;

static long work(int job)
{
	long sum = 0;
	char *scratch = malloc(1000 + job * 10);

	memset(scratch, job, 1000 + job * 10);
	for (int i = 0; i < 1000; i++)
		sum += scratch[i] * i;
	free(scratch);
	return sum;
}

static void *worker(void *arg)
{
	pthread_barrier_wait(&barrier);
	for (;;) {
		pthread_mutex_lock(&lock);
		while (next_job >= queued && queued < JOBS)
			pthread_cond_wait(&ready, &lock);
		int job = next_job < JOBS ? next_job++ : -1;
		pthread_mutex_unlock(&lock);
		if (job < 0)
			return (void *)(long)mine;
		results[job] = work(job);
		mine++;
	}
}

int main(void)
{
	pthread_t threads[WORKERS];
	long total = 0, done = 0;

	pthread_barrier_init(&barrier, NULL, WORKERS + 1);
	for (int i = 0; i < WORKERS; i++)
		if (pthread_create(&threads[i], NULL, worker, NULL))
			return 1;
	pthread_barrier_wait(&barrier);
	while (queued < JOBS) {
		pthread_mutex_lock(&lock);
		queued++;
		pthread_mutex_unlock(&lock);
		pthread_cond_broadcast(&ready);
	}
	for (int i = 0; i < WORKERS; i++) {
		void *count;

		pthread_join(threads[i], &count);
		done += (long)count;
	}
	for (int i = 0; i < JOBS; i++)
		total += results[i];
	printf("%ld jobs, total %ld\n", done, total);
	return done == JOBS ? 0 : 1;
}

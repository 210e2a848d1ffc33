/* SPDX-License-Identifier: MIT */
/* The order of a program's steps among its processes and threads (see fuzz.h): a turn in shared memory. */
#pragma once

#include "raw.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/types.h>

#define ACTOR_PRIORITY 10 /* of actor 0; each later one has a higher one */

/* Waits until step `number` may begin. */
static inline void actor_await(unsigned int *turn, unsigned int number)
{
	unsigned int now;

	while ((now = __atomic_load_n(turn, __ATOMIC_SEQ_CST)) < number)
		raw(SYS_futex, ADDR(turn), FUTEX_WAIT, now);
}

/* Says that step `number` may begin. */
static inline void actor_pass(unsigned int *turn, unsigned int number)
{
	if (*turn < number)
		__atomic_store_n(turn, number, __ATOMIC_SEQ_CST);
	raw(SYS_futex, ADDR(turn), FUTEX_WAKE, 1000);
}

/* From now on `pid` (0: the caller) runs before all actors with smaller numbers. */
static inline void actor_priority(pid_t pid, int actor)
{
	struct sched_param param = { .sched_priority = ACTOR_PRIORITY + actor };

	raw(SYS_sched_setscheduler, (unsigned long)pid, SCHED_FIFO, ADDR(&param));
}

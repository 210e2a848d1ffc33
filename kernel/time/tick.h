/* SPDX-License-Identifier: MIT */
/* Between the scheduler and the timers: when the local timer must fire for the scheduler's sake. */
#pragma once

#include "kernel/time/time.h"

struct sleep_timer { /* schedule_timeout() */
	struct timer timer;
	struct task *task;
};

void tick_start(void); /* leaving idle, interrupts off: makes sure that a tick is coming */
void tick_idle(bool keep_ticking); /* going idle, interrupts off: only timers (and RCU) wake us */
void itimer_tick(
	/* ITIMER_VIRTUAL, ITIMER_PROF, CPU-time timers and RLIMIT_CPU of current; interrupt context */
	bool user);

/* SPDX-License-Identifier: MIT */
/*
 * Watchers of discontinuous changes of CLOCK_REALTIME: TFD_TIMER_CANCEL_ON_SET and absolute realtime
 * timers.
 */
#pragma once

#include "kernel/base/list.h"

struct clock_watch {
	struct list_head node;
	void (*fn)(
		struct clock_watch *w); /* no locks held but the list's; may not sleep, may not unregister */
};
void clock_watch_add(struct clock_watch *w);
void clock_watch_remove(struct clock_watch *w);
void clock_was_set(void); /* calls every watcher */

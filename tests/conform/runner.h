/* SPDX-License-Identifier: MIT */
/* What the debug kernel offers the runner: tests/conform/exhaust.c.  On any other kernel all of it does nothing. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

void leak_init(void);
void leak_mark(void);
/* What there is more of since leak_mark(), in a static buffer; NULL: nothing. */
const char *leak_found(void);

bool exhausting(void);
void exhaust_arm(void);	   /* in the test's process: its next allocations may fail */
void exhaust_disarm(void); /* in the runner: no more failures; remembers what has failed */
bool exhaust_has_failed(void); /* in the runner: one of the test's allocations, by now */
/* Runs one test until all of its allocations have failed once; prints the result. */
void exhaust_test(int number, const char *name, bool (*run)(int number, const char *name, pid_t *pid, int *status));

/* SPDX-License-Identifier: MIT */
/* What the storms share (storm.c). */
#pragma once

#define _GNU_SOURCE
#include <stddef.h>

#define IGNORE(x) ((void)!(x))
#define THREADS   4
#define WRONG     42 /* exit status of a storm that saw what must not be */

int more(void); /* is there time left? */
void reap(int options); /* every child that is dead; all, when options are 0 */
void run_threads(void *(*fn)(void *)); /* THREADS of them, with their numbers, until they end */

/* hog.c: each in more memory than there is */
void storm_oom(void);
void storm_oom_threads(void);
void storm_oom_files(void);
void storm_oom_tmpfs(void);
void storm_oom_adj(void);
void storm_oom_vfork(void);
void storm_oom_blocked(void);

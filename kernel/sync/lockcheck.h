/* SPDX-License-Identifier: MIT */
/*
 * What the debug kernel knows about a lock, and the two calls that every lock makes
 * (kernel/debug/lockcheck.c). Without CONFIG_DEBUG nothing of this is left in the code.
 */
#pragma once

#include "kernel/base/base.h"
#include "kernel/sync/safety.h"

#define LOCK_SHARED 1 /* readers of a readers-writer lock */
#define LOCK_TRY    2 /* taken without waiting: cannot deadlock here */
#define LOCK_SLEEPS 4 /* held by a task, not by a CPU */

#ifdef CONFIG_DEBUG

#define LOCK_STR2(x)        #x
#define LOCK_STR(x)         LOCK_STR2(x)
#define LOCK_DEP_INIT(what) .dep = { .name = __FILE__ ":" what },
#define LOCK_DEP_FIELD      struct lock_dep dep;

struct lock_dep {
	const char
		*name; /* [const] where it is initialised and what it is called there; NULL: zeroed memory */
	u16 class; /* [atomic] 0 until first taken */
	bool unordered; /* [const] only recursion is checked */
};

struct held_lock {
	struct lock_dep *dep;
	unsigned long ip; /* who took it */
	u32 flags;
};

#define MAX_HELD 32
struct held_locks { /* oldest first */
	u32 count;
	struct held_lock lock[MAX_HELD];
};

/*
 * About to take the lock.  Panics on recursion, on an order that contradicts one seen before or documented in
 * kernel/sync/rank.h, and on a spin lock that an interrupt handler may want while its holder can be
 * interrupted.
 */
void lock_acquire(struct lock_dep *dep, unsigned flags, unsigned long ip);
void lock_release(struct lock_dep *dep); /* panics when this CPU or task does not hold it */
void lock_check_stop(void); /* a report is about to be printed: from here on nothing is checked */
void lock_print_held(void); /* what this CPU and current hold, on the console */
void lock_check_none_held(const char *where); /* panics when current holds a sleeping lock */

#else

#define LOCK_DEP_INIT(what)
#define LOCK_DEP_FIELD
#define lock_acquire(dep, flags, ip) ((void)0)
#define lock_release(dep)            ((void)0)
static inline void lock_check_none_held(const char *where)
{
}
static inline void lock_check_stop(void)
{
}

#endif

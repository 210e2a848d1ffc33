/* SPDX-License-Identifier: MIT */
/*
 * Sleeping locks: mutual exclusion, and readers-writer.  Process context only.  A free mutex goes to who
 * comes first, sleepers are served in order; readers-writer locks are FIFO and prefer writers.
 */
#pragma once

#include "kernel/sync/spinlock.h"
#include "kernel/base/list.h"

struct task;

struct mutex {
	struct task *owner; /* [atomic] NULL: free; flags in the low bits (mutex.c) */
	struct spinlock lock; /* guards waiters and most flags */
	struct list_head waiters; /* [lock] */
	LOCK_DEP_FIELD
} __lock_type("mutex");
#define MUTEX_INIT_NAMED(m, name)                                                                  \
	{                                                                                          \
		.lock = SPINLOCK_INIT_NAMED(name ".lock"), .waiters = LIST_HEAD_INIT((m).waiters), \
		LOCK_DEP_INIT(name)                                                                \
	}
#define MUTEX_INIT(m) MUTEX_INIT_NAMED(m, #m)
#define mutex_init(m) (*(m) = (struct mutex)MUTEX_INIT_NAMED(*(m), #m))

void mutex_lock(struct mutex *m) __acquires(m);
bool mutex_trylock(struct mutex *m) __try_acquires(true, m);
int __must_check mutex_lock_interruptible(struct mutex *m) __try_acquires(0, m); /* -EINTR on a signal */
void mutex_unlock(struct mutex *m) __releases(m);

struct rwsem {
	s32 count; /* [lock] readers, or -1 for a writer */
	struct spinlock lock; /* guards all */
	struct list_head waiters; /* [lock] */
	LOCK_DEP_FIELD
} __lock_type("readers-writer semaphore");
#define rwsem_init(s)                                                    \
	(*(s) = (struct rwsem){ .lock = SPINLOCK_INIT_NAMED(#s ".lock"), \
				.waiters = LIST_HEAD_INIT((s)->waiters), \
				LOCK_DEP_INIT(#s) })

void down_read(struct rwsem *s) __acquires_shared(s);
bool down_read_trylock(struct rwsem *s) __try_acquires_shared(true, s);
void up_read(struct rwsem *s) __releases_shared(s);
void down_write(struct rwsem *s) __acquires(s);
void up_write(struct rwsem *s) __releases(s);
void downgrade_write(struct rwsem *s) __releases(s) __acquires_shared(s);

/* SPDX-License-Identifier: MIT */
/*
 * Scoped locking: `guard(mutex)(&m);` holds m until the end of the block.
 *
 * The analysis of locks (safety.h) does not see through the variable that remembers the lock.  For it, and
 * only for it, guard() declares a second one, whose clean-up is said to release the very expression that was
 * locked.
 */
#pragma once

#include "kernel/sync/mutex.h"
#include "kernel/sync/rcu.h"

#define GUARD_CAT2(a, b) a##b
#define GUARD_CAT(a, b)  GUARD_CAT2(a, b)
#define guard(name)                                                                 \
	guard_##name##_t GUARD_CAT(guard_, __LINE__) __cleanup(guard_##name##_exit) \
		__maybe_unused = guard_##name##_enter

/* The functions of one kind of guard; the last two arguments say what they do to the lock. */
#define DEFINE_GUARD(name, type, lock_fn, unlock_fn, acquires, releases)                          \
	static __always_inline type *guard_##name##_begin(type *l) acquires(l) __no_lock_analysis \
	{                                                                                         \
		lock_fn(l);                                                                       \
		return l;                                                                         \
	}                                                                                         \
	static __always_inline void guard_##name##_exit(type **l) __no_lock_analysis              \
	{                                                                                         \
		unlock_fn(*l);                                                                    \
	}                                                                                         \
	static __always_inline void guard_##name##_end(type **l) releases(*l) __no_lock_analysis  \
	{                                                                                         \
	}                                                                                         \
	typedef type *guard_##name##_t

DEFINE_GUARD(spinlock, struct spinlock, spin_lock, spin_unlock, __acquires, __releases);
DEFINE_GUARD(mutex, struct mutex, mutex_lock, mutex_unlock, __acquires, __releases);
DEFINE_GUARD(read, struct rwsem, down_read, up_read, __acquires_shared, __releases_shared);
DEFINE_GUARD(write, struct rwsem, down_write, up_write, __acquires, __releases);

/* guard(name) ends in the name of one of these, and the lock follows in parentheses. */
#ifdef CONFIG_LOCK_ANALYSIS
#define GUARD_ENTER(name, l) \
	guard_##name##_begin(l), GUARD_CAT(held_, __LINE__) __cleanup(guard_##name##_end) __maybe_unused = (l)
#else
#define GUARD_ENTER(name, l) guard_##name##_begin(l)
#endif
#define guard_spinlock_enter(l) GUARD_ENTER(spinlock, l)
#define guard_mutex_enter(l)    GUARD_ENTER(mutex, l)
#define guard_read_enter(l)     GUARD_ENTER(read, l)
#define guard_write_enter(l)    GUARD_ENTER(write, l)

/* SPDX-License-Identifier: MIT */
/* Scoped locking: `guard(mutex)(&m);` holds m until the end of the block. */
#pragma once

#include "kernel/sync/mutex.h"
#include "kernel/sync/rcu.h"

#define GUARD_CAT2(a, b) a##b
#define GUARD_CAT(a, b)  GUARD_CAT2(a, b)
#define DEFINE_GUARD(name, type, lock_fn, unlock_fn)               \
	static __always_inline type *guard_##name##_enter(type *l) \
	{                                                          \
		lock_fn(l);                                        \
		return l;                                          \
	}                                                          \
	static __always_inline void guard_##name##_exit(type **l)  \
	{                                                          \
		unlock_fn(*l);                                     \
	}                                                          \
	typedef type *guard_##name##_t
#define guard(name)                                                                 \
	guard_##name##_t GUARD_CAT(guard_, __LINE__) __cleanup(guard_##name##_exit) \
		__maybe_unused = guard_##name##_enter

DEFINE_GUARD(spinlock, struct spinlock, spin_lock, spin_unlock);
DEFINE_GUARD(mutex, struct mutex, mutex_lock, mutex_unlock);
DEFINE_GUARD(read, struct rwsem, down_read, up_read);
DEFINE_GUARD(write, struct rwsem, down_write, up_write);

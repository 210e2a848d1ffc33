/* SPDX-License-Identifier: MIT */
/*
 * What the compiler is told about locks, so that it finds a field that is touched without its lock and a path
 * that leaves with a lock held (clang's thread-safety analysis).  Only `sysgate check` asks for it, with a
 * clang that parses the attributes of a structure after all of its fields; elsewhere nothing is left of it.
 *
 * A field is looked at without its lock by READ_ONCE() and list_empty_once() only; a function that is given
 * its address needs the lock, too.  The lock of a field is that of any object of the structure, not of the
 * very object: clang 22 compares no further.  So is t->proc->siglock, which a function wants of its t.
 *
 * The analysis looks at one function at a time: what a function expects and leaves behind is what its
 * declaration says.  It does not follow pointers that were stored, nor locks that one branch only takes.
 */
#pragma once

#ifdef CONFIG_LOCK_ANALYSIS
#define LOCK_ATTR(...) __attribute__((__VA_ARGS__))
#else
#define LOCK_ATTR(...)
#endif

#define __lock_type(name)      LOCK_ATTR(capability(name))
#define __guarded_by(...)      LOCK_ATTR(guarded_by(__VA_ARGS__)) /* this field or variable */
#define __pt_guarded_by(...)   LOCK_ATTR(pt_guarded_by(__VA_ARGS__)) /* what it points at */
#define __acquires(...)        LOCK_ATTR(acquire_capability(__VA_ARGS__))
#define __acquires_shared(...) LOCK_ATTR(acquire_shared_capability(__VA_ARGS__))
#define __releases(...)        LOCK_ATTR(release_capability(__VA_ARGS__))
#define __releases_shared(...) LOCK_ATTR(release_shared_capability(__VA_ARGS__))
#define __try_acquires(...) \
	LOCK_ATTR(try_acquire_capability(__VA_ARGS__)) /* value that means success, lock */
#define __try_acquires_shared(...) LOCK_ATTR(try_acquire_shared_capability(__VA_ARGS__))
#define __must_hold(...)           LOCK_ATTR(requires_capability(__VA_ARGS__))
#define __must_hold_shared(...)    LOCK_ATTR(requires_shared_capability(__VA_ARGS__))
#define __asserts_held(...)        LOCK_ATTR(assert_capability(__VA_ARGS__)) /* counts as held from here */
#define __asserts_held_shared(...) LOCK_ATTR(assert_shared_capability(__VA_ARGS__))
/* A function that the analysis cannot follow; a comment says why. */
#define __no_lock_analysis LOCK_ATTR(no_thread_safety_analysis)

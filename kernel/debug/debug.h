/* SPDX-License-Identifier: MIT */
/*
 * The doors of the debug kernel (files below /proc/sys/debug, and what the rest of the kernel calls), and of
 * the kernel that counts its lines.
 */
#pragma once

#include "kernel/base/base.h"

struct proc_ref;
struct text;
struct slab_trailer;

#ifdef CONFIG_COVERAGE

/*
 * kernel/debug/coverage.c: writes the counters of all lines to the host, once, before the machine ends; any
 * context.
 */
void coverage_dump(void);
void abort(void) __noreturn; /* what libgcov calls when its world is broken: panics */

#else

static inline void coverage_dump(void)
{
}

#endif

#ifdef CONFIG_DEBUG

/* kernel/debug/fail.c */
int fail_alloc_write(const struct proc_ref *ref, const char *data, size_t len);
int fail_alloc_show(struct text *t, const struct proc_ref *ref);
/* kernel/debug/leak.c */
int leak_write(const struct proc_ref *ref, const char *data, size_t len);
int leak_show(struct text *t, const struct proc_ref *ref);
void leak_check_shutdown(
	void); /* PID 1 ends the machine: panics when something is left that nobody holds; sleeps */
/* kernel/debug/watchdog.c */
void watchdog_tick(void); /* each scheduler tick of this CPU */
void tasks_print(void); /* state and stack of every task, on the console */
/* kernel/debug/provoke.c */
int provoke_write(const struct proc_ref *ref, const char *data, size_t len);

/*
 * kernel/mm/slab.c: every object in use; no lock, so that the answer is exact only while nothing else
 * runs.
 */
void slab_for_each_used(void (*fn)(const char *cache, const struct slab_trailer *t, const void *obj,
				   void *arg),
			void *arg);
void kstack_trim(
	void); /* kernel/mm/vmalloc.c: the stacks that this CPU keeps for the next fork; process context */
void arch_trim(void); /* kernel/arch: the page tables that this CPU keeps */
void dcache_prune(void); /* kernel/fs/dcache.c: entries that nobody uses */

#else

static inline void leak_check_shutdown(void)
{
}
static inline void watchdog_tick(void)
{
}

#endif

// SPDX-License-Identifier: MIT
/*
 * Allocations that fail on request.  A task writes to /proc/sys/debug/fail_alloc: a number k makes the k-th
 * allocation fail that it or a task it creates from then on makes; "new" the first one whose chain of
 * callers has not been made to fail since boot; 0 ends it.  One request at a time; reading tells what became
 * of it. Allocations of interrupt handlers are never touched.
 */
#include "kernel/base/ksym.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/fs/text.h"
#include "kernel/mm/memcheck.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"

#define DEPTH      10
#define MAX_CHAINS 65536

static struct {
	struct spinlock lock;
	bool armed, by_chain; /* [lock; read without] */
	u64 left; /* [lock] allocations until the one that fails */
	u64 seen; /* [lock] allocations since the request */
	unsigned long failed[DEPTH]; /* [lock] callers of the one that failed; [0] is 0 when none has */
	u64 chains[MAX_CHAINS]; /* [lock] hashes of those that failed: open addressing, 0 is free */
	u32 nr_chains; /* [lock] */
} fail = { .lock = SPINLOCK_INIT_NAMED("fail.lock") };

/* True when the chain was not there yet. */
static bool chain_add(const unsigned long *chain)
{
	u64 h = 0xcbf29ce484222325UL;

	for (int i = 0; i < DEPTH; i++)
		h = (h ^ chain[i]) * 0x100000001b3UL;
	h |= 1;
	for (u32 at = (u32)(h >> 32) % MAX_CHAINS;; at = (at + 1) % MAX_CHAINS) {
		if (fail.chains[at] == h || fail.nr_chains == MAX_CHAINS / 2)
			return false;
		if (!fail.chains[at]) {
			fail.chains[at] = h;
			fail.nr_chains++;
			return true;
		}
	}
}

bool alloc_should_fail(void)
{
	unsigned long chain[DEPTH], flags;
	bool hit = false;

	if (likely(!READ_ONCE(fail.armed)) || !current->inject || this_cpu()->irq_depth)
		return false;
	stack_save((unsigned long)__builtin_frame_address(0), chain, DEPTH);
	flags = spin_lock_irqsave(&fail.lock);
	if (fail.armed) {
		fail.seen++;
		hit = fail.by_chain ? chain_add(chain) : --fail.left == 0;
	}
	if (hit) {
		fail.armed = false;
		memcpy(fail.failed, chain, sizeof(chain));
	}
	spin_unlock_irqrestore(&fail.lock, flags);
	return hit;
}

int fail_alloc_write(const struct proc_ref *ref, const char *data, size_t len)
{
	bool by_chain = !strncmp(data, "new", 3);
	unsigned long k = 0, flags;
	char number[24];

	strscpy(number, data, min(sizeof(number), len + 1));
	if (strchr(number, '\n'))
		*strchr(number, '\n') = '\0';
	if (!by_chain && kstrtoul(number, 10, &k))
		return -EINVAL;
	flags = spin_lock_irqsave(&fail.lock);
	fail.armed = by_chain || k;
	fail.by_chain = by_chain;
	fail.left = k;
	fail.seen = 0;
	fail.failed[0] = 0;
	spin_unlock_irqrestore(&fail.lock, flags);
	current->inject = by_chain || k;
	return 0;
}

/* "failed after N: caller < caller < …", or "none of N". */
int fail_alloc_show(struct text *t, const struct proc_ref *ref)
{
	unsigned long chain[DEPTH], flags = spin_lock_irqsave(&fail.lock);
	u64 seen = fail.seen;
	char name[96];

	memcpy(chain, fail.failed, sizeof(chain));
	spin_unlock_irqrestore(&fail.lock, flags);
	if (!chain[0]) {
		text_printf(t, "none of %lu\n", seen);
		return 0;
	}
	text_printf(t, "failed after %lu:", seen);
	for (int i = 0; i < DEPTH && chain[i]; i++) {
		ksym_format(chain[i], name, sizeof(name));
		if (strchr(name, '+'))
			*strchr(name, '+') = '\0';
		text_printf(t, "%s %s", i ? " <" : "", name);
	}
	text_printf(t, "\n");
	return 0;
}

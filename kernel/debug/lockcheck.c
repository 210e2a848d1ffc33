// SPDX-License-Identifier: MIT
/*
 * The lock checker of the debug kernel.  Locks that are initialised at one place form a class; `after`
 * remembers for each class which were ever taken while it was held.  An acquisition that closes a
 * cycle, or contradicts kernel/sync/rank.h, could deadlock with another CPU even though it did not this
 * time, and panics.  So does a spin lock that an interrupt handler takes, or that is held around one which
 * it takes, when it is held somewhere with interrupts on.  Two locks of one class are not ordered here:
 * whoever takes two documents how.  A spinning readers-writer lock is two nodes of that graph: held by
 * readers, it makes only writers wait.
 *
 * Held spin locks are listed per CPU (preemption is off while there are any), sleeping ones per task.
 * Lock: graph_lock (a plain word, interrupts off) guards the tables; `after` is read without it.
 */
#include "kernel/sync/lockcheck.h"
#include "kernel/arch/arch.h"
#include "kernel/base/bitmap.h"
#include "kernel/base/ksym.h"
#include "kernel/base/printk.h"
#include "kernel/base/string.h"
#include "kernel/sync/rank.h"
#include "kernel/task/task.h"

#define MAX_CLASSES 512
#define MAX_NODES   (2 * MAX_CLASSES)

enum { IRQ_READ = 1, IRQ_WRITE = 2, ON_READ = 4, ON_WRITE = 8 }; /* in an interrupt; with interrupts on */

static struct lock_class {
	const char *name; /* [const] NULL: `ip` took it first */
	unsigned long ip; /* [const] */
	int rank; /* [const] 0: none */
	u32 usage; /* [graph_lock] */
} classes[MAX_CLASSES];
/* What was wanted while the node (node_of()) was held: nodes whose holders one waited for. */
static unsigned long after[MAX_NODES][BITS_TO_LONGS(MAX_NODES)]; /* [graph_lock] bits are only set */
static u32 nr_classes = 1; /* [graph_lock] 0 is none */
static u32 graph_lock;
static bool stopped; /* a report is being printed */
static struct held_locks cpu_held[MAX_CPUS];

static unsigned long graph_enter(void)
{
	unsigned long flags = arch_irq_save();

	while (!atomic_cas(&graph_lock, 0u, 1u))
		cpu_relax();
	return flags;
}

static void graph_leave(unsigned long flags)
{
	atomic_store(&graph_lock, 0u);
	arch_irq_restore(flags);
}

static const char *class_name(u32 c, char *buf, size_t size)
{
	if (classes[c].name)
		return classes[c].name;
	strscpy(buf, "first taken in ", size);
	ksym_format(classes[c].ip, buf + 15, size - 15);
	return buf;
}

static int rank_of(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(lock_ranks); i++) {
		if (!strcmp(lock_ranks[i].name, name))
			return lock_ranks[i].rank;
	}
	return 0;
}

static u16 class_register(struct lock_dep *dep, unsigned long ip)
{
	unsigned long flags = graph_enter();
	u32 c = 1;

	while (c < nr_classes && !(dep->name ? classes[c].name && !strcmp(classes[c].name, dep->name)
					     : !classes[c].name && classes[c].ip == ip))
		c++;
	if (c == nr_classes && c < MAX_CLASSES) {
		classes[c].name = dep->name;
		classes[c].ip = ip;
		classes[c].rank = rank_of(dep->name);
		nr_classes++;
	}
	graph_leave(flags);
	if (c == MAX_CLASSES)
		panic("lock check: more than %d lock classes", MAX_CLASSES);
	WRITE_ONCE(dep->class, (u16)c);
	return (u16)c;
}

/* ---- reports ---------------------------------------------------------------------------------------- */

static void print_held(const char *who, const struct held_locks *held)
{
	char ip[96], name[96];

	for (u32 i = held->count; i-- > 0;) {
		const struct held_lock *h = &held->lock[i];

		ksym_format(h->ip, ip, sizeof(ip));
		printk("  %s holds %s%s, taken in %s\n", who, class_name(h->dep->class, name, sizeof(name)),
		       h->flags & LOCK_SHARED ? " (shared)" : "", ip);
	}
}

void lock_print_held(void)
{
	print_held("this CPU", &cpu_held[this_cpu()->id]);
	if (current)
		print_held("this task", &current->held);
}

static void __noreturn fail(const char *what, u32 held, u32 wanted)
{
	char a[96], b[96];

	lock_check_stop();
	panic_mode_enter();
	printk("lock check: %s\n", what);
	lock_print_held();
	panic("%s: %s, while holding %s", what, class_name(wanted, a, sizeof(a)),
	      class_name(held, b, sizeof(b)));
}

/* ---- the graph -------------------------------------------------------------------------------------- */

static bool readers_pass(unsigned flags)
{
	return flags & LOCK_SHARED && !(flags & LOCK_SLEEPS); /* a semaphore's wait behind a waiting writer */
}

static u32 node_of(u32 c, unsigned flags)
{
	return 2 * c + readers_pass(flags);
}

/* Everything reachable from those whom a taker of c waits for; graph_lock is held. */
static void reach(u32 c, unsigned flags, unsigned long *seen)
{
	static u16 todo[MAX_NODES];
	u32 n = 0;

	memset(seen, 0, BITS_TO_LONGS(MAX_NODES) * sizeof(*seen));
	todo[n++] = (u16)node_of(c, 0);
	if (!readers_pass(flags))
		todo[n++] = (u16)node_of(c, LOCK_SHARED);
	for (u32 i = 0; i < n; i++)
		bitmap_set(seen, todo[i]);
	while (n) {
		const unsigned long *next = after[todo[--n]];

		for (size_t k = bitmap_find_set(next, 2 * nr_classes, 0); k < 2 * nr_classes;
		     k = bitmap_find_set(next, 2 * nr_classes, k + 1)) {
			if (bitmap_test(seen, k))
				continue;
			bitmap_set(seen, k);
			todo[n++] = (u16)k;
		}
	}
}

static bool bad_usage(u32 usage)
{
	return (usage & IRQ_WRITE && usage & (ON_READ | ON_WRITE)) || (usage & IRQ_READ && usage & ON_WRITE);
}

/* A lock that interrupts take leads to one whose holder may be interrupted: deadlock with two CPUs. */
static void check_irq_chains(void)
{
	static DECLARE_BITMAP(seen, MAX_NODES);

	for (u32 c = 1; c < nr_classes; c++) {
		if (!(classes[c].usage & IRQ_WRITE))
			continue;
		reach(c, 0, seen);
		for (u32 k = 1; k < nr_classes; k++) {
			if (bitmap_test(seen, node_of(k, 0)) && classes[k].usage & ON_WRITE)
				fail("a lock of interrupt handlers leads to one that is held with interrupts "
				     "on",
				     c, k);
		}
	}
}

static void order(const struct held_lock *h, u32 wanted, unsigned flags)
{
	static DECLARE_BITMAP(seen, MAX_NODES);
	u32 held = h->dep->class, node = node_of(held, h->flags);
	u32 last = node_of(wanted,
			   readers_pass(flags) ? 0 : LOCK_SHARED); /* of the one or two that are set */
	unsigned long irq;

	if (held == wanted)
		return;
	if (classes[held].rank && classes[wanted].rank && classes[wanted].rank < classes[held].rank)
		fail("against the order of kernel/sync/rank.h", held, wanted);
	if (likely(READ_ONCE(after[node][last / BITS_PER_LONG]) & BIT(last % BITS_PER_LONG)))
		return;
	irq = graph_enter();
	reach(wanted, flags, seen);
	if (bitmap_test(seen, node))
		fail("the opposite order was seen before", held, wanted);
	bitmap_set(after[node], node_of(wanted, 0));
	bitmap_set(after[node], last);
	check_irq_chains();
	graph_leave(irq);
}

static void use(u32 c, unsigned flags)
{
	bool shared = flags & LOCK_SHARED, in_irq = this_cpu()->irq_depth;
	u32 bit = in_irq                 ? (shared ? IRQ_READ : IRQ_WRITE)
		  : !arch_irqs_enabled() ? 0
		  : shared               ? ON_READ
					 : ON_WRITE;
	unsigned long irq;

	if (likely((READ_ONCE(classes[c].usage) & bit) == bit))
		return;
	irq = graph_enter();
	classes[c].usage |= bit;
	if (bad_usage(classes[c].usage))
		fail("taken by interrupt handlers, and with interrupts on", c, c);
	check_irq_chains();
	graph_leave(irq);
}

/* ---- taking and releasing --------------------------------------------------------------------------- */

static void check_against(const struct held_locks *held, struct lock_dep *dep, u32 c, unsigned flags)
{
	for (u32 i = 0; i < held->count; i++) {
		const struct held_lock *h = &held->lock[i];

		/*
		 * Readers of a spinning lock may nest; those of a semaphore would wait behind a writer in
		 * between.
		 */
		if (h->dep == dep && !(flags & h->flags & LOCK_SHARED && !(flags & LOCK_SLEEPS)))
			fail("taken twice", c, c);
		if (!(flags & LOCK_TRY) && !dep->unordered)
			order(h, c, flags);
	}
}

void lock_check_stop(void)
{
	stopped = true;
}

void lock_acquire(struct lock_dep *dep, unsigned flags, unsigned long ip)
{
	if (unlikely(READ_ONCE(stopped)))
		return;

	u32 c = READ_ONCE(dep->class) ?: class_register(dep, ip);
	struct held_locks *spins, *sleeps = current ? &current->held : NULL, *to;
	unsigned long irq;

	if (!(flags & LOCK_SLEEPS))
		use(c, flags);
	else if (!sleeps)
		return;
	irq = arch_irq_save(); /* whoever takes a sleeping lock could be moved to another CPU */
	spins = &cpu_held[this_cpu()->id];
	to = flags & LOCK_SLEEPS ? sleeps : spins;
	check_against(spins, dep, c, flags);
	if (sleeps && !this_cpu()->irq_depth)
		check_against(sleeps, dep, c, flags);
	if (to->count == MAX_HELD)
		fail("too many locks are held at once", c, c);
	to->lock[to->count++] = (struct held_lock){ dep, ip, flags };
	arch_irq_restore(irq);
}

static bool forget(struct held_locks *held, const struct lock_dep *dep)
{
	for (u32 i = held->count; i-- > 0;) {
		if (held->lock[i].dep != dep)
			continue;
		for (held->count--; i < held->count; i++)
			held->lock[i] = held->lock[i + 1];
		return true;
	}
	return false;
}

void lock_release(struct lock_dep *dep)
{
	if (unlikely(READ_ONCE(stopped)))
		return;

	unsigned long flags = arch_irq_save();
	char name[96];

	if (!forget(&cpu_held[this_cpu()->id], dep) && current && !forget(&current->held, dep))
		panic("unlock of %s, which is not held here", class_name(dep->class, name, sizeof(name)));
	arch_irq_restore(flags);
}

void lock_check_none_held(const char *where)
{
	if (!current->held.count)
		return;
	lock_print_held();
	panic("%s with a lock held", where);
}

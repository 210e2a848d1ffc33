// SPDX-License-Identifier: MIT
/*
 * Bugs on purpose, for the tests of the checks (tests/debug): writing a name to /proc/sys/debug/provoke does
 * the wrong thing once.  Each must end in the panic that the test expects.
 */
#include "kernel/arch/arch.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/task.h"

static struct spinlock lock_a = SPINLOCK_INIT_NAMED("provoke_a"), lock_b = SPINLOCK_INIT_NAMED("provoke_b");
static struct mutex mutex_a = MUTEX_INIT(mutex_a);

static void use_after_free(void)
{
	char *p = kmalloc(100, 0);

	kfree(p);
	__asm__ volatile("" : "+r"(p)); /* the compiler must not see it */
	p[50] = 1;
	for (int i = 0; i < 1000; i++)
		kfree(kmalloc(100, 0));
}

static void double_free(void)
{
	char *p = kmalloc(100, 0);

	kfree(p);
	__asm__ volatile("" : "+r"(p));
	kfree(p);
}

static void overrun(void)
{
	char *p = kmalloc(100, 0);

	__asm__ volatile("" : "+r"(p));
	p[100] = 1;
	kfree(p);
}

static void page_after_free(void)
{
	struct page *p = page_alloc(0, 0);
	char *v = page_to_virt(p);

	page_free(p, 0);
	v[100] = 1;
	for (int i = 0; i < 1000; i++)
		if (page_alloc(0, 0))
			continue;
}

static void page_twice(void)
{
	struct page *p = page_alloc(0, 0);

	page_free(p, 0);
	page_free(p, 0);
}

static void opposite_orders(void) __no_lock_analysis /* wrong on purpose */
{
	spin_lock(&lock_a);
	spin_lock(&lock_b);
	spin_unlock(&lock_b);
	spin_unlock(&lock_a);
	spin_lock(&lock_b);
	spin_lock(&lock_a);
}

static void against_rank(void) __no_lock_analysis /* wrong on purpose */
{
	unsigned long flags = spin_lock_irqsave(&current->proc->siglock);

	read_lock(&tasklist_lock);
	read_unlock(&tasklist_lock);
	spin_unlock_irqrestore(&current->proc->siglock, flags);
}

static void recursion(void) __no_lock_analysis /* wrong on purpose */
{
	spin_lock(&lock_a);
	spin_lock(&lock_a);
}

static void foreign_unlock(void) __no_lock_analysis /* wrong on purpose */
{
	spin_unlock(&lock_a);
}

static void sleep_in_atomic(void) __no_lock_analysis /* wrong on purpose */
{
	spin_lock(&lock_a);
	mutex_lock(&mutex_a);
}

static void take_a(struct timer *unused) __no_lock_analysis /* wrong on purpose */
{
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
}

static void irq_unsafe(void)
{
	static struct timer timer;

	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	timer_init(&timer, take_a);
	timer_start(&timer, clock_mono_ns() + NSEC_PER_MSEC);
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(NSEC_PER_SEC);
}

static void bad_shift(void)
{
	int n = 40;

	__asm__ volatile("" : "+r"(n));
	printk("%d\n", 1 << n);
}

static void bad_index(void)
{
	unsigned long i = 3;
	int a[3] = { 1, 2, 3 };

	__asm__ volatile("" : "+r"(i), "+m"(a));
	printk("%d\n", a[i]);
}

static void leak_file(void)
{
	current->files->refs++; /* never goes away */
}

static void leak_object(void)
{
	if (kmalloc(100, 0))
		return;
}

static void hang(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
}

static void spin(void)
{
	preempt_disable();
	for (;;)
		cpu_relax();
}

static void spin_irqs_off(void)
{
	arch_irq_disable();
	for (;;)
		cpu_relax();
}

int provoke_write(const struct proc_ref *ref, const char *data, size_t len)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} bugs[] = {
		{ "use_after_free", use_after_free },
		{ "double_free", double_free },
		{ "overrun", overrun },
		{ "page_after_free", page_after_free },
		{ "page_twice", page_twice },
		{ "opposite_orders", opposite_orders },
		{ "against_rank", against_rank },
		{ "recursion", recursion },
		{ "foreign_unlock", foreign_unlock },
		{ "sleep_in_atomic", sleep_in_atomic },
		{ "irq_unsafe", irq_unsafe },
		{ "bad_shift", bad_shift },
		{ "bad_index", bad_index },
		{ "leak_file", leak_file },
		{ "leak_object", leak_object },
		{ "hang", hang },
		{ "spin", spin },
		{ "spin_irqs_off", spin_irqs_off },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strncmp(data, bugs[i].name, strlen(bugs[i].name)) ||
		    (data[strlen(bugs[i].name)] | '\n') != '\n')
			continue;
		bugs[i].fn();
		return 0;
	}
	return -EINVAL;
}

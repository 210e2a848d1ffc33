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
static struct rwlock rwlock_a = RWLOCK_INIT(rwlock_a);
static struct mutex mutex_a = MUTEX_INIT(mutex_a);

/* The compiler must not know where p points. */
static void *hidden(void *p)
{
	__asm__ volatile("" : "+r"(p)::"memory");
	return p;
}

/* What no instrumented code does: as a device would. */
static void write_unseen(char *p)
{
	__asm__ volatile("movb $1, (%0)" ::"r"(p) : "memory");
}

static void use_after_free(void)
{
	char *p = hidden(kmalloc(100, 0));

	kfree(p);
	p[50] = 1;
}

static void read_after_free(void)
{
	char *p = hidden(kmalloc(100, ALLOC_ZERO));

	kfree(p);
	printk("%d\n", p[99]);
}

/* Goes on until the object has left the quarantine and is handed out again. */
static void object_written_unseen(void)
{
	char *p = kmalloc(100, 0);

	kfree(p);
	write_unseen(p + 50);
	for (int i = 0; i < 100000; i++)
		kfree(kmalloc(100, 0));
}

static void double_free(void)
{
	char *p = hidden(kmalloc(100, 0));

	kfree(p);
	kfree(hidden(p));
}

static void overrun(void)
{
	char *p = hidden(kmalloc(100, 0));

	p[100] = 1;
	kfree(p);
}

static void read_behind(void)
{
	char *p = hidden(kmalloc(100, ALLOC_ZERO));

	printk("%d\n", p[100]);
	kfree(p);
}

static void large_overrun(void)
{
	char *p = hidden(kmalloc(10001, 0));

	p[10001] = 1;
	kfree(p);
}

static void shrunk_overrun(void)
{
	char *p = krealloc(kmalloc(100, 0), 97, 0);

	p = hidden(p);
	p[97] = 1;
	kfree(p);
}

static void vmalloc_overrun(void)
{
	char *p = hidden(vmalloc(PAGE_SIZE + 100));

	p[PAGE_SIZE + 100] = 1;
	vfree(p);
}

static void memcpy_overrun(void)
{
	char *from = hidden(kmalloc(1000, ALLOC_ZERO)), *to = hidden(kmalloc(700, 0));

	memcpy(to, from, 701);
}

static void memset_overrun(void)
{
	memset(hidden(kmalloc(700, 0)), 0, 701);
}

/* The user's side is never reached. */
static void user_copy_overrun(void)
{
	printk("%lu\n", arch_copy_from_user(hidden(kmalloc(100, 0)), NULL, 101));
}

static void user_copy_beyond(void)
{
	printk("%lu\n", arch_copy_to_user(NULL, hidden(kmalloc(100, ALLOC_ZERO)), 101));
}

static void stack_overrun(void)
{
	char a[20] = "", *p = hidden(a);

	p[20] = 1;
}

static __noinline unsigned long recurse(unsigned long n)
{
	unsigned long *p = hidden(&n);

	return n ? recurse(*p) + 1 : 0;
}

static void stack_exhausted(void)
{
	printk("%lu\n", recurse(1));
}

static void scope_left(void)
{
	int *p;

	{
		int inner = 1;

		p = hidden(&inner);
	}
	printk("%d\n", *p);
}

static void global_overrun(void)
{
	static char behind[20];
	char *p = hidden(behind);

	p[20] = 1;
}

/* No shadow is below the kernel's half: the access itself faults. */
static void null_copied(void)
{
	memcpy(hidden(kmalloc(700, 0)), hidden(NULL), 700);
}

static void page_after_free(void)
{
	struct page *p = page_alloc(0, 0);
	char *v = hidden(page_to_virt(p));

	page_free(p, 0);
	v[100] = 1;
}

static void page_cleared_after_free(void)
{
	struct page *p = page_alloc(0, 0);

	page_free(p, 0);
	arch_clear_page(page_to_virt(p));
}

/* As a program that still has it mapped would. */
static void page_written_unseen(void)
{
	struct page *p = page_alloc(0, 0);

	page_free(p, 0);
	write_unseen((char *)page_to_virt(p) + 100);
	for (int i = 0; i < 100000; i++) {
		p = page_alloc(0, 0);
		page_free(p, 0);
	}
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

/* Readers of a spinning lock do not wait for each other: only the last of these could deadlock. */
static void opposite_reader_orders(void) __no_lock_analysis /* wrong on purpose */
{
	read_lock(&rwlock_a);
	spin_lock(&lock_a);
	spin_unlock(&lock_a);
	read_unlock(&rwlock_a);
	spin_lock(&lock_a);
	read_lock(&rwlock_a);
	read_unlock(&rwlock_a);
	printk("readers pass\n");
	(void)write_lock_irqsave(&rwlock_a);
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
		{ "read_after_free", read_after_free },
		{ "object_written_unseen", object_written_unseen },
		{ "double_free", double_free },
		{ "overrun", overrun },
		{ "read_behind", read_behind },
		{ "large_overrun", large_overrun },
		{ "shrunk_overrun", shrunk_overrun },
		{ "vmalloc_overrun", vmalloc_overrun },
		{ "memcpy_overrun", memcpy_overrun },
		{ "memset_overrun", memset_overrun },
		{ "user_copy_overrun", user_copy_overrun },
		{ "user_copy_beyond", user_copy_beyond },
		{ "stack_overrun", stack_overrun },
		{ "stack_exhausted", stack_exhausted },
		{ "scope_left", scope_left },
		{ "global_overrun", global_overrun },
		{ "null_copied", null_copied },
		{ "page_after_free", page_after_free },
		{ "page_cleared_after_free", page_cleared_after_free },
		{ "page_written_unseen", page_written_unseen },
		{ "page_twice", page_twice },
		{ "opposite_orders", opposite_orders },
		{ "opposite_reader_orders", opposite_reader_orders },
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

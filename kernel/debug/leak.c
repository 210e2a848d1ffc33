// SPDX-License-Identifier: MIT
/*
 * What is left behind.  Writing to /proc/sys/debug/leak counts the objects of every cache and the pages in
 * use; reading lists what there is more of since, with the allocators of the objects that are younger than
 * the count.  Kernel stacks kept for the next fork, unused directory entries and memory that waits for a
 * grace period are let go first.
 *
 * At the end of the machine, when PID 1 is all that is left, it is made to let go of what it holds: then no
 * file and no address space may exist, no more tasks and processes than the lists name, and no inode with
 * more references than directory entries.  Lock: leak_mutex guards everything here.
 */
#include "kernel/base/ksym.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/fs/text.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include "kernel/task/internal.h" /* the census knows how tasks are kept */

#define MAX_KINDS 64
#define MAX_ROWS  48

struct kind { /* of memory: a cache, or pages */
	const char *name;
	u64 before, now;
};

struct row { /* objects of one kind from one place, younger than the mark */
	const char *kind;
	unsigned long trace[TRACE_DEPTH];
	u32 count;
	const void *one;
};

static struct mutex leak_mutex = MUTEX_INIT(leak_mutex);
static struct kind kinds[MAX_KINDS];
static u32 nr_kinds;
static struct row rows[MAX_ROWS];
static u32 nr_rows;

static struct kind *kind_of(const char *name)
{
	for (u32 i = 0; i < nr_kinds; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	BUG_ON(nr_kinds == MAX_KINDS);
	kinds[nr_kinds].name = name;
	return &kinds[nr_kinds++];
}

static void row_count(const char *kind, const unsigned long *trace, const void *one)
{
	u32 i = 0;

	while (i < nr_rows && (rows[i].kind != kind || memcmp(rows[i].trace, trace, sizeof(rows[i].trace))))
		i++;
	if (i == MAX_ROWS)
		return;
	if (i == nr_rows) {
		rows[i] = (struct row){ .kind = kind, .one = one };
		memcpy(rows[i].trace, trace, sizeof(rows[i].trace));
		nr_rows++;
	}
	rows[i].count++;
}

static void count_object(const char *cache, const struct slab_trailer *t, const void *obj, void *arg)
{
	kind_of(cache)->now++;
	if (t->epoch == memory_epoch)
		row_count(cache, t->alloc, obj);
}

static void count_all(void)
{
	struct page *p = NULL;

	nr_rows = 0;
	for (u32 i = 0; i < nr_kinds; i++)
		kinds[i].now = 0;
	slab_for_each_used(count_object, NULL);
	while ((p = page_next_carved(p))) {
		if (!page_is_used(p))
			continue;
		kind_of("page")->now++;
		if (p->epoch == memory_epoch)
			row_count("page", p->trace, p);
	}
}

static void settle(void)
{
	u64 affinity = current->se.affinity;

	dcache_prune();
	for (int i = 0; i < 3; i++)
		synchronize_rcu(); /* what one callback frees may need another period */
	/*
	 * On every CPU in turn: each lets go of the address space that it has borrowed and of what it
	 * keeps.
	 */
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		if (sched_set_affinity(current, BIT(cpu)))
			continue;
		kstack_trim();
		arch_trim();
	}
	(void)!sched_set_affinity(current, affinity);
}

int leak_write(const struct proc_ref *ref, const char *data, size_t len)
{
	guard(mutex)(&leak_mutex);
	settle();
	count_all();
	for (u32 i = 0; i < nr_kinds; i++)
		kinds[i].before = kinds[i].now;
	atomic_add(&memory_epoch, 1);
	return 0;
}

int leak_show(struct text *t, const struct proc_ref *ref)
{
	char name[96];

	guard(mutex)(&leak_mutex);
	settle();
	count_all();
	for (u32 k = 0; k < nr_kinds; k++) {
		if (kinds[k].now <= kinds[k].before)
			continue;
		text_printf(t, "leak: %lu %s", kinds[k].now - kinds[k].before, kinds[k].name);
		for (u32 i = 0; i < nr_rows; i++) {
			if (strcmp(rows[i].kind, kinds[k].name))
				continue;
			text_printf(t, "; %u from", rows[i].count);
			for (int f = 0; f < TRACE_DEPTH && rows[i].trace[f]; f++) {
				ksym_format(rows[i].trace[f], name, sizeof(name));
				if (strchr(name, '/'))
					*strchr(name, '/') = '\0';
				text_printf(t, "%s %s", f ? " <" : "", name);
			}
		}
		text_printf(t, "\n");
	}
	return 0;
}

/* ---- the end of the machine ------------------------------------------------------------------------- */

struct census {
	u64 tasks, processes, files, mms, vmas, bad_inodes;
};

struct inode_refs {
	const struct inode *inode;
	u32 dentries;
};

static void count_dentry(const char *cache, const struct slab_trailer *t, const void *obj, void *arg)
{
	struct inode_refs *refs = arg;

	if (!strcmp(cache, "dentry") && ((const struct dentry *)obj)->inode == refs->inode)
		refs->dentries++;
}

static void take_census(const char *cache, const struct slab_trailer *t, const void *obj, void *arg)
{
	struct census *c = arg;
	char name[96];

	c->tasks += !strcmp(cache, "task");
	c->processes += !strcmp(cache, "process");
	c->files += !strcmp(cache, "filp");
	c->vmas += !strcmp(cache, "vma");
	c->mms += !strcmp(cache, "mm");
	if (!strcmp(cache, "filp") || !strcmp(cache, "vma")) {
		ksym_format(t->alloc[1], name, sizeof(name));
		printk("leak: a %s of task %d, allocated in %s\n", cache, t->tid, name);
	}
	if (strcmp(cache, "inode"))
		return;

	struct inode_refs refs = { .inode = obj };

	slab_for_each_used(count_dentry, &refs);
	if (refs.inode->refs > refs.dentries + 1) { /* one may be the file system's own */
		ksym_format(t->alloc[1], name, sizeof(name));
		printk("leak: an inode with %u references and %u names, allocated in %s\n", refs.inode->refs,
		       refs.dentries, name);
		c->bad_inodes++;
	}
}

static u64 expect(const char *what, u64 have, u64 want)
{
	if (have <= want)
		return 0;
	printk("leak: %lu %s, expected %lu\n", have, what, want);
	return have - want;
}

void leak_check_shutdown(void)
{
	struct task *me = current;
	struct census c = { 0 };
	struct process *p;
	u64 processes = 0, bad;
	bool alone = true;

	for (pid_t nr = 1; (p = process_next_get(nr)); process_put(p)) {
		nr = p->pid->nr + 1;
		alone &= p == me->proc || (p->leader->flags & PF_KTHREAD);
		processes++;
	}
	if (me != init_task || !alone || me->proc->nr_threads > 1)
		return;
	task_forget_resources(me);
	task_work_run();
	settle();
	slab_for_each_used(take_census, &c);
	bad = expect("tasks", c.tasks, (u64)nr_tasks() + (u64)nr_cpus);
	bad += expect("processes", c.processes, processes);
	bad += expect("files", c.files, 0);
	bad += expect("vmas", c.vmas, 0);
	bad += expect("mms", c.mms, (u64)nr_cpus); /* CPUs keep the last one loaded */
	bad += expect("inodes", c.bad_inodes, 0);
	if (bad)
		panic("%lu objects leaked", bad);
}

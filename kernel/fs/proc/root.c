// SPDX-License-Identifier: MIT
/* The top of /proc: processes by number, self, and the files about the whole machine. */
#include "kernel/arch/arch.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/mm/slab.h"
#include "kernel/task/uts.h"
#include "kernel/time/time.h"

#define JIFFY_NS (NSEC_PER_SEC / 100) /* USER_HZ is 100 */

static int show_version(struct text *t, const struct proc_ref *ref)
{
	text_printf(t, "%s version %s (sysgate) %s\n", UTS_SYSNAME, UTS_RELEASE, UTS_VERSION);
	return 0;
}

static int show_cmdline(struct text *t, const struct proc_ref *ref)
{
	text_printf(t, "%s\n", boot_cmdline);
	return 0;
}

static int show_uptime(struct text *t, const struct proc_ref *ref)
{
	u64 up = clock_mono_ns() / 10000000, idle = 0;

	for (int cpu = 0; cpu < nr_cpus; cpu++)
		idle += sched_idle_ns(cpu) / 10000000;
	text_printf(t, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
	return 0;
}

static int show_loadavg(struct text *t, const struct proc_ref *ref)
{
	u64 avg[3];

	sched_loadavg(avg);
	for (int i = 0; i < 3; i++) {
		u64 v = avg[i] + 10; /* rounded to hundredths, as Linux: FIXED_1/200 */

		text_printf(t, "%lu.%02lu ", v >> 11, (v & 2047) * 100 >> 11);
	}
	text_printf(t, "%d/%d %d\n", max(sched_nr_running(), 1), nr_tasks(), pid_last());
	return 0;
}

static int show_meminfo(struct text *t, const struct proc_ref *ref)
{
	const u64 total = page_total_count() * 4, free = page_free_count() * 4,
		  cached = page_cache_count() * 4;
	const struct {
		const char *name;
		u64 kib;
	} rows[] = {
		{ "MemTotal:", total },    { "MemFree:", free },
		{ "MemAvailable:", free }, { "Buffers:", 0 },
		{ "Cached:", cached },     { "SwapCached:", 0 },
		{ "Active:", 0 },          { "Inactive:", 0 },
		{ "SwapTotal:", 0 },       { "SwapFree:", 0 },
		{ "Dirty:", 0 },           { "Writeback:", 0 },
		{ "Shmem:", cached },      { "CommitLimit:", total / 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		text_printf(t, "%-15s %8lu kB\n", rows[i].name, rows[i].kib);
	return 0;
}

static int show_stat(struct text *t, const struct proc_ref *ref)
{
	u64 up = clock_mono_ns(), idle_sum = 0;

	for (int cpu = 0; cpu < nr_cpus; cpu++)
		idle_sum += min(sched_idle_ns(cpu), up);
	text_printf(t, "cpu  0 0 %lu %lu 0 0 0 0 0 0\n", (up * (u64)nr_cpus - idle_sum) / JIFFY_NS,
		    idle_sum / JIFFY_NS);
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		u64 idle = min(sched_idle_ns(cpu), up);

		text_printf(t, "cpu%d 0 0 %lu %lu 0 0 0 0 0 0\n", cpu, (up - idle) / JIFFY_NS,
			    idle / JIFFY_NS);
	}
	text_printf(t, "intr 0\nctxt %lu\nbtime %lu\nprocesses %lu\nprocs_running %d\nprocs_blocked 0\n",
		    sched_nr_switches(), realtime_offset_ns / NSEC_PER_SEC, atomic_load(&total_forks),
		    max(sched_nr_running(), 1));
	return 0;
}

static int show_cpuinfo(struct text *t, const struct proc_ref *ref)
{
	char *buf __cleanup(kfreep) = kmalloc(PAGE_SIZE, 0);

	if (!buf)
		return -ENOMEM;
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		arch_cpuinfo_format(cpu, buf, PAGE_SIZE);
		text_append(t, buf, strlen(buf));
	}
	return 0;
}

static void list_fs_type(const struct fs_type *type, void *arg)
{
	text_printf(arg, "%s\t%s\n", type->nodev ? "nodev" : "", type->name);
}

static int show_filesystems(struct text *t, const struct proc_ref *ref)
{
	fs_type_for_each(list_fs_type, t);
	return 0;
}

static int show_swaps(struct text *t, const struct proc_ref *ref)
{
	text_printf(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

static int show_partitions(struct text *t, const struct proc_ref *ref)
{
	return 0; /* there are no disks; Linux then leaves the heading out too */
}

static void list_chrdev(unsigned major, const char *name, void *arg)
{
	text_printf(arg, "%3u %s\n", major, name);
}

static int show_devices(struct text *t, const struct proc_ref *ref)
{
	text_printf(t, "Character devices:\n");
	chrdev_for_each(list_chrdev, t);
	text_printf(t, "\nBlock devices:\n");
	return 0;
}

/* ---- self, thread-self, processes ---------------------------------------------------------------------- */
static int text_self(const struct proc_ref *ref, char *buf, size_t size)
{
	snprintf(buf, size, "%d", current->proc->pid->nr);
	return 0;
}

static int text_thread_self(const struct proc_ref *ref, char *buf, size_t size)
{
	snprintf(buf, size, "%d/task/%d", current->proc->pid->nr, current->tid);
	return 0;
}

static int text_mounts(const struct proc_ref *ref, char *buf, size_t size)
{
	strscpy(buf, "self/mounts", size);
	return 0;
}

static int text_net(const struct proc_ref *ref, char *buf, size_t size)
{
	strscpy(buf, "self/net", size);
	return 0;
}

static int lookup_process(const struct proc_ref *dir, const char *name, size_t len, struct proc_ref *out)
{
	struct task *t;
	pid_t nr;
	int err = parse_pid_name(name, len, &nr);

	if (err)
		return err;
	t = task_find_get(nr); /* a thread's number works too, unlisted, as on Linux */
	if (!t)
		return -ENOENT;
	*out = (struct proc_ref){ &proc_process, pid_get(t->pid), false, -1 };
	task_put(t);
	return 0;
}

static int next_process(const struct proc_ref *dir, unsigned *cursor, char *name, size_t size)
{
	struct process *p = process_next_get((pid_t)*cursor);

	if (!p)
		return -ENOENT;
	*cursor = (unsigned)p->pid->nr;
	snprintf(name, size, "%d", p->pid->nr);
	process_put(p);
	return 0;
}

#define FILE_RO(nm, fn)                                        \
	{                                                      \
		.name = nm, .mode = S_IFREG | 0444, .show = fn \
	}

static const struct proc_entry root_entries[] = {
	{ .name = "self", .mode = S_IFLNK | 0777, .text = text_self },
	{ .name = "thread-self", .mode = S_IFLNK | 0777, .text = text_thread_self },
	{ .name = "mounts", .mode = S_IFLNK | 0777, .text = text_mounts },
	{ .name = "net", .mode = S_IFLNK | 0777, .text = text_net },
	{ .name = "sys", .mode = S_IFDIR | 0555, .children = proc_sys_entries },
	FILE_RO("cmdline", show_cmdline),
	FILE_RO("cpuinfo", show_cpuinfo),
	FILE_RO("devices", show_devices),
	FILE_RO("filesystems", show_filesystems),
	FILE_RO("loadavg", show_loadavg),
	FILE_RO("meminfo", show_meminfo),
	FILE_RO("partitions", show_partitions),
	FILE_RO("stat", show_stat),
	FILE_RO("swaps", show_swaps),
	FILE_RO("uptime", show_uptime),
	FILE_RO("version", show_version),
	{ 0 },
};

const struct proc_entry proc_root = {
	.name = "/",
	.mode = S_IFDIR | 0555,
	.children = root_entries,
	.lookup = lookup_process,
	.next = next_process,
};

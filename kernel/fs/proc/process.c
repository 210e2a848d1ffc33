// SPDX-License-Identifier: MIT
/* /proc/PID: the table of its files and the short ones among them. */
#include "kernel/base/string.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/guard.h"
#include <linux/auxvec.h>

/* Appends [start, end) of the address space. */
static int append_memory(struct text *t, struct mm *mm, unsigned long start, unsigned long end)
{
	char *page __cleanup(kfreep) = kmalloc(PAGE_SIZE, 0);

	if (!page)
		return -ENOMEM;
	while (start < end) {
		size_t n = mm_access(mm, start, page, min(end - start, PAGE_SIZE), false);

		if (!n)
			break;
		text_append(t, page, n);
		start += n;
	}
	return 0;
}

/*
 * proc(5): a program that wrote over the last NUL of its arguments (setproctitle) shows a string that runs
 * on.
 */
static int show_cmdline(struct text *t, const struct proc_ref *ref)
{
	struct mm *mm = proc_mm_get(ref);
	int err;

	if (!mm)
		return 0;
	err = append_memory(t, mm, READ_ONCE(mm->arg_start), READ_ONCE(mm->arg_end));
	if (!err && t->len && t->buf[t->len - 1] != '\0') {
		err = append_memory(t, mm, READ_ONCE(mm->env_start), READ_ONCE(mm->env_end));
		t->len = strnlen(t->buf, t->len);
	}
	mm_put(mm);
	return err;
}

static int check_access(const struct proc_ref *ref)
{
	struct task *t __cleanup(task_putp) = proc_task_get(ref);

	return t ? proc_may_access(t) : -ESRCH;
}

static int show_environ(struct text *t, const struct proc_ref *ref)
{
	struct mm *mm;
	int err = check_access(ref);

	if (err || !(mm = proc_mm_get(ref)))
		return err;
	err = append_memory(t, mm, READ_ONCE(mm->env_start), READ_ONCE(mm->env_end));
	mm_put(mm);
	return err;
}

/* Pairs of the program's own words, AT_NULL included. */
static int show_auxv(struct text *t, const struct proc_ref *ref)
{
	struct mm *mm;
	size_t n = 0, end;
	int err = check_access(ref);

	if (err || !(mm = proc_mm_get(ref)))
		return err;
	while (n + 2 < ARRAY_SIZE(mm->auxv) && mm->auxv[n] != AT_NULL)
		n += 2;
	for (end = n + 2, n = 0; n < end; n++)
		text_append(t, &mm->auxv[n], mm->ia32 ? sizeof(u32) : sizeof(u64));
	mm_put(mm);
	return 0;
}

static int show_comm(struct text *t, const struct proc_ref *ref)
{
	struct task *task __cleanup(task_putp) = proc_task_get(ref);

	if (!task)
		return -ESRCH;
	text_printf(t, "%s\n", task->comm);
	return 0;
}

/* comm may be changed by threads of the same process (proc(5)). */
static int write_comm(const struct proc_ref *ref, const char *data, size_t len)
{
	struct task *t __cleanup(task_putp) = proc_task_get(ref);

	if (!t)
		return -ESRCH;
	if (t->proc != current->proc)
		return -EINVAL;
	spin_lock(&t->alloc_lock);
	strscpy(t->comm, data, sizeof(t->comm)); /* a newline stays, as on Linux */
	t->comm[strnlen(t->comm, min(len, sizeof(t->comm) - 1))] = '\0';
	spin_unlock(&t->alloc_lock);
	return 0;
}

static int show_limits(struct text *t, const struct proc_ref *ref)
{
	static const struct {
		const char *name, *unit;
	} rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct task *task __cleanup(task_putp) = proc_task_get(ref);

	if (!task)
		return -ESRCH;
	text_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		const u64 v[2] = { task->proc->rlim[i].rlim_cur, task->proc->rlim[i].rlim_max };

		text_printf(t, "%-25s ", rows[i].name);
		for (int j = 0; j < 2; j++) {
			if (v[j] == RLIM64_INFINITY)
				text_printf(t, "%-20s ", "unlimited");
			else
				text_printf(t, "%-20lu ", v[j]);
		}
		text_printf(t, *rows[i].unit ? "%-10s\n" : "\n", rows[i].unit);
	}
	return 0;
}

static int show_oom_score_adj(struct text *t, const struct proc_ref *ref)
{
	struct task *task __cleanup(task_putp) = proc_task_get(ref);

	if (!task)
		return -ESRCH;
	text_printf(t, "%d\n", task->oom_score_adj);
	return 0;
}

static int write_oom_score_adj(const struct proc_ref *ref, const char *data, size_t len)
{
	struct task *t __cleanup(task_putp) = proc_task_get(ref);
	long v;
	int err = kstrtol(data, 0, &v);

	if (err || v < -1000 || v > 1000)
		return -EINVAL;
	if (!t)
		return -ESRCH;
	if (v < t->oom_score_adj && !capable(CAP_SYS_RESOURCE))
		return -EACCES;
	t->oom_score_adj = (int)v;
	return 0;
}

static int show_personality(struct text *t, const struct proc_ref *ref)
{
	struct task *task __cleanup(task_putp) = proc_task_get(ref);

	if (!task)
		return -ESRCH;
	text_printf(t, "%08x\n", task->personality);
	return 0;
}

static int show_wchan(struct text *t, const struct proc_ref *ref)
{
	text_printf(t, "0"); /* what Linux shows those it does not trust with addresses */
	return 0;
}

/* ---- links ------------------------------------------------------------------------------------------- */
static int jump_exe(const struct proc_ref *ref, struct path *out)
{
	struct mm *mm = proc_mm_get(ref);
	int err = -ENOENT;

	if (!mm)
		return -ENOENT;
	down_read(&mm->lock);
	if (mm->exe) {
		*out = mm->exe->path;
		path_get(out);
		err = 0;
	}
	up_read(&mm->lock);
	mm_put(mm);
	return err;
}

static int jump_fs(const struct proc_ref *ref, struct path *out, bool root)
{
	struct task *t __cleanup(task_putp) = proc_task_get(ref);
	int err = -ENOENT;

	if (!t)
		return -ENOENT;
	spin_lock(&t->alloc_lock);
	if (t->fs) {
		spin_lock(&t->fs->lock);
		*out = root ? t->fs->root : t->fs->cwd;
		path_get(out);
		spin_unlock(&t->fs->lock);
		err = 0;
	}
	spin_unlock(&t->alloc_lock);
	return err;
}

static int jump_cwd(const struct proc_ref *ref, struct path *out)
{
	return jump_fs(ref, out, false);
}

static int jump_root(const struct proc_ref *ref, struct path *out)
{
	return jump_fs(ref, out, true);
}

/* ---- task/ -------------------------------------------------------------------------------------------- */
static int lookup_thread(const struct proc_ref *dir, const char *name, size_t len, struct proc_ref *out)
{
	struct task *leader __cleanup(task_putp) = proc_task_get(dir);
	struct task *t;
	pid_t nr;
	int err = parse_pid_name(name, len, &nr);

	if (err)
		return err;
	t = leader ? task_find_get(nr) : NULL;
	if (!t)
		return -ENOENT;
	if (t->proc == leader->proc)
		*out = (struct proc_ref){ &proc_thread, pid_get(t->pid), true, -1 };
	else
		err = -ENOENT;
	task_put(t);
	return err;
}

static int next_thread(const struct proc_ref *dir, unsigned *cursor, char *name, size_t size)
{
	struct task *leader __cleanup(task_putp) = proc_task_get(dir);
	struct task *t;
	pid_t best = INT32_MAX;
	unsigned long flags;

	if (!leader)
		return -ENOENT;
	flags = read_lock_irqsave(&tasklist_lock);
	for_each_thread(leader->proc, t) {
		if (t->tid >= (pid_t)*cursor && t->tid < best)
			best = t->tid;
	}
	read_unlock_irqrestore(&tasklist_lock, flags);
	if (best == INT32_MAX)
		return -ENOENT;
	*cursor = (unsigned)best;
	snprintf(name, size, "%d", best);
	return 0;
}

#define FILE_ENTRY(nm, perm, fn)                                 \
	{                                                        \
		.name = nm, .mode = S_IFREG | (perm), .show = fn \
	}
#define RAW_ENTRY(nm, perm, fn, guard)                                                          \
	{                                                                                       \
		.name = nm, .mode = S_IFREG | (perm), .show = fn, .guarded = guard, .raw = true \
	}
#define GUARDED_ENTRY(nm, perm, fn)                                               \
	{                                                                         \
		.name = nm, .mode = S_IFREG | (perm), .show = fn, .guarded = true \
	}
#define COMMON_ENTRIES                                                                                     \
	{ .name = "fd", .mode = S_IFDIR | 0500, .lookup = proc_fd_lookup, .next = proc_fd_next },          \
		{ .name = "fdinfo",                                                                        \
		  .mode = S_IFDIR | 0555,                                                                  \
		  .lookup = proc_fdinfo_lookup,                                                            \
		  .next = proc_fd_next },                                                                  \
		{ .name = "cwd", .mode = S_IFLNK | 0777, .jump = jump_cwd },                               \
		{ .name = "net", .mode = S_IFDIR | 0555, .children = proc_net_entries },                   \
		{ .name = "exe", .mode = S_IFLNK | 0777, .jump = jump_exe },                               \
		{ .name = "root", .mode = S_IFLNK | 0777, .jump = jump_root },                             \
		{ .name = "comm", .mode = S_IFREG | 0644, .show = show_comm, .write = write_comm },        \
		{ .name = "oom_score_adj",                                                                 \
		  .mode = S_IFREG | 0644,                                                                  \
		  .raw = true,                                                                             \
		  .show = show_oom_score_adj,                                                              \
		  .write = write_oom_score_adj },                                                          \
		RAW_ENTRY("auxv", 0400, show_auxv, true), RAW_ENTRY("cmdline", 0444, show_cmdline, false), \
		RAW_ENTRY("environ", 0400, show_environ, true), FILE_ENTRY("limits", 0444, show_limits),   \
		GUARDED_ENTRY("maps", 0444, proc_show_maps),                                               \
		{ .name = "mem", .mode = S_IFREG | 0600, .fops = &proc_mem_ops },                          \
		{ .name = "mountinfo",                                                                     \
		  .mode = S_IFREG | 0444,                                                                  \
		  .show = proc_show_mountinfo,                                                             \
		  .poll = proc_poll_mounts },                                                              \
		{ .name = "mounts",                                                                        \
		  .mode = S_IFREG | 0444,                                                                  \
		  .show = proc_show_mounts,                                                                \
		  .poll = proc_poll_mounts },                                                              \
		FILE_ENTRY("personality", 0400, show_personality),                                         \
		GUARDED_ENTRY("smaps", 0444, proc_show_smaps), FILE_ENTRY("stat", 0444, proc_show_stat),   \
		FILE_ENTRY("statm", 0444, proc_show_statm), FILE_ENTRY("status", 0444, proc_show_status),  \
		FILE_ENTRY("wchan", 0444, show_wchan)

static const struct proc_entry process_entries[] = {
	{ .name = "task", .mode = S_IFDIR | 0555, .lookup = lookup_thread, .next = next_thread },
	COMMON_ENTRIES,
	{ 0 },
};
static const struct proc_entry thread_entries[] = { COMMON_ENTRIES, { 0 } };

const struct proc_entry proc_process = { .name = "PID", .mode = S_IFDIR | 0555, .children = process_entries };
const struct proc_entry proc_thread = { .name = "TID", .mode = S_IFDIR | 0555, .children = thread_entries };

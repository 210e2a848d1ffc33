// SPDX-License-Identifier: MIT
/* /proc/sys: the few settings that programs read, and those of them that can be set. */
#include "kernel/base/random.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/fs/inotify.h"
#include "kernel/fs/proc/proc.h"
#include "kernel/task/uts.h"

#define SHOW_TEXT(fn, fmt, ...)                                   \
	static int fn(struct text *t, const struct proc_ref *ref) \
	{                                                         \
		text_printf(t, fmt "\n", __VA_ARGS__);            \
		return 0;                                         \
	}

SHOW_TEXT(show_ostype, "%s", UTS_SYSNAME)
SHOW_TEXT(show_osrelease, "%s", UTS_RELEASE)
SHOW_TEXT(show_osversion, "%s", UTS_VERSION)
SHOW_TEXT(show_pid_max, "%d", pid_max)
SHOW_TEXT(show_threads_max, "%d", threads_max)
SHOW_TEXT(show_ngroups_max, "%d", NGROUPS_MAX)
SHOW_TEXT(show_cap_last_cap, "%d", CAP_LAST_CAP)
SHOW_TEXT(show_overflow_id, "%d", 65534)
SHOW_TEXT(show_randomize, "%d", 2)
SHOW_TEXT(show_core_pattern, "%s", "core")
SHOW_TEXT(show_zero, "%d", 0)
SHOW_TEXT(show_max_map_count, "%d", 65530)
SHOW_TEXT(show_mmap_min_addr, "%d", 65536)
SHOW_TEXT(show_file_max, "%ld", INT64_MAX)
SHOW_TEXT(show_file_nr, "%lu\t0\t%ld", nr_files, INT64_MAX)
SHOW_TEXT(show_nr_open, "%d", 1048576)
SHOW_TEXT(show_pipe_max_size, "%d", 1048576)
SHOW_TEXT(show_inotify_events, "%d", INOTIFY_MAX_EVENTS)
SHOW_TEXT(show_inotify_instances, "%d", INOTIFY_MAX_INSTANCES)
SHOW_TEXT(show_inotify_watches, "%d", INOTIFY_MAX_WATCHES)
SHOW_TEXT(show_entropy, "%d", 256)

static int show_hostname(struct text *t, const struct proc_ref *ref)
{
	char name[UTS_NAME_SIZE];

	uts_get_nodename(name);
	text_printf(t, "%s\n", name);
	return 0;
}

static int show_domainname(struct text *t, const struct proc_ref *ref)
{
	char name[UTS_NAME_SIZE];

	uts_get_domainname(name);
	text_printf(t, "%s\n", name);
	return 0;
}

static int write_hostname(const struct proc_ref *ref, const char *data, size_t len)
{
	if (len && data[len - 1] == '\n')
		len--;
	return uts_set_nodename(data, min(len, (size_t)UTS_NAME_SIZE - 1));
}

static int write_domainname(const struct proc_ref *ref, const char *data, size_t len)
{
	if (len && data[len - 1] == '\n')
		len--;
	return uts_set_domainname(data, min(len, (size_t)UTS_NAME_SIZE - 1));
}

static void append_uuid(struct text *t, const u8 u[16])
{
	for (int i = 0; i < 16; i++)
		text_printf(t, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", u[i]);
	text_append(t, "\n", 1);
}

/* A version 4 UUID, RFC 4122. */
static void make_uuid(u8 u[16])
{
	random_bytes(u, 16);
	u[6] = (u[6] & 0x0f) | 0x40;
	u[8] = (u[8] & 0x3f) | 0x80;
}

static int show_uuid(struct text *t, const struct proc_ref *ref)
{
	u8 u[16];

	make_uuid(u);
	append_uuid(t, u);
	return 0;
}

static int show_boot_id(struct text *t, const struct proc_ref *ref)
{
	static struct spinlock lock = SPINLOCK_INIT;
	static u8 id[16]; /* [lock] all zero until first asked for */

	spin_lock(&lock);
	if (!id[6])
		make_uuid(id);
	spin_unlock(&lock);
	append_uuid(t, id);
	return 0;
}

#define RO(nm, fn)                                                          \
	{                                                                   \
		.name = nm, .mode = S_IFREG | 0444, .raw = true, .show = fn \
	}
#define RW(nm, fn, wr)                                                                   \
	{                                                                                \
		.name = nm, .mode = S_IFREG | 0644, .raw = true, .show = fn, .write = wr \
	}
#define DIR(nm, entries_)                                                \
	{                                                                \
		.name = nm, .mode = S_IFDIR | 0555, .children = entries_ \
	}

static const struct proc_entry random_entries[] = {
	RO("boot_id", show_boot_id),
	RO("uuid", show_uuid),
	RO("entropy_avail", show_entropy),
	RO("poolsize", show_entropy),
	{ 0 },
};
static const struct proc_entry kernel_entries[] = {
	RO("ostype", show_ostype),
	RO("osrelease", show_osrelease),
	RO("version", show_osversion),
	RW("hostname", show_hostname, write_hostname),
	RW("domainname", show_domainname, write_domainname),
	RO("pid_max", show_pid_max),
	RO("threads-max", show_threads_max),
	RO("ngroups_max", show_ngroups_max),
	RO("cap_last_cap", show_cap_last_cap),
	RO("overflowuid", show_overflow_id),
	RO("overflowgid", show_overflow_id),
	RO("randomize_va_space", show_randomize),
	RO("core_pattern", show_core_pattern),
	RO("panic", show_zero),
	RO("tainted", show_zero),
	DIR("random", random_entries),
	{ 0 },
};
static const struct proc_entry vm_entries[] = {
	RO("overcommit_memory", show_zero),
	RO("max_map_count", show_max_map_count),
	RO("mmap_min_addr", show_mmap_min_addr),
	RO("swappiness", show_zero),
	{ 0 },
};
static const struct proc_entry inotify_entries[] = {
	RO("max_queued_events", show_inotify_events),
	RO("max_user_instances", show_inotify_instances),
	RO("max_user_watches", show_inotify_watches),
	{ 0 },
};
static const struct proc_entry fs_entries[] = {
	DIR("inotify", inotify_entries), RO("file-max", show_file_max),           RO("file-nr", show_file_nr),
	RO("nr_open", show_nr_open),     RO("pipe-max-size", show_pipe_max_size), { 0 },
};
#ifdef CONFIG_DEBUG
static const struct proc_entry debug_entries[] = {
	RW("fail_alloc", fail_alloc_show, fail_alloc_write),
	RW("leak", leak_show, leak_write),
	{ .name = "provoke", .mode = S_IFREG | 0200, .write = provoke_write },
	{ 0 },
};
#endif
const struct proc_entry proc_sys_entries[] = {
	DIR("kernel", kernel_entries),
	DIR("vm", vm_entries),
	DIR("fs", fs_entries),
	DIR("net", proc_sys_net_entries),
#ifdef CONFIG_DEBUG
	DIR("debug", debug_entries),
#endif
	{ 0 },
};

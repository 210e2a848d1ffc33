// SPDX-License-Identifier: MIT
/* The machine as a whole: uname(2), sethostname(2), sysinfo(2), reboot(2), syslog(2), getrandom(2). */
#include "abi/ia32/process.h"
#include "kernel/base/printk.h"
#include "kernel/base/random.h"
#include "kernel/base/string.h"
#include "kernel/debug/debug.h"
#include "kernel/gate/refuse.h"
#include "kernel/gate/syscall.h"
#include "kernel/gate/trace.h"
#include "kernel/gate/uaccess.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/task/task.h"
#include "kernel/task/uts.h"
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/sysinfo.h>

/* ---- uname ------------------------------------------------------------------------------------ */

SYSCALL_DEFINE1(uname, struct new_utsname __user *, name)
{
	struct new_utsname u;

	uts_get(&u);
	return copy_to_user(name, &u, sizeof(u));
}

IA32_SYSCALL_DEFINE1(olduname, struct old_utsname __user *, name)
{
	struct new_utsname u;
	struct old_utsname old;

	if (!name)
		return -EFAULT;
	uts_get(&u);
	memcpy(old.sysname, u.sysname, sizeof(old.sysname));
	memcpy(old.nodename, u.nodename, sizeof(old.nodename));
	memcpy(old.release, u.release, sizeof(old.release));
	memcpy(old.version, u.version, sizeof(old.version));
	memcpy(old.machine, u.machine, sizeof(old.machine));
	return copy_to_user(name, &old, sizeof(old));
}

static void cut(char to[__OLD_UTS_LEN + 1], const char *from)
{
	memcpy(to, from, __OLD_UTS_LEN);
	to[__OLD_UTS_LEN] = '\0';
}

IA32_SYSCALL_DEFINE1(oldolduname, struct oldold_utsname __user *, name)
{
	struct new_utsname u;
	struct oldold_utsname old;

	if (!name)
		return -EFAULT;
	uts_get(&u);
	cut(old.sysname, u.sysname);
	cut(old.nodename, u.nodename);
	cut(old.release, u.release);
	cut(old.version, u.version);
	cut(old.machine, u.machine);
	return copy_to_user(name, &old, sizeof(old));
}

static long set_name(int (*set)(const char *, size_t), const char __user *uname, int len)
{
	char name[__NEW_UTS_LEN];

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(name, uname, (size_t)len))
		return -EFAULT;
	return set(name, (size_t)len);
}

SYSCALL_DEFINE2(sethostname, const char __user *, name, int, len)
{
	return set_name(uts_set_nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char __user *, name, int, len)
{
	return set_name(uts_set_domainname, name, len);
}

/* ---- sysinfo ---------------------------------------------------------------------------------- */

static void fill_sysinfo(struct sysinfo *s)
{
	u64 load[3];

	memset(s, 0, sizeof(*s));
	sched_loadavg(load);
	s->uptime = (long)DIV_ROUND_UP(clock_mono_ns(), NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		s->loads[i] = load[i] << (SI_LOAD_SHIFT - 11);
	s->totalram = page_total_count() << PAGE_SHIFT;
	s->freeram = page_free_count() << PAGE_SHIFT;
	s->procs = (u16)nr_tasks();
	s->mem_unit = 1;
}

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, info)
{
	struct sysinfo s;

	fill_sysinfo(&s);
	return copy_to_user(info, &s, sizeof(s));
}

IA32_SYSCALL_DEFINE1(sysinfo, struct ia32_sysinfo __user *, info)
{
	struct ia32_sysinfo narrow = { 0 };
	struct sysinfo s;
	int shift = 0;

	fill_sysinfo(&s);
	if (s.totalram >> 32) /* bytes do not fit: count pages */
		shift = PAGE_SHIFT;
	narrow.uptime = (s32)s.uptime;
	for (int i = 0; i < 3; i++)
		narrow.loads[i] = (u32)s.loads[i];
	narrow.totalram = (u32)(s.totalram >> shift);
	narrow.freeram = (u32)(s.freeram >> shift);
	narrow.procs = s.procs;
	narrow.mem_unit = 1u << shift;
	return copy_to_user(info, &narrow, sizeof(narrow));
}

/* ---- reboot ----------------------------------------------------------------------------------- */

static bool cad_enabled = true; /* Ctrl-Alt-Del; there is no key that sends it */

SYSCALL_DEFINE4(reboot, int, magic1, int, magic2, unsigned, cmd, void __user *, arg)
{
	char command[256];

	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if ((u32)magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return refuse(EINVAL, "reboot: wrong magic numbers");
	if (cmd == LINUX_REBOOT_CMD_RESTART || cmd == LINUX_REBOOT_CMD_HALT ||
	    cmd == LINUX_REBOOT_CMD_POWER_OFF) {
		trace_flush();
		coverage_dump();
	}
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		WRITE_ONCE(cad_enabled, cmd == LINUX_REBOOT_CMD_CAD_ON);
		return 0;
	case LINUX_REBOOT_CMD_RESTART2:
		if (strncpy_from_user(command, arg, sizeof(command) - 1) == -EFAULT)
			return -EFAULT;
		trace_flush();
		coverage_dump();
		pr_info("reboot: Restarting system with command\n");
		arch_restart();
	case LINUX_REBOOT_CMD_RESTART:
		pr_info("reboot: Restarting system\n");
		arch_restart();
	case LINUX_REBOOT_CMD_HALT:
		pr_info("reboot: System halted\n");
		arch_halt();
	case LINUX_REBOOT_CMD_POWER_OFF:
		leak_check_shutdown();
		pr_info("reboot: Power down\n");
		arch_power_off();
	case LINUX_REBOOT_CMD_KEXEC:
	case LINUX_REBOOT_CMD_SW_SUSPEND:
		return refuse(EINVAL, "reboot: kexec and suspend absent");
	}
	return refuse(EINVAL, "reboot: unknown command");
}

/* ---- the kernel log --------------------------------------------------------------------------- */

enum {
	LOG_CLOSE,
	LOG_OPEN,
	LOG_READ,
	LOG_READ_ALL,
	LOG_READ_CLEAR,
	LOG_CLEAR,
	LOG_CONSOLE_OFF,
	LOG_CONSOLE_ON,
	LOG_CONSOLE_LEVEL,
	LOG_SIZE_UNREAD,
	LOG_SIZE_BUFFER
};

static long read_log(char __user *buf, int len)
{
	char *copy __cleanup(kfreep) = NULL;
	size_t n = min((size_t)len, (size_t)LOG_SIZE);

	if (!buf || len < 0)
		return -EINVAL;
	if (!len)
		return 0;
	copy = kmalloc(n, 0);
	if (!copy)
		return -ENOMEM;
	n = log_read_tail(copy, n);
	return copy_to_user(buf, copy, n) ? -EFAULT : (long)n;
}

SYSCALL_DEFINE3(syslog, int, type, char __user *, buf, int, len)
{
	/* dmesg_restrict is 0: reading everything and asking for sizes needs no privilege. */
	if (type != LOG_READ_ALL && type != LOG_SIZE_BUFFER && !capable(CAP_SYSLOG) &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch (type) {
	case LOG_CLOSE:
	case LOG_OPEN:
		return 0;
	case LOG_READ_ALL:
		return read_log(buf, len);
	case LOG_SIZE_BUFFER:
		return LOG_SIZE;
	case LOG_SIZE_UNREAD:
		return (long)log_size();
	case LOG_READ:
	case LOG_READ_CLEAR:
	case LOG_CLEAR:
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
	case LOG_CONSOLE_LEVEL:
		return refuse(EINVAL, "syslog: only reading all of it is there");
	}
	return refuse(EINVAL, "syslog: unknown action");
}

/* ---- getrandom -------------------------------------------------------------------------------- */

SYSCALL_DEFINE3(getrandom, char __user *, buf, size_t, count, unsigned, flags)
{
	u8 chunk[256];
	size_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return refuse(EINVAL, "getrandom: unknown flags");
	if ((flags & (GRND_INSECURE | GRND_RANDOM)) == (GRND_INSECURE | GRND_RANDOM))
		return refuse(EINVAL, "getrandom: GRND_INSECURE with GRND_RANDOM");
	count = min(count, (size_t)INT32_MAX);
	if (!access_ok(buf, count))
		return -EFAULT;
	while (done < count) {
		size_t n = min(count - done, sizeof(chunk));

		random_bytes(chunk, n);
		if (copy_to_user(buf + done, chunk, n))
			break;
		done += n;
		if (!(done % PAGE_SIZE)) {
			if (signal_pending())
				break;
			cond_resched();
		}
	}
	memset(chunk, 0, sizeof(chunk));
	return done || !count ? (long)done : -EFAULT;
}

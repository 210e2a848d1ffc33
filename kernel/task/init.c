// SPDX-License-Identifier: MIT
/*
 * PID 1.  A kernel thread opens the console as descriptors 0-2 and execs rdinit=, or the first of /init,
 * /sbin/init, /bin/sh that exists.  The words of the command line that the kernel does not know go to it,
 * as Linux does it: key=value into the environment, others into argv, everything after "--" into argv.
 */
#include "kernel/task/init.h"
#include "kernel/base/cmdline.h"
#include "kernel/base/string.h"
#include "kernel/fs/fd.h"
#include "kernel/fs/fs.h"
#include "kernel/gate/trace.h"
#include "kernel/mm/slab.h"
#include "kernel/task/internal.h"

#define MAX_WORDS 32 /* Linux's MAX_INIT_ARGS and MAX_INIT_ENVS */

struct init_args { /* lives as long as PID 1 has not left the kernel, i.e. is never freed: one per boot */
	char text[2048];
	const char *argv[MAX_WORDS + 2], *envp[MAX_WORDS + 3];
	int argc, envc;
};

/* Words that are the kernel's: parameters of Sysgate, and those of Linux that launchers pass habitually. */
static bool is_kernel_word(const char *word)
{
	static const char *const known[] = {
		"console",
		"rdinit",
		"init",
		"root",
		"quiet",
		"panic",
		"debug",
		"loglevel",
		"mitigations",
		"seed",
		"ro",
		"rw",
		"nosmp",
		"maxcpus",
		"nr_cpus",
		"mem",
		"earlyprintk",
		"tsc",
		"clocksource",
		"noapic",
		"nolapic",
		"acpi",
		"reboot",
		"oops",
		"nokaslr",
		"virtio_mmio.device",
		"no_timer_check",
		"noreplace-smp",
		"random.trust_cpu",
		"earlycon",
		"trace",
		"pci",
		"initrd",
		"rootfstype",
	};
	size_t len = 0;

	while (word[len] && word[len] != '=')
		len++;
	if (memchr(word, '.', len))
		return true; /* a module's parameter: never init's business */
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strlen(known[i]) == len && !strncmp(known[i], word, len))
			return true;
	}
	return !strncmp(word, "sysgate", min(len, (size_t)7)) && len >= 7;
}

static void add_env(struct init_args *a, const char *word)
{
	size_t len = (size_t)(strchr(word, '=') - word) + 1;

	for (int i = 0; i < a->envc; i++) { /* a later TERM= replaces the default */
		if (!strncmp(a->envp[i], word, len)) {
			a->envp[i] = word;
			return;
		}
	}
	if (a->envc < MAX_WORDS)
		a->envp[a->envc++] = word;
}

/* The end of the word at s, honouring double quotes as Linux does; cuts it off and returns what follows. */
static char *cut_word(char *s)
{
	bool quoted = false;
	char *out = s;

	for (; *s && (quoted || (*s != ' ' && *s != '\t' && *s != '\n')); s++) {
		if (*s == '"')
			quoted = !quoted;
		else
			*out++ = *s;
	}
	if (*s)
		s++;
	*out = '\0';
	return s;
}

static void parse_cmdline(struct init_args *a)
{
	bool all = false; /* after "--" */
	char *p = a->text;

	(void)strscpy(a->text, boot_cmdline, sizeof(a->text));
	a->argc = 1; /* argv[0] is filled in per attempt */
	a->envp[a->envc++] = "HOME=/";
	a->envp[a->envc++] = "TERM=linux";
	while (*p) {
		char *word = p;

		if (*p == ' ' || *p == '\t' || *p == '\n') {
			p++;
			continue;
		}
		p = cut_word(word);
		if (!all && !strcmp(word, "--"))
			all = true;
		else if (all || (!is_kernel_word(word) && !strchr(word, '='))) {
			if (a->argc < MAX_WORDS)
				a->argv[a->argc++] = word;
		} else if (!is_kernel_word(word)) {
			add_env(a, word);
		}
	}
}

static void open_console(void)
{
	struct file *f;

	if (file_open(AT_FDCWD, "/dev/console", O_RDWR, 0, &f)) {
		printk("Warning: unable to open an initial console.\n");
		return;
	}
	for (int i = 0; i < 3; i++) {
		struct file *ref = file_get(f);

		if (fd_install_new(&ref, 0) < 0)
			file_put(ref);
	}
	file_put(f);
}

static int try_exec(struct init_args *a, const char *path)
{
	int err;

	a->argv[0] = path;
	pr_info("Run %s as init process\n", path);
	err = kernel_execve(path, a->argv, a->envp);
	if (err && err != -ENOENT)
		printk("Starting init: %s exists but couldn't execute it (error %d)\n", path, err);
	return err;
}

/* Returning means: go on in user mode, as the program that was just loaded. */
static void init_main(void *arg)
{
	static const char *const fallback[] = { "/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh" };
	struct init_args *a = arg;
	static char wanted[256];
	int err;

	open_console();
	trace_start();
	if (cmdline_get("rdinit", wanted, sizeof(wanted)) || cmdline_get("init", wanted, sizeof(wanted))) {
		err = try_exec(a, wanted);
		if (!err)
			return;
		panic("Requested init %s failed (error %d).", wanted, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(fallback); i++) {
		if (!try_exec(a, fallback[i]))
			return;
	}
	panic("No working init found.  Pass rdinit=PATH, or an -initrd with /init in it.");
}

void init_start(void)
{
	struct init_args *a = kzalloc(sizeof(*a));
	struct task *t;

	if (!a)
		panic("init_start: no memory");
	parse_cmdline(a);
	if (kthread_spawn(init_main, a, "init", 1, &t))
		panic("init_start: cannot create PID 1");
	t->files = files_create();
	if (!t->files)
		panic("init_start: no memory");
	WRITE_ONCE(t->proc->group_flags, PROC_UNKILLABLE);
	init_task = t;
	wake_up_new(t);
}

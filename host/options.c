// SPDX-License-Identifier: MIT
/* Parses options with getopt_long(3); every value is checked here, so that the other files may trust it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define MAX_CPUS   8
#define MAX_MEMORY (1ull << 40)
#define MiB        (1ull << 20)

static const char help_text[] =
	"Usage: sysgate run [options] [--] PROGRAM [ARG...]   run a program of this machine in a VM\n"
	"       sysgate shell [options]                       busybox's shell in one\n"
	"       sysgate help | version\n"
	"  (in the source tree also: sysgate test | check | bench | soak | new-call NAME)\n"
	"\n"
	"PROGRAM is looked up as a shell does, and packed with its interpreters and libraries under the\n"
	"same paths. Other files, such as those its arguments name, are not there: use stdin, --add or\n"
	"--root.\n"
	"\n"
	"What the guest sees:\n"
	"  --root DIR           the folder becomes the root file system; PROGRAM is looked up inside\n"
	"  --initrd FILE        the same with a cpio archive (newc)\n"
	"  --add PATH           also pack this file, program (with libraries) or folder; may be repeated\n"
	"  --env K=V            set a variable (K alone: as it is here); may be repeated\n"
	"  --cwd DIR            start there (default /)\n"
	"  --user UID[:GID]     run as this user (default 0:0)\n"
	"The machine:\n"
	"  --mem SIZE           memory, with K, M or G behind (default 256M; a bare number is MiB)\n"
	"  --smp N              processors, 1 to 8 (default 1)\n"
	"  --machine TYPE       microvm (default), q35 or pc\n"
	"  --accel WHICH        auto (default: KVM where it works, else TCG), kvm or tcg\n"
	"  --kernel FILE        another kernel, a PVH ELF file or a Linux bzImage\n"
	"  --append ARGS        more for the kernel's command line\n"
	"The run:\n"
	"  --timeout SECONDS    stop it after that time, with status 124\n"
	"  --trace[=FILE]       a line per system call, to stderr or FILE\n"
	"  --verbose            show the kernel's console and what is packed, on stderr\n"
	"  --gdb                wait for a debugger, and print the command that attaches it\n"
	"  --dry-run            print the QEMU command instead of running it\n"
	"  --pack FILE          write the initramfs to FILE instead of running it\n"
	"\n"
	"Exit status: PROGRAM's; 128+N when signal N ended it; 124 time is up; 125 the launcher or the\n"
	"kernel failed; 126 PROGRAM cannot be run; 127 there is no PROGRAM.\n";

void options_help(void)
{
	fputs(help_text, stdout);
}

static unsigned long number(const char *option, const char *text, unsigned long min, unsigned long max,
			    const char **end)
{
	unsigned long value;
	char *stop;

	errno = 0;
	value = strtoul(text, &stop, 10);
	if (*text < '0' || *text > '9' || errno || value < min || value > max || (!end && *stop))
		die(STATUS_FAILED, "%s %s: expected a number from %lu to %lu", option, text, min, max);
	if (end)
		*end = stop;
	return value;
}

static uint64_t memory_size(const char *text)
{
	static const char units[] = "kmg";
	const char *end, *unit;
	uint64_t size = number("--mem", text, 1, LONG_MAX, &end);
	unsigned int shift = 20;

	unit = *end ? strchr(units, *end | 0x20) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (*end || size > MAX_MEMORY >> shift)
		die(STATUS_FAILED, "--mem %s: expected a size such as 512K, 64M or 2G", text);
	size <<= shift;
	if (size < MiB)
		die(STATUS_FAILED, "--mem %s is too little: the kernel alone needs more than 1M", text);
	return size;
}

static double seconds(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || value < 0 || value > 1e9)
		die(STATUS_FAILED, "--timeout %s: expected seconds", text);
	return value;
}

static void user(struct options *o, const char *text)
{
	unsigned long uid, gid;
	char *end;

	errno = 0;
	uid = gid = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && end[0] == ':' && end[1] >= '0' && end[1] <= '9')
		gid = strtoul(end + 1, &end, 10);
	/* The largest number means "none" to setuid(2). */
	if (*text < '0' || *text > '9' || *end || errno || uid >= UINT_MAX || gid >= UINT_MAX)
		die(STATUS_FAILED, "--user %s: expected UID:GID, as numbers", text);
	o->uid = uid;
	o->gid = gid;
}

static const char *one_of(const char *option, const char *text, const char *const *choices)
{
	for (const char *const *choice = choices; *choice; choice++) {
		if (!strcmp(text, *choice))
			return *choice;
	}
	die(STATUS_FAILED, "%s %s: expected %s, %s or %s", option, text, choices[0], choices[1], choices[2]);
}

static void add_env(struct options *o, const char *text)
{
	const char *value;

	if (!*text || *text == '=')
		die(STATUS_FAILED, "--env %s: expected K=V", *text ? text : "''");
	if (strchr(text, '=')) {
		strings_add(&o->env, text);
		return;
	}
	value = getenv(text);
	if (value)
		strings_format(&o->env, "%s=%s", text, value);
}

const char *options_env(const struct options *options, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = options->env.count; i-- > 0;) {
		if (!strncmp(options->env.at[i], name, len) && options->env.at[i][len] == '=')
			return options->env.at[i] + len + 1;
	}
	return NULL;
}

enum option_code {
	OPT_INITRD = 256,
	OPT_ROOT,
	OPT_KERNEL,
	OPT_MEM,
	OPT_SMP,
	OPT_MACHINE,
	OPT_ACCEL,
	OPT_ENV,
	OPT_CWD,
	OPT_USER,
	OPT_TIMEOUT,
	OPT_APPEND,
	OPT_TRACE,
	OPT_VERBOSE,
	OPT_DRY_RUN,
	OPT_GDB,
	OPT_ADD,
	OPT_PACK,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "smp", required_argument, NULL, OPT_SMP },
	{ "machine", required_argument, NULL, OPT_MACHINE },
	{ "accel", required_argument, NULL, OPT_ACCEL },
	{ "env", required_argument, NULL, OPT_ENV },
	{ "cwd", required_argument, NULL, OPT_CWD },
	{ "user", required_argument, NULL, OPT_USER },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "trace", optional_argument, NULL, OPT_TRACE },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ "gdb", no_argument, NULL, OPT_GDB },
	{ "add", required_argument, NULL, OPT_ADD },
	{ "pack", required_argument, NULL, OPT_PACK },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static void take_string(struct options *o, int code, const char *value)
{
	static const char *const machines[] = { "microvm", "q35", "pc", NULL };
	static const char *const accels[] = { "auto", "kvm", "tcg", NULL };

	switch (code) {
	case OPT_INITRD:
		o->initrd = value;
		break;
	case OPT_ROOT:
		o->root = value;
		break;
	case OPT_KERNEL:
		o->kernel = value;
		break;
	case OPT_MACHINE:
		o->machine = one_of("--machine", value, machines);
		break;
	case OPT_ACCEL:
		o->accel = one_of("--accel", value, accels);
		break;
	case OPT_CWD:
		if (*value != '/')
			die(STATUS_FAILED, "--cwd %s: expected an absolute path in the guest", value);
		o->cwd = value;
		break;
	case OPT_APPEND:
		o->append = value;
		break;
	case OPT_ADD:
		strings_add(&o->add, value);
		break;
	case OPT_PACK:
		o->pack = value;
		break;
	}
}

static void take(struct options *o, int code, const char *value)
{
	switch (code) {
	case OPT_MEM:
		o->memory = memory_size(value);
		break;
	case OPT_SMP:
		o->cpus = number("--smp", value, 1, MAX_CPUS, NULL);
		break;
	case OPT_ENV:
		add_env(o, value);
		break;
	case OPT_USER:
		user(o, value);
		break;
	case OPT_TIMEOUT:
		o->timeout = seconds(value);
		break;
	case OPT_TRACE:
		o->trace = true;
		o->trace_file = value;
		break;
	case OPT_VERBOSE:
		o->verbose = true;
		break;
	case OPT_DRY_RUN:
		o->dry_run = true;
		break;
	case OPT_GDB:
		o->gdb = true;
		break;
	case OPT_HELP:
		options_help();
		exit(0);
	default:
		take_string(o, code, value);
	}
}

void options_read(struct options *o, const char *command, int argc, char **argv)
{
	int code;

	*o = (struct options){
		.machine = "microvm", .accel = "auto", .cwd = "/", .memory = 256 * MiB, .cpus = 1
	};
	opterr = 0;
	while ((code = getopt_long(argc, argv, "+:", long_options, NULL)) != -1) {
		if (code == ':')
			die(STATUS_FAILED, "%s needs a value; see sysgate help", argv[optind - 1]);
		if (code == '?')
			die(STATUS_FAILED, "unknown option %s; see sysgate help", argv[optind - 1]);
		take(o, code, optarg);
	}
	o->argv = argv + optind;
	if (o->root && o->initrd)
		die(STATUS_FAILED, "--root and --initrd exclude each other");
	if (!*o->argv && !strcmp(command, "run"))
		die(STATUS_FAILED, "run: no PROGRAM; try: sysgate run -- busybox uname -a");
	if (*o->argv && !strcmp(command, "shell"))
		die(STATUS_FAILED, "shell: takes no arguments; did you mean: sysgate run %s", *o->argv);
}

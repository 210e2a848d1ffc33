// SPDX-License-Identifier: MIT
/* The launcher's commands, and where its own files are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

/* The kernel or init: beside the launcher in the build folder, or below PREFIX/lib once installed. */
static char *own_file(const char *built, const char *installed)
{
	char *self = realpath("/proc/self/exe", NULL);
	char *up = path_folder(path_folder(self ? self : "/usr/bin/sysgate"));
	char *file = format_text("%s/%s", up, built);

	if (access(file, R_OK)) {
		char *other = format_text("%s/lib/sysgate/%s", up, installed);

		if (access(other, R_OK))
			die(STATUS_FAILED, "%s is missing; run make in the source tree", file);
		file = other;
	}
	return file;
}

static int run(const char *command, int argc, char **argv)
{
	struct options o;
	const char *kernel;

	options_read(&o, command, argc, argv);
	kernel = o.kernel || o.pack ? o.kernel : own_file("x86_64/sysgate.elf", "sysgate.elf");
	return vm_run(&o, !strcmp(command, "shell"), kernel, own_file("user/init", "init"));
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "help";

	if (!strcmp(command, "run") || !strcmp(command, "shell"))
		return run(command, argc - 1, argv + 1);
	if (!strcmp(command, "help") || !strcmp(command, "--help") || !strcmp(command, "-h")) {
		options_help();
		return 0;
	}
	if (!strcmp(command, "version") || !strcmp(command, "--version")) {
		puts("sysgate " SYSGATE_VERSION);
		return 0;
	}
	die(STATUS_FAILED, "unknown command %s; see sysgate help", command);
}

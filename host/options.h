/* SPDX-License-Identifier: MIT */
/* The command line of `sysgate run` and `sysgate shell`. */
#pragma once

#include "util.h"

struct options {
	const char *initrd, *root, *kernel; /* NULL: not given */
	const char *machine;
	const char *accel;
	const char *cwd;
	const char *append;
	const char *trace_file; /* NULL: stderr */
	const char *pack; /* write the initramfs there and stop */
	uint64_t memory; /* bytes */
	unsigned int cpus;
	unsigned int uid, gid;
	double timeout; /* seconds; 0: none */
	bool trace, verbose, dry_run, gdb;
	struct strings env; /* K=V */
	struct strings add;
	char **argv; /* PROGRAM and its arguments */
};

/*
 * Reads the options of `command` from argv[1] on. Ends the launcher with 125 and one line when they are
 * wrong, and with 0 after --help.
 */
void options_read(struct options *options, const char *command, int argc, char **argv);

/* The last value of the variable among --env, or NULL. */
const char *options_env(const struct options *options, const char *name);

/* Prints the help of the whole program to stdout. */
void options_help(void);

/* SPDX-License-Identifier: MIT */
/* Shared by the gate test: recipes as data, and the ways into the kernel. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#define GATE_PAGE 4096

enum gate_arg_kind {
	ARG_NUMBER,
	ARG_FILE,
	ARG_FOLDER,
	ARG_WFILE,
	ARG_PIPE,
	ARG_SOCKET,
	ARG_CWD,
	ARG_PID,
	ARG_PATH,
	ARG_TEXT,
	ARG_IN,
	ARG_OUT
};

struct gate_arg {
	int kind;
	unsigned long value; /* of a number; size of an object */
	int null_ok;
	int part_ok; /* the call may transfer a part */
	int narrow; /* a 32-bit type on x86-64 */
};

struct gate_call {
	const char *name;
	const char *label; /* unique among the recipes of one errno: "readv.2" */
	long nr;
	int served; /* Sysgate has it; `gate all` tries the others too */
	int want; /* errno */
	int nargs;
	struct gate_arg args[6];
};

/* Raw results: -errno, not -1. */
typedef long (*raw_fn)(long nr, const unsigned long v[6]);
long raw_default(long nr, const unsigned long v[6]); /* x86-64: syscall; i386: int $0x80 */
long raw_int80(long nr, const unsigned long v[6]); /* from 64-bit code; the kernel sees 32 bits of each */
long raw_vsyscall(long nr,
		  const unsigned long v[6]); /* i386: what AT_SYSINFO points at (sysenter, syscall) */
bool vdso_entry_init(void);
/* True when a call changes no register but those the ABI names; NULL: the default way. */
bool registers_kept(raw_fn enter, long nr);
/* A formatted text that lives until the next but three. */
const char *text_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

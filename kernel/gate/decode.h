/* SPDX-License-Identifier: MIT */
/* Arguments as text: shared by trace.c, decode.c (scalars, strings, flags) and decode_struct.c. */
#pragma once

#include "kernel/gate/desc.h"
#include "kernel/signal/signal.h"

#define TRACE_STRING_MAX 64 /* bytes of a string or buffer that are shown */

/*
 * A line being built.  Never overflows: what does not fit is dropped, room for the result is kept by
 * trace.c.
 */
struct line {
	char *buf;
	size_t size, len;
};

void line_char(struct line *l, char c);
void line_text(struct line *l, const char *s);
void line_printf(struct line *l, const char *fmt, ...) __printf(2, 3);
/* "..." with escapes as in C; `cut` adds the ellipsis. */
void line_quote(struct line *l, const char *s, size_t size, bool cut);
void line_hex(struct line *l, unsigned long v); /* NULL is "NULL" elsewhere; here 0 is "0" */
void line_ptr(struct line *l, unsigned long p); /* 0 is "NULL" */
void line_flags(struct line *l, u32 table, u32 value);
void line_signal(struct line *l, int sig);
/* The name of an enumeration's value, NULL when it has none; *text (may be NULL) gets its words. */
const char *flag_find(u32 table, u32 value, const char **text);

/* The call whose arguments are being printed. */
struct call_view {
	const struct syscall_desc *desc;
	unsigned long args[6];
	u8 nargs;
	bool compat; /* 32-bit layouts: an IA32_SYSCALL_DEFINEn */
	bool returned; /* result holds */
	long result;
};

/* Reads from the program; false when it faults.  Sleeps. */
bool trace_fetch(void *dst, unsigned long from, size_t size);
void line_user_bytes(struct line *l, unsigned long from, size_t size);
/* A string of the program's, or the pointer when it cannot be read. */
void line_user_string(struct line *l, unsigned long from);
void line_sigset(struct line *l, u64 set);
void line_siginfo(struct line *l, const siginfo_t *info);

/* False for an argument that would only confuse: the mode of an open that creates nothing. */
bool decode_is_shown(const struct call_view *c, unsigned int i);
void decode_arg(struct line *l, const struct call_view *c, unsigned int i);
/* A result that is more than a number; false: it is not. */
bool decode_result(struct line *l, const struct call_view *c);
/*
 * The structure behind a pointer; false: the memory cannot be read, the caller prints the pointer.  So the
 * others.
 */
bool decode_struct(struct line *l, const struct call_view *c, unsigned int i);
/* decode_file.c */
bool decode_stat(struct line *l, unsigned long p, const struct call_view *c);
bool decode_statx(struct line *l, unsigned long p);
bool decode_dirents(struct line *l, unsigned long p, const struct call_view *c);
/* decode_task.c */
bool decode_wait_status(struct line *l, unsigned long p);
bool decode_siginfo(struct line *l, unsigned long p, bool compat);
bool decode_rusage(struct line *l, unsigned long p, bool compat);
bool decode_cpuset(struct line *l, unsigned long p, size_t size);
/* decode_args.c */
void decode_fcntl(struct line *l, unsigned long v, u32 command, bool compat);
bool decode_ioctl(struct line *l, unsigned long p, u32 command);
bool decode_prctl(struct line *l, unsigned long v, u32 option);
bool decode_futex_is_time(u32 op);

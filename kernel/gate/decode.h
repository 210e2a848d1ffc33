/* SPDX-License-Identifier: MIT */
/* Arguments as text: shared by trace.c, decode.c (scalars, strings, flags) and decode_struct.c. */
#pragma once

#include "kernel/gate/desc.h"

#define TRACE_STRING_MAX 64 /* bytes of a string or buffer that are shown */

/* A line being built.  Never overflows: what does not fit is dropped, room for the result is kept by trace.c. */
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

/* False for an argument that would only confuse: the mode of an open that creates nothing. */
bool decode_is_shown(const struct call_view *c, unsigned int i);
void decode_arg(struct line *l, const struct call_view *c, unsigned int i);
/* decode_struct.c; false: the memory cannot be read, the caller prints the pointer. */
bool decode_struct(struct line *l, const struct call_view *c, unsigned int i);
/* Reads from the program; false when it faults.  Sleeps. */
bool trace_fetch(void *dst, unsigned long from, size_t size);
void line_user_bytes(struct line *l, unsigned long from, size_t size);
/* A string of the program's, or the pointer when it cannot be read. */
void line_user_string(struct line *l, unsigned long from);

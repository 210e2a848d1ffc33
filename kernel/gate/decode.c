// SPDX-License-Identifier: MIT
/*
 * Scalars, strings and flag words as text.  Works on values and on user memory through trace_fetch();
 * changes nothing and owns nothing.  Runs in the traced task, may fault and sleep.
 */
#include "kernel/gate/decode.h"
#include "kernel/base/string.h"
#include "kernel/gate/uaccess.h"
#include "flag_ids.h"
#include <linux/fcntl.h>

void line_char(struct line *l, char c)
{
	if (l->len < l->size)
		l->buf[l->len++] = c;
}

void line_text(struct line *l, const char *s)
{
	while (*s)
		line_char(l, *s++);
}

void line_printf(struct line *l, const char *fmt, ...)
{
	char tmp[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(tmp, sizeof(tmp), fmt, ap);
	va_end(ap);
	line_text(l, tmp);
}

void line_hex(struct line *l, unsigned long v)
{
	if (v)
		line_printf(l, "0x%lx", v);
	else
		line_char(l, '0');
}

void line_ptr(struct line *l, unsigned long p)
{
	if (p)
		line_printf(l, "0x%lx", p);
	else
		line_text(l, "NULL");
}

static void line_escaped(struct line *l, u8 c, u8 next)
{
	static const char plain[] = "\n\t\r\v\f\"\\";
	static const char names[] = "ntrvf\"\\";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at) {
		line_char(l, '\\');
		line_char(l, names[at - plain]);
	} else if (c >= ' ' && c < 0x7f) {
		line_char(l, c);
	} else {
		/* Three digits only where a following digit would be taken for part of the number. */
		line_printf(l, next >= '0' && next <= '7' ? "\\%03o" : "\\%o", c);
	}
}

void line_quote(struct line *l, const char *s, size_t size, bool cut)
{
	line_char(l, '"');
	for (size_t i = 0; i < size; i++)
		line_escaped(l, s[i], i + 1 < size ? s[i + 1] : 0);
	line_char(l, '"');
	if (cut)
		line_text(l, "...");
}

bool trace_fetch(void *dst, unsigned long from, size_t size)
{
	return !copy_from_user(dst, (const void __user *)from, size);
}

void line_user_bytes(struct line *l, unsigned long from, size_t size)
{
	char buf[TRACE_STRING_MAX];
	size_t n = min(size, sizeof(buf));

	if (trace_fetch(buf, from, n))
		line_quote(l, buf, n, size > n);
	else
		line_ptr(l, from);
}

void line_user_string(struct line *l, unsigned long from)
{
	char buf[TRACE_STRING_MAX + 1];
	ssize_t len = strncpy_from_user(buf, (const char __user *)from, sizeof(buf));

	if (len == -ENAMETOOLONG)
		line_quote(l, buf, TRACE_STRING_MAX, true);
	else if (len < 0)
		line_ptr(l, from);
	else
		line_quote(l, buf, len, false);
}

static const struct flag_name *find(const struct flag_name *v, u32 n, u32 value)
{
	for (u32 i = 0; i < n; i++)
		if (v[i].value == value)
			return &v[i];
	return NULL;
}

const char *flag_find(u32 table, u32 value, const char **text)
{
	const struct flag_table *t = &flag_tables[table];
	const struct flag_name *f = find(t->names, t->nr_names, value);

	if (f && text)
		*text = f->text;
	return f ? f->name : NULL;
}

static void line_joined(struct line *l, bool *some, const char *name)
{
	if (*some)
		line_char(l, '|');
	line_text(l, name);
	*some = true;
}

static void line_bits(struct line *l, const struct flag_table *t, u32 value)
{
	const struct flag_name *f = t->mask ? find(t->fields, t->nr_fields, value & t->mask) : NULL;
	bool some = false;

	if (f) {
		line_joined(l, &some, f->name);
		value &= ~t->mask;
	}
	for (u32 i = 0; i < t->nr_names && value; i++) {
		const struct flag_name *n = &t->names[i];

		if (n->value && (value & n->value) == n->value) {
			line_joined(l, &some, n->name);
			value &= ~n->value;
		}
	}
	if (value || !some) {
		if (some)
			line_char(l, '|');
		if (!value && t->zero)
			line_text(l, t->zero);
		else
			line_printf(l, t->octal ? "%#o" : value ? "%#x" : "%x", value);
	}
}

void line_flags(struct line *l, u32 table, u32 value)
{
	const struct flag_table *t = &flag_tables[table];
	const char *name;

	if (t->bits) {
		line_bits(l, t, value);
		return;
	}
	name = flag_find(table, value, NULL);
	if (name)
		line_text(l, name);
	else
		line_printf(l, value < 4096 ? "%u" : "%#x", value);
}

void line_signal(struct line *l, int sig)
{
	const char *name = flag_find(FLAGS_signal, sig, NULL);

	if (name)
		line_text(l, name);
	else if (sig == 32)
		line_text(l, "SIGRTMIN");
	else if (sig > 32 && sig <= 64)
		line_printf(l, "SIGRT_%d", sig - 32);
	else
		line_printf(l, "%d", sig);
}

/* Bytes that the call wrote: its result, or what argument `aux` says. */
static void line_out(struct line *l, const struct call_view *c, unsigned int i)
{
	u8 aux = c->desc->kinds[i].aux;

	if (!c->returned || c->result < 0)
		line_ptr(l, c->args[i]);
	else
		line_user_bytes(l, c->args[i], aux < c->nargs ? c->args[aux] : (unsigned long)c->result);
}

static void line_number(struct line *l, u8 kind, unsigned long v)
{
	switch (kind) {
	case K_UINT:
		line_printf(l, "%lu", v);
		break;
	case K_LONG:
		line_printf(l, "%ld", (long)v);
		break;
	case K_OCT:
	case K_MODE:
	case K_MODE_OPT:
		line_printf(l, "%#o", (u32)v);
		break;
	case K_PTR:
		line_ptr(l, v);
		break;
	case K_HEX:
		line_hex(l, v);
		break;
	case K_DEV:
		line_printf(l, "makedev(%u, %u)", (u32)(v >> 8 & 0xfff),
			    (u32)((v & 0xff) | (v >> 12 & 0xfff00)));
		break;
	default:
		line_printf(l, "%d", (int)v);
		break;
	}
}

/* An argument that another one explains; false: print it as a structure or pointer. */
static bool line_explained(struct line *l, const struct call_view *c, const struct arg_kind *k,
			   unsigned long v)
{
	u32 command = k->aux < c->nargs ? (u32)c->args[k->aux] : 0;

	switch (k->kind) {
	case K_FCNTL:
		decode_fcntl(l, v, command, c->compat);
		return true;
	case K_FUTEX_TIME:
		if (decode_futex_is_time(command))
			return false;
		line_printf(l, "%u", (u32)v);
		return true;
	case K_FUTEX_VAL3:
		if ((u32)v == ~0u)
			line_text(l, "FUTEX_BITSET_MATCH_ANY");
		else
			line_hex(l, (u32)v);
		return true;
	case K_PRCTL_OUT:
		if (!c->returned || c->result < 0 || !decode_prctl(l, v, command))
			line_hex(l, v);
		return true;
	default:
		return false;
	}
}

void decode_arg(struct line *l, const struct call_view *c, unsigned int i)
{
	const struct arg_kind *k = &c->desc->kinds[i];
	unsigned long v = c->args[i];

	switch (k->kind) {
	case K_DFD:
		if ((int)v == AT_FDCWD)
			line_text(l, "AT_FDCWD");
		else
			line_number(l, K_INT, v);
		break;
	case K_SIG:
		line_signal(l, (int)v);
		break;
	case K_STR:
	case K_PATH:
		if (v)
			line_user_string(l, v);
		else
			line_text(l, "NULL");
		break;
	case K_IN:
		if (v && k->aux < c->nargs)
			line_user_bytes(l, v, c->args[k->aux]);
		else
			line_ptr(l, v);
		break;
	case K_OUT:
		line_out(l, c, i);
		break;
	case K_FLAGS:
		line_flags(l, k->aux, (u32)v);
		break;
	default:
		if (k->kind <= K_DEV || k->kind == K_MODE || k->kind == K_MODE_OPT)
			line_number(l, k->kind, v);
		else if (k->kind == K_HEX_OPT)
			line_hex(l, v);
		else if (line_explained(l, c, k, v))
			return;
		else if (!v || !decode_struct(l, c, i))
			line_ptr(l, v);
		break;
	}
}

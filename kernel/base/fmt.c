// SPDX-License-Identifier: MIT
/* printf(3)-style formatting into a bounded buffer. */
#include "kernel/base/string.h"

struct out {
	char *buf;
	size_t size; /* of buf, terminator included */
	size_t len; /* what the whole output needs */
};

struct spec {
	bool left, zero, plus, space, alt;
	int width, precision; /* precision -1: not given */
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_run(struct out *o, const char *s, size_t n)
{
	if (o->len < o->size)
		memcpy(o->buf + o->len, s, min(n, o->size - o->len));
	o->len += n;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const struct spec *sp, const char *s, size_t len)
{
	if (!sp->left)
		pad(o, ' ', sp->width - (int)len);
	put_run(o, s, len);
	if (sp->left)
		pad(o, ' ', sp->width - (int)len);
}

/* Of the decimal number v.  1233 / 4096 is log10(2), near enough for the power to decide. */
static size_t count_digits(u64 v)
{
	static const u64 powers[] = { 0,
				      10,
				      100,
				      1000,
				      10000,
				      100000,
				      1000000,
				      10000000,
				      100000000,
				      1000000000,
				      10000000000,
				      100000000000,
				      1000000000000,
				      10000000000000,
				      100000000000000,
				      1000000000000000,
				      10000000000000000,
				      100000000000000000,
				      1000000000000000000,
				      10000000000000000000UL };
	const size_t least = (64 - (size_t)__builtin_clzl(v | 1)) * 1233 / 4096;

	return least + (v >= powers[least]);
}

size_t decimal_put(char *to, u64 v)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
		"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
		"8081828384858687888990919293949596979899";
	size_t n;
	char *at;

	if (v < 10) { /* most of what /proc shows */
		*to = (char)('0' + v);
		return 1;
	}
	n = count_digits(v);
	at = to + n;
	for (; v >= 100; v /= 100) {
		at -= 2;
		__builtin_memcpy(at, pairs + v % 100 * 2, 2);
	}
	if (v >= 10)
		__builtin_memcpy(to, pairs + v * 2, 2);
	else
		*to = (char)('0' + v);
	return n;
}

/*
 * The plain %d and %u.  With room for the longest the digits go where they belong.
 */
static void put_decimal(struct out *o, u64 v)
{
	char tmp[DECIMAL_MAX];

	if (o->len + sizeof(tmp) < o->size)
		o->len += decimal_put(o->buf + o->len, v);
	else
		put_run(o, tmp, decimal_put(tmp, v));
}

static void put_number(struct out *o, const struct spec *sp, u64 v, unsigned base, bool upper,
		       const char *prefix)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[24];
	int n = 0, prefix_len = (int)strlen(prefix);

	do {
		tmp[n++] = digits[v % base];
		v /= base;
	} while (v);
	if (sp->precision == 0 && n == 1 && tmp[0] == '0')
		n = 0;

	int zeros = max(sp->precision - n, 0);

	if (base == 8 && sp->alt && !zeros && (!n || tmp[n - 1] != '0'))
		/* printf(3): '#' raises the precision of an octal number so that a zero comes first */
		zeros = 1;

	if (sp->zero && !sp->left && sp->precision < 0)
		zeros = max(sp->width - n - prefix_len, zeros);

	int blanks = sp->width - n - zeros - prefix_len;

	if (!sp->left)
		pad(o, ' ', blanks);
	for (int i = 0; i < prefix_len; i++)
		put(o, prefix[i]);
	pad(o, '0', zeros);
	while (n)
		put(o, tmp[--n]);
	if (sp->left)
		pad(o, ' ', blanks);
}

static s64 signed_arg(va_list *ap, int length)
{
	switch (length) {
	case -2:
		return (s8)va_arg(*ap, int);
	case -1:
		return (s16)va_arg(*ap, int);
	case 0:
		return va_arg(*ap, int);
	default:
		return va_arg(*ap, long);
	}
}

static u64 unsigned_arg(va_list *ap, int length)
{
	switch (length) {
	case -2:
		return (u8)va_arg(*ap, int);
	case -1:
		return (u16)va_arg(*ap, int);
	case 0:
		return va_arg(*ap, unsigned);
	default:
		return va_arg(*ap, unsigned long);
	}
}

static const char *parse_spec(const char *fmt, struct spec *sp, int *length, va_list *ap)
{
	*sp = (struct spec){ .precision = -1 };
	for (;; fmt++) {
		if (*fmt == '-')
			sp->left = true;
		else if (*fmt == '0')
			sp->zero = true;
		else if (*fmt == '+')
			sp->plus = true;
		else if (*fmt == ' ')
			sp->space = true;
		else if (*fmt == '#')
			sp->alt = true;
		else
			break;
	}
	if (*fmt == '*') {
		sp->width = va_arg(*ap, int);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
		fmt++;
	}
	while (*fmt >= '0' && *fmt <= '9')
		sp->width = sp->width * 10 + (*fmt++ - '0');
	if (*fmt == '.') {
		sp->precision = 0;
		if (*++fmt == '*') {
			sp->precision = va_arg(*ap, int);
			fmt++;
		}
		while (*fmt >= '0' && *fmt <= '9')
			sp->precision = sp->precision * 10 + (*fmt++ - '0');
	}
	for (*length = 0;; fmt++) {
		if (*fmt == 'h')
			--*length;
		else if (*fmt == 'l' || *fmt == 'z' || *fmt == 'j' || *fmt == 't')
			++*length;
		else
			return fmt;
	}
}

static void convert(struct out *o, char conv, const struct spec *sp, int length, va_list *ap)
{
	char c;
	const char *s;
	s64 v;
	u64 u;

	switch (conv) {
	case 'd':
	case 'i':
		v = signed_arg(ap, length);
		put_number(o, sp, v < 0 ? 0 - (u64)v : (u64)v, 10, false,
			   v < 0       ? "-"
			   : sp->plus  ? "+"
			   : sp->space ? " "
				       : "");
		break;
	case 'u':
		put_number(o, sp, unsigned_arg(ap, length), 10, false, "");
		break;
	case 'x':
	case 'X':
		u = unsigned_arg(ap, length);
		put_number(o, sp, u, 16, conv == 'X', sp->alt && u ? (conv == 'X' ? "0X" : "0x") : "");
		break;
	case 'o':
		put_number(o, sp, unsigned_arg(ap, length), 8, false, "");
		break;
	case 'p':
		put_number(o, sp, (u64)va_arg(*ap, void *), 16, false, "0x");
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		put_text(o, sp, &c, 1);
		break;
	case 's':
		s = va_arg(*ap, const char *);
		if (!s)
			s = "(null)";
		put_text(o, sp, s, sp->precision >= 0 ? strnlen(s, (size_t)sp->precision) : strlen(s));
		break;
	default:
		put(o, '%');
		if (conv != '%')
			put(o, conv);
	}
}

/* %d, %ld, %u, %lu: *fmt moves to the last character. */
static bool plain_decimal(struct out *o, const char **fmt, va_list *ap)
{
	const char *conv = *fmt + 1;
	bool is_long = *conv == 'l';
	u64 v;

	conv += is_long;
	if (*conv == 'd') {
		s64 number = is_long ? va_arg(*ap, long) : va_arg(*ap, int);

		if (number < 0)
			put(o, '-');
		v = number < 0 ? 0 - (u64)number : (u64)number;
	} else if (*conv == 'u') {
		v = is_long ? va_arg(*ap, unsigned long) : va_arg(*ap, unsigned);
	} else {
		return false;
	}
	put_decimal(o, v);
	*fmt = conv;
	return true;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	va_list args;

	va_copy(args, ap);
	for (; *fmt; fmt++) {
		struct spec sp;
		int length;

		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		if (plain_decimal(&o, &fmt, &args))
			continue;
		fmt = parse_spec(fmt + 1, &sp, &length, &args);
		if (!*fmt)
			break;
		convert(&o, *fmt, &sp, length, &args);
	}
	va_end(args);
	if (size)
		buf[min(o.len, size - 1)] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return size ? (int)min((size_t)n, size - 1) : 0;
}

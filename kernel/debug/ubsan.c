// SPDX-License-Identifier: MIT
/*
 * The runtime of -fsanitize=undefined: the compiler calls one of these when a program does what C leaves
 * undefined. All panic, with the place that the compiler passes along.  Interface: the data layouts that gcc
 * 12 and clang 14 emit (their documentation of -fsanitize); only the location, the first member of every
 * record, is used.
 */
#include "kernel/base/base.h"

struct ubsan_location {
	const char *file;
	u32 line, column;
};

static void __noreturn report(const char *what, const struct ubsan_location *at, const char *fmt,
			      unsigned long a, unsigned long b)
{
	printk(fmt, a, b);
	panic("undefined behaviour: %s at %s:%u:%u", what, at->file, at->line, at->column);
}

#define HANDLER1(fn, what)                                         \
	void __ubsan_handle_##fn(const struct ubsan_location *at); \
	void __ubsan_handle_##fn(const struct ubsan_location *at)  \
	{                                                          \
		report(what, at, "", 0, 0);                        \
	}
#define HANDLER2(fn, what, fmt)                                                     \
	void __ubsan_handle_##fn(const struct ubsan_location *at, unsigned long a); \
	void __ubsan_handle_##fn(const struct ubsan_location *at, unsigned long a)  \
	{                                                                           \
		report(what, at, fmt, a, 0);                                        \
	}
#define HANDLER3(fn, what, fmt)                                                                      \
	void __ubsan_handle_##fn(const struct ubsan_location *at, unsigned long a, unsigned long b); \
	void __ubsan_handle_##fn(const struct ubsan_location *at, unsigned long a, unsigned long b)  \
	{                                                                                            \
		report(what, at, fmt, a, b);                                                         \
	}

HANDLER3(add_overflow, "overflow of +", "operands %lx and %lx\n")
HANDLER3(sub_overflow, "overflow of -", "operands %lx and %lx\n")
HANDLER3(mul_overflow, "overflow of *", "operands %lx and %lx\n")
HANDLER3(divrem_overflow, "division", "operands %lx and %lx\n")
HANDLER2(negate_overflow, "overflow of a negation", "operand %lx\n")
HANDLER3(shift_out_of_bounds, "shift out of bounds", "%lx shifted by %ld\n")
HANDLER2(out_of_bounds, "index out of bounds", "index %ld\n")
HANDLER2(type_mismatch_v1, "null or misaligned pointer, or object too small", "address %lx\n")
HANDLER3(pointer_overflow, "overflow of a pointer", "%lx became %lx\n")
HANDLER2(load_invalid_value, "value that its type does not have", "value %lx\n")
HANDLER2(vla_bound_not_positive, "array of no size", "size %ld\n")
HANDLER1(builtin_unreachable, "unreachable code reached")
HANDLER1(missing_return, "no return value")
HANDLER1(invalid_builtin, "bad argument of a builtin")
HANDLER1(nonnull_arg, "NULL argument that must not be")

void __ubsan_handle_nonnull_return_v1(const void *data, const struct ubsan_location *at);
void __ubsan_handle_nonnull_return_v1(const void *data, const struct ubsan_location *at)
{
	report("NULL returned that must not be", at, "", 0, 0);
}

/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of the kernel's pure code, built for the host under ASan and UBSan (mk/tests.mk).
 *
 * kernel/<room>/foo_test.c sits beside foo.c, includes this and foo.h, and holds UNIT_TEST(name) { … }.
 * It is compiled with the kernel's headers and linked with foo.c and shim.c (kmalloc, panic, printk on
 * libc).  More sources than foo.c: a line "unit-sources: path path" in the head of foo_test.c.
 * Memory and string functions of the kernel are renamed (rename.h), so libc's and the sanitizers' stay.
 */
#pragma once

struct unit_test {
	const char *file;
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

/* Called by constructors: a linker set would meet the sanitizer's red zones. */
void unit_register(struct unit_test *test);

#define UNIT_TEST(id)                                                            \
	static void unit_##id(void);                                             \
	__attribute__((constructor)) static void unit_register_##id(void)        \
	{                                                                        \
		static struct unit_test entry = { __FILE__, #id, unit_##id, 0 }; \
		unit_register(&entry);                                           \
	}                                                                        \
	static void unit_##id(void)

/* Records the failure and leaves the test (the test runs in a child process). */
void unit_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define EXPECT(cond)                                                         \
	do {                                                                 \
		if (!(cond))                                                 \
			unit_fail(__FILE__, __LINE__, "%s is false", #cond); \
	} while (0)
#define EXPECT_EQ(got, want)                                                                      \
	do {                                                                                      \
		long long got_ = (long long)(got), want_ = (long long)(want);                     \
		if (got_ != want_)                                                                \
			unit_fail(__FILE__, __LINE__, "%s is %lld, not %lld", #got, got_, want_); \
	} while (0)

/* User memory is the host's; from this address on it faults.  ~0UL: never.  Each test starts with that. */
extern unsigned long unit_fault_from;
